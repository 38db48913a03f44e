//! Projects are created and deleted.

use super::work::live;
use super::*;
use crate::sandbox::gitlab::seed::TokenSpec;
use crate::sandbox::gitlab::state::{ProjectCreation, level};
use crate::sandbox::options::{SandboxEdition, SandboxPlan};

fn text(answer: &TestResponse) -> &str {
    answer.body["message"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_project_is_created_with_what_was_asked_for_and_found_by_its_topic() {
    let site = site(&SandboxOptions::default());
    let group = site.gitlab.lock().group("group-1").map(|group| group.id).expect("a group");
    let asked = json!({
        "name": "Scratch Pad", "namespace_id": group, "visibility": "private", "initialize_with_readme": true,
        "default_branch": "trunk", "description": "made by a test", "topics": ["factory-exercise", "x"],
        "builds_access_level": "disabled", "shared_runners_enabled": false, "merge_method": "ff",
    });
    let made = site.admin("POST /projects", asked).await;
    assert_eq!(made.status, 201, "{}", made.text);
    for (field, expected) in [
        ("path_with_namespace", json!("group-1/scratch-pad")),
        ("name", json!("Scratch Pad")),
        ("default_branch", json!("trunk")),
        ("description", json!("made by a test")),
        ("topics", json!(["factory-exercise", "x"])),
        ("builds_access_level", json!("disabled")),
        ("jobs_enabled", json!(false)),
        ("shared_runners_enabled", json!(false)),
        ("merge_method", json!("ff")),
        ("empty_repo", json!(false)),
        ("creator_id", json!(1)),
        ("permissions", NONE),
    ] {
        assert_eq!(made.body[field], expected, "{field}");
    }
    for (query, count) in
        [("topic=Factory-Exercise", 1), ("topic=factory-exercise,x", 1), ("topic=factory-exercise,y", 0)]
    {
        let listed = site.admin(&format!("GET /projects?{query}"), NONE).await;
        assert_eq!(listed.body.as_array().map(Vec::len), Some(count), "{query}");
    }
}

#[tokio::test]
async fn projects_that_cannot_be_created_get_gitlabs_refusals() {
    let site = site(&SandboxOptions::default());
    let alice = site.gitlab.user_token();
    let group = site.gitlab.lock().group("group-1").map(|group| group.id).expect("a group");
    let foreign = site.gitlab.add_group("foreign", None);
    let (invalid, taken) = (json!(["is not valid"]), json!(["has already been taken"]));
    site.gitlab.lock().settings.restricted_visibility_levels = vec!["internal".to_owned()];
    let restricted = json!(["internal has been restricted by your GitLab administrator"]);
    let cases = [
        (json!({}), json!({ "error": "name, path are missing, at least one parameter must be provided" })),
        (json!({ "name": "a", "namespace_id": 9999 }), json!({ "message": { "namespace": invalid } })),
        (json!({ "name": "a", "namespace_id": foreign }), json!({ "message": { "namespace": invalid } })),
        (json!({ "name": "a", "visibility": "internal" }), json!({ "message": { "visibility_level": restricted } })),
        (
            json!({ "name": "a", "namespace_id": group, "visibility": "public" }),
            json!({ "message": { "visibility_level": ["public is not allowed in a private group."] } }),
        ),
        (json!({ "name": "project-1", "namespace_id": group }), json!({ "message": { "name": taken, "path": taken } })),
        (
            json!({ "name": "other", "path": "project-1", "namespace_id": group }),
            json!({ "message": { "path": taken } }),
        ),
    ];
    for (body, expected) in cases {
        let answer = site.api("POST /projects", &alice, body.clone()).await;
        assert_eq!((answer.status, answer.body), (400, expected), "{body}");
    }
    site.gitlab.lock().users.get_mut(&2).expect("alice").projects_limit = 0;
    let answer = site.api("POST /projects", &alice, json!({ "name": "own" })).await;
    assert_eq!(answer.status, 403, "{}", answer.text);
}

#[tokio::test]
async fn a_groups_level_says_who_may_create_projects_in_it() {
    let site = site(&SandboxOptions::default());
    let group = site.gitlab.lock().group("group-1").map(|group| group.id).expect("a group");
    let cases = [
        (ProjectCreation::Nobody, [400, 400]),
        (ProjectCreation::Administrators, [201, 400]),
        (ProjectCreation::Owners, [201, 400]),
        (ProjectCreation::Maintainers, [201, 400]),
        (ProjectCreation::Developers, [201, 201]),
    ];
    for (creation, expected) in cases {
        site.gitlab.change_group(group, |group| group.project_creation = creation);
        let shown = site.admin(&format!("GET /groups/{group}"), NONE).await.body["project_creation_level"].clone();
        let mut found = Vec::new();
        for (who, token) in [("root", site.gitlab.admin_token()), ("alice", site.gitlab.user_token())] {
            let body =
                json!({ "name": format!("{who}-{}", shown.as_str().unwrap_or_default()), "namespace_id": group });
            found.push(site.api("POST /projects", &token, body).await.status);
        }
        assert_eq!(found, expected, "{shown}");
    }
}

#[tokio::test]
async fn a_day_has_a_limit_of_new_projects_from_19_3() {
    for (minor, last) in [(2, 201), (3, 429)] {
        let site = of_version(19, minor);
        site.gitlab.set_work_quirks(|quirks| quirks.daily_projects = Some(2));
        let mut statuses = Vec::new();
        for number in 0..3 {
            statuses.push(site.admin("POST /projects", json!({ "name": format!("p{number}") })).await.status);
        }
        assert_eq!(statuses, [201, 201, last], "19.{minor}");
        site.gitlab.clock().advance(std::time::Duration::from_secs(86_400));
        assert_eq!(site.admin("POST /projects", json!({ "name": "tomorrow" })).await.status, 201);
    }
}

#[tokio::test]
async fn a_project_is_deleted_in_two_steps() {
    let site = of_version(19, 2);
    let hook = json!({ "url": "https://hooks.factory.example/", "token": "t" });
    assert_eq!(site.admin("POST /projects/1/hooks", hook).await.status, 201);
    let early = site.admin("DELETE /projects/1?permanently_remove=true&full_path=group-1/project-1", NONE).await;
    assert_eq!((early.status, text(&early)), (400, "Project must be marked for deletion first."));
    let marked = site.admin("DELETE /projects/1", NONE).await;
    assert_eq!((marked.status, text(&marked)), (202, "202 Accepted"));
    let again = site.admin("DELETE /projects/1", NONE).await;
    assert_eq!((again.status, text(&again)), (400, "Project has been already marked for deletion"));
    let shown = site.admin("GET /projects/1", NONE).await.body;
    assert_eq!(shown["path_with_namespace"], "group-1/project-1-deletion_scheduled-1");
    assert!(shown["marked_for_deletion_on"].is_string());
    let stale = site.admin("DELETE /projects/1?permanently_remove=true&full_path=group-1/project-1", NONE).await;
    let wrong = "`full_path` is incorrect. You must enter the complete path for the project.";
    assert_eq!((stale.status, text(&stale)), (400, wrong));
    let last = "DELETE /projects/1?permanently_remove=true&full_path=group-1/project-1-deletion_scheduled-1";
    assert_eq!(site.admin(last, NONE).await.status, 202);
    assert_eq!(site.admin("GET /projects/1", NONE).await.status, 404);
    assert_eq!(site.gitlab.all_hooks().len(), 0, "a project takes its hooks along");
}

#[tokio::test]
async fn deletion_depends_on_the_version_the_license_and_the_setting() {
    let cases = [
        ((16, 11), SandboxEdition::Ce, SandboxPlan::None, 404),
        ((16, 11), SandboxEdition::Ee, SandboxPlan::None, 404),
        ((16, 11), SandboxEdition::Ee, SandboxPlan::Premium, 200),
        ((18, 5), SandboxEdition::Ce, SandboxPlan::None, 200),
    ];
    for ((major, minor), edition, plan, then) in cases {
        let version = SandboxVersion::new(major, minor, 0);
        let site = site(&SandboxOptions { version, edition, plan, ..SandboxOptions::default() });
        assert_eq!(site.admin("DELETE /projects/1", NONE).await.status, 202);
        assert_eq!(site.admin("GET /projects/1", NONE).await.status, then, "{version} {edition:?} {plan:?}");
    }
    let site = of_version(18, 5);
    site.admin("PUT /application/settings", json!({ "allow_immediate_namespaces_deletion": false })).await;
    site.admin("DELETE /projects/1", NONE).await;
    let path = "DELETE /projects/1?permanently_remove=true&full_path=group-1/project-1-deletion_scheduled-1";
    let refused = site.admin(path, NONE).await;
    let off = "`permanently_remove` option is not permitted on this instance.";
    assert_eq!((refused.status, text(&refused)), (400, off));
}

#[tokio::test]
async fn a_transfer_that_lands_takes_the_mark_away() {
    let site = of_version(19, 4);
    assert_eq!(site.admin("DELETE /projects/1", NONE).await.status, 202);
    site.gitlab.begin_transfer(1);
    let during = site.admin("DELETE /projects/1", NONE).await;
    assert_eq!(during.status, 400);
    assert!(text(&during).starts_with("State cannot transition via"), "{}", during.text);
    site.gitlab.land_transfer(1);
    let shown = site.admin("GET /projects/1", NONE).await.body;
    assert_eq!((&shown["path_with_namespace"], &shown["marked_for_deletion_on"]), (&json!("group-1/project-1"), &NONE));
    assert_eq!(site.admin("DELETE /projects/1", NONE).await.status, 202, "it can be marked once more");
}

#[tokio::test]
async fn only_owners_delete_projects() {
    let site = site(&SandboxOptions::default());
    let alice = site.gitlab.user_token();
    assert_eq!(site.api("DELETE /projects/1", &alice, NONE).await.status, 403);
    let other = site.gitlab.add_group("other", None);
    let hidden =
        site.admin("POST /projects", json!({ "name": "hidden", "namespace_id": other })).await.body["id"].clone();
    assert_eq!(site.api(&format!("DELETE /projects/{hidden}"), &alice, NONE).await.status, 404);
    site.gitlab.change_project(1, |project| {
        project.members.insert(2, level::OWNER);
    });
    assert_eq!(site.api("DELETE /projects/1", &alice, NONE).await.status, 202);
    let reader = site.gitlab.add_token(TokenSpec { scopes: vec!["read_api".into()], ..TokenSpec::default() });
    assert_eq!(site.api("POST /projects", &reader, json!({ "name": "a" })).await.status, 403);
}

#[tokio::test]
async fn system_hooks_are_told_of_projects_whatever_they_subscribe_to() {
    let live = live(SandboxOptions::default()).await;
    let hook = json!({
        "url": format!("{}{}", live.sandbox.factory_url(), crate::sandbox::factory::WEBHOOK_PATH),
        "token": live.sandbox.factory().webhook_secret(), "repository_update_events": false,
    });
    live.made("POST /hooks", hook).await;
    let made = live.made("POST /projects", json!({ "name": "told", "namespace_id": live.group })).await;
    let told = live.payloads("System Hook").await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((&told[0]["event_name"], &told[0]["project_id"]), (&json!("project_create"), &made["id"]));
    assert_eq!(told[0]["path_with_namespace"], "group-1/told");
}

#[tokio::test]
async fn users_are_found_by_name_and_namespaces_by_who_may_see_them() {
    let site = site(&SandboxOptions::default());
    let found = site.admin("GET /users?username=ALICE", NONE).await.body;
    assert_eq!((found.as_array().map(Vec::len), &found[0]["id"]), (Some(1), &json!(2)));
    assert_eq!(found[0].get("bot"), None, "only one user's own page says so");
    assert_eq!(site.admin("GET /users?username=nobody", NONE).await.body, json!([]));
    let alice = site.gitlab.user_token();
    let paths = |answer: &TestResponse| -> Vec<String> {
        let all = answer.body.as_array().cloned().unwrap_or_default();
        all.iter().filter_map(|one| one["full_path"].as_str().map(str::to_owned)).collect()
    };
    let listed = site.api("GET /namespaces", &alice, NONE).await;
    assert_eq!(paths(&listed), ["alice", "group-1", "group-1/subgroup-1"]);
    let own = site.api("GET /namespaces?owned_only=true", &alice, NONE).await;
    assert_eq!((paths(&own), &own.body[0]["kind"]), (vec!["alice".to_owned()], &json!("user")));
    let taken = site.admin("GET /namespaces/group-1/exists", NONE).await.body;
    assert_eq!(taken, json!({ "exists": true, "suggests": ["group-11"] }));
    assert_eq!(site.admin("GET /namespaces/free/exists", NONE).await.body, json!({ "exists": false, "suggests": [] }));
}
