//! A report as JUnit's XML, for CI systems.

use quick_junit::TestCaseStatus;

use crate::error::{Failure, FailureKind};
use crate::secret::redact;

/// The document. quick-junit strips the C0 characters and escapes the rest; what else XML 1.0 forbids is removed
/// here, because one such character makes a CI system drop the whole report.
pub(super) fn document(report: &quick_junit::Report) -> Result<String, Failure> {
    let text = report.to_string().map_err(|error| {
        Failure::new(FailureKind::Problem, "the JUnit report cannot be written").because(error.to_string())
    })?;
    let mut clean: String = text.chars().filter(|c| is_fit_for_xml(*c)).collect();
    if !clean.ends_with('\n') {
        clean.push('\n');
    }
    Ok(clean)
}

/// Refers each failed case to a file that GitLab then offers. gitlab: doc/ci/testing/unit_test_reports.md
pub(super) fn attach(report: &mut quick_junit::Report, path: &str) {
    for case in report.test_suites.iter_mut().flat_map(|suite| &mut suite.test_cases) {
        if matches!(case.status, TestCaseStatus::NonSuccess { .. }) {
            case.set_system_out(format!("[[ATTACHMENT|{}]]", redact(path)));
        }
    }
}

fn is_fit_for_xml(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\t') || !(c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'))
}
