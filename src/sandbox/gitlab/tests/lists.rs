//! Projects, groups and namespaces: filters, visibility and both kinds of pagination.

use serde_json::{Value, json};
use url::Url;

use super::{NONE, TestInstance, TestResponse, of_version, site};
use crate::sandbox::gitlab::seed::ProjectSpec;
use crate::sandbox::gitlab::state::{ProjectNamespace, Visibility, level};
use crate::sandbox::options::SandboxOptions;

fn ids(answer: &TestResponse) -> Vec<u64> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.body.as_array().expect("a list").iter().filter_map(|item| item["id"].as_u64()).collect()
}

fn of_size(projects: usize) -> TestInstance {
    site(&SandboxOptions { projects, ..SandboxOptions::default() })
}

/// The address of one relation of a `Link` header, as a request line.
fn link(answer: &TestResponse, relation: &str) -> Option<String> {
    let part = answer.header("link").split(", ").find(|part| part.ends_with(&format!("rel=\"{relation}\"")))?;
    let address = Url::parse(part.split(['<', '>']).nth(1)?).expect("an address");
    Some(format!("GET {}?{}", address.path().trim_start_matches("/api/v4"), address.query().unwrap_or_default()))
}

#[tokio::test]
async fn the_seed_has_the_groups_and_projects_of_the_options() {
    let site = site(&SandboxOptions { groups: 2, projects: 6, ..SandboxOptions::default() });
    let groups = site.admin("GET /groups?order_by=id", NONE).await;
    let paths: Vec<&str> =
        groups.body.as_array().expect("groups").iter().filter_map(|group| group["full_path"].as_str()).collect();
    assert_eq!(paths, ["group-1", "group-2", "group-1/subgroup-1"]);
    assert_eq!(ids(&groups), [3, 4, 5]);
    let projects = site.admin("GET /projects?order_by=id&sort=asc", NONE).await;
    assert_eq!(ids(&projects), [1, 2, 3, 4, 5, 6]);
    assert_eq!(projects.body[2]["path_with_namespace"], "group-1/subgroup-1/project-3");
    assert_eq!(site.admin("GET /user", NONE).await.body["username"], "root");
}

#[tokio::test]
async fn offset_pages_have_links_and_totals() {
    let site = of_size(45);
    let line = "GET /projects?order_by=id&sort=asc&per_page=20&page=2";
    let page = site.admin(line, NONE).await;
    assert_eq!(ids(&page), (21..=40).collect::<Vec<_>>());
    let headers = ["x-page", "x-next-page", "x-prev-page", "x-per-page", "x-total", "x-total-pages"];
    assert_eq!(headers.map(|name| page.header(name)), ["2", "3", "1", "20", "45", "3"]);
    for (relation, first) in [("prev", 1), ("next", 41), ("first", 1), ("last", 41)] {
        let line = link(&page, relation).expect("a link");
        assert_eq!(ids(&site.admin(&line, NONE).await)[0], first, "{relation}");
    }
    assert!(page.header("link").starts_with("<http://gitlab.test:8080/api/v4/projects?"));
    let last = site.admin("GET /projects?page=3", NONE).await;
    assert_eq!((last.header("x-next-page"), link(&last, "next")), ("", None));
    assert_eq!(ids(&site.admin("GET /projects?page=9", NONE).await).len(), 0);
    for (query, count) in [("", 20), ("?per_page=1000", 45), ("?per_page=7", 7)] {
        assert_eq!(ids(&site.admin(&format!("GET /projects{query}"), NONE).await).len(), count, "{query}");
    }
    let zero = site.admin("GET /projects?per_page=0", NONE).await;
    assert_eq!((zero.status, zero.body), (400, json!({ "error": "per_page has a value not allowed" })));
    assert_eq!(site.admin("GET /projects?page=x", NONE).await.body, json!({ "error": "page is invalid" }));
}

#[tokio::test]
async fn links_use_the_external_url() {
    let site = site(&SandboxOptions { relative_root: "/gitlab".into(), projects: 25, ..SandboxOptions::default() });
    let page = site.admin("GET /projects", NONE).await;
    assert!(page.header("link").contains("<http://gitlab.test:8080/gitlab/api/v4/projects?"));
    site.gitlab.lock().external_url = Url::parse("https://git.example/root/").expect("an address");
    let page = site.admin("GET /projects?access_token=hidden", NONE).await;
    assert!(page.header("link").contains("<https://git.example/root/api/v4/projects?"));
    assert!(!page.header("link").contains("hidden"));
    let web = page.body[0]["web_url"].as_str().expect("an address").to_owned();
    assert!(web.starts_with("https://git.example/root/group-1/"), "{web}");
}

#[tokio::test]
async fn keyset_pages_list_every_project_once_and_end_with_an_empty_page() {
    let site = of_size(45);
    for (sort, first) in [("asc", 1), ("desc", 45)] {
        let mut line = format!("GET /projects?pagination=keyset&order_by=id&sort={sort}&per_page=20");
        let (mut seen, mut pages) = (Vec::new(), 0);
        loop {
            let page = site.admin(&line, NONE).await;
            assert_eq!(page.header("x-total"), "");
            seen.extend(ids(&page));
            pages += 1;
            let Some(next) = link(&page, "next") else { break };
            line = next;
        }
        assert_eq!((seen.len(), seen[0], pages), (45, first, 4), "{sort}");
    }
    let other = site.admin("GET /projects?pagination=keyset&order_by=name", NONE).await;
    let text = "Keyset pagination is not yet available for this type of request";
    assert_eq!((other.status, other.body), (405, json!({ "error": text })));
    assert_eq!(
        ids(&site.admin("GET /projects?pagination=keyset&order_by=id", NONE).await)[0],
        45,
        "descending by default"
    );
}

#[tokio::test]
async fn a_very_large_instance_omits_totals_and_refuses_large_offsets() {
    let site = of_size(50_000);
    let page = site.admin("GET /projects?per_page=100&page=2", NONE).await;
    assert_eq!((page.header("x-total"), page.header("x-total-pages")), ("", ""));
    assert!(link(&page, "last").is_none() && link(&page, "next").is_some());
    assert_eq!(ids(&site.admin("GET /projects?per_page=100&page=500", NONE).await).len(), 100);
    let far = site.admin("GET /projects?per_page=100&page=501", NONE).await;
    let text = "Offset pagination has a maximum allowed offset of 50000 for requests that return objects of type \
                Project. Remaining records can be retrieved using keyset pagination.";
    assert_eq!((far.status, far.body), (405, json!({ "error": text })));
}

#[tokio::test]
async fn projects_are_filtered() {
    let site = of_size(4);
    let gitlab = &site.gitlab;
    let mine = gitlab.add_project(ProjectSpec::new("notes", ProjectNamespace::User(2)));
    let mut open = ProjectSpec::new("open", ProjectNamespace::Group(3));
    (open.visibility, open.archived, open.empty_repo) = (Visibility::Public, true, true);
    let open = gitlab.add_project(open);
    let today = gitlab.clock().today();
    gitlab.change_project(1, |project| project.marked_for_deletion = Some(today));
    gitlab.change_project(2, |project| project.pending_delete = true);
    let all = vec![1, 3, 4, mine, open];
    let cases: &[(&str, Vec<u64>)] = &[
        ("", all.clone()),
        ("&include_pending_delete=true", [vec![1, 2], vec![3, 4, mine, open]].concat()),
        ("&archived=true", vec![open]),
        ("&archived=false", vec![1, 3, 4, mine]),
        ("&active=true", vec![3, 4, mine]),
        ("&visibility=public", vec![open]),
        ("&membership=true", vec![1, 3, 4, open]),
        ("&min_access_level=40", vec![1, 3, 4, open]),
        ("&owned=true", vec![1, 3, 4, open]),
        ("&search=NOTES", vec![mine]),
        ("&search=subgroup-1", vec![]),
        ("&search=subgroup-1&search_namespaces=true", vec![4]),
        ("&id_after=3", vec![4, mine, open]),
        ("&id_after=1&id_before=4", vec![3]),
    ];
    for (query, expected) in cases {
        let answer = site.admin(&format!("GET /projects?order_by=id&sort=asc{query}"), NONE).await;
        assert_eq!(ids(&answer), *expected, "{query}");
    }
    let marked = site.admin("GET /projects/1", NONE).await.body;
    assert_eq!(
        (&marked["marked_for_deletion_on"], &marked["marked_for_deletion_at"]),
        (&json!(today.to_string()), &json!(today.to_string()))
    );
    let empty = site.admin(&format!("GET /projects/{open}"), NONE).await.body;
    assert_eq!(
        (&empty["empty_repo"], &empty["default_branch"], &empty["archived"]),
        (&json!(true), &NONE, &json!(true))
    );
    let simple = site.admin("GET /projects?simple=true", NONE).await.body;
    assert_eq!((simple[0].get("archived"), simple[0].get("permissions")), (None, None));
}

#[tokio::test]
async fn a_project_marked_for_deletion_changes_its_path_since_18_0() {
    for (version, path) in [((17, 9), "group-1/project-1"), ((18, 5), "group-1/project-1-deletion_scheduled-1")] {
        let site = of_version(version.0, version.1);
        site.gitlab.mark_for_deletion(1);
        let project = site.admin("GET /projects/1", NONE).await.body;
        assert_eq!(project["path_with_namespace"], path);
        assert_eq!(project["marked_for_deletion_on"], site.gitlab.clock().today().to_string());
        let old = site.admin("GET /projects/group-1%2Fproject-1", NONE).await.status;
        assert_eq!(old, if version.0 < 18 { 200 } else { 404 });
        assert_eq!(ids(&site.admin("GET /projects", NONE).await).len(), 3, "it is still listed");
    }
}

#[tokio::test]
async fn the_details_of_a_group_list_its_projects_by_default() {
    let site = of_size(3);
    let with = site.admin("GET /groups/3", NONE).await.body;
    assert_eq!(with["projects"].as_array().map(Vec::len), Some(2), "not the subgroup's");
    assert_eq!(site.admin("GET /groups/3?with_projects=false", NONE).await.body.get("projects"), None);
}

#[tokio::test]
async fn callers_get_404_for_what_they_may_not_see() {
    let site = of_size(3);
    let gitlab = &site.gitlab;
    let secret = gitlab.add_group("secret", None);
    let hidden = gitlab.add_project(ProjectSpec::new("hidden", ProjectNamespace::Group(secret)));
    let mut open = ProjectSpec::new("open", ProjectNamespace::Group(secret));
    open.visibility = Visibility::Public;
    let open = gitlab.add_project(open);
    let user = gitlab.user_token();
    assert_eq!(ids(&site.api("GET /projects?order_by=id&sort=asc", &user, NONE).await), [1, 2, 3, open]);
    assert_eq!(
        ids(&site.api("GET /projects?membership=true&min_access_level=40", &user, NONE).await),
        Vec::<u64>::new()
    );
    let anonymous = site.send("GET /api/v4/projects", &[], "").await;
    assert_eq!((ids(&anonymous), anonymous.body[0].get("permissions")), (vec![open], None));
    let missing = json!({ "message": "404 Project Not Found" });
    assert_eq!(site.api(&format!("GET /projects/{hidden}"), &user, NONE).await.body, missing);
    assert_eq!(site.admin("GET /projects/999", NONE).await.body, missing);
    let missing = json!({ "message": "404 Group Not Found" });
    assert_eq!(site.api(&format!("GET /groups/{secret}"), &user, NONE).await.body, missing);
    gitlab.change_project(hidden, |project| {
        project.members.insert(2, level::MAINTAINER);
    });
    let seen = site.api(&format!("GET /projects/{hidden}"), &user, NONE).await.body;
    assert_eq!(seen["permissions"]["project_access"]["access_level"], 40);
    assert_eq!(site.api("GET /groups/secret", &user, NONE).await.status, 200, "visible because of the project");
}

#[tokio::test]
async fn encoded_paths_are_found_case_insensitively() {
    let site = of_size(3);
    for path in ["group-1%2Fproject-1", "Group-1%2FProject-1", "group-1%2Fsubgroup-1%2Fproject-2", "1"] {
        assert_eq!(site.admin(&format!("GET /projects/{path}"), NONE).await.status, 200, "{path}");
    }
    assert_eq!(site.admin("GET /groups/group-1%2Fsubgroup-1", NONE).await.body["parent_id"], 3);
    assert_eq!(site.admin("GET /projects/group-1/project-1", NONE).await.body, json!({ "error": "404 Not Found" }));
}

#[tokio::test]
async fn groups_are_filtered_by_membership_and_have_offset_pages_for_signed_in_callers() {
    let site = site(&SandboxOptions { groups: 2, projects: 3, ..SandboxOptions::default() });
    let other = site.gitlab.add_group("other", None);
    if let Some(group) = site.gitlab.lock().groups.get_mut(&other) {
        group.members.clear();
        group.visibility = Visibility::Public;
    }
    let user = site.gitlab.user_token();
    let cases = [
        ("", vec![3, 5], vec![3, 4, 5, other]),
        ("&all_available=true", vec![3, 5, other], vec![3, 4, 5, other]),
        ("&all_available=false", vec![3, 5], vec![3, 4, 5]),
        ("&top_level_only=true", vec![3], vec![3, 4, other]),
        ("&min_access_level=30", vec![3, 5], vec![3, 4, 5]),
        ("&min_access_level=50&top_level_only=true", vec![], vec![3, 4]),
        ("&owned=true", vec![], vec![3, 4, 5]),
        ("&search=SUB", vec![5], vec![5]),
    ];
    for (query, users, admins) in cases {
        let line = format!("GET /groups?order_by=id{query}");
        assert_eq!(ids(&site.api(&line, &user, NONE).await), users, "user {query}");
        assert_eq!(ids(&site.admin(&line, NONE).await), admins, "admin {query}");
    }
    let keyset = site.admin("GET /groups?pagination=keyset&order_by=name&sort=asc&per_page=1", NONE).await;
    assert_eq!((keyset.header("x-total"), ids(&keyset).len()), ("4", 1), "a signed-in caller gets offset pagination");
    let anonymous = site.send("GET /api/v4/groups?pagination=keyset&order_by=name&per_page=1", &[], "").await;
    assert_eq!((anonymous.header("x-total"), ids(&anonymous)), ("", vec![other]));
    let next = link(&anonymous, "next").expect("a link").replace("GET ", "GET /api/v4");
    assert_eq!(ids(&site.send(&next, &[], "").await), Vec::<u64>::new());
}

#[tokio::test]
async fn what_is_below_an_archived_group_is_archived() {
    let site = of_size(3);
    site.gitlab.change_group(4, |group| group.archived = true);
    let archived = |answer: &TestResponse| answer.body["archived"].clone();
    assert_eq!(archived(&site.admin("GET /groups/3", NONE).await), json!(false));
    assert_eq!(archived(&site.admin("GET /groups/4", NONE).await), json!(true));
    assert_eq!(ids(&site.admin("GET /groups?order_by=id&archived=true", NONE).await), [4]);
    assert_eq!(ids(&site.admin("GET /projects?order_by=id&sort=asc&archived=false", NONE).await), [1, 3]);
    site.gitlab.change_group(3, |group| group.archived = true);
    assert_eq!(archived(&site.admin("GET /groups/4", NONE).await), json!(true));
    assert_eq!(ids(&site.admin("GET /projects?archived=false", NONE).await), Vec::<u64>::new());
    let old = of_version(17, 11);
    assert_eq!(old.admin("GET /groups/3", NONE).await.body.get("archived"), None);
}

#[tokio::test]
async fn a_groups_projects_may_include_its_subgroups() {
    let site = of_size(4);
    site.gitlab.change_project(1, |project| project.archived = true);
    let cases = [
        ("", vec![1, 3]),
        ("&include_subgroups=true", vec![1, 2, 3, 4]),
        ("&include_subgroups=true&archived=false", vec![2, 3, 4]),
        ("&with_shared=false&archived=true", vec![1]),
    ];
    for (query, expected) in cases {
        let answer = site.admin(&format!("GET /groups/3/projects?order_by=id&sort=asc{query}"), NONE).await;
        assert_eq!(ids(&answer), expected, "{query}");
    }
    assert_eq!(ids(&site.admin("GET /groups/group-1/subgroups", NONE).await), [4]);
}

#[tokio::test]
async fn namespaces_are_groups_and_users() {
    let site = of_size(3);
    let cases: &[(&str, Value)] =
        &[("3", json!("group")), ("group-1", json!("group")), ("1", json!("user")), ("root", json!("user"))];
    for (id, kind) in cases {
        assert_eq!(site.admin(&format!("GET /namespaces/{id}"), NONE).await.body["kind"], *kind, "{id}");
    }
    let user = site.gitlab.user_token();
    let hidden = site.api("GET /namespaces/root", &user, NONE).await;
    assert_eq!((hidden.status, hidden.body), (404, json!({ "message": "404 Namespace Not Found" })));
    assert_eq!(site.api("GET /namespaces/3", &user, NONE).await.body.get("plan"), None);
}
