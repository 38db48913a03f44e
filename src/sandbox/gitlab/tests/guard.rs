//! The token guard: every way in which a token can be invalid, with GitLab's errors.

use serde_json::{Value, json};
use std::time::Duration;

use super::{NONE, TestInstance, of_version, site};
use crate::sandbox::gitlab::quirks::InstanceQuirks;
use crate::sandbox::gitlab::seed::{TokenSpec, UserSpec};
use crate::sandbox::gitlab::state::{GranularGrant, UserState};
use crate::sandbox::options::SandboxOptions;

fn scopes(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn invalid_token(text: &str) -> Value {
    json!({ "error": "invalid_token", "error_description": text })
}

fn insufficient(acceptable: &str) -> Value {
    json!({
        "error": "insufficient_scope",
        "error_description": "The request requires higher privileges than provided by the access token.",
        "scope": acceptable,
    })
}

#[tokio::test]
async fn invalid_tokens_get_gitlabs_errors() {
    let site = site(&SandboxOptions::default());
    let gitlab = &site.gitlab;
    let yesterday = gitlab.clock().today().yesterday().ok();
    let expired = gitlab.add_token(TokenSpec { expires_at: yesterday, ..TokenSpec::default() });
    let both = gitlab.add_token(TokenSpec { expires_at: yesterday, revoked: true, ..TokenSpec::default() });
    let revoked = gitlab.add_token(TokenSpec { revoked: true, ..TokenSpec::default() });
    let small = gitlab.add_token(TokenSpec { scopes: scopes(&["read_user"]), ..TokenSpec::default() });
    let impersonation = gitlab.add_token(TokenSpec { impersonation: true, ..TokenSpec::default() });
    gitlab.lock().quirks = InstanceQuirks { impersonation_disabled: true, ..InstanceQuirks::default() };
    let unauthorized = json!({ "message": "401 Unauthorized" });
    let old = invalid_token("Token is expired. You can either do re-authorization or token refresh.");
    let ended = invalid_token("Token was revoked. You have to re-authorize from the user.");
    let impersonating = invalid_token("Token is an impersonation token but impersonation was disabled.");
    let cases = [
        ("GET /user", "", 401, &unauthorized),
        ("GET /user", "glpat-unknown", 401, &unauthorized),
        ("GET /applications", "", 401, &unauthorized),
        ("GET /projects", "glpat-unknown", 401, &unauthorized),
        ("GET /user", &expired, 401, &old),
        ("GET /user", &both, 401, &old),
        ("GET /personal_access_tokens/self", &expired, 401, &old),
        ("GET /user", &revoked, 401, &ended),
        ("GET /projects", &revoked, 401, &ended),
        ("GET /user", &impersonation, 401, &impersonating),
        ("GET /projects", &small, 403, &insufficient("api read_api")),
        ("GET /applications", &small, 403, &insufficient("api read_api")),
    ];
    for (line, token, status, body) in cases {
        let answer = site.api(line, token, NONE).await;
        assert_eq!((answer.status, &answer.body), (status, body), "{line}");
    }
    assert_eq!(site.api("GET /user", &small, NONE).await.status, 200);
}

#[tokio::test]
async fn a_read_scope_does_not_allow_writes() {
    let site = site(&SandboxOptions::default());
    let reader = site.gitlab.add_token(TokenSpec { scopes: scopes(&["read_api"]), ..TokenSpec::default() });
    assert_eq!(site.api("GET /applications", &reader, NONE).await.status, 200);
    let answer = site.api("POST /applications", &reader, json!({})).await;
    assert_eq!((answer.status, answer.body), (403, insufficient("api read_api")));
}

#[tokio::test]
async fn a_token_is_accepted_in_every_place_that_gitlab_reads() {
    let site = site(&SandboxOptions::default());
    let (token, oauth) = (site.gitlab.admin_token(), site.gitlab.add_oauth_token(1, None, &["api"]));
    let cases = [
        ("/api/v4/user".to_owned(), format!("PRIVATE-TOKEN: {token}"), 200),
        ("/api/v4/user".to_owned(), format!("Authorization: Bearer {token}"), 200),
        (format!("/api/v4/user?private_token={token}"), "X-None: 1".to_owned(), 200),
        ("/api/v4/user".to_owned(), format!("Authorization: Bearer {oauth}"), 200),
        (format!("/api/v4/user?access_token={oauth}"), "X-None: 1".to_owned(), 200),
        ("/api/v4/user".to_owned(), format!("PRIVATE-TOKEN: {oauth}"), 401),
    ];
    for (path, header, status) in cases {
        let answer = site.send(&format!("GET {path}"), &[header], "").await;
        assert_eq!(answer.status, status, "{}", answer.text);
    }
}

#[tokio::test]
async fn an_oauth_token_ends_after_two_hours_and_one_without_a_user_is_refused() {
    let site = site(&SandboxOptions::default());
    let oauth = site.gitlab.add_oauth_token(1, None, &["api"]);
    let header = [format!("Authorization: Bearer {oauth}")];
    site.gitlab.clock().advance(Duration::from_secs(7201));
    let answer = site.send("GET /api/v4/user", &header, "").await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.body["error"], "invalid_token");
    assert!(answer.header("www-authenticate").starts_with("Bearer realm=\"Protected by OAuth 2.0\""));
}

#[tokio::test]
async fn an_admin_without_the_scope_is_not_an_effective_admin_in_admin_mode() {
    let site = site(&SandboxOptions { admin_mode: true, ..SandboxOptions::default() });
    let without = site.gitlab.add_token(TokenSpec::default());
    let ordinary = site.gitlab.user_token();
    let forbidden = json!({ "message": "403 Forbidden" });
    for token in [&without, &ordinary] {
        let answer = site.api("GET /applications", token, NONE).await;
        assert_eq!((answer.status, answer.body), (403, forbidden.clone()));
        assert_eq!(site.api("GET /user", token, NONE).await.body.get("is_admin"), None);
        assert_eq!(site.api("GET /users/1", token, NONE).await.body.get("is_admin"), None);
    }
    assert_eq!(site.admin("GET /applications", NONE).await.status, 200);
    assert_eq!(site.admin("GET /user", NONE).await.body["is_admin"], true);
    assert_eq!(site.admin("GET /users/2", NONE).await.body["is_admin"], false);
    assert_eq!(site.admin("PUT /application/settings", json!({ "admin_mode": "false" })).await.status, 200);
    assert_eq!(site.api("GET /applications", &without, NONE).await.status, 200);
}

#[tokio::test]
async fn a_fine_grained_token_may_do_what_it_was_granted_and_nothing_else() {
    let site = site(&SandboxOptions::default());
    let grant =
        |access: &str, permissions: &[&str]| GranularGrant { access: access.into(), permissions: scopes(permissions) };
    let grants = vec![grant("user", &["read_personal_access_token"]), grant("all_memberships", &["read_webhook"])];
    let spec = TokenSpec { granular: true, scopes: scopes(&["granular"]), grants, ..TokenSpec::default() };
    let token = site.gitlab.add_token(spec);
    let own = site.api("GET /personal_access_tokens/self", &token, NONE).await;
    assert_eq!((own.status, &own.body["granular"], own.body.get("granular_scopes")), (200, &json!(true), None));
    assert_eq!(site.api("GET /groups/3/hooks", &token, NONE).await.status, 200);
    for line in ["GET /user", "GET /hooks", "POST /groups/3/hooks", "GET /applications", "GET /namespaces"] {
        let refused = site.api(line, &token, NONE).await;
        assert_eq!((refused.status, refused.body), (403, json!({ "message": "403 Forbidden" })), "{line}");
    }
    // An administrator who is no member.
    let foreign = site.gitlab.add_group("foreign", None);
    site.gitlab.lock().groups.get_mut(&foreign).expect("a group").members.clear();
    assert_eq!(site.api(&format!("GET /groups/{foreign}/hooks"), &token, NONE).await.status, 403);
}

#[tokio::test]
async fn a_newer_version_names_the_permission_that_is_missing_and_shows_those_that_are_granted() {
    let site = of_version(19, 6);
    let grants = vec![GranularGrant { access: "user".into(), permissions: scopes(&["read_personal_access_token"]) }];
    let spec = TokenSpec { granular: true, scopes: scopes(&["granular"]), grants, ..TokenSpec::default() };
    let token = site.gitlab.add_token(spec);
    let own = site.api("GET /personal_access_tokens/self", &token, NONE).await;
    assert_eq!(
        own.body["granular_scopes"],
        json!([{ "access": "user", "permissions": ["read_personal_access_token"] }])
    );
    let refused = site.api("GET /applications", &token, NONE).await;
    assert_eq!((refused.status, &refused.body["error"]), (403, &json!("insufficient_granular_scope")));
    let said = refused.body["error_description"].as_str().expect("a text");
    assert!(said.ends_with("with the following instance permissions: [OAuth Application: Read]."), "{said}");
}

#[tokio::test]
async fn bots_are_recognized_by_their_user() {
    let site = site(&SandboxOptions::default());
    let project = site.gitlab.add_project_token(1, 40);
    let group = site.gitlab.add_group_token(3, 50);
    for (token, prefix) in [(project, "project_1_bot_"), (group, "group_3_bot_")] {
        let user = site.api("GET /user", &token, NONE).await.body;
        assert_eq!(user["bot"], true);
        assert!(user["username"].as_str().is_some_and(|name| name.starts_with(prefix)), "{user}");
        assert_eq!(site.api("GET /personal_access_tokens/self", &token, NONE).await.status, 200);
    }
}

#[tokio::test]
async fn a_user_who_may_not_use_the_api_gets_a_403_with_the_reason() {
    let site: TestInstance = of_version(18, 5);
    let user = site.gitlab.add_user(UserSpec { username: "bob".into(), ..UserSpec::default() });
    let token = site.gitlab.add_token(TokenSpec { user, ..TokenSpec::default() });
    assert_eq!(site.api("GET /user", &token, NONE).await.status, 200);
    for (state, text) in [
        (UserState::Blocked, "Your account has been blocked."),
        (UserState::PendingApproval, "Your account is pending approval from your administrator and hence blocked."),
        (UserState::TermsNotAccepted, "You (@bob) must accept the Terms of Service in order to perform this action."),
        (UserState::Deactivated, "Your account has been deactivated by your administrator."),
        (UserState::Unconfirmed, "Your primary email address is not confirmed."),
        (UserState::PasswordExpired, "Your password expired."),
    ] {
        if let Some(user) = site.gitlab.lock().users.get_mut(&user) {
            user.state = state;
        }
        let answer = site.api("GET /user", &token, NONE).await;
        let message = answer.body["message"].as_str().unwrap_or_default();
        assert_eq!(answer.status, 403, "{state:?}");
        assert!(message.starts_with(&format!("403 Forbidden - {text}")), "{state:?}: {message}");
    }
}
