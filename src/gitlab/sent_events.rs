//! What a hook's delivery log says was sent: which object each delivery tells of, and how it ended.

use jiff::Timestamp;
use serde_json::Value;

use super::wire::SentWire;
use super::{DeliveryOutcome, Error, Reader};
use crate::http::limits::MAX_LOG_ENTRIES;
use crate::target::Target;

/// At most this many pages of a log are read in one look: a busy group's hook sends much.
const MAX_LOG_PAGES: u32 = 15;

/// A delivery in the log, with what tells which object it is about. Bodies are not kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SentEvent {
    pub id: u64,
    pub outcome: DeliveryOutcome,
    /// What the receiver answered, cut.
    pub answer: String,
    pub created_at: Option<Timestamp>,
    /// `Idempotency-Key` (17.4).
    pub idempotency_key: Option<String>,
    /// `X-Gitlab-Event-UUID`.
    pub event_uuid: Option<String>,
    pub subject: EventSubject,
}

/// The numbers and names in a body that tell what it is about. gitlab: lib/gitlab/data_builder, lib/gitlab/hook_data
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct EventSubject {
    /// `push`, `tag_push`, `issue`, `note`, `merge_request`, `pipeline`, `build`.
    pub kind: String,
    pub project: Option<u64>,
    /// `refs/heads/main`
    pub reference: Option<String>,
    /// The commit that a push or tag leaves.
    pub after: Option<String>,
    /// The commit before; zeros for a new branch or tag.
    pub before: Option<String>,
    /// Of the issue, comment, merge request or pipeline.
    pub id: Option<u64>,
    pub iid: Option<u64>,
    /// Of a job.
    pub pipeline: Option<u64>,
}

impl EventSubject {
    pub(super) fn of(body: &Value) -> Self {
        let attributes = &body["object_attributes"];
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Self {
            kind: text(&body["object_kind"]).unwrap_or_default(),
            project: body["project_id"].as_u64().or_else(|| body["project"]["id"].as_u64()),
            reference: text(&body["ref"]),
            after: text(&body["after"]),
            before: text(&body["before"]),
            id: attributes["id"].as_u64(),
            iid: attributes["iid"].as_u64(),
            pipeline: body["pipeline_id"].as_u64(),
        }
    }
}

impl Reader {
    /// The deliveries of a hook after the one with the number `after`, newest first, as far back as the log is read in one
    /// look.
    ///
    /// # Errors
    /// 404 before 17.3, where there is no log.
    pub async fn sent_events(&self, target: &Target, hook: u64, after: u64) -> Result<Vec<SentEvent>, Error> {
        let mut found: Vec<SentEvent> = Vec::new();
        for page in 1..=MAX_LOG_PAGES {
            let path = format!("{}/{hook}/events?per_page={MAX_LOG_ENTRIES}&page={page}", target.hooks_path());
            let wire: Vec<SentWire> = self.get(&path, "a delivery log").await?;
            let is_last = wire.len() < usize::from(MAX_LOG_ENTRIES) || wire.iter().any(|one| one.entry.id <= after);
            let new = wire.into_iter().filter(|one| one.entry.id > after).map(SentEvent::from);
            // What is sent meanwhile moves entries to the next page.
            for event in new {
                if found.iter().all(|known| known.id != event.id) {
                    found.push(event);
                }
            }
            if is_last {
                break;
            }
        }
        Ok(found)
    }
}
