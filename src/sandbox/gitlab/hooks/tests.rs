use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::*;
use crate::sandbox::options::{SandboxEdition, SandboxOptions, SandboxPlan, SandboxVersion};

mod delivery;

/// An instance that is called through its router, without the network.
struct HookTestInstance {
    gitlab: GitLab,
    router: Router,
}

fn site(change: impl FnOnce(&mut SandboxOptions)) -> HookTestInstance {
    let mut options = SandboxOptions::default();
    change(&mut options);
    let gitlab = GitLab::new(&options, &"https://gitlab.example".parse().expect("an address"));
    HookTestInstance { router: gitlab.router(), gitlab }
}

fn version(major: u16, minor: u16) -> HookTestInstance {
    site(|options| options.version = SandboxVersion::new(major, minor, 0))
}

/// One request: `METHOD path`, and what goes with it.
struct TestCall<'a> {
    line: &'a str,
    token: &'a str,
    body: Value,
    headers: &'a [(&'a str, &'a str)],
}

impl HookTestInstance {
    async fn ask(&self, what: &str, body: Value) -> (u16, Value) {
        let (status, _, body) =
            self.send(TestCall { line: what, token: &self.gitlab.admin_token(), body, headers: &[] }).await;
        (status, body)
    }

    async fn send(&self, call: TestCall<'_>) -> (u16, HeaderMap, Value) {
        let TestCall { line, token, body, headers } = call;
        let (method, path) = line.split_once(' ').expect("METHOD path");
        let mut request =
            Request::builder().method(method).uri(format!("/api/v4{path}")).header("private-token", token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = match body {
            Value::Null => request.body(Body::empty()),
            body => request.header("content-type", "application/json").body(Body::from(body.to_string())),
        };
        let response = self.router.clone().oneshot(request.expect("a request")).await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        (status, headers, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    /// A hook on project 1 that points at a public address; returns its id.
    async fn hook(&self, more: Value) -> u64 {
        let mut body = json!({"url": "https://hooks.example/a"});
        body.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
        let (status, hook) = self.ask("POST /projects/1/hooks", body).await;
        assert_eq!(status, 201, "{hook}");
        hook["id"].as_u64().expect("an id")
    }
}

#[tokio::test]
async fn a_new_hook_has_the_defaults_of_its_kind() {
    let site = site(|_| {});
    let group = site.gitlab.lock().group("group-1").map(|group| group.id).expect("a group");
    let cases = [
        ("/projects/1/hooks".to_owned(), "project_id", true, false, json!(null)),
        (format!("/groups/{group}/hooks"), "group_id", true, false, json!(false)),
        ("/hooks".to_owned(), "organization_id", false, true, json!(null)),
    ];
    for (path, owner, push, repository, subgroup) in cases {
        let (status, hook) =
            site.ask(&format!("POST {path}"), json!({"url": "https://hooks.example/", "token": "t"})).await;
        assert_eq!(status, 201);
        assert!(hook[owner].is_number(), "{hook}");
        assert_eq!(hook["push_events"], push, "{path}");
        assert_eq!(hook["repository_update_events"], repository, "{path}");
        assert_eq!(hook["subgroup_events"], subgroup, "{path}");
        assert_eq!(hook["note_events"].is_null(), path == "/hooks");
        assert_eq!(hook["enable_ssl_verification"], true);
        assert_eq!(hook["alert_status"], "executable");
        assert_eq!(hook["token"], Value::Null);
        assert_eq!((&hook["token_present"], &hook["signing_token_present"]), (&json!(true), &json!(false)));
    }
}

#[tokio::test]
async fn fields_appear_with_their_version() {
    let cases = [
        (16, 11, [false, false, false]),
        (17, 1, [true, true, false]),
        (18, 5, [true, true, false]),
        (19, 0, [true, true, true]),
        (19, 2, [true, true, true]),
    ];
    let signing = format!("whsec_{}", "A".repeat(43) + "=");
    for (major, minor, expected) in cases {
        let site = version(major, minor);
        let id = site.hook(json!({"name": "n", "token": "t", "signing_token": signing})).await;
        let (_, hook) = site.ask(&format!("GET /projects/1/hooks/{id}"), Value::Null).await;
        let has = ["name", "custom_headers", "token_present"].map(|field| hook.get(field).is_some());
        assert_eq!(has, expected, "{major}.{minor}");
        assert_eq!(hook["signing_token_present"] == true, major == 19, "{major}.{minor}");
    }
}

#[tokio::test]
async fn a_signing_token_is_ignored_while_its_flag_is_off() {
    let signing = format!("whsec_{}", "A".repeat(43) + "=");
    for (minor, present) in [(0, false), (1, true)] {
        let site = version(19, minor);
        site.gitlab.set_hook_quirks(|quirks| quirks.signing_tokens = false);
        let id = site.hook(json!({"signing_token": signing})).await;
        let (_, hook) = site.ask(&format!("GET /projects/1/hooks/{id}"), Value::Null).await;
        assert_eq!(hook["signing_token_present"], present, "19.{minor}");
    }
}

#[tokio::test]
async fn invalid_hooks_get_gitlabs_errors() {
    let long = "x".repeat(256);
    let cases = [
        (json!({}), 400, json!({"error": "url is missing"})),
        (json!({"url": "https://h.example", "push_events": "maybe"}), 400, json!({"error": "push_events is invalid"})),
        (
            json!({"url": "https://h.example", "branch_filter_strategy": "x"}),
            400,
            json!({"error": "branch_filter_strategy does not have a valid value"}),
        ),
        (json!({"url": "ftp://h.example"}), 422, json!({"error": "Invalid url given"})),
        (json!({"url": "http://127.0.0.1:1"}), 422, json!({"error": "Invalid url given"})),
        (json!({"url": "https://nowhere.invalid"}), 422, json!({"error": "Invalid url given"})),
        (
            json!({"url": "https://h.example", "push_events_branch_filter": "a..b"}),
            422,
            json!({"error": "Invalid branch filter given"}),
        ),
        (
            json!({"url": "https://h.example", "custom_headers": [{"key": "1 x", "value": "y"}]}),
            422,
            json!({"error": "Custom headers must be a valid json schema"}),
        ),
        (json!({"url": "https://h.example", "token": "a\nb"}), 422, json!({"error": "Token is invalid"})),
        (json!({"url": "https://h.example", "signing_token": "x"}), 422, json!({"error": "Signing token is invalid"})),
        (
            json!({"url": "https://h.example", "name": long}),
            422,
            json!({"error": "Name is too long (maximum is 255 characters)"}),
        ),
    ];
    let site = site(|_| {});
    for (body, status, expected) in cases {
        assert_eq!(site.ask("POST /projects/1/hooks", body.clone()).await, (status, expected), "{body}");
    }
    let id = site.hook(json!({})).await;
    let path = format!("PUT /projects/1/hooks/{id}");
    let cases = [
        (json!({}), 400, json!({"error": "No parameters provided"})),
        (json!({"unknown": 1}), 400, json!({"error": "No parameters provided"})),
        (json!({"token": "a\nb"}), 422, json!({"message": {"token": ["is invalid"]}})),
        (
            json!({"custom_headers": [{"key": "1", "value": "y"}]}),
            422,
            json!({"error": "Custom headers validation failed"}),
        ),
    ];
    for (body, status, expected) in cases {
        assert_eq!(site.ask(&path, body.clone()).await, (status, expected), "{body}");
    }
    let unknown = site.ask("GET /projects/1/hooks/999", Value::Null).await;
    assert_eq!(unknown, (404, json!({"message": "404 Not found"})));
    assert_eq!(site.gitlab.all_hooks().len(), 1, "refused hooks were not stored");
}

#[tokio::test]
async fn a_new_url_clears_the_secrets() {
    let full = || {
        json!({"token": "t", "custom_headers": [{"key": "X-A", "value": "1"}],
               "url_variables": [{"key": "v", "value": "1"}], "url": "https://hooks.example/{v}"})
    };
    let cases = [
        (json!({"push_events": true}), [true, true, true]),
        (json!({"url": "https://hooks.example/{v}"}), [true, true, true]),
        (json!({"url": "https://hooks.example/b"}), [false, false, false]),
        (json!({"url": "https://hooks.example/b", "token": "t"}), [true, false, false]),
        (
            json!({"url": "https://hooks.example/b", "token": "u", "custom_headers": [{"key": "X-B", "value": "1"}]}),
            [true, false, false],
        ),
        (json!({"token": ""}), [false, true, true]),
        (json!({"url_variables": [{"key": "v", "value": "2"}]}), [true, false, true]),
    ];
    for (change, expected) in cases {
        let site = site(|_| {});
        let id = site.hook(full()).await;
        let (status, hook) = site.ask(&format!("PUT /projects/1/hooks/{id}"), change.clone()).await;
        assert_eq!(status, 200, "{hook}");
        let left =
            [hook["token_present"] == true, hook["custom_headers"] != json!([]), hook["url_variables"] != json!([])];
        assert_eq!(left, expected, "{change}");
    }
}

#[tokio::test]
async fn variables_and_headers_are_set_one_by_one_and_never_shown() {
    let site = site(|_| {});
    let id = site.hook(json!({"token": "t"})).await;
    let path = |rest: &str| format!("/projects/1/hooks/{id}/{rest}");
    let cases = [
        ("PUT", "custom_headers/X-A", json!({"value": "canary"}), 204),
        ("PUT", "custom_headers/1A", json!({"value": "x"}), 422),
        ("PUT", "url_variables/v", json!({"value": "canary"}), 204),
        ("PUT", "url_variables/v", json!({}), 400),
        ("DELETE", "url_variables/w", Value::Null, 404),
        ("DELETE", "url_variables/v", Value::Null, 204),
    ];
    for (method, rest, body, status) in cases {
        let (answered, said) = site.ask(&format!("{method} {}", path(rest)), body).await;
        assert_eq!(answered, status, "{method} {rest}: {said}");
    }
    let (_, hook) = site.ask(&format!("GET /projects/1/hooks/{id}"), Value::Null).await;
    assert_eq!(hook["custom_headers"], json!([{"key": "X-A"}]));
    assert_eq!(hook["url_variables"], json!([]));
    let (_, list) = site.ask("GET /projects/1/hooks", Value::Null).await;
    assert!(list[0].get("custom_headers").is_none() && list[0].get("url_variables").is_none());
    assert!(!format!("{list}{hook}{:?}", site.gitlab.all_hooks()).contains("canary"));
}

#[tokio::test]
async fn duplicates_are_allowed_up_to_the_limit() {
    let site = site(|_| {});
    let group = site.gitlab.lock().group("group-1").map(|group| group.id).expect("a group");
    let cases = [("projects/1".to_owned(), "project", 100), (format!("groups/{group}"), "group", 50)];
    for (owner, kind, limit) in cases {
        let body = || json!({"url": "https://hooks.example/"});
        for _ in 0..limit {
            assert_eq!(site.ask(&format!("POST /{owner}/hooks"), body()).await.0, 201);
        }
        let text = format!("Maximum number of {kind} hooks ({limit}) exceeded");
        assert_eq!(site.ask(&format!("POST /{owner}/hooks"), body()).await, (422, json!({"error": text})));
        let token = site.gitlab.admin_token();
        let path = format!("GET /{owner}/hooks?per_page=30&page=2");
        let (_, headers, page) =
            site.send(TestCall { line: &path, token: &token, body: Value::Null, headers: &[] }).await;
        assert_eq!(page.as_array().map(Vec::len), Some((limit - 30).min(30)));
        assert_eq!(headers["x-total"], limit.to_string());
    }
}

#[tokio::test]
async fn group_hooks_depend_on_the_edition() {
    let ce = site(|options| options.edition = SandboxEdition::Ce);
    assert_eq!(ce.ask("GET /groups/group-1/hooks", Value::Null).await, (404, json!({"error": "404 Not Found"})));
    let unlicensed = site(|options| options.plan = SandboxPlan::None);
    let body = json!({"url": "https://hooks.example/"});
    assert_eq!(unlicensed.ask("POST /groups/group-1/hooks", body.clone()).await.0, 201);
    for (site, status) in [(unlicensed, 403), (site(|_| {}), 201)] {
        site.gitlab.set_hook_quirks(|quirks| quirks.unlicensed_groups = UnlicensedGroups::Forbidden);
        assert_eq!(site.ask("POST /groups/group-1/hooks", body.clone()).await.0, status);
    }
}

#[tokio::test]
async fn permissions_are_gitlabs() {
    let site = site(|_| {});
    let user = site.gitlab.user_token();
    // The ordinary user is a Developer of the first group and nothing elsewhere.
    let cases = [
        ("GET /projects/1/hooks", &*user, 403),
        ("GET /groups/group-1/hooks", &user, 403),
        ("GET /hooks", &user, 403),
        ("GET /projects/999/hooks", &user, 404),
        ("GET /hooks", "glpat-unknown", 401),
        ("GET /projects/1/hooks", "glpat-unknown", 401),
    ];
    for (what, token, status) in cases {
        assert_eq!(
            site.send(TestCall { line: what, token, body: Value::Null, headers: &[] }).await.0,
            status,
            "{what}"
        );
    }
}

#[tokio::test]
async fn a_hook_is_deleted_unless_it_was_modified_since() {
    let site = site(|_| {});
    let id = site.hook(json!({})).await;
    let (token, path) = (site.gitlab.admin_token(), format!("DELETE /projects/1/hooks/{id}"));
    let ask = |when: &'static str| {
        let (site, token, path) = (&site, &token, &path);
        async move {
            site.send(TestCall { line: path, token, body: Value::Null, headers: &[("if-unmodified-since", when)] })
                .await
                .0
        }
    };
    assert_eq!(ask("Thu, 01 Jan 2015 00:00:00 GMT").await, 412);
    assert_eq!(ask("Thu, 01 Jan 2099 00:00:00 GMT").await, 204);
    assert_eq!(site.ask(&path, Value::Null).await.0, 404);
}

#[tokio::test]
async fn routes_appear_with_their_version() {
    let cases = [
        ("POST", "test/nonsense", (16, 10), 404),
        ("POST", "test/nonsense", (16, 11), 400),
        ("GET", "events", (17, 2), 404),
        ("GET", "events", (17, 3), 200),
        ("POST", "events/1/resend", (17, 3), 404),
        ("PUT", "custom_headers/X-A", (17, 0), 404),
        ("PUT", "custom_headers/X-A", (17, 1), 400),
    ];
    for (method, rest, (major, minor), status) in cases {
        let site = version(major, minor);
        let id = site.hook(json!({})).await;
        let (answered, body) = site.ask(&format!("{method} /projects/1/hooks/{id}/{rest}"), Value::Null).await;
        assert_eq!(answered, status, "{method} {rest} at {major}.{minor}: {body}");
    }
}

#[tokio::test]
async fn a_test_without_sample_data_names_the_missing_data() {
    let site = site(|_| {});
    site.gitlab.change_project(1, |project| project.empty_repo = true);
    let id = site.hook(json!({})).await;
    site.gitlab.set_hook_quirks(|quirks| quirks.test_limit = 100);
    let cases = [
        ("note_events", 422, "Ensure the project has notes."),
        ("issues_events", 422, "Ensure the project has issues."),
        ("merge_requests_events", 422, "Ensure the project has merge requests."),
        ("job_events", 422, "Ensure the project has CI jobs."),
        ("pipeline_events", 422, "Ensure the project has CI pipelines."),
    ];
    for (trigger, status, text) in cases {
        let (answered, body) = site.ask(&format!("POST /projects/1/hooks/{id}/test/{trigger}"), Value::Null).await;
        assert_eq!((answered, body), (status, json!({"message": text})));
    }
    let (status, body) = site.ask(&format!("POST /projects/1/hooks/{id}/test/member_events"), Value::Null).await;
    assert_eq!((status, body), (400, json!({"error": "trigger does not have a valid value"})));
    site.gitlab.lock().settings.silent_mode_enabled = true;
    let (status, body) = site.ask(&format!("POST /projects/1/hooks/{id}/test/push_events"), Value::Null).await;
    assert_eq!((status, body), (422, json!({"message": "Silent mode enabled"})));
}

#[tokio::test]
async fn the_rate_limit_counts_tests_per_minute() {
    let site = site(|_| {});
    site.gitlab.lock().settings.silent_mode_enabled = true;
    let id = site.hook(json!({})).await;
    let path = format!("POST /projects/1/hooks/{id}/test/push_events");
    let mut answers = Vec::new();
    for _ in 0..11 {
        answers.push(site.ask(&path, Value::Null).await);
    }
    // A new minute may begin while this runs, which allows five more.
    let refused = answers.iter().filter(|(status, _)| *status == 429).count();
    assert!((1..=6).contains(&refused), "{refused}");
    let text = "This endpoint has been requested too many times. Try again later.";
    assert!(answers.contains(&(429, json!({"message": {"error": text}}))));
    site.gitlab.clock().advance(std::time::Duration::from_secs(60));
    assert_eq!(site.ask(&path, Value::Null).await.0, 422, "silent mode, not the rate limit");
}

#[tokio::test]
async fn fifty_thousand_hooks_are_served_quickly() {
    let site = site(|options| {
        options.projects = 50_000;
        options.groups = 20;
    });
    let params = json!({"url": "https://hooks.example/", "token": "t"});
    let params = super::super::params::Params::read(None, Some("application/json"), params.to_string().as_bytes())
        .expect("JSON");
    let began = crate::sandbox::clock::instant();
    {
        let mut state = site.gitlab.lock();
        for project in 1..=50_000 {
            state.create_hook(&site.gitlab, Owner::Project(project), &params).expect("a hook");
        }
    }
    for project in (1..=50_000).step_by(500) {
        let (status, hooks) = site.ask(&format!("GET /projects/{project}/hooks"), Value::Null).await;
        assert_eq!((status, hooks.as_array().map(Vec::len)), (200, Some(1)));
    }
    let took = began.elapsed();
    assert!(took < std::time::Duration::from_secs(30), "{took:?}");
}
