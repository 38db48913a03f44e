//! The one place where the program creates and writes files.
//!
//! | function | promise |
//! |---|---|
//! | [`write_atomically`] | the old content or the new one, never a part; on the disk when it returns |
//! | [`require_writable`] | a later [`write_atomically`] finds a folder that it may write to |
//! | [`open_to_append`] | the content stays; new text is appended to it |
//! | [`create_private_folder`] | a new folder is its owner's only |
//!
//! Symbolic links: [`write_atomically`] replaces a link by the file and does not touch what the link points to, so a link
//! planted by another user gains nothing. Devices, pipes and the links of `/dev` and `/proc` (`/dev/stdout`) are written to
//! in place, since they cannot be replaced; such a link to a regular file is refused. [`open_to_append`] follows links, for an
//! audit log may be one. Where a link is followed, it must belong to this user or to root: the rule of Linux's
//! `fs.protected_symlinks`, for every folder and system.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// Who may read a new file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Readers {
    /// Mode 0600.
    Owner,
    /// Mode 0644, less what the umask takes away.
    Everyone,
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
    if is_written_in_place(path) {
        refuse_link(path)?;
        return write(&mut append_options().open(path)?);
    }
    let mut file = temporary_file(path, readers)?;
    write(file.as_file_mut())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    sync_folder(folder_of(path))
}

/// Checks that [`write_atomically`] can create a file at `path`; leaves nothing behind.
///
/// # Errors
/// From the file system; [`ErrorKind::IsADirectory`] for a folder.
pub(crate) fn require_writable(path: &Path) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|found| found.is_dir()) {
        return Err(ErrorKind::IsADirectory.into());
    }
    if is_written_in_place(path) {
        return refuse_link(path);
    }
    temporary_file(path, Readers::Owner).map(drop)
}

/// Opens a file for appending; creates it with mode 0600 if it does not exist.
///
/// # Errors
/// From the file system; [`ErrorKind::PermissionDenied`] for a symbolic link that belongs to another user.
pub(crate) fn open_to_append(path: &Path) -> io::Result<File> {
    refuse_foreign_link(path)?;
    let mut options = append_options();
    options.create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
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

fn temporary_file(path: &Path, readers: Readers) -> io::Result<tempfile::NamedTempFile> {
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
    builder.prefix(".factory-gitlab-").tempfile_in(folder_of(path)).map_err(|error| error.kind().into())
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
