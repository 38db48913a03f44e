use super::fixture::{Fixture, failed, hook, known, refused};
use super::table;
use crate::checks::{CheckStatus, Verdict};
use crate::gitlab::{AlertStatus, DeliveryOutcome, License, TestRefusal};
use crate::http::Cause;
use crate::instance::Version;
use crate::mark::Mark;
use crate::observed::{Fact, HookOwner, LeftOut, Observation, OtherTarget, Standing, TargetSeen};
use crate::target::{Event, Strategy, Target, TargetKind};
use crate::testing::fixture::words;

fn no_hooks(fixture: &mut Fixture) {
    fixture.hooks().clear();
}

fn left_out(fixture: &mut Fixture) -> &mut LeftOut {
    match &mut fixture.observed.hooks {
        Observation::Known(hooks) => &mut hooks.left_out,
        _ => panic!("the observation is not known"),
    }
}

fn all_left_out(fixture: &mut Fixture) {
    fixture.targets().clear();
    left_out(fixture).archived = 2;
}

fn unread(fixture: &mut Fixture, status: u16) {
    fixture.targets()[1].hooks = refused(status, "no");
}

#[test]
fn coverage_lists_targets_without_a_hook_and_targets_that_could_not_be_read() {
    table(
        "webhook.coverage",
        &[
            ("one without a hook", no_hooks, "fail"),
            ("another URL", |fixture| fixture.hook().url = "https://elsewhere.example/".to_owned(), "fail"),
            (
                "the same URL with its port and in capitals",
                |fixture| fixture.hook().url = "HTTPS://Hooks.Factory.EXAMPLE:443/gitlab/acme".to_owned(),
                "pass",
            ),
            ("another path", |fixture| fixture.hook().url.push_str("/x"), "fail"),
            ("one refused", |fixture| unread(fixture, 403), "fail"),
            ("one gone", |fixture| unread(fixture, 404), "fail"),
            ("one down", |fixture| unread(fixture, 500), "unknown"),
            ("no targets", |fixture| fixture.targets().clear(), "unknown"),
            ("all left out", all_left_out, "warn"),
            ("a named group without a project", |fixture| left_out(fixture).empty_groups = 1, "unknown"),
            ("one not read", |fixture| fixture.targets()[1].hooks = Observation::Skipped("not needed"), "fail"),
            ("the list fails", |fixture| fixture.observed.hooks = refused(502, "bad"), "unknown"),
            ("the list is refused", |fixture| fixture.observed.hooks = refused(403, "no"), "fail"),
            ("none wanted", |fixture| fixture.observed.hooks = Observation::Skipped("--webhooks none"), "skip"),
        ],
    );
}

/// Adds a target outside the set, with a hook of ours.
fn another(fixture: &mut Fixture, target: Target, standing: Standing) {
    let hooks = Observation::Known(vec![hook(&fixture.desired, target.clone(), 99)]);
    let Observation::Known(seen) = &mut fixture.observed.hooks else { panic!("the hooks are known") };
    seen.others.push(OtherTarget { seen: TargetSeen { target, empty: false, hooks }, standing });
}

fn project_of(group: &str) -> Target {
    Target::Project { id: 70, path: format!("{group}/web").into() }
}

#[test]
fn duplicates_are_found_across_levels() {
    fn unlicensed(fixture: &mut Fixture) {
        fixture.observed.license = Observation::Known(License::Unlicensed);
        another(fixture, project_of("g7"), Standing::Redundant);
    }
    fn unread(fixture: &mut Fixture) {
        another(fixture, project_of("g7"), Standing::Redundant);
        let Observation::Known(seen) = &mut fixture.observed.hooks else { panic!("known") };
        seen.others[0].seen.hooks = refused(500, "no");
    }
    table(
        "webhook.duplicates",
        &[
            ("a project below", |fixture| another(fixture, project_of("g7"), Standing::Redundant), "fail"),
            ("a project elsewhere", |fixture| another(fixture, project_of("g9"), Standing::OutOfScope), "pass"),
            ("a system hook", |fixture| another(fixture, Target::System, Standing::Redundant), "fail"),
            ("below a group whose hooks send nothing", unlicensed, "pass"),
            ("one that could not be read", unread, "unknown"),
        ],
    );
}

#[test]
fn a_hook_of_ours_outside_the_selection_is_found() {
    fn unread(fixture: &mut Fixture) {
        another(fixture, project_of("g9"), Standing::OutOfScope);
        let Observation::Known(seen) = &mut fixture.observed.hooks else { panic!("known") };
        seen.others[0].seen.hooks = refused(500, "no");
    }
    table(
        "webhook.scope",
        &[
            ("one outside", |fixture| another(fixture, project_of("g9"), Standing::OutOfScope), "fail"),
            ("a redundant one", |fixture| another(fixture, project_of("g7"), Standing::Redundant), "pass"),
            ("one that could not be read", unread, "unknown"),
        ],
    );
    let mut fixture = Fixture::healthy();
    another(&mut fixture, project_of("g9"), Standing::OutOfScope);
    let fix = fixture.finding("webhook.scope").fix.expect("a fix");
    assert_eq!(fix.command, Some(crate::error::FixCommand::Connect("factory-gitlab connect --prune".to_owned())));
}

#[test]
fn a_target_whose_events_are_sent_from_above_is_covered() {
    let mut fixture = Fixture::healthy();
    let below = Target::Group { id: 71, path: "g1/below".into() };
    fixture.targets()[0] = TargetSeen { target: below, empty: false, hooks: Observation::Known(Vec::new()) };
    assert_eq!(fixture.finding("webhook.coverage").status.name(), "fail");
    another(&mut fixture, Target::Group { id: 1, path: "g1".into() }, Standing::OutOfScope);
    assert_eq!(fixture.finding("webhook.coverage").status.name(), "pass");
    assert_eq!(fixture.finding("webhook.scope").status.name(), "fail");
}

#[test]
fn a_target_that_could_not_be_read_passes_no_check_of_hooks() {
    let mut fixture = Fixture::healthy();
    unread(&mut fixture, 500);
    for code in ["events", "tls", "token", "enabled", "duplicates"] {
        let finding = fixture.finding(&format!("webhook.{code}"));
        assert_eq!(finding.status.name(), "unknown", "{code}");
    }
}

#[test]
fn the_attributes_of_hooks_are_compared_with_the_kit() {
    table(
        "webhook.events",
        &[
            ("one missing", |fixture| fixture.hook().events = vec![Event::Push], "fail"),
            ("more", |fixture| fixture.hook().events.push(Event::TagPush), "warn"),
            ("a branch filter", |fixture| fixture.hook().push_events_branch_filter = Some("main".to_owned()), "warn"),
            ("an empty filter", |fixture| fixture.hook().push_events_branch_filter = Some(String::new()), "pass"),
            (
                "no hooks",
                |fixture| fixture.targets().iter_mut().for_each(|one| one.hooks = Observation::Known(Vec::new())),
                "skip",
            ),
            ("a system hook", system, "warn"),
        ],
    );
    table("webhook.tls", &[("off", |fixture| fixture.hook().enable_ssl_verification = false, "fail")]);
    table(
        "webhook.enabled",
        &[
            ("for a while", |fixture| fixture.hook().alert_status = AlertStatus::TemporarilyDisabled, "fail"),
            ("for good", |fixture| fixture.hook().alert_status = AlertStatus::Disabled, "fail"),
            ("not shown", |fixture| fixture.hook().alert_status = AlertStatus::Unknown, "unknown"),
        ],
    );
    table(
        "webhook.duplicates",
        &[
            (
                "two",
                |fixture| {
                    let second = hook(&fixture.desired, Target::System, 99);
                    fixture.hooks().push(second);
                },
                "fail",
            ),
            (
                "a foreign one in another spelling",
                |fixture| {
                    let mut second = hook(&fixture.desired, Target::System, 99);
                    second.owner = HookOwner::Foreign;
                    second.hook.url.push('/');
                    fixture.hooks().push(second);
                },
                "warn",
            ),
        ],
    );
}

fn system(fixture: &mut Fixture) {
    let Observation::Known(hooks) = &mut fixture.observed.hooks else { panic!("the observation is not known") };
    hooks.strategy = Strategy::System;
    hooks.targets.truncate(1);
    hooks.targets[0].target = Target::System;
    hooks.targets[0].hooks = Observation::Known(vec![hook(&fixture.desired, Target::System, 1)]);
}

#[test]
fn a_hidden_token_is_recognized_by_its_fingerprint() {
    fn unmarked(fixture: &mut Fixture, present: Option<bool>) {
        fixture.hook().mark = None;
        fixture.hook().description = Some("by hand".to_owned());
        fixture.hook().token_present = present;
        fixture.hook().signing_token_present = present;
    }
    table(
        "webhook.token",
        &[
            ("not shown but marked", |fixture| fixture.hook().token_present = None, "pass"),
            ("shown to be missing", |fixture| fixture.hook().token_present = Some(false), "fail"),
            (
                "marked for another token",
                |fixture| fixture.hook().mark = Mark::find("factory-gitlab/v1:0123456789ab"),
                "fail",
            ),
            ("by hand and shown", |fixture| unmarked(fixture, Some(true)), "warn"),
            (
                "refused by Factory",
                |fixture| outcomes(fixture, DeliveryOutcome::Answered(401), DeliveryOutcome::Answered(200)),
                "fail",
            ),
            ("by hand and not shown", |fixture| unmarked(fixture, None), "unknown"),
            (
                "by hand on an old version",
                |fixture| {
                    fixture.version(Version::new(16, 11));
                    unmarked(fixture, None);
                },
                "skip",
            ),
            ("no signing token", |fixture| fixture.hook().signing_token_present = Some(false), "fail"),
            (
                "a signing token that 19.0 ignored",
                |fixture| {
                    fixture.version(Version::new(19, 0));
                    fixture.targets().truncate(1);
                    fixture.hook().signing_token_present = Some(false);
                },
                "warn",
            ),
            ("set before an upgrade that knows the signing token", before_the_upgrade, "fail"),
            ("a mark that was copied from another target", copied_mark, "warn"),
            ("signing token not shown", |fixture| fixture.hook().signing_token_present = None, "pass"),
        ],
    );
}

fn before_the_upgrade(fixture: &mut Fixture) {
    let mark = fixture.desired.marker().mark((TargetKind::Group, 7), Version::new(18, 11));
    fixture.hook().mark = Some(Mark::Bound(mark));
    fixture.hook().signing_token_present = Some(false);
}

/// It does not count: the hook is judged as one that was set by hand.
fn copied_mark(fixture: &mut Fixture) {
    fixture.hook().mark =
        Some(Mark::Bound(fixture.desired.marker().mark((TargetKind::Group, 99), Version::new(19, 2))));
}

#[test]
fn a_hook_that_does_not_send_gitlabs_own_payload_fails() {
    table(
        "webhook.payload",
        &[
            ("a template", |fixture| fixture.hook().payload.template = Some("{\"text\":\"hi\"}".to_owned()), "fail"),
            ("headers", |fixture| fixture.hook().payload.custom_headers = words(&["X-Gitlab-Token"]), "fail"),
            ("one target unread", |fixture| unread(fixture, 500), "unknown"),
        ],
    );
}

#[test]
fn where_nothing_has_a_sample_the_delivery_is_skipped_with_what_to_do() {
    let mut fixture = Fixture::healthy();
    let seen = || Fact::NotObservable("nothing to make a test from".to_owned());
    proof(&mut fixture, seen(), seen(), seen());
    let Observation::Known(proofs) = &mut fixture.observed.factory.proofs else { panic!("known") };
    proofs[0].refusal = Some(TestRefusal::NoSample { said: String::new() });
    let finding = fixture.finding("webhook.delivery");
    assert_eq!(finding.status.name(), "skip");
    assert!(finding.fix.is_some());
    assert_eq!(fixture.verdict(), Verdict::Pass);
}

fn outcomes(fixture: &mut Fixture, newest: DeliveryOutcome, before: DeliveryOutcome) {
    fixture.newest_delivery(newest);
    known(&mut fixture.hooks()[0].deliveries)[1].outcome = before;
}

#[test]
fn the_note_says_when_only_some_logs_were_read() {
    let mut fixture = Fixture::healthy();
    let Observation::Known(hooks) = &mut fixture.targets()[1].hooks else { panic!("the observation is not known") };
    hooks[0].deliveries = Observation::Skipped("the logs of the first 100 hooks are read");
    let recent = fixture.finding("webhook.recent");
    assert_eq!(recent.status, CheckStatus::Pass);
    assert_eq!(recent.evidence["note"], "2 deliveries, in the logs of 1 of 2 hooks");
}

#[test]
fn recent_deliveries_are_judged_newest_first() {
    use DeliveryOutcome::{Answered, NoAnswer};
    table(
        "webhook.recent",
        &[
            ("the newest failed", |fixture| outcomes(fixture, Answered(500), Answered(200)), "fail"),
            ("no answer", |fixture| outcomes(fixture, NoAnswer, Answered(200)), "fail"),
            ("one before failed", |fixture| outcomes(fixture, Answered(200), NoAnswer), "warn"),
            ("none", |fixture| fixture.hooks()[0].deliveries = Observation::Known(Vec::new()), "pass"),
            ("one log unread", |fixture| fixture.hooks()[0].deliveries = refused(500, "no"), "unknown"),
            (
                "no logs",
                |fixture| {
                    for target in fixture.targets() {
                        if let Observation::Known(hooks) = &mut target.hooks {
                            hooks[0].deliveries = Observation::Skipped("before 17.3");
                        }
                    }
                },
                "skip",
            ),
        ],
    );
}

fn proof(fixture: &mut Fixture, test: Fact, log: Fact, receipt: Fact) {
    let Observation::Known(proofs) = &mut fixture.observed.factory.proofs else {
        panic!("the observation is not known")
    };
    (proofs[0].test, proofs[0].log, proofs[0].receipt) = (test, log, receipt);
}

#[test]
fn a_test_delivery_is_three_facts() {
    use Fact::{Fails, Holds, NotObservable, Unknown};
    fn text() -> String {
        "seen".to_owned()
    }
    table(
        "webhook.delivery",
        &[
            ("refused", |fixture| proof(fixture, Fails(text()), Holds(text()), Holds(text())), "fail"),
            ("no receipt", |fixture| proof(fixture, Holds(text()), Holds(text()), Fails(text())), "fail"),
            (
                "no log on this version",
                |fixture| proof(fixture, Holds(text()), NotObservable(text()), Holds(text())),
                "pass",
            ),
            ("a log not read", |fixture| proof(fixture, Holds(text()), Unknown(text()), Holds(text())), "unknown"),
            (
                "nothing tells",
                |fixture| proof(fixture, NotObservable(text()), NotObservable(text()), NotObservable(text())),
                "unknown",
            ),
            (
                "not asked",
                |fixture| fixture.observed.factory.proofs = Observation::Skipped("--live was not given"),
                "skip",
            ),
            ("could not be made", |fixture| fixture.observed.factory.proofs = failed(Cause::Interrupted), "unknown"),
        ],
    );
}
