//! Accounts that are not administrators, may do nothing, or may not see one project.

use factory_gitlab::sandbox::gitlab::state::UserState;
use factory_gitlab::sandbox::options::{SandboxOptions, SandboxPlan};

use super::tokens::spec;
use super::{Said, small};
use crate::test_env::TestEnv;

#[test]
fn admin_mode_is_told_apart_from_not_being_an_admin() {
    let mut env = TestEnv::with(SandboxOptions { admin_mode: true, ..small() });
    let gitlab = env.sandbox().gitlab().clone();
    let mut said = Said::default();
    for (case, token) in [
        ("an admin without admin_mode", gitlab.add_token(spec(&["api"]))),
        ("the same, and the token has sudo", gitlab.add_token(spec(&["api", "sudo"]))),
        ("not an admin", gitlab.user_token()),
    ] {
        env.set("GITLAB_TOKEN", &token);
        said.both(case, &env);
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
               token.md#check-token-admin

    verdict: fail, 10 passed, 1 failed, 18 skipped on http://127.0.0.1:[port] ([cost])
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
               token.md#check-token-admin
      warn     token.excess              the token has no more scopes than needed
               the token also has sudo
               fix: create a personal access token as an administrator, with these scopes
                    http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode
               token.md#check-token-excess

    verdict: fail, 9 passed, 1 warned, 1 failed, 18 skipped on http://127.0.0.1:[port] ([cost])
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
    ");
}

/// The token is good, and GitLab lets its owner do nothing until a person mends the account.
#[test]
fn an_account_that_may_do_nothing_has_the_same_fix_in_each_command() {
    let mut said = Said::default();
    for (case, state) in [
        ("blocked", UserState::Blocked),
        ("pending approval", UserState::PendingApproval),
        ("terms not accepted", UserState::TermsNotAccepted),
        ("deactivated", UserState::Deactivated),
        ("not confirmed", UserState::Unconfirmed),
        ("password expired", UserState::PasswordExpired),
    ] {
        let env = TestEnv::with(small());
        if let Some(user) = env.sandbox().gitlab().lock().users.get_mut(&1) {
            user.state = state;
        }
        said.both(case, &env);
    }
    insta::assert_snapshot!(said, @r"
    == blocked: connect
    exit code: 1
    ----- stderr -----
    error: GitLab refuses the token's owner: Your account has been blocked.
    hint: unblock the account of the token's owner, or use another administrator's token
          http://127.0.0.1:[port]/admin/users?filter=blocked
    == blocked: verify
    exit code: 1
    ----- stdout -----
    token
      fail     token.valid               the token is valid
               GitLab refuses the token's owner: Your account has been blocked.
               fix: unblock the account of the token's owner, or use another administrator's token
                    http://127.0.0.1:[port]/admin/users?filter=blocked
               token.md#check-token-valid

    verdict: fail, 4 passed, 1 failed, 24 skipped on http://127.0.0.1:[port] ([cost])
    == pending approval: connect
    exit code: 1
    ----- stderr -----
    error: GitLab refuses the token's owner: Your account is pending approval from your administrator and hence blocked.
    hint: approve the account of the token's owner
          http://127.0.0.1:[port]/admin/users?filter=blocked_pending_approval
    == pending approval: verify
    exit code: 1
    ----- stdout -----
    token
      fail     token.valid               the token is valid
               GitLab refuses the token's owner: Your account is pending approval from your administrator and hence blocked.
               fix: approve the account of the token's owner
                    http://127.0.0.1:[port]/admin/users?filter=blocked_pending_approval
               token.md#check-token-valid

    verdict: fail, 4 passed, 1 failed, 24 skipped on http://127.0.0.1:[port] ([cost])
    == terms not accepted: connect
    exit code: 1
    ----- stderr -----
    error: GitLab refuses the token's owner: You (@root) must accept the Terms of Service in order to perform this action. To accept these terms, please access GitLab from a web browser at http://127.0.0.1:[port].
    hint: sign in as the token's owner and accept the terms of service
          http://127.0.0.1:[port]/-/users/terms
    == terms not accepted: verify
    exit code: 1
    ----- stdout -----
    token
      fail     token.valid               the token is valid
               GitLab refuses the token's owner: You (@root) must accept the Terms of Service in order to perform this action. To accept these terms, please access GitLab from a web browser at http://127.0.0.1:[port].
               fix: sign in as the token's owner and accept the terms of service
                    http://127.0.0.1:[port]/-/users/terms
               token.md#check-token-valid

    verdict: fail, 4 passed, 1 failed, 24 skipped on http://127.0.0.1:[port] ([cost])
    == deactivated: connect
    exit code: 1
    ----- stderr -----
    error: GitLab refuses the token's owner: Your account has been deactivated by your administrator. Please log back in from a web browser to reactivate your account at http://127.0.0.1:[port]
    hint: sign in as the token's owner, which activates the account
          http://127.0.0.1:[port]/users/sign_in
    == deactivated: verify
    exit code: 1
    ----- stdout -----
    token
      fail     token.valid               the token is valid
               GitLab refuses the token's owner: Your account has been deactivated by your administrator. Please log back in from a web browser to reactivate your account at http://127.0.0.1:[port]
               fix: sign in as the token's owner, which activates the account
                    http://127.0.0.1:[port]/users/sign_in
               token.md#check-token-valid

    verdict: fail, 4 passed, 1 failed, 24 skipped on http://127.0.0.1:[port] ([cost])
    == not confirmed: connect
    exit code: 1
    ----- stderr -----
    error: GitLab refuses the token's owner: Your primary email address is not confirmed. Please check your inbox for the confirmation instructions. In case the link is expired, you can request a new confirmation email at http://127.0.0.1:[port]/users/confirmation/new
    hint: confirm the email address of the token's owner; an administrator can, too
          http://127.0.0.1:[port]/admin/users
    == not confirmed: verify
    exit code: 1
    ----- stdout -----
    token
      fail     token.valid               the token is valid
               GitLab refuses the token's owner: Your primary email address is not confirmed. Please check your inbox for the confirmation instructions. In case the link is expired, you can request a new confirmation email at http://127.0.0.1:[port]/users/confirmation/new
               fix: confirm the email address of the token's owner; an administrator can, too
                    http://127.0.0.1:[port]/admin/users
               token.md#check-token-valid

    verdict: fail, 4 passed, 1 failed, 24 skipped on http://127.0.0.1:[port] ([cost])
    == password expired: connect
    exit code: 1
    ----- stderr -----
    error: GitLab refuses the token's owner: Your password expired. Please access GitLab from a web browser to update your password.
    hint: sign in as the token's owner and set a new password
          http://127.0.0.1:[port]/-/user_settings/password/new
    == password expired: verify
    exit code: 1
    ----- stdout -----
    token
      fail     token.valid               the token is valid
               GitLab refuses the token's owner: Your password expired. Please access GitLab from a web browser to update your password.
               fix: sign in as the token's owner and set a new password
                    http://127.0.0.1:[port]/-/user_settings/password/new
               token.md#check-token-valid

    verdict: fail, 4 passed, 1 failed, 24 skipped on http://127.0.0.1:[port] ([cost])
    ");
}

/// What GitLab refuses for one group or project is not put down to the token, which it accepts elsewhere.
#[test]
fn the_refusal_of_one_project_is_not_blamed_on_the_token() {
    let options = || SandboxOptions { plan: SandboxPlan::None, projects: 2, ..small() };
    let mut said = Said::default();
    for (case, fault) in [
        ("its hooks cannot be read", "GET /api/v4/projects/1/hooks=status:403"),
        ("its hook cannot be created", "POST /api/v4/projects/1/hooks=status:403"),
    ] {
        let env = TestEnv::with(options());
        env.sandbox().fault(fault).expect(case);
        said.keep_all(&format!("{case}: connect"), &env.run(&super::CONNECT));
        said.keep_all(&format!("{case}: verify"), &env.run(&super::VERIFY));
    }
    let env = TestEnv::with(options());
    said.pair("a project that is not there", &env, &["--project", "group-1/nowhere"]);
    said.pair("a group that is not there", &env, &["--group", "nowhere"]);
    env.sandbox().fault("GET /api/v4/projects/group-1%2Fproject-1=status:403").expect("a fault");
    said.pair("a named project that refuses", &env, &["--project", "group-1/project-1"]);
    assert!(!said.to_string().contains("personal_access_tokens"), "{said}");
    insta::assert_snapshot!(said, @r#"
    == its hooks cannot be read: connect
    exit code: 1
    ----- stdout -----
    not finished: http://127.0.0.1:[port]

    error: the hooks of project group-1/project-1 could not be read
      caused by: GET /api/v4/projects/1/hooks on 127.0.0.1:[port]: answered 403: 403 Forbidden
    hint: open it as the token's owner: GitLab refuses this group or project and accepts the token elsewhere (an IP restriction or single sign-on of the group, external authorization); or leave it out with --exclude
          http://127.0.0.1:[port]/admin/projects
    == its hooks cannot be read: verify
    exit code: 1
    ----- stdout -----
    webhook
      fail     webhook.coverage          every target has a webhook to Factory
               the hooks of project group-1/project-1 cannot be read: GET /api/v4/projects/1/hooks on 127.0.0.1:[port]: answered 403: 403 Forbidden
               fix: open it as the token's owner: GitLab refuses this group or project and accepts the token elsewhere (an IP restriction or single sign-on of the group, external authorization); or leave it out with --exclude
                    http://127.0.0.1:[port]/group-1/project-1/-/hooks
               webhook.md#check-webhook-coverage
      unknown  webhook.events            the hooks send the events that Factory needs
               the hooks of 1 target could not be read: GET /api/v4/projects/1/hooks on 127.0.0.1:[port]: answered 403: 403 Forbidden
               webhook.md#check-webhook-events
      unknown  webhook.tls               the hooks verify Factory's certificate
               the hooks of 1 target could not be read: GET /api/v4/projects/1/hooks on 127.0.0.1:[port]: answered 403: 403 Forbidden
               webhook.md#check-webhook-tls
      unknown  webhook.token             the hooks carry the kit's secret token
               the hooks of 1 target could not be read: GET /api/v4/projects/1/hooks on 127.0.0.1:[port]: answered 403: 403 Forbidden
               webhook.md#check-webhook-token
      unknown  webhook.payload           the hooks send GitLab's own payload
               the hooks of 1 target could not be read: GET /api/v4/projects/1/hooks on 127.0.0.1:[port]: answered 403: 403 Forbidden
               webhook.md#check-webhook-payload
      unknown  webhook.enabled           no hook was disabled by GitLab
               the hooks of 1 target could not be read: GET /api/v4/projects/1/hooks on 127.0.0.1:[port]: answered 403: 403 Forbidden
               webhook.md#check-webhook-enabled
      unknown  webhook.duplicates        no target has two webhooks to Factory
               the hooks of 1 target could not be read: GET /api/v4/projects/1/hooks on 127.0.0.1:[port]: answered 403: 403 Forbidden
               webhook.md#check-webhook-duplicates

    verdict: fail, 20 passed, 1 failed, 3 skipped, 6 unknown on http://127.0.0.1:[port] ([cost])
    == its hook cannot be created: connect
    exit code: 1
    ----- stdout -----
    not finished: http://127.0.0.1:[port]

      failed  register a webhook on project group-1/project-1
              GitLab refused
              caused by: POST /api/v4/projects/1/hooks on 127.0.0.1:[port]: answered 403: 403 Forbidden
      - open it as the token's owner: GitLab refuses this group or project and accepts the token elsewhere (an IP restriction or single sign-on of the group, external authorization); or leave it out with --exclude
        http://127.0.0.1:[port]/admin/projects

    6 of 7 steps done, 1 failed.
    Completed steps are kept. Run the same command again to continue.
    == its hook cannot be created: verify
    exit code: 1
    ----- stdout -----
    webhook
      fail     webhook.coverage          every target has a webhook to Factory
               1 of 2 targets has no hook to Factory: project group-1/project-1
               fix: create the missing hooks
                    factory-gitlab connect
                    http://127.0.0.1:[port]/group-1/project-1/-/hooks
               webhook.md#check-webhook-coverage

    verdict: fail, 26 passed, 1 failed, 3 skipped on http://127.0.0.1:[port] ([cost])
    == a project that is not there: connect
    exit code: 1
    ----- stderr -----
    error: the current state could not be read; nothing was planned
      caused by: GET /api/v4/projects/group-1%2Fnowhere on 127.0.0.1:[port]: answered 404: 404 Project Not Found
    hint: correct --group or --project: nothing of this path exists, or it is not visible to this token
          http://127.0.0.1:[port]/admin/projects
    == a project that is not there: verify
    exit code: 1
    ----- stdout -----
    application
      fail     application.exists        there is one OAuth application for Factory
               no instance-wide application is named "Factory Integration"
               fix: create it
                    factory-gitlab connect --project group-1/nowhere
               application.md#check-application-exists

    webhook
      fail     webhook.coverage          every target has a webhook to Factory
               GET /api/v4/projects/group-1%2Fnowhere on 127.0.0.1:[port]: answered 404: 404 Project Not Found
               fix: correct --group or --project: nothing of this path exists, or it is not visible to this token
                    http://127.0.0.1:[port]/admin/projects
               webhook.md#check-webhook-coverage
      fail     webhook.scope             no hook of ours is outside the selection
               GET /api/v4/projects/group-1%2Fnowhere on 127.0.0.1:[port]: answered 404: 404 Project Not Found
               fix: correct --group or --project: nothing of this path exists, or it is not visible to this token
                    http://127.0.0.1:[port]/admin/projects
               webhook.md#check-webhook-scope

    verdict: fail, 11 passed, 3 failed, 15 skipped on http://127.0.0.1:[port] ([cost])
    == a group that is not there: connect
    exit code: 1
    ----- stderr -----
    error: the current state could not be read; nothing was planned
      caused by: GET /api/v4/groups/nowhere on 127.0.0.1:[port]: answered 404: 404 Group Not Found
    hint: correct --group or --project: nothing of this path exists, or it is not visible to this token
          http://127.0.0.1:[port]/admin/groups
    == a group that is not there: verify
    exit code: 1
    ----- stdout -----
    application
      fail     application.exists        there is one OAuth application for Factory
               no instance-wide application is named "Factory Integration"
               fix: create it
                    factory-gitlab connect --group nowhere
               application.md#check-application-exists

    webhook
      fail     webhook.coverage          every target has a webhook to Factory
               GET /api/v4/groups/nowhere on 127.0.0.1:[port]: answered 404: 404 Group Not Found
               fix: correct --group or --project: nothing of this path exists, or it is not visible to this token
                    http://127.0.0.1:[port]/admin/groups
               webhook.md#check-webhook-coverage
      fail     webhook.scope             no hook of ours is outside the selection
               GET /api/v4/groups/nowhere on 127.0.0.1:[port]: answered 404: 404 Group Not Found
               fix: correct --group or --project: nothing of this path exists, or it is not visible to this token
                    http://127.0.0.1:[port]/admin/groups
               webhook.md#check-webhook-scope

    verdict: fail, 11 passed, 3 failed, 15 skipped on http://127.0.0.1:[port] ([cost])
    == a named project that refuses: connect
    exit code: 1
    ----- stderr -----
    error: the current state could not be read; nothing was planned
      caused by: GET /api/v4/projects/group-1%2Fproject-1 on 127.0.0.1:[port]: answered 403: 403 Forbidden
    hint: open it as the token's owner: GitLab refuses this group or project and accepts the token elsewhere (an IP restriction or single sign-on of the group, external authorization); or leave it out with --exclude
          http://127.0.0.1:[port]/admin/projects
    == a named project that refuses: verify
    exit code: 1
    ----- stdout -----
    application
      fail     application.exists        there is one OAuth application for Factory
               no instance-wide application is named "Factory Integration"
               fix: create it
                    factory-gitlab connect --project group-1/project-1
               application.md#check-application-exists

    webhook
      fail     webhook.coverage          every target has a webhook to Factory
               GET /api/v4/projects/group-1%2Fproject-1 on 127.0.0.1:[port]: answered 403: 403 Forbidden
               fix: open it as the token's owner: GitLab refuses this group or project and accepts the token elsewhere (an IP restriction or single sign-on of the group, external authorization); or leave it out with --exclude
                    http://127.0.0.1:[port]/admin/projects
               webhook.md#check-webhook-coverage
      fail     webhook.scope             no hook of ours is outside the selection
               GET /api/v4/projects/group-1%2Fproject-1 on 127.0.0.1:[port]: answered 403: 403 Forbidden
               fix: open it as the token's owner: GitLab refuses this group or project and accepts the token elsewhere (an IP restriction or single sign-on of the group, external authorization); or leave it out with --exclude
                    http://127.0.0.1:[port]/admin/projects
               webhook.md#check-webhook-scope

    verdict: fail, 11 passed, 3 failed, 15 skipped on http://127.0.0.1:[port] ([cost])
    "#);
}
