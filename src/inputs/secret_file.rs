//! Secrets from files and standard input.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::error::{Failure, Fix};
use crate::secret::{Malformed, Secret, SecretKind};
use crate::settings::{Definition, Source, Sourced};
use crate::terminal::{StdinError, Terminal};

/// At most this many bytes are read; tokens and keys are far shorter.
const LARGEST: u64 = 64 * 1024;

/// Why a secret cannot be read. Never holds what was read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SecretError {
    #[error("{origin} names {}, which cannot be read: {why}", .path.display())]
    Unreadable { origin: Source, path: PathBuf, why: String },
    #[error("{origin} does not name a file; if that was the secret itself, put it in a file or a variable")]
    NotAFile { origin: Source },
    #[error("{origin} holds more than {LARGEST} bytes; a token is shorter")]
    TooLarge { origin: Source },
    #[error("{origin} holds binary data; a token is one line of plain text")]
    Binary { origin: Source },
    #[error("{origin} cannot be used: {why}")]
    Malformed { origin: Source, why: Malformed },
    #[error(transparent)]
    Stdin(#[from] StdinError),
}

impl From<SecretError> for Failure {
    fn from(error: SecretError) -> Self {
        let failure = Self::usage(error.to_string());
        match error {
            SecretError::Malformed { why: Malformed::Unexpanded(..), .. } => failure.fix(Fix::say(
                "set the variable in CI's settings; a protected one reaches only protected branches and tags",
            )),
            SecretError::Malformed { .. } | SecretError::Binary { .. } | SecretError::TooLarge { .. } => {
                failure.fix(Fix::say("give the token alone, as GitLab showed it, in one line"))
            }
            SecretError::Unreadable { .. } => failure.fix(Fix::say("correct the path, or the file's permissions")),
            SecretError::NotAFile { .. } | SecretError::Stdin(_) => failure,
        }
    }
}

/// Reads a secret from a file, or from standard input for `-`.
pub(super) fn read<K: SecretKind>(
    setting: &Definition,
    file: Sourced<PathBuf>,
    terminal: &Terminal,
) -> Result<Sourced<Secret<K>>, SecretError> {
    let origin = file.source;
    let bytes = if file.value == Path::new("-") {
        terminal.read_stdin(setting.flag)?
    } else {
        from_file(&file.value, &origin)?
    };
    if bytes.len() as u64 > LARGEST {
        return Err(SecretError::TooLarge { origin });
    }
    // Editors on Windows begin a file with a byte order mark.
    let text = std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes)).ok();
    match text.filter(|text| !text.contains('\0')).map(Secret::new) {
        None => Err(SecretError::Binary { origin }),
        Some(Err(why)) => Err(SecretError::Malformed { origin, why }),
        Some(Ok(secret)) => Ok(Sourced::new(secret, origin)),
    }
}

fn from_file(path: &Path, origin: &Source) -> Result<Vec<u8>, SecretError> {
    let mut bytes = Vec::new();
    match File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes)) {
        Ok(_) => Ok(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && is_probably_a_token(path) => {
            Err(SecretError::NotAFile { origin: origin.clone() })
        }
        Err(error) => {
            Err(SecretError::Unreadable { origin: origin.clone(), path: path.to_owned(), why: error.to_string() })
        }
    }
}

/// Whether a path that does not exist is probably the secret itself: one long word without a folder. It is not repeated.
fn is_probably_a_token(path: &Path) -> bool {
    let text = path.to_string_lossy();
    text.len() >= 20 && !text.contains(['/', '\\', ' ']) && path.extension().is_none_or(|end| end.len() > 5)
}
