//! A review as SARIF 2.1.0, for what collects the findings of tools.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::AuditReport;
use crate::audit::{AuditFinding, AuditSeverity};
use crate::checks::{CheckInfo, review};
use crate::report::Report as _;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The document of one run.
pub(super) fn document(report: &AuditReport) -> Value {
    let audit = &report.audit;
    let results: Vec<Value> = audit.findings.iter().map(|finding| result(report, finding)).collect();
    let unread =
        audit.unread.iter().map(|one| notification("error", &format!("{} could not be read: {}", one.what, one.why)));
    let not_visible =
        audit.not_visible.iter().map(|one| notification("note", &format!("not visible: {} ({})", one.what, one.page)));
    log(&Run {
        rules: rules(report),
        results,
        notifications: unread.chain(not_visible).collect(),
        is_successful: audit.unread.is_empty(),
        exit_code: report.exit_code() as u8,
        properties: json!({ "target": report.target, "kit": report.kit, "date": report.today, "since": report.since }),
    })
}

/// One run of the program.
pub(in crate::report) struct Run {
    pub(in crate::report) rules: Vec<Value>,
    pub(in crate::report) results: Vec<Value>,
    pub(in crate::report) notifications: Vec<Value>,
    pub(in crate::report) is_successful: bool,
    pub(in crate::report) exit_code: u8,
    pub(in crate::report) properties: Value,
}

/// A log with this run.
pub(in crate::report) fn log(run: &Run) -> Value {
    let Run { rules, results, notifications, is_successful, exit_code, properties } = run;
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": env!("CARGO_PKG_NAME"),
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            } },
            "invocations": [{
                "executionSuccessful": is_successful,
                "exitCode": exit_code,
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
            "properties": properties,
        }],
    })
}

pub(in crate::report) fn notification(level: &str, text: &str) -> Value {
    json!({ "level": level, "message": { "text": text } })
}

const fn level(severity: AuditSeverity) -> &'static str {
    match severity {
        AuditSeverity::Error => "error",
        AuditSeverity::Warning => "warning",
        AuditSeverity::Info => "note",
    }
}

/// The code of each finding once, with the worst that it was found to be.
fn rules(report: &AuditReport) -> Vec<Value> {
    let mut worst: BTreeMap<&str, AuditSeverity> = BTreeMap::new();
    for finding in &report.audit.findings {
        let severity = worst.entry(finding.code).or_insert(finding.severity);
        *severity = (*severity).min(finding.severity);
    }
    worst.into_iter().map(|(code, severity)| rule(code, severity)).collect()
}

/// A rule, with its page where a viewer shows it.
fn rule(code: &str, severity: AuditSeverity) -> Value {
    let mut rule = json!({ "id": code, "defaultConfiguration": { "level": level(severity) } });
    if let Some(finding) = review::find(code) {
        rule["shortDescription"] = json!({ "text": finding.title });
        rule["helpUri"] = json!(finding.doc());
        rule["help"] = help(&finding);
    }
    rule
}

/// The page of a finding, as Markdown and as text.
fn help(finding: &CheckInfo) -> Value {
    let parts = finding.page().parts;
    let markdown = parts.map(|(heading, text)| format!("### {heading}\n\n{text}")).join("\n\n");
    let text = parts.map(|(heading, text)| format!("{heading}\n\n{text}")).join("\n\n");
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("```")).collect();
    json!({ "text": lines.join("\n"), "markdown": markdown })
}

fn result(report: &AuditReport, finding: &AuditFinding) -> Value {
    let AuditFinding { code, severity, subject, cause, remedy, doc: _ } = finding;
    let mut result = json!({
        "ruleId": code,
        "level": level(*severity),
        "message": { "text": format!("{subject}: {cause}. Remedy: {} ({})", remedy.text, remedy.url) },
        "locations": [{ "logicalLocations": [{ "fullyQualifiedName": format!("{}: {subject}", report.target), "name": subject }] }],
        // The same finding in another review has the same.
        "partialFingerprints": { "subject/v1": format!("{code} {subject}") },
        "hostedViewerUri": remedy.url,
    });
    if report.compared.is_some() {
        result["baselineState"] = json!("new");
    }
    result
}
