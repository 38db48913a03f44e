//! The embedded GitLab as GitLab.com.

use serde_json::{Value, json};

use super::openapi::{GROUP_DETAIL, NAMESPACE, USER, problems};
use super::{NONE, TestInstance, site};
use crate::sandbox::options::{CloudOffers, SandboxOptions};

fn cloud(groups: usize, projects: usize) -> TestInstance {
    site(&SandboxOptions { groups, projects, ..SandboxOptions::cloud(CloudOffers::default()) })
}

async fn get(site: &TestInstance, path: &str) -> super::TestResponse {
    site.api(&format!("GET {path}"), &site.gitlab.acting_token(), NONE).await
}

#[tokio::test]
async fn the_user_is_an_ordinary_one_and_what_is_for_admins_is_refused() {
    let site = cloud(1, 3);
    let user = get(&site, "/user").await.body;
    assert_eq!((&user["username"], user.get("is_admin")), (&json!("alice"), None));
    for path in ["/applications", "/license", "/application/settings", "/hooks"] {
        assert_eq!(get(&site, path).await.status, 403, "{path}");
    }
    let version = get(&site, "/metadata").await.body;
    assert_eq!((&version["version"], &version["enterprise"]), (&json!("19.6.0-pre"), &json!(true)));
}

#[tokio::test]
async fn the_own_namespace_and_the_subscriptions_of_groups_are_listed() {
    let site = cloud(2, 3);
    let owned = get(&site, "/namespaces?owned_only=true").await.body;
    let shown: Vec<Value> = owned
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| json!([one["kind"], one["full_path"], one["plan"]]))
        .collect();
    assert!(shown.contains(&json!(["user", "alice", "free"])), "{shown:?}");
    assert!(shown.contains(&json!(["group", "group-1", "ultimate"])), "{shown:?}");
    assert!(!shown.iter().any(|one| one[1] == "bob"), "{shown:?}");
}

#[tokio::test]
async fn projects_are_searched_by_the_server_and_walked_by_their_id() {
    let site = cloud(1, 25);
    let token = site.gitlab.acting_token();
    let query = "membership=true&min_access_level=40&simple=true&pagination=keyset&order_by=id&sort=asc&per_page=10";
    let (mut path, mut seen) = (format!("/projects?{query}&search=project-"), Vec::new());
    loop {
        let page = site.api(&format!("GET {path}"), &token, NONE).await;
        let found = page.body.as_array().expect("a list").clone();
        if found.is_empty() {
            break;
        }
        assert!(found.iter().all(|one| one.get("archived").is_none()), "simple");
        seen.extend(found.iter().map(|one| one["id"].as_u64().expect("an ID")));
        let link = page.header("link").split('>').next().expect("a link").to_owned();
        path = link.split("/api/v4").nth(1).expect("the same API").to_owned();
    }
    assert_eq!(seen.len(), 25, "all but alice/notes");
    assert!(seen.is_sorted());
    let own = get(&site, "/projects?membership=true&search=notes").await.body;
    assert_eq!(own[0]["path_with_namespace"], "alice/notes");
    let groups = get(&site, "/groups?search=GROUP-1&min_access_level=40").await.body;
    assert_eq!(groups.as_array().map(Vec::len), Some(2), "group-1 and its subgroup-1");
}

#[tokio::test]
async fn groups_are_marked_as_gitlab_marks_them() {
    let site = cloud(4, 3);
    let group = async |name: &str| get(&site, &format!("/groups/{name}")).await.body;
    assert_eq!(group("group-2").await["ip_restriction_ranges"], "203.0.113.0/24");
    assert_eq!(group("group-3").await["saml_group_links"][0]["name"], "group-3-members");
    assert!(group("group-4").await["marked_for_deletion_on"].is_string());
    let plain = group("group-1").await;
    assert_eq!((&plain["ip_restriction_ranges"], plain.get("saml_group_links")), (&Value::Null, None));
    assert_eq!(problems(&plain, GROUP_DETAIL), Vec::<String>::new());
    assert_eq!(problems(&get(&site, "/user").await.body, USER), Vec::<String>::new());
    let namespaces = get(&site, "/namespaces").await.body;
    assert_eq!(problems(&namespaces[0], NAMESPACE), Vec::<String>::new());
}

#[tokio::test]
async fn scopes_of_an_oauth_token_decide_what_it_opens() {
    let site = cloud(1, 3);
    let ask = async |scopes: &[&str], line: &str| {
        let token = site.gitlab.add_oauth_token(2, None, scopes);
        site.send(line, &[format!("Authorization: Bearer {token}")], "").await
    };
    for (scopes, line, status) in [
        (["read_user"].as_slice(), "GET /api/v4/user", 200),
        (&["read_user"], "GET /api/v4/projects", 403),
        (&["read_api"], "GET /api/v4/projects", 200),
        (&["read_api"], "POST /api/v4/projects", 403),
        (&["api"], "GET /api/v4/namespaces?owned_only=true", 200),
    ] {
        assert_eq!(ask(scopes, line).await.status, status, "{scopes:?} {line}");
    }
}

#[tokio::test]
async fn single_endpoints_have_limits_of_their_own() {
    let site = cloud(1, 3);
    // The limits are counted from one full minute to the next.
    let into_the_minute = site.gitlab.clock().now().as_second().rem_euclid(60).unsigned_abs();
    site.gitlab.clock().advance(std::time::Duration::from_secs(60 - into_the_minute));
    for _ in 0..200 {
        assert_eq!(get(&site, "/groups").await.status, 200);
    }
    let refused = get(&site, "/groups").await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, ""));
    assert!(refused.text.contains("This endpoint has been requested too many times."), "{}", refused.text);
    assert_eq!(get(&site, "/groups/group-1").await.status, 200, "another endpoint");
    let bearer = format!("Authorization: Bearer {}", site.gitlab.add_oauth_token(2, None, &["api"]));
    assert_eq!(site.send("GET /api/v4/groups", &[bearer], "").await.status, 200, "another token");
    site.gitlab.clock().advance(std::time::Duration::from_secs(60));
    assert_eq!(get(&site, "/groups").await.status, 200, "a minute later");
}
