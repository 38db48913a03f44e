//! The embedded Factory: serves the kit, accepts and opens bundles, receives webhooks and confirms them.

mod bundle;
mod cloud;
mod connection;
mod droid;
mod kit;
mod problem;
mod receiver;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::{delete, get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::clock;

use self::cloud::CloudRecords;
use self::problem::FactoryProblem;

pub(crate) use self::cloud::{CALLBACK, CloudClients, PAGES};
#[cfg_attr(not(feature = "sandbox-testing"), allow(unused_imports, reason = "only tests set them"))]
pub use self::droid::{DroidAnswer, DroidComment};
#[cfg(any(test, feature = "sandbox-testing"))]
pub use self::receiver::WEBHOOK_PATH;
pub use self::receiver::{ReceivedDelivery, WEBHOOKS};

/// The embedded Factory of one sandbox; clones are the same Factory.
#[derive(Clone)]
pub struct EmbeddedFactory {
    inner: Arc<FactoryInner>,
}

/// An organization that is connected through this Factory.
struct FactoryOrganization {
    id: String,
    webhook_secret: String,
    signing_key: [u8; 32],
}

impl FactoryOrganization {
    fn new(id: &str) -> Self {
        Self { id: id.to_owned(), webhook_secret: clock::random_text(40), signing_key: clock::random_bytes() }
    }
}

/// The GitLab that a Factory works with.
pub(crate) struct FactoryGitLab {
    pub url: String,
    pub router: Router,
    /// Factory's applications there, if it is GitLab.com.
    pub cloud: Option<CloudClients>,
}

struct FactoryInner {
    url: String,
    /// The URL of the sandbox's own GitLab, and its router, to test an application against it without the network.
    gitlab: (String, Router),
    api_key: String,
    identity: age::x25519::Identity,
    /// The one whose kit is served.
    organization: FactoryOrganization,
    /// Its applications, where that GitLab is GitLab.com.
    cloud: Option<CloudClients>,
    state: Mutex<FactoryRecords>,
}

/// A secret token that takes the place of the first one. For a while both are taken.
struct RotatedSecret {
    new: String,
    takes_new: bool,
    takes_previous: bool,
}

struct FactoryRecords {
    kit: Value,
    /// Others, which only tests add.
    others: Vec<FactoryOrganization>,
    bundles: Vec<ReceivedBundle>,
    deliveries: Vec<ReceivedDelivery>,
    refused: usize,
    /// A new secret token of the organization whose kit is served.
    rotated: Option<RotatedSecret>,
    quirks: FactoryQuirks,
    cloud: CloudRecords,
}

/// A bundle that was accepted. It holds secrets, so it is not `Debug`.
#[derive(Clone)]
pub struct ReceivedBundle {
    pub id: String,
    /// The digest of the sealed file, in hex.
    pub sha256: String,
    pub received_at: Timestamp,
    /// How often it was sent.
    pub times: usize,
    /// The opened content.
    #[cfg_attr(not(feature = "sandbox-testing"), allow(dead_code, reason = "only tests read it"))]
    pub document: Value,
    /// The sealed file itself.
    #[cfg_attr(not(feature = "sandbox-testing"), allow(dead_code, reason = "only tests read it"))]
    pub sealed: Vec<u8>,
}

/// How Factory differs or misbehaves on purpose.
#[derive(Clone, Debug, Default)]
pub struct FactoryQuirks {
    pub intake: BundleIntake,
    /// The response of the status endpoint; `None` follows the bundles: `pending`, then `connected`.
    pub status: Option<(ConnectionStatus, String)>,
    /// The status and body with which the webhook receiver responds after it has recorded the delivery.
    pub webhook: Option<(u16, String)>,
    /// The receiver records the delivery, and its response comes too late for GitLab.
    pub is_late: bool,
    pub receipts: ReceiptPolicy,
    /// Kinds of deliveries (`Issue Hook`) to which the receiver responds with 500; all others succeed.
    pub failed_events: Vec<&'static str>,
    /// Kinds of deliveries of which there is no receipt.
    pub unconfirmed_events: Vec<&'static str>,
    /// The Droids that answer in GitLab; none unless a test wants them.
    pub droids: Vec<DroidAnswer>,
}

/// Whether Factory takes the new secret token of its webhooks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg(feature = "sandbox-testing")]
pub enum TakesNew {
    Yes,
    No,
}

/// What Factory does with a bundle.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(not(feature = "sandbox-testing"), allow(dead_code, reason = "only tests set them"))]
pub enum BundleIntake {
    #[default]
    Honest,
    /// Rejects it with this status and Factory's own kind of error.
    Refuse(u16),
    /// Accepts it and responds with another digest.
    WrongDigest,
    /// Accepts it and responds with 204 and no receipt, as an object store does.
    NoReceipt,
}

/// Whether Factory confirms deliveries.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(not(feature = "sandbox-testing"), allow(dead_code, reason = "only tests set them"))]
pub enum ReceiptPolicy {
    #[default]
    Honest,
    /// As if no delivery had been received.
    Forgotten,
}

/// The states of a connection in Factory's API.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(not(feature = "sandbox-testing"), allow(dead_code, reason = "only tests set them"))]
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
    /// A Factory at this address with new keys, for this GitLab.
    #[must_use]
    #[cfg(test)]
    fn new(url: &str, gitlab_url: &str, gitlab: Router) -> Self {
        Self::with_cloud(url, FactoryGitLab { url: gitlab_url.to_owned(), router: gitlab, cloud: None })
    }

    /// The same for a GitLab that may be GitLab.com, where Factory has applications of its own.
    #[must_use]
    pub(crate) fn with_cloud(url: &str, gitlab: FactoryGitLab) -> Self {
        let FactoryGitLab { url: gitlab_url, router, cloud } = gitlab;
        let identity = age::x25519::Identity::generate();
        let organization = FactoryOrganization::new(kit::ORGANIZATION);
        let recipient = identity.to_public().to_string();
        let mut kit = kit::SandboxKit { url, recipient, organization: &organization }.kit();
        if let Some(clients) = &cloud {
            kit["cloud"] = cloud::kit_section(url, &gitlab_url, clients);
        }
        let record = FactoryRecords {
            kit,
            others: Vec::new(),
            bundles: Vec::new(),
            deliveries: Vec::new(),
            refused: 0,
            rotated: None,
            quirks: FactoryQuirks::default(),
            cloud: CloudRecords::default(),
        };
        let inner = FactoryInner {
            url: url.to_owned(),
            gitlab: (gitlab_url, router),
            api_key: format!("fk-{}", clock::random_text(40)),
            identity,
            organization,
            cloud,
            state: Mutex::new(record),
        };
        Self { inner: Arc::new(inner) }
    }

    /// All routes of Factory.
    pub(crate) fn router(&self) -> Router {
        Router::new()
            .route("/gitlab/v1/kit", get(kit::show))
            .route("/gitlab/v1/kit/webhook-secret", post(kit::rotate))
            .route("/gitlab/v1/bundles", post(bundle::take).put(bundle::take))
            .route("/gitlab/v1/receipts", get(receiver::receipt))
            .route("/gitlab/v1/status", get(connection::status))
            .route("/gitlab/v1/connection", delete(connection::end))
            .route("/gitlab/hooks/{organization}", post(receiver::receive))
            .merge(cloud::routes())
            .fallback(|| async { FactoryProblem::new(404, "there is nothing at this address") })
            .with_state(self.clone())
    }

    /// The URL of the kit, for `FACTORY_KIT`.
    #[must_use]
    pub fn kit_url(&self) -> String {
        format!("{}/gitlab/v1/kit", self.inner.url)
    }

    /// The API key, for `FACTORY_API_KEY`.
    #[must_use]
    pub fn api_key(&self) -> &str {
        &self.inner.api_key
    }

    /// The kit as it is served. It holds the webhook's secrets.
    #[must_use]
    pub fn kit_json(&self) -> Value {
        self.lock().kit.clone()
    }

    /// Adds an organization and returns its kit: the same Factory, the same application name and redirect URI.
    #[cfg(feature = "sandbox-testing")]
    pub fn add_organization(&self, id: &str) -> Value {
        let organization = FactoryOrganization::new(id);
        let recipient = self.inner.identity.to_public().to_string();
        let kit = kit::SandboxKit { url: &self.inner.url, recipient, organization: &organization }.kit();
        self.lock().others.push(organization);
        kit
    }

    /// Changes the kit, for example its scopes or expiry.
    #[cfg(feature = "sandbox-testing")]
    pub fn edit_kit(&self, edit: impl FnOnce(&mut Value)) {
        edit(&mut self.lock().kit);
    }

    /// The age identity that opens the bundles, `AGE-SECRET-KEY-1…`, as the ordinary `age` program takes it.
    #[must_use]
    #[cfg(feature = "sandbox-testing")]
    pub fn identity(&self) -> String {
        age::secrecy::ExposeSecret::expose_secret(&self.inner.identity.to_string()).to_owned()
    }

    /// The secret token a webhook has to carry.
    #[must_use]
    #[cfg(feature = "sandbox-testing")]
    pub fn webhook_secret(&self) -> &str {
        &self.inner.organization.webhook_secret
    }

    /// The signing token a webhook may be signed with, `whsec_…`.
    #[must_use]
    #[cfg(feature = "sandbox-testing")]
    pub fn signing_token(&self) -> String {
        signing_token(&self.inner.organization.signing_key)
    }

    /// Issues a kit with a new secret token beside the one so far, and takes both: `[previous, new]`.
    #[must_use]
    #[cfg(feature = "sandbox-testing")]
    pub fn rotate_webhook_secret(&self) -> [String; 2] {
        let previous = self.inner.organization.webhook_secret.clone();
        let new = self.issue_webhook_secret();
        [previous, new]
    }

    fn issue_webhook_secret(&self) -> String {
        let new = clock::random_text(40);
        let mut record = self.lock();
        record.kit["webhook"]["previous_secret_token"] = json!(self.inner.organization.webhook_secret);
        record.kit["webhook"]["secret_token"] = json!(new);
        record.rotated = Some(RotatedSecret { new: new.clone(), takes_new: true, takes_previous: true });
        new
    }

    /// Takes only the new secret token from now on.
    #[cfg(feature = "sandbox-testing")]
    pub fn retire_previous_webhook_secret(&self) {
        let mut record = self.lock();
        record.kit["webhook"]["previous_secret_token"] = Value::Null;
        record.rotated.iter_mut().for_each(|one| one.takes_previous = false);
    }

    /// Does not take the new secret token that the kit names, or takes it again.
    #[cfg(feature = "sandbox-testing")]
    pub fn take_new_webhook_secret(&self, takes_new: TakesNew) {
        self.lock().rotated.iter_mut().for_each(|one| one.takes_new = takes_new == TakesNew::Yes);
    }

    /// The accepted bundles, oldest first.
    #[must_use]
    #[cfg(feature = "sandbox-testing")]
    pub fn bundles(&self) -> Vec<ReceivedBundle> {
        self.lock().bundles.clone()
    }

    /// The accepted deliveries, oldest first.
    #[must_use]
    #[cfg(feature = "sandbox-testing")]
    pub fn deliveries(&self) -> Vec<ReceivedDelivery> {
        self.lock().deliveries.clone()
    }

    /// How many deliveries were refused for their token or signature.
    #[must_use]
    #[cfg(feature = "sandbox-testing")]
    pub fn refused_deliveries(&self) -> usize {
        self.lock().refused
    }

    /// Changes how Factory behaves from now on.
    #[cfg(feature = "sandbox-testing")]
    pub fn set_quirks(&self, change: impl FnOnce(&mut FactoryQuirks)) {
        change(&mut self.lock().quirks);
    }

    fn lock(&self) -> MutexGuard<'_, FactoryRecords> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Requires a valid API key.
    fn require_key(&self, headers: &HeaderMap) -> Result<(), FactoryProblem> {
        match bearer(headers) {
            Some(key) if is_equal(key.as_bytes(), self.inner.api_key.as_bytes()) => Ok(()),
            Some(_) => Err(FactoryProblem::new(401, "the API key is not valid")),
            None => Err(FactoryProblem::new(401, "an API key is needed: Authorization: Bearer fk-…")),
        }
    }

    /// Accepts requests without an API key, and those with a valid one.
    fn allow_key(&self, headers: &HeaderMap) -> Result<(), FactoryProblem> {
        if headers.contains_key("authorization") { self.require_key(headers) } else { Ok(()) }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")
}

fn signing_token(key: &[u8; 32]) -> String {
    format!("whsec_{}", STANDARD.encode(key))
}

/// Compares two secrets in constant time.
fn is_equal(left: &[u8], right: &[u8]) -> bool {
    let (left, right) = (Sha256::digest(left), Sha256::digest(right));
    left.iter().zip(right).fold(0, |difference, (left, right)| difference | (left ^ right)) == 0
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
