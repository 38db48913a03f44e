//! From nothing to connected, on each way; a second run; what verify, status and disconnect say of it.

use serde_json::json;

use crate::test_env::ApiCall;

use super::{CODE, SESSION, cloud, rehearse, selection, steady, with_person};

const CONNECT: [&str; 3] = ["connect", "--cloud", "--yes"];

#[test]
fn factorys_session_connects_without_a_token_here() {
    let run = rehearse(&["--cloud-kit", "session"], &["connect", "--cloud", "--yes"]);
    insta::assert_snapshot!(steady(&run), @r"
    exit code: 0
    ----- stdout -----
    connected: http://127.0.0.1:[port]

      done    authorize Factory's application at http://127.0.0.1:[port] in the browser
      done    tell Factory what it may work on
      done    wait until Factory says that it is connected

    authorized by @alice
    Factory works on everything that the account reaches

    Check it at any time: factory-gitlab verify --cloud

    [n] requests, 2 of them writes, [duration]
    ----- stderr -----
    sandbox: an embedded GitLab at http://127.0.0.1:[port], an embedded Factory at http://127.0.0.1:[port]; nothing real is touched
    Plan for http://127.0.0.1:[port]
      1. authorize Factory's application at http://127.0.0.1:[port] in the browser
         with the scopes api, read_user
         through Factory, so that no token passes this machine
      2. tell Factory what it may work on
         everything that the account reaches
         at http://127.0.0.1:[port]/gitlab/v1/cloud/selection
      3. wait until Factory says that it is connected

    Authorize Factory at http://127.0.0.1:[port], in a browser, at this address:
      http://127.0.0.1:[port]/integrations/gitlab/authorize/[session]

    authorized by @alice, with api, read_user
    ");
}

#[test]
fn a_code_connects_by_a_redirect_to_this_machine() {
    let run = rehearse(&["--cloud-kit", "client"], &["connect", "--cloud", "--yes", "--group", "group-1", "--future"]);
    insta::assert_snapshot!(steady(&run), @r"
    exit code: 0
    ----- stdout -----
    connected: http://127.0.0.1:[port]

      done    authorize Factory's application at http://127.0.0.1:[port] in the browser
      done    hand the sealed grant over to Factory at http://127.0.0.1:[port]/gitlab/v1/bundles
      done    tell Factory what it may work on
      done    wait until Factory says that it is connected

    authorized by @alice
    Factory works on group group-1, with everything below it, and what is added later
    note: Factory's token also reaches 1 project, outside the selection
      - to make that smaller, authorize as a service account that is a member of only what is selected
        https://docs.gitlab.com/user/profile/service_accounts/

    Check it at any time: factory-gitlab verify --cloud

    [n] requests, 3 of them writes, [duration]
    ----- stderr -----
    sandbox: an embedded GitLab at http://127.0.0.1:[port], an embedded Factory at http://127.0.0.1:[port]; nothing real is touched
    Plan for http://127.0.0.1:[port]
      1. authorize Factory's application at http://127.0.0.1:[port] in the browser
         with the scopes api, read_user
         on this machine, with PKCE and a redirect to 127.0.0.1
      2. hand the sealed grant over to Factory at http://127.0.0.1:[port]/gitlab/v1/bundles
         sealed for 1 recipient: [recipient]
         Factory's first refresh ends the tokens in it
      3. tell Factory what it may work on
         group group-1, with everything below it, and what is added later
         at http://127.0.0.1:[port]/gitlab/v1/cloud/selection
      4. wait until Factory says that it is connected

    Authorize Factory at http://127.0.0.1:[port], in a browser on this machine, at this address:
      http://127.0.0.1:[port]/oauth/authorize?response_type=code&client_id=[digest]&state=[state]&code_challenge=[challenge]&code_challenge_method=S256&redirect_uri=http%3A%2F%2F127.0.0.1%3A[port]%2Fcallback&scope=api+read_user

    authorized by @alice, with api, read_user
    note: Factory's token also reaches 1 project, outside the selection
      - to make that smaller, authorize as a service account that is a member of only what is selected
        https://docs.gitlab.com/user/profile/service_accounts/
    ");
}

#[test]
fn a_device_code_connects_from_a_machine_without_a_browser() {
    let run = rehearse(&["--cloud-kit", "client,device"], &["connect", "--cloud", "--yes", "--device", "--all"]);
    insta::assert_snapshot!(steady(&run), @r"
    exit code: 0
    ----- stdout -----
    connected: http://127.0.0.1:[port]

      done    authorize Factory's application at http://127.0.0.1:[port] in the browser
      done    hand the sealed grant over to Factory at http://127.0.0.1:[port]/gitlab/v1/bundles
      done    tell Factory what it may work on
      done    wait until Factory says that it is connected

    authorized by @alice
    Factory works on everything that the account reaches

    Check it at any time: factory-gitlab verify --cloud

    [n] requests, 5 of them writes, [duration]
    ----- stderr -----
    sandbox: an embedded GitLab at http://127.0.0.1:[port], an embedded Factory at http://127.0.0.1:[port]; nothing real is touched
    Plan for http://127.0.0.1:[port]
      1. authorize Factory's application at http://127.0.0.1:[port] in the browser
         with the scopes api, read_user
         with a code that is typed in a browser on any machine
      2. hand the sealed grant over to Factory at http://127.0.0.1:[port]/gitlab/v1/bundles
         sealed for 1 recipient: [recipient]
         Factory's first refresh ends the tokens in it
      3. tell Factory what it may work on
         everything that the account reaches
         at http://127.0.0.1:[port]/gitlab/v1/cloud/selection
      4. wait until Factory says that it is connected

    Authorize Factory at http://127.0.0.1:[port], in a browser on any machine, at this address:
      http://127.0.0.1:[port]/oauth/device?user_code=[code]

    The code is [code].
    authorized by @alice, with api, read_user
    ");
}

#[test]
fn the_marks_of_groups_and_what_is_reached_beyond_are_said_before_the_plan_is_applied() {
    let groups = ["--group", "group-2", "--group", "group-3", "--group", "group-4", "--personal"];
    let run = rehearse(&["--groups", "4", "--projects", "8"], &[&CONNECT[..], &groups].concat());
    insta::assert_snapshot!(steady(&run), @r"
    exit code: 0
    ----- stdout -----
    connected: http://127.0.0.1:[port]

      done    authorize Factory's application at http://127.0.0.1:[port] in the browser
      done    tell Factory what it may work on
      done    wait until Factory says that it is connected

    authorized by @alice
    Factory works on group group-2, with everything below it
    Factory works on group group-3, with everything below it
    Factory works on group group-4, with everything below it
    Factory works on the projects of the account's own namespace
    warning: group group-2 lets in only 203.0.113.0/24: Factory is refused until its egress addresses are added in the group's settings (General, Permissions and group features)
    warning: group group-3 has SAML single sign-on: GitLab asks for it on web pages and for Git, not for API calls; an account that SAML removes takes Factory's access with it
    warning: group group-4 is marked for deletion: GitLab removes it soon, and Factory loses it then
    note: Factory's token also reaches 2 groups and 3 projects, outside the selection
      - to make that smaller, authorize as a service account that is a member of only what is selected
        https://docs.gitlab.com/user/profile/service_accounts/

    Check it at any time: factory-gitlab verify --cloud

    [n] requests, 2 of them writes, [duration]
    ----- stderr -----
    sandbox: an embedded GitLab at http://127.0.0.1:[port], an embedded Factory at http://127.0.0.1:[port]; nothing real is touched
    Plan for http://127.0.0.1:[port]
      1. authorize Factory's application at http://127.0.0.1:[port] in the browser
         with the scopes api, read_user
         through Factory, so that no token passes this machine
      2. tell Factory what it may work on
         group group-2, with everything below it
         group group-3, with everything below it
         group group-4, with everything below it
         the projects of the account's own namespace
         at http://127.0.0.1:[port]/gitlab/v1/cloud/selection
      3. wait until Factory says that it is connected

    Authorize Factory at http://127.0.0.1:[port], in a browser, at this address:
      http://127.0.0.1:[port]/integrations/gitlab/authorize/[session]

    authorized by @alice, with api, read_user
    warning: group group-2 lets in only 203.0.113.0/24: Factory is refused until its egress addresses are added in the group's settings (General, Permissions and group features)
    warning: group group-3 has SAML single sign-on: GitLab asks for it on web pages and for Git, not for API calls; an account that SAML removes takes Factory's access with it
    warning: group group-4 is marked for deletion: GitLab removes it soon, and Factory loses it then
    note: Factory's token also reaches 2 groups and 3 projects, outside the selection
      - to make that smaller, authorize as a service account that is a member of only what is selected
        https://docs.gitlab.com/user/profile/service_accounts/
    ");
}

#[test]
fn a_second_run_writes_nothing_and_a_new_selection_authorizes_nobody_again() {
    for offers in [SESSION, CODE] {
        let env = cloud(offers);
        let first = with_person(&env, &[&CONNECT[..], &["--group", "group-1", "-o", "json"]].concat());
        assert_eq!(first.code, 0, "{first}");
        assert_eq!(first.json()["changed"], true, "{first}");
        assert_eq!(first.json()["cloud"]["account"]["username"], "alice", "{first}");
        assert_eq!(first.json()["cloud"]["status"], "connected", "{first}");

        env.sandbox().clear_requests();
        let second = env.run(&[&CONNECT[..], &["-o", "json"]].concat());
        assert_eq!(second.code, 0, "{second}");
        assert_eq!((second.json()["changed"].clone(), env.writes().len()), (json!(false), 0), "{second}");
        assert_eq!(second.json()["cloud"]["selection"]["groups"][0]["full_path"], "group-1", "{second}");

        env.sandbox().clear_requests();
        let other = env.run(&[&CONNECT[..], &["--project", "group-1/project-1"]].concat());
        assert_eq!(other.code, 0, "{other}");
        assert_eq!(env.writes(), ["PUT /gitlab/v1/cloud/selection"], "{other}");
        assert_eq!(selection(&env)["projects"][0]["full_path"], "group-1/project-1");
    }
}

#[test]
fn another_machine_finds_the_connection_as_it_is() {
    let mut env = cloud(SESSION);
    let first = with_person(&env, &[&CONNECT[..], &["--all"]].concat());
    assert_eq!(first.code, 0, "{first}");
    env.on_another_machine();
    env.sandbox().clear_requests();
    let there = env.run(&CONNECT);
    assert_eq!(there.code, 0, "{there}");
    assert!(there.stdout.starts_with("nothing to do: "), "{there}");
    assert_eq!(env.writes(), [""; 0], "{there}");
}

#[test]
fn the_grant_is_sealed_handed_over_and_left_nowhere() {
    let env = cloud(CODE);
    let run = with_person(&env, &[&CONNECT[..], &["--all"]].concat());
    assert_eq!(run.code, 0, "{run}");
    let grant = env.bundle();
    assert_eq!(grant["schema"], "factory-gitlab/cloud-grant/v1");
    assert_eq!(grant["scopes"], json!(["api", "read_user"]));
    assert_eq!(grant["account"]["username"], "alice");
    let left: Vec<String> = env.files_below("state").into_iter().map(|(path, _)| path).collect();
    assert!(left.iter().all(|path| !path.ends_with(".age")), "{left:?}");
}

#[expect(clippy::too_many_lines, reason = "it shows three whole reports")]
#[test]
fn verify_status_and_disconnect_speak_of_the_same_connection() {
    let env = cloud(SESSION);
    let run = with_person(&env, &[&CONNECT[..], &["--group", "group-1"]].concat());
    assert_eq!(run.code, 0, "{run}");
    insta::assert_snapshot!(steady(&env.run(&["verify", "--cloud"])), @r"
    exit code: 0
    ----- stdout -----
    instance
      pass     instance.dns              the name resolves (private address)
      pass     instance.tcp              the port opens
      skip     instance.tls              the certificate is valid (http on a loopback address has no TLS)
      pass     instance.url              the URL is GitLab's own
      pass     instance.api              GitLab's API answers
      pass     instance.version          the version is supported (19.6.0-pre Enterprise Edition)

    token
      pass     token.valid               the token is valid (token-2 of alice)
      pass     token.scopes              the token has the scopes that are needed (api)
      pass     token.expiry              the token does not expire soon (until [date])
      skip     token.admin               the token acts as an administrator (on GitLab.com no administrator is needed)
      pass     token.excess              the token has no more scopes than needed (read_api is enough; api is for a proof by connect --cloud)
      skip     token.handed_over         the token that Factory was given is valid (on GitLab.com Factory gets no personal access token)

    application
      skip     application.exists        there is one OAuth application for Factory (on GitLab.com the application is Factory's own)
      skip     application.redirect_uri  the redirect URI is exactly Factory's (on GitLab.com the application is Factory's own)
      skip     application.scopes        the application has the scopes that Factory needs (on GitLab.com the application is Factory's own)
      skip     application.confidential  the application is confidential (on GitLab.com the application is Factory's own)
      skip     application.secret        the application's ID and secret belong together (on GitLab.com the application is Factory's own)

    webhook
      skip     webhook.coverage          every target has a webhook to Factory (on GitLab.com the webhooks are Factory's own)
      skip     webhook.events            the hooks send the events that Factory needs (on GitLab.com the webhooks are Factory's own)
      skip     webhook.tls               the hooks verify Factory's certificate (on GitLab.com the webhooks are Factory's own)
      skip     webhook.token             the hooks carry the kit's secret token (on GitLab.com the webhooks are Factory's own)
      skip     webhook.payload           the hooks send GitLab's own payload (on GitLab.com the webhooks are Factory's own)
      skip     webhook.enabled           no hook was disabled by GitLab (on GitLab.com the webhooks are Factory's own)
      skip     webhook.duplicates        no target has two webhooks to Factory (on GitLab.com the webhooks are Factory's own)
      skip     webhook.scope             no hook of ours is outside the selection (on GitLab.com the webhooks are Factory's own)
      skip     webhook.delivery          a test delivery arrives (on GitLab.com the webhooks are Factory's own)
      skip     webhook.recent            recent deliveries did not fail (on GitLab.com the webhooks are Factory's own)

    factory
      pass     factory.reachable         Factory's hosts answer
      skip     factory.bundle            Factory has accepted the bundle (a bundle is for a self-hosted instance)
      pass     factory.status            Factory says that it is connected

    cloud
      pass     cloud.selection           Factory has a selection, and each part of it exists

    verdict: pass, 12 passed, 19 skipped on http://127.0.0.1:[port] (7 requests, [duration])
    ");
    insta::assert_snapshot!(steady(&env.run(&["status"])), @r"
    exit code: 0
    ----- stdout -----
    http://127.0.0.1:[port]
      state        finished on [time]
      organization org_sandbox
      kit          [fingerprint], sealed for [recipient]
      authorized   by @alice on [time], through Factory
      selection    group group-1, with everything below it
      recorded in  [home]/state/127.0.0.1_[port]--org_sandbox/journal.jsonl
    ");
    insta::assert_snapshot!(steady(&env.run(&["disconnect", "--cloud", "--yes"])), @r"
    exit code: 0
    ----- stdout -----
    disconnected: http://127.0.0.1:[port]

      done    tell Factory that the connection to http://127.0.0.1:[port] ends
      done    delete this machine's record of the connection and the sealed bundle
      proven  Factory answered that the connection has ended

    Left for you
      - as @alice, withdraw the consent under Authorized applications: no API can do that
        http://127.0.0.1:[port]/-/user_settings/applications

    [n] requests, 1 of them writes, [duration]
    ----- stderr -----
    Plan for http://127.0.0.1:[port]
      1. tell Factory that the connection to http://127.0.0.1:[port] ends
         at http://127.0.0.1:[port]/gitlab/v1/connection
         nothing is removed unless Factory knows
      2. delete this machine's record of the connection and the sealed bundle
         one line stays that says when it was removed
    ");
    let again = env.run(&["disconnect", "--cloud", "--yes"]);
    assert_eq!((again.code, again.stdout.starts_with("nothing to do: ")), (0, true), "{again}");
    let verified = env.run(&["verify", "--cloud", "--only", "cloud.selection", "-o", "json"]);
    assert_eq!(verified.code, 1, "{verified}");
}

#[test]
fn a_part_of_the_selection_that_is_gone_fails_the_check() {
    let env = cloud(SESSION);
    let run = with_person(&env, &[&CONNECT[..], &["--project", "group-1/project-1"]].concat());
    assert_eq!(run.code, 0, "{run}");
    let token = env.sandbox().gitlab().user_token();
    let call = ApiCall { method: "DELETE", path: "/projects/group-1%2Fproject-1", body: &json!({}) };
    assert!(env.api_as(&token, &call).0 < 300);
    let verified = env.run(&["verify", "--cloud", "--only", "cloud.*"]);
    assert_ne!(verified.code, 3, "{verified}");
    assert!(verified.stdout.contains("group-1/project-1"), "{verified}");
}

#[test]
fn a_merge_request_proves_the_connection_and_is_removed_again() {
    let env = cloud(SESSION);
    let prove = ["--all", "--prove", "group-1/project-1"];
    let run = with_person(&env, &[&CONNECT[..], &prove, &["-o", "json"]].concat());
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(run.json()["cloud"]["proof"]["state"], "yes", "{run}");
    assert_eq!(run.json()["cloud"]["proof"]["left"], json!([]), "{run}");
    let again = env.run(&[&CONNECT[..], &prove].concat());
    assert_eq!(again.code, 0, "{again}");
    assert!(again.stdout.contains("Factory has heard of it"), "{again}");
}

#[test]
fn a_dry_run_says_what_is_pending_and_asks_nobody() {
    let env = cloud(SESSION);
    let run = env.run(&["connect", "--cloud", "--dry-run", "--exit-code", "--all"]);
    assert_eq!(run.code, 4, "{run}");
    assert_eq!(env.writes(), [""; 0], "{run}");
}

#[test]
fn the_address_of_the_kits_cloud_section_chooses_it() {
    let mut env = cloud(SESSION);
    let kit = env.file("kit.json", env.sandbox().factory().kit_json().to_string());
    env.set("FACTORY_KIT", &kit);
    let run = env.run(&["connect", "--dry-run", "--all"]);
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.contains("authorize Factory's application"), "{run}");
}

#[test]
fn before_anything_is_selected_verify_names_the_command_that_selects_and_not_a_wait() {
    let run = rehearse(&[], &["verify", "--cloud"]);
    assert_eq!(run.code, 1, "{run}");
    assert_eq!(run.stdout.matches("factory-gitlab connect --cloud").count(), 2, "{run}");
    assert!(!run.stdout.contains("--wait"), "{run}");
}
