//! The address of GitLab.

use super::{Said, small};
use crate::test_env::TestEnv;
use factory_gitlab::sandbox::options::{SandboxOptions, SandboxVersion};

#[test]
fn an_invalid_address_is_explained_with_the_right_one() {
    let mut env = TestEnv::with(small());
    let mut said = Said::default();
    let real = env.sandbox().gitlab_url();
    for (case, url) in [
        ("the API's", format!("{real}/api/v4")),
        ("below the API's", format!("{real}/api/v4/projects/1")),
        ("without scheme", "gitlab.acme.example".to_owned()),
        ("with user info", "https://root:canary-in-a-url@gitlab.acme.example/".to_owned()),
        ("with user info, without scheme", "root:canary-in-a-url@gitlab.acme.example".to_owned()),
        ("a project's page", format!("{real}/group-1/project-1")),
        ("the page of applications", format!("{real}/admin/applications")),
        ("the sign-in page", format!("{real}/users/sign_in")),
        ("http", "http://gitlab.acme.example".to_owned()),
        ("ssh", "ssh://git@gitlab.acme.example".to_owned()),
        ("with a query", format!("{real}/?private_token=canary-in-a-url")),
        ("no host", "https://".to_owned()),
        ("a word", "gitlab".to_owned()),
        ("nothing at all", String::new()),
    ] {
        env.set("GITLAB_URL", &url);
        said.both(case, &env);
    }
    assert!(!said.to_string().contains("canary-in"), "{said}");
    insta::assert_snapshot!(said, @r#"
    == the API's: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable GITLAB_URL cannot be used: the GitLab URL is the address of the API; write http://127.0.0.1:[port]
    == below the API's: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable GITLAB_URL cannot be used: the GitLab URL is the address of the API; write http://127.0.0.1:[port]
    == without scheme: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable GITLAB_URL cannot be used: the GitLab URL "gitlab.acme.example" has no scheme; write https://gitlab.acme.example
    == with user info: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable GITLAB_URL cannot be used: the GitLab URL holds a user name or password; give the token with --token-file or GITLAB_TOKEN, and the URL as https://gitlab.acme.example
    == with user info, without scheme: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable GITLAB_URL cannot be used: the GitLab URL "gitlab.acme.example" has no scheme; write https://gitlab.acme.example
    == a project's page: connect
    exit code: 1
    ----- stderr -----
    error: http://127.0.0.1:[port]/group-1/project-1 is the address of a page of GitLab, not of GitLab itself
    hint: give the address of GitLab itself
          factory-gitlab connect --gitlab-url http://127.0.0.1:[port]
    == a project's page: verify
    exit code: 1
    ----- stdout -----
    instance
      fail     instance.api              GitLab's API answers
               this is the address of a page of GitLab, not of GitLab itself
               fix: give the address of GitLab itself
                    factory-gitlab verify --gitlab-url http://127.0.0.1:[port]
               instance.md#check-instance-api

    verdict: fail, 3 passed, 1 failed, 25 skipped on http://127.0.0.1:[port]/group-1/project-1 ([cost])
    == the page of applications: connect
    exit code: 1
    ----- stderr -----
    error: http://127.0.0.1:[port]/admin/applications is the address of a page of GitLab, not of GitLab itself
    hint: give the address of GitLab itself
          factory-gitlab connect --gitlab-url http://127.0.0.1:[port]
    == the page of applications: verify
    exit code: 1
    ----- stdout -----
    instance
      fail     instance.api              GitLab's API answers
               this is the address of a page of GitLab, not of GitLab itself
               fix: give the address of GitLab itself
                    factory-gitlab verify --gitlab-url http://127.0.0.1:[port]
               instance.md#check-instance-api

    verdict: fail, 3 passed, 1 failed, 25 skipped on http://127.0.0.1:[port]/admin/applications ([cost])
    == the sign-in page: connect
    exit code: 1
    ----- stderr -----
    error: http://127.0.0.1:[port]/users/sign_in is the address of a page of GitLab, not of GitLab itself
    hint: give the address of GitLab itself
          factory-gitlab connect --gitlab-url http://127.0.0.1:[port]
    == the sign-in page: verify
    exit code: 1
    ----- stdout -----
    instance
      fail     instance.api              GitLab's API answers
               this is the address of a page of GitLab, not of GitLab itself
               fix: give the address of GitLab itself
                    factory-gitlab verify --gitlab-url http://127.0.0.1:[port]
               instance.md#check-instance-api

    verdict: fail, 3 passed, 1 failed, 25 skipped on http://127.0.0.1:[port]/users/sign_in ([cost])
    == http: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable GITLAB_URL cannot be used: http sends the token unprotected, and only a loopback address may use it; write https://gitlab.acme.example
    == ssh: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable GITLAB_URL cannot be used: the GitLab URL has the scheme "ssh"; GitLab is reached over https
    == with a query: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable GITLAB_URL cannot be used: the GitLab URL has a query or a fragment; write http://127.0.0.1:[port]
    == no host: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable GITLAB_URL cannot be used: the GitLab URL cannot be read: empty host; write it as https://gitlab.example.com
    == a word: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable GITLAB_URL cannot be used: the GitLab URL is not an address; write it as https://gitlab.example.com
    == nothing at all: connect and verify
    exit code: 2
    ----- stderr -----
    error: missing input: 1 value, and no terminal to ask on
    hint: GitLab's URL: --gitlab-url, the variable GITLAB_URL, or gitlab_url in the answers file
    "#);
}

#[test]
fn an_address_that_does_not_answer_is_told_apart_from_another_server() {
    let mut env = TestEnv::with(small());
    let mut said = Said::default();
    for (case, url) in [
        ("a name that does not resolve", "https://gitlab.invalid".to_owned()),
        ("a port that is shut", "https://127.0.0.1:1".to_owned()),
        ("Factory's address", env.sandbox().factory_url()),
    ] {
        env.set("GITLAB_URL", &url);
        said.both(case, &env);
    }
    insta::assert_snapshot!(said, @r"
    == a name that does not resolve: connect
    exit code: 3
    ----- stderr -----
    error: https://gitlab.invalid could not be reached
      caused by: GET /api/v4/metadata on gitlab.invalid: the name gitlab.invalid does not resolve
    hint: correct the host name gitlab.invalid, or make it resolve on this machine (DNS, VPN)
    == a name that does not resolve: verify
    exit code: 3
    ----- stdout -----
    instance
      unknown  instance.dns              the name resolves
               GET / on gitlab.invalid: the name gitlab.invalid does not resolve
               fix: correct the host name gitlab.invalid, or make it resolve on this machine (DNS, VPN)
               instance.md#check-instance-dns

    verdict: unknown, 1 passed, 27 skipped, 1 unknown on https://gitlab.invalid ([cost])
    == a port that is shut: connect
    exit code: 3
    ----- stderr -----
    error: https://127.0.0.1:[port] could not be reached
      caused by: GET /api/v4/metadata on 127.0.0.1:[port]: no connection: Connection refused (os error 111)
    hint: check the address and port, and that firewall and VPN let this machine reach 127.0.0.1:[port]
    == a port that is shut: verify
    exit code: 3
    ----- stdout -----
    instance
      unknown  instance.tcp              the port opens
               GET / on 127.0.0.1:[port]: no connection: Connection refused (os error 111)
               fix: check the address and port, and that firewall and VPN let this machine reach 127.0.0.1:[port]
               instance.md#check-instance-tcp

    verdict: unknown, 2 passed, 26 skipped, 1 unknown on https://127.0.0.1:[port] ([cost])
    == Factory's address: connect
    exit code: 1
    ----- stderr -----
    error: there is no GitLab API at http://127.0.0.1:[port]
      caused by: GET /api/v4/metadata on 127.0.0.1:[port]: answered 404: there is nothing at this address
    hint: correct the URL; where GitLab is installed under a path, add it (https://host/gitlab)
    == Factory's address: verify
    exit code: 1
    ----- stdout -----
    instance
      fail     instance.api              GitLab's API answers
               there is no GitLab API at this URL
               fix: correct the URL; where GitLab is installed under a path, add it (https://host/gitlab)
               instance.md#check-instance-api

    verdict: fail, 3 passed, 1 failed, 25 skipped on http://127.0.0.1:[port] ([cost])
    ");
}

#[test]
fn http_that_redirects_to_https_names_the_right_address() {
    let mut env = TestEnv::with(SandboxOptions { tls: true, ..small() });
    let plain = env.sandbox().plain_url().expect("a plain address");
    env.set("GITLAB_URL", &plain);
    let mut said = Said::default();
    said.both("http", &env);
    insta::assert_snapshot!(said, @r"
    == http: connect
    exit code: 1
    ----- stderr -----
    error: http://127.0.0.1:[port] redirects to https://127.0.0.1:[port]
    hint: use the URL that GitLab redirects to
          factory-gitlab connect --gitlab-url https://127.0.0.1:[port]
    == http: verify
    exit code: 1
    ----- stdout -----
    instance
      fail     instance.url              the URL is GitLab's own
               GitLab redirects to https://127.0.0.1:[port]/api/v4/metadata
               fix: use the URL that GitLab redirects to
                    factory-gitlab verify --gitlab-url https://127.0.0.1:[port]
               instance.md#check-instance-url

    verdict: fail, 3 passed, 1 failed, 25 skipped on http://127.0.0.1:[port] ([cost])
    ");
    let right = env.sandbox().gitlab_url();
    let run = env.run(&super::CONNECT);
    assert!(run.stderr.contains(&right), "{right}: {run}");
}

#[test]
fn a_missing_relative_root_is_explained() {
    let mut env = TestEnv::with(SandboxOptions { relative_root: "/gitlab".to_owned(), ..small() });
    let given = env.sandbox().gitlab_url();
    env.set("GITLAB_URL", given.trim_end_matches("/gitlab"));
    let mut said = Said::default();
    said.both("without the root", &env);
    insta::assert_snapshot!(said, @r"
    == without the root: connect
    exit code: 1
    ----- stderr -----
    error: GitLab's API does not answer at http://127.0.0.1:[port]
      caused by: GET /api/v4/metadata on 127.0.0.1:[port]: 404, a web page, as a proxy or load balancer gives
    hint: correct the URL; where GitLab is installed under a path, add it (https://host/gitlab)
    == without the root: verify
    exit code: 1
    ----- stdout -----
    instance
      fail     instance.api              GitLab's API answers
               GitLab's API does not answer at this URL; the answer is a web page, as a proxy or load balancer gives
               fix: correct the URL; where GitLab is installed under a path, add it (https://host/gitlab)
               instance.md#check-instance-api

    verdict: fail, 3 passed, 1 failed, 25 skipped on http://127.0.0.1:[port] ([cost])
    ");
    env.set("GITLAB_URL", &format!("{given}/"));
    let run = env.run(&super::CONNECT);
    assert_eq!(run.code, 0, "{run}");
    super::assert_connected_once("with the root", &env);
}

/// GitLab's `external_url` is http where a proxy ends TLS in front of it, and cannot be given as URL.
#[test]
fn an_external_url_that_cannot_be_given_is_corrected_in_gitlab() {
    let env = TestEnv::with(small());
    env.sandbox().gitlab().lock().external_url = "http://gitlab.acme.example".parse().expect("an address");
    env.connects(&[]);
    let mut said = Said::default();
    said.keep_all("verify", &env.run(&["verify", "-q"]));
    let (real, away) = (env.sandbox().gitlab_url(), "http://gitlab.acme.example/api/v4/metadata");
    for (case, to) in [("a redirect to it", away), ("a redirect to itself", &format!("{real}/api/v4/metadata"))] {
        env.sandbox().clear_faults();
        env.sandbox().fault(&format!("GET /api/v4/metadata=redirect:{to}")).expect(case);
        said.keep_all(&format!("{case}: connect"), &env.run(&super::CONNECT));
        said.keep_all(&format!("{case}: verify"), &env.run(&super::VERIFY));
    }
    insta::assert_snapshot!(said, @r"
    == verify
    exit code: 1
    ----- stdout -----
    instance
      fail     instance.url              the URL is GitLab's own
               GitLab's own URL is http://gitlab.acme.example; the given URL is http://127.0.0.1:[port]
               fix: set external_url to http://127.0.0.1:[port] in GitLab's configuration, with nginx['listen_https'] = false where a proxy in front of it ends TLS, and let that proxy send X-Forwarded-Proto: https
                    https://docs.gitlab.com/omnibus/settings/ssl/#configure-a-reverse-proxy-or-load-balancer-ssl-termination
               instance.md#check-instance-url

    verdict: fail, 26 passed, 1 failed, 3 skipped on http://127.0.0.1:[port] ([cost])
    == a redirect to it: connect
    exit code: 1
    ----- stderr -----
    error: http://127.0.0.1:[port] redirects to http://gitlab.acme.example
    hint: set external_url to http://127.0.0.1:[port] in GitLab's configuration, with nginx['listen_https'] = false where a proxy in front of it ends TLS, and let that proxy send X-Forwarded-Proto: https
          https://docs.gitlab.com/omnibus/settings/ssl/#configure-a-reverse-proxy-or-load-balancer-ssl-termination
    == a redirect to it: verify
    exit code: 1
    ----- stdout -----
    instance
      fail     instance.url              the URL is GitLab's own
               GitLab redirects to http://gitlab.acme.example/api/v4/metadata
               fix: set external_url to http://127.0.0.1:[port] in GitLab's configuration, with nginx['listen_https'] = false where a proxy in front of it ends TLS, and let that proxy send X-Forwarded-Proto: https
                    https://docs.gitlab.com/omnibus/settings/ssl/#configure-a-reverse-proxy-or-load-balancer-ssl-termination
               instance.md#check-instance-url

    verdict: fail, 5 passed, 1 failed, 24 skipped on http://127.0.0.1:[port] ([cost])
    == a redirect to itself: connect
    exit code: 1
    ----- stderr -----
    error: http://127.0.0.1:[port] redirects to http://127.0.0.1:[port]
    hint: check the proxy in front of GitLab: it redirects an address to itself (X-Forwarded-Proto, rewritten paths)
    == a redirect to itself: verify
    exit code: 1
    ----- stdout -----
    instance
      fail     instance.url              the URL is GitLab's own
               GitLab redirects to http://127.0.0.1:[port]/api/v4/metadata
               fix: check the proxy in front of GitLab: it redirects an address to itself (X-Forwarded-Proto, rewritten paths)
               instance.md#check-instance-url

    verdict: fail, 5 passed, 1 failed, 24 skipped on http://127.0.0.1:[port] ([cost])
    ");
}

#[test]
fn a_gitlab_that_is_too_old_is_called_that() {
    let mut said = Said::default();
    for (major, minor) in [(14, 10), (15, 1), (15, 4), (16, 10)] {
        let env = TestEnv::with(SandboxOptions { version: SandboxVersion::new(major, minor, 0), ..small() });
        said.both(&format!("{major}.{minor}"), &env);
    }
    insta::assert_snapshot!(said, @r#"
    == 14.10: connect
    exit code: 1
    ----- stderr -----
    error: GitLab 14.10.0-ee is older than 16.11, the oldest supported
    hint: update GitLab to 16.11 or newer
    == 14.10: verify
    exit code: 1
    ----- stdout -----
    instance
      fail     instance.version          the version is supported
               GitLab 14.10.0-ee is older than 16.11, the oldest supported
               fix: update GitLab to 16.11 or newer
               instance.md#check-instance-version

    verdict: fail, 5 passed, 1 failed, 23 skipped on http://127.0.0.1:[port] ([cost])
    == 15.1: connect
    exit code: 1
    ----- stderr -----
    error: GitLab 15.1.0-ee is older than 16.11, the oldest supported
    hint: update GitLab to 16.11 or newer
    == 15.1: verify
    exit code: 1
    ----- stdout -----
    instance
      fail     instance.version          the version is supported
               GitLab 15.1.0-ee is older than 16.11, the oldest supported
               fix: update GitLab to 16.11 or newer
               instance.md#check-instance-version

    verdict: fail, 5 passed, 1 failed, 23 skipped on http://127.0.0.1:[port] ([cost])
    == 15.4: connect
    exit code: 1
    ----- stderr -----
    error: GitLab 15.4.0-ee is older than 16.11, the oldest supported
    hint: update GitLab to 16.11 or newer
    == 15.4: verify
    exit code: 1
    ----- stdout -----
    instance
      fail     instance.version          the version is supported
               GitLab 15.4.0-ee is older than 16.11, the oldest supported
               fix: update GitLab to 16.11 or newer
               instance.md#check-instance-version

    verdict: fail, 5 passed, 1 failed, 23 skipped on http://127.0.0.1:[port] ([cost])
    == 16.10: connect
    exit code: 1
    ----- stderr -----
    error: GitLab 16.10.0-ee is older than 16.11, the oldest supported
    hint: update GitLab to 16.11 or newer
    == 16.10: verify
    exit code: 1
    ----- stdout -----
    instance
      fail     instance.version          the version is supported
               GitLab 16.10.0-ee is older than 16.11, the oldest supported
               fix: update GitLab to 16.11 or newer
               instance.md#check-instance-version

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

    verdict: fail, 11 passed, 3 failed, 15 skipped on http://127.0.0.1:[port] ([cost])
    "#);
}
