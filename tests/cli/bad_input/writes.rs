//! A write that GitLab refuses, or whose outcome is unknown: the run reports it, and the next run completes.

use super::small;
use crate::test_env::TestEnv;

/// A fault of a write, and the exit code of the run.
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
fn a_write_that_fails_is_reported_and_the_next_run_completes_it() {
    let mut said = String::new();
    for (case, fault, code) in FAULTS {
        let env = TestEnv::with(small());
        env.sandbox().fault(fault).expect(fault);
        let run = env.run(&super::CONNECT);
        let text = super::what_failed(&run);
        said.push_str(&format!("== {case} (exit {})\n{text}\n", run.code));
        assert_eq!(run.code, code, "{case}: {run}");
        env.sandbox().clear_faults();
        let again = env.run(&super::CONNECT);
        assert_eq!(again.code, 0, "{case}: {again}");
        super::assert_connected_once(case, &env);
    }
    insta::assert_snapshot!(said, @r"
    == a redirect of a write (exit 1)
      failed  create the OAuth application Factory Integration
              the request was redirected, so GitLab did nothing
              caused by: POST /api/v4/applications on 127.0.0.1:[port]: redirected to https://gitlab.elsewhere.example/api/v4/applications
      - use the URL that GitLab redirects to
        factory-gitlab connect --gitlab-url https://gitlab.elsewhere.example
    == a proxy's redirect to its sign-in (exit 1)
      failed  create the OAuth application Factory Integration
              the request was redirected, so GitLab did nothing
              caused by: POST /api/v4/applications on 127.0.0.1:[port]: redirected to http://127.0.0.1:[port]/users/sign_in
      - let API requests pass the proxy or sign-in page in front of 127.0.0.1:[port], or correct the address
    == a refusal (exit 1)
      failed  create the OAuth application Factory Integration
              GitLab refused
              caused by: POST /api/v4/applications on 127.0.0.1:[port]: answered 403: 403 Forbidden
      - create a new personal access token: its owner has to be an administrator, and with Admin Mode it needs the scope admin_mode
        http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
    == values that are not taken (exit 1)
      failed  create the OAuth application Factory Integration
              GitLab refused
              caused by: POST /api/v4/applications on 127.0.0.1:[port]: answered 400: 400 Bad Request
      - correct what GitLab names; the values come from the kit, or from the flags that override it
    == a read-only instance (exit 1)
      failed  create the OAuth application Factory Integration
              GitLab refused
              caused by: POST /api/v4/applications on 127.0.0.1:[port]: answered 403: You cannot perform write operations on a read-only instance
      - use the primary instead of a Geo secondary, or try again when maintenance mode has ended
    == a deployment (exit 3)
      failed  create the OAuth application Factory Integration
              it is not known whether GitLab made the change; the next run checks
              caused by: POST /api/v4/applications on 127.0.0.1:[port]: answered 503
      - try again once 127.0.0.1:[port] has recovered
        factory-gitlab connect
    == trouble (exit 3)
      failed  create the OAuth application Factory Integration
              it is not known whether GitLab made the change; the next run checks
              caused by: POST /api/v4/applications on 127.0.0.1:[port]: answered 500: 500 Internal Server Error
      - try again once 127.0.0.1:[port] has recovered
        factory-gitlab connect
    == a proxy's page (exit 3)
      failed  create the OAuth application Factory Integration
              it is not known whether GitLab made the change; the next run checks
              caused by: POST /api/v4/applications on 127.0.0.1:[port]: 200: the answer is a sign-in page
      - let API requests pass the sign-in page in front of 127.0.0.1:[port] (SSO, Cloudflare Access), or run this from inside
    == an answer that is cut (exit 0)

    == an answer that is lost (exit 0)

    == a limit of two hours (exit 3)
      failed  create the OAuth application Factory Integration
              it is not known whether GitLab made the change; the next run checks
              caused by: POST /api/v4/applications on 127.0.0.1:[port]: answered 429: Retry later
      - try again in 7200 s, when the rate limit allows it
        factory-gitlab connect
    == a hook that is refused (exit 1)
      failed  register a webhook on group group-1
              GitLab refused
              caused by: POST /api/v4/groups/3/hooks on 127.0.0.1:[port]: answered 422: 422 Unprocessable Entity
      - correct what GitLab names; the values come from the kit, or from the flags that override it
    == a hook's answer that is lost (exit 0)
    ");
}

/// GitLab's nginx answers a write over http with a redirect, and a client that follows it sends a read.
#[test]
fn a_redirected_write_is_never_sent_again() {
    let other = TestEnv::with(small());
    let env = TestEnv::with(small());
    let to = other.sandbox().gitlab_url();
    env.sandbox().fault(&format!("POST /api/v4/applications=redirect:{to}/api/v4/applications")).expect("a fault");
    let run = env.run(&super::CONNECT);
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stdout.contains(&to) || run.stderr.contains(&to), "the right address is named: {run}");
    assert!(other.sandbox().requests().is_empty());
    assert!(env.sandbox().gitlab().applications().is_empty());
}
