//! Whether a user is a member of a group or project, by itself or by a group above it. gitlab: lib/api/members.rb

use axum::extract::{Path, State as Shared};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::GitLab;
use super::auth::{API, Call, Caller};
use super::error::ApiError;
use super::permissions::Permissions;
use super::state::GitLabState;
use super::users;

#[derive(Deserialize)]
struct MemberPath {
    id: String,
    user: u64,
}

pub(super) fn routes() -> Router<GitLab> {
    Router::new()
        .route("/groups/{id}/members/all/{user}", get(of_group))
        .route("/projects/{id}/members/all/{user}", get(of_project))
}

async fn of_group(
    Shared(gitlab): Shared<GitLab>,
    Path(MemberPath { id, user }): Path<MemberPath>,
    call: Call,
) -> Result<Json<Value>, ApiError> {
    let caller = call.require_scope(&gitlab, API)?;
    let state = gitlab.lock();
    let group = state.visible_group(&id, Some(&caller))?.id;
    let level = of_user(&state, user, &caller).in_group(group);
    member(&state, user, level)
}

async fn of_project(
    Shared(gitlab): Shared<GitLab>,
    Path(MemberPath { id, user }): Path<MemberPath>,
    call: Call,
) -> Result<Json<Value>, ApiError> {
    let caller = call.require_scope(&gitlab, API)?;
    let state = gitlab.lock();
    let project = state.visible_project(&id, Some(&caller))?;
    let level = of_user(&state, user, &caller).in_project(project);
    member(&state, user, level)
}

/// The permissions of another user than the one who asks.
fn of_user<'a>(state: &'a GitLabState, user: u64, caller: &Caller) -> Permissions<'a> {
    Permissions::of(state, Some(&Caller { user, admin: false, credential: caller.credential }))
}

fn member(state: &GitLabState, user: u64, level: u8) -> Result<Json<Value>, ApiError> {
    let user = state.users.get(&user).filter(|_| level > 0).ok_or_else(ApiError::record_not_found)?;
    let mut answer = users::basic(state, user);
    answer["access_level"] = json!(level);
    answer["expires_at"] = Value::Null;
    Ok(Json(answer))
}
