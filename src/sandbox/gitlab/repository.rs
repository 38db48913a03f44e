//! Repositories: commits, branches and tags, and what a push sets off.
//!
//! gitlab: lib/api/commits.rb, lib/api/branches.rb, lib/api/tags.rb, app/services/commits/create_service.rb

mod commits;
mod entity;

use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::Value;

use self::entity::RepositoryView;
use super::GitLab;
use super::auth::{API, Call, Caller};
use super::error::ApiError;
use super::hooks::{HookEvent, PayloadBuilder, ProjectEvent};
use super::pages;
use super::permissions::Permissions;
use super::state::{GitLabState, StoredProject, level};
use super::work::{NO_COMMIT, Pushed};

pub(super) fn routes() -> Router<GitLab> {
    Router::new()
        .route("/projects/{id}/repository/commits", post(commits::create))
        .route("/projects/{id}/repository/branches", get(list_branches).post(create_branch))
        .route("/projects/{id}/repository/branches/{branch}", get(show_branch).delete(delete_branch))
        .route("/projects/{id}/repository/tags", post(create_tag))
}

/// Whether the caller may push to a branch: the default branch is protected once it exists.
fn can_push(state: &GitLabState, project: &StoredProject, caller: &Caller, branch: &str) -> bool {
    let permissions = Permissions::of(state, Some(caller));
    let is_protected = !project.empty_repo && branch == project.branch();
    let least = if is_protected { level::MAINTAINER } else { level::DEVELOPER };
    let asleep = state.is_project_archived(project);
    !asleep && (permissions.is_admin() || permissions.in_project(project) >= least)
}

/// What a push sets off: its webhooks, by a worker, what follows for merge requests, and a pipeline.
pub(super) fn after_push(gitlab: &GitLab, state: &mut GitLabState, project: u64, pushed: &Pushed) {
    let is_tag = pushed.branch().is_none();
    let events = [if is_tag { HookEvent::TagPush } else { HookEvent::Push }, HookEvent::RepositoryUpdate];
    for event in events {
        let pushed = pushed.clone();
        gitlab.send_hooks_later(state, ProjectEvent { project, event, chain: None }, move |state| {
            let builder = PayloadBuilder { state, project: state.projects.get(&project)?, user: pushed.user };
            Some(match event {
                HookEvent::RepositoryUpdate => builder.repository_update(&pushed),
                _ => builder.push(&pushed),
            })
        });
    }
    super::merge_requests::refresh(gitlab, state, project, pushed);
    super::pipelines::for_push(gitlab, state, project, pushed);
}

/// The push of the README with which a project is created.
pub(super) fn push_first_commit(gitlab: &GitLab, state: &mut GitLabState, project: u64) {
    let Some(found) = state.projects.get(&project) else { return };
    let (user, branch) = (found.creator, found.branch().to_owned());
    let repository = &state.work_of(project).repository;
    let Some(commit) = repository.resolve(&branch).cloned() else { return };
    let pushed = Pushed {
        user,
        reference: format!("refs/heads/{branch}"),
        before: NO_COMMIT.to_owned(),
        after: commit.id.clone(),
        commits: vec![commit],
        message: None,
    };
    after_push(gitlab, state, project, &pushed);
}

/// Whether a repository can be used yet.
fn is_ready(state: &mut GitLabState, project: u64) -> bool {
    let now = state.clock.now();
    state.work_of(project).repository.ready_at <= now
}

async fn list_branches(
    Shared(gitlab): Shared<GitLab>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, ApiError> {
    let caller = call.identify(&gitlab, API)?;
    let search = call.params.text("search")?.unwrap_or_default();
    let mut state = gitlab.lock();
    let project = state.visible_project(&id, caller.as_ref())?.id;
    let ready = is_ready(&mut state, project);
    let branches: Vec<String> = state.work_of(project).repository.branches.keys().cloned().collect();
    let branches = branches.into_iter().filter(|name| ready && name.contains(&search)).collect();
    let view = RepositoryView::new(&state, project, caller.as_ref())?;
    Ok(pages::offset(&state, &call, branches)?.answer(|name| view.branch(&name)))
}

async fn show_branch(
    Shared(gitlab): Shared<GitLab>,
    Path((id, branch)): Path<(String, String)>,
    call: Call,
) -> Result<Response, ApiError> {
    let caller = call.identify(&gitlab, API)?;
    let mut state = gitlab.lock();
    let project = state.visible_project(&id, caller.as_ref())?.id;
    let ready = is_ready(&mut state, project);
    if !ready || !state.work_of(project).repository.branches.contains_key(&branch) {
        return Err(ApiError::not_found("Branch"));
    }
    Ok(Json(RepositoryView::new(&state, project, caller.as_ref())?.branch(&branch)).into_response())
}

async fn create_branch(
    Shared(gitlab): Shared<GitLab>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, ApiError> {
    let caller = call.require(&gitlab)?;
    call.params.require(&["branch", "ref"])?;
    let branch = call.params.text("branch")?.unwrap_or_default();
    let from = call.params.text("ref")?.unwrap_or_default();
    let mut state = gitlab.lock();
    let project = state.workplace(&id, &caller, level::DEVELOPER)?.id;
    let repository = &mut state.work_of(project).repository;
    if repository.branches.contains_key(&branch) {
        return Err(bad_request("Branch already exists"));
    }
    let start = repository.resolve(&from).map(|commit| commit.id.clone());
    let start = start.ok_or_else(|| bad_request(&format!("Invalid reference name: {from}")))?;
    repository.branches.insert(branch.clone(), start.clone());
    let reference = format!("refs/heads/{branch}");
    after_push(&gitlab, &mut state, project, &moved(&caller, reference, [NO_COMMIT, &start]));
    let view = RepositoryView::new(&state, project, Some(&caller))?;
    Ok((StatusCode::CREATED, Json(view.branch(&branch))).into_response())
}

async fn delete_branch(
    Shared(gitlab): Shared<GitLab>,
    Path((id, branch)): Path<(String, String)>,
    call: Call,
) -> Result<StatusCode, ApiError> {
    let caller = call.require(&gitlab)?;
    let mut state = gitlab.lock();
    let project = state.workplace(&id, &caller, level::DEVELOPER)?;
    let (is_default, project) = (branch == project.branch(), project.id);
    let repository = &mut state.work_of(project).repository;
    if !repository.branches.contains_key(&branch) {
        return Err(ApiError::not_found("Branch"));
    }
    if is_default {
        return Err(bad_request("Failed to remove branch"));
    }
    let before = repository.branches.remove(&branch).unwrap_or_default();
    let reference = format!("refs/heads/{branch}");
    after_push(&gitlab, &mut state, project, &moved(&caller, reference, [&before, NO_COMMIT]));
    Ok(StatusCode::NO_CONTENT)
}

async fn create_tag(Shared(gitlab): Shared<GitLab>, Path(id): Path<String>, call: Call) -> Result<Response, ApiError> {
    let caller = call.require(&gitlab)?;
    call.params.require(&["tag_name", "ref"])?;
    let tag = call.params.text("tag_name")?.unwrap_or_default();
    let from = call.params.text("ref")?.unwrap_or_default();
    let message = call.params.text("message")?;
    let mut state = gitlab.lock();
    let project = state.workplace(&id, &caller, level::DEVELOPER)?.id;
    let repository = &mut state.work_of(project).repository;
    if repository.tags.contains_key(&tag) {
        return Err(bad_request(&format!("Tag {tag} already exists")));
    }
    let target = repository.resolve(&from).map(|commit| commit.id.clone());
    let target = target.ok_or_else(|| bad_request(&format!("Target {from} is invalid")))?;
    repository.tags.insert(tag.clone(), target.clone());
    let pushed = moved(&caller, format!("refs/tags/{tag}"), [NO_COMMIT, &target]);
    after_push(&gitlab, &mut state, project, &Pushed { message: message.clone(), ..pushed });
    let view = RepositoryView::new(&state, project, Some(&caller))?;
    Ok((StatusCode::CREATED, Json(view.tag(&tag, message))).into_response())
}

/// A push without new commits, from the first commit to the second.
pub(super) fn moved(caller: &Caller, reference: String, [before, after]: [&str; 2]) -> Pushed {
    Pushed {
        user: caller.user,
        reference,
        before: before.to_owned(),
        after: after.to_owned(),
        commits: Vec::new(),
        message: None,
    }
}

/// A tag as the API shows it.
pub(super) fn tag_entity(state: &GitLabState, project: u64, caller: &Caller, tag: &str) -> Result<Value, ApiError> {
    Ok(RepositoryView::new(state, project, Some(caller))?.tag(tag, None))
}

fn bad_request(text: &str) -> ApiError {
    ApiError::message(StatusCode::BAD_REQUEST, text)
}
