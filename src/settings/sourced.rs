//! A value and where it came from, so that an error can name its source.

use std::fmt;
use std::path::PathBuf;

/// Where a value came from. `Display` names the place for the user: `--gitlab-url`, `the variable GITLAB_URL`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Source {
    /// The flag, with its dashes.
    Flag(&'static str),
    Environment(&'static str),
    AnswersFile {
        path: PathBuf,
        key: &'static str,
    },
    /// The local record of an earlier run.
    Record,
    Keyring,
    Prompt,
    Default,
    /// The kit, where a flag could have overridden it.
    Kit,
}

impl Source {
    /// The variable, where it came from one.
    #[must_use]
    pub fn variable(&self) -> Option<&'static str> {
        match self {
            Self::Environment(name) => Some(name),
            _ => None,
        }
    }

    /// Whether the user has just typed it and can be asked to correct it.
    #[must_use]
    pub fn is_prompt(&self) -> bool {
        *self == Self::Prompt
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => f.write_str(name),
            Self::Environment(name) => write!(f, "the variable {name}"),
            Self::AnswersFile { path, key } => write!(f, "{key} in {}", path.display()),
            Self::Record => f.write_str("the record of an earlier run"),
            Self::Keyring => f.write_str("the keyring"),
            Self::Prompt => f.write_str("the typed answer"),
            Self::Default => f.write_str("the default"),
            Self::Kit => f.write_str("the kit"),
        }
    }
}

/// A value and its source.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sourced<T> {
    pub value: T,
    pub source: Source,
}

impl<T> Sourced<T> {
    pub const fn new(value: T, source: Source) -> Self {
        Self { value, source }
    }

    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Sourced<U> {
        Sourced { value: change(self.value), source: self.source }
    }
}
