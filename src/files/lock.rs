//! Locks of files and folders. The operating system holds them, so they end with the process in any case.

use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::Path;

/// A lock on a file or a folder, released when this is dropped.
#[derive(Debug)]
pub(crate) struct FileLock(File);

impl FileLock {
    /// Takes the lock of an open file, without waiting for it.
    ///
    /// # Errors
    /// [`ErrorKind::WouldBlock`] when another holds it; others from the file system.
    pub(crate) fn take(file: File) -> io::Result<Self> {
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(ErrorKind::WouldBlock.into()),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // Closing the file alone would not release it while a process that was started meanwhile has not yet closed its copy.
        drop(self.0.unlock());
    }
}

/// Locks a folder that exists; nothing is created in it. None where the system or the file system has no locks for folders.
///
/// # Errors
/// [`ErrorKind::WouldBlock`] when another run holds it.
pub(crate) fn lock_folder(path: &Path) -> io::Result<Option<FileLock>> {
    match super::open_at_once(path).and_then(FileLock::take) {
        Ok(lock) => Ok(Some(lock)),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Err(error),
        Err(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_free_again_even_while_a_copy_of_its_file_is_open() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let held = FileLock::take(file.reopen().expect("the file")).expect("the lock");
        let _copy = held.0.try_clone().expect("as a process that starts has one");
        let again = || FileLock::take(file.reopen().expect("the file"));
        assert_eq!(again().expect_err("held").kind(), ErrorKind::WouldBlock);
        drop(held);
        again().expect("free again");
    }
}
