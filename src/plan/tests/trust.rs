//! What the plan does about a kit that changed, and about a bundle that was sealed for what was wanted once.

use super::super::*;
use super::setup::*;
use crate::desired::{BundleRoute, Desired};
use crate::factory::FactoryState;
use crate::journal::{BundleRecord, KitPin, Record};
use crate::kit::{Handover, Kit};
use crate::observed::{Observation, Observed};
use crate::testing::fixture::words;

fn kit(recipient: &str, status_url: &str) -> Kit {
    let kit = serde_json::json!({
        "schema": crate::kit::SCHEMA,
        "application": { "redirect_uri": REDIRECT },
        "webhook": { "url": "https://hooks.factory.example/a", "secret_token": "trust-secret-token-1" },
        "bundle": { "recipients": [recipient] },
        "status_url": status_url,
    });
    Kit::parse(&kit.to_string()).expect("a kit")
}

fn trusting(kit: &Kit) -> Desired {
    Desired { kit: crate::desired::DesiredTrust::from_kit(kit), ..desired() }
}

fn pinned(kit: &Kit) -> Option<KitPin> {
    let trusted = kit.trusted();
    let fingerprint = trusted.fingerprint().to_string();
    Some(KitPin { fingerprint, trusted, key_origins: kit.key_origins() })
}

#[test]
fn a_changed_kit_is_a_step_of_its_own_that_names_each_field_old_and_new() {
    let old = kit("age1factory", "https://api.factory.example/status");
    let new = kit("age1evil", "https://evil.example/status");
    let record = Record { kit_pin: pinned(&old), ..finished_record() };
    assert!(connect(&trusting(&old), &connected(), &record).is_empty());
    let plan = connect(&trusting(&new), &connected(), &record);
    let step = plan.steps.first().expect("a step").to_string();
    let (from, to) = (old.trusted().fingerprint(), new.trusted().fingerprint());
    assert_eq!(
        step,
        format!(
            "accept the changed kit {to}: kit {from} was accepted before; bundle.recipients: age1factory → age1evil; \
             status_url: https://api.factory.example/status → https://evil.example/status"
        )
    );
    let json = serde_json::to_value(&plan.steps[0]).expect("JSON");
    assert_eq!(json["step"], "accept_kit");
    assert_eq!(json["changes"][0]["field"], "bundle.recipients");
    assert_eq!(plan.notes[0], "the key of Factory's API is sent to https://evil.example");
}

#[test]
fn addresses_that_get_the_key_for_the_first_time_are_named_and_the_one_that_served_the_kit_is_not() {
    let kit = kit("age1factory", "https://api.factory.example/status");
    let mut desired = trusting(&kit);
    let note = "the key of Factory's API is sent to https://api.factory.example";
    assert!(connect(&desired, &observed(), &Record::default()).notes.contains(&note.to_owned()));
    desired.kit.served_by = Some("https://api.factory.example".to_owned());
    assert!(!connect(&desired, &observed(), &Record::default()).notes.contains(&note.to_owned()));
}

fn waiting(change: impl FnOnce(&mut BundleRecord)) -> Record {
    let mut bundle = BundleRecord { accepted: false, ..sealed() };
    change(&mut bundle);
    Record { bundle: Some(bundle), ..finished_record() }
}

fn sides(desired: &Desired, observed: &Observed, record: &Record) -> Vec<String> {
    connect(desired, observed, record).sentences()
}

#[test]
fn a_waiting_bundle_goes_out_only_if_recipients_token_and_choice_are_what_is_wanted_now() {
    let mut unconnected = connected();
    unconnected.factory.status = Observation::Known(status(FactoryState::Pending));
    let sent = sides(&desired(), &unconnected, &waiting(|_| ()));
    assert_eq!(
        sent,
        ["upload the sealed bundle to Factory: POST https://api.factory.example/v1/bundles; for age1factory"]
    );
    type Change = fn(&mut BundleRecord);
    let changes: [(&str, Change); 6] = [
        ("other recipients", |bundle| bundle.recipients = words(&["age1evil"])),
        ("a recipient more", |bundle| bundle.recipients = words(&["age1factory", "age1evil"])),
        ("another token", |bundle| bundle.token_id = Some(5)),
        ("no token", |bundle| (bundle.handover, bundle.token_id) = (Some(Handover::None), None)),
        ("another choice", |bundle| bundle.handover = Some(Handover::Minted)),
        ("an older program's record", |bundle| (bundle.handover, bundle.token_id) = (None, None)),
    ];
    for (what, change) in changes {
        let lines = sides(&desired(), &unconnected, &waiting(change));
        assert!(lines[0].starts_with("renew the secret of application 7"), "{what}: {lines:?}");
        assert!(lines[0].contains("sealed for other recipients or with another token"), "{what}: {lines:?}");
        assert!(lines[1].starts_with("seal the bundle") && lines[1].ends_with("for age1factory"), "{what}: {lines:?}");
        let upload = lines.last().expect("a step");
        assert!(upload.starts_with("upload") && upload.ends_with("for age1factory"), "{what}: {lines:?}");
    }
}

#[test]
fn a_bundle_that_factory_or_the_administrator_has_is_left_alone_when_the_token_changes() {
    let other_token = |bundle: &mut BundleRecord| bundle.token_id = Some(5);
    let mut accepted = waiting(other_token);
    accepted.bundle.as_mut().expect("a bundle").accepted = true;
    assert!(connect(&desired(), &connected(), &accepted).is_empty());
    let mut to_file = desired();
    to_file.delivery.way = BundleRoute::File("out.age".into());
    let mut written = waiting(other_token);
    written.bundle.as_mut().expect("a bundle").written_to = Some("out.age".to_owned());
    assert!(connect(&to_file, &connected(), &written).is_empty());
    // Written once, it does not go out by another way either; Factory is connected, so nothing has to.
    assert!(connect(&desired(), &connected(), &written).is_empty());
}
