//! Whether and when a failed request is sent again. Pure.

use std::time::Duration;

use super::failure::{Cause, Error};
use super::request::Repeat;

/// How far a request has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    /// The one that just failed; the first is 1.
    pub number: u32,
    /// Waited before it, in all.
    pub waited: Duration,
    /// Any byte, so that many clients do not come back at the same moment.
    pub jitter: u8,
}

/// No request is sent more often than this.
const MOST_ATTEMPTS: u32 = 4;
/// No request waits longer than this in all; who asks for more patience is told to run again.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
const FIRST_WAIT: Duration = Duration::from_millis(250);

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

/// How long to wait before sending again; `None` is not to.
pub(super) fn next(repeat: Repeat, attempt: Attempt, error: &Error) -> Option<Duration> {
    let wait = match (outcome(&error.cause), repeat) {
        (Outcome::Final, _) | (_, Repeat::Once) | (Outcome::Doubtful(_), Repeat::Write) => return None,
        // Somebody who mistyped an address waits for this, so once is enough.
        (Outcome::Unreached, _) if attempt.number > 1 => return None,
        (Outcome::Limited(Some(asked)) | Outcome::Doubtful(Some(asked)), _) => asked,
        // A limit that names no time is waited out by reads only.
        (Outcome::Limited(None), Repeat::Write) => return None,
        (Outcome::Unreached | Outcome::Limited(None) | Outcome::Doubtful(None), _) => backoff(attempt),
    };
    (attempt.number < MOST_ATTEMPTS && attempt.waited + wait <= LONGEST_WAIT).then_some(wait)
}

fn outcome(cause: &Cause) -> Outcome {
    match cause {
        Cause::Dns { .. } | Cause::Connect { .. } => Outcome::Unreached,
        Cause::Broken { .. } => Outcome::Doubtful(None),
        Cause::Status(answer) => match answer.status {
            429 => Outcome::Limited(answer.retry_after),
            502..=504 => Outcome::Doubtful(answer.retry_after),
            _ => Outcome::Final,
        },
        Cause::Tls(_)
        | Cause::Timeout { .. }
        | Cause::Imposter { .. }
        | Cause::Decode { .. }
        | Cause::TooLarge { .. }
        | Cause::Redirected { .. }
        | Cause::Link(_)
        | Cause::Interrupted
        | Cause::Setup(_) => Outcome::Final,
    }
}

/// 250 ms, doubled each time, and up to half as much again by chance.
fn backoff(attempt: Attempt) -> Duration {
    let base = FIRST_WAIT * 2_u32.pow(attempt.number.saturating_sub(1).min(6));
    base + base * u32::from(attempt.jitter) / 512
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::failure::{Answer, Failed};

    fn error(cause: Cause) -> Error {
        Failed { method: "GET", host: "h".to_owned(), path: "/".to_owned(), cause: Box::new(cause) }.into()
    }

    fn status(status: u16, seconds: Option<u64>) -> Cause {
        Cause::Status(Answer { status, retry_after: seconds.map(Duration::from_secs), ..Answer::default() })
    }

    fn first() -> Attempt {
        Attempt { number: 1, waited: Duration::ZERO, jitter: 0 }
    }

    #[test]
    fn what_is_sent_again_and_when() {
        use Repeat::{Once, Read, Write};
        let soon = Some(FIRST_WAIT);
        let broken = || Cause::Broken { detail: String::new() };
        let refused = || Cause::Connect { detail: String::new() };
        for (repeat, cause, wanted) in [
            (Read, broken(), soon),
            (Write, broken(), None),
            (Once, broken(), None),
            (Read, refused(), soon),
            (Write, refused(), soon),
            (Once, refused(), None),
            (Read, status(503, None), soon),
            (Read, status(502, Some(3)), Some(Duration::from_secs(3))),
            (Write, status(503, None), None),
            (Write, status(503, Some(1)), None),
            (Read, status(500, None), None),
            (Read, status(404, None), None),
            (Read, status(429, Some(7)), Some(Duration::from_secs(7))),
            (Write, status(429, Some(7)), Some(Duration::from_secs(7))),
            (Once, status(429, Some(7)), None),
            (Read, status(429, None), soon),
            (Write, status(429, None), None),
            (Read, status(429, Some(3600)), None),
            (Read, Cause::Timeout { after: Duration::from_secs(30) }, None),
        ] {
            let error = error(cause);
            assert_eq!(next(repeat, first(), &error), wanted, "{repeat:?} after {error}");
        }
    }

    #[test]
    fn waiting_grows_and_ends() {
        let error = error(Cause::Broken { detail: String::new() });
        let waits: Vec<_> = (1..=4).map(|number| next(Repeat::Read, Attempt { number, ..first() }, &error)).collect();
        let milliseconds = |count| Some(Duration::from_millis(count));
        assert_eq!(waits, [milliseconds(250), milliseconds(500), milliseconds(1000), None]);
        let late = Attempt { number: 2, waited: LONGEST_WAIT, jitter: 0 };
        assert_eq!(next(Repeat::Read, late, &error), None);
    }
}
