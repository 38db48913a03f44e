//! Standard input, which is read once.

use std::io::{self, Read as _};
use std::sync::{Mutex, PoisonError};

/// No kit, token or bundle is nearly as large.
const LARGEST: u64 = 16 << 20;

/// Why nothing could be read from standard input.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum StdinError {
    #[error("standard input was already read for {first}; {second} needs a file")]
    Taken { first: String, second: String },
    #[error("standard input cannot be read: {0}")]
    Unreadable(String),
    #[error("standard input is larger than {LARGEST} bytes")]
    TooLarge,
}

pub(super) struct StandardInput {
    state: Mutex<StdinState>,
}

enum StdinState {
    Real,
    #[cfg(test)]
    Holding(Vec<u8>),
    ReadFor(String),
}

impl StandardInput {
    pub(super) const fn real() -> Self {
        Self { state: Mutex::new(StdinState::Real) }
    }

    #[cfg(test)]
    pub(super) const fn holding(bytes: Vec<u8>) -> Self {
        Self { state: Mutex::new(StdinState::Holding(bytes)) }
    }

    pub(super) fn read(&self, reader: &str) -> Result<Vec<u8>, StdinError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let StdinState::ReadFor(first) = &*state {
            return Err(StdinError::Taken { first: first.clone(), second: reader.to_owned() });
        }
        match std::mem::replace(&mut *state, StdinState::ReadFor(reader.to_owned())) {
            #[cfg(test)]
            StdinState::Holding(bytes) => Ok(bytes),
            StdinState::Real | StdinState::ReadFor(_) => read_real(),
        }
    }
}

/// One line of an answer at a terminal that edits it itself.
#[expect(clippy::disallowed_methods, reason = "only the terminal reads standard input")]
pub(super) fn read_line() -> io::Result<String> {
    let mut line = String::new();
    match io::stdin().read_line(&mut line)? {
        // Ctrl-D.
        0 => Err(io::ErrorKind::Interrupted.into()),
        _ => Ok(line.trim_end_matches(['\r', '\n']).to_owned()),
    }
}

#[expect(clippy::disallowed_methods, reason = "only the terminal reads standard input")]
fn read_real() -> Result<Vec<u8>, StdinError> {
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| StdinError::Unreadable(error.to_string()))?;
    if bytes.len() as u64 > LARGEST {
        return Err(StdinError::TooLarge);
    }
    Ok(bytes)
}
