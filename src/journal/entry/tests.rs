//! Each entry's line: journals of earlier versions must stay readable.

use super::*;

fn text(text: &str) -> String {
    text.to_owned()
}

fn application_entries() -> Vec<(ApplicationEntry, &'static str)> {
    let application_id = || text("app");
    vec![
        (
            ApplicationEntry::Create { name: text("n"), redirect_uri: text("https://r") },
            r#"{"event":"create_application","name":"n","redirect_uri":"https://r"}"#,
        ),
        (ApplicationEntry::CreateRefused, r#"{"event":"application_refused"}"#),
        (
            ApplicationEntry::Created { id: 7, application_id: application_id() },
            r#"{"event":"application_created","id":7,"application_id":"app"}"#,
        ),
        (
            ApplicationEntry::RenewSecret { application_id: application_id() },
            r#"{"event":"renew_secret","application_id":"app"}"#,
        ),
        (
            ApplicationEntry::SecretRenewed { application_id: application_id() },
            r#"{"event":"secret_renewed","application_id":"app"}"#,
        ),
        (
            ApplicationEntry::Delete { application_id: application_id() },
            r#"{"event":"delete_application","application_id":"app"}"#,
        ),
        (
            ApplicationEntry::Deleted { application_id: application_id() },
            r#"{"event":"application_deleted","application_id":"app"}"#,
        ),
    ]
}

fn token_entries() -> Vec<(TokenEntry, &'static str)> {
    let expires_at = Some("2027-11-20".parse().expect("a date"));
    vec![
        (TokenEntry::Mint { name: text("t"), user_id: None }, r#"{"event":"mint_token","name":"t"}"#),
        (TokenEntry::Mint { name: text("t"), user_id: Some(1) }, r#"{"event":"mint_token","name":"t","user_id":1}"#),
        (
            TokenEntry::Minted { id: 3, name: text("t"), expires_at },
            r#"{"event":"token_minted","id":3,"name":"t","expires_at":"2027-11-20"}"#,
        ),
        (TokenEntry::NotFound { id: None, name: text("t") }, r#"{"event":"token_not_found","name":"t"}"#),
        (TokenEntry::NotFound { id: Some(3), name: text("t") }, r#"{"event":"token_not_found","id":3,"name":"t"}"#),
        (TokenEntry::Revoked { id: 3, name: text("t") }, r#"{"event":"token_revoked","id":3,"name":"t"}"#),
    ]
}

fn bundle_entries() -> Vec<(BundleEntry, &'static str)> {
    let sealed = BundleEntry::Sealed {
        sha256: text("aa"),
        application_id: text("app"),
        secret: text("fp"),
        token: Some(text("t")),
        token_id: Some(3),
        handover: Some(Handover::Minted),
        recipients: vec![text("age1x")],
    };
    vec![
        (
            sealed,
            r#"{"event":"bundle_sealed","sha256":"aa","application_id":"app","secret":"fp","token":"t","token_id":3,"handover":"minted","recipients":["age1x"]}"#,
        ),
        (
            BundleEntry::TokenSealed {
                sha256: text("aa"),
                token: Some(text("t")),
                token_id: Some(3),
                handover: Handover::Minted,
                recipients: vec![text("age1x")],
            },
            r#"{"event":"token_sealed","sha256":"aa","token":"t","token_id":3,"handover":"minted","recipients":["age1x"]}"#,
        ),
        (
            BundleEntry::ApplicationSealed {
                sha256: text("aa"),
                application_id: text("app"),
                secret: text("fp"),
                recipients: vec![text("age1x")],
            },
            r#"{"event":"application_sealed","sha256":"aa","application_id":"app","secret":"fp","recipients":["age1x"]}"#,
        ),
        (BundleEntry::PairProven { application_id: text("app") }, r#"{"event":"pair_proven","application_id":"app"}"#),
        (BundleEntry::Upload { sha256: text("aa") }, r#"{"event":"upload_bundle","sha256":"aa"}"#),
        (
            BundleEntry::Accepted { sha256: text("aa"), id: Some(text("r1")) },
            r#"{"event":"bundle_accepted","sha256":"aa","id":"r1"}"#,
        ),
        (
            BundleEntry::Written { sha256: text("aa"), path: text("out.age") },
            r#"{"event":"bundle_written","sha256":"aa","path":"out.age"}"#,
        ),
    ]
}

fn hook_entries() -> Vec<(HookEntry, &'static str)> {
    let (group, project) =
        (Target::Group { id: 1, path: "acme".into() }, Target::Project { id: 2, path: "web".into() });
    vec![
        (
            HookEntry::Change { target: group, change: HookChange::Create },
            r#"{"event":"change_hook","target":{"kind":"group","id":1,"path":"acme"},"change":"create"}"#,
        ),
        (
            HookEntry::Change { target: project, change: HookChange::Edit },
            r#"{"event":"change_hook","target":{"kind":"project","id":2,"path":"web"},"change":"edit"}"#,
        ),
        (
            HookEntry::Changed {
                target: Target::System,
                change: HookChange::Delete,
                id: 9,
                fingerprint: text("ff"),
                signing: None,
            },
            r#"{"event":"hook_changed","target":{"kind":"system"},"change":"delete","id":9,"fingerprint":"ff"}"#,
        ),
        (HookEntry::RotateToken { target: Target::System }, r#"{"event":"rotate_token","target":{"kind":"system"}}"#),
        (HookEntry::TokenSettled { target: Target::System }, r#"{"event":"token_settled","target":{"kind":"system"}}"#),
        (HookEntry::DeliveryProven { kind: TargetKind::Group }, r#"{"event":"delivery_proved","kind":"group"}"#),
    ]
}

fn run_entries() -> Vec<(RunEntry, &'static str)> {
    let began = |handover| RunEntry::Began {
        instance: text("https://acme.com"),
        organization: text("acme"),
        tool: text("1"),
        strategy: Strategy::Auto,
        groups: vec![text("g")],
        projects: vec![text("p")],
        exclude: vec![text("x")],
        personal: true,
        kit: Some(text("kit.json")),
        without_kit: false,
        bundle_out: None,
        handover,
    };
    let kit = RunEntry::KitAccepted {
        fingerprint: text("7f3a"),
        trusted: TrustedValues::default(),
        key_origins: ["https://api.factory.example".to_owned()].into(),
    };
    vec![
        (
            kit,
            r#"{"event":"kit_accepted","fingerprint":"7f3a","trusted":{},"key_origins":["https://api.factory.example"]}"#,
        ),
        (
            began(Some(Handover::Minted)),
            r#"{"event":"began","instance":"https://acme.com","organization":"acme","tool":"1","strategy":"auto","groups":["g"],"projects":["p"],"exclude":["x"],"personal":true,"kit":"kit.json","handover":"minted"}"#,
        ),
        (
            began(None),
            r#"{"event":"began","instance":"https://acme.com","organization":"acme","tool":"1","strategy":"auto","groups":["g"],"projects":["p"],"exclude":["x"],"personal":true,"kit":"kit.json"}"#,
        ),
        (RunEntry::KeyringDeclined, r#"{"event":"keyring_declined"}"#),
        (RunEntry::Rotate { what: Rotation::ApplicationSecret }, r#"{"event":"rotate","what":"application_secret"}"#),
        (RunEntry::Rotated { what: Rotation::WebhookSecret }, r#"{"event":"rotated","what":"webhook_secret"}"#),
        (RunEntry::Finished, r#"{"event":"finished"}"#),
    ]
}

fn entries<E: Into<Entry>>(entries: Vec<(E, &'static str)>) -> impl Iterator<Item = (Entry, &'static str)> {
    entries.into_iter().map(|(entry, json)| (entry.into(), json))
}

#[test]
fn each_entry_is_written_and_read_in_its_established_form() {
    let all = entries(application_entries())
        .chain(entries(token_entries()))
        .chain(entries(bundle_entries()))
        .chain(entries(hook_entries()))
        .chain(entries(run_entries()));
    for (entry, json) in all {
        assert_eq!(serde_json::to_string(&entry).expect("JSON"), json);
        let line = json.replacen('{', r#"{"v":1,"at":"2026-11-22T00:00:00Z","run":"r","#, 1);
        assert_eq!(serde_json::from_str::<JournalLine>(&line).expect("a line").entry, entry);
    }
}

#[test]
fn fields_that_early_lines_lack_have_defaults() {
    let line = r#"{"v":1,"at":"2026-11-22T00:00:00Z","run":"r","event":"bundle_accepted","sha256":"aa"}"#;
    let entry = serde_json::from_str::<JournalLine>(line).expect("a line").entry;
    assert_eq!(entry, BundleEntry::Accepted { sha256: text("aa"), id: None }.into());
}
