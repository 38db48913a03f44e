//! The folder that the files are written to. A list in it says what was written; a file that differs from it was changed by
//! hand, and then nothing is written.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::commands::output::cannot_write;
use crate::env::Env;
use crate::error::{Failure, Fix};
use crate::files::{self, Readers};
use crate::plan::network::PlannedFile;
use crate::secret::shown_place;
use crate::text::counted;

/// The list, in the folder.
const LIST: &str = ".factory-gitlab-plan.json";

const SCHEMA: &str = "factory-gitlab/network-plan-files/v1";

/// At most this many bytes of a file are compared; what is written is far smaller.
const LARGEST: u64 = 4 << 20;

/// What became of a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum FileState {
    Written,
    Unchanged,
    /// It was made by an earlier plan and does not belong to this one.
    Removed,
}

/// A file of the folder.
#[derive(Clone, Debug)]
pub(super) struct WrittenFile {
    pub path: String,
    pub state: FileState,
    pub sha256: String,
}

#[derive(Debug, Deserialize, Serialize)]
struct List {
    schema: String,
    /// Every digest that a file of ours may have: two while it is being replaced.
    files: BTreeMap<String, BTreeSet<String>>,
}

/// The folder, whose own files are known.
pub(super) struct Folder {
    path: PathBuf,
    ours: BTreeMap<String, BTreeSet<String>>,
}

impl Folder {
    /// Looks at the folder, before anything is asked or planned.
    ///
    /// # Errors
    /// A usage error for what is not a folder; a problem for a link.
    pub(super) fn open(path: &Path, env: &Env) -> Result<Self, Failure> {
        let path = PathBuf::from(env.expand(&path.to_string_lossy()));
        refuse_link(&path)?;
        if path.as_os_str().is_empty() || path.symlink_metadata().is_ok_and(|found| !found.is_dir()) {
            return Err(Failure::usage(format!("--out names {}, which is not a folder", shown_place(&path)))
                .fix(Fix::say("name a folder; one that does not exist is created")));
        }
        let list = path.join(LIST);
        refuse_link(&list)?;
        let ours = match files::read_up_to(&list, LARGEST) {
            Ok(bytes) => serde_json::from_slice::<List>(&bytes).map(|list| list.files).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(cannot_write(&list, &error)),
        };
        Ok(Self { path, ours: ours.into_iter().filter(|(path, _)| is_below(path)).collect() })
    }

    /// Writes all files, or none where one was changed by hand.
    ///
    /// # Errors
    /// A problem that names each changed file, or a usage error where the folder cannot be written.
    pub(super) fn write(&self, planned: &[PlannedFile]) -> Result<Vec<WrittenFile>, Failure> {
        let mut done: Vec<WrittenFile> = Vec::new();
        let mut changed = Vec::new();
        for file in planned {
            let sha256 = digest(file.text.as_bytes());
            match self.found(file.path)? {
                Found::Nothing => done.push(WrittenFile { path: file.path.into(), state: FileState::Written, sha256 }),
                Found::File(found) if found == sha256 => {
                    done.push(WrittenFile { path: file.path.into(), state: FileState::Unchanged, sha256 });
                }
                Found::File(found) if self.is_ours(file.path, &found) => {
                    done.push(WrittenFile { path: file.path.into(), state: FileState::Written, sha256 });
                }
                Found::File(_) => changed.push(file.path.to_owned()),
            }
        }
        for path in self.ours.keys().filter(|path| planned.iter().all(|file| file.path != path.as_str())) {
            match self.found(path)? {
                Found::Nothing => {}
                Found::File(sha256) if self.is_ours(path, &sha256) => {
                    done.push(WrittenFile { path: path.clone(), state: FileState::Removed, sha256 });
                }
                Found::File(_) => changed.push(path.clone()),
            }
        }
        self.refuse_changed(&changed)?;
        self.put(planned, &done)?;
        Ok(done)
    }

    fn is_ours(&self, path: &str, sha256: &str) -> bool {
        self.ours.get(path).is_some_and(|known| known.contains(sha256))
    }

    fn found(&self, path: &str) -> Result<Found, Failure> {
        let whole = self.path.join(path);
        whole.parent().map_or(Ok(()), refuse_link)?;
        refuse_link(&whole)?;
        match files::read_up_to(&whole, LARGEST) {
            Ok(bytes) => Ok(Found::File(digest(&bytes))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Found::Nothing),
            Err(error) => Err(cannot_write(&whole, &error)),
        }
    }

    fn refuse_changed(&self, changed: &[String]) -> Result<(), Failure> {
        if changed.is_empty() {
            return Ok(());
        }
        let count = counted(changed.len(), "file");
        let message = format!("{count} in {} would be lost; nothing was written", self.path.display());
        let failure = changed.iter().fold(Failure::problem(message), |failure, path| {
            failure.because(format!("{path} is not as an earlier plan wrote it"))
        });
        Err(failure.fix(Fix::say("move what you want to keep to another name, or write to another folder with --out")))
    }

    /// The list comes first with the old digests and the new ones: a run that is killed leaves only files that are ours.
    fn put(&self, planned: &[PlannedFile], done: &[WrittenFile]) -> Result<(), Failure> {
        let is_written = |path: &str| done.iter().any(|file| file.path == path && file.state == FileState::Written);
        let writes: Vec<&PlannedFile> = planned.iter().filter(|file| is_written(file.path)).collect();
        for folder in std::iter::once(self.path.clone())
            .chain(writes.iter().filter_map(|file| Some(self.path.join(file.path).parent()?.to_owned())))
        {
            files::create_folder(&folder).map_err(|error| cannot_write(&folder, &error))?;
        }
        for file in &writes {
            let whole = self.path.join(file.path);
            files::require_writable(&whole).map_err(|error| cannot_write(&whole, &error))?;
        }
        let fresh = |done: &[WrittenFile]| -> BTreeMap<String, BTreeSet<String>> {
            let kept = done.iter().filter(|file| file.state != FileState::Removed);
            kept.map(|file| (file.path.clone(), BTreeSet::from([file.sha256.clone()]))).collect()
        };
        let last = fresh(done);
        if last == self.ours && writes.is_empty() {
            return Ok(());
        }
        let mut both = self.ours.clone();
        for (path, digests) in &last {
            both.entry(path.clone()).or_default().extend(digests.iter().cloned());
        }
        self.put_list(both)?;
        for file in writes {
            let whole = self.path.join(file.path);
            put_text(&whole, file.text.as_bytes()).map_err(|error| cannot_write(&whole, &error))?;
        }
        for file in done.iter().filter(|file| file.state == FileState::Removed) {
            let whole = self.path.join(&file.path);
            files::remove_regular(&whole).map_err(|error| cannot_write(&whole, &error))?;
        }
        self.put_list(last)
    }

    fn put_list(&self, files: BTreeMap<String, BTreeSet<String>>) -> Result<(), Failure> {
        let path = self.path.join(LIST);
        let list = List { schema: SCHEMA.to_owned(), files };
        let mut text = serde_json::to_vec_pretty(&list).unwrap_or_default();
        text.push(b'\n');
        put_text(&path, &text).map_err(|error| cannot_write(&path, &error))
    }
}

enum Found {
    Nothing,
    /// Its digest.
    File(String),
}

fn put_text(path: &Path, bytes: &[u8]) -> io::Result<()> {
    files::write_atomically(path, Readers::Everyone, |file| file.write_all(bytes))
}

fn digest(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

/// Whether a path of the list stays in the folder: the list may have been planted.
fn is_below(path: &str) -> bool {
    Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

/// A link leads to a place that was not named.
fn refuse_link(path: &Path) -> Result<(), Failure> {
    let bare: PathBuf = path.components().collect();
    if !bare.is_symlink() {
        return Ok(());
    }
    Err(Failure::problem(format!("{} is a symbolic link; nothing was written", shown_place(&bare)))
        .fix(Fix::say("name the folder that it points to, or remove the link")))
}
