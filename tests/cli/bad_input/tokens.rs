//! Tokens that are expired, revoked, unknown, without rights, of another kind, or not a token at all.

use factory_gitlab::sandbox::gitlab::seed::TokenSpec;

use super::{Said, small};
use crate::test_env::TestEnv;

pub fn spec(scopes: &[&str]) -> TokenSpec {
    TokenSpec { scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(), ..TokenSpec::default() }
}

#[test]
fn an_invalid_token_is_refused_with_the_reason() {
    let mut env = TestEnv::with(small());
    let gitlab = env.sandbox().gitlab().clone();
    let yesterday = gitlab.clock().today().yesterday().expect("a day");
    let mut said = Said::default();
    for (case, token) in [
        ("expired", gitlab.add_token(TokenSpec { expires_at: Some(yesterday), ..spec(&["api"]) })),
        ("revoked", gitlab.add_token(TokenSpec { revoked: true, ..spec(&["api"]) })),
        ("unknown", "glpat-this-token-is-not-known-here".to_owned()),
        ("of another instance", TestEnv::with(small()).sandbox().gitlab().admin_token()),
    ] {
        env.set("GITLAB_TOKEN", &token);
        said.both(case, &env);
        assert!(!said.to_string().contains(&token), "{case}");
    }
    insta::assert_snapshot!(said, @r"
    == expired: connect
    exit code: 1
    ----- stderr -----
    error: the token has expired
    hint: create a personal access token as an administrator, with these scopes
          http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
    == expired: verify
    exit code: 1
    ----- stdout -----
    token
      fail     token.valid               the token is valid
               the token has expired
               fix: create a personal access token as an administrator, with these scopes
                    http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
               token.md#check-token-valid

    verdict: fail, 4 passed, 1 failed, 24 skipped on http://127.0.0.1:[port] ([cost])
    == revoked: connect
    exit code: 1
    ----- stderr -----
    error: the token was revoked
    hint: create a personal access token as an administrator, with these scopes
          http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
    == revoked: verify
    exit code: 1
    ----- stdout -----
    token
      fail     token.valid               the token is valid
               the token was revoked
               fix: create a personal access token as an administrator, with these scopes
                    http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
               token.md#check-token-valid

    verdict: fail, 4 passed, 1 failed, 24 skipped on http://127.0.0.1:[port] ([cost])
    == unknown: connect
    exit code: 1
    ----- stderr -----
    error: GitLab does not know the token: mistyped, deleted, or of another instance
    hint: create a personal access token as an administrator, with these scopes
          http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
    == unknown: verify
    exit code: 1
    ----- stdout -----
    token
      fail     token.valid               the token is valid
               GitLab does not know the token: mistyped, deleted, or of another instance
               fix: create a personal access token as an administrator, with these scopes
                    http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
               token.md#check-token-valid

    verdict: fail, 4 passed, 1 failed, 24 skipped on http://127.0.0.1:[port] ([cost])
    == of another instance: connect
    exit code: 1
    ----- stderr -----
    error: GitLab does not know the token: mistyped, deleted, or of another instance
    hint: create a personal access token as an administrator, with these scopes
          http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
    == of another instance: verify
    exit code: 1
    ----- stdout -----
    token
      fail     token.valid               the token is valid
               GitLab does not know the token: mistyped, deleted, or of another instance
               fix: create a personal access token as an administrator, with these scopes
                    http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
               token.md#check-token-valid

    verdict: fail, 4 passed, 1 failed, 24 skipped on http://127.0.0.1:[port] ([cost])
    ");
}

#[test]
fn a_token_with_too_few_rights_is_refused_with_what_it_lacks() {
    let mut env = TestEnv::with(small());
    let gitlab = env.sandbox().gitlab().clone();
    let mut said = Said::default();
    for (case, token) in [
        ("no scope at all", gitlab.add_token(spec(&[]))),
        ("read_user", gitlab.add_token(spec(&["read_user"]))),
        ("read_api", gitlab.add_token(spec(&["read_api"]))),
        ("not an admin", gitlab.user_token()),
        ("not an admin, with admin_mode", gitlab.add_token(TokenSpec { user: 2, ..spec(&["api", "admin_mode"]) })),
    ] {
        env.set("GITLAB_TOKEN", &token);
        said.both(case, &env);
    }
    insta::assert_snapshot!(said, @r#"
    == no scope at all: connect
    exit code: 1
    ----- stderr -----
    error: the token lacks api; it has none
    hint: create a personal access token as an administrator, with these scopes
          http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
    == no scope at all: verify
    exit code: 1
    ----- stdout -----
    token
      fail     token.scopes              the token has the scopes that are needed
               the token lacks read_api; it has none
               fix: create a personal access token as an administrator, with these scopes
                    http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
               token.md#check-token-scopes

    verdict: fail, 7 passed, 1 failed, 21 skipped on http://127.0.0.1:[port] ([cost])
    == read_user: connect
    exit code: 1
    ----- stderr -----
    error: the token lacks api; it has read_user
    hint: create a personal access token as an administrator, with these scopes
          http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
    == read_user: verify
    exit code: 1
    ----- stdout -----
    token
      fail     token.scopes              the token has the scopes that are needed
               the token lacks read_api; it has read_user
               fix: create a personal access token as an administrator, with these scopes
                    http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
               token.md#check-token-scopes

    verdict: fail, 9 passed, 1 failed, 19 skipped on http://127.0.0.1:[port] ([cost])
    == read_api: connect
    exit code: 1
    ----- stderr -----
    error: the token lacks api; it has read_api
    hint: create a personal access token as an administrator, with these scopes
          http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
    == read_api: verify
    exit code: 1
    ----- stdout -----
    application
      fail     application.exists        there is one OAuth application for Factory
               no instance-wide application is named "Factory Integration"
               fix: create it
                    factory-gitlab connect
               application.md#check-application-exists

    webhook
      fail     webhook.coverage          every target has a webhook to Factory
               1 of 1 target has no hook to Factory: group group-1
               fix: create the missing hooks
                    factory-gitlab connect
                    http://127.0.0.1:[port]/groups/group-1/-/hooks
               webhook.md#check-webhook-coverage

    verdict: fail, 12 passed, 2 failed, 15 skipped on http://127.0.0.1:[port] ([cost])
    == not an admin: connect
    exit code: 1
    ----- stderr -----
    error: either alice is not an administrator, or Admin Mode is on and the token lacks the scope admin_mode
    hint: create a personal access token as an administrator, with these scopes
          http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
    == not an admin: verify
    exit code: 1
    ----- stdout -----
    token
      fail     token.admin               the token acts as an administrator
               either alice is not an administrator, or Admin Mode is on and the token lacks the scope admin_mode
               fix: create a personal access token as an administrator, with these scopes
                    http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
               token.md#check-token-admin

    verdict: fail, 10 passed, 1 failed, 18 skipped on http://127.0.0.1:[port] ([cost])
    == not an admin, with admin_mode: connect
    exit code: 1
    ----- stderr -----
    error: alice is not an administrator
    hint: create a personal access token as an administrator, with these scopes
          http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
    == not an admin, with admin_mode: verify
    exit code: 1
    ----- stdout -----
    token
      fail     token.admin               the token acts as an administrator
               alice is not an administrator
               fix: create a personal access token as an administrator, with these scopes
                    http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
               token.md#check-token-admin

    verdict: fail, 10 passed, 1 failed, 18 skipped on http://127.0.0.1:[port] ([cost])
    "#);
}
