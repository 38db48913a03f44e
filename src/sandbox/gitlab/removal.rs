//! The end of what was made in a project: issues, merge requests, pipelines and tags.
//!
//! gitlab: lib/api/issues.rb, lib/api/merge_requests.rb, lib/api/ci/pipelines.rb, lib/api/tags.rb

use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use axum::{Json, Router};

use super::auth::{Call, Caller};
use super::error::ApiError;
use super::repository;
use super::state::{GitLabState, level};
use super::work::{NO_COMMIT, Noteable};
use super::{GitLab, params};

pub(super) fn routes() -> Router<GitLab> {
    Router::new()
        .route("/projects/{id}/issues/{iid}", delete(issue))
        .route("/projects/{id}/merge_requests/{iid}", delete(merge_request))
        .route("/projects/{id}/pipelines/{pipeline_id}", delete(pipeline))
        .route("/projects/{id}/repository/tags/{tag}", get(show_tag).delete(tag))
}

/// A project whose issues, merge requests and pipelines the caller may delete: an owner's, or any for an admin.
fn owned(state: &GitLabState, id: &str, caller: &Caller) -> Result<u64, ApiError> {
    Ok(state.workplace(id, caller, level::OWNER)?.id)
}

async fn issue(
    Shared(gitlab): Shared<GitLab>,
    Path((id, iid)): Path<(String, String)>,
    call: Call,
) -> Result<StatusCode, ApiError> {
    let caller = call.require(&gitlab)?;
    let iid = params::id("issue_iid", &iid)?;
    let mut state = gitlab.lock();
    let project = state.visible_project(&id, Some(&caller))?.id;
    if !state.work_of(project).issues.contains_key(&iid) {
        return Err(ApiError::not_found("Issue"));
    }
    let work = owned(&state, &id, &caller).map(|project| state.work_of(project))?;
    work.issues.remove(&iid);
    work.notes.retain(|note| note.on != Noteable::Issue(iid));
    Ok(StatusCode::NO_CONTENT)
}

async fn merge_request(
    Shared(gitlab): Shared<GitLab>,
    Path((id, iid)): Path<(String, String)>,
    call: Call,
) -> Result<StatusCode, ApiError> {
    let caller = call.require(&gitlab)?;
    let iid = params::id("merge_request_iid", &iid)?;
    let mut state = gitlab.lock();
    let project = state.visible_project(&id, Some(&caller))?.id;
    if !state.work_of(project).merge_requests.contains_key(&iid) {
        return Err(ApiError::not_found("Merge Request"));
    }
    let work = owned(&state, &id, &caller).map(|project| state.work_of(project))?;
    work.merge_requests.remove(&iid);
    work.notes.retain(|note| note.on != Noteable::MergeRequest(iid));
    Ok(StatusCode::NO_CONTENT)
}

async fn pipeline(
    Shared(gitlab): Shared<GitLab>,
    Path((id, pipeline)): Path<(String, String)>,
    call: Call,
) -> Result<StatusCode, ApiError> {
    let caller = call.require(&gitlab)?;
    let pipeline = params::id("pipeline_id", &pipeline)?;
    let mut state = gitlab.lock();
    let project = owned(&state, &id, &caller)?;
    let removed = state.work_of(project).pipelines.remove(&pipeline);
    removed.map(|_| StatusCode::NO_CONTENT).ok_or_else(ApiError::record_not_found)
}

async fn show_tag(
    Shared(gitlab): Shared<GitLab>,
    Path((id, tag)): Path<(String, String)>,
    call: Call,
) -> Result<Response, ApiError> {
    let caller = call.require(&gitlab)?;
    let mut state = gitlab.lock();
    let project = state.visible_project(&id, Some(&caller))?.id;
    if !state.work_of(project).repository.tags.contains_key(&tag) {
        return Err(ApiError::not_found("Tag"));
    }
    Ok(Json(repository::tag_entity(&state, project, &caller, &tag)?).into_response())
}

async fn tag(
    Shared(gitlab): Shared<GitLab>,
    Path((id, tag)): Path<(String, String)>,
    call: Call,
) -> Result<StatusCode, ApiError> {
    let caller = call.require(&gitlab)?;
    let mut state = gitlab.lock();
    let project = state.workplace(&id, &caller, level::DEVELOPER)?.id;
    let before = state.work_of(project).repository.tags.remove(&tag).ok_or_else(|| ApiError::not_found("Tag"))?;
    let reference = format!("refs/tags/{tag}");
    repository::after_push(&gitlab, &mut state, project, &repository::moved(&caller, reference, [&before, NO_COMMIT]));
    Ok(StatusCode::NO_CONTENT)
}
