//! Factory's webhook receiver: checks the token and the signature, records each delivery once and confirms it.

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Sha256;

use super::{EmbeddedFactory, FactoryOrganization, FactoryProblem, FactoryRecords, ReceiptPolicy, droid, is_equal};
use crate::sandbox::clock;

/// Below it GitLab delivers webhooks, one address for each organization.
pub const WEBHOOKS: &str = "/gitlab/hooks/";
/// The address of the organization whose kit is served.
#[cfg(any(test, feature = "sandbox-testing"))]
pub const WEBHOOK_PATH: &str = "/gitlab/hooks/org_sandbox";
/// An address that all organizations may share: there the secret token says whose delivery it is.
const SHARED: &str = "shared";
/// The largest difference between a signature's time and now, in seconds, as Standard Webhooks recommends.
const TOLERANCE: i64 = 300;
/// GitLab's limit for a payload.
const LARGEST_DELIVERY: usize = 25 * 1024 * 1024;

/// One accepted delivery.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "sandbox-testing"), allow(dead_code, reason = "only tests read most fields"))]
pub struct ReceivedDelivery {
    /// Whose webhook sent it.
    pub organization: String,
    /// `Idempotency-Key`, or `X-Gitlab-Event-UUID` from a GitLab that has no such header.
    pub id: String,
    /// `X-Gitlab-Event`, as `Push Hook`.
    pub event: String,
    /// Whether it had a signature; an invalid one is rejected.
    pub signed: bool,
    pub payload: Value,
    /// How often it was received.
    pub times: usize,
}

pub(super) async fn receive(
    State(factory): State<EmbeddedFactory>,
    Path(organization): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, FactoryProblem> {
    let body = axum::body::to_bytes(body, LARGEST_DELIVERY)
        .await
        .map_err(|_| FactoryProblem::new(413, "the delivery is too large"))?;
    let checked = check(&factory, &organization, &Received { headers: &headers, body: &body });
    let delivery = checked.inspect_err(|_| factory.lock().refused += 1)?;
    droid::wake(&factory, &delivery);
    let response = record(&factory, delivery);
    if factory.lock().quirks.is_late {
        // Until GitLab gives up.
        std::future::pending::<()>().await;
    }
    Ok(response)
}

/// Records the delivery, and responds as it was set to.
fn record(factory: &EmbeddedFactory, delivery: ReceivedDelivery) -> Response {
    let mut record = factory.lock();
    let has_failed = record.quirks.failed_events.contains(&delivery.event.as_str());
    match record.deliveries.iter_mut().find(|known| known.id == delivery.id) {
        Some(known) => known.times += 1,
        None => record.deliveries.push(delivery),
    }
    match record.quirks.webhook.clone() {
        text if has_failed => {
            let text = text.map_or_else(|| "the receiver has failed".to_owned(), |(_, text)| text);
            (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
        }
        _ if !record.quirks.failed_events.is_empty() => StatusCode::OK.into_response(),
        Some((status, text)) => (StatusCode::from_u16(status).unwrap_or(StatusCode::OK), text).into_response(),
        None => StatusCode::OK.into_response(),
    }
}

/// A delivery as it came in.
struct Received<'a> {
    headers: &'a HeaderMap,
    body: &'a Bytes,
}

impl<'a> Received<'a> {
    fn field(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// Checks it against the organization that the address names.
fn check(
    factory: &EmbeddedFactory,
    address: &str,
    received: &Received<'_>,
) -> Result<ReceivedDelivery, FactoryProblem> {
    let field = |name| received.field(name);
    let token =
        field("x-gitlab-token").ok_or_else(|| FactoryProblem::new(401, "the delivery carries no secret token"))?;
    let record = factory.lock();
    let mut all = std::iter::once(&factory.inner.organization).chain(&record.others);
    if address != SHARED && !all.clone().any(|one| one.id == address) {
        return Err(FactoryProblem::new(404, "there is no such organization"));
    }
    let is_sender = |one: &&FactoryOrganization| (address == SHARED || one.id == address) && record.takes(one, token);
    let Some(organization) = all.find(is_sender) else {
        return Err(FactoryProblem::new(401, "the secret token of the delivery is wrong"));
    };
    let signed = received.headers.contains_key("webhook-signature");
    if signed && !signature_holds(organization, received) {
        return Err(FactoryProblem::new(401, "the signature of the delivery is wrong"));
    }
    let id = field("idempotency-key").or_else(|| field("x-gitlab-event-uuid"));
    Ok(ReceivedDelivery {
        organization: organization.id.clone(),
        id: id.ok_or_else(|| FactoryProblem::new(400, "the delivery has no id"))?.to_owned(),
        event: field("x-gitlab-event").unwrap_or_default().to_owned(),
        signed,
        payload: serde_json::from_slice(received.body)
            .map_err(|_| FactoryProblem::new(400, "the delivery is not JSON"))?,
        times: 1,
    })
}

impl FactoryRecords {
    /// Whether the organization's webhooks may carry this secret token.
    fn takes(&self, organization: &FactoryOrganization, token: &str) -> bool {
        let is = |secret: &str| is_equal(token.as_bytes(), secret.as_bytes());
        match self.rotated.as_ref().filter(|_| organization.id == super::kit::ORGANIZATION) {
            Some(one) => (one.takes_new && is(&one.new)) || (one.takes_previous && is(&organization.webhook_secret)),
            None => is(&organization.webhook_secret),
        }
    }
}

/// Standard Webhooks: HMAC-SHA256 over `{id}.{timestamp}.{body}`, any of the listed `v1` signatures.
fn signature_holds(organization: &FactoryOrganization, received: &Received<'_>) -> bool {
    let field = |name| received.field(name);
    let (Some(id), Some(time), Some(signatures)) =
        (field("webhook-id"), field("webhook-timestamp"), field("webhook-signature"))
    else {
        return false;
    };
    let Ok(seconds) = time.parse::<i64>() else { return false };
    if (clock::now().as_second() - seconds).abs() > TOLERANCE {
        return false;
    }
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&organization.signing_key) else { return false };
    mac.update(format!("{id}.{time}.").as_bytes());
    mac.update(received.body);
    let given = signatures.split(' ').filter_map(|one| STANDARD.decode(one.strip_prefix("v1,")?).ok());
    given.into_iter().any(|signature| mac.clone().verify_slice(&signature).is_ok())
}

#[derive(Deserialize)]
pub(super) struct ReceiptQuery {
    #[serde(default)]
    delivery: String,
    /// Without a delivery: what happened on GitLab.com, where Factory has a webhook of its own.
    event: Option<String>,
    #[serde(default)]
    project: String,
    #[serde(default)]
    iid: String,
}

pub(super) async fn receipt(
    State(factory): State<EmbeddedFactory>,
    headers: HeaderMap,
    Query(asked): Query<ReceiptQuery>,
) -> Result<Response, FactoryProblem> {
    factory.allow_key(&headers)?;
    if let Some(event) = &asked.event {
        let is_seen = event == "merge_request" && factory.has_seen_merge_request(&asked.project, &asked.iid).await?;
        return match is_seen && factory.lock().quirks.receipts == ReceiptPolicy::Honest {
            true => Ok(axum::Json(json!({"received": true})).into_response()),
            false => Err(FactoryProblem::new(404, "no such event has been received")),
        };
    }
    let record = factory.lock();
    let known = record.deliveries.iter().find(|one| one.id == asked.delivery);
    let known = known.is_some_and(|one| !record.quirks.unconfirmed_events.contains(&one.event.as_str()));
    if known && record.quirks.receipts == ReceiptPolicy::Honest {
        Ok(axum::Json(json!({"received": true})).into_response())
    } else {
        Err(FactoryProblem::new(404, "no such delivery has been received"))
    }
}
