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
mod extra_headers;
mod first_answer;
mod limiter;
pub(crate) mod limits;
mod loopback;
mod oauth2_client;
mod options;
mod pages;
pub(crate) mod probe;
mod request;
mod response;
mod retry;
mod stats;
mod tls;
mod trail;

pub(crate) use aimd::{backoff, jitter};
pub use client::Client;
#[cfg(test)]
pub(crate) use error::FailedRequest;
pub use error::{Cause, CauseClass, Error, ErrorResponse, UnexpectedPage};
pub(crate) use error::{Expected, LinkProblem, base_of_gitlab};
pub(crate) use error_response::server_text;
pub use first_answer::FirstAnswer;
pub use limiter::Wait;
pub use loopback::{Callback, Loopback, OAuthState};
pub(crate) use oauth2_client::{InFlight, OAuth2Client, OAuthPair, authorization_code, client_secret, pkce_verifier};
pub use options::{ClientOptions, Proxy};
pub use pages::Pages;
pub use request::Request;
pub(crate) use request::{Repeat, in_body, in_body_if};
pub use reqwest::Method;
pub use response::{BodyEnding, Response};
pub use tls::PrivateRoot;
pub use tls::problem::TlsProblem;
pub use trail::{SentRequest, Trail};
