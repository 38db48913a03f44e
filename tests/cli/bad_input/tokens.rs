//! Tokens that are expired, revoked, unknown, without rights, of another kind, or not a token at all.

use factory_gitlab::sandbox::gitlab::seed::{TokenSpec, UserSpec};
use factory_gitlab::sandbox::options::SandboxOptions;

use super::{Said, small};
use crate::test_env::TestEnv;

fn spec(scopes: &[&str]) -> TokenSpec {
    TokenSpec { scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(), ..TokenSpec::default() }
}

#[test]
fn an_invalid_token_is_refused_with_the_reason() {
    let mut world = TestEnv::with(small());
    let gitlab = world.sandbox().gitlab().clone();
    let yesterday = gitlab.clock().today().yesterday().expect("a day");
    let mut said = Said::default();
    for (case, token) in [
        ("expired", gitlab.add_token(TokenSpec { expires_at: Some(yesterday), ..spec(&["api"]) })),
        ("revoked", gitlab.add_token(TokenSpec { revoked: true, ..spec(&["api"]) })),
        ("unknown", "glpat-this-token-is-not-known-here".to_owned()),
        ("of another instance", TestEnv::with(small()).sandbox().gitlab().admin_token()),
    ] {
        world.set("GITLAB_TOKEN", &token);
        said.both(case, &world);
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
               README.md#check-token-valid

    verdict: fail, 4 passed, 1 failed, 21 skipped on http://127.0.0.1:[port] ([cost])
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
               README.md#check-token-valid

    verdict: fail, 4 passed, 1 failed, 21 skipped on http://127.0.0.1:[port] ([cost])
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
               README.md#check-token-valid

    verdict: fail, 4 passed, 1 failed, 21 skipped on http://127.0.0.1:[port] ([cost])
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
               README.md#check-token-valid

    verdict: fail, 4 passed, 1 failed, 21 skipped on http://127.0.0.1:[port] ([cost])
    ");
}

#[test]
fn a_token_with_too_few_rights_is_refused_with_what_it_lacks() {
    let mut world = TestEnv::with(small());
    let gitlab = world.sandbox().gitlab().clone();
    let mut said = Said::default();
    for (case, token) in [
        ("no scope at all", gitlab.add_token(spec(&[]))),
        ("read_user", gitlab.add_token(spec(&["read_user"]))),
        ("read_api", gitlab.add_token(spec(&["read_api"]))),
        ("not an admin", gitlab.user_token()),
        ("not an admin, with admin_mode", gitlab.add_token(TokenSpec { user: 2, ..spec(&["api", "admin_mode"]) })),
    ] {
        world.set("GITLAB_TOKEN", &token);
        said.both(case, &world);
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
               the token lacks api; it has none
               fix: create a personal access token as an administrator, with these scopes
                    http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
               README.md#check-token-scopes

    verdict: fail, 7 passed, 1 failed, 18 skipped on http://127.0.0.1:[port] ([cost])
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
               the token lacks api; it has read_user
               fix: create a personal access token as an administrator, with these scopes
                    http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
               README.md#check-token-scopes

    verdict: fail, 9 passed, 1 failed, 16 skipped on http://127.0.0.1:[port] ([cost])
    == read_api: connect
    exit code: 1
    ----- stderr -----
    error: the token lacks api; it has read_api
    hint: create a personal access token as an administrator, with these scopes
          http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
    == read_api: verify
    exit code: 1
    ----- stdout -----
    token
      fail     token.scopes              the token has the scopes that are needed
               the token lacks api; it has read_api
               fix: create a personal access token as an administrator, with these scopes
                    http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
               README.md#check-token-scopes

    application
      fail     application.exists        there is one OAuth application for Factory
               no instance-wide application is named "Factory Integration"
               fix: create it
                    factory-gitlab connect
               README.md#check-application-exists

    webhook
      fail     webhook.coverage          every target has a webhook to Factory
               1 of 1 targets have no hook to Factory: group group-1
               fix: create the missing hooks
                    factory-gitlab connect
                    http://127.0.0.1:[port]/groups/group-1/-/hooks
               README.md#check-webhook-coverage

    verdict: fail, 10 passed, 3 failed, 13 skipped on http://127.0.0.1:[port] ([cost])
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
               README.md#check-token-admin

    verdict: fail, 10 passed, 1 failed, 15 skipped on http://127.0.0.1:[port] ([cost])
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
               README.md#check-token-admin

    verdict: fail, 10 passed, 1 failed, 15 skipped on http://127.0.0.1:[port] ([cost])
    "#);
}

#[test]
fn admin_mode_is_told_apart_from_not_being_an_admin() {
    let mut world = TestEnv::with(SandboxOptions { admin_mode: true, ..small() });
    let gitlab = world.sandbox().gitlab().clone();
    let mut said = Said::default();
    for (case, token) in [
        ("an admin without admin_mode", gitlab.add_token(spec(&["api"]))),
        ("the same, and the token has sudo", gitlab.add_token(spec(&["api", "sudo"]))),
        ("not an admin", gitlab.user_token()),
    ] {
        world.set("GITLAB_TOKEN", &token);
        said.both(case, &world);
    }
    insta::assert_snapshot!(said, @r"
    == an admin without admin_mode: connect
    exit code: 1
    ----- stderr -----
    error: either root is not an administrator, or Admin Mode is on and the token lacks the scope admin_mode
    hint: create a personal access token as an administrator, with these scopes
          http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
    == an admin without admin_mode: verify
    exit code: 1
    ----- stdout -----
    token
      fail     token.admin               the token acts as an administrator
               either root is not an administrator, or Admin Mode is on and the token lacks the scope admin_mode
               fix: create a personal access token as an administrator, with these scopes
                    http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
               README.md#check-token-admin

    verdict: fail, 10 passed, 1 failed, 15 skipped on http://127.0.0.1:[port] ([cost])
    == the same, and the token has sudo: connect
    exit code: 1
    ----- stderr -----
    error: root is an administrator, Admin Mode is on, and the token lacks the scope admin_mode
    hint: create a personal access token as an administrator, with these scopes
          http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
    == the same, and the token has sudo: verify
    exit code: 1
    ----- stdout -----
    token
      fail     token.admin               the token acts as an administrator
               root is an administrator, Admin Mode is on, and the token lacks the scope admin_mode
               fix: create a personal access token as an administrator, with these scopes
                    http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
               README.md#check-token-admin
      warn     token.excess              the token has no more scopes than needed
               the token also has sudo
               fix: create a personal access token as an administrator, with these scopes
                    http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
               README.md#check-token-excess

    verdict: fail, 9 passed, 1 warned, 1 failed, 15 skipped on http://127.0.0.1:[port] ([cost])
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
               README.md#check-token-admin

    verdict: fail, 10 passed, 1 failed, 15 skipped on http://127.0.0.1:[port] ([cost])
    ");
}

#[test]
fn a_token_of_another_kind_is_recognized_and_named() {
    let mut world = TestEnv::with(small());
    let gitlab = world.sandbox().gitlab().clone();
    let (project, group) = {
        let state = gitlab.lock();
        (*state.projects.keys().next().expect("a project"), *state.groups.keys().next().expect("a group"))
    };
    let bot = gitlab.add_user(UserSpec { username: "service_account_7".to_owned(), admin: false, bot: true });
    let mut said = Said::default();
    for (case, token) in [
        ("a project access token", gitlab.add_project_token(project, 40)),
        ("a group access token", gitlab.add_group_token(group, 50)),
        ("a service account's token", gitlab.add_token(TokenSpec { user: bot, ..spec(&["api"]) })),
        ("an OAuth token", gitlab.add_oauth_token(1, None, &["api"])),
        ("a fine-grained token", gitlab.add_token(TokenSpec { granular: true, ..spec(&["granular"]) })),
        ("a job token", "glcbt-64_aBcDeFgHiJkLmNoPqRsT".to_owned()),
        ("a deploy token", "gldt-aBcDeFgHiJkLmNoPqRsT".to_owned()),
        ("a runner token", "glrt-aBcDeFgHiJkLmNoPqRsT".to_owned()),
        ("a variable that was not expanded", "$GITLAB_ADMIN_TOKEN".to_owned()),
        ("the same in braces", "${GITLAB_ADMIN_TOKEN}".to_owned()),
        ("two words", "canary-one canary-two".to_owned()),
        ("a whole header", "PRIVATE-TOKEN: canary-in-a-header".to_owned()),
        ("white space", "  ".to_owned()),
    ] {
        world.set("GITLAB_TOKEN", &token);
        said.both(case, &world);
        assert!(!said.to_string().contains("canary"), "{case}: {said}");
    }
    insta::assert_snapshot!(said, @r"
    == a project access token: connect
    exit code: 1
    ----- stderr -----
    error: this is a project access token; it acts for the bot project_1_bot_[hex], which is not an administrator
    hint: create a personal access token as an administrator, with these scopes
          http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
    == a project access token: verify
    exit code: 1
    ----- stdout -----
    token
      fail     token.admin               the token acts as an administrator
               this is a project access token; it acts for the bot project_1_bot_[hex], which is not an administrator
               fix: create a personal access token as an administrator, with these scopes
                    http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
               README.md#check-token-admin

    verdict: fail, 10 passed, 1 failed, 15 skipped on http://127.0.0.1:[port] ([cost])
    == a group access token: connect
    exit code: 1
    ----- stderr -----
    error: this is a group access token; it acts for the bot group_3_bot_[hex], which is not an administrator
    hint: create a personal access token as an administrator, with these scopes
          http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
    == a group access token: verify
    exit code: 1
    ----- stdout -----
    token
      fail     token.admin               the token acts as an administrator
               this is a group access token; it acts for the bot group_3_bot_[hex], which is not an administrator
               fix: create a personal access token as an administrator, with these scopes
                    http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
               README.md#check-token-admin

    verdict: fail, 10 passed, 1 failed, 15 skipped on http://127.0.0.1:[port] ([cost])
    == a service account's token: connect
    exit code: 1
    ----- stderr -----
    error: this is a service account's or bot's access token; it acts for the bot service_account_7, which is not an administrator
    hint: create a personal access token as an administrator, with these scopes
          http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
    == a service account's token: verify
    exit code: 1
    ----- stdout -----
    token
      fail     token.admin               the token acts as an administrator
               this is a service account's or bot's access token; it acts for the bot service_account_7, which is not an administrator
               fix: create a personal access token as an administrator, with these scopes
                    http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
               README.md#check-token-admin

    verdict: fail, 10 passed, 1 failed, 15 skipped on http://127.0.0.1:[port] ([cost])
    == an OAuth token: connect
    exit code: 1
    ----- stderr -----
    error: this looks like an OAuth token; a personal access token is needed
    hint: create a personal access token as an administrator, with these scopes
          http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
    == an OAuth token: verify
    exit code: 1
    ----- stdout -----
    token
      fail     token.valid               the token is valid
               this looks like an OAuth token; a personal access token is needed
               fix: create a personal access token as an administrator, with these scopes
                    http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
               README.md#check-token-valid

    verdict: fail, 4 passed, 1 failed, 21 skipped on http://127.0.0.1:[port] ([cost])
    == a fine-grained token: connect
    exit code: 1
    ----- stderr -----
    error: this is a fine-grained token; GitLab has no fine-grained permission for applications
    hint: create a personal access token as an administrator, with these scopes
          http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
    == a fine-grained token: verify
    exit code: 1
    ----- stdout -----
    token
      fail     token.scopes              the token has the scopes that are needed
               this is a fine-grained token; GitLab has no fine-grained permission for applications
               fix: create a personal access token as an administrator, with these scopes
                    http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
               README.md#check-token-scopes

    verdict: fail, 6 passed, 1 failed, 19 skipped on http://127.0.0.1:[port] ([cost])
    == a job token: connect
    exit code: 1
    ----- stderr -----
    error: this looks like a CI job token; a personal access token is needed
    hint: create a personal access token as an administrator, with these scopes
          http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
    == a job token: verify
    exit code: 1
    ----- stdout -----
    token
      fail     token.valid               the token is valid
               this looks like a CI job token; a personal access token is needed
               fix: create a personal access token as an administrator, with these scopes
                    http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
               README.md#check-token-valid

    verdict: fail, 4 passed, 1 failed, 21 skipped on http://127.0.0.1:[port] ([cost])
    == a deploy token: connect
    exit code: 1
    ----- stderr -----
    error: this looks like a deploy token; a personal access token is needed
    hint: create a personal access token as an administrator, with these scopes
          http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
    == a deploy token: verify
    exit code: 1
    ----- stdout -----
    token
      fail     token.valid               the token is valid
               this looks like a deploy token; a personal access token is needed
               fix: create a personal access token as an administrator, with these scopes
                    http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
               README.md#check-token-valid

    verdict: fail, 4 passed, 1 failed, 21 skipped on http://127.0.0.1:[port] ([cost])
    == a runner token: connect
    exit code: 1
    ----- stderr -----
    error: this looks like a runner's token; a personal access token is needed
    hint: create a personal access token as an administrator, with these scopes
          http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
    == a runner token: verify
    exit code: 1
    ----- stdout -----
    token
      fail     token.valid               the token is valid
               this looks like a runner's token; a personal access token is needed
               fix: create a personal access token as an administrator, with these scopes
                    http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
               README.md#check-token-valid

    verdict: fail, 4 passed, 1 failed, 21 skipped on http://127.0.0.1:[port] ([cost])
    == a variable that was not expanded: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable GITLAB_TOKEN cannot be used: the personal access token is a variable that was not expanded: $GITLAB_ADMIN_TOKEN
    hint: set the variable in CI's settings; a protected one reaches only protected branches and tags
    == the same in braces: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable GITLAB_TOKEN cannot be used: the personal access token is a variable that was not expanded: $GITLAB_ADMIN_TOKEN
    hint: set the variable in CI's settings; a protected one reaches only protected branches and tags
    == two words: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable GITLAB_TOKEN cannot be used: the personal access token holds a space, a line break or a character that no token has
    hint: give the token alone, as GitLab showed it, in one line
    == a whole header: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable GITLAB_TOKEN cannot be used: the personal access token holds a space, a line break or a character that no token has
    hint: give the token alone, as GitLab showed it, in one line
    == white space: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable GITLAB_TOKEN cannot be used: the personal access token is empty
    hint: give the token alone, as GitLab showed it, in one line
    ");
}

#[test]
fn a_token_with_any_prefix_and_with_dots_is_accepted() {
    for prefix in ["", "glpat-", "acme.pat.", "x_Y-"] {
        let mut world = TestEnv::with(small());
        let gitlab = world.sandbox().gitlab().clone();
        gitlab.lock().settings.personal_access_token_prefix = prefix.to_owned();
        let token = gitlab.add_token(spec(&["api"]));
        assert!(token.starts_with(prefix) && token.contains('.'), "{prefix}");
        world.set("GITLAB_TOKEN", &token);
        let run = world.run(&super::CONNECT);
        assert_eq!(run.code, 0, "{prefix}: {run}");
    }
}
