//! The report of the checks: the findings, in each form, with one exit code for all.

mod annotations;
mod html;
mod json;
mod junit;
mod text;

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum;
use serde::Serialize;

use super::annotations::Annotations;
use super::{Json, LogSection, Page, Report};
use crate::checks::{CheckStatus, Finding, FindingTarget, Verdict, verdict};
use crate::error::ExitCode;
use crate::kit::KitFingerprint;
use crate::text::Text;

pub(super) use self::json::CheckJson;

/// The schema of the JSON form.
pub const SCHEMA: &str = "factory-gitlab/report/v1";

/// From which finding on the exit code is 1 (`--fail-on`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum FailOn {
    Warning,
    #[default]
    Error,
    // Findings never decide the exit code; checks that could not be made still do.
    Never,
}

/// The report on a connection.
#[derive(Clone, Debug)]
pub struct Findings {
    /// The command that is running, for the fixes that run it again.
    pub running: Arc<str>,
    /// The instance's address; `None` where none is given.
    pub target: Option<String>,
    /// The kit's fingerprint; `None` without a kit.
    pub kit: Option<KitFingerprint>,
    /// From where the network was looked at.
    pub from: Option<LookedFrom>,
    pub findings: Vec<Finding>,
    pub fail_on: FailOn,
    /// Requests that were sent, and the time that all of it took.
    pub requests: usize,
    pub duration: Duration,
}

/// This machine, as it asks.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LookedFrom {
    /// Its own addresses on the ways that were looked at.
    pub addresses: Vec<String>,
    /// The proxies that it uses, without passwords.
    pub proxies: Vec<String>,
    /// What says that it uses them, or none.
    pub because: String,
}

impl Findings {
    /// Whether Factory has not finished yet.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.findings.iter().any(|finding| finding.code == "factory.status" && finding.status == CheckStatus::Warn)
    }

    /// The verdict on all findings under `--fail-on`.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match (verdict(&self.findings), self.fail_on) {
            (_, FailOn::Warning) if self.count("warn") > 0 => Verdict::Fail,
            (verdict, _) => verdict,
        }
    }

    fn count(&self, status: &str) -> usize {
        self.findings.iter().filter(|finding| finding.status.name() == status).count()
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
}

/// Findings below one heading.
struct Section<'f> {
    heading: String,
    findings: Vec<&'f Finding>,
}

impl Findings {
    /// The findings below the address that they are about, and those about all of them by their category.
    fn sections(&self) -> Vec<Section<'_>> {
        let mut sections: Vec<Section<'_>> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        for finding in &self.findings {
            let Some(FindingTarget { place, about, .. }) = &finding.target else { continue };
            let number = *places.entry(place).or_insert_with(|| {
                sections.push(Section { heading: format!("{place} ({about})"), findings: Vec::new() });
                sections.len() - 1
            });
            sections[number].findings.push(finding);
        }
        for (category, findings) in self.categories() {
            let findings: Vec<&Finding> = findings.into_iter().filter(|finding| finding.target.is_none()).collect();
            if !findings.is_empty() {
                sections.push(Section { heading: category.to_owned(), findings });
            }
        }
        sections
    }
}

impl Report for Findings {
    fn text(&self, text: &mut Text) {
        self.write_text(text, |_| true);
    }

    /// The checks that do not pass, and the verdict on them; nothing where every check passes.
    fn problems(&self, text: &mut Text) {
        if self.findings.iter().any(is_problem) || self.exit_code() != ExitCode::Done {
            self.write_text(text, is_problem);
        }
    }

    fn json(&self, into: Json<'_>) -> io::Result<()> {
        into.sorted_document(&json::FindingsDocument::new(self))
    }

    fn junit(&self) -> Option<quick_junit::Report> {
        Some(self.junit_report())
    }

    fn html(&self) -> Option<Page> {
        Some(self.page())
    }

    fn annotations(&self) -> Option<Annotations> {
        Some(self.links())
    }

    fn log_sections(&self) -> Vec<LogSection> {
        self.text_in_sections()
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

const fn is_problem(finding: &Finding) -> bool {
    matches!(finding.status, CheckStatus::Warn | CheckStatus::Fail | CheckStatus::Unknown)
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::checks::SkipReason;
    use crate::error::Fix;
    use crate::report::{Format, RunInfo, rendered};

    fn parsed(report: &Findings) -> Value {
        serde_json::from_str(&rendered(report, Format::Json)).expect("JSON")
    }

    fn finding(code: &'static str, status: CheckStatus) -> Finding {
        Finding {
            code,
            title: "it holds",
            target: None,
            cause: (status != CheckStatus::Pass).then(|| "it was \u{1b}[31mred".to_owned()),
            status,
            evidence: Map::new(),
            affected: Vec::new(),
            is_failed_request: false,
            fix: Some(Fix::rerun("put it right", "--once")),
            doc: "https://factory/pages#check".to_owned(),
            depends_on: &["instance.api"],
            duration: Some(Duration::from_millis(5)),
        }
    }

    fn findings(statuses: &[CheckStatus]) -> Findings {
        const CODES: [&str; 5] = ["instance.api", "token.valid", "token.admin", "webhook.tls", "factory.status"];
        Findings {
            running: "verify".into(),
            target: Some("https://gitlab.acme.com".to_owned()),
            kit: Some(crate::kit::TrustedValues::default().fingerprint()),
            from: None,
            findings: CODES
                .into_iter()
                .zip(statuses.iter().cloned())
                .map(|(code, status)| finding(code, status))
                .collect(),
            fail_on: FailOn::Error,
            requests: 9,
            duration: Duration::from_millis(1234),
        }
    }

    fn all_kinds() -> Findings {
        use CheckStatus::{Fail, Pass, Skip, Unknown, Warn};
        findings(&[Pass, Warn, Fail, Skip(SkipReason::BlockedBy("token.admin")), Unknown])
    }

    #[test]
    fn the_text_has_one_line_per_check_and_details_only_for_problems() {
        let text = rendered(&all_kinds(), Format::Text).replace("\u{1b}[31m", "");
        insta::assert_snapshot!(text, @r"
        instance
          pass     instance.api    it holds

        token
          warn     token.valid     it holds
                   it was red
                   fix: put it right
                        factory-gitlab verify --once
                   https://factory/pages#check
          fail     token.admin     it holds
                   it was red
                   fix: put it right
                        factory-gitlab verify --once
                   https://factory/pages#check

        webhook
          skip     webhook.tls     it holds (it was red)

        factory
          unknown  factory.status  it holds
                   it was red
                   fix: put it right
                        factory-gitlab verify --once
                   https://factory/pages#check

        verdict: fail, 1 passed, 1 warned, 1 failed, 1 skipped, 1 unknown on https://gitlab.acme.com, kit 4413-6fa3-55b3-678a-1146-ad16 (9 requests, 1.2 s)
        ");
    }

    #[test]
    fn quiet_shows_only_problems_and_the_verdict_and_nothing_where_all_is_well() {
        let text = crate::report::problems(&all_kinds()).to_string();
        assert!(!text.contains("instance.api") && !text.contains("webhook.tls"), "{text}");
        assert!(text.contains("token.admin") && text.contains("verdict: fail"), "{text}");
        let well = findings(&[CheckStatus::Pass, CheckStatus::Pass]);
        assert_eq!(crate::report::problems(&well).to_string(), "");
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
    fn a_warning_is_a_skipped_case_and_with_fail_on_warning_a_failed_one() {
        let mut report = findings(&[CheckStatus::Warn]);
        let text = rendered(&report, Format::Junit);
        assert!(
            text.contains(
                "<skipped message=\"warning: it was red\" type=\"warn\">fix: put it right\n\
                 factory-gitlab verify --once\nwarning: it was red\nhttps://"
            ),
            "{text}"
        );
        assert!(!text.contains("system-out"), "GitLab does not show it: {text}");
        report.fail_on = FailOn::Warning;
        let text = rendered(&report, Format::Junit);
        assert!(text.contains("<failure message=\"warning: it was red\""), "{text}");
    }

    #[test]
    fn only_failed_cases_name_the_page_of_the_same_run() {
        let info = RunInfo { attachment: Some("out/report.html".to_owned()), ..RunInfo::default() };
        let mut bytes = Vec::new();
        let report = all_kinds();
        let form = crate::report::render(&report, Format::Junit, &info).expect("this form");
        form.write_to(&mut bytes).expect("written");
        let text = String::from_utf8(bytes).expect("a text");
        assert_eq!(text.matches("<system-out>[[ATTACHMENT|out/report.html]]</system-out>").count(), 2, "{text}");
    }

    #[test]
    fn the_page_is_open_where_something_is_wrong_and_says_how_to_repair_it() {
        let text = rendered(&all_kinds(), Format::Html);
        assert_eq!(text.matches(" open>").count(), 3, "{text}");
        for part in [
            "<title>Factory connection of https://gitlab.acme.com</title>",
            "How to repair it: put it right",
            "<pre>factory-gitlab verify --once</pre>",
            "it was \\x1b[31mred",
            "href=\"https://factory/pages#check\"",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn the_links_of_a_job_lead_to_the_worst_first_and_are_few() {
        let mut report = all_kinds();
        report.findings[2].fix = Some(Fix::open("correct it", "https://gitlab.acme.com/admin"));
        let links: Value = serde_json::from_str(&rendered(&report, Format::Annotations)).expect("JSON");
        assert_eq!(
            links,
            json!({ "Factory connection": [
                { "external_link": { "label": "token.admin: correct it", "url": "https://gitlab.acme.com/admin" } },
                { "external_link": { "label": "How to repair token.admin", "url": "https://factory/pages#check" } },
                { "external_link": { "label": "How to repair factory.status", "url": "https://factory/pages#check" } },
                { "external_link": { "label": "How to repair token.valid", "url": "https://factory/pages#check" } },
            ] })
        );
        report.findings = (0..9).map(|_| finding("token.admin", CheckStatus::Fail)).collect();
        assert_eq!(rendered(&report, Format::Annotations).matches("external_link").count(), 6);
    }

    #[test]
    fn the_parts_of_a_log_are_folded_where_nothing_is_wrong_and_are_the_whole_text() {
        let report = all_kinds();
        let parts = report.log_sections();
        let folded: Vec<_> = parts.iter().map(|part| (part.name.as_deref(), part.is_folded)).collect();
        let wanted =
            [(Some("instance"), true), (Some("token"), false), (Some("webhook"), true), (Some("factory"), false)];
        assert_eq!(folded, [wanted.as_slice(), &[(None, false)]].concat());
        let whole: String = parts.iter().map(|part| part.text.to_string()).collect();
        assert_eq!(whole, rendered(&report, Format::Text).replace("\n\n", "\n"));
    }

    #[test]
    fn the_exit_code_follows_the_worst_finding_and_fail_on() {
        use CheckStatus::{Fail, Pass, Unknown, Warn};
        use ExitCode::{Done, Problem, Unknown as NotKnown};
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
