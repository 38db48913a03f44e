//! Standard output and standard error; nothing else writes to them.

use std::io::{self, Write};
#[cfg(test)]
use std::sync::{Mutex, PoisonError};

use super::style::Look;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stream {
    Output,
    Error,
}

/// What a stream leads to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum StreamKind {
    Terminal,
    FileOrPipe,
}

/// How wide the lines of a stream may be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Columns {
    Unlimited,
    /// `COLUMNS`.
    Fixed(usize),
    /// As wide as the terminal is when it is written to: it can be resized at any time.
    OfTerminal,
}

/// What is known about a stream from the start.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Style {
    pub(super) colored: bool,
    pub(super) columns: Columns,
}

/// The two standard streams.
pub(super) enum StandardStreams {
    Real {
        output: Style,
        error: Style,
    },
    #[cfg(test)]
    Captured(Mutex<Captured>),
}

/// What a test wrote to the two streams.
#[cfg(test)]
#[derive(Default)]
pub(super) struct Captured {
    output: Vec<u8>,
    error: Vec<u8>,
}

impl StandardStreams {
    #[cfg(test)]
    pub(super) fn captured() -> Self {
        Self::Captured(Mutex::default())
    }

    pub(super) fn look(&self, stream: Stream) -> Look {
        match (self, stream) {
            (Self::Real { output, .. }, Stream::Output) => output.look(&console::Term::stdout()),
            (Self::Real { error, .. }, Stream::Error) => error.look(&console::Term::stderr()),
            #[cfg(test)]
            (Self::Captured(_), _) => Look::default(),
        }
    }

    /// What was written so far to standard output and to standard error.
    #[cfg(test)]
    pub(super) fn captured_text(&self) -> (String, String) {
        let Self::Captured(captured) = self else {
            return Default::default();
        };
        let Captured { output, error } = &*captured.lock().unwrap_or_else(PoisonError::into_inner);
        (String::from_utf8_lossy(output).into_owned(), String::from_utf8_lossy(error).into_owned())
    }

    /// Writes and flushes. A closed pipe is not an error: its reader (`| head`) has seen enough.
    #[expect(clippy::disallowed_methods, reason = "only the terminal writes to the standard streams")]
    pub(super) fn write(&self, stream: Stream, bytes: &[u8]) -> io::Result<()> {
        let result = match (self, stream) {
            (Self::Real { .. }, Stream::Output) => write_all(&mut io::stdout().lock(), bytes),
            (Self::Real { .. }, Stream::Error) => write_all(&mut io::stderr().lock(), bytes),
            #[cfg(test)]
            (Self::Captured(captured), stream) => {
                let mut captured = captured.lock().unwrap_or_else(PoisonError::into_inner);
                write_all(if stream == Stream::Output { &mut captured.output } else { &mut captured.error }, bytes)
            }
        };
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }
}

impl Style {
    fn look(self, terminal: &console::Term) -> Look {
        let width = match self.columns {
            Columns::Unlimited => None,
            Columns::Fixed(columns) => Some(columns),
            Columns::OfTerminal => terminal.size_checked().map(|(_, columns)| usize::from(columns)),
        };
        Look { colored: self.colored, width }
    }
}

fn write_all(into: &mut dyn Write, bytes: &[u8]) -> io::Result<()> {
    into.write_all(bytes)?;
    into.flush()
}
