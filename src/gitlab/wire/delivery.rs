//! Entries of a hook's delivery log.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use crate::gitlab::sent_events::{EventSubject, SentEvent};
use crate::gitlab::{DeliveryOutcome, LoggedDelivery};

/// gitlab: lib/api/entities/web_hook_log.rb
#[derive(Deserialize)]
pub(in crate::gitlab) struct DeliveryWire {
    pub(in crate::gitlab) id: u64,
    #[serde(default)]
    trigger: String,
    /// A string, also where it is a number.
    #[serde(default)]
    response_status: Option<serde_json::Value>,
    #[serde(default)]
    request_headers: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    created_at: Option<String>,
}

impl DeliveryWire {
    fn header(&self, name: &str) -> Option<String> {
        let found = self.request_headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        found.1.as_str().map(str::to_owned)
    }

    fn idempotency_key(&self) -> Option<String> {
        self.header("Idempotency-Key")
    }

    fn event_uuid(&self) -> Option<String> {
        self.header("X-Gitlab-Event-UUID")
    }

    fn outcome(&self) -> DeliveryOutcome {
        let status = self.response_status.as_ref().and_then(|status| match status {
            serde_json::Value::String(text) => text.trim().parse().ok(),
            other => other.as_u64().and_then(|number| u16::try_from(number).ok()),
        });
        status.map_or(DeliveryOutcome::NoAnswer, DeliveryOutcome::Answered)
    }

    fn created_at(&self) -> Option<Timestamp> {
        self.created_at.as_deref().and_then(time)
    }
}

/// GitLab writes times with a zone; one that cannot be read counts as missing.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

impl From<DeliveryWire> for LoggedDelivery {
    fn from(wire: DeliveryWire) -> Self {
        Self {
            id: wire.id,
            key: wire.idempotency_key().or_else(|| wire.event_uuid()),
            outcome: wire.outcome(),
            created_at: wire.created_at(),
            trigger: wire.trigger,
        }
    }
}

/// The same entry with what was sent and answered.
#[derive(Deserialize)]
pub(in crate::gitlab) struct SentWire {
    #[serde(flatten)]
    pub(in crate::gitlab) entry: DeliveryWire,
    /// The body; GitLab leaves most of it out where it is large.
    #[serde(default)]
    request_data: serde_json::Value,
    #[serde(default)]
    response_body: Option<String>,
}

/// At most this many characters of an answer are kept.
const MAX_ANSWER: usize = 200;

impl From<SentWire> for SentEvent {
    fn from(wire: SentWire) -> Self {
        let SentWire { entry, request_data, response_body } = wire;
        Self {
            id: entry.id,
            outcome: entry.outcome(),
            answer: response_body.unwrap_or_default().trim().chars().take(MAX_ANSWER).collect(),
            created_at: entry.created_at(),
            idempotency_key: entry.idempotency_key(),
            event_uuid: entry.event_uuid(),
            subject: EventSubject::of(&request_data),
        }
    }
}
