//! Web pages, and the middleware around every response.

pub(super) mod page;
mod response_noise;
pub(super) mod session;
mod wall;

use axum::body::Body;
use axum::extract::{Request, State as Shared};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use serde_json::json;

use super::error::ApiError;
use super::{GitLab, cloud};
use crate::sandbox::request_log::is_write;

const NOT_FOUND: &str = "<!DOCTYPE html>\n<html>\n<head>\n  <title>The page could not be found (404)</title>\n</head>\n\
    <body>\n  <h1>404: Page not found</h1>\n  <p>Make sure the address is correct and the page has not moved.</p>\n\
    </body>\n</html>\n";
/// Where there are no pages, but endpoints that a version or a setting may leave out.
const ENDPOINTS: &[&str] =
    &["/.well-known", "/oauth/authorize_device", "/oauth/introspect", "/oauth/token", "/oauth/revoke"];

/// The fallback of all routes: GitLab's JSON 404 inside the API. Outside of it every address leads a visitor who is not signed
/// in to the sign-in page, whether there is such a page or not (gitlab: app/controllers/application_controller.rb,
/// route_not_found).
pub(super) async fn elsewhere(Shared(gitlab): Shared<GitLab>, request: Request) -> Response {
    let path = request.uri().path().trim_end_matches('/');
    let is_below =
        |prefix: &&str| path.strip_prefix(*prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    match path {
        _ if path == "/api/v3" || path.starts_with("/api/v3/") => {
            ApiError::error(StatusCode::GONE, "API V3 is no longer supported. Use API V4 instead.").into_response()
        }
        _ if path == "/api" || path.starts_with("/api/") => ApiError::no_route().into_response(),
        "/-/health" => "GitLab OK".into_response(),
        "/-/liveness" | "/-/readiness" => axum::Json(json!({ "status": "ok" })).into_response(),
        _ if ENDPOINTS.iter().any(is_below) => not_found().await,
        _ => sign_in(&gitlab),
    }
}

/// The front page, which redirects to the sign-in page.
pub(super) async fn front(Shared(gitlab): Shared<GitLab>) -> Response {
    sign_in(&gitlab)
}

/// GitLab's page for an address it does not know.
pub(super) async fn not_found() -> Response {
    (StatusCode::NOT_FOUND, Html(NOT_FOUND)).into_response()
}

/// A known API path with a method it does not have.
pub(super) async fn no_method() -> ApiError {
    ApiError::error(StatusCode::METHOD_NOT_ALLOWED, "405 Not Allowed")
}

fn sign_in(gitlab: &GitLab) -> Response {
    let address = gitlab.lock().link("/users/sign_in");
    let page = format!("<html><body>You are being <a href=\"{address}\">redirected</a>.</body></html>");
    (StatusCode::FOUND, [(header::LOCATION, address)], Html(page)).into_response()
}

/// Refuses writes on a read-only instance, and adds GitLab's headers to every response.
pub(super) async fn frame(Shared(gitlab): Shared<GitLab>, mut request: Request, next: Next) -> Response {
    let down = gitlab.lock().quirks.down;
    if let Some(status) = down {
        return wall::down(status);
    }
    let wall = gitlab.lock().quirks.wall.clone();
    if let Some(response) = wall.and_then(|wall| wall::refusal(&wall, &mut request)) {
        return response;
    }
    let over_limit = if gitlab.is_cloud() { cloud::over_limit(&gitlab, &request) } else { None };
    let refused = over_limit.or_else(|| read_only(&gitlab, &request));
    let mut response = match refused {
        Some(response) => response,
        None => next.run(request).await,
    };
    let id = uuid::Uuid::new_v4().simple().to_string();
    let meta = json!({ "correlation_id": id, "version": "1" }).to_string();
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-request-id", id.as_str()),
        ("x-gitlab-meta", meta.as_str()),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "SAMEORIGIN"),
    ] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=0, private, must-revalidate"));
    }
    response_noise::add_noise(&gitlab, response).await
}

/// Maintenance mode: JSON writes are refused, form writes are redirected (gitlab: middleware/read_only).
fn read_only(gitlab: &GitLab, request: &Request) -> Option<Response> {
    let writing = is_write(request.method().as_str(), request.uri().path());
    // An admin has to be able to end it (gitlab: the read_only controller of EE allows the settings).
    let ending = request.uri().path().ends_with("/api/v4/application/settings");
    let state = gitlab.lock();
    if !writing || ending || !state.settings.maintenance_mode {
        return None;
    }
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if content_type.is_some_and(|kind| kind.starts_with("application/json")) {
        let text = "You cannot perform write operations on a read-only instance";
        return Some(ApiError::message(StatusCode::FORBIDDEN, text).into_response());
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
    let root = || HeaderValue::try_from(state.link("/")).ok();
    if let Some(place) = request.headers().get(header::REFERER).cloned().or_else(root) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Some(response)
}
