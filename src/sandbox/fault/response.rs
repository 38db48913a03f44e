//! The responses of injected faults: in place of the server's own, or made from it.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, LINK, LOCATION, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use futures_util::stream;
use serde_json::{Value, json};

use super::FaultAction;
use crate::sandbox::clock;
use crate::sandbox::request_log::Side;

/// The connection is reset without a response.
#[derive(Debug, thiserror::Error)]
#[error("the connection is reset on purpose")]
pub(crate) struct ConnectionReset;

/// What a fault needs to know about the request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FaultedRequest {
    pub side: Side,
    pub write: bool,
    /// The body is a form, which a read-only GitLab redirects instead of refusing.
    pub form: bool,
}

const LOGIN_PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head>\n<body><h1>Sign in to continue</h1>\
    <form action=\"/login\" method=\"post\"><input name=\"user\"><input name=\"password\" type=\"password\"></form></body></html>\n";
const DEPLOY_PAGE: &str = "<!DOCTYPE html>\n<html><head><title>GitLab is not responding (503)</title></head>\n\
    <body><h1>503</h1><h3>Whoops, GitLab is currently unavailable.</h3><p>Try refreshing the page, or going back and attempting the action again.</p></body></html>\n";

/// The response that is sent without letting the server act; `None` if the server acts.
pub(crate) async fn replacement(
    action: &FaultAction,
    request: FaultedRequest,
) -> Option<Result<Response<Body>, ConnectionReset>> {
    let json_429 = json!({"message": {"error": "This endpoint has been requested too many times. Try again later."}});
    let answer = match action {
        FaultAction::Status(code) => json_answer(*code, &error_body(request.side, *code)),
        FaultAction::Html(code) => answer(*code, "text/html; charset=utf-8", LOGIN_PAGE),
        FaultAction::Text(code) => answer(*code, "text/plain; charset=utf-8", "upstream connect error or disconnect\n"),
        FaultAction::Empty => json_answer(200, &json!([])),
        FaultAction::Json(text) => answer(200, "application/json", text),
        FaultAction::Oauth(error) => oauth_answer(error),
        FaultAction::Errors => json_answer(200, &json!({"errors": [{"message": "Internal server error"}]})),
        FaultAction::Redirect(to) => with(answer(302, "text/html", ""), LOCATION, to),
        FaultAction::RetryAfter(seconds) => {
            with(answer(429, "text/plain", "Retry later\n"), RETRY_AFTER, &seconds.to_string())
        }
        FaultAction::Json429 => json_answer(429, &json_429),
        FaultAction::Maintenance if request.write && request.form => with(answer(301, "text/html", ""), LOCATION, "/"),
        FaultAction::Maintenance if request.write => {
            json_answer(403, &json!({"message": "You cannot perform write operations on a read-only instance"}))
        }
        FaultAction::Deploying => answer(503, "text/html; charset=utf-8", DEPLOY_PAGE),
        FaultAction::Endless => endless(b"[{\"id\":1,\"name\":\"and so on\"},"),
        FaultAction::EndlessEscapes => endless(b"\x1b[2J\x1b]0;owned\x07\x1b[31mand so on\r"),
        FaultAction::Hang => std::future::pending().await,
        FaultAction::Reset => return Some(Err(ConnectionReset)),
        _ => return None,
    };
    Some(Ok(answer))
}

/// Damages the server's response as the fault says.
///
/// # Errors
/// [`ConnectionReset`], when the response is to be lost.
pub(crate) async fn damage(action: &FaultAction, response: Response<Body>) -> Result<Response<Body>, ConnectionReset> {
    match action {
        FaultAction::Lost => Err(ConnectionReset),
        FaultAction::Link(to) => Ok(with(response, LINK, &format!("<{to}>; rel=\"next\""))),
        FaultAction::Cut | FaultAction::Half | FaultAction::Slow | FaultAction::Type | FaultAction::With(_) => {
            let (mut parts, body) = response.into_parts();
            let whole = axum::body::to_bytes(body, usize::MAX).await.map_err(|_| ConnectionReset)?;
            let half = whole.slice(..whole.len() / 2);
            let (length, body) = match action {
                FaultAction::Cut => (half.len(), Body::from(half)),
                FaultAction::Half => (whole.len(), dropped_after(half)),
                FaultAction::Type => retyped(&whole),
                FaultAction::With(fields) => replaced(&whole, fields),
                _ => (whole.len(), byte_by_byte(whole)),
            };
            parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
            Ok(Response::from_parts(parts, body))
        }
        _ => Ok(response),
    }
}

/// An error of OAuth's, with the status that it has. RFC 6749 5.2
fn oauth_answer(error: &str) -> Response<Body> {
    let code = match error {
        "invalid_client" | "invalid_token" => 401,
        "temporarily_unavailable" => 503,
        "server_error" => 500,
        _ => 400,
    };
    let body = json!({"error": error, "error_description": "The sandbox was told to answer with this error."});
    let answer = json_answer(code, &body);
    if code == 503 { with(answer, RETRY_AFTER, "60") } else { answer }
}

/// The answer with these fields in place of its own; an answer that is not an object stays as it is.
fn replaced(whole: &Bytes, fields: &str) -> (usize, Body) {
    let mut answer = serde_json::from_slice::<Value>(whole).unwrap_or_default();
    let fields = serde_json::from_str::<Value>(fields).unwrap_or_default();
    let body = match (&mut answer, fields) {
        (Value::Object(answer), Value::Object(fields)) => {
            answer.extend(fields);
            Bytes::from(Value::Object(std::mem::take(answer)).to_string())
        }
        _ => whole.clone(),
    };
    (body.len(), Body::from(body))
}

fn error_body(side: Side, code: u16) -> Value {
    let reason = StatusCode::from_u16(code).ok().and_then(|status| status.canonical_reason()).unwrap_or("Error");
    match side {
        Side::GitLab => json!({"message": format!("{code} {reason}")}),
        Side::Factory => {
            json!({"title": reason, "detail": format!("The sandbox was told to answer {code}."), "status": code})
        }
    }
}

pub(super) fn json_answer(code: u16, body: &Value) -> Response<Body> {
    answer(code, "application/json", &body.to_string())
}

fn answer(code: u16, kind: &str, body: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_owned()));
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    with(response, CONTENT_TYPE, kind)
}

fn with(mut response: Response<Body>, name: HeaderName, value: &str) -> Response<Body> {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
    response
}

fn endless(piece: &'static [u8]) -> Response<Body> {
    let chunk = Bytes::from(piece.repeat(512));
    let body = Body::from_stream(stream::repeat_with(move || Ok::<_, Infallible>(chunk.clone())));
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn dropped_after(half: Bytes) -> Body {
    // The half has to be sent before the connection drops, or the client would not see a response at all.
    let pieces = stream::unfold(Some(half), |left| async move {
        match left {
            Some(half) if !half.is_empty() => Some((Ok(half), Some(Bytes::new()))),
            Some(_) => {
                clock::wait(Duration::from_millis(50)).await;
                Some((Err(io::Error::other(ConnectionReset)), None))
            }
            None => None,
        }
    });
    Body::from_stream(pieces)
}

fn byte_by_byte(whole: Bytes) -> Body {
    Body::from_stream(stream::unfold(whole, |mut left| async move {
        if left.is_empty() {
            return None;
        }
        clock::wait(Duration::from_secs(1)).await;
        let byte = left.split_to(1);
        Some((Ok::<_, Infallible>(byte), left))
    }))
}

fn retyped(whole: &[u8]) -> (usize, Body) {
    let other = match serde_json::from_slice::<Value>(whole) {
        Ok(Value::Array(_)) => json!({"unexpected": true}),
        Ok(Value::Object(_)) => json!(["unexpected"]),
        _ => json!(7),
    }
    .to_string();
    (other.len(), Body::from(other))
}
