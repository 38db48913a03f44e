//! What Factory says of a connection to GitLab.com.

use url::Url;

use super::Observation;
use crate::cloud::{Candidate, CloudSelection, PlaceKind, SelectedPlace};
use crate::factory::{FactoryClient, FactoryStatus};
use crate::gitlab::Reader;

/// What Factory says.
#[derive(Clone, Debug)]
pub struct CloudSeen {
    pub status: Observation<FactoryStatus>,
    /// `None` before anything was selected.
    pub selection: Observation<Option<CloudSelection>>,
}

/// A selected group or project, and what is seen of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PlaceSeen {
    pub kind: PlaceKind,
    pub full_path: String,
    /// `None` where it does not exist any more, or the account has lost it.
    pub found: Option<Candidate>,
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

    /// Whether each part of the selection still exists: by Factory's own list, which shows what its account reaches, else by
    /// GitLab's, which shows what the given token does.
    pub async fn read_places(
        &self,
        factory: &FactoryClient,
        candidates_url: Option<&Url>,
        gitlab: &Reader,
    ) -> Observation<Vec<PlaceSeen>> {
        let selection = match &self.selection {
            Observation::Known(selection) => selection.clone().unwrap_or_default(),
            Observation::Failed(error) => return Observation::Failed(error.clone()),
            Observation::Skipped(reason) => return Observation::Skipped(reason),
        };
        let CloudSelection { groups, projects, .. } = selection;
        let mut seen = Vec::new();
        for (kind, places) in [(PlaceKind::Group, groups), (PlaceKind::Project, projects)] {
            for SelectedPlace { full_path, id: _ } in places {
                let found = match candidates_url {
                    Some(url) => factory.candidate(url, kind, &full_path).await,
                    None => gitlab.place(kind, &full_path).await.map(|found| found.map(|found| found.place)),
                };
                match found {
                    Ok(found) => seen.push(PlaceSeen { kind, full_path, found }),
                    Err(error) => return Observation::Failed(error),
                }
            }
        }
        Observation::Known(seen)
    }

    /// What is selected now.
    #[must_use]
    pub fn selected(&self) -> Option<&CloudSelection> {
        self.selection.known()?.as_ref()
    }
}
