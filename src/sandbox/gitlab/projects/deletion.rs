//! The end of projects: archived, marked for deletion, restored, removed.
//!
//! gitlab: lib/api/projects.rb, app/services/projects/mark_for_deletion_service.rb

use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::entity::{ProjectView, entity};
use crate::sandbox::gitlab::GitLab;
use crate::sandbox::gitlab::auth::{Call, Caller};
use crate::sandbox::gitlab::error::ApiError;
use crate::sandbox::gitlab::hooks::{Owner, SystemEvent};
use crate::sandbox::gitlab::permissions::Permissions;
use crate::sandbox::gitlab::state::{GitLabState, level};
use crate::sandbox::options::SandboxPlan;

/// Marks a project for deletion, or removes it: where deletion is not delayed, and with `permanently_remove` in a second
/// request.
pub(super) async fn delete(
    Shared(gitlab): Shared<GitLab>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, ApiError> {
    let caller = call.require(&gitlab)?;
    let mut state = gitlab.lock();
    let id = owned(&state, &id, &caller)?;
    let removes = if call.params.is("permanently_remove")? {
        check_removal(&gitlab, &state, &call, id)?;
        true
    } else {
        check_mark(&gitlab, &state, id)?;
        !has_delayed_deletion(&gitlab)
    };
    if removes {
        gitlab.send_system_hooks(&state, SystemEvent::ProjectDestroy, id);
        state.remove_project(id);
    } else {
        state.mark_for_deletion(&gitlab, id);
    }
    Ok((StatusCode::ACCEPTED, Json(json!({ "message": "202 Accepted" }))).into_response())
}

/// Delayed deletion was a paid feature until 18.0.
fn has_delayed_deletion(gitlab: &GitLab) -> bool {
    gitlab.is_at_least(18, 0) || (gitlab.is_enterprise() && gitlab.options().plan != SandboxPlan::None)
}

/// The refusals of `permanently_remove`.
fn check_removal(gitlab: &GitLab, state: &GitLabState, call: &Call, id: u64) -> Result<(), ApiError> {
    let allowed = state.settings.allow_immediate_namespaces_deletion || !gitlab.is_at_least(18, 5);
    let project = state.projects.get(&id).ok_or_else(ApiError::record_not_found)?;
    let path = call.params.text("full_path")?.unwrap_or_default();
    if !allowed {
        Err(bad_request("`permanently_remove` option is not permitted on this instance."))
    } else if project.marked_for_deletion.is_none() {
        Err(bad_request("Project must be marked for deletion first."))
    } else if !path.eq_ignore_ascii_case(&project.full_path) {
        Err(bad_request("`full_path` is incorrect. You must enter the complete path for the project."))
    } else {
        Ok(())
    }
}

/// The refusals of a plain deletion.
fn check_mark(gitlab: &GitLab, state: &GitLabState, id: u64) -> Result<(), ApiError> {
    let project = state.projects.get(&id).ok_or_else(ApiError::record_not_found)?;
    if project.details.is_transferring && gitlab.is_at_least(19, 4) {
        return Err(bad_request("State cannot transition via \"schedule_deletion\""));
    }
    match project.marked_for_deletion {
        Some(_) => Err(bad_request("Project has been already marked for deletion")),
        None => Ok(()),
    }
}

fn bad_request(text: &str) -> ApiError {
    ApiError::message(StatusCode::BAD_REQUEST, text)
}

/// The id of a project that the caller may delete: an owner's, or any for an admin.
fn owned(state: &GitLabState, id_or_path: &str, caller: &Caller) -> Result<u64, ApiError> {
    Ok(state.project_for(id_or_path, caller, level::OWNER)?.id)
}

pub(super) async fn archive(
    Shared(gitlab): Shared<GitLab>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, ApiError> {
    let caller = call.require(&gitlab)?;
    let mut state = gitlab.lock();
    let id = owned(&state, &id, &caller)?;
    if let Some(project) = state.projects.get_mut(&id) {
        project.archived = true;
    }
    show_changed(&state, &caller, id)
}

pub(super) async fn restore(
    Shared(gitlab): Shared<GitLab>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, ApiError> {
    let caller = call.require(&gitlab)?;
    let mut state = gitlab.lock();
    let id = owned(&state, &id, &caller)?;
    state.unmark_for_deletion(id);
    show_changed(&state, &caller, id)
}

fn show_changed(state: &GitLabState, caller: &Caller, id: u64) -> Result<Response, ApiError> {
    let project = state.projects.get(&id).ok_or_else(ApiError::record_not_found)?;
    let view = ProjectView { signed_in: false, simple: false };
    let answer = entity(&Permissions::of(state, Some(caller)), state, project, view);
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

impl GitLabState {
    /// Marks a project: it stays listed, since 18.0 under another name and path.
    pub(in crate::sandbox::gitlab) fn mark_for_deletion(&mut self, gitlab: &GitLab, id: u64) {
        if let Some(project) = self.projects.get_mut(&id) {
            project.marked_for_deletion = Some(gitlab.clock().today());
        }
        if gitlab.is_at_least(18, 0) {
            self.rename_project(id, |name| name.push_str(&suffix(id)));
        }
    }

    /// Takes the mark and the suffix away.
    pub(in crate::sandbox::gitlab) fn unmark_for_deletion(&mut self, id: u64) {
        if let Some(project) = self.projects.get_mut(&id) {
            project.marked_for_deletion = None;
        }
        let suffix = suffix(id);
        self.rename_project(id, |name| {
            if let Some(bare) = name.strip_suffix(&suffix) {
                *name = bare.to_owned();
            }
        });
    }

    fn rename_project(&mut self, id: u64, rename: impl Fn(&mut String)) {
        let Self { projects, project_paths, .. } = self;
        let Some(project) = projects.get_mut(&id) else { return };
        project_paths.remove(&project.full_path.to_lowercase());
        for name in [&mut project.name, &mut project.path, &mut project.full_path] {
            rename(name);
        }
        project_paths.insert(project.full_path.to_lowercase(), id);
    }

    /// Removes a project with its hooks and all that was made in it.
    pub(in crate::sandbox::gitlab) fn remove_project(&mut self, id: u64) {
        if let Some(project) = self.projects.remove(&id) {
            self.project_paths.remove(&project.full_path.to_lowercase());
        }
        self.hooks.remove_all(Owner::Project(id));
        self.work.forget(id);
    }
}

/// What the name and the path of a project get when it is marked.
fn suffix(id: u64) -> String {
    format!("-deletion_scheduled-{id}")
}
