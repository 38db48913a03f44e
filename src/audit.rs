//! The review of a connection: who can do what through it, and what is more than is needed. Pure.

mod application;
mod baseline;
mod events;
mod instance;
mod tokens;
mod webhooks;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::advice::{About, advise};
use crate::checks::{CheckInfo, CheckSeverity};
use crate::desired::Desired;
use crate::error::Fix;
use crate::http;
use crate::instance::InstanceUrl;
use crate::journal::Record;
use crate::observed::{AuditSeen, Observation, Observed};

pub use self::baseline::{Baseline, BaselineError, NewFindings};

/// The schema of the JSON form.
pub const SCHEMA: &str = "factory-gitlab/audit/v1";

/// How much a finding matters. The worst comes first.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AuditSeverity {
    Error,
    Warning,
    Info,
}

impl From<CheckSeverity> for AuditSeverity {
    fn from(severity: CheckSeverity) -> Self {
        match severity {
            CheckSeverity::Error => Self::Error,
            CheckSeverity::Warning => Self::Warning,
            CheckSeverity::Info => Self::Info,
        }
    }
}

impl AuditSeverity {
    pub const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Info];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

/// What to do about a finding, and the page where it is done.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Remedy {
    pub text: String,
    pub url: String,
}

/// Something that a reviewer should know. Times in it are days.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct AuditFinding {
    pub code: &'static str,
    pub severity: AuditSeverity,
    /// What it is about: `webhook 71 on group acme`.
    pub subject: String,
    pub cause: String,
    pub remedy: Remedy,
    /// The address of the page of its code.
    pub doc: String,
}

/// What no API shows, and the page that does.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct NotVisible {
    pub what: String,
    pub page: String,
}

/// What could not be read, so that nothing is known of it.
#[derive(Clone, Debug)]
pub struct Unread {
    pub what: String,
    pub why: String,
    pub fix: Option<Fix>,
    /// Whether GitLab refused it: running again changes nothing.
    pub is_refused: bool,
}

/// A whole review.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    pub findings: Vec<AuditFinding>,
    pub not_visible: Vec<NotVisible>,
    pub unread: Vec<Unread>,
}

/// What a review is made from.
#[derive(Clone, Copy)]
pub struct AuditInputs<'a> {
    pub desired: &'a Desired,
    pub observed: &'a Observed,
    pub seen: &'a AuditSeen,
    pub record: &'a Record,
    /// The day of the review.
    pub today: Date,
    /// What was not used since is not needed; audit events are read from this day on.
    pub since: Date,
}

/// Reviews what was read. The same state gives the same review, but for dates.
#[must_use]
pub fn audit(inputs: AuditInputs<'_>) -> Audit {
    let mut review = Review { inputs, audit: Audit::default() };
    review.instance();
    review.applications();
    review.tokens();
    review.webhooks();
    review.settings();
    review.administrators();
    review.events();
    review.never_visible();
    let Audit { mut findings, mut not_visible, unread } = review.audit;
    findings.sort_by_cached_key(|one| (one.severity, one.code, numbers(&one.subject), one.cause.clone()));
    not_visible.dedup();
    Audit { findings, not_visible, unread }
}

/// A text whose numbers are in their order, and not in that of their digits.
fn numbers(text: &str) -> Vec<(String, u64)> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let at = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(at);
        let end = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
        let (digits, tail) = tail.split_at(end);
        parts.push((word.to_owned(), digits.parse().unwrap_or(0)));
        rest = tail;
    }
    parts
}

/// A review in the making.
struct Review<'a> {
    inputs: AuditInputs<'a>,
    audit: Audit,
}

impl<'a> Review<'a> {
    fn instance_url(&self) -> &'a InstanceUrl {
        &self.inputs.desired.instance
    }

    fn page(&self, path: &str) -> String {
        self.instance_url().page(path).to_string()
    }

    fn add(&mut self, finding: NewFinding) {
        let NewFinding { code, subject, cause, remedy, page } = finding;
        let (severity, doc) = (code.severity.into(), code.doc());
        let remedy = Remedy { text: remedy, url: self.page(&page) };
        self.audit.findings.push(AuditFinding { code: code.code, severity, subject, cause, remedy, doc });
    }

    fn not_visible(&mut self, what: impl Into<String>, page: &str) {
        let page = self.page(page);
        self.audit.not_visible.push(NotVisible { what: what.into(), page });
    }

    /// The value; where it could not be read that is noted, and where no API shows it, too.
    fn known<T>(&mut self, what: &str, page: &str, seen: &'a Observation<T>) -> Option<&'a T> {
        match seen {
            Observation::Known(value) => Some(value),
            Observation::Failed(error) => {
                self.unread(what, error);
                None
            }
            Observation::Skipped(reason) => {
                self.not_visible(format!("{what}: {reason}"), page);
                None
            }
        }
    }

    fn unread(&mut self, what: &str, error: &http::Error) {
        let fix = advise(error, About::GitLab(self.instance_url())).into_iter().next();
        let is_refused = error.is_refusal();
        self.audit.unread.push(Unread { what: what.to_owned(), why: error.to_string(), fix, is_refused });
    }

    /// The instance itself: without it nothing else means anything.
    fn instance(&mut self) {
        if let Observation::Failed(error) = &self.inputs.observed.metadata {
            self.unread("the version of GitLab", error);
        }
    }

    /// What no version's API shows.
    fn never_visible(&mut self) {
        self.not_visible(
            "which applications a user has authorized: each user sees only their own list",
            "/-/user_settings/applications",
        );
        self.not_visible(
            "applications that a group owns: an administrator's list has only the instance's own",
            "/admin/groups",
        );
        self.not_visible("applications that a user owns", "/admin/users");
        self.not_visible("when an OAuth token of the application was last used, and by whom", "/admin/applications");
        self.not_visible(
            "changes of a webhook: GitLab has audit events for its creation and removal only",
            "/admin/hooks",
        );
    }
}

/// A finding without the address of the instance.
struct NewFinding {
    /// One of `checks::review`; it says how much the finding matters.
    code: CheckInfo,
    subject: String,
    cause: String,
    remedy: String,
    /// Below the instance's address.
    page: String,
}

#[cfg(test)]
mod tests;
