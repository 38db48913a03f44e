use age::secrecy::ExposeSecret as _;
use age::x25519::Identity;
use serde_json::{Value, json};

use super::*;
use crate::bundle::{BundledInstance, BundledWebhook};
use crate::secret::{ApplicationSecret, PersonalAccessToken};
use crate::target::{Strategy, Target};
use crate::testing::contract;

fn bundle() -> Bundle {
    Bundle {
        organization: Organization { id: "org_acme".to_owned(), name: "Acme".to_owned() },
        created_at: "2026-11-21T10:00:00Z".parse().expect("a time"),
        instance: BundledInstance {
            url: "https://acme.com/gitlab".parse().expect("an address"),
            version: "19.2.0-ee".to_owned(),
            edition: crate::instance::Edition::Ee,
            plan: crate::instance::LicensePlan::Premium,
        },
        application: Some(BundledApplication {
            id: "app-id".to_owned(),
            secret: ApplicationSecret::new("gloas-sealed-secret").expect("a secret"),
            name: "Factory Integration".to_owned(),
            redirect_uri: "https://factory.example/cb".to_owned(),
            scopes: vec!["api".to_owned()],
        }),
        personal_access_token: Some(BundledToken {
            value: PersonalAccessToken::new("glpat-sealed-token-12").expect("a token"),
            scopes: vec!["api".to_owned()],
            expires_at: Some("2027-01-01".parse().expect("a date")),
            user: "root".to_owned(),
        }),
        webhook: Some(BundledWebhook {
            url: "https://factory.example/hook".parse().expect("an address"),
            strategy: Strategy::Group,
            target_count: 1,
            targets: vec![Target::Group { id: 3, path: "acme".into() }],
        }),
        network: None,
    }
}

fn sealed_for(identities: &[&Identity]) -> SealedBundle {
    let texts: Vec<String> = identities.iter().map(|identity| identity.to_public().to_string()).collect();
    bundle().seal(&Recipients::parse(&texts).expect("recipients")).expect("sealed")
}

fn key_file(identity: &Identity) -> String {
    format!("# created: today\n{}\n", identity.to_string().expose_secret())
}

#[test]
fn every_recipient_opens_the_whole_bundle() {
    let (one, two) = (Identity::generate(), Identity::generate());
    let sealed = sealed_for(&[&one, &two]);
    for identity in [&one, &two] {
        let opened = sealed.open(&key_file(identity)).expect("opened");
        let plain: Value = serde_json::from_str(opened.text()).expect("JSON");
        assert_eq!(plain["schema"], "factory-gitlab/bundle/v1");
        contract::hold(&plain);
        assert_eq!(plain["application"]["secret"], "gloas-sealed-secret");
        assert_eq!(
            plain["personal_access_token"],
            json!({"value": "glpat-sealed-token-12", "scopes": ["api"], "expires_at": "2027-01-01", "user": "root"})
        );
        assert_eq!(plain["instance"]["url"], "https://acme.com/gitlab");
        assert_eq!((&plain["instance"]["edition"], &plain["instance"]["plan"]), (&json!("ee"), &json!("premium")));
        assert_eq!(plain["webhook"]["targets"], json!([{"kind": "group", "id": 3, "path": "acme"}]));
        assert_eq!(plain["tool"]["name"], "factory-gitlab");
        assert!(plain.get("network").is_none());
    }
}

#[test]
fn another_identity_cannot_open_it_and_no_secret_is_visible() {
    let sealed = sealed_for(&[&Identity::generate()]);
    let error = sealed.open(&key_file(&Identity::generate())).err().expect("an error");
    assert!(matches!(error, SealError::WrongIdentity), "{error}");
    for secret in ["gloas-sealed-secret", "glpat-sealed-token-12"] {
        assert!(!sealed.bytes().windows(secret.len()).any(|window| window == secret.as_bytes()));
    }
    let shown = format!("{:?}", bundle());
    assert!(!shown.contains("gloas-sealed") && !shown.contains("glpat-sealed"), "{shown}");
}

#[test]
fn an_identity_file_without_a_key_is_not_quoted() {
    let sealed = sealed_for(&[&Identity::generate()]);
    for text in ["", "# nothing\n", "AGE-SECRET-KEY-1QQQQHALFAKEY\n"] {
        let error = sealed.open(text).err().expect("an error");
        assert!(matches!(error, SealError::Identity(_)), "{error}");
        assert!(!error.to_string().contains("HALFAKEY"), "{error}");
    }
}

#[test]
fn a_written_bundle_is_private_and_read_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("acme.age");
    let sealed = sealed_for(&[&Identity::generate()]);
    sealed.write(&path).expect("written");
    sealed.write(&path).expect("written over");
    assert_eq!(SealedBundle::read(&path).expect("read"), sealed);
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "no temporary file is left");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test makes the file itself")]
fn a_file_that_cannot_be_written_or_is_not_a_bundle_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = folder.path().join("not/there.age");
    let error = sealed_for(&[&Identity::generate()]).write(&missing).expect_err("an error");
    assert!(error.to_string().contains("there.age"), "{error}");
    assert!(matches!(SealedBundle::read(&missing), Err(SealError::Read { .. })));
    let other = folder.path().join("other");
    std::fs::write(&other, b"age-encryption.org/v1\nnot really").expect("a file");
    assert!(matches!(SealedBundle::read(&other), Err(SealError::NotAge(_))));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test makes the file itself")]
fn an_armored_bundle_reads_as_the_same_bundle() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("armored.age");
    let sealed = sealed_for(&[&Identity::generate()]);
    let mut armor = age::armor::ArmoredWriter::wrap_output(Vec::new(), age::armor::Format::AsciiArmor).expect("armor");
    armor.write_all(sealed.bytes()).expect("written");
    std::fs::write(&path, armor.finish().expect("finished")).expect("a file");
    assert_eq!(SealedBundle::read(&path).expect("read"), sealed);
}

#[test]
fn inspecting_needs_no_key() {
    let sealed = sealed_for(&[&Identity::generate(), &Identity::generate()]);
    let info = sealed.inspect();
    assert_eq!(info.recipients, ["X25519", "X25519"], "age's random stanza is not a recipient");
    assert_eq!((info.size, info.sha256.len()), (sealed.bytes().len(), 64));
}

#[test]
fn a_damaged_bundle_does_not_open() {
    let identity = Identity::generate();
    let mut bytes = sealed_for(&[&identity]).bytes().to_vec();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let error = SealedBundle::from_bytes(bytes).open(&key_file(&identity)).err().expect("an error");
    assert!(matches!(error, SealError::Damaged(_)), "{error}");
}

#[test]
fn many_targets_are_counted_and_not_listed() {
    let url: url::Url = "https://hooks.factory.example/".parse().expect("an address");
    for (count, listed) in [(0, 0), (10_000, 10_000), (10_001, 0)] {
        let targets: Vec<Target> = (0..count).map(|id| Target::Project { id, path: "acme/web".into() }).collect();
        let webhook = BundledWebhook::new(url.clone(), Strategy::Project, targets.into_iter());
        assert_eq!((webhook.target_count as u64, webhook.targets.len()), (count, listed));
    }
}
