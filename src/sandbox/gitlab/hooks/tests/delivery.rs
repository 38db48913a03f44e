//! Deliveries over the network, to the sandbox's own Factory.

use super::super::delivery::{DeliveryHeaders, outgoing_request};
use super::*;
use crate::sandbox::Sandbox;
use crate::sandbox::factory::WEBHOOK_PATH;
use crate::sandbox::options::TlsDefect;

/// A running sandbox whose GitLab is called through its router and delivers over the network.
struct Live {
    sandbox: Sandbox,
    site: HookTestInstance,
    body: Value,
}

fn live(change: impl FnOnce(&mut SandboxOptions)) -> Live {
    let mut options = SandboxOptions::default();
    change(&mut options);
    let sandbox = Sandbox::start(options).expect("a sandbox");
    let site = HookTestInstance { gitlab: sandbox.gitlab().clone(), router: sandbox.gitlab().router() };
    let (secret, signing) = (sandbox.factory().webhook_secret().to_owned(), sandbox.factory().signing_token());
    let url = format!("{}{WEBHOOK_PATH}", sandbox.factory_url());
    Live { sandbox, site, body: json!({"url": url, "token": secret, "signing_token": signing}) }
}

impl Live {
    async fn create(&self, path: &str, more: Value) -> String {
        let mut body = self.body.clone();
        body.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
        let (status, hook) = self.site.ask(&format!("POST {path}"), body).await;
        assert_eq!(status, 201, "{hook}");
        format!("{path}/{}", hook["id"])
    }

    async fn log(&self, hook: &str) -> Value {
        self.site.ask(&format!("GET {hook}/events"), Value::Null).await.1
    }
}

#[tokio::test]
async fn a_test_delivery_appears_in_the_response_the_log_and_at_factory() {
    let live = live(|_| {});
    for path in ["/projects/1/hooks", "/groups/group-1/hooks"] {
        let hook = live.create(path, json!({"push_events": false})).await;
        let tested = live.site.ask(&format!("POST {hook}/test/push_events"), Value::Null).await;
        assert_eq!(tested, (201, json!({"message": "201 Created"})));

        let log = live.log(&hook).await;
        let entry = &log[0];
        assert_eq!((&entry["response_status"], &entry["trigger"]), (&json!("200"), &json!("push_hooks")));
        assert_eq!(entry["request_headers"]["X-Gitlab-Token"], "[REDACTED]");
        assert_eq!(entry["request_headers"]["X-Gitlab-Event"], "Push Hook");
        assert_eq!(entry["request_headers"]["User-Agent"], "GitLab/19.2.0-ee");
        assert_eq!(entry["request_data"]["commits"][0]["author"]["email"], "[REDACTED]");
        assert!(entry["created_at"].as_str().is_some_and(|time| time.ends_with('Z')));
        assert!(!log.to_string().contains(live.sandbox.factory().webhook_secret()));

        let key = entry["request_headers"]["Idempotency-Key"].as_str().expect("a key");
        let delivery = live.sandbox.factory().deliveries().pop().expect("Factory has it");
        assert_eq!((delivery.id.as_str(), delivery.signed), (key, true));
        assert_eq!(delivery.payload["commits"][0]["author"]["email"], "root@sandbox.example");
    }
}

#[tokio::test]
async fn headers_appear_with_their_version() {
    let cases = [(16, 11, [false, false]), (17, 3, [false, false]), (17, 4, [true, false]), (19, 0, [true, true])];
    for (major, minor, expected) in cases {
        let live = live(|options| options.version = SandboxVersion::new(major, minor, 0));
        let hook = live.create("/projects/1/hooks", json!({})).await;
        assert_eq!(live.site.ask(&format!("POST {hook}/test/note_events"), Value::Null).await.0, 201);
        let delivery = live.sandbox.factory().deliveries().pop().expect("Factory has it");
        let sent = {
            let state = live.site.gitlab.lock();
            state.hooks.logs.values().flatten().next().expect("an entry").sent.request_headers.clone()
        };
        let has = ["Idempotency-Key", "webhook-signature"].map(|name| sent.contains_key(name));
        assert_eq!(has, expected, "{major}.{minor}");
        let id = if expected[0] { "Idempotency-Key" } else { "X-Gitlab-Event-UUID" };
        assert_eq!(sent[id], delivery.id);
        assert_eq!((delivery.signed, delivery.event.as_str()), (expected[1], "Note Hook"));
    }
}

#[tokio::test]
async fn a_failed_test_returns_the_receivers_text_and_logs_the_status() {
    let live = live(|_| {});
    let hook = live.create("/projects/1/hooks", json!({"token": "wrong"})).await;
    let (status, body) = live.site.ask(&format!("POST {hook}/test/push_events"), Value::Null).await;
    assert_eq!(status, 422);
    assert!(body["message"].as_str().is_some_and(|text| text.contains("the secret token of the delivery is wrong")));
    assert_eq!(live.log(&hook).await[0]["response_status"], "401");

    live.sandbox.factory().set_quirks(|quirks| quirks.webhook = Some((500, String::new())));
    let put = json!({"token": live.sandbox.factory().webhook_secret()});
    live.site.ask(&format!("PUT {hook}"), put).await;
    let answer = live.site.ask(&format!("POST {hook}/test/push_events"), Value::Null).await;
    assert_eq!(answer, (422, json!({"message": ""})));

    live.sandbox.fault(&format!("factory:{WEBHOOK_PATH}=reset")).expect("a fault");
    let (status, body) = live.site.ask(&format!("POST {hook}/test/push_events"), Value::Null).await;
    assert_eq!(status, 422, "{body}");
    live.site.gitlab.lock().settings.outbound_local_requests_allowlist_raw.clear();
    let answer = live.site.ask(&format!("POST {hook}/test/push_events"), Value::Null).await;
    let text = "URL is blocked: Requests to localhost are not allowed";
    assert_eq!(answer, (422, json!({"message": text})));

    let statuses = |log: &Value| -> Vec<String> {
        log.as_array()
            .into_iter()
            .flatten()
            .filter_map(|one| one["response_status"].as_str())
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(statuses(&live.log(&hook).await), ["internal error", "internal error", "500", "401"]);
    let cases = [
        ("status=client_failure", 200, vec!["401"]),
        ("status=server_failure", 200, vec!["internal error", "internal error", "500"]),
        ("status=500,401", 200, vec!["500", "401"]),
        ("status=successful", 200, vec![]),
        ("per_page=1&page=2", 200, vec!["internal error"]),
        ("per_page=21", 400, vec![]),
        ("status=odd", 400, vec![]),
    ];
    for (query, status, expected) in cases {
        let (answered, log) = live.site.ask(&format!("GET {hook}/events?{query}"), Value::Null).await;
        assert_eq!(
            (answered, statuses(&log)),
            (status, expected.iter().map(|one| (*one).to_owned()).collect()),
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_delivery_is_resent_with_its_key() {
    let live = live(|_| {});
    let hook = live.create("/projects/1/hooks", json!({})).await;
    live.site.ask(&format!("POST {hook}/test/push_events"), Value::Null).await;
    let id = live.log(&hook).await[0]["id"].clone();
    live.sandbox.factory().set_quirks(|quirks| quirks.webhook = Some((503, "later".to_owned())));
    let again = live.site.ask(&format!("POST {hook}/events/{id}/resend"), Value::Null).await;
    assert_eq!(again, (201, json!({"response_status": 503})));
    let deliveries = live.sandbox.factory().deliveries();
    assert_eq!((deliveries.len(), deliveries[0].times), (1, 2));
    assert_eq!(live.site.ask(&format!("POST {hook}/events/999/resend"), Value::Null).await.0, 404);
    let url = json!({"url": "https://hooks.example/", "token": "t"});
    live.site.ask(&format!("PUT {hook}"), url).await;
    let (status, body) = live.site.ask(&format!("POST {hook}/events/{id}/resend"), Value::Null).await;
    assert_eq!(status, 422);
    assert_eq!(body["message"], "The hook URL has changed, and this log entry cannot be retried");
}

#[tokio::test]
async fn a_system_hooks_test_succeeds_whatever_the_receiver_answers() {
    let live = live(|_| {});
    let hook = live.create("/hooks", json!({})).await;
    for faulty in [false, true] {
        if faulty {
            live.sandbox.fault("factory:**=reset").expect("a fault");
        }
        let (status, body) = live.site.ask(&format!("POST {hook}"), Value::Null).await;
        assert_eq!((status, &body["event_name"]), (201, &json!("project_create")));
    }
    let deliveries = live.sandbox.factory().deliveries();
    assert_eq!((deliveries.len(), deliveries[0].event.as_str()), (1, "System Hook"));
    assert_eq!(live.site.ask(&format!("GET {hook}/events"), Value::Null).await.0, 404);
}

#[tokio::test]
async fn events_are_delivered_to_the_hooks_that_subscribe() {
    let cases = [
        (SandboxPlan::Premium, HookEvent::Push, vec!["project", "group", "system"]),
        (SandboxPlan::Premium, HookEvent::Note, vec!["group"]),
        (SandboxPlan::None, HookEvent::Push, vec!["project", "system"]),
        (SandboxPlan::None, HookEvent::Note, vec![]),
        (SandboxPlan::Premium, HookEvent::Pipeline, vec![]),
    ];
    for (plan, event, expected) in cases {
        let live = live(|options| options.plan = plan);
        live.create("/projects/1/hooks", json!({})).await;
        live.create("/projects/2/hooks", json!({})).await;
        live.create("/groups/group-1/hooks", json!({"note_events": true})).await;
        live.create("/hooks", json!({"push_events": true})).await;
        assert_eq!(live.site.gitlab.trigger(1, event).await, expected.len(), "{plan:?} {event:?}");
        assert_eq!(live.sandbox.factory().deliveries().len(), expected.len());
    }
}

#[tokio::test]
async fn a_failing_hook_is_disabled_until_a_test_succeeds() {
    let live = live(|_| {});
    let hook = live.create("/projects/1/hooks", json!({})).await;
    live.site.gitlab.set_hook_quirks(|quirks| quirks.auto_disabling = true);
    live.sandbox.factory().set_quirks(|quirks| quirks.webhook = Some((500, String::new())));
    for _ in 0..4 {
        assert_eq!(live.site.gitlab.trigger(1, HookEvent::Push).await, 1);
    }
    assert_eq!(live.site.gitlab.trigger(1, HookEvent::Push).await, 0, "nothing is sent while it is disabled");
    let (_, shown) = live.site.ask(&format!("GET {hook}"), Value::Null).await;
    assert_eq!(shown["alert_status"], "temporarily_disabled");
    assert!(shown["disabled_until"].is_string());
    live.sandbox.factory().set_quirks(|quirks| quirks.webhook = None);
    assert_eq!(live.site.ask(&format!("POST {hook}/test/push_events"), Value::Null).await.0, 201);
    let (_, shown) = live.site.ask(&format!("GET {hook}"), Value::Null).await;
    assert_eq!((&shown["alert_status"], &shown["disabled_until"]), (&json!("executable"), &Value::Null));
}

#[tokio::test]
async fn certificates_are_verified_if_the_hook_says_so() {
    for (defect, verify, status) in [
        (None, true, 201),
        (Some(TlsDefect::WrongName), true, 422),
        (Some(TlsDefect::WrongName), false, 201),
        (Some(TlsDefect::Expired), true, 422),
    ] {
        let live = live(|options| {
            options.tls = true;
            options.factory_tls_defect = defect;
        });
        let hook = live.create("/projects/1/hooks", json!({"enable_ssl_verification": verify})).await;
        let (answered, body) = live.site.ask(&format!("POST {hook}/test/push_events"), Value::Null).await;
        assert_eq!(answered, status, "{defect:?} {verify}: {body}");
        if status == 422 {
            assert!(body["message"].as_str().is_some_and(|text| text.contains("certificate verify failed")), "{body}");
        }
    }
}

#[tokio::test]
async fn values_of_custom_headers_are_not_logged() {
    let live = live(|_| {});
    let headers = json!([{"key": "X-Extra", "value": "canary"}]);
    let hook = live.create("/projects/1/hooks", json!({"custom_headers": headers})).await;
    assert_eq!(live.site.ask(&format!("POST {hook}/test/push_events"), Value::Null).await.0, 201);
    let log = live.log(&hook).await;
    assert_eq!(log[0]["request_headers"]["X-Extra"], "[REDACTED]");
    assert!(!log.to_string().contains("canary"));
}

#[tokio::test]
async fn url_credentials_become_a_header_and_custom_headers_do_not_override_gitlabs() {
    let site = site(|_| {});
    let headers = json!([{"key": "X-Extra", "value": "1"}, {"key": "x-gitlab-token", "value": "other"}]);
    site.hook(json!({"url": "https://user:pass@hooks.example/a", "custom_headers": headers})).await;
    let hook = site.gitlab.all_hooks().pop().expect("the hook");
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let custom = vec![pair("X-Extra", "1"), pair("x-gitlab-token", "other")];
    let own = vec![pair("X-Gitlab-Token", "t")];
    let request = outgoing_request(&hook, &hook.url, DeliveryHeaders { own, custom }, Vec::new());
    assert_eq!(request.url, "https://hooks.example/a");
    let expected = [pair("X-Gitlab-Token", "t"), pair("X-Extra", "1"), pair("Authorization", "Basic dXNlcjpwYXNz")];
    assert_eq!(request.headers, expected);
}
