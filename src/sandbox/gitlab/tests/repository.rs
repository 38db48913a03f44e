//! Commits, branches and tags, and the webhooks of pushes.

use std::time::Duration;

use super::work::{commit, live};
use super::*;

#[tokio::test]
async fn a_repository_is_not_ready_at_once() {
    let site = site(&SandboxOptions::default());
    site.gitlab.set_work_quirks(|quirks| quirks.repository_lag = Duration::from_secs(5));
    let asked = json!({ "name": "slow", "initialize_with_readme": true });
    let made = site.admin("POST /projects", asked).await.body;
    assert_eq!((&made["empty_repo"], &made["default_branch"]), (&json!(true), &NONE));
    let path = format!("/projects/{}/repository", made["id"]);
    let branch = site.admin(&format!("GET {path}/branches/main"), NONE).await;
    assert_eq!((branch.status, branch.body), (404, json!({ "message": "404 Branch Not Found" })));
    let first = site.admin(&format!("POST {path}/commits"), commit("main", "a", "a")).await;
    let text = "You can only create or edit files when you are on a branch";
    assert_eq!((first.status, first.body), (400, json!({ "message": text })));
    site.gitlab.clock().advance(Duration::from_secs(5));
    assert_eq!(site.admin(&format!("GET {path}/branches/main"), NONE).await.status, 200);
    assert_eq!(site.admin(&format!("POST {path}/commits"), commit("main", "a", "a")).await.status, 201);
}

#[tokio::test]
async fn the_first_commit_of_an_empty_repository_makes_its_default_branch() {
    let site = site(&SandboxOptions::default());
    let id = site.admin("POST /projects", json!({ "name": "empty" })).await.body["id"].clone();
    let made = site.admin(&format!("POST /projects/{id}/repository/commits"), commit("trunk", "a", "a")).await;
    assert_eq!((made.status, &made.body["parent_ids"]), (201, &json!([])));
    let project = site.admin(&format!("GET /projects/{id}"), NONE).await.body;
    assert_eq!((&project["empty_repo"], &project["default_branch"]), (&json!(false), &json!("trunk")));
    let branches = site.admin(&format!("GET /projects/{id}/repository/branches"), NONE).await.body;
    assert_eq!((&branches[0]["name"], &branches[0]["commit"]["id"]), (&json!("trunk"), &made.body["id"]));
}

#[tokio::test]
async fn what_cannot_be_pushed_gets_gitlabs_refusals() {
    let site = site(&SandboxOptions::default());
    let commits = "POST /projects/1/repository/commits";
    let with = |more: Value| {
        let mut body = commit("new", "README.md", "x");
        body.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
        body
    };
    let branch = "POST /projects/1/repository/branches";
    let tag = "POST /projects/1/repository/tags";
    let on_branch = "You can only create or edit files when you are on a branch";
    let exists = "A file with this name already exists";
    let cases = [
        (
            commits,
            json!({}),
            400,
            json!({ "error": "branch is missing, commit_message is missing, actions is missing" }),
        ),
        (commits, with(json!({})), 400, json!({ "message": on_branch })),
        (commits, with(json!({ "start_branch": "main" })), 400, json!({ "message": exists })),
        (commits, with(json!({ "branch": "main" })), 400, json!({ "message": exists })),
        (
            commits,
            with(json!({ "start_branch": "main", "start_sha": "1" })),
            400,
            json!({ "error": "start_branch, start_sha are mutually exclusive" }),
        ),
        (branch, json!({ "branch": "main", "ref": "main" }), 400, json!({ "message": "Branch already exists" })),
        (branch, json!({ "branch": "b", "ref": "x" }), 400, json!({ "message": "Invalid reference name: x" })),
        (tag, json!({ "tag_name": "v1", "ref": "x" }), 400, json!({ "message": "Target x is invalid" })),
    ];
    for (line, body, status, expected) in cases {
        let answer = site.admin(line, body.clone()).await;
        assert_eq!((answer.status, answer.body), (status, expected), "{line} {body}");
    }
    assert_eq!(site.admin(tag, json!({ "tag_name": "v1", "ref": "main" })).await.status, 201);
    let again = site.admin(tag, json!({ "tag_name": "v1", "ref": "main" })).await;
    assert_eq!((again.status, again.body), (400, json!({ "message": "Tag v1 already exists" })));
    let alice = site.gitlab.user_token();
    let refused = site.api(commits, &alice, commit("main", "a", "a")).await;
    let text = "403 Forbidden - You are not allowed to push into this branch";
    assert_eq!((refused.status, refused.body), (403, json!({ "message": text })), "the default branch is protected");
    let mut aside = commit("feature", "a", "a");
    aside["start_branch"] = json!("main");
    assert_eq!(site.api(commits, &alice, aside).await.status, 201);
    site.gitlab.archive(1);
    assert_eq!(site.admin(commits, commit("main", "b", "b")).await.status, 403, "an archived project takes no push");
}

#[tokio::test]
async fn a_push_a_branch_and_a_tag_are_sent_with_what_a_bot_needs() {
    let live = live(SandboxOptions::default()).await;
    let asked = json!({ "name": "pushed", "namespace_id": live.group, "initialize_with_readme": true });
    let project = live.made("POST /projects", asked).await;
    let path = format!("/projects/{}/repository", project["id"]);
    let made = live.made(&format!("POST {path}/commits"), commit("main", "a.txt", "a")).await;
    live.made(&format!("POST {path}/branches"), json!({ "branch": "b", "ref": "main" })).await;
    live.made(&format!("POST {path}/tags"), json!({ "tag_name": "v1", "ref": "main", "message": "first" })).await;
    assert_eq!(live.site.admin(&format!("DELETE {path}/branches/b"), NONE).await.status, 204);
    let mut pushes = live.payloads("Push Hook").await;
    assert_eq!(pushes.len(), 4, "README, commit, branch made, branch deleted");
    let after = |payload: &Value| payload["after"].clone();
    let zeros = json!("0".repeat(40));
    let of = |wanted: &dyn Fn(&Value) -> bool, all: &mut Vec<Value>| {
        all.iter().position(wanted).map(|at| all.remove(at)).expect("such a push")
    };
    let push = of(&|one| one["commits"][0]["id"] == made["id"], &mut pushes);
    assert_eq!((&push["checkout_sha"], &push["ref"]), (&made["id"], &json!("refs/heads/main")));
    assert_eq!(push["commits"][0]["added"], json!(["a.txt"]));
    assert_eq!(push["repository"]["git_http_url"], project["http_url_to_repo"]);
    assert_eq!((&push["project_id"], &push["total_commits_count"]), (&project["id"], &json!(1)));
    let deleted = of(&|one| after(one) == zeros, &mut pushes);
    assert_eq!((&deleted["ref"], &deleted["checkout_sha"]), (&json!("refs/heads/b"), &NONE));
    let branch = of(&|one| one["ref"] == "refs/heads/b", &mut pushes);
    assert_eq!((&branch["before"], after(&branch)), (&zeros, made["id"].clone()));
    let tags = live.payloads("Tag Push Hook").await;
    assert_eq!(tags.len(), 1);
    assert_eq!((&tags[0]["ref"], &tags[0]["message"]), (&json!("refs/tags/v1"), &json!("first")));
    assert_eq!((&tags[0]["checkout_sha"], &tags[0]["object_kind"]), (&made["id"], &json!("tag_push")));
}

#[tokio::test]
async fn a_push_is_sent_by_a_worker_on_the_instances_clock() {
    let live = live(SandboxOptions::default()).await;
    live.site.gitlab.set_work_quirks(|quirks| quirks.sidekiq_delay = Duration::from_secs(3600));
    live.made("POST /projects/1/repository/commits", commit("main", "a.txt", "a")).await;
    assert!(live.site.gitlab.unsent_hooks() > 0);
    assert_eq!(live.sandbox.factory().deliveries().len(), 0);
    live.site.gitlab.clock().advance(Duration::from_secs(3600));
    assert_eq!(live.payloads("Push Hook").await.len(), 1);
    live.site.gitlab.clock().advance(Duration::from_secs(1));
    live.site.gitlab.set_work_quirks(|quirks| quirks.sidekiq_delay = Duration::from_secs(3600));
    live.made("POST /projects/1/repository/commits", commit("main", "b.txt", "b")).await;
    live.site.gitlab.remove_project(1);
    live.site.gitlab.clock().advance(Duration::from_secs(3600));
    assert_eq!(live.payloads("Push Hook").await.len(), 1, "a delivery that finds no hook is dropped");
}
