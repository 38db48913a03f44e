//! When a secret of the connection was changed last, as far as this machine recorded it.

use jiff::Timestamp;
use serde::Serialize;

use super::Record;
use crate::journal::entry::Rotation;

/// When each secret was changed last; `None` where this machine does not know.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct SecretAges {
    pub application_secret: Option<Timestamp>,
    pub token: Option<Timestamp>,
    pub webhook_secret: Option<Timestamp>,
}

impl Rotation {
    /// What it is, for the user.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ApplicationSecret => "the application's secret",
            Self::Token => "the token of Factory",
            Self::WebhookSecret => "the webhooks' secret token",
        }
    }

    /// The command that renews it.
    #[must_use]
    pub const fn command(self) -> &'static str {
        match self {
            Self::ApplicationSecret => "rotate application-secret",
            Self::Token => "rotate token",
            Self::WebhookSecret => "rotate webhook-secret",
        }
    }
}

impl Record {
    /// When a secret was changed last.
    #[must_use]
    pub fn changed_at(&self, what: Rotation) -> Option<Timestamp> {
        match what {
            Rotation::ApplicationSecret => self.secret_changed_at,
            Rotation::Token => self.bundle.as_ref().and_then(|bundle| bundle.token.as_ref()?.created_at),
            // All have the same one; a webhook that was registered later got it later.
            Rotation::WebhookSecret => self.hooks.values().map(|hook| hook.token_set_at).min(),
        }
    }

    #[must_use]
    pub fn secret_ages(&self) -> SecretAges {
        SecretAges {
            application_secret: self.changed_at(Rotation::ApplicationSecret),
            token: self.changed_at(Rotation::Token),
            webhook_secret: self.changed_at(Rotation::WebhookSecret),
        }
    }
}
