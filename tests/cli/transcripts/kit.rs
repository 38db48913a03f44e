//! `kit`.

use super::*;

#[test]
fn a_valid_kit() {
    let env = TestEnv::new();
    let run = env.run(&["kit", "check"]);
    insta::assert_snapshot!(run, @r"
    exit code: 0
    ----- stdout -----
    the kit is good (given by the variable FACTORY_KIT)
    ");
    let run = env.run(&["kit", "show"]);
    insta::assert_snapshot!(run, @r"
    exit code: 0
    ----- stdout -----
    Kit for Sandbox (factory-gitlab/kit/v1)
      fingerprint   kit [fingerprint]
      given by      the variable FACTORY_KIT
      expires       [time]

    Application
      name          Factory Integration
      redirect URI  http://127.0.0.1:[port]/api/integrations/redirect/gitlab-sh/callback
      scopes        api, read_user, read_repository, write_repository, read_registry, sudo
      confidential  yes

    Webhook
      URL           http://127.0.0.1:[port]/gitlab/hooks/org_sandbox
      secret token  set, not shown
      signing token set, not shown
      events        push, note, merge_request, issue, pipeline, job
      receipts      http://127.0.0.1:[port]/gitlab/v1/receipts

    Bundle
      sealed for    [recipient]
      uploaded to   http://127.0.0.1:[port]/gitlab/v1/bundles
      token inside  the one that is given
      status        http://127.0.0.1:[port]/gitlab/v1/status
      disconnect    http://127.0.0.1:[port]/gitlab/v1/connection
      reached by    127.0.0.1:[port]
    ");
}

#[test]
fn a_kit_with_problems() {
    let env = TestEnv::new();
    let mut kit = env.sandbox().factory().kit_json();
    kit["application"]["redirect_uri"] = json!("//factory.example/callback");
    kit["webhook"]["secret_token"] = json!("");
    kit["bundle"]["recipients"] = json!([]);
    env.file("kit.json", kit.to_string());
    let run = env.run(&["kit", "check", "--kit", "kit.json"]);
    insta::assert_snapshot!(run, @r"
    exit code: 2
    ----- stderr -----
    error: the kit is invalid at webhook.secret_token: the webhook secret token is empty
    hint: give the file exactly as Factory gave it
    ");
}

#[test]
fn a_template_that_was_not_filled_in() {
    let env = TestEnv::bare();
    env.file("kit.json", env.run(&["kit", "template"]).stdout);
    let run = env.run(&["kit", "check", "--kit", "kit.json"]);
    insta::assert_snapshot!(run, @r"
    exit code: 2
    ----- stderr -----
    error: the kit is invalid at bundle.upload_url: invalid international domain name: …; at webhook.secret_token: the webhook secret token holds a space, a line break or a character that no token has; at webhook.url: invalid international domain name: …
    hint: give the file exactly as Factory gave it
    ");
}
