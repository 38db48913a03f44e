//! `connect` and the webhooks: where they are created, what is corrected, what is left unchanged.

mod content;
mod delivery;
mod selection;

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

/// Changes the one hook of a connected instance by hand.
fn changed_by_hand(env: &TestEnv, change: &Value) -> u64 {
    let (group, hook) = env.group_hook();
    let (status, answer) = env.api("PUT", &format!("/groups/{group}/hooks/{}", hook.id), change);
    assert_eq!(status, 200, "{answer}");
    hook.id
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
