//! Whether and when a failed request is sent again. Pure.

use std::time::Duration;

use super::error::{CauseClass, Error};
use super::pace::{LONGEST_PAUSE, Patience, backoff};
use super::request::Repeat;

/// How far a request has come. Limits are counted apart from failures: in a large run, any request may meet a few.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Attempts {
    pub failures: u32,
    pub limits: u32,
    /// Waited for limits that named no time.
    nameless: Duration,
}

/// When it is sent again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Again {
    After(Duration),
    /// As soon as the gate lets it: all wait for the same limit there.
    AtTheGate,
    Never,
}

/// No request fails more often than this.
const MOST_FAILURES: u32 = 4;
/// No request is limited more often than this by a server that says until when. Who was limited goes first when the
/// time has come, so that more is no matter of how many others there are.
const MOST_LIMITS: u32 = 8;

/// What a failure says about sending again.
enum Outcome {
    /// It never reached the server.
    Unreached,
    /// A rate limit: not acted upon.
    Limited(Option<Duration>),
    /// It may have been acted upon.
    Doubtful(Option<Duration>),
    Final,
}

impl Attempts {
    /// Counts a failure, and says when to send again. `jitter` is any byte.
    pub(super) fn after(&mut self, error: &Error, repeat: Repeat, (patience, jitter): (Patience, u8)) -> Again {
        match (outcome(error), repeat) {
            (Outcome::Final, _) | (_, Repeat::Once) | (Outcome::Doubtful(_), Repeat::Write) => Again::Never,
            // Also a write: every limiter there is (Rack::Attack, GitLab's own, a proxy's) answers 429 instead of acting,
            // so sending it again cannot do it twice.
            (Outcome::Limited(asked), _) => self.limited(asked, patience, jitter),
            (outcome, _) => self.failed(&outcome, jitter),
        }
    }

    fn limited(&mut self, asked: Option<Duration>, patience: Patience, jitter: u8) -> Again {
        self.limits += 1;
        if asked.is_none() {
            self.nameless += backoff(self.limits, LONGEST_PAUSE, jitter);
        }
        let is_enough = self.limits >= MOST_LIMITS && asked.is_some() || self.nameless > patience.nameless;
        if is_enough { Again::Never } else { Again::AtTheGate }
    }

    fn failed(&mut self, outcome: &Outcome, jitter: u8) -> Again {
        self.failures += 1;
        match outcome {
            // Somebody who mistyped an address waits for this, so once is enough.
            Outcome::Unreached if self.failures > 1 => Again::Never,
            _ if self.failures >= MOST_FAILURES => Again::Never,
            Outcome::Doubtful(Some(_)) => Again::AtTheGate,
            _ => Again::After(backoff(self.failures, LONGEST_PAUSE, jitter)),
        }
    }
}

fn outcome(error: &Error) -> Outcome {
    let asked = || error.answer().and_then(|answer| answer.retry_after);
    match error.class() {
        CauseClass::Unreachable => Outcome::Unreached,
        CauseClass::RateLimited => Outcome::Limited(asked()),
        CauseClass::Unavailable | CauseClass::Lost => Outcome::Doubtful(asked()),
        CauseClass::Refused
        | CauseClass::Redirected
        | CauseClass::ServerError
        | CauseClass::UnexpectedStatus
        | CauseClass::Untrusted
        | CauseClass::TimedOut
        | CauseClass::Unreadable
        | CauseClass::BrokenList
        | CauseClass::Interrupted
        | CauseClass::Setup => Outcome::Final,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::error::{Answer, Cause, Failed};

    const PATIENCE: Patience = Patience { named: Duration::from_secs(60), nameless: Duration::from_secs(60) };

    fn error(cause: Cause) -> Error {
        Failed { method: "GET", host: "h".to_owned(), path: "/".to_owned(), cause: Box::new(cause) }.into()
    }

    fn status(status: u16, seconds: Option<u64>) -> Cause {
        Cause::Status(Answer { status, retry_after: seconds.map(Duration::from_secs), ..Answer::default() })
    }

    #[test]
    fn what_is_sent_again_and_when() {
        use Again::{AtTheGate, Never};
        use Repeat::{Idempotent, Once, Read, Write};
        let soon = Again::After(Duration::from_millis(250));
        let broken = || Cause::Broken { detail: String::new() };
        let refused = || Cause::Connect { detail: String::new() };
        for (repeat, cause, wanted) in [
            (Read, broken(), soon),
            (Idempotent, broken(), soon),
            (Write, broken(), Never),
            (Once, broken(), Never),
            (Read, refused(), soon),
            (Write, refused(), soon),
            (Once, refused(), Never),
            (Read, status(503, None), soon),
            (Read, status(502, Some(3)), AtTheGate),
            (Write, status(503, None), Never),
            (Write, status(503, Some(1)), Never),
            (Read, status(500, None), Never),
            (Read, status(404, None), Never),
            (Read, status(429, Some(7)), AtTheGate),
            (Write, status(429, Some(7)), AtTheGate),
            (Once, status(429, Some(7)), Never),
            (Read, status(429, None), AtTheGate),
            (Write, status(429, None), AtTheGate),
            (Once, status(429, None), Never),
            (Read, Cause::Timeout { after: Duration::from_secs(30) }, Never),
        ] {
            let error = error(cause);
            let again = Attempts::default().after(&error, repeat, (PATIENCE, 0));
            assert_eq!(again, wanted, "{repeat:?} after {error}");
        }
    }

    /// How often a request is sent that always ends like this.
    fn sent(cause: Cause) -> u32 {
        let (error, mut attempts, mut sent) = (error(cause), Attempts::default(), 1);
        while attempts.after(&error, Repeat::Read, (PATIENCE, 0)) != Again::Never {
            sent += 1;
        }
        sent
    }

    #[test]
    fn every_row_of_failures_ends() {
        for (cause, wanted) in [
            (Cause::Broken { detail: String::new() }, 4),
            (Cause::Connect { detail: String::new() }, 2),
            (status(503, Some(1)), 4),
            (status(429, Some(1)), 8),
            (status(429, None), 9),
        ] {
            let what = cause.to_string();
            assert_eq!(sent(cause), wanted, "{what}");
        }
    }

    #[test]
    fn a_limit_takes_no_attempt_away_from_failures() {
        let mut attempts = Attempts::default();
        let (limit, broken) = (error(status(429, Some(1))), error(Cause::Broken { detail: String::new() }));
        for _ in 0..5 {
            assert_eq!(attempts.after(&limit, Repeat::Read, (PATIENCE, 0)), Again::AtTheGate);
        }
        for wait in [250, 500, 1000] {
            let wanted = Again::After(Duration::from_millis(wait));
            assert_eq!(attempts.after(&broken, Repeat::Read, (PATIENCE, 0)), wanted);
        }
        assert_eq!(attempts.after(&broken, Repeat::Read, (PATIENCE, 0)), Again::Never);
    }
}
