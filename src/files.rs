//! The one place where the program creates and writes files, and reads those that a user names.
//!
//! | function | promise |
//! |---|---|
//! | [`read_up_to`] | never waits and never ends up with more than the limit: a pipe, a device and a folder are refused |
//! | [`write_atomically`] | the old content or the new one, never a part; on the disk when it returns |
//! | [`stage`] | the same for several files: all are on the disk before the first is put in its place |
//! | [`lock_folder`], [`FileLock`] | one run at a time writes to a folder or a file; ends with the process |
//! | [`remove_regular`] | devices and folders stay |
//! | [`require_writable`] | a later [`write_atomically`] finds a folder that it may write to |
//! | [`open_to_append`] | the content stays; new text is appended to it; a device is one too, and a named pipe is refused |
//! | [`open_state`], [`open_regular`] | never wait: what is not a regular file is refused |
//! | [`create_private_folder`] | a new folder is its owner's only |
//! | [`create_folder`] | a new folder is as the umask says: others may read what is in it |
//!
//! Symbolic links: [`write_atomically`] replaces a link by the file and does not touch what the link points to, so a link
//! planted by another user gains nothing. Devices, pipes and the links of `/dev` and `/proc` (`/dev/stdout`) are written to
//! in place, since they cannot be replaced; such a link to a regular file is refused. What is appended to or kept (log, audit
//! log, journal, lock, state folder) is evidence: a link, another user's, or one that others may write is refused.

#[cfg(test)]
pub(crate) mod fault;
mod lock;
mod state;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write};
use std::path::{Path, PathBuf};

pub(crate) use self::lock::{FileLock, lock_folder};
pub(crate) use self::state::{open_state, open_state_to_append, require_own};

/// Who may read a new file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Readers {
    /// Mode 0600.
    Owner,
    /// Mode 0644, less what the umask takes away.
    Everyone,
    /// Mode 0644 whatever the umask says: another user's program reads it.
    OtherPrograms,
}

/// Reads a file that the user named: at most one byte more than the limit, so that the caller can tell that it is longer.
///
/// # Errors
/// From the file system, and for everything that is not a regular file: reading a pipe may never end.
pub(crate) fn read_up_to(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_regular(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Opens a file to be read.
///
/// # Errors
/// From the file system, and for everything that is not a regular file.
pub(crate) fn open_regular(path: &Path) -> io::Result<File> {
    let file = open_at_once(path)?;
    let found = file.metadata()?;
    if found.is_dir() {
        return Err(is_a_folder());
    }
    if !found.is_file() {
        let text = "it is a pipe or a device and not a file; give - to read standard input";
        return Err(io::Error::new(ErrorKind::InvalidInput, text));
    }
    Ok(file)
}

/// Opens to read, whatever it is.
#[expect(clippy::disallowed_methods, reason = "this module opens files; here only to read")]
fn open_at_once(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    // A pipe without a writer would make the opening itself wait.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, NONBLOCK);
    options.open(path)
}

#[cfg(unix)]
const NONBLOCK: i32 = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();

/// In the system's own words.
fn is_a_folder() -> io::Error {
    #[cfg(unix)]
    return rustix::io::Errno::ISDIR.into();
    #[cfg(not(unix))]
    ErrorKind::IsADirectory.into()
}

/// Replaces a file in one step: the content goes to a temporary file in the same folder, is synced to the disk and then
/// renamed. After an error the old file is unchanged and no temporary file is left.
///
/// # Errors
/// From `write`, and from the file system.
pub(crate) fn write_atomically(
    path: &Path,
    readers: Readers,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    refuse_named_pipe(path)?;
    if is_written_in_place(path) {
        refuse_link(path)?;
        return write(&mut append_options().open(path)?);
    }
    staged(path, readers, TEMPORARY, write)?.put()
}

/// The beginning of a temporary file's name.
const TEMPORARY: &str = ".factory-gitlab-";

/// A file that is on the disk, and not in its place yet. Without [`Staged::put`] nothing of it is left.
pub(crate) struct Staged {
    file: tempfile::NamedTempFile,
    path: PathBuf,
}

impl Staged {
    /// Puts it in its place, instead of what is there.
    ///
    /// # Errors
    /// From the file system.
    pub(crate) fn put(self) -> io::Result<()> {
        #[cfg(test)]
        fault::step(fault::Needs::Nothing)?;
        self.file.persist(&self.path)?;
        sync_folder(folder_of(&self.path))
    }
}

/// Writes a file beside its place. Its temporary name begins with `prefix`, so that [`remove_leftovers`] finds that of a run
/// that was killed.
///
/// # Errors
/// From the file system.
pub(crate) fn stage(path: &Path, readers: Readers, prefix: &str, bytes: &[u8]) -> io::Result<Staged> {
    staged(path, readers, prefix, |file| file.write_all(bytes))
}

fn staged(
    path: &Path,
    readers: Readers,
    prefix: &str,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<Staged> {
    let mut file = temporary_file(path, readers, prefix)?;
    #[cfg(test)]
    {
        file.disable_cleanup(fault::leaves_temporary_files());
        fault::step(fault::Needs::Room)?;
    }
    write(file.as_file_mut())?;
    #[cfg(unix)]
    if readers == Readers::OtherPrograms {
        file.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    }
    file.as_file().sync_all()?;
    Ok(Staged { file, path: path.to_owned() })
}

/// Removes what killed runs left of [`stage`] with this prefix.
///
/// # Errors
/// From the file system.
pub(crate) fn remove_leftovers(folder: &Path, prefix: &str) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let random = name.to_str().and_then(|name| name.strip_prefix(prefix)).unwrap_or_default();
        if random.len() == 6 && random.chars().all(char::is_alphanumeric) && entry.file_type()?.is_file() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// A pipe with a name of its own. What a shell puts in place of `>(…)` is below `/dev` or `/proc`, and has a reader.
fn is_named_pipe(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        let is_of_shell = ["/dev", "/proc"].iter().any(|folder| path.starts_with(folder));
        !is_of_shell && fs::metadata(path).is_ok_and(|found| found.file_type().is_fifo())
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

fn refuse_named_pipe(path: &Path) -> io::Result<()> {
    if !is_named_pipe(path) {
        return Ok(());
    }
    let text = "it is a named pipe, where writing waits until something reads";
    Err(io::Error::new(ErrorKind::InvalidInput, text))
}

/// Checks that [`write_atomically`] can create a file at `path`; leaves nothing behind.
///
/// # Errors
/// From the file system; [`ErrorKind::IsADirectory`] for a folder.
pub(crate) fn require_writable(path: &Path) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|found| found.is_dir()) {
        return Err(ErrorKind::IsADirectory.into());
    }
    refuse_named_pipe(path)?;
    if is_written_in_place(path) {
        return refuse_link(path);
    }
    temporary_file(path, Readers::Owner, TEMPORARY).map(drop)
}

/// Removes a regular file, or a link in its place; anything else, and what does not exist, is left as it is.
///
/// # Errors
/// From the file system.
pub(crate) fn remove_regular(path: &Path) -> io::Result<()> {
    #[cfg(test)]
    fault::step(fault::Needs::Nothing)?;
    match fs::symlink_metadata(path) {
        Ok(found) if (found.is_file() || found.is_symlink()) && !is_written_in_place(path) => fs::remove_file(path),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Opens a log for appending; creates it with mode 0600 if it does not exist. A device, or the pipe of a shell, is appended to
/// as it is.
///
/// # Errors
/// From the file system; [`ErrorKind::PermissionDenied`] as [`require_own`]; [`ErrorKind::InvalidInput`] for a named pipe, where
/// opening waits until something reads.
pub(crate) fn open_to_append(path: &Path) -> io::Result<File> {
    refuse_named_pipe(path)?;
    if is_written_in_place(path) {
        refuse_foreign_link(path)?;
        return append_options().open(path);
    }
    open_state_to_append(path)
}

/// Creates a folder and its missing parents with mode 0700. A folder that exists stays as it is.
///
/// # Errors
/// From the file system.
#[expect(clippy::disallowed_methods, reason = "this module creates the files and folders")]
pub(crate) fn create_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Creates a folder and its missing parents, for files that others are to read. A folder that exists stays as it is.
///
/// # Errors
/// From the file system.
#[expect(clippy::disallowed_methods, reason = "this module creates the files and folders")]
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).create(path)
}

fn temporary_file(path: &Path, readers: Readers, prefix: &str) -> io::Result<tempfile::NamedTempFile> {
    // The default mode of a temporary file is 0600.
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    if readers == Readers::Everyone {
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    }
    // Windows has no mode; a file there has the access rights of its folder.
    #[cfg(not(unix))]
    let _has_no_mode = readers;
    // The error of `tempfile` names the temporary file, which means nothing to a reader.
    builder.prefix(prefix).tempfile_in(folder_of(path)).map_err(|error| error.kind().into())
}

/// Whether a path names something that a new file cannot replace: a device or a pipe, or a link to an open descriptor.
fn is_written_in_place(path: &Path) -> bool {
    let is_device = fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir());
    let is_descriptor = ["/dev", "/proc"].iter().any(|folder| path.starts_with(folder)) && path.is_symlink();
    is_device || is_descriptor
}

#[expect(clippy::disallowed_methods, reason = "this module opens the files that are written")]
fn append_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.append(true);
    options
}

/// Refuses a link that is not written to in place: another user's, and one to an open file such as `/dev/stdout > report`.
/// Two descriptors of one file would overwrite each other's text.
fn refuse_link(path: &Path) -> io::Result<()> {
    if path.is_symlink() && fs::metadata(path).is_ok_and(|found| found.is_file()) {
        let text = "it is a link to a file that is already open; name the file itself";
        return Err(io::Error::new(ErrorKind::InvalidInput, text));
    }
    refuse_foreign_link(path)
}

#[cfg(unix)]
fn refuse_foreign_link(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    let Ok(found) = fs::symlink_metadata(path) else { return Ok(()) };
    let trusted = [0, rustix::process::geteuid().as_raw()];
    if found.is_symlink() && !trusted.contains(&found.uid()) {
        return Err(io::Error::new(ErrorKind::PermissionDenied, "it is a symbolic link of another user"));
    }
    Ok(())
}

/// Windows lets only administrators and developers create symbolic links.
#[cfg(not(unix))]
fn refuse_foreign_link(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Syncs the folder, so that the new name survives a power failure as well.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        // The file is written. A folder without the right to read, or a file system that syncs no folders, is not a failure.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::PermissionDenied | ErrorKind::InvalidInput | ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        synced => synced,
    }
}

/// Windows cannot open a folder as a file; NTFS journals the names itself.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests;
