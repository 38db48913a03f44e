//! The real process and SIGKILL, at every request: before the server acts, and after it acted but before it answers. An
//! intent is on the disk before its request is sent, so the first of the two is also death between the line and the act.

use factory_gitlab::env::Env;
use factory_gitlab::sandbox::request_log::Moment;

use super::{Case, final_state, run_and_signal, signal, start, until};
use crate::test_env::TestEnv;

fn dies_at(case: &Case, moments: &[(usize, Moment)]) {
    for (number, when) in moments {
        let name = format!("{}, killed at request {number} {when:?}", case.name);
        let world = case.world();
        let died = run_and_signal(&world, case.args, (*number, *when), "KILL");
        assert_eq!(died.status.code(), None, "{name}: it was not killed: {}", super::said(&died));
        final_state::the_next_run_ends_it(&world, case, &name);
    }
}

#[test]
fn killed_at_any_request_the_next_run_ends_in_the_same_state() {
    let case = Case::group_hook();
    dies_at(&case, &case.every_moment());
}

#[test]
fn killed_among_the_hooks_of_projects_none_is_left_out_or_made_twice() {
    let case = Case::project_hooks();
    dies_at(&case, &case.distinct_moments());
}

#[test]
fn killed_while_a_token_is_made_for_factory_no_token_is_left_over() {
    let case = Case::minted_token();
    dies_at(&case, &case.distinct_moments());
}

#[test]
fn killed_where_the_bundle_is_carried_by_hand_it_is_there_whole() {
    let case = Case::bundle_out();
    dies_at(&case, &case.distinct_moments());
}

#[test]
fn killed_where_hooks_have_no_marks_none_is_made_twice() {
    let case = Case::hooks_without_marks();
    dies_at(&case, &case.distinct_moments());
}

/// Begins a run that has to wait, and kills it there.
fn dies_while_waiting(fault: &str, name: &'static str, is_waiting: impl Fn(&TestEnv) -> bool) {
    let case = Case::group_hook();
    let world = case.world();
    world.sandbox().fault(fault).expect(fault);
    let mut child = start(&world, case.args);
    until(fault, || is_waiting(&world));
    let began = Env::empty().clock.instant();
    signal(child.id(), name);
    let status = child.wait().expect("an end");
    assert!(began.elapsed().as_secs() < 5, "{fault}: it waited on");
    assert_eq!(status.code(), if name == "KILL" { None } else { Some(130) }, "{fault}");
    world.sandbox().clear_faults();
    final_state::the_next_run_ends_it(&world, &case, fault);
}

fn has_status(status: u16) -> impl Fn(&TestEnv) -> bool {
    move |world| world.sandbox().requests().iter().any(|one| one.status == Some(status))
}

fn asked(path: &'static str) -> impl Fn(&TestEnv) -> bool {
    move |world| world.writes().iter().any(|one| one.starts_with("POST ") && one.ends_with(path))
}

#[test]
fn killed_or_interrupted_inside_a_wait_it_ends_at_once_and_the_next_run_goes_on() {
    for name in ["KILL", "INT", "TERM"] {
        // A rate limit is waited out: before the first write, between two, and at the upload.
        dies_while_waiting("GET /api/v4/applications=retry-after:45x1", name, has_status(429));
        dies_while_waiting("POST /api/v4/applications=retry-after:45x1", name, has_status(429));
        dies_while_waiting("POST /api/v4/groups/*/hooks=retry-after:45x1", name, has_status(429));
        dies_while_waiting("factory:POST /gitlab/v1/bundles=retry-after:45x1", name, has_status(429));
        // Between two tries of a write that was lost, of one that a restarting server refused, and inside a slow one.
        dies_while_waiting("POST /api/v4/groups/*/hooks=deploying", name, has_status(503));
        dies_while_waiting("POST /api/v4/applications=lost", name, asked("/applications"));
        dies_while_waiting("POST /api/v4/groups/*/hooks=hang", name, asked("/hooks"));
    }
}
