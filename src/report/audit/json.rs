//! The JSON form of a review.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use super::AuditReport;
use crate::audit::{AuditFinding, AuditSeverity, NotVisible, SCHEMA, Unread};
use crate::gitlab::{Boundary, Task};
use crate::kit::KitFingerprint;
use crate::report::Report as _;
use crate::report::json::{FixJson, Tool};

#[derive(Serialize)]
pub(super) struct AuditDocument<'r> {
    schema: &'static str,
    tool: Tool,
    target: &'r str,
    kit: &'r KitFingerprint,
    date: Date,
    since: Date,
    exit_code: u8,
    counts: Counts,
    findings: &'r [AuditFinding],
    not_visible: &'r [NotVisible],
    unread: Vec<UnreadJson<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<BaselineJson>,
    smallest_tokens: Vec<SmallestToken>,
}

#[derive(Serialize)]
struct Counts {
    error: usize,
    warning: usize,
    info: usize,
}

#[derive(Serialize)]
struct UnreadJson<'r> {
    what: &'r str,
    why: &'r str,
    fixes: Vec<FixJson<'r>>,
}

/// How many findings are as in the baseline, and how many of its are gone.
#[derive(Serialize)]
struct BaselineJson {
    known: usize,
    gone: usize,
}

#[derive(Serialize)]
struct SmallestToken {
    command: &'static str,
    scopes: [&'static str; 1],
    /// By what they are granted for; not where the version has no fine-grained tokens.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    permissions: BTreeMap<&'static str, Vec<String>>,
}

impl<'r> AuditDocument<'r> {
    pub(super) fn new(report: &'r AuditReport) -> Self {
        let AuditReport { audit, compared, .. } = report;
        Self {
            schema: SCHEMA,
            tool: Tool::this(),
            target: &report.target,
            kit: &report.kit,
            date: report.today,
            since: report.since,
            exit_code: report.exit_code() as u8,
            counts: Counts {
                error: report.count(AuditSeverity::Error),
                warning: report.count(AuditSeverity::Warning),
                info: report.count(AuditSeverity::Info),
            },
            findings: &audit.findings,
            not_visible: &audit.not_visible,
            unread: audit.unread.iter().map(|unread| UnreadJson::new(unread, &report.running)).collect(),
            baseline: compared.as_ref().map(|compared| BaselineJson { known: compared.known, gone: compared.gone }),
            smallest_tokens: Task::ALL.into_iter().map(|task| SmallestToken::new(task, report)).collect(),
        }
    }
}

impl<'r> UnreadJson<'r> {
    fn new(unread: &'r Unread, running: &str) -> Self {
        Self { what: &unread.what, why: &unread.why, fixes: FixJson::all(unread.fix.as_slice(), running) }
    }
}

impl SmallestToken {
    fn new(task: Task, report: &AuditReport) -> Self {
        let permissions = task.permissions();
        let of = |boundary: Boundary| {
            let own = permissions.iter().filter(|one| one.boundary == boundary).map(|one| one.name());
            (boundary.key(), own.collect())
        };
        let mut by_boundary: BTreeMap<&'static str, Vec<String>> = Boundary::ALL.into_iter().map(of).collect();
        by_boundary.retain(|_, names| !names.is_empty() && report.has_fine_grained != Some(false));
        Self { command: task.command(), scopes: [task.scope()], permissions: by_boundary }
    }
}
