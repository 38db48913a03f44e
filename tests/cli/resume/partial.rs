//! Some of many projects refuse: the others are done, the report counts and lists the refusals, and the next run retries only
//! those.

use factory_gitlab::sandbox::options::{SandboxOptions, SandboxPlan};
use factory_gitlab::sandbox::request_log::{Moment, RequestAction};

use super::final_state;
use crate::test_env::{TestEnv, small};

#[test]
fn projects_that_refuse_do_not_stop_the_others_and_the_next_run_retries_only_those() {
    const PROJECTS: usize = 60;
    let env = TestEnv::with(SandboxOptions { projects: PROJECTS, plan: SandboxPlan::None, groups: 3, ..small() });
    let ids: Vec<u64> = env.sandbox().gitlab().projects().iter().map(|project| project.id).collect();
    let [forbidden, full, gone] = [ids[7], ids[23], ids[59]];
    env.sandbox().fault(&format!("POST /api/v4/projects/{forbidden}/hooks=status:403")).expect("a fault");
    env.sandbox().fault(&format!("POST /api/v4/projects/{full}/hooks=status:422")).expect("a fault");
    // Deleted between reading and writing: the application is created after everything was read.
    let gitlab = env.sandbox().gitlab().clone();
    env.sandbox().at_request(number_of_the_creation(&env), Moment::AfterActing, move |_| {
        gitlab.remove_project(gone);
        RequestAction::Continue
    });
    let run = env.run(&["connect", "--yes", "-o", "json"]);
    assert_eq!(run.code, 1, "{run}");
    let report = run.json();
    let failures: Vec<String> =
        report["failures"].as_array().expect("a list").iter().map(ToString::to_string).collect();
    assert_eq!(failures.len(), 3, "{failures:#?}");
    let hooks = env.all_hooks();
    assert_eq!(hooks.len(), PROJECTS - 3);

    env.sandbox().clear_faults();
    let again = env.connect(&[]);
    assert_eq!(again.code, 0, "{again}");
    let mut created: Vec<String> = env.writes().into_iter().filter(|write| write.ends_with("/hooks")).collect();
    created.sort();
    let mut wanted = [forbidden, full].map(|id| format!("POST /api/v4/projects/{id}/hooks"));
    wanted.sort();
    assert_eq!(created, wanted);
    assert!(!env.writes().iter().any(|write| write.contains("/applications")), "{:?}", env.writes());
    final_state::hooks_are_right(&env, "taken up");
    assert_eq!(env.sandbox().factory().bundles().len(), 1);
    env.has_nothing_to_do(&[]);
}

/// The number of the request that creates the application, from a run in an equal environment.
fn number_of_the_creation(env: &TestEnv) -> usize {
    let other = TestEnv::with(env.sandbox().options().clone());
    other.connects(&[]);
    let requests = other.sandbox().requests();
    requests.iter().find(|one| one.is_write() && one.path() == "/api/v4/applications").expect("a write").number
}
