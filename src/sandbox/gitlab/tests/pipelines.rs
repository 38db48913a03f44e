//! Pipelines and jobs, their configuration, and their webhooks.

use std::time::Duration;

use super::work::{LiveInstance, commit, live};
use super::*;
use crate::sandbox::gitlab::quirks::Runner;

const CONFIG: &str = "check:\n  script:\n    - true\n  environment: staging\n";

async fn with_config(config: &str) -> LiveInstance {
    let live = live(SandboxOptions::default()).await;
    live.made("POST /projects/1/repository/commits", commit("main", ".gitlab-ci.yml", config)).await;
    live
}

fn words<'a>(payloads: &'a [Value], at: &str) -> Vec<&'a str> {
    payloads.iter().filter_map(|one| one.pointer(at).and_then(Value::as_str)).collect()
}

#[tokio::test]
async fn a_configuration_is_checked_before_it_is_pushed() {
    let site = site(&SandboxOptions::default());
    let lint = "POST /projects/1/ci/lint";
    let good = site.admin(lint, json!({ "content": CONFIG, "dry_run": true })).await;
    assert_eq!((good.status, &good.body["valid"], &good.body["errors"]), (200, &json!(true), &json!([])));
    let bad = site.admin(lint, json!({ "content": "check:\n  stage: test\n" })).await;
    let text = "jobs:check config should implement the script:, run:, or trigger: keyword";
    assert_eq!((bad.status, &bad.body["valid"], &bad.body["errors"]), (200, &json!(false), &json!([text])));
    site.gitlab.change_project(1, |project| project.details.has_ci = false);
    for (line, body) in [(lint, json!({ "content": CONFIG })), ("POST /projects/1/pipeline", json!({ "ref": "main" }))]
    {
        let off = site.admin(line, body).await;
        assert_eq!((off.status, off.body), (403, json!({ "message": "403 Forbidden" })), "{line}");
    }
}

#[tokio::test]
async fn a_pipeline_that_cannot_be_made_gets_gitlabs_text() {
    let empty = "The resulting pipeline would have been empty. Review the rules configuration for the relevant jobs.";
    for (config, expected) in [
        (None, "Missing CI config file"),
        (Some("a:\n  script: x\n  when: never\n"), empty),
        (Some("workflow:\n  rules:\n    - when: never\na:\n  script: x\n"), "Pipeline filtered out by workflow rules."),
        (Some("a: b\n"), "jobs:a config should be a hash"),
    ] {
        let site = site(&SandboxOptions::default());
        if let Some(config) = config {
            let pushed =
                site.admin("POST /projects/1/repository/commits", commit("main", ".gitlab-ci.yml", config)).await;
            assert_eq!(pushed.status, 201);
        }
        let answer = site.admin("POST /projects/1/pipeline", json!({ "ref": "main" })).await;
        assert_eq!((answer.status, answer.body), (400, json!({ "message": { "base": [expected] } })));
        let answer = site.admin("POST /projects/1/pipeline", json!({ "ref": "nowhere" })).await;
        assert_eq!((answer.status, answer.body), (400, json!({ "message": { "base": ["Reference not found"] } })));
        let alice = site.api("POST /projects/2/pipeline", &site.gitlab.user_token(), json!({ "ref": "main" })).await;
        assert_ne!(alice.status, 201);
    }
}

#[tokio::test]
async fn without_a_runner_the_first_pipeline_hook_is_pending_and_nothing_follows() {
    let live = with_config(CONFIG).await;
    let sent = live.payloads("Pipeline Hook").await;
    assert_eq!(words(&sent, "/object_attributes/status"), ["pending"]);
    assert_eq!((&sent[0]["object_attributes"]["source"], &sent[0]["merge_request"]), (&json!("push"), &NONE));
    let jobs = live.payloads("Job Hook").await;
    assert_eq!(jobs.len(), 2, "created, and pending");
    assert_eq!((&jobs[1]["build_status"], &jobs[1]["runner"]), (&json!("pending"), &NONE));
    assert_eq!((&jobs[1]["object_kind"], &jobs[1]["environment"]["name"]), (&json!("build"), &json!("staging")));
    assert_eq!(jobs[1]["commit"]["id"], jobs[1]["pipeline_id"]);
    let shown = live.site.admin("GET /projects/1/pipelines/1", NONE).await.body;
    assert_eq!(shown["status"], "pending");
    let listed = live.site.admin("GET /projects/1/pipelines/1/jobs", NONE).await.body;
    assert_eq!((&listed[0]["name"], &listed[0]["status"]), (&json!("check"), &json!("pending")));
}

#[tokio::test]
async fn a_runner_takes_the_jobs_and_a_version_may_not_send_created() {
    let live = live(SandboxOptions::default()).await;
    live.site.gitlab.set_work_quirks(|quirks| {
        quirks.runner = Runner::Works;
        quirks.job_created_hook = false;
        quirks.sidekiq_delay = Duration::from_millis(30);
    });
    live.made("POST /projects/1/repository/commits", commit("main", ".gitlab-ci.yml", CONFIG)).await;
    let pipelines = live.payloads("Pipeline Hook").await;
    assert_eq!(pipelines.len(), 3, "pending, running, success; each as it was when it was sent");
    assert_eq!(words(&pipelines, "/object_attributes/status").last(), Some(&"success"));
    let jobs = live.payloads("Job Hook").await;
    assert_eq!(jobs.len(), 3);
    assert_eq!(jobs[2]["runner"]["is_shared"], true);
}

#[tokio::test]
async fn a_pipeline_is_canceled_with_200_and_sent_once_more() {
    let live = with_config(CONFIG).await;
    live.received().await;
    let path = "POST /projects/1/pipelines/1/cancel";
    let canceled = live.site.admin(path, NONE).await;
    assert_eq!((canceled.status, &canceled.body["status"]), (200, &json!("canceled")));
    assert_eq!(live.site.admin(path, NONE).await.status, 200);
    let sent = live.payloads("Pipeline Hook").await;
    assert_eq!(words(&sent, "/object_attributes/status"), ["pending", "canceled"]);
    let other = live.site.gitlab.add_token(crate::sandbox::gitlab::seed::TokenSpec { user: 2, ..Default::default() });
    live.site.gitlab.change_group(live.group, |group| {
        group.members.insert(2, 20);
    });
    assert_eq!(live.site.api(path, &other, NONE).await.status, 403, "a Reporter may not");
}

#[tokio::test]
async fn skipped_manual_and_blocked_pipelines_say_less() {
    let live = live(SandboxOptions::default()).await;
    let mut skipped = commit("main", ".gitlab-ci.yml", CONFIG);
    skipped["commit_message"] = json!("Add CI [ci skip]");
    live.made("POST /projects/1/repository/commits", skipped).await;
    assert_eq!(words(&live.payloads("Pipeline Hook").await, "/object_attributes/status"), ["skipped"]);
    assert_eq!(live.payloads("Job Hook").await.len(), 0);
    let manual = commit("main", ".gitlab-ci.yml", "a:\n  script: x\n  when: manual\n");
    live.made("POST /projects/2/repository/commits", manual).await;
    live.received().await;
    assert_eq!(live.site.admin("GET /projects/2/pipelines", NONE).await.body[0]["status"], "skipped");
    live.site.gitlab.set_work_quirks(|quirks| quirks.pipeline_user_blocked = true);
    let before = live.payloads("Pipeline Hook").await.len();
    live.made("POST /projects/1/pipeline", json!({ "ref": "main" })).await;
    assert_eq!(live.payloads("Pipeline Hook").await.len(), before);
    assert_eq!(live.site.admin("GET /projects/1/pipelines", NONE).await.body[0]["source"], "api");
}

#[tokio::test]
async fn a_merge_requests_pipeline_names_it_and_a_merge_request_its_pipeline() {
    let config = "check:\n  script: x\n  rules:\n    - if: $CI_PIPELINE_SOURCE == \"merge_request_event\"\n";
    let live = with_config(config).await;
    assert_eq!(live.payloads("Pipeline Hook").await.len(), 0);
    let mut change = commit("feature", "a.txt", "x");
    change["start_branch"] = json!("main");
    live.made("POST /projects/1/repository/commits", change).await;
    let asked = json!({ "title": "A change", "source_branch": "feature", "target_branch": "main" });
    let made = live.made("POST /projects/1/merge_requests", asked).await;
    let sent = live.payloads("Pipeline Hook").await;
    assert_eq!((sent.len(), &sent[0]["object_attributes"]["source"]), (1, &json!("merge_request_event")));
    assert_eq!((&sent[0]["merge_request"]["iid"], &sent[0]["merge_request"]["id"]), (&json!(1), &made["id"]));
    let shown = live.site.admin("GET /projects/1/merge_requests/1", NONE).await.body;
    assert_eq!(shown["head_pipeline"]["id"], sent[0]["object_attributes"]["id"]);
    let requests = live.payloads("Merge Request Hook").await;
    assert_eq!(requests[0]["object_attributes"]["head_pipeline_id"], shown["head_pipeline"]["id"]);
}
