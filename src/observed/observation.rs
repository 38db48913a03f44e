//! What a run knows about one subject: read, failed or skipped.

use crate::http::Error;

/// The result of one read.
#[derive(Clone, Debug)]
pub enum Observation<T> {
    Known(T),
    /// The read was made and failed: refused, or not answered ([`Error::is_refusal`]).
    Failed(Error),
    /// The read was not made, by design; the reason is for the user.
    Skipped(&'static str),
}

impl<T> Observation<T> {
    #[must_use]
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Failed(_) | Self::Skipped(_) => None,
        }
    }

    /// Why the request failed, if it did.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        match self {
            Self::Failed(error) => Some(error),
            Self::Known(_) | Self::Skipped(_) => None,
        }
    }
}

impl<T> From<Result<T, Error>> for Observation<T> {
    fn from(result: Result<T, Error>) -> Self {
        match result {
            Ok(value) => Self::Known(value),
            Err(error) => Self::Failed(error),
        }
    }
}
