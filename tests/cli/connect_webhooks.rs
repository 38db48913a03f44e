//! `connect` and the webhooks: where they are created, what is corrected, what is left unchanged.

use factory_gitlab::sandbox::gitlab::hooks::{HookEvent, Owner};
use factory_gitlab::sandbox::gitlab::seed::ProjectSpec;
use factory_gitlab::sandbox::gitlab::state::ProjectNamespace;
use factory_gitlab::sandbox::options::{SandboxEdition, SandboxOptions, SandboxPlan};
use serde_json::{Value, json};

use crate::test_env::{TestEnv, Transcript, of_version, small};

/// Three projects in two groups.
fn three() -> SandboxOptions {
    SandboxOptions { projects: 3, groups: 2, ..SandboxOptions::default() }
}

/// The owner of each hook: `group`, `system`, or the path of its project.
fn owners(env: &TestEnv) -> Vec<String> {
    let word = |owner| match owner {
        Owner::Group(_) => "group".to_owned(),
        Owner::System => "system".to_owned(),
        Owner::Project(id) => env.sandbox().gitlab().lock().project(&id.to_string()).expect("it").full_path.clone(),
    };
    let mut owners: Vec<String> = env.all_hooks().iter().map(|hook| word(hook.owner)).collect();
    owners.sort();
    owners
}

/// The owner of a hook, with the group's path.
fn owner_path(env: &TestEnv, owner: Owner) -> String {
    let state = env.sandbox().gitlab().lock();
    match owner {
        Owner::Group(id) => format!("group {}", state.group(&id.to_string()).expect("it").full_path),
        Owner::System => "system".to_owned(),
        Owner::Project(id) => state.project(&id.to_string()).expect("it").full_path.clone(),
    }
}

fn all_are_right(env: &TestEnv) {
    let factory = env.sandbox().factory();
    for hook in env.all_hooks() {
        assert!(hook.has_token(factory.webhook_secret()), "{:?}", hook.owner);
        assert!(hook.enable_ssl_verification, "{:?}", hook.owner);
        assert_eq!(hook.url, factory.kit_json()["webhook"]["url"].as_str().expect("a URL"));
        for event in [HookEvent::Note, HookEvent::Issue, HookEvent::Pipeline, HookEvent::Job] {
            assert!(hook.owner == Owner::System || hook.events.contains(event), "{event:?} of {:?}", hook.owner);
        }
    }
}

#[test]
fn the_strategy_and_the_license_decide_where_webhooks_are_created() {
    let projects = ["group-1/project-1", "group-1/subgroup-1/project-3", "group-2/project-2"];
    for (plan, edition, strategy, wanted) in [
        (SandboxPlan::Premium, SandboxEdition::Ee, "auto", ["group", "group"].as_slice()),
        (SandboxPlan::Ultimate, SandboxEdition::Ee, "group", &["group", "group"]),
        (SandboxPlan::Premium, SandboxEdition::Ee, "project", &projects),
        (SandboxPlan::None, SandboxEdition::Ee, "auto", &projects),
        (SandboxPlan::None, SandboxEdition::Ce, "auto", &projects),
        (SandboxPlan::None, SandboxEdition::Ce, "project", &projects),
        (SandboxPlan::Premium, SandboxEdition::Ee, "system", &["system"]),
        (SandboxPlan::None, SandboxEdition::Ce, "system", &["system"]),
        (SandboxPlan::Premium, SandboxEdition::Ee, "none", &[]),
    ] {
        let env = TestEnv::with(SandboxOptions { plan, edition, ..three() });
        let run = env.connected(&["--webhooks", strategy]);
        assert_eq!(owners(&env), wanted, "{plan:?} {edition:?} {strategy}: {run}");
        all_are_right(&env);
        env.has_nothing_to_do(&["--webhooks", strategy]);
    }
}

#[test]
fn what_a_strategy_does_not_cover_is_announced() {
    let env = TestEnv::with(three());
    let run = env.run(&["connect", "--dry-run", "--webhooks", "system"]);
    assert!(run.stdout.contains("do not send note, issue, pipeline, job"), "{run}");
    let env = TestEnv::with(SandboxOptions { plan: SandboxPlan::None, ..three() });
    let run = env.run(&["connect", "--dry-run"]);
    assert!(run.stdout.contains("without a Premium or Ultimate license group webhooks never fire"), "{run}");
}

#[test]
fn unlicensed_group_hooks_are_refused_before_anything_is_written() {
    for edition in [SandboxEdition::Ce, SandboxEdition::Ee] {
        let env = TestEnv::with(SandboxOptions { plan: SandboxPlan::None, edition, ..three() });
        env.is_refused(
            &["--webhooks", "group"],
            1,
            &["group webhooks need a Premium or Ultimate license", "--webhooks project"],
        );
        assert!(env.sandbox().gitlab().applications().is_empty());
    }
}

#[test]
fn only_selected_groups_and_projects_get_webhooks() {
    let projects = ["--webhooks", "project"];
    for (args, wanted) in [
        (["--project", "group-2/project-2"].as_slice(), ["group-2/project-2"].as_slice()),
        (&["--group", "group-1"], &["group-1/project-1", "group-1/subgroup-1/project-3"]),
        (&["--exclude", "group-1/subgroup-1"], &["group-1/project-1", "group-2/project-2"]),
        (&["--exclude", "*-1", "--exclude", "*/project-3"], &["group-2/project-2"]),
    ] {
        let env = TestEnv::with(three());
        let args: Vec<&str> = projects.iter().chain(args).copied().collect();
        env.connects(&args);
        assert_eq!(owners(&env), wanted, "{args:?}");
        env.has_nothing_to_do(&args);
    }
    let env = TestEnv::with(three());
    env.is_refused(&["--group", "no-such-group"], 1, &["no-such-group"]);
}

#[test]
fn nothing_excluded_lies_under_a_group_webhook() {
    for (args, wanted) in [
        (["--exclude", "group-1/project-1"].as_slice(), ["group group-1/subgroup-1", "group group-2"].as_slice()),
        (&["--exclude", "group-1/subgroup-1"], &["group group-2", "group-1/project-1"]),
        (&["--exclude", "group-1/**"], &["group group-2"]),
        (&["--group", "group-1", "--exclude", "*/project-3"], &["group-1/project-1"]),
        (&["--group", "group-1", "--group", "group-1/subgroup-1"], &["group group-1"]),
        (&["--project", "group-1/project-1", "--webhooks", "group"], &["group-1/project-1"]),
    ] {
        let env = TestEnv::with(three());
        env.connects(args);
        assert_eq!(owner_paths(&env), wanted, "{args:?}");
        env.has_nothing_to_do(args);
        let verified = env.run(&["verify", "--only", "webhook.*"]);
        assert_eq!(verified.code, 0, "{args:?}: {verified}");
    }
}

/// The paths of the owners of all hooks.
fn owner_paths(env: &TestEnv) -> Vec<String> {
    let mut owners: Vec<String> = env.all_hooks().iter().map(|hook| owner_path(env, hook.owner)).collect();
    owners.sort();
    owners
}

#[test]
fn no_event_is_sent_twice_after_the_strategy_the_license_or_the_selection_changed() {
    const PROJECTS: [&str; 3] = ["group-1/project-1", "group-1/subgroup-1/project-3", "group-2/project-2"];
    const GROUPS: [&str; 2] = ["group group-1", "group group-2"];
    for (first, then, wanted) in [
        (["--webhooks", "project"].as_slice(), ["--webhooks", "group"].as_slice(), GROUPS.as_slice()),
        (&["--webhooks", "group"], &["--webhooks", "project"], &PROJECTS),
        (&["--webhooks", "project"], &["--webhooks", "system"], &["system"]),
        (&["--webhooks", "system"], &["--webhooks", "auto"], &GROUPS),
        (&[], &["--group", "group-1/subgroup-1", "--prune"], &["group group-1/subgroup-1"]),
        (&[], &["--project", "group-1/project-1", "--prune"], &["group-1/project-1"]),
        (&[], &["--exclude", "group-1/project-1", "--prune"], &["group group-1/subgroup-1", "group group-2"]),
    ] {
        let env = TestEnv::with(three());
        env.connects(first);
        env.connects(then);
        assert_eq!(owner_paths(&env), wanted, "{first:?} {then:?}");
        let then: Vec<&str> = then.iter().copied().filter(|arg| *arg != "--prune").collect();
        env.has_nothing_to_do(&then);
        let checks =
            ["verify", "--only", "webhook.coverage", "--only", "webhook.duplicates", "--only", "webhook.scope"];
        let verified = env.run(&checks);
        assert_eq!(verified.code, 0, "{first:?} {then:?}: {verified}");
    }
}

#[test]
fn a_webhook_outside_the_selection_is_named_and_stays_until_it_is_pruned() {
    let env = TestEnv::with(three());
    env.connects(&[]);
    let run = env.connected(&["--group", "group-1/subgroup-1"]);
    assert!(run.stdout.starts_with("nothing to do: "), "{run}");
    assert_eq!(owner_paths(&env), ["group group-1", "group group-2"], "what is sent from above is not sent again");
    // The choice is recorded although nothing was changed, so that the printed command works without it.
    let verified = env.run(&["verify", "--only", "webhook.*"]);
    assert_eq!(verified.code, 1, "{verified}");
    assert!(verified.stdout.contains("webhook.scope") && verified.stdout.contains("connect --prune"), "{verified}");
    env.connects(&["--prune"]);
    assert_eq!(owner_paths(&env), ["group group-1/subgroup-1"]);
    let verified = env.run(&["verify", "--only", "webhook.*"]);
    assert_eq!(verified.code, 0, "{verified}");
}

#[test]
fn the_fix_of_a_webhook_outside_a_selection_that_no_record_has_repeats_the_selection() {
    let mut env = TestEnv::with(three());
    env.connects(&[]);
    env.on_another_machine();
    let verified = env.run(&["verify", "--only", "webhook.scope", "--group", "group-1/subgroup-1", "-o", "json"]);
    assert_eq!(verified.code, 1, "{verified}");
    let command = verified.json()["checks"][0]["fix"]["command"].as_str().expect("a command").to_owned();
    assert_eq!(command, "factory-gitlab connect --prune --group group-1/subgroup-1");
    let printed: Vec<&str> = command.split_whitespace().skip(2).collect();
    env.connects(&printed);
    assert_eq!(owner_paths(&env), ["group group-1/subgroup-1"]);
}

/// The notes and warnings of a dry run that speak of the selection.
fn said_of_selection(env: &TestEnv, args: &[&str]) -> Vec<String> {
    let run = env.run(&[&["connect", "--dry-run", "-o", "json"], args].concat());
    let texts = |key: &str| run.json()[key].as_array().expect("a list").clone();
    let said = texts("notes").into_iter().chain(texts("warnings"));
    said.map(|text| text.as_str().expect("text").to_owned())
        .filter(|text| text.contains("earlier run") || text.starts_with("--exclude"))
        .collect()
}

#[test]
fn a_selection_that_is_given_anew_replaces_the_recorded_one_and_an_asterisk_selects_everything_again() {
    let env = TestEnv::with(SandboxOptions { plan: SandboxPlan::None, ..three() });
    env.connects(&["--group", "group-1", "--exclude", "group-1/subgroup-1"]);
    assert_eq!(owners(&env), ["group-1/project-1"]);
    let recorded = "selected as in an earlier run: groups group-1; without group-1/subgroup-1; --group '*' selects everything \
                    again";
    assert_eq!(said_of_selection(&env, &[]), [recorded]);
    let status = env.run(&["status"]);
    assert!(status.stdout.contains("selection    groups group-1; without group-1/subgroup-1"), "{status}");
    // Other exclusions keep the groups.
    assert_eq!(
        said_of_selection(&env, &["--exclude", "group-1/none"]),
        [
            "selected as in an earlier run: groups group-1; --group '*' selects everything again",
            "--exclude matches no group or project that is selected: group-1/none"
        ]
    );
    // What the new selection leaves out is named, stays, and goes with --prune.
    let run = env.connected(&["--project", "group-2/project-2"]);
    assert!(run.stderr.contains("outside the selection") && run.stderr.contains("group-1/project-1"), "{run}");
    assert!(!run.stderr.contains("earlier run"), "{run}");
    assert_eq!(owners(&env), ["group-1/project-1", "group-2/project-2"]);
    let run = env.run(&["verify", "--only", "webhook.scope"]);
    assert!(run.stdout.contains("group-1/project-1"), "verify takes the same selection: {run}");
    env.connects(&["--prune"]);
    assert_eq!(owners(&env), ["group-2/project-2"]);
    env.connects(&["--group", "*"]);
    assert_eq!(owners(&env), ["group-1/project-1", "group-1/subgroup-1/project-3", "group-2/project-2"]);
    assert_eq!(said_of_selection(&env, &[]), Vec::<String>::new());
    env.has_nothing_to_do(&[]);
}

#[test]
fn an_empty_or_contradictory_selection_is_a_usage_error_that_says_what_selects_everything() {
    let env = TestEnv::with(three());
    env.is_refused(&["--group", "", "--dry-run"], 2, &["--group cannot be used: it is empty", "'*' for all"]);
    env.is_refused(&["--project", "", "--dry-run"], 2, &["--project cannot be used: it is empty"]);
    env.is_refused(&["--exclude", "", "--dry-run"], 2, &["--exclude cannot be used: it is empty"]);
    let both = ["--group", "*", "--project", "group-1/project-1", "--dry-run"];
    env.is_refused(&both, 2, &["--group '*' selects everything"]);
}

#[test]
fn an_exclusion_that_matches_nothing_is_named() {
    for plan in [SandboxPlan::None, SandboxPlan::Premium] {
        let env = TestEnv::with(SandboxOptions { plan, ..three() });
        let args = ["--exclude", "group-1/subgroup-1/**", "--exclude", "grop-2", "--exclude", "group-2/project-2/**"];
        let wanted = "--exclude matches no group or project that is selected: grop-2, group-2/project-2/**";
        assert_eq!(said_of_selection(&env, &args), [wanted], "{plan:?}");
        let outside = ["--group", "group-1", "--exclude", "group-2"];
        let wanted = "--exclude matches no group or project that is selected: group-2";
        assert_eq!(said_of_selection(&env, &outside), [wanted], "{plan:?}");
    }
}

#[test]
fn a_redundant_webhook_stays_while_the_one_that_replaces_it_is_not_proven() {
    let env = TestEnv::with(three());
    env.connects(&["--webhooks", "project"]);
    env.sandbox().factory().set_quirks(|quirks| quirks.webhook = Some((500, "broken".to_owned())));
    let run = env.connect(&["--webhooks", "auto"]);
    assert_eq!(run.code, 1, "{run}");
    assert_eq!(env.all_hooks().len(), 5, "{run}");
    env.sandbox().factory().set_quirks(|quirks| quirks.webhook = None);
    env.connects(&["--webhooks", "auto"]);
    assert_eq!(owner_paths(&env), ["group group-1", "group group-2"]);
    env.has_nothing_to_do(&[]);
}

#[test]
fn archived_groups_get_no_webhook_and_a_system_hook_no_part_of_an_instance() {
    let env = TestEnv::with(three());
    env.sandbox().gitlab().change_group(4, |group| group.archived = true);
    let run = env.connected(&[]);
    assert!(run.stderr.contains("left out: 1 archived"), "{run}");
    assert_eq!(env.all_hooks().iter().map(|hook| owner_path(&env, hook.owner)).collect::<Vec<_>>(), ["group group-1"]);
    env.is_refused(&["--webhooks", "system", "--exclude", "group-1"], 1, &["every project", "--webhooks auto"]);
}

#[test]
fn projects_that_are_not_targets_are_skipped_and_counted() {
    let env = TestEnv::with(SandboxOptions { plan: SandboxPlan::None, ..small() });
    let gitlab = env.sandbox().gitlab();
    let group = gitlab.add_group("other", None);
    let add = |name: &str, home| gitlab.add_project(ProjectSpec::new(name, home));
    let (archived, going) =
        (add("archived", ProjectNamespace::Group(group)), add("going", ProjectNamespace::Group(group)));
    gitlab.archive(archived);
    gitlab.mark_for_deletion(going);
    add("mine", ProjectNamespace::User(1));
    let run = env.connected(&[]);
    assert_eq!(owners(&env), ["group-1/project-1"], "{run}");
    // Archived projects are not listed.
    assert!(run.stderr.contains("left out: 1 marked for deletion, 1 in personal namespaces"), "{run}");
    env.connects(&["--personal"]);
    assert_eq!(owners(&env), ["group-1/project-1", "root/mine"]);
}

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

/// Changes the one hook of a connected instance by hand.
fn changed_by_hand(env: &TestEnv, change: &Value) -> u64 {
    let (group, hook) = env.group_hook();
    let (status, answer) = env.api("PUT", &format!("/groups/{group}/hooks/{}", hook.id), change);
    assert_eq!(status, 200, "{answer}");
    hook.id
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
