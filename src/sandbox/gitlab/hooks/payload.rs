//! Payloads of events, made from a project's sample data.
//!
//! gitlab: lib/gitlab/data_builder/

mod discussion;
mod pipeline;
mod push;

use serde_json::{Value, json};

use super::HookEvent;
use crate::sandbox::gitlab::state::{GitLabState, ProjectNamespace, StoredProject};
use crate::sandbox::gitlab::work::{Pushed, StoredCommit};

const SHA: &str = "da1560886d4f094c3e6c9ef40349f7d38b5d27d7";
const BEFORE: &str = "95790bf891e76fee5e1747ab589903a6a1f80f22";

/// The fixed response and payload of a system hook's test (gitlab: lib/api/hooks/test.rb).
pub(super) fn system_test() -> Value {
    json!({
        "event_name": "project_create",
        "name": "Ruby",
        "path": "ruby",
        "project_id": 1,
        "owner_name": "Someone",
        "owner_email": "example@gitlabhq.com"
    })
}

/// The push payload for an empty repository: fixed data with ids that do not exist here.
/// gitlab: lib/gitlab/data_builder/push.rb (`SAMPLE_DATA`)
pub(super) fn canned_push() -> Value {
    json!({
        "object_kind": "push",
        "event_name": "push",
        "before": BEFORE,
        "after": SHA,
        "ref": "refs/heads/master",
        "checkout_sha": SHA,
        "user_id": 4,
        "user_name": "John Smith",
        "user_email": "john@example.com",
        "user_avatar": "https://s.gravatar.com/avatar/d4c74594d841139328695756648b6bd6?s=8://s.gravatar.com/avatar/d4c74594d841139328695756648b6bd6?s=80",
        "project_id": 15,
        "commits": [{
            "id": "b6568db1bc1dcd7f8b4d5a946b0b91f9dacd7327",
            "message": "Update Catalan translation to e38cb41.",
            "timestamp": "2011-12-12T14:27:31+02:00",
            "url": "http://example.com/mike/diaspora/commit/b6568db1bc1dcd7f8b4d5a946b0b91f9dacd7327",
            "author": {"name": "Jordi Mallach", "email": "jordi@softcatala.org"},
            "added": ["CHANGELOG"], "modified": ["app/controller/application.rb"], "removed": []
        }],
        "total_commits_count": 4,
        "push_options": {"ci": {"skip": true}}
    })
}

/// The payload of an event in this project, caused by this user.
pub(super) fn payload(state: &GitLabState, project: &StoredProject, event: HookEvent, user: u64) -> Value {
    let data = PayloadBuilder { state, project, user };
    match event {
        HookEvent::Push | HookEvent::RepositoryUpdate => data.push(&data.sample_push("refs/heads/main")),
        HookEvent::TagPush => data.push(&data.sample_push("refs/tags/v1.0.0")),
        HookEvent::Note | HookEvent::ConfidentialNote => {
            data.note(&data.sample_note(event == HookEvent::ConfidentialNote))
        }
        HookEvent::MergeRequest => data.merge_request(&data.sample_merge_request(), "open"),
        HookEvent::Issue | HookEvent::ConfidentialIssue => {
            data.issue(&data.sample_issue(event == HookEvent::ConfidentialIssue), "open")
        }
        HookEvent::Pipeline => data.pipeline(&data.sample_pipeline()),
        HookEvent::Job => data.job(&data.sample_pipeline(), &data.sample_job()),
        other => data.plain(other),
    }
}

/// The payload as a hook's custom template renders it, or GitLab's error where the result is not JSON.
/// gitlab: app/services/web_hook_service.rb (`render_custom_template`)
pub(super) fn rendered(template: &str, payload: &Value) -> Result<Value, String> {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        text.push_str(before);
        let Some((path, after)) = after.split_once("}}") else {
            rest = after;
            text.push_str("{{");
            break;
        };
        let found = path.split('.').try_fold(payload, |value, part| value.get(part));
        match found {
            Some(Value::String(value)) => text.push_str(value),
            Some(Value::Null) | None => {}
            Some(value) => text.push_str(&value.to_string()),
        }
        rest = after;
    }
    text.push_str(rest);
    serde_json::from_str(&text)
        .map_err(|error| format!("Error while parsing rendered custom webhook template: {error}"))
}

/// Builds payloads about one project, for what this user does.
pub(in crate::sandbox::gitlab) struct PayloadBuilder<'a> {
    pub state: &'a GitLabState,
    pub project: &'a StoredProject,
    pub user: u64,
}

impl PayloadBuilder<'_> {
    fn address(&self, below: &str) -> String {
        self.state.link(&format!("/{}{below}", self.project.full_path))
    }

    fn project(&self) -> Value {
        let (web, http) = (self.address(""), self.address(".git"));
        let ssh = self.state.ssh_url(&self.project.full_path);
        let namespace = match self.project.namespace {
            ProjectNamespace::Group(id) => self.state.groups.get(&id).map(|group| group.name.clone()),
            ProjectNamespace::User(id) => self.state.users.get(&id).map(|user| user.name.clone()),
        };
        json!({
            "id": self.project.id, "name": self.project.name, "description": self.project.details.description, "web_url": web, "avatar_url": null,
            "git_ssh_url": ssh, "git_http_url": http, "namespace": namespace,
            "visibility_level": self.project.visibility.level(), "path_with_namespace": self.project.full_path,
            "default_branch": self.project.branch(), "ci_config_path": null,
            "homepage": web, "url": ssh, "ssh_url": ssh, "http_url": http
        })
    }

    fn repository(&self) -> Value {
        let project = self.project();
        json!({
            "name": self.project.name, "url": project["url"], "description": self.project.details.description,
            "homepage": self.address("")
        })
    }

    fn user(&self) -> Value {
        self.user_of(self.user)
    }

    fn user_of(&self, id: u64) -> Value {
        let user = self.state.users.get(&id);
        json!({
            "id": id, "name": user.map(|user| user.name.as_str()), "username": user.map(|user| user.username.as_str()),
            "avatar_url": null, "email": "[REDACTED]"
        })
    }

    fn sample_push(&self, reference: &str) -> Pushed {
        Pushed {
            user: self.user,
            reference: reference.to_owned(),
            before: BEFORE.to_owned(),
            after: SHA.to_owned(),
            commits: vec![StoredCommit::sample(SHA)],
            message: None,
        }
    }

    fn plain(&self, event: HookEvent) -> Value {
        let kind = event.row().flag.trim_end_matches("_events").trim_end_matches('s').to_owned();
        json!({"object_kind": kind, "user": self.user(), "project": self.project(), "object_attributes": {"id": 1}})
    }
}
