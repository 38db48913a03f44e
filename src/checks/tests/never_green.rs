//! A read that failed or was skipped never makes a check pass.

use std::time::Duration;

use super::fixture::{Fixture, error, known};
use crate::checks::Verdict;
use crate::http::{Cause, Error, ErrorResponse, LinkProblem, TlsProblem, UnexpectedPage};
use crate::observed::Observation;

/// Ways a request fails.
pub(super) fn causes() -> Vec<Cause> {
    let status =
        |status| Cause::Status(ErrorResponse { status, message: Some(status.to_string()), ..ErrorResponse::default() });
    let mut causes: Vec<Cause> = [400, 401, 403, 404, 405, 409, 422, 429, 500, 502, 503].map(status).to_vec();
    causes.extend([
        Cause::Dns { host: "h".to_owned(), detail: String::new() },
        Cause::Connect { detail: "refused".to_owned(), proxy: None },
        Cause::Tls(TlsProblem::Other("handshake".to_owned())),
        Cause::Tls(TlsProblem::UnknownCa { issuer: None, is_alone: false }),
        Cause::Timeout { after: Duration::from_secs(1) },
        Cause::Broken { detail: "reset".to_owned() },
        Cause::UnexpectedPage { status: 200, what: UnexpectedPage::WebPage },
        Cause::UnexpectedPage { status: 502, what: UnexpectedPage::WebPage },
        Cause::UnexpectedPage { status: 200, what: UnexpectedPage::LoginWall },
        Cause::Decode { expected: "a list", detail: "a map".to_owned() },
        Cause::TooLarge { limit: 1 },
        Cause::Redirected { to: "https://elsewhere.example/api/v4/x".parse().expect("a valid URL") },
        Cause::Link(LinkProblem::Circular),
        Cause::ForwardedAuthorization,
        Cause::Interrupted,
        Cause::Setup("no such file".to_owned()),
    ]);
    causes
}

/// Every single read, made to fail.
#[expect(clippy::type_complexity, reason = "a table of named changes")]
pub(super) fn failures() -> Vec<(&'static str, fn(&mut Fixture, Error))> {
    vec![
        ("addresses", |fixture, error| fixture.observed.network.addresses = Observation::Failed(error)),
        ("connect", |fixture, error| fixture.observed.network.connect = Observation::Failed(error)),
        ("tls", |fixture, error| fixture.observed.network.tls = Observation::Failed(error)),
        ("metadata", |fixture, error| fixture.observed.metadata = Observation::Failed(error)),
        ("own_url", |fixture, error| fixture.observed.own_url = Observation::Failed(error)),
        ("token", |fixture, error| fixture.observed.token = Observation::Failed(error)),
        ("Factory's token", |fixture, error| fixture.observed.handed_over = Observation::Failed(error)),
        ("applications", |fixture, error| fixture.observed.applications = Observation::Failed(error)),
        ("pair", |fixture, error| fixture.observed.pair = Observation::Failed(error)),
        ("probed scopes", |fixture, error| {
            if let Observation::Known(applications) = &mut fixture.observed.applications {
                applications[0].scopes = None;
            }
            fixture.observed.probed_scopes = Observation::Failed(error);
        }),
        ("hooks", |fixture, error| fixture.observed.hooks = Observation::Failed(error)),
        ("a target's hooks", |fixture, error| targets(fixture, 1, &error)),
        ("every target's hooks", |fixture, error| targets(fixture, 2, &error)),
        ("deliveries", |fixture, error| deliveries(fixture, &error)),
        ("status", |fixture, error| fixture.observed.factory.status = Observation::Failed(error)),
        ("bundle", |fixture, error| fixture.observed.factory.bundle = Observation::Failed(error)),
        ("proofs", |fixture, error| fixture.observed.factory.proofs = Observation::Failed(error)),
    ]
}

/// The last `count` targets' hooks cannot be read.
fn targets(fixture: &mut Fixture, count: usize, error: &Error) {
    if let Observation::Known(hooks) = &mut fixture.observed.hooks {
        hooks.targets.iter_mut().rev().take(count).for_each(|target| target.hooks = Observation::Failed(error.clone()));
    }
}

fn deliveries(fixture: &mut Fixture, error: &Error) {
    let Observation::Known(hooks) = &mut fixture.observed.hooks else { return };
    if let Observation::Known(hooks) = &mut hooks.targets[0].hooks {
        hooks[0].deliveries = Observation::Failed(error.clone());
    }
}

#[test]
fn a_failed_read_is_never_a_pass() {
    for cause in causes() {
        for (read, fail) in failures() {
            let mut fixture = Fixture::healthy();
            fail(&mut fixture, error(cause.clone()));
            assert_ne!(fixture.verdict(), Verdict::Pass, "{read} failed: {cause}");
        }
    }
}

#[test]
fn no_two_failed_reads_hide_each_other() {
    for cause in causes() {
        for (first, fail_first) in failures() {
            for (second, fail_second) in failures() {
                let mut fixture = Fixture::healthy();
                fail_first(&mut fixture, error(cause.clone()));
                fail_second(&mut fixture, error(cause.clone()));
                assert_ne!(fixture.verdict(), Verdict::Pass, "{first} and {second} failed: {cause}");
            }
        }
    }
}

/// Every read that may be skipped, and the checks that then must not pass.
#[expect(clippy::type_complexity, reason = "a table of named changes")]
fn skipped() -> Vec<(fn(&mut Fixture, &'static str), &'static [&'static str])> {
    const OF_HOOKS: &[&str] = &[
        "webhook.coverage",
        "webhook.events",
        "webhook.tls",
        "webhook.token",
        "webhook.payload",
        "webhook.enabled",
        "webhook.duplicates",
        "webhook.recent",
    ];
    vec![
        (|fixture, why| fixture.observed.network.addresses = Observation::Skipped(why), &["instance.dns"]),
        (|fixture, why| fixture.observed.network.connect = Observation::Skipped(why), &["instance.tcp"]),
        (|fixture, why| fixture.observed.network.tls = Observation::Skipped(why), &["instance.tls"]),
        (|fixture, why| fixture.observed.metadata = Observation::Skipped(why), &["instance.api", "instance.version"]),
        (|fixture, why| fixture.observed.own_url = Observation::Skipped(why), &["instance.url"]),
        (
            |fixture, why| fixture.observed.token = Observation::Skipped(why),
            &["token.valid", "token.scopes", "token.expiry", "token.admin", "token.excess"],
        ),
        (
            |fixture, why| fixture.observed.applications = Observation::Skipped(why),
            &["token.admin", "application.exists", "application.redirect_uri", "application.confidential"],
        ),
        (|fixture, why| fixture.observed.pair = Observation::Skipped(why), &["application.secret"]),
        (
            |fixture, why| {
                fixture.applications()[0].scopes = None;
                fixture.observed.probed_scopes = Observation::Skipped(why);
            },
            &["application.scopes"],
        ),
        (|fixture, why| fixture.observed.hooks = Observation::Skipped(why), OF_HOOKS),
        (|fixture, why| fixture.targets()[0].hooks = Observation::Skipped(why), &["webhook.coverage"]),
        (
            |fixture, why| {
                for target in fixture.targets() {
                    target.hooks = Observation::Skipped(why);
                }
            },
            OF_HOOKS,
        ),
        (
            |fixture, why| {
                for target in fixture.targets() {
                    let Observation::Known(hooks) = &mut target.hooks else { continue };
                    hooks.iter_mut().for_each(|hook| hook.deliveries = Observation::Skipped(why));
                }
            },
            &["webhook.recent"],
        ),
        (|fixture, why| fixture.observed.handed_over = Observation::Skipped(why), &["token.handed_over"]),
        (|fixture, why| fixture.observed.factory.proofs = Observation::Skipped(why), &["webhook.delivery"]),
        (|fixture, why| fixture.observed.factory.status = Observation::Skipped(why), &["factory.status"]),
        (|fixture, why| fixture.observed.factory.bundle = Observation::Skipped(why), &["factory.bundle"]),
        (|fixture, why| fixture.observed.factory.hosts[0].1 = Observation::Skipped(why), &["factory.reachable"]),
    ]
}

#[test]
fn no_check_passes_because_a_read_was_skipped() {
    for (change, codes) in skipped() {
        let mut fixture = Fixture::healthy();
        change(&mut fixture, "not now");
        for code in codes {
            let finding = fixture.finding(code);
            assert!(!matches!(finding.status.name(), "pass" | "warn"), "{code}: {:?}", finding.status);
        }
    }
}

#[test]
fn no_check_passes_because_a_list_is_empty() {
    for (change, codes) in [
        ((|fixture| fixture.targets().clear()) as fn(&mut Fixture), &["webhook.coverage", "webhook.events"][..]),
        (|fixture| fixture.applications().clear(), &["application.exists", "application.redirect_uri"]),
        (|fixture| known(&mut fixture.observed.factory.proofs).clear(), &["webhook.delivery"]),
        (|fixture| known(&mut fixture.observed.network.addresses).clear(), &["instance.dns"]),
        (|fixture| fixture.observed.factory.hosts.clear(), &["factory.reachable"]),
        (
            |fixture| {
                for target in fixture.targets() {
                    known(&mut target.hooks)
                        .iter_mut()
                        .for_each(|hook| hook.deliveries = Observation::Known(Vec::new()));
                }
            },
            &["webhook.recent"],
        ),
        (|fixture| fixture.targets().iter_mut().for_each(|one| known(&mut one.hooks).clear()), &["webhook.coverage"]),
    ] {
        let mut fixture = Fixture::healthy();
        change(&mut fixture);
        for code in codes {
            assert_ne!(fixture.finding(code).status.name(), "pass", "{code}");
        }
    }
}
