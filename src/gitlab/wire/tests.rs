use serde_json::json;

use super::*;
use crate::gitlab::License;
use crate::gitlab::{DeliveryOutcome, LoggedDelivery};

fn read<W: serde::de::DeserializeOwned, T: From<W>>(value: serde_json::Value) -> T {
    serde_json::from_value::<W>(value).expect("readable").into()
}

#[test]
fn an_application_is_read_with_and_without_scopes() {
    let old: Application = read::<ApplicationWire, _>(json!({
        "id": 1, "application_id": "abc", "application_name": "n", "callback_url": "https://a\nhttps://b",
        "confidential": true, "something_new": {"x": 1}
    }));
    assert_eq!((old.callback_url.as_str(), &old.scopes), ("https://a\nhttps://b", &None));
    let new: ApplicationSecretWire = serde_json::from_value(json!({
        "id": 1, "application_id": "abc", "application_name": "n", "callback_url": "https://a",
        "confidential": true, "scopes": ["api"], "secret": "gloas-0123456789abcdef"
    }))
    .expect("readable");
    assert_eq!(Application::from(new.application).scopes, Some(vec!["api".to_owned()]));
    assert_eq!(format!("{:?}", new.secret), "[application secret]");
}

#[test]
fn a_list_in_place_of_an_object_is_an_error() {
    assert!(serde_json::from_value::<ApplicationSecretWire>(json!([])).is_err());
    assert!(serde_json::from_value::<HookWire>(json!([])).is_err());
}

#[test]
fn a_hook_of_any_version_is_read() {
    let old: Hook = read::<HookWire, _>(json!({
        "id": 7, "url": "https://x/h", "push_events": true, "note_events": false, "job_events": true,
        "enable_ssl_verification": true, "push_events_branch_filter": ""
    }));
    assert_eq!(old.events, [Event::Push, Event::Job]);
    assert_eq!((old.token_present, &old.push_events_branch_filter), (None, &None));
    assert_eq!(old.alert_status, AlertStatus::Unknown);
    let new: Hook = read::<HookWire, _>(json!({
        "id": 7, "url": "https://x/h", "name": null, "description": "d", "enable_ssl_verification": false,
        "alert_status": "temporarily_disabled", "disabled_until": "2026-11-21T10:00:00.000Z", "token_present": true,
        "signing_token_present": false, "branch_filter_strategy": "brand-new", "custom_headers": [{"key": "A"}]
    }));
    assert_eq!(new.alert_status, AlertStatus::TemporarilyDisabled);
    assert!(new.disabled_until.is_some() && new.token_present == Some(true));
}

#[test]
fn a_delivery_is_identified_by_its_key_and_its_status_is_text() {
    for (status, wanted) in [
        (json!("200"), DeliveryOutcome::Answered(200)),
        (json!(503), DeliveryOutcome::Answered(503)),
        (json!("internal error"), DeliveryOutcome::NoAnswer),
        (json!(null), DeliveryOutcome::NoAnswer),
    ] {
        let delivery: LoggedDelivery = read::<DeliveryWire, _>(json!({
            "id": 1, "trigger": "push_hooks", "response_status": status,
            "request_headers": {"idempotency-key": "k", "X-Gitlab-Event-UUID": "u"}
        }));
        assert_eq!((delivery.outcome, delivery.key.as_deref()), (wanted, Some("k")));
    }
    let older: LoggedDelivery = read::<DeliveryWire, _>(json!({
        "id": 1, "response_status": "200", "request_headers": {"X-Gitlab-Event-UUID": "u"}
    }));
    assert_eq!(older.key.as_deref(), Some("u"));
}

#[test]
fn a_license_is_valid_expired_or_missing() {
    let of = |text: &str| License::from(serde_json::from_str::<Option<LicenseWire>>(text).expect(text));
    assert_eq!(of("null"), License::Unlicensed);
    assert_eq!(of("{}"), License::Unlicensed);
    for other in ["[]", "[null]", "[\"premium\", false]", "7", "\"premium\"", r#"{"plan": 7}"#] {
        assert!(serde_json::from_str::<Option<LicenseWire>>(other).is_err(), "{other}");
    }
    let expired = of(r#"{"plan":"ultimate","expired":true,"user_limit":5}"#);
    assert_eq!(expired, License::Licensed { plan: "ultimate".to_owned(), expired: true });
}

#[test]
fn a_project_marked_for_deletion_is_recognized_by_either_field() {
    let base = json!({"id": 1, "path_with_namespace": "a/b", "namespace": {"kind": "user", "id": 1}});
    let plain: Project = read::<ProjectWire, _>(base.clone());
    assert_eq!((plain.namespace, plain.marked_for_deletion, plain.archived), (Namespace::Personal, false, false));
    for key in ["marked_for_deletion_at", "marked_for_deletion_on"] {
        let mut value = base.clone();
        value[key] = json!("2026-01-01");
        assert!(read::<ProjectWire, Project>(value).marked_for_deletion, "{key}");
    }
}

#[test]
fn a_hook_is_sent_whole_with_every_event() {
    let spec = |target| HookSpec {
        target,
        url: "https://x/h".to_owned(),
        name: "n".to_owned(),
        description: "d".to_owned(),
        events: vec![Event::Push, Event::MergeRequest],
        token: WebhookToken::new("the-hook-token").expect("a token"),
        signing_token: None,
    };
    let project = Target::Project { id: 1, path: "a/b".into() };
    let sent = serde_json::to_value(HookSpecWire::from(&spec(project))).expect("JSON");
    assert_eq!(sent["token"], "the-hook-token");
    assert_eq!((&sent["push_events"], &sent["issues_events"]), (&json!(true), &json!(false)));
    assert_eq!((&sent["wiki_page_events"], &sent["enable_ssl_verification"]), (&json!(false), &json!(true)));
    assert!(sent.get("signing_token").is_none() && sent.get("member_events").is_none());
    let system = serde_json::to_value(HookSpecWire::from(&spec(Target::System))).expect("JSON");
    assert_eq!((&system["repository_update_events"], system.get("note_events")), (&json!(false), None));
}

#[test]
fn the_external_url_is_read_from_a_users_page() {
    let user = |web_url: Option<&str>| {
        read::<UserWire, User>(json!({"id": 1, "username": "root", "state": "active", "web_url": web_url}))
    };
    assert_eq!(user(Some("https://acme.com/gitlab/root")).external_url(), Some("https://acme.com/gitlab"));
    assert_eq!(user(Some("https://acme.com/someone")).external_url(), None);
    assert_eq!(user(None).external_url(), None);
}
