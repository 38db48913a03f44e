//! The outside, read once: variables, clock, directories, what is a terminal.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use etcetera::{AppStrategy as _, AppStrategyArgs, choose_app_strategy};
use jiff::Timestamp;

/// Everything the program knows of the place it runs in.
#[derive(Clone)]
pub struct Env {
    variables: BTreeMap<String, OsString>,
    pub clock: Clock,
    pub streams: Streams,
    /// Where records, journals and sealed bundles are kept; `None` where the system has no such place.
    pub state_dir: Option<PathBuf>,
}

/// Which of the standard streams is a terminal.
#[derive(Clone, Copy, Debug, Default)]
pub struct Streams {
    pub input: bool,
    pub output: bool,
    pub error: bool,
}

impl fmt::Debug for Env {
    /// Names only: a variable's value may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Env").field("variables", &self.variables.keys()).field("streams", &self.streams).finish()
    }
}

impl Env {
    /// An environment with nothing in it: no variable, no terminal, no place to keep anything.
    #[must_use]
    pub fn empty() -> Self {
        Self { variables: BTreeMap::new(), clock: Clock, streams: Streams::default(), state_dir: None }
    }

    /// Reads the process's environment. Variables that are not UTF-8 in their name are left out; nobody asks for them.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one door to the environment and the standard streams")]
    pub fn read() -> Self {
        let variables: BTreeMap<String, OsString> =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))).collect();
        let streams = Streams {
            input: std::io::stdin().is_terminal(),
            output: std::io::stdout().is_terminal(),
            error: std::io::stderr().is_terminal(),
        };
        let state_dir = variables.get("FACTORY_GITLAB_STATE_DIR").map(PathBuf::from).or_else(native_state_dir);
        Self { variables, clock: Clock, streams, state_dir }
    }

    /// An environment of the given variables and nothing else, for a run inside this process.
    #[must_use]
    pub fn with_variables(&self, more: impl IntoIterator<Item = (String, OsString)>) -> Self {
        let mut env = self.clone();
        env.variables.extend(more);
        if let Some(directory) = env.variables.get("FACTORY_GITLAB_STATE_DIR") {
            env.state_dir = Some(PathBuf::from(directory));
        }
        env
    }

    /// A variable's text. Empty counts as unset, as is usual for CI variables; so does what is not UTF-8.
    #[must_use]
    pub fn var(&self, name: &str) -> Option<&str> {
        self.variables.get(name).and_then(|value| value.to_str()).filter(|value| !value.is_empty())
    }

    /// Whether a switch variable is on: set, and neither empty, `0` nor `false`.
    #[must_use]
    pub fn is_on(&self, name: &str) -> bool {
        self.var(name).is_some_and(|value| !matches!(value, "0" | "false"))
    }
}

fn native_state_dir() -> Option<PathBuf> {
    let strategy = choose_app_strategy(AppStrategyArgs {
        top_level_domain: "ai".to_owned(),
        author: "factory".to_owned(),
        app_name: "factory-gitlab".to_owned(),
    })
    .ok()?;
    Some(strategy.state_dir().unwrap_or_else(|| strategy.data_dir()))
}

/// The clock, and the only way to wait.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock;

impl Clock {
    /// The time of day, in UTC.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one door to the clock")]
    pub fn now(self) -> Timestamp {
        Timestamp::now()
    }

    /// A point to measure a duration from.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one door to the clock")]
    pub fn instant(self) -> Instant {
        Instant::now()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one door to waiting")]
    pub async fn sleep(self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}
