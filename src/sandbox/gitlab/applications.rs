//! Instance-wide OAuth applications, as an admin manages them.
//!
//! gitlab: lib/api/applications.rb, app/finders/applications_finder.rb

use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde_json::{Map, Value, json};

use super::auth::Call;
use super::error::ApiError;
use super::params::Params;
use super::secrets::{self, Digest};
use super::state::{GitLabState, StoredApplication, next};
use super::{GitLab, params, redirect_uri, scopes};

pub(super) fn routes() -> Router<GitLab> {
    Router::new()
        .route("/applications", get(list).post(create))
        .route("/applications/{id}", delete(remove))
        .route("/applications/{id}/renew-secret", post(renew_secret))
}

/// An application to add, bypassing the API, as its owner or the Admin Area would.
#[derive(Clone, Debug)]
pub(crate) struct ApplicationSpec {
    pub name: String,
    pub redirect_uri: String,
    /// An empty list means every scope, as in Doorkeeper.
    pub scopes: Vec<String>,
    pub confidential: bool,
    /// The user whose own application it is; the instance's list does not show it.
    pub owner: Option<u64>,
}

/// The id and secret of an application.
#[derive(Clone)]
pub(crate) struct ClientPair {
    pub uid: String,
    pub secret: String,
}

impl GitLab {
    /// Adds an application and returns its id and secret; the secret is not stored.
    pub(crate) fn add_application(&self, spec: ApplicationSpec) -> ClientPair {
        let mut state = self.lock();
        let (id, secret) = insert(self, &mut state, spec);
        ClientPair { uid: state.applications.get(&id).map(|app| app.uid.clone()).unwrap_or_default(), secret }
    }
}

/// The whole list, without pagination and without applications of users.
async fn list(Shared(gitlab): Shared<GitLab>, call: Call) -> Result<Json<Value>, ApiError> {
    call.require_admin(&gitlab)?;
    let state = gitlab.lock();
    let ownerless = state.applications.values().filter(|application| application.owner.is_none());
    Ok(Json(ownerless.map(|application| entity(&gitlab, &state, application)).collect()))
}

async fn create(Shared(gitlab): Shared<GitLab>, call: Call) -> Result<Response, ApiError> {
    let caller = call.require_admin(&gitlab)?;
    let spec = read(&gitlab, &call.params)?;
    let mut state = gitlab.lock();
    let (id, secret) = insert(&gitlab, &mut state, spec);
    if let Some(made) = state.applications.get(&id).cloned() {
        state.audit_application(caller.user, "oauth_application_created", &made);
    }
    Ok((StatusCode::CREATED, Json(entity_with_secret(&gitlab, &state, id, &secret)?)).into_response())
}

/// Not restricted to instance-wide applications: a wrong id deletes a user's (gitlab: `find_by(id:)`).
async fn remove(Shared(gitlab): Shared<GitLab>, Path(id): Path<String>, call: Call) -> Result<StatusCode, ApiError> {
    let caller = call.require_admin(&gitlab)?;
    let id = params::id("id", &id)?;
    let mut state = gitlab.lock();
    let removed = state.applications.remove(&id).ok_or_else(|| ApiError::not_found("Application"))?;
    state.audit_application(caller.user, "oauth_application_deleted", &removed);
    state.oauth_tokens.retain(|_, token| token.application != Some(id));
    let GitLabState { oauth_tokens, oauth_values, refresh_values, device_codes, grants, .. } = &mut *state;
    oauth_values.retain(|_, token| oauth_tokens.contains_key(token));
    refresh_values.retain(|_, token| oauth_tokens.contains_key(token));
    device_codes.retain(|code| code.application != id);
    grants.retain(|grant| grant.spec.application != id);
    Ok(StatusCode::NO_CONTENT)
}

async fn renew_secret(
    Shared(gitlab): Shared<GitLab>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, ApiError> {
    if !gitlab.is_at_least(16, 11) {
        return Err(ApiError::no_route());
    }
    let caller = call.require_admin(&gitlab)?;
    let id = params::id("id", &id)?;
    let mut state = gitlab.lock();
    let secret = new_secret(&gitlab, &state);
    let application = state.applications.get_mut(&id).ok_or_else(|| ApiError::not_found("Application"))?;
    application.secret = Digest::of(&secret);
    let renewed = application.clone();
    state.audit_application(caller.user, "oauth_application_updated", &renewed);
    Ok((StatusCode::CREATED, Json(entity_with_secret(&gitlab, &state, id, &secret)?)).into_response())
}

/// Grape's errors first, in the order the parameters are declared; then the model's, all of them at once.
fn read(gitlab: &GitLab, params: &Params) -> Result<ApplicationSpec, ApiError> {
    let mut problems: Vec<String> = ["name", "redirect_uri", "scopes"]
        .iter()
        .filter(|name| params.get(name).is_none())
        .map(|name| format!("{name} is missing"))
        .collect();
    let scopes = params.text("scopes")?.unwrap_or_default();
    if scopes.trim().is_empty() {
        problems.push("scopes is empty".into());
    }
    if !problems.is_empty() {
        return Err(ApiError::invalid(&problems.join(", ")));
    }
    let spec = ApplicationSpec {
        name: params.text("name")?.unwrap_or_default(),
        redirect_uri: params.text("redirect_uri")?.unwrap_or_default(),
        scopes: scopes.split_whitespace().map(str::to_owned).collect(),
        confidential: params.boolean("confidential")?.unwrap_or(true),
        owner: None,
    };
    validate(gitlab, &spec)?;
    Ok(spec)
}

fn validate(gitlab: &GitLab, spec: &ApplicationSpec) -> Result<(), ApiError> {
    let mut errors = Map::new();
    if spec.name.trim().is_empty() {
        errors.insert("name".into(), json!(["can't be blank"]));
    }
    let uri = redirect_uri::errors(&spec.redirect_uri);
    if !uri.is_empty() {
        errors.insert("redirect_uri".into(), json!(uri));
    }
    if !spec.scopes.iter().all(|scope| scopes::known(gitlab).any(|known| known == scope)) {
        // Doorkeeper 5.9 reworded it. Which GitLab first had that gem is not known; the newest is assumed.
        let text = match gitlab.is_at_least(19, 2) {
            true => "doesn't match those configured on the server.",
            false => "doesn't match configured on the server.",
        };
        errors.insert("scopes".into(), json!([text]));
    }
    if errors.is_empty() { Ok(()) } else { Err(ApiError::message(StatusCode::BAD_REQUEST, Value::Object(errors))) }
}

fn insert(gitlab: &GitLab, state: &mut GitLabState, spec: ApplicationSpec) -> (u64, String) {
    let secret = new_secret(gitlab, state);
    let id = next(&mut state.ids.application);
    let application = StoredApplication {
        id,
        uid: secrets::hex64(),
        name: spec.name,
        redirect_uri: spec.redirect_uri,
        scopes: spec.scopes,
        confidential: spec.confidential,
        trusted: false,
        owner: spec.owner,
        // Since 18.11 the device flow is off for new applications by default.
        device_code_enabled: !gitlab.is_at_least(18, 11),
        secret: Digest::of(&secret),
    };
    state.applications.insert(id, application);
    (id, secret)
}

/// `gloas-` and 64 hex digits; bare before 16.0 (the version is approximate), after the instance's own
/// prefix since 18.5 (gitlab: MR 207250).
fn new_secret(gitlab: &GitLab, state: &GitLabState) -> String {
    let body = secrets::hex64();
    match state.settings.instance_token_prefix.as_str() {
        _ if !gitlab.is_at_least(16, 0) => body,
        prefix if !prefix.is_empty() && gitlab.is_at_least(18, 5) => format!("{prefix}-gloas-{body}"),
        _ => format!("gloas-{body}"),
    }
}

/// gitlab: lib/api/entities/application.rb. `scopes` came between 18.6 and 19.1; it is shown from 19.1 on.
pub(super) fn entity(gitlab: &GitLab, state: &GitLabState, application: &StoredApplication) -> Value {
    let mut answer = json!({
        "id": application.id,
        "application_id": application.uid,
        "application_name": application.name,
        "callback_url": application.redirect_uri,
        "confidential": application.confidential,
    });
    if state.quirks.expose_scopes.unwrap_or_else(|| gitlab.is_at_least(19, 1)) {
        answer["scopes"] = json!(application.scopes);
    }
    answer
}

fn entity_with_secret(gitlab: &GitLab, state: &GitLabState, id: u64, secret: &str) -> Result<Value, ApiError> {
    let application = state.applications.get(&id).ok_or_else(|| ApiError::not_found("Application"))?;
    let mut answer = entity(gitlab, state, application);
    answer["secret"] = json!(secret);
    Ok(answer)
}
