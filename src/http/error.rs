//! How a request can fail, as far as the user can act on it. Errors never hold response bodies.

use std::ops::Deref;
use std::time::Duration;

use url::Url;

use super::tls::problem::TlsProblem;
use crate::error::FailureKind;
use crate::instance::bare;

/// A failed request. One pointer wide: long lists hold a result for each entry.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(Box<FailedRequest>);

/// The request, and why it failed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{method} {path} on {host}: {cause}")]
pub struct FailedRequest {
    pub method: &'static str,
    pub host: String,
    /// The path without its query.
    pub path: String,
    #[source]
    pub cause: Box<Cause>,
}

impl Error {
    /// The same, where it is known by now that the token was a fine-grained one.
    #[must_use]
    pub fn of_fine_grained_token(mut self, needed: NeededPermission) -> Self {
        let FailedRequest { method, path, cause, .. } = self.0.as_mut();
        if let Cause::Status(refused) = cause.as_mut() {
            refused.note_fine_grained(method, path, needed);
        }
        self
    }
}

impl From<FailedRequest> for Error {
    fn from(failed: FailedRequest) -> Self {
        Self(Box::new(failed))
    }
}

impl Deref for Error {
    type Target = FailedRequest;

    fn deref(&self) -> &FailedRequest {
        &self.0
    }
}

fn through(proxy: Option<&str>) -> String {
    proxy.map(|proxy| format!("not through the proxy {proxy}: ")).unwrap_or_default()
}

/// Why a request failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Cause {
    #[error("the name {host} does not resolve")]
    Dns { host: String, detail: String },
    /// `proxy` is the one that the request went through, without its user info.
    #[error("no connection: {}{detail}", through(.proxy.as_deref()))]
    Connect { detail: String, proxy: Option<String> },
    #[error("no secure connection: {0}")]
    Tls(TlsProblem),
    #[error("no answer within {} s", .after.as_secs())]
    Timeout { after: Duration },
    #[error("the connection was interrupted: {detail}")]
    Broken { detail: String },
    /// 407. Asked again with the same password, a proxy may lock the account.
    #[error("the proxy {proxy} does not accept the user name and password (407)")]
    ProxyPassword { proxy: String },
    /// A response other than 2xx, with what its body says in one of the known envelopes.
    #[error("answered {}{}", .0.status, .0.said())]
    Status(ErrorResponse),
    /// A response that is not the server's own: a proxy's, a sign-in wall's, an error page.
    #[error("{status}: the answer is {what}")]
    UnexpectedPage { status: u16, what: UnexpectedPage },
    #[error("the answer cannot be read as {expected}: {detail}")]
    Decode { expected: Expected, detail: String },
    #[error("the answer is larger than {limit} bytes")]
    TooLarge { limit: usize },
    /// A write is never redirected; a read never to another origin.
    #[error("redirected to {}", bare(.to))]
    Redirected { to: Url },
    /// A list that cannot be followed to its end.
    #[error("the link to the next page {0}")]
    Link(LinkProblem),
    /// `invalid_client`, where the header file has an `Authorization` of its own: GitLab reads an application from that header
    /// before any other place, so that nothing is known about the pair (doorkeeper: lib/doorkeeper/oauth/client/credentials.rb).
    #[error(
        "it is not known whether the ID and secret are valid: the header file's Authorization may have reached GitLab"
    )]
    ForwardedAuthorization,
    #[error("stopped")]
    Interrupted,
    /// The client could not be built: an unreadable CA, a bad proxy address.
    #[error("{0}")]
    Setup(String),
}

/// The name of the expected type, for the user.
pub type Expected = &'static str;

/// What responded instead of the server.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UnexpectedPage {
    #[error("a sign-in page")]
    LoginWall,
    /// GitLab's own sign-in page: the address is that of a page. `base` is the address of GitLab itself, where the page is
    /// known by its own address.
    #[error("GitLab's own sign-in page")]
    GitLabSignIn { base: Option<Url> },
    #[error("a web page, as a proxy or load balancer gives")]
    WebPage,
    #[error("a web page that asks for a client certificate")]
    ClientCertificate,
    /// 401 with `WWW-Authenticate: Basic`, which GitLab's API never sends.
    #[error("a question for a user name and password (HTTP Basic), from a proxy in front of it")]
    BasicAuth,
    #[error("Cloudflare Access, which lets only known users and service tokens pass")]
    CloudflareAccess,
    /// GitLab's API refuses in JSON.
    #[error("a block page of a firewall or proxy")]
    Firewall,
    #[error("something of type {0}, not JSON")]
    OtherType(String),
}

/// Why a list cannot be followed to its end.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum LinkProblem {
    #[error("never ends: the list is longer than any real one")]
    Endless,
    #[error("leads back to a page that was read before")]
    Circular,
    #[error("gives the same page again")]
    Repeated,
    #[error("leads to an empty page: the list ends too early")]
    EndsEarly,
    #[error("is not a valid address")]
    NotAnAddress,
}

/// What a cause amounts to: the one classification from which retries, exit codes and advice derive.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CauseClass {
    /// The server refused, 4xx except 408 and 429, or the proxy did. Trying again changes nothing.
    Refused,
    /// The request was redirected where it is not followed, so the server did nothing with it.
    Redirected,
    /// 429. The server did nothing with the request.
    RateLimited,
    /// 502, 503 or 504: the server is unavailable for the moment. A write may have happened.
    Unavailable,
    /// 500. A write may have happened.
    ServerError,
    /// Any other status: 408, 501, a 3xx that leads nowhere.
    UnexpectedStatus,
    /// The request never reached the server: its name does not resolve, or its port does not open.
    Unreachable,
    /// No TLS connection, for a reason that does not pass by itself: a certificate, a protocol. Nothing was done.
    Untrusted,
    /// The connection was interrupted. A write may have happened.
    Lost,
    /// No answer within the time. A write may have happened.
    TimedOut,
    /// The answer is not the server's own, or not what was asked for. A write may have happened.
    Unreadable,
    /// A list that cannot be followed to its end.
    BrokenList,
    /// Ctrl-C, or the end of the process.
    Interrupted,
    /// The client or the request could not be built.
    Setup,
}

impl Cause {
    #[must_use]
    pub fn class(&self) -> CauseClass {
        match self {
            Self::Dns { .. } | Self::Connect { .. } => CauseClass::Unreachable,
            Self::Tls(problem) if problem.may_pass() => CauseClass::Lost,
            Self::Tls(_) => CauseClass::Untrusted,
            Self::Timeout { .. } => CauseClass::TimedOut,
            Self::Broken { .. } => CauseClass::Lost,
            Self::Status(answer) => class_of_status(answer.status),
            Self::UnexpectedPage { status, what } if is_refused(*status, what) => CauseClass::Refused,
            Self::UnexpectedPage { .. }
            | Self::Decode { .. }
            | Self::TooLarge { .. }
            | Self::ForwardedAuthorization => CauseClass::Unreadable,
            Self::ProxyPassword { .. } => CauseClass::Refused,
            Self::Redirected { .. } => CauseClass::Redirected,
            Self::Link(_) => CauseClass::BrokenList,
            Self::Interrupted => CauseClass::Interrupted,
            Self::Setup(_) => CauseClass::Setup,
        }
    }
}

/// Whether what lies in front of the server refuses the request; asked again, it would say the same.
fn is_refused(status: u16, what: &UnexpectedPage) -> bool {
    match what {
        UnexpectedPage::BasicAuth | UnexpectedPage::CloudflareAccess | UnexpectedPage::Firewall => true,
        UnexpectedPage::LoginWall
        | UnexpectedPage::GitLabSignIn { .. }
        | UnexpectedPage::WebPage
        | UnexpectedPage::ClientCertificate
        | UnexpectedPage::OtherType(_) => class_of_status(status) == CauseClass::Refused,
    }
}

fn class_of_status(status: u16) -> CauseClass {
    match status {
        429 => CauseClass::RateLimited,
        408 => CauseClass::UnexpectedStatus,
        400..=499 => CauseClass::Refused,
        500 => CauseClass::ServerError,
        502..=504 => CauseClass::Unavailable,
        _ => CauseClass::UnexpectedStatus,
    }
}

impl CauseClass {
    /// Whether something must be changed before trying again (exit 1), as opposed to not having been able to find out
    /// (exit 3).
    #[must_use]
    pub fn is_refusal(self) -> bool {
        matches!(self, Self::Refused | Self::Redirected | Self::Untrusted)
    }
}

impl From<CauseClass> for FailureKind {
    fn from(class: CauseClass) -> Self {
        match class {
            CauseClass::Refused | CauseClass::Redirected | CauseClass::Untrusted => Self::Problem,
            CauseClass::RateLimited
            | CauseClass::Unavailable
            | CauseClass::ServerError
            | CauseClass::UnexpectedStatus
            | CauseClass::Unreachable
            | CauseClass::Lost
            | CauseClass::TimedOut
            | CauseClass::Unreadable
            | CauseClass::BrokenList => Self::Unknown,
            CauseClass::Interrupted => Self::Interrupted,
            CauseClass::Setup => Self::Usage,
        }
    }
}

/// A response other than 2xx. The texts are the server's: cut to a few hundred characters and redacted, and not yet
/// sanitized, which the terminal does.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ErrorResponse {
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
    /// What a fine-grained token may lack, where GitLab refused one and does not say why.
    pub may_lack: Option<String>,
}

/// What a request needs that a fine-grained token may not have, by its method and path, as a fragment.
pub type NeededPermission = fn(&str, &str) -> String;

impl ErrorResponse {
    /// Notes that it was a fine-grained token that GitLab refused without a reason.
    pub(super) fn note_fine_grained(&mut self, method: &str, path: &str, needed: NeededPermission) {
        let is_bare = self.status == 403 && self.error.is_none() && self.message.as_deref() == Some("403 Forbidden");
        if is_bare {
            self.may_lack = Some(needed(method, path));
        }
    }

    fn lacks(&self) -> String {
        self.may_lack.as_ref().map(|what| format!("; the fine-grained token may lack {what}")).unwrap_or_default()
    }

    fn said(&self) -> String {
        self.error_description
            .as_ref()
            .or(self.message.as_ref())
            .or(self.error.as_ref())
            .map(|text| format!(": {text}{}", self.lacks()))
            .unwrap_or_default()
    }
}

/// The page that GitLab leads visitors to who are not signed in, from every page that they may not see and from every address
/// that it does not know. gitlab: app/controllers/application_controller.rb, route_not_found
const SIGN_IN_PAGE: &str = "/users/sign_in";

/// GitLab's base URL, from where it redirects to: an address of its API or its sign-in page; `None` where it is neither.
#[must_use]
pub fn base_of_gitlab(to: &Url) -> Option<&str> {
    let base = to.as_str().split_once("/api/v4").map(|(base, _)| base);
    base.or_else(|| to.as_str().split_once(SIGN_IN_PAGE).map(|(base, _)| base))
}

impl Error {
    /// The HTTP status, where the server itself responded with one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self.cause.as_ref() {
            Cause::Status(answer) => Some(answer.status),
            _ => None,
        }
    }

    #[must_use]
    pub fn response(&self) -> Option<&ErrorResponse> {
        match self.cause.as_ref() {
            Cause::Status(answer) => Some(answer),
            _ => None,
        }
    }

    /// What the cause amounts to.
    #[must_use]
    pub fn class(&self) -> CauseClass {
        self.cause.class()
    }

    /// As [`CauseClass::is_refusal`].
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        self.class().is_refusal()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_has_its_class() {
        for (status, class, kind) in [
            (304, CauseClass::UnexpectedStatus, FailureKind::Unknown),
            (400, CauseClass::Refused, FailureKind::Problem),
            (401, CauseClass::Refused, FailureKind::Problem),
            (404, CauseClass::Refused, FailureKind::Problem),
            (408, CauseClass::UnexpectedStatus, FailureKind::Unknown),
            (429, CauseClass::RateLimited, FailureKind::Unknown),
            (500, CauseClass::ServerError, FailureKind::Unknown),
            (501, CauseClass::UnexpectedStatus, FailureKind::Unknown),
            (502, CauseClass::Unavailable, FailureKind::Unknown),
            (504, CauseClass::Unavailable, FailureKind::Unknown),
        ] {
            let cause = Cause::Status(ErrorResponse { status, ..ErrorResponse::default() });
            assert_eq!((cause.class(), FailureKind::from(cause.class())), (class, kind), "{status}");
            assert_eq!(class.is_refusal(), kind == FailureKind::Problem, "{status}");
        }
    }
}
