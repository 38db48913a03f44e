//! Ctrl-C and SIGTERM: exit 130, what was done is said, the next run does the rest.

use factory_gitlab::sandbox::request_log::Moment;

use super::{Case, final_state, run_and_signal, said};
use crate::test_env::TestEnv;

/// Interrupted at every request, it ends with 130 and a word, and the next run completes.
fn interrupted_at_every_request(case: &Case, name: &'static str) {
    for number in 1..=case.requests() {
        let story = format!("{}, {name} at request {number}", case.name);
        let world = case.world();
        let run = run_and_signal(&world, case.args, (number, Moment::AfterActing), name);
        assert_eq!(run.status.code(), Some(130), "{story}: {}", said(&run));
        assert!(said(&run).contains("interrupted"), "{story}: {}", said(&run));
        assert!(said(&run).to_lowercase().contains("run the same command again"), "{story}: {}", said(&run));
        final_state::the_next_run_ends_it(&world, case, &story);
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
fn interrupted_it_says_what_was_done_and_how_to_go_on() {
    let case = Case::group_hook();
    let made = |world: &TestEnv| {
        let requests = world.sandbox().requests();
        requests.iter().find(|one| one.method == "POST" && one.path().ends_with("/hooks")).map(|one| one.number)
    };
    let world = case.world();
    world.connects(&[]);
    let hook = made(&world).expect("a hook is made");
    let world = case.world();
    let run = run_and_signal(&world, &[], (hook, Moment::AfterActing), "INT");
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    assert_eq!(run.status.code(), Some(130), "{said}{}", String::from_utf8_lossy(&run.stderr));
    assert!(said.starts_with("interrupted: "), "{said}");
    assert!(said.contains("done    create the OAuth application"), "{said}");
    assert!(said.contains("Run the same command again to continue."), "{said}");
    world.connects(&[]);
    final_state::is_right(&world, &case, "interrupted");
}
