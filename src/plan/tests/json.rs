//! The JSON of each step, which scripts read: the families do not show in it.

use super::setup::{group, project};
use super::*;
use crate::kit::Upload;

fn text(text: &str) -> String {
    text.to_owned()
}

fn token_steps() -> Vec<(TokenStep, &'static str)> {
    let (name, scopes, expires_at) = (text("Factory 1"), vec![text("api")], "2027-11-20".parse().expect("a date"));
    vec![
        (
            TokenStep::Revoke { id: Some(3), name: name.clone(), user_id: None, reason: RevokeReason::Replaced },
            r#"{"step":"revoke_token","id":3,"name":"Factory 1","reason":"replaced"}"#,
        ),
        (
            TokenStep::Revoke { id: None, name: name.clone(), user_id: None, reason: RevokeReason::NeverDelivered },
            r#"{"step":"revoke_token","id":null,"name":"Factory 1","reason":"never_delivered"}"#,
        ),
        (TokenStep::Prove { name: name.clone() }, r#"{"step":"prove_token","name":"Factory 1"}"#),
        (
            TokenStep::Mint { user_id: 1, name, scopes, expires_at },
            r#"{"step":"mint_token","user_id":1,"name":"Factory 1","scopes":["api"],"expires_at":"2027-11-20"}"#,
        ),
    ]
}

fn application_steps() -> Vec<(ApplicationStep, &'static str)> {
    let renew = |reason| ApplicationStep::RenewSecret { id: 7, application_id: text("app"), reason };
    vec![
        (
            ApplicationStep::Create {
                name: text("n"),
                redirect_uri: text("https://r"),
                scopes: vec![text("api"), text("sudo")],
                confidential: true,
            },
            r#"{"step":"create_application","name":"n","redirect_uri":"https://r","scopes":["api","sudo"],"confidential":true}"#,
        ),
        (renew(Reason::Asked), r#"{"step":"renew_secret","id":7,"application_id":"app","why":"asked"}"#),
        (renew(Reason::SecretLost), r#"{"step":"renew_secret","id":7,"application_id":"app","why":"secret_lost"}"#),
        (renew(Reason::Outdated), r#"{"step":"renew_secret","id":7,"application_id":"app","why":"outdated"}"#),
        (
            ApplicationStep::Delete { id: 7, application_id: text("app"), reason: Reason::Outdated },
            r#"{"step":"delete_application","id":7,"application_id":"app","why":"outdated"}"#,
        ),
        (ApplicationStep::ProvePair, r#"{"step":"prove_pair"}"#),
    ]
}

fn bundle_steps() -> Vec<(BundleStep, &'static str)> {
    let seal = |handover| BundleStep::Seal { recipients: vec![text("age1x")], handover, token: None };
    let given = GivenToken {
        name: text("ops"),
        user: text("ada"),
        is_admin: true,
        scopes: vec![text("api")],
        expires_at: Some(jiff::civil::date(2027, 1, 31)),
    };
    let seal_token = BundleStep::SealToken {
        recipients: vec![text("age1x")],
        handover: Handover::Given,
        token: Some(given),
        reason: TokenReason::EndsSoon,
    };
    let contents = BundleContents::Connection;
    let url: url::Url = "https://api.factory.example/v1/bundles?signature=x".parse().expect("an address");
    vec![
        (seal(Handover::Given), r#"{"step":"seal_bundle","recipients":["age1x"],"handover":"given"}"#),
        (seal(Handover::Minted), r#"{"step":"seal_bundle","recipients":["age1x"],"handover":"minted"}"#),
        (seal(Handover::None), r#"{"step":"seal_bundle","recipients":["age1x"],"handover":"none"}"#),
        (
            seal_token,
            r#"{"step":"seal_token","recipients":["age1x"],"handover":"given","token":{"name":"ops","user":"ada","is_admin":true,"scopes":["api"],"expires_at":"2027-01-31"},"reason":"ends_soon"}"#,
        ),
        (
            BundleStep::Write { path: "t.age".into(), recipients: Vec::new(), contents: BundleContents::Token },
            r#"{"step":"write_bundle","path":"t.age","recipients":[],"contents":"token"}"#,
        ),
        (
            BundleStep::Write { path: "out.age".into(), recipients: vec![text("age1x")], contents },
            r#"{"step":"write_bundle","path":"out.age","recipients":["age1x"]}"#,
        ),
        (
            BundleStep::Upload { to: Box::new(Upload::to_factory(url)), recipients: vec![text("age1x")], contents },
            r#"{"step":"upload_bundle","url":"https://api.factory.example/v1/bundles","method":"POST","recipients":["age1x"]}"#,
        ),
    ]
}

fn hook_steps() -> Vec<(HookStep, &'static str)> {
    let differences = vec![
        HookDifference::Url { from: text("https://old") },
        HookDifference::Events { missing: vec![Event::Note], extra: vec![Event::Job] },
        HookDifference::TlsVerification,
        HookDifference::Token,
    ];
    vec![
        (
            HookStep::Create { target: project(2, "acme/web") },
            r#"{"step":"create_hook","target":{"kind":"project","id":2,"path":"acme/web"}}"#,
        ),
        (
            HookStep::Edit { target: group(1, "acme"), id: 5, differences },
            r#"{"step":"edit_hook","target":{"kind":"group","id":1,"path":"acme"},"id":5,"changes":[{"change":"url","from":"https://old"},{"change":"events","missing":["note"],"extra":["job"]},{"change":"tls_verification"},{"change":"token"}]}"#,
        ),
        (
            HookStep::Delete { target: Target::System, id: 6, reason: DeleteReason::Duplicate },
            r#"{"step":"delete_hook","target":{"kind":"system"},"id":6,"reason":"duplicate"}"#,
        ),
    ]
}

fn delivery_steps() -> Vec<(DeliveryStep, &'static str)> {
    vec![
        (
            DeliveryStep::Test { target: group(1, "acme"), event: Event::Push },
            r#"{"step":"test_delivery","target":{"kind":"group","id":1,"path":"acme"},"event":"push"}"#,
        ),
        (
            DeliveryStep::RotateToken { target: group(1, "acme"), id: 5, event: Event::Push },
            r#"{"step":"rotate_hook_secret","target":{"kind":"group","id":1,"path":"acme"},"id":5,"event":"push"}"#,
        ),
    ]
}

#[test]
fn the_json_of_each_step_stays_as_it_is() {
    let token = token_steps().into_iter().map(|(step, json)| (Step::Token(step), json));
    let application = application_steps().into_iter().map(|(step, json)| (Step::Application(step), json));
    let bundle = bundle_steps().into_iter().map(|(step, json)| (Step::Bundle(step), json));
    let hook = hook_steps().into_iter().map(|(step, json)| (Step::Hook(step), json));
    let delivery = delivery_steps().into_iter().map(|(step, json)| (Step::Delivery(step), json));
    for (step, json) in token.chain(application).chain(bundle).chain(hook).chain(delivery) {
        assert_eq!(serde_json::to_string(&step).expect("JSON"), json);
    }
}
