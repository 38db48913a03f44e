//! A write that GitLab refuses, or that nobody can say the end of: said, and finished by the next run.

use super::small;
use crate::test_env::TestEnv;

/// A fault of a write, and the exit code that it comes to.
const FAULTS: [(&str, &str, i32); 13] = [
    (
        "a redirect of a write",
        "POST /api/v4/applications=redirect:https://gitlab.elsewhere.example/api/v4/applications",
        1,
    ),
    ("a proxy's redirect to its sign-in", "POST /api/v4/applications=redirect:/users/sign_in", 1),
    ("a refusal", "POST /api/v4/applications=status:403", 1),
    ("values that are not taken", "POST /api/v4/applications=status:400", 1),
    ("a read-only instance", "POST /api/v4/**=maintenance", 1),
    ("a deployment", "POST /api/v4/applications=deploying", 3),
    ("trouble", "POST /api/v4/applications=status:500", 3),
    ("a proxy's page", "POST /api/v4/applications=html:200", 3),
    ("an answer that is cut", "POST /api/v4/applications=cut", 0),
    ("an answer that is lost", "POST /api/v4/applications=lost", 0),
    ("a limit of two hours", "POST /api/v4/applications=retry-after:7200", 3),
    ("a hook that is refused", "POST /api/v4/groups/*/hooks=status:422", 1),
    ("a hook's answer that is lost", "POST /api/v4/groups/*/hooks=lost", 0),
];

#[test]
fn a_write_that_fails_is_said_and_the_next_run_ends_it() {
    let mut said = String::new();
    for (case, fault, code) in FAULTS {
        let world = TestEnv::with(small());
        world.sandbox().fault(fault).expect(fault);
        let run = world.run(&super::CONNECT);
        let text = super::what_failed(&run);
        said.push_str(&format!("== {case} (exit {})\n{text}\n", run.code));
        assert_eq!(run.code, code, "{case}: {run}");
        world.sandbox().clear_faults();
        let again = world.run(&super::CONNECT);
        assert_eq!(again.code, 0, "{case}: {again}");
        super::assert_connected_once(case, &world);
    }
    insta::assert_snapshot!(said);
}

/// GitLab's nginx answers a write over http with a redirect, and a client that follows it sends a read.
#[test]
fn a_write_is_never_sent_again_to_where_it_is_redirected() {
    let other = TestEnv::with(small());
    let world = TestEnv::with(small());
    let to = other.sandbox().gitlab_url();
    world.sandbox().fault(&format!("POST /api/v4/applications=redirect:{to}/api/v4/applications")).expect("a fault");
    let run = world.run(&super::CONNECT);
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stdout.contains(&to) || run.stderr.contains(&to), "the right address is named: {run}");
    assert!(other.sandbox().requests().is_empty());
    assert!(world.sandbox().gitlab().applications().is_empty());
}
