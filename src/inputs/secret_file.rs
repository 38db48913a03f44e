//! Secrets from files and standard input.

use std::path::{Path, PathBuf};

use crate::error::{Failure, Fix};
use crate::files;
use crate::secret::{Malformed, Secret, SecretKind, is_quoted, shown_place};
use crate::settings::{Definition, Source, Sourced, misplaced};
use crate::terminal::{StdinError, Terminal};

/// At most this many bytes are read; tokens and keys are far shorter.
const LARGEST: u64 = 64 * 1024;

/// Why a secret cannot be read. Never holds what was read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SecretError {
    #[error("{origin} names {}, which cannot be read: {why}", shown_place(.path))]
    Unreadable { origin: Source, path: PathBuf, why: String },
    #[error("{origin} cannot be used: {why}")]
    Misplaced { origin: Source, why: &'static str },
    #[error("{origin} does not name a file; if that was the secret itself, put it in a file or a variable")]
    NotAFile { origin: Source },
    #[error("{origin} holds more than {LARGEST} bytes; a token is shorter")]
    TooLarge { origin: Source },
    #[error("{origin} holds binary data; a token is one line of plain text")]
    Binary { origin: Source },
    #[error("{origin} holds the secret in quotes; leave them out")]
    Quoted { origin: Source },
    #[error("{origin} holds a path; the secret itself is meant there")]
    IsPath { origin: Source },
    #[error("{origin} holds {what}; the secret alone is meant there")]
    NotAlone { origin: Source, what: &'static str },
    #[error("{origin} cannot be used: {why}")]
    Malformed { origin: Source, why: Malformed },
    #[error(transparent)]
    Stdin(#[from] StdinError),
}

impl From<SecretError> for Failure {
    fn from(error: SecretError) -> Self {
        let failure = Self::usage(error.to_string());
        match error {
            SecretError::Malformed { why: Malformed::Unexpanded(_), .. } => failure.fix(Fix::say(
                "set the variable in CI's settings; a protected one reaches only protected branches and tags",
            )),
            SecretError::Malformed { .. } | SecretError::Binary { .. } | SecretError::TooLarge { .. } => {
                failure.fix(Fix::say("give it alone, exactly as you received it, in one line"))
            }
            SecretError::Unreadable { .. } => failure.fix(Fix::say("correct the path, or the file's permissions")),
            SecretError::IsPath { .. } => failure.fix(Fix::say("give the path with the flag that takes a file")),
            SecretError::NotAlone { .. }
            | SecretError::Misplaced { .. }
            | SecretError::Quoted { .. }
            | SecretError::NotAFile { .. }
            | SecretError::Stdin(_) => failure,
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
    if let Some(why) = misplaced(setting, &file.value.to_string_lossy()) {
        return Err(SecretError::Misplaced { origin, why });
    }
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
    match text.filter(|text| !text.contains('\0')) {
        None => Err(SecretError::Binary { origin }),
        Some(text) => secret(text, origin),
    }
}

/// A secret as it was given; quotes around it and a path in its place are not part of one.
pub(super) fn secret<K: SecretKind>(text: &str, origin: Source) -> Result<Sourced<Secret<K>>, SecretError> {
    if is_quoted(text) {
        return Err(SecretError::Quoted { origin });
    }
    if is_path(text.trim()) {
        return Err(SecretError::IsPath { origin });
    }
    if let Some(what) = not_alone(text.trim()) {
        return Err(SecretError::NotAlone { origin, what });
    }
    match Secret::new(text) {
        Err(why) => Err(SecretError::Malformed { origin, why }),
        Ok(secret) => Ok(Sourced::new(secret, origin)),
    }
}

/// What else than a secret alone a text is, which could pass for one.
fn not_alone(text: &str) -> Option<&'static str> {
    let is_assignment = |(name, value): (&str, &str)| {
        let is_name = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        let name = name.trim_start_matches("export ");
        // Base64 ends in equal signs.
        name.contains('_') && name.bytes().all(is_name) && !value.is_empty() && !value.starts_with('=')
    };
    if text.starts_with("https://") || text.starts_with("http://") {
        Some("an address")
    } else if text.starts_with('{') && text.ends_with('}') && text.contains('"') {
        Some("a JSON document")
    } else if text.split_once('=').is_some_and(is_assignment) {
        Some("a line NAME=value")
    } else {
        None
    }
}

/// Base64 may begin with a slash, so there a file has to exist.
fn is_path(text: &str) -> bool {
    ["./", "../", "~/"].iter().any(|start| text.starts_with(start))
        || (text.starts_with('/') && Path::new(text).is_file())
}

fn from_file(path: &Path, origin: &Source) -> Result<Vec<u8>, SecretError> {
    match files::read_up_to(path, LARGEST) {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && is_probably_a_token(path) => {
            Err(SecretError::NotAFile { origin: origin.clone() })
        }
        Err(error) => {
            Err(SecretError::Unreadable { origin: origin.clone(), path: path.to_owned(), why: error.to_string() })
        }
    }
}

/// Whether a path that does not exist is probably the secret itself: a word without a folder and without the ending of a
/// file. It is not repeated.
fn is_probably_a_token(path: &Path) -> bool {
    let text = path.to_string_lossy();
    !text.contains(['/', '\\']) && path.extension().is_none_or(|end| end.len() > 5)
}
