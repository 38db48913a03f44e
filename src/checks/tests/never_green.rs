//! Whatever could not be read, the verdict is not "pass".

use std::time::Duration;

use super::healthy::{World, error, known};
use crate::checks::Verdict;
use crate::http::{Answer, Cause, Error, Imposter, TlsProblem};
use crate::observed::Seen;

/// Ways a request fails.
fn causes() -> Vec<Cause> {
    let status = |status| Cause::Status(Answer { status, message: Some(status.to_string()), ..Answer::default() });
    let mut causes: Vec<Cause> = [400, 401, 403, 404, 405, 409, 422, 429, 500, 502, 503].map(status).to_vec();
    causes.extend([
        Cause::Dns { host: "h".to_owned(), detail: String::new() },
        Cause::Connect { detail: "refused".to_owned() },
        Cause::Tls(TlsProblem::Other("handshake".to_owned())),
        Cause::Tls(TlsProblem::UnknownCa { issuer: None, is_alone: false }),
        Cause::Timeout { after: Duration::from_secs(1) },
        Cause::Broken { detail: "reset".to_owned() },
        Cause::Imposter { status: 200, what: Imposter::WebPage },
        Cause::Imposter { status: 502, what: Imposter::WebPage },
        Cause::Imposter { status: 200, what: Imposter::LoginWall },
        Cause::Decode { expected: "a list", detail: "a map".to_owned() },
        Cause::TooLarge { limit: 1 },
        Cause::Redirected { to: "https://elsewhere.example/api/v4/x".parse().expect("an address") },
        Cause::Link("to another origin"),
        Cause::Interrupted,
        Cause::Setup("no such file".to_owned()),
    ]);
    causes
}

/// Every single read of a look, made to fail.
#[expect(clippy::type_complexity, reason = "a table of named changes")]
fn reads() -> Vec<(&'static str, fn(&mut World, Error))> {
    vec![
        ("addresses", |world, error| world.observed.network.addresses = Seen::Failed(error)),
        ("connect", |world, error| world.observed.network.connect = Seen::Failed(error)),
        ("tls", |world, error| world.observed.network.tls = Seen::Failed(error)),
        ("metadata", |world, error| world.observed.metadata = Seen::Failed(error)),
        ("own_url", |world, error| world.observed.own_url = Seen::Failed(error)),
        ("token", |world, error| world.observed.token = Seen::Failed(error)),
        ("applications", |world, error| world.observed.applications = Seen::Failed(error)),
        ("pair", |world, error| world.observed.pair = Seen::Failed(error)),
        ("probed scopes", |world, error| {
            if let Seen::Known(applications) = &mut world.observed.applications {
                applications[0].scopes = None;
            }
            world.observed.probed_scopes = Seen::Failed(error);
        }),
        ("hooks", |world, error| world.observed.hooks = Seen::Failed(error)),
        ("a target's hooks", |world, error| targets(world, 1, &error)),
        ("every target's hooks", |world, error| targets(world, 2, &error)),
        ("deliveries", |world, error| deliveries(world, &error)),
        ("status", |world, error| world.observed.factory.status = Seen::Failed(error)),
        ("bundle", |world, error| world.observed.factory.bundle = Seen::Failed(error)),
        ("proofs", |world, error| world.observed.factory.proofs = Seen::Failed(error)),
    ]
}

/// The last `count` targets' hooks cannot be read.
fn targets(world: &mut World, count: usize, error: &Error) {
    if let Seen::Known(hooks) = &mut world.observed.hooks {
        hooks.targets.iter_mut().rev().take(count).for_each(|target| target.hooks = Seen::Failed(error.clone()));
    }
}

fn deliveries(world: &mut World, error: &Error) {
    let Seen::Known(hooks) = &mut world.observed.hooks else { return };
    if let Seen::Known(hooks) = &mut hooks.targets[0].hooks {
        hooks[0].deliveries = Seen::Failed(error.clone());
    }
}

#[test]
fn no_failed_read_is_ever_a_pass() {
    for cause in causes() {
        for (read, fail) in reads() {
            let mut world = World::healthy();
            fail(&mut world, error(cause.clone()));
            assert_ne!(world.verdict(), Verdict::Pass, "{read} failed: {cause}");
        }
    }
}

#[test]
fn no_two_failed_reads_hide_each_other() {
    for cause in causes() {
        for (first, fail_first) in reads() {
            for (second, fail_second) in reads() {
                let mut world = World::healthy();
                fail_first(&mut world, error(cause.clone()));
                fail_second(&mut world, error(cause.clone()));
                assert_ne!(world.verdict(), Verdict::Pass, "{first} and {second} failed: {cause}");
            }
        }
    }
}

/// Every read that was not asked for, and the checks that then know nothing.
#[expect(clippy::type_complexity, reason = "a table of named changes")]
fn unasked() -> Vec<(fn(&mut World, &'static str), &'static [&'static str])> {
    const OF_HOOKS: &[&str] = &[
        "webhook.coverage",
        "webhook.events",
        "webhook.tls",
        "webhook.token",
        "webhook.enabled",
        "webhook.duplicates",
        "webhook.recent",
    ];
    vec![
        (|world, why| world.observed.network.addresses = Seen::NotAsked(why), &["instance.dns"]),
        (|world, why| world.observed.network.connect = Seen::NotAsked(why), &["instance.tcp"]),
        (|world, why| world.observed.network.tls = Seen::NotAsked(why), &["instance.tls"]),
        (|world, why| world.observed.metadata = Seen::NotAsked(why), &["instance.api", "instance.version"]),
        (|world, why| world.observed.own_url = Seen::NotAsked(why), &["instance.url"]),
        (
            |world, why| world.observed.token = Seen::NotAsked(why),
            &["token.valid", "token.scopes", "token.expiry", "token.admin", "token.excess"],
        ),
        (
            |world, why| world.observed.applications = Seen::NotAsked(why),
            &["token.admin", "application.exists", "application.redirect_uri", "application.confidential"],
        ),
        (|world, why| world.observed.pair = Seen::NotAsked(why), &["application.secret"]),
        (
            |world, why| {
                world.applications()[0].scopes = None;
                world.observed.probed_scopes = Seen::NotAsked(why);
            },
            &["application.scopes"],
        ),
        (|world, why| world.observed.hooks = Seen::NotAsked(why), OF_HOOKS),
        (|world, why| world.targets()[0].hooks = Seen::NotAsked(why), &["webhook.coverage"]),
        (
            |world, why| {
                for target in world.targets() {
                    target.hooks = Seen::NotAsked(why);
                }
            },
            OF_HOOKS,
        ),
        (
            |world, why| {
                for target in world.targets() {
                    let Seen::Known(hooks) = &mut target.hooks else { continue };
                    hooks.iter_mut().for_each(|hook| hook.deliveries = Seen::NotAsked(why));
                }
            },
            &["webhook.recent"],
        ),
        (|world, why| world.observed.factory.proofs = Seen::NotAsked(why), &["webhook.delivery"]),
        (|world, why| world.observed.factory.status = Seen::NotAsked(why), &["factory.status"]),
        (|world, why| world.observed.factory.bundle = Seen::NotAsked(why), &["factory.bundle"]),
        (|world, why| world.observed.factory.hosts[0].1 = Seen::NotAsked(why), &["factory.reachable"]),
    ]
}

#[test]
fn nothing_passes_by_what_was_not_asked() {
    for (change, codes) in unasked() {
        let mut world = World::healthy();
        change(&mut world, "not now");
        for code in codes {
            let finding = world.finding(code);
            assert!(!matches!(finding.status.name(), "pass" | "warn"), "{code}: {:?}", finding.status);
        }
    }
}

#[test]
fn nothing_passes_by_lists_that_are_empty() {
    for (change, codes) in [
        ((|world| world.targets().clear()) as fn(&mut World), &["webhook.coverage", "webhook.events"][..]),
        (|world| world.applications().clear(), &["application.exists", "application.redirect_uri"]),
        (|world| known(&mut world.observed.factory.proofs).clear(), &["webhook.delivery"]),
        (|world| known(&mut world.observed.network.addresses).clear(), &["instance.dns"]),
        (|world| world.observed.factory.hosts.clear(), &["factory.reachable"]),
        (
            |world| {
                for target in world.targets() {
                    known(&mut target.hooks).iter_mut().for_each(|hook| hook.deliveries = Seen::Known(Vec::new()));
                }
            },
            &["webhook.recent"],
        ),
        (|world| world.targets().iter_mut().for_each(|one| known(&mut one.hooks).clear()), &["webhook.coverage"]),
    ] {
        let mut world = World::healthy();
        change(&mut world);
        for code in codes {
            assert_ne!(world.finding(code).status.name(), "pass", "{code}");
        }
    }
}
