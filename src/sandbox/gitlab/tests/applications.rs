//! The Applications API: create with every error, list, renew, delete.

use serde_json::json;

use super::{NONE, TestInstance, of_version, site};
use crate::sandbox::gitlab::applications::ApplicationSpec;
use crate::sandbox::options::SandboxOptions;

const URI: &str = "https://factory.test/cb";

async fn made(site: &TestInstance) -> serde_json::Value {
    let body = json!({ "name": "Factory", "redirect_uri": URI, "scopes": "api read_user" });
    let answer = site.admin("POST /applications", body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.body
}

#[tokio::test]
async fn creation_returns_the_secret_once() {
    let site = of_version(18, 5);
    let made = made(&site).await;
    assert_eq!(made["application_name"], "Factory");
    assert_eq!(made["callback_url"], URI);
    assert_eq!(made["confidential"], true);
    assert_eq!(made["application_id"].as_str().map(str::len), Some(64));
    assert!(made["secret"].as_str().is_some_and(|secret| secret.starts_with("gloas-") && secret.len() == 70));
    let list = site.admin("GET /applications", NONE).await.body;
    assert_eq!((list[0]["id"].clone(), list[0].get("secret")), (made["id"].clone(), None));
}

#[tokio::test]
async fn invalid_applications_get_gitlabs_errors() {
    let site = of_version(18, 5);
    let uri = |text: &str| json!({ "message": { "redirect_uri": [text] } });
    let scope = json!({ "message": { "scopes": ["doesn't match configured on the server."] } });
    let cases = [
        (json!({"redirect_uri": URI, "scopes": "api"}), json!({"error": "name is missing"})),
        (json!({"name": "x", "scopes": "api"}), json!({"error": "redirect_uri is missing"})),
        (json!({"name": "x", "redirect_uri": URI}), json!({"error": "scopes is missing, scopes is empty"})),
        (json!({}), json!({"error": "name is missing, redirect_uri is missing, scopes is missing, scopes is empty"})),
        (json!({"name": "x", "redirect_uri": URI, "scopes": ""}), json!({"error": "scopes is empty"})),
        (json!({"name": "x", "redirect_uri": URI, "scopes": "api nonsense"}), scope.clone()),
        (json!({"name": "x", "redirect_uri": URI, "scopes": "API"}), scope.clone()),
        (json!({"name": "x", "redirect_uri": URI, "scopes": "api,read_user"}), scope),
        (json!({"name": "x", "redirect_uri": "", "scopes": "api"}), uri("can't be blank")),
        (json!({"name": "x", "redirect_uri": "https:///cb", "scopes": "api"}), uri("must be a valid URI.")),
        (json!({"name": "x", "redirect_uri": "https://a.test/#", "scopes": "api"}), uri("cannot contain a fragment.")),
        (json!({"name": "x", "redirect_uri": "/cb", "scopes": "api"}), uri("must be an absolute URI.")),
        (json!({"name": "x", "redirect_uri": "host:80/cb", "scopes": "api"}), uri("must specify a scheme.")),
        (json!({"name": " ", "redirect_uri": URI, "scopes": "api"}), json!({"message": {"name": ["can't be blank"]}})),
    ];
    for (body, expected) in cases {
        let answer = site.admin("POST /applications", body.clone()).await;
        assert_eq!((answer.status, answer.body), (400, expected), "{body}");
    }
    assert!(site.gitlab.applications().is_empty());
    let refused = site.api("POST /applications", &site.gitlab.user_token(), json!({})).await;
    assert_eq!((refused.status, refused.body), (403, json!({ "message": "403 Forbidden" })));
}

#[tokio::test]
async fn forms_repeated_names_and_null_are_accepted() {
    let site = site(&SandboxOptions::default());
    let header = [
        format!("PRIVATE-TOKEN: {}", site.gitlab.admin_token()),
        "Content-Type: application/x-www-form-urlencoded".to_owned(),
    ];
    let body = "name=Factory&redirect_uri=https%3A%2F%2Fa.test%0Ahttps%3A%2F%2Fb.test&scopes=api&confidential=false";
    let form = site.send("POST /api/v4/applications", &header, body).await;
    assert_eq!((form.status, &form.body["callback_url"]), (201, &json!("https://a.test\nhttps://b.test")));
    assert_eq!(form.body["confidential"], false);
    let body =
        json!({ "name": "Factory", "redirect_uri": URI, "scopes": "api", "confidential": null, "trusted": true });
    assert_eq!(site.admin("POST /applications", body).await.body["confidential"], true);
    let all = site.gitlab.applications();
    assert!(all.len() == 2 && all.iter().all(|application| !application.trusted));
}

#[tokio::test]
async fn only_newer_versions_show_scopes() {
    for (version, shown) in [((18, 5), false), ((19, 1), true), ((19, 2), true)] {
        let site = of_version(version.0, version.1);
        let expected = shown.then(|| json!(["api", "read_user"]));
        assert_eq!(made(&site).await.get("scopes"), expected.as_ref());
        assert_eq!(site.admin("GET /applications", NONE).await.body[0].get("scopes"), expected.as_ref());
        site.gitlab.lock().quirks.expose_scopes = Some(!shown);
        assert_eq!(site.admin("GET /applications", NONE).await.body[0].get("scopes").is_some(), !shown);
    }
}

#[tokio::test]
async fn renewing_replaces_the_secret_at_once() {
    let site = site(&SandboxOptions::default());
    let first = made(&site).await;
    let path = format!("POST /applications/{}/renew-secret", first["id"]);
    let renewed = site.admin(&path, NONE).await;
    assert_eq!((renewed.status, &renewed.body["application_id"]), (201, &first["application_id"]));
    let application = &site.gitlab.applications()[0];
    assert!(renewed.body["secret"].as_str().is_some_and(|secret| application.has_secret(secret)));
    assert!(first["secret"].as_str().is_some_and(|secret| !application.has_secret(secret)));
    let missing = json!({ "message": "404 Application Not Found" });
    assert_eq!(site.admin("POST /applications/99/renew-secret", NONE).await.body, missing);
    let old = of_version(16, 10).admin("POST /applications/1/renew-secret", NONE).await;
    assert_eq!((old.status, old.body), (404, json!({ "error": "404 Not Found" })));
}

#[tokio::test]
async fn deletion_accepts_any_application_while_the_list_is_instance_wide() {
    let site = site(&SandboxOptions::default());
    let id = made(&site).await["id"].as_u64();
    let owned = ApplicationSpec {
        name: "alices".into(),
        redirect_uri: URI.into(),
        scopes: vec!["api".into()],
        confidential: true,
        owner: Some(2),
    };
    site.gitlab.add_application(owned);
    assert_eq!(site.admin("GET /applications", NONE).await.body.as_array().map(Vec::len), Some(1));
    let oauth = site.gitlab.add_oauth_token(1, id, &["api"]);
    assert_eq!(site.admin("DELETE /applications/1", NONE).await.status, 204);
    let answer = site.send("GET /api/v4/user", &[format!("Authorization: Bearer {oauth}")], "").await;
    assert_eq!((answer.status, answer.body), (401, json!({ "message": "401 Unauthorized" })));
    assert_eq!(site.admin("DELETE /applications/2", NONE).await.status, 204);
    let gone = site.admin("DELETE /applications/2", NONE).await;
    assert_eq!((gone.status, gone.body), (404, json!({ "message": "404 Application Not Found" })));
}

#[tokio::test]
async fn an_instance_prefix_precedes_the_secret_and_the_token() {
    let site = site(&SandboxOptions::default());
    site.gitlab.lock().settings.instance_token_prefix = "acme".into();
    assert!(made(&site).await["secret"].as_str().is_some_and(|secret| secret.starts_with("acme-gloas-")));
    let token = site.gitlab.add_token(crate::sandbox::gitlab::seed::TokenSpec::default());
    assert!(token.starts_with("acme-glpat-"));
    assert_eq!(site.api("GET /user", &token, NONE).await.status, 200);
}
