//! Four different failures, told apart; and what is no failure.

use std::time::Duration;

use serde_json::{Value, json};

use super::places::projects_of_exercises;
use super::{ARRIVED, row, states};
use crate::disconnect::state::{is_as_before, state_of};
use crate::test_env::{TestEnv, of_version, small};

fn reason(document: &Value, activity: &str, cell: &str) -> String {
    row(document, activity)[cell]["reason"].as_str().unwrap_or_default().to_owned()
}

fn connected() -> TestEnv {
    let env = TestEnv::with(small());
    env.connects(&[]);
    env
}

#[test]
fn not_done_is_told_with_gitlabs_reason_and_the_rest_goes_on() {
    let env = connected();
    env.sandbox().fault("gitlab:POST /api/v4/projects/*/issues=status:403").expect("a fault");
    let run = env.exercise(&["-o", "json"]);
    assert_eq!(run.code, 1, "{run}");
    let document = run.json();
    assert_eq!(states(&document, "issue"), ["no", "skipped", "skipped", "skipped"], "{run}");
    assert!(reason(&document, "issue", "sent").contains("403"), "{run}");
    assert_eq!(reason(&document, "issue_comment", "sent"), "it needs the issue, which was not done");
    assert_eq!(states(&document, "merge_request"), ARRIVED, "{run}");
    assert_eq!(document["cleaned"], true);
}

#[test]
fn done_and_not_sent_yet_is_told_as_the_queue() {
    let env = connected();
    env.sandbox().gitlab().set_work_quirks(|quirks| quirks.sidekiq_delay = Duration::from_secs(3600));
    let run = env.exercise(&["--only", "push", "--only", "issue", "-o", "json"]);
    assert_eq!(run.code, 1, "{run}");
    let document = run.json();
    assert_eq!(reason(&document, "push", "delivered"), "done, and GitLab has not sent it within 2 minutes");
    assert_eq!(states(&document, "issue"), ARRIVED, "an issue's webhook is sent in the request itself: {run}");
    assert!(document["fixes"].to_string().contains("/admin/background_jobs"), "{document}");
}

#[test]
fn sent_and_refused_has_the_status_and_the_text() {
    let env = connected();
    env.sandbox().factory().set_quirks(|quirks| quirks.failed_events = vec!["Issue Hook"]);
    let run = env.exercise(&["--only", "push", "--only", "issue", "-o", "json"]);
    assert_eq!(run.code, 1, "{run}");
    let document = run.json();
    let reason = reason(&document, "issue", "delivered");
    assert!(reason.starts_with("sent, and the receiver answered 500"), "{reason}");
    assert_eq!(states(&document, "push"), ARRIVED, "{run}");
}

#[test]
fn sent_and_not_received_is_told_by_factorys_missing_receipt() {
    let env = connected();
    env.sandbox().factory().set_quirks(|quirks| quirks.unconfirmed_events = vec!["Issue Hook"]);
    let run = env.exercise(&["--only", "push", "--only", "issue", "-o", "json"]);
    assert_eq!(run.code, 1, "{run}");
    let document = run.json();
    assert_eq!(states(&document, "issue"), ["yes", "yes", "no", "not_promised"], "{run}");
    assert_eq!(reason(&document, "issue", "received"), "sent and answered, but Factory has no receipt of it");
    assert_eq!(states(&document, "push"), ARRIVED, "{run}");
    assert!(document["fixes"].to_string().contains("of which it has no receipt"), "{document}");
}

#[test]
fn without_a_delivery_log_receipts_prove_what_they_can_and_the_rest_is_unknown() {
    let env = TestEnv::with(of_version(16, 11));
    env.connects(&[]);
    let before = state_of(&env);
    let run = env.exercise(&["-o", "json"]);
    assert_eq!(run.code, 3, "{run}");
    let document = run.json();
    for activity in ["issue", "merge_request"] {
        assert_eq!(states(&document, activity), ARRIVED, "{activity}: {run}");
    }
    assert_eq!(states(&document, "push"), ["yes", "unknown", "unknown", "not_promised"], "{run}");
    assert_eq!(reason(&document, "push", "delivered"), "this version of GitLab has no delivery log (17.3)");
    is_as_before(&env, &before, "16.11");
}

#[test]
fn a_repository_that_is_ready_late_is_waited_for() {
    let env = connected();
    env.sandbox().gitlab().set_work_quirks(|quirks| quirks.repository_lag = Duration::from_millis(300));
    let run = env.exercise(&["--only", "push", "-o", "json"]);
    assert_eq!(run.code, 0, "{run}");
}

#[test]
fn ci_that_is_switched_off_is_skipped_with_the_reason() {
    let env = connected();
    let (group, _) = env.group_hook();
    let made = env.make(
        "/projects",
        &json!({ "name": "no-ci", "namespace_id": group, "initialize_with_readme": true, "builds_access_level": "disabled" }),
    );
    let path = made["path_with_namespace"].as_str().expect("a path").to_owned();
    let run = env.exercise(&["--project", &path, "-o", "json"]);
    assert_eq!(run.code, 0, "{run}");
    let document = run.json();
    assert_eq!(states(&document, "pipeline"), ["skipped"; 4], "{run}");
    assert!(reason(&document, "pipeline", "sent").contains("CI/CD is switched off"), "{run}");
    assert_eq!(states(&document, "job"), ["skipped"; 4], "{run}");
}

#[test]
fn a_group_that_refuses_projects_is_left_for_the_next_and_all_refusals_say_what_to_do() {
    let env = connected();
    env.sandbox().fault("gitlab:POST /api/v4/projects=status:403").expect("a fault");
    let run = env.exercise(&["-o", "json"]);
    assert_eq!(run.code, 1, "{run}");
    let document = run.json();
    let text = document["failures"].to_string();
    assert!(text.contains("factory-gitlab exercise --project PATH"), "{text}");
    assert_eq!(states(&document, "push"), ["skipped"; 4], "{run}");
}

#[test]
fn a_webhook_whose_test_fails_stops_the_exercise_with_the_cause_and_the_fix() {
    let env = connected();
    env.sandbox().factory().set_quirks(|quirks| quirks.failed_events = vec!["Push Hook"]);
    let run = env.exercise(&[]);
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stdout.contains("test of the webhook: "), "{run}");
    assert!(run.stdout.contains("factory-gitlab verify --live"), "{run}");
    assert!(projects_of_exercises(&env).is_empty(), "{run}");
}

#[test]
fn a_webhook_that_lacks_an_event_is_warned_of_before_and_its_events_are_not_sent() {
    let env = connected();
    let (group, hook) = env.group_hook();
    let path = format!("/groups/{group}/hooks/{}", hook.id);
    let (status, changed) = env.api("PUT", &path, &json!({ "issues_events": false }));
    assert_eq!(status, 200, "{changed}");
    let run = env.exercise(&["--only", "issue", "--only", "push", "-o", "json"]);
    assert_eq!(run.code, 1, "{run}");
    let document = run.json();
    let why = format!("done, and webhook {} on group group-1 does not send issue", hook.id);
    assert_eq!(reason(&document, "issue", "delivered"), why);
    assert_eq!(reason(&document, "issue", "received"), "GitLab did not send it");
    assert_eq!(document["fixes"][0]["command"], "factory-gitlab connect", "{document}");
    assert!(document["duration_ms"].as_u64().is_some_and(|time| time < 60_000), "it is not waited for: {document}");
    let warning =
        format!("webhook {} on group group-1 does not send issue; factory-gitlab connect corrects it", hook.id);
    assert!(run.stderr.contains(&warning), "{run}");
    // The printed command, literally.
    let mended = env.run(&["connect", "--yes"]);
    assert_eq!(mended.code, 0, "{mended}");
    assert_eq!(env.exercise(&["--only", "issue", "--only", "push"]).code, 0);
}

#[test]
fn what_could_not_be_removed_is_listed_with_the_command_that_removes_it_later() {
    let env = connected();
    env.sandbox().fault("gitlab:DELETE /api/v4/projects/*=status:403").expect("a fault");
    let run = env.exercise(&["--only", "issue"]);
    env.sandbox().clear_faults();
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stdout.starts_with("every event arrived, and not everything could be removed: "), "{run}");
    assert!(run.stdout.contains("left: project group-1/factory-gitlab-exercise-"), "{run}");
    assert!(run.stdout.contains("factory-gitlab exercise --sweep"), "{run}");
    // The printed command, literally.
    assert_eq!(env.run(&["exercise", "--sweep", "--yes"]).code, 0);
    assert!(projects_of_exercises(&env).is_empty());
}

#[test]
fn an_exercise_in_which_nothing_could_be_done_is_no_success() {
    for (fault, code) in [("status:400", 1), ("status:403", 1)] {
        let env = connected();
        env.sandbox().fault(&format!("gitlab:POST /api/v4/projects/*/pipeline={fault}")).expect("a fault");
        let run = env.exercise(&["--only", "pipeline", "-o", "json"]);
        assert_eq!(run.code, code, "{fault}: {run}");
    }
    let env = connected();
    let (group, _) = env.group_hook();
    let body = json!({ "name": "no-ci", "namespace_id": group, "initialize_with_readme": true, "builds_access_level": "disabled" });
    env.make("/projects", &body);
    let run = env.exercise(&["--project", "group-1/no-ci", "--only", "pipeline"]);
    assert_eq!(run.code, 3, "nothing was tested: {run}");
}

#[test]
fn receipts_of_what_never_was_are_not_believed() {
    let env = connected();
    env.sandbox().fault("factory:GET /gitlab/v1/receipts=json:{\"received\":true}").expect("a fault");
    let run = env.exercise(&["--only", "issue", "-o", "json"]);
    assert_eq!(run.code, 3, "{run}");
    let document = run.json();
    assert_eq!(states(&document, "issue"), ["yes", "yes", "unknown", "not_promised"], "{run}");
    assert!(reason(&document, "issue", "received").contains("a delivery that never was"), "{run}");
}

#[test]
fn a_webhook_that_was_registered_for_the_test_alone_is_said_to_be_no_proof_of_the_others() {
    let env = connected();
    let (group, hook) = env.group_hook();
    env.api("DELETE", &format!("/groups/{group}/hooks/{}", hook.id), &json!({}));
    let run = env.exercise(&["--project", "group-1/project-1", "--only", "issue"]);
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.contains("through a webhook that was registered for this test"), "{run}");
    assert!(run.stderr.contains("warning: no webhook of this connection covers it"), "{run}");
    let run = env.exercise(&["--only", "issue", "-o", "json"]);
    assert_eq!(run.json()["webhook"]["registered_for_test"], true, "{run}");
}
