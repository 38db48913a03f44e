//! `exercise`: real events in a project of its own, each followed to GitLab's log and to Factory; nothing is left.

mod answers;
mod failures;
mod faults;
#[cfg(unix)]
mod killed;
mod ownership;
mod places;

use factory_gitlab::sandbox::gitlab::state::Visibility;
use factory_gitlab::sandbox::options::{SandboxEdition, SandboxOptions, SandboxPlan};
use serde_json::{Value, json};

use crate::disconnect::state::{is_as_before, state_of};
use crate::test_env::{TestEnv, Transcript, of_version, small};

impl TestEnv {
    /// Runs `exercise --yes` with more arguments.
    pub fn exercise(&self, args: &[&str]) -> Transcript {
        self.sandbox().clear_requests();
        self.run(&[&["exercise", "--yes"], args].concat())
    }
}

/// A row of the document by its activity.
fn row(document: &Value, activity: &str) -> Value {
    let rows = document["events"].as_array().expect("rows");
    rows.iter().find(|row| row["activity"] == activity).cloned().unwrap_or_default()
}

/// The states of a row: sent, delivered, received, answered.
fn states(document: &Value, activity: &str) -> [String; 4] {
    let row = row(document, activity);
    ["sent", "delivered", "received", "answered"].map(|cell| row[cell]["state"].as_str().unwrap_or_default().to_owned())
}

const ARRIVED: [&str; 4] = ["yes", "yes", "yes", "not_promised"];

#[test]
fn every_event_arrives_and_nothing_is_left_on_every_kind_of_instance() {
    let projects = |version: (u16, u16)| SandboxOptions {
        plan: SandboxPlan::None,
        projects: 2,
        ..of_version(version.0, version.1)
    };
    for (name, options, connects) in [
        ("group hooks", small(), true),
        ("project hooks", projects((19, 2)), true),
        ("the Community Edition", SandboxOptions { edition: SandboxEdition::Ce, ..projects((18, 5)) }, true),
        ("a delivery log without times", of_version(17, 4), true),
        ("without a connection", projects((19, 2)), false),
    ] {
        let env = TestEnv::with(options);
        if connects {
            env.connects(&[]);
        }
        let before = state_of(&env);
        let run = env.exercise(&["-o", "json"]);
        assert_eq!(run.code, 0, "{name}: {run}");
        let document = run.json();
        assert_eq!(document["schema"], "factory-gitlab/exercise/v1");
        for activity in
            ["push", "branch", "issue", "issue_comment", "merge_request", "merge_request_comment", "pipeline", "job"]
        {
            assert_eq!(states(&document, activity), ARRIVED, "{name}, {activity}: {run}");
        }
        assert_eq!(states(&document, "tag"), ["not_subscribed"; 4], "{name}");
        assert_eq!(document["cleaned"], true, "{name}: {document}");
        assert_eq!(document["left"], json!([]), "{name}");
        is_as_before(&env, &before, name);
        assert_eq!(env.run(&["verify"]).code, if connects { 0 } else { 1 }, "{name}");
    }
}

#[test]
fn the_report_is_a_table_with_times_and_reasons() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    let run = env.exercise(&["--only", "issue", "--only", "tag"]);
    // How often it looks depends on how busy the machine is.
    let shown =
        regex::Regex::new(r"\d+ requests").expect("a pattern").replace(&run.to_string(), "[n] requests").into_owned();
    insta::assert_snapshot!(shown, @r"
    exit code: 0
    ----- stdout -----
    every event that the kit subscribes to arrived: http://127.0.0.1:[port]
    in project group-1/factory-gitlab-exercise-[id]
    through webhook 1 on group group-1

                          sent      delivered received  answered
    tag                   -         -         -         -
    issue                 yes       yes [time] yes [time] -

    -        the kit does not subscribe to tag_push (tag)
    -        the kit promises no answer (answered)

    delivered after [time] (median), at most [time]
    received after [time] (median), at most [time]

    Everything that was made is removed.

    [n] requests, 6 of them writes, [duration]
    ----- stderr -----
    Plan for http://127.0.0.1:[port]
      1. create the private project group-1/factory-gitlab-exercise-[id]
         with a first commit; its members get no e-mail
      2. use webhook 1 on group group-1
      3. send a test delivery (push) from it
      4. open an issue
      5. follow each event into GitLab's log and to Factory
      6. remove the project group-1/factory-gitlab-exercise-[id]
         also after Ctrl-C
    ");
}

#[test]
fn a_dry_run_shows_the_plan_and_writes_nothing() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    let before = state_of(&env);
    env.sandbox().clear_requests();
    let run = env.run(&["exercise", "--dry-run", "--only", "note", "-o", "json"]);
    assert_eq!(run.code, 0, "{run}");
    let document = run.json();
    let steps: Vec<&str> =
        document["plan"].as_array().expect("a plan").iter().filter_map(|step| step["step"].as_str()).collect();
    assert_eq!(
        steps,
        ["create_scratch_project", "use_webhook", "test_webhook", "do", "do", "do", "do", "do", "follow", "clean_up"],
        "a comment needs an issue, and a merge request needs a push: {document}"
    );
    assert_eq!(env.writes(), Vec::<String>::new());
    is_as_before(&env, &before, "a dry run");
    assert!(!env.path("state").join("none").exists());
}

#[test]
fn only_what_is_asked_for_is_reported_and_unknown_names_are_refused_with_the_list() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    let run = env.exercise(&["--only", "note", "-o", "json"]);
    assert_eq!(run.code, 0, "{run}");
    let document = run.json();
    let activities: Vec<&Value> =
        document["events"].as_array().expect("rows").iter().map(|row| &row["activity"]).collect();
    assert_eq!(activities, ["issue_comment", "merge_request_comment"]);
    let wrong = env.exercise(&["--only", "wiki"]);
    assert_eq!(wrong.code, 2, "{wrong}");
    assert!(wrong.stderr.contains("merge_request_comment") && wrong.stderr.contains("tag_push"), "{wrong}");
    let none = env.exercise(&["--only", "tag"]);
    assert_eq!(none.code, 2, "an exercise of nothing is no success: {none}");
}

#[test]
fn junit_has_a_suite_for_each_activity_and_a_case_for_each_cell() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    let run = env.exercise(&["--only", "issue", "-o", "junit"]);
    assert_eq!(run.code, 0, "{run}");
    for part in [
        "<testsuite name=\"issue\" tests=\"4\"",
        "<testcase name=\"delivered\"",
        "<skipped message=\"the kit promises no answer\"",
    ] {
        assert!(run.stdout.contains(part), "{part}: {run}");
    }
}

#[test]
fn what_wakes_people_is_switched_off_and_no_one_is_mentioned() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    let run = env.exercise(&["--keep"]);
    assert_eq!(run.code, 0, "{run}");
    let state = env.sandbox().gitlab().lock();
    let made = state.projects.values().find(|project| project.full_path.contains("factory-gitlab-exercise-"));
    let made = made.expect("the project is kept");
    assert_eq!((made.details.emails, made.visibility), (false, Visibility::Private));
    let id = made.id;
    drop(state);
    for kind in ["issues", "merge_requests"] {
        let (_, listed) = env.api("GET", &format!("/projects/{id}/{kind}"), &json!({}));
        let one = &listed[0];
        let (_, notes) = env.api("GET", &format!("/projects/{id}/{kind}/{}/notes", one["iid"]), &json!({}));
        let texts = [&one["title"], &one["description"], &notes[0]["body"]].map(|text| text.as_str().expect("a text"));
        assert!(!texts.concat().contains('@'), "{texts:?}");
    }
}
