//! Users, and the tokens that an admin creates for them.

use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::auth::{Call, Caller, READ_USER};
use super::error::ApiError;
use super::state::{GitLabState, StoredUser, UserState};
use super::tokens::{self, TokenParams};
use super::{GitLab, pages, params, scopes};

pub(super) fn routes() -> Router<GitLab> {
    Router::new()
        .route("/user", get(current))
        .route("/users", get(list))
        .route("/users/{id}", get(show))
        .route("/users/{id}/personal_access_tokens", post(create_token))
}

async fn current(Shared(gitlab): Shared<GitLab>, call: Call) -> Result<Json<Value>, ApiError> {
    let caller = call.require_scope(&gitlab, READ_USER)?;
    let state = gitlab.lock();
    let user = state.users.get(&caller.user).ok_or_else(ApiError::unauthorized)?;
    let mut answer = public(&state, user);
    private(&mut answer, user);
    if caller.admin {
        for_admins(&gitlab, &mut answer, user);
    }
    Ok(Json(answer))
}

async fn show(Shared(gitlab): Shared<GitLab>, Path(id): Path<String>, call: Call) -> Result<Json<Value>, ApiError> {
    let caller = call.require_scope(&gitlab, READ_USER)?;
    let id = params::id("id", &id)?;
    let state = gitlab.lock();
    let user = state.users.get(&id).ok_or_else(|| ApiError::not_found("User"))?;
    let mut answer = public(&state, user);
    if caller.admin {
        private(&mut answer, user);
        for_admins(&gitlab, &mut answer, user);
    }
    Ok(Json(answer))
}

/// Users by exact name or by a part of it. What is shown is less than of one user: no `bot`.
async fn list(Shared(gitlab): Shared<GitLab>, call: Call) -> Result<Response, ApiError> {
    let caller = call.require_scope(&gitlab, READ_USER)?;
    // Of others than administrators both are ignored (gitlab: app/finders/users_finder.rb).
    let (admins, active) = (caller.admin && call.params.is("admins")?, call.params.is("active")?);
    let username = call.params.text("username")?;
    let search = call.params.text("search")?.map(|text| text.to_lowercase());
    let wanted = |user: &&StoredUser| {
        (!admins || user.admin)
            && (!active || user.state == UserState::Active)
            && username.as_ref().is_none_or(|name| user.username.eq_ignore_ascii_case(name))
            && search.as_ref().is_none_or(|text| {
                user.username.to_lowercase().contains(text) || user.name.to_lowercase().contains(text)
            })
    };
    let state = gitlab.lock();
    let users: Vec<&StoredUser> = state.users.values().rev().filter(wanted).collect();
    Ok(pages::offset(&state, &call, users)?.answer(|user| basic(&state, user)))
}

/// A user as lists, issues, comments and merge requests show one. gitlab: lib/api/entities/user_basic.rb
pub(super) fn basic(state: &GitLabState, user: &StoredUser) -> Value {
    json!({
        "id": user.id,
        "username": user.username,
        "public_email": null,
        "name": user.name,
        "state": user.state.shown(),
        "locked": false,
        "avatar_url": null,
        "web_url": state.link(&format!("/{}", user.username)),
    })
}

/// gitlab: lib/api/users.rb, `POST :user_id/personal_access_tokens`
async fn create_token(
    Shared(gitlab): Shared<GitLab>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, ApiError> {
    let caller: Caller = call.require_admin(&gitlab)?;
    let user = params::id("user_id", &id)?;
    call.params.require(&["name", "scopes"])?;
    let scopes = call.params.list("scopes")?.unwrap_or_default();
    if scopes.is_empty() || !scopes.iter().all(|scope| scopes::personal(&gitlab).any(|known| known == scope)) {
        return Err(ApiError::invalid("scopes does not have a valid value"));
    }
    let mut state = gitlab.lock();
    if !state.users.contains_key(&user) {
        return Err(ApiError::not_found("User"));
    }
    let expires_at = tokens::expiry(&gitlab, &state, call.params.date("expires_at")?, tokens::LIFE_OF_NEW)
        .map_err(|text| ApiError::message(StatusCode::UNPROCESSABLE_ENTITY, text))?;
    let new = TokenParams {
        user,
        name: call.params.text("name")?.unwrap_or_default(),
        description: call.params.text("description")?,
        scopes,
        expires_at,
        previous: None,
    };
    let (id, value) = tokens::create(&gitlab, &mut state, new);
    if let Some(token) = state.tokens.get(&id).cloned() {
        state.audit_token(caller.user, "personal_access_token_issued", &token);
    }
    tracing::debug!(admin = caller.user, user, token = id, "personal access token created");
    let answer = tokens::entity_with_value(&gitlab, &state, id, &value);
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

/// gitlab: lib/api/entities/user.rb
fn public(state: &GitLabState, user: &StoredUser) -> Value {
    json!({
        "id": user.id,
        "username": user.username,
        "public_email": null,
        "name": user.name,
        "state": user.state.shown(),
        "locked": false,
        "avatar_url": null,
        "web_url": state.link(&format!("/{}", user.username)),
        "created_at": format!("{:.3}", user.created_at),
        "bio": "",
        "location": "",
        "linkedin": "",
        "twitter": "",
        "website_url": "",
        "organization": "",
        "job_title": "",
        "pronouns": null,
        "bot": user.bot,
        "work_information": null,
        "followers": 0,
        "following": 0,
        "is_followed": false,
        "local_time": null,
    })
}

fn private(answer: &mut Value, user: &StoredUser) {
    let more = json!({
        "last_sign_in_at": null,
        "confirmed_at": format!("{:.3}", user.created_at),
        "last_activity_on": null,
        "email": user.email,
        "theme_id": 3,
        "color_scheme_id": 1,
        "projects_limit": user.projects_limit,
        "current_sign_in_at": null,
        "identities": [],
        "can_create_group": !user.bot,
        "can_create_project": !user.bot,
        "two_factor_enabled": false,
        "external": false,
        "private_profile": false,
        "commit_email": user.email,
        "shared_runners_minutes_limit": null,
        "extra_shared_runners_minutes_limit": null,
        "scim_identities": [],
    });
    merge(answer, more);
}

/// Shown only to an admin who counts as one now (gitlab: lib/api/entities/user_with_admin.rb).
fn for_admins(gitlab: &GitLab, answer: &mut Value, user: &StoredUser) {
    merge(answer, json!({ "is_admin": user.admin, "note": null, "namespace_id": user.namespace, "created_by": null }));
    if gitlab.is_enterprise() {
        merge(answer, json!({ "is_auditor": false, "using_license_seat": !user.bot }));
    }
}

fn merge(answer: &mut Value, more: Value) {
    if let (Value::Object(answer), Value::Object(more)) = (answer, more) {
        answer.extend(more);
    }
}
