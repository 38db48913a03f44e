//! The program's environment, read once: variables, clock, directories, what is a terminal.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use etcetera::{AppStrategy as _, AppStrategyArgs, choose_app_strategy};
use jiff::Timestamp;

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
            clock: clock(&variables),
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

/// The system's clock.
#[cfg(not(feature = "sandbox-testing"))]
fn clock(_variables: &BTreeMap<String, OsString>) -> Clock {
    Clock::real()
}

/// The system's clock, or the one that a test asks for. Only a build for integration tests knows this variable.
#[cfg(feature = "sandbox-testing")]
fn clock(variables: &BTreeMap<String, OsString>) -> Clock {
    let speed = variables.get(env_vars::TEST_CLOCK_SPEED).and_then(|value| value.to_str()?.parse().ok());
    speed.map_or(Clock::real(), Clock::skipping)
}

/// The clock, and the only way to wait. [`Env`] makes it; copies show the same time.
///
/// A test's clock skips time that is slept away on purpose, such as the pause before a retry: [`Clock::sleep`] takes a
/// fraction of it, and afterwards the clock shows that all of it has passed. Time that work takes counts as it is, so that
/// a bound on work is as wide on a busy machine as in production.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// `None` outside tests.
    skipping: Option<&'static Skipping>,
}

/// What the copies of a test's clock share.
#[derive(Debug)]
struct Skipping {
    /// How many seconds of sleep pass in one second.
    speed: u32,
    /// How far the clock is ahead of the system's.
    ahead: Mutex<Duration>,
}

/// How often a bound on work checks whether a sleep elsewhere has advanced a test's clock.
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// A sleep on a test's clock has at most this many parts, and none shorter than a second, or than a timer can tell, unless it is
/// the last.
const MAX_PARTS: u32 = 64;
const SHORTEST_PART: Duration = Duration::from_secs(1);
const TIMER_TICK: Duration = Duration::from_millis(1);

impl Clock {
    /// The system's clock.
    const fn real() -> Self {
        Self { skipping: None }
    }

    /// The system's time beside this clock's: for time-outs of the network and for what is shown while work goes on.
    #[must_use]
    pub fn system(self) -> Self {
        Self::real()
    }

    /// A clock of a test, on which `speed` seconds of sleep pass in one second. Its state lives as long as the process.
    #[cfg(any(test, feature = "sandbox-testing"))]
    #[must_use]
    pub fn skipping(speed: u32) -> Self {
        let state = Skipping { speed: speed.max(1), ahead: Mutex::default() };
        Self { skipping: Some(Box::leak(Box::new(state))) }
    }

    /// The time of day, in UTC.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "only this module reads the clock")]
    pub fn now(self) -> Timestamp {
        let now = Timestamp::now();
        now.checked_add(self.ahead()).unwrap_or(now)
    }

    /// A point to measure a duration from.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "only this module reads the clock")]
    pub fn instant(self) -> Instant {
        Instant::now() + self.ahead()
    }

    /// Waits on purpose. A test's clock advances by the time that was waited, also where the future is dropped.
    #[expect(clippy::disallowed_methods, reason = "only this module sleeps")]
    pub async fn sleep(self, time: Duration) {
        let Some(skipping) = self.skipping else { return tokio::time::sleep(time).await };
        // In parts, so that a deadline within a long sleep is reached by the clock before its end.
        let longest = (time / MAX_PARTS).max(SHORTEST_PART).max(TIMER_TICK * skipping.speed);
        let mut left = time;
        loop {
            let part = left.min(longest);
            let asleep = Asleep { skipping, time: part, slept_from: Instant::now(), began: self.instant() };
            tokio::time::sleep(part / skipping.speed).await;
            drop(asleep);
            left -= part;
            if left.is_zero() {
                return;
            }
        }
    }

    /// The result of `work`, or `None` when this clock reaches `end` before it is done.
    pub async fn until<T>(self, end: Instant, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        loop {
            let left = end.saturating_duration_since(self.instant());
            let look = if self.skipping.is_some() { left.min(BETWEEN_LOOKS) } else { left };
            match tokio::time::timeout(look, work.as_mut()).await {
                Ok(done) => return Some(done),
                Err(_) if look == left => return None,
                Err(_) => {}
            }
        }
    }

    fn ahead(self) -> Duration {
        self.skipping.map_or(Duration::ZERO, |skipping| *skipping.ahead())
    }
}

impl Skipping {
    fn ahead(&self) -> MutexGuard<'_, Duration> {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A sleep on a test's clock. When it ends or is dropped, the clock shows at least the time that it has slept to.
struct Asleep {
    skipping: &'static Skipping,
    time: Duration,
    slept_from: Instant,
    began: Instant,
}

impl Drop for Asleep {
    fn drop(&mut self) {
        let slept = self.slept_from.elapsed().saturating_mul(self.skipping.speed).min(self.time);
        let mut ahead = self.skipping.ahead();
        let system = self.slept_from + self.slept_from.elapsed();
        // Of several sleeps at the same time the longest counts, not their sum.
        *ahead = (self.began + slept).saturating_duration_since(system).max(*ahead);
    }
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

    fn run<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime").block_on(work)
    }

    #[test]
    fn a_skipped_sleep_has_passed_on_every_copy_of_the_clock() {
        let (clock, system) = (Clock::skipping(1_000_000), Clock::real());
        let (began, began_at, really_began) = (clock.instant(), clock.now(), system.instant());
        run(clock.sleep(Duration::from_secs(3600)));
        assert!(clock.instant() - began >= Duration::from_secs(3600));
        assert!(clock.now().duration_since(began_at).as_secs() >= 3600);
        assert!(really_began.elapsed() < Duration::from_secs(1800), "it was slept in real time");
    }

    #[test]
    fn sleeps_at_the_same_time_are_not_added_up() {
        let clock = Clock::skipping(100_000);
        let began = clock.instant();
        let sleeps = (1..=50).map(|_| clock.sleep(Duration::from_secs(1000)));
        run(futures_util::future::join_all(sleeps));
        let passed = clock.instant() - began;
        assert!((1000..2000).contains(&passed.as_secs()), "{passed:?}");
    }

    #[test]
    fn a_dropped_sleep_counts_as_far_as_it_came() {
        let clock = Clock::skipping(1000);
        let began = clock.instant();
        run(async {
            let sleep = clock.sleep(Duration::from_secs(1_000_000));
            assert!(tokio::time::timeout(Duration::from_millis(20), sleep).await.is_err());
        });
        assert!(clock.instant() - began >= Duration::from_secs(20));
    }

    #[test]
    fn work_ends_when_a_sleep_elsewhere_reaches_its_end_and_not_before() {
        let clock = Clock::skipping(100_000);
        let end = clock.instant() + Duration::from_secs(3600);
        run(async {
            assert_eq!(clock.until(end, async { 7 }).await, Some(7));
            let sleep = clock.sleep(Duration::from_secs(3600));
            let ((), outcome) = tokio::join!(sleep, clock.until(end, std::future::pending::<()>()));
            assert_eq!(outcome, None);
        });
    }

    #[test]
    fn the_systems_clock_sleeps_in_real_time() {
        let clock = Env::empty().clock;
        let began = clock.instant();
        run(clock.sleep(Duration::from_millis(30)));
        assert!(clock.instant() - began >= Duration::from_millis(30));
        assert_eq!(run(clock.until(clock.instant(), std::future::pending::<()>())), None);
    }
}
