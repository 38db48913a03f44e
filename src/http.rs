//! The only user of reqwest: send, decode, classify.
//!
//! A request is described ([`Request`]), sent by a [`Client`], and comes back as a [`Response`] with a 2xx status or as
//! an [`Error`] that says what happened. The HTTP library never follows redirects: a read follows a few of them within
//! its own origin, a write none.

mod aimd;
mod body;
mod classify;
mod client;
mod error;
mod error_response;
mod limiter;
pub(crate) mod limits;
mod oauth2_client;
mod options;
mod pages;
pub(crate) mod probe;
mod request;
mod response;
mod retry;
mod stats;
mod tls;

pub use aimd::{backoff, jitter};
pub use client::Client;
pub use error::{
    Cause, CauseClass, Error, ErrorResponse, Expected, FailedRequest, LinkProblem, TlsProblem, UnexpectedPage,
    base_of_api,
};
pub use limiter::{OnWait, Wait};
pub use oauth2_client::{OAuth2Client, OAuthPair, client_secret};
pub use options::{ClientOptions, Proxy};
pub use pages::Pages;
pub use request::{Repeat, Request, in_body, in_body_if};
pub use reqwest::Method;
pub use response::Response;
pub use stats::Stats;
