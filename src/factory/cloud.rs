//! Factory's half of a connection to GitLab.com: its own authorization session, what the account reaches, what is selected.

mod candidates;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use url::Url;

pub use self::candidates::{CandidatePage, CandidateQuery, MAX_CANDIDATES};
use super::{FactoryClient, ReceivedWire};
use crate::cloud::{CloudAccount, CloudSelection};
use crate::http::limits::MAX_FACTORY_BYTES;
use crate::http::{Error, Expected, Method, Repeat, Request, Response, server_text};
use crate::instance::InstanceUrl;
use crate::kit::{address_problem, origin};

/// What a session is opened for.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct SessionRequest<'a> {
    pub organization: &'a str,
    pub gitlab_url: &'a InstanceUrl,
    /// The user name that has to authorize.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<&'a str>,
}

/// A session that was opened; the same key gives the same one.
#[derive(Clone, Debug, Deserialize)]
pub struct OpenSession {
    pub id: String,
    /// What the user opens.
    pub authorize_url: Url,
    pub session_url: Url,
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// The seconds between two polls.
    #[serde(default = "default_interval")]
    interval: u64,
}

const fn default_interval() -> u64 {
    2
}

/// A poll more often than once a second, or less than once a minute, is not meant.
const INTERVALS: std::ops::RangeInclusive<u64> = 1..=60;

impl OpenSession {
    #[must_use]
    pub fn interval(&self) -> Duration {
        Duration::from_secs(self.interval.clamp(*INTERVALS.start(), *INTERVALS.end()))
    }
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum SessionStatus {
    Pending,
    Authorized,
    Denied,
    Expired,
    Failed,
    Cancelled,
}

/// What became of a session.
#[derive(Clone, Debug, Deserialize)]
pub struct SessionState {
    pub status: SessionStatus,
    #[serde(default, deserialize_with = "detail")]
    pub detail: Option<String>,
    #[serde(default, deserialize_with = "named_account")]
    pub account: Option<CloudAccount>,
    #[serde(default)]
    pub scopes: Vec<String>,
}

/// As a message may quote it.
fn detail<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.as_deref().map(server_text).filter(|text| !text.is_empty()))
}

/// An account without a user name is not known.
fn named_account<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<CloudAccount>, D::Error> {
    let account = Option::<CloudAccount>::deserialize(deserializer)?;
    Ok(account.filter(|account| !account.username.trim().is_empty()))
}

/// Why there is no session.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SessionError {
    #[error(transparent)]
    Request(#[from] Error),
    /// An address of the answer. Asked again, Factory would say the same.
    #[error("Factory's answer cannot be used: its {0}")]
    Unusable(String),
}

/// Whose selection it is.
#[derive(Clone, Copy, Debug)]
pub struct CloudAddressees<'a> {
    pub organization: &'a str,
    pub gitlab_url: &'a InstanceUrl,
    /// The session that authorized, where it is known.
    pub session: Option<&'a str>,
}

#[derive(Serialize)]
struct SelectionWire<'a> {
    organization: &'a str,
    gitlab_url: &'a InstanceUrl,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<&'a str>,
    #[serde(flatten)]
    selection: &'a CloudSelection,
}

#[derive(Deserialize)]
struct SelectedWire {
    #[serde(default)]
    received_at: Option<Timestamp>,
}

/// Why a selection was not accepted.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SelectionError {
    /// 409.
    #[error("Factory has no authorization yet")]
    NotAuthorized(#[source] Error),
    /// 422: Factory names every path that it does not find.
    #[error("Factory does not find everything that was selected")]
    UnknownPaths(#[source] Error),
    #[error("Factory did not take the selection")]
    Other(#[source] Error),
}

impl SelectionError {
    #[must_use]
    pub const fn request(&self) -> &Error {
        match self {
            Self::NotAuthorized(error) | Self::UnknownPaths(error) | Self::Other(error) => error,
        }
    }
}

impl From<Error> for SelectionError {
    fn from(error: Error) -> Self {
        match error.status() {
            Some(409) => Self::NotAuthorized(error),
            Some(422) => Self::UnknownPaths(error),
            _ => Self::Other(error),
        }
    }
}

const SESSION: Expected = "a session";
const SELECTION: Expected = "a selection";

impl FactoryClient {
    /// Opens a session, or finds the one that this key has opened.
    ///
    /// # Errors
    /// Also where an address of the answer cannot be trusted: the session is asked with Factory's key, so it has to be where
    /// the key went already.
    pub async fn open_session(
        &self,
        connect_url: &Url,
        key: &str,
        asked: &SessionRequest<'_>,
    ) -> Result<OpenSession, SessionError> {
        let request = Request::write(Method::POST, connect_url.clone())
            .header("idempotency-key", key)
            .repeat(Repeat::Idempotent)
            .limit(MAX_FACTORY_BYTES)
            .json(asked)?;
        let response = self.http.send(&self.with_key(request)).await?.require(&[201, 200], SESSION)?;
        let session: OpenSession = response.json(SESSION)?;
        if origin(&session.session_url) != origin(connect_url) {
            let why = "session_url is not at the origin of the kit's connect_url";
            return Err(SessionError::Unusable(why.to_owned()));
        }
        for (name, url) in [("session_url", &session.session_url), ("authorize_url", &session.authorize_url)] {
            if let Some(why) = address_problem(url) {
                return Err(SessionError::Unusable(format!("{name} cannot be opened: {why}")));
            }
        }
        Ok(session)
    }

    /// What became of a session; `None` where Factory does not know it any more.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn session(&self, session: &OpenSession) -> Result<Option<SessionState>, Error> {
        let request = Request::get(session.session_url.clone()).limit(MAX_FACTORY_BYTES);
        match self.http.send(&self.with_key(request)).await {
            Ok(response) => response.json(SESSION).map(Some),
            Err(error) if matches!(error.status(), Some(404 | 410)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Gives a session up.
    ///
    /// # Errors
    /// Every status but 2xx, 404 and 410.
    pub async fn end_session(&self, session: &OpenSession) -> Result<(), Error> {
        let request = Request::write(Method::DELETE, session.session_url.clone()).repeat(Repeat::Idempotent);
        match self.http.send(&self.with_key(request.limit(MAX_FACTORY_BYTES))).await {
            Ok(response) => response.refuse_web_page(),
            Err(error) if matches!(error.status(), Some(404 | 410)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// What Factory may work on; `None` before anything was selected.
    ///
    /// # Errors
    /// Every status but 200 and 404.
    pub async fn selection(&self, selection_url: &Url) -> Result<Option<CloudSelection>, Error> {
        match self.http.send(&self.with_key(Request::get(selection_url.clone()))).await {
            Ok(response) => {
                // Every field may be absent, and so any object would be a selection of nothing.
                let object: serde_json::Map<String, serde_json::Value> = response.json(SELECTION)?;
                if !object.contains_key("groups") && !object.contains_key("all") {
                    return Err(response.decode_error(SELECTION, "it says neither all nor groups"));
                }
                response.json(SELECTION).map(Some)
            }
            Err(error) if error.status() == Some(404) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Says what Factory may work on. The whole selection is sent, so the same again changes nothing.
    ///
    /// # Errors
    /// [`SelectionError`].
    pub async fn select(
        &self,
        selection_url: &Url,
        whose: &CloudAddressees<'_>,
        selection: &CloudSelection,
    ) -> Result<Option<Timestamp>, SelectionError> {
        let CloudAddressees { organization, gitlab_url, session } = *whose;
        let wire = SelectionWire { organization, gitlab_url, session, selection };
        let request = Request::write(Method::PUT, selection_url.clone()).repeat(Repeat::Idempotent).json(&wire)?;
        let response: Response = self.http.send(&self.with_key(request)).await?.require(&[200], SELECTION)?;
        Ok(response.json::<SelectedWire>(SELECTION)?.received_at)
    }

    /// Whether Factory has heard of a merge request.
    ///
    /// # Errors
    /// Every status but 200 and 404.
    pub async fn has_merge_request(&self, receipts_url: &Url, project: u64, iid: u64) -> Result<bool, Error> {
        let mut url = receipts_url.clone();
        let (project, iid) = (project.to_string(), iid.to_string());
        url.query_pairs_mut()
            .append_pair("event", "merge_request")
            .append_pair("project", &project)
            .append_pair("iid", &iid);
        match self.http.send(&self.with_key(Request::get(url)).limit(MAX_FACTORY_BYTES)).await {
            Ok(response) => response.json::<ReceivedWire>("a receipt").map(|wire| wire.received),
            Err(error) if error.status() == Some(404) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests;
