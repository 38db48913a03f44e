//! Payloads of pushes, and what system hooks are told of projects.
//!
//! gitlab: lib/gitlab/data_builder/push.rb, app/services/system_hooks_service.rb

use serde_json::{Value, json};

use super::PayloadBuilder;
use crate::sandbox::gitlab::hooks::entity::time;
use crate::sandbox::gitlab::work::{NO_COMMIT, Pushed, StoredCommit};

/// Of a push with more commits, only so many are described.
const MOST_COMMITS: usize = 20;

impl PayloadBuilder<'_> {
    /// A commit as other events refer to it.
    pub(super) fn commit(&self, commit: &StoredCommit) -> Value {
        json!({
            "id": commit.id, "message": commit.message, "title": commit.title(),
            "timestamp": commit.created_at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string(),
            "url": self.address(&format!("/-/commit/{}", commit.id)),
            "author": {"name": commit.author_name, "email": commit.author_email}
        })
    }

    /// A push to a branch or of a tag.
    pub(in crate::sandbox::gitlab) fn push(&self, pushed: &Pushed) -> Value {
        let kind = if pushed.reference.starts_with("refs/tags/") { "tag_push" } else { "push" };
        let user = self.state.users.get(&self.user);
        let commits: Vec<Value> =
            pushed.commits.iter().rev().take(MOST_COMMITS).rev().map(|one| self.pushed(one)).collect();
        let checkout = Some(pushed.after.as_str()).filter(|after| *after != NO_COMMIT);
        let repository = self.repository();
        let project = self.project();
        json!({
            "object_kind": kind, "event_name": kind, "before": pushed.before, "after": pushed.after,
            "ref": pushed.reference, "ref_protected": pushed.branch() == Some(self.project.branch()),
            "checkout_sha": checkout, "message": pushed.message, "user_id": self.user,
            "user_name": user.map(|user| user.name.as_str()), "user_username": user.map(|user| user.username.as_str()),
            "user_email": null, "user_avatar": null, "project_id": self.project.id, "project": project,
            "commits": commits, "total_commits_count": pushed.commits.len(), "push_options": {},
            "repository": {
                "name": repository["name"], "url": repository["url"], "description": repository["description"],
                "homepage": repository["homepage"], "git_http_url": project["git_http_url"],
                "git_ssh_url": project["git_ssh_url"], "visibility_level": project["visibility_level"]
            }
        })
    }

    fn pushed(&self, commit: &StoredCommit) -> Value {
        let mut shown = self.commit(commit);
        let changes = &commit.changes;
        for (field, files) in
            [("added", &changes.added), ("modified", &changes.modified), ("removed", &changes.removed)]
        {
            shown[field] = json!(files);
        }
        shown
    }

    /// `repository_update`, which only system hooks are sent: the branches and tags of a push without their commits.
    pub(in crate::sandbox::gitlab) fn repository_update(&self, pushed: &Pushed) -> Value {
        let user = self.state.users.get(&self.user);
        json!({
            "event_name": "repository_update", "user_id": self.user, "user_name": user.map(|user| user.name.as_str()),
            "user_email": null, "user_avatar": null, "project_id": self.project.id, "project": self.project(),
            "changes": [{"before": pushed.before, "after": pushed.after, "ref": pushed.reference}],
            "refs": [pushed.reference]
        })
    }

    /// What system hooks are told of a project.
    pub(in crate::sandbox::gitlab) fn system(&self, event_name: &str) -> Value {
        let owner = self.state.users.get(&self.project.creator);
        let (name, email) = (owner.map(|user| user.name.as_str()), owner.map(|user| user.email.as_str()));
        json!({
            "created_at": time(self.project.created_at), "updated_at": time(self.project.created_at),
            "event_name": event_name, "name": self.project.name, "owner_email": email, "owner_name": name,
            "owners": [{"name": name, "email": email}], "path": self.project.path,
            "path_with_namespace": self.project.full_path, "project_id": self.project.id,
            "project_visibility": self.project.visibility.word()
        })
    }
}
