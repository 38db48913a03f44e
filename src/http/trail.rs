//! A trail of the requests that were sent, for evidence: with the IDs under which the servers logged them, without bodies,
//! headers and queries.

use std::sync::{Mutex, OnceLock, PoisonError};

use jiff::Timestamp;
use serde::Serialize;

use super::error::Error;
use super::request::{Request, host_of};
use super::response::Response;

/// A request and its answer.
#[derive(Clone, Debug, Serialize)]
pub struct SentRequest {
    /// When the answer came, or was given up.
    pub at: Timestamp,
    pub method: String,
    pub host: String,
    pub path: String,
    /// `None` where no whole answer came.
    pub status: Option<u16>,
    /// The server's `X-Request-Id`.
    pub request_id: Option<String>,
}

/// Keeps nothing until it is started.
#[derive(Debug, Default)]
pub struct Trail(OnceLock<Mutex<Vec<SentRequest>>>);

impl Trail {
    /// Keeps every request that is answered from now on.
    pub fn start(&self) {
        let _running = self.0.get_or_init(Mutex::default);
    }

    /// The requests so far, in the order of their answers.
    #[must_use]
    pub fn sent(&self) -> Vec<SentRequest> {
        self.0.get().map(|sent| sent.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap_or_default()
    }

    pub(super) fn add(&self, at: Timestamp, request: &Request, outcome: &Result<Response, Error>) {
        let Some(sent) = self.0.get() else { return };
        let url = request.url();
        let response = outcome.as_ref().ok();
        let id = response.and_then(|response| response.header("x-request-id"));
        // A server may send anything.
        let id = id.map(|id| id.chars().filter(char::is_ascii_graphic).take(64).collect());
        sent.lock().unwrap_or_else(PoisonError::into_inner).push(SentRequest {
            at,
            method: request.method.to_string(),
            host: host_of(url),
            path: url.path().to_owned(),
            status: response.map(Response::status),
            request_id: id,
        });
    }
}
