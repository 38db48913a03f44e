//! Tokens that are dead, too small, of another kind, or no token at all.

use factory_gitlab::sandbox::gitlab::seed::{TokenSpec, UserSpec};
use factory_gitlab::sandbox::options::SandboxOptions;

use super::{Said, small};
use crate::test_env::TestEnv;

fn spec(scopes: &[&str]) -> TokenSpec {
    TokenSpec { scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(), ..TokenSpec::default() }
}

#[test]
fn a_dead_token_says_how_it_died() {
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
    insta::assert_snapshot!(said);
}

#[test]
fn a_token_that_may_too_little_says_what_it_lacks() {
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
    insta::assert_snapshot!(said);
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
    insta::assert_snapshot!(said);
}

#[test]
fn a_token_of_another_kind_is_recognised_and_named() {
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
    insta::assert_snapshot!(said);
}

#[test]
fn a_token_of_any_prefix_and_with_dots_is_taken() {
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
