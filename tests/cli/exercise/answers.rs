//! The answers of Droids, as far as the kit promises them.

use std::time::Duration;

use factory_gitlab::sandbox::factory::{DroidAnswer, DroidComment};
use factory_gitlab::sandbox::gitlab::quirks::Runner;
use serde_json::{Value, json};

use super::{row, states};
use crate::test_env::{TestEnv, small};

/// A connected instance whose kit promises an answer to merge requests.
fn with_answers(answer: &Value) -> TestEnv {
    let mut env = TestEnv::with(small());
    env.connects(&[]);
    let mut kit = env.sandbox().factory().kit_json();
    kit["answers"] = json!([answer]);
    let kit = env.file("kit-with-answers.json", kit.to_string());
    env.set("FACTORY_KIT", &kit);
    env
}

fn promise(author: &str) -> Value {
    json!({ "event": "merge_request", "author": author, "pattern": "droid-tracking-note", "within": "60s" })
}

/// The Droid of an administrator's token.
fn droid(env: &TestEnv, comment: DroidComment) {
    let token = env.sandbox().gitlab().admin_token();
    let answer = DroidAnswer { event: "Merge Request Hook", token: token.into(), delay: Duration::ZERO, comment };
    env.sandbox().factory().set_quirks(|quirks| quirks.droids = vec![answer]);
}

const MERGE_REQUEST: [&str; 4] = ["--only", "merge_request", "-o", "json"];

#[test]
fn an_answer_as_promised_is_found_with_its_time() {
    let env = with_answers(&promise("root"));
    droid(&env, DroidComment::TrackingNote);
    let run = env.exercise(&MERGE_REQUEST);
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(states(&run.json(), "merge_request"), ["yes"; 4], "{run}");
    assert!(row(&run.json(), "merge_request")["answered"]["latency_ms"].is_u64(), "{run}");
}

#[test]
fn an_answer_by_the_owner_of_the_token_is_told_from_our_own_comments() {
    let env = with_answers(&promise("token-owner"));
    droid(&env, DroidComment::TrackingNote);
    let run = env.exercise(&["--only", "note", "--only", "merge_request", "-o", "json"]);
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(states(&run.json(), "merge_request")[3], "yes");
    assert_eq!(states(&run.json(), "merge_request_comment")[3], "not_promised");
}

#[test]
fn no_answer_and_another_ones_answer_are_failures_in_their_own_words() {
    let env = with_answers(&promise("root"));
    let run = env.exercise(&MERGE_REQUEST);
    assert_eq!(run.code, 1, "{run}");
    assert_eq!(row(&run.json(), "merge_request")["answered"]["reason"], "no answer within 60 s");
    droid(&env, DroidComment::Answer);
    let other = env.exercise(&MERGE_REQUEST);
    assert_eq!(other.code, 1, "{other}");
    assert_eq!(
        row(&other.json(), "merge_request")["answered"]["reason"],
        "root commented; the kit promises root with \"droid-tracking-note\""
    );
    let env = with_answers(&promise("factory-droid"));
    droid(&env, DroidComment::TrackingNote);
    let other = env.exercise(&MERGE_REQUEST);
    assert_eq!(
        row(&other.json(), "merge_request")["answered"]["reason"],
        "root commented; the kit promises factory-droid with \"droid-tracking-note\""
    );
}

#[test]
fn an_answer_that_needs_a_runner_is_skipped_where_no_runner_takes_jobs() {
    let mut answer = promise("factory-droid");
    answer["needs"] = json!(["runner"]);
    let env = with_answers(&answer);
    let args = ["--only", "merge_request", "--only", "pipeline", "-o", "json"];
    let without = env.exercise(&args);
    assert_eq!(without.code, 0, "{without}");
    assert_eq!(states(&without.json(), "merge_request")[3], "skipped", "{without}");
    env.sandbox().gitlab().set_work_quirks(|quirks| quirks.runner = Runner::Works);
    let with = env.exercise(&args);
    assert_eq!(with.code, 1, "{with}");
    assert_eq!(states(&with.json(), "merge_request")[3], "no", "{with}");
}

#[test]
fn wait_answer_takes_the_place_of_what_the_kit_says() {
    let env = with_answers(&promise("root"));
    let run = env.exercise(&["--only", "merge_request", "--wait-answer", "5s", "-o", "json"]);
    assert_eq!(row(&run.json(), "merge_request")["answered"]["reason"], "no answer within 5 s", "{run}");
}
