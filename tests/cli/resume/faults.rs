//! A network that breaks at random, a GitLab that restarts during a run, and one that stops responding.

use factory_gitlab::sandbox::options::{SandboxOptions, SandboxPlan};

use super::final_state;
use crate::test_env::{TestEnv, small};

fn many(projects: usize) -> TestEnv {
    TestEnv::with(SandboxOptions { projects, groups: 10, plan: SandboxPlan::None, ..small() })
}

/// This share of the requests meets a reset before or after the server acted, an answer that ends early, one that is cut but
/// looks complete, or a delay.
fn unreliable(env: &TestEnv, percent: f64, seed: u64) {
    let actions = ["reset", "lost", "half", "cut", "delay:200"];
    for (seed, action) in (seed * 100..).zip(actions) {
        let share = percent / 5.0;
        env.sandbox().fault(&format!("rate={share}%,seed={seed}={action}")).expect("a fault");
    }
}

fn connected_once(env: &TestEnv, name: &str) {
    assert_eq!(env.sandbox().gitlab().applications().len(), 1, "{name}");
    let bundle = env.bundle();
    let secret = bundle["application"]["secret"].as_str().expect("a secret");
    assert!(env.sandbox().gitlab().applications()[0].has_secret(secret), "{name}");
    final_state::hooks_are_right(env, name);
}

/// One run completes, with few more requests than on a reliable network.
fn through_an_unreliable_network(percent: f64, projects: usize, seeds: &[u64]) {
    let undisturbed = many(projects);
    undisturbed.connects(&[]);
    let least = undisturbed.sandbox().requests().len();
    drop(undisturbed);
    for seed in seeds {
        let name = format!("{percent} % with seed {seed}");
        let env = many(projects);
        unreliable(&env, percent, *seed);
        let run = env.connect(&["-q"]);
        assert_eq!(run.code, 0, "{name}: {run}");
        connected_once(&env, &name);
        let requests = env.sandbox().requests();
        let struck = requests.iter().filter(|one| one.fault.is_some()).count();
        assert!(struck > 0, "{name}: nothing broke");
        assert!(requests.len() * 10 < least * 12, "{name}: {} requests instead of {least}", requests.len());
        env.sandbox().clear_faults();
        env.has_nothing_to_do(&["-q"]);
    }
}

#[test]
fn with_1_percent_broken_requests_one_run_connects_a_thousand_projects() {
    through_an_unreliable_network(1.0, 1000, &[1]);
}

#[test]
fn with_5_percent_broken_requests_one_run_connects_two_hundred_projects() {
    through_an_unreliable_network(5.0, 200, &[3, 5]);
}

fn hooks(env: &TestEnv) -> usize {
    env.all_hooks().len()
}

/// The number of the request to GitLab with which an undisturbed run has made a quarter of its hooks.
fn in_the_middle(projects: usize) -> usize {
    let env = many(projects);
    env.connects(&["-q"]);
    let requests = env.sandbox().requests();
    let hooks = requests.iter().filter(|one| one.method == "POST" && one.path().ends_with("/hooks"));
    hooks.map(|one| one.number).nth(projects / 4).expect("a hook in the middle")
}

#[test]
fn a_gitlab_that_restarts_during_a_run_is_waited_for() {
    for fault in ["gitlab:**=deploying", "gitlab:**=reset"] {
        let env = many(200);
        env.sandbox().fault(&format!("{fault}@{}x60", in_the_middle(200))).expect("a fault");
        // A silence as long as the time-out counts as gone, and on a busy machine sixty requests take long.
        let run = env.connect(&["-q", "--timeout", "300"]);
        assert_eq!(run.code, 0, "{fault}: {run}");
        let struck = env.sandbox().requests().iter().filter(|one| one.fault.is_some()).count();
        assert_eq!(struck, 60, "{fault}");
        connected_once(&env, fault);
    }
}

#[test]
fn a_gitlab_that_goes_away_is_reported_once_and_the_next_run_does_the_rest() {
    let env = many(300);
    env.sandbox().fault(&format!("gitlab:**=reset@{}", in_the_middle(300))).expect("a fault");
    let run = env.connect(&["--timeout", "10"]);
    let told = run.stdout.clone();
    assert_eq!(run.code, 3, "{run}");
    // It gives up long before it has tried every hook.
    let struck = env.sandbox().requests().iter().filter(|one| one.fault.is_some()).count();
    assert!(struck < 150, "{struck}: {told}");
    assert_eq!(told.lines().filter(|line| line.starts_with("  failed")).count(), 1, "{told}");
    assert!(told.lines().count() < 30, "{told}");
    assert!(told.contains("GitLab has not responded for"), "{told}");

    env.sandbox().clear_faults();
    let made = hooks(&env);
    assert!(made < 300, "{made}");
    env.connects(&["-q"]);
    let created = env.writes().into_iter().filter(|write| write.ends_with("/hooks")).count();
    assert_eq!(created, 300 - made);
    connected_once(&env, "taken up");
    env.has_nothing_to_do(&["-q"]);
}

/// The answer to the test is lost. A second test does no harm, so it is triggered again and the run proves the connection.
#[test]
fn a_test_delivery_whose_answer_is_lost_is_triggered_again() {
    for action in ["reset", "lost", "half", "cut"] {
        let env = TestEnv::with(small());
        env.sandbox().fault(&format!("POST /api/v4/groups/*/hooks/*/test/*={action}x2")).expect("a fault");
        let run = env.connect(&[]);
        assert_eq!(run.code, 0, "{action}: {run}");
        connected_once(&env, action);
        env.has_nothing_to_do(&[]);
    }
}
