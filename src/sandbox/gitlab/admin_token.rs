//! What a secret of unknown origin is, and its end. Only administrators ask.
//!
//! gitlab: lib/api/admin/token.rb, lib/authn/agnostic_token_identifier.rb

use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::auth::Call;
use super::error::ApiError;
use super::secrets::{self, Digest};
use super::state::GitLabState;
use super::{GitLab, applications, tokens};

pub(super) fn routes() -> Router<GitLab> {
    Router::new().route("/admin/token", post(identify).delete(revoke))
}

/// What a value is.
#[derive(Clone, Copy, Debug)]
enum Identified {
    PersonalToken(u64),
    Application(u64),
}

/// Finds a value by its prefix, which has to be the instance's present one.
fn find(gitlab: &GitLab, state: &GitLabState, call: &Call) -> Result<Identified, ApiError> {
    call.params.require(&["token"])?;
    let value = call.params.text("token")?.unwrap_or_default();
    let instance = match state.settings.instance_token_prefix.as_str() {
        "" => String::new(),
        prefix => format!("{prefix}-"),
    };
    let personal = match instance.as_str() {
        "" => state.settings.personal_access_token_prefix.clone(),
        instance => format!("{instance}glpat-"),
    };
    let digest = Digest::of(&value);
    let found = if !personal.is_empty() && value.starts_with(&personal) {
        state.token_values.get(&digest).map(|id| Identified::PersonalToken(*id))
    } else if value.starts_with(&format!("{instance}gloas-")) && gitlab.is_at_least(17, 7) {
        let owner = state.applications.values().find(|application| application.secret == digest);
        owner.map(|application| Identified::Application(application.id))
    } else {
        return Err(ApiError::message(StatusCode::UNPROCESSABLE_ENTITY, "Token type not supported."));
    };
    found.ok_or_else(|| ApiError::message(StatusCode::NOT_FOUND, json!({ "error": "Not found" })))
}

async fn identify(Shared(gitlab): Shared<GitLab>, call: Call) -> Result<Json<Value>, ApiError> {
    if !gitlab.is_at_least(17, 5) {
        return Err(ApiError::no_route());
    }
    call.require_admin(&gitlab)?;
    let state = gitlab.lock();
    let shown = match find(&gitlab, &state, &call)? {
        Identified::PersonalToken(id) => state.tokens.get(&id).map(|token| tokens::entity(&gitlab, token)),
        Identified::Application(id) => {
            state.applications.get(&id).map(|one| applications::entity(&gitlab, &state, one))
        }
    };
    shown.map(Json).ok_or_else(ApiError::record_not_found)
}

/// A personal token is revoked; an application gets another secret, which nobody is told.
async fn revoke(Shared(gitlab): Shared<GitLab>, call: Call) -> Result<StatusCode, ApiError> {
    if !gitlab.is_at_least(17, 7) {
        return Err(ApiError::no_route());
    }
    call.require_admin(&gitlab)?;
    let mut state = gitlab.lock();
    match find(&gitlab, &state, &call)? {
        Identified::PersonalToken(id) => {
            if let Some(token) = state.tokens.get_mut(&id) {
                token.revoked = true;
            }
        }
        Identified::Application(_) if !gitlab.is_at_least(17, 9) => {
            return Err(ApiError::message(StatusCode::UNPROCESSABLE_ENTITY, "Token type not supported."));
        }
        Identified::Application(id) => {
            if let Some(application) = state.applications.get_mut(&id) {
                application.secret = Digest::of(&secrets::hex64());
            }
        }
    }
    Ok(StatusCode::NO_CONTENT)
}
