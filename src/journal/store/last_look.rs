//! The last look of `monitor --once`, beside the journal.

use std::io::{self, Write};
use std::path::PathBuf;

use super::{Connection, Error};
use crate::files::{self, Readers};

/// At most this many bytes are read: a look at a hundred thousand projects has a tenth of it.
const MAX_BYTES: u64 = 256 << 20;

impl Connection {
    /// The path of the last look.
    #[must_use]
    pub fn last_look_path(&self) -> PathBuf {
        self.folder.join("monitor.json")
    }

    /// What was kept of the last look; `None` where nothing was.
    ///
    /// # Errors
    /// [`Error::Look`] when the file exists and cannot be read, or others can write it.
    pub fn last_look(&self) -> Result<Option<Vec<u8>>, Error> {
        let path = self.last_look_path();
        let own = files::require_own(&self.folder).and_then(|()| files::require_own(&path));
        match own.and_then(|()| files::read_up_to(&path, MAX_BYTES)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::Look { path, what: "read", source }),
        }
    }

    /// Keeps a look in the place of the last one: the old one stays whole until the new one is.
    ///
    /// # Errors
    /// [`Error::Folder`] and [`Error::Look`] when it cannot be written.
    pub fn keep_look(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Error> {
        files::create_private_folder(&self.folder)
            .and_then(|()| files::require_own(&self.folder))
            .map_err(|source| Error::Folder { path: self.folder.clone(), source })?;
        let path = self.last_look_path();
        // A pipe would be waited for until another process reads it.
        let is_odd = std::fs::symlink_metadata(&path).is_ok_and(|found| !found.is_file() && !found.is_symlink());
        let written = match is_odd {
            true => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")),
            false => files::write_atomically(&path, Readers::Owner, write),
        };
        written.map_err(|source| Error::Look { path, what: "written", source })
    }
}
