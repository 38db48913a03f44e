//! Droids that answer in GitLab: a comment on the issue or merge request of a delivery, as a kit may promise it or not.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use url::Url;

use super::{EmbeddedFactory, ReceivedDelivery};
use crate::sandbox::clock;

/// Marks a Droid's comments: it does not answer itself.
const MARK: &str = "<!-- droid";

/// How a Droid answers one kind of event. Who it is and how it is late is said by the token and the delay: a comment's author is
/// the owner of the token.
#[derive(Clone, Debug)]
pub struct DroidAnswer {
    /// `X-Gitlab-Event`, as `Merge Request Hook`.
    pub event: &'static str,
    /// The token that it writes with.
    pub token: SecretString,
    /// How long it takes.
    pub delay: Duration,
    pub comment: DroidComment,
}

/// What a Droid writes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(not(feature = "sandbox-testing"), allow(dead_code, reason = "only tests set them"))]
pub enum DroidComment {
    /// An answer in words.
    Answer,
    /// The one comment of a review that tells how far it is.
    TrackingNote,
}

impl DroidComment {
    fn body(self) -> String {
        let text = match self {
            Self::Answer => "answer -->\nI have looked at this.",
            Self::TrackingNote => "-tracking-note -->\n### Droid is reviewing",
        };
        let gap = if self == Self::Answer { " " } else { "" };
        format!("{MARK}{gap}{text}")
    }
}

/// Sets a Droid off, where this delivery wakes one.
pub(super) fn wake(factory: &EmbeddedFactory, delivery: &ReceivedDelivery) {
    let answers = factory.lock().quirks.droids.clone();
    let Some(place) = place(delivery) else { return };
    for answer in answers.into_iter().filter(|answer| answer.event == delivery.event) {
        let (gitlab, path) = (factory.inner.gitlab.clone(), place.clone());
        tokio::spawn(async move {
            clock::wait(answer.delay).await;
            let (url, router) = gitlab;
            let root = Url::parse(&url).map(|url| url.path().trim_end_matches('/').to_owned()).unwrap_or_default();
            let body = json!({ "body": answer.comment.body() }).to_string();
            let request = Request::builder()
                .method(Method::POST)
                .uri(format!("{root}{path}"))
                .header("private-token", answer.token.expose_secret())
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body));
            // A comment that GitLab refuses is one that nobody sees.
            let Ok(request) = request else { return };
            let Ok(response) = router.oneshot(request).await;
            tracing::debug!(status = response.status().as_u16(), "a Droid has answered");
        });
    }
}

/// Where the answer belongs: what was opened or commented on. Drafts are skipped.
fn place(delivery: &ReceivedDelivery) -> Option<String> {
    let payload = &delivery.payload;
    let attributes = &payload["object_attributes"];
    let project = payload["project"]["id"].as_u64()?;
    let below = |kind: &str, about: &Value| {
        about["iid"].as_u64().map(|iid| format!("/api/v4/projects/{project}/{kind}/{iid}/notes"))
    };
    match payload["object_kind"].as_str()? {
        "issue" if attributes["action"] == "open" => below("issues", attributes),
        "merge_request" if attributes["action"] == "open" && attributes["draft"] != true => {
            below("merge_requests", attributes)
        }
        "note" if attributes["note"].as_str().is_some_and(|text| text.contains(MARK)) => None,
        "note" => below("issues", &payload["issue"]).or_else(|| below("merge_requests", &payload["merge_request"])),
        _ => None,
    }
}
