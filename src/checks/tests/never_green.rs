//! Whatever could not be read, the verdict is not "pass".

use std::time::Duration;

use super::healthy::{World, error};
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
