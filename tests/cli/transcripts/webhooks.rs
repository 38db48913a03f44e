//! `connect` and its webhooks.

use super::*;

#[test]
fn one_on_each_project() {
    let run = unlicensed().run(&["connect", "--dry-run"]);
    insta::assert_snapshot!(run, @r"
    exit code: 0
    ----- stdout -----
    Plan for http://127.0.0.1:[port] (nothing was written)
      1. create the OAuth application Factory Integration
         redirect URI http://127.0.0.1:[port]/api/integrations/redirect/gitlab-sh/callback
         scopes api read_user read_repository write_repository read_registry sudo
         confidential
      2. seal the bundle with the given token
         token token-1 of root, scopes api, expires [date]
         an administrator's own: with it Factory can do all that root can
         for [recipient]
      3. check that GitLab accepts the application's ID and secret
      4. register a webhook on project group-1/project-1
      5. register a webhook on project group-2/project-2
      6. register a webhook on project group-1/subgroup-1/project-3
      7. send a test delivery (push) from project group-1/project-1
      8. upload the sealed bundle to Factory
         POST http://127.0.0.1:[port]/gitlab/v1/bundles
         for [recipient]

    note: without a Premium or Ultimate license group webhooks never fire, so every project gets its own; run again after projects are added
    note: webhooks send push, note, merge_request, issue, pipeline, job to http://127.0.0.1:[port]/gitlab/hooks/org_sandbox
    note: webhooks verify TLS and carry the secret token and the signing token

    15 requests, 0 of them writes, [duration]
    ");
}

#[test]
fn a_system_hook() {
    let run = unlicensed().run(&["connect", "--dry-run", "--webhooks", "system"]);
    insta::assert_snapshot!(run, @r"
    exit code: 0
    ----- stdout -----
    Plan for http://127.0.0.1:[port] (nothing was written)
      1. create the OAuth application Factory Integration
         redirect URI http://127.0.0.1:[port]/api/integrations/redirect/gitlab-sh/callback
         scopes api read_user read_repository write_repository read_registry sudo
         confidential
      2. seal the bundle with the given token
         token token-1 of root, scopes api, expires [date]
         an administrator's own: with it Factory can do all that root can
         for [recipient]
      3. check that GitLab accepts the application's ID and secret
      4. register a webhook on the instance
      5. send a test delivery (push) from the instance
      6. upload the sealed bundle to Factory
         POST http://127.0.0.1:[port]/gitlab/v1/bundles
         for [recipient]

    note: system hooks do not send note, issue, pipeline, job: Factory will not receive these events
    note: webhooks send push, merge_request to http://127.0.0.1:[port]/gitlab/hooks/org_sandbox
    note: webhooks verify TLS and carry the secret token and the signing token

    14 requests, 0 of them writes, [duration]
    ");
}

#[test]
fn group_hooks_without_a_license() {
    let run = unlicensed().connect(&["--webhooks", "group"]);
    insta::assert_snapshot!(run, @r"
    exit code: 1
    ----- stderr -----
    error: the plan cannot be carried out; nothing was changed
      caused by: group webhooks need a Premium or Ultimate license, and this instance has free: they could be created and tested, and real events would never arrive
    hint: create a webhook on each project instead
          factory-gitlab connect --webhooks project
    ");
}

#[test]
fn a_selection_that_does_not_exist() {
    let run = unlicensed().connect(&["--group", "no-such-group"]);
    insta::assert_snapshot!(run, @r"
    exit code: 1
    ----- stderr -----
    error: the current state could not be read; nothing was planned
      caused by: GET /api/v4/groups/no-such-group on 127.0.0.1:[port]: answered 404: 404 Group Not Found
    hint: correct --group or --project: nothing of this path exists, or it is not visible to this token
          http://127.0.0.1:[port]/admin/groups
    ");
}

#[test]
fn changed_by_hand() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    change_hook(&env, &json!({ "note_events": false, "tag_push_events": true, "enable_ssl_verification": false }));
    let run = env.connect(&[]);
    insta::assert_snapshot!(run, @r"
    exit code: 0
    ----- stdout -----
    connected: http://127.0.0.1:[port]

      done    correct webhook 1 on group group-1
      done    send a test delivery (push) from group group-1

    Test delivery from group group-1
      sent by GitLab: yes (the test was answered with 2xx)
      in GitLab's log: yes (the log says 200)
      received by Factory: yes (Factory has received it)

    Check it at any time: factory-gitlab verify --gitlab-url http://127.0.0.1:[port]

    19 requests, 2 of them writes, [duration]
    ----- stderr -----
    Plan for http://127.0.0.1:[port]
      1. correct webhook 1 on group group-1
         missing events note, unwanted tag_push
         TLS verification is off
      2. send a test delivery (push) from group group-1

    note: the license (premium) includes group webhooks: one per top-level group covers all its projects, future ones included
    note: webhooks send push, note, merge_request, issue, pipeline, job to http://127.0.0.1:[port]/gitlab/hooks/org_sandbox
    note: webhooks verify TLS and carry the secret token and the signing token
    ");
}

#[test]
fn a_duplicate() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    let (group, ours) = env.group_hook();
    let duplicate = json!({ "url": ours.url, "description": ours.description, "token": "x", "push_events": true });
    env.make(&format!("/groups/{group}/hooks"), &duplicate);
    let run = env.connect(&[]);
    insta::assert_snapshot!(run, @r"
    exit code: 0
    ----- stdout -----
    connected: http://127.0.0.1:[port]

      done    delete webhook 2 on group group-1
      done    send a test delivery (push) from group group-1

    Test delivery from group group-1
      sent by GitLab: yes (the test was answered with 2xx)
      in GitLab's log: yes (the log says 200)
      received by Factory: yes (Factory has received it)

    Check it at any time: factory-gitlab verify --gitlab-url http://127.0.0.1:[port]

    21 requests, 2 of them writes, [duration]
    ----- stderr -----
    Plan for http://127.0.0.1:[port]
      1. delete webhook 2 on group group-1
         a duplicate, created by this tool
      2. send a test delivery (push) from group group-1

    note: the license (premium) includes group webhooks: one per top-level group covers all its projects, future ones included
    ");
}

#[test]
fn a_delivery_that_does_not_arrive() {
    let env = TestEnv::with(small());
    env.sandbox().factory().set_quirks(|quirks| quirks.webhook = Some((500, "broken".to_owned())));
    let run = env.connect(&["-q"]);
    insta::assert_snapshot!(run, @r"
    exit code: 1
    ----- stdout -----
    not finished: http://127.0.0.1:[port]

    Test delivery from group group-1
      sent by GitLab: no (the test failed: broken)
      in GitLab's log: no (the log says 500)
      received by Factory: yes (Factory has received it)
      the test failed: broken
      - the way is open: tell Factory that it answers 500, then test again
        factory-gitlab verify --live

    5 of 6 steps done, 1 failed.
    Completed steps are kept. Run the same command again to continue.
    ");
}

#[test]
fn a_delivery_that_is_answered_too_late() {
    let late = SandboxOptions { webhook_timeout: std::time::Duration::from_secs(2), ..small() };
    let env = TestEnv::with(late);
    env.sandbox().factory().set_quirks(|quirks| quirks.is_late = true);
    let run = env.connect(&["-q"]);
    insta::assert_snapshot!(run, @r"
    exit code: 1
    ----- stdout -----
    not finished: http://127.0.0.1:[port]

    Test delivery from group group-1
      sent by GitLab: no (the test failed: Net::ReadTimeout with #<TCPSocket:(closed)>)
      in GitLab's log: no (the log shows no answer (timeout, DNS, TLS, or an address that GitLab blocks))
      received by Factory: yes (Factory has received it)
      the delivery arrived, but was answered too late: GitLab waits 10 s for an answer
      - tell Factory that it answers webhooks too late, then test again
        factory-gitlab verify --live

    5 of 6 steps done, 1 failed.
    Completed steps are kept. Run the same command again to continue.
    ");
    let run = env.run(&["verify", "--live", "--only", "webhook.delivery"]);
    insta::assert_snapshot!(run, @r"
    exit code: 1
    ----- stdout -----
    webhook
      fail     webhook.delivery  a test delivery arrives
               the delivery arrived, but was answered too late: GitLab waits 10 s for an answer
               fix: tell Factory that it answers webhooks too late, then test again
                    factory-gitlab verify --live
               webhook.md#check-webhook-delivery

    verdict: fail, 1 failed on http://127.0.0.1:[port] (15 requests, [duration])
    ");
}

#[test]
fn refused_by_one_project() {
    let env = TestEnv::with(SandboxOptions { edition: SandboxEdition::Ce, plan: SandboxPlan::None, ..small() });
    env.sandbox().fault("POST /api/v4/projects/*/hooks=status:403").expect("a fault");
    let run = env.connect(&["-q"]);
    insta::assert_snapshot!(run, @r"
    exit code: 1
    ----- stdout -----
    not finished: http://127.0.0.1:[port]

      failed  register a webhook on project group-1/project-1
              GitLab refused
              caused by: POST /api/v4/projects/1/hooks on 127.0.0.1:[port]: answered 403: 403 Forbidden
      - open it as the token's owner: GitLab refuses this group or project and accepts the token elsewhere (an IP restriction or single sign-on of the group, external authorization); or leave it out with --exclude
        http://127.0.0.1:[port]/admin/projects

    4 of 6 steps done, 1 failed, 1 not started.
    Completed steps are kept. Run the same command again to continue.
    ");
}

#[test]
fn nothing_to_do() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    let run = env.connect(&[]);
    insta::assert_snapshot!(run, @r"
    exit code: 0
    ----- stdout -----
    nothing to do: http://127.0.0.1:[port] is already connected; nothing was written

    14 requests, 0 of them writes, [duration]
    ");
}
