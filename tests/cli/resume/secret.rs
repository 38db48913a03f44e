//! A secret that GitLab showed and nobody kept: renewed, or the application made again where it is ours. Never anybody
//! else's.

use factory_gitlab::sandbox::gitlab::state::StoredApplication;
use factory_gitlab::sandbox::request_log::Moment;
use serde_json::json;

use super::{Case, MOMENTS, final_state, run_and_signal};
use crate::test_env::TestEnv;

const RENEW: &str = "POST /api/v4/applications/*/renew-secret";

/// The number of the request that makes the application.
fn creation(case: &Case) -> usize {
    let world = case.world();
    world.connects(case.args);
    let requests = world.sandbox().requests();
    requests.iter().find(|one| one.method == "POST" && one.path() == "/api/v4/applications").expect("made").number
}

/// GitLab made the application and its secret was lost with the process.
fn with_a_lost_secret(case: &Case) -> TestEnv {
    let number = creation(case);
    let world = case.world();
    run_and_signal(&world, case.args, (number, Moment::AfterActing), "KILL");
    assert_eq!(world.sandbox().gitlab().applications().len(), 1);
    world
}

#[test]
fn a_lost_secret_is_renewed_where_gitlab_has_that() {
    let case = Case::group_hook();
    let world = with_a_lost_secret(&case);
    let id = world.sandbox().gitlab().applications()[0].id;
    world.connects(&[]);
    assert!(world.writes().iter().any(|write| write.ends_with("/renew-secret")), "{:?}", world.writes());
    assert_eq!(world.sandbox().gitlab().applications()[0].id, id);
    final_state::is_right(&world, &case, "renewed");
}

#[test]
fn where_gitlab_has_no_renewal_our_own_is_made_again() {
    let case = Case::group_hook();
    let world = with_a_lost_secret(&case);
    let id = world.sandbox().gitlab().applications()[0].id;
    world.sandbox().fault(&format!("{RENEW}=status:404")).expect("a fault");
    world.connects(&[]);
    assert_ne!(world.sandbox().gitlab().applications()[0].id, id);
    final_state::is_right(&world, &case, "made again");
    world.has_nothing_to_do(&[]);
}

/// Killed at every request of the run that makes it again, too.
#[test]
fn killed_while_our_own_is_made_again_it_ends_in_the_same_state() {
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
        for when in MOMENTS {
            let name = format!("made again, killed at request {number} {when:?}");
            let world = broken();
            run_and_signal(&world, &[], (number, when), "KILL");
            final_state::the_next_run_ends_it(&world, &case, &name);
        }
    }
}

/// People are signed in through one whose secret was handed over: it is not deleted without a word.
#[test]
fn one_that_is_in_use_is_not_deleted_where_its_secret_cannot_be_renewed() {
    let case = Case::group_hook();
    let world = case.world();
    world.connects(&[]);
    let before = everything(&world);
    world.sandbox().fault(&format!("{RENEW}=status:404")).expect("a fault");
    let run = world.connect(&["--renew-secret"]);
    assert_eq!(run.code, 1, "{run}");
    assert_eq!(everything(&world), before, "{run}");
}

/// To the byte, its secret's digest and all.
fn everything(world: &TestEnv) -> Vec<String> {
    world.sandbox().gitlab().applications().iter().map(|one| format!("{one:?}")).collect()
}

/// Not ours: of the same redirect URI and another name; of the same name and other scopes, made while the program was
/// dead.
#[test]
fn somebody_elses_application_stays_as_it_is_at_every_kill_point() {
    let case = Case::group_hook();
    for (number, when) in case.distinct_moments() {
        let name = format!("killed at request {number} {when:?}");
        let world = case.world();
        world.make_application(&json!({ "name": "Somebody's" }));
        let first: StoredApplication = world.sandbox().gitlab().applications().remove(0);
        let kept = |world: &TestEnv| {
            let all = world.sandbox().gitlab().applications();
            let is_there = |one: &StoredApplication| all.iter().any(|other| format!("{other:?}") == format!("{one:?}"));
            assert!(is_there(&first), "{name}: {all:?}");
            all.into_iter().filter(|one| one.id != first.id).collect::<Vec<_>>()
        };
        run_and_signal(&world, &[], (number, when), "KILL");
        let ours = kept(&world);
        // Somebody makes one of our name before the next run.
        world.make_application(&json!({ "scopes": "read_user" }));
        let second = kept(&world).pop().expect("the second");
        let run = world.connect(&[]);
        let after = kept(&world);
        assert!(after.iter().any(|one| format!("{one:?}") == format!("{second:?}")), "{name}: {run}");
        match ours.is_empty() {
            // None of ours was made: the name is somebody else's now.
            true => assert_eq!((run.code, after.len()), (1, 1), "{name}: {run}"),
            false => assert_eq!((run.code, after.len()), (0, 2), "{name}: {run}"),
        }
    }
}

/// What GitLab refused to make is not ours: one that the admin then makes by hand keeps its secret.
#[test]
fn one_made_by_hand_after_a_refusal_is_not_taken_for_ours() {
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
