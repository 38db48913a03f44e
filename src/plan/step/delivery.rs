use serde::Serialize;

use super::Description;
use crate::target::{Event, Target};

/// What proves that webhooks arrive.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(tag = "step")]
pub enum DeliveryStep {
    #[serde(rename = "test_delivery")]
    Test { target: Target, event: Event },
    /// Gives a webhook the kit's secret token and tests it; where Factory refuses it, the previous one is set back.
    #[serde(rename = "rotate_hook_secret")]
    RotateToken { target: Target, id: u64, event: Event },
}

impl DeliveryStep {
    #[must_use]
    pub const fn target(&self) -> &Target {
        match self {
            Self::Test { target, .. } | Self::RotateToken { target, .. } => target,
        }
    }

    pub(super) fn describe(&self) -> Description {
        match self {
            Self::Test { target, event } => Description::new(format!("send a test delivery ({event}) from {target}")),
            Self::RotateToken { target, id, event } => {
                Description::new(format!("set the new secret token of webhook {id} on {target}, and test it ({event})"))
            }
        }
    }
}
