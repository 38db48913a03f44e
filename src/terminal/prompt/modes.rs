//! The terminal's modes while a question is open.
//!
//! dialoguer switches the terminal to raw mode for each key alone. Between its keys, and before the first, Ctrl-C would be a
//! signal that the next read does not see. So line mode, echo and signals are off from before the question is printed.

#[cfg(unix)]
use std::io;

#[cfg(unix)]
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// What becomes of keys that were pressed before the question.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum TypedAhead {
    Kept,
    /// A secret that was typed ahead was shown.
    Dropped,
}

/// The modes of a question, until dropped.
pub(super) struct QuestionModes {
    /// `None` where standard input has no modes.
    #[cfg(unix)]
    before: Option<Termios>,
}

#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "only the terminal touches standard input")]
impl QuestionModes {
    pub(super) fn set(typed_ahead: TypedAhead) -> Self {
        let input = io::stdin();
        let before = tcgetattr(&input).ok();
        if let Some(before) = &before {
            let mut modes = before.clone();
            modes.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
            let actions = match typed_ahead {
                TypedAhead::Kept => OptionalActions::Drain,
                TypedAhead::Dropped => OptionalActions::Flush,
            };
            // Where this fails, the question fails as well.
            let _terminal_gone = tcsetattr(&input, actions, &modes);
        }
        Self { before }
    }
}

#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "only the terminal touches standard input")]
impl Drop for QuestionModes {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            // If this fails, the terminal is gone.
            let _terminal_gone = tcsetattr(io::stdin(), OptionalActions::Now, before);
        }
    }
}

#[cfg(not(unix))]
impl QuestionModes {
    pub(super) const fn set(_typed_ahead: TypedAhead) -> Self {
        Self {}
    }
}
