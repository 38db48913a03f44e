//! `--notify-command`: the event on standard input, no secrets in the environment, and no power over the monitor.
#![cfg(unix)]

use serde_json::Value;

use super::{connected, look, told};
use crate::test_env::{TestEnv, small};

/// Lets the next two looks find a problem, and runs the second with this command.
fn problem(env: &TestEnv, command: &str) -> crate::test_env::Transcript {
    look(env, &[]).json_lines(1);
    env.sandbox().gitlab().disable_hook(env.all_hooks()[0].id);
    look(env, &[]).json_lines(1);
    look(env, &["--notify-command", command])
}

#[test]
fn the_command_gets_each_event_as_a_line_of_json() {
    let env = connected(small());
    let run = problem(&env, "cat >> told.jsonl");
    assert_eq!(told(&run), ["problem webhook.enabled"], "{run}");
    let got = std::fs::read_to_string(env.path("told.jsonl")).expect("it was told");
    assert_eq!(got.lines().count(), 1, "{got}");
    let event: Value = serde_json::from_str(&got).expect("JSON");
    assert_eq!((&event["event"], &event["subject"]), (&"problem".into(), &"webhook.enabled".into()), "{event}");
    assert_eq!(run.stdout.lines().next(), Some(got.trim_end()), "the same as is printed");
}

#[test]
fn no_secret_and_nothing_of_this_program_is_in_its_environment() {
    let mut env = connected(small());
    let token = env.variables()["GITLAB_TOKEN"].clone();
    env.set("COPY_OF_THE_TOKEN", &format!("Bearer {token}"));
    env.set("PAGER_ADDRESS", "https://pager.acme.com");
    drop(problem(&env, "env > environment"));
    let environment = std::fs::read_to_string(env.path("environment")).expect("it ran");
    for name in ["GITLAB_TOKEN", "GITLAB_URL", "FACTORY_", "COPY_OF_THE_TOKEN", &token] {
        assert!(!environment.contains(name), "{name}: {environment}");
    }
    assert!(
        environment.contains("PAGER_ADDRESS=https://pager.acme.com") && environment.contains("HOME="),
        "{environment}"
    );
}

#[test]
fn its_failure_is_told_and_ends_nothing_and_its_output_is_not_mixed_in() {
    for (command, word) in [
        ("echo noise; echo noise >&2; exit 7", "ended with exit status: 7"),
        ("no-such-program-anywhere", "the shell did not find it, or something it runs (exit status: 127)"),
    ] {
        let env = connected(small());
        let run = problem(&env, command);
        assert_eq!((told(&run), run.code), (vec!["problem webhook.enabled".to_owned()], 1), "{run}");
        assert!(run.stderr.contains("--notify-command failed") && run.stderr.contains(word), "{run}");
        assert!(!run.stderr.contains("noise") && !run.stdout.contains("noise"), "{run}");
    }
}

#[test]
fn a_look_without_events_runs_no_command() {
    let env = connected(small());
    look(&env, &["--notify-command", "touch ran"]).json_lines(1);
    look(&env, &["--notify-command", "touch ran"]).json_lines(1);
    assert!(!env.path("ran").exists(), "the baseline is not news");
}
