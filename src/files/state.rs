//! Files that are kept: journal, lock, logs. What they say is trusted later, so nobody else may have put something in their place.

#[cfg(unix)]
use std::fs::OpenOptions;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;

#[cfg(unix)]
use super::NONBLOCK;
use super::append_options;

#[cfg(unix)]
const NOFOLLOW: i32 = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();

/// Opens a file of the state folder to be read, as [`require_own`] has it.
///
/// # Errors
/// From the file system; [`ErrorKind::PermissionDenied`] as [`require_own`]; [`ErrorKind::InvalidInput`] for a pipe or a device.
#[cfg_attr(unix, expect(clippy::disallowed_methods, reason = "this module opens files; here only to read"))]
pub(crate) fn open_state(path: &Path) -> io::Result<File> {
    require_own(path)?;
    #[cfg(unix)]
    let file = {
        let mut options = OpenOptions::new();
        options.read(true);
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, NONBLOCK | NOFOLLOW);
        options.open(path)?
    };
    #[cfg(not(unix))]
    let file = File::open(path)?;
    require_regular(&file)?;
    Ok(file)
}

/// What another process may have put in the place of a file of ours.
fn require_regular(file: &File) -> io::Result<()> {
    if file.metadata()?.is_file() { Ok(()) } else { Err(not_a_file()) }
}

fn not_a_file() -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, "it is a pipe or a device and not a file; remove it")
}

/// Opens a file of the state folder for appending; creates it with mode 0600 if it does not exist.
///
/// # Errors
/// As [`open_state`].
pub(crate) fn open_state_to_append(path: &Path) -> io::Result<File> {
    require_own(path)?;
    let mut options = append_options();
    options.create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600).custom_flags(NONBLOCK | NOFOLLOW);
        // A pipe that nothing reads cannot even be opened, with words of the system that do not say so.
        if fs::symlink_metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
            return Err(not_a_file());
        }
    }
    let file = options.open(path)?;
    require_regular(&file)?;
    Ok(file)
}

/// Whether a file or folder, where it exists, can only have been written by this user or by root.
///
/// # Errors
/// [`ErrorKind::PermissionDenied`] for a symbolic link, for another user's, and for one that others may write.
#[cfg(unix)]
pub(crate) fn require_own(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    // Without a slash at its end, which would name what a link points to.
    let path: std::path::PathBuf = path.components().collect();
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    if !found.is_file() && !found.is_dir() && !found.is_symlink() {
        return Ok(()); // A device: nothing can be kept in it.
    }
    let why = if found.is_symlink() {
        "it is a symbolic link, which another user may have planted; name what it points to"
    } else if ![0, rustix::process::geteuid().as_raw()].contains(&found.uid()) {
        "it belongs to another user"
    } else if found.mode() & OTHERS_WRITE != 0 {
        "other users may write to it; take that right away with chmod go-w, or name a new one"
    } else {
        return Ok(());
    };
    Err(io::Error::new(ErrorKind::PermissionDenied, why))
}

/// Windows has other rights; the folders that this program uses are the user's own there.
#[cfg(not(unix))]
pub(crate) fn require_own(_: &Path) -> io::Result<()> {
    Ok(())
}

/// The write bits of group and others.
#[cfg(unix)]
const OTHERS_WRITE: u32 = 0o022;
