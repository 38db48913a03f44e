//! Standard output and standard error: written to from here only.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stream {
    Output,
    Error,
}

/// Where the two streams lead.
pub(super) enum StandardStreams {
    Real {
        output_coloured: bool,
        error_coloured: bool,
    },
    /// Kept, for tests.
    Captured(Mutex<(Vec<u8>, Vec<u8>)>),
}

impl StandardStreams {
    pub(super) const fn real(output_coloured: bool, error_coloured: bool) -> Self {
        Self::Real { output_coloured, error_coloured }
    }

    pub(super) fn captured() -> Self {
        Self::Captured(Mutex::default())
    }

    pub(super) const fn coloured(&self, stream: Stream) -> bool {
        match (self, stream) {
            (Self::Real { output_coloured, .. }, Stream::Output) => *output_coloured,
            (Self::Real { error_coloured, .. }, Stream::Error) => *error_coloured,
            (Self::Captured(_), _) => false,
        }
    }

    pub(super) fn captured_text(&self) -> (String, String) {
        let Self::Captured(kept) = self else {
            return Default::default();
        };
        let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        (String::from_utf8_lossy(&kept.0).into_owned(), String::from_utf8_lossy(&kept.1).into_owned())
    }

    /// Writes and flushes. A reader that has gone is not an error: it has seen what it wanted.
    #[expect(clippy::disallowed_methods, reason = "this is the one door to the standard streams")]
    pub(super) fn write(&self, stream: Stream, bytes: &[u8]) -> io::Result<()> {
        let result = match (self, stream) {
            (Self::Real { .. }, Stream::Output) => write_all(&mut io::stdout().lock(), bytes),
            (Self::Real { .. }, Stream::Error) => write_all(&mut io::stderr().lock(), bytes),
            (Self::Captured(kept), _) => {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                let into = if stream == Stream::Output { &mut kept.0 } else { &mut kept.1 };
                write_all(into, bytes)
            }
        };
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }
}

fn write_all(into: &mut dyn Write, bytes: &[u8]) -> io::Result<()> {
    into.write_all(bytes)?;
    into.flush()
}
