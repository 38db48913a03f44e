//! `verify`.

use super::*;

#[test]
fn a_healthy_connection() {
    let run = connected(small()).run(&["verify"]);
    insta::assert_snapshot!(run, @r"
    exit code: 0
    ----- stdout -----
    instance
      pass     instance.dns              the name resolves (private address)
      pass     instance.tcp              the port opens
      skip     instance.tls              the certificate is valid (http on a loopback address has no TLS)
      pass     instance.url              the URL is GitLab's own
      pass     instance.api              GitLab's API answers
      pass     instance.version          the version is supported (19.2.0-ee Enterprise Edition, premium)

    token
      pass     token.valid               the token is valid (token-1 of root)
      pass     token.scopes              the token has the scopes that are needed (api)
      pass     token.expiry              the token does not expire soon (until [date])
      pass     token.admin               the token acts as an administrator (root)
      pass     token.excess              the token has no more scopes than needed
      skip     token.handed_over         the token that Factory was given is valid (this machine has no record of a token that Factory was given)

    application
      pass     application.exists        there is one OAuth application for Factory (Factory Integration (number 1))
      pass     application.redirect_uri  the redirect URI is exactly Factory's
      pass     application.scopes        the application has the scopes that Factory needs
      pass     application.confidential  the application is confidential
      pass     application.secret        the application's ID and secret belong together

    webhook
      pass     webhook.coverage          every target has a webhook to Factory (1 group)
      pass     webhook.events            the hooks send the events that Factory needs
      pass     webhook.tls               the hooks verify Factory's certificate
      pass     webhook.token             the hooks carry the kit's secret token
      pass     webhook.payload           the hooks send GitLab's own payload
      pass     webhook.enabled           no hook was disabled by GitLab
      pass     webhook.duplicates        no target has two webhooks to Factory
      pass     webhook.scope             no hook of ours is outside the selection
      skip     webhook.delivery          a test delivery arrives (--live was not given)
      skip     webhook.recent            recent deliveries did not fail (no delivery was logged in the last 7 days; --live sends one)

    factory
      pass     factory.reachable         Factory's hosts answer
      skip     factory.bundle            Factory has accepted the bundle (this machine has no record of a bundle)
      warn     factory.status            Factory says that it is connected
               Factory has not finished yet: no bundle has been received yet
               fix: wait for Factory to finish
                    factory-gitlab verify --wait 10m
               factory.md#check-factory-status

    verdict: pass, 24 passed, 1 warned, 5 skipped on http://127.0.0.1:[port] (13 requests, [duration])
    ");
}

#[test]
fn only_the_problems_with_q() {
    let env = connected(small());
    change_hook(&env, &json!({ "note_events": false, "enable_ssl_verification": false, "token": "" }));
    env.sandbox().fault("GET /api/v4/applications=status:500").expect("a fault");
    let run = env.run(&["verify", "-q"]);
    insta::assert_snapshot!(run, @r"
    exit code: 3
    ----- stdout -----
    token
      unknown  token.admin               the token acts as an administrator
               GET /api/v4/applications on 127.0.0.1:[port]: answered 500: 500 Internal Server Error
               fix: try again once 127.0.0.1:[port] has recovered
                    factory-gitlab verify
               token.md#check-token-admin

    factory
      warn     factory.status            Factory says that it is connected
               Factory has not finished yet: no bundle has been received yet
               fix: wait for Factory to finish
                    factory-gitlab verify --wait 10m
               factory.md#check-factory-status

    verdict: unknown, 12 passed, 1 warned, 16 skipped, 1 unknown on http://127.0.0.1:[port] (14 requests, [duration])
    ");
}

#[test]
fn a_live_test() {
    let run = connected(small()).run(&["verify", "--live", "--only", "webhook.delivery"]);
    insta::assert_snapshot!(run, @r"
    exit code: 0
    ----- stdout -----
    webhook
      pass     webhook.delivery  a test delivery arrives (1 tested)

    verdict: pass, 1 passed on http://127.0.0.1:[port] (14 requests, [duration])
    ");
}

#[test]
fn a_live_test_that_does_not_arrive() {
    let env = connected(small());
    env.sandbox().factory().set_quirks(|quirks| quirks.webhook = Some((500, "broken".to_owned())));
    let run = env.run(&["verify", "--live", "--only", "webhook.delivery"]);
    insta::assert_snapshot!(run, @r"
    exit code: 1
    ----- stdout -----
    webhook
      fail     webhook.delivery  a test delivery arrives
               the test failed: broken
               fix: the way is open: tell Factory that it answers 500, then test again
                    factory-gitlab verify --live
               webhook.md#check-webhook-delivery

    verdict: fail, 1 failed on http://127.0.0.1:[port] (14 requests, [duration])
    ");
}

#[test]
fn the_list_of_checks() {
    let run = TestEnv::bare().run(&["verify", "--list", "--only", "webhook.*"]);
    insta::assert_snapshot!(run, @r"
    exit code: 0
    ----- stdout -----
    webhook.coverage    error    every target has a webhook to Factory
    webhook.events      error    the hooks send the events that Factory needs
    webhook.tls         error    the hooks verify Factory's certificate
    webhook.token       error    the hooks carry the kit's secret token
    webhook.payload     error    the hooks send GitLab's own payload
    webhook.enabled     error    no hook was disabled by GitLab
    webhook.duplicates  error    no target has two webhooks to Factory
    webhook.scope       error    no hook of ours is outside the selection
    webhook.delivery    error    a test delivery arrives
    webhook.recent      error    recent deliveries did not fail
    ");
}

#[test]
fn missing_input() {
    let run = TestEnv::bare().run(&["verify"]);
    insta::assert_snapshot!(run, @r"
    exit code: 2
    ----- stderr -----
    error: missing input: 3 values, and no terminal to ask on
    hint: the kit from Factory: --kit, the variable FACTORY_KIT, or kit in the answers file
    hint: GitLab's URL: --gitlab-url, the variable GITLAB_URL, or gitlab_url in the answers file
    hint: an admin's personal access token: --token-file, the variable GITLAB_TOKEN, or token_file in the answers file
    hint: without a kit, give its values one by one: --redirect-uri, --webhook-url, --webhook-secret-file, --recipient, --upload-url
    ");
}
