//! One notion of connected: whatever changes after `connect`, `verify` says it, what it prints as the fix mends it, and then
//! `connect` has nothing to do.
//!
//! Every drift is a row: what was changed by hand, the check that has to say it first, and who mends it. A fix that is a
//! command is run as it was printed; one that is a page is carried out as a person would, through GitLab's API.

mod applications;
mod factory;
mod targets;
mod tokens;
mod webhooks;

use std::panic::{AssertUnwindSafe, catch_unwind};

use factory_gitlab::sandbox::options::{SandboxEdition, SandboxOptions, SandboxPlan, SandboxVersion};
use serde_json::Value;

use crate::test_env::{TestEnv, small};

/// One change of a connected instance.
struct Drift {
    name: &'static str,
    on: SandboxOptions,
    /// Options of the first `connect`.
    options: &'static [&'static str],
    change: fn(&TestEnv),
    expect: Expect,
}

/// What has to follow.
enum Expect {
    /// It concerns no part of the connection: no check mentions it.
    NoFinding,
    /// This check says it first, the command that it prints mends it, with this many writes.
    Mended { code: &'static str, writes: usize },
    /// This check says it first, and names a page, where a person does this.
    ByPerson { code: &'static str, act: fn(&TestEnv) },
    /// This check warns of it, and `connect` has nothing to do.
    Warned { code: &'static str },
}

impl Drift {
    fn new(name: &'static str, on: SandboxOptions, change: fn(&TestEnv), expect: Expect) -> Self {
        Self { name, on, options: &[], change, expect }
    }

    fn connected_with(mut self, options: &'static [&'static str]) -> Self {
        self.options = options;
        self
    }

    fn check(&self) {
        let env = TestEnv::with(self.on.clone());
        env.connects(self.options);
        assert_eq!(findings(&env).as_slice(), [] as [Finding; 0], "{}: before the change", self.name);
        (self.change)(&env);
        self.follow(&env);
        env.has_nothing_to_do(&[]);
    }

    fn follow(&self, env: &TestEnv) {
        let found = findings(env);
        let first = found.first();
        match self.expect {
            Expect::NoFinding => assert_eq!(first, None, "{}", self.name),
            Expect::Warned { code } => {
                let first = first.expect(self.name);
                assert_eq!((first.code.as_str(), first.status.as_str()), (code, "warn"), "{}: {found:#?}", self.name);
                return;
            }
            Expect::Mended { code, writes } => {
                let first = first.expect(self.name);
                assert_eq!(first.code, code, "{}: {found:#?}", self.name);
                let command = first.command.as_deref().expect(self.name);
                run_as_printed(env, command, self.name);
                assert_eq!(env.writes().len(), writes, "{}: {:?}", self.name, env.writes());
            }
            Expect::ByPerson { code, act } => {
                let first = first.expect(self.name);
                assert_eq!(first.code, code, "{}: {found:#?}", self.name);
                assert!(first.url.as_deref().is_some_and(|url| url.starts_with("http")), "{}: {first:#?}", self.name);
                assert_eq!(first.command, None, "{}: a command that cannot mend it is printed", self.name);
                act(env);
            }
        }
        // The delivery log keeps for a week what failed before.
        let after: Vec<Finding> = findings(env).into_iter().filter(|one| one.code != "webhook.recent").collect();
        assert_eq!(after, Vec::<Finding>::new(), "{}: after its fix", self.name);
    }
}

/// What `verify` found that does not hold.
#[derive(Debug, Eq, PartialEq)]
struct Finding {
    code: String,
    status: String,
    cause: String,
    command: Option<String>,
    url: Option<String>,
}

fn findings(env: &TestEnv) -> Vec<Finding> {
    let run = env.run(&["verify", "-o", "json"]);
    let document = run.json();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let wrong = |check: &&Value| matches!(check["status"].as_str(), Some("fail" | "warn" | "unknown"));
    let checks = document["checks"].as_array().expect("checks").iter().filter(wrong);
    checks
        .map(|check| Finding {
            code: text(&check["code"]).expect("a code"),
            status: text(&check["status"]).expect("a status"),
            cause: text(&check["cause"]).unwrap_or_default(),
            command: text(&check["fix"]["command"]),
            url: text(&check["fix"]["url"]),
        })
        .collect()
}

/// Runs a printed command; the plan of one that writes is taken as approved.
fn run_as_printed(env: &TestEnv, command: &str, name: &str) {
    env.sandbox().clear_requests();
    let words: Vec<&str> = command.split_whitespace().collect();
    let (program, command) = words.split_first().expect(name);
    assert_eq!(*program, "factory-gitlab", "{name}");
    let approved = if command.first() == Some(&"connect") { &["--yes"][..] } else { &[] };
    let run = env.run(&[command, approved].concat());
    assert_eq!(run.code, 0, "{name}: {command:?}: {run}");
}

/// Every row is tried, so that a failure shows all that is wrong.
fn check_all(drifts: &[Drift]) {
    let fails = |drift: &&Drift| catch_unwind(AssertUnwindSafe(|| drift.check())).is_err();
    let failed: Vec<&str> = drifts.iter().filter(fails).map(|drift| drift.name).collect();
    assert_eq!(failed, Vec::<&str>::new());
}

/// An instance of a version, with group webhooks.
fn licensed(major: u16, minor: u16) -> SandboxOptions {
    SandboxOptions { version: SandboxVersion::new(major, minor, 0), ..small() }
}

/// An instance of a version without a license.
fn unlicensed(major: u16, minor: u16) -> SandboxOptions {
    SandboxOptions { edition: SandboxEdition::Ce, plan: SandboxPlan::None, ..licensed(major, minor) }
}
