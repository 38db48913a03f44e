//! Personal access tokens: self, list, create, rotate, revoke.

use serde_json::json;

use super::{NONE, of_version, site};
use crate::sandbox::gitlab::seed::TokenSpec;
use crate::sandbox::options::SandboxOptions;

#[tokio::test]
async fn a_token_describes_itself_with_any_scope() {
    let site = site(&SandboxOptions { admin_mode: true, ..SandboxOptions::default() });
    let own = site.admin("GET /personal_access_tokens/self", NONE).await.body;
    assert_eq!(
        (&own["scopes"], &own["active"], &own["user_id"]),
        (&json!(["api", "admin_mode"]), &json!(true), &json!(1))
    );
    assert_eq!(own["last_used_ips"], json!(["127.0.0.1"]));
    let small = TokenSpec { scopes: vec!["read_registry".into()], ..TokenSpec::default() };
    let small = site.gitlab.add_token(small);
    let own = site.api("GET /personal_access_tokens/self", &small, NONE).await;
    assert_eq!((own.status, &own.body["expires_at"]), (200, &NONE));
    let oauth = site.gitlab.add_oauth_token(1, None, &["api"]);
    let header = [format!("Authorization: Bearer {oauth}")];
    let other = site.send("GET /api/v4/personal_access_tokens/self", &header, "").await;
    let text = "400 Bad request - This endpoint requires token type to be a personal access token";
    assert_eq!((other.status, other.body), (400, json!({ "message": text })));
}

#[tokio::test]
async fn fields_of_a_token_depend_on_the_version() {
    let cases = [((16, 11), [false, false, false]), ((17, 9), [true, false, false]), ((19, 2), [true, true, true])];
    for ((major, minor), expected) in cases {
        let site = of_version(major, minor);
        let own = site.admin("GET /personal_access_tokens/self", NONE).await.body;
        let shown = ["description", "last_used_ips", "granular"].map(|name| own.get(name).is_some());
        assert_eq!(shown, expected, "{major}.{minor}");
    }
}

#[tokio::test]
async fn token_values_have_the_format_of_their_version() {
    let routable = of_version(17, 9).gitlab.admin_token();
    assert!(routable.starts_with("glpat-") && routable.matches('.').count() == 2, "dots");
    let classic = of_version(16, 11).gitlab.admin_token();
    assert!(classic.starts_with("glpat-") && classic.len() == 26 && !classic.contains('.'), "no dots");
}

#[tokio::test]
async fn a_token_of_another_user_is_401_and_only_admins_get_404() {
    let site = site(&SandboxOptions::default());
    let user = site.gitlab.user_token();
    let unauthorized = json!({ "message": "401 Unauthorized" });
    for line in ["GET /personal_access_tokens/1", "GET /personal_access_tokens/99", "DELETE /personal_access_tokens/1"]
    {
        let answer = site.api(line, &user, NONE).await;
        assert_eq!((answer.status, answer.body), (401, unauthorized.clone()), "{line}");
    }
    assert_eq!(site.api("GET /personal_access_tokens/2", &user, NONE).await.status, 200);
    assert_eq!(site.admin("GET /personal_access_tokens/2", NONE).await.body["user_id"], 2);
    assert_eq!(site.admin("GET /personal_access_tokens/99", NONE).await.body, json!({ "message": "404 Not Found" }));
}

#[tokio::test]
async fn the_list_is_filtered_and_paged() {
    let site = site(&SandboxOptions::default());
    site.gitlab.add_token(TokenSpec { revoked: true, ..TokenSpec::default() });
    site.gitlab.add_token(TokenSpec { impersonation: true, ..TokenSpec::default() });
    let cases = [
        ("", 4),
        ("?user_id=1", 3),
        ("?revoked=true", 1),
        ("?state=active", 3),
        ("?state=inactive&user_id=1", 1),
        ("?search=TOKEN-2", 1),
        ("?per_page=1", 1),
        ("?page=9", 0),
    ];
    for (query, count) in cases {
        let answer = site.admin(&format!("GET /personal_access_tokens{query}"), NONE).await;
        assert_eq!(answer.body.as_array().map(Vec::len), Some(count), "{query}");
    }
    let unknown = site.admin("GET /personal_access_tokens?user_id=99", NONE).await;
    assert_eq!((unknown.status, unknown.body), (404, json!({ "message": "404 Not Found" })));
    let user = site.gitlab.user_token();
    assert_eq!(site.api("GET /personal_access_tokens", &user, NONE).await.body.as_array().map(Vec::len), Some(1));
    assert_eq!(site.api("GET /personal_access_tokens?user_id=1", &user, NONE).await.status, 401);
    let odd = site.admin("GET /personal_access_tokens?state=odd", NONE).await;
    assert_eq!(odd.body, json!({ "error": "state does not have a valid value" }));
}

#[tokio::test]
async fn an_admin_creates_tokens_for_users() {
    let site = site(&SandboxOptions::default());
    let path = "POST /users/2/personal_access_tokens";
    let made = site.admin(path, json!({ "name": "handover", "scopes": ["api"], "expires_at": "2099-01-01" })).await;
    assert_eq!(made.status, 422, "too far ahead");
    let day = site.gitlab.clock().today().saturating_add(jiff::Span::new().days(30)).to_string();
    let made = site.admin(path, json!({ "name": "handover", "scopes": ["api"], "expires_at": day })).await;
    assert_eq!((made.status, &made.body["expires_at"], &made.body["user_id"]), (201, &json!(day), &json!(2)));
    let value = made.body["token"].as_str().expect("a value").to_owned();
    assert_eq!(site.api("GET /user", &value, NONE).await.body["username"], "alice");
    let cases = [
        (path, json!({ "scopes": ["api"] }), 400, json!({ "error": "name is missing" })),
        (
            path,
            json!({ "name": "x", "scopes": ["odd"] }),
            400,
            json!({ "error": "scopes does not have a valid value" }),
        ),
        (
            path,
            json!({ "name": "x", "scopes": ["openid"] }),
            400,
            json!({ "error": "scopes does not have a valid value" }),
        ),
        (
            "POST /users/99/personal_access_tokens",
            json!({ "name": "x", "scopes": ["api"] }),
            404,
            json!({ "message": "404 User Not Found" }),
        ),
    ];
    for (line, body, status, expected) in cases {
        let answer = site.admin(line, body).await;
        assert_eq!((answer.status, answer.body), (status, expected), "{line}");
    }
    let ordinary = site.api(path, &site.gitlab.user_token(), json!({ "name": "x", "scopes": ["api"] })).await;
    assert_eq!(ordinary.status, 403);
}

#[tokio::test]
async fn rotation_has_no_overlap_and_reuse_revokes_the_family() {
    let site = site(&SandboxOptions::default());
    let first = site.gitlab.add_token(TokenSpec::default());
    let path = "POST /personal_access_tokens/self/rotate";
    let rotated = site.api(path, &first, NONE).await;
    assert_eq!(rotated.status, 200);
    let week = site.gitlab.clock().today().saturating_add(jiff::Span::new().days(7));
    assert_eq!(rotated.body["expires_at"], week.to_string());
    let second = rotated.body["token"].as_str().expect("a value").to_owned();
    assert_eq!(site.api("GET /user", &first, NONE).await.body["error"], "invalid_token");
    assert_eq!(site.api("GET /user", &second, NONE).await.status, 200);
    let third = site.api(path, &second, json!({})).await.body["token"].as_str().expect("a value").to_owned();
    assert_eq!(site.api(path, &first, NONE).await.status, 401);
    assert_eq!(site.api("GET /user", &third, NONE).await.status, 401, "the reuse revoked the newest as well");
}

#[tokio::test]
async fn rotation_is_refused_with_gitlabs_errors() {
    let site = site(&SandboxOptions::default());
    let revoked = site.gitlab.tokens().len() + 1;
    site.gitlab.add_token(TokenSpec { revoked: true, ..TokenSpec::default() });
    let again = site.admin(&format!("POST /personal_access_tokens/{revoked}/rotate"), NONE).await;
    assert_eq!((again.status, again.body), (400, json!({ "message": "400 Bad request - Token already revoked" })));
    let oauth = site.gitlab.add_oauth_token(1, None, &["api"]);
    let header = [format!("Authorization: Bearer {oauth}")];
    let other = site.send("POST /api/v4/personal_access_tokens/self/rotate", &header, "").await;
    assert_eq!((other.status, other.body), (405, json!({ "message": "405 Method Not Allowed" })));
    let own = TokenSpec { scopes: vec!["self_rotate".into()], ..TokenSpec::default() };
    let own = site.gitlab.add_token(own);
    assert_eq!(site.api("POST /personal_access_tokens/self/rotate", &own, NONE).await.status, 200);
    assert_eq!(of_version(16, 9).admin("POST /personal_access_tokens/self/rotate", NONE).await.status, 404);
}

#[tokio::test]
async fn a_token_can_revoke_itself() {
    let site = site(&SandboxOptions::default());
    let token = site.gitlab.add_token(TokenSpec::default());
    assert_eq!(site.api("DELETE /personal_access_tokens/self", &token, NONE).await.status, 204);
    let after = site.api("GET /user", &token, NONE).await.body;
    assert_eq!(after["error_description"], "Token was revoked. You have to re-authorize from the user.");
}
