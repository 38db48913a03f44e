//! Questions to a person, to nobody, or to a script in tests.

#[cfg(unix)]
mod hidden;
mod interactive;
mod scripted;

use zeroize::Zeroizing;

use crate::error::{Failure, FailureKind, Fix};
use crate::text::Text;

pub use self::interactive::Interactive;
pub use self::scripted::{Reply, Scripted};

/// One question as it is asked.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// What the question is about, for scripts: the answers-file key.
    pub key: &'a str,
    pub prompt: &'a str,
    /// Said before the question.
    pub help: Option<&'a str>,
    /// Taken when nothing is typed.
    pub default: Option<&'a str>,
}

/// Why a question has no answer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PromptError {
    #[error("interrupted")]
    Interrupted,
    #[error("there is nobody to ask for {0}")]
    NonInteractive(String),
    #[error("the question for {key} was not expected: {wanted}")]
    Unexpected { key: String, wanted: String },
    #[error("the terminal cannot be read: {0}")]
    Terminal(String),
}

impl From<PromptError> for Failure {
    fn from(error: PromptError) -> Self {
        match error {
            PromptError::Interrupted => super::interrupt::Interrupted.into(),
            other => Self::new(FailureKind::Usage, other.to_string())
                .fix(Fix::say("give everything by flags and --no-input")),
        }
    }
}

/// Who answers.
pub trait Prompter {
    /// Whether there is anybody. Ask before every question.
    fn can_ask(&self) -> bool;

    /// One line of text.
    ///
    /// # Errors
    /// [`PromptError`], for this and all others.
    fn text(&self, ask: &Ask<'_>) -> Result<String, PromptError>;

    /// One line that is not shown.
    ///
    /// # Errors
    /// [`PromptError`].
    fn secret(&self, ask: &Ask<'_>) -> Result<Zeroizing<String>, PromptError>;

    /// Yes or no; Enter alone means no.
    ///
    /// # Errors
    /// [`PromptError`].
    fn confirm(&self, ask: &Ask<'_>) -> Result<bool, PromptError>;

    /// One of several, by its place; the first is the default.
    ///
    /// # Errors
    /// [`PromptError`].
    fn choose(&self, ask: &Ask<'_>, items: &[String]) -> Result<usize, PromptError>;

    /// Any of several, by their places.
    ///
    /// # Errors
    /// [`PromptError`].
    fn choose_many(&self, ask: &Ask<'_>, items: &[String]) -> Result<Vec<usize>, PromptError>;

    /// Says something between questions: why an answer was not taken, what was found.
    fn say(&self, page: &Text);

    /// Says why an answer was not taken.
    fn refuse(&self, failure: &Failure);
}

/// Nobody: `--no-input`, CI, no terminal.
#[derive(Clone, Copy, Debug, Default)]
pub struct NonInteractive;

impl Prompter for NonInteractive {
    fn can_ask(&self) -> bool {
        false
    }

    fn text(&self, ask: &Ask<'_>) -> Result<String, PromptError> {
        Err(PromptError::NonInteractive(ask.key.to_owned()))
    }

    fn secret(&self, ask: &Ask<'_>) -> Result<Zeroizing<String>, PromptError> {
        Err(PromptError::NonInteractive(ask.key.to_owned()))
    }

    fn confirm(&self, ask: &Ask<'_>) -> Result<bool, PromptError> {
        Err(PromptError::NonInteractive(ask.key.to_owned()))
    }

    fn choose(&self, ask: &Ask<'_>, _items: &[String]) -> Result<usize, PromptError> {
        Err(PromptError::NonInteractive(ask.key.to_owned()))
    }

    fn choose_many(&self, ask: &Ask<'_>, _items: &[String]) -> Result<Vec<usize>, PromptError> {
        Err(PromptError::NonInteractive(ask.key.to_owned()))
    }

    fn say(&self, _page: &Text) {}

    fn refuse(&self, _failure: &Failure) {}
}
