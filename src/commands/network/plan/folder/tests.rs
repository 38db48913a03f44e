#![expect(clippy::disallowed_methods, reason = "the tests write files of their own")]

use tempfile::TempDir;

use super::*;
use crate::files::fault::{self, Fault};

const PEERING: [(&str, &str); 3] =
    [("WORKSHEET.md", "of a peering"), ("firewall.nft", "the same"), ("peering.tf", "a peering")];
const VPN: [(&str, &str); 4] = [
    ("WORKSHEET.md", "of a VPN"),
    ("firewall.nft", "the same"),
    ("vpn/parameters.md", "a sheet"),
    ("vpn/swanctl.conf", "an end"),
];

type Plan<'a> = &'a [(&'static str, &'static str)];

fn write(root: &TempDir, plan: Plan<'_>) -> Result<Written, Failure> {
    let files: Vec<PlannedFile> =
        plan.iter().map(|(path, text)| PlannedFile { path, text: (*text).to_owned() }).collect();
    Folder::open(root.path(), &Env::empty())?.write(&files)
}

/// Every file with its text, and whether something of a run that did not end is left.
fn all(root: &TempDir) -> (BTreeMap<String, String>, bool) {
    let mut found = BTreeMap::new();
    let mut is_left = false;
    for folder in [root.path().to_owned(), root.path().join("vpn")] {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(root.path()).expect("below").to_string_lossy().into_owned();
            is_left |= path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(STAGED));
            if path.is_file() && !name.contains(STAGED) {
                found.insert(name, std::fs::read_to_string(&path).expect("a file"));
            }
        }
    }
    (found, is_left)
}

/// A folder with this plan.
fn with(plan: Plan<'_>) -> TempDir {
    let root = tempfile::tempdir().expect("a folder");
    assert!(write(&root, plan).is_ok());
    root
}

#[test]
fn a_disk_that_is_full_at_any_file_leaves_the_folder_as_it_was() {
    for step in 0.. {
        let root = with(&PEERING);
        let before = all(&root);
        match fault::at(step, Fault::Full, || write(&root, &VPN)) {
            // Three files that differ, and the list before and after them.
            Ok(_) => return assert_eq!(step, 5),
            Err(failure) => {
                assert_eq!(failure.causes.last().map(String::as_str), Some("nothing was written"), "{failure}");
            }
        }
        assert_eq!(all(&root), before, "full at step {step}");
    }
}

#[test]
fn a_run_that_is_killed_at_any_step_leaves_each_file_whole_and_the_next_one_writes_them_all() {
    let plans: [Plan<'_>; 2] = [&PEERING, &VPN];
    for step in 0.. {
        for next in plans {
            let root = with(&PEERING);
            if fault::at(step, Fault::Killed, || write(&root, &VPN)).is_ok() {
                // The steps of a full disk; then each put in its place, one removed, and the list.
                return assert_eq!(step, 11);
            }
            let known = |path: &str, text: &str| plans.iter().any(|plan| plan.contains(&(path, text)));
            let (found, _) = all(&root);
            let own = found.iter().filter(|(path, _)| *path != LIST);
            assert!(own.clone().all(|(path, text)| known(path, text)), "killed at step {step}: {found:?}");
            let again = write(&root, next);
            assert!(again.is_ok(), "killed at step {step}: {:?}", again.err());
            assert_eq!(all(&root), all(&with(next)), "killed at step {step}");
        }
    }
}

#[test]
fn a_state_that_is_empty_again_keeps_no_file() {
    for (state, is_kept) in
        [("{\"resources\":[]}", false), ("{\"resources\":[{}]}", true), ("{}", true), ("", true), ("not JSON", true)]
    {
        let root = with(&PEERING);
        std::fs::write(root.path().join("terraform.tfstate"), state).expect("a file");
        assert_eq!(write(&root, &VPN).is_err(), is_kept, "{state}");
    }
    let root = with(&PEERING);
    std::fs::create_dir(root.path().join(".terraform")).expect("a folder");
    assert!(write(&root, &VPN).is_err(), "what was made may be in a state that is kept elsewhere");
}
