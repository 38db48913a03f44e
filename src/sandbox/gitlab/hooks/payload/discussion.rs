//! Payloads of issues, comments and merge requests.
//!
//! gitlab: lib/gitlab/hook_data/{issue,note,merge_request}_builder.rb, lib/gitlab/data_builder/note.rb

use serde_json::{Value, json};

use super::{PayloadBuilder, SHA};
use crate::sandbox::gitlab::hooks::entity::time;
use crate::sandbox::gitlab::issues;
use crate::sandbox::gitlab::merge_requests::status;
use crate::sandbox::gitlab::work::{
    Discussed, DiscussedState, NoteKind, Noteable, StoredCommit, StoredIssue, StoredMergeRequest, StoredNote,
};

/// What a comment is on: a payload may be about a record that exists, or about a sample.
pub(super) struct SampleNote {
    note: StoredNote,
    issue: StoredIssue,
}

impl PayloadBuilder<'_> {
    fn issue_attributes(&self, issue: &StoredIssue) -> Value {
        let about = &issue.about;
        json!({
            "id": about.id, "iid": about.iid, "title": about.title, "description": about.description,
            "state": about.state.word(), "author_id": about.author, "assignee_id": null, "assignee_ids": [],
            "confidential": issue.confidential, "labels": [], "project_id": self.project.id, "type": "Issue",
            "created_at": time(about.created_at), "updated_at": time(about.updated_at),
            "closed_at": about.closed.map(|closed| time(closed.at)),
            "url": issues::link(self.state, self.project, about.iid)
        })
    }

    pub(in crate::sandbox::gitlab) fn issue(&self, issue: &StoredIssue, action: &str) -> Value {
        let kind = if issue.confidential { "confidential_issue" } else { "issue" };
        let mut attributes = self.issue_attributes(issue);
        attributes["action"] = json!(action);
        json!({
            "object_kind": "issue", "event_type": kind, "user": self.user(), "project": self.project(),
            "object_attributes": attributes, "labels": [], "changes": {}, "repository": self.repository(),
            "assignees": []
        })
    }

    fn merge_request_attributes(&self, merge_request: &StoredMergeRequest) -> Value {
        let about = &merge_request.about;
        let project = self.project();
        let work = self.state.work.get(self.project.id);
        let head = work.and_then(|work| work.repository.resolve(&merge_request.source_branch));
        let sample = StoredCommit::sample(SHA);
        let status = status(self.state, self.project.id, merge_request);
        json!({
            "id": about.id, "iid": about.iid, "title": about.title, "description": about.description,
            "state": about.state.word(), "source_branch": merge_request.source_branch,
            "target_branch": merge_request.target_branch, "source_project_id": self.project.id,
            "target_project_id": self.project.id, "author_id": about.author, "assignee_id": null, "assignee_ids": [],
            "reviewer_ids": [], "merge_status": status.older, "detailed_merge_status": status.detailed,
            "draft": merge_request.is_draft(), "work_in_progress": merge_request.is_draft(),
            "head_pipeline_id": work.and_then(|work| work.head_pipeline(merge_request)).map(|pipeline| pipeline.id),
            "merge_commit_sha": merge_request.merge_commit,
            "merge_user_id": merge_request.merged.map(|merged| merged.by),
            "last_commit": self.commit(head.unwrap_or(&sample)), "source": project, "target": project,
            "created_at": time(about.created_at), "updated_at": time(about.updated_at),
            "url": self.address(&format!("/-/merge_requests/{}", about.iid)), "labels": []
        })
    }

    pub(in crate::sandbox::gitlab) fn merge_request(&self, merge_request: &StoredMergeRequest, action: &str) -> Value {
        let mut attributes = self.merge_request_attributes(merge_request);
        attributes["action"] = json!(action);
        json!({
            "object_kind": "merge_request", "event_type": "merge_request", "user": self.user(),
            "project": self.project(), "object_attributes": attributes, "labels": [], "changes": {},
            "repository": self.repository(), "assignees": [], "reviewers": []
        })
    }

    /// What a pipeline's payload says of its merge request.
    pub(super) fn short_merge_request(&self, merge_request: &StoredMergeRequest) -> Value {
        let all = self.merge_request_attributes(merge_request);
        let fields = [
            "id",
            "iid",
            "title",
            "source_branch",
            "source_project_id",
            "target_branch",
            "target_project_id",
            "state",
            "merge_status",
            "detailed_merge_status",
            "url",
        ];
        fields.iter().map(|field| ((*field).to_owned(), all[*field].clone())).collect::<serde_json::Map<_, _>>().into()
    }

    /// A comment that was made, with what it is on.
    pub(in crate::sandbox::gitlab) fn made_note(&self, note: &StoredNote) -> Option<Value> {
        let work = self.state.work.get(self.project.id)?;
        match note.on {
            Noteable::Issue(iid) => {
                let issue = work.issues.get(&iid)?;
                Some(self.note_on(note, issue.about.id, ("issue", self.issue_attributes(issue))))
            }
            Noteable::MergeRequest(iid) => {
                let merge_request = work.merge_requests.get(&iid)?;
                let attributes = self.merge_request_attributes(merge_request);
                Some(self.note_on(note, merge_request.about.id, ("merge_request", attributes)))
            }
        }
    }

    pub(super) fn note(&self, sample: &SampleNote) -> Value {
        let issue = self.issue_attributes(&sample.issue);
        self.note_on(&sample.note, sample.issue.about.id, ("issue", issue))
    }

    fn note_on(&self, note: &StoredNote, noteable: u64, about: (&str, Value)) -> Value {
        let is_confidential = note.kind == NoteKind::Internal || about.1["confidential"] == true;
        let kind = if is_confidential { "confidential_note" } else { "note" };
        let at = time(note.created_at);
        let url = format!("{}#note_{}", about.1["url"].as_str().unwrap_or_default(), note.id);
        let mut payload = json!({
            "object_kind": "note", "event_type": kind, "user": self.user_of(note.author),
            "project_id": self.project.id, "project": self.project(),
            "object_attributes": {
                "id": note.id, "note": note.body, "description": note.body, "noteable_type": note.on.kind(),
                "author_id": note.author, "created_at": at, "updated_at": at, "project_id": self.project.id,
                "attachment": null, "line_code": null, "commit_id": "", "noteable_id": noteable,
                "system": note.kind == NoteKind::System, "internal": note.kind == NoteKind::Internal,
                "discussion_id": note.discussion, "type": null, "position": null, "original_position": null,
                "change_position": null, "resolved_at": null, "resolved_by_id": null, "st_diff": null,
                "action": "create", "url": url
            },
            "repository": self.repository()
        });
        payload[about.0] = about.1;
        payload
    }

    fn sample_discussed(&self, title: &str) -> Discussed {
        Discussed {
            id: 1,
            iid: 1,
            author: self.user,
            title: title.to_owned(),
            description: Some(String::new()),
            state: DiscussedState::Opened,
            labels: Vec::new(),
            created_at: self.project.created_at,
            updated_at: self.project.created_at,
            closed: None,
        }
    }

    pub(super) fn sample_issue(&self, confidential: bool) -> StoredIssue {
        StoredIssue { about: self.sample_discussed("An issue"), confidential }
    }

    pub(super) fn sample_note(&self, confidential: bool) -> SampleNote {
        let note = StoredNote {
            id: 1,
            on: Noteable::Issue(1),
            author: self.user,
            body: "A comment".to_owned(),
            kind: NoteKind::Comment,
            discussion: SHA.to_owned(),
            created_at: self.project.created_at,
        };
        SampleNote { note, issue: self.sample_issue(confidential) }
    }

    pub(super) fn sample_merge_request(&self) -> StoredMergeRequest {
        StoredMergeRequest {
            about: self.sample_discussed("A merge request"),
            source_branch: "feature".to_owned(),
            target_branch: "main".to_owned(),
            removes_source_branch: false,
            checked_from: self.project.created_at,
            merged: None,
            merge_commit: None,
        }
    }
}
