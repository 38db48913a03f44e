//! Personal access tokens: list, revoke, rotate.
//!
//! gitlab: lib/api/personal_access_tokens.rb, lib/api/personal_access_tokens/self_information.rb, self_rotation.rb

use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::civil::Date;
use serde_json::{Value, json};

use super::auth::{ANY, API, Call, Caller, Credential};
use super::error::ApiError;
use super::secrets::Digest;
use super::state::{GitLabState, GranularGrant, StoredToken, next};
use super::{GitLab, pages, params};

/// Days until a new and a rotated token expire, by default (gitlab: rotate_service.rb).
pub(super) const LIFE_OF_NEW: i64 = 365;
const LIFE_OF_ROTATED: i64 = 7;

/// The properties of a token to create.
pub(super) struct TokenParams {
    pub user: u64,
    pub name: String,
    pub description: Option<String>,
    pub scopes: Vec<String>,
    pub expires_at: Option<Date>,
    pub previous: Option<u64>,
}

pub(super) fn routes() -> Router<GitLab> {
    Router::new()
        .route("/personal_access_tokens", get(list))
        .route("/personal_access_tokens/self", get(show_self).delete(revoke_self))
        .route("/personal_access_tokens/self/rotate", post(rotate_self))
        .route("/personal_access_tokens/{id}", get(show).delete(revoke))
        .route("/personal_access_tokens/{id}/rotate", post(rotate))
}

/// Impersonation tokens are listed to admins only (gitlab: lib/api/helpers/personal_access_tokens_helpers.rb).
async fn list(Shared(gitlab): Shared<GitLab>, call: Call) -> Result<Response, ApiError> {
    let caller = call.require(&gitlab)?;
    let user = call.params.integer("user_id")?.map(|id| u64::try_from(id).unwrap_or(0));
    if !caller.admin && user.is_some_and(|user| user != caller.user) {
        return Err(ApiError::unauthorized());
    }
    let user = if caller.admin { user } else { Some(caller.user) };
    let search = call.params.text("search")?.map(|text| text.to_lowercase());
    let revoked = call.params.boolean("revoked")?;
    let active = call.params.word("state", &["active", "inactive"])?.map(|word| word == "active");
    let today = gitlab.clock().today();
    let wanted = |token: &&StoredToken| {
        (caller.admin || !token.impersonation)
            && user.is_none_or(|user| token.user == user)
            && revoked.is_none_or(|revoked| token.revoked == revoked)
            && active.is_none_or(|active| token.is_active(today) == active)
            && search.as_ref().is_none_or(|text| token.name.to_lowercase().contains(text))
    };
    let state = gitlab.lock();
    if user.is_some_and(|user| !state.users.contains_key(&user)) {
        return Err(ApiError::message(StatusCode::NOT_FOUND, "404 Not Found"));
    }
    let tokens: Vec<&StoredToken> = state.tokens.values().filter(wanted).collect();
    Ok(pages::offset(&state, &call, tokens)?.answer(|token| entity(&gitlab, token)))
}

async fn show_self(Shared(gitlab): Shared<GitLab>, call: Call) -> Result<Json<Value>, ApiError> {
    if !gitlab.is_at_least(15, 5) {
        return Err(ApiError::no_route());
    }
    let caller = call.require_scope(&gitlab, ANY)?;
    let id = personal(&caller).ok_or_else(not_personal)?;
    let state = gitlab.lock();
    let token = state.tokens.get(&id).ok_or_else(ApiError::unauthorized)?;
    Ok(Json(entity(&gitlab, token)))
}

async fn revoke_self(Shared(gitlab): Shared<GitLab>, call: Call) -> Result<StatusCode, ApiError> {
    let caller = call.require_scope(&gitlab, ANY)?;
    let id = personal(&caller).ok_or_else(not_personal)?;
    if let Some(token) = gitlab.lock().tokens.get_mut(&id) {
        token.revoked = true;
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn rotate_self(Shared(gitlab): Shared<GitLab>, call: Call) -> Result<Json<Value>, ApiError> {
    if !gitlab.is_at_least(16, 10) {
        return Err(ApiError::no_route());
    }
    // The endpoint's own scopes and then those of the whole API, as GitLab's refusal lists them.
    let acceptable: &[&str] = if gitlab.is_at_least(17, 9) { &["api", "self_rotate", "api", "read_api"] } else { API };
    let caller = call.require_scope(&gitlab, acceptable)?;
    let not_allowed = || ApiError::message(StatusCode::METHOD_NOT_ALLOWED, "405 Method Not Allowed");
    let id = personal(&caller).ok_or_else(not_allowed)?;
    rotated(&gitlab, &call, id)
}

async fn show(Shared(gitlab): Shared<GitLab>, Path(id): Path<String>, call: Call) -> Result<Json<Value>, ApiError> {
    let caller = call.require(&gitlab)?;
    let state = gitlab.lock();
    Ok(Json(entity(&gitlab, managed(&state, &caller, &id)?)))
}

async fn revoke(Shared(gitlab): Shared<GitLab>, Path(id): Path<String>, call: Call) -> Result<StatusCode, ApiError> {
    let caller = call.require(&gitlab)?;
    let mut state = gitlab.lock();
    let token = managed(&state, &caller, &id)?.clone();
    if let Some(token) = state.tokens.get_mut(&token.id) {
        token.revoked = true;
    }
    state.audit_token(caller.user, "personal_access_token_revoked", &token);
    Ok(StatusCode::NO_CONTENT)
}

async fn rotate(Shared(gitlab): Shared<GitLab>, Path(id): Path<String>, call: Call) -> Result<Json<Value>, ApiError> {
    if !gitlab.is_at_least(16, 0) {
        return Err(ApiError::no_route());
    }
    let caller = call.require(&gitlab)?;
    let id = managed(&gitlab.lock(), &caller, &id)?.id;
    rotated(&gitlab, &call, id)
}

/// The token that the path names, if it is the caller's own or the caller is an admin. Only an admin gets a 404.
fn managed<'a>(state: &'a GitLabState, caller: &Caller, id: &str) -> Result<&'a StoredToken, ApiError> {
    let token = state.tokens.get(&params::id("id", id)?);
    match token {
        Some(token) if caller.admin || token.user == caller.user => Ok(token),
        _ if caller.admin => Err(ApiError::message(StatusCode::NOT_FOUND, "404 Not Found")),
        _ => Err(ApiError::unauthorized()),
    }
}

fn rotated(gitlab: &GitLab, call: &Call, id: u64) -> Result<Json<Value>, ApiError> {
    let asked = if gitlab.is_at_least(16, 6) { call.params.date("expires_at")? } else { None };
    let mut state = gitlab.lock();
    let expires_at = expiry(gitlab, &state, asked, LIFE_OF_ROTATED).map_err(|text| bad_request(&text))?;
    let Some(old) = state.tokens.get_mut(&id) else { return Err(ApiError::unauthorized()) };
    if old.revoked {
        return Err(bad_request("Token already revoked"));
    }
    old.revoked = true;
    let new = TokenParams {
        user: old.user,
        name: old.name.clone(),
        description: old.description.clone(),
        scopes: old.scopes.clone(),
        expires_at,
        previous: Some(id),
    };
    let (impersonation, granular, grants) = (old.impersonation, old.granular, old.grants.clone());
    let (id, value) = create(gitlab, &mut state, new);
    if let Some(token) = state.tokens.get_mut(&id) {
        (token.impersonation, token.granular, token.grants) = (impersonation, granular, grants);
    }
    Ok(Json(entity_with_value(gitlab, &state, id, &value)))
}

/// The day on which a token expires: the requested one, or the default if the instance requires one.
pub(super) fn expiry(
    gitlab: &GitLab,
    state: &GitLabState,
    asked: Option<Date>,
    default_days: i64,
) -> Result<Option<Date>, String> {
    let ahead = |days: i64| gitlab.clock().today().saturating_add(jiff::Span::new().days(days));
    let latest = ahead(LIFE_OF_NEW);
    match asked {
        Some(day) if day > latest => Err(format!("Expiration date must be before {latest}")),
        Some(day) => Ok(Some(day)),
        None => Ok(state.settings.require_personal_access_token_expiry.then(|| ahead(default_days))),
    }
}

/// Creates a token and returns its id and its value.
pub(super) fn create(gitlab: &GitLab, state: &mut GitLabState, new: TokenParams) -> (u64, String) {
    let value = state.new_token_value(gitlab.options().version);
    let id = next(&mut state.ids.token);
    let token = StoredToken {
        id,
        user: new.user,
        name: new.name,
        description: new.description,
        scopes: new.scopes,
        revoked: false,
        impersonation: false,
        granular: false,
        grants: Vec::new(),
        created_at: gitlab.clock().now(),
        last_used_at: None,
        expires_at: new.expires_at,
        previous: new.previous,
        value: Digest::of(&value),
    };
    state.token_values.insert(token.value, id);
    state.tokens.insert(id, token);
    (id, value)
}

/// gitlab: lib/api/entities/personal_access_token_with_token.rb
pub(super) fn entity_with_value(gitlab: &GitLab, state: &GitLabState, id: u64, value: &str) -> Value {
    let mut answer = state.tokens.get(&id).map(|token| entity(gitlab, token)).unwrap_or_default();
    answer["token"] = json!(value);
    answer
}

/// gitlab: lib/api/entities/personal_access_token.rb; the first versions of the newer fields are approximate.
pub(super) fn entity(gitlab: &GitLab, token: &StoredToken) -> Value {
    let mut answer = json!({
        "id": token.id,
        "name": token.name,
        "revoked": token.revoked,
        "created_at": format!("{:.3}", token.created_at),
        "scopes": token.scopes,
        "user_id": token.user,
        "last_used_at": token.last_used_at.map(|time| format!("{time:.3}")),
        "active": token.is_active(gitlab.clock().today()),
        "expires_at": token.expires_at.map(|day| day.to_string()),
    });
    if gitlab.is_at_least(17, 7) {
        answer["description"] = json!(token.description);
    }
    if gitlab.is_at_least(17, 10) {
        answer["last_used_ips"] = json!(token.last_used_at.map_or(vec![], |_| vec!["127.0.0.1"]));
    }
    if gitlab.is_at_least(18, 10) {
        answer["granular"] = json!(token.granular);
    }
    if token.granular && gitlab.is_at_least(19, 5) {
        let shown = |grant: &GranularGrant| json!({ "access": grant.access, "permissions": grant.permissions });
        answer["granular_scopes"] = token.grants.iter().map(shown).collect();
    }
    answer
}

fn personal(caller: &Caller) -> Option<u64> {
    match caller.credential {
        Credential::Personal(id) => Some(id),
        Credential::Oauth(_) => None,
    }
}

fn not_personal() -> ApiError {
    bad_request("This endpoint requires token type to be a personal access token")
}

fn bad_request(reason: &str) -> ApiError {
    ApiError::message(StatusCode::BAD_REQUEST, format!("400 Bad request - {reason}"))
}
