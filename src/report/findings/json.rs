//! The JSON form of the findings.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Findings, LookedFrom, SCHEMA};
use crate::checks::{CheckStatus, Finding, SkipReason};
use crate::error::Fix;
use crate::kit::KitFingerprint;
use crate::report::Report as _;
use crate::report::json::Tool;
use crate::text::milliseconds;

#[derive(Serialize)]
pub(super) struct FindingsDocument<'r> {
    schema: &'static str,
    tool: Tool,
    target: Option<&'r str>,
    kit: Option<&'r KitFingerprint>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'r LookedFrom>,
    verdict: &'static str,
    exit_code: u8,
    counts: Counts,
    requests: usize,
    duration_ms: u64,
    checks: Vec<CheckJson<'r>>,
}

#[derive(Serialize)]
struct Counts {
    pass: usize,
    warn: usize,
    fail: usize,
    skip: usize,
    unknown: usize,
}

#[derive(Serialize)]
pub(in crate::report) struct CheckJson<'r> {
    code: &'static str,
    title: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    status: &'static str,
    cause: Option<&'r str>,
    evidence: &'r Map<String, Value>,
    fix: Option<CheckFix<'r>>,
    doc: &'r str,
    depends_on: Vec<&'static str>,
    /// Absent where nothing of its own was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u64>,
}

/// Of a check, what a fix lacks is `null`; elsewhere it is left out.
#[derive(Serialize)]
struct CheckFix<'r> {
    text: &'r str,
    command: Option<String>,
    url: Option<&'r str>,
}

impl<'r> FindingsDocument<'r> {
    pub(super) fn new(report: &'r Findings) -> Self {
        let count = |status| report.count(status);
        Self {
            schema: SCHEMA,
            tool: Tool::this(),
            target: report.target.as_deref(),
            kit: report.kit.as_ref(),
            from: report.from.as_ref(),
            verdict: report.verdict().name(),
            exit_code: report.exit_code() as u8,
            counts: Counts {
                pass: count("pass"),
                warn: count("warn"),
                fail: count("fail"),
                skip: count("skip"),
                unknown: count("unknown"),
            },
            requests: report.requests,
            duration_ms: milliseconds(report.duration),
            checks: CheckJson::all(report),
        }
    }
}

impl<'r> CheckJson<'r> {
    pub(in crate::report) fn all(report: &'r Findings) -> Vec<Self> {
        report.findings.iter().map(|finding| Self::new(finding, &report.running)).collect()
    }

    fn new(finding: &'r Finding, running: &str) -> Self {
        Self {
            code: finding.code,
            title: finding.title,
            target: finding.target.as_ref().map(ToString::to_string),
            status: finding.status.name(),
            cause: finding.cause.as_deref(),
            evidence: &finding.evidence,
            fix: finding.fix.as_ref().map(|fix| CheckFix::new(fix, running)),
            doc: &finding.doc,
            depends_on: depends_on(finding),
            duration_ms: finding.duration.map(milliseconds),
        }
    }
}

impl<'r> CheckFix<'r> {
    fn new(fix: &'r Fix, running: &str) -> Self {
        let command = fix.command.as_ref().map(|command| command.line(running));
        Self { text: &fix.text, command, url: fix.url.as_deref() }
    }
}

/// A skipped check names the one that has to be corrected first.
fn depends_on(finding: &Finding) -> Vec<&'static str> {
    match &finding.status {
        CheckStatus::Skip(SkipReason::BlockedBy(root)) => vec![root],
        CheckStatus::Skip(SkipReason::NotObservable(_))
        | CheckStatus::Pass
        | CheckStatus::Warn
        | CheckStatus::Fail
        | CheckStatus::Unknown => finding.depends_on.to_vec(),
    }
}
