//! The rows as JUnit test suites: a case for each cell.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{ExerciseEnd, ExerciseReport};
use crate::activity::Activity;
use crate::apply::{Cell, CellState};
use crate::secret::redact;

impl ExerciseReport<'_> {
    pub(super) fn junit_report(&self) -> Report {
        let mut report = Report::new(env!("CARGO_PKG_NAME"));
        report.set_time(self.duration);
        let ExerciseEnd::Exercised(exercise) = &self.end else { return report };
        for (activity, row) in &exercise.rows {
            let mut suite = TestSuite::new(activity.name());
            suite.add_test_cases(row.cells().map(|(name, cell)| test_case(*activity, name, cell)));
            report.add_test_suite(suite);
        }
        let mut suite = TestSuite::new("exercise");
        let failures = exercise.failed.iter().map(|group| &group.failure).chain(&exercise.cleanup);
        for failure in failures {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            let causes = failure.causes.join("\n");
            status.set_message(redact(&failure.message).into_owned()).set_description(redact(&causes).into_owned());
            suite.add_test_case(TestCase::new("carried out", status));
        }
        if suite.test_cases.is_empty() {
            suite.add_test_case(TestCase::new("carried out", TestCaseStatus::success()));
        }
        report.add_test_suite(suite);
        report
    }
}

fn test_case(activity: Activity, name: &str, cell: &Cell) -> TestCase {
    let mut status = match cell.state {
        CellState::Yes => TestCaseStatus::success(),
        CellState::No => TestCaseStatus::non_success(NonSuccessKind::Failure),
        CellState::Unknown => TestCaseStatus::non_success(NonSuccessKind::Error),
        CellState::Skipped | CellState::NotPromised | CellState::NotSubscribed => TestCaseStatus::skipped(),
    };
    if let Some(reason) = &cell.reason
        && cell.state != CellState::Yes
    {
        status.set_message(redact(reason).into_owned()).set_description(redact(reason).into_owned());
    }
    let mut case = TestCase::new(name, status);
    case.set_classname(format!("{}.{}", env!("CARGO_PKG_NAME"), activity.name()));
    case.set_time(cell.latency.unwrap_or_default());
    case
}
