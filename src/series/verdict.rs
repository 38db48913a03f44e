//! How a series stands at its end.

use super::{CheckState, Series};
use crate::error::ExitCode;

/// The worst state that has not recovered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SeriesVerdict {
    Pass,
    Fail,
    Unknown,
    /// GitLab did not answer the last look.
    Away,
}

impl SeriesVerdict {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
            Self::Away => "away",
        }
    }

    #[must_use]
    pub const fn exit_code(self) -> ExitCode {
        match self {
            Self::Pass => ExitCode::Done,
            Self::Fail => ExitCode::Problem,
            Self::Unknown | Self::Away => ExitCode::Unknown,
        }
    }
}

impl Series {
    /// What counts is the worse of the state that was told and the one of the last look: what is not confirmed yet is not
    /// fine, and neither is a recovery that is not.
    #[must_use]
    pub fn verdict(&self) -> SeriesVerdict {
        let has = |wanted: CheckState| self.checks().any(|(_, one)| one.state == wanted || one.last == wanted);
        if self.is_away() {
            SeriesVerdict::Away
        } else if has(CheckState::Fail) {
            SeriesVerdict::Fail
        } else if has(CheckState::Unknown) || !has(CheckState::Pass) {
            SeriesVerdict::Unknown
        } else {
            SeriesVerdict::Pass
        }
    }
}
