//! Where an exercise works, and what becomes of what it leaves.

use factory_gitlab::sandbox::options::{SandboxOptions, SandboxPlan};
use serde_json::json;

use super::{ARRIVED, states};
use crate::disconnect::state::{is_as_before, state_of};
use crate::test_env::{TestEnv, of_version, small};

pub fn projects_of_exercises(env: &TestEnv) -> Vec<String> {
    let state = env.sandbox().gitlab().lock();
    let made = state.projects.values().filter(|project| project.full_path.contains("factory-gitlab-exercise-"));
    made.map(|project| project.full_path.clone()).collect()
}

#[test]
fn in_a_named_project_everything_that_was_made_is_removed_again() {
    for (name, options) in [
        ("project hooks", SandboxOptions { plan: SandboxPlan::None, ..small() }),
        ("group hooks", small()),
        ("without a connection", SandboxOptions { plan: SandboxPlan::None, ..of_version(18, 5) }),
    ] {
        let env = TestEnv::with(options);
        if name != "without a connection" {
            env.connects(&[]);
        }
        let before = state_of(&env);
        let run = env.exercise(&["--project", "group-1/project-1", "-o", "json"]);
        assert_eq!(run.code, 0, "{name}: {run}");
        let document = run.json();
        assert_eq!(document["project"]["path"], "group-1/project-1");
        assert_eq!(states(&document, "merge_request_comment"), ARRIVED, "{name}");
        is_as_before(&env, &before, name);
        for path in ["issues?state=all", "merge_requests?state=all", "pipelines"] {
            let (_, left) = env.api("GET", &format!("/projects/1/{path}"), &json!({}));
            let text = left.to_string();
            assert!(!text.contains("factory-gitlab-exercise-"), "{name}, {path}: {text}");
        }
        let (_, branches) = env.api("GET", "/projects/1/repository/branches", &json!({}));
        assert!(!branches.to_string().contains("factory-gitlab-exercise-"), "{name}: {branches}");
        assert!(projects_of_exercises(&env).is_empty(), "{name}");
    }
}

#[test]
fn a_group_is_named_or_the_first_one_that_allows_projects_is_taken() {
    let env = TestEnv::with(SandboxOptions { groups: 2, projects: 2, ..small() });
    env.connects(&[]);
    let named = env.exercise(&["--group", "group-2", "--only", "issue", "-o", "json"]);
    assert_eq!(named.code, 0, "{named}");
    let path = named.json()["project"]["path"].as_str().expect("a path").to_owned();
    assert!(path.starts_with("group-2/factory-gitlab-exercise-"), "{path}");
    let unknown = env.exercise(&["--group", "elsewhere"]);
    assert_eq!(unknown.code, 2, "{unknown}");
    assert!(unknown.stderr.contains("the group elsewhere does not exist, or the token does not see it"), "{unknown}");
    let both = env.exercise(&["--group", "group-2", "--project", "group-1/project-1"]);
    assert_eq!(both.code, 2, "{both}");
}

#[test]
fn where_deletion_is_delayed_the_project_goes_in_two_steps_and_at_once() {
    for version in [(17, 11), (18, 5), (19, 2)] {
        let env = TestEnv::with(of_version(version.0, version.1));
        env.connects(&[]);
        let run = env.exercise(&["--only", "issue", "-o", "json"]);
        assert_eq!(run.code, 0, "{version:?}: {run}");
        assert_eq!(run.json()["left"], json!([]), "{version:?}");
        assert!(projects_of_exercises(&env).is_empty(), "{version:?}");
    }
}

#[test]
fn where_immediate_deletion_is_off_the_report_says_when_the_project_goes() {
    let env = TestEnv::with(of_version(19, 2));
    env.connects(&[]);
    env.sandbox().gitlab().lock().settings.allow_immediate_namespaces_deletion = false;
    let run = env.exercise(&["--only", "issue", "-o", "json"]);
    assert_eq!(run.code, 0, "{run}");
    let document = run.json();
    assert_eq!(document["cleaned"], true, "GitLab has accepted it: {document}");
    let why = document["left"][0]["why"].as_str().expect("a reason");
    assert!(why.contains("marked for deletion") && why.contains("retention period"), "{why}");
    let again = env.exercise(&["--sweep"]);
    assert_eq!(again.code, 0, "{again}");
    assert!(again.stdout.starts_with("nothing to do: "), "it is not tried again for ever: {again}");
}

#[test]
fn what_is_kept_stays_until_it_is_swept() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    let before = state_of(&env);
    let kept = env.exercise(&["--keep", "--only", "issue", "-o", "json"]);
    assert_eq!(kept.code, 0, "{kept}");
    assert_eq!(kept.json()["cleaned"], false);
    assert_eq!(projects_of_exercises(&env).len(), 1);
    let next = env.exercise(&["--only", "issue"]);
    assert_eq!(next.code, 0, "{next}");
    assert_eq!(projects_of_exercises(&env).len(), 1, "the next run leaves it: {next}");
    assert!(next.stderr.contains("was kept on request; factory-gitlab exercise --sweep removes it"), "{next}");
    // The printed command, literally.
    let swept = env.run(&["exercise", "--sweep", "--yes"]);
    assert_eq!(swept.code, 0, "{swept}");
    is_as_before(&env, &before, "swept");
    let again = env.exercise(&["--sweep"]);
    assert!(again.stdout.starts_with("nothing to do: "), "{again}");
}

#[test]
fn the_project_of_another_machine_or_organization_is_named_and_stays() {
    let mut env = TestEnv::with(small());
    env.connects(&[]);
    let kept = env.exercise(&["--keep", "--only", "issue"]);
    assert_eq!(kept.code, 0, "{kept}");
    env.on_another_machine();
    let run = env.exercise(&["--sweep"]);
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.contains("is of an exercise of another machine or organization; it stays as it is"), "{run}");
    assert_eq!(projects_of_exercises(&env).len(), 1);
}

#[test]
fn two_organizations_exercise_side_by_side_and_leave_each_other_alone() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    let kit = env.sandbox().factory().add_organization("org_other");
    let other = env.file("other.json", kit.to_string());
    env.connects(&["--kit", &other]);
    let before = state_of(&env);
    for kit in [&[][..], &["--kit", &other]] {
        let run = env.exercise(&[kit, &["--only", "issue", "--only", "push", "-o", "json"]].concat());
        assert_eq!(run.code, 0, "{run}");
        is_as_before(&env, &before, "the exercise of one of them");
    }
}

#[test]
fn an_exercise_leaves_the_record_of_the_connection_as_it_is() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    let before = env.run(&["status", "-o", "json"]);
    assert_eq!(env.exercise(&["--only", "issue"]).code, 0);
    assert_eq!(env.run(&["status", "-o", "json"]).stdout, before.stdout);
    env.has_nothing_to_do(&[]);
}

#[test]
fn an_exercise_without_a_connection_is_no_connection() {
    let env = TestEnv::with(small());
    let empty = env.run(&["status"]);
    assert_eq!(env.exercise(&["--only", "issue"]).code, 0);
    let after = env.run(&["status"]);
    assert_eq!(after.code, empty.code, "{after}");
    env.connects(&[]);
    assert_eq!(env.run(&["verify"]).code, 0);
}

#[test]
fn a_project_without_commits_and_an_archived_one_are_refused_before_anything_is_made() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    let (group, made) = (env.group_hook().0, json!({ "name": "empty" }));
    let mut body = made;
    body["namespace_id"] = json!(group);
    env.make("/projects", &body);
    let run = env.exercise(&["--project", "group-1/empty"]);
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains("project group-1/empty has no commit to begin a branch at"), "{run}");
    env.make("/projects/1/archive", &json!({}));
    let archived = env.exercise(&["--project", "group-1/project-1"]);
    assert_eq!(archived.code, 2, "{archived}");
    assert!(archived.stderr.contains("project group-1/project-1 is archived"), "{archived}");
    assert_eq!(env.writes(), Vec::<String>::new());
}

#[test]
fn disconnect_warns_of_what_an_exercise_left_before_it_is_forgotten() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    let kept = env.exercise(&["--keep", "--only", "issue"]);
    assert_eq!(kept.code, 0, "{kept}");
    let plan = env.run(&["disconnect", "--dry-run"]);
    assert!(plan.stdout.contains("factory-gitlab exercise --sweep before"), "{plan}");
    // The printed command, literally.
    assert_eq!(env.run(&["exercise", "--sweep", "--yes"]).code, 0);
    let plan = env.run(&["disconnect", "--dry-run"]);
    assert!(!plan.stdout.contains("exercise"), "{plan}");
}
