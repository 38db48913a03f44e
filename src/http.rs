//! The only user of reqwest: send, decode, classify.
//!
//! A request is described ([`Request`]), sent by a [`Client`], and comes back as a [`Response`] with a 2xx status or as
//! an [`Error`] that says what happened. Redirects are never followed by the library below: a read follows a few of
//! them within its own origin, a write none.

mod answer;
mod body;
mod bridge;
mod budget;
mod classify;
mod client;
mod dns;
mod error;
mod gate;
mod options;
mod pace;
mod pages;
mod request;
mod response;
mod retry;
mod sight;
mod tls;
mod tunnel;

pub use bridge::{Bridge, client_secret};
pub use budget::Spent;
pub use client::Client;
pub use error::{
    Answer, Cause, CauseClass, Error, Expected, Failed, LinkProblem, TlsProblem, UnexpectedPage, base_of_api,
};
pub use gate::{OnWait, Wait};
pub use options::{Options, Proxy};
pub use pace::backoff;
pub use pages::Pages;
pub use request::{Repeat, Request, in_body, in_body_if};
pub use reqwest::Method;
pub use response::Response;
pub use sight::{NetworkSeen, Observation, inspect};
pub use tls::CertificateSeen;
