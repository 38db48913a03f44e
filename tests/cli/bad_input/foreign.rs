//! Other origins: secrets are never sent there, whatever a redirect or a link says.

use super::{Said, small};
use crate::test_env::TestEnv;
use factory_gitlab::sandbox::options::{SandboxOptions, SandboxPlan};
use factory_gitlab::sandbox::request_log::LoggedRequest;

#[test]
fn a_redirect_to_another_origin_is_not_followed() {
    let env = TestEnv::with(small());
    let other = TestEnv::new();
    let elsewhere = other.sandbox().gitlab_url();
    let mut said = Said::default();
    for (case, at) in [
        ("a redirect at the door", "GET /api/v4/metadata"),
        ("a redirect with the token", "GET /api/v4/personal_access_tokens/self"),
        ("a redirect of a list", "GET /api/v4/applications"),
        ("a redirect of Factory's", "factory:GET /gitlab/v1/kit"),
    ] {
        let path = at.rsplit_once(' ').map_or("", |(_, path)| path);
        env.sandbox().clear_faults();
        env.sandbox().fault(&format!("{at}=redirect:{elsewhere}{path}?page=2")).expect(case);
        said.both(case, &env);
        assert!(other.sandbox().requests().is_empty(), "{case}: {:?}", other.sandbox().requests());
    }
    insta::assert_snapshot!(said, @r"
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
               instance.md#check-instance-url

    verdict: fail, 3 passed, 1 failed, 25 skipped on http://127.0.0.1:[port] ([cost])
    == a redirect with the token: connect
    exit code: 1
    ----- stderr -----
    error: cannot check whether the token is valid: the request was refused
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
               token.md#check-token-valid

    verdict: fail, 6 passed, 1 failed, 22 skipped on http://127.0.0.1:[port] ([cost])
    == a redirect of a list: connect
    exit code: 1
    ----- stderr -----
    error: cannot check whether the token acts as an administrator: the request was refused
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
               token.md#check-token-admin

    verdict: fail, 10 passed, 1 failed, 18 skipped on http://127.0.0.1:[port] ([cost])
    == a redirect of Factory's: connect and verify
    exit code: 1
    ----- stderr -----
    error: the kit could not be fetched
      caused by: GET /gitlab/v1/kit on 127.0.0.1:[port]: redirected to http://127.0.0.1:[port]/gitlab/v1/kit
    hint: let API requests pass the proxy or sign-in page in front of 127.0.0.1:[port], or correct the address
    ");
}

/// Of a `Link` only the query is used: GitLab builds the rest from its `external_url`, which may be an inner name.
#[test]
fn the_next_page_is_read_from_the_given_origin_whatever_the_link_names() {
    let other = TestEnv::new();
    let elsewhere = other.sandbox().gitlab_url();
    for external_url in [elsewhere.as_str(), "http://gitlab.inner.example", "https://gitlab.inner.example/gitlab"] {
        let many = SandboxOptions { groups: 101, projects: 101, plan: SandboxPlan::None, ..SandboxOptions::default() };
        let env = TestEnv::with(many);
        env.sandbox().gitlab().lock().external_url = external_url.parse().expect("an address");
        let run = env.run(&["connect", "--yes", "--dry-run"]);
        assert_eq!(run.code, 0, "{external_url}: {run}");
        let asked = env.sandbox().requests();
        // Groups are paged by offset, projects by keyset.
        for (list, next) in [("/api/v4/groups", "page=2"), ("/api/v4/projects", "id_after=")] {
            let is_next = |one: &LoggedRequest| one.path() == list && one.target.contains(next);
            assert!(asked.iter().any(is_next), "{external_url}, {list}: {asked:?}");
        }
    }
    assert!(other.sandbox().requests().is_empty(), "{:?}", other.sandbox().requests());
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
