//! Every check against a healthy connection with one thing changed at a time.

mod application;
mod fine_grained;
mod instance;
mod never_green;
mod reads;
mod token;
mod webhook;

use std::collections::BTreeSet;

use super::{CheckSet, CheckStatus, Finding, Policy, SkipReason, Verdict, all, documentation, run_checks, verdict};
use crate::desired::BundleRoute;
use crate::factory::{FactoryState, FactoryStatus};
use crate::kit::Upload;
use crate::observed::{BundleSeen, Observation};
use crate::testing::fixture::{self, Fixture};

impl Fixture {
    fn findings(&self) -> Vec<Finding> {
        run_checks(&self.desired, &self.observed, &Policy::default())
    }

    fn finding(&self, code: &str) -> Finding {
        self.findings().into_iter().find(|finding| finding.code == code).expect(code)
    }

    fn verdict(&self) -> Verdict {
        verdict(&self.findings())
    }
}

/// One row of a table: what is changed, and the status that the check then has.
type TableRow = (&'static str, fn(&mut Fixture), &'static str);

/// Holds the check `code` to its status in each changed fixture. Whatever does not pass has a cause.
fn table(code: &str, rows: &[TableRow]) {
    for (what, change, wanted) in rows {
        let mut fixture = Fixture::healthy();
        change(&mut fixture);
        let finding = fixture.finding(code);
        assert_eq!(finding.status.name(), *wanted, "{code} when {what}: {:?}", finding.cause);
        if finding.status != CheckStatus::Pass {
            assert!(finding.cause.is_some(), "{code} gives no cause when {what}");
        }
        if matches!(finding.status, CheckStatus::Fail | CheckStatus::Warn) {
            assert!(finding.fix.is_some(), "{code} gives no fix when {what}");
        }
    }
}

#[test]
fn a_healthy_connection_passes_every_check() {
    let fixture = Fixture::healthy();
    for finding in fixture.findings() {
        assert_eq!(finding.status, CheckStatus::Pass, "{}: {:?}", finding.code, finding.cause);
    }
    assert_eq!(fixture.verdict(), Verdict::Pass);
}

#[test]
fn every_code_is_unique_documented_and_depends_only_on_earlier_ones() {
    let mut seen = BTreeSet::new();
    for check in CheckSet::All.infos() {
        assert!(check.depends_on.iter().all(|code| seen.contains(code)), "{} depends on a later one", check.code);
        assert!(seen.insert(check.code), "{} is declared twice", check.code);
        assert!(documentation().contains(&format!("<a id=\"{}\"></a>", check.anchor())), "{}", check.code);
    }
}

#[test]
fn every_code_of_the_contract_exists() {
    let codes: BTreeSet<&str> = all().map(|check| check.code).collect();
    let contract = BTreeSet::from([
        "instance.dns",
        "instance.tcp",
        "instance.tls",
        "instance.api",
        "instance.url",
        "instance.version",
        "token.valid",
        "token.scopes",
        "token.expiry",
        "token.admin",
        "token.excess",
        "token.handed_over",
        "application.exists",
        "application.redirect_uri",
        "application.scopes",
        "application.confidential",
        "application.secret",
        "webhook.coverage",
        "webhook.events",
        "webhook.tls",
        "webhook.token",
        "webhook.payload",
        "webhook.enabled",
        "webhook.duplicates",
        "webhook.scope",
        "webhook.delivery",
        "webhook.recent",
        "factory.reachable",
        "factory.bundle",
        "factory.status",
    ]);
    assert_eq!(codes, contract);
}

#[test]
fn checks_that_depend_on_a_failure_are_skipped_and_name_its_root() {
    let mut fixture = Fixture::healthy();
    fixture.observed.token = fixture::refused(401, "401 Unauthorized");
    assert_eq!(fixture.finding("token.valid").status, CheckStatus::Fail);
    for code in ["token.scopes", "token.admin", "application.exists", "application.redirect_uri", "webhook.coverage"] {
        assert_eq!(fixture.finding(code).status, CheckStatus::Skip(SkipReason::BlockedBy("token.valid")), "{code}");
    }
}

#[test]
fn a_filter_that_hides_the_root_does_not_make_it_pass() {
    let mut fixture = Fixture::healthy();
    fixture.observed.token = fixture::refused(401, "401 Unauthorized");
    let mut findings = fixture.findings();
    findings.retain(|finding| finding.code.starts_with("application.ex") || finding.code == "factory.status");
    assert_eq!(verdict(&findings), Verdict::Unknown);
}

#[test]
fn a_verdict_without_findings_is_not_a_pass() {
    assert_eq!(verdict(&[]), Verdict::Unknown);
}

#[test]
fn the_token_that_factory_has_is_judged_by_its_end() {
    use crate::gitlab::TokenDetails;
    use crate::observed::Observation;
    fn edit(fixture: &mut Fixture, change: impl FnOnce(&mut TokenDetails)) {
        change(fixture::known(&mut fixture.observed.handed_over).as_mut().expect("a token"));
    }
    fn ends_on(fixture: &mut Fixture, date: &str) {
        edit(fixture, |token| token.expires_at = Some(date.parse().expect("a date")));
    }
    table(
        "token.handed_over",
        &[
            ("as it should be", |_| (), "pass"),
            ("revoked", |fixture| edit(fixture, |token| (token.revoked, token.active) = (true, false)), "fail"),
            ("expired", |fixture| edit(fixture, |token| token.active = false), "fail"),
            ("gone", |fixture| fixture.observed.handed_over = Observation::Known(None), "fail"),
            ("about to end", |fixture| ends_on(fixture, "2026-06-05"), "warn"),
            ("far from its end", |fixture| ends_on(fixture, "2026-06-16"), "pass"),
            ("without an end", |fixture| edit(fixture, |token| token.expires_at = None), "pass"),
            ("not readable", |fixture| fixture.observed.handed_over = fixture::refused(403, "403 Forbidden"), "fail"),
            ("down", |fixture| fixture.observed.handed_over = fixture::refused(503, "down"), "unknown"),
            ("no record", |fixture| fixture.observed.handed_over = Observation::Skipped("no record"), "skip"),
            (
                "the token in use, about to end",
                |fixture| {
                    let own = fixture.token().id;
                    edit(fixture, |token| token.id = own);
                    ends_on(fixture, "2026-06-05");
                },
                "pass",
            ),
        ],
    );
}

fn says(fixture: &mut Fixture, state: FactoryState) {
    fixture.observed.factory.status = Observation::Known(FactoryStatus { state, detail: Some("because".to_owned()) });
}

#[test]
fn a_bundle_has_arrived_where_factory_has_accepted_it() {
    use BundleSeen::Waiting;
    fn bundle(fixture: &mut Fixture, seen: BundleSeen) {
        fixture.observed.factory.bundle = Observation::Known(seen);
    }
    fn by_hand(fixture: &mut Fixture) {
        bundle(fixture, BundleSeen::Written { path: "bundle.age".to_owned() });
    }
    fn may_be_sent(fixture: &mut Fixture) {
        let url = "https://api.factory.example/bundles".parse().expect("a URL");
        fixture.desired.delivery.way = BundleRoute::Upload(Upload::to_factory(url));
    }
    table(
        "factory.bundle",
        &[
            (
                "waiting, with an address to send it to",
                |fixture| {
                    bundle(fixture, Waiting);
                    may_be_sent(fixture);
                },
                "fail",
            ),
            ("waiting, to go by hand", |fixture| bundle(fixture, Waiting), "skip"),
            (
                "written to a file",
                |fixture| {
                    by_hand(fixture);
                    may_be_sent(fixture);
                    says(fixture, FactoryState::Pending);
                },
                "fail",
            ),
            (
                "written to a file, and Factory is connected, which it may be with an earlier one",
                |fixture| {
                    by_hand(fixture);
                    may_be_sent(fixture);
                    says(fixture, FactoryState::Connected);
                },
                "warn",
            ),
            ("written to a file, without an address to send it to", by_hand, "skip"),
            (
                "no record",
                |fixture| fixture.observed.factory.bundle = Observation::Skipped("no record on this machine"),
                "skip",
            ),
        ],
    );
}

#[test]
fn the_checks_of_factory_follow_what_factory_reports() {
    table(
        "factory.status",
        &[
            ("pending", |fixture| says(fixture, FactoryState::Pending), "warn"),
            ("failed", |fixture| says(fixture, FactoryState::Failed), "fail"),
            ("refused", |fixture| fixture.observed.factory.status = fixture::refused(401, "no key"), "fail"),
            ("down", |fixture| fixture.observed.factory.status = fixture::refused(503, "down"), "unknown"),
            ("not asked without an approval", |fixture| fixture.observed.factory.key_withheld = true, "unknown"),
            (
                "no address",
                |fixture| fixture.observed.factory.status = Observation::Skipped("the kit has no status_url"),
                "skip",
            ),
        ],
    );
    table(
        "factory.reachable",
        &[
            (
                "no way",
                |fixture| fixture.observed.factory.hosts = vec![("f".to_owned(), fixture::unreachable())],
                "unknown",
            ),
            ("refusing", |fixture| fixture.observed.factory.hosts[0].1 = fixture::refused(403, "no"), "pass"),
            ("down", |fixture| fixture.observed.factory.hosts[0].1 = fixture::refused(502, "bad"), "unknown"),
            ("no hosts", |fixture| fixture.observed.factory.hosts.clear(), "skip"),
        ],
    );
}
