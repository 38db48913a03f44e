//! The findings as JUnit test cases: a suite for each category.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{FailOn, Findings};
use crate::checks::{CheckStatus, Finding};
use crate::secret::redact;
use crate::text::one_line;

impl Findings {
    pub(super) fn junit_report(&self) -> Report {
        let mut report = Report::new(env!("CARGO_PKG_NAME"));
        report.set_time(self.duration);
        for (category, findings) in self.categories() {
            let mut suite = TestSuite::new(category);
            suite.set_time(findings.iter().filter_map(|finding| finding.duration).sum());
            suite.add_test_cases(findings.into_iter().map(|finding| test_case(finding, self)));
            report.add_test_suite(suite);
        }
        report
    }
}

/// GitLab shows failures, errors and skipped cases with their text, and nothing of a case that passed (gitlab:
/// lib/gitlab/ci/parsers/test/junit.rb). A warning is therefore a skipped case, and a failure where `--fail-on warning`
/// makes it one.
fn test_case(finding: &Finding, report: &Findings) -> TestCase {
    let mut status = match (&finding.status, report.fail_on) {
        (CheckStatus::Pass, _) => TestCaseStatus::success(),
        (CheckStatus::Warn, FailOn::Warning) | (CheckStatus::Fail, _) => {
            TestCaseStatus::non_success(NonSuccessKind::Failure)
        }
        (CheckStatus::Unknown, _) => TestCaseStatus::non_success(NonSuccessKind::Error),
        (CheckStatus::Warn | CheckStatus::Skip(_), _) => TestCaseStatus::skipped(),
    };
    if finding.status != CheckStatus::Pass {
        let prefix = if finding.status == CheckStatus::Warn { "warning: " } else { "" };
        let message = finding.cause.as_deref().unwrap_or(finding.title);
        status.set_message(redact(&format!("{prefix}{message}")).into_owned()).set_type(finding.status.name());
        let description = description(finding, &report.running, prefix);
        status.set_description(redact(&description).into_owned());
    }
    let name = match &finding.target {
        Some(target) => format!("{} {target}", finding.code),
        None => finding.code.to_owned(),
    };
    let mut case = TestCase::new(name, status);
    case.set_classname(format!("{}.{}", env!("CARGO_PKG_NAME"), finding.category()));
    if let Some(duration) = finding.duration {
        case.set_time(duration);
    }
    case
}

/// The fix, which has to be seen where GitLab cuts the text, then the cause and the page, a line each.
fn description(finding: &Finding, running: &str, prefix: &str) -> String {
    let mut lines = Vec::new();
    if let Some(fix) = &finding.fix {
        lines.push(format!("fix: {}", one_line(&fix.text)));
        lines.extend(fix.actions(running));
    }
    lines.extend(finding.cause.iter().map(|cause| format!("{prefix}{}", one_line(cause))));
    lines.push(finding.doc.clone());
    lines.join("\n")
}
