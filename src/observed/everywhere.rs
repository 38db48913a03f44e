//! Everything that can have a webhook: what was connected under any choice, by any machine.

use std::collections::BTreeMap;

use super::targets::TargetSink;
use crate::desired::Candidate;
use crate::gitlab::Reader;
use crate::http;
use crate::http::limits::PAGE_SIZE;
use crate::instance::Edition;
use crate::target::{Target, TargetNumber};

/// Finds everything that the token can see, and what this machine recorded besides.
pub(super) struct EveryTarget<'a> {
    pub(super) gitlab: &'a Reader,
    /// The Community Edition has no group hooks.
    pub(super) edition: Option<Edition>,
    pub(super) recorded: BTreeMap<TargetNumber, &'a Target>,
}

impl EveryTarget<'_> {
    /// # Errors
    /// Those of any request: a list that cannot be read to its end is a failure of the whole.
    pub(super) async fn find(&self, sink: &TargetSink<'_>) -> Result<(), http::Error> {
        let mut unlisted = self.recorded.clone();
        let mut send = async |found: Vec<Candidate>| {
            for one in &found {
                unlisted.remove(&one.target.number());
            }
            sink.send(found).await
        };
        send(vec![Candidate { target: Target::System, empty: false }]).await?;
        if self.edition != Some(Edition::Ce) {
            let groups: Vec<Candidate> = self.gitlab.groups().await?.iter().map(Candidate::group).collect();
            for page in groups.chunks(PAGE_SIZE) {
                send(page.to_vec()).await?;
            }
        }
        let mut projects = self.gitlab.all_projects();
        while let Some(page) = projects.next_page().await? {
            send(page.into_iter().map(Candidate::project).collect()).await?;
        }
        let candidate = |target: &Target| Candidate { target: target.clone(), empty: false };
        sink.send(unlisted.into_values().map(candidate).collect()).await
    }
}
