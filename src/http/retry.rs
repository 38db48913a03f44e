//! Whether and when a failed request is sent again. Pure.

use std::time::Duration;

use super::aimd::{WaitBudget, backoff};
use super::error::{CauseClass, Error};
use super::limits::{MAX_BACKOFF, MAX_FAILURES, MAX_RATE_LIMITS};
use super::request::Repeat;

/// The failures of one request so far. Rate limits are counted apart: in a large run, any request may meet a few.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Attempts {
    pub failures: u32,
    pub rate_limits: u32,
    /// How long rate limits that named no time were waited for.
    unnamed_wait: Duration,
}

/// What the decision depends on besides the failure.
#[derive(Clone, Copy, Debug)]
pub(super) struct RetryTerms {
    pub repeat: Repeat,
    pub budget: WaitBudget,
    /// A random byte.
    pub jitter: u8,
}

/// When a request is sent again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Retry {
    After(Duration),
    /// As soon as the limiter permits: all requests to the server wait for the same rate limit there.
    WhenPermitted,
    Never,
}

/// What a failure says about sending again.
#[derive(Clone, Copy, Debug)]
enum Retryable {
    /// The request never reached the server.
    NotReceived,
    /// A rate limit: the server did nothing.
    RateLimited(Option<Duration>),
    /// The server may have done it.
    MayBeDone(Option<Duration>),
    No,
}

impl Attempts {
    /// Counts a failure and decides whether to send again.
    pub(super) fn record_failure(&mut self, error: &Error, terms: RetryTerms) -> Retry {
        match (retryable(error), terms.repeat) {
            (Retryable::No, _) | (_, Repeat::Once) | (Retryable::MayBeDone(_), Repeat::Write) => Retry::Never,
            // A write as well: every known rate limiter (Rack::Attack, GitLab's own, a proxy's) answers 429 instead of
            // acting, so sending it again cannot do it twice.
            (Retryable::RateLimited(retry_after), _) => self.after_rate_limit(retry_after, terms),
            (Retryable::NotReceived, _) => self.after_not_received(terms),
            (Retryable::MayBeDone(retry_after), _) => self.after_failure(retry_after, terms),
        }
    }

    fn after_rate_limit(&mut self, retry_after: Option<Duration>, terms: RetryTerms) -> Retry {
        self.rate_limits += 1;
        let is_exhausted = match retry_after {
            Some(_) => self.rate_limits >= MAX_RATE_LIMITS || self.unnamed_wait > terms.budget.unnamed,
            None => {
                self.unnamed_wait += backoff(self.rate_limits, MAX_BACKOFF, terms.jitter);
                self.unnamed_wait > terms.budget.unnamed
            }
        };
        if is_exhausted { Retry::Never } else { Retry::WhenPermitted }
    }

    /// Only once: after a typing error in an address the user waits for this.
    fn after_not_received(&mut self, terms: RetryTerms) -> Retry {
        self.failures += 1;
        if self.failures > 1 { Retry::Never } else { Retry::After(backoff(self.failures, MAX_BACKOFF, terms.jitter)) }
    }

    fn after_failure(&mut self, retry_after: Option<Duration>, terms: RetryTerms) -> Retry {
        self.failures += 1;
        match retry_after {
            _ if self.failures >= MAX_FAILURES => Retry::Never,
            Some(_) => Retry::WhenPermitted,
            None => Retry::After(backoff(self.failures, MAX_BACKOFF, terms.jitter)),
        }
    }
}

fn retryable(error: &Error) -> Retryable {
    let retry_after = || error.response().and_then(|response| response.retry_after);
    match error.class() {
        CauseClass::Unreachable => Retryable::NotReceived,
        CauseClass::RateLimited => Retryable::RateLimited(retry_after()),
        CauseClass::Unavailable | CauseClass::Lost => Retryable::MayBeDone(retry_after()),
        CauseClass::Refused
        | CauseClass::Redirected
        | CauseClass::ServerError
        | CauseClass::UnexpectedStatus
        | CauseClass::Untrusted
        | CauseClass::TimedOut
        | CauseClass::Unreadable
        | CauseClass::BrokenList
        | CauseClass::Interrupted
        | CauseClass::Setup => Retryable::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::error::{Cause, ErrorResponse, FailedRequest};

    fn terms(repeat: Repeat) -> RetryTerms {
        let budget = WaitBudget { named: Duration::from_secs(60), unnamed: Duration::from_secs(60) };
        RetryTerms { repeat, budget, jitter: 0 }
    }

    fn error(cause: Cause) -> Error {
        FailedRequest { method: "GET", host: "h".to_owned(), path: "/".to_owned(), cause: Box::new(cause) }.into()
    }

    fn status(status: u16, seconds: Option<u64>) -> Cause {
        let retry_after = seconds.map(Duration::from_secs);
        Cause::Status(ErrorResponse { status, retry_after, ..ErrorResponse::default() })
    }

    #[test]
    fn a_request_is_sent_again_only_where_that_is_safe_and_useful() {
        use Repeat::{Idempotent, Once, Read, Write};
        use Retry::{Never, WhenPermitted};
        let soon = Retry::After(Duration::from_millis(250));
        let broken = || Cause::Broken { detail: String::new() };
        let refused = || Cause::Connect { detail: String::new(), proxy: None };
        for (repeat, cause, wanted) in [
            (Read, broken(), soon),
            (Idempotent, broken(), soon),
            (Write, broken(), Never),
            (Once, broken(), Never),
            (Read, refused(), soon),
            (Write, refused(), soon),
            (Once, refused(), Never),
            (Read, status(503, None), soon),
            (Read, status(502, Some(3)), WhenPermitted),
            (Write, status(503, None), Never),
            (Write, status(503, Some(1)), Never),
            (Read, status(500, None), Never),
            (Read, status(404, None), Never),
            (Read, status(429, Some(7)), WhenPermitted),
            (Write, status(429, Some(7)), WhenPermitted),
            (Once, status(429, Some(7)), Never),
            (Read, status(429, None), WhenPermitted),
            (Write, status(429, None), WhenPermitted),
            (Once, status(429, None), Never),
            (Read, Cause::Timeout { after: Duration::from_secs(30) }, Never),
        ] {
            let error = error(cause);
            let retry = Attempts::default().record_failure(&error, terms(repeat));
            assert_eq!(retry, wanted, "{repeat:?} after {error}");
        }
    }

    /// How often a request is sent that always fails like this.
    fn count_attempts(cause: Cause) -> u32 {
        let (error, mut attempts, mut sent) = (error(cause), Attempts::default(), 1);
        while attempts.record_failure(&error, terms(Repeat::Read)) != Retry::Never {
            sent += 1;
        }
        sent
    }

    #[test]
    fn consecutive_failures_end() {
        for (cause, wanted) in [
            (Cause::Broken { detail: String::new() }, 4),
            (Cause::Connect { detail: String::new(), proxy: None }, 2),
            (status(503, Some(1)), 4),
            (status(429, Some(1)), 8),
            (status(429, None), 9),
        ] {
            let what = cause.to_string();
            assert_eq!(count_attempts(cause), wanted, "{what}");
        }
    }

    #[test]
    fn a_rate_limit_does_not_count_as_a_failure() {
        let mut attempts = Attempts::default();
        let (limit, broken) = (error(status(429, Some(1))), error(Cause::Broken { detail: String::new() }));
        for _ in 0..5 {
            assert_eq!(attempts.record_failure(&limit, terms(Repeat::Read)), Retry::WhenPermitted);
        }
        for wait in [250, 500, 1000] {
            let wanted = Retry::After(Duration::from_millis(wait));
            assert_eq!(attempts.record_failure(&broken, terms(Repeat::Read)), wanted);
        }
        assert_eq!(attempts.record_failure(&broken, terms(Repeat::Read)), Retry::Never);
    }
}
