//! The real process and SIGKILL at every request: before the server acts, and after it acted but before it answers. An
//! intent is written to disk before its request is sent, so the first case also covers death between the two.

use factory_gitlab::env::Env;
use serde_json::Value;

use super::{Case, Point, final_state, run_and_signal, signal, start, until};
use crate::test_env::{ApiCall, TestEnv};

fn dies_at(case: &Case, points: &[Point]) {
    for point in points {
        let name = format!("{}, killed at request {} {:?}", case.name, point.number, point.when);
        let env = case.env();
        let died = run_and_signal(&env, case.args, *point, "KILL");
        assert_eq!(died.status.code(), None, "{name}: it was not killed: {}", super::said(&died));
        final_state::the_next_run_ends_it(&env, case, &name);
    }
}

#[test]
fn killed_at_any_request_the_next_run_ends_in_the_same_state() {
    let case = Case::group_hook();
    dies_at(&case, &case.every_moment());
}

#[test]
fn killed_between_the_hooks_of_projects_none_is_left_out_or_created_twice() {
    let case = Case::project_hooks();
    dies_at(&case, &case.distinct_moments());
}

#[test]
fn killed_while_a_token_for_factory_is_created_no_token_is_left_behind() {
    let case = Case::minted_token();
    dies_at(&case, &case.distinct_moments());
}

#[test]
fn killed_while_the_bundle_is_written_to_a_file_the_file_is_complete() {
    let case = Case::bundle_out();
    dies_at(&case, &case.distinct_moments());
}

#[test]
fn killed_where_hooks_have_no_marks_none_is_created_twice() {
    let case = Case::hooks_without_marks();
    dies_at(&case, &case.distinct_moments());
}

/// Connected with a token made for Factory that ends tomorrow.
fn with_a_token_about_to_end() -> TestEnv {
    let env = Case::minted_token().env();
    env.connects(Case::minted_token().args);
    let soon = env.sandbox().gitlab().clock().today().tomorrow().expect("a day");
    let mut state = env.sandbox().gitlab().lock();
    let made = state.tokens.values_mut().filter(|token| token.name.starts_with("Factory "));
    made.for_each(|token| token.expires_at = Some(soon));
    drop(state);
    env
}

/// The numbers of the tokens made for Factory that are alive, and the value that Factory has.
fn tokens_of_factory(env: &TestEnv) -> (Vec<u64>, String) {
    let gitlab = env.sandbox().gitlab();
    let today = gitlab.clock().today();
    let tokens = gitlab.tokens();
    let alive = tokens.iter().filter(|token| token.name.starts_with("Factory ") && token.is_active(today));
    let bundles = env.sandbox().factory().bundles();
    let held = bundles.iter().rev().find_map(|bundle| bundle.document["personal_access_token"]["value"].as_str());
    (alive.map(|token| token.id).collect(), held.expect("a token").to_owned())
}

#[test]
fn killed_while_the_token_of_factory_is_replaced_factory_always_has_one_that_works() {
    let answers = |env: &TestEnv| {
        let call = ApiCall { method: "GET", path: "/user", body: &Value::Null };
        env.api_as(&tokens_of_factory(env).1, &call).0
    };
    let undisturbed = with_a_token_about_to_end();
    undisturbed.sandbox().clear_requests();
    undisturbed.connects(&[]);
    let writes: Vec<usize> =
        undisturbed.sandbox().requests().iter().filter(|one| one.is_write()).map(|one| one.number).collect();
    assert_eq!(writes.len(), 3, "mint, upload, revoke");
    for point in writes.into_iter().flat_map(Point::of_request) {
        let name = format!("killed at request {} {:?}", point.number, point.when);
        let env = with_a_token_about_to_end();
        let died = run_and_signal(&env, &[], point, "KILL");
        assert_eq!(died.status.code(), None, "{name}: {}", super::said(&died));
        assert_eq!(answers(&env), 200, "{name}: what Factory has is dead");
        env.connects(&[]);
        assert_eq!(tokens_of_factory(&env).0.len(), 1, "{name}: a token is left");
        assert_eq!(answers(&env), 200, "{name}: what Factory has is dead");
        env.has_nothing_to_do(&[]);
    }
}

/// Starts a run that has to wait, and ends it during the wait.
fn dies_while_waiting(fault: &str, name: &'static str, is_waiting: impl Fn(&TestEnv) -> bool) {
    let case = Case::group_hook();
    let mut env = case.env();
    env.set_clock_speed(1);
    env.sandbox().fault(fault).expect(fault);
    let mut child = start(&env, case.args);
    until(fault, || is_waiting(&env));
    let began = Env::empty().clock.instant();
    signal(child.id(), name);
    let status = child.wait().expect("an end");
    assert!(began.elapsed().as_secs() < 25, "{fault}: it waited on");
    assert_eq!(status.code(), if name == "KILL" { None } else { Some(130) }, "{fault}");
    env.sandbox().clear_faults();
    final_state::the_next_run_ends_it(&env, &case, fault);
}

fn has_status(status: u16) -> impl Fn(&TestEnv) -> bool {
    move |env| env.sandbox().requests().iter().any(|one| one.status == Some(status))
}

fn asked(path: &'static str) -> impl Fn(&TestEnv) -> bool {
    move |env| env.writes().iter().any(|one| one.starts_with("POST ") && one.ends_with(path))
}

#[test]
fn killed_or_interrupted_during_a_wait_it_ends_at_once_and_the_next_run_continues() {
    for name in ["KILL", "INT", "TERM"] {
        // Waiting for a rate limit: before the first write, between two writes, and at the upload.
        dies_while_waiting("GET /api/v4/applications=retry-after:45x1", name, has_status(429));
        dies_while_waiting("POST /api/v4/applications=retry-after:45x1", name, has_status(429));
        dies_while_waiting("POST /api/v4/groups/*/hooks=retry-after:45x1", name, has_status(429));
        dies_while_waiting("factory:POST /gitlab/v1/bundles=retry-after:45x1", name, has_status(429));
        // Between two attempts of a write that a restarting server refused or whose answer was lost, and during a write that hangs.
        dies_while_waiting("POST /api/v4/groups/*/hooks=deploying", name, has_status(503));
        dies_while_waiting("POST /api/v4/applications=lost", name, asked("/applications"));
        dies_while_waiting("POST /api/v4/groups/*/hooks=hang", name, asked("/hooks"));
    }
}
