use serde::Serialize;

use super::Description;
use crate::kit::{KitChange, KitFingerprint};

/// What is done about the kit itself.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(tag = "step")]
pub enum KitStep {
    /// Accepts a kit that differs from the accepted one. `--yes` does not cover it.
    #[serde(rename = "accept_kit")]
    Accept {
        /// As it was recorded.
        from: String,
        to: KitFingerprint,
        changes: Vec<KitChange>,
    },
}

impl KitStep {
    pub(super) fn describe(&self) -> Description {
        match self {
            Self::Accept { from, to, changes } => {
                let description = Description::new(format!("accept the changed kit {to}"));
                let description = description.detail(format!("kit {from} was accepted before"));
                changes.iter().fold(description, |description, change| description.detail(change.to_string()))
            }
        }
    }
}
