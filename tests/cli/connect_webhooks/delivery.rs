//! The test delivery, and what is said where it does not arrive.

use super::*;

#[test]
fn a_limit_reached_on_one_project_does_not_stop_the_rest() {
    let env = TestEnv::with(SandboxOptions { plan: SandboxPlan::None, ..three() });
    let first = env.sandbox().gitlab().projects()[0].clone();
    env.sandbox().gitlab().set_hook_quirks(|quirks| quirks.project_limit = 1);
    env.make(&format!("/projects/{}/hooks", first.id), &json!({"url": "https://ci.example/hook"}));
    let run = env.connect(&["-o", "json"]);
    assert_eq!(run.code, 1, "{run}");
    let report = run.json();
    assert!(report["failures"][0]["steps"][0].as_str().is_some_and(|text| text.contains(&first.full_path)), "{run}");
    assert_eq!(report["proofs"][0]["test"]["state"], "holds", "another one of its kind is proved: {run}");
    assert_eq!((env.all_hooks().len(), env.sandbox().factory().bundles().len()), (3, 1));
    env.sandbox().gitlab().set_hook_quirks(|quirks| quirks.project_limit = 100);
    env.connects(&[]);
    assert_eq!(env.all_hooks().len(), 4);
    env.has_nothing_to_do(&[]);
}

#[test]
fn a_delivery_that_does_not_arrive_is_reported_as_three_facts() {
    let env = TestEnv::with(small());
    env.sandbox().factory().set_quirks(|quirks| quirks.webhook = Some((500, "broken".to_owned())));
    let run: Transcript = env.connect(&[]);
    assert_eq!(run.code, 1, "{run}");
    for fact in ["sent by GitLab: no", "in GitLab's log: no (the log says 500)", "received by Factory: "] {
        assert!(run.stdout.contains(fact), "{fact}: {run}");
    }
    // The bundle was delivered nevertheless, and the next run repeats the test.
    assert_eq!(env.sandbox().factory().bundles().len(), 1);
    env.sandbox().factory().set_quirks(|quirks| quirks.webhook = None);
    assert_eq!(env.planned(&[]), ["test_delivery"]);
    env.connects(&[]);
    env.has_nothing_to_do(&[]);
}

#[test]
fn a_template_that_replaces_the_payload_fails_the_check_and_is_removed() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    let id = changed_by_hand(
        &env,
        &json!({"custom_webhook_template": "{\"text\": \"hi\"}", "custom_headers": [{"key": "X-Team", "value": "v"}]}),
    );
    let verified = env.run(&["verify", "--only", "webhook.payload"]);
    assert_eq!(verified.code, 1, "{verified}");
    env.connects(&[]);
    let (group, hook) = env.group_hook();
    let (_, shown) = env.api("GET", &format!("/groups/{group}/hooks/{id}"), &Value::Null);
    assert_eq!((&shown["custom_webhook_template"], &shown["custom_headers"]), (&json!(""), &json!([])));
    assert_eq!(hook.id, id);
    all_are_right(&env);
    let verified = env.run(&["verify", "--only", "webhook.payload"]);
    assert_eq!(verified.code, 0, "{verified}");
    env.has_nothing_to_do(&[]);
}

#[test]
fn a_group_without_a_commit_lets_another_one_prove_the_delivery() {
    let env = TestEnv::with(SandboxOptions { projects: 0, groups: 0, ..small() });
    let gitlab = env.sandbox().gitlab();
    let (empty, full) = (gitlab.add_group("a-empty", None), gitlab.add_group("b-full", None));
    gitlab.add_project(ProjectSpec { empty_repo: true, ..ProjectSpec::new("none", ProjectNamespace::Group(empty)) });
    gitlab.add_project(ProjectSpec::new("some", ProjectNamespace::Group(full)));
    let run = env.connected(&["-o", "json"]);
    assert_eq!(run.json()["proofs"][0]["target"]["path"], "b-full", "{run}");
    env.has_nothing_to_do(&[]);
}

#[test]
fn where_nothing_has_a_commit_that_is_said_and_is_no_failure() {
    let env = TestEnv::with(SandboxOptions { projects: 0, groups: 0, ..small() });
    let gitlab = env.sandbox().gitlab();
    let group = gitlab.add_group("empty", None);
    gitlab.add_project(ProjectSpec { empty_repo: true, ..ProjectSpec::new("none", ProjectNamespace::Group(group)) });
    let run = env.connected(&[]);
    assert!(run.stdout.contains("Push a first commit, then run factory-gitlab verify --live"), "{run}");
    env.has_nothing_to_do(&[]);
    let verified = env.run(&["verify", "--live", "--only", "webhook.delivery"]);
    assert!(verified.stdout.contains("nothing to make a test from"), "{verified}");
}

#[test]
fn names_with_escape_codes_do_no_harm() {
    let env = TestEnv::with(SandboxOptions { projects: 0, plan: SandboxPlan::None, ..small() });
    let gitlab = env.sandbox().gitlab();
    let group = gitlab.add_group("evil\u{1b}[2J", None);
    gitlab.add_project(ProjectSpec::new("web\u{1b}]0;pwned\u{7}", ProjectNamespace::Group(group)));
    let run = env.connected(&[]);
    assert_eq!(env.all_hooks().len(), 1);
    assert!(!run.stdout.contains(['\u{1b}', '\u{7}']) && !run.stderr.contains(['\u{1b}', '\u{7}']), "{run}");
}

#[test]
fn projects_that_fail_for_one_reason_are_reported_together_by_name() {
    let env = TestEnv::with(SandboxOptions { plan: SandboxPlan::None, projects: 9, ..small() });
    env.sandbox().fault("POST /api/v4/projects/*/hooks=status:403@1x7").expect("a fault");
    let run = env.connect(&[]);
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stdout.contains("failed  register webhooks on 7 projects"), "{run}");
    assert_eq!(run.stdout.matches("caused by").count(), 1, "{run}");
    assert!(run.stdout.contains("7 of 14 steps done, 7 failed."), "{run}");
    let without = env.sandbox().gitlab().projects().into_iter().map(|project| project.full_path);
    let named =
        without.filter(|path| run.stdout.contains(&format!("{path},")) || run.stdout.contains(&format!("{path}\n")));
    assert!(named.count() >= 7, "{run}");
}

#[test]
fn where_no_webhook_was_created_no_test_is_claimed() {
    let env = TestEnv::with(SandboxOptions { plan: SandboxPlan::None, ..three() });
    env.sandbox().fault("POST /api/v4/projects/*/hooks=status:403").expect("a fault");
    let run = env.connect(&["-o", "json"]);
    assert_eq!(run.code, 1, "{run}");
    let report = run.json();
    let test = report["steps"].as_array().and_then(|steps| steps.iter().find(|step| step["step"] == "test_delivery"));
    assert_eq!(test.map(|step| &step["state"]), Some(&json!("not_reached")), "{run}");
    assert_eq!(report["failures"][0]["count"], 3, "{run}");
}
