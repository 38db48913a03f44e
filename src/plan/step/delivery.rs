use serde::Serialize;

use super::Description;
use crate::target::{Event, Target};

/// What proves that webhooks arrive.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(tag = "step")]
pub enum DeliveryStep {
    #[serde(rename = "test_delivery")]
    Test { target: Target, event: Event },
}

impl DeliveryStep {
    pub(super) fn describe(&self) -> Description {
        match self {
            Self::Test { target, event } => Description::new(format!("send a test delivery ({event}) from {target}")),
        }
    }
}
