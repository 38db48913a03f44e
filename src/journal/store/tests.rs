use super::super::entry::{ApplicationEntry, BundleEntry, HookChange, HookEntry, RunEntry};
use super::super::record::{OwnApplication, SecretState};
use super::*;
use crate::kit::Handover;
use crate::target::Target;

fn store() -> (tempfile::TempDir, Connection) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::new(Some(folder.path().to_owned())).expect("a store");
    let instance = "https://acme.com:8443/gitlab".parse().expect("an address");
    let connection = store.connection(&instance, "org/acme");
    (folder, connection)
}

fn sealed() -> BundleEntry {
    BundleEntry::Sealed {
        sha256: "aa".to_owned(),
        application_id: "app".to_owned(),
        secret: "fp".to_owned(),
        token: None,
        token_id: Some(4),
        handover: Some(Handover::Given),
        recipients: vec!["age1x".to_owned()],
    }
}

fn complete_run() -> Vec<Entry> {
    vec![
        ApplicationEntry::Create { name: "n".to_owned(), redirect_uri: "https://r".to_owned() }.into(),
        ApplicationEntry::Created { id: 7, application_id: "app".to_owned() }.into(),
        sealed().into(),
        BundleEntry::PairProven { application_id: "app".to_owned() }.into(),
        BundleEntry::Upload { sha256: "aa".to_owned() }.into(),
        BundleEntry::Accepted { sha256: "aa".to_owned(), id: Some("r1".to_owned()) }.into(),
        RunEntry::Finished.into(),
    ]
}

fn write(connection: &Connection, entries: &[Entry]) {
    let lock = connection.lock().expect("the lock");
    let mut journal = connection.journal(&lock, None, crate::env::Env::empty().clock).expect("a journal");
    for entry in entries {
        journal.append(entry.clone()).expect("a line");
    }
}

#[test]
fn the_folder_of_a_connection_is_named_after_instance_and_organization() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::new(Some(folder.path().to_owned())).expect("a store");
    let instance = "https://acme.com:8443/gitlab".parse().expect("an address");
    let connection = store.connection(&instance, "org_acme");
    assert!(connection.folder.ends_with("acme.com_8443_gitlab--org_acme"), "{}", connection.folder.display());
}

fn began(organization: &str) -> RunEntry {
    RunEntry::Began {
        instance: "https://acme.com:8443/gitlab".to_owned(),
        organization: organization.to_owned(),
        tool: "0".to_owned(),
        strategy: crate::target::Strategy::Auto,
        groups: Vec::new(),
        projects: Vec::new(),
        exclude: Vec::new(),
        personal: false,
        kit: None,
        without_kit: false,
        bundle_out: None,
        handover: None,
    }
}

#[test]
fn organizations_whose_names_differ_in_odd_characters_or_capitals_have_records_of_their_own() {
    let (folder, _connection) = store();
    let store = Store::new(Some(folder.path().to_owned())).expect("a store");
    let instance = "https://acme.com:8443/gitlab".parse().expect("an address");
    let names = ["org_acme", "org/acme", "org:acme", "ORG_acme", "Org_Acme", ""];
    let folder_of = |name: &str| store.connection(&instance, name).folder.display().to_string().to_lowercase();
    let folders: std::collections::BTreeSet<String> = names.iter().map(|name| folder_of(name)).collect();
    assert_eq!(folders.len(), names.len(), "{folders:?}");
    // A record that an earlier program began under the plain name is still the organization's.
    let plain = Connection { folder: folder.path().join("acme.com_8443_gitlab--org_acme") };
    write(&plain, &[began("org/acme").into()]);
    assert_eq!(store.connection(&instance, "org/acme").folder, plain.folder);
    assert_ne!(store.connection(&instance, "org:acme").folder, plain.folder);
}

#[test]
fn a_record_knows_what_other_organizations_made_on_the_same_instance() {
    let (folder, _connection) = store();
    let store = Store::new(Some(folder.path().to_owned())).expect("a store");
    let instance = "https://acme.com:8443/gitlab".parse().expect("an address");
    let (acme, other) = (store.connection(&instance, "org_acme"), store.connection(&instance, "org_other"));
    let target = Target::Project { id: 3, path: "a/b".into() };
    let change = HookChange::Create;
    let fingerprint = "0123456789abcdef".to_owned();
    let hook = HookEntry::Changed { target: target.clone(), change, id: 9, fingerprint, signing: None };
    let application = ApplicationEntry::Created { id: 7, application_id: "app".to_owned() };
    write(&acme, &[began("org_acme").into(), application.into(), hook.into()]);
    let seen = other.others(&instance, "org_other").expect("records");
    assert!(seen.hooks.contains(&(target.number(), 9)) && seen.applications.contains("app"), "{seen:?}");
    let seen = acme.others(&instance, "org_acme").expect("records");
    assert!(seen.hooks.is_empty() && seen.applications.is_empty(), "{seen:?}");
    let elsewhere = "https://other.example".parse().expect("an address");
    assert!(other.others(&elsewhere, "org_other").expect("records").hooks.is_empty());
}

#[test]
fn lines_add_up_to_a_record() {
    let (_folder, connection) = store();
    write(&connection, &complete_run());
    let record = connection.record().expect("a record");
    assert_eq!(record.application, OwnApplication::Made { application_id: "app".to_owned() });
    assert_eq!(record.secret, SecretState::Sealed);
    let bundle = record.bundle.expect("a bundle");
    assert!(bundle.proven && bundle.accepted);
    assert_eq!(bundle.receipt.as_deref(), Some("r1"));
}

#[test]
fn after_an_intent_without_a_result_the_application_may_be_ours_and_its_secret_is_lost() {
    let (_folder, connection) = store();
    write(&connection, &complete_run()[..1]);
    let record = connection.record().expect("a record");
    assert_eq!(record.application, OwnApplication::MayHaveMade);
    assert_eq!(record.secret, SecretState::Lost);
}

#[test]
fn a_webhook_that_may_have_been_changed_is_still_unproven() {
    let (_folder, connection) = store();
    let target = Target::Group { id: 1, path: "acme".into() };
    let kind = target.kind();
    write(&connection, &[HookEntry::Change { target, change: HookChange::Create }.into()]);
    assert!(connection.record().expect("a record").unproved.contains(&kind));
    write(&connection, &[HookEntry::DeliveryProven { kind }.into()]);
    assert!(connection.record().expect("a record").unproved.is_empty());
}

#[test]
fn a_renewal_that_may_have_happened_loses_the_sealed_secret() {
    let (_folder, connection) = store();
    write(&connection, &complete_run());
    write(&connection, &[ApplicationEntry::RenewSecret { application_id: "app".to_owned() }.into()]);
    assert_eq!(connection.record().expect("a record").secret, SecretState::Lost);
}

#[test]
fn a_journal_cut_at_any_byte_reads_as_a_prefix() {
    let (_folder, connection) = store();
    write(&connection, &complete_run());
    let bytes = fs::read(connection.journal_path()).expect("the journal");
    for cut in 0..=bytes.len() {
        let record = replay(&bytes[..cut], &|_| true).expect("readable");
        let whole_lines = bytes[..cut].iter().filter(|byte| **byte == b'\n').count();
        assert!(record.unread_lines <= 1, "cut at {cut}");
        assert_eq!(record.finished_at.is_some(), cut + 1 >= bytes.len(), "cut at {cut}");
        assert_eq!(record.application != OwnApplication::None, whole_lines >= 1 || record.unread_lines == 0 && cut > 0);
    }
}

#[test]
fn an_overlong_line_is_skipped_and_the_next_one_read() {
    let longest = usize::try_from(MAX_LINE).expect("a length");
    for length in [longest - 1, longest, longest + 1, 3 * longest] {
        let mut journal = "x".repeat(length);
        journal.push_str("\n{\"v\":1,\"at\":\"2026-11-22T00:00:00Z\",\"run\":\"r\",\"event\":\"finished\"}\n");
        let record = replay(journal.as_bytes(), &|_| true).expect("readable");
        assert_eq!((record.unread_lines, record.finished_at.is_some()), (1, true), "{length}");
    }
}

#[test]
fn choices_are_read_without_what_was_done() {
    let (_folder, connection) = store();
    write(&connection, &complete_run());
    let began = RunEntry::Began {
        instance: "https://acme.com".to_owned(),
        organization: "acme".to_owned(),
        tool: "1".to_owned(),
        strategy: crate::target::Strategy::Auto,
        groups: Vec::new(),
        projects: Vec::new(),
        exclude: Vec::new(),
        personal: false,
        kit: None,
        without_kit: false,
        bundle_out: None,
        handover: None,
    };
    write(&connection, &[began.into()]);
    let record = connection.choices().expect("a record");
    assert_eq!((record.instance.as_deref(), record.bundle), (Some("https://acme.com"), None));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test cuts the journal as a crash would")]
fn after_an_incomplete_line_the_next_one_is_separate() {
    let (_folder, connection) = store();
    write(&connection, &complete_run()[..2]);
    let bytes = fs::read(connection.journal_path()).expect("the journal");
    fs::write(connection.journal_path(), &bytes[..bytes.len() - 9]).expect("cut");
    write(&connection, &[sealed().into()]);
    let record = connection.record().expect("a record");
    assert_eq!(record.unread_lines, 1);
    assert_eq!(record.secret, SecretState::Sealed);
}

#[test]
fn two_runs_cannot_lock_one_connection() {
    let (_folder, connection) = store();
    let held = connection.lock().expect("the lock");
    assert!(matches!(connection.lock(), Err(Error::Busy { .. })));
    let clone = held.clone();
    drop(held);
    assert!(matches!(connection.lock(), Err(Error::Busy { .. })), "a clone holds it");
    drop(clone);
    connection.lock().expect("free again");
}

#[test]
#[cfg(unix)]
fn only_the_owner_can_read_the_journal() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, connection) = store();
    write(&connection, &[RunEntry::Finished.into()]);
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&connection.journal_path()), 0o600);
    assert_eq!(mode(&connection.folder), 0o700);
}

#[test]
fn an_application_that_gitlab_refused_to_create_is_not_ours() {
    let (_folder, connection) = store();
    write(&connection, &complete_run()[..1]);
    write(&connection, &[ApplicationEntry::CreateRefused.into()]);
    let record = connection.record().expect("a record");
    assert_eq!((record.application, record.secret), (OwnApplication::None, SecretState::None));
}

#[test]
fn an_undelivered_bundle_is_forgotten_with_its_application_and_a_delivered_one_is_not() {
    let deleted = Entry::from(ApplicationEntry::Deleted { application_id: "app".to_owned() });
    for (lines, is_kept) in [(3, false), (4, false), (6, true)] {
        let (_folder, connection) = store();
        write(&connection, &complete_run()[..lines]);
        write(&connection, std::slice::from_ref(&deleted));
        assert_eq!(connection.record().expect("a record").bundle.is_some(), is_kept, "after {lines} lines");
    }
}

#[test]
fn an_application_is_unreleased_only_if_it_is_ours_and_its_secret_was_never_delivered() {
    for (lines, wanted) in [(0, false), (1, true), (2, true), (4, true), (6, false)] {
        let (_folder, connection) = store();
        write(&connection, &complete_run()[..lines]);
        let record = connection.record().expect("a record");
        assert_eq!(record.is_unreleased("app"), wanted, "after {lines} lines");
        // Before its ID is known, any application may be it.
        assert_eq!(record.is_unreleased("another"), lines == 1, "after {lines} lines");
    }
}
