use serde_json::{Value, json};

use super::{NONE, TestInstance, TestResponse, of_version, site};
use crate::sandbox::gitlab::seed::TokenSpec;
use crate::sandbox::gitlab::state::level;
use crate::sandbox::options::{SandboxOptions, SandboxVersion};

/// A GitLab that has a list of project hooks.
fn listing() -> TestInstance {
    let site = of_version(19, 2);
    site.gitlab.lock().quirks.graphql.hook_list = Some(true);
    site
}

impl TestInstance {
    async fn graphql(&self, token: &str, query: &str, variables: Value) -> TestResponse {
        let headers = [format!("PRIVATE-TOKEN: {token}"), "Content-Type: application/json".to_owned()];
        let body = json!({ "query": query, "variables": variables }).to_string();
        self.send(&format!("POST {}/api/graphql", self.gitlab.root()), &headers, &body).await
    }

    /// The data of a query by the admin.
    async fn data(&self, query: &str) -> Value {
        let answer = self.graphql(&self.gitlab.admin_token(), query, json!({})).await;
        assert_eq!((answer.status, &answer.body["errors"]), (200, &NONE), "{query}");
        answer.body["data"].clone()
    }

    async fn add_hook(&self, project: u64, url: &str) -> u64 {
        let made =
            self.admin(&format!("POST /projects/{project}/hooks"), json!({ "url": url, "job_events": true })).await;
        assert_eq!(made.status, 201, "{}", made.text);
        made.body["id"].as_u64().expect("an id")
    }
}

fn names(fields: &Value) -> Vec<&str> {
    fields["fields"].as_array().into_iter().flatten().filter_map(|field| field["name"].as_str()).collect()
}

#[tokio::test]
async fn introspection_shows_the_schema_of_the_version_and_experiments_only_on_request() {
    let query = |all: bool| {
        format!(
            "{{ project: __type(name: \"Project\") {{ fields(includeDeprecated: {all}) {{ name type {{ name kind ofType {{ name }} }} }} }} \
         hook: __type(name: \"ProjectHook\") {{ name fields {{ name }} }} }}"
        )
    };
    for (version, one, list, presence) in [
        ((17, 9), false, false, false),
        ((18, 4), false, false, false),
        ((18, 5), true, false, false),
        ((19, 2), true, false, true),
        ((19, 5), true, false, true),
        ((19, 6), true, true, true),
    ] {
        let site = of_version(version.0, version.1);
        let (plain, all) = (site.data(&query(false)).await, site.data(&query(true)).await);
        assert_eq!(names(&plain["project"]), ["id", "name", "path", "fullPath", "archived"], "{version:?}");
        let has = |name| names(&all["project"]).contains(&name);
        assert_eq!((has("webhook"), has("webhooks")), (one, list), "{version:?}");
        assert_eq!(all["hook"].is_object(), one, "{version:?}");
        assert_eq!(names(&all["hook"]).contains(&"signingTokenPresent"), presence, "{version:?}");
        assert_eq!(names(&all["hook"]).contains(&"mergeRequestsEvents"), one, "{version:?}");
        if list {
            let fields = all["project"]["fields"].as_array().expect("fields");
            let kind = &fields.iter().find(|field| field["name"] == "webhooks").expect("it")["type"];
            assert_eq!(*kind, json!({ "name": "ProjectHookConnection", "kind": "OBJECT", "ofType": null }));
            let id = json!({ "name": null, "kind": "NON_NULL", "ofType": { "name": "ID" } });
            assert_eq!(fields[0], json!({ "name": "id", "type": id }));
        }
    }
}

#[tokio::test]
async fn projects_are_listed_with_their_hooks_page_by_page() {
    let site = listing();
    for number in 0..3 {
        site.add_hook(1, &format!("https://hook.example/{number}")).await;
    }
    let hook = "nodes { id url jobEvents pushEvents alertStatus tokenPresent } pageInfo { hasNextPage endCursor }";
    let query = |after: &str| {
        format!(
            "{{ projects(ids: [\"gid://gitlab/Project/1\", \"gid://gitlab/Project/2\", \"gid://gitlab/Project/99\"]) {{ \
         nodes {{ id hooks: webhooks(first: 2{after}) {{ {hook} }} }} pageInfo {{ hasNextPage }} }} }}"
        )
    };
    let data = site.data(&query("")).await;
    let projects = &data["projects"];
    assert_eq!(
        (&projects["nodes"][0]["id"], &projects["nodes"][0]["hooks"]["nodes"]),
        (&json!("gid://gitlab/Project/2"), &json!([]))
    );
    assert_eq!(
        (projects["nodes"].as_array().map(Vec::len), &projects["pageInfo"]["hasNextPage"]),
        (Some(2), &json!(false))
    );
    let hooks = &projects["nodes"][1]["hooks"];
    let newest = json!({
        "id": "gid://gitlab/ProjectHook/3", "url": "https://hook.example/2", "jobEvents": true, "pushEvents": true,
        "alertStatus": "EXECUTABLE", "tokenPresent": false,
    });
    assert_eq!((&hooks["nodes"][0], hooks["nodes"].as_array().map(Vec::len)), (&newest, Some(2)));
    assert_eq!(hooks["pageInfo"]["hasNextPage"], true);
    let after = format!(", after: {}", hooks["pageInfo"]["endCursor"]);
    let data = site.data(&query(&after)).await;
    let hooks = &data["projects"]["nodes"][1]["hooks"];
    assert_eq!(
        (&hooks["nodes"][0]["url"], &hooks["pageInfo"]["hasNextPage"]),
        (&json!("https://hook.example/0"), &json!(false))
    );
    let one = site
        .data("{ project(fullPath: \"group-1/project-1\") { webhook(id: \"gid://gitlab/ProjectHook/2\") { url } } }")
        .await;
    assert_eq!(one["project"]["webhook"]["url"], "https://hook.example/1");
}

#[tokio::test]
async fn callers_get_only_the_projects_and_hooks_they_may_see() {
    let site = listing();
    site.add_hook(1, "https://hook.example/").await;
    let query = "{ projects { nodes { id webhooks { nodes { id } } } } }";
    let seen = |answer: &TestResponse| answer.body["data"]["projects"]["nodes"].as_array().map(Vec::len);
    let developer = site.graphql(&site.gitlab.user_token(), query, json!({})).await;
    assert_eq!((seen(&developer), &developer.body["data"]["projects"]["nodes"][0]["webhooks"]), (Some(3), &NONE));
    site.gitlab.change_project(1, |project| {
        project.members.insert(2, level::MAINTAINER);
    });
    let maintainer = site.graphql(&site.gitlab.user_token(), query, json!({})).await;
    let hooks = &maintainer.body["data"]["projects"]["nodes"][2]["webhooks"]["nodes"];
    assert_eq!(hooks.as_array().map(Vec::len), Some(1));
    let anonymous = site
        .send(
            "POST /api/graphql",
            &["Content-Type: application/json".to_owned()],
            &json!({ "query": query }).to_string(),
        )
        .await;
    assert_eq!((anonymous.status, seen(&anonymous)), (200, Some(0)));
}

#[tokio::test]
async fn authentication_errors_have_graphqls_envelope() {
    let site =
        site(&SandboxOptions { admin_mode: true, version: SandboxVersion::new(19, 6, 0), ..SandboxOptions::default() });
    let query = "{ projects { nodes { webhooks { nodes { id } } } } }";
    let token = |scopes: &[&str]| {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        site.gitlab.add_token(TokenSpec { scopes, ..TokenSpec::default() })
    };
    let invalid = json!({ "errors": [{ "message": "Invalid token" }] });
    for token in ["glpat-unknown", &token(&["read_user"]), &token(&["admin_mode"])] {
        let refused = site.graphql(token, query, json!({})).await;
        assert_eq!((refused.status, refused.body), (401, invalid.clone()));
    }
    // Unlike in REST, a read scope is enough for a POST, and the scope `admin_mode` is not needed.
    for token in [token(&["read_api"]), token(&["api"])] {
        let given = site.graphql(&token, query, json!({})).await;
        assert!(given.body["data"]["projects"]["nodes"][0]["webhooks"].is_object(), "{}", given.text);
    }
}

#[tokio::test]
async fn invalid_queries_get_errors_with_status_200() {
    let site = listing();
    for (query, says) in [
        ("{ projects { nodes { id hooks { nodes { id } } } } }", "Field 'hooks' doesn't exist on type 'Project'"),
        (
            "{ projects { nodes } }",
            "Field must have selections (field 'nodes' returns Project but has no selections. Did you mean 'nodes { ... }'?)",
        ),
        ("{ projects { nodes { id { x } } } }", "Selections can't be made on scalars (field 'id' returns ID)"),
        ("{ projects(page: 2) { nodes { id } } }", "Field 'projects' doesn't accept argument 'page'"),
        ("{ projects(ids: [\"7\"]) { nodes { id } } }", "7 is not a valid GitLab ID."),
        (
            "{ projects(ids: [\"gid://gitlab/Group/7\"]) { nodes { id } } }",
            "gid://gitlab/Group/7 is not a valid ID for Project.",
        ),
        ("mutation { x }", "this schema has no mutations and no subscriptions"),
        ("", "No query string was present"),
    ] {
        let answer = site.graphql(&site.gitlab.admin_token(), query, json!({})).await;
        assert_eq!((answer.status, &answer.body["errors"][0]["message"]), (200, &json!(says)), "{query}");
    }
    let broken = site.graphql(&site.gitlab.admin_token(), "{ projects ", json!({})).await;
    assert!(broken.status == 200 && broken.body["errors"][0]["message"].is_string(), "{}", broken.text);
    let large = site.graphql(&site.gitlab.admin_token(), &" ".repeat(10_001), json!({})).await;
    assert_eq!((large.status, large.body), (422, json!({ "errors": [{ "message": "Query too large" }] })));
}

#[tokio::test]
async fn complexity_counts_what_a_query_could_return() {
    let site = listing();
    let query = |first: u8| {
        format!(
            "query($n: Int = {first}) {{ projects(first: 100) {{ nodes {{ id webhooks(first: $n) {{ nodes {{ id url }} }} }} }} }}"
        )
    };
    // The hooks: 1 and 3 below it, plus a hundredth per hook that could be returned; the projects: 2 and what is below, twice.
    for (first, complexity) in [(10, 16), (100, 24)] {
        site.gitlab.lock().quirks.graphql.max_complexity = Some(complexity);
        assert!(site.data(&query(first)).await["projects"].is_object());
        site.gitlab.lock().quirks.graphql.max_complexity = Some(complexity - 1);
        let refused = site.graphql(&site.gitlab.admin_token(), &query(first), json!({})).await;
        let text = format!("Query has complexity of {complexity}, which exceeds max complexity of {}", complexity - 1);
        assert_eq!((refused.status, refused.body), (200, json!({ "errors": [{ "message": text }] })));
    }
}

#[tokio::test]
async fn a_query_is_allowed_in_maintenance_mode() {
    let site = listing();
    site.admin("PUT /application/settings", json!({ "maintenance_mode": true })).await;
    assert!(site.data("{ projects { nodes { id } } }").await["projects"].is_object());
}
