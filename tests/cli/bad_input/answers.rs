//! Answers that are none: pages, halves, floods, silence, trouble.

use factory_gitlab::sandbox::options::SandboxOptions;

use super::{Said, small};
use crate::test_env::TestEnv;

/// What can come instead of GitLab's answer.
const ANSWERS: [(&str, &str); 15] = [
    ("a login wall", "html:200"),
    ("a proxy's page", "html:502"),
    ("plain text", "text:200"),
    ("JSON cut in the middle", "cut"),
    ("a connection that breaks in the middle", "half"),
    ("JSON of another kind", "type"),
    ("a body without end", "endless"),
    ("a body of escape codes", "endless:escapes"),
    ("a connection that is reset", "reset"),
    ("not found", "status:404"),
    ("GitLab's own trouble", "status:500"),
    ("an overloaded proxy", "text:503"),
    ("a deployment", "deploying"),
    ("a teapot", "status:418"),
    ("no answer", "hang"),
];

fn under(world: &TestEnv, which: &str) -> Said {
    let mut said = Said::default();
    for (case, action) in ANSWERS {
        world.sandbox().clear_faults();
        world.sandbox().fault(&format!("{which}={action}")).expect(case);
        said.pair(case, world, &["--timeout", "1"]);
    }
    said
}

#[test]
fn an_answer_at_the_door_that_is_not_gitlabs_is_said() {
    let world = TestEnv::with(small());
    let said = under(&world, "GET /api/v4/metadata");
    insta::assert_snapshot!(said);
}

/// The lists that the plan is made from: over a gap in one, everything would be made a second time. What is sent again
/// when it fails is left to the test above; it only takes longer.
fn no_gap_in(list: &str) {
    let world = TestEnv::with(small());
    for (case, action) in ANSWERS {
        if matches!(action, "html:502" | "text:503" | "half" | "reset") {
            continue;
        }
        world.sandbox().clear_faults();
        world.sandbox().fault(&format!("{list}={action}")).expect(case);
        let connect = world.run(&[&super::CONNECT[..], &["--timeout", "1"]].concat());
        let verify = world.run(&[&super::VERIFY[..], &["--timeout", "1"]].concat());
        let refused = matches!(action, "status:404" | "status:418");
        assert_eq!(connect.code, if refused { 1 } else { 3 }, "{list}, {case}: {connect}");
        assert!(
            connect.stderr.contains("GET /api/v4/") && connect.stderr.contains("hint: "),
            "{list}, {case}: {connect}"
        );
        assert!(matches!(verify.code, 1 | 3), "{list}, {case}: {verify}");
        super::assert_untouched(case, &world);
    }
}

#[test]
fn applications_that_cannot_be_read_are_not_made_again() {
    no_gap_in("GET /api/v4/applications");
}

#[test]
fn groups_that_cannot_be_read_are_not_none() {
    no_gap_in("GET /api/v4/groups");
}

#[test]
fn hooks_that_cannot_be_read_are_not_made_again() {
    no_gap_in("GET /api/v4/groups/*/hooks");
}

/// One group of two cannot be read: the other gets its hook, and the run does not call itself done.
#[test]
fn a_connection_with_a_gap_is_not_called_connected() {
    let world = TestEnv::with(SandboxOptions { groups: 2, projects: 2, ..small() });
    let groups: Vec<u64> = world.sandbox().gitlab().lock().groups.keys().copied().collect();
    for (action, code) in [("status:403", 1), ("cut", 3)] {
        world.sandbox().clear_faults();
        world.sandbox().fault(&format!("GET /api/v4/groups/{}/hooks={action}", groups[0])).expect("a fault");
        for args in [["connect", "--yes"].as_slice(), &["connect", "--dry-run"]] {
            let run = world.run(args);
            assert_eq!(run.code, code, "{action}: {run}");
            assert!(run.stdout.contains("the hooks of group group-1 could not be read"), "{action}: {run}");
            assert!(!run.stdout.contains("is already connected"), "{action}: {run}");
        }
        assert_eq!(world.sandbox().gitlab().all_hooks().len(), 1, "the other group has its hook");
    }
    world.sandbox().clear_faults();
    let run = world.run(&["connect", "--yes"]);
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(world.sandbox().gitlab().all_hooks().len(), 2);
}
