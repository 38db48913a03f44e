//! Creates commits.

use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::entity::RepositoryView;
use super::{after_push, bad_request, can_push, is_ready};
use crate::sandbox::gitlab::GitLab;
use crate::sandbox::gitlab::auth::Call;
use crate::sandbox::gitlab::error::ApiError;
use crate::sandbox::gitlab::params::Params;
use crate::sandbox::gitlab::state::GitLabState;
use crate::sandbox::gitlab::work::{FileAction, FileActionKind, NO_COMMIT, NewCommit, Pushed, StoredCommit};

/// GitLab's text both for a branch that does not exist and for a repository that is not ready.
const NO_BRANCH: &str = "You can only create or edit files when you are on a branch";

/// Where a commit goes.
struct Target {
    project: u64,
    branch: String,
    /// What the branch is made from, if it is new: a branch or a commit.
    start: Option<String>,
}

pub(super) async fn create(
    Shared(gitlab): Shared<GitLab>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, ApiError> {
    let caller = call.require(&gitlab)?;
    let params = &call.params;
    params.require(&["branch", "commit_message", "actions"])?;
    let (start_branch, start_sha) = (params.text("start_branch")?, params.text("start_sha")?);
    if start_branch.is_some() && start_sha.is_some() {
        return Err(ApiError::invalid("start_branch, start_sha are mutually exclusive"));
    }
    let actions = actions(params)?;
    let branch = params.text("branch")?.unwrap_or_default();
    let mut state = gitlab.lock();
    let state = &mut *state;
    let project = state.visible_project(&id, Some(&caller))?;
    if !can_push(state, project, &caller, &branch) {
        return Err(ApiError::forbidden_because("You are not allowed to push into this branch"));
    }
    let target = Target { project: project.id, branch, start: start_branch.or(start_sha) };
    let parent = parent(state, &target)?;
    let user = state.users.get(&caller.user).cloned().ok_or_else(ApiError::unauthorized)?;
    let message = params.text("commit_message")?.unwrap_or_default();
    let new = NewCommit { message, author: &user, at: state.clock.now(), parent, actions };
    let repository = &mut state.work_of(target.project).repository;
    let before = repository.branches.get(&target.branch).cloned();
    let commit = repository.commit(new).map_err(bad_request)?;
    repository.branches.insert(target.branch.clone(), commit.id.clone());
    fill(state, &target);
    let pushed = Pushed {
        user: caller.user,
        reference: format!("refs/heads/{}", target.branch),
        before: before.unwrap_or_else(|| NO_COMMIT.to_owned()),
        after: commit.id.clone(),
        commits: vec![commit.clone()],
        message: None,
    };
    after_push(&gitlab, state, target.project, &pushed);
    let view = RepositoryView::new(state, target.project, Some(&caller))?;
    Ok((StatusCode::CREATED, Json(view.commit(&commit))).into_response())
}

/// The commit that the new one follows; `None` in an empty repository.
/// gitlab: app/services/commits/create_service.rb, `validate_on_branch!` and `validate_branch_existence!`
fn parent(state: &mut GitLabState, target: &Target) -> Result<Option<String>, ApiError> {
    let is_empty = state.projects.get(&target.project).is_some_and(|project| project.empty_repo);
    if !is_ready(state, target.project) {
        return Err(bad_request(NO_BRANCH));
    }
    if is_empty {
        return Ok(None);
    }
    let repository = &state.work_of(target.project).repository;
    let is_new_branch = target.start.as_ref().is_some_and(|start| *start != target.branch);
    if is_new_branch && repository.branches.contains_key(&target.branch) {
        let text = "already exists. Switch to that branch in order to make changes";
        return Err(bad_request(&format!("A branch called '{}' {text}", target.branch)));
    }
    let start = target.start.as_ref().unwrap_or(&target.branch);
    let found: Option<&StoredCommit> = repository.resolve(start);
    found.map(|commit| Some(commit.id.clone())).ok_or_else(|| bad_request(NO_BRANCH))
}

/// With its first commit a repository is no longer empty, and the branch is the default one.
fn fill(state: &mut GitLabState, target: &Target) {
    let Some(project) = state.projects.get_mut(&target.project).filter(|project| project.empty_repo) else { return };
    project.empty_repo = false;
    project.details.default_branch = Some(target.branch.clone());
}

fn actions(params: &Params) -> Result<Vec<FileAction>, ApiError> {
    let given =
        params.get("actions").and_then(Value::as_array).ok_or_else(|| ApiError::invalid("actions is invalid"))?;
    let read = |action: &Value| {
        let text = |name: &str| action[name].as_str().map(str::to_owned);
        let kind = match text("action").ok_or_else(|| ApiError::invalid("actions[0][action] is missing"))?.as_str() {
            "create" => FileActionKind::Create,
            "update" => FileActionKind::Update,
            "delete" => FileActionKind::Delete,
            _ => return Err(ApiError::invalid("actions[0][action] does not have a valid value")),
        };
        let path = text("file_path").ok_or_else(|| ApiError::invalid("actions[0][file_path] is missing"))?;
        Ok(FileAction { kind, path, content: text("content").unwrap_or_default() })
    };
    given.iter().map(read).collect()
}
