//! The terminal's modes while a question is open.
//!
//! dialoguer switches the terminal to raw mode for each key alone. Between its keys, and before the first, Ctrl-C would be a
//! signal that the next read does not see. So line mode, echo and signals are off from before the question is printed.

use std::io;

#[cfg(unix)]
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// What becomes of keys that were pressed before the question.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum TypedAhead {
    Kept,
    /// A secret that was typed ahead was shown, and an approval from before its plan approves nothing.
    Dropped,
}

/// The modes of a question, until dropped.
pub(super) struct QuestionModes {
    #[cfg(unix)]
    before: Termios,
}

#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "only the terminal touches standard input")]
impl QuestionModes {
    /// # Errors
    /// When the terminal is gone. Then no question may be asked: a secret would be shown.
    pub(super) fn set(typed_ahead: TypedAhead) -> io::Result<Self> {
        let input = io::stdin();
        let before = tcgetattr(&input)?;
        let mut modes = before.clone();
        modes.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        let actions = match typed_ahead {
            TypedAhead::Kept => OptionalActions::Drain,
            TypedAhead::Dropped => OptionalActions::Flush,
        };
        tcsetattr(&input, actions, &modes)?;
        Ok(Self { before })
    }
}

#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "only the terminal touches standard input")]
impl Drop for QuestionModes {
    fn drop(&mut self) {
        // If this fails, the terminal is gone.
        let _terminal_gone = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}

#[cfg(not(unix))]
impl QuestionModes {
    #[expect(clippy::unnecessary_wraps, reason = "the same shape as on Unix")]
    pub(super) const fn set(_typed_ahead: TypedAhead) -> io::Result<Self> {
        Ok(Self {})
    }
}
