//! Files that are not a kit, and kits that cannot work.

use serde_json::{Value, json};

use super::{Said, small};
use crate::test_env::TestEnv;

type Edit = fn(&mut Value);

#[test]
fn an_invalid_kit_is_explained_field_by_field() {
    let mut env = TestEnv::with(small());
    let good = env.sandbox().factory().kit_json();
    let mut said = Said::default();
    let cases: [(&str, Edit); 13] = [
        ("nothing in it", |kit| *kit = json!({ "schema": "factory-gitlab/kit/v1" })),
        ("one field missing", |kit| kit["webhook"]["secret_token"] = Value::Null),
        ("no upload address", |kit| kit["bundle"]["upload_url"] = Value::Null),
        ("expired", |kit| kit["expires_at"] = json!("2026-01-31T00:00:00Z")),
        ("another schema", |kit| kit["schema"] = json!("factory-gitlab/kit/v9")),
        ("no schema", |kit| kit["schema"] = Value::Null),
        ("an invalid recipient", |kit| kit["bundle"]["recipients"] = json!(["age1-not-a-recipient"])),
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
        let path = env.file("kit.json", kit.to_string());
        env.set("FACTORY_KIT", &path);
        said.both(case, &env);
    }
    assert!(!said.to_string().contains("KEY-1QQP"), "{said}");
    insta::assert_snapshot!(said, @r#"
    == nothing in it: connect and verify
    exit code: 2
    ----- stderr -----
    error: the kit lacks application.redirect_uri, webhook.url, webhook.secret_token, bundle.recipients
    hint: compare it with a kit that has every field
          factory-gitlab kit template
    == one field missing: connect and verify
    exit code: 2
    ----- stderr -----
    error: the kit lacks webhook.secret_token
    hint: compare it with a kit that has every field
          factory-gitlab kit template
    == no upload address: connect
    exit code: 2
    ----- stderr -----
    error: the kit cannot be used
      caused by: bundle.upload_url: it is missing; give --upload-url, or write a file: factory-gitlab connect --bundle-out PATH
    hint: ask Factory for a new one; this lists every problem
          factory-gitlab kit check
    == no upload address: verify
    exit code: 1
    ----- stdout -----
    application
      fail     application.exists        there is one OAuth application for Factory
               no instance-wide application is named "Factory Integration"
               fix: create it
                    factory-gitlab connect
               application.md#check-application-exists

    webhook
      fail     webhook.coverage          every target has a webhook to Factory
               1 of 1 target has no hook to Factory: group group-1
               fix: create the missing hooks
                    factory-gitlab connect
                    http://127.0.0.1:[port]/groups/group-1/-/hooks
               webhook.md#check-webhook-coverage

    verdict: fail, 12 passed, 2 failed, 15 skipped on http://127.0.0.1:[port] ([cost])
    == expired: connect and verify
    exit code: 2
    ----- stderr -----
    error: the kit cannot be used
      caused by: expires_at: the kit expired on [date]; ask Factory for a new one
    hint: ask Factory for a new one; this lists every problem
          factory-gitlab kit check
    == another schema: connect and verify
    exit code: 2
    ----- stderr -----
    error: the kit has the schema "factory-gitlab/kit/v9"; this program reads "factory-gitlab/kit/v1"
    hint: update factory-gitlab, or ask Factory for a kit of the schema that this version reads
    == no schema: connect and verify
    exit code: 2
    ----- stderr -----
    error: the kit has no schema; this is not a kit, or of a version that this program does not know
    hint: give the file exactly as Factory gave it
    == an invalid recipient: connect and verify
    exit code: 2
    ----- stderr -----
    error: the kit cannot be used
      caused by: bundle.recipients: the recipient "age1-not-a-recipient" is not an age public key: invalid Bech32 encoding
    hint: ask Factory for a new one; this lists every problem
          factory-gitlab kit check
    == a secret key as recipient: connect and verify
    exit code: 2
    ----- stderr -----
    error: the kit cannot be used
      caused by: bundle.recipients: a recipient is a secret key; public keys begin with age1
    hint: ask Factory for a new one; this lists every problem
          factory-gitlab kit check
    == no recipient: connect and verify
    exit code: 2
    ----- stderr -----
    error: the kit cannot be used
      caused by: bundle.recipients: it is empty, so the bundle could not be sealed
    hint: ask Factory for a new one; this lists every problem
          factory-gitlab kit check
    == a webhook over http: connect and verify
    exit code: 2
    ----- stderr -----
    error: the kit cannot be used
      caused by: webhook.url: it must be an https URL
    hint: ask Factory for a new one; this lists every problem
          factory-gitlab kit check
    == no redirect URI to speak of: connect and verify
    exit code: 2
    ----- stderr -----
    error: the kit cannot be used
      caused by: application.redirect_uri: it has no scheme
    hint: ask Factory for a new one; this lists every problem
          factory-gitlab kit check
    == a wrong type: connect and verify
    exit code: 2
    ----- stderr -----
    error: the kit is invalid at webhook.events: invalid type: string …, expected a sequence
    hint: give the file exactly as Factory gave it
    == an unknown event: connect and verify
    exit code: 2
    ----- stderr -----
    error: the kit is invalid at webhook.events[1]: unknown value, expected one of `push`, `tag_push`, `note`, `confidential_note`, `merge_request`, `issue`, `confidential_issue`, `pipeline`, `job`
    hint: give the file exactly as Factory gave it
    "#);
}

#[test]
fn text_that_is_not_a_kit_is_a_usage_error() {
    let mut env = TestEnv::with(small());
    let whole = env.sandbox().factory().kit_json().to_string();
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
        let path = env.file("kit.json", content);
        env.set("FACTORY_KIT", &path);
        said.connect(case, &env);
    }
    for (case, kit) in
        [("not there", "none.json"), ("a folder", "."), ("http", "http://factory.example/kit?key=canary-key")]
    {
        env.set("FACTORY_KIT", kit);
        said.connect(case, &env);
    }
    assert!(!said.to_string().contains("canary"), "{said}");
    insta::assert_snapshot!(said, @r"
    == a page: connect
    exit code: 2
    ----- stderr -----
    error: the kit is not JSON: line 1, column 1
    hint: give the file exactly as Factory gave it
    == half of it: connect
    exit code: 2
    ----- stderr -----
    error: the kit ends early; it was not copied completely
    hint: give the file exactly as Factory gave it
    == binary: connect
    exit code: 2
    ----- stderr -----
    error: [home]/kit.json is not text
    hint: give the file's path, - for standard input, or an https URL from Factory
    == empty: connect
    exit code: 2
    ----- stderr -----
    error: the kit ends early; it was not copied completely
    hint: give the file exactly as Factory gave it
    == a list: connect
    exit code: 2
    ----- stderr -----
    error: the kit is not a JSON object
    hint: give the file exactly as Factory gave it
    == too large: connect
    exit code: 2
    ----- stderr -----
    error: [home]/kit.json is larger than 1048576 bytes
    hint: give the file's path, - for standard input, or an https URL from Factory
    == not there: connect
    exit code: 2
    ----- stderr -----
    error: none.json cannot be read: No such file or directory (os error 2)
    hint: give the file's path, - for standard input, or an https URL from Factory
    == a folder: connect
    exit code: 2
    ----- stderr -----
    error: . cannot be read: Is a directory (os error 21)
    hint: give the file's path, - for standard input, or an https URL from Factory
    == http: connect
    exit code: 2
    ----- stderr -----
    error: http://factory.example/kit would be fetched unencrypted; it has to be https
    hint: give the file's path, - for standard input, or an https URL from Factory
    ");
}

#[test]
fn a_kit_that_factory_refuses_says_what_to_do() {
    let mut env = TestEnv::with(small());
    let mut said = Said::default();
    let (address, key) = (env.variables()["FACTORY_KIT"].clone(), env.variables()["FACTORY_API_KEY"].clone());
    for (case, key) in [("a wrong key", Some("fk-a-key-of-another-user")), ("no key", None)] {
        match key {
            Some(key) => env.set("FACTORY_API_KEY", key),
            None => env.unset("FACTORY_API_KEY"),
        }
        said.both(case, &env);
    }
    env.set("FACTORY_API_KEY", &key);
    for code in [402, 403, 404, 500, 503] {
        env.sandbox().clear_faults();
        env.sandbox().fault(&format!("factory:GET /gitlab/v1/kit=status:{code}")).expect("a fault");
        said.connect(&code.to_string(), &env);
    }
    for (case, action) in [("a login wall", "html:200"), ("half", "half"), ("cut", "cut"), ("no answer", "hang")] {
        env.sandbox().clear_faults();
        env.sandbox().fault(&format!("factory:GET /gitlab/v1/kit={action}")).expect("a fault");
        said.of(case, &env, &["connect", "--yes", "-q", "--timeout", "5"]);
    }
    env.sandbox().clear_faults();
    env.set("FACTORY_KIT", &address.replace("/kit", "/tik"));
    said.connect("another address", &env);
    insta::assert_snapshot!(said, @r"
    == a wrong key: connect and verify
    exit code: 1
    ----- stderr -----
    error: the kit could not be fetched
      caused by: GET /gitlab/v1/kit on 127.0.0.1:[port]: answered 401: the API key is not valid
    hint: set FACTORY_API_KEY to a valid key; keys are created in Factory's settings
    == no key: connect and verify
    exit code: 1
    ----- stderr -----
    error: the kit could not be fetched
      caused by: GET /gitlab/v1/kit on 127.0.0.1:[port]: answered 401: an API key is needed: Authorization: Bearer fk-…
    hint: set FACTORY_API_KEY to a valid key; keys are created in Factory's settings
    == 402: connect
    exit code: 1
    ----- stderr -----
    error: the kit could not be fetched
      caused by: GET /gitlab/v1/kit on 127.0.0.1:[port]: answered 402: The sandbox was told to answer 402.
    hint: ask Factory; the organization's plan does not include this
    == 403: connect
    exit code: 1
    ----- stderr -----
    error: the kit could not be fetched
      caused by: GET /gitlab/v1/kit on 127.0.0.1:[port]: answered 403: The sandbox was told to answer 403.
    hint: use the key of a Manager or Owner of the organization
    == 404: connect
    exit code: 1
    ----- stderr -----
    error: the kit could not be fetched
      caused by: GET /gitlab/v1/kit on 127.0.0.1:[port]: answered 404: The sandbox was told to answer 404.
    hint: ask Factory for a new kit; this address has expired or is another organization's
    == 500: connect
    exit code: 3
    ----- stderr -----
    error: the kit could not be fetched
      caused by: GET /gitlab/v1/kit on 127.0.0.1:[port]: answered 500: The sandbox was told to answer 500.
    hint: try again once 127.0.0.1:[port] has recovered
          factory-gitlab connect
    == 503: connect
    exit code: 3
    ----- stderr -----
    error: the kit could not be fetched
      caused by: GET /gitlab/v1/kit on 127.0.0.1:[port]: answered 503: The sandbox was told to answer 503.
    hint: try again once 127.0.0.1:[port] has recovered
          factory-gitlab connect
    == a login wall
    exit code: 3
    ----- stderr -----
    error: the kit could not be fetched
      caused by: GET /gitlab/v1/kit on 127.0.0.1:[port]: 200: the answer is a sign-in page
    hint: let API requests pass the sign-in page in front of 127.0.0.1:[port] (SSO, Cloudflare Access), or run this from inside
    == half
    exit code: 3
    ----- stderr -----
    error: the kit could not be fetched
      caused by: GET /gitlab/v1/kit on 127.0.0.1:[port]: the connection was interrupted: end of file before message length reached
    hint: try again; if it happens again, look for a proxy or firewall that closes connections
          factory-gitlab connect
    == cut
    exit code: 3
    ----- stderr -----
    error: the kit could not be fetched
      caused by: GET /gitlab/v1/kit on 127.0.0.1:[port]: the connection was interrupted: the answer stops in the middle
    hint: try again; if it happens again, look for a proxy or firewall that closes connections
          factory-gitlab connect
    == no answer
    exit code: 3
    ----- stderr -----
    error: the kit could not be fetched
      caused by: GET /gitlab/v1/kit on 127.0.0.1:[port]: no answer within 5 s
    hint: try again, with more time for each request
          factory-gitlab connect --timeout 90
    == another address: connect
    exit code: 1
    ----- stderr -----
    error: the kit could not be fetched
      caused by: GET /gitlab/v1/tik on 127.0.0.1:[port]: answered 404: there is nothing at this address
    hint: ask Factory for a new kit; this address has expired or is another organization's
    ");
}
