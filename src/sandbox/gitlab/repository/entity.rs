//! Commits, branches and tags as the API shows them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::can_push;
use crate::sandbox::gitlab::auth::Caller;
use crate::sandbox::gitlab::error::ApiError;
use crate::sandbox::gitlab::state::{GitLabState, StoredProject};
use crate::sandbox::gitlab::work::{ProjectWork, StoredCommit};

/// One project's repository, as a caller sees it.
pub(super) struct RepositoryView<'a> {
    state: &'a GitLabState,
    project: &'a StoredProject,
    work: &'a ProjectWork,
    caller: Option<&'a Caller>,
}

impl<'a> RepositoryView<'a> {
    pub(super) fn new(state: &'a GitLabState, project: u64, caller: Option<&'a Caller>) -> Result<Self, ApiError> {
        let work = state.work.get(project).ok_or_else(ApiError::record_not_found)?;
        let project = state.projects.get(&project).ok_or_else(ApiError::record_not_found)?;
        Ok(Self { state, project, work, caller })
    }

    fn link(&self, below: &str) -> String {
        self.state.link(&format!("/{}/-/{below}", self.project.full_path))
    }

    /// gitlab: lib/api/entities/commit.rb
    pub(super) fn commit(&self, commit: &StoredCommit) -> Value {
        let at = git_time(commit.created_at);
        json!({
            "id": commit.id,
            "short_id": commit.id.get(..8),
            "created_at": at,
            "parent_ids": commit.parents,
            "title": commit.title(),
            "message": commit.message,
            "author_name": commit.author_name,
            "author_email": commit.author_email,
            "authored_date": at,
            "committer_name": commit.author_name,
            "committer_email": commit.author_email,
            "committed_date": at,
            "trailers": {},
            "extended_trailers": {},
            "web_url": self.link(&format!("commit/{}", commit.id)),
        })
    }

    /// gitlab: lib/api/entities/branch.rb
    pub(super) fn branch(&self, name: &str) -> Value {
        let is_default = name == self.project.branch();
        let can_push = self.caller.is_some_and(|caller| can_push(self.state, self.project, caller, name));
        json!({
            "name": name,
            "commit": self.work.repository.resolve(name).map(|commit| self.commit(commit)),
            "merged": false,
            "protected": is_default,
            "developers_can_push": false,
            "developers_can_merge": false,
            "can_push": can_push,
            "default": is_default,
            "web_url": self.link(&format!("tree/{name}")),
        })
    }

    /// gitlab: lib/api/entities/tag.rb
    pub(super) fn tag(&self, name: &str, message: Option<String>) -> Value {
        let commit = self.work.repository.resolve(name);
        json!({
            "name": name,
            "message": message.unwrap_or_default(),
            "target": commit.map(|commit| commit.id.as_str()),
            "commit": commit.map(|commit| self.commit(commit)),
            "release": null,
            "protected": false,
            "created_at": null,
        })
    }
}

/// A time as Git gives it to the API: with an offset in place of `Z`.
fn git_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%3f+00:00").to_string()
}
