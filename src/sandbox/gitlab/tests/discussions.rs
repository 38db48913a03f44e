//! Issues, comments and merge requests, and their webhooks.

use std::time::Duration;

use super::work::{LiveInstance, commit, live};
use super::*;

/// A change to `main` on a branch of project 1.
async fn branch(live: &LiveInstance, name: &str) -> Value {
    let mut change = commit(name, &format!("{name}.txt"), "x");
    change["start_branch"] = json!("main");
    live.made("POST /projects/1/repository/commits", change).await
}

/// The detailed status of merge request 1 of project 1.
async fn status(live: &LiveInstance) -> String {
    let shown = live.site.admin("GET /projects/1/merge_requests/1", NONE).await.body;
    shown["detailed_merge_status"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn an_issue_is_counted_in_its_project_and_sent_inside_the_request() {
    let live = live(SandboxOptions::default()).await;
    live.site.gitlab.set_work_quirks(|quirks| quirks.sidekiq_delay = Duration::from_secs(3600));
    live.made("POST /projects/2/issues", json!({ "title": "elsewhere" })).await;
    let made = live.made("POST /projects/1/issues", json!({ "title": "A bug", "description": "it breaks" })).await;
    assert_eq!((&made["iid"], &made["id"], &made["state"]), (&json!(1), &json!(2), &json!("opened")));
    let closed = live.site.admin("PUT /projects/1/issues/1", json!({ "state_event": "close" })).await;
    assert_eq!((closed.status, &closed.body["state"]), (200, &json!("closed")));
    let sent = live.payloads("Issue Hook").await;
    let of: Vec<&Value> = sent.iter().filter(|one| one["project"]["id"] == 1).collect();
    let actions: Vec<&Value> = of.iter().map(|one| &one["object_attributes"]["action"]).collect();
    assert_eq!(actions, [&json!("open"), &json!("close")]);
    assert_eq!(of[0]["object_attributes"]["id"], made["id"]);
    assert_eq!(of[0]["object_attributes"]["url"], made["web_url"]);
    live.made("POST /projects/1/issues", json!({ "title": "secret", "confidential": true })).await;
    assert_eq!(live.payloads("Confidential Issue Hook").await.len(), 1);
    let blank = live.site.admin("POST /projects/1/issues", json!({ "title": "" })).await;
    assert_eq!((blank.status, blank.body), (400, json!({ "message": { "title": ["can't be blank"] } })));
}

#[tokio::test]
async fn issues_are_work_items_from_19_2() {
    for (minor, place) in [(1, "issues"), (2, "work_items")] {
        let site = of_version(19, minor);
        let made = site.admin("POST /projects/1/issues", json!({ "title": "a" })).await.body;
        let expected = format!("http://gitlab.test:8080/group-1/project-1/-/{place}/1");
        assert_eq!(made["web_url"], expected, "19.{minor}");
    }
}

#[tokio::test]
async fn a_requests_event_uuid_is_taken_over_once_for_each_hook() {
    let live = live(SandboxOptions::default()).await;
    let uuid = "5f8b6c9a-0000-4000-8000-000000000001";
    let token = live.site.gitlab.admin_token();
    let headers = [
        format!("PRIVATE-TOKEN: {token}"),
        "Content-Type: application/json".to_owned(),
        format!("X-Gitlab-Event-UUID: {uuid}"),
    ];
    for title in ["first", "repeated"] {
        let body = json!({ "title": title }).to_string();
        assert_eq!(live.site.send("POST /api/v4/projects/1/issues", &headers, &body).await.status, 201);
    }
    let sent = live.payloads("Issue Hook").await;
    assert_eq!(sent.len(), 1, "the second is dropped as recursion");
    let path = format!("GET /groups/{}/hooks", live.group);
    let hook = live.site.admin(&path, NONE).await.body[0]["id"].clone();
    let log = live.site.admin(&format!("{path}/{hook}/events"), NONE).await.body;
    assert_eq!(log.as_array().map(Vec::len), Some(1), "and leaves nothing in the log");
    assert_eq!(log[0]["request_headers"]["X-Gitlab-Event-UUID"], uuid);
    assert_eq!(log[0]["request_data"]["object_attributes"]["title"], "first");
}

#[tokio::test]
async fn comments_are_sent_by_kind_and_those_of_gitlab_itself_never() {
    let live = live(SandboxOptions::default()).await;
    live.made("POST /projects/1/issues", json!({ "title": "a" })).await;
    let note = live.made("POST /projects/1/issues/1/notes", json!({ "body": "hello" })).await;
    let internal = live.made("POST /projects/1/issues/1/notes", json!({ "body": "psst", "internal": true })).await;
    live.site.admin("PUT /projects/1/issues/1", json!({ "state_event": "close" })).await;
    let commands = live.site.admin("POST /projects/1/issues/1/notes", json!({ "body": "/close" })).await;
    assert_eq!(commands.status, 202, "{}", commands.text);
    let sent = live.payloads("Note Hook").await;
    assert_eq!(sent.len(), 1);
    let attributes = &sent[0]["object_attributes"];
    assert_eq!((&attributes["id"], &attributes["noteable_type"]), (&note["id"], &json!("Issue")));
    assert_eq!(attributes["discussion_id"].as_str().map(str::len), Some(40));
    assert!(attributes.get("type").is_some() && attributes.get("position").is_some());
    assert_eq!(sent[0]["issue"]["iid"], 1);
    let confidential = live.payloads("Confidential Note Hook").await;
    assert_eq!((confidential.len(), &confidential[0]["object_attributes"]["id"]), (1, &internal["id"]));
    let list = "GET /projects/1/issues/1/notes";
    let ids = |answer: &TestResponse| -> Vec<Value> {
        answer.body.as_array().into_iter().flatten().map(|one| one["id"].clone()).collect()
    };
    let all = live.site.admin(list, NONE).await;
    assert_eq!(all.body[0]["system"], true, "newest first");
    let comments = live.site.admin(&format!("{list}?activity_filter=only_comments&sort=asc"), NONE).await;
    assert_eq!(ids(&comments), [note["id"].clone(), internal["id"].clone()]);
    let token = format!("PRIVATE-TOKEN: {}", live.site.gitlab.admin_token());
    let etag = format!("If-None-Match: {}", all.header("etag"));
    let again = live.site.send(&list.replace("GET ", "GET /api/v4"), &[token, etag], "").await;
    assert_eq!((again.status, again.text.as_str()), (304, ""));
}

#[tokio::test]
async fn a_merge_request_is_prepared_then_checked_then_mergeable() {
    let live = live(SandboxOptions::default()).await;
    live.site.gitlab.set_work_quirks(|quirks| quirks.merge_check = Duration::from_secs(10));
    let head = branch(&live, "feature").await;
    let asked = json!({ "title": "A change", "source_branch": "feature", "target_branch": "main" });
    let made = live.made("POST /projects/1/merge_requests", asked.clone()).await;
    assert_eq!((&made["detailed_merge_status"], &made["sha"]), (&json!("preparing"), &head["id"]));
    let mut seen = vec![status(&live).await];
    for _ in 0..2 {
        live.site.gitlab.clock().advance(Duration::from_secs(10));
        seen.push(status(&live).await);
    }
    assert_eq!(seen, ["preparing", "checking", "mergeable"]);
    let twice = live.site.admin("POST /projects/1/merge_requests", asked).await;
    let text = "Another open merge request already exists for this source branch: !1";
    assert_eq!((twice.status, twice.body), (409, json!({ "message": [text] })));
    let same = json!({ "title": "a", "source_branch": "main", "target_branch": "main" });
    assert_eq!(live.site.admin("POST /projects/1/merge_requests", same).await.status, 422);
}

#[tokio::test]
async fn a_merge_request_is_sent_when_it_is_opened_pushed_to_commented_on_and_merged() {
    let live = live(SandboxOptions::default()).await;
    live.site.gitlab.set_work_quirks(|quirks| quirks.merge_check = Duration::ZERO);
    let first = branch(&live, "feature").await;
    let asked = json!({
        "title": "A change", "source_branch": "feature", "target_branch": "main", "remove_source_branch": true,
    });
    live.made("POST /projects/1/merge_requests", asked).await;
    let second = live.made("POST /projects/1/repository/commits", commit("feature", "more.txt", "x")).await;
    let note = live.made("POST /projects/1/merge_requests/1/notes", json!({ "body": "look" })).await;
    live.received().await;
    let path = "PUT /projects/1/merge_requests/1/merge";
    let stale = live.site.admin(path, json!({ "sha": first["id"] })).await;
    assert_eq!(stale.status, 409, "{}", stale.text);
    assert_eq!(live.site.api(path, &live.site.gitlab.user_token(), NONE).await.status, 401, "the branch is protected");
    let merged = live.site.admin(path, json!({ "sha": second["id"] })).await;
    assert_eq!((merged.status, &merged.body["state"]), (200, &json!("merged")), "{}", merged.text);
    assert_eq!(live.site.admin(path, NONE).await.status, 405, "it is not open any more");
    let sent = live.payloads("Merge Request Hook").await;
    let actions: Vec<&Value> = sent.iter().map(|one| &one["object_attributes"]["action"]).collect();
    assert_eq!(actions, [&json!("open"), &json!("update"), &json!("merge")]);
    assert_eq!(sent[0]["object_attributes"]["last_commit"]["id"], first["id"]);
    assert_eq!(sent[1]["object_attributes"]["oldrev"], first["id"]);
    assert_eq!(sent[2]["object_attributes"]["merge_commit_sha"], merged.body["merge_commit_sha"]);
    assert!(sent[0]["object_attributes"].get("head_pipeline_id").is_some());
    let notes = live.payloads("Note Hook").await;
    assert_eq!((notes.len(), &notes[0]["object_attributes"]["id"]), (1, &note["id"]));
    assert_eq!(
        (&notes[0]["merge_request"]["iid"], &notes[0]["merge_request"]["source_branch"]),
        (&json!(1), &json!("feature"))
    );
    let branch = live.site.admin("GET /projects/1/repository/branches/feature", NONE).await;
    assert_eq!(branch.status, 404, "the source branch went with the merge");
    assert_eq!(
        live.site.admin("GET /projects/1/repository/branches/main", NONE).await.body["commit"]["id"],
        merged.body["merge_commit_sha"]
    );
}

#[tokio::test]
async fn what_stands_in_the_way_of_a_merge_is_named() {
    let live = live(SandboxOptions::default()).await;
    live.site.gitlab.set_work_quirks(|quirks| quirks.merge_check = Duration::ZERO);
    branch(&live, "feature").await;
    let asked = json!({ "title": "Draft: a", "source_branch": "feature", "target_branch": "main" });
    live.made("POST /projects/1/merge_requests", asked).await;
    assert_eq!(status(&live).await, "draft_status");
    live.site.admin("PUT /projects/1/merge_requests/1", json!({ "title": "a" })).await;
    live.site.gitlab.change_project(1, |project| project.details.merges_only_after_success = true);
    assert_eq!(status(&live).await, "ci_must_pass");
    live.site.admin("PUT /projects/1/merge_requests/1", json!({ "state_event": "close" })).await;
    assert_eq!(status(&live).await, "not_open");
}

#[tokio::test]
async fn droids_answer_as_agreed_late_as_somebody_else_or_with_a_tracking_note() {
    use crate::sandbox::factory::{DroidAnswer, DroidComment};
    use crate::sandbox::gitlab::seed::{TokenSpec, UserSpec};

    let live = live(SandboxOptions::default()).await;
    let gitlab = &live.site.gitlab;
    let droid = gitlab.add_user(UserSpec { username: "factory-droid".into(), ..UserSpec::default() });
    gitlab.change_group(live.group, |group| {
        group.members.insert(droid, 30);
    });
    let token = |user: u64| gitlab.add_token(TokenSpec { user, ..TokenSpec::default() });
    let late = Duration::from_millis(150);
    let cases = [
        (token(droid), Duration::ZERO, DroidComment::Answer, "factory-droid"),
        (token(droid), late, DroidComment::Answer, "factory-droid"),
        (gitlab.user_token(), Duration::ZERO, DroidComment::Answer, "alice"),
        (gitlab.admin_token(), Duration::ZERO, DroidComment::TrackingNote, "root"),
    ];
    for (number, (token, delay, comment, author)) in cases.into_iter().enumerate() {
        let answer = DroidAnswer { event: "Issue Hook", token: token.into(), delay, comment };
        live.sandbox.factory().set_quirks(|quirks| quirks.droids = vec![answer]);
        live.made("POST /projects/1/issues", json!({ "title": "a question" })).await;
        live.received().await;
        let path = format!("GET /projects/1/issues/{}/notes", number + 1);
        if delay == late {
            assert_eq!(live.site.admin(&path, NONE).await.body, json!([]), "it takes its time");
        }
        let mut notes = json!([]);
        for _ in 0..500 {
            notes = live.site.admin(&path, NONE).await.body;
            if notes != json!([]) {
                break;
            }
            crate::sandbox::clock::wait(Duration::from_millis(10)).await;
        }
        assert_eq!(notes[0]["author"]["username"], author, "{notes}");
        let is_tracking = notes[0]["body"].as_str().is_some_and(|text| text.contains("droid-tracking-note"));
        assert_eq!(is_tracking, comment == DroidComment::TrackingNote);
    }
}
