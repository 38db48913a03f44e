//! Merge requests. Their webhooks are fired inside the request, but for those of a push.
//!
//! gitlab: lib/api/merge_requests.rb

mod entity;

use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use serde_json::{Value, json};

pub(super) use self::entity::status;
use self::entity::{basic, entity};
use super::auth::{Call, Caller};
use super::error::ApiError;
use super::hooks::{HookEvent, PayloadBuilder, ProjectEvent};
use super::issues::{change, discussed};
use super::permissions::Permissions;
use super::pipelines;
use super::repository::after_push;
use super::state::{GitLabState, level, next};
use super::work::{
    DiscussedState, Ended, NO_COMMIT, NewCommit, NoteKind, Noteable, Pushed, StoredCommit, StoredMergeRequest,
};
use super::{GitLab, notes, pages, params};

pub(super) fn routes() -> Router<GitLab> {
    Router::new()
        .route("/projects/{id}/merge_requests", get(list).post(create))
        .route("/projects/{id}/merge_requests/{iid}", get(show).put(update))
        .route("/projects/{id}/merge_requests/{iid}/merge", put(merge))
}

fn not_found() -> ApiError {
    ApiError::not_found("Merge Request")
}

async fn create(Shared(gitlab): Shared<GitLab>, Path(id): Path<String>, call: Call) -> Result<Response, ApiError> {
    let caller = call.require(&gitlab)?;
    call.params.require(&["title", "source_branch", "target_branch"])?;
    let text = |name: &str| Ok(call.params.text(name)?.unwrap_or_default());
    let (source_branch, target_branch) = (text("source_branch")?, text("target_branch")?);
    let removes_source_branch = call.params.is("remove_source_branch")?;
    let mut state = gitlab.lock();
    let state = &mut *state;
    let project = state.workplace(&id, &caller, level::DEVELOPER)?.id;
    if source_branch == target_branch {
        let text = "You can't use same project/branch for source and target";
        return Err(ApiError::error(StatusCode::UNPROCESSABLE_ENTITY, json!([text])));
    }
    let mut about = discussed(state, &call.params, &caller)?;
    let open = |one: &&StoredMergeRequest| {
        one.about.state == DiscussedState::Opened
            && one.source_branch == source_branch
            && one.target_branch == target_branch
    };
    if let Some(other) = state.work_of(project).merge_requests.values().find(open) {
        let text = format!("Another open merge request already exists for this source branch: !{}", other.about.iid);
        return Err(ApiError::message(StatusCode::CONFLICT, json!([text])));
    }
    about.id = next(&mut state.work.ids.merge_request);
    let (checked_from, all) = (about.created_at, &mut state.work_of(project).merge_requests);
    about.iid = all.keys().next_back().map_or(1, |last| last + 1);
    let made = StoredMergeRequest {
        about,
        source_branch,
        target_branch,
        removes_source_branch,
        checked_from,
        merged: None,
        merge_commit: None,
    };
    all.insert(made.about.iid, made.clone());
    pipelines::for_merge_request(&gitlab, state, project, &made);
    send(&gitlab, state, &Sent { project, merge_request: &made, action: "open", call: &call, user: caller.user });
    Ok((StatusCode::CREATED, Json(entity(state, project, &made))).into_response())
}

/// What happened to a merge request in a request.
struct Sent<'a> {
    project: u64,
    merge_request: &'a StoredMergeRequest,
    action: &'static str,
    call: &'a Call,
    user: u64,
}

fn send(gitlab: &GitLab, state: &mut GitLabState, sent: &Sent<'_>) {
    let Some(project) = state.projects.get(&sent.project) else { return };
    let payload = PayloadBuilder { state, project, user: sent.user }.merge_request(sent.merge_request, sent.action);
    let event = HookEvent::MergeRequest;
    gitlab.send_hooks(state, &ProjectEvent { project: sent.project, event, chain: sent.call.event_uuid() }, payload);
}

/// What a push changes in the open merge requests of its branch: they are checked anew, and a worker sends their webhooks.
pub(super) fn refresh(gitlab: &GitLab, state: &mut GitLabState, project: u64, pushed: &Pushed) {
    let Some(branch) = pushed.branch().filter(|_| pushed.before != NO_COMMIT && pushed.after != NO_COMMIT) else {
        return;
    };
    let now = state.clock.now();
    let mut changed = Vec::new();
    for one in state.work_of(project).merge_requests.values_mut() {
        if one.source_branch == branch && one.about.state == DiscussedState::Opened {
            (one.checked_from, one.about.updated_at) = (now, now);
            changed.push(one.about.iid);
        }
    }
    for iid in changed {
        let body = format!("added {} commit", pushed.commits.len());
        let on = Noteable::MergeRequest(iid);
        notes::add(state, project, notes::NewNote { on, author: pushed.user, body, kind: NoteKind::System });
        let (user, old) = (pushed.user, pushed.before.clone());
        let event = ProjectEvent { project, event: HookEvent::MergeRequest, chain: None };
        gitlab.send_hooks_later(state, event, move |state| {
            let merge_request = state.work.get(project)?.merge_requests.get(&iid)?;
            let builder = PayloadBuilder { state, project: state.projects.get(&project)?, user };
            let mut payload = builder.merge_request(merge_request, "update");
            payload["object_attributes"]["oldrev"] = json!(old);
            Some(payload)
        });
    }
}

async fn list(Shared(gitlab): Shared<GitLab>, Path(id): Path<String>, call: Call) -> Result<Response, ApiError> {
    let caller = call.require(&gitlab)?;
    let states = ["opened", "closed", "merged", "locked", "all"];
    let wanted = call.params.word("state", &states)?.filter(|word| word != "all");
    let source = call.params.text("source_branch")?;
    let mut state = gitlab.lock();
    let project = state.visible_project(&id, Some(&caller))?.id;
    let all: Vec<StoredMergeRequest> = state.work_of(project).merge_requests.values().rev().cloned().collect();
    let is_wanted = |one: &StoredMergeRequest| {
        wanted.as_ref().is_none_or(|word| one.about.state.word() == word)
            && source.as_ref().is_none_or(|branch| one.source_branch == *branch)
    };
    let found = all.into_iter().filter(is_wanted).collect();
    Ok(pages::offset(&state, &call, found)?.answer(|one| basic(&state, project, &one)))
}

async fn show(
    Shared(gitlab): Shared<GitLab>,
    Path((id, iid)): Path<(String, String)>,
    call: Call,
) -> Result<Json<Value>, ApiError> {
    let caller = call.require(&gitlab)?;
    let iid = params::id("merge_request_iid", &iid)?;
    let mut state = gitlab.lock();
    let project = state.visible_project(&id, Some(&caller))?.id;
    let found = state.work_of(project).merge_requests.get(&iid).cloned().ok_or_else(not_found)?;
    Ok(Json(entity(&state, project, &found)))
}

async fn update(
    Shared(gitlab): Shared<GitLab>,
    Path((id, iid)): Path<(String, String)>,
    call: Call,
) -> Result<Json<Value>, ApiError> {
    let caller = call.require(&gitlab)?;
    let iid = params::id("merge_request_iid", &iid)?;
    let mut state = gitlab.lock();
    let state = &mut *state;
    let project = state.workplace(&id, &caller, level::DEVELOPER)?.id;
    let end = Ended { by: caller.user, at: state.clock.now() };
    let found = state.work_of(project).merge_requests.get_mut(&iid).ok_or_else(not_found)?;
    let action = change(&mut found.about, &call.params, end)?;
    let found = found.clone();
    send(&gitlab, state, &Sent { project, merge_request: &found, action, call: &call, user: caller.user });
    Ok(Json(entity(state, project, &found)))
}

/// Merges. gitlab: lib/api/merge_requests.rb, `PUT :id/merge_requests/:merge_request_iid/merge`
async fn merge(
    Shared(gitlab): Shared<GitLab>,
    Path((id, iid)): Path<(String, String)>,
    call: Call,
) -> Result<Json<Value>, ApiError> {
    let caller = call.require(&gitlab)?;
    let iid = params::id("merge_request_iid", &iid)?;
    let sha = call.params.text("sha")?;
    let mut state = gitlab.lock();
    let state = &mut *state;
    let project = state.visible_project(&id, Some(&caller))?.id;
    let found = state.work_of(project).merge_requests.get(&iid).cloned().ok_or_else(not_found)?;
    if !can_merge(state, project, &caller) {
        return Err(ApiError::unauthorized());
    }
    let head = state.work_of(project).repository.branches.get(&found.source_branch).cloned();
    if status(state, project, &found).detailed != "mergeable" {
        return Err(ApiError::message(StatusCode::METHOD_NOT_ALLOWED, "405 Method Not Allowed"));
    }
    if sha.is_some() && sha != head {
        let text = format!("SHA does not match HEAD of source branch: {}", head.unwrap_or_default());
        return Err(ApiError::message(StatusCode::CONFLICT, text));
    }
    let removes = found.removes_source_branch || call.params.is("should_remove_source_branch")?;
    let pushes = merge_branches(state, project, &caller, &found)?;
    let end = Ended { by: caller.user, at: state.clock.now() };
    let one = state.work_of(project).merge_requests.get_mut(&iid).ok_or_else(not_found)?;
    one.about.state = DiscussedState::Merged;
    one.about.updated_at = end.at;
    one.merged = Some(end);
    one.merge_commit = Some(pushes.after.clone());
    let merged = one.clone();
    send(&gitlab, state, &Sent { project, merge_request: &merged, action: "merge", call: &call, user: caller.user });
    after_push(&gitlab, state, project, &pushes);
    if removes {
        let before = state.work_of(project).repository.branches.remove(&merged.source_branch);
        let pushed = Pushed {
            user: caller.user,
            reference: format!("refs/heads/{}", merged.source_branch),
            before: before.unwrap_or_default(),
            after: NO_COMMIT.to_owned(),
            commits: Vec::new(),
            message: None,
        };
        after_push(&gitlab, state, project, &pushed);
    }
    Ok(Json(entity(state, project, &merged)))
}

/// The target is the protected default branch, as a rule.
fn can_merge(state: &GitLabState, project: u64, caller: &Caller) -> bool {
    let permissions = Permissions::of(state, Some(caller));
    let project = state.projects.get(&project);
    permissions.is_admin() || project.is_some_and(|project| permissions.in_project(project) >= level::MAINTAINER)
}

/// Puts a merge commit on the target branch.
fn merge_branches(
    state: &mut GitLabState,
    project: u64,
    caller: &Caller,
    merged: &StoredMergeRequest,
) -> Result<Pushed, ApiError> {
    let author = state.users.get(&caller.user).cloned().ok_or_else(ApiError::unauthorized)?;
    let at = state.clock.now();
    let repository = &mut state.work_of(project).repository;
    let before = repository.branches.get(&merged.target_branch).cloned().ok_or_else(not_found)?;
    let head = repository.branches.get(&merged.source_branch).cloned().ok_or_else(not_found)?;
    let message = format!("Merge branch '{}' into '{}'", merged.source_branch, merged.target_branch);
    let new = NewCommit { message, author: &author, at, parent: Some(before.clone()), actions: Vec::new() };
    let commit: StoredCommit = repository.merge(new, &head);
    repository.branches.insert(merged.target_branch.clone(), commit.id.clone());
    Ok(Pushed {
        user: caller.user,
        reference: format!("refs/heads/{}", merged.target_branch),
        before,
        after: commit.id.clone(),
        commits: vec![commit],
        message: None,
    })
}
