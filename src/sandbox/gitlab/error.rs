//! GitLab's error responses, in the two envelopes that its code uses.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An error response: a status and GitLab's own body.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ApiError {
    pub status: StatusCode,
    pub body: Value,
    /// `WWW-Authenticate`, where GitLab sends one.
    pub challenge: Option<String>,
}

impl ApiError {
    /// `{"message": …}`, the envelope of `render_api_error!` (gitlab: lib/api/helpers.rb).
    #[must_use]
    pub(crate) fn message(status: StatusCode, message: impl Into<Value>) -> Self {
        Self { status, body: json!({ "message": message.into() }), challenge: None }
    }

    /// `{"error": …}`, the envelope of Grape's own errors and of `error!`.
    #[must_use]
    pub(crate) fn error(status: StatusCode, error: impl Into<Value>) -> Self {
        Self { status, body: json!({ "error": error.into() }), challenge: None }
    }

    /// A Grape parameter error: 400 `{"error":"name is missing"}`.
    #[must_use]
    pub(crate) fn invalid(problem: &str) -> Self {
        Self::error(StatusCode::BAD_REQUEST, problem)
    }

    /// 429 of the limit of one endpoint, in JSON (gitlab: lib/api/helpers/rate_limiter.rb).
    #[must_use]
    pub(crate) fn rate_limited() -> Self {
        let text = "This endpoint has been requested too many times. Try again later.";
        Self::message(StatusCode::TOO_MANY_REQUESTS, json!({ "error": text }))
    }

    /// 401 without a token, or with an unknown one.
    #[must_use]
    pub(crate) fn unauthorized() -> Self {
        Self::message(StatusCode::UNAUTHORIZED, "401 Unauthorized")
    }

    /// 403 without a reason: not an admin, or an admin without Admin Mode; the two responses are the same.
    #[must_use]
    pub(crate) fn forbidden() -> Self {
        Self::message(StatusCode::FORBIDDEN, "403 Forbidden")
    }

    /// 403 with GitLab's reason after a dash.
    #[must_use]
    pub(crate) fn forbidden_because(reason: &str) -> Self {
        Self::message(StatusCode::FORBIDDEN, format!("403 Forbidden - {reason}"))
    }

    /// 404 that names the thing, as `404 Project Not Found`.
    #[must_use]
    pub(crate) fn not_found(thing: &str) -> Self {
        Self::message(StatusCode::NOT_FOUND, format!("404 {thing} Not Found"))
    }

    /// 404 of a record that ActiveRecord did not find; here GitLab writes `found` in lower case.
    #[must_use]
    pub(crate) fn record_not_found() -> Self {
        Self::message(StatusCode::NOT_FOUND, "404 Not found")
    }

    /// 404 of a route that this GitLab does not have, as an EE route on CE.
    #[must_use]
    pub(crate) fn no_route() -> Self {
        Self::error(StatusCode::NOT_FOUND, "404 Not Found")
    }

    /// The token guard's errors, `{"error","error_description"}` (gitlab: lib/api/api_guard.rb).
    #[must_use]
    pub(crate) fn guard(status: StatusCode, error: &str, description: &str) -> Self {
        let body = json!({ "error": error, "error_description": description });
        let challenge = (status == StatusCode::UNAUTHORIZED).then(|| {
            format!("Bearer realm=\"Protected by OAuth 2.0\", error=\"{error}\", error_description=\"{description}\"")
        });
        Self { status, body, challenge }
    }

    /// The token is valid but has none of the `acceptable` scopes.
    #[must_use]
    pub(crate) fn insufficient_scope(acceptable: &[&str]) -> Self {
        let description = "The request requires higher privileges than provided by the access token.";
        let mut error = Self::guard(StatusCode::FORBIDDEN, "insufficient_scope", description);
        error.body["scope"] = json!(acceptable.join(" "));
        error
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, axum::Json(self.body)).into_response();
        if let Some(challenge) = self.challenge.and_then(|text| HeaderValue::try_from(text).ok()) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
