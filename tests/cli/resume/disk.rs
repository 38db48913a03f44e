//! A full disk: from the first journal line on, inside any line, at the bundle, at the report. The run reports it with exit
//! code 2, loses nothing, and the next run completes.
//!
//! Two full disks need no privileges: a limit on the size of files, which cuts a write as a full disk does, and `/dev/full`.
#![expect(clippy::disallowed_methods, reason = "the tests fill disks and folders themselves")]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use factory_gitlab::journal::Store;
use factory_gitlab::sandbox::options::SandboxOptions;

use super::{Case, OUT, final_state};
use crate::test_env::{TestEnv, Transcript};

/// The size of the blocks in which the shell counts its limit.
const BLOCK: usize = 512;

/// Enough for everything except a journal that is nearly full.
const BLOCKS: usize = 32;

/// Runs `connect` with the size of files limited to this many blocks.
fn limited(env: &TestEnv, blocks: usize, args: &[&str]) -> Transcript {
    let output = Command::new("sh")
        .args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\""), "sh"])
        .arg(TestEnv::program())
        .args(["connect", "--yes"])
        .args(args)
        .env_clear()
        .envs(env.variables())
        .env("PATH", "/usr/bin:/bin")
        .current_dir(env.path(""))
        .stdin(Stdio::null())
        .output()
        .expect("a shell");
    Transcript::new(&output, &env.path(""))
}

/// The path of the journal, which may not exist yet.
fn journal(env: &TestEnv) -> PathBuf {
    let store = Store::new(Some(env.path("state"))).expect("a store");
    let kit = env.sandbox().factory().kit_json();
    let organization = kit["organization"]["id"].as_str().expect("an organization");
    store.connection(&env.sandbox().gitlab_url().parse().expect("an address"), organization).journal_path()
}

/// An environment whose journal has this many bytes left. The rest is filled with empty lines, which are ignored.
fn with_room_for(case: &Case, room: usize) -> TestEnv {
    let env = case.env();
    let path = journal(&env);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    std::fs::write(&path, "\n".repeat(BLOCKS * BLOCK - room)).expect("filled");
    env
}

/// What existed when the disk was full: applications, hooks, bundles.
type Done = (usize, usize, usize);

fn done(env: &TestEnv) -> Done {
    let gitlab = env.sandbox().gitlab();
    (gitlab.applications().len(), gitlab.all_hooks().len(), env.sandbox().factory().bundles().len())
}

/// Lets the disk fill up inside every line of the journal and between lines.
fn fills_up(case: &Case, step: usize) -> BTreeSet<Done> {
    let env = case.env();
    env.connects(case.args);
    let length = std::fs::read(journal(&env)).expect("a journal").len();
    let mut seen = BTreeSet::new();
    for room in (0..length).step_by(step) {
        let name = format!("{}, room for {room} of {length} bytes", case.name);
        let env = with_room_for(case, room);
        let run = limited(&env, BLOCKS, case.args);
        // When only the last line is missing, everything was done, and the run succeeds.
        assert!(run.code == 2 || run.code == 0 && done(&env).1 == 1, "{name}: {run}");
        let told = format!("{}{}", run.stdout, run.stderr);
        assert!(run.code == 0 || told.contains("File too large"), "{name}: {run}");
        seen.insert(done(&env));
        final_state::the_next_run_ends_it(&env, case, &name);
    }
    seen
}

#[test]
fn a_disk_that_is_full_at_any_journal_line_stops_the_run_before_the_step_and_loses_nothing() {
    let seen = fills_up(&Case::group_hook(), 67);
    for wanted in [(0, 0, 0), (1, 0, 0), (1, 1, 0), (1, 1, 1)] {
        assert!(seen.contains(&wanted), "the disk was never full at {wanted:?}: {seen:?}");
    }
}

#[test]
fn a_disk_that_is_full_while_a_token_is_created_leaves_no_token_behind() {
    fills_up(&Case::minted_token(), 149);
}

/// The journal fits and the sealed bundle does not: its secret is lost, and the next run renews it.
#[test]
fn a_bundle_that_does_not_fit_on_the_disk_is_reported_and_sealed_by_the_next_run() {
    for case in [Case::group_hook(), Case::bundle_out()] {
        // So many targets are a bundle that is larger than the journal is by then.
        let options = SandboxOptions { groups: 60, projects: 60, ..case.options };
        let case = Case { options, ..case };
        let env = case.env();
        let run = limited(&env, 5, case.args);
        assert_eq!(run.code, 2, "{}: {run}", case.name);
        assert!(run.stdout.contains("failed  seal the bundle"), "{}: {run}", case.name);
        assert!(run.stdout.contains("File too large"), "{}: {run}", case.name);
        final_state::the_next_run_ends_it(&env, &case, case.name);
    }
}

/// The copy of the bundle does not fit, or its folder was removed meanwhile: the sealed original is kept.
#[test]
#[cfg(target_os = "linux")]
fn a_bundle_that_cannot_be_copied_out_waits_for_the_next_run() {
    let case = Case::bundle_out();
    let full = case.env();
    let run = full.connect(&["--bundle-out", "/dev/full"]);
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stdout.contains("No space left on device"), "{run}");
    final_state::the_next_run_ends_it(&full, &case, "/dev/full");

    let gone = case.env();
    let folder = gone.path("stick");
    std::fs::create_dir(&folder).expect("made");
    let (path, removed) = (format!("stick/{OUT}"), folder);
    let moment = factory_gitlab::sandbox::request_log::Moment::AfterActing;
    gone.sandbox().at_request(case.requests(), moment, move |_| {
        std::fs::remove_dir_all(removed).expect("removed");
        factory_gitlab::sandbox::request_log::RequestAction::Continue
    });
    let run = gone.run(&["connect", "--yes", "--bundle-out", &path]);
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stdout.contains("failed  write the sealed bundle"), "{run}");
    final_state::the_next_run_ends_it(&gone, &case, "a folder that is gone");
}

/// A report that does not fit at the end: everything is done, and the exit code says that the report is missing.
#[test]
#[cfg(target_os = "linux")]
fn a_report_that_does_not_fit_on_the_disk_fails_the_run_and_undoes_nothing() {
    let case = Case::group_hook();
    for format in ["text", "json"] {
        let env = case.env();
        let run = env.connect(&["-o", format, "--output-file", "/dev/full"]);
        assert_eq!(run.code, 2, "{format}: {run}");
        assert!(run.stderr.contains("No space left on device"), "{format}: {run}");
        final_state::is_right(&env, &case, format);
        env.has_nothing_to_do(&[]);

        let env = case.env();
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a full device");
        let mut command = env.command(&["connect", "--yes", "-o", format]);
        let output = command.stdin(Stdio::null()).stdout(full).output().expect("an end");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{format}: {told}");
        assert!(told.contains("No space left on device"), "{format}: {told}");
        final_state::is_right(&env, &case, format);
        env.has_nothing_to_do(&[]);
    }
}
