//! GitLab.com in the sandbox, end to end: the person in the browser, Factory's sessions, grants and the choice of repositories.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::super::options::{CloudOffers, SandboxOptions};
use super::super::request_log::Origin;
use super::*;

fn cloud(faults: &[&str]) -> Sandbox {
    let faults = faults.iter().map(|fault| (*fault).to_owned()).collect();
    let options = SandboxOptions { faults, ..SandboxOptions::cloud(CloudOffers::default()) };
    Sandbox::start(options).unwrap_or_else(|error| panic!("{error}"))
}

/// A request to Factory with the API key; the status and body.
async fn factory(sandbox: &Sandbox, line: &str, body: Value) -> (u16, Value) {
    let (method, path) = line.split_once(' ').expect("METHOD path");
    let url = format!("{}/gitlab/v1{path}", sandbox.factory_url());
    let request = client(sandbox).request(method.parse::<Method>().expect("a method"), url);
    let request = request.bearer_auth(sandbox.factory().api_key()).header("idempotency-key", KEY);
    let request = if body.is_null() { request } else { request.json(&body) };
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    (status, response.json().await.unwrap_or_default())
}

const KEY: &str = "9b2d7a3e-6c55-4f0e-9d0a-1f6f6f0e7a11";

async fn open_session(sandbox: &Sandbox) -> Value {
    let asked = json!({"organization": {"id": "org_sandbox"}, "gitlab_url": sandbox.gitlab_url()});
    let (status, session) = factory(sandbox, "POST /cloud/sessions", asked).await;
    assert!(matches!(status, 200 | 201), "{session}");
    session
}

async fn state(sandbox: &Sandbox, session: &Value) -> Value {
    let path = session["id"].as_str().expect("an ID");
    factory(sandbox, &format!("GET /cloud/sessions/{path}"), Value::Null).await.1
}

async fn visit(sandbox: &Sandbox, url: &Value) -> String {
    let page = sandbox.browser.visit(url.as_str().expect("an address")).await;
    page.map(|page| page.text).unwrap_or_default()
}

fn selection(sandbox: &Sandbox, more: Value) -> Value {
    let mut selection = json!({
        "organization": {"id": "org_sandbox"}, "gitlab_url": sandbox.gitlab_url(), "all": false, "future": false,
        "groups": [], "projects": [], "personal_namespace": false,
    });
    if let (Value::Object(all), Value::Object(more)) = (&mut selection, more) {
        all.extend(more);
    }
    selection
}

#[tokio::test]
async fn a_session_is_opened_once_and_authorized_by_the_person_in_the_browser() {
    let sandbox = cloud(&[]);
    let session = open_session(&sandbox).await;
    assert_eq!(open_session(&sandbox).await, session, "the same key");
    let asked = json!({"organization": {"id": "org_sandbox"}, "gitlab_url": sandbox.gitlab_url(), "account": "bob"});
    assert_eq!(factory(&sandbox, "POST /cloud/sessions", asked).await.0, 422, "the same key with another body");
    assert_eq!(state(&sandbox, &session).await["status"], "pending");
    let chosen = selection(&sandbox, json!({"all": true}));
    assert_eq!(factory(&sandbox, "PUT /cloud/selection", chosen.clone()).await.0, 409);
    assert_eq!(factory(&sandbox, "GET /cloud/candidates", Value::Null).await.0, 409);
    let text = visit(&sandbox, &session["authorize_url"]).await;
    assert!(text.contains("Factory is authorized"), "{text}");
    let authorized = state(&sandbox, &session).await;
    assert_eq!(authorized["status"], "authorized");
    assert_eq!(authorized["account"], json!({"id": 2, "username": "alice", "name": "alice"}));
    assert_eq!(authorized["scopes"], json!(["api", "read_user"]));
    let text = visit(&sandbox, &session["authorize_url"]).await;
    assert!(text.contains("can no longer be used"), "{text}");
    let client = sandbox.requests();
    assert!(client.iter().all(|request| request.origin == Origin::Client && !request.target.contains("/oauth/")));
}

#[tokio::test]
async fn the_person_in_the_browser_does_what_a_fault_says() {
    for (fault, status, account) in [
        ("browser=deny", "denied", Value::Null),
        ("browser=other-account", "authorized", json!("bob")),
        ("browser=away", "pending", Value::Null),
        ("browser=deny@2", "authorized", json!("alice")),
        ("GET /gitlab/v1/cloud/sessions/*=with:{\"status\":\"expired\"}", "expired", json!("alice")),
    ] {
        let sandbox = cloud(&[fault]);
        let session = open_session(&sandbox).await;
        visit(&sandbox, &session["authorize_url"]).await;
        let now = state(&sandbox, &session).await;
        assert_eq!((&now["status"], &now["account"]["username"]), (&json!(status), &account), "{fault}");
    }
}

#[tokio::test]
async fn a_session_that_is_given_up_ends_what_it_authorized() {
    let sandbox = cloud(&[]);
    let session = open_session(&sandbox).await;
    visit(&sandbox, &session["authorize_url"]).await;
    let path = format!("/cloud/sessions/{}", session["id"].as_str().expect("an ID"));
    assert_eq!(factory(&sandbox, &format!("DELETE {path}"), Value::Null).await.0, 204);
    assert_eq!(state(&sandbox, &session).await["status"], concat!("cancel", "led"));
    assert_eq!(factory(&sandbox, "GET /cloud/candidates", Value::Null).await.0, 409);
    assert!(sandbox.gitlab().lock().oauth_tokens.values().all(|token| token.revoked));
    assert_eq!(factory(&sandbox, "DELETE /cloud/sessions/unknown", Value::Null).await.0, 404);
}

#[tokio::test]
async fn repositories_are_searched_chosen_and_the_connection_ended() {
    let sandbox = cloud(&[]);
    let session = open_session(&sandbox).await;
    visit(&sandbox, &session["authorize_url"]).await;
    let (mut cursor, mut found) = (String::new(), Vec::new());
    loop {
        let path = format!("GET /cloud/candidates?per_page=2{cursor}");
        let (status, page) = factory(&sandbox, &path, Value::Null).await;
        assert_eq!(status, 200, "{page}");
        found.extend(page["items"].as_array().expect("a list").iter().map(|one| one["full_path"].clone()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(found.len(), 6, "two groups, three projects and one's own: {found:?}");
    let (_, own) = factory(&sandbox, "GET /cloud/candidates?kind=project&search=notes", Value::Null).await;
    let item = json!({"kind": "project", "id": 4, "full_path": "alice/notes", "name": "notes", "archived": false,
                      "marked_for_deletion": false});
    assert_eq!(own, json!({"items": [item], "next_cursor": null}));
    let wrong =
        json!({"groups": [{"full_path": "group-1"}, {"full_path": "no/group"}], "projects": [{"full_path": "a/b"}]});
    let (status, problem) = factory(&sandbox, "PUT /cloud/selection", selection(&sandbox, wrong)).await;
    assert_eq!((status, &problem["detail"]), (422, &json!("not found with this account: no/group, a/b")));
    assert_eq!(factory(&sandbox, "GET /cloud/selection", Value::Null).await.0, 404);
    for empty in [json!({}), json!({"future": true, "projects": [{"full_path": "alice/notes"}]})] {
        assert_eq!(factory(&sandbox, "PUT /cloud/selection", selection(&sandbox, empty)).await.0, 422);
    }
    let chosen = selection(&sandbox, json!({"groups": [{"full_path": "group-1"}], "session": session["id"]}));
    let (status, kept) = factory(&sandbox, "PUT /cloud/selection", chosen).await;
    assert_eq!((status, kept["received_at"].is_string()), (200, true));
    assert_eq!(factory(&sandbox, "GET /cloud/selection", Value::Null).await, (200, kept));
    assert_eq!(factory(&sandbox, "GET /status", Value::Null).await.1["status"], "connected");
    let end = format!("DELETE /connection?gitlab_url={}", sandbox.gitlab_url());
    assert_eq!(factory(&sandbox, &end, Value::Null).await.0, 204);
    assert_eq!(factory(&sandbox, &end, Value::Null).await.0, 404);
    assert_eq!(factory(&sandbox, "GET /status", Value::Null).await.1["status"], "pending");
}

/// A client on loopback that takes one request and answers it; its address and the request's query.
fn listener() -> (u16, std::thread::JoinHandle<Vec<(String, String)>>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("the browser");
        let mut read = [0; 4096];
        let length = stream.read(&mut read).expect("a request");
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ndone").expect("an answer");
        let text = String::from_utf8_lossy(&read[..length]).into_owned();
        let target = text.split(' ').nth(1).expect("a target").to_owned();
        let url = Url::parse(&format!("http://127.0.0.1{target}")).expect("an address");
        url.query_pairs().into_owned().collect()
    });
    (port, thread)
}

async fn token(sandbox: &Sandbox, fields: &[(&str, &str)]) -> (u16, Value) {
    let url = format!("{}/oauth/token", sandbox.gitlab_url());
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = client(sandbox).post(url).header("content-type", "application/x-www-form-urlencoded").body(body);
    let response = request.send().await.expect("an answer");
    (response.status().as_u16(), response.json().await.unwrap_or_default())
}

/// Authorizes with a code, as a program on a person's machine does; the answer of the token endpoint.
async fn authorize(sandbox: &Sandbox) -> Value {
    let client_id = sandbox.factory().kit_json()["cloud"]["client_id"].as_str().expect("an ID").to_owned();
    let verifier = "v".repeat(64);
    let (port, answer) = listener();
    let redirect = format!("http://127.0.0.1:{port}/callback");
    let mut url = Url::parse(&format!("{}/oauth/authorize", sandbox.gitlab_url())).expect("an address");
    url.query_pairs_mut().extend_pairs([
        ("client_id", client_id.as_str()),
        ("redirect_uri", &redirect),
        ("response_type", "code"),
        ("scope", "api read_user"),
        ("state", "s1"),
        ("code_challenge", &URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier))),
        ("code_challenge_method", "S256"),
    ]);
    assert_eq!(visit(sandbox, &json!(url.as_str())).await, "done");
    let answer = answer.join().expect("the listener");
    let value = |name: &str| answer.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone());
    assert_eq!(value("state").as_deref(), Some("s1"));
    let code = value("code").expect("a code");
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", client_id.as_str()),
        ("code", &code),
        ("redirect_uri", &redirect),
        ("code_verifier", &verifier),
    ];
    let (status, body) = token(sandbox, &fields).await;
    assert_eq!(status, 200, "{body}");
    body
}

fn grant(sandbox: &Sandbox, tokens: &Value) -> Value {
    json!({
        "schema": "factory-gitlab/cloud-grant/v1", "organization": {"id": "org_sandbox"}, "created_at": "2026-11-26T00:00:00Z",
        "tool": {"name": "factory-gitlab", "version": "0.1.0"}, "gitlab_url": sandbox.gitlab_url(),
        "client_id": sandbox.factory().kit_json()["cloud"]["client_id"], "account": {"id": 2, "username": "alice", "name": "alice"},
        "scopes": ["api", "read_user"], "access_token": tokens["access_token"], "refresh_token": tokens["refresh_token"],
        "expires_at": "2026-11-26T02:00:00Z",
    })
}

async fn upload(sandbox: &Sandbox, document: &Value) -> (u16, Value) {
    let kit = sandbox.factory().kit_json();
    let recipient: age::x25519::Recipient =
        kit["bundle"]["recipients"][0].as_str().expect("a recipient").parse().expect("a recipient");
    let sealed = age::encrypt(&recipient, document.to_string().as_bytes()).expect("sealed");
    let digest = Sha256::digest(&sealed);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let request = client(sandbox)
        .post(kit["bundle"]["upload_url"].as_str().expect("an address"))
        .bearer_auth(sandbox.factory().api_key())
        .header("content-type", "application/octet-stream")
        .header("content-digest", format!("sha-256=:{}:", STANDARD.encode(digest)))
        .header("idempotency-key", hex)
        .body(sealed);
    let response = request.send().await.expect("an answer");
    (response.status().as_u16(), response.json().await.unwrap_or_default())
}

async fn user(sandbox: &Sandbox, tokens: &Value) -> u16 {
    let url = format!("{}/api/v4/user", sandbox.gitlab_url());
    let token = tokens["access_token"].as_str().expect("a token");
    client(sandbox).get(url).bearer_auth(token).send().await.expect("an answer").status().as_u16()
}

#[tokio::test]
async fn factory_s_first_refresh_of_a_grant_ends_the_tokens_that_were_handed_over() {
    let sandbox = cloud(&[]);
    let tokens = authorize(&sandbox).await;
    assert_eq!(user(&sandbox, &tokens).await, 200);
    for (field, says) in [
        ("refresh_token", "GitLab refuses the grant: invalid_grant"),
        ("client_id", "client_id is not the one that the kit gives"),
        ("created_at", "created_at is missing or has the wrong type"),
    ] {
        let mut document = grant(&sandbox, &tokens);
        document[field] = json!("wrong");
        let (status, problem) = upload(&sandbox, &document).await;
        assert_eq!((status, &problem["detail"]), (400, &json!(says)));
    }
    assert_eq!(user(&sandbox, &tokens).await, 200, "a grant that is refused ends nothing");
    let (status, receipt) = upload(&sandbox, &grant(&sandbox, &tokens)).await;
    assert_eq!((status, receipt["id"].is_string()), (201, true), "{receipt}");
    assert_eq!(user(&sandbox, &tokens).await, 401, "Factory has refreshed it");
    assert_eq!(factory(&sandbox, "GET /status", Value::Null).await.1["detail"], "no repositories have been chosen yet");
    let chosen = selection(&sandbox, json!({"all": true, "future": true}));
    assert_eq!(factory(&sandbox, "PUT /cloud/selection", chosen).await.0, 200);
    assert_eq!(factory(&sandbox, "GET /status", Value::Null).await.1["status"], "connected");
    let receipts = "GET /receipts?event=merge_request&project=1&iid=1";
    assert_eq!(factory(&sandbox, receipts, Value::Null).await.0, 404, "there is no merge request");
}

#[tokio::test]
async fn the_person_enters_the_code_of_a_device() {
    for (fault, error) in [("browser=deny", Some("access_denied")), ("browser=deny@9", None)] {
        let sandbox = cloud(&[fault]);
        let id = sandbox.factory().kit_json()["cloud"]["client_id"].as_str().expect("an ID").to_owned();
        let asked = client(&sandbox).post(format!("{}/oauth/authorize_device", sandbox.gitlab_url()));
        let asked = asked.header("content-type", "application/x-www-form-urlencoded");
        let device: Value = asked
            .body(format!("client_id={id}&scope=api+read_user"))
            .send()
            .await
            .expect("an answer")
            .json()
            .await
            .expect("JSON");
        visit(&sandbox, &device["verification_uri_complete"]).await;
        let code = device["device_code"].as_str().expect("a code");
        let kind = ("grant_type", "urn:ietf:params:oauth:grant-type:device_code");
        let (_, answer) = token(&sandbox, &[kind, ("client_id", &id), ("device_code", code)]).await;
        assert_eq!(answer["error"].as_str(), error, "{answer}");
        assert_eq!(answer["access_token"].is_string(), error.is_none());
    }
}

#[tokio::test]
async fn answers_of_oauth_can_be_faulted() {
    let sandbox = cloud(&["POST /oauth/token=oauth:slow_downx1"]);
    assert_eq!(token(&sandbox, &[]).await, (400, json!({"error": "slow_down", "error_description": TOLD})));
    let sandbox = cloud(&["POST /oauth/token=oauth:temporarily_unavailable"]);
    assert_eq!(token(&sandbox, &[]).await.0, 503);
    let sandbox = cloud(&["POST /oauth/token=with:{\"scope\":\"read_user\"}"]);
    assert_eq!(authorize(&sandbox).await["scope"], "read_user");
}

const TOLD: &str = "The sandbox was told to answer with this error.";

#[tokio::test]
async fn every_answer_of_gitlab_com_says_how_much_of_the_limit_is_left() {
    let sandbox = cloud(&[]);
    let url = format!("{}/api/v4/user", sandbox.gitlab_url());
    let token = sandbox.gitlab().acting_token();
    for left in ["1999", "1998"] {
        let answer = client(&sandbox).get(&url).bearer_auth(&token).send().await.expect("an answer");
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["ratelimit-remaining"]),
            (200, &left.parse().expect("text"))
        );
        assert_eq!(answer.headers()["ratelimit-limit"], "2000");
    }
}

#[test]
fn the_kit_offers_the_ways_that_were_asked_for() {
    let offers = CloudOffers { session: false, client: true, device: false };
    let sandbox = Sandbox::start(SandboxOptions::cloud(offers)).unwrap_or_else(|error| panic!("{error}"));
    let kit = sandbox.factory().kit_json();
    assert_eq!((&kit["cloud"]["connect_url"], &kit["cloud"]["device"]), (&Value::Null, &json!(false)));
    assert_eq!(kit["cloud"]["redirect_uri"], "http://127.0.0.1/callback");
    let parsed = crate::kit::CloudKit::parse(&kit.to_string()).expect("a kit for GitLab.com");
    let now = "2026-11-26T00:00:00Z".parse().expect("a time");
    assert_eq!(parsed.check(now, crate::kit::DeliveryMode::Upload), []);
}
