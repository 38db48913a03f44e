//! Compares the embedded GitLab with what is known about the real one, request by request.

mod admin_token;
mod applications;
mod authorize;
mod cloud;
mod discussions;
mod graphql;
mod guard;
mod instance;
mod lists;
mod oauth;
mod openapi;
mod pipelines;
mod projects;
mod repository;
mod tokens;
mod work;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use url::Url;

use super::GitLab;
use crate::sandbox::options::{SandboxOptions, SandboxVersion};

/// An instance that is called through its router.
struct TestInstance {
    gitlab: GitLab,
}

/// A response that was read.
#[derive(Debug)]
struct TestResponse {
    status: u16,
    headers: HeaderMap,
    body: Value,
    text: String,
}

impl TestResponse {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().expect("text")).unwrap_or_default()
    }
}

fn site(options: &SandboxOptions) -> TestInstance {
    let base = Url::parse(&format!("http://gitlab.test:8080{}", options.relative_root)).expect("an address");
    TestInstance { gitlab: GitLab::new(options, &base) }
}

fn of_version(major: u16, minor: u16) -> TestInstance {
    site(&SandboxOptions { version: SandboxVersion::new(major, minor, 0), ..SandboxOptions::default() })
}

impl TestInstance {
    /// Sends `METHOD path` with these headers (`name: value`) and this body.
    async fn send(&self, line: &str, headers: &[String], body: &str) -> TestResponse {
        let (method, path) = line.split_once(' ').expect("METHOD path");
        let mut request = Request::builder().method(method.parse::<Method>().expect("a method")).uri(path);
        for header in headers {
            let (name, value) = header.split_once(": ").expect("name: value");
            request = request.header(name, value);
        }
        let request = request.body(Body::from(body.to_owned())).expect("a request");
        let response = self.gitlab.router().oneshot(request).await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        let text = String::from_utf8(bytes.to_vec()).expect("text");
        TestResponse { status, headers, body: serde_json::from_str(&text).unwrap_or_default(), text }
    }

    /// Calls the API with a token and a JSON body.
    async fn api(&self, line: &str, token: &str, body: Value) -> TestResponse {
        let (method, path) = line.split_once(' ').expect("METHOD path");
        let line = format!("{method} {}/api/v4{path}", self.gitlab.root());
        let headers = [format!("PRIVATE-TOKEN: {token}"), "Content-Type: application/json".to_owned()];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send(&line, &headers, &body).await
    }

    /// Calls the API as the admin.
    async fn admin(&self, line: &str, body: Value) -> TestResponse {
        self.api(line, &self.gitlab.admin_token(), body).await
    }

    /// Sends a form without a token.
    async fn form(&self, line: &str, body: &str) -> TestResponse {
        self.send(line, &["Content-Type: application/x-www-form-urlencoded".to_owned()], body).await
    }
}

const NONE: Value = Value::Null;

#[tokio::test]
async fn every_response_has_gitlabs_headers() {
    let site = site(&SandboxOptions::default());
    for line in ["GET /api/v4/version", "GET /api/v4/nothing", "GET /nothing", "POST /oauth/token"] {
        let answer = site.send(line, &[], "").await;
        assert_eq!(answer.header("x-request-id").len(), 32, "{line}");
        assert!(answer.header("x-gitlab-meta").contains(answer.header("x-request-id")), "{line}");
    }
}

#[tokio::test]
async fn unknown_paths_get_gitlabs_errors() {
    let site = site(&SandboxOptions { relative_root: "/gitlab".into(), ..SandboxOptions::default() });
    let json = json!({ "error": "404 Not Found" });
    let cases: &[(&str, u16, Option<&Value>)] = &[
        ("GET /gitlab/api/v4/nothing", 404, Some(&json)),
        ("GET /gitlab/api/v5/user", 404, Some(&json)),
        ("GET /gitlab/api/v3/user", 410, None),
        ("GET /gitlab/oauth/token", 404, None),
        ("GET /api/v4/user", 404, None),
        ("GET /gitlab/users/sign_in", 200, None),
        ("GET /gitlab/-/health", 200, None),
    ];
    for (line, status, body) in cases {
        let answer = site.send(line, &[], "").await;
        assert_eq!(answer.status, *status, "{line}");
        match body {
            Some(body) => assert_eq!(answer.body, **body, "{line}"),
            None => assert!(*status == 410 || !answer.header("content-type").contains("json"), "{line}"),
        }
    }
    let wrong_method = site.admin("DELETE /version", NONE).await;
    assert_eq!((wrong_method.status, wrong_method.body), (405, json!({ "error": "405 Not Allowed" })));
}

#[tokio::test]
async fn web_pages_redirect_to_the_sign_in_page() {
    let site = site(&SandboxOptions { relative_root: "/gitlab".into(), ..SandboxOptions::default() });
    let paths = ["", "/", "/admin/applications", "/oauth/authorize?client_id=unknown", "/-/user_settings/profile"];
    for path in paths {
        let answer = site.send(&format!("GET /gitlab{path}"), &[], "").await;
        assert_eq!(answer.status, 302, "{path}");
        assert_eq!(answer.header("location"), "http://gitlab.test:8080/gitlab/users/sign_in", "{path}");
    }
}

#[tokio::test]
async fn maintenance_mode_refuses_json_and_redirects_forms() {
    let site = site(&SandboxOptions::default());
    assert_eq!(site.admin("PUT /application/settings", json!({ "maintenance_mode": true })).await.status, 200);
    let refused = site.admin("POST /applications", json!({})).await;
    let text = "You cannot perform write operations on a read-only instance";
    assert_eq!((refused.status, refused.body), (403, json!({ "message": text })));
    let moved = site.form("POST /api/v4/applications", "name=x").await;
    assert_eq!((moved.status, moved.header("location")), (301, "http://gitlab.test:8080/"));
    assert_eq!(site.admin("GET /version", NONE).await.status, 200);
    assert_eq!(site.admin("PUT /application/settings", json!({ "maintenance_mode": false })).await.status, 200);
    assert_eq!(site.admin("POST /applications", json!({})).await.status, 400);
}
