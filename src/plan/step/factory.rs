use serde::Serialize;
use url::Url;

use super::Description;

use crate::instance::{InstanceUrl, bare, without_query};

/// What Factory is told.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(tag = "step")]
pub enum FactoryStep {
    /// That the connection ends. Everything else of a disconnection waits for it.
    #[serde(rename = "tell_factory")]
    Disconnect {
        /// Shown and logged without its query.
        #[serde(serialize_with = "without_query")]
        url: Box<Url>,
        instance: InstanceUrl,
    },
}

impl FactoryStep {
    pub(super) fn describe(&self) -> Description {
        match self {
            Self::Disconnect { url, instance } => {
                Description::new(format!("tell Factory that the connection to {instance} ends"))
                    .detail(format!("at {}", bare(url)))
                    .detail("nothing is removed unless Factory knows")
            }
        }
    }
}
