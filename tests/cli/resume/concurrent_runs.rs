//! Two runs at the same time. On one machine a file lock refuses the second. Two machines do not share the lock: the younger
//! application is deleted again, and the next run removes duplicate hooks.

use std::process::{Child, Output};
use std::sync::mpsc;

use factory_gitlab::sandbox::gitlab::seed::ProjectSpec;
use factory_gitlab::sandbox::gitlab::state::ProjectNamespace;
use factory_gitlab::sandbox::options::{SandboxOptions, SandboxPlan};
use factory_gitlab::sandbox::request_log::{Moment, RequestAction};

use super::{Case, final_state, said, signal, start, until};
use crate::test_env::{TestEnv, small};

const BUSY: &str = "another run is working on this connection";

fn ended(runs: Vec<Child>) -> Vec<Output> {
    runs.into_iter().map(|run| run.wait_with_output().expect("an end")).collect()
}

fn codes(runs: &[Output]) -> Vec<Option<i32>> {
    let mut codes: Vec<_> = runs.iter().map(|run| run.status.code()).collect();
    codes.sort();
    codes
}

#[test]
fn a_second_run_on_the_same_connection_is_refused() {
    let case = Case::group_hook();
    let mut env = case.env();
    // In real time, the first run tries to write for half a minute.
    env.set_clock_speed(1);
    env.sandbox().fault("POST /api/v4/applications=deploying").expect("a fault");
    let first = start(&env, &[]);
    until("the first run writes", || !env.writes().is_empty());
    let second = env.run(&["connect", "--yes"]);
    env.sandbox().clear_faults();
    assert_eq!(second.code, 3, "{second}");
    assert!(second.stderr.contains(BUSY), "{second}");
    assert_eq!(codes(&ended(vec![first])), [Some(0)]);
    final_state::is_right(&env, &case, "two runs");
}

#[test]
fn of_runs_started_at_the_same_time_one_connects_and_the_others_are_refused() {
    for round in 0..8 {
        let case = if round % 2 == 0 { Case::group_hook() } else { Case::minted_token() };
        let env = case.env();
        let runs = ended((0..3).map(|_| start(&env, case.args)).collect());
        assert_eq!(codes(&runs).first(), Some(&Some(0)), "round {round}");
        for run in runs.iter().filter(|run| run.status.code() != Some(0)) {
            assert_eq!(run.status.code(), Some(3), "round {round}: {}", said(run));
            assert!(said(run).contains(BUSY), "round {round}: {}", said(run));
        }
        final_state::is_right(&env, &case, &format!("round {round}"));
        env.has_nothing_to_do(case.args);
    }
}

/// The operating system holds the lock: a stopped process keeps it, a killed one does not.
#[test]
fn a_stopped_run_keeps_the_lock_and_a_killed_one_does_not() {
    let case = Case::group_hook();
    let env = case.env();
    let (tell, told) = mpsc::channel::<u32>();
    env.sandbox().at_request(12, Moment::AfterActing, move |_| {
        signal(told.recv().expect("the process"), "STOP");
        RequestAction::Continue
    });
    let mut first = start(&env, &[]);
    tell.send(first.id()).expect("it is told");
    until("the first run was stopped", || {
        let status = std::fs::read_to_string(format!("/proc/{}/stat", first.id())).unwrap_or_default();
        status.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('T')) || !cfg!(target_os = "linux")
    });
    let second = env.run(&["connect", "--yes"]);
    assert_eq!(second.code, 3, "{second}");
    assert!(second.stderr.contains(BUSY), "{second}");
    signal(first.id(), "KILL");
    first.wait().expect("an end");
    final_state::the_next_run_ends_it(&env, &case, "the holder was killed");
}

/// Two machines are two state folders. Starts a run on each at the same time.
fn on_two_machines(env: &mut TestEnv) -> Vec<Output> {
    let here = env.variables()["FACTORY_GITLAB_STATE_DIR"].clone();
    let there = env.path("there").to_string_lossy().into_owned();
    let mut runs = Vec::new();
    for state in [&there, &here] {
        env.set("FACTORY_GITLAB_STATE_DIR", state);
        runs.push(start(env, &[]));
    }
    ended(runs)
}

#[test]
fn two_machines_at_the_same_time_create_one_application_and_one_bundle() {
    for delay in [0, 50, 300] {
        let case = Case::group_hook();
        let mut env = case.env();
        // Both have read the current state before either writes.
        env.sandbox().fault(&format!("POST /api/v4/applications=delay:{delay}")).expect("a fault");
        let runs = on_two_machines(&mut env);
        let told: String = runs.iter().map(said).collect();
        env.sandbox().clear_faults();
        let codes = codes(&runs);
        assert_eq!(codes[0], Some(0), "{delay} ms: one of them connects: {told}");
        if codes[1] != Some(0) {
            // A run that reads between the other's creation and its upload asks for a decision instead.
            let refused = ["another machine is connecting this instance at the same time", "its secret is not"];
            assert!(refused.iter().any(|words| told.contains(words)), "{delay} ms: {told}");
        }
        final_state::is_right(&env, &case, &format!("{delay} ms"));
        // Both machines agree afterwards.
        for state in ["there", "state"] {
            let path = env.path(state).to_string_lossy().into_owned();
            env.set("FACTORY_GITLAB_STATE_DIR", &path);
            assert_eq!(env.connect(&[]).code, 0, "{delay} ms, {state}");
            final_state::is_right(&env, &case, &format!("{delay} ms, {state}"));
            env.has_nothing_to_do(&[]);
        }
    }
}

/// Neither machine can know of the other's hook. Both hooks carry our mark, so the next run of either removes the duplicate.
#[test]
fn two_machines_at_the_same_time_may_create_a_hook_twice_and_the_next_run_removes_one() {
    let mut env = TestEnv::with(SandboxOptions { plan: SandboxPlan::None, ..small() });
    env.connects(&[]);
    let group = env.sandbox().gitlab().projects()[0].namespace;
    assert!(matches!(group, ProjectNamespace::Group(_)));
    env.sandbox().gitlab().add_project(ProjectSpec::new("late", group));
    env.sandbox().fault("POST /api/v4/projects/*/hooks=delay:4000").expect("a fault");
    let runs = on_two_machines(&mut env);
    assert_eq!(codes(&runs), [Some(0), Some(0)], "{}", runs.iter().map(said).collect::<String>());
    assert_eq!(env.all_hooks().len(), 3, "the delay makes both look before either writes");
    env.sandbox().clear_faults();
    env.connects(&[]);
    final_state::hooks_are_right(&env, "cleared");
    env.has_nothing_to_do(&[]);
}
