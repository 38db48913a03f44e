//! How many requests one server may be sent at once, and when: additive increase, multiplicative decrease, and waits for
//! its rate limits. Pure: times are passed in.

use std::time::Duration;

use super::error::{CauseClass, Error};
use super::limits::{FIRST_BACKOFF, MAX_BACKOFF, MIN_SUCCESSES, RATE_LIMIT_LEEWAY};

/// How long rate limits are waited for, in all, until a request succeeds again.
#[derive(Clone, Copy, Debug)]
pub(super) struct WaitBudget {
    /// Where the server says how long.
    pub named: Duration,
    /// Where it does not.
    pub unnamed: Duration,
}

/// What the outcome of a request says about its server.
#[derive(Clone, Copy, Debug)]
pub(super) enum Signal {
    Success,
    /// The same, and it was the last one that the server takes for this long.
    LastOne(Duration),
    /// A slow answer, 502 to 504, a time-out or a broken connection.
    Overload,
    RateLimited(RateLimited),
    /// Nothing that concerns other requests.
    Ignored,
}

impl Signal {
    /// An answer; `until_more` is how long the server takes no more after it.
    pub(super) fn of_success(until_more: Option<Duration>) -> Self {
        until_more.map_or(Self::Success, Self::LastOne)
    }

    /// What a request that got no response says.
    pub(super) fn of_error(error: &Error) -> Self {
        match error.class() {
            CauseClass::TimedOut | CauseClass::Lost => Self::Overload,
            CauseClass::Refused
            | CauseClass::Redirected
            | CauseClass::RateLimited
            | CauseClass::Unavailable
            | CauseClass::ServerError
            | CauseClass::UnexpectedStatus
            | CauseClass::Unreachable
            | CauseClass::Untrusted
            | CauseClass::Unreadable
            | CauseClass::BrokenList
            | CauseClass::Interrupted
            | CauseClass::Setup => Self::Ignored,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct RateLimited {
    /// How long the server asks clients to wait, where it says so.
    pub retry_after: Option<Duration>,
    /// How often this request was limited, this time included.
    pub attempt: u32,
    /// A random byte, so that many clients do not come back at the same moment.
    pub jitter: u8,
}

/// A request that has ended. Times are measured from any one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub started: Duration,
    pub now: Duration,
    pub signal: Signal,
}

/// Whether a request may be sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Admission {
    Admitted,
    /// When one of those in flight has ended.
    Full,
    /// Not before this time.
    NotBefore(Duration),
    /// The server wants more time than the wait budget has: no request is sent for this long.
    Closed(Duration),
}

/// The limit of requests in flight to one server.
#[derive(Debug)]
pub(super) struct AimdLimit {
    budget: WaitBudget,
    /// The highest limit.
    max: usize,
    /// The limit for now.
    limit: usize,
    in_flight: usize,
    /// Successes since the last other outcome or the last change of the limit.
    successes: usize,
    /// When the limit was last decreased. Requests that started before say nothing new.
    last_decrease: Option<Duration>,
    /// When the current rate limit was first seen. Requests that started before belong to it.
    limit_epoch: Option<Duration>,
    /// Rate limits since the last success, and how long they were waited for.
    epochs: u32,
    waited: Duration,
    hold: Option<Hold>,
}

#[derive(Clone, Copy, Debug)]
struct Hold {
    until: Duration,
    is_closed: bool,
}

impl AimdLimit {
    pub(super) fn new(max: usize, budget: WaitBudget) -> Self {
        Self {
            budget,
            max,
            limit: max,
            in_flight: 0,
            successes: 0,
            last_decrease: None,
            limit_epoch: None,
            epochs: 0,
            waited: Duration::ZERO,
            hold: None,
        }
    }

    /// What keeps every request from being sent at this time.
    pub(super) fn held(&self, now: Duration) -> Option<Admission> {
        let hold = self.hold.filter(|hold| now < hold.until)?;
        Some(if hold.is_closed { Admission::Closed(hold.until - now) } else { Admission::NotBefore(hold.until) })
    }

    /// Counts a request as in flight, if it may be sent now.
    pub(super) fn admit(&mut self, now: Duration) -> Admission {
        if let Some(held) = self.held(now) {
            return held;
        }
        if self.in_flight >= self.limit {
            return Admission::Full;
        }
        self.in_flight += 1;
        Admission::Admitted
    }

    /// A request has ended, or was given up.
    pub(super) fn release(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// Learns from a request. Returns how long all have to wait, where a new rate limit has begun.
    pub(super) fn record(&mut self, sample: Sample) -> Option<Duration> {
        match sample.signal {
            Signal::Ignored => None,
            Signal::Success => {
                self.record_success(sample.started);
                None
            }
            Signal::LastOne(wait) => {
                self.record_success(sample.started);
                self.hold_until(sample.now, wait)
            }
            Signal::Overload => {
                self.decrease(sample);
                None
            }
            Signal::RateLimited(limited) => {
                self.decrease(sample);
                self.record_rate_limit(sample, limited)
            }
        }
    }

    /// Sends nothing until the server takes requests again. A longer time than is ever waited for is left to the refusal that
    /// would come.
    fn hold_until(&mut self, now: Duration, wait: Duration) -> Option<Duration> {
        let until = now.saturating_add(wait);
        if wait > self.budget.named + RATE_LIMIT_LEEWAY || self.hold.is_some_and(|hold| until <= hold.until) {
            return None;
        }
        self.hold = Some(Hold { until, is_closed: false });
        Some(wait)
    }

    fn record_success(&mut self, started: Duration) {
        if self.limit_epoch.is_none_or(|epoch| started >= epoch) {
            (self.epochs, self.waited) = (0, Duration::ZERO);
        }
        self.successes += 1;
        if self.successes >= self.limit.max(MIN_SUCCESSES) && self.limit < self.max {
            (self.limit, self.successes) = (self.limit + 1, 0);
        }
    }

    /// Halves the limit, once for all requests that were in flight together.
    fn decrease(&mut self, sample: Sample) {
        self.successes = 0;
        if self.last_decrease.is_none_or(|last| sample.started > last) {
            self.last_decrease = Some(sample.now);
            self.limit = (self.limit / 2).max(1);
        }
    }

    fn record_rate_limit(&mut self, sample: Sample, limited: RateLimited) -> Option<Duration> {
        let is_new = self.limit_epoch.is_none_or(|epoch| sample.started >= epoch);
        if is_new {
            self.limit_epoch = Some(sample.now);
            self.epochs += 1;
        } else if limited.retry_after.is_none() {
            return None;
        }
        let unnamed = || backoff(self.epochs.max(limited.attempt), MAX_BACKOFF, limited.jitter);
        let wait = limited.retry_after.unwrap_or_else(unnamed);
        let budget = if limited.retry_after.is_some() { self.budget.named } else { self.budget.unnamed };
        let waited = if is_new { self.waited } else { Duration::ZERO };
        let is_closed = waited.saturating_add(wait) > budget + RATE_LIMIT_LEEWAY;
        let until = sample.now.saturating_add(wait);
        if self.hold.is_none_or(|hold| until > hold.until) {
            self.hold = Some(Hold { until, is_closed });
        }
        if !is_new || is_closed {
            return None;
        }
        self.waited += wait;
        Some(wait)
    }
}

/// How long to wait after the failure of this number: 250 ms, doubled each time up to `longest`, plus up to half as much
/// again by the random byte.
#[must_use]
pub fn backoff(number: u32, longest: Duration, jitter: u8) -> Duration {
    let base = (FIRST_BACKOFF * 2_u32.pow(number.saturating_sub(1).min(6))).min(longest);
    base + base * u32::from(jitter) / 512
}

/// A random byte for [`backoff`].
#[must_use]
pub fn jitter() -> u8 {
    fastrand::u8(..)
}

#[cfg(test)]
mod tests;
