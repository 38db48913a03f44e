//! The clock, and the only way to wait.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

#[cfg(feature = "sandbox-testing")]
use crate::env_vars;

/// The system's clock.
#[cfg(not(feature = "sandbox-testing"))]
pub(super) fn of(_variables: &BTreeMap<String, OsString>) -> Clock {
    Clock::real()
}

/// The system's clock, or the one that a test asks for. Only a build for integration tests knows this variable.
#[cfg(feature = "sandbox-testing")]
pub(super) fn of(variables: &BTreeMap<String, OsString>) -> Clock {
    let speed = variables.get(env_vars::TEST_CLOCK_SPEED).and_then(|value| value.to_str()?.parse().ok());
    speed.map_or(Clock::real(), Clock::skipping)
}

/// The clock, and the only way to wait. [`Env`](super::Env) makes it; copies show the same time.
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
    pub(super) const fn real() -> Self {
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
        let clock = Clock::real();
        let began = clock.instant();
        run(clock.sleep(Duration::from_millis(30)));
        assert!(clock.instant() - began >= Duration::from_millis(30));
        assert_eq!(run(clock.until(clock.instant(), std::future::pending::<()>())), None);
    }
}
