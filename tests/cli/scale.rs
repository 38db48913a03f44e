//! The number of requests of a run by the number of projects.

use factory_gitlab::sandbox::options::{SandboxOptions, SandboxPlan, SandboxVersion};
use factory_gitlab::sandbox::request_log::peak_in_flight;

use crate::test_env::TestEnv;

/// An unlicensed instance: every project needs a hook of its own.
fn unlicensed(projects: usize, version: SandboxVersion) -> TestEnv {
    TestEnv::with(SandboxOptions { projects, groups: 3, plan: SandboxPlan::None, version, ..SandboxOptions::default() })
}

/// Versions that differ in what the list of hooks shows and in whether GraphQL has it.
const VERSIONS: [SandboxVersion; 3] =
    [SandboxVersion::new(16, 11, 0), SandboxVersion::new(17, 9, 0), SandboxVersion::new(19, 2, 0)];

#[test]
fn a_first_run_needs_two_requests_a_project_and_a_second_run_one_and_no_writes() {
    for version in VERSIONS {
        // The second number fills two pages, of which the last does not say that it is the last.
        for projects in [150, 200] {
            let env = unlicensed(projects, version);
            env.connects(&[]);
            let first = env.sandbox().requests().len();
            assert!(first <= 2 * projects + projects / 100 + 24, "{version}, {projects}: {first} requests");
            assert_eq!(env.all_hooks().len(), projects);
            env.has_nothing_to_do(&[]);
            let second = env.sandbox().requests().len();
            assert!(second <= projects + projects / 100 + 24, "{version}, {projects}: {second} requests");
        }
    }
}

#[test]
fn never_more_requests_are_in_flight_than_were_allowed() {
    for allowed in [1, 3, 20, 100] {
        let env = unlicensed(120, SandboxVersion::new(17, 9, 0));
        env.connects(&["--concurrency", &allowed.to_string()]);
        let peak = peak_in_flight(&env.sandbox().requests());
        assert!(peak <= allowed, "{peak} of {allowed}");
        assert!(allowed == 1 || peak > 1, "{peak} of {allowed}");
    }
}
