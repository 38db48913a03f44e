//! Reads the hooks of a page of projects in one request, where that can be done and pays. Whatever it does not give is
//! read one by one, so it can save requests and change nothing else.

use std::cell::Cell;
use std::collections::HashMap;

use tokio::sync::OnceCell;

use super::targets::Found;
use crate::gitlab::{Hook, HookList, MOST_PROJECTS, Reader};
use crate::http;
use crate::instance::Version;
use crate::target::Target;

/// So many projects on one page are worth the question whether there is a list at all.
const WORTH_ASKING: usize = 20;

/// Where there is one, two projects are worth a request.
const WORTH_READING: usize = 2;

/// A target, and its hooks where they came with those of others.
pub(super) struct Asked {
    pub(super) found: Found,
    pub(super) hooks: Option<Vec<Hook>>,
}

/// The way over many projects at once, for one walk.
pub(super) struct Bulk<'a> {
    gitlab: &'a Reader,
    version: Option<Version>,
    /// Asked for once, by the first page that is large enough.
    list: OnceCell<Option<HookList>>,
    /// Shut for the rest of the walk by the first failure.
    shut: Cell<bool>,
}

impl<'a> Bulk<'a> {
    pub(super) fn new(gitlab: &'a Reader, version: Option<Version>) -> Self {
        Self { gitlab, version, list: OnceCell::new(), shut: Cell::new(false) }
    }

    /// A page of targets, with the hooks that could be read together.
    pub(super) async fn page(&self, page: Vec<Found>) -> Vec<Asked> {
        let mut hooks = HashMap::new();
        let projects: Vec<u64> = page.iter().filter_map(project).collect();
        // A group's projects come as one page, however many they are.
        for projects in projects.chunks(MOST_PROJECTS) {
            hooks.extend(self.read(projects).await);
        }
        page.into_iter().map(|found| Asked { hooks: project(&found).and_then(|id| hooks.remove(&id)), found }).collect()
    }

    async fn read(&self, projects: &[u64]) -> Vec<(u64, Vec<Hook>)> {
        let Some(list) = self.list(projects.len()).await else { return Vec::new() };
        match self.gitlab.listed_hooks(list, projects).await {
            Ok(hooks) => hooks,
            Err(error) => self.give_up(&error).unwrap_or_default(),
        }
    }

    /// The list to read so many projects by, if it pays.
    async fn list(&self, projects: usize) -> Option<&HookList> {
        let worth = if self.list.initialized() { WORTH_READING } else { WORTH_ASKING };
        if self.shut.get() || projects < worth {
            return None;
        }
        let ask = || async {
            let found = self.gitlab.hook_list(self.version).await;
            found.unwrap_or_else(|error| self.give_up(&error))
        };
        self.list.get_or_init(ask).await.as_ref()
    }

    /// No failure of this way is one of the look: the same is asked again by REST, which says what is wrong.
    fn give_up<T>(&self, error: &http::Error) -> Option<T> {
        self.shut.set(true);
        tracing::debug!(%error, "hooks are read project by project");
        None
    }
}

fn project(found: &Found) -> Option<u64> {
    match found.target {
        Target::Project { id, .. } => Some(id),
        Target::System | Target::Group { .. } => None,
    }
}
