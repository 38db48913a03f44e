//! What a webhook holds: its secret and signing tokens, and what somebody changed by hand.

use super::*;

#[test]
fn a_new_secret_token_is_written_to_every_hook_once() {
    for (major, minor) in [(16, 11), (17, 9), (19, 2)] {
        let mut env =
            TestEnv::with(SandboxOptions { plan: SandboxPlan::None, projects: 2, ..of_version(major, minor) });
        env.connects(&[]);
        env.set("FACTORY_WEBHOOK_SECRET", "another-secret-token-of-the-kit");
        let plan = env.planned(&[]);
        assert_eq!(plan.iter().filter(|step| *step == "edit_hook").count(), 2, "{major}.{minor}: {plan:?}");
        let run = env.connect(&[]);
        // Factory does not know the new token, so it refuses the test, and the run reports that.
        assert_eq!(run.code, 1, "{major}.{minor}: {run}");
        assert!(env.all_hooks().iter().all(|hook| hook.has_token("another-secret-token-of-the-kit")));
        let plan = env.planned(&[]);
        assert_eq!(plan, ["test_delivery"], "{major}.{minor}: it is proved again, and not written again");
    }
}

#[test]
fn a_webhook_changed_by_hand_is_corrected_in_place() {
    for (change, said) in [
        (json!({"url": "https://elsewhere.example/hook", "token": "x"}), "URL is https://elsewhere.example/hook"),
        (json!({"note_events": false, "pipeline_events": false}), "missing events note, pipeline"),
        (json!({"tag_push_events": true}), "unwanted events tag_push"),
        (json!({"confidential_issues_events": true}), "unwanted events confidential_issue"),
        (json!({"enable_ssl_verification": false}), "TLS verification is off"),
        (json!({"token": ""}), "secret token"),
        (json!({"description": "edited by another admin"}), "secret token"),
    ] {
        let env = TestEnv::with(small());
        env.connects(&[]);
        let id = changed_by_hand(&env, &change);
        let run = env.connected(&[]);
        assert!(run.stderr.contains(said), "{change}: {run}");
        assert_eq!(env.all_hooks().iter().map(|hook| hook.id).collect::<Vec<_>>(), [id], "{change}");
        all_are_right(&env);
        env.has_nothing_to_do(&[]);
    }
}

#[test]
fn duplicates_of_our_webhooks_are_removed_and_foreign_ones_are_left_unchanged() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    let (group, ours) = env.group_hook();
    let path = format!("/groups/{group}/hooks");
    let second = json!({"url": ours.url, "description": ours.description, "token": "x", "push_events": true});
    env.make(&path, &second);
    let stranger = env.make(&path, &json!({"url": "https://ci.example/hook", "name": "CI", "token": "theirs"}));
    let run = env.connected(&[]);
    assert!(run.stderr.contains("a duplicate, created by this tool"), "{run}");
    let left: Vec<u64> = env.all_hooks().iter().map(|hook| hook.id).collect();
    assert_eq!(left, [ours.id, stranger["id"].as_u64().expect("an id")]);
    assert!(env.all_hooks()[1].has_token("theirs"));
    env.has_nothing_to_do(&[]);
}

#[test]
fn a_webhook_created_by_hand_for_factory_is_adopted() {
    let env = TestEnv::with(small());
    let url = env.sandbox().factory().kit_json()["webhook"]["url"].clone();
    env.connects(&["--webhooks", "none"]);
    let group = env.api("GET", "/groups?top_level_only=true", &Value::Null).1[0]["id"].as_u64().expect("a group");
    env.make(&format!("/groups/{group}/hooks"), &json!({"url": url, "push_events": true}));
    env.connects(&["--webhooks", "auto"]);
    assert_eq!(env.all_hooks().len(), 1);
    all_are_right(&env);
    env.has_nothing_to_do(&["--webhooks", "auto"]);
}

#[test]
fn the_signing_token_is_set_and_read_back() {
    let env = TestEnv::with(small());
    let run = env.connected(&[]);
    let signing = env.sandbox().factory().signing_token();
    assert!(env.all_hooks()[0].has_signing_token(&signing), "{run}");
    assert!(!run.stdout.contains("without the signing token"), "{run}");
    assert!(!env.sandbox().factory().deliveries().is_empty());
}

#[test]
fn a_signing_token_that_gitlab_ignores_is_reported_and_not_sent_on_each_run() {
    let env = TestEnv::with(of_version(19, 0));
    env.sandbox().gitlab().set_hook_quirks(|quirks| quirks.signing_tokens = false);
    let run = env.connected(&[]);
    assert!(run.stdout.contains("without the signing token"), "{run}");
    env.has_nothing_to_do(&[]);
}

#[test]
fn a_webhook_that_gitlab_disabled_is_enabled_by_the_test() {
    let env = TestEnv::with(small());
    env.sandbox().gitlab().set_hook_quirks(|quirks| {
        quirks.auto_disabling = true;
        quirks.test_limit = 1000;
    });
    env.connects(&[]);
    env.sandbox().factory().set_quirks(|quirks| quirks.webhook = Some((500, "broken".to_owned())));
    let (group, hook) = env.group_hook();
    for _ in 0..5 {
        env.api("POST", &format!("/groups/{group}/hooks/{}/test/push_events", hook.id), &json!({}));
    }
    let state = |env: &TestEnv| {
        let (_, answer) = env.api("GET", &format!("/groups/{group}/hooks/{}", hook.id), &Value::Null);
        answer["alert_status"].as_str().expect("a status").to_owned()
    };
    assert_eq!(state(&env), "temporarily_disabled");
    env.sandbox().factory().set_quirks(|quirks| quirks.webhook = None);
    env.connects(&[]);
    assert_eq!(state(&env), "executable");
    env.has_nothing_to_do(&[]);
}
