//! Rate limits and struggling servers: the run is slower, and complete.

use std::time::Duration;

use crate::test_env::{TestEnv, small};
use factory_gitlab::sandbox::options::{SandboxEdition, SandboxOptions, SandboxPlan};
use factory_gitlab::sandbox::request_log::{LoggedRequest, peak_in_flight};

/// Every project has a hook of its own.
fn projects(count: usize) -> SandboxOptions {
    SandboxOptions { projects: count, edition: SandboxEdition::Ce, plan: SandboxPlan::None, ..small() }
}

fn with_status(env: &TestEnv, status: u16) -> usize {
    env.sandbox().requests().iter().filter(|one| one.status == Some(status)).count()
}

#[test]
fn a_run_over_a_rate_limit_completes_with_few_refused_requests() {
    let limited = SandboxOptions { rate_limit: Some(80), clock_speed: 20, ..projects(120) };
    let env = TestEnv::with(limited);
    let run = env.connect(&["--concurrency", "32"]);
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(env.all_hooks().len(), 120);
    assert!(!run.stderr.contains("answered 429"), "a limit that passes is no failure: {run}");
    let refused = with_status(&env, 429);
    // Some 250 requests fill three windows, and at the end of each at most those in flight are refused.
    assert!((3..=4 * 32).contains(&refused), "{refused}");
    assert!(peak_in_flight(&env.sandbox().requests()) <= 32);
}

#[test]
fn a_limit_of_hours_is_met_by_few_requests() {
    let env = TestEnv::with(projects(200));
    env.connects(&[]);
    env.sandbox().clear_requests();
    env.sandbox().fault("GET /api/v4/projects/*/hooks=retry-after:7200").expect("a fault");
    let run = env.run(&["verify", "-o", "json"]);
    assert_eq!(run.code, 3, "{run}");
    assert!(with_status(&env, 429) <= 8, "{}", with_status(&env, 429));
    let checks = run.json()["checks"].as_array().cloned().unwrap_or_default();
    let coverage = checks.iter().find(|check| check["code"] == "webhook.coverage").expect("the check");
    assert_eq!(coverage["status"], "unknown", "{run}");
}

#[test]
fn a_struggling_server_gets_fewer_requests_at_a_time_and_the_run_completes() {
    let env = TestEnv::with(SandboxOptions { latency: Duration::from_millis(20), ..projects(60) });
    env.sandbox().fault("GET /api/v4/projects/*/hooks=status:502x24").expect("a fault");
    let run = env.connect(&["--concurrency", "16"]);
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(env.all_hooks().len(), 60);
    let requests = env.sandbox().requests();
    let troubled = requests.iter().filter(|one| one.status == Some(502)).filter_map(|one| one.ended);
    let last = troubled.max().expect("trouble");
    let next: Vec<LoggedRequest> = requests.into_iter().filter(|one| one.started > last).take(12).collect();
    assert!(peak_in_flight(&next) <= 8, "{}", peak_in_flight(&next));
}
