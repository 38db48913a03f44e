//! A journal that lost its end, cut at every byte, or that holds garbage.
//!
//! A run for each byte would take minutes, so the proof has two halves. `connect` knows the journal only by the record that
//! is read from it, and only appends to it, after completing a torn line with a newline. So two facts are enough:
//!
//! 1. Cut at any byte, the journal reads as the record of its complete lines (with the torn one if only its newline is
//!    missing). Checked for every byte of the journals of real runs.
//! 2. From the record at each line, and from each with half of the next line after it, a real run reaches the final state.
#![expect(clippy::disallowed_methods, reason = "the tests damage journals as a crash would")]

use std::path::{Path, PathBuf};

use factory_gitlab::journal::{Record, Store};
use serde_json::Value;

use super::{Case, final_state};
use crate::test_env::TestEnv;

/// The record that is read from a journal of these bytes, in its debug form. The number of ignored lines is left out: no
/// decision depends on it.
fn record_of(folder: &Path, bytes: &[u8]) -> (String, usize) {
    let store = Store::new(Some(folder.to_owned())).expect("a store");
    let connection = store.connection(&"http://127.0.0.1".parse().expect("an address"), "org");
    let path = connection.journal_path();
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    std::fs::write(&path, bytes).expect("written");
    let record = connection.record().expect("readable");
    let unread = record.unread_lines;
    (format!("{:?}", Record { unread_lines: 0, ..record }), unread)
}

/// The journal of an environment: its path and its content.
fn journal(env: &TestEnv) -> (PathBuf, Vec<u8>) {
    let (path, bytes) =
        env.files_below("state").into_iter().find(|(path, _)| path.ends_with(".jsonl")).expect("a journal");
    (path.into(), bytes)
}

/// Where each line ends.
fn ends(bytes: &[u8]) -> Vec<usize> {
    (0..bytes.len()).filter(|at| bytes[*at] == b'\n').map(|at| at + 1).collect()
}

fn cases() -> [Case; 4] {
    [Case::group_hook(), Case::minted_token(), Case::bundle_out(), Case::hooks_without_marks()]
}

#[test]
fn a_journal_cut_at_any_byte_reads_as_its_complete_lines() {
    for case in cases() {
        let env = case.env();
        env.connects(case.args);
        let (_, whole) = journal(&env);
        let folder = tempfile::tempdir().expect("a folder");
        let record_of = |bytes| record_of(folder.path(), bytes);
        let mut start = 0;
        for end in ends(&whole) {
            let (before, _) = record_of(&whole[..start]);
            let (after, _) = record_of(&whole[..end]);
            for cut in start..end {
                let (record, unread) = record_of(&whole[..cut]);
                // A line that lacks only its newline is complete.
                let (wanted, torn) = if cut + 1 == end { (&after, 0) } else { (&before, usize::from(cut > start)) };
                assert_eq!((&record, unread), (wanted, torn), "{}, cut at {cut}", case.name);
            }
            start = end;
        }
    }
}

/// Connects, damages the journal with `spoil`, and runs again.
fn spoilt(case: &Case, name: &str, spoil: impl FnOnce(&[u8]) -> Vec<u8>) {
    let env = case.env();
    env.connects(case.args);
    let (path, whole) = journal(&env);
    std::fs::write(&path, spoil(&whole)).expect("spoilt");
    let name = format!("{}, {name}", case.name);
    let run = env.connect(case.args);
    assert_eq!(run.code, 0, "{name}: {run}");
    converged(&env, &name);
    env.has_nothing_to_do(case.args);
}

/// Factory may have received a second bundle, because the record of the first upload was lost. The last one counts.
fn converged(env: &TestEnv, name: &str) {
    let gitlab = env.sandbox().gitlab();
    let applications = gitlab.applications();
    assert_eq!(applications.len(), 1, "{name}");
    final_state::hooks_are_right(env, name);
    if let Some(last) = env.sandbox().factory().bundles().last() {
        let secret = last.document["application"]["secret"].as_str().expect("a secret");
        assert!(applications[0].has_secret(secret), "{name}: the pair in the last bundle is dead");
    }
    let live: Vec<String> = gitlab
        .tokens()
        .into_iter()
        .filter(|token| token.name.starts_with("Factory ") && !token.revoked)
        .map(|token| token.name)
        .collect();
    assert!(live.len() <= 1, "{name}: {live:?}");
}

#[test]
fn a_run_completes_from_a_journal_that_ends_at_any_line_or_inside_it() {
    for case in [Case::group_hook(), Case::minted_token()] {
        let env = case.env();
        env.connects(case.args);
        let lines = ends(&journal(&env).1).len();
        for line in 0..lines {
            spoilt(&case, &format!("the journal ends after line {line}"), |whole| first_lines(whole, line).to_vec());
            spoilt(&case, &format!("the journal ends in the middle of line {}", line + 1), |whole| {
                let (start, end) = (first_lines(whole, line).len(), first_lines(whole, line + 1).len());
                whole[..usize::midpoint(start, end)].to_vec()
            });
        }
    }
}

fn first_lines(whole: &[u8], count: usize) -> &[u8] {
    let end = if count == 0 { 0 } else { ends(whole)[count - 1] };
    &whole[..end]
}

/// Garbage after a complete journal loses nothing: there is nothing to do.
#[test]
fn garbage_after_the_last_line_changes_nothing() {
    let newer =
        |event: &str| format!("{{\"v\":2,\"at\":\"2030-01-01T00:00:00Z\",\"run\":\"r\",{event}}}\n").into_bytes();
    for (name, garbage) in [
        ("zeros, as a power cut leaves them", vec![0; 4096]),
        ("half a letter", vec![b'{', b'"', 0xC3]),
        ("half a letter in a line of its own", vec![0xE2, 0x82, b'\n']),
        ("an empty line", b"\n\n".to_vec()),
        ("another program's line", b"[1,2,3]\n".to_vec()),
        ("a newer program's event", newer(r#""event":"application_moved","to":7"#)),
        // A line of a newer version is not interpreted, even if its words are known.
        ("a newer program's word", newer(r#""event":"application_deleted","application_id":"x""#)),
        ("a line too long", vec![b'x'; 3 * 1024 * 1024]),
    ] {
        let case = Case::group_hook();
        let env = case.env();
        env.connects(&[]);
        let (path, whole) = journal(&env);
        let folder = tempfile::tempdir().expect("a folder");
        let record_of = |bytes: &[u8]| record_of(folder.path(), bytes);
        let before = record_of(&whole).0;
        std::fs::write(&path, [whole.as_slice(), &garbage].concat()).expect("spoilt");
        assert_eq!(record_of(&std::fs::read(&path).expect("readable")).0, before, "{name}");
        env.has_nothing_to_do(&[]);
        // The next line starts on a line of its own.
        env.sandbox().gitlab().add_group("late", None);
        env.connects(&[]);
        let after = std::fs::read(&path).expect("readable");
        let lines = after[whole.len() + garbage.len()..].split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        assert!(lines.map(serde_json::from_slice::<Value>).all(|line| line.is_ok()), "{name}");
        env.has_nothing_to_do(&[]);
    }
}

#[test]
fn garbage_in_the_journal_or_in_place_of_it_is_repaired_by_observing() {
    let case = Case::group_hook();
    let zeroed = |whole: &[u8], from: usize, to: usize| {
        let mut bytes = whole.to_vec();
        bytes[from..to].fill(0);
        bytes
    };
    spoilt(&case, "nothing but zeros", |whole| vec![0; whole.len()]);
    for part in 0..4 {
        spoilt(&case, &format!("zeros in quarter {part}"), |whole| {
            let quarter = whole.len() / 4;
            zeroed(whole, part * quarter, (part + 1) * quarter)
        });
    }
}

/// A damaged bundle that was not uploaded yet cannot be delivered: its secret is lost and renewed.
#[test]
fn a_sealed_bundle_that_was_lost_or_cut_is_sealed_again() {
    for damage in [0_usize, 1, 200] {
        let case = Case::group_hook();
        let env = case.env();
        env.sandbox().fault("factory:POST /gitlab/v1/bundles=status:403").expect("a fault");
        assert_eq!(env.connect(&[]).code, 1);
        env.sandbox().clear_faults();
        let bundle = journal(&env).0.with_file_name("bundle.age");
        damage_file(&bundle, damage);
        assert_eq!(env.connect(&[]).code, 0, "{damage}");
        final_state::is_right(&env, &case, "a damaged bundle");
        env.has_nothing_to_do(&[]);
    }
}

/// Removes the file, or cuts it to a shorter length.
fn damage_file(path: &Path, damage: usize) {
    if damage == 0 {
        return std::fs::remove_file(path).expect("removed");
    }
    let whole = std::fs::read(path).expect("readable");
    std::fs::write(path, &whole[..whole.len() - damage]).expect("cut");
}

/// The number of somebody's token in a line of the journal, as a restored GitLab or an attacker brings it about.
#[test]
fn a_line_in_the_journal_is_not_enough_to_revoke_a_token() {
    let case = Case::minted_token();
    let env = case.env();
    env.connects(case.args);
    let before = live_tokens(&env);
    let (path, mut whole) = journal(&env);
    for (id, name) in &before {
        for name in [name.as_str(), "Factory 2026-01-01 00:00:00"] {
            let line = serde_json::json!({
                "v": 1, "at": "2026-11-21T12:00:00Z", "run": "r",
                "event": "token_minted", "id": id, "name": name, "expires_at": null,
            });
            // A token of this tool's own may be revoked: it bears such a name and this number.
            if !name.starts_with("Factory ") || before.iter().all(|(_, own)| own != name) {
                whole.extend_from_slice(format!("{line}\n").as_bytes());
            }
        }
    }
    std::fs::write(&path, whole).expect("spoilt");
    let run = env.connect(case.args);
    assert_eq!(run.code, 0, "{run}");
    let after = live_tokens(&env);
    assert!(before.iter().all(|token| after.contains(token)), "{before:?} {after:?}\n{run}");
    env.has_nothing_to_do(case.args);
}

fn live_tokens(env: &TestEnv) -> Vec<(u64, String)> {
    let tokens = env.sandbox().gitlab().tokens().into_iter().filter(|token| !token.revoked);
    tokens.map(|token| (token.id, token.name)).collect()
}
