//! Inspects and revokes OAuth tokens: `/oauth/token/info`, `/oauth/introspect`, `/oauth/revoke`.
//!
//! doorkeeper: app/controllers/doorkeeper/tokens_controller.rb, lib/doorkeeper/oauth/token_introspection.rb

use axum::Json;
use axum::extract::State as Shared;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::client::{authenticate, has_client_id, text};
use super::{OauthError, no_store};
use crate::sandbox::gitlab::GitLab;
use crate::sandbox::gitlab::auth::Call;
use crate::sandbox::gitlab::secrets::Digest;
use crate::sandbox::gitlab::state::{GitLabState, OauthToken, StoredApplication};

pub(in super::super) async fn info(Shared(gitlab): Shared<GitLab>, call: Call) -> Response {
    let state = gitlab.lock();
    let Some(token) = bearer(&gitlab, &state, &call) else {
        let mut response = OauthError::new("invalid_token").into_response();
        let body = json!({
            "error": "invalid_token",
            "error_description": "The access token is invalid",
            "state": "unauthorized",
        });
        *response.body_mut() = axum::body::Body::from(body.to_string());
        response.headers_mut().remove(header::CONTENT_LENGTH);
        return response;
    };
    let left = gitlab.clock().now().duration_until(token.expires_at()).as_secs();
    let application = token.application.and_then(|id| state.applications.get(&id));
    Json(json!({
        "resource_owner_id": token.user,
        "scope": token.scopes,
        "expires_in": left,
        "application": { "uid": application.map(|application| &application.uid) },
        "created_at": token.created_at.as_second(),
        "scopes": token.scopes,
        "expires_in_seconds": left,
    }))
    .into_response()
}

/// The client, or a bearer token of its own application, has to authorize the request.
pub(in super::super) async fn introspect(Shared(gitlab): Shared<GitLab>, call: Call) -> Result<Response, OauthError> {
    let state = gitlab.lock();
    let asking = if has_client_id(&call) {
        Some(authenticate(&state, &call)?.id)
    } else if let Some(token) = bearer(&gitlab, &state, &call) {
        token.application
    } else {
        let text = "Request need to be authorized. Required parameter for authorizing request is missing or invalid.";
        return Err(OauthError::because("invalid_request", text));
    };
    let token = text(&call, "token").and_then(|value| find(&state, &value).and_then(|id| state.oauth_tokens.get(&id)));
    let live = token.filter(|token| token.application == asking && is_usable(&gitlab, token));
    Ok(no_store(live.map_or_else(|| json!({ "active": false }), |token| active(&state, token))))
}

fn active(state: &GitLabState, token: &OauthToken) -> Value {
    let application = token.application.and_then(|id| state.applications.get(&id));
    json!({
        "active": true,
        "scope": token.scopes.join(" "),
        "client_id": application.map(|application| &application.uid),
        "token_type": "Bearer",
        "exp": token.expires_at().as_second(),
        "iat": token.created_at.as_second(),
    })
}

/// The client is checked first, unless the password grant may omit it; then only an active token of a confidential
/// application needs its client.
pub(in super::super) async fn revoke(Shared(gitlab): Shared<GitLab>, call: Call) -> Response {
    let mut state = gitlab.lock();
    let client = authenticate(&state, &call).ok().map(|application: &StoredApplication| application.id);
    if client.is_none() && !state.settings.ropc_without_client_credentials {
        return not_yours();
    }
    let id = text(&call, "token").and_then(|value| find(&state, &value));
    let Some(token) = id.and_then(|id| state.oauth_tokens.get(&id)) else { return Json(json!({})).into_response() };
    let guarded = token.application.and_then(|id| state.applications.get(&id)).filter(|owner| owner.confidential);
    if guarded.is_some_and(|owner| client != Some(owner.id)) {
        return not_yours();
    }
    let id = token.id;
    if let Some(token) = state.oauth_tokens.get_mut(&id) {
        token.revoked = true;
    }
    Json(json!({})).into_response()
}

fn not_yours() -> Response {
    let text = "You are not authorized to revoke this token";
    let body = json!({ "error": "unauthorized_client", "error_description": text });
    (StatusCode::FORBIDDEN, Json(body)).into_response()
}

/// The token with this access or refresh token value.
fn find(state: &GitLabState, value: &str) -> Option<u64> {
    let digest = Digest::of(value);
    state.oauth_values.get(&digest).or_else(|| state.refresh_values.get(&digest)).copied()
}

fn bearer<'a>(gitlab: &GitLab, state: &'a GitLabState, call: &Call) -> Option<&'a OauthToken> {
    let header = call.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let value = header.and_then(|value| value.strip_prefix("Bearer ")).map(str::to_owned);
    let value = value.or_else(|| text(call, "access_token"))?;
    let id = state.oauth_values.get(&Digest::of(&value))?;
    state.oauth_tokens.get(id).filter(|token| is_usable(gitlab, token))
}

fn is_usable(gitlab: &GitLab, token: &OauthToken) -> bool {
    !token.revoked && token.expires_at() > gitlab.clock().now()
}
