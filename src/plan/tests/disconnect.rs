//! The plan of a disconnection: what goes, what stays, and in which order.

use super::super::*;
use super::setup::*;
use crate::desired::Desired;
use crate::factory::FactoryState;
use crate::journal::{BundleRecord, OtherOrganizations, Record};
use crate::observed::{Observation, Observed};

fn wanted() -> Disconnection {
    Disconnection {
        scope: EndScope::Everything,
        application_id: None,
        factory: TellFactory::First,
        keyring: KeyringEntry::Absent,
    }
}

fn ending() -> Desired {
    Desired {
        disconnect_url: Some("https://api.factory.example/v1/connection".parse().expect("an address")),
        ..desired()
    }
}

fn names(plan: &Plan) -> Vec<String> {
    let name = |step: &Step| serde_json::to_value(step).expect("JSON")["step"].as_str().expect("a name").to_owned();
    plan.steps.iter().map(name).collect()
}

fn planned(wanted: &Disconnection, observed: &Observed, record: &Record) -> Vec<String> {
    names(&disconnect(wanted, &ending(), observed, record))
}

#[test]
fn factory_is_told_first_and_the_record_goes_last() {
    let record = finished_record();
    let all = ["tell_factory", "delete_hook", "delete_application", "delete_records"];
    assert_eq!(planned(&wanted(), &connected(), &record), all);
    let keyring = Disconnection { keyring: KeyringEntry::Present, ..wanted() };
    let with_keyring =
        ["tell_factory", "delete_hook", "delete_application", "delete_keyring_entries", "delete_records"];
    assert_eq!(planned(&keyring, &connected(), &record), with_keyring);
    let hooks_only = Disconnection { scope: EndScope::HooksOnly, ..wanted() };
    assert_eq!(planned(&hooks_only, &connected(), &record), ["delete_hook"]);
    let kept = Disconnection { scope: EndScope::KeepApplication, ..wanted() };
    assert_eq!(planned(&kept, &connected(), &record), ["tell_factory", "delete_hook"]);
    let without = Disconnection { factory: TellFactory::No, ..wanted() };
    let plan = disconnect(&without, &ending(), &connected(), &record);
    assert_eq!(names(&plan), ["delete_hook", "delete_application", "delete_records"]);
    let texts: Vec<&str> = plan.manual_steps.iter().map(|step| step.text.as_str()).collect();
    assert!(
        matches!(texts.as_slice(), [token, factory] if token.contains("revoke it") && factory.contains("tell Factory"))
    );
}

#[test]
fn where_nothing_is_connected_nothing_is_planned() {
    let plan = disconnect(&wanted(), &ending(), &observed(), &Record::default());
    assert!(plan.is_empty() && plan.left.is_empty(), "{plan:?}");
    let mut still_there = observed();
    still_there.factory.status = Observation::Known(status(FactoryState::Connected));
    assert_eq!(planned(&wanted(), &still_there, &Record::default()), ["tell_factory", "delete_records"]);
}

#[test]
fn without_an_address_for_it_factory_cannot_be_told_and_nothing_is_planned_silently() {
    let plan = disconnect(&wanted(), &desired(), &connected(), &finished_record());
    assert_eq!(plan.blockers, [Blocker::NoDisconnectUrl]);
}

#[test]
fn the_token_in_the_keyring_stays_while_another_organization_is_connected() {
    let others = OtherOrganizations { connected: 1, ..OtherOrganizations::default() };
    let record = Record { others, ..finished_record() };
    let keyring = Disconnection { keyring: KeyringEntry::Present, ..wanted() };
    assert!(!planned(&keyring, &connected(), &record).contains(&"delete_keyring_entries".to_owned()));
}

#[test]
fn an_application_that_no_record_names_is_left_and_one_beside_our_own_is_anothers() {
    let plan = disconnect(&wanted(), &ending(), &connected(), &Record::default());
    assert_eq!(plan.left.len(), 1, "{:?}", plan.left);
    assert_eq!(plan.left[0].kind, LeftKind::Application);
    assert!(!names(&plan).contains(&"delete_records".to_owned()), "the record is what the next run goes on from");
    let mut two = connected();
    let other = Application { id: 99, application_id: "another".to_owned(), ..application(8) };
    two.applications = Observation::Known(vec![application(8), other]);
    let plan = disconnect(&wanted(), &ending(), &two, &finished_record());
    assert!(plan.left.is_empty(), "{:?}", plan.left);
    assert!(plan.notes.iter().any(|note| note.contains("is not this connection's")), "{:?}", plan.notes);
    let named = Disconnection { application_id: Some("another".to_owned()), ..wanted() };
    let steps = planned(&named, &two, &finished_record());
    assert_eq!(steps.iter().filter(|step| *step == "delete_application").count(), 2, "{steps:?}");
}

#[test]
fn factory_is_not_told_twice_and_what_it_was_told_outlasts_a_cut_off_run() {
    let record = Record {
        factory_told_at: Some("2026-11-21T12:00:00Z".parse().expect("a time")),
        bundle: None,
        ..finished_record()
    };
    let mut told = connected();
    told.factory.status = Observation::Known(status(FactoryState::Pending));
    assert_eq!(planned(&wanted(), &told, &record), ["delete_hook", "delete_application", "delete_records"]);
    let waiting = Record { bundle: Some(BundleRecord { accepted: false, ..sealed() }), ..finished_record() };
    assert_eq!(planned(&wanted(), &told, &waiting)[0], "tell_factory");
}
