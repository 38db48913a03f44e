//! The embedded Factory: gives the kit, takes and opens bundles, receives webhooks, answers for them.

mod bundle;
mod kit;
mod receiver;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use age::secrecy::ExposeSecret as _;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::clock;

pub use self::receiver::{ReceivedDelivery, WEBHOOK_PATH};

/// The embedded Factory of one sandbox; clones are the same Factory.
#[derive(Clone)]
pub struct EmbeddedFactory {
    inner: Arc<FactoryInner>,
}

struct FactoryInner {
    url: String,
    /// Where the sandbox's own GitLab is, and its router, to prove an application against it without the wire.
    gitlab: (String, Router),
    api_key: String,
    identity: age::x25519::Identity,
    webhook_secret: String,
    signing_key: [u8; 32],
    state: Mutex<FactoryRecords>,
}

struct FactoryRecords {
    kit: Value,
    bundles: Vec<ReceivedBundle>,
    deliveries: Vec<ReceivedDelivery>,
    refused: usize,
    quirks: FactoryQuirks,
}

/// A bundle as it was opened. It holds secrets, so it has no `Debug`.
#[derive(Clone)]
pub struct ReceivedBundle {
    pub id: String,
    /// The digest of the sealed file, in hex.
    pub sha256: String,
    pub received_at: Timestamp,
    /// How often it was sent.
    pub times: usize,
    /// What was sealed.
    pub document: Value,
    /// The sealed file itself.
    pub sealed: Vec<u8>,
}

/// How Factory behaves, beyond what it is asked.
#[derive(Clone, Debug, Default)]
pub struct FactoryQuirks {
    pub intake: BundleIntake,
    /// What the status endpoint says; `None` follows the bundles: `pending`, then `connected`.
    pub status: Option<(ConnectionStatus, String)>,
    /// What the webhook receiver answers, with this body, after it has recorded the delivery.
    pub webhook: Option<(u16, String)>,
    pub receipts: ReceiptPolicy,
}

/// What becomes of a bundle that is sent.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum BundleIntake {
    #[default]
    Honest,
    /// Not taken; this status and Factory's own kind of error.
    Refuse(u16),
    /// Taken, and answered with the digest of something else.
    WrongDigest,
    /// Taken, and answered 204 without a receipt, as an object store does.
    NoReceipt,
}

/// Whether Factory gives its word on deliveries.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ReceiptPolicy {
    #[default]
    Honest,
    /// As if no delivery had ever come.
    Forgotten,
}

/// The states of a connection, in Factory's words.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ConnectionStatus {
    Pending,
    Connected,
    Failed,
}

impl ConnectionStatus {
    const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Connected => "connected",
            Self::Failed => "failed",
        }
    }
}

impl EmbeddedFactory {
    /// A Factory at this address, with new keys, in front of this GitLab.
    #[must_use]
    pub(crate) fn new(url: &str, gitlab_url: &str, gitlab: Router) -> Self {
        let identity = age::x25519::Identity::generate();
        let (webhook_secret, signing_key) = (clock::random_text(40), clock::random_bytes());
        let maker = kit::SandboxKit {
            url,
            recipient: identity.to_public().to_string(),
            secret_token: &webhook_secret,
            signing_token: signing_token(&signing_key),
        };
        let record = FactoryRecords {
            kit: maker.kit(),
            bundles: Vec::new(),
            deliveries: Vec::new(),
            refused: 0,
            quirks: FactoryQuirks::default(),
        };
        let inner = FactoryInner {
            url: url.to_owned(),
            gitlab: (gitlab_url.to_owned(), gitlab),
            api_key: format!("fk-{}", clock::random_text(40)),
            identity,
            webhook_secret,
            signing_key,
            state: Mutex::new(record),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Everything Factory answers.
    pub(crate) fn router(&self) -> Router {
        Router::new()
            .route("/gitlab/v1/kit", get(kit::show))
            .route("/gitlab/v1/bundles", post(bundle::take).put(bundle::take))
            .route("/gitlab/v1/receipts", get(receiver::receipt))
            .route("/gitlab/v1/status", get(status))
            .route(WEBHOOK_PATH, post(receiver::receive))
            .fallback(|| async { FactoryProblem::new(404, "there is nothing at this address") })
            .with_state(self.clone())
    }

    /// Where the kit is: what `FACTORY_KIT` is set to.
    #[must_use]
    pub fn kit_url(&self) -> String {
        format!("{}/gitlab/v1/kit", self.inner.url)
    }

    /// The key that opens Factory: what `FACTORY_API_KEY` is set to.
    #[must_use]
    pub fn api_key(&self) -> &str {
        &self.inner.api_key
    }

    /// The kit as it is given out. It holds the webhook's secrets.
    #[must_use]
    pub fn kit_json(&self) -> Value {
        self.lock().kit.clone()
    }

    /// Changes the kit: other scopes, an expiry in the past, a field missing.
    pub fn edit_kit(&self, edit: impl FnOnce(&mut Value)) {
        edit(&mut self.lock().kit);
    }

    /// The age identity that opens the bundles, `AGE-SECRET-KEY-1…`, as the ordinary `age` program takes it.
    #[must_use]
    pub fn identity(&self) -> String {
        self.inner.identity.to_string().expose_secret().to_owned()
    }

    /// The secret token a webhook has to carry.
    #[must_use]
    pub fn webhook_secret(&self) -> &str {
        &self.inner.webhook_secret
    }

    /// The signing token a webhook may be signed with, `whsec_…`.
    #[must_use]
    pub fn signing_token(&self) -> String {
        signing_token(&self.inner.signing_key)
    }

    /// The bundles that were taken, oldest first.
    #[must_use]
    pub fn bundles(&self) -> Vec<ReceivedBundle> {
        self.lock().bundles.clone()
    }

    /// The deliveries that were taken, oldest first.
    #[must_use]
    pub fn deliveries(&self) -> Vec<ReceivedDelivery> {
        self.lock().deliveries.clone()
    }

    /// How many deliveries were refused for their token or signature.
    #[must_use]
    pub fn refused_deliveries(&self) -> usize {
        self.lock().refused
    }

    /// Changes how Factory behaves from now on.
    pub fn set_quirks(&self, change: impl FnOnce(&mut FactoryQuirks)) {
        change(&mut self.lock().quirks);
    }

    fn lock(&self) -> MutexGuard<'_, FactoryRecords> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The API key, which has to be right.
    fn require_key(&self, headers: &HeaderMap) -> Result<(), FactoryProblem> {
        match bearer(headers) {
            Some(key) if same(key.as_bytes(), self.inner.api_key.as_bytes()) => Ok(()),
            Some(_) => Err(FactoryProblem::new(401, "the API key is not valid")),
            None => Err(FactoryProblem::new(401, "an API key is needed: Authorization: Bearer fk-…")),
        }
    }

    /// The API key, which has to be right where one is sent at all.
    fn allow_key(&self, headers: &HeaderMap) -> Result<(), FactoryProblem> {
        if headers.contains_key("authorization") { self.require_key(headers) } else { Ok(()) }
    }
}

async fn status(State(factory): State<EmbeddedFactory>, headers: HeaderMap) -> Result<Response, FactoryProblem> {
    factory.allow_key(&headers)?;
    let record = factory.lock();
    let (status, detail) = match &record.quirks.status {
        Some((status, detail)) => (*status, detail.clone()),
        None if record.bundles.is_empty() => (ConnectionStatus::Pending, "no bundle has been received yet".to_owned()),
        None => (ConnectionStatus::Connected, "the bundle was accepted".to_owned()),
    };
    Ok(axum::Json(json!({"status": status.word(), "detail": detail})).into_response())
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")
}

fn signing_token(key: &[u8; 32]) -> String {
    format!("whsec_{}", STANDARD.encode(key))
}

/// Whether two secrets are the same, in a time that does not depend on where they differ.
fn same(left: &[u8], right: &[u8]) -> bool {
    let (left, right) = (Sha256::digest(left), Sha256::digest(right));
    left.iter().zip(right).fold(0, |difference, (left, right)| difference | (left ^ right)) == 0
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Factory's errors: `{"title", "detail", "status"}`.
#[derive(Debug)]
struct FactoryProblem {
    status: u16,
    detail: String,
}

impl FactoryProblem {
    fn new(status: u16, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into() }
    }
}

impl IntoResponse for FactoryProblem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let title = status.canonical_reason().unwrap_or("Error");
        (status, axum::Json(json!({"title": title, "detail": self.detail, "status": self.status}))).into_response()
    }
}

#[cfg(test)]
mod tests;
