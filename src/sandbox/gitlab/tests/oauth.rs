//! The OAuth endpoints: the order of their checks, and how a client and its scopes are verified.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{TestInstance, TestResponse, of_version, site};
use crate::sandbox::gitlab::applications::{ApplicationSpec, ClientPair};
use crate::sandbox::gitlab::oauth::{CodeChallenge, GrantSpec};
use crate::sandbox::gitlab::quirks::ClientCredentials;
use crate::sandbox::gitlab::state::DeviceAnswer;
use crate::sandbox::options::SandboxOptions;

const URI: &str = "https://factory.test/cb";

/// OAuth's two types of clients (RFC 6749, section 2.1).
#[derive(Clone, Copy, Eq, PartialEq)]
enum ClientType {
    Confidential,
    Public,
}

fn app(site: &TestInstance, scopes: &[&str], client: ClientType) -> ClientPair {
    let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    let spec = ApplicationSpec {
        name: "x".into(),
        redirect_uri: URI.into(),
        scopes,
        confidential: client == ClientType::Confidential,
        owner: None,
    };
    site.gitlab.add_application(spec)
}

fn basic(uid: &str, secret: &str) -> String {
    format!("Authorization: Basic {}", STANDARD.encode(format!("{uid}:{secret}")))
}

async fn with(site: &TestInstance, line: &str, header: &str, body: &str) -> TestResponse {
    let form = "Content-Type: application/x-www-form-urlencoded".to_owned();
    site.send(line, &[form, header.to_owned()], body).await
}

fn pair(app: &ClientPair) -> String {
    format!("client_id={}&client_secret={}", app.uid, app.secret)
}

#[tokio::test]
async fn the_token_endpoint_checks_in_doorkeepers_order() {
    let site = site(&SandboxOptions::default());
    let good = app(&site, &["api", "read_user"], ClientType::Confidential);
    let (pair, bad) = (pair(&good), format!("client_id={}&client_secret=wrong", good.uid));
    let device = "urn:ietf:params:oauth:grant-type:device_code";
    let cases = [
        (String::new(), 400, "invalid_request", Some("Missing required parameter: grant_type.")),
        (format!("grant_type=magic&{pair}"), 400, "unsupported_grant_type", None),
        (format!("grant_type=password&username=root&password=x&{pair}"), 400, "unsupported_grant_type", None),
        ("grant_type=authorization_code".into(), 400, "invalid_request", Some("Missing required parameter: code.")),
        (
            "grant_type=authorization_code&code=x".into(),
            400,
            "invalid_request",
            Some("Missing required parameter: redirect_uri."),
        ),
        ("grant_type=authorization_code&code=x&redirect_uri=y".into(), 401, "invalid_client", None),
        (format!("grant_type=authorization_code&code=x&redirect_uri=y&{bad}"), 401, "invalid_client", None),
        (format!("grant_type=authorization_code&code=x&redirect_uri=y&{pair}"), 400, "invalid_grant", None),
        (
            format!("grant_type=refresh_token&{pair}"),
            400,
            "invalid_request",
            Some("Missing required parameter: refresh_token."),
        ),
        (format!("grant_type=refresh_token&refresh_token=x&{bad}"), 400, "invalid_grant", None),
        (format!("grant_type=client_credentials&scope=api&{bad}"), 401, "invalid_client", None),
        (format!("grant_type=client_credentials&scope=sudo&{pair}"), 400, "invalid_scope", None),
        (format!("grant_type=client_credentials&scope=api+sudo&{pair}"), 400, "invalid_scope", None),
        (format!("grant_type={device}&device_code=x&{pair}"), 400, "invalid_grant", None),
    ];
    for (body, status, error, text) in cases {
        let answer = site.form("POST /oauth/token", &body).await;
        assert_eq!((answer.status, answer.body["error"].as_str()), (status, Some(error)), "{body}");
        assert_eq!(answer.header("cache-control"), "no-store", "{body}");
        assert!(answer.header("www-authenticate").contains(error), "{body}");
        assert!(text.is_none_or(|text| answer.body["error_description"] == text), "{body}: {}", answer.text);
    }
}

#[tokio::test]
async fn client_credentials_show_which_scopes_an_application_has() {
    let site = site(&SandboxOptions::default());
    let good = app(&site, &["read_user"], ClientType::Confidential);
    let ask = |scope: &str| format!("grant_type=client_credentials&{}{scope}", pair(&good));
    let token = site.form("POST /oauth/token", &ask("&scope=read_user")).await;
    assert_eq!((token.status, &token.body["scope"], token.body.get("refresh_token")), (200, &json!("read_user"), None));
    let header = [format!("Authorization: Bearer {}", token.body["access_token"].as_str().expect("a token"))];
    assert_eq!(site.send("GET /api/v4/user", &header, "").await.status, 401, "it does not belong to a user");
    assert_eq!(site.form("POST /oauth/token", &ask("")).await.body["error"], "invalid_scope", "the default is api");
    let all = app(&site, &[], ClientType::Confidential);
    let body = format!("grant_type=client_credentials&scope=sudo&{}", pair(&all));
    assert_eq!(site.form("POST /oauth/token", &body).await.status, 200, "without scopes it has all");
    site.gitlab.lock().quirks.client_credentials = ClientCredentials::ServerError;
    let broken = site.form("POST /oauth/token", &ask("&scope=read_user")).await;
    assert_eq!((broken.status, broken.header("content-type")), (500, "text/html; charset=utf-8"));
    assert_eq!(site.form("POST /oauth/token", &ask("&scope=api")).await.status, 400);
}

#[tokio::test]
async fn introspection_verifies_an_id_and_secret_without_a_user() {
    let site = site(&SandboxOptions::default());
    let (good, other) =
        (app(&site, &["api"], ClientType::Confidential), app(&site, &["api"], ClientType::Confidential));
    let public = app(&site, &["api"], ClientType::Public);
    let inactive = json!({ "active": false });
    let form = |uid: &str, secret: &str| format!("token=x&client_id={uid}&client_secret={secret}");
    let cases = [
        (basic(&good.uid, &good.secret), "token=x".to_owned(), 200, ""),
        (basic(&good.uid, &good.secret), String::new(), 200, ""),
        ("X-None: 1".into(), form(&good.uid, &good.secret), 200, ""),
        (basic(&good.uid, "wrong"), "token=x".into(), 401, "invalid_client"),
        (basic(&good.uid, ""), "token=x".into(), 401, "invalid_client"),
        (basic("unknown", &good.secret), "token=x".into(), 401, "invalid_client"),
        (basic(&good.uid, &other.secret), "token=x".into(), 401, "invalid_client"),
        (basic(&good.uid, &good.secret).replace("Basic", "basic"), "token=x".into(), 400, "invalid_request"),
        ("X-None: 1".into(), "token=x".into(), 400, "invalid_request"),
        (basic(&public.uid, ""), "token=x".into(), 200, ""),
        (basic(&public.uid, "wrong"), "token=x".into(), 401, "invalid_client"),
    ];
    for (header, body, status, error) in cases {
        let answer = with(&site, "POST /oauth/introspect", &header, &body).await;
        assert_eq!(answer.status, status, "{header} {body}");
        match error {
            "" => assert_eq!(answer.body, inactive),
            error => assert_eq!(answer.body["error"], error, "{header} {body}"),
        }
    }
    let token =
        site.form("POST /oauth/token", &format!("grant_type=client_credentials&scope=api&{}", pair(&good))).await;
    let body = format!("token={}", token.body["access_token"].as_str().expect("a token"));
    let active = with(&site, "POST /oauth/introspect", &basic(&good.uid, &good.secret), &body).await.body;
    assert_eq!(
        (&active["active"], &active["scope"], &active["client_id"]),
        (&json!(true), &json!("api"), &json!(good.uid))
    );
    let foreign = with(&site, "POST /oauth/introspect", &basic(&other.uid, &other.secret), &body).await.body;
    assert_eq!(foreign, inactive);
}

#[tokio::test]
async fn a_client_may_authenticate_twice_until_doorkeeper_refuses_it() {
    let site = site(&SandboxOptions::default());
    let good = app(&site, &["api"], ClientType::Confidential);
    let header = basic(&good.uid, &good.secret);
    let twice = format!("token=x&{}", pair(&good));
    assert_eq!(with(&site, "POST /oauth/introspect", &header, &twice).await.status, 200);
    site.gitlab.lock().quirks.one_client_mechanism = true;
    for body in [twice.as_str(), "token=x&client_id=other"] {
        let refused = with(&site, "POST /oauth/introspect", &header, body).await;
        assert_eq!((refused.status, &refused.body["error"]), (400, &json!("invalid_request")), "{body}");
    }
    let once = format!("token=x&client_id={}", good.uid);
    assert_eq!(with(&site, "POST /oauth/introspect", &header, &once).await.status, 200);
}

#[tokio::test]
async fn renewing_a_secret_keeps_tokens_active() {
    let site = site(&SandboxOptions::default());
    let old = app(&site, &["api"], ClientType::Confidential);
    let spec = GrantSpec {
        application: 1,
        user: 1,
        redirect_uri: URI.into(),
        scopes: vec!["api".into()],
        code_challenge: None,
    };
    let code = site.gitlab.add_grant(spec);
    let body = format!("grant_type=authorization_code&code={code}&redirect_uri={URI}&{}", pair(&old));
    let first = site.form("POST /oauth/token", &body).await.body;
    let renewed = site.admin("POST /applications/1/renew-secret", Value::Null).await.body;
    let new = ClientPair { uid: old.uid.clone(), secret: renewed["secret"].as_str().expect("a secret").into() };
    let header = [format!("Authorization: Bearer {}", first["access_token"].as_str().expect("a token"))];
    assert_eq!(site.send("GET /api/v4/user", &header, "").await.status, 200);
    let refresh = format!("grant_type=refresh_token&refresh_token={}", first["refresh_token"].as_str().expect("one"));
    let wrong = site.form("POST /oauth/token", &format!("{refresh}&{}", pair(&old))).await;
    assert_eq!((wrong.status, &wrong.body["error"]), (401, &json!("invalid_client")));
    assert_eq!(site.form("POST /oauth/token", &format!("{refresh}&{}", pair(&new))).await.status, 200);
}

#[tokio::test]
async fn a_code_works_once_and_only_for_its_client_and_redirect_uri() {
    let site = site(&SandboxOptions::default());
    let (good, other) =
        (app(&site, &["api"], ClientType::Confidential), app(&site, &["api"], ClientType::Confidential));
    let verifier = "a-verifier-of-enough-length-to-be-taken-seriously";
    let code = site.gitlab.add_grant(GrantSpec {
        application: 1,
        user: 2,
        redirect_uri: URI.into(),
        scopes: vec!["api".into()],
        code_challenge: Some(CodeChallenge::S256(URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)))),
    });
    let ask = |uri: &str, verifier: &str, app: &ClientPair| {
        let pair = pair(app);
        format!("grant_type=authorization_code&code={code}&redirect_uri={uri}&code_verifier={verifier}&{pair}")
    };
    let cases = [
        (ask(URI, "", &good), 400, "invalid_request"),
        (ask(URI, "wrong", &good), 400, "invalid_grant"),
        (ask("https://other.test", verifier, &good), 400, "invalid_grant"),
        (ask(URI, verifier, &other), 400, "invalid_grant"),
    ];
    for (body, status, error) in cases {
        let answer = site.form("POST /oauth/token", &body).await;
        assert_eq!((answer.status, &answer.body["error"]), (status, &json!(error)), "{body}");
    }
    let token = site.form("POST /oauth/token", &ask(URI, verifier, &good)).await;
    assert_eq!((token.status, &token.body["expires_in"]), (200, &json!(7200)));
    assert_eq!(site.form("POST /oauth/token", &ask(URI, verifier, &good)).await.body["error"], "invalid_grant");
    let header = [format!("Authorization: Bearer {}", token.body["access_token"].as_str().expect("a token"))];
    assert_eq!(site.send("GET /api/v4/user", &header, "").await.body["username"], "alice");
    assert_eq!(site.send("GET /oauth/token/info", &header, "").await.body["resource_owner_id"], 2);
}

#[tokio::test]
async fn a_refresh_revokes_the_old_tokens_and_can_only_reduce_scopes() {
    let site = site(&SandboxOptions::default());
    let (good, other) =
        (app(&site, &["api", "read_user"], ClientType::Confidential), app(&site, &["api"], ClientType::Confidential));
    let code = site.gitlab.add_grant(GrantSpec {
        application: 1,
        user: 1,
        redirect_uri: URI.into(),
        scopes: vec!["api".into(), "read_user".into()],
        code_challenge: None,
    });
    let body = format!("grant_type=authorization_code&code={code}&redirect_uri={URI}&{}", pair(&good));
    let first = site.form("POST /oauth/token", &body).await.body;
    let refresh = format!("grant_type=refresh_token&refresh_token={}", first["refresh_token"].as_str().expect("one"));
    let cases = [
        (format!("{refresh}&{}", pair(&other)), 400, "invalid_grant"),
        (format!("{refresh}&scope=sudo&{}", pair(&good)), 400, "invalid_scope"),
    ];
    for (body, status, error) in cases {
        let answer = site.form("POST /oauth/token", &body).await;
        assert_eq!((answer.status, &answer.body["error"]), (status, &json!(error)), "{body}");
    }
    let second = site.form("POST /oauth/token", &format!("{refresh}&scope=read_user&{}", pair(&good))).await;
    assert_eq!((second.status, &second.body["scope"]), (200, &json!("read_user")));
    let header = [format!("Authorization: Bearer {}", first["access_token"].as_str().expect("a token"))];
    assert_eq!(site.send("GET /api/v4/user", &header, "").await.status, 401);
    let again = site.form("POST /oauth/token", &format!("{refresh}&{}", pair(&good))).await;
    assert_eq!(again.body["error"], "invalid_grant");
}

#[tokio::test]
async fn passwords_work_until_19_0() {
    let site = of_version(18, 5);
    site.gitlab.set_password(1, "correct");
    let good = app(&site, &["api"], ClientType::Confidential);
    let ask = |password: &str, client: &str| format!("grant_type=password&username=root&password={password}&{client}");
    let cases = [
        (ask("correct", &pair(&good)), 200, Value::Null),
        (ask("correct", ""), 200, Value::Null),
        (ask("wrong", ""), 400, json!("invalid_grant")),
        (ask("correct", "client_id=unknown&client_secret=x"), 401, json!("invalid_client")),
    ];
    for (body, status, error) in cases {
        let answer = site.form("POST /oauth/token", &body).await;
        assert_eq!((answer.status, answer.body["error"].clone()), (status, error), "{body}");
    }
}

#[tokio::test]
async fn revocation_checks_the_client_first() {
    let site = site(&SandboxOptions::default());
    let (good, other) =
        (app(&site, &["api"], ClientType::Confidential), app(&site, &["api"], ClientType::Confidential));
    let token =
        site.form("POST /oauth/token", &format!("grant_type=client_credentials&scope=api&{}", pair(&good))).await;
    let token = token.body["access_token"].as_str().expect("a token").to_owned();
    let denied = json!({
        "error": "unauthorized_client",
        "error_description": "You are not authorized to revoke this token",
    });
    let cases = [
        ("token=x".to_owned(), 403, &denied),
        (format!("token=x&client_id={}&client_secret=wrong", good.uid), 403, &denied),
        (format!("token={token}&{}", pair(&other)), 403, &denied),
        (format!("token=x&{}", pair(&other)), 200, &json!({})),
        (pair(&other), 200, &json!({})),
        (format!("token={token}&{}", pair(&good)), 200, &json!({})),
    ];
    for (body, status, expected) in cases {
        let answer = site.form("POST /oauth/revoke", &body).await;
        assert_eq!((answer.status, &answer.body), (status, expected), "{body}");
        assert_eq!(answer.header("www-authenticate"), "");
    }
    let header = [format!("Authorization: Bearer {token}")];
    let info = site.send("GET /oauth/token/info", &header, "").await;
    assert_eq!((info.status, &info.body["state"]), (401, &json!("unauthorized")));
    let old = of_version(18, 5);
    assert_eq!(old.form("POST /oauth/revoke", "token=x").await.status, 200, "the check is skipped there");
}

#[tokio::test]
async fn the_device_flow_checks_scopes_only_where_gitlab_patched_it() {
    let ask = |app: &ClientPair, scope: &str| format!("scope={scope}&{}", pair(app));
    // Version, scope, status and error: the gem alone, patched, and off for new applications.
    let cases = [
        ((17, 9), "sudo", 200, Value::Null),
        ((17, 9), "nonsense", 422, Value::Null),
        ((18, 5), "api", 200, Value::Null),
        ((18, 5), "sudo", 400, json!("invalid_scope")),
        ((19, 2), "api", 400, json!("access_denied")),
        ((17, 0), "api", 404, Value::Null),
    ];
    for ((major, minor), scope, status, error) in cases {
        let site = of_version(major, minor);
        let good = app(&site, &["api"], ClientType::Confidential);
        let answer = site.form("POST /oauth/authorize_device", &ask(&good, scope)).await;
        assert_eq!((answer.status, answer.body["error"].clone()), (status, error), "{major}.{minor} {scope}");
    }
    let site = of_version(18, 5);
    let good = app(&site, &["api"], ClientType::Confidential);
    let bad = site.form("POST /oauth/authorize_device", &format!("scope=api&client_id={}", good.uid)).await;
    assert_eq!((bad.status, &bad.body["error"]), (401, &json!("invalid_client")));
}

#[tokio::test]
async fn a_device_is_polled_until_the_user_answers() {
    let site = of_version(18, 5);
    let good = app(&site, &["api"], ClientType::Confidential);
    let asked = site.form("POST /oauth/authorize_device", &format!("scope=api&{}", pair(&good))).await.body;
    assert_eq!(asked["expires_in"], 300);
    let code = asked["device_code"].as_str().expect("a code");
    let grant = "grant_type=urn:ietf:params:oauth:grant-type:device_code";
    let poll = format!("{grant}&device_code={code}&{}", pair(&good));
    for (wait, error) in [(0, "authorization_pending"), (1, "slow_down"), (6, "authorization_pending")] {
        site.gitlab.clock().advance(Duration::from_secs(wait));
        assert_eq!(site.form("POST /oauth/token", &poll).await.body["error"], error);
    }
    assert!(site.gitlab.answer_device(asked["user_code"].as_str().expect("a code"), DeviceAnswer::Approved(2)));
    site.gitlab.clock().advance(Duration::from_secs(6));
    assert_eq!(site.form("POST /oauth/token", &poll).await.status, 200);
    assert_eq!(site.form("POST /oauth/token", &poll).await.body["error"], "invalid_grant");
}

#[tokio::test]
async fn discovery_is_under_the_relative_root_and_depends_on_the_version() {
    let site = site(&SandboxOptions { relative_root: "/gitlab".into(), ..SandboxOptions::default() });
    let open = site.send("GET /gitlab/.well-known/openid-configuration", &[], "").await.body;
    assert_eq!(open["token_endpoint"], "http://gitlab.test:8080/gitlab/oauth/token");
    assert_eq!((&open["issuer"], open.get("registration_endpoint")), (&json!("http://gitlab.test:8080/gitlab"), None));
    let server = site.send("GET /gitlab/.well-known/oauth-authorization-server", &[], "").await.body;
    assert_eq!(server["registration_endpoint"], "http://gitlab.test:8080/gitlab/oauth/register");
    assert_eq!(site.send("GET /.well-known/openid-configuration", &[], "").await.status, 404);
    for ((major, minor), knows) in [((17, 8), false), ((17, 9), true)] {
        let document = of_version(major, minor).send("GET /.well-known/openid-configuration", &[], "").await.body;
        let scopes = document["scopes_supported"].as_array().expect("a list");
        assert_eq!(scopes.contains(&json!("self_rotate")), knows, "{major}.{minor}");
    }
}
