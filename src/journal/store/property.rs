//! Whatever the bytes of a journal are, exactly its complete lines are read.

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::journal::entry::{ApplicationEntry, BundleEntry, HookChange, HookEntry, RunEntry};
use crate::target::Target;

fn entry() -> impl Strategy<Value = Entry> {
    let target = || (1_u64..5, ".{0,8}").prop_map(|(id, path)| Target::Project { id, path: path.into() });
    let text = || ".{0,12}";
    let change = prop_oneof![Just(HookChange::Create), Just(HookChange::Edit), Just(HookChange::Delete)];
    prop_oneof![
        (text(), text()).prop_map(|(name, redirect_uri)| ApplicationEntry::Create { name, redirect_uri }.into()),
        (any::<u64>(), text()).prop_map(|(id, application_id)| ApplicationEntry::Created { id, application_id }.into()),
        text().prop_map(|application_id| ApplicationEntry::SecretRenewed { application_id }.into()),
        text().prop_map(|application_id| ApplicationEntry::Deleted { application_id }.into()),
        (target(), change, any::<u64>(), text()).prop_map(|(target, change, id, fingerprint)| {
            HookEntry::Changed { target, change, id, fingerprint, signing: None }.into()
        }),
        text().prop_map(|sha256| BundleEntry::Accepted { sha256, id: None }.into()),
        Just(ApplicationEntry::CreateRefused.into()),
        Just(RunEntry::Finished.into()),
    ]
}

/// A line of the file: ours, or anything else.
#[derive(Clone, Debug)]
enum Written {
    Ours(Entry),
    Garbage(Vec<u8>),
}

fn written() -> impl Strategy<Value = Vec<Written>> {
    let garbage = prop_oneof![
        prop::collection::vec(any::<u8>().prop_filter("a line contains no line break", |byte| *byte != b'\n'), 0..80),
        Just(br#"{"v":1,"event":"finished"}"#.to_vec()),
        Just(br#"{"v":99,"at":"2026-11-21T00:00:00Z","run":"r","event":"finished"}"#.to_vec()),
        Just(br#"{"v":1,"at":"2026-11-21T00:00:00Z","run":"r","event":"something_new"}"#.to_vec()),
    ];
    let one = prop_oneof![4 => entry().prop_map(Written::Ours), 1 => garbage.prop_map(Written::Garbage)];
    prop::collection::vec(one, 0..12)
}

fn at(number: usize) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + i64::try_from(number).expect("a few")).expect("a time")
}

fn read(bytes: &[u8]) -> Record {
    replay(bytes, &|_| true).expect("memory can be read")
}

/// What is compared: everything except the count of unread lines.
fn content(record: Record) -> String {
    format!("{:?}", Record { unread_lines: 0, ..record })
}

proptest! {
    #[test]
    fn a_journal_cut_at_any_byte_reads_as_its_complete_lines(lines in written(), cut in any::<prop::sample::Index>()) {
        let mut bytes = Vec::new();
        let mut ends = Vec::new();
        for (number, line) in lines.iter().enumerate() {
            match line {
                Written::Garbage(garbage) => bytes.extend(garbage),
                Written::Ours(entry) => {
                    let line = JournalLine { v: VERSION, at: at(number), run: "r".to_owned(), entry: entry.clone() };
                    bytes.extend(serde_json::to_vec(&line).expect("a line"));
                    // A line is complete without its line break.
                    ends.push((bytes.len(), at(number), entry));
                }
            }
            bytes.push(b'\n');
        }
        let cut = cut.index(bytes.len() + 1);
        let mut wanted = Record::default();
        for (_, at, entry) in ends.into_iter().filter(|(end, ..)| *end <= cut) {
            wanted.add(at, entry.clone());
        }
        prop_assert_eq!(content(read(&bytes[..cut])), content(wanted));
    }

    #[test]
    fn any_bytes_can_be_read(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let _read = read(&bytes);
    }
}

#[test]
fn at_most_one_line_is_held_in_memory() {
    let long = usize::try_from(MAX_LINE).expect("a size") * 3;
    let bytes = [&vec![b'x'; long][..], b"\nshort\n", &vec![b'{'; long][..]].concat();
    let (mut rest, mut line, mut took) = (&bytes[..], Vec::new(), 0);
    loop {
        let length = next_line(&mut rest, &mut line).expect("memory can be read");
        assert!(line.len() <= long / 3 + 1, "{} bytes in memory", line.len());
        took += length;
        if length == 0 {
            break;
        }
    }
    assert_eq!(took, bytes.len());
    assert_eq!(read(&bytes).unread_lines, 3);
}
