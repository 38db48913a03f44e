//! The findings as JUnit test cases: a suite for each category.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::Findings;
use crate::checks::{CheckStatus, Finding};
use crate::secret::redact;

impl Findings {
    pub(super) fn junit_report(&self) -> Report {
        let mut report = Report::new(env!("CARGO_PKG_NAME"));
        report.set_time(self.duration);
        for (category, findings) in self.categories() {
            let mut suite = TestSuite::new(category);
            suite.set_time(findings.iter().map(|finding| finding.duration).sum());
            suite.add_test_cases(findings.into_iter().map(|finding| test_case(finding, &self.running)));
            report.add_test_suite(suite);
        }
        report
    }
}

fn test_case(finding: &Finding, running: &str) -> TestCase {
    let message = || redact(finding.cause.as_deref().unwrap_or(finding.title)).into_owned();
    let mut status = match &finding.status {
        CheckStatus::Pass | CheckStatus::Warn => TestCaseStatus::success(),
        CheckStatus::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
        CheckStatus::Unknown => TestCaseStatus::non_success(NonSuccessKind::Error),
        CheckStatus::Skip(_) => TestCaseStatus::skipped(),
    };
    if !matches!(finding.status, CheckStatus::Pass | CheckStatus::Warn) {
        status.set_message(message()).set_type(finding.status.name());
        status.set_description(redact(&description(finding, running)).into_owned());
    }
    let mut case = TestCase::new(finding.code, status);
    case.set_classname(format!("{}.{}", env!("CARGO_PKG_NAME"), finding.category())).set_time(finding.duration);
    if finding.status == CheckStatus::Warn {
        case.set_system_out(format!("warning: {}", redact(&description(finding, running))));
    }
    case
}

/// Cause, fix and documentation, a line each.
fn description(finding: &Finding, running: &str) -> String {
    let mut lines: Vec<String> = finding.cause.iter().cloned().collect();
    if let Some(fix) = &finding.fix {
        lines.push(format!("fix: {}", fix.text));
        lines.extend(fix.actions(running));
    }
    lines.push(finding.doc.clone());
    lines.join("\n")
}
