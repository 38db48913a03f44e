//! Factory's API: the kit by URL, the upload of the bundle, receipts, status.

mod cloud;
mod upload;

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde::{Deserialize, Serialize};
use url::Url;

pub use cloud::{
    CandidatePage, CandidateQuery, CloudAddressees, MAX_CANDIDATES, OpenSession, SelectionError, SessionError,
    SessionRequest, SessionState, SessionStatus,
};
pub use upload::{Receipt, UploadError};

use crate::http::limits::{MAX_FACTORY_BYTES, MAX_KIT_BYTES};
use crate::http::{Client, Error, Method, Repeat, Request, server_text};
use crate::instance::{InstanceUrl, is_loopback};
use crate::kit::origin;
use crate::secret::FactoryKey;

/// The connection's status, as Factory sees it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct FactoryStatus {
    pub state: FactoryState,
    pub detail: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FactoryState {
    Pending,
    Connected,
    Failed,
}

/// Sends requests to Factory. Clones share the connections, the key, and the origins that may have it.
#[derive(Clone)]
pub struct FactoryClient {
    http: Client,
    access: Arc<RwLock<KeyAccess>>,
}

struct KeyAccess {
    key: Option<FactoryKey>,
    /// A kit names the addresses, and whoever can change it must not get the key: only these get it.
    trusted: BTreeSet<String>,
}

/// Factory's answer to the end of a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EndAnswer {
    Ended,
    /// 404: Factory has no such connection, so it has ended already.
    NotThere,
}

#[derive(Deserialize)]
struct StatusWire {
    status: FactoryState,
    #[serde(default)]
    detail: Option<String>,
}

#[derive(Deserialize)]
struct ReceivedWire {
    received: bool,
}

impl FactoryClient {
    /// A client that gives the key to no origin yet.
    #[must_use]
    pub fn new(http: Client, key: Option<FactoryKey>) -> Self {
        Self { http, access: Arc::new(RwLock::new(KeyAccess { key, trusted: BTreeSet::new() })) }
    }

    /// The same, with its key and the origins that may have it, over another HTTP client.
    #[must_use]
    pub fn over(&self, http: Client) -> Self {
        Self { http, access: Arc::clone(&self.access) }
    }

    fn access(&self) -> RwLockReadGuard<'_, KeyAccess> {
        self.access.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change_access(&self) -> RwLockWriteGuard<'_, KeyAccess> {
        self.access.write().unwrap_or_else(PoisonError::into_inner)
    }

    #[must_use]
    pub fn has_key(&self) -> bool {
        self.access().key.is_some()
    }

    /// Takes the key, for all clones.
    pub fn set_key(&self, key: FactoryKey) {
        self.change_access().key = Some(key);
    }

    /// Lets these origins have the key, of all clones.
    pub fn trust(&self, origins: impl IntoIterator<Item = String>) {
        self.change_access().trusted.extend(origins);
    }

    /// Whether there is a key and the address does not get it, because nobody has approved its origin.
    #[must_use]
    pub fn withholds_key_from(&self, url: &Url) -> bool {
        let access = self.access();
        access.key.is_some() && !access.trusted.contains(&origin(url))
    }

    /// Adds the key to a request, where there is one: only for a trusted origin, and never over plain http to another machine.
    fn with_key(&self, request: Request) -> Request {
        let is_safe = request.url().scheme() == "https" || is_loopback(request.url());
        let access = self.access();
        match &access.key {
            Some(key) if is_safe && access.trusted.contains(&origin(request.url())) => request.bearer(key),
            Some(_) | None => request,
        }
    }

    /// The text of a kit. It is JSON; [`crate::kit`] decides whether it is a kit.
    ///
    /// # Errors
    /// 401 and 403 without a valid key, and a response that is not JSON of at most 256 KiB.
    pub async fn kit(&self, url: &Url) -> Result<String, Error> {
        let response = self.http.send(&self.with_key(Request::get(url.clone())).limit(MAX_KIT_BYTES)).await?;
        let _shape: serde::de::IgnoredAny = response.json("a kit")?;
        String::from_utf8(response.body().to_vec()).map_err(|_| response.decode_error("a kit", "it is not UTF-8"))
    }

    /// The text of a kit's detached signature.
    ///
    /// # Errors
    /// Also where it is not text of at most 64 KiB.
    pub async fn signature(&self, url: &Url) -> Result<String, Error> {
        let response = self.http.send(&self.with_key(Request::get(url.clone())).limit(MAX_FACTORY_BYTES)).await?;
        String::from_utf8(response.body().to_vec()).map_err(|_| response.decode_error("a signature", "it is not UTF-8"))
    }

    /// Whether Factory has a webhook delivery, by its `Idempotency-Key`.
    ///
    /// # Errors
    /// Every status but 200 and 404.
    pub async fn receipt(&self, receipts_url: &Url, delivery: &str) -> Result<bool, Error> {
        let mut url = receipts_url.clone();
        url.query_pairs_mut().append_pair("delivery", delivery);
        match self.http.send(&self.with_key(Request::get(url)).limit(MAX_FACTORY_BYTES)).await {
            Ok(response) => response.json::<ReceivedWire>("a receipt").map(|wire| wire.received),
            Err(error) if error.status() == Some(404) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Says that the connection to a GitLab ends.
    ///
    /// # Errors
    /// Every status but 2xx and 404.
    pub async fn disconnect(&self, disconnect_url: &Url, gitlab: &InstanceUrl) -> Result<EndAnswer, Error> {
        let mut url = disconnect_url.clone();
        url.query_pairs_mut().append_pair("gitlab_url", gitlab.as_str());
        let request = Request::write(Method::DELETE, url).repeat(Repeat::Idempotent).limit(MAX_FACTORY_BYTES);
        match self.http.send(&self.with_key(request)).await {
            Ok(response) => {
                response.require(&[204, 200, 202], "the end of a connection")?.refuse_web_page()?;
                Ok(EndAnswer::Ended)
            }
            Err(error) if error.status() == Some(404) => Ok(EndAnswer::NotThere),
            Err(error) => Err(error),
        }
    }

    /// The connection's status.
    ///
    /// # Errors
    /// Also [`crate::http::Cause::Decode`] for a state that this version does not know.
    pub async fn status(&self, status_url: &Url) -> Result<FactoryStatus, Error> {
        let response =
            self.http.send(&self.with_key(Request::get(status_url.clone())).limit(MAX_FACTORY_BYTES)).await?;
        let wire: StatusWire = response.json("a status")?;
        let detail = wire.detail.as_deref().map(server_text).filter(|detail| !detail.is_empty());
        Ok(FactoryStatus { state: wire.status, detail })
    }
}

#[cfg(test)]
mod property;
