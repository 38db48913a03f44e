//! Merge requests as the API shows them.
//!
//! gitlab: lib/api/entities/merge_request_basic.rb, merge_request.rb

use serde_json::{Value, json};

use crate::sandbox::gitlab::issues::{references, user};
use crate::sandbox::gitlab::pipelines;
use crate::sandbox::gitlab::state::GitLabState;
use crate::sandbox::gitlab::work::{
    DiscussedState, MergeCheck, NoteKind, Noteable, PipelineStatus, StoredMergeRequest,
};

/// Whether it can be merged, in GitLab's newer and older words.
pub(in crate::sandbox::gitlab) struct MergeStatus {
    pub detailed: &'static str,
    pub older: &'static str,
}

/// gitlab: app/services/merge_requests/mergeability/detailed_merge_status_service.rb
pub(in crate::sandbox::gitlab) fn status(
    state: &GitLabState,
    project: u64,
    merge_request: &StoredMergeRequest,
) -> MergeStatus {
    let (detailed, older) = match merge_request.progress(state.clock.now(), state.work.quirks.merge_check) {
        MergeCheck::Preparing => ("preparing", "preparing"),
        MergeCheck::Checking => ("checking", "checking"),
        MergeCheck::Done => (result(state, project, merge_request), "can_be_merged"),
    };
    MergeStatus { detailed, older }
}

fn result(state: &GitLabState, project: u64, merge_request: &StoredMergeRequest) -> &'static str {
    let work = state.work.get(project);
    let head = work.and_then(|work| work.repository.branches.get(&merge_request.source_branch));
    let pipeline = work.and_then(|work| work.head_pipeline(merge_request)).map(|pipeline| pipeline.status);
    let needs_success = state.projects.get(&project).is_some_and(|project| project.details.merges_only_after_success);
    match pipeline {
        _ if merge_request.about.state != DiscussedState::Opened => "not_open",
        _ if head.is_none() => "commits_status",
        _ if merge_request.is_draft() => "draft_status",
        Some(PipelineStatus::Success) => "mergeable",
        Some(status) if needs_success && !status.is_finished() => "ci_still_running",
        _ if needs_success => "ci_must_pass",
        _ => "mergeable",
    }
}

/// As in lists.
pub(super) fn basic(state: &GitLabState, project: u64, merge_request: &StoredMergeRequest) -> Value {
    let about = &merge_request.about;
    let (Some(project), work) = (state.projects.get(&project), state.work.get(project)) else { return Value::Null };
    let status = status(state, project.id, merge_request);
    let on = Noteable::MergeRequest(about.iid);
    let comments =
        work.map_or(0, |work| work.notes.iter().filter(|note| note.on == on && note.kind != NoteKind::System).count());
    let head = work.and_then(|work| work.repository.branches.get(&merge_request.source_branch));
    let is_draft = merge_request.is_draft();
    let merged_by = merge_request.merged.map(|merged| user(state, merged.by));
    let mut answer = json!({
        "id": about.id,
        "iid": about.iid,
        "project_id": project.id,
        "title": about.title,
        "description": about.description,
        "state": about.state.word(),
        "created_at": format!("{:.3}", about.created_at),
        "updated_at": format!("{:.3}", about.updated_at),
        "merged_by": merged_by,
        "merge_user": merged_by,
        "merged_at": merge_request.merged.map(|merged| format!("{:.3}", merged.at)),
        "closed_by": about.closed.map(|closed| user(state, closed.by)),
        "closed_at": about.closed.map(|closed| format!("{:.3}", closed.at)),
        "target_branch": merge_request.target_branch,
        "source_branch": merge_request.source_branch,
        "user_notes_count": comments,
        "upvotes": 0,
        "downvotes": 0,
    });
    let more = json!({
        "author": user(state, about.author),
        "assignees": [],
        "assignee": null,
        "reviewers": [],
        "source_project_id": project.id,
        "target_project_id": project.id,
        "labels": about.labels,
        "draft": is_draft,
        "work_in_progress": is_draft,
        "milestone": null,
        "merge_when_pipeline_succeeds": false,
        "merge_status": status.older,
        "detailed_merge_status": status.detailed,
        "sha": head,
        "merge_commit_sha": merge_request.merge_commit,
        "squash_commit_sha": null,
        "discussion_locked": null,
        "should_remove_source_branch": null,
        "force_remove_source_branch": merge_request.removes_source_branch,
        "reference": format!("!{}", about.iid),
        "references": references(project, "!", about.iid),
        "web_url": state.link(&format!("/{}/-/merge_requests/{}", project.full_path, about.iid)),
        "squash": false,
        "has_conflicts": false,
        "blocking_discussions_resolved": true,
    });
    if let (Value::Object(fields), Value::Object(more)) = (&mut answer, more) {
        fields.extend(more);
    }
    answer
}

/// Alone, with its pipeline.
pub(super) fn entity(state: &GitLabState, project: u64, merge_request: &StoredMergeRequest) -> Value {
    let mut answer = basic(state, project, merge_request);
    let work = state.work.get(project);
    let pipeline = work.and_then(|work| work.head_pipeline(merge_request));
    let branch = |name: &str| work.and_then(|work| work.repository.branches.get(name));
    let (base, head) = (branch(&merge_request.target_branch), branch(&merge_request.source_branch));
    answer["head_pipeline"] = json!(pipeline.map(|pipeline| pipelines::entity(state, project, pipeline)));
    answer["diff_refs"] = json!({ "base_sha": base, "head_sha": head, "start_sha": base });
    answer
}
