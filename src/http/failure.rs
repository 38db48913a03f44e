//! How a request can fail, told apart as far as a person can act on it. No response bodies.

use std::ops::Deref;
use std::time::Duration;

use url::Url;

use crate::instance::bare;

/// A request that did not give what was asked for. One pointer wide: an answer stands beside it in every row of a long
/// list.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(Box<Failed>);

/// What was asked, and what happened to it.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{method} {path} on {host}: {cause}")]
pub struct Failed {
    pub method: &'static str,
    pub host: String,
    /// The path without its query.
    pub path: String,
    #[source]
    pub cause: Box<Cause>,
}

impl From<Failed> for Error {
    fn from(failed: Failed) -> Self {
        Self(Box::new(failed))
    }
}

impl Deref for Error {
    type Target = Failed;

    fn deref(&self) -> &Failed {
        &self.0
    }
}

/// What happened to it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Cause {
    #[error("the name {host} does not resolve")]
    Dns { host: String, detail: String },
    #[error("no connection: {detail}")]
    Connect { detail: String },
    #[error("no secure connection: {0}")]
    Tls(TlsProblem),
    #[error("no answer within {} s", .after.as_secs())]
    Timeout { after: Duration },
    #[error("the connection broke off: {detail}")]
    Broken { detail: String },
    /// An answer other than 2xx, with what its body said in one of GitLab's envelopes.
    #[error("answered {}{}", .0.status, .0.said())]
    Status(Answer),
    /// An answer that the asked side would not give: a proxy's, a login wall's, an error page.
    #[error("{status}: the answer is {what}")]
    UnexpectedPage { status: u16, what: UnexpectedPage },
    #[error("the answer cannot be read as {expected}: {detail}")]
    Decode { expected: Expected, detail: String },
    #[error("the answer is larger than {limit} bytes")]
    TooLarge { limit: usize },
    /// A write is never redirected; a read never to another origin.
    #[error("redirected to {}", bare(.to))]
    Redirected { to: Url },
    /// A page link that leaves the origin, or leads back to itself.
    #[error("the link to the next page leads {0}")]
    Link(&'static str),
    #[error("stopped")]
    Interrupted,
    /// The client could not be built: an unreadable CA, a bad proxy address.
    #[error("{0}")]
    Setup(String),
}

/// The name of the type that was expected, for a person.
pub type Expected = &'static str;

/// Who answered instead.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UnexpectedPage {
    #[error("a sign-in page")]
    LoginWall,
    #[error("a web page, as a proxy or load balancer gives")]
    WebPage,
    #[error("a web page that asks for a client certificate")]
    ClientCertificate,
    #[error("something of type {0}, not JSON")]
    OtherType(String),
}

/// Why TLS failed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TlsProblem {
    /// `is_alone`: the server shows nothing but its own certificate, so an intermediate one may be missing.
    #[error("the certificate's issuer is not trusted{}", issuer_words(.issuer.as_deref(), *.is_alone))]
    UnknownCa { issuer: Option<String>, is_alone: bool },
    #[error("the certificate is for {}, not for {host}", .names.join(", "))]
    WrongName { host: String, names: Vec<String> },
    #[error("the certificate has expired{}", .on.as_ref().map(|date| format!(" on {date}")).unwrap_or_default())]
    Expired { on: Option<String> },
    #[error("the certificate is not valid yet")]
    NotYetValid,
    #[error("something in between inspects TLS: the certificate was issued by {issuer}")]
    Intercepted { issuer: String },
    #[error("{0}")]
    Other(String),
}

/// A refusal in the server's words. The texts are cut to a few hundred characters and redacted, not sanitised: that is
/// the terminal's part.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Answer {
    pub status: u16,
    /// GitLab's `message` (flattened: `field text, text; field …`) or `error`, or Factory's `detail`.
    pub message: Option<String>,
    /// OAuth's `error` code, where the envelope had one.
    pub error: Option<String>,
    pub error_description: Option<String>,
    /// The acceptable scopes of an `insufficient_scope` answer.
    pub scope: Option<String>,
    /// The fields that a validation error names (`{"message": {"scopes": […]}}`).
    pub fields: Vec<String>,
    /// `Retry-After` or the time until `RateLimit-Reset`.
    pub retry_after: Option<Duration>,
}

fn issuer_words(issuer: Option<&str>, is_alone: bool) -> String {
    match (issuer, is_alone) {
        (None, _) => String::new(),
        (Some(name), false) => format!(" ({name})"),
        (Some(name), true) => format!(" ({name}, and the server sends no certificate along with its own)"),
    }
}

impl Answer {
    fn said(&self) -> String {
        self.error_description
            .as_ref()
            .or(self.message.as_ref())
            .or(self.error.as_ref())
            .map(|text| format!(": {text}"))
            .unwrap_or_default()
    }
}

/// The base URL that a redirected address of GitLab's API lies below; `None` where it is no such address.
#[must_use]
pub fn base_of_api(to: &Url) -> Option<&str> {
    to.as_str().split_once("/api/v4").map(|(base, _)| base)
}

impl Error {
    /// The HTTP status, where the other side itself answered with one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self.cause.as_ref() {
            Cause::Status(answer) => Some(answer.status),
            _ => None,
        }
    }

    #[must_use]
    pub fn answer(&self) -> Option<&Answer> {
        match self.cause.as_ref() {
            Cause::Status(answer) => Some(answer),
            _ => None,
        }
    }

    /// Whether the answer is a refusal that somebody must do something about (exit 1), as opposed to not having been
    /// able to find out (exit 3): network, TLS, time-out, 5xx, rate limit.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self.cause.as_ref() {
            Cause::Status(answer) => (400..500).contains(&answer.status) && !matches!(answer.status, 408 | 429),
            Cause::Redirected { .. } => true,
            _ => false,
        }
    }
}
