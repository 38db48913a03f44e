//! `connect` and its application.

use super::*;

fn with_application(change: &Value) -> (TestEnv, Value) {
    let env = TestEnv::with(small());
    let made = env.make_application(change);
    (env, made)
}

#[test]
fn one_whose_secret_is_not_known() {
    let (env, _) = with_application(&json!({}));
    let run = env.connect(&[]);
    insta::assert_snapshot!(run, @r"
    exit code: 1
    ----- stderr -----
    error: the plan cannot be carried out; nothing was changed
      caused by: application Factory Integration (number 1, [digest]) is what the kit asks for, but its secret is not known on this machine, and GitLab shows a secret only once
    hint: if you have the secret, pass it
          factory-gitlab connect --application-id ID --application-secret-file PATH
    hint: or renew it: what uses the present one is disconnected until Factory has the new one
          factory-gitlab connect --renew-secret
    hint: or, if it belongs to another organization, create one for this organization by hand and pass its ID and secret
          factory-gitlab connect --application manual --application-id ID --application-secret-file PATH
    ");
}

#[test]
fn a_secret_that_is_renewed() {
    let (env, _) = with_application(&json!({}));
    let run = env.run(&["connect", "--dry-run", "--renew-secret"]);
    insta::assert_snapshot!(run, @r"
    exit code: 0
    ----- stdout -----
    Plan for http://127.0.0.1:[port] (nothing was written)
      1. renew the secret of application 1 ([digest]…)
         requested with --renew-secret
         the current secret stops working at once: its users are disconnected until Factory has the new one
      2. seal the bundle with the given token
         token token-1 of root, scopes api, expires [date]
         an administrator's own: with it Factory can do all that root can
         for [recipient]
      3. check that GitLab accepts the application's ID and secret
      4. register a webhook on group group-1
      5. send a test delivery (push) from group group-1
      6. upload the sealed bundle to Factory
         POST http://127.0.0.1:[port]/gitlab/v1/bundles
         for [recipient]

    note: the license (premium) includes group webhooks: one per top-level group covers all its projects, future ones included
    note: webhooks send push, note, merge_request, issue, pipeline, job to http://127.0.0.1:[port]/gitlab/hooks/org_sandbox
    note: webhooks verify TLS and carry the secret token and the signing token

    14 requests, 0 of them writes, [duration]
    ");
}

#[test]
fn a_foreign_one() {
    let (env, _) = with_application(&json!({ "scopes": "api read_user", "confidential": false }));
    let run = env.connect(&[]);
    insta::assert_snapshot!(run, @r"
    exit code: 1
    ----- stderr -----
    error: the plan cannot be carried out; nothing was changed
      caused by: application Factory Integration (number 1, [digest]) does not match the kit and was not created by this tool; leaving it unchanged
      caused by: it has: missing scopes read_repository write_repository read_registry sudo
      caused by: it has: not confidential
    hint: rename or correct it, or delete it if it is not used
          http://127.0.0.1:[port]/admin/applications/1
    hint: or, if it belongs to another organization, create one for this organization by hand and pass its ID and secret
          factory-gitlab connect --application manual --application-id ID --application-secret-file PATH
    hint: or ask Factory for a kit with another application name
    ");
}

#[test]
fn several_that_match() {
    let (env, _) = with_application(&json!({}));
    env.make_application(&json!({}));
    let run = env.connect(&[]);
    insta::assert_snapshot!(run, @r"
    exit code: 1
    ----- stderr -----
    error: the plan cannot be carried out; nothing was changed
      caused by: 2 applications called Factory Integration match the kit exactly
      caused by: it has: application Factory Integration (number 1, [digest])
      caused by: it has: application Factory Integration (number 2, [digest])
    hint: delete those that are not used
          http://127.0.0.1:[port]/admin/applications
    hint: or name the one to use, with its secret
          factory-gitlab connect --application existing --application-id ID --application-secret-file PATH
    ");
}

#[test]
fn a_wrong_secret() {
    let (mut env, made) = with_application(&json!({}));
    env.set("FACTORY_GITLAB_APPLICATION_ID", made["application_id"].as_str().expect("an ID"));
    env.set("FACTORY_GITLAB_APPLICATION_SECRET", "gloas-wrong-secret-of-another");
    let run = env.connect(&["--application", "existing"]);
    insta::assert_snapshot!(run, @r"
    exit code: 1
    ----- stderr -----
    error: GitLab does not accept this application ID and secret together
      caused by: it does not say which of the two is wrong
    hint: compare both in the Admin Area
          http://127.0.0.1:[port]/admin/applications
    ");
}

#[test]
fn a_token_created_for_factory() {
    let run = TestEnv::with(small()).connect(&["--handover-token", "minted"]);
    insta::assert_snapshot!(run, @r"
    exit code: 0
    ----- stdout -----
    connected: http://127.0.0.1:[port]

      done    create a token for Factory only, Factory (org_sandbox) [date] [time]
      done    create the OAuth application Factory Integration
      done    seal the bundle with the token created for Factory
      done    check that GitLab accepts the application's ID and secret
      done    register a webhook on group group-1
      done    send a test delivery (push) from group group-1
      done    upload the sealed bundle to Factory

    Test delivery from group group-1
      sent by GitLab: yes (the test was answered with 2xx)
      in GitLab's log: yes (the log says 200)
      received by Factory: yes (Factory has received it)

    Factory accepted the bundle, receipt [receipt]

    Check it at any time: factory-gitlab verify --gitlab-url http://127.0.0.1:[port]

    24 requests, 5 of them writes, [duration]
    ----- stderr -----
    Plan for http://127.0.0.1:[port]
      1. create a token for Factory only, Factory (org_sandbox) [date] [time]
         for user 1, expires [date]
         scopes api
      2. create the OAuth application Factory Integration
         redirect URI http://127.0.0.1:[port]/api/integrations/redirect/gitlab-sh/callback
         scopes api read_user read_repository write_repository read_registry sudo
         confidential
      3. seal the bundle with the token created for Factory
         for [recipient]
      4. check that GitLab accepts the application's ID and secret
      5. register a webhook on group group-1
      6. send a test delivery (push) from group group-1
      7. upload the sealed bundle to Factory
         POST http://127.0.0.1:[port]/gitlab/v1/bundles
         for [recipient]

    note: the license (premium) includes group webhooks: one per top-level group covers all its projects, future ones included
    note: webhooks send push, note, merge_request, issue, pipeline, job to http://127.0.0.1:[port]/gitlab/hooks/org_sandbox
    note: webhooks verify TLS and carry the secret token and the signing token
    ");
}
