//! Reads the hooks of many projects in one GraphQL request, where GitLab can do that and it saves requests. Projects whose
//! hooks it does not return are read one by one, so it changes nothing but the number of requests.

use std::cell::Cell;
use std::collections::HashMap;

use tokio::sync::OnceCell;

use crate::desired::Candidate;
use crate::gitlab::{Hook, HookList, Reader};
use crate::http;
use crate::http::limits::MAX_QUERY_PROJECTS;
use crate::instance::Version;
use crate::target::Target;

/// The fewest projects on one page for which it pays to ask whether this GitLab has such a list.
const WORTH_ASKING: usize = 20;

/// The fewest projects for which it pays to read a list that is known to exist.
const WORTH_READING: usize = 2;

/// A target, and its hooks where they came with those of other projects.
pub(super) struct CandidateHooks {
    pub(super) candidate: Candidate,
    pub(super) hooks: Option<Vec<Hook>>,
}

/// Reads the hooks of many projects at once, during one run of the observer.
pub(super) struct Bulk<'a> {
    gitlab: &'a Reader,
    version: Option<Version>,
    /// Discovered once, for the first page that is large enough.
    list: OnceCell<Option<HookList>>,
    /// Set by the first failure, for the rest of the run.
    disabled: Cell<bool>,
}

impl<'a> Bulk<'a> {
    pub(super) fn new(gitlab: &'a Reader, version: Option<Version>) -> Self {
        Self { gitlab, version, list: OnceCell::new(), disabled: Cell::new(false) }
    }

    /// A page of targets, with the hooks that could be read together.
    pub(super) async fn page(&self, page: Vec<Candidate>) -> Vec<CandidateHooks> {
        let mut hooks = HashMap::new();
        let projects: Vec<u64> = page.iter().filter_map(project).collect();
        // A group's projects come as one page, however many they are.
        for projects in projects.chunks(MAX_QUERY_PROJECTS) {
            hooks.extend(self.read(projects).await);
        }
        let with_hooks = |candidate: Candidate| CandidateHooks {
            hooks: project(&candidate).and_then(|id| hooks.remove(&id)),
            candidate,
        };
        page.into_iter().map(with_hooks).collect()
    }

    async fn read(&self, projects: &[u64]) -> Vec<(u64, Vec<Hook>)> {
        let Some(list) = self.list(projects.len()).await else { return Vec::new() };
        match self.gitlab.listed_hooks(list, projects).await {
            Ok(hooks) => hooks,
            Err(error) => self.give_up(&error).unwrap_or_default(),
        }
    }

    /// The list to read that many projects with, if it pays.
    async fn list(&self, projects: usize) -> Option<&HookList> {
        let worth = if self.list.initialized() { WORTH_READING } else { WORTH_ASKING };
        if self.disabled.get() || projects < worth {
            return None;
        }
        let ask = || async {
            let found = self.gitlab.hook_list(self.version).await;
            found.unwrap_or_else(|error| self.give_up(&error))
        };
        self.list.get_or_init(ask).await.as_ref()
    }

    /// A failure here is not reported: the same hooks are then read by REST, which says what is wrong.
    fn give_up<T>(&self, error: &http::Error) -> Option<T> {
        self.disabled.set(true);
        tracing::debug!(%error, "hooks are read project by project");
        None
    }
}

fn project(candidate: &Candidate) -> Option<u64> {
    match candidate.target {
        Target::Project { id, .. } => Some(id),
        Target::System | Target::Group { .. } => None,
    }
}
