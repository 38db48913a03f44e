//! A state folder that cannot be used, and a full disk. Unix only: the shell sets the limits.
#![cfg(unix)]

use std::process::Command;

use factory_gitlab::sandbox::options::{SandboxOptions, SandboxPlan};

use super::{Said, small};
use crate::test_env::{TestEnv, Transcript};

#[test]
fn a_state_folder_that_cannot_be_used_is_reported_before_anything_is_written() {
    let mut env = TestEnv::with(small());
    let file = env.file("file", "here first");
    let mut said = Said::default();
    for (case, folder) in [
        ("a file", file.clone()),
        ("below a file", format!("{file}/state")),
        ("a device", "/dev/null".to_owned()),
        ("a folder that no user can write", "/proc/factory-gitlab".to_owned()),
    ] {
        env.set("FACTORY_GITLAB_STATE_DIR", &folder);
        said.connect(case, &env);
        assert_eq!(std::fs::read(env.path("file")).expect("a file"), b"here first");
    }
    insta::assert_snapshot!(said, @r"
    == a file: connect
    exit code: 2
    ----- stderr -----
    error: the local record cannot be used
      caused by: the state folder [home]/file cannot be used
      caused by: Not a directory (os error 20)
    hint: check the folder's free space and permissions, or set FACTORY_GITLAB_STATE_DIR to another one
    == below a file: connect
    exit code: 2
    ----- stderr -----
    error: the local record cannot be used
      caused by: the state folder [home]/file/state cannot be used
      caused by: Not a directory (os error 20)
    hint: check the folder's free space and permissions, or set FACTORY_GITLAB_STATE_DIR to another one
    == a device: connect
    exit code: 2
    ----- stderr -----
    error: the local record cannot be used
      caused by: the state folder /dev/null cannot be used
      caused by: Not a directory (os error 20)
    hint: check the folder's free space and permissions, or set FACTORY_GITLAB_STATE_DIR to another one
    == a folder that no user can write: connect
    exit code: 2
    ----- stderr -----
    error: the local record cannot be used
      caused by: the state folder /proc/factory-gitlab/127.0.0.1_[port]--org_sandbox cannot be used
      caused by: No such file or directory (os error 2)
    hint: check the folder's free space and permissions, or set FACTORY_GITLAB_STATE_DIR to another one
    ");
}

/// Runs the program with the size of files limited to this many blocks: writing fails as on a full disk.
fn limited(env: &TestEnv, blocks: usize, args: &[&str]) -> Transcript {
    let output = Command::new("sh")
        .args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\""), "sh"])
        .arg(TestEnv::program())
        .args(args)
        .env_clear()
        .envs(env.variables())
        .env("PATH", "/usr/bin:/bin")
        .current_dir(env.path(""))
        .output()
        .expect("a shell");
    Transcript::new(&output, env.path("home").parent().expect("a home"))
}

#[test]
fn a_full_disk_is_reported_before_anything_is_written() {
    let env = TestEnv::with(small());
    let run = limited(&env, 0, &super::CONNECT);
    super::assert_no_writes("full", &env);
    insta::assert_snapshot!(run, @r"
    exit code: 2
    ----- stderr -----
    error: the local record cannot be used
      caused by: the journal [home]/state/127.0.0.1_[port]--org_sandbox/journal.jsonl cannot be written
      caused by: File too large (os error 27)
    hint: check the folder's free space and permissions, or set FACTORY_GITLAB_STATE_DIR to another one
    ");
    let again = env.run(&super::CONNECT);
    assert_eq!(again.code, 0, "{again}");
    super::assert_connected_once("with room again", &env);
}

/// The disk fills up at any block during the run: the next run reaches the usual final state.
#[test]
fn a_disk_that_fills_up_during_a_run_loses_nothing() {
    for blocks in 1..=8 {
        let env = TestEnv::with(small());
        let case = format!("{blocks} blocks");
        let run = limited(&env, blocks, &super::CONNECT);
        assert!(matches!(run.code, 0..=2), "{case}: {run}");
        assert!(
            run.code == 0 || run.stdout.contains("File too large") || run.stderr.contains("File too large"),
            "{case}: {run}"
        );
        let again = env.run(&super::CONNECT);
        assert_eq!(again.code, 0, "{case}: {again}");
        super::assert_connected_once(&case, &env);
    }
}

#[test]
fn a_disk_that_fills_up_between_many_hooks_stops_the_run_and_the_next_one_does_the_rest() {
    let env = TestEnv::with(SandboxOptions { projects: 60, plan: SandboxPlan::None, ..SandboxOptions::default() });
    let run = limited(&env, 16, &super::CONNECT);
    assert_eq!(run.code, 2, "{run}");
    let made = env.all_hooks().len();
    assert!(made < 60, "{made} hooks were made without a journal to tell of them");
    assert_eq!(env.run(&super::CONNECT).code, 0);
    let mut targets: Vec<String> = env.all_hooks().iter().map(|hook| format!("{:?}", hook.owner)).collect();
    targets.sort();
    targets.dedup();
    assert_eq!((targets.len(), env.all_hooks().len()), (60, 60));
}

#[test]
fn a_report_or_a_log_that_cannot_be_written_is_reported_before_anything_is_done() {
    let env = TestEnv::with(small());
    env.file("file", "");
    let mut said = Said::default();
    for (case, option, path) in [
        ("log file", "--log-file", "file/run.log"),
        ("audit log", "--audit-log", "file/audit.jsonl"),
        ("report", "--output-file", "file/report.json"),
        ("bundle", "--bundle-out", "file/bundle.age"),
    ] {
        said.of(case, &env, &["connect", "--yes", "-q", option, path]);
    }
    insta::assert_snapshot!(said, @r"
    == log file
    exit code: 2
    ----- stderr -----
    error: the log file file/run.log cannot be written
      caused by: Not a directory (os error 20)
    == audit log
    exit code: 2
    ----- stderr -----
    error: the local record cannot be used
      caused by: the audit log file/audit.jsonl cannot be written
      caused by: Not a directory (os error 20)
    hint: check the folder's free space and permissions, or set FACTORY_GITLAB_STATE_DIR to another one
    == report
    exit code: 2
    ----- stderr -----
    error: file/report.json cannot be written
      caused by: not a directory
    == bundle
    exit code: 2
    ----- stderr -----
    error: file/bundle.age cannot be written
      caused by: not a directory
    ");
}
