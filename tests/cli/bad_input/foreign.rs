//! Other origins: secrets are never sent there, whatever a redirect or a link says.

use super::{Said, small};
use crate::test_env::TestEnv;

#[test]
fn a_redirect_or_a_link_to_another_origin_is_not_followed() {
    let env = TestEnv::with(small());
    let other = TestEnv::new();
    let elsewhere = other.sandbox().gitlab_url();
    let mut said = Said::default();
    for (case, at, how) in [
        ("a redirect at the door", "GET /api/v4/metadata", "redirect"),
        ("a redirect with the token", "GET /api/v4/personal_access_tokens/self", "redirect"),
        ("a redirect of a list", "GET /api/v4/applications", "redirect"),
        ("a link to the next page of applications", "GET /api/v4/applications", "link"),
        ("a link to the next page of groups", "GET /api/v4/groups", "link"),
        ("a link to the next page of hooks", "GET /api/v4/groups/*/hooks", "link"),
        ("a redirect of Factory's", "factory:GET /gitlab/v1/kit", "redirect"),
    ] {
        let path = at.rsplit_once(' ').map_or("", |(_, path)| path).replace('*', "1");
        env.sandbox().clear_faults();
        env.sandbox().fault(&format!("{at}={how}:{elsewhere}{path}?page=2")).expect(case);
        said.both(case, &env);
        assert!(other.sandbox().requests().is_empty(), "{case}: {:?}", other.sandbox().requests());
    }
    insta::assert_snapshot!(said, @r#"
    == a redirect at the door: connect
    exit code: 1
    ----- stderr -----
    error: http://127.0.0.1:[port] redirects to http://127.0.0.1:[port]
    hint: use the URL that GitLab redirects to
          factory-gitlab connect --gitlab-url http://127.0.0.1:[port]
    == a redirect at the door: verify
    exit code: 1
    ----- stdout -----
    instance
      fail     instance.url              the URL is GitLab's own
               GitLab redirects to http://127.0.0.1:[port]/api/v4/metadata
               fix: use the URL that GitLab redirects to
                    factory-gitlab verify --gitlab-url http://127.0.0.1:[port]
               README.md#check-instance-url

    verdict: fail, 3 passed, 1 failed, 25 skipped on http://127.0.0.1:[port] ([cost])
    == a redirect with the token: connect
    exit code: 1
    ----- stderr -----
    error: cannot check whether the token is valid: GitLab refused the request
      caused by: GET /api/v4/personal_access_tokens/self on 127.0.0.1:[port]: redirected to http://127.0.0.1:[port]/api/v4/personal_access_tokens/self
    hint: use the URL that GitLab redirects to
          factory-gitlab connect --gitlab-url http://127.0.0.1:[port]
    == a redirect with the token: verify
    exit code: 1
    ----- stdout -----
    token
      fail     token.valid               the token is valid
               GET /api/v4/personal_access_tokens/self on 127.0.0.1:[port]: redirected to http://127.0.0.1:[port]/api/v4/personal_access_tokens/self
               fix: use the URL that GitLab redirects to
                    factory-gitlab verify --gitlab-url http://127.0.0.1:[port]
               README.md#check-token-valid

    verdict: fail, 6 passed, 1 failed, 22 skipped on http://127.0.0.1:[port] ([cost])
    == a redirect of a list: connect
    exit code: 1
    ----- stderr -----
    error: cannot check whether the token acts as an administrator: GitLab refused the request
      caused by: GET /api/v4/applications on 127.0.0.1:[port]: redirected to http://127.0.0.1:[port]/api/v4/applications
    hint: use the URL that GitLab redirects to
          factory-gitlab connect --gitlab-url http://127.0.0.1:[port]
    == a redirect of a list: verify
    exit code: 1
    ----- stdout -----
    token
      fail     token.admin               the token acts as an administrator
               GET /api/v4/applications on 127.0.0.1:[port]: redirected to http://127.0.0.1:[port]/api/v4/applications
               fix: use the URL that GitLab redirects to
                    factory-gitlab verify --gitlab-url http://127.0.0.1:[port]
               README.md#check-token-admin

    verdict: fail, 10 passed, 1 failed, 18 skipped on http://127.0.0.1:[port] ([cost])
    == a link to the next page of applications: connect
    exit code: 3
    ----- stderr -----
    error: cannot check whether the token acts as an administrator
      caused by: GET /api/v4/applications on 127.0.0.1:[port]: the link to the next page leads to another host: GitLab's external_url is not the address that was given
    hint: use the URL that GitLab has as its external_url
          factory-gitlab connect --gitlab-url URL
    == a link to the next page of applications: verify
    exit code: 3
    ----- stdout -----
    token
      unknown  token.admin               the token acts as an administrator
               GET /api/v4/applications on 127.0.0.1:[port]: the link to the next page leads to another host: GitLab's external_url is not the address that was given
               fix: use the URL that GitLab has as its external_url
                    factory-gitlab verify --gitlab-url URL
               README.md#check-token-admin

    verdict: unknown, 10 passed, 18 skipped, 1 unknown on http://127.0.0.1:[port] ([cost])
    == a link to the next page of groups: connect
    exit code: 3
    ----- stderr -----
    error: the current state could not be read; nothing was planned
      caused by: GET /api/v4/groups on 127.0.0.1:[port]: the link to the next page leads to another host: GitLab's external_url is not the address that was given
    hint: use the URL that GitLab has as its external_url
          factory-gitlab connect --gitlab-url URL
    == a link to the next page of groups: verify
    exit code: 1
    ----- stdout -----
    application
      fail     application.exists        there is one OAuth application for Factory
               no instance-wide application is named "Factory Integration"
               fix: create it
                    factory-gitlab connect
               README.md#check-application-exists

    webhook
      unknown  webhook.coverage          every target has a webhook to Factory
               GET /api/v4/groups on 127.0.0.1:[port]: the link to the next page leads to another host: GitLab's external_url is not the address that was given
               fix: use the URL that GitLab has as its external_url
                    factory-gitlab verify --gitlab-url URL
               README.md#check-webhook-coverage
      unknown  webhook.scope             no hook of ours is outside the selection
               GET /api/v4/groups on 127.0.0.1:[port]: the link to the next page leads to another host: GitLab's external_url is not the address that was given
               fix: use the URL that GitLab has as its external_url
                    factory-gitlab verify --gitlab-url URL
               README.md#check-webhook-scope

    verdict: fail, 11 passed, 1 failed, 15 skipped, 2 unknown on http://127.0.0.1:[port] ([cost])
    == a link to the next page of hooks: connect
    exit code: 3
    ----- stderr -----
    error: the current state could not be read; nothing was planned
      caused by: GET /api/v4/groups/3/hooks on 127.0.0.1:[port]: the link to the next page leads to another host: GitLab's external_url is not the address that was given
    hint: use the URL that GitLab has as its external_url
          factory-gitlab connect --gitlab-url URL
    == a link to the next page of hooks: verify
    exit code: 1
    ----- stdout -----
    application
      fail     application.exists        there is one OAuth application for Factory
               no instance-wide application is named "Factory Integration"
               fix: create it
                    factory-gitlab connect
               README.md#check-application-exists

    webhook
      unknown  webhook.coverage          every target has a webhook to Factory
               GET /api/v4/groups/3/hooks on 127.0.0.1:[port]: the link to the next page leads to another host: GitLab's external_url is not the address that was given
               fix: use the URL that GitLab has as its external_url
                    factory-gitlab verify --gitlab-url URL
               README.md#check-webhook-coverage

    verdict: fail, 12 passed, 1 failed, 15 skipped, 1 unknown on http://127.0.0.1:[port] ([cost])
    == a redirect of Factory's: connect and verify
    exit code: 1
    ----- stderr -----
    error: the kit could not be fetched
      caused by: GET /gitlab/v1/kit on 127.0.0.1:[port]: redirected to http://127.0.0.1:[port]/gitlab/v1/kit
    hint: let API requests pass the proxy or sign-in page in front of 127.0.0.1:[port], or correct the address
    "#);
}

#[test]
fn a_redirect_that_contains_a_secret_is_named_without_it() {
    let env = TestEnv::with(small());
    let token = env.variables()["GITLAB_TOKEN"].clone();
    for to in [
        format!("https://elsewhere.example/?private_token={token}"),
        format!("https://root:{token}@elsewhere.example/"),
        format!("https://elsewhere.example/{token}/api/v4/metadata"),
        format!("https://elsewhere.example/#{token}"),
        format!("/api/v4/{token}"),
    ] {
        env.sandbox().clear_faults();
        env.sandbox().fault(&format!("GET /api/v4/**=redirect:{to}")).expect("a fault");
        for args in [super::CONNECT.as_slice(), &super::VERIFY] {
            let run = env.run(args);
            assert_ne!(run.code, 0, "{run}");
            assert!(!format!("{}{}", run.stdout, run.stderr).contains(&token), "{run}");
        }
    }
}
