//! The outcome of a check, and how a failed request is judged by default.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Affected, Policy};
use crate::advice::{About, advise};
use crate::desired::Desired;
use crate::error::Fix;
use crate::http;
use crate::observed::{Observation, Observed};

/// What a check judges.
pub(super) struct CheckContext<'a> {
    pub(super) desired: &'a Desired,
    pub(super) observed: &'a Observed,
    pub(super) policy: &'a Policy,
}

impl CheckContext<'_> {
    /// The address of a page of the instance.
    pub(super) fn page(&self, path: &str) -> String {
        self.desired.instance.page(path).to_string()
    }
}

/// The states of a check. `Unknown` never counts as `Pass`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CheckStatus {
    Pass,
    Warn,
    Fail,
    /// Not judged, and the reason.
    Skip(SkipReason),
    /// It could not be found out whether it holds.
    Unknown,
}

impl CheckStatus {
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
pub enum SkipReason {
    /// A check that it depends on did not pass.
    BlockedBy(&'static str),
    /// Its subject cannot be observed, by design.
    NotObservable(String),
}

/// What a check found.
#[derive(Clone, Debug)]
pub(super) struct CheckOutcome {
    pub(super) status: CheckStatus,
    pub(super) cause: Option<String>,
    /// The request whose error is the cause, which does not say what the request was for.
    pub(super) failed_request: Option<http::Error>,
    pub(super) evidence: Map<String, Value>,
    /// Whom it is about, where it judges several.
    pub(super) affected: Vec<Affected>,
    /// Boxed: an outcome is also returned as an error.
    pub(super) fix: Option<Box<Fix>>,
}

impl CheckOutcome {
    fn new(status: CheckStatus, cause: Option<String>) -> Self {
        Self { status, cause, failed_request: None, evidence: Map::new(), affected: Vec::new(), fix: None }
    }

    pub(super) fn pass() -> Self {
        Self::new(CheckStatus::Pass, None)
    }

    pub(super) fn warn(cause: impl Into<String>) -> Self {
        Self::new(CheckStatus::Warn, Some(cause.into()))
    }

    pub(super) fn fail(cause: impl Into<String>) -> Self {
        Self::new(CheckStatus::Fail, Some(cause.into()))
    }

    pub(super) fn unknown(cause: impl Into<String>) -> Self {
        Self::new(CheckStatus::Unknown, Some(cause.into()))
    }

    /// Its subject cannot be observed, by design.
    pub(super) fn not_observable(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self::new(CheckStatus::Skip(SkipReason::NotObservable(reason.clone())), Some(reason))
    }

    pub(super) fn blocked_by(code: &'static str) -> Self {
        Self::new(CheckStatus::Skip(SkipReason::BlockedBy(code)), Some(format!("depends on {code}")))
    }

    /// The default for a failed request: a refusal is a failure, anything else is unknown. Unless it gets another fix, it gets the
    /// advice that every command gives on the request.
    pub(super) fn failed(error: &http::Error) -> Self {
        let status = if error.is_refusal() { CheckStatus::Fail } else { CheckStatus::Unknown };
        let mut outcome = Self::new(status, Some(error.to_string()));
        outcome.failed_request = Some(error.clone());
        outcome
    }

    /// Adds the best advice on a request that failed.
    pub(super) fn advised(self, error: &http::Error, about: About<'_>) -> Self {
        match advise(error, about).into_iter().next() {
            Some(fix) => self.fix(fix),
            None => self,
        }
    }

    /// Adds what was observed.
    pub(super) fn evidence(mut self, name: &str, value: impl Serialize) -> Self {
        // Plain data always has a JSON form.
        self.evidence.insert(name.to_owned(), serde_json::to_value(value).unwrap_or(Value::Null));
        self
    }

    /// Says whom it is about.
    pub(super) fn affecting(mut self, affected: impl IntoIterator<Item = Affected>) -> Self {
        self.affected = affected.into_iter().collect();
        self
    }

    /// A short remark beside a check that passes.
    pub(super) fn note(self, text: impl Into<String>) -> Self {
        self.evidence("note", text.into())
    }

    pub(super) fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(Box::new(fix));
        self
    }
}

/// The value, or the outcome of a read that failed or was not made.
pub(super) fn known<T>(seen: &Observation<T>) -> Result<&T, CheckOutcome> {
    match seen {
        Observation::Known(value) => Ok(value),
        Observation::Failed(error) => Err(CheckOutcome::failed(error)),
        Observation::Skipped(reason) => Err(CheckOutcome::not_observable(*reason)),
    }
}
