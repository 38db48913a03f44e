//! Kits that are none, or that cannot work.

use serde_json::{Value, json};

use super::{Said, small};
use crate::test_env::TestEnv;

type Edit = fn(&mut Value);

#[test]
fn a_kit_that_cannot_be_used_is_explained_field_by_field() {
    let mut world = TestEnv::with(small());
    let good = world.sandbox().factory().kit_json();
    let mut said = Said::default();
    let cases: [(&str, Edit); 13] = [
        ("nothing in it", |kit| *kit = json!({ "schema": "factory-gitlab/kit/v1" })),
        ("one field missing", |kit| kit["webhook"]["secret_token"] = Value::Null),
        ("no upload address", |kit| kit["bundle"]["upload_url"] = Value::Null),
        ("expired", |kit| kit["expires_at"] = json!("2026-01-31T00:00:00Z")),
        ("another schema", |kit| kit["schema"] = json!("factory-gitlab/kit/v9")),
        ("no schema", |kit| kit["schema"] = Value::Null),
        ("a recipient that is none", |kit| kit["bundle"]["recipients"] = json!(["age1-not-a-recipient"])),
        ("a secret key as recipient", |kit| {
            kit["bundle"]["recipients"] =
                json!(["AGE-SECRET-KEY-1QQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQ"]);
        }),
        ("no recipient", |kit| kit["bundle"]["recipients"] = json!([])),
        ("a webhook over http", |kit| kit["webhook"]["url"] = json!("http://hooks.factory.example/")),
        ("no redirect URI to speak of", |kit| kit["application"]["redirect_uri"] = json!("//host/callback")),
        ("a wrong type", |kit| kit["webhook"]["events"] = json!("push")),
        ("an unknown event", |kit| kit["webhook"]["events"] = json!(["push", "weather"])),
    ];
    for (case, edit) in cases {
        let mut kit = good.clone();
        edit(&mut kit);
        let path = world.file("kit.json", kit.to_string());
        world.set("FACTORY_KIT", &path);
        said.both(case, &world);
    }
    assert!(!said.to_string().contains("KEY-1QQP"), "{said}");
    insta::assert_snapshot!(said);
}

#[test]
fn a_text_that_is_no_kit_is_wrong_use() {
    let mut world = TestEnv::with(small());
    let whole = world.sandbox().factory().kit_json().to_string();
    let half = whole[..whole.len() / 2].to_owned();
    let mut said = Said::default();
    for (case, content) in [
        ("a page", b"<html>".to_vec()),
        ("half of it", half.into_bytes()),
        ("binary", b"\xff\xfe\x00".to_vec()),
        ("empty", Vec::new()),
        ("a list", b"[]".to_vec()),
        ("too large", vec![b' '; 2 << 20]),
    ] {
        let path = world.file("kit.json", content);
        world.set("FACTORY_KIT", &path);
        said.connect(case, &world);
    }
    for (case, kit) in
        [("not there", "none.json"), ("a folder", "."), ("http", "http://factory.example/kit?key=canary-key")]
    {
        world.set("FACTORY_KIT", kit);
        said.connect(case, &world);
    }
    assert!(!said.to_string().contains("canary"), "{said}");
    insta::assert_snapshot!(said);
}

#[test]
fn a_kit_that_factory_does_not_give_out_says_what_to_do() {
    let mut world = TestEnv::with(small());
    let mut said = Said::default();
    let (address, key) = (world.variables()["FACTORY_KIT"].clone(), world.variables()["FACTORY_API_KEY"].clone());
    for (case, key) in [("a wrong key", Some("fk-a-key-of-somebody-else")), ("no key", None)] {
        match key {
            Some(key) => world.set("FACTORY_API_KEY", key),
            None => world.unset("FACTORY_API_KEY"),
        }
        said.both(case, &world);
    }
    world.set("FACTORY_API_KEY", &key);
    for code in [402, 403, 404, 500, 503] {
        world.sandbox().clear_faults();
        world.sandbox().fault(&format!("factory:GET /gitlab/v1/kit=status:{code}")).expect("a fault");
        said.connect(&code.to_string(), &world);
    }
    for (case, action) in [("a login wall", "html:200"), ("half", "half"), ("cut", "cut"), ("no answer", "hang")] {
        world.sandbox().clear_faults();
        world.sandbox().fault(&format!("factory:GET /gitlab/v1/kit={action}")).expect("a fault");
        said.of(case, &world, &["connect", "--yes", "-q", "--timeout", "1"]);
    }
    world.sandbox().clear_faults();
    world.set("FACTORY_KIT", &address.replace("/kit", "/tik"));
    said.connect("another address", &world);
    insta::assert_snapshot!(said);
}
