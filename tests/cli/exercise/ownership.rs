//! What is not an exercise's own stays, whatever it is called and whatever a record says.

use factory_gitlab::sandbox::options::{SandboxOptions, SandboxPlan};
use serde_json::{Value, json};

use super::places::projects_of_exercises;
use crate::disconnect::state::{is_as_before, state_of};
use crate::test_env::{TestEnv, of_version, small};

fn connected() -> TestEnv {
    let env = TestEnv::with(small());
    env.connects(&[]);
    env
}

/// The mark of the exercise that was kept.
fn kept_mark(env: &TestEnv, args: &[&str]) -> String {
    let kept = env.exercise(&[&["--keep"], args].concat());
    assert_eq!(kept.code, 0, "{kept}");
    let journal = journal(env).1;
    let at = journal.rfind("factory-gitlab-exercise-").expect("a mark");
    journal[at..at + 36].to_owned()
}

fn journal(env: &TestEnv) -> (String, String) {
    let files = env.files_below("state");
    let (path, text) = files.into_iter().find(|(path, _)| path.ends_with("journal.jsonl")).expect("a journal");
    (path, String::from_utf8(text).expect("text"))
}

#[test]
fn what_other_people_call_by_the_mark_in_a_named_project_stays() {
    let env = connected();
    let mark = kept_mark(&env, &["--project", "group-1/project-1", "--only", "issue", "--only", "push"]);
    let other = env.sandbox().gitlab().user_token();
    let as_other = |path: &str, body: &Value| {
        let call = crate::test_env::ApiCall { method: "POST", path, body };
        env.api_as(&other, &call)
    };
    for title in [format!("Follow-up: what did {mark} do here?"), format!("{mark} (issue)")] {
        let (status, made) = as_other("/projects/1/issues", &json!({ "title": title }));
        assert_eq!(status, 201, "{made}");
    }
    env.make(
        "/projects/1/merge_requests",
        &json!({ "title": "Keep this", "source_branch": mark, "target_branch": "main" }),
    );
    let hook = json!({ "url": "https://hooks.example.com/x", "description": format!("Made by {mark}; see there") });
    env.make("/projects/1/hooks", &hook);
    let swept = env.exercise(&["--sweep"]);
    assert_eq!(swept.code, 0, "{swept}");
    let (_, issues) = env.api("GET", "/projects/1/issues", &json!({}));
    assert_eq!(issues.as_array().map(Vec::len), Some(2), "{issues}");
    let (_, requests) = env.api("GET", "/projects/1/merge_requests", &json!({}));
    assert_eq!(requests[0]["title"], "Keep this", "{requests}");
    let (_, hooks) = env.api("GET", "/projects/1/hooks", &json!({}));
    assert_eq!(hooks.as_array().map(Vec::len), Some(1), "{hooks}");
}

#[test]
fn a_record_that_was_edited_by_hand_removes_nothing() {
    let env = connected();
    for title in ["release blocker", "precious"] {
        env.make("/projects/1/issues", &json!({ "title": title }));
    }
    env.make("/projects/1/repository/branches", &json!({ "branch": "release", "ref": "main" }));
    let before = state_of(&env);
    let (path, text) = journal(&env);
    for mark in ["", "release", "main", "factory-gitlab-exercise-"] {
        let line = json!({ "v": 1, "at": "2026-11-26T09:18:22Z", "run": "x", "event": "use_project", "mark": mark,
                           "project": 1, "path": "x" });
        let name =
            std::path::Path::new(&path).strip_prefix(env.path("")).expect("below").to_string_lossy().into_owned();
        env.file(&name, format!("{text}{line}\n"));
        let swept = env.exercise(&["--sweep"]);
        assert!(swept.stdout.starts_with("nothing to do: "), "{mark}: {swept}");
        is_as_before(&env, &before, mark);
        let (_, issues) = env.api("GET", "/projects/1/issues", &json!({}));
        assert_eq!(issues.as_array().map(Vec::len), Some(2), "{mark}: {issues}");
        assert_eq!(env.api("GET", "/projects/1/repository/branches/release", &json!({})).0, 200, "{mark}");
    }
}

#[test]
fn a_project_whose_description_imitates_the_mark_stays() {
    let env = connected();
    let mark = kept_mark(&env, &["--only", "issue"]);
    let (group, _) = env.group_hook();
    let body = json!({ "name": "ours", "namespace_id": group, "topics": ["factory-gitlab-exercise"],
                       "description": format!("we use {mark} as an example") });
    env.make("/projects", &body);
    let swept = env.exercise(&["--sweep"]);
    assert_eq!(swept.code, 0, "{swept}");
    assert!(projects_of_exercises(&env).is_empty(), "{swept}");
    assert_eq!(env.api("GET", "/projects/group-1%2Fours", &json!({})).0, 200);
}

#[test]
fn one_404_does_not_make_a_project_forgotten() {
    let env = connected();
    kept_mark(&env, &["--only", "issue"]);
    env.sandbox().fault("gitlab:GET /api/v4/projects/2=status:404@1x1").expect("a fault");
    let swept = env.exercise(&["--sweep"]);
    env.sandbox().clear_faults();
    let again = env.exercise(&["--sweep"]);
    assert!(projects_of_exercises(&env).is_empty(), "{swept}\n{again}");
}

#[test]
fn without_marks_the_webhook_of_an_exercise_is_known_by_its_number() {
    let options = SandboxOptions { plan: SandboxPlan::None, projects: 2, ..of_version(16, 11) };
    let env = TestEnv::with(options);
    env.connects(&["--webhooks", "project", "--project", "group-1/project-1"]);
    let before = state_of(&env);
    let kept = env.exercise(&["--keep", "--project", "group-1/project-2", "--only", "issue"]);
    assert_eq!(kept.code, 0, "{kept}");
    assert_eq!(env.all_hooks().len(), 2);
    let swept = env.exercise(&["--sweep"]);
    assert_eq!(swept.code, 0, "{swept}");
    is_as_before(&env, &before, "swept");
}
