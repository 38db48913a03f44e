use super::super::entry::{ApplicationEntry, BundleEntry, HookChange, HookEntry, RunEntry};
use super::super::record::{OwnApplication, SecretState};
use super::*;
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
        recipients: vec!["age1x".to_owned()],
    }
}

fn a_whole_run() -> Vec<Entry> {
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
fn a_connections_folder_is_named_after_the_instance_and_the_organisation() {
    let (_folder, connection) = store();
    assert!(connection.folder.ends_with("acme.com_8443_gitlab--org_acme"), "{}", connection.folder.display());
}

#[test]
fn what_was_written_adds_up_to_a_record() {
    let (_folder, connection) = store();
    write(&connection, &a_whole_run());
    let record = connection.record().expect("a record");
    assert_eq!(record.application, OwnApplication::Made { application_id: "app".to_owned() });
    assert_eq!(record.secret, SecretState::Sealed);
    let bundle = record.bundle.expect("a bundle");
    assert!(bundle.proven && bundle.accepted);
    assert_eq!(bundle.receipt.as_deref(), Some("r1"));
}

#[test]
fn an_intent_without_a_result_means_it_may_be_ours_and_its_secret_is_lost() {
    let (_folder, connection) = store();
    write(&connection, &a_whole_run()[..1]);
    let record = connection.record().expect("a record");
    assert_eq!(record.application, OwnApplication::MayHaveMade);
    assert_eq!(record.secret, SecretState::Lost);
}

#[test]
fn a_hook_that_may_have_been_changed_is_still_to_be_proved() {
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
    write(&connection, &a_whole_run());
    write(&connection, &[ApplicationEntry::RenewSecret { application_id: "app".to_owned() }.into()]);
    assert_eq!(connection.record().expect("a record").secret, SecretState::Lost);
}

#[test]
fn a_journal_cut_at_any_byte_reads_as_one_of_its_beginnings() {
    let (_folder, connection) = store();
    write(&connection, &a_whole_run());
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
fn a_line_longer_than_any_of_ours_is_passed_over_and_the_next_one_read() {
    let longest = usize::try_from(LONGEST_LINE).expect("a length");
    for length in [longest - 1, longest, longest + 1, 3 * longest] {
        let mut journal = "x".repeat(length);
        journal.push_str("\n{\"v\":1,\"at\":\"2026-11-22T00:00:00Z\",\"run\":\"r\",\"event\":\"finished\"}\n");
        let record = replay(journal.as_bytes(), &|_| true).expect("readable");
        assert_eq!((record.unread_lines, record.finished_at.is_some()), (1, true), "{length}");
    }
}

#[test]
fn what_was_chosen_is_read_without_what_was_done() {
    let (_folder, connection) = store();
    write(&connection, &a_whole_run());
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
    };
    write(&connection, &[began.into()]);
    let record = connection.choices().expect("a record");
    assert_eq!((record.instance.as_deref(), record.bundle), (Some("https://acme.com"), None));
}

#[test]
fn after_a_torn_line_the_next_one_stands_alone() {
    let (_folder, connection) = store();
    write(&connection, &a_whole_run()[..2]);
    let bytes = fs::read(connection.journal_path()).expect("the journal");
    fs::write(connection.journal_path(), &bytes[..bytes.len() - 9]).expect("cut");
    write(&connection, &[sealed().into()]);
    let record = connection.record().expect("a record");
    assert_eq!(record.unread_lines, 1);
    assert_eq!(record.secret, SecretState::Sealed);
}

#[test]
fn two_runs_cannot_hold_one_connection() {
    let (_folder, connection) = store();
    let held = connection.lock().expect("the lock");
    assert!(matches!(connection.lock(), Err(Error::Busy { .. })));
    drop(held);
    connection.lock().expect("free again");
}

#[test]
#[cfg(unix)]
fn only_the_owner_reads_the_journal() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, connection) = store();
    write(&connection, &[RunEntry::Finished.into()]);
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&connection.journal_path()), 0o600);
    assert_eq!(mode(&connection.folder), 0o700);
}

#[test]
fn what_gitlab_refused_to_make_is_not_ours() {
    let (_folder, connection) = store();
    write(&connection, &a_whole_run()[..1]);
    write(&connection, &[ApplicationEntry::CreateRefused.into()]);
    let record = connection.record().expect("a record");
    assert_eq!((record.application, record.secret), (OwnApplication::None, SecretState::None));
}

#[test]
fn a_bundle_that_waits_is_forgotten_with_its_application_and_one_that_is_out_is_not() {
    let deleted = Entry::from(ApplicationEntry::Deleted { application_id: "app".to_owned() });
    for (lines, is_kept) in [(3, false), (4, false), (6, true)] {
        let (_folder, connection) = store();
        write(&connection, &a_whole_run()[..lines]);
        write(&connection, std::slice::from_ref(&deleted));
        assert_eq!(connection.record().expect("a record").bundle.is_some(), is_kept, "after {lines} lines");
    }
}

#[test]
fn an_application_is_made_again_only_where_it_is_ours_and_nobody_has_its_secret() {
    for (lines, wanted) in [(0, false), (1, true), (2, true), (4, true), (6, false)] {
        let (_folder, connection) = store();
        write(&connection, &a_whole_run()[..lines]);
        let record = connection.record().expect("a record");
        assert_eq!(record.is_unreleased("app"), wanted, "after {lines} lines");
        // Before its number is known, any one that it is taken for is it.
        assert_eq!(record.is_unreleased("another"), lines == 1, "after {lines} lines");
    }
}
