//! What `verify` has to say: the findings, in each form, with the one exit code.

use std::io;
use std::time::Duration;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use serde_json::{Value, json};

use super::{Json, Report};
use crate::checks::{Because, Finding, Status, Verdict, verdict};
use crate::error::{ExitCode, Fix};
use crate::secret::redact;
use crate::text::{Line, Text, Tone};

/// The schema of the JSON form.
pub const SCHEMA: &str = "factory-gitlab/report/v1";

/// From which finding on the exit code is 1 (`--fail-on`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum FailOn {
    Warning,
    #[default]
    Error,
    /// Findings never decide over the exit code; not having found out still does.
    Never,
}

/// How much the text form says.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Detail {
    /// One line a check.
    #[default]
    Every,
    /// Only what does not hold, and the verdict (`--quiet`).
    Wrong,
}

/// The report on a connection.
#[derive(Clone, Debug)]
pub struct Findings {
    /// The instance's address.
    pub target: String,
    pub findings: Vec<Finding>,
    pub fail_on: FailOn,
    pub detail: Detail,
    /// Requests that were sent, and the time that all of it took.
    pub requests: usize,
    pub duration: Duration,
}

impl Findings {
    /// What the findings come to under `--fail-on`.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match (verdict(&self.findings), self.fail_on) {
            (_, FailOn::Warning) if self.count("warn") > 0 => Verdict::Fail,
            (verdict, _) => verdict,
        }
    }

    fn count(&self, name: &str) -> usize {
        self.findings.iter().filter(|finding| finding.status.name() == name).count()
    }

    /// The categories in their order, with their findings.
    fn categories(&self) -> Vec<(&'static str, Vec<&Finding>)> {
        let mut categories: Vec<(&'static str, Vec<&Finding>)> = Vec::new();
        for finding in &self.findings {
            match categories.last_mut() {
                Some((name, members)) if *name == finding.category() => members.push(finding),
                _ => categories.push((finding.category(), vec![finding])),
            }
        }
        categories
    }

    fn counts(&self) -> String {
        let counts = ["pass", "warn", "fail", "skip", "unknown"].map(|name| (self.count(name), name));
        let words = |name| match name {
            "pass" => "passed",
            "warn" => "warned",
            "fail" => "failed",
            "skip" => "skipped",
            other => other,
        };
        let named =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!("{count} {}", words(name)));
        named.collect::<Vec<_>>().join(", ")
    }
}

impl Report for Findings {
    fn text(&self, page: &mut Text) {
        let width = self.findings.iter().map(|finding| finding.code.len()).max().unwrap_or(0);
        for (category, findings) in self.categories() {
            let shown: Vec<&Finding> =
                findings.into_iter().filter(|finding| self.detail == Detail::Every || is_wrong(finding)).collect();
            if shown.is_empty() {
                continue;
            }
            page.heading(category);
            for finding in shown {
                one(page, finding, width);
            }
        }
        page.gap();
        let verdict = self.verdict();
        let tone = match verdict {
            Verdict::Pass => Tone::Good,
            Verdict::Fail => Tone::Bad,
            Verdict::Unknown => Tone::Warn,
        };
        let spent = format!(" ({} requests, {:.1} s)", self.requests, self.duration.as_secs_f64());
        let line = Line::new().plain("verdict: ").with(tone, verdict.name());
        page.line(line.plain(format!(", {} on {}", self.counts(), self.target)).dim(spent));
    }

    fn json(&self, into: Json<'_>) -> io::Result<()> {
        let count = |name| self.count(name);
        into.document(&json!({
            "schema": SCHEMA,
            "tool": { "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") },
            "target": self.target,
            "verdict": self.verdict().name(),
            "exit_code": self.exit_code() as u8,
            "counts": {
                "pass": count("pass"), "warn": count("warn"), "fail": count("fail"),
                "skip": count("skip"), "unknown": count("unknown"),
            },
            "requests": self.requests,
            "duration_ms": millis(self.duration),
            "checks": self.findings.iter().map(object).collect::<Vec<_>>(),
        }))
    }

    fn junit(&self) -> Option<quick_junit::Report> {
        let mut report = quick_junit::Report::new(env!("CARGO_PKG_NAME"));
        report.set_time(self.duration);
        for (category, findings) in self.categories() {
            let mut suite = TestSuite::new(category);
            suite.set_time(findings.iter().map(|finding| finding.duration).sum());
            suite.add_test_cases(findings.into_iter().map(case));
            report.add_test_suite(suite);
        }
        Some(report)
    }

    fn exit_code(&self) -> ExitCode {
        match (self.verdict(), self.fail_on) {
            (Verdict::Pass, _) => ExitCode::Done,
            (Verdict::Fail, FailOn::Never) if self.count("unknown") == 0 => ExitCode::Done,
            (Verdict::Fail, FailOn::Never) | (Verdict::Unknown, _) => ExitCode::Unknown,
            (Verdict::Fail, _) => ExitCode::Problem,
        }
    }
}

fn is_wrong(finding: &Finding) -> bool {
    matches!(finding.status, Status::Warn | Status::Fail | Status::Unknown)
}

const fn tone(status: &Status) -> Tone {
    match status {
        Status::Pass => Tone::Good,
        Status::Warn | Status::Unknown => Tone::Warn,
        Status::Fail => Tone::Bad,
        Status::Skip(_) => Tone::Dim,
    }
}

/// One line, and details where something is wrong.
fn one(page: &mut Text, finding: &Finding, width: usize) {
    let name = finding.status.name();
    let line = Line::new().plain("  ").with(tone(&finding.status), format!("{name:<7}"));
    let line = line.plain(format!("  {:<width$}  {}", finding.code, finding.title));
    let beside = match &finding.status {
        Status::Pass => finding.evidence.get("note").and_then(Value::as_str).filter(|note| !note.is_empty()),
        Status::Skip(_) => finding.cause.as_deref(),
        Status::Warn | Status::Fail | Status::Unknown => None,
    };
    page.line(match beside {
        Some(text) => line.dim(format!(" ({text})")),
        None => line,
    });
    if !is_wrong(finding) {
        return;
    }
    const INDENT: &str = "           ";
    let detail = |tone, text: &str| Line::new().plain(INDENT).with(tone, text);
    if let Some(cause) = &finding.cause {
        page.line(detail(Tone::Plain, cause));
    }
    if let Some(fix) = &finding.fix {
        page.line(detail(Tone::Plain, &format!("fix: {}", fix.text)));
        for action in [&fix.command, &fix.url].into_iter().flatten() {
            page.line(detail(Tone::Action, &format!("     {action}")));
        }
    }
    page.line(detail(Tone::Dim, &finding.doc));
}

fn object(finding: &Finding) -> Value {
    let fix =
        finding.fix.as_ref().map(|Fix { text, command, url }| json!({ "text": text, "command": command, "url": url }));
    // A skipped check names the one that has to be put right first.
    let depends_on: Vec<&str> = match &finding.status {
        Status::Skip(Because::Depends(root)) => vec![root],
        _ => finding.depends_on.to_vec(),
    };
    json!({
        "code": finding.code,
        "title": finding.title,
        "status": finding.status.name(),
        "cause": finding.cause,
        "evidence": finding.evidence,
        "fix": fix,
        "doc": finding.doc,
        "depends_on": depends_on,
        "duration_ms": millis(finding.duration),
    })
}

fn case(finding: &Finding) -> TestCase {
    let message = || redact(finding.cause.as_deref().unwrap_or(finding.title)).into_owned();
    let mut status = match &finding.status {
        Status::Pass | Status::Warn => TestCaseStatus::success(),
        Status::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Status::Unknown => TestCaseStatus::non_success(NonSuccessKind::Error),
        Status::Skip(_) => TestCaseStatus::skipped(),
    };
    if !matches!(finding.status, Status::Pass | Status::Warn) {
        status.set_message(message()).set_type(finding.status.name());
        status.set_description(redact(&described(finding)).into_owned());
    }
    let mut case = TestCase::new(finding.code, status);
    case.set_classname(format!("{}.{}", env!("CARGO_PKG_NAME"), finding.category())).set_time(finding.duration);
    if finding.status == Status::Warn {
        case.set_system_out(format!("warning: {}", redact(&described(finding))));
    }
    case
}

/// Cause, fix and page as lines.
fn described(finding: &Finding) -> String {
    let mut lines: Vec<String> = finding.cause.iter().cloned().collect();
    if let Some(Fix { text, command, url }) = &finding.fix {
        lines.push(format!("fix: {text}"));
        lines.extend([command, url].into_iter().flatten().cloned());
    }
    lines.push(finding.doc.clone());
    lines.join("\n")
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::report::{Format, rendered};

    fn parsed(report: &Findings) -> Value {
        serde_json::from_str(&rendered(report, Format::Json)).expect("JSON")
    }

    fn finding(code: &'static str, status: Status) -> Finding {
        Finding {
            code,
            title: "it holds",
            cause: (status != Status::Pass).then(|| "it was \u{1b}[31mred".to_owned()),
            status,
            evidence: Map::new(),
            fix: Some(Fix { text: "put it right".to_owned(), command: Some("do".to_owned()), url: None }),
            doc: "README.md#check".to_owned(),
            depends_on: &["instance.api"],
            duration: Duration::from_millis(5),
        }
    }

    fn findings(statuses: &[Status]) -> Findings {
        const CODES: [&str; 5] = ["instance.api", "token.valid", "token.admin", "webhook.tls", "factory.status"];
        Findings {
            target: "https://gitlab.acme.com".to_owned(),
            findings: CODES
                .into_iter()
                .zip(statuses.iter().cloned())
                .map(|(code, status)| finding(code, status))
                .collect(),
            fail_on: FailOn::Error,
            detail: Detail::Every,
            requests: 9,
            duration: Duration::from_millis(1234),
        }
    }

    fn all_kinds() -> Findings {
        use Status::{Fail, Pass, Skip, Unknown, Warn};
        findings(&[Pass, Warn, Fail, Skip(Because::Depends("token.admin")), Unknown])
    }

    #[test]
    fn the_text_has_one_line_a_check_and_details_only_where_something_is_wrong() {
        let text = rendered(&all_kinds(), Format::Text).replace("\u{1b}[31m", "");
        insta::assert_snapshot!(text, @r"
        instance
          pass     instance.api    it holds

        token
          warn     token.valid     it holds
                   it was red
                   fix: put it right
                        do
                   README.md#check
          fail     token.admin     it holds
                   it was red
                   fix: put it right
                        do
                   README.md#check

        webhook
          skip     webhook.tls     it holds (it was red)

        factory
          unknown  factory.status  it holds
                   it was red
                   fix: put it right
                        do
                   README.md#check

        verdict: fail, 1 passed, 1 warned, 1 failed, 1 skipped, 1 unknown on https://gitlab.acme.com (9 requests, 1.2 s)
        ");
    }

    #[test]
    fn quiet_says_only_what_is_wrong() {
        let mut report = all_kinds();
        report.detail = Detail::Wrong;
        let text = rendered(&report, Format::Text);
        assert!(!text.contains("instance.api") && !text.contains("webhook.tls"), "{text}");
        assert!(text.contains("token.admin") && text.contains("verdict: fail"), "{text}");
    }

    #[test]
    fn the_json_has_every_field_of_the_contract() {
        let json = parsed(&all_kinds());
        for field in ["schema", "tool", "target", "verdict", "exit_code", "counts", "requests", "duration_ms", "checks"]
        {
            assert!(!json[field].is_null(), "{field}");
        }
        let check = &json["checks"][2];
        for field in ["code", "title", "status", "cause", "evidence", "fix", "doc", "depends_on", "duration_ms"] {
            assert!(!check[field].is_null(), "{field}");
        }
        assert_eq!(json["schema"], "factory-gitlab/report/v1");
        assert_eq!(json["checks"][3]["depends_on"], json!(["token.admin"]));
        assert_eq!(json["counts"], json!({"pass": 1, "warn": 1, "fail": 1, "skip": 1, "unknown": 1}));
    }

    #[test]
    fn junit_has_a_suite_for_each_category_and_a_state_for_each_check() {
        let text = rendered(&all_kinds(), Format::Junit);
        for part in [
            "<testsuite name=\"token\"",
            "<failure message=\"it was red\"",
            "<error message=",
            "<skipped message=",
            "errors=\"1\"",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }

    #[test]
    fn the_exit_code_follows_what_is_worst_and_what_was_asked_for() {
        use ExitCode::{Done, Problem, Unknown as NotKnown};
        use Status::{Fail, Pass, Unknown, Warn};
        for (statuses, fail_on, wanted) in [
            (&[Pass, Warn][..], FailOn::Error, Done),
            (&[Pass, Warn], FailOn::Warning, Problem),
            (&[Pass, Fail, Unknown], FailOn::Error, Problem),
            (&[Pass, Unknown], FailOn::Error, NotKnown),
            (&[Pass, Warn, Unknown], FailOn::Warning, Problem),
            (&[Pass, Fail], FailOn::Never, Done),
            (&[Fail, Unknown], FailOn::Never, NotKnown),
            (&[], FailOn::Error, NotKnown),
        ] {
            let mut report = findings(statuses);
            report.fail_on = fail_on;
            assert_eq!(report.exit_code(), wanted, "{statuses:?} {fail_on:?}");
            assert_eq!(parsed(&report)["exit_code"], wanted as u8);
        }
    }
}
