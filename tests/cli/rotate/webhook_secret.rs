//! `rotate webhook-secret`: one webhook after the other gets the new secret token and is tested, while Factory takes both.

use factory_gitlab::sandbox::factory::TakesNew;
use factory_gitlab::sandbox::options::{SandboxOptions, SandboxPlan};
use serde_json::json;

use crate::test_env::{TestEnv, of_version, small};

/// Project hooks on a connected instance of this version.
pub fn connected(version: (u16, u16)) -> TestEnv {
    let options = SandboxOptions { plan: SandboxPlan::None, projects: 3, ..of_version(version.0, version.1) };
    let env = TestEnv::with(options);
    env.connects(&[]);
    env
}

/// How many webhooks have the previous secret token, and how many the new one.
pub fn tokens(env: &TestEnv, secrets: [&str; 2]) -> [usize; 2] {
    let hooks = env.all_hooks();
    secrets.map(|secret| hooks.iter().filter(|hook| hook.has_token(secret)).count())
}

#[test]
fn webhooks_are_changed_and_tested_one_by_one_while_factory_takes_both() {
    let env = connected((19, 2));
    let [old, new] = env.sandbox().factory().rotate_webhook_secret();
    insta::assert_snapshot!(env.rotate("webhook-secret", &[]), @r"
    exit code: 0
    ----- stdout -----
    rotated: http://127.0.0.1:[port]

      done    set the new secret token of webhook 1 on project group-1/project-1, and test it (push)
      done    set the new secret token of webhook 2 on project group-1/subgroup-1/project-2, and test it (push)
      done    set the new secret token of webhook 3 on project group-1/project-3, and test it (push)

    webhook
      pass     webhook.coverage    every target has a webhook to Factory (3 projects)
      pass     webhook.events      the hooks send the events that Factory needs
      pass     webhook.tls         the hooks verify Factory's certificate
      pass     webhook.token       the hooks carry the kit's secret token
      pass     webhook.payload     the hooks send GitLab's own payload
      pass     webhook.enabled     no hook was disabled by GitLab
      pass     webhook.duplicates  no target has two webhooks to Factory
      pass     webhook.scope       no hook of ours is outside the selection
      skip     webhook.delivery    a test delivery arrives (--live was not given)
      pass     webhook.recent      recent deliveries did not fail (4 deliveries)

    factory
      pass     factory.reachable   Factory's hosts answer
      pass     factory.bundle      Factory has accepted the bundle
      pass     factory.status      Factory says that it is connected

    verdict: pass, 12 passed, 1 skipped on http://127.0.0.1:[port] (10 requests, [duration])

    Check it at any time: factory-gitlab verify --gitlab-url http://127.0.0.1:[port]

    39 requests, 6 of them writes, [duration]
    ----- stderr -----
    Plan for http://127.0.0.1:[port]
      1. set the new secret token of webhook 1 on project group-1/project-1, and test it (push)
      2. set the new secret token of webhook 2 on project group-1/subgroup-1/project-2, and test it (push)
      3. set the new secret token of webhook 3 on project group-1/project-3, and test it (push)

    note: nothing is interrupted: Factory takes the previous secret token too; a webhook whose test Factory refuses gets the previous one back, and the run stops there
    note: webhooks are signed as well: the signing token proves deliveries while the secret token changes
    ");
    assert_eq!(tokens(&env, [&old, &new]), [0, 3]);
    assert_eq!(env.sandbox().factory().refused_deliveries(), 0);
    env.sandbox().factory().retire_previous_webhook_secret();
    env.has_nothing_to_do(&[]);
    assert_eq!(env.run(&["verify", "--live"]).code, 0);
    let again = env.rotated("webhook-secret", &[]);
    assert!(again.stdout.contains("every webhook has the kit's secret token"), "{again}");
    assert_eq!(env.writes(), Vec::<String>::new());
}

#[test]
fn it_works_on_every_kind_of_webhook() {
    for (name, options, args) in [
        ("group hooks", small(), [].as_slice()),
        ("a system hook", of_version(18, 5), &["--webhooks", "system"]),
        ("hooks without marks", SandboxOptions { plan: SandboxPlan::None, ..of_version(16, 11) }, &[]),
        ("group hooks that cannot be tested", of_version(17, 0), &[]),
    ] {
        let env = TestEnv::with(options);
        env.connects(args);
        let [old, new] = env.sandbox().factory().rotate_webhook_secret();
        let run = env.rotated("webhook-secret", &["-o", "json"]);
        assert_eq!(tokens(&env, [&old, &new])[0], 0, "{name}: {run}");
        let document = run.json();
        assert_eq!(document["verdict"], "rotated", "{name}: {document}");
        if name == "group hooks that cannot be tested" {
            assert_eq!(document["untested"].as_array().map(Vec::len), Some(1), "{name}: {document}");
        }
        env.sandbox().factory().retire_previous_webhook_secret();
        env.has_nothing_to_do(&[]);
    }
}

#[test]
fn a_webhook_whose_new_secret_is_refused_gets_the_previous_one_back_and_the_run_stops() {
    let env = connected((19, 2));
    let [old, new] = env.sandbox().factory().rotate_webhook_secret();
    env.sandbox().factory().take_new_webhook_secret(TakesNew::No);
    let run = env.rotate("webhook-secret", &[]);
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stdout.contains("got the previous one back"), "{run}");
    assert_eq!(tokens(&env, [&old, &new]), [3, 0], "{run}");
    env.sandbox().factory().take_new_webhook_secret(TakesNew::Yes);
    env.rotates("webhook-secret", &[]);
    assert_eq!(tokens(&env, [&old, &new]), [0, 3]);
}

#[test]
fn a_mixed_state_is_resumed_with_the_same_new_secret() {
    let env = connected((19, 2));
    let [old, new] = env.sandbox().factory().rotate_webhook_secret();
    env.sandbox().fault("PUT /api/v4/projects/*/hooks/*=status:403@2").expect("a fault");
    let run = env.rotate("webhook-secret", &[]);
    assert_eq!(run.code, 1, "{run}");
    assert_eq!(tokens(&env, [&old, &new]), [2, 1], "{run}");
    env.sandbox().clear_faults();
    // Even where it would not be due: it was begun.
    env.rotates("webhook-secret", &["--older-than", "180d"]);
    assert_eq!(tokens(&env, [&old, &new]), [0, 3]);
}

#[test]
fn a_kit_without_the_previous_secret_is_refused_and_connect_names_the_gap_too() {
    let env = connected((19, 2));
    let [old, new] = env.sandbox().factory().rotate_webhook_secret();
    env.sandbox().factory().edit_kit(|kit| kit["webhook"]["previous_secret_token"] = json!(null));
    let run = env.rotate("webhook-secret", &[]);
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stderr.contains("previous_secret_token") && run.stderr.contains("factory-gitlab connect"), "{run}");
    assert_eq!(tokens(&env, [&old, &new]), [3, 0]);
    let plan = env.run(&["connect", "--dry-run"]);
    assert!(plan.stdout.contains("Factory refuses what they send until they are changed"), "{plan}");
    env.connects(&[]);
    assert_eq!(tokens(&env, [&old, &new]), [0, 3]);
}

#[test]
fn only_a_secret_that_is_old_is_changed_and_a_second_run_writes_nothing() {
    let env = connected((19, 2));
    let [old, new] = env.sandbox().factory().rotate_webhook_secret();
    let run = env.rotated("webhook-secret", &["--older-than", "180d"]);
    assert!(run.stdout.contains("not longer ago than 180d"), "{run}");
    assert_eq!(env.writes(), Vec::<String>::new());
    assert_eq!(tokens(&env, [&old, &new]), [3, 0]);
    env.rotates("webhook-secret", &["--older-than", "0s"]);
    let again = env.rotated("webhook-secret", &["--older-than", "180d"]);
    assert!(again.stdout.starts_with("nothing to do: "), "{again}");
    assert_eq!(env.writes(), Vec::<String>::new());
}
