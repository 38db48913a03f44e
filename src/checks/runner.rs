//! Runs the checks in their order, skips those that depend on a check that did not pass, and sums up.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value};

use super::cloud::{self, CloudSides};
use super::outcome::{CheckContext, CheckOutcome, CheckStatus, SkipReason};
use super::{Affected, Check, CheckInfo, Policy, all};
use crate::advice::{About, advise};
use crate::desired::Desired;
use crate::error::Fix;
use crate::observed::Observed;

/// What one check found.
#[derive(Clone, Debug)]
pub struct Finding {
    pub code: &'static str,
    pub title: &'static str,
    /// Where it is about one of several addresses.
    pub target: Option<FindingTarget>,
    pub status: CheckStatus,
    /// Why it did not pass, or was skipped.
    pub cause: Option<String>,
    /// Whether the cause is the error of a failed request, which does not say what the request was for.
    pub is_failed_request: bool,
    pub evidence: Map<String, Value>,
    /// All targets and webhooks that it is about; the evidence lists examples.
    pub affected: Vec<Affected>,
    pub fix: Option<Fix>,
    pub doc: String,
    pub depends_on: &'static [&'static str],
    /// How long the longest of the reads took that it is judged by; several checks may share one. `None` where nothing of its
    /// own was measured.
    pub duration: Option<Duration>,
}

/// One of several addresses.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FindingTarget {
    /// `HOST:PORT`, with the protocol in front where several are looked at there.
    pub place: String,
    /// What is spoken there, and whose it is.
    pub about: String,
    /// The resolver that was asked.
    pub resolver: Option<String>,
}

impl fmt::Display for FindingTarget {
    /// `HOST:PORT`, or `HOST:PORT at RESOLVER`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)?;
        match &self.resolver {
            Some(resolver) => write!(f, " at {resolver}"),
            None => Ok(()),
        }
    }
}

impl Finding {
    /// The part of the code before the dot.
    #[must_use]
    pub fn category(&self) -> &'static str {
        self.code.split('.').next().unwrap_or(self.code)
    }

    fn of(check: &CheckInfo, outcome: CheckOutcome, context: &CheckContext<'_>) -> Self {
        let CheckOutcome { status, cause, failed_request, evidence, affected, fix } = outcome;
        let about =
            if check.code.starts_with("factory.") { About::AnyHost } else { About::GitLab(&context.desired.instance) };
        let advice = || advise(failed_request.as_ref()?, about).into_iter().next();
        let (fix, is_failed_request) = (fix.map(|fix| *fix).or_else(advice), failed_request.is_some());
        Self {
            code: check.code,
            title: check.title,
            target: None,
            status,
            cause,
            is_failed_request,
            evidence,
            affected,
            fix,
            doc: check.doc(),
            depends_on: check.depends_on,
            duration: Some(Duration::ZERO),
        }
    }
}

/// Runs every check, in the order of the report.
#[must_use]
pub fn run_checks(desired: &Desired, observed: &Observed, policy: &Policy) -> Vec<Finding> {
    let context = CheckContext { desired, observed, policy };
    let mut run = CheckRun { context: &context, states: HashMap::new() };
    let findings = all().map(|check| run.judge(check, None)).collect();
    run.settle_all(findings)
}

/// The same for a connection to GitLab.com, where some checks have no subject, and one is about the selection alone.
#[must_use]
pub fn run_cloud_checks(
    desired: &Desired,
    observed: &Observed,
    sides: CloudSides<'_>,
    policy: &Policy,
) -> Vec<Finding> {
    let context = CheckContext { desired, observed, policy };
    let mut run = CheckRun { context: &context, states: HashMap::new() };
    let mut findings: Vec<Finding> = all().map(|check| run.judge(check, cloud::absent(check))).collect();
    let info = cloud::SELECTION;
    let outcome = match run.failed_dependency(info.depends_on) {
        Some(code) => CheckOutcome::blocked_by(code),
        None => cloud::selection(sides),
    };
    run.states.insert(info.code, outcome.status.clone());
    findings.push(Finding::of(&info, outcome, &context));
    if let Some(finding) = findings.iter_mut().find(|finding| finding.code == "factory.status") {
        finding.fix = cloud::before_selection(sides, &finding.status).or(finding.fix.take());
    }
    for fix in findings.iter_mut().filter_map(|finding| finding.fix.as_mut()) {
        fix.command = fix.command.take().map(|command| command.for_cloud());
    }
    run.settle_all(findings)
}

/// What was judged so far.
struct CheckRun<'a> {
    context: &'a CheckContext<'a>,
    states: HashMap<&'static str, CheckStatus>,
}

impl CheckRun<'_> {
    /// A check, unless the connection has nothing to judge, for the reason `absent`.
    fn judge(&mut self, check: &'static Check, absent: Option<&'static str>) -> Finding {
        let outcome = match (absent, self.failed_dependency(check.depends_on)) {
            (Some(reason), _) => CheckOutcome::not_observable(reason),
            (None, Some(code)) => CheckOutcome::blocked_by(code),
            (None, None) => root_of((check.rule)(self.context), &self.states),
        };
        self.states.insert(check.code, outcome.status.clone());
        let mut finding = Finding::of(&check.info(), outcome, self.context);
        let took = |read| self.context.observed.took.get(read);
        if !matches!(finding.status, CheckStatus::Skip(_)) {
            finding.duration = Some(check.reads.iter().filter_map(took).max().copied().unwrap_or_default());
        }
        finding
    }

    /// The check that has to be fixed first, if there is one: the root, not the nearest in the chain.
    fn failed_dependency(&self, depends_on: &[&'static str]) -> Option<&'static str> {
        depends_on.iter().find_map(|code| match self.states.get(code) {
            Some(CheckStatus::Pass | CheckStatus::Warn | CheckStatus::Skip(SkipReason::NotObservable(_))) => None,
            Some(CheckStatus::Skip(SkipReason::BlockedBy(root))) => Some(*root),
            Some(CheckStatus::Fail | CheckStatus::Unknown) | None => Some(code),
        })
    }

    fn settle_all(&self, mut findings: Vec<Finding>) -> Vec<Finding> {
        for finding in &mut findings {
            settle(finding, &self.states);
        }
        findings
    }
}

/// A check is not skipped because of one that passed: if it could not be judged although what it depends on passed, it is
/// unknown.
fn settle(finding: &mut Finding, states: &HashMap<&'static str, CheckStatus>) {
    let CheckStatus::Skip(SkipReason::BlockedBy(root)) = &finding.status else { return };
    if !matches!(states.get(root), Some(CheckStatus::Fail | CheckStatus::Unknown)) {
        finding.cause = Some(format!("could not be judged, although {root} did not fail"));
        finding.status = CheckStatus::Unknown;
    }
}

/// An outcome that points at a check which is itself blocked points at the root instead.
fn root_of(outcome: CheckOutcome, states: &HashMap<&'static str, CheckStatus>) -> CheckOutcome {
    let CheckStatus::Skip(SkipReason::BlockedBy(code)) = &outcome.status else { return outcome };
    if let Some(CheckStatus::Skip(SkipReason::BlockedBy(root))) = states.get(code) {
        return CheckOutcome::blocked_by(root);
    }
    outcome
}

/// The result of all findings.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Pass,
    Fail,
    Unknown,
}

impl Verdict {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
        }
    }
}

/// Sums up: a failure outweighs an unknown, an unknown outweighs a pass. Where nothing was judged, or a check was blocked
/// by one that is not among the findings (`--only`), the verdict is unknown.
#[must_use]
pub fn verdict(findings: &[Finding]) -> Verdict {
    let any = |status: &CheckStatus| findings.iter().any(|finding| finding.status == *status);
    let judged = findings.iter().any(|finding| matches!(finding.status, CheckStatus::Pass | CheckStatus::Warn));
    let is_orphaned = |finding: &Finding| {
        matches!(&finding.status, CheckStatus::Skip(SkipReason::BlockedBy(root))
            if !findings.iter().any(|other| other.code == *root))
    };
    let orphaned = findings.iter().any(is_orphaned);
    if any(&CheckStatus::Fail) {
        Verdict::Fail
    } else if any(&CheckStatus::Unknown) || orphaned || !judged {
        Verdict::Unknown
    } else {
        Verdict::Pass
    }
}
