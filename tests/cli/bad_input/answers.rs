//! Invalid answers: pages of other servers, incomplete and endless bodies, silence, server errors.

use factory_gitlab::sandbox::options::SandboxOptions;

use super::{Said, small};
use crate::test_env::TestEnv;

/// What can come instead of GitLab's answer, and the fault that causes it.
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

/// The time-out in seconds: short where the fault is to reach it, and ample otherwise.
fn timeout(action: &str) -> &'static str {
    if action == "hang" { "5" } else { "120" }
}

fn under(env: &TestEnv, requests: &[&str]) -> Said {
    let mut said = Said::default();
    for (case, action) in ANSWERS {
        env.sandbox().clear_faults();
        for request in requests {
            env.sandbox().fault(&format!("{request}={action}")).expect(case);
        }
        said.pair(case, env, &["--timeout", timeout(action)]);
    }
    said
}

#[test]
fn a_first_answer_that_is_not_gitlabs_is_explained() {
    let env = TestEnv::with(small());
    // Where there is no metadata, an old GitLab would be found by its version.
    let said = under(&env, &["GET /api/v4/metadata", "GET /api/v4/version"]);
    insta::assert_snapshot!(said, @r"
    == a login wall: connect
    exit code: 1
    ----- stderr -----
    error: GitLab's API does not answer at http://127.0.0.1:[port]
      caused by: GET /api/v4/metadata on 127.0.0.1:[port]: 200, a sign-in page
    hint: let API requests pass the sign-in page in front of 127.0.0.1:[port] (SSO, Cloudflare Access), or run this from inside
    == a login wall: verify
    exit code: 1
    ----- stdout -----
    instance
      fail     instance.api              GitLab's API answers
               GitLab's API does not answer at this URL; the answer is a sign-in page
               fix: let API requests pass the sign-in page in front of 127.0.0.1:[port] (SSO, Cloudflare Access), or run this from inside
               instance.md#check-instance-api

    verdict: fail, 4 passed, 1 failed, 24 skipped on http://127.0.0.1:[port] ([cost])
    == a proxy's page: connect
    exit code: 3
    ----- stderr -----
    error: GitLab's API at http://127.0.0.1:[port] does not answer as it should
      caused by: GET /api/v4/metadata on 127.0.0.1:[port]: answered 502
    hint: try again once 127.0.0.1:[port] has recovered
          factory-gitlab connect
    == a proxy's page: verify
    exit code: 3
    ----- stdout -----
    instance
      unknown  instance.api              GitLab's API answers
               GET /api/v4/metadata on 127.0.0.1:[port]: answered 502
               fix: try again once 127.0.0.1:[port] has recovered
                    factory-gitlab verify
               instance.md#check-instance-api

    verdict: unknown, 4 passed, 24 skipped, 1 unknown on http://127.0.0.1:[port] ([cost])
    == plain text: connect
    exit code: 1
    ----- stderr -----
    error: GitLab's API does not answer at http://127.0.0.1:[port]
      caused by: GET /api/v4/metadata on 127.0.0.1:[port]: 200, something of type text/plain, not JSON
    hint: check the address; no API answers there
    == plain text: verify
    exit code: 1
    ----- stdout -----
    instance
      fail     instance.api              GitLab's API answers
               GitLab's API does not answer at this URL; the answer is something of type text/plain, not JSON
               fix: check the address; no API answers there
               instance.md#check-instance-api

    verdict: fail, 4 passed, 1 failed, 24 skipped on http://127.0.0.1:[port] ([cost])
    == JSON cut in the middle: connect
    exit code: 3
    ----- stderr -----
    error: cannot check whether GitLab's API answers
      caused by: GET /api/v4/metadata on 127.0.0.1:[port]: the connection was interrupted: the answer stops in the middle
    hint: try again; if it happens again, look for a proxy or firewall that closes connections
          factory-gitlab connect
    == JSON cut in the middle: verify
    exit code: 3
    ----- stdout -----
    instance
      unknown  instance.api              GitLab's API answers
               GET /api/v4/metadata on 127.0.0.1:[port]: the connection was interrupted: the answer stops in the middle
               fix: try again; if it happens again, look for a proxy or firewall that closes connections
                    factory-gitlab verify
               instance.md#check-instance-api

    verdict: unknown, 4 passed, 24 skipped, 1 unknown on http://127.0.0.1:[port] ([cost])
    == a connection that breaks in the middle: connect
    exit code: 3
    ----- stderr -----
    error: http://127.0.0.1:[port] could not be reached
      caused by: GET /api/v4/metadata on 127.0.0.1:[port]: the connection was interrupted: end of file before message length reached
    hint: try again; if it happens again, look for a proxy or firewall that closes connections
          factory-gitlab connect
    == a connection that breaks in the middle: verify
    exit code: 3
    ----- stdout -----
    instance
      unknown  instance.api              GitLab's API answers
               GET /api/v4/metadata on 127.0.0.1:[port]: the connection was interrupted: end of file before message length reached
               fix: try again; if it happens again, look for a proxy or firewall that closes connections
                    factory-gitlab verify
               instance.md#check-instance-api

    verdict: unknown, 4 passed, 24 skipped, 1 unknown on http://127.0.0.1:[port] ([cost])
    == JSON of another kind: connect
    exit code: 3
    ----- stderr -----
    error: cannot check whether GitLab's API answers
      caused by: GET /api/v4/metadata on 127.0.0.1:[port]: the answer cannot be read as GitLab's metadata: not a GitLab version
    hint: check the address; a proxy may be altering the responses of 127.0.0.1:[port]
    == JSON of another kind: verify
    exit code: 3
    ----- stdout -----
    instance
      unknown  instance.api              GitLab's API answers
               GET /api/v4/metadata on 127.0.0.1:[port]: the answer cannot be read as GitLab's metadata: not a GitLab version
               fix: check the address; a proxy may be altering the responses of 127.0.0.1:[port]
               instance.md#check-instance-api

    verdict: unknown, 4 passed, 24 skipped, 1 unknown on http://127.0.0.1:[port] ([cost])
    == a body without end: connect
    exit code: 3
    ----- stderr -----
    error: GitLab's API at http://127.0.0.1:[port] does not answer as it should
      caused by: GET /api/v4/metadata on 127.0.0.1:[port]: the answer is larger than 4194304 bytes
    hint: check the address; a proxy may be altering the responses of 127.0.0.1:[port]
    == a body without end: verify
    exit code: 3
    ----- stdout -----
    instance
      unknown  instance.api              GitLab's API answers
               GET /api/v4/metadata on 127.0.0.1:[port]: the answer is larger than 4194304 bytes
               fix: check the address; a proxy may be altering the responses of 127.0.0.1:[port]
               instance.md#check-instance-api

    verdict: unknown, 4 passed, 24 skipped, 1 unknown on http://127.0.0.1:[port] ([cost])
    == a body of escape codes: connect
    exit code: 3
    ----- stderr -----
    error: GitLab's API at http://127.0.0.1:[port] does not answer as it should
      caused by: GET /api/v4/metadata on 127.0.0.1:[port]: the answer is larger than 4194304 bytes
    hint: check the address; a proxy may be altering the responses of 127.0.0.1:[port]
    == a body of escape codes: verify
    exit code: 3
    ----- stdout -----
    instance
      unknown  instance.api              GitLab's API answers
               GET /api/v4/metadata on 127.0.0.1:[port]: the answer is larger than 4194304 bytes
               fix: check the address; a proxy may be altering the responses of 127.0.0.1:[port]
               instance.md#check-instance-api

    verdict: unknown, 4 passed, 24 skipped, 1 unknown on http://127.0.0.1:[port] ([cost])
    == a connection that is reset: connect
    exit code: 3
    ----- stderr -----
    error: http://127.0.0.1:[port] could not be reached
      caused by: GET /api/v4/metadata on 127.0.0.1:[port]: the connection was interrupted: Connection reset by peer (os error 104)
    hint: try again; if it happens again, look for a proxy or firewall that closes connections
          factory-gitlab connect
    == a connection that is reset: verify
    exit code: 3
    ----- stdout -----
    instance
      unknown  instance.api              GitLab's API answers
               GET /api/v4/metadata on 127.0.0.1:[port]: the connection was interrupted: Connection reset by peer (os error 104)
               fix: try again; if it happens again, look for a proxy or firewall that closes connections
                    factory-gitlab verify
               instance.md#check-instance-api

    verdict: unknown, 4 passed, 24 skipped, 1 unknown on http://127.0.0.1:[port] ([cost])
    == not found: connect
    exit code: 1
    ----- stderr -----
    error: there is no GitLab API at http://127.0.0.1:[port]
      caused by: GET /api/v4/metadata on 127.0.0.1:[port]: answered 404: 404 Not Found
    hint: correct the URL; where GitLab is installed under a path, add it (https://host/gitlab)
    == not found: verify
    exit code: 1
    ----- stdout -----
    instance
      fail     instance.api              GitLab's API answers
               there is no GitLab API at this URL
               fix: correct the URL; where GitLab is installed under a path, add it (https://host/gitlab)
               instance.md#check-instance-api

    verdict: fail, 4 passed, 1 failed, 24 skipped on http://127.0.0.1:[port] ([cost])
    == GitLab's own trouble: connect
    exit code: 3
    ----- stderr -----
    error: GitLab's API at http://127.0.0.1:[port] does not answer as it should
      caused by: GET /api/v4/metadata on 127.0.0.1:[port]: answered 500: 500 Internal Server Error
    hint: try again once 127.0.0.1:[port] has recovered
          factory-gitlab connect
    == GitLab's own trouble: verify
    exit code: 3
    ----- stdout -----
    instance
      unknown  instance.api              GitLab's API answers
               GET /api/v4/metadata on 127.0.0.1:[port]: answered 500: 500 Internal Server Error
               fix: try again once 127.0.0.1:[port] has recovered
                    factory-gitlab verify
               instance.md#check-instance-api

    verdict: unknown, 4 passed, 24 skipped, 1 unknown on http://127.0.0.1:[port] ([cost])
    == an overloaded proxy: connect
    exit code: 3
    ----- stderr -----
    error: GitLab's API at http://127.0.0.1:[port] does not answer as it should
      caused by: GET /api/v4/metadata on 127.0.0.1:[port]: answered 503: upstream connect error or disconnect
    hint: try again once 127.0.0.1:[port] has recovered
          factory-gitlab connect
    == an overloaded proxy: verify
    exit code: 3
    ----- stdout -----
    instance
      unknown  instance.api              GitLab's API answers
               GET /api/v4/metadata on 127.0.0.1:[port]: answered 503: upstream connect error or disconnect
               fix: try again once 127.0.0.1:[port] has recovered
                    factory-gitlab verify
               instance.md#check-instance-api

    verdict: unknown, 4 passed, 24 skipped, 1 unknown on http://127.0.0.1:[port] ([cost])
    == a deployment: connect
    exit code: 3
    ----- stderr -----
    error: GitLab's API at http://127.0.0.1:[port] does not answer as it should
      caused by: GET /api/v4/metadata on 127.0.0.1:[port]: answered 503
    hint: try again once 127.0.0.1:[port] has recovered
          factory-gitlab connect
    == a deployment: verify
    exit code: 3
    ----- stdout -----
    instance
      unknown  instance.api              GitLab's API answers
               GET /api/v4/metadata on 127.0.0.1:[port]: answered 503
               fix: try again once 127.0.0.1:[port] has recovered
                    factory-gitlab verify
               instance.md#check-instance-api

    verdict: unknown, 4 passed, 24 skipped, 1 unknown on http://127.0.0.1:[port] ([cost])
    == a teapot: connect
    exit code: 1
    ----- stderr -----
    error: GitLab's API at http://127.0.0.1:[port] does not answer as it should
      caused by: GET /api/v4/metadata on 127.0.0.1:[port]: answered 418: 418 I'm a teapot
    hint: check that 127.0.0.1:[port] lets this machine and this token make this request
    == a teapot: verify
    exit code: 1
    ----- stdout -----
    instance
      fail     instance.api              GitLab's API answers
               GET /api/v4/metadata on 127.0.0.1:[port]: answered 418: 418 I'm a teapot
               fix: check that 127.0.0.1:[port] lets this machine and this token make this request
               instance.md#check-instance-api

    verdict: fail, 4 passed, 1 failed, 24 skipped on http://127.0.0.1:[port] ([cost])
    == no answer: connect
    exit code: 3
    ----- stderr -----
    error: http://127.0.0.1:[port] could not be reached
      caused by: GET /api/v4/metadata on 127.0.0.1:[port]: no answer within 5 s
    hint: try again, with more time for each request
          factory-gitlab connect --timeout 90
    == no answer: verify
    exit code: 3
    ----- stdout -----
    instance
      unknown  instance.api              GitLab's API answers
               GET /api/v4/metadata on 127.0.0.1:[port]: no answer within 5 s
               fix: try again, with more time for each request
                    factory-gitlab verify --timeout 90
               instance.md#check-instance-api

    verdict: unknown, 4 passed, 24 skipped, 1 unknown on http://127.0.0.1:[port] ([cost])
    ");
}

/// The lists that a plan is made from: taking an unreadable list for an empty one would create everything a second time.
/// Faults that are retried are left to the test above.
fn no_gap_in(list: &str) {
    let env = TestEnv::with(small());
    for (case, action) in ANSWERS {
        if matches!(action, "html:502" | "text:503" | "half" | "reset") {
            continue;
        }
        env.sandbox().clear_faults();
        env.sandbox().fault(&format!("{list}={action}")).expect(case);
        let connect = env.run(&[&super::CONNECT[..], &["--timeout", timeout(action)]].concat());
        let verify = env.run(&[&super::VERIFY[..], &["--timeout", timeout(action)]].concat());
        let refused = matches!(action, "status:404" | "status:418");
        assert_eq!(connect.code, if refused { 1 } else { 3 }, "{list}, {case}: {connect}");
        assert!(
            connect.stderr.contains("GET /api/v4/") && connect.stderr.contains("hint: "),
            "{list}, {case}: {connect}"
        );
        assert!(matches!(verify.code, 1 | 3), "{list}, {case}: {verify}");
        super::assert_untouched(case, &env);
    }
}

#[test]
fn applications_that_cannot_be_read_are_not_created_again() {
    no_gap_in("GET /api/v4/applications");
}

#[test]
fn groups_that_cannot_be_read_are_not_taken_for_none() {
    no_gap_in("GET /api/v4/groups");
}

#[test]
fn hooks_that_cannot_be_read_are_not_created_again() {
    no_gap_in("GET /api/v4/groups/*/hooks");
}

/// One group of two cannot be read: the other gets its hook, and the run does not report success.
#[test]
fn a_connection_that_could_not_be_read_completely_is_not_called_connected() {
    let env = TestEnv::with(SandboxOptions { groups: 2, projects: 2, ..small() });
    let groups: Vec<u64> = env.sandbox().gitlab().lock().groups.keys().copied().collect();
    for (action, code) in [("status:403", 1), ("cut", 3)] {
        env.sandbox().clear_faults();
        env.sandbox().fault(&format!("GET /api/v4/groups/{}/hooks={action}", groups[0])).expect("a fault");
        for args in [["connect", "--yes"].as_slice(), &["connect", "--dry-run"]] {
            let run = env.run(args);
            assert_eq!(run.code, code, "{action}: {run}");
            assert!(run.stdout.contains("the hooks of group group-1 could not be read"), "{action}: {run}");
            assert!(!run.stdout.contains("is already connected"), "{action}: {run}");
        }
        assert_eq!(env.sandbox().gitlab().all_hooks().len(), 1, "the other group has its hook");
    }
    env.sandbox().clear_faults();
    let run = env.run(&["connect", "--yes"]);
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(env.sandbox().gitlab().all_hooks().len(), 2);
}
