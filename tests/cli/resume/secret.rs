//! A secret that GitLab showed once and that was lost: it is renewed, or our application is created again. Foreign
//! applications are never changed.

use factory_gitlab::sandbox::gitlab::state::StoredApplication;
use serde_json::json;

use super::{Case, Point, final_state, run_and_signal};
use crate::test_env::TestEnv;

const RENEW: &str = "POST /api/v4/applications/*/renew-secret";

/// The number of the request that creates the application.
fn creation(case: &Case) -> usize {
    let world = case.world();
    world.connects(case.args);
    let requests = world.sandbox().requests();
    requests.iter().find(|one| one.method == "POST" && one.path() == "/api/v4/applications").expect("made").number
}

/// GitLab created the application, and its secret was lost with the process.
fn with_a_lost_secret(case: &Case) -> TestEnv {
    let number = creation(case);
    let world = case.world();
    run_and_signal(&world, case.args, Point::after(number), "KILL");
    assert_eq!(world.sandbox().gitlab().applications().len(), 1);
    world
}

#[test]
fn a_lost_secret_is_renewed_where_gitlab_can_renew_it() {
    let case = Case::group_hook();
    let world = with_a_lost_secret(&case);
    let id = world.sandbox().gitlab().applications()[0].id;
    world.connects(&[]);
    assert!(world.writes().iter().any(|write| write.ends_with("/renew-secret")), "{:?}", world.writes());
    assert_eq!(world.sandbox().gitlab().applications()[0].id, id);
    final_state::is_right(&world, &case, "renewed");
}

#[test]
fn where_gitlab_cannot_renew_a_secret_our_application_is_created_again() {
    let case = Case::group_hook();
    let world = with_a_lost_secret(&case);
    let id = world.sandbox().gitlab().applications()[0].id;
    world.sandbox().fault(&format!("{RENEW}=status:404")).expect("a fault");
    world.connects(&[]);
    assert_ne!(world.sandbox().gitlab().applications()[0].id, id);
    final_state::is_right(&world, &case, "made again");
    world.has_nothing_to_do(&[]);
}

/// Killed at every write of the run that creates it again.
#[test]
fn killed_while_our_application_is_created_again_it_ends_in_the_same_state() {
    let case = Case::group_hook();
    let broken = || {
        let world = with_a_lost_secret(&case);
        world.sandbox().fault(&format!("{RENEW}=status:404")).expect("a fault");
        world
    };
    let world = broken();
    world.connects(&[]);
    let writes: Vec<usize> =
        world.sandbox().requests().iter().filter(|one| one.is_write()).map(|one| one.number).collect();
    for number in writes {
        for point in Point::of_request(number) {
            let name = format!("made again, killed at request {number} {:?}", point.when);
            let world = broken();
            run_and_signal(&world, &[], point, "KILL");
            final_state::the_next_run_ends_it(&world, &case, &name);
        }
    }
}

/// Users may be signed in through an application whose secret was delivered, so it is not deleted.
#[test]
fn an_application_in_use_is_not_deleted_when_its_secret_cannot_be_renewed() {
    let case = Case::group_hook();
    let world = case.world();
    world.connects(&[]);
    let before = everything(&world);
    world.sandbox().fault(&format!("{RENEW}=status:404")).expect("a fault");
    let run = world.connect(&["--renew-secret"]);
    assert_eq!(run.code, 1, "{run}");
    assert_eq!(everything(&world), before, "{run}");
}

/// All fields of every application, with the digest of the secret.
fn everything(world: &TestEnv) -> Vec<String> {
    world.sandbox().gitlab().applications().iter().map(|one| format!("{one:?}")).collect()
}

/// Foreign applications: one with the same redirect URI and another name; one with the same name and other scopes, created
/// after the program was killed.
#[test]
fn a_foreign_application_is_left_unchanged_at_every_kill_point() {
    let case = Case::group_hook();
    for point in case.distinct_moments() {
        let name = format!("killed at request {} {:?}", point.number, point.when);
        let world = case.world();
        world.make_application(&json!({ "name": "Somebody's" }));
        let first: StoredApplication = world.sandbox().gitlab().applications().remove(0);
        let kept = |world: &TestEnv| {
            let all = world.sandbox().gitlab().applications();
            let is_there = |one: &StoredApplication| all.iter().any(|other| format!("{other:?}") == format!("{one:?}"));
            assert!(is_there(&first), "{name}: {all:?}");
            all.into_iter().filter(|one| one.id != first.id).collect::<Vec<_>>()
        };
        run_and_signal(&world, &[], point, "KILL");
        let ours = kept(&world);
        // Another user creates one with our name before the next run.
        world.make_application(&json!({ "scopes": "read_user" }));
        let second = kept(&world).pop().expect("the second");
        let run = world.connect(&[]);
        let after = kept(&world);
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
    let world = Case::group_hook().world();
    world.sandbox().fault("POST /api/v4/applications=status:403").expect("a fault");
    assert_eq!(world.connect(&[]).code, 1);
    world.sandbox().clear_faults();
    world.make_application(&json!({}));
    let before = everything(&world);
    let run = world.connect(&[]);
    assert_eq!(run.code, 1, "{run}");
    assert_eq!(everything(&world), before, "{run}");
    assert_eq!(world.writes(), Vec::<String>::new(), "{run}");
}
