//! How often a step is tried again, and when the whole run stops because GitLab does not answer any more.
//!
//! A failure that only one step meets is retried a few times, and is then that step's failure. Where no step has had an
//! answer for a while, GitLab is being restarted or is gone: all steps wait for it, and after the longest silence the run
//! stops with one error instead of one for each step.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::env::Clock;
use crate::http::{self, CauseClass};

use super::Error;

/// At most this many attempts while other steps are answered.
const MAX_ATTEMPTS: u32 = 4;
/// At most this many timeouts: each has taken as long as `--timeout` already.
const MAX_TIMEOUTS: u32 = 2;
const LONGEST_WAIT: Duration = Duration::from_secs(4);

/// What the steps of one run share: when GitLab answered last.
pub(super) struct RetryPolicy {
    clock: Clock,
    /// How long no step has to be answered before the run stops: as long as one response may take.
    longest_silence: Duration,
    last_answer: Mutex<Instant>,
}

/// The attempts of one step.
pub(super) struct StepAttempts<'a> {
    policy: &'a RetryPolicy,
    last_failure: Option<Instant>,
    failures: u32,
}

/// What a failure says about another attempt.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Outlook {
    /// The server or the network is unavailable, and may return.
    Unavailable,
    /// No response within the time.
    TimedOut,
    /// A response that does not say what happened: cut off, a proxy's page, a 500.
    Unclear,
    /// Another attempt would end in the same way.
    Final,
}

/// What all steps have met since this one failed last.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Meanwhile {
    is_silent_too_long: bool,
    was_answered: bool,
}

impl RetryPolicy {
    pub(super) fn new(clock: Clock, timeout: Duration) -> Self {
        Self { clock, longest_silence: timeout, last_answer: Mutex::new(clock.instant()) }
    }

    /// GitLab has answered one of the steps.
    pub(super) fn record_answer(&self) {
        *self.last_answer.lock().unwrap_or_else(PoisonError::into_inner) = self.clock.instant();
    }

    pub(super) fn attempts(&self) -> StepAttempts<'_> {
        StepAttempts { policy: self, last_failure: None, failures: 0 }
    }

    fn last_answer(&self) -> Instant {
        *self.last_answer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StepAttempts<'_> {
    /// Repeats what may be repeated blindly, until it succeeds.
    ///
    /// # Errors
    /// Those of [`StepAttempts::wait_or_give_up`].
    pub(super) async fn run<T, F>(&mut self, mut act: impl FnMut() -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, http::Error>>,
    {
        loop {
            match act().await {
                Ok(done) => return Ok(done),
                Err(error) => self.wait_or_give_up(error).await?,
            }
        }
    }

    /// Waits before another attempt.
    ///
    /// # Errors
    /// The failure itself where it is final or has happened too often; [`Error::NoResponse`] where no step is answered.
    pub(super) async fn wait_or_give_up(&mut self, error: http::Error) -> Result<(), Error> {
        let outlook = outlook(error.class());
        if outlook == Outlook::Final {
            self.policy.record_answer();
            return Err(error.into());
        }
        self.failures += 1;
        let (now, last_answer) = (self.policy.clock.instant(), self.policy.last_answer());
        let silence = now.saturating_duration_since(last_answer);
        let meanwhile = Meanwhile {
            is_silent_too_long: silence >= self.policy.longest_silence,
            was_answered: self.last_failure.replace(now).is_some_and(|failure| last_answer > failure),
        };
        match decide(outlook, self.failures, meanwhile) {
            Decision::Wait(wait) => {
                tracing::debug!(%error, wait_ms = wait.as_millis(), "retrying the step");
                self.policy.clock.sleep(wait).await;
                Ok(())
            }
            Decision::Fail => Err(error.into()),
            Decision::Stop => Err(Error::NoResponse { after: silence, source: error }),
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Decision {
    Wait(Duration),
    /// The step fails; the run goes on.
    Fail,
    /// The whole run stops.
    Stop,
}

/// What to do after the n-th failure of a step. Pure.
fn decide(outlook: Outlook, failures: u32, meanwhile: Meanwhile) -> Decision {
    if failures > 1 && meanwhile.is_silent_too_long {
        return Decision::Stop;
    }
    let is_enough = match outlook {
        Outlook::Unavailable => failures >= MAX_ATTEMPTS && meanwhile.was_answered,
        Outlook::TimedOut => failures >= MAX_TIMEOUTS,
        Outlook::Unclear => failures >= MAX_ATTEMPTS,
        Outlook::Final => true,
    };
    if is_enough { Decision::Fail } else { Decision::Wait(backoff(failures)) }
}

/// How long to wait after this many failures.
fn backoff(failures: u32) -> Duration {
    http::backoff(failures, LONGEST_WAIT, http::jitter())
}

fn outlook(class: CauseClass) -> Outlook {
    match class {
        CauseClass::Unreachable | CauseClass::Lost | CauseClass::Unavailable => Outlook::Unavailable,
        CauseClass::TimedOut => Outlook::TimedOut,
        CauseClass::ServerError | CauseClass::Unreadable => Outlook::Unclear,
        CauseClass::Refused
        | CauseClass::Redirected
        | CauseClass::RateLimited
        | CauseClass::UnexpectedStatus
        | CauseClass::Untrusted
        | CauseClass::BrokenList
        | CauseClass::Interrupted
        | CauseClass::Setup => Outlook::Final,
    }
}

/// Whether a failed write may have taken effect: its response was lost, cut off, late, or not GitLab's.
pub(super) fn may_have_happened(error: &http::Error) -> bool {
    error.class() != CauseClass::Unreachable && outlook(error.class()) != Outlook::Final
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_of_one_step_is_its_own_and_a_failure_of_all_stops_the_run() {
        const NOTHING: Meanwhile = Meanwhile { is_silent_too_long: false, was_answered: false };
        const ANSWERED: Meanwhile = Meanwhile { is_silent_too_long: false, was_answered: true };
        const SILENT: Meanwhile = Meanwhile { is_silent_too_long: true, was_answered: false };
        for (outlook, failures, meanwhile, expected) in [
            (Outlook::Unavailable, 1, NOTHING, None),
            (Outlook::Unavailable, 4, ANSWERED, Some(Decision::Fail)),
            // A restart takes longer than four attempts.
            (Outlook::Unavailable, 9, NOTHING, None),
            (Outlook::Unavailable, 10, SILENT, Some(Decision::Stop)),
            (Outlook::Unclear, 3, NOTHING, None),
            (Outlook::Unclear, 4, NOTHING, Some(Decision::Fail)),
            (Outlook::Unclear, 5, SILENT, Some(Decision::Stop)),
            // The first timeout is as long as the longest silence by itself.
            (Outlook::TimedOut, 1, SILENT, None),
            (Outlook::TimedOut, 2, ANSWERED, Some(Decision::Fail)),
            (Outlook::TimedOut, 2, SILENT, Some(Decision::Stop)),
        ] {
            let decision = decide(outlook, failures, meanwhile);
            let waits = matches!(decision, Decision::Wait(_));
            assert_eq!(waits, expected.is_none(), "{outlook:?} {failures} {meanwhile:?}: {decision:?}");
            assert!(waits || expected == Some(decision), "{outlook:?} {failures} {meanwhile:?}: {decision:?}");
        }
    }

    #[test]
    fn waits_grow_up_to_a_bound() {
        for (failures, least) in [(1, 250), (2, 500), (5, 4000), (50, 4000)] {
            let (wait, least) = (backoff(failures), Duration::from_millis(least));
            assert!(wait >= least && wait <= least * 3 / 2, "{failures}: {wait:?}");
        }
    }
}
