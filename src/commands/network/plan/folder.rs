//! The folder that the files are written to. A list in it says what was written; a file that differs from it was changed by
//! hand, and then nothing is written. All files are on the disk before the first is put in its place, and the list with the
//! old digests and the new ones before them: after a run that was killed, the next one knows every file again.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::advice;
use crate::commands::output::cannot_write;
use crate::env::Env;
use crate::error::{Failure, FailureKind, Fix};
use crate::files::{self, FileLock, Readers, Staged};
use crate::plan::network::{self, Destroyed, NetworkProblem, PlannedFile};
use crate::secret::shown_place;
use crate::text::counted;

/// The list, in the folder.
const LIST: &str = ".factory-gitlab-plan.json";

const SCHEMA: &str = "factory-gitlab/network-plan-files/v1";

/// The names of files that are not in their place yet begin so.
const STAGED: &str = ".factory-gitlab-plan-";

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

/// The files of the folder, and what to look at before they are used.
pub(super) struct Written {
    pub files: Vec<WrittenFile>,
    pub warnings: Vec<NetworkProblem>,
}

/// The same, not written yet.
type Compared = Written;

/// A file that Terraform has applied and that another one takes the place of.
struct Replaced {
    path: &'static str,
    destroyed: Destroyed,
}

/// Every digest that a file of ours may have: two while it is being replaced.
type Digests = BTreeMap<String, BTreeSet<String>>;

#[derive(Debug, Deserialize, Serialize)]
struct List {
    schema: String,
    files: Digests,
}

/// The folder, by its name.
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Looks at the folder, before anything is asked or planned.
    ///
    /// # Errors
    /// A usage error for what is not a folder; a problem for a link, and for a list that is not ours.
    pub(super) fn open(path: &Path, env: &Env) -> Result<Self, Failure> {
        let path = PathBuf::from(env.expand(&path.to_string_lossy()));
        refuse_link(&path)?;
        if path.as_os_str().is_empty() || path.symlink_metadata().is_ok_and(|found| !found.is_dir()) {
            return Err(Failure::usage("--out names what is not a folder")
                .fix(Fix::say("name a folder; one that does not exist is created")));
        }
        let folder = Self { path };
        folder.list()?;
        Ok(folder)
    }

    /// Writes all files, or none where one was changed by hand.
    ///
    /// # Errors
    /// A problem that names each changed file, or a usage error where the folder cannot be written.
    pub(super) fn write(&self, planned: &[PlannedFile]) -> Result<Written, Failure> {
        files::create_folder(&self.path).map_err(|error| cannot_write(&self.path, &error))?;
        let _lock = self.lock()?;
        for folder in [self.path.clone(), self.path.join("vpn")] {
            if folder.symlink_metadata().is_ok_and(|found| found.is_dir()) {
                files::remove_leftovers(&folder, STAGED).map_err(|error| cannot_write(&folder, &error))?;
            }
        }
        let ours = self.list()?;
        let Compared { files, warnings } = self.compare(planned, &ours)?;
        self.put(planned, &files, ours)?;
        Ok(Written { files, warnings })
    }

    fn lock(&self) -> Result<Option<FileLock>, Failure> {
        files::lock_folder(&self.path).map_err(|_| {
            let message = format!("another run writes to {}; nothing was written", self.path.display());
            Failure::new(FailureKind::Unknown, message).fix(advice::locked())
        })
    }

    /// What an earlier run wrote.
    fn list(&self) -> Result<Digests, Failure> {
        let path = self.path.join(LIST);
        refuse_other(&path)?;
        let foreign = |why: &str| {
            let message = format!("{} is not a list that network plan wrote; nothing was written", shown_place(&path));
            Failure::problem(message).because(why).fix(Fix::say(
                "write to another folder with --out, or remove the list: then no file that is there is replaced or removed",
            ))
        };
        let bytes = match files::read_up_to(&path, LARGEST) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Digests::new()),
            Err(error) => return Err(cannot_write(&path, &error)),
        };
        let list: List = serde_json::from_slice(&bytes).map_err(|_| foreign("its text is not that of such a list"))?;
        if list.schema != SCHEMA {
            return Err(foreign("its schema is another one"));
        }
        match list.files.keys().find(|path| !network::PATHS.contains(&path.as_str())) {
            None => Ok(list.files),
            Some(path) => Err(foreign(&format!("it names {path:?}, which no plan writes"))),
        }
    }

    /// What becomes of each file.
    fn compare(&self, planned: &[PlannedFile], ours: &Digests) -> Result<Compared, Failure> {
        let is_ours = |path: &str, sha256: &str| ours.get(path).is_some_and(|known| known.contains(sha256));
        let mut done: Vec<WrittenFile> = Vec::new();
        let (mut changed, mut applied, mut replaced) = (Vec::new(), Vec::new(), Vec::new());
        for file in planned {
            let sha256 = digest(file.text.as_bytes());
            let state = match self.found(file.path)? {
                Found::File(found) if digest(&found) == sha256 => FileState::Unchanged,
                Found::File(found) if !is_ours(file.path, &digest(&found)) => {
                    changed.push(file.path.to_owned());
                    continue;
                }
                Found::File(found) if self.is_applied(file.path) => {
                    let destroyed = network::destroyed(&String::from_utf8_lossy(&found), &file.text);
                    replaced.push(Replaced { path: file.path, destroyed });
                    FileState::Written
                }
                Found::Nothing | Found::File(_) => FileState::Written,
            };
            done.push(WrittenFile { path: file.path.into(), state, sha256 });
        }
        for path in ours.keys().filter(|path| planned.iter().all(|file| file.path != path.as_str())) {
            match self.found(path)? {
                Found::Nothing => {}
                Found::File(_) if self.is_applied(path) => applied.push(path.as_str()),
                Found::File(found) => match digest(&found) {
                    sha256 if is_ours(path, &sha256) => {
                        done.push(WrittenFile { path: path.clone(), state: FileState::Removed, sha256 });
                    }
                    _ => changed.push(path.clone()),
                },
            }
        }
        self.refuse_changed(&changed)?;
        self.refuse_applied(&applied)?;
        self.refuse_replaced(&replaced)?;
        Ok(Compared {
            files: done,
            warnings: replaced.iter().filter_map(|file| self.warn_of_destroyed(file)).collect(),
        })
    }

    /// Whether Terraform may have made something from the file: it left its state or its folder beside it, and has not
    /// destroyed everything again.
    fn is_applied(&self, path: &str) -> bool {
        let whole = self.path.join(path);
        let folder = whole.parent().unwrap_or(&self.path);
        let is_there = |name: &str| folder.join(name).symlink_metadata().is_ok();
        // A state that is kept elsewhere is named below `.terraform`.
        let is_elsewhere = is_there("terraform.tfstate.d") || is_there(".terraform/terraform.tfstate");
        let is_here = match is_there("terraform.tfstate") {
            true => !is_empty_state(&folder.join("terraform.tfstate")),
            false => is_there(".terraform"),
        };
        path.ends_with(".tf") && (is_elsewhere || is_here)
    }

    /// Terraform destroys what its files do not name any more.
    fn refuse_applied(&self, applied: &[&str]) -> Result<(), Failure> {
        let Some(path) = applied.first() else { return Ok(()) };
        let message =
            format!("{path} in {} would be removed beside Terraform's state; nothing was written", self.path.display());
        Err(Failure::problem(message)
            .because("without it the next terraform apply would destroy what it has made")
            .fix(Fix::say("write this plan to another folder with --out; run terraform destroy in the old one when it is not needed any more")))
    }

    /// A connection that Terraform destroys has to be made again by both sides.
    fn refuse_replaced(&self, replaced: &[Replaced]) -> Result<(), Failure> {
        let is_lost = |file: &&Replaced| !file.destroyed.connection.is_empty();
        let Some(Replaced { path, destroyed }) = replaced.iter().find(is_lost) else { return Ok(()) };
        let folder = self.path.display();
        let message = format!("{path} in {folder} would have Terraform replace the connection; nothing was written");
        let failure = destroyed.connection.iter().fold(Failure::problem(message), |failure, address| {
            failure.because(format!("the next terraform apply would destroy {address}"))
        });
        Err(failure
            .fix(Fix::say("write this plan to another folder with --out, and keep the connection that is there until the new one works"))
            .fix(Fix::say("or run terraform destroy in the old folder first; then this plan is written")))
    }

    fn warn_of_destroyed(&self, Replaced { path, destroyed }: &Replaced) -> Option<NetworkProblem> {
        let count = counted(destroyed.others.len(), "resource");
        (!destroyed.others.is_empty()).then(|| NetworkProblem {
            at: (*path).to_owned(),
            what: format!("terraform apply will destroy {count} of an earlier plan: {}", destroyed.others.join(", ")),
            remedy: format!(
                "look at what terraform plan shows in {} before you apply it",
                self.path.join(path).parent().unwrap_or(&self.path).display()
            ),
        })
    }

    fn found(&self, path: &str) -> Result<Found, Failure> {
        let whole = self.path.join(path);
        whole.parent().map_or(Ok(()), refuse_link)?;
        refuse_other(&whole)?;
        match files::read_up_to(&whole, LARGEST) {
            Ok(bytes) => Ok(Found::File(bytes)),
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

    fn put(&self, planned: &[PlannedFile], done: &[WrittenFile], ours: Digests) -> Result<(), Failure> {
        let is_written = |path: &str| done.iter().any(|file| file.path == path && file.state == FileState::Written);
        let writes: Vec<&PlannedFile> = planned.iter().filter(|file| is_written(file.path)).collect();
        let kept = done.iter().filter(|file| file.state != FileState::Removed);
        let last: Digests = kept.map(|file| (file.path.clone(), BTreeSet::from([file.sha256.clone()]))).collect();
        if last == ours && writes.is_empty() {
            return Ok(());
        }
        let mut both = ours;
        for (path, digests) in &last {
            both.entry(path.clone()).or_default().extend(digests.iter().cloned());
        }
        let both = self.stage(LIST, &text(both))?;
        let staged =
            writes.iter().map(|file| self.stage(file.path, file.text.as_bytes())).collect::<Result<Vec<_>, _>>()?;
        let last = self.stage(LIST, &text(last))?;
        // From here on the disk is not asked for more room.
        both.put().map_err(|error| cannot_write(&self.path.join(LIST), &error))?;
        for (file, staged) in writes.iter().zip(staged) {
            staged.put().map_err(|error| cannot_write(&self.path.join(file.path), &error))?;
        }
        for file in done.iter().filter(|file| file.state == FileState::Removed) {
            let whole = self.path.join(&file.path);
            files::remove_regular(&whole).map_err(|error| cannot_write(&whole, &error))?;
        }
        last.put().map_err(|error| cannot_write(&self.path.join(LIST), &error))
    }

    fn stage(&self, path: &str, bytes: &[u8]) -> Result<Staged, Failure> {
        let whole = self.path.join(path);
        let staged = || -> io::Result<Staged> {
            whole.parent().map_or(Ok(()), files::create_folder)?;
            files::stage(&whole, Readers::Everyone, STAGED, bytes)
        };
        staged().map_err(|error| cannot_write(&whole, &error).because("nothing was written"))
    }
}

fn text(files: Digests) -> Vec<u8> {
    let list = List { schema: SCHEMA.to_owned(), files };
    let mut text = serde_json::to_vec_pretty(&list).unwrap_or_default();
    text.push(b'\n');
    text
}

enum Found {
    Nothing,
    /// Its content.
    File(Vec<u8>),
}

/// Whether Terraform's state says that nothing is there: after `terraform destroy`, or before the first `apply`.
fn is_empty_state(path: &Path) -> bool {
    let bytes = files::read_up_to(path, LARGEST).unwrap_or_default();
    let state = serde_json::from_slice::<serde_json::Value>(&bytes).unwrap_or_default();
    state["resources"].as_array().is_some_and(Vec::is_empty)
}

fn digest(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
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

/// What stands in the place of a file, and cannot be replaced by one.
fn refuse_other(path: &Path) -> Result<(), Failure> {
    refuse_link(path)?;
    let Ok(found) = path.symlink_metadata() else { return Ok(()) };
    let what = match () {
        () if found.is_file() => return Ok(()),
        () if found.is_dir() => "is a folder",
        () => "is a pipe, a socket or a device",
    };
    Err(Failure::problem(format!("{} {what} and not a file; nothing was written", shown_place(path)))
        .fix(Fix::say("move it away, or write to another folder with --out")))
}

#[cfg(test)]
mod tests;
