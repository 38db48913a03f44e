//! What a check says, and how a failed request is judged where a check knows nothing better.

use serde::Serialize;
use serde_json::{Map, Value};

use super::Policy;
use crate::desired::Desired;
use crate::error::Fix;
use crate::http::{self, Cause, LinkProblem, TlsProblem};
use crate::observed::{Observation, Observed};

/// What a check is judged by.
pub(super) struct Case<'a> {
    pub(super) desired: &'a Desired,
    pub(super) observed: &'a Observed,
    pub(super) policy: &'a Policy,
}

impl Case<'_> {
    /// The address of a page of the instance.
    pub(super) fn page(&self, path: &str) -> String {
        self.desired.instance.page(path).to_string()
    }

    /// Where a token that is good enough is made.
    pub(super) fn new_token_page(&self) -> String {
        self.page("/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode")
    }
}

/// The states of a check. `Unknown` is never folded into `Pass`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Status {
    Pass,
    Warn,
    Fail,
    /// Not judged, and why.
    Skip(Because),
    /// Could not be made.
    Unknown,
}

impl Status {
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Skip(_) => "skip",
            Self::Unknown => "unknown",
        }
    }
}

/// Why a check was not judged.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Because {
    /// Another check comes first and did not pass.
    Depends(&'static str),
    /// Its subject cannot be seen from here, by design.
    Unseen(String),
}

/// What a check says.
#[derive(Clone, Debug)]
pub(super) struct Ruling {
    pub(super) status: Status,
    pub(super) cause: Option<String>,
    pub(super) evidence: Map<String, Value>,
    /// Boxed: a ruling is also handed on as an error.
    pub(super) fix: Option<Box<Fix>>,
}

impl Ruling {
    fn new(status: Status, cause: Option<String>) -> Self {
        Self { status, cause, evidence: Map::new(), fix: None }
    }

    pub(super) fn pass() -> Self {
        Self::new(Status::Pass, None)
    }

    pub(super) fn warn(cause: impl Into<String>) -> Self {
        Self::new(Status::Warn, Some(cause.into()))
    }

    pub(super) fn fail(cause: impl Into<String>) -> Self {
        Self::new(Status::Fail, Some(cause.into()))
    }

    pub(super) fn unknown(cause: impl Into<String>) -> Self {
        Self::new(Status::Unknown, Some(cause.into()))
    }

    /// Its subject cannot be seen from here, by design.
    pub(super) fn unseen(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self::new(Status::Skip(Because::Unseen(reason.clone())), Some(reason))
    }

    pub(super) fn depends(code: &'static str) -> Self {
        Self::new(Status::Skip(Because::Depends(code)), Some(format!("depends on {code}")))
    }

    /// What a failed request says by itself: a refusal fails, anything else could not be found out.
    pub(super) fn failed(error: &http::Error) -> Self {
        let status = if error.is_refusal() { Status::Fail } else { Status::Unknown };
        let mut ruling = Self::new(status, Some(error.to_string()));
        ruling.fix = general_fix(error).map(Box::new);
        ruling
    }

    /// Adds what was seen.
    pub(super) fn saw(mut self, name: &str, value: impl Serialize) -> Self {
        // Plain data always has a JSON form.
        self.evidence.insert(name.to_owned(), serde_json::to_value(value).unwrap_or(Value::Null));
        self
    }

    /// A short remark beside a check that holds.
    pub(super) fn note(self, text: impl Into<String>) -> Self {
        self.saw("note", text.into())
    }

    pub(super) fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(Box::new(fix));
        self
    }
}

/// The value, or the ruling where there is none. Only for reads that checks above have found good or not asked.
pub(super) fn known<T>(seen: &Observation<T>) -> Result<&T, Ruling> {
    match seen {
        Observation::Known(value) => Ok(value),
        Observation::Failed(error) => Err(Ruling::failed(error)),
        Observation::Skipped(reason) => Err(Ruling::unseen(*reason)),
    }
}

/// What to do about a request that failed, where nothing more is known.
fn general_fix(error: &http::Error) -> Option<Fix> {
    let host = &error.host;
    Some(match error.cause.as_ref() {
        Cause::Dns { .. } => Fix::say(format!("make {host} resolve on this machine, or correct the address")),
        Cause::Connect { .. } => Fix::say(format!("open the way from this machine to {host}: firewall, VPN, proxy")),
        Cause::Tls(TlsProblem::UnknownCa { .. } | TlsProblem::Intercepted { .. }) => Fix::run(
            "name the certificate authority that the company uses",
            "factory-gitlab verify --ca-cert /path/to/ca.pem",
        ),
        Cause::Tls(TlsProblem::WrongName { .. }) => {
            Fix::say(format!("use a name that the certificate has, or renew it for {host}"))
        }
        Cause::Tls(TlsProblem::Expired { .. }) => Fix::say(format!("renew the certificate of {host}")),
        Cause::Tls(TlsProblem::NotYetValid) => Fix::say("set the clock of this machine right"),
        Cause::Tls(TlsProblem::Other(_)) => Fix::say(format!("look at the TLS settings of {host}")),
        Cause::Timeout { .. } => Fix::run("run it again, with more time", "factory-gitlab verify --timeout 90"),
        Cause::Redirected { to } => match http::base_of_api(to) {
            Some(base) => Fix::say(format!("use the address that it redirects to: {base}")),
            None => Fix::say("let requests to /api/v4 pass the proxy or sign-in that stands in between"),
        },
        Cause::Status(answer) if answer.status == 429 => {
            let wait = answer.retry_after.map_or_else(String::new, |time| format!(" in {} s", time.as_secs().max(1)));
            Fix::say(format!("run it again{wait}, or with --concurrency 1"))
        }
        Cause::Status(answer) if answer.status >= 500 => Fix::say(format!("run it again when {host} is well")),
        Cause::Status(_) => Fix::say(format!("see that {host} lets this machine and this token read {}", error.path)),
        Cause::Link(LinkProblem::OtherScheme | LinkProblem::OtherHost) => {
            Fix::say("give the address that GitLab has as its external_url with --gitlab-url")
        }
        Cause::Link(_) | Cause::UnexpectedPage { .. } | Cause::Decode { .. } | Cause::TooLarge { .. } => {
            Fix::say(format!("see what stands between this machine and {host}: a proxy, a firewall"))
        }
        Cause::Broken { .. } | Cause::Interrupted => Fix::run("run it again", "factory-gitlab verify"),
        Cause::Setup(_) => return None,
    })
}
