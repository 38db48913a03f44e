//! The OAuth server: Doorkeeper as GitLab configures it, with its order of checks and its error texts.
//!
//! gitlab: config/initializers/doorkeeper.rb, app/controllers/oauth

mod authorize;
mod authorized;
mod client;
mod device;
mod device_page;
mod discovery;
mod grants;
mod tokens;

use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::secrets::{self, Digest};
use super::state::{GitLabState, OauthToken, next};
use super::{GitLab, web};

#[cfg(test)]
pub(crate) use grants::CodeChallenge;
pub(crate) use grants::GrantSpec;

/// The lifetime of an access token, in seconds.
const ACCESS_TOKEN_LIFE: i64 = 7200;

pub(super) fn routes() -> Router<GitLab> {
    Router::new()
        .route("/oauth/authorize", get(authorize::show).post(authorize::answer).delete(authorize::answer))
        .route(authorized::PAGE, get(authorized::list))
        .route("/oauth/authorized_applications/{id}", post(authorized::revoke).delete(authorized::revoke))
        .route("/oauth/device", get(device_page::enter).post(device_page::answer))
        .route("/oauth/device/confirm", post(device_page::confirm))
        .route("/oauth/token", post(grants::token))
        .route("/oauth/token/info", get(tokens::info))
        .route("/oauth/introspect", post(tokens::introspect))
        .route("/oauth/revoke", post(tokens::revoke))
        .route("/oauth/authorize_device", post(device::authorize))
        .route("/.well-known/openid-configuration", get(discovery::openid))
        .route("/.well-known/oauth-authorization-server", get(discovery::server))
        .method_not_allowed_fallback(web::not_found)
}

/// An OAuth error, or one of the error pages that uncaught exceptions lead to.
#[derive(Debug)]
pub(super) enum OauthError {
    Error {
        error: &'static str,
        description: String,
    },
    /// An HTML page with this status: 422 for what the gem does not catch, 500 for what GitLab does not.
    Page(StatusCode),
}

impl OauthError {
    /// An error with Doorkeeper's description.
    fn new(error: &'static str) -> Self {
        Self::Error { error, description: description(error).into() }
    }

    fn missing(parameter: &str) -> Self {
        Self::Error { error: "invalid_request", description: format!("Missing required parameter: {parameter}.") }
    }

    fn because(error: &'static str, description: &str) -> Self {
        Self::Error { error, description: description.into() }
    }
}

/// doorkeeper: config/locales/en.yml
fn description(error: &str) -> &'static str {
    match error {
        "invalid_client" => {
            "Client authentication failed due to unknown client, no client authentication included, or unsupported \
             authentication method."
        }
        "invalid_grant" => {
            "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used \
             in the authorization request, or was issued to another client."
        }
        "unsupported_grant_type" => "The authorization grant type is not supported by the authorization server.",
        "invalid_scope" => "The requested scope is invalid, unknown, or malformed.",
        "access_denied" => "The resource owner or authorization server denied the request.",
        "invalid_token" => "The access token is invalid",
        "invalid_redirect_uri" => "The requested redirect uri is malformed or doesn't match client redirect URI.",
        "unsupported_response_type" => "The authorization server does not support this response type.",
        "invalid_code_challenge_method" => "The code_challenge_method must be one of plain, S256.",
        "temporarily_unavailable" => {
            "The authorization server is currently unable to handle the request due to a temporary overloading or maintenance of \
             the server."
        }
        // The device gem has no descriptions for its own errors, so they get this one.
        _ => {
            "The authorization server encountered an unexpected condition which prevented it from fulfilling the request."
        }
    }
}

impl IntoResponse for OauthError {
    fn into_response(self) -> Response {
        let (error, description) = match self {
            Self::Error { error, description } => (error, description),
            Self::Page(status) => {
                return (status, Html("<!DOCTYPE html>\n<html><h1>GitLab</h1></html>\n")).into_response();
            }
        };
        let status = match error {
            "invalid_client" | "invalid_token" => StatusCode::UNAUTHORIZED,
            "temporarily_unavailable" => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        };
        let challenge = format!("Bearer realm=\"Doorkeeper\", error=\"{error}\", error_description=\"{description}\"");
        let mut response = no_store(json!({ "error": error, "error_description": description }));
        *response.status_mut() = status;
        if let Ok(challenge) = HeaderValue::try_from(challenge) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        }
        response
    }
}

/// A JSON response that must not be cached.
fn no_store(body: Value) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], axum::Json(body)).into_response()
}

/// The properties of an OAuth token to create.
struct NewOauthToken {
    application: Option<u64>,
    user: Option<u64>,
    scopes: Vec<String>,
}

/// Creates an access token, with a refresh token if it belongs to a user, and returns the response body.
/// doorkeeper: lib/doorkeeper/oauth/token_response.rb
fn issue(gitlab: &GitLab, state: &mut GitLabState, issue: NewOauthToken) -> Value {
    let (value, refresh) = (secrets::hex64(), issue.user.map(|_| secrets::hex64()));
    let id = next(&mut state.ids.oauth_token);
    let token = OauthToken {
        id,
        application: issue.application,
        user: issue.user,
        scopes: issue.scopes,
        created_at: gitlab.clock().now(),
        expires_in: ACCESS_TOKEN_LIFE,
        revoked: false,
        value: Digest::of(&value),
        refresh: refresh.as_deref().map(Digest::of),
    };
    let mut answer = json!({
        "access_token": value,
        "token_type": "Bearer",
        "expires_in": ACCESS_TOKEN_LIFE,
        "scope": token.scopes.join(" "),
        "created_at": token.created_at.as_second(),
    });
    if let (Some(refresh), Some(digest)) = (refresh, token.refresh) {
        answer["refresh_token"] = json!(refresh);
        state.refresh_values.insert(digest, id);
    }
    state.oauth_values.insert(token.value, id);
    state.oauth_tokens.insert(id, token);
    answer
}
