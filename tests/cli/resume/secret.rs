//! A secret that GitLab showed once and that was lost: it is renewed, or our application is created again. Foreign
//! applications are never changed.

use factory_gitlab::sandbox::gitlab::state::StoredApplication;
use serde_json::json;

use super::{Case, Point, final_state, run_and_signal};
use crate::test_env::TestEnv;

const RENEW: &str = "POST /api/v4/applications/*/renew-secret";

/// The number of the request that creates the application.
fn creation(case: &Case) -> usize {
    let env = case.env();
    env.connects(case.args);
    let requests = env.sandbox().requests();
    requests.iter().find(|one| one.method == "POST" && one.path() == "/api/v4/applications").expect("made").number
}

/// GitLab created the application, and its secret was lost with the process.
fn with_a_lost_secret(case: &Case) -> TestEnv {
    let number = creation(case);
    let env = case.env();
    run_and_signal(&env, case.args, Point::after(number), "KILL");
    assert_eq!(env.sandbox().gitlab().applications().len(), 1);
    env
}

#[test]
fn a_lost_secret_is_renewed_where_gitlab_can_renew_it() {
    let case = Case::group_hook();
    let env = with_a_lost_secret(&case);
    let id = env.sandbox().gitlab().applications()[0].id;
    env.connects(&[]);
    assert!(env.writes().iter().any(|write| write.ends_with("/renew-secret")), "{:?}", env.writes());
    assert_eq!(env.sandbox().gitlab().applications()[0].id, id);
    final_state::is_right(&env, &case, "renewed");
}

#[test]
fn where_gitlab_cannot_renew_a_secret_our_application_is_created_again() {
    let case = Case::group_hook();
    let env = with_a_lost_secret(&case);
    let id = env.sandbox().gitlab().applications()[0].id;
    env.sandbox().fault(&format!("{RENEW}=status:404")).expect("a fault");
    env.connects(&[]);
    assert_ne!(env.sandbox().gitlab().applications()[0].id, id);
    final_state::is_right(&env, &case, "made again");
    env.has_nothing_to_do(&[]);
}

/// Killed at every write of the run that creates it again.
#[test]
fn killed_while_our_application_is_created_again_it_ends_in_the_same_state() {
    let case = Case::group_hook();
    let broken = || {
        let env = with_a_lost_secret(&case);
        env.sandbox().fault(&format!("{RENEW}=status:404")).expect("a fault");
        env
    };
    let env = broken();
    env.connects(&[]);
    let writes: Vec<usize> =
        env.sandbox().requests().iter().filter(|one| one.is_write()).map(|one| one.number).collect();
    for number in writes {
        for point in Point::of_request(number) {
            let name = format!("made again, killed at request {number} {:?}", point.when);
            let env = broken();
            run_and_signal(&env, &[], point, "KILL");
            final_state::the_next_run_ends_it(&env, &case, &name);
        }
    }
}

/// Users may be signed in through an application whose secret was delivered, so it is not deleted.
#[test]
fn an_application_in_use_is_not_deleted_when_its_secret_cannot_be_renewed() {
    let case = Case::group_hook();
    let env = case.env();
    env.connects(&[]);
    let before = everything(&env);
    env.sandbox().fault(&format!("{RENEW}=status:404")).expect("a fault");
    let run = env.connect(&["--renew-secret"]);
    assert_eq!(run.code, 1, "{run}");
    assert_eq!(everything(&env), before, "{run}");
}

/// All fields of every application, with the digest of the secret.
fn everything(env: &TestEnv) -> Vec<String> {
    env.sandbox().gitlab().applications().iter().map(|one| format!("{one:?}")).collect()
}

/// Foreign applications: one with the same redirect URI and another name; one with the same name and other scopes, created
/// after the program was killed.
#[test]
fn a_foreign_application_is_left_unchanged_at_every_kill_point() {
    let case = Case::group_hook();
    for point in case.distinct_moments() {
        let name = format!("killed at request {} {:?}", point.number, point.when);
        let env = case.env();
        env.make_application(&json!({ "name": "Somebody's" }));
        let first: StoredApplication = env.sandbox().gitlab().applications().remove(0);
        let kept = |env: &TestEnv| {
            let all = env.sandbox().gitlab().applications();
            let is_there = |one: &StoredApplication| all.iter().any(|other| format!("{other:?}") == format!("{one:?}"));
            assert!(is_there(&first), "{name}: {all:?}");
            all.into_iter().filter(|one| one.id != first.id).collect::<Vec<_>>()
        };
        run_and_signal(&env, &[], point, "KILL");
        let ours = kept(&env);
        // Another user creates one with our name before the next run.
        env.make_application(&json!({ "scopes": "read_user" }));
        let second = kept(&env).pop().expect("the second");
        let run = env.connect(&[]);
        let after = kept(&env);
        assert!(after.iter().any(|one| format!("{one:?}") == format!("{second:?}")), "{name}: {run}");
        match ours.is_empty() {
            // Ours was not created yet, and its name is taken now.
            true => assert_eq!((run.code, after.len()), (1, 1), "{name}: {run}"),
            false => assert_eq!((run.code, after.len()), (0, 2), "{name}: {run}"),
        }
    }
}

/// An application that GitLab refused to create is not ours: one that the admin then creates by hand keeps its secret.
#[test]
fn an_application_created_by_hand_after_a_refusal_is_not_taken_for_ours() {
    let env = Case::group_hook().env();
    env.sandbox().fault("POST /api/v4/applications=status:403").expect("a fault");
    assert_eq!(env.connect(&[]).code, 1);
    env.sandbox().clear_faults();
    env.make_application(&json!({}));
    let before = everything(&env);
    let run = env.connect(&[]);
    assert_eq!(run.code, 1, "{run}");
    assert_eq!(everything(&env), before, "{run}");
    assert_eq!(env.writes(), Vec::<String>::new(), "{run}");
}
