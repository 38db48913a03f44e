//! The program's environment, read once: variables, clock, directories, what is a terminal.

mod clock;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use etcetera::{AppStrategy as _, AppStrategyArgs, choose_app_strategy};

pub use self::clock::Clock;
use crate::env_vars;

/// Everything the program knows about the system it runs on.
#[derive(Clone)]
pub struct Env {
    variables: BTreeMap<String, OsString>,
    pub clock: Clock,
    pub streams: Streams,
    /// Where records, journals and sealed bundles are kept; `None` where the system has no such folder.
    pub state_dir: Option<PathBuf>,
    /// The user's own folder, `~` in a path.
    pub home: Option<PathBuf>,
    pub reach: Reach,
    /// What opens pages in a rehearsal, in place of the system's browser.
    pub page_opener: Option<PageOpener>,
}

/// Opens a page, and returns at once.
#[derive(Clone)]
pub struct PageOpener(Arc<dyn Fn(&str) + Send + Sync>);

impl PageOpener {
    #[must_use]
    pub fn new(open: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(open))
    }

    pub fn open(&self, url: &str) {
        (self.0)(url);
    }
}

/// Which addresses the run may connect to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Reach {
    #[default]
    Anywhere,
    /// A rehearsal: the sandbox's own addresses, whatever kit and answers say.
    Only(Arc<[SocketAddr]>),
}

impl Reach {
    #[must_use]
    pub fn includes(&self, address: SocketAddr) -> bool {
        match self {
            Self::Anywhere => true,
            Self::Only(own) => own.contains(&address),
        }
    }
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
    /// An empty environment: no variable, no terminal, no state folder.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            variables: BTreeMap::new(),
            clock: Clock::real(),
            streams: Streams::default(),
            state_dir: None,
            home: None,
            reach: Reach::default(),
            page_opener: None,
        }
    }

    /// Reads the process's environment. Variables that are not UTF-8 in their name are left out; the program reads none.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "only this module reads the environment and tests the standard streams"
    )]
    pub fn read() -> Self {
        let variables: BTreeMap<String, OsString> =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))).collect();
        let streams = Streams {
            input: std::io::stdin().is_terminal(),
            output: std::io::stdout().is_terminal(),
            error: std::io::stderr().is_terminal(),
        };
        let state_dir = variables.get(env_vars::STATE_DIR).map(PathBuf::from).or_else(native_state_dir);
        let home = etcetera::home_dir().ok();
        Self {
            clock: clock::of(&variables),
            variables,
            streams,
            state_dir,
            home,
            reach: Reach::Anywhere,
            page_opener: None,
        }
    }

    /// An environment of the given variables and nothing else, for a run inside this process.
    #[must_use]
    pub fn with_variables(&self, more: impl IntoIterator<Item = (String, OsString)>) -> Self {
        let mut env = self.clone();
        env.variables.extend(more);
        if let Some(directory) = env.variables.get(env_vars::STATE_DIR) {
            env.state_dir = Some(PathBuf::from(directory));
        }
        env
    }

    /// The same environment for a rehearsal, which may connect to these addresses only.
    #[must_use]
    pub fn confined_to(mut self, addresses: &[SocketAddr]) -> Self {
        self.reach = Reach::Only(addresses.into());
        self
    }

    /// The same environment with something that opens pages in place of the system's browser.
    #[must_use]
    pub fn opening_pages_with(mut self, opener: PageOpener) -> Self {
        self.page_opener = Some(opener);
        self
    }

    /// A path as it was given, with the user's folder in the place of a leading `~`. A shell leaves `--kit=~/kit.json` as it is.
    #[must_use]
    pub fn expand(&self, path: &str) -> String {
        match (path.strip_prefix('~'), &self.home) {
            (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => {
                home.join(rest.trim_start_matches('/')).to_string_lossy().into_owned()
            }
            _ => path.to_owned(),
        }
    }

    /// A variable's text. Empty counts as unset, as is usual for CI variables; so does what is not UTF-8.
    #[must_use]
    pub fn var(&self, name: &str) -> Option<&str> {
        self.variables.get(name).and_then(|value| value.to_str()).filter(|value| !value.is_empty())
    }

    /// Every variable. Values may be secrets.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&str, &std::ffi::OsStr)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_os_str()))
    }

    /// Whether a switch variable is on: set, and neither empty, `0` nor `false`.
    #[must_use]
    pub fn is_on(&self, name: &str) -> bool {
        self.var(name).is_some_and(|value| !matches!(value, "0" | "false"))
    }
}

/// Makes sure that no core dump of this process holds its secrets: none is written, and on Linux no other process of the
/// user may read its memory. A system that refuses is no reason not to run.
#[cfg(unix)]
pub fn forbid_core_dumps() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current: _, maximum } = getrlimit(Resource::Core);
    let _refused = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum });
    // A handler of core dumps that the kernel pipes to is started whatever the limit is. core(5)
    #[cfg(target_os = "linux")]
    let _refused = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

/// Windows keeps dumps only where an administrator has set that up.
#[cfg(not(unix))]
pub fn forbid_core_dumps() {}

/// Whether the process was started with SIGHUP ignored, as `nohup` does: a handler would undo that.
#[cfg(target_os = "linux")]
#[must_use]
pub fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    is_hangup_ignored(&status)
}

/// The mask of ignored signals in hex; SIGHUP is the first. proc_pid_status(5)
#[cfg(target_os = "linux")]
fn is_hangup_ignored(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// Other systems do not say so in a file; `nohup` redirects standard error away from the terminal there.
#[cfg(all(unix, not(target_os = "linux")))]
#[must_use]
#[expect(clippy::disallowed_methods, reason = "only this module tests the standard streams")]
pub fn ignores_hangup() -> bool {
    !std::io::stderr().is_terminal()
}

/// Lets this process have as many files and sockets open as the system grants it without a privilege, up to what one run can
/// use, and returns how many that are. Most systems begin with 256 or 1024.
#[cfg(unix)]
pub fn allow_open_files() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    const MOST: u64 = 8192;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let now = current.unwrap_or(MOST);
    let wanted = maximum.unwrap_or(MOST).min(MOST);
    let is_raised = now < wanted && setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }).is_ok();
    usize::try_from(if is_raised { wanted } else { now }).unwrap_or(usize::MAX)
}

/// Windows has no such limit.
#[cfg(not(unix))]
pub fn allow_open_files() -> usize {
    8192
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

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn the_process_leaves_no_core_dump() {
        forbid_core_dumps();
        assert_eq!(rustix::process::getrlimit(rustix::process::Resource::Core).current, Some(0));
        let dumpable = rustix::process::dumpable_behavior().expect("known");
        assert_eq!(dumpable, rustix::process::DumpableBehavior::NotDumpable);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_ignored_hangup_is_read_from_the_mask_of_ignored_signals() {
        assert!(is_hangup_ignored("Name:\tx\nSigIgn:\t0000000000001001\nSigCgt:\t0000000000000000\n"));
        assert!(!is_hangup_ignored("Name:\tx\nSigIgn:\t0000000000001000\nSigCgt:\t0000000000000001\n"));
        assert!(!is_hangup_ignored(""));
    }
}
