//! Bad input, from an address to an answer: a clear message, the right exit code, nothing written, nothing left behind.
//!
//! Each test runs a table of cases and has one snapshot of what was printed for them.

#![expect(clippy::too_many_lines, reason = "each test holds the transcripts of its cases")]

mod accounts;
mod address;
mod answers;
mod certificate;
mod disk;
mod factory;
mod files;
mod foreign;
mod kits;
mod limits;
mod names;
mod token_kinds;
mod tokens;
mod values;
mod walls;
mod writes;

use std::fmt;
use std::path::{Path, PathBuf};

use factory_gitlab::sandbox::options::SandboxOptions;
use factory_gitlab::sandbox::request_log::{LoggedRequest, Side};

use crate::test_env::{TestEnv, Transcript};

/// The arguments of `connect` and `verify`: quiet, so that only problems are printed.
const CONNECT: [&str; 3] = ["connect", "--yes", "-q"];
const VERIFY: [&str; 2] = ["verify", "-q"];

/// One project in one group.
fn small() -> SandboxOptions {
    SandboxOptions { projects: 1, groups: 1, ..SandboxOptions::default() }
}

/// What was printed in each case, one after another.
#[derive(Default)]
struct Said(String);

impl Said {
    /// Runs `connect`, which must change nothing.
    fn connect(&mut self, case: &str, env: &TestEnv) {
        self.of(&format!("{case}: connect"), env, &CONNECT);
    }

    /// Runs `connect` and `verify`, which must both change nothing. Equal output is kept once. The check that Factory is not
    /// connected yet is skipped.
    fn both(&mut self, case: &str, env: &TestEnv) {
        self.pair(case, env, &[]);
    }

    /// The same with more arguments.
    fn pair(&mut self, case: &str, env: &TestEnv, more: &[&str]) {
        let connect = env.run(&[&CONNECT, more].concat());
        assert_untouched(case, env);
        let verify = env.run(&[&VERIFY, &["--skip", "factory.status"], more].concat());
        assert_untouched(case, env);
        assert!(connect.code != 0 && verify.code != 0, "{case}: {connect}\n{verify}");
        let (connect, verify) = (connect.to_string(), verify.to_string());
        if connect == verify {
            self.0.push_str(&format!("== {case}: connect and verify\n{connect}\n"));
        } else {
            self.0.push_str(&format!("== {case}: connect\n{connect}\n== {case}: verify\n{verify}\n"));
        }
    }

    /// Runs a command that must change nothing.
    fn of(&mut self, case: &str, env: &TestEnv, args: &[&str]) {
        self.keep(case, env, &env.run(args));
    }

    /// Keeps the output of a run.
    fn keep_all(&mut self, case: &str, run: &Transcript) {
        self.0.push_str(&format!("== {case}\n{run}\n"));
    }

    /// Keeps the output of a run that must have changed nothing.
    fn keep(&mut self, case: &str, env: &TestEnv, run: &Transcript) {
        assert_untouched(case, env);
        self.0.push_str(&format!("== {case}\n{run}\n"));
    }
}

/// The part of a report about what failed, with its advice.
fn what_failed(run: &Transcript) -> String {
    let lines = run.stdout.lines().skip_while(|line| !line.contains("failed"));
    run.filtered(&lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n"))
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The number of requests depends on retries.
        let cost = regex::Regex::new(r"\(\d+ requests, \[duration\]\)").expect("a pattern");
        f.write_str(&cost.replace_all(&self.0, "([cost])"))
    }
}

/// The requests that can change something. Requests to the OAuth endpoints leave nothing behind.
fn writes(env: &TestEnv) -> Vec<LoggedRequest> {
    let mut requests = env.sandbox().requests();
    requests.retain(|one| one.is_write() && (one.side == Side::Factory || one.path().contains("/api/")));
    requests
}

fn assert_no_writes(case: &str, env: &TestEnv) {
    assert!(writes(env).is_empty(), "{case}: {:?}", writes(env));
    assert!(env.sandbox().gitlab().applications().is_empty(), "{case}");
    assert!(env.sandbox().factory().bundles().is_empty(), "{case}");
}

/// Nothing was written on either side, and the state folder has nothing but an empty lock.
fn assert_untouched(case: &str, env: &TestEnv) {
    assert_no_writes(case, env);
    for file in files_below(&env.path("state")) {
        let length = std::fs::metadata(&file).expect("a file").len();
        assert!(file.ends_with("lock") && length == 0, "{case}: {} holds {length} bytes", file.display());
    }
}

/// Every file below a folder that may not exist.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else { return files };
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

/// Exactly one connection exists: one application, one hook on the group, one bundle that was accepted.
fn assert_connected_once(case: &str, env: &TestEnv) {
    let sandbox = env.sandbox();
    let applications = sandbox.gitlab().applications();
    assert_eq!(applications.len(), 1, "{case}");
    assert_eq!(sandbox.gitlab().all_hooks().len(), 1, "{case}: one hook");
    let bundles = sandbox.factory().bundles();
    assert_eq!(bundles.len(), 1, "{case}: one bundle");
    let (sealed, made) = (&bundles[0].document["application"], &applications[0]);
    assert_eq!(sealed["id"].as_str(), Some(made.uid.as_str()), "{case}");
    assert!(
        sealed["secret"].as_str().is_some_and(|secret| made.has_secret(secret)),
        "{case}: the secret is the one in force"
    );
}
