use super::healthy::{World, failed, hook, refused};
use super::table;
use crate::checks::Status;
use crate::gitlab::{AlertStatus, DeliveryOutcome};
use crate::http::Cause;
use crate::instance::Version;
use crate::observed::{Fact, LeftOut, Seen};
use crate::target::{Event, Strategy, Target};

fn no_hooks(world: &mut World) {
    world.hooks().clear();
}

fn left_out(world: &mut World) -> &mut LeftOut {
    match &mut world.observed.hooks {
        Seen::Known(hooks) => &mut hooks.left_out,
        _ => panic!("not known"),
    }
}

fn all_left_out(world: &mut World) {
    world.targets().clear();
    left_out(world).archived = 2;
}

fn unread(world: &mut World, status: u16) {
    world.targets()[1].hooks = refused(status, "no");
}

#[test]
fn coverage_lists_what_is_bare_and_what_could_not_be_read() {
    table(
        "webhook.coverage",
        &[
            ("one bare", no_hooks, "fail"),
            ("another URL", |world| world.hook().url = "https://elsewhere.example/".to_owned(), "fail"),
            (
                "the same URL with its port and in capitals",
                |world| world.hook().url = "HTTPS://Hooks.Factory.EXAMPLE:443/gitlab/acme".to_owned(),
                "pass",
            ),
            ("another path", |world| world.hook().url.push_str("/x"), "fail"),
            ("one refused", |world| unread(world, 403), "fail"),
            ("one gone", |world| unread(world, 404), "fail"),
            ("one down", |world| unread(world, 500), "unknown"),
            ("no targets", |world| world.targets().clear(), "unknown"),
            ("all left out", all_left_out, "warn"),
            ("a named group without a project", |world| left_out(world).empty_groups = 1, "unknown"),
            ("one not looked at", |world| world.targets()[1].hooks = Seen::NotAsked("not needed"), "fail"),
            ("the list fails", |world| world.observed.hooks = refused(502, "bad"), "unknown"),
            ("the list is refused", |world| world.observed.hooks = refused(403, "no"), "fail"),
            ("none wanted", |world| world.observed.hooks = Seen::NotAsked("--webhooks none"), "skip"),
        ],
    );
}

#[test]
fn a_target_that_could_not_be_read_is_not_green_anywhere() {
    let mut world = World::healthy();
    unread(&mut world, 500);
    for code in ["events", "tls", "token", "enabled", "duplicates"] {
        let finding = world.finding(&format!("webhook.{code}"));
        assert_eq!(finding.status.name(), "unknown", "{code}");
    }
}

#[test]
fn hooks_are_as_they_should_be() {
    table(
        "webhook.events",
        &[
            ("one missing", |world| world.hook().events = vec![Event::Push], "fail"),
            ("more", |world| world.hook().events.push(Event::TagPush), "pass"),
            ("a branch filter", |world| world.hook().push_events_branch_filter = Some("main".to_owned()), "warn"),
            ("an empty filter", |world| world.hook().push_events_branch_filter = Some(String::new()), "pass"),
            (
                "no hooks",
                |world| world.targets().iter_mut().for_each(|one| one.hooks = Seen::Known(Vec::new())),
                "skip",
            ),
            ("a system hook", system, "warn"),
        ],
    );
    table("webhook.tls", &[("off", |world| world.hook().enable_ssl_verification = false, "fail")]);
    table(
        "webhook.enabled",
        &[
            ("for a while", |world| world.hook().alert_status = AlertStatus::TemporarilyDisabled, "fail"),
            ("for good", |world| world.hook().alert_status = AlertStatus::Disabled, "fail"),
            ("not told", |world| world.hook().alert_status = AlertStatus::Unknown, "unknown"),
        ],
    );
    table(
        "webhook.duplicates",
        &[(
            "two",
            |world| {
                let second = hook(&world.desired, Target::System, 99);
                world.hooks().push(second);
            },
            "fail",
        )],
    );
}

fn system(world: &mut World) {
    let Seen::Known(hooks) = &mut world.observed.hooks else { panic!("known") };
    hooks.strategy = Strategy::System;
    hooks.targets.truncate(1);
    hooks.targets[0].target = Target::System;
    hooks.targets[0].hooks = Seen::Known(vec![hook(&world.desired, Target::System, 1)]);
}

#[test]
fn a_hidden_token_is_known_by_its_fingerprint() {
    fn unmarked(world: &mut World, present: Option<bool>) {
        world.hook().description = Some("by hand".to_owned());
        world.hook().token_present = present;
        world.hook().signing_token_present = present;
    }
    table(
        "webhook.token",
        &[
            ("not told but marked", |world| world.hook().token_present = None, "pass"),
            ("told to be none", |world| world.hook().token_present = Some(false), "fail"),
            (
                "marked for another token",
                |world| world.hook().description = Some("factory-gitlab/v1:0123456789ab".to_owned()),
                "fail",
            ),
            ("by hand and told", |world| unmarked(world, Some(true)), "pass"),
            ("by hand and not told", |world| unmarked(world, None), "unknown"),
            (
                "by hand on an old version",
                |world| {
                    world.version(Version::new(16, 11));
                    unmarked(world, None);
                },
                "skip",
            ),
            ("no signing token", |world| world.hook().signing_token_present = Some(false), "fail"),
            ("signing not told", |world| world.hook().signing_token_present = None, "pass"),
        ],
    );
}

fn outcomes(world: &mut World, newest: DeliveryOutcome, before: DeliveryOutcome) {
    let Seen::Known(deliveries) = &mut world.hooks()[0].deliveries else { panic!("known") };
    deliveries[0].outcome = newest;
    deliveries[1].outcome = before;
}

#[test]
fn logs_of_which_only_some_were_read_are_not_told_as_all() {
    let mut world = World::healthy();
    let Seen::Known(hooks) = &mut world.targets()[1].hooks else { panic!("known") };
    hooks[0].deliveries = Seen::NotAsked("the logs of the first 100 hooks are read");
    let recent = world.finding("webhook.recent");
    assert_eq!(recent.status, Status::Pass);
    assert_eq!(recent.evidence["note"], "2 deliveries, in the logs of 1 of 2 hooks");
}

#[test]
fn recent_deliveries_are_judged_newest_first() {
    use DeliveryOutcome::{Answered, NoAnswer};
    table(
        "webhook.recent",
        &[
            ("the newest failed", |world| outcomes(world, Answered(500), Answered(200)), "fail"),
            ("no answer", |world| outcomes(world, NoAnswer, Answered(200)), "fail"),
            ("one before failed", |world| outcomes(world, Answered(200), NoAnswer), "warn"),
            ("none", |world| world.hooks()[0].deliveries = Seen::Known(Vec::new()), "pass"),
            ("one log unread", |world| world.hooks()[0].deliveries = refused(500, "no"), "unknown"),
            (
                "no logs",
                |world| {
                    for target in world.targets() {
                        if let Seen::Known(hooks) = &mut target.hooks {
                            hooks[0].deliveries = Seen::NotAsked("before 17.3");
                        }
                    }
                },
                "skip",
            ),
        ],
    );
}

fn proof(world: &mut World, test: Fact, log: Fact, receipt: Fact) {
    let Seen::Known(proofs) = &mut world.observed.factory.proofs else { panic!("known") };
    (proofs[0].test, proofs[0].log, proofs[0].receipt) = (test, log, receipt);
}

#[test]
fn a_test_delivery_is_three_facts() {
    use Fact::{Fails, Holds, Unknown, Untold};
    fn text() -> String {
        "seen".to_owned()
    }
    table(
        "webhook.delivery",
        &[
            ("refused", |world| proof(world, Fails(text()), Holds(text()), Holds(text())), "fail"),
            ("no receipt", |world| proof(world, Holds(text()), Holds(text()), Fails(text())), "fail"),
            ("no log there", |world| proof(world, Holds(text()), Untold(text()), Holds(text())), "pass"),
            ("a log not read", |world| proof(world, Holds(text()), Unknown(text()), Holds(text())), "unknown"),
            ("nothing tells", |world| proof(world, Untold(text()), Untold(text()), Untold(text())), "unknown"),
            ("not asked", |world| world.observed.factory.proofs = Seen::NotAsked("--live was not given"), "skip"),
            ("could not be made", |world| world.observed.factory.proofs = failed(Cause::Interrupted), "unknown"),
        ],
    );
}
