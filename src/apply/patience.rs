//! How often a step is tried again, and when the whole run is given up because nobody answers any more.
//!
//! One step's trouble is tried out a few times, and is then that step's failure. Where nobody has had an answer for a
//! while, GitLab is being restarted, or it is gone: every step waits for it, and at the end of patience the run stops
//! with one word instead of one for each step.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::env::Clock;
use crate::http::{self, Cause};

use super::Error;

/// A step that others' answers pass by is not tried more often than this.
const MOST_TRIES: u32 = 4;
/// Each of these has taken as long as `--timeout` already.
const MOST_TIMEOUTS: u32 = 2;
const LONGEST_WAIT: Duration = Duration::from_secs(4);

/// What the steps of one run know together: when GitLab answered last.
pub(super) struct Patience {
    clock: Clock,
    /// For so long nobody has to answer before the run stops: as long as one answer may take.
    longest_silence: Duration,
    heard: Mutex<Instant>,
}

/// One step's tries.
pub(super) struct Tries<'a> {
    patience: &'a Patience,
    /// When it failed last.
    last: Option<Instant>,
    failed: u32,
}

/// What a failure says about trying again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Failed {
    /// The server or the way to it is away; later it may be there.
    Away,
    /// No answer within the time.
    Late,
    /// An answer that is none: cut, a proxy's page, a 500.
    Unclear,
    /// GitLab's own word.
    Final,
}

impl Patience {
    pub(super) fn new(clock: Clock, timeout: Duration) -> Self {
        Self { clock, longest_silence: timeout, heard: Mutex::new(clock.instant()) }
    }

    /// GitLab has answered somebody.
    pub(super) fn hear(&self) {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = self.clock.instant();
    }

    pub(super) fn tries(&self) -> Tries<'_> {
        Tries { patience: self, last: None, failed: 0 }
    }

    fn heard(&self) -> Instant {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tries<'_> {
    /// Does what may be repeated without a second look, until it is done.
    ///
    /// # Errors
    /// Those of [`Tries::again`].
    pub(super) async fn until_done<T, F>(&mut self, mut act: impl FnMut() -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, http::Error>>,
    {
        loop {
            match act().await {
                Ok(done) => return Ok(done),
                Err(error) => self.again(error).await?,
            }
        }
    }

    /// Waits, and returns when it is to be tried again.
    ///
    /// # Errors
    /// The failure itself where it is final or was met often enough; [`Error::Silent`] where nobody is answered.
    pub(super) async fn again(&mut self, error: http::Error) -> Result<(), Error> {
        let kind = kind(&error);
        if kind == Failed::Final {
            self.patience.hear();
            return Err(error.into());
        }
        self.failed += 1;
        let (now, heard) = (self.patience.clock.instant(), self.patience.heard());
        let somebody_is_answered = self.last.replace(now).is_some_and(|last| heard > last);
        let silence = now.saturating_duration_since(heard);
        let silence_is_too_long = silence >= self.patience.longest_silence;
        match next(kind, self.failed, (silence_is_too_long, somebody_is_answered)) {
            Next::Wait(wait) => {
                tracing::debug!(%error, wait_ms = wait.as_millis(), "the step is tried again");
                self.patience.clock.sleep(wait).await;
                Ok(())
            }
            Next::Fail => Err(error.into()),
            Next::Stop => Err(Error::Silent { after: silence, source: error }),
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Next {
    Wait(Duration),
    Fail,
    Stop,
}

/// Pure: what follows the so-manieth failure, when nobody has been answered for too long or not yet and, since the one
/// before, somebody was or was not.
fn next(kind: Failed, failed: u32, (silence_is_too_long, somebody_is_answered): (bool, bool)) -> Next {
    if failed > 1 && silence_is_too_long {
        return Next::Stop;
    }
    let enough = match kind {
        Failed::Away => failed >= MOST_TRIES && somebody_is_answered,
        Failed::Late => failed >= MOST_TIMEOUTS,
        Failed::Unclear => failed >= MOST_TRIES,
        Failed::Final => true,
    };
    if enough { Next::Fail } else { Next::Wait(backoff(failed)) }
}

/// How long to wait after so many failures.
fn backoff(failed: u32) -> Duration {
    http::backoff(failed, LONGEST_WAIT, uuid::Uuid::new_v4().as_bytes()[0])
}

fn kind(error: &http::Error) -> Failed {
    match error.cause.as_ref() {
        Cause::Dns { .. } | Cause::Connect { .. } | Cause::Broken { .. } => Failed::Away,
        Cause::Timeout { .. } => Failed::Late,
        Cause::Status(answer) => match answer.status {
            502..=504 => Failed::Away,
            500 => Failed::Unclear,
            _ => Failed::Final,
        },
        Cause::UnexpectedPage { .. } | Cause::Decode { .. } | Cause::TooLarge { .. } => Failed::Unclear,
        Cause::Tls(_) | Cause::Redirected { .. } | Cause::Link(_) | Cause::Interrupted | Cause::Setup(_) => {
            Failed::Final
        }
    }
}

/// Whether a failed write may have been acted upon: its answer was lost, cut, slow, or not GitLab's.
pub(super) fn may_have_happened(error: &http::Error) -> bool {
    match error.cause.as_ref() {
        Cause::Dns { .. } | Cause::Connect { .. } => false,
        _ => kind(error) != Failed::Final,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_steps_trouble_is_its_own_and_everybodys_stops_the_run() {
        const SOON: bool = false;
        const TOO_LONG: bool = true;
        for (kind, failed, seen, waits, otherwise) in [
            (Failed::Away, 1, (SOON, false), true, Next::Fail),
            (Failed::Away, 4, (SOON, true), false, Next::Fail),
            // A restart takes longer than four tries.
            (Failed::Away, 9, (SOON, false), true, Next::Fail),
            (Failed::Away, 10, (TOO_LONG, false), false, Next::Stop),
            (Failed::Unclear, 3, (SOON, false), true, Next::Fail),
            (Failed::Unclear, 4, (SOON, false), false, Next::Fail),
            (Failed::Unclear, 5, (TOO_LONG, false), false, Next::Stop),
            // The first time-out is as long as the silence by itself.
            (Failed::Late, 1, (TOO_LONG, false), true, Next::Fail),
            (Failed::Late, 2, (SOON, true), false, Next::Fail),
            (Failed::Late, 2, (TOO_LONG, false), false, Next::Stop),
        ] {
            let next = next(kind, failed, seen);
            assert_eq!(matches!(next, Next::Wait(_)), waits, "{kind:?} {failed} {seen:?}: {next:?}");
            assert!(waits || next == otherwise, "{kind:?} {failed} {seen:?}: {next:?}");
        }
    }

    #[test]
    fn the_waits_grow_to_a_bound() {
        for (failed, least) in [(1, 250), (2, 500), (5, 4000), (50, 4000)] {
            let (wait, least) = (backoff(failed), Duration::from_millis(least));
            assert!(wait >= least && wait <= least * 3 / 2, "{failed}: {wait:?}");
        }
    }
}
