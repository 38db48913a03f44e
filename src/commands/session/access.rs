//! What a command may do with the connection, and what its token has to be enough for.

use std::time::Duration;

use crate::gitlab::Task;
use crate::journal::Rotation;

/// What a command may do with the connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::commands) enum Access {
    /// Reads, and judges the inputs by its checks: `verify`.
    Read,
    /// Shows what it would write: checks each input where it is given, takes no lock and writes nothing.
    DryRun,
    /// Writes: checks each input where it is given, and takes the connection's lock before anything is observed.
    Write,
    /// As `DryRun`, for a command that removes: it hands nothing over.
    RemoveDryRun,
    /// As `Write`, likewise.
    Remove,
    /// As `DryRun`, for a command that renews a secret of a connection that exists.
    RotateDryRun(Rotation),
    /// As `Write`, likewise.
    Rotate(Rotation),
    /// As `DryRun`, for a command that works in a project and hands nothing over.
    ExerciseDryRun,
    /// As `Write`, likewise.
    Exercise,
}

impl Access {
    /// How long a request waits for a rate limit. GitLab's own window is an hour, and a command that writes should finish what
    /// it has started. One that reads reports `unknown`, and running it again costs nothing.
    pub(in crate::commands) const fn rate_limit_wait(self) -> Duration {
        match self {
            Self::Read => Duration::from_secs(60),
            Self::DryRun | Self::Write | Self::RemoveDryRun | Self::Remove => Duration::from_secs(65 * 60),
            Self::RotateDryRun(_) | Self::Rotate(_) => Duration::from_secs(65 * 60),
            // What was made is to be removed soon, too.
            Self::ExerciseDryRun | Self::Exercise => Duration::from_secs(10 * 60),
        }
    }

    pub(in crate::commands) const fn writes(self) -> bool {
        matches!(self, Self::Write | Self::Remove | Self::Rotate(_) | Self::Exercise)
    }

    /// Whether a bundle may be sealed and sent.
    pub(in crate::commands) const fn hands_over(self) -> bool {
        matches!(self, Self::DryRun | Self::Write | Self::RotateDryRun(_) | Self::Rotate(_))
    }

    /// What the token has to be enough for.
    pub(in crate::commands) const fn task(self) -> Task {
        match self {
            Self::Read => Task::Verify,
            Self::DryRun | Self::Write => Task::Connect,
            Self::RemoveDryRun | Self::Remove => Task::Disconnect,
            Self::RotateDryRun(what) | Self::Rotate(what) => match what {
                Rotation::ApplicationSecret => Task::RotateApplicationSecret,
                Rotation::Token => Task::RotateToken,
                Rotation::WebhookSecret => Task::RotateWebhookSecret,
            },
            Self::ExerciseDryRun | Self::Exercise => Task::Exercise,
        }
    }

    /// Whether the application's ID and secret may have to be given.
    pub(in crate::commands) const fn takes_pair(self) -> bool {
        matches!(self, Self::DryRun | Self::Write)
    }
}
