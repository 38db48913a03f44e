//! A network that breaks at random, a GitLab that restarts in the middle, and one that goes away for good.

use std::time::Duration;

use factory_gitlab::env::Env;
use factory_gitlab::sandbox::options::{SandboxOptions, SandboxPlan};

use super::{final_state, pause, said, start, until};
use crate::test_env::{TestEnv, small};

const PROJECTS: usize = 1000;

fn many(projects: usize) -> TestEnv {
    TestEnv::with(SandboxOptions { projects, groups: 10, plan: SandboxPlan::None, ..small() })
}

/// So many percent of the requests meet a reset before or after the server acted, an answer that breaks off, one that
/// ends in the middle as if it were whole, or a delay.
fn unreliable(world: &TestEnv, percent: f64, seed: u64) {
    let actions = ["reset", "lost", "half", "cut", "delay:200"];
    for (seed, action) in (seed * 100..).zip(actions) {
        let share = percent / 5.0;
        world.sandbox().fault(&format!("rate={share}%,seed={seed}={action}")).expect("a fault");
    }
}

fn connected_once(world: &TestEnv, name: &str) {
    assert_eq!(world.sandbox().gitlab().applications().len(), 1, "{name}");
    let bundle = world.bundle();
    let secret = bundle["application"]["secret"].as_str().expect("a secret");
    assert!(world.sandbox().gitlab().applications()[0].has_secret(secret), "{name}");
    final_state::hooks_are_right(world, name);
}

/// Complete in one run, and hardly more requests than where nothing breaks.
fn through_an_unreliable_network(percent: f64, seeds: &[u64]) {
    let undisturbed = many(PROJECTS);
    undisturbed.connects(&[]);
    let least = undisturbed.sandbox().requests().len();
    drop(undisturbed);
    for seed in seeds {
        let name = format!("{percent} % with seed {seed}");
        let world = many(PROJECTS);
        unreliable(&world, percent, *seed);
        let run = world.connect(&["-q"]);
        assert_eq!(run.code, 0, "{name}: {run}");
        connected_once(&world, &name);
        let requests = world.sandbox().requests();
        let struck = requests.iter().filter(|one| one.fault.is_some()).count();
        assert!(struck > 0, "{name}: nothing broke");
        assert!(requests.len() * 10 < least * 12, "{name}: {} requests instead of {least}", requests.len());
        world.sandbox().clear_faults();
        world.has_nothing_to_do(&["-q"]);
    }
}

#[test]
fn one_request_in_a_hundred_breaks_and_one_run_connects_a_thousand_projects() {
    through_an_unreliable_network(1.0, &[1]);
}

#[test]
fn five_requests_in_a_hundred_break_and_one_run_connects_a_thousand_projects() {
    through_an_unreliable_network(5.0, &[3, 4]);
}

fn hooks(world: &TestEnv) -> usize {
    world.all_hooks().len()
}

#[test]
fn a_gitlab_that_restarts_in_the_middle_is_waited_for() {
    for fault in ["gitlab:**=deploying", "gitlab:**=reset"] {
        let world = many(200);
        let run = start(&world, &["-q"]);
        until("some hooks are made", || hooks(&world) >= 50);
        world.sandbox().fault(fault).expect("a fault");
        pause(Duration::from_secs(6));
        world.sandbox().clear_faults();
        let run = run.wait_with_output().expect("an end");
        assert_eq!(run.status.code(), Some(0), "{fault}: {}", said(&run));
        connected_once(&world, fault);
    }
}

#[test]
fn a_gitlab_that_goes_away_for_good_is_said_once_and_the_next_run_takes_up_the_rest() {
    let world = many(300);
    let run = start(&world, &["--timeout", "10"]);
    until("some hooks are made", || hooks(&world) >= 50);
    world.sandbox().fault("gitlab:**=reset").expect("a fault");
    let began = Env::empty().clock.instant();
    let run = run.wait_with_output().expect("an end");
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    let told = String::from_utf8_lossy(&run.stdout).into_owned();
    assert_eq!(run.status.code(), Some(3), "{}", said(&run));
    assert_eq!(told.lines().filter(|line| line.starts_with("  failed")).count(), 1, "{told}");
    assert!(told.lines().count() < 30, "{told}");
    assert!(told.contains("nobody has answered for"), "{told}");

    world.sandbox().clear_faults();
    let made = hooks(&world);
    assert!(made < 300, "{made}");
    world.connects(&["-q"]);
    let created = world.writes().into_iter().filter(|write| write.ends_with("/hooks")).count();
    assert_eq!(created, 300 - made);
    connected_once(&world, "taken up");
    world.has_nothing_to_do(&["-q"]);
}

/// The test's answer is lost: it is test_quota again, which does no harm, and the connection is proved in the same run.
#[test]
fn a_test_delivery_whose_answer_is_lost_is_fired_again() {
    for action in ["reset", "lost", "half", "cut"] {
        let world = TestEnv::with(small());
        world.sandbox().fault(&format!("POST /api/v4/groups/*/hooks/*/test/*={action}x2")).expect("a fault");
        let run = world.connect(&[]);
        assert_eq!(run.code, 0, "{action}: {run}");
        connected_once(&world, action);
        world.has_nothing_to_do(&[]);
    }
}
