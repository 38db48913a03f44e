//! Questions on the terminal: asked, refused where there is no terminal, or answered by a script in tests.

#[cfg(unix)]
mod hidden;
mod interactive;
mod line;
mod modes;
#[cfg(test)]
mod scripted;

use zeroize::Zeroizing;

use crate::error::{Failure, FailureKind, Fix};
use crate::text::Text;

pub use self::interactive::Interactive;
pub use self::line::Completes;
#[cfg(test)]
pub(crate) use self::scripted::{Reply, Scripted};

/// One question.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ask<'a> {
    /// The key in an answers file; a script finds the question by it.
    pub key: &'a str,
    pub prompt: &'a str,
    /// Printed before the question.
    pub help: Option<&'a str>,
    /// The answer when Enter alone is pressed.
    pub default: Option<&'a str>,
    pub completes: Completes,
}

/// What a question is answered with one of.
#[derive(Clone, Copy, Debug)]
pub struct Menu<'a> {
    pub items: &'a [String],
    pub preset: Preset,
}

/// What Enter alone takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Preset {
    First,
    /// The one that is in force, which is said.
    InForce(usize),
}

impl Menu<'_> {
    /// The index that Enter alone takes.
    fn at_enter(&self) -> usize {
        match self.preset {
            Preset::First => 0,
            Preset::InForce(at) => at,
        }
    }

    fn lines(&self) -> Vec<String> {
        let line = |(at, item): (usize, &String)| match self.preset {
            Preset::InForce(present) if present == at => format!("{item} (as it is now)"),
            Preset::InForce(_) | Preset::First => item.clone(),
        };
        self.items.iter().enumerate().map(line).collect()
    }
}

/// Why a question has no answer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PromptError {
    #[error("interrupted")]
    Interrupted,
    #[error("cannot ask for {0}: there is no terminal to ask on")]
    NonInteractive(String),
    #[cfg(test)]
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
                .fix(Fix::say("pass every value as a flag, with --no-input")),
        }
    }
}

/// The answer to whether a plan is applied.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PlanAnswer {
    Apply,
    Stop,
    /// An answer that the plan was made from is to be changed.
    Change,
}

/// The default of a question for yes or no that Enter alone affirms.
pub const YES: &str = "yes";

/// Asks questions.
pub trait Prompter {
    /// Whether questions can be asked; the other methods fail otherwise.
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

    /// Yes or no, with Enter; Enter alone means no, unless the default is [`YES`], and what was typed before the question does
    /// not count.
    ///
    /// # Errors
    /// [`PromptError`].
    fn confirm(&self, ask: &Ask<'_>) -> Result<bool, PromptError>;

    /// As [`Prompter::confirm`], with a third answer.
    ///
    /// # Errors
    /// [`PromptError`].
    fn apply_or_change(&self, ask: &Ask<'_>) -> Result<PlanAnswer, PromptError>;

    /// A line that is typed as it is named in the question. What was typed before does not count.
    ///
    /// # Errors
    /// [`PromptError`].
    fn name(&self, ask: &Ask<'_>) -> Result<String, PromptError>;

    /// One of several that are listed already, by its index; `None` for Enter alone.
    ///
    /// # Errors
    /// [`PromptError`].
    fn number(&self, ask: &Ask<'_>, count: usize) -> Result<Option<usize>, PromptError>;

    /// One of several, by its index.
    ///
    /// # Errors
    /// [`PromptError`].
    fn choose(&self, ask: &Ask<'_>, menu: Menu<'_>) -> Result<usize, PromptError>;

    /// Any of several, by their indexes.
    ///
    /// # Errors
    /// [`PromptError`].
    fn choose_many(&self, ask: &Ask<'_>, items: &[String]) -> Result<Vec<usize>, PromptError>;

    /// Prints a remark between questions.
    fn say(&self, text: &Text);

    /// Prints why an answer was refused.
    fn refuse(&self, failure: &Failure);
}

/// Asks nothing: `--no-input`, CI, no terminal.
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

    fn apply_or_change(&self, ask: &Ask<'_>) -> Result<PlanAnswer, PromptError> {
        Err(PromptError::NonInteractive(ask.key.to_owned()))
    }

    fn name(&self, ask: &Ask<'_>) -> Result<String, PromptError> {
        Err(PromptError::NonInteractive(ask.key.to_owned()))
    }

    fn number(&self, ask: &Ask<'_>, _count: usize) -> Result<Option<usize>, PromptError> {
        Err(PromptError::NonInteractive(ask.key.to_owned()))
    }

    fn choose(&self, ask: &Ask<'_>, _menu: Menu<'_>) -> Result<usize, PromptError> {
        Err(PromptError::NonInteractive(ask.key.to_owned()))
    }

    fn choose_many(&self, ask: &Ask<'_>, _items: &[String]) -> Result<Vec<usize>, PromptError> {
        Err(PromptError::NonInteractive(ask.key.to_owned()))
    }

    fn say(&self, _text: &Text) {}

    fn refuse(&self, _failure: &Failure) {}
}
