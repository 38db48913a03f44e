//! The forms of a review.

use serde_json::Value;

use super::AuditReport;
use crate::audit::{Audit, AuditFinding, AuditSeverity, NewFindings, NotVisible, Remedy, Unread};
use crate::error::{ExitCode, Fix};
use crate::report::{FailOn, Format, Report as _, RunInfo, problems, rendered};

fn finding(code: &'static str, severity: AuditSeverity) -> AuditFinding {
    AuditFinding {
        code,
        severity,
        subject: "webhook 7 on group acme".to_owned(),
        cause: "it was \u{1b}[31mred".to_owned(),
        remedy: Remedy { text: "set it right".to_owned(), url: "https://gitlab.acme.com/x".to_owned() },
        doc: "https://factory/pages#check".to_owned(),
    }
}

fn report(findings: Vec<AuditFinding>, unread: Vec<Unread>) -> AuditReport {
    let not_visible =
        vec![NotVisible { what: "what users authorized".to_owned(), page: "https://gitlab.acme.com/y".to_owned() }];
    AuditReport {
        running: "audit".into(),
        target: "https://gitlab.acme.com".to_owned(),
        kit: crate::kit::TrustedValues::default().fingerprint(),
        today: "2026-06-01".parse().expect("a date"),
        since: "2026-03-04".parse().expect("a date"),
        audit: Audit { findings, not_visible, unread },
        compared: None,
        fail_on: FailOn::Never,
        has_fine_grained: Some(false),
    }
}

fn unread(is_refused: bool) -> Unread {
    let fix = Some(Fix::rerun("try again", "--timeout 60"));
    Unread { what: "audit events".to_owned(), why: "GET /x on gitlab: answered 500".to_owned(), fix, is_refused }
}

#[test]
fn the_exit_code_follows_what_was_found_and_what_could_not_be_read() {
    use AuditSeverity::{Error, Info, Warning};
    use ExitCode::{Done, Problem, Unknown};
    for (severities, fail_on, reads, wanted) in [
        (&[Error, Warning][..], FailOn::Never, &[][..], Done),
        (&[Warning], FailOn::Error, &[], Done),
        (&[Warning], FailOn::Warning, &[], Problem),
        (&[Info], FailOn::Warning, &[], Done),
        (&[Error], FailOn::Error, &[false], Problem),
        (&[Error], FailOn::Never, &[false], Unknown),
        (&[], FailOn::Never, &[false], Unknown),
        (&[], FailOn::Never, &[false, true], Problem),
        (&[], FailOn::Never, &[], Done),
    ] {
        let findings = severities.iter().map(|severity| finding("webhook.tls", *severity)).collect();
        let mut report = report(findings, reads.iter().map(|is_refused| unread(*is_refused)).collect());
        report.fail_on = fail_on;
        assert_eq!(report.exit_code(), wanted, "{severities:?} {fail_on:?} {reads:?}");
        let json: Value = serde_json::from_str(&rendered(&report, Format::Json)).expect("JSON");
        let sarif: Value = serde_json::from_str(&rendered(&report, Format::Sarif)).expect("SARIF");
        assert_eq!(json["exit_code"], wanted as u8);
        assert_eq!(sarif["runs"][0]["invocations"][0]["exitCode"], wanted as u8);
        assert_eq!(sarif["runs"][0]["invocations"][0]["executionSuccessful"], reads.is_empty());
    }
}

#[test]
fn quiet_shows_problems_only_and_nothing_where_all_is_well() {
    let noted = report(vec![finding("administrators", AuditSeverity::Info)], Vec::new());
    assert_eq!(problems(&noted).to_string(), "");
    let shown = problems(&report(vec![finding("webhook.tls", AuditSeverity::Error)], vec![unread(false)])).to_string();
    assert!(shown.contains("webhook.tls") && shown.contains("could not be read"), "{shown}");
    assert!(shown.contains("factory-gitlab audit --timeout 60") && !shown.contains("not visible"), "{shown}");
}

#[test]
fn the_text_says_how_it_compares_with_the_baseline() {
    let mut report = report(Vec::new(), Vec::new());
    report.compared = Some(NewFindings { new: Vec::new(), known: 9, gone: 1 });
    let text = rendered(&report, Format::Text);
    assert!(
        text.contains("result: 0 errors, 0 warnings, 0 notes, new since the baseline; 9 as before, 1 gone"),
        "{text}"
    );
}

#[test]
fn fine_grained_permissions_are_shown_where_the_version_has_them() {
    let mut report = report(Vec::new(), Vec::new());
    for (has, shown) in [(Some(false), false), (Some(true), true), (None, true)] {
        report.has_fine_grained = has;
        assert_eq!(rendered(&report, Format::Text).contains("fine-grained"), shown, "{has:?}");
        let json = rendered(&report, Format::Json);
        assert_eq!(json.contains("read_webhook"), shown, "{has:?}");
    }
}

#[test]
fn the_page_is_the_same_all_day_and_open_where_something_is_wrong() {
    let findings = vec![finding("webhook.tls", AuditSeverity::Error), finding("administrators", AuditSeverity::Info)];
    let report = report(findings, vec![unread(false)]);
    let page = |at: &str| {
        let info = RunInfo { at: at.parse().expect("a time"), ..RunInfo::default() };
        let mut bytes = Vec::new();
        let form = crate::report::render(&report, Format::Html, &info).expect("a page");
        form.write_to(&mut bytes).expect("written");
        String::from_utf8(bytes).expect("a text")
    };
    let text = page("2026-06-01T00:00:00Z");
    assert_eq!(text, page("2026-06-01T23:59:59Z"));
    assert_eq!(text.matches("<details").count(), 3, "{text}");
    assert_eq!(text.matches(" open>").count(), 2, "{text}");
    for part in ["<dd>2026-06-01</dd>", "Remedy: set it right", "could not be read", "https://gitlab.acme.com/y"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
