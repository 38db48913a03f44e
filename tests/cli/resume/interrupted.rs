//! Ctrl-C and SIGTERM: exit code 130, a report of what was done, and the next run does the rest.

use super::{Case, Point, final_state, run_and_signal, said};
use crate::test_env::TestEnv;

/// Interrupted at every request, the run ends with 130 and a message, and the next run completes.
fn interrupted_at_every_request(case: &Case, name: &'static str) {
    for number in 1..=case.requests() {
        let story = format!("{}, {name} at request {number}", case.name);
        let env = case.env();
        let run = run_and_signal(&env, case.args, Point::after(number), name);
        assert_eq!(run.status.code(), Some(130), "{story}: {}", said(&run));
        assert!(said(&run).contains("interrupted"), "{story}: {}", said(&run));
        assert!(said(&run).to_lowercase().contains("run the same command again"), "{story}: {}", said(&run));
        final_state::the_next_run_ends_it(&env, case, &story);
    }
}

#[test]
fn ctrl_c_at_any_request_ends_with_130_and_the_next_run_completes() {
    interrupted_at_every_request(&Case::group_hook(), "INT");
}

#[test]
fn sigterm_at_any_request_ends_with_130_and_the_next_run_completes() {
    interrupted_at_every_request(&Case::minted_token(), "TERM");
}

#[test]
fn an_interrupted_run_says_what_was_done_and_how_to_continue() {
    let case = Case::group_hook();
    let made = |env: &TestEnv| {
        let requests = env.sandbox().requests();
        requests.iter().find(|one| one.method == "POST" && one.path().ends_with("/hooks")).map(|one| one.number)
    };
    let env = case.env();
    env.connects(&[]);
    let hook = made(&env).expect("a hook is made");
    let env = case.env();
    let run = run_and_signal(&env, &[], Point::after(hook), "INT");
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    assert_eq!(run.status.code(), Some(130), "{said}{}", String::from_utf8_lossy(&run.stderr));
    assert!(said.starts_with("interrupted: "), "{said}");
    assert!(said.contains("done    create the OAuth application"), "{said}");
    assert!(said.contains("Run the same command again to continue."), "{said}");
    env.connects(&[]);
    final_state::is_right(&env, &case, "interrupted");
}
