use serde_json::json;

use super::super::{AnyKit, Kit, KitForm as _};
use super::*;

/// A kit for GitLab.com and nothing else.
fn cloud_only() -> Value {
    json!({
        "schema": super::super::SCHEMA,
        "organization": { "id": "org_acme", "name": "Acme" },
        "cloud": {
            "url": "https://gitlab.com", "client_id": "f00d", "redirect_uri": "http://127.0.0.1/callback",
            "connect_url": "https://api.factory.example/sessions",
            "candidates_url": "https://api.factory.example/candidates",
            "selection_url": "https://api.factory.example/selection",
        },
        "bundle": { "recipients": ["age1abc"], "upload_url": "https://api.factory.example/bundles" },
    })
}

/// The same kit with the parts for a self-hosted instance.
fn both() -> Value {
    let mut kit = cloud_only();
    kit["application"] = json!({ "redirect_uri": "https://api.factory.example/callback" });
    kit["webhook"] = json!({
        "url": "https://hooks.factory.example/a", "secret_token": "cloud-9vQ4mZx7Lp2wRk8T",
        "receipts_url": "https://receipts.factory.example/r",
    });
    kit
}

fn edited(mut kit: Value, edit: impl FnOnce(&mut Value)) -> String {
    edit(&mut kit);
    kit.to_string()
}

#[test]
fn a_kit_for_gitlab_com_needs_none_of_the_parts_for_a_self_hosted_instance() {
    let text = edited(cloud_only(), |kit| kit["cloud"].as_object_mut().map_or((), |cloud| drop(cloud.remove("url"))));
    let kit = CloudKit::parse(&text).expect("a kit for GitLab.com");
    assert_eq!(kit.cloud.url.as_str(), "https://gitlab.com/");
    assert_eq!(kit.cloud.scopes, ["api", "read_user"]);
    assert!(!kit.cloud.device);
    let error = Kit::parse(&cloud_only().to_string()).expect_err("not for a self-hosted instance").to_string();
    assert_eq!(error, "the kit lacks application.redirect_uri, webhook.url, webhook.secret_token");
}

#[test]
fn what_a_kit_for_gitlab_com_lacks_is_named_at_once() {
    for (edit, wanted) in [
        ((|kit| kit["cloud"] = Value::Null) as fn(&mut Value), "the kit lacks cloud"),
        (
            |kit| {
                kit["organization"] = Value::Null;
                kit["cloud"] = json!({ "url": "https://gitlab.com" });
            },
            "the kit lacks organization.id, cloud.selection_url, cloud.connect_url or cloud.client_id",
        ),
        (
            |kit| {
                kit["cloud"]["redirect_uri"] = Value::Null;
                kit["bundle"] = Value::Null;
            },
            "the kit lacks cloud.redirect_uri, bundle.recipients",
        ),
        (
            |kit| kit["cloud"]["device"] = json!("yes"),
            "the kit is invalid at cloud.device: invalid type: string …, expected a boolean",
        ),
        (
            |kit| kit["webhook"] = json!({ "receipts_url": "hunter2" }),
            "the kit is invalid at webhook.receipts_url: it is not a URL",
        ),
    ] {
        let error = CloudKit::parse(&edited(cloud_only(), edit)).expect_err(wanted);
        assert_eq!(error.to_string(), wanted);
    }
}

#[test]
fn sessions_of_factory_s_need_no_bundle_and_the_device_flow_no_redirect() {
    for edit in [
        (|kit: &mut Value| {
            kit["cloud"]["client_id"] = Value::Null;
            kit["bundle"] = Value::Null;
        }) as fn(&mut Value),
        |kit| {
            kit["cloud"]["redirect_uri"] = Value::Null;
            kit["cloud"]["device"] = json!(true);
        },
        |kit| kit["webhook"] = json!({ "receipts_url": "https://receipts.factory.example/r" }),
    ] {
        let kit = CloudKit::parse(&edited(cloud_only(), edit)).expect("a kit for GitLab.com");
        assert_eq!(problems(&kit), Vec::<String>::new());
    }
}

fn problems(kit: &CloudKit) -> Vec<String> {
    let now = "2026-11-21T00:00:00Z".parse().expect("a time");
    let problems = kit.check(now, DeliveryMode::Upload).into_iter();
    problems.map(|problem| format!("{}: {}", problem.path, problem.message)).collect()
}

#[test]
fn every_problem_of_the_cloud_section_is_named_with_its_path() {
    const LOCALHOST: &str = "cloud.redirect_uri: GitLab compares the port of localhost, and the port differs with each run; it must be http://127.0.0.1 with a path";
    const OTHER: &str = "cloud.redirect_uri: it is not the address of this machine: http://127.0.0.1 with a path";
    for (path, value, wanted) in [
        ("/cloud/url", json!("http://gitlab.com"), "cloud.url: it must be an https URL"),
        (
            "/cloud/url",
            json!("https://gitlab.com/?a=b"),
            "cloud.url: it is the address of GitLab, without a query or fragment",
        ),
        ("/cloud/client_id", json!(" "), "cloud.client_id: it is empty"),
        (
            "/cloud/client_id",
            json!("two words"),
            "cloud.client_id: it holds white space; it is the application ID that GitLab shows",
        ),
        ("/cloud/redirect_uri", json!("http://localhost/callback"), LOCALHOST),
        ("/cloud/redirect_uri", json!("https://127.0.0.1/callback"), OTHER),
        ("/cloud/redirect_uri", json!("https://api.factory.example/callback"), OTHER),
        ("/cloud/redirect_uri", json!("http://[::1]/callback"), OTHER),
        (
            "/cloud/redirect_uri",
            json!("http://127.0.0.1/callback#x"),
            "cloud.redirect_uri: it has a fragment (#), which OAuth forbids",
        ),
        ("/cloud/connect_url", json!("http://api.factory.example"), "cloud.connect_url: it must be an https URL"),
        (
            "/cloud/candidates_url",
            json!("https://a:b@api.factory.example"),
            "cloud.candidates_url: it holds a user name or password",
        ),
        ("/cloud/selection_url", json!("ftp://a"), "cloud.selection_url: it must be an https URL"),
        (
            "/bundle/upload_url",
            Value::Null,
            "bundle.upload_url: it is missing; give --upload-url, or write a file: factory-gitlab connect --bundle-out PATH",
        ),
    ] {
        for kit in [cloud_only(), both()] {
            let text = edited(kit, |kit| *kit.pointer_mut(path).expect("a field") = value.clone());
            let kit = CloudKit::parse(&text).expect("a well-formed kit");
            assert_eq!(problems(&kit), [wanted], "{path} {value}");
        }
        // The section is judged alike in a kit that is read for a self-hosted instance.
        let text = edited(both(), |kit| *kit.pointer_mut(path).expect("a field") = value.clone());
        let now = "2026-11-21T00:00:00Z".parse().expect("a time");
        let found = Kit::parse(&text).expect("a kit").check(now, DeliveryMode::Upload);
        assert_eq!(found.iter().map(|one| format!("{}: {}", one.path, one.message)).collect::<Vec<_>>(), [wanted]);
    }
    let text = edited(cloud_only(), |kit| {
        kit["cloud"]["scopes"] = json!([]);
        kit["cloud"]["selection_url"] = json!("http://a.example");
    });
    assert_eq!(problems(&CloudKit::parse(&text).expect("a kit")).len(), 2);
    let text = edited(both(), |kit| kit["cloud"] = json!({ "device": true }));
    let now = "2026-11-21T00:00:00Z".parse().expect("a time");
    let found = Kit::parse(&text).expect("a kit").check(now, DeliveryMode::Upload);
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn one_text_has_one_fingerprint_whatever_it_is_read_for() {
    let text = both().to_string();
    let (whole, cloud) = (Kit::parse(&text).expect("a kit"), CloudKit::parse(&text).expect("a kit"));
    assert_eq!(whole.trusted(), cloud.trusted());
    assert_eq!(whole.key_origins(), cloud.key_origins());
    assert_eq!(
        cloud.key_origins().into_iter().collect::<Vec<_>>(),
        ["https://api.factory.example", "https://receipts.factory.example"]
    );
    let any = AnyKit::parse(&text).expect("a kit");
    assert_eq!(any.trusted(), whole.trusted());
    assert!(matches!(any, AnyKit::SelfHosted(_)));
    let only = AnyKit::parse(&cloud_only().to_string()).expect("a kit");
    assert!(matches!(only, AnyKit::Cloud(_)));
}

#[test]
fn a_kit_that_lacks_one_field_of_a_self_hosted_instance_s_is_not_taken_for_one_of_gitlab_com() {
    let text = edited(both(), |kit| kit["webhook"]["secret_token"] = Value::Null);
    let error = AnyKit::parse(&text).expect_err("a field is missing").to_string();
    assert_eq!(error, "the kit lacks webhook.secret_token");
}

#[test]
fn every_address_redirect_and_scope_of_the_cloud_section_changes_the_fingerprint() {
    let old = CloudKit::parse(&cloud_only().to_string()).expect("a kit").trusted();
    for (field, value) in [
        ("url", json!("https://evil.example")),
        ("client_id", json!("beef")),
        ("scopes", json!(["api"])),
        ("redirect_uri", json!("http://127.0.0.1/other")),
        ("connect_url", json!("https://evil.example/sessions")),
        ("candidates_url", json!("https://evil.example/candidates")),
        ("selection_url", json!("https://evil.example/selection")),
    ] {
        let text = edited(cloud_only(), |kit| kit["cloud"][field] = value);
        let new = CloudKit::parse(&text).expect("a kit").trusted();
        let changed: Vec<String> = old.changes(&new).into_iter().map(|change| change.field).collect();
        assert_eq!(changed, [format!("cloud.{field}")]);
    }
}
