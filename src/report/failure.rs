//! The report of a command that ended before it had one.

use std::io;
use std::sync::Arc;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use serde::Serialize;

use super::annotations::{Annotations, Link};
use super::audit::sarif;
use super::{FixJson, Json, Page, Report};
use crate::error::{ExitCode, Failure, FailureKind};
use crate::secret::redact;
use crate::text::Text;

/// A failure as a report, in the format that was asked for.
pub struct FailureReport<'a> {
    pub failure: &'a Failure,
    /// The command that is running, for the fixes that run it again.
    pub running: Arc<str>,
}

#[derive(Serialize)]
struct FailureDocument<'r> {
    schema: &'static str,
    error: ErrorJson<'r>,
    exit_code: u8,
}

#[derive(Serialize)]
struct ErrorJson<'r> {
    kind: &'static str,
    message: &'r str,
    causes: &'r [String],
    fixes: Vec<FixJson<'r>>,
}

impl Report for FailureReport<'_> {
    fn text(&self, text: &mut Text) {
        self.failure.describe(&self.running).lines().for_each(|line| text.line(line));
    }

    fn json(&self, into: Json<'_>) -> io::Result<()> {
        let Failure { kind, message, causes, fixes } = self.failure;
        let fixes = FixJson::all(fixes, &self.running);
        into.sorted_document(&FailureDocument {
            schema: "factory-gitlab/error/v1",
            error: ErrorJson { kind: name(*kind), message, causes, fixes },
            exit_code: self.exit_code() as u8,
        })
    }

    /// One case that could not be run: a CI system shows it, where a missing report would look like nothing to see.
    fn junit(&self) -> Option<quick_junit::Report> {
        let program = env!("CARGO_PKG_NAME");
        let case = if self.running.is_empty() { program } else { &*self.running };
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(redact(&self.failure.message).into_owned()).set_type(name(self.failure.kind));
        status.set_description(redact(&self.failure.describe(&self.running)).into_owned());
        let mut case = TestCase::new(case, status);
        case.set_classname(program);
        let mut suite = TestSuite::new(program);
        suite.add_test_case(case);
        let mut report = quick_junit::Report::new(program);
        report.add_test_suite(suite);
        Some(report)
    }

    /// A run without results that was not successful, and why.
    fn sarif(&self) -> Option<serde_json::Value> {
        let text = self.failure.describe(&self.running);
        Some(sarif::log(&sarif::Run {
            rules: Vec::new(),
            results: Vec::new(),
            notifications: vec![sarif::notification("error", text.trim_end())],
            is_successful: false,
            exit_code: self.exit_code() as u8,
            properties: serde_json::json!({ "kind": name(self.failure.kind) }),
        }))
    }

    fn html(&self) -> Option<Page> {
        let mut text = Text::new();
        self.text(&mut text);
        let title = format!("{} {}", env!("CARGO_PKG_NAME"), self.running);
        Some(Page::of_text(title.trim_end().to_owned(), self.exit_code(), &text))
    }

    /// The pages that help.
    fn annotations(&self) -> Option<Annotations> {
        let mut links = Annotations::default();
        links.extend(self.failure.fixes.iter().filter_map(|fix| Some(Link::new(&fix.text, fix.url.as_ref()?))));
        Some(links)
    }

    fn exit_code(&self) -> ExitCode {
        self.failure.exit_code()
    }
}

const fn name(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Problem => "problem",
        FailureKind::Usage => "usage",
        FailureKind::Unknown => "unknown",
        FailureKind::Interrupted => "interrupted",
    }
}
