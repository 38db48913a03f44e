//! `monitor`: few requests, each change once, and never a false green.

mod away;
mod cheap;
mod faults;
mod fix;
mod metrics;
mod notify;
mod once;
mod repeat;

use factory_gitlab::sandbox::factory::ConnectionStatus;
use factory_gitlab::sandbox::gitlab::GitLab;
use factory_gitlab::sandbox::gitlab::seed::ProjectSpec;
use factory_gitlab::sandbox::gitlab::state::ProjectNamespace;
use factory_gitlab::sandbox::options::{SandboxOptions, SandboxPlan};
use serde_json::Value;

use crate::test_env::{TestEnv, Transcript, small};

/// A connected instance whose Factory has finished.
pub fn connected(options: SandboxOptions) -> TestEnv {
    let env = TestEnv::with(options);
    env.connects(&[]);
    let status = Some((ConnectionStatus::Connected, String::new()));
    env.sandbox().factory().set_quirks(|quirks| quirks.status = status);
    env
}

/// Each project has a webhook of its own.
pub fn unlicensed(projects: usize) -> SandboxOptions {
    SandboxOptions { plan: SandboxPlan::None, projects, ..small() }
}

/// Looks one time and returns the run, with JSON on standard output.
pub fn look(env: &TestEnv, args: &[&str]) -> Transcript {
    env.sandbox().clear_requests();
    env.run(&[&["monitor", "--once", "-o", "json"], args].concat())
}

/// The lines of JSON, the result among them.
pub fn events(run: &Transcript) -> Vec<Value> {
    let parse = |line: &str| {
        let event: Result<Value, _> = serde_json::from_str(line);
        assert!(event.is_ok(), "not an event: {line:?}\n{run}");
        event.unwrap_or_default()
    };
    run.stdout.lines().map(parse).collect()
}

/// What was told, as `problem webhook.enabled`, without the result.
pub fn told(run: &Transcript) -> Vec<String> {
    let text = |event: &Value, name: &str| event[name].as_str().unwrap_or_default().to_owned();
    let all = events(run);
    assert_eq!(all.last().map(|last| text(last, "event")).as_deref(), Some("result"), "{run}");
    let of = |event: &Value| format!("{} {}", text(event, "event"), text(event, "subject"));
    all.iter().map(of).filter(|told| !told.starts_with("result ")).collect()
}

/// The result, which is the last line.
pub fn result(run: &Transcript) -> Value {
    events(run).pop().unwrap_or_default()
}

const NOTHING: [&str; 0] = [];

/// Adds a project to the first group, and returns its ID.
pub fn new_project(env: &TestEnv, name: &str) -> u64 {
    add_project(env.sandbox().gitlab(), name)
}

fn add_project(gitlab: &GitLab, name: &str) -> u64 {
    let group = *gitlab.lock().groups.keys().next().expect("a group");
    gitlab.add_project(ProjectSpec::new(name, ProjectNamespace::Group(group)))
}
