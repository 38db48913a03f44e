use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use hmac::{Hmac, Mac as _};
use tower::ServiceExt as _;

use super::*;

fn factory() -> EmbeddedFactory {
    let gitlab = Router::new().route(
        "/gitlab/oauth/introspect",
        post(|headers: HeaderMap| async move {
            let good = format!("Basic {}", STANDARD.encode("app:good"));
            if headers["authorization"] == good.as_str() { StatusCode::OK } else { StatusCode::UNAUTHORIZED }
        }),
    );
    EmbeddedFactory::new("http://127.0.0.1:9", "http://127.0.0.1:8/gitlab", gitlab)
}

async fn ask(factory: &EmbeddedFactory, request: Request<Body>) -> (u16, Value) {
    let response: Response<Body> = factory.router().oneshot(request).await.expect("an answer");
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body");
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

fn document() -> Value {
    json!({
        "schema": "factory-gitlab/bundle/v1",
        "organization": {"id": "org_sandbox"},
        "created_at": "2026-11-21T00:00:00Z",
        "tool": {"name": "factory-gitlab", "version": "0.1.0"},
        "instance": {"url": "http://127.0.0.1:8/gitlab", "version": "19.2.0", "edition": "ee", "plan": null},
        "application": {"id": "app", "secret": "good", "name": "n", "redirect_uri": "https://x", "scopes": ["api"]},
        "personal_access_token": null,
        "webhook": {"url": "http://127.0.0.1:9/h", "strategy": "group", "targets": []},
    })
}

fn sealed(factory: &EmbeddedFactory, document: &Value) -> Vec<u8> {
    age::encrypt(&factory.inner.identity.to_public(), document.to_string().as_bytes()).expect("sealed")
}

fn upload(factory: &EmbeddedFactory, body: &[u8]) -> axum::http::request::Builder {
    let digest = Sha256::digest(body);
    Request::post("/gitlab/v1/bundles")
        .header("authorization", format!("Bearer {}", factory.api_key()))
        .header("content-type", "application/octet-stream")
        .header("content-digest", format!("sha-256=:{}:", STANDARD.encode(digest)))
        .header("idempotency-key", hex(&digest))
}

async fn send(factory: &EmbeddedFactory, body: Vec<u8>) -> (u16, Value) {
    let request = upload(factory, &body).body(Body::from(body)).expect("a request");
    ask(factory, request).await
}

#[tokio::test]
async fn the_same_bundle_twice_is_one_bundle() {
    let factory = factory();
    let body = sealed(&factory, &document());
    let (first, receipt) = send(&factory, body.clone()).await;
    let (second, again) = send(&factory, body.clone()).await;
    assert_eq!((first, second), (201, 200));
    assert_eq!(receipt, again);
    assert_eq!(receipt["sha256"], hex(&Sha256::digest(&body)));
    let bundles = factory.bundles();
    assert_eq!((bundles.len(), bundles[0].times), (1, 2));
    assert_eq!(bundles[0].document, document());
}

#[tokio::test]
async fn an_incomplete_bundle_is_rejected_with_the_name_of_the_field() {
    let cases: [(&str, Value, &str); 6] = [
        ("/schema", json!("other"), "schema is not"),
        ("/application/secret", json!(""), "application.secret is missing"),
        ("/application/secret", json!("bad"), "GitLab refuses"),
        ("/application/scopes", json!("api"), "application.scopes is missing"),
        ("/created_at", json!("yesterday"), "created_at is missing"),
        ("/personal_access_token", json!({"value": "glpat-x"}), "personal_access_token.scopes is missing"),
    ];
    let factory = factory();
    for (path, value, says) in cases {
        let mut document = document();
        *document.pointer_mut(path).expect("the field") = value;
        let (status, problem) = send(&factory, sealed(&factory, &document)).await;
        assert_eq!(status, 400, "{path}");
        assert!(problem["detail"].as_str().unwrap_or_default().contains(says), "{path}: {problem}");
    }
    assert!(factory.bundles().is_empty());
}

#[tokio::test]
async fn a_bundle_is_accepted_only_with_the_right_headers_and_key() {
    let factory = factory();
    let body = sealed(&factory, &document());
    let cases = [
        ("authorization", "Bearer fk-wrong", 401),
        ("content-type", "application/json", 415),
        ("content-digest", "sha-256=:AAAA:", 400),
        ("idempotency-key", "00", 400),
    ];
    for (name, value, status) in cases {
        let mut request = upload(&factory, &body).body(Body::from(body.clone())).expect("a request");
        request.headers_mut().insert(name, value.parse().expect("a header"));
        assert_eq!(ask(&factory, request).await.0, status, "{name}");
    }
    let foreign = age::x25519::Identity::generate().to_public();
    let foreign = age::encrypt(&foreign, b"{}").expect("sealed");
    assert_eq!(send(&factory, foreign).await.0, 400);
    assert_eq!(send(&factory, vec![0; 1024 * 1024 + 1]).await.0, 413);
    assert!(factory.bundles().is_empty());
}

#[tokio::test]
async fn the_intake_misbehaves_as_its_quirk_says() {
    let factory = factory();
    let body = sealed(&factory, &document());
    for refused in [401, 402, 403, 409, 413, 503] {
        factory.set_quirks(|quirks| quirks.intake = BundleIntake::Refuse(refused));
        let (status, problem) = send(&factory, body.clone()).await;
        assert_eq!((status, problem["status"].as_u64()), (refused, Some(u64::from(refused))));
    }
    assert!(factory.bundles().is_empty());
    factory.set_quirks(|quirks| quirks.intake = BundleIntake::WrongDigest);
    let (status, receipt) = send(&factory, body.clone()).await;
    assert_eq!(status, 201);
    assert_ne!(receipt["sha256"], hex(&Sha256::digest(&body)));
    factory.set_quirks(|quirks| quirks.intake = BundleIntake::NoReceipt);
    assert_eq!(send(&factory, body).await, (204, Value::Null));
}

#[tokio::test]
async fn the_status_follows_the_bundles_unless_a_quirk_sets_it() {
    let factory = factory();
    let get = || Request::get("/gitlab/v1/status").body(Body::empty()).expect("a request");
    assert_eq!(ask(&factory, get()).await.1["status"], "pending");
    send(&factory, sealed(&factory, &document())).await;
    assert_eq!(ask(&factory, get()).await.1["status"], "connected");
    factory.set_quirks(|quirks| quirks.status = Some((ConnectionStatus::Failed, "the VPN is down".to_owned())));
    assert_eq!(ask(&factory, get()).await.1, json!({"status": "failed", "detail": "the VPN is down"}));
}

#[tokio::test]
async fn a_connection_is_ended_once_and_by_the_key_alone() {
    let factory = factory();
    let end = |key: &str, query: &str| {
        Request::delete(format!("/gitlab/v1/connection{query}"))
            .header("authorization", format!("Bearer {key}"))
            .body(Body::empty())
            .expect("a request")
    };
    send(&factory, sealed(&factory, &document())).await;
    let url = document()["instance"]["url"].as_str().expect("an address").to_owned();
    let (own, other) = (format!("?gitlab_url={url}"), "?gitlab_url=https://other.example".to_owned());
    let key = factory.api_key().to_owned();
    for (key, query, status) in [
        ("fk-wrong", own.as_str(), 401),
        (&key, "", 400),
        (&key, other.as_str(), 404),
        (&key, own.as_str(), 204),
        (&key, own.as_str(), 404),
    ] {
        assert_eq!(ask(&factory, end(key, query)).await.0, status, "{query}");
    }
    let status = Request::get("/gitlab/v1/status").body(Body::empty()).expect("a request");
    assert_eq!(ask(&factory, status).await.1["status"], "pending");
}

#[tokio::test]
async fn the_kit_requires_the_key() {
    let factory = factory();
    let get = |key: &str| {
        Request::get("/gitlab/v1/kit")
            .header("authorization", format!("Bearer {key}"))
            .body(Body::empty())
            .expect("a request")
    };
    assert_eq!(ask(&factory, get("fk-wrong")).await.0, 401);
    let (status, kit) = ask(&factory, get(factory.api_key())).await;
    assert_eq!(status, 200);
    assert_eq!(kit, factory.kit_json());
    assert_eq!(kit["webhook"]["signing_token"].as_str().map(str::len), Some("whsec_".len() + 44));
}

fn delivery(factory: &EmbeddedFactory, token: &str, signature: Option<&str>) -> Request<Body> {
    let body = r#"{"object_kind":"push"}"#;
    let mut request =
        Request::post(WEBHOOK_PATH).header("x-gitlab-event", "Push Hook").header("idempotency-key", "d-1");
    if !token.is_empty() {
        request = request.header("x-gitlab-token", token);
    }
    if let Some(signature) = signature {
        let time = clock::now().as_second();
        let mut mac = Hmac::<Sha256>::new_from_slice(&factory.inner.organization.signing_key).expect("a key");
        mac.update(format!("d-1.{time}.{body}").as_bytes());
        let right = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        request = request
            .header("webhook-id", "d-1")
            .header("webhook-timestamp", time.to_string())
            .header("webhook-signature", signature.replace("RIGHT", &right));
    }
    request.body(Body::from(body)).expect("a request")
}

#[tokio::test]
async fn a_delivery_is_accepted_only_with_the_right_token_and_signature() {
    let factory = factory();
    let secret = factory.webhook_secret().to_owned();
    let cases = [
        ("", None, 401),
        ("wrong", None, 401),
        (&*secret, Some("v1,AAAA"), 401),
        (&*secret, Some("RIGHT"), 200),
        (&*secret, Some("v1a,zzz v1,AAAA RIGHT"), 200),
        (&*secret, None, 200),
    ];
    let receipt = || Request::get("/gitlab/v1/receipts?delivery=d-1").body(Body::empty()).expect("a request");
    assert_eq!(ask(&factory, receipt()).await.0, 404);
    for (token, signature, status) in cases {
        assert_eq!(ask(&factory, delivery(&factory, token, signature)).await.0, status, "{signature:?}");
    }
    assert_eq!(factory.refused_deliveries(), 3);
    let taken = factory.deliveries();
    assert_eq!((taken.len(), taken[0].times, taken[0].signed), (1, 3, true));
    assert_eq!(ask(&factory, receipt()).await, (200, json!({"received": true})));
    factory.set_quirks(|quirks| quirks.receipts = ReceiptPolicy::Forgotten);
    assert_eq!(ask(&factory, receipt()).await.0, 404);
}
