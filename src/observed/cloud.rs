//! What Factory says of a connection to GitLab.com.

use url::Url;

use super::Observation;
use crate::cloud::CloudSelection;
use crate::factory::{FactoryClient, FactoryStatus};

/// What Factory says.
#[derive(Clone, Debug)]
pub struct CloudSeen {
    pub status: Observation<FactoryStatus>,
    /// `None` before anything was selected.
    pub selection: Observation<Option<CloudSelection>>,
}

/// Why Factory was not asked.
const KEY_WITHHELD: &str =
    "no run with this kit has been approved, so its addresses do not get the key of Factory's API";

impl CloudSeen {
    /// Asks for the status and the selection, where their addresses may have the key.
    pub async fn read(factory: &FactoryClient, status_url: Option<&Url>, selection_url: Option<&Url>) -> Self {
        let status = async {
            match status_url {
                None => Observation::Skipped("the kit has no status_url"),
                Some(url) if factory.withholds_key_from(url) => Observation::Skipped(KEY_WITHHELD),
                Some(url) => Observation::from(factory.status(url).await),
            }
        };
        let selection = async {
            match selection_url {
                None => Observation::Skipped("the kit has no cloud.selection_url"),
                Some(url) if factory.withholds_key_from(url) => Observation::Skipped(KEY_WITHHELD),
                Some(url) => Observation::from(factory.selection(url).await),
            }
        };
        let (status, selection) = tokio::join!(status, selection);
        Self { status, selection }
    }

    /// What is selected now.
    #[must_use]
    pub fn selected(&self) -> Option<&CloudSelection> {
        self.selection.known()?.as_ref()
    }
}
