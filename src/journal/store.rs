//! Where journals and sealed bundles are kept, and how journals are written so that a crash at any byte is harmless.

mod last_look;

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::entry::{Entry, JournalLine, VERSION};
use super::record::{OtherOrganizations, Record};
use crate::env::Clock;
use crate::files::{self, FileLock, Readers};
use crate::instance::InstanceUrl;

/// At most this many bytes of a journal are read: enough for hundreds of thousands of webhooks.
const MAX_JOURNAL: u64 = 512 * 1024 * 1024;

/// Longer than any line that this program writes, in bytes.
const MAX_LINE: u64 = 1024 * 1024;

/// Why the local state cannot be used. Never holds the content of a line.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the state folder {} cannot be used", .path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("the journal {} cannot be read", .path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("the journal {} cannot be written", .path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("the audit log {} cannot be written", .path.display())]
    Audit { path: PathBuf, source: io::Error },
    #[error("the last look {} cannot be {what}", .path.display())]
    Look { path: PathBuf, what: &'static str, source: io::Error },
    #[error("{} is locked by another process", .path.display())]
    Busy { path: PathBuf },
    #[error("this system has no folder for state; set FACTORY_GITLAB_STATE_DIR")]
    NoFolder,
}

/// The folder that holds one folder per connection.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
}

impl Store {
    /// # Errors
    /// [`Error::NoFolder`] where the system has no folder for state.
    /// [`Error::Folder`] for a folder that others can write or redirect: its records decide what is changed.
    pub fn new(root: Option<PathBuf>) -> Result<Self, Error> {
        let root = root.ok_or(Error::NoFolder)?;
        files::require_own(&root).map_err(|source| Error::Folder { path: root.clone(), source })?;
        Ok(Self { root })
    }

    /// The connection of an instance with an organization. Creates nothing.
    #[must_use]
    pub fn connection(&self, instance: &InstanceUrl, organization: &str) -> Connection {
        let name = folder_name(instance.as_str().split_once("://").map_or("", |(_, rest)| rest));
        if organization.is_empty() {
            return Connection { folder: self.root.join(name) };
        }
        let safe = folder_name(organization);
        let plain = Connection { folder: self.root.join(format!("{name}--{safe}")) };
        // Two organizations must not share a folder, also where the file system takes capitals and small letters for equal.
        if safe == organization && !safe.bytes().any(|byte| byte.is_ascii_uppercase()) || plain.is_of(organization) {
            return plain;
        }
        let digest: String = hex(&Sha256::digest(organization)).chars().take(12).collect();
        Connection { folder: self.root.join(format!("{name}--{safe}-{digest}")) }
    }

    /// Every connection that has a journal, by name; none where the root does not exist.
    ///
    /// # Errors
    /// [`Error::Folder`] when the root exists and cannot be listed.
    pub fn connections(&self) -> Result<Vec<Connection>, Error> {
        let entries = match fs::read_dir(&self.root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(Error::Folder { path: self.root.clone(), source }),
        };
        let mut found: Vec<Connection> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|folder| folder.join(JOURNAL).is_file())
            .map(|folder| Connection { folder })
            .collect();
        found.sort_by(|one, two| one.folder.cmp(&two.folder));
        Ok(found)
    }
}

/// A safe folder name: every character but letters, digits, dots and dashes becomes an underscore.
fn folder_name(text: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') { c } else { '_' };
    text.trim_matches('/').chars().map(safe).collect()
}

const JOURNAL: &str = "journal.jsonl";

/// The local state of one connection.
#[derive(Clone, Debug)]
pub struct Connection {
    folder: PathBuf,
}

impl Connection {
    /// The path of the sealed bundle. It is encrypted to Factory and cannot be opened here.
    #[must_use]
    pub fn bundle_path(&self) -> PathBuf {
        self.folder.join("bundle.age")
    }

    /// The path of the sealed bundle with a token alone, as [`Self::bundle_path`].
    #[must_use]
    pub fn token_bundle_path(&self) -> PathBuf {
        self.folder.join("token.age")
    }

    /// The path of the sealed bundle with the application alone, as [`Self::bundle_path`].
    #[must_use]
    pub fn application_bundle_path(&self) -> PathBuf {
        self.folder.join("application.age")
    }

    /// The path of the sealed grant to Factory's application on GitLab.com, as [`Self::bundle_path`]. It is there until Factory
    /// has it.
    #[must_use]
    pub fn grant_path(&self) -> PathBuf {
        self.folder.join("cloud-grant.age")
    }

    #[must_use]
    pub fn journal_path(&self) -> PathBuf {
        self.folder.join(JOURNAL)
    }

    /// Whether its journal says that it belongs to this organization.
    fn is_of(&self, organization: &str) -> bool {
        self.choices().is_ok_and(|record| record.organization.as_deref() == Some(organization))
    }

    /// What this machine recorded for other organizations on the same instance.
    ///
    /// # Errors
    /// As [`Store::connections`] and [`Connection::record`]: what is not known could be changed by mistake.
    pub fn others(&self, instance: &InstanceUrl, organization: &str) -> Result<OtherOrganizations, Error> {
        let mut others = OtherOrganizations::default();
        let Some(root) = self.folder.parent() else { return Ok(others) };
        for connection in (Store { root: root.to_owned() }).connections()? {
            if connection.folder == self.folder {
                continue;
            }
            let choices = connection.choices()?;
            let is_here = choices.instance.as_deref() == Some(instance.as_str());
            // A connection without a kit names no organization: it may be this one's.
            let other = choices.organization.as_deref().filter(|other| !other.is_empty());
            if is_here && other.is_some_and(|other| other != organization) {
                others.add(&connection.record()?);
            }
        }
        Ok(others)
    }

    /// The record that the journal adds up to; an empty one where there is no journal.
    ///
    /// # Errors
    /// [`Error::Read`] when the file exists and cannot be read.
    pub fn record(&self) -> Result<Record, Error> {
        let mut record = self.read(&|_| true)?;
        if let Some(bundle) = &mut record.bundle {
            bundle.on_disk = digest(&self.bundle_path()).as_deref() == Some(&bundle.sha256);
        }
        if let Some(bundle) = &mut record.token_bundle {
            bundle.on_disk = digest(&self.token_bundle_path()).as_deref() == Some(&bundle.sha256);
        }
        if let Some(bundle) = &mut record.application_bundle {
            bundle.on_disk = digest(&self.application_bundle_path()).as_deref() == Some(&bundle.sha256);
        }
        if let Some(grant) = record.cloud.as_mut().and_then(|cloud| cloud.grant.as_mut()) {
            grant.on_disk = digest(&self.grant_path()).as_deref() == Some(&grant.sha256);
        }
        Ok(record)
    }

    /// Only the instance, the accepted kit and the choices of earlier runs. Skips the lines of what was done, of which there can be tens of
    /// thousands.
    ///
    /// # Errors
    /// As [`Connection::record`].
    pub fn choices(&self) -> Result<Record, Error> {
        const CHOICES: [&str; 4] = [r#""began""#, r#""cloud_began""#, r#""kit_accepted""#, r#""disconnected""#];
        self.read(&|line| CHOICES.iter().any(|choice| line.contains(choice)))
    }

    fn read(&self, wanted: &dyn Fn(&str) -> bool) -> Result<Record, Error> {
        let path = self.journal_path();
        let own = files::require_own(&self.folder);
        let replayed = match own.and_then(|()| files::open_state(&path)) {
            Ok(file) => replay(BufReader::new(file.take(MAX_JOURNAL)), wanted),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Record::default()),
            Err(error) => Err(error),
        };
        replayed.map_err(|source| Error::Read { path, source })
    }

    /// Locks the connection for this run. The operating system holds the lock, so it ends with the process in any case.
    ///
    /// # Errors
    /// [`Error::Busy`] when another run holds it, [`Error::Folder`] when the folder cannot be created or written.
    pub fn lock(&self) -> Result<Lock, Error> {
        files::create_private_folder(&self.folder)
            .and_then(|()| files::require_own(&self.folder))
            .map_err(|source| Error::Folder { path: self.folder.clone(), source })?;
        let path = self.folder.join("lock");
        let file = files::open_state_to_append(&path).map_err(|source| Error::Folder { path: path.clone(), source })?;
        match FileLock::take(file) {
            Ok(lock) => Ok(Lock { _held: Arc::new(lock) }),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(Error::Busy { path }),
            Err(source) => Err(Error::Folder { path: self.folder.clone(), source }),
        }
    }

    /// Removes the sealed bundles and the last look, and puts these entries in the place of the whole journal.
    ///
    /// # Errors
    /// [`Error::Write`] when a file cannot be removed or written.
    pub fn bury(&self, _lock: &Lock, entries: Vec<Entry>, clock: Clock) -> Result<(), Error> {
        let bundles = [self.bundle_path(), self.token_bundle_path(), self.application_bundle_path(), self.grant_path()];
        for path in bundles.into_iter().chain([self.last_look_path()]) {
            files::remove_regular(&path).map_err(|source| Error::Write { path, source })?;
        }
        let (path, run) = (self.journal_path(), new_run());
        let line = |entry| JournalLine { v: VERSION, at: clock.now(), run: run.clone(), entry };
        let lines: Vec<JournalLine> = entries.into_iter().map(line).collect();
        let written = files::write_atomically(&path, Readers::Owner, |file| {
            lines.into_iter().try_for_each(|line| file.write_all(line.written()?.0.as_bytes()))
        });
        written.map_err(|source| Error::Write { path, source })
    }

    /// Opens the journal for appending. Ends an incomplete last line first, so that the next line is separate.
    ///
    /// # Errors
    /// [`Error::Write`] or [`Error::Audit`] when a file cannot be opened or written.
    pub fn journal(&self, _lock: &Lock, audit: Option<&Path>, clock: Clock) -> Result<Journal, Error> {
        // The audit log first: if it cannot be written, no empty journal remains.
        let audit = match audit {
            Some(audit) => {
                let failed = |source| Error::Audit { path: audit.to_owned(), source };
                Some((audit.to_owned(), ended(files::open_to_append(audit), audit).map_err(failed)?))
            }
            None => None,
        };
        let path = self.journal_path();
        let file = ended(files::open_state_to_append(&path), &path);
        let file = file.map_err(|source| Error::Write { path: path.clone(), source })?;
        Ok(Journal { path, file, audit, run: new_run(), clock })
    }
}

/// The right to write for a connection. When the last clone is dropped, another run may take it.
#[derive(Clone, Debug)]
pub struct Lock {
    _held: Arc<FileLock>,
}

/// A journal open for appending.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    audit: Option<(PathBuf, File)>,
    run: String,
    clock: Clock,
}

impl Journal {
    /// Appends a line; where it must be durable, it is on disk when this returns.
    ///
    /// # Errors
    /// [`Error::Write`] or [`Error::Audit`]. A full disk fails here, before the change that the line announces.
    pub fn append(&mut self, entry: impl Into<Entry>) -> Result<(), Error> {
        let line = JournalLine { v: VERSION, at: self.clock.now(), run: self.run.clone(), entry: entry.into() };
        let failed = |source| Error::Write { path: self.path.clone(), source };
        let (text, line) = line.written().map_err(|error| failed(error.into()))?;
        self.file.write_all(text.as_bytes()).map_err(failed)?;
        if line.entry.is_durable() {
            self.file.sync_data().map_err(failed)?;
        }
        if let Some((path, file)) = &mut self.audit {
            file.write_all(text.as_bytes()).map_err(|source| Error::Audit { path: path.clone(), source })?;
        }
        Ok(())
    }
}

/// What tells the lines of one run from those of another.
fn new_run() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// Replays the wanted lines one at a time, because a journal can be large.
fn replay(mut journal: impl BufRead, wanted: &dyn Fn(&str) -> bool) -> io::Result<Record> {
    let mut record = Record::default();
    let mut line = Vec::new();
    while next_line(&mut journal, &mut line)? > 0 {
        let text = std::str::from_utf8(&line).map(|text| text.trim_end_matches('\n')).ok();
        if text.is_some_and(|text| text.is_empty() || !wanted(text)) {
            continue;
        }
        match text.and_then(|text| serde_json::from_str::<JournalLine>(text).ok()) {
            Some(line) if line.v <= VERSION => record.add(line.at, line.entry),
            // Incomplete, or of a newer program.
            Some(_) | None => record.unread_lines += 1,
        }
    }
    Ok(record)
}

/// Reads a line into `line` and returns how many bytes it took, zero at the end. Skips the rest of a line that is longer
/// than [`MAX_LINE`].
fn next_line(journal: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<usize> {
    line.clear();
    let mut took = journal.by_ref().take(MAX_LINE).read_until(b'\n', line)?;
    while line.last().is_some_and(|last| *last != b'\n') {
        let buffered = journal.fill_buf()?;
        if buffered.is_empty() {
            break;
        }
        let end = buffered.iter().position(|byte| *byte == b'\n').map_or(buffered.len(), |at| at + 1);
        if buffered[end - 1] == b'\n' {
            line.push(b'\n');
        }
        journal.consume(end);
        took += end;
    }
    Ok(took)
}

/// The SHA-256 of a file in hex; `None` when it cannot be read.
fn digest(path: &Path) -> Option<String> {
    let mut hasher = Sha256::new();
    io::copy(&mut files::open_regular(path).ok()?.take(MAX_JOURNAL), &mut hasher).ok()?;
    Some(hex(&hasher.finalize()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A journal that was opened; a line that a crash cut short is ended first, so that the next one stands alone.
fn ended(opened: io::Result<File>, path: &Path) -> io::Result<File> {
    let mut file = opened?;
    if file.seek(SeekFrom::End(0))? > 0 && !ends_a_line(path)? {
        file.write_all(b"\n")?;
    }
    Ok(file)
}

fn ends_a_line(path: &Path) -> io::Result<bool> {
    let mut file = files::open_regular(path)?;
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0_u8];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

#[cfg(test)]
mod property;
#[cfg(test)]
mod tests;
