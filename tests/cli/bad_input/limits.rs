//! Rate limits.

use super::{Said, small};
use crate::test_env::TestEnv;

#[test]
fn a_rate_limit_is_honored_or_reported() {
    let env = TestEnv::with(small());
    let mut said = Said::default();
    for (case, fault) in [
        ("plain text, two hours", "GET /api/v4/personal_access_tokens/self=retry-after:7200"),
        ("JSON, no time", "GET /api/v4/personal_access_tokens/self=json429"),
        ("a proxy's page", "GET /api/v4/personal_access_tokens/self=html:429"),
        ("plain text, no time", "GET /api/v4/personal_access_tokens/self=text:429"),
        ("at the door", "GET /api/v4/metadata=retry-after:7200"),
    ] {
        env.sandbox().clear_faults();
        env.sandbox().fault(fault).expect(case);
        said.both(case, &env);
    }
    insta::assert_snapshot!(said, @r"
    == plain text, two hours: connect
    exit code: 3
    ----- stderr -----
    error: cannot check whether the token is valid
      caused by: GET /api/v4/personal_access_tokens/self on 127.0.0.1:[port]: answered 429: Retry later
    hint: try again in 7200 s, when the rate limit allows it
          factory-gitlab connect
    == plain text, two hours: verify
    exit code: 3
    ----- stdout -----
    token
      unknown  token.valid               the token is valid
               GET /api/v4/personal_access_tokens/self on 127.0.0.1:[port]: answered 429: Retry later
               fix: try again in 7200 s, when the rate limit allows it
                    factory-gitlab verify
               token.md#check-token-valid

    verdict: unknown, 6 passed, 22 skipped, 1 unknown on http://127.0.0.1:[port] ([cost])
    == JSON, no time: connect
    exit code: 3
    ----- stderr -----
    error: cannot check whether the token is valid
      caused by: GET /api/v4/personal_access_tokens/self on 127.0.0.1:[port]: answered 429: This endpoint has been requested too many times. Try again later.
    hint: try again in a minute, with fewer requests at the same time
          factory-gitlab connect --concurrency 1
    == JSON, no time: verify
    exit code: 3
    ----- stdout -----
    token
      unknown  token.valid               the token is valid
               GET /api/v4/personal_access_tokens/self on 127.0.0.1:[port]: answered 429: This endpoint has been requested too many times. Try again later.
               fix: try again in a minute, with fewer requests at the same time
                    factory-gitlab verify --concurrency 1
               token.md#check-token-valid

    verdict: unknown, 6 passed, 22 skipped, 1 unknown on http://127.0.0.1:[port] ([cost])
    == a proxy's page: connect
    exit code: 3
    ----- stderr -----
    error: cannot check whether the token is valid
      caused by: GET /api/v4/personal_access_tokens/self on 127.0.0.1:[port]: answered 429
    hint: try again in a minute, with fewer requests at the same time
          factory-gitlab connect --concurrency 1
    == a proxy's page: verify
    exit code: 3
    ----- stdout -----
    token
      unknown  token.valid               the token is valid
               GET /api/v4/personal_access_tokens/self on 127.0.0.1:[port]: answered 429
               fix: try again in a minute, with fewer requests at the same time
                    factory-gitlab verify --concurrency 1
               token.md#check-token-valid

    verdict: unknown, 6 passed, 22 skipped, 1 unknown on http://127.0.0.1:[port] ([cost])
    == plain text, no time: connect
    exit code: 3
    ----- stderr -----
    error: cannot check whether the token is valid
      caused by: GET /api/v4/personal_access_tokens/self on 127.0.0.1:[port]: answered 429: upstream connect error or disconnect
    hint: try again in a minute, with fewer requests at the same time
          factory-gitlab connect --concurrency 1
    == plain text, no time: verify
    exit code: 3
    ----- stdout -----
    token
      unknown  token.valid               the token is valid
               GET /api/v4/personal_access_tokens/self on 127.0.0.1:[port]: answered 429: upstream connect error or disconnect
               fix: try again in a minute, with fewer requests at the same time
                    factory-gitlab verify --concurrency 1
               token.md#check-token-valid

    verdict: unknown, 6 passed, 22 skipped, 1 unknown on http://127.0.0.1:[port] ([cost])
    == at the door: connect
    exit code: 3
    ----- stderr -----
    error: GitLab's API at http://127.0.0.1:[port] does not answer as it should
      caused by: GET /api/v4/metadata on 127.0.0.1:[port]: answered 429: Retry later
    hint: try again in 7200 s, when the rate limit allows it
          factory-gitlab connect
    == at the door: verify
    exit code: 3
    ----- stdout -----
    instance
      unknown  instance.api              GitLab's API answers
               GET /api/v4/metadata on 127.0.0.1:[port]: answered 429: Retry later
               fix: try again in 7200 s, when the rate limit allows it
                    factory-gitlab verify
               instance.md#check-instance-api

    verdict: unknown, 4 passed, 24 skipped, 1 unknown on http://127.0.0.1:[port] ([cost])
    ");
}

#[test]
fn a_limit_that_passes_is_waited_out() {
    for fault in ["GET /api/v4/**=retry-after:1x2", "GET /api/v4/**=json429x1", "POST /api/v4/**=retry-after:1x1"] {
        let env = TestEnv::with(small());
        env.sandbox().fault(fault).expect(fault);
        let run = env.run(&super::CONNECT);
        assert_eq!(run.code, 0, "{fault}: {run}");
        super::assert_connected_once(fault, &env);
    }
}
