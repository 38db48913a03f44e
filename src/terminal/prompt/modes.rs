//! The terminal's modes while a question is open.
//!
//! Line mode, echo and signals are off from before the answer is read: a secret would be shown, and Ctrl-C before the first key
//! would be a signal that the read does not see.

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

/// Who edits the line of an answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Editing {
    ByProgram,
    /// In line mode: Ctrl-C is a signal there.
    ByTerminal,
}

/// The modes of a question.
#[derive(Clone, Copy, Debug)]
pub(super) struct QuestionModes {
    pub typed_ahead: TypedAhead,
    pub editing: Editing,
}

/// The modes of a question, until dropped.
pub(super) struct ModesSet {
    #[cfg(unix)]
    before: Termios,
}

#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "only the terminal touches standard input")]
impl QuestionModes {
    /// # Errors
    /// When the terminal is gone. Then no question may be asked: a secret would be shown.
    pub(super) fn set(self) -> io::Result<ModesSet> {
        let input = io::stdin();
        let before = tcgetattr(&input)?;
        let mut modes = before.clone();
        if self.editing == Editing::ByProgram {
            modes.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        }
        let actions = match self.typed_ahead {
            TypedAhead::Kept => OptionalActions::Drain,
            TypedAhead::Dropped => OptionalActions::Flush,
        };
        tcsetattr(&input, actions, &modes)?;
        Ok(ModesSet { before })
    }
}

#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "only the terminal touches standard input")]
impl Drop for ModesSet {
    fn drop(&mut self) {
        // If this fails, the terminal is gone.
        let _terminal_gone = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}

#[cfg(not(unix))]
impl QuestionModes {
    #[expect(clippy::unnecessary_wraps, reason = "the same shape as on Unix")]
    pub(super) const fn set(self) -> io::Result<ModesSet> {
        Ok(ModesSet {})
    }
}
