//! Tokens of another kind than the one that is needed, told by their prefix.

use factory_gitlab::sandbox::gitlab::seed::{TokenSpec, UserSpec};

use super::tokens::spec;
use super::{Said, small};
use crate::test_env::TestEnv;

#[test]
fn a_token_of_another_kind_is_recognized_and_named() {
    let mut env = TestEnv::with(small());
    let gitlab = env.sandbox().gitlab().clone();
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
        env.set("GITLAB_TOKEN", &token);
        said.both(case, &env);
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
               token.md#check-token-admin

    verdict: fail, 10 passed, 1 failed, 18 skipped on http://127.0.0.1:[port] ([cost])
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
               token.md#check-token-admin

    verdict: fail, 10 passed, 1 failed, 18 skipped on http://127.0.0.1:[port] ([cost])
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
               token.md#check-token-admin

    verdict: fail, 10 passed, 1 failed, 18 skipped on http://127.0.0.1:[port] ([cost])
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
               token.md#check-token-valid

    verdict: fail, 4 passed, 1 failed, 24 skipped on http://127.0.0.1:[port] ([cost])
    == a fine-grained token: connect
    exit code: 1
    ----- stderr -----
    error: GitLab does not let the token describe itself, which every classic token may: it is a fine-grained token without Personal Access Token: Read, or its owner is refused
    hint: create a fine-grained token that has Personal Access Token: Read (user), too, or a classic one with the scope api (where Admin Mode is on also admin_mode)
          http://127.0.0.1:[port]/-/user_settings/personal_access_tokens
    == a fine-grained token: verify
    exit code: 1
    ----- stdout -----
    token
      fail     token.valid               the token is valid
               GitLab does not let the token describe itself, which every classic token may: it is a fine-grained token without Personal Access Token: Read, or its owner is refused
               fix: create a fine-grained token that has Personal Access Token: Read (user), too, or a classic one with the scope read_api (where Admin Mode is on also admin_mode)
                    http://127.0.0.1:[port]/-/user_settings/personal_access_tokens
               token.md#check-token-valid

    verdict: fail, 4 passed, 1 failed, 24 skipped on http://127.0.0.1:[port] ([cost])
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
               token.md#check-token-valid

    verdict: fail, 4 passed, 1 failed, 24 skipped on http://127.0.0.1:[port] ([cost])
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
               token.md#check-token-valid

    verdict: fail, 4 passed, 1 failed, 24 skipped on http://127.0.0.1:[port] ([cost])
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
               token.md#check-token-valid

    verdict: fail, 4 passed, 1 failed, 24 skipped on http://127.0.0.1:[port] ([cost])
    == a variable that was not expanded: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable GITLAB_TOKEN cannot be used: the personal access token is a variable that was not expanded
    hint: set the variable in CI's settings; a protected one reaches only protected branches and tags
    == the same in braces: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable GITLAB_TOKEN cannot be used: the personal access token is a variable that was not expanded
    hint: set the variable in CI's settings; a protected one reaches only protected branches and tags
    == two words: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable GITLAB_TOKEN cannot be used: the personal access token holds a space, a line break or a character that no token has
    hint: give it alone, exactly as you received it, in one line
    == a whole header: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable GITLAB_TOKEN cannot be used: the personal access token holds a space, a line break or a character that no token has
    hint: give it alone, exactly as you received it, in one line
    == white space: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable GITLAB_TOKEN cannot be used: the personal access token is empty
    hint: give it alone, exactly as you received it, in one line
    ");
}

#[test]
fn a_token_with_any_prefix_and_with_dots_is_accepted() {
    for prefix in ["", "glpat-", "acme.pat.", "x_Y-"] {
        let mut env = TestEnv::with(small());
        let gitlab = env.sandbox().gitlab().clone();
        gitlab.lock().settings.personal_access_token_prefix = prefix.to_owned();
        let token = gitlab.add_token(spec(&["api"]));
        assert!(token.starts_with(prefix) && token.contains('.'), "{prefix}");
        env.set("GITLAB_TOKEN", &token);
        let run = env.run(&super::CONNECT);
        assert_eq!(run.code, 0, "{prefix}: {run}");
    }
}
