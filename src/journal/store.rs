//! Where journals and sealed bundles lie, and how they are written so that a death at any byte does no harm.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::entry::{Entry, Line, VERSION};
use super::record::Record;
use crate::env::Clock;
use crate::instance::InstanceUrl;

/// A journal of this size belongs to an instance of hundreds of thousands of hooks; more is not read.
const LARGEST_JOURNAL: u64 = 512 * 1024 * 1024;

/// What can go wrong with the local state. Never holds a line's content.
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
    /// [`Error::NoFolder`] where the system has no place for state.
    pub fn new(root: Option<PathBuf>) -> Result<Self, Error> {
        root.map(|root| Self { root }).ok_or(Error::NoFolder)
    }

    /// The connection of an instance with an organisation; nothing is written or made.
    #[must_use]
    pub fn connection(&self, instance: &InstanceUrl, organization: &str) -> Connection {
        let mut name = plain(instance.as_str().split_once("://").map_or("", |(_, rest)| rest));
        if !organization.is_empty() {
            name = format!("{name}--{}", plain(organization));
        }
        Connection { folder: self.root.join(name) }
    }

    /// Every connection that was ever begun from here, by name. A missing root is none.
    ///
    /// # Errors
    /// [`Error::Folder`] when the root is there and cannot be listed.
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

/// A name that is safe as a folder's: what is not a letter, digit, dot or dash becomes an underscore.
fn plain(text: &str) -> String {
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
    /// Where the sealed bundle lies. It is encrypted to Factory; nobody here can open it.
    #[must_use]
    pub fn bundle_path(&self) -> PathBuf {
        self.folder.join("bundle.age")
    }

    #[must_use]
    pub fn journal_path(&self) -> PathBuf {
        self.folder.join(JOURNAL)
    }

    /// What the journal adds up to; an absent journal is an empty record.
    ///
    /// # Errors
    /// [`Error::Read`] when the file is there and cannot be read.
    pub fn record(&self) -> Result<Record, Error> {
        let path = self.journal_path();
        match read_limited(&path) {
            Ok(bytes) => {
                let mut record = replay(&bytes);
                if let Some(bundle) = &mut record.bundle {
                    bundle.on_disk = digest(&self.bundle_path()).as_deref() == Some(&bundle.sha256);
                }
                Ok(record)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Record::default()),
            Err(source) => Err(Error::Read { path, source }),
        }
    }

    /// Takes the connection for this run. The lock is the system's, so it ends with the process, however that ends.
    ///
    /// # Errors
    /// [`Error::Busy`] when another run has it, [`Error::Folder`] when the folder cannot be made or written.
    pub fn lock(&self) -> Result<Lock, Error> {
        make_private_folder(&self.folder).map_err(|source| Error::Folder { path: self.folder.clone(), source })?;
        let path = self.folder.join("lock");
        let file = open_private(&path).map_err(|source| Error::Folder { path: self.folder.clone(), source })?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Error::Busy { path }),
            Err(TryLockError::Error(source)) => Err(Error::Folder { path: self.folder.clone(), source }),
        }
    }

    /// Opens the journal for appending; a torn last line is closed off first, so that the next line stands alone.
    ///
    /// # Errors
    /// [`Error::Write`] or [`Error::Audit`] when a file cannot be opened or written.
    pub fn journal(&self, _lock: &Lock, audit: Option<&Path>, clock: Clock) -> Result<Journal, Error> {
        // The audit log first: where it cannot be written, no empty journal is left behind.
        let audit = match audit {
            Some(audit) => {
                let failed = |source| Error::Audit { path: audit.to_owned(), source };
                Some((audit.to_owned(), open_to_append(audit).map_err(failed)?))
            }
            None => None,
        };
        let path = self.journal_path();
        let file = open_to_append(&path).map_err(|source| Error::Write { path: path.clone(), source })?;
        Ok(Journal { path, file, audit, run: uuid::Uuid::new_v4().simple().to_string(), clock })
    }
}

/// The right to work on a connection; dropped, another run may.
#[derive(Debug)]
pub struct Lock {
    _file: File,
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
    /// Appends a line; where it must be, it is on the disk when this returns.
    ///
    /// # Errors
    /// [`Error::Write`] or [`Error::Audit`]; a full disk shows here, before the act that the line tells of.
    pub fn append(&mut self, entry: &Entry) -> Result<(), Error> {
        let line = Line { v: VERSION, at: self.clock.now(), run: self.run.clone(), entry: entry.clone() };
        let failed = |source| Error::Write { path: self.path.clone(), source };
        let mut text = serde_json::to_string(&line).map_err(|error| failed(error.into()))?;
        text.push('\n');
        self.file.write_all(text.as_bytes()).map_err(failed)?;
        if entry.must_be_durable() {
            self.file.sync_data().map_err(failed)?;
        }
        if let Some((path, file)) = &mut self.audit {
            file.write_all(text.as_bytes()).map_err(|source| Error::Audit { path: path.clone(), source })?;
        }
        Ok(())
    }
}

fn replay(bytes: &[u8]) -> Record {
    let mut record = Record::default();
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        match serde_json::from_slice::<Line>(line) {
            Ok(line) => record.add(line.at, line.entry),
            Err(_) => record.unread_lines += 1,
        }
    }
    record
}

/// The SHA-256 of a file in hex; `None` when it cannot be read.
fn digest(path: &Path) -> Option<String> {
    let bytes = read_limited(path).ok()?;
    Some(Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}

fn read_limited(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST_JOURNAL).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn open_to_append(path: &Path) -> io::Result<File> {
    let mut file = open_private(path)?;
    let length = file.seek(SeekFrom::End(0))?;
    if length > 0 {
        let mut last = [0_u8];
        file.seek(SeekFrom::Start(length - 1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    Ok(file)
}

/// A file that only its owner reads, made if need be, for reading and appending.
fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn make_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use super::super::entry::HookChange;
    use super::super::record::{OwnApplication, SecretState};
    use super::*;
    use crate::target::Target;

    fn store() -> (tempfile::TempDir, Connection) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::new(Some(folder.path().to_owned())).expect("a store");
        let instance = "https://acme.com:8443/gitlab".parse().expect("an address");
        let connection = store.connection(&instance, "org/acme");
        (folder, connection)
    }

    fn sealed() -> Entry {
        Entry::BundleSealed {
            sha256: "aa".to_owned(),
            application_id: "app".to_owned(),
            secret: "fp".to_owned(),
            token: None,
            recipients: vec!["age1x".to_owned()],
        }
    }

    fn a_whole_run() -> Vec<Entry> {
        vec![
            Entry::CreateApplication { name: "n".to_owned(), redirect_uri: "https://r".to_owned() },
            Entry::ApplicationCreated { id: 7, application_id: "app".to_owned() },
            sealed(),
            Entry::PairProven { application_id: "app".to_owned() },
            Entry::UploadBundle { sha256: "aa".to_owned() },
            Entry::BundleAccepted { sha256: "aa".to_owned(), id: Some("r1".to_owned()) },
            Entry::Finished,
        ]
    }

    fn write(connection: &Connection, entries: &[Entry]) {
        let lock = connection.lock().expect("the lock");
        let mut journal = connection.journal(&lock, None, Clock).expect("a journal");
        for entry in entries {
            journal.append(entry).expect("a line");
        }
    }

    #[test]
    fn a_connections_folder_is_named_after_the_instance_and_the_organisation() {
        let (_folder, connection) = store();
        assert!(connection.folder.ends_with("acme.com_8443_gitlab--org_acme"), "{}", connection.folder.display());
    }

    #[test]
    fn what_was_written_adds_up_to_a_record() {
        let (_folder, connection) = store();
        write(&connection, &a_whole_run());
        let record = connection.record().expect("a record");
        assert_eq!(record.application, OwnApplication::Made { application_id: "app".to_owned() });
        assert_eq!(record.secret, SecretState::Sealed);
        let bundle = record.bundle.expect("a bundle");
        assert!(bundle.proven && bundle.accepted);
        assert_eq!(bundle.receipt.as_deref(), Some("r1"));
    }

    #[test]
    fn an_intent_without_a_result_means_it_may_be_ours_and_its_secret_is_lost() {
        let (_folder, connection) = store();
        write(&connection, &a_whole_run()[..1]);
        let record = connection.record().expect("a record");
        assert_eq!(record.application, OwnApplication::MayHaveMade);
        assert_eq!(record.secret, SecretState::Lost);
    }

    #[test]
    fn a_hook_that_may_have_been_changed_is_still_to_be_proved() {
        let (_folder, connection) = store();
        let target = Target::Group { id: 1, path: "acme".into() };
        let kind = target.kind();
        write(&connection, &[Entry::ChangeHook { target, change: HookChange::Create }]);
        assert!(connection.record().expect("a record").unproved.contains(&kind));
        write(&connection, &[Entry::DeliveryProved { kind }]);
        assert!(connection.record().expect("a record").unproved.is_empty());
    }

    #[test]
    fn a_renewal_that_may_have_happened_loses_the_sealed_secret() {
        let (_folder, connection) = store();
        write(&connection, &a_whole_run());
        write(&connection, &[Entry::RenewSecret { application_id: "app".to_owned() }]);
        assert_eq!(connection.record().expect("a record").secret, SecretState::Lost);
    }

    #[test]
    fn a_journal_cut_at_any_byte_reads_as_one_of_its_beginnings() {
        let (_folder, connection) = store();
        write(&connection, &a_whole_run());
        let bytes = fs::read(connection.journal_path()).expect("the journal");
        for cut in 0..=bytes.len() {
            let record = replay(&bytes[..cut]);
            let whole_lines = bytes[..cut].iter().filter(|byte| **byte == b'\n').count();
            assert!(record.unread_lines <= 1, "cut at {cut}");
            assert_eq!(record.finished_at.is_some(), cut + 1 >= bytes.len(), "cut at {cut}");
            assert_eq!(
                record.application != OwnApplication::None,
                whole_lines >= 1 || record.unread_lines == 0 && cut > 0
            );
        }
    }

    #[test]
    fn after_a_torn_line_the_next_one_stands_alone() {
        let (_folder, connection) = store();
        write(&connection, &a_whole_run()[..2]);
        let bytes = fs::read(connection.journal_path()).expect("the journal");
        fs::write(connection.journal_path(), &bytes[..bytes.len() - 9]).expect("cut");
        write(&connection, &[sealed()]);
        let record = connection.record().expect("a record");
        assert_eq!(record.unread_lines, 1);
        assert_eq!(record.secret, SecretState::Sealed);
    }

    #[test]
    fn two_runs_cannot_hold_one_connection() {
        let (_folder, connection) = store();
        let held = connection.lock().expect("the lock");
        assert!(matches!(connection.lock(), Err(Error::Busy { .. })));
        drop(held);
        connection.lock().expect("free again");
    }

    #[test]
    #[cfg(unix)]
    fn only_the_owner_reads_the_journal() {
        use std::os::unix::fs::PermissionsExt as _;
        let (_folder, connection) = store();
        write(&connection, &[Entry::Finished]);
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(&connection.journal_path()), 0o600);
        assert_eq!(mode(&connection.folder), 0o700);
    }
}
