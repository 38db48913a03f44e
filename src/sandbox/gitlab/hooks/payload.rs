//! Payloads of events, made from a project's sample data.
//!
//! gitlab: lib/gitlab/data_builder/

mod push;

use serde_json::{Value, json};

use super::HookEvent;
use super::entity::time;
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
        HookEvent::Note => data.note(Confidentiality::Public),
        HookEvent::ConfidentialNote => data.note(Confidentiality::Confidential),
        HookEvent::MergeRequest => data.merge_request(),
        HookEvent::Issue => data.issue(Confidentiality::Public),
        HookEvent::ConfidentialIssue => data.issue(Confidentiality::Confidential),
        HookEvent::Pipeline => data.pipeline(),
        HookEvent::Job => data.job(),
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

/// Whether an issue, or the issue of a note, is confidential.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Confidentiality {
    Public,
    Confidential,
}

impl Confidentiality {
    fn event_type(self, kind: &str) -> String {
        match self {
            Self::Public => kind.to_owned(),
            Self::Confidential => format!("confidential_{kind}"),
        }
    }
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

    fn now(&self) -> String {
        time(self.project.created_at)
    }

    fn project(&self) -> Value {
        let host = self.state.external_url.host_str().unwrap_or_default();
        let (web, http) = (self.address(""), self.address(".git"));
        let ssh = format!("git@{host}:{}.git", self.project.full_path);
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
        let user = self.state.users.get(&self.user);
        json!({
            "id": self.user, "name": user.map(|user| user.name.as_str()), "username": user.map(|user| user.username.as_str()),
            "avatar_url": null, "email": "[REDACTED]"
        })
    }

    fn sample_commit(&self) -> Value {
        self.commit(&StoredCommit::sample(SHA))
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

    fn issue_attributes(&self, confidentiality: Confidentiality) -> Value {
        json!({
            "id": 1, "iid": 1, "title": "An issue", "description": "", "state": "opened", "action": "open",
            "author_id": self.user, "assignee_ids": [], "confidential": confidentiality == Confidentiality::Confidential, "labels": [],
            "project_id": self.project.id, "created_at": self.now(), "updated_at": self.now(),
            "url": self.address("/-/issues/1")
        })
    }

    fn issue(&self, confidentiality: Confidentiality) -> Value {
        let kind = confidentiality.event_type("issue");
        json!({
            "object_kind": "issue", "event_type": kind, "user": self.user(), "project": self.project(),
            "object_attributes": self.issue_attributes(confidentiality), "labels": [], "changes": {},
            "repository": self.repository(), "assignees": []
        })
    }

    fn note(&self, confidentiality: Confidentiality) -> Value {
        let kind = confidentiality.event_type("note");
        json!({
            "object_kind": "note", "event_type": kind, "user": self.user(), "project_id": self.project.id,
            "project": self.project(),
            "object_attributes": {
                "id": 1, "note": "A comment", "description": "A comment", "noteable_type": "Issue", "author_id": self.user,
                "created_at": self.now(), "updated_at": self.now(), "project_id": self.project.id, "attachment": null,
                "line_code": null, "commit_id": "", "noteable_id": 1, "system": false, "st_diff": null,
                "action": "create", "url": self.address("/-/issues/1#note_1")
            },
            "repository": self.repository(), "issue": self.issue_attributes(confidentiality)
        })
    }

    fn merge_request(&self) -> Value {
        let project = self.project();
        json!({
            "object_kind": "merge_request", "event_type": "merge_request", "user": self.user(), "project": project,
            "object_attributes": {
                "id": 1, "iid": 1, "title": "A merge request", "description": "", "state": "opened", "action": "open",
                "source_branch": "feature", "target_branch": "main", "source_project_id": self.project.id,
                "target_project_id": self.project.id, "author_id": self.user, "assignee_id": null, "assignee_ids": [],
                "reviewer_ids": [], "merge_status": "unchecked", "detailed_merge_status": "unchecked", "draft": false,
                "work_in_progress": false, "last_commit": self.sample_commit(), "source": project, "target": project,
                "created_at": self.now(), "updated_at": self.now(), "url": self.address("/-/merge_requests/1"), "labels": []
            },
            "labels": [], "changes": {}, "repository": self.repository(), "assignees": [], "reviewers": []
        })
    }

    fn pipeline(&self) -> Value {
        json!({
            "object_kind": "pipeline",
            "object_attributes": {
                "id": 1, "iid": 1, "name": null, "ref": "main", "tag": false, "sha": SHA, "before_sha": BEFORE,
                "source": "push", "status": "pending", "detailed_status": "pending", "stages": ["test"],
                "created_at": self.now(), "finished_at": null, "duration": null, "queued_duration": null,
                "protected_ref": true, "variables": [], "url": self.address("/-/pipelines/1")
            },
            "merge_request": null, "user": self.user(), "project": self.project(), "commit": self.sample_commit(),
            "builds": [{
                "id": 1, "stage": "test", "name": "test", "status": "pending", "created_at": self.now(),
                "started_at": null, "finished_at": null, "duration": null, "queued_duration": 1.0, "failure_reason": null,
                "when": "on_success", "manual": false, "allow_failure": false, "user": self.user(), "runner": null,
                "artifacts_file": {"filename": null, "size": null}, "environment": null
            }]
        })
    }

    fn job(&self) -> Value {
        json!({
            "object_kind": "build", "ref": "main", "tag": false, "before_sha": BEFORE, "sha": SHA, "build_id": 1,
            "build_name": "test", "build_stage": "test", "build_status": "pending", "build_created_at": self.now(),
            "build_started_at": null, "build_finished_at": null, "build_duration": null, "build_queued_duration": 1.0,
            "build_allow_failure": false, "build_failure_reason": "unknown_failure", "retries_count": 0, "pipeline_id": 1,
            "runner": null, "project_id": self.project.id, "project_name": self.project.full_path, "user": self.user(),
            // Here `id` is the pipeline's.
            "commit": {"id": 1, "name": null, "sha": SHA, "message": "Add a line\n", "status": "pending"},
            "repository": self.repository(), "project": self.project(), "environment": null
        })
    }

    fn plain(&self, event: HookEvent) -> Value {
        let kind = event.row().flag.trim_end_matches("_events").trim_end_matches('s').to_owned();
        json!({"object_kind": kind, "user": self.user(), "project": self.project(), "object_attributes": {"id": 1}})
    }
}
