//! What the program prints, as transcripts; read this file to see its messages.

use factory_gitlab::sandbox::options::{SandboxEdition, SandboxOptions, SandboxPlan};
use serde_json::{Value, json};

use crate::test_env::{TestEnv, small};
use crate::verify::connected;

/// An instance without a license for group hooks, with three projects in two groups.
fn unlicensed() -> TestEnv {
    TestEnv::with(SandboxOptions { projects: 3, groups: 2, plan: SandboxPlan::None, ..SandboxOptions::default() })
}

/// Changes the group hook of a connected instance by hand.
fn change_hook(world: &TestEnv, change: &Value) {
    let (group, hook) = world.group_hook();
    let (status, answer) = world.api("PUT", &format!("/groups/{group}/hooks/{}", hook.id), change);
    assert_eq!(status, 200, "{answer}");
}

mod verify {
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
          pass     webhook.enabled           no hook was disabled by GitLab
          pass     webhook.duplicates        no target has two webhooks to Factory
          skip     webhook.delivery          a test delivery arrives (--live was not given)
          skip     webhook.recent            recent deliveries did not fail (no delivery was logged in the last 7 days; --live sends one)

        factory
          pass     factory.reachable         Factory's hosts answer
          skip     factory.bundle            Factory has accepted the bundle (this machine has no record of a bundle)
          warn     factory.status            Factory says that it is connected
                   Factory has not finished yet: no bundle has been received yet
                   fix: wait for Factory to finish
                        factory-gitlab verify --wait 10m
                   README.md#check-factory-status

        verdict: pass, 22 passed, 1 warned, 4 skipped on http://127.0.0.1:[port] (11 requests, [duration])
        ");
    }

    #[test]
    fn only_the_problems_with_q() {
        let world = connected(small());
        change_hook(&world, &json!({ "note_events": false, "enable_ssl_verification": false, "token": "" }));
        world.sandbox().fault("GET /api/v4/applications=status:500").expect("a fault");
        let run = world.run(&["verify", "-q"]);
        insta::assert_snapshot!(run, @r"
        exit code: 3
        ----- stdout -----
        token
          unknown  token.admin               the token acts as an administrator
                   GET /api/v4/applications on 127.0.0.1:[port]: answered 500: 500 Internal Server Error
                   fix: try again once 127.0.0.1:[port] has recovered
                        factory-gitlab verify
                   README.md#check-token-admin

        factory
          warn     factory.status            Factory says that it is connected
                   Factory has not finished yet: no bundle has been received yet
                   fix: wait for Factory to finish
                        factory-gitlab verify --wait 10m
                   README.md#check-factory-status

        verdict: unknown, 12 passed, 1 warned, 13 skipped, 1 unknown on http://127.0.0.1:[port] (12 requests, [duration])
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

        verdict: pass, 1 passed on http://127.0.0.1:[port] (12 requests, [duration])
        ");
    }

    #[test]
    fn a_live_test_that_does_not_arrive() {
        let world = connected(small());
        world.sandbox().factory().set_quirks(|quirks| quirks.webhook = Some((500, "broken".to_owned())));
        let run = world.run(&["verify", "--live", "--only", "webhook.delivery"]);
        insta::assert_snapshot!(run, @r"
        exit code: 1
        ----- stdout -----
        webhook
          fail     webhook.delivery  a test delivery arrives
                   the test failed: broken
                   fix: check that GitLab can reach the webhook's host and that the hook has the kit's token
                        factory-gitlab connect
                   README.md#check-webhook-delivery

        verdict: fail, 1 failed on http://127.0.0.1:[port] (12 requests, [duration])
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
        webhook.enabled     error    no hook was disabled by GitLab
        webhook.duplicates  error    no target has two webhooks to Factory
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
        ");
    }
}

mod webhooks {
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
             for [recipient]
          3. check that GitLab accepts the application's ID and secret
          4. register a webhook on project group-1/project-1
          5. register a webhook on project group-2/project-2
          6. register a webhook on project group-1/subgroup-1/project-3
          7. send a test delivery (push) from project group-1/project-1
          8. upload the sealed bundle to Factory
             POST http://127.0.0.1:[port]/gitlab/v1/bundles

        note: without a Premium or Ultimate license group webhooks never fire, so every project gets its own; run again after projects are added
        note: webhooks send push, note, merge_request, issue, pipeline, job to http://127.0.0.1:[port]/gitlab/hooks/org_sandbox
        note: webhooks verify TLS and carry the secret token and the signing token

        14 requests, 0 of them writes, [duration]
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
             for [recipient]
          3. check that GitLab accepts the application's ID and secret
          4. register a webhook on the instance
          5. send a test delivery (push) from the instance
          6. upload the sealed bundle to Factory
             POST http://127.0.0.1:[port]/gitlab/v1/bundles

        note: system hooks do not send note, issue, pipeline, job: Factory will not receive these events
        note: webhooks send push, merge_request to http://127.0.0.1:[port]/gitlab/hooks/org_sandbox
        note: webhooks verify TLS and carry the secret token and the signing token

        10 requests, 0 of them writes, [duration]
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
        hint: try again: it was not found, or is not visible to this token
              factory-gitlab connect
        ");
    }

    #[test]
    fn changed_by_hand() {
        let world = TestEnv::with(small());
        world.connects(&[]);
        change_hook(
            &world,
            &json!({ "note_events": false, "tag_push_events": true, "enable_ssl_verification": false }),
        );
        let run = world.connect(&[]);
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

        17 requests, 2 of them writes, [duration]
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
        let world = TestEnv::with(small());
        world.connects(&[]);
        let (group, ours) = world.group_hook();
        let duplicate = json!({ "url": ours.url, "description": ours.description, "token": "x", "push_events": true });
        world.make(&format!("/groups/{group}/hooks"), &duplicate);
        let run = world.connect(&[]);
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

        18 requests, 2 of them writes, [duration]
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
        let world = TestEnv::with(small());
        world.sandbox().factory().set_quirks(|quirks| quirks.webhook = Some((500, "broken".to_owned())));
        let run = world.connect(&["-q"]);
        insta::assert_snapshot!(run, @r"
        exit code: 1
        ----- stdout -----
        not finished: http://127.0.0.1:[port]

          done    create the OAuth application Factory Integration
          done    seal the bundle with the given token
          done    check that GitLab accepts the application's ID and secret
          done    register a webhook on group group-1
          done    send a test delivery (push) from group group-1
          done    upload the sealed bundle to Factory

        Test delivery from group group-1
          sent by GitLab: no (the test failed: broken)
          in GitLab's log: no (the log says 500)
          received by Factory: yes (Factory has received it)

        Factory accepted the bundle, receipt [receipt]

        21 requests, 4 of them writes, [duration]
        ");
    }

    #[test]
    fn refused_by_one_project() {
        let world = TestEnv::with(SandboxOptions { edition: SandboxEdition::Ce, plan: SandboxPlan::None, ..small() });
        world.sandbox().fault("POST /api/v4/projects/*/hooks=status:403").expect("a fault");
        let run = world.connect(&["-q"]);
        insta::assert_snapshot!(run, @r"
        exit code: 1
        ----- stdout -----
        not finished: http://127.0.0.1:[port]

          done    create the OAuth application Factory Integration
          done    seal the bundle with the given token
          done    check that GitLab accepts the application's ID and secret
          done    upload the sealed bundle to Factory
          failed  register a webhook on project group-1/project-1
                  GitLab refused
                  caused by: POST /api/v4/projects/1/hooks on 127.0.0.1:[port]: answered 403: 403 Forbidden
          - create a new personal access token: its owner has to be an administrator, and with Admin Mode it needs the scope admin_mode
            http://127.0.0.1:[port]/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode

        Factory accepted the bundle, receipt [receipt]

        4 of 6 steps done, 1 failed, 1 not started.
        Completed steps are kept. Run the same command again to continue.

        17 requests, 3 of them writes, [duration]
        ");
    }

    #[test]
    fn nothing_to_do() {
        let world = TestEnv::with(small());
        world.connects(&[]);
        let run = world.connect(&[]);
        insta::assert_snapshot!(run, @r"
        exit code: 0
        ----- stdout -----
        nothing to do: http://127.0.0.1:[port] is already connected; nothing was written

        12 requests, 0 of them writes, [duration]
        ");
    }
}

mod applications {
    use super::*;

    fn with_application(change: &Value) -> (TestEnv, Value) {
        let world = TestEnv::with(small());
        let made = world.make_application(change);
        (world, made)
    }

    #[test]
    fn one_whose_secret_is_not_known() {
        let (world, _) = with_application(&json!({}));
        let run = world.connect(&[]);
        insta::assert_snapshot!(run, @r"
        exit code: 1
        ----- stderr -----
        error: the plan cannot be carried out; nothing was changed
          caused by: application Factory Integration (number 1, [digest]) is what the kit asks for, but its secret is not known on this machine, and GitLab shows a secret only once
        hint: if you have the secret, pass it
              factory-gitlab connect --application-id ID --application-secret-file PATH
        hint: or renew it: what uses the present one is disconnected until Factory has the new one
              factory-gitlab connect --renew-secret
        ");
    }

    #[test]
    fn a_secret_that_is_renewed() {
        let (world, _) = with_application(&json!({}));
        let run = world.run(&["connect", "--dry-run", "--renew-secret"]);
        insta::assert_snapshot!(run, @r"
        exit code: 0
        ----- stdout -----
        Plan for http://127.0.0.1:[port] (nothing was written)
          1. renew the secret of application 1 ([digest]…)
             requested with --renew-secret
             the current secret stops working at once: its users are disconnected until Factory has the new one
          2. seal the bundle with the given token
             for [recipient]
          3. check that GitLab accepts the application's ID and secret
          4. register a webhook on group group-1
          5. send a test delivery (push) from group group-1
          6. upload the sealed bundle to Factory
             POST http://127.0.0.1:[port]/gitlab/v1/bundles

        note: the license (premium) includes group webhooks: one per top-level group covers all its projects, future ones included
        note: webhooks send push, note, merge_request, issue, pipeline, job to http://127.0.0.1:[port]/gitlab/hooks/org_sandbox
        note: webhooks verify TLS and carry the secret token and the signing token

        12 requests, 0 of them writes, [duration]
        ");
    }

    #[test]
    fn a_foreign_one() {
        let (world, _) = with_application(&json!({ "scopes": "api read_user", "confidential": false }));
        let run = world.connect(&[]);
        insta::assert_snapshot!(run, @r"
        exit code: 1
        ----- stderr -----
        error: the plan cannot be carried out; nothing was changed
          caused by: application Factory Integration (number 1, [digest]) does not match the kit and was not created by this tool; leaving it unchanged
          caused by: it has: missing scopes read_repository write_repository read_registry sudo
          caused by: it has: not confidential
        hint: rename or correct it, or delete it if it is not used
              http://127.0.0.1:[port]/admin/applications/1
        hint: or ask Factory for a kit with another application name
        ");
    }

    #[test]
    fn several_that_match() {
        let (world, _) = with_application(&json!({}));
        world.make_application(&json!({}));
        let run = world.connect(&[]);
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
        let (mut world, made) = with_application(&json!({}));
        world.set("FACTORY_GITLAB_APPLICATION_ID", made["application_id"].as_str().expect("an ID"));
        world.set("FACTORY_GITLAB_APPLICATION_SECRET", "gloas-wrong-secret-of-another");
        let run = world.connect(&["--application", "existing"]);
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

          done    create a token for Factory only, Factory [date] [time]
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

        22 requests, 5 of them writes, [duration]
        ----- stderr -----
        Plan for http://127.0.0.1:[port]
          1. create a token for Factory only, Factory [date] [time]
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

        note: the license (premium) includes group webhooks: one per top-level group covers all its projects, future ones included
        note: webhooks send push, note, merge_request, issue, pipeline, job to http://127.0.0.1:[port]/gitlab/hooks/org_sandbox
        note: webhooks verify TLS and carry the secret token and the signing token
        ");
    }
}

mod status {
    use super::*;

    #[test]
    fn nothing_is_recorded() {
        let run = TestEnv::bare().run(&["status"]);
        insta::assert_snapshot!(run, @r"
        exit code: 0
        ----- stdout -----
        nothing is recorded on this machine
        ");
    }

    #[test]
    fn a_connection() {
        let world = TestEnv::with(small());
        world.connects(&[]);
        let run = world.run(&["status"]);
        insta::assert_snapshot!(run, @r"
        exit code: 0
        ----- stdout -----
        http://127.0.0.1:[port]
          state        finished on [time]
          organization org_sandbox
          application  [digest]
          its secret   sealed for Factory
          bundle       accepted by Factory on [time]
          webhooks     1 created or changed by this tool (auto)
          recorded in  [home]/state/127.0.0.1_[port]--org_sandbox/journal.jsonl
        ");
    }

    #[test]
    fn a_bundle_that_waits() {
        use factory_gitlab::sandbox::factory::BundleIntake;
        let world = TestEnv::with(small());
        world.sandbox().factory().set_quirks(|quirks| quirks.intake = BundleIntake::Refuse(503));
        let run = world.connect(&["-q"]);
        insta::assert_snapshot!(run, @r"
        exit code: 3
        ----- stdout -----
        not finished: http://127.0.0.1:[port]

          done    create the OAuth application Factory Integration
          done    seal the bundle with the given token
          done    check that GitLab accepts the application's ID and secret
          done    register a webhook on group group-1
          done    send a test delivery (push) from group group-1
          failed  upload the sealed bundle to Factory
                  the upload failed on Factory's side
                  caused by: POST /gitlab/v1/bundles on 127.0.0.1:[port]: answered 503: the bundle was not taken
          - try again once 127.0.0.1:[port] has recovered
            factory-gitlab connect
          - send the sealed bundle again when that is done; it is kept
            factory-gitlab bundle upload [home]/state/127.0.0.1_[port]--org_sandbox/bundle.age

        Test delivery from group group-1
          sent by GitLab: yes (the test was answered with 2xx)
          in GitLab's log: yes (the log says 200)
          received by Factory: yes (Factory has received it)

        5 of 6 steps done, 1 failed.
        Completed steps are kept. Run the same command again to continue.

        24 requests, 7 of them writes, [duration]
        ");
        let run = world.run(&["status"]);
        insta::assert_snapshot!(run, @r"
        exit code: 0
        ----- stdout -----
        http://127.0.0.1:[port]
          state        started, not finished; run connect again to continue
          organization org_sandbox
          application  [digest]
          its secret   sealed for Factory
          bundle       sealed and not yet accepted; the next run sends it
          webhooks     1 created or changed by this tool (auto)
          recorded in  [home]/state/127.0.0.1_[port]--org_sandbox/journal.jsonl
        ");
    }
}

mod kit {
    use super::*;

    #[test]
    fn a_valid_kit() {
        let world = TestEnv::new();
        let run = world.run(&["kit", "check"]);
        insta::assert_snapshot!(run, @r"
        exit code: 0
        ----- stdout -----
        the kit is good (given by the variable FACTORY_KIT)
        ");
        let run = world.run(&["kit", "show"]);
        insta::assert_snapshot!(run, @r"
        exit code: 0
        ----- stdout -----
        Kit for Sandbox (factory-gitlab/kit/v1)
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
          reached by    127.0.0.1:[port]
        ");
    }

    #[test]
    fn a_kit_with_problems() {
        let world = TestEnv::new();
        let mut kit = world.sandbox().factory().kit_json();
        kit["application"]["redirect_uri"] = json!("//factory.example/callback");
        kit["webhook"]["secret_token"] = json!("");
        kit["bundle"]["recipients"] = json!([]);
        world.file("kit.json", kit.to_string());
        let run = world.run(&["kit", "check", "--kit", "kit.json"]);
        insta::assert_snapshot!(run, @r"
        exit code: 2
        ----- stderr -----
        error: the kit is invalid at webhook.secret_token: the webhook secret token is empty
        hint: give the file exactly as Factory gave it
        ");
    }

    #[test]
    fn a_template_that_was_not_filled_in() {
        let world = TestEnv::bare();
        world.file("kit.json", world.run(&["kit", "template"]).stdout);
        let run = world.run(&["kit", "check", "--kit", "kit.json"]);
        insta::assert_snapshot!(run, @r"
        exit code: 2
        ----- stderr -----
        error: the kit is invalid at bundle.upload_url: invalid international domain name: …
        hint: give the file exactly as Factory gave it
        ");
    }
}

mod bundle {
    use super::*;

    /// A connected instance, its sealed bundle in `bundle.age`, and the key to open it in `key.txt`.
    fn sealed() -> TestEnv {
        let world = TestEnv::with(small());
        world.connects(&["--bundle-out", "bundle.age"]);
        world.file("key.txt", world.sandbox().factory().identity());
        world
    }

    #[test]
    fn written_to_a_file() {
        let run = TestEnv::with(small()).connect(&["-q", "--bundle-out", "bundle.age"]);
        insta::assert_snapshot!(run, @r"
        exit code: 0
        ----- stdout -----
        connected: http://127.0.0.1:[port]

          done    create the OAuth application Factory Integration
          done    seal the bundle with the given token
          done    check that GitLab accepts the application's ID and secret
          done    register a webhook on group group-1
          done    send a test delivery (push) from group group-1
          done    write the sealed bundle to bundle.age

        Test delivery from group group-1
          sent by GitLab: yes (the test was answered with 2xx)
          in GitLab's log: yes (the log says 200)
          received by Factory: yes (Factory has received it)

        Check it at any time: factory-gitlab verify --gitlab-url http://127.0.0.1:[port]

        20 requests, 3 of them writes, [duration]
        ");
    }

    #[test]
    fn inspected() {
        let run = sealed().run(&["bundle", "inspect", "bundle.age"]);
        insta::assert_snapshot!(run, @r"
        exit code: 0
        ----- stdout -----
        bundle.age: a sealed bundle (age)
          sealed for 2 recipients: X25519, [grease]
          size       [size]
          sha256     [digest]
        ");
    }

    #[test]
    fn uploaded() {
        let run = sealed().run(&["bundle", "upload", "bundle.age"]);
        insta::assert_snapshot!(run, @r"
        exit code: 0
        ----- stdout -----
        accepted by 127.0.0.1
          receipt    [receipt]
          received   [time]
          sha256     [digest]
        ");
    }

    #[test]
    fn opened_into_a_file() {
        let world = sealed();
        let open = ["bundle", "open", "bundle.age", "--identity-file", "key.txt", "--output-file", "bundle.json"];
        let run = world.run(&open);
        insta::assert_snapshot!(run, @r"
        exit code: 0
        ----- stderr -----
        warning: the output holds secrets in plain text
        ");
    }

    #[test]
    fn opened_with_another_key() {
        let world = sealed();
        let key = age::x25519::Identity::generate();
        world.file("other.txt", age::secrecy::ExposeSecret::expose_secret(&key.to_string()));
        let run = world.run(&["bundle", "open", "bundle.age", "--identity-file", "other.txt"]);
        insta::assert_snapshot!(run, @r"
        exit code: 1
        ----- stderr -----
        error: none of the identities opens this bundle
        hint: see which recipients it is sealed for
              factory-gitlab bundle inspect FILE
        ");
    }

    #[test]
    fn refused_by_factory() {
        let world = sealed();
        world.file("other.age", "not sealed");
        let run = world.run(&["bundle", "upload", "other.age"]);
        insta::assert_snapshot!(run, @r"
        exit code: 1
        ----- stderr -----
        error: other.age is not an age file
        hint: copy the whole file again, as binary; if it is lost, connect seals a new one
        ");
    }
}
