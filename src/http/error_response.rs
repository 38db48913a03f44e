//! Error responses: GitLab's two envelopes, OAuth's and Factory's, plain text, and web pages of proxies.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use serde_json::{Map, Value};
use url::Url;

use super::error::{Cause, ErrorResponse, UnexpectedPage, base_of_gitlab};
use super::limits::{MAX_ERROR_FIELDS, MAX_PAGE_BYTES, MAX_TEXT_CHARS};
use super::response::Response;
use crate::secret;
use crate::text::one_line;

/// Whose response it should be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Server {
    /// Its API refuses in JSON, and in nothing else.
    GitLab,
    Other,
}

/// The cause that a response other than 2xx amounts to.
pub(super) fn cause(response: &Response, server: Server, now: Timestamp) -> Cause {
    let Response { status, headers, body, .. } = response;
    let status = *status;
    if let Some(what) = wall(response) {
        return Cause::UnexpectedPage { status, what };
    }
    let retry_after = retry_after(headers, now);
    if let Ok(Value::Object(object)) = serde_json::from_slice(body) {
        return Cause::Status(ErrorResponse { status, retry_after, ..envelope(&object) });
    }
    if is_html(headers, body) {
        // GitLab's own error pages, and those of the nginx in front of it, are web pages too.
        if status >= 500 || status == 429 {
            return Cause::Status(ErrorResponse { status, retry_after, ..ErrorResponse::default() });
        }
        return Cause::UnexpectedPage { status, what: page_kind(response) };
    }
    if status == 403 && server == Server::GitLab {
        return Cause::UnexpectedPage { status, what: UnexpectedPage::Firewall };
    }
    let message = std::str::from_utf8(body).ok().map(str::trim).filter(|text| !text.is_empty()).map(server_text);
    Cause::Status(ErrorResponse { status, message, retry_after, ..ErrorResponse::default() })
}

/// A proxy in front of GitLab that asks for a password or a token, as its headers say, whatever the body is.
fn wall(response: &Response) -> Option<UnexpectedPage> {
    let challenges = response.headers.get_all(WWW_AUTHENTICATE);
    let is_basic = |value: &HeaderValue| value.as_bytes().to_ascii_lowercase().starts_with(b"basic");
    let has_access_header = || response.headers.keys().any(|name| name.as_str().starts_with("cf-access-"));
    match response.status {
        401 if challenges.iter().any(is_basic) => Some(UnexpectedPage::BasicAuth),
        401 | 403 if has_access_header() => Some(UnexpectedPage::CloudflareAccess),
        _ => None,
    }
}

/// Whether a proxy in front of the server asks for a password.
pub(super) fn asks_for_password(response: &Response) -> bool {
    wall(response) == Some(UnexpectedPage::BasicAuth)
}

/// What a 2xx response is where it is not the expected JSON; `None` where it claims to be JSON.
pub(super) fn unexpected_page(response: &Response) -> Option<UnexpectedPage> {
    if is_html(&response.headers, &response.body) {
        return Some(page_kind(response));
    }
    let media_type = media_type(&response.headers)?;
    let is_json = media_type == "application/json" || media_type.ends_with("+json");
    (!is_json).then(|| UnexpectedPage::OtherType(server_text(&media_type)))
}

fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

fn is_html(headers: &HeaderMap, body: &[u8]) -> bool {
    match media_type(headers).as_deref() {
        Some("text/html" | "application/xhtml+xml") => true,
        Some("application/json") => false,
        _ => {
            let start = String::from_utf8_lossy(&body[..body.len().min(256)]).trim_start().to_ascii_lowercase();
            start.starts_with("<!doctype html") || start.starts_with("<html")
        }
    }
}

/// What firewalls say that block with another status than 403: F5 (200), Fortinet, Imperva.
const BLOCK_PAGES: [&str; 3] = ["the requested url was rejected", "web page blocked", "incapsula incident id"];

fn page_kind(response: &Response) -> UnexpectedPage {
    let body = &response.body;
    let text = String::from_utf8_lossy(&body[..body.len().min(MAX_PAGE_BYTES)]).to_ascii_lowercase();
    // gitlab: app/views/layouts/_page_head.html.haml
    let is_gitlabs =
        response.header("x-gitlab-meta").is_some() || text.contains("\"gitlab\" property=\"og:site_name\"");
    if response.status == 200 && is_gitlabs {
        let base = base_of_gitlab(&response.url).and_then(|base| Url::parse(base).ok());
        return UnexpectedPage::GitLabSignIn { base };
    }
    // nginx, which asks for the certificate after the handshake and not during it.
    if text.contains("no required ssl certificate was sent") || text.contains("the ssl certificate error") {
        return UnexpectedPage::ClientCertificate;
    }
    let has = |markers: &[&str]| markers.iter().any(|marker| text.contains(marker));
    let is_blocked = response.status == 403 || has(&BLOCK_PAGES);
    if response.status == 403 && has(&["cloudflare access", "cloudflareaccess.com", "/cdn-cgi/access/"]) {
        UnexpectedPage::CloudflareAccess
    } else if has(&["type=\"password\"", "type='password'", "type=password", "samlrequest"]) {
        UnexpectedPage::LoginWall
    } else if is_blocked {
        UnexpectedPage::Firewall
    } else if has(&["sign in", "log in", "login"]) {
        UnexpectedPage::LoginWall
    } else {
        UnexpectedPage::WebPage
    }
}

fn envelope(object: &Map<String, Value>) -> ErrorResponse {
    let text = |key: &str| object.get(key).and_then(Value::as_str).map(server_text);
    let error = object.get("error").and_then(|value| flatten(value, ""));
    let is_code =
        error.as_deref().is_some_and(|text| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
    let message = object
        .get("message")
        .and_then(|value| flatten(value, ""))
        .or_else(|| text("detail"))
        .or_else(|| text("title"))
        .or_else(|| error.clone().filter(|_| !is_code));
    ErrorResponse {
        message: message.as_deref().map(server_text),
        error: error.filter(|_| is_code).as_deref().map(server_text),
        error_description: text("error_description"),
        scope: text("scope"),
        fields: fields(object.get("message")),
        ..ErrorResponse::default()
    }
}

/// `{"scopes": ["a", "b"], "base": ["c"]}` becomes `scopes a, b; c`.
fn flatten(value: &Value, field: &str) -> Option<String> {
    let own = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Array(items) => join(items.iter().filter_map(|item| flatten(item, "")), ", "),
        Value::Object(object) => join(object.iter().filter_map(|(key, value)| flatten(value, key)), "; "),
        Value::Number(number) => number.to_string(),
        Value::Bool(_) | Value::Null => String::new(),
    };
    match (own.is_empty(), field) {
        (true, _) => None,
        (false, "" | "base" | "error") => Some(own),
        (false, field) => Some(format!("{field} {own}")),
    }
}

fn join(parts: impl Iterator<Item = String>, between: &str) -> String {
    parts.take(MAX_ERROR_FIELDS).collect::<Vec<_>>().join(between)
}

fn fields(message: Option<&Value>) -> Vec<String> {
    let Some(Value::Object(object)) = message else { return Vec::new() };
    object
        .keys()
        .filter(|key| !matches!(key.as_str(), "base" | "error"))
        .take(MAX_ERROR_FIELDS)
        .map(|key| server_text(key))
        .collect()
}

/// A text of a server as a message may quote it: one line of a few hundred characters, without the secrets of this process and
/// what addresses hold of secrets. Redacted first and cut after, so that no part of a secret is left.
#[must_use]
pub fn server_text(text: &str) -> String {
    let text = secret::redact(text);
    let text = secret::redact_addresses(&text);
    let text = one_line(&text);
    match text.char_indices().nth(MAX_TEXT_CHARS) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.into_owned(),
    }
}

/// `Retry-After` (seconds or a date), else the time until `RateLimit-Reset`. A time in the past is ignored: one of the
/// clocks is wrong.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let until = |at: Timestamp| Duration::try_from(at.duration_since(now)).unwrap_or_default();
    let wait = text(RETRY_AFTER.as_str()).and_then(|value| {
        let seconds = value.parse().ok().map(Duration::from_secs);
        seconds.or_else(|| jiff::fmt::rfc2822::parse(value).ok().map(|date| until(date.timestamp())))
    });
    let reset = || {
        let reset: i64 = text("ratelimit-reset")?.parse().ok()?;
        // GitLab sends a Unix time, the drafts of the header's standard a number of seconds.
        if reset < 1_000_000_000 {
            return u64::try_from(reset).ok().map(Duration::from_secs);
        }
        Timestamp::from_second(reset).ok().map(until)
    };
    wait.or_else(reset).filter(|wait| !wait.is_zero())
}

/// How long until a server takes requests again that has just answered the last one of its limit: GitLab.com says with every
/// answer how many are left (gitlab: lib/gitlab/rack_attack.rb, `RateLimit-Remaining`).
pub(super) fn time_until_more(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let left = headers.get("ratelimit-remaining")?.to_str().ok()?.trim();
    if left == "0" { retry_after(headers, now) } else { None }
}

#[cfg(test)]
mod tests;
