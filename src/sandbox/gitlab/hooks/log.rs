//! The delivery log of project and group hooks.
//!
//! gitlab: app/models/hooks/web_hook_log.rb, lib/api/hooks/events.rb

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::StoredHook;
use super::delivery::{DeliveryHeaders, WebhookDelivery};
use super::entity::time;
use crate::sandbox::gitlab::GitLab;
use crate::sandbox::gitlab::error::ApiError;
use crate::sandbox::gitlab::params::Params;
use crate::sandbox::sender::SendOutcome;

/// How far back the API lists deliveries.
const WINDOW: SignedDuration = SignedDuration::from_hours(7 * 24);
const LONGEST_BODY: usize = 8 * 1024;
const LONGEST_HEADER: usize = 1024;
const MOST_HEADERS: usize = 50;
const REDACTED: &str = "[REDACTED]";

/// One delivery as it is logged: without the token, the values of custom headers and e-mail addresses.
#[derive(Clone, Debug)]
pub struct LogEntry {
    pub id: u64,
    pub sent: SentRequest,
    pub response_headers: Map<String, Value>,
    pub response_body: String,
    /// Seconds.
    pub execution_duration: f64,
    /// `None` if there was no HTTP response.
    pub status: Option<u16>,
    pub created_at: Timestamp,
}

/// The request of a delivery, as it is logged.
#[derive(Clone, Debug)]
pub struct SentRequest {
    pub url: String,
    /// The URL with the variables filled in, to recognize later whether the hook's URL has changed.
    pub(super) interpolated_url: String,
    pub trigger: String,
    pub(super) header: &'static str,
    pub request_headers: Map<String, Value>,
    pub request_data: Value,
}

impl SentRequest {
    pub(super) fn new(hook: &StoredHook, delivery: WebhookDelivery, headers: &DeliveryHeaders) -> Self {
        let shown = |(name, value): &(String, String)| {
            let value = if name == "X-Gitlab-Token" { REDACTED } else { value };
            (name.clone(), Value::from(value))
        };
        let hidden = headers.custom.iter().map(|(name, _)| (name.clone(), Value::from(REDACTED)));
        let mut request_data = delivery.payload;
        redact(&mut request_data);
        Self {
            url: hook.url.clone(),
            interpolated_url: hook.interpolated_url(),
            trigger: delivery.trigger,
            header: delivery.header,
            request_headers: hidden.chain(headers.own.iter().map(shown)).collect(),
            request_data,
        }
    }
}

impl LogEntry {
    pub(super) fn new(id: u64, sent: SentRequest, outcome: &SendOutcome, created_at: Timestamp) -> Self {
        let response = outcome.response.as_ref().ok();
        let body = match &outcome.response {
            Ok(response) => &response.body,
            // The API never shows the text of the exception.
            Err(_) => "",
        };
        let headers = response.map(|response| response.headers.as_slice()).unwrap_or_default();
        let header = |(name, value): &(String, String)| (title(name), Value::from(cut(value, LONGEST_HEADER)));
        Self {
            id,
            sent,
            response_headers: headers.iter().take(MOST_HEADERS).map(header).collect(),
            response_body: cut(body, LONGEST_BODY).to_owned(),
            execution_duration: outcome.took.as_secs_f64(),
            status: response.map(|response| response.status),
            created_at,
        }
    }

    /// gitlab: lib/api/entities/web_hook_log.rb
    pub(super) fn json(&self, gitlab: &GitLab) -> Value {
        let status = self.status.map_or_else(|| "internal error".to_owned(), |status| status.to_string());
        let mut entry = json!({
            "id": self.id,
            "url": self.sent.url,
            "trigger": self.sent.trigger,
            "request_headers": self.sent.request_headers,
            "request_data": self.sent.request_data,
            "response_headers": self.response_headers,
            "response_body": self.response_body,
            "execution_duration": self.execution_duration,
            "response_status": status,
        });
        if gitlab.is_at_least(19, 0) {
            entry["created_at"] = json!(time(self.created_at));
        }
        entry
    }

    pub(super) fn key(&self) -> Option<String> {
        self.sent.request_headers.get("Idempotency-Key").and_then(Value::as_str).map(str::to_owned)
    }
}

/// The entries that were requested.
pub(super) struct LogFilter {
    statuses: Option<Vec<String>>,
    oldest: Timestamp,
}

impl LogFilter {
    /// Reads `status` and checks `per_page`, which is at most 20 here.
    pub(super) fn read(params: &Params, now: Timestamp) -> Result<Self, ApiError> {
        if params.integer("per_page")?.is_some_and(|size| !(1..=20).contains(&size)) {
            return Err(ApiError::invalid("per_page does not have a valid value"));
        }
        let statuses = params.list("status")?;
        let known = |word: &String| {
            matches!(word.as_str(), "successful" | "client_failure" | "server_failure")
                || word.parse::<u16>().is_ok_and(|code| (100..600).contains(&code))
        };
        if !statuses.iter().flatten().all(known) {
            return Err(ApiError::invalid("status does not have a valid value"));
        }
        Ok(Self { statuses, oldest: now.saturating_sub(WINDOW).unwrap_or(Timestamp::MIN) })
    }

    pub(super) fn matches(&self, entry: &LogEntry) -> bool {
        let wanted = |word: &String| match (word.as_str(), entry.status) {
            ("successful", Some(200..=299)) | ("client_failure", Some(400..=499)) => true,
            ("server_failure", status) => status.is_none_or(|status| (500..600).contains(&status)),
            (code, Some(status)) => code.parse() == Ok(status),
            _ => false,
        };
        entry.created_at >= self.oldest && self.statuses.as_ref().is_none_or(|words| words.iter().any(wanted))
    }
}

/// Replaces every string that looks like an e-mail address.
fn redact(value: &mut Value) {
    match value {
        Value::String(text) if is_email(text) => REDACTED.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::Object(fields) => fields.values_mut().for_each(redact),
        _ => {}
    }
}

fn is_email(text: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && !part.contains([' ', '/', ':', '@']);
    text.split_once('@').is_some_and(|(name, host)| plain(name) && plain(host) && host.contains('.'))
}

fn cut(text: &str, longest: usize) -> &str {
    let mut end = text.len().min(longest);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// `content-type` as `Content-Type`, the way Ruby's HTTP client gives it.
fn title(name: &str) -> String {
    let word = |word: &str| {
        let (first, rest) = word.split_at(word.len().min(1));
        format!("{}{rest}", first.to_ascii_uppercase())
    };
    name.split('-').map(word).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn email_addresses_are_redacted_at_any_depth() {
        let mut payload = json!({
            "user_email": "root@sandbox.example",
            "commits": [{"author": {"name": "a", "email": "a@b.example"}}],
            "git_ssh_url": "git@host.example:group/project.git",
            "note": "ask root@sandbox.example about it",
        });
        redact(&mut payload);
        let expected = json!({
            "user_email": "[REDACTED]",
            "commits": [{"author": {"name": "a", "email": "[REDACTED]"}}],
            "git_ssh_url": "git@host.example:group/project.git",
            "note": "ask root@sandbox.example about it",
        });
        assert_eq!(payload, expected);
    }

    #[test]
    fn texts_are_cut_at_character_boundaries() {
        assert_eq!(cut("aé", 2), "a");
        assert_eq!(cut("aé", 3), "aé");
        assert_eq!(title("x-request-id"), "X-Request-Id");
    }
}
