//! How far a server's clock is ahead of ours, by the `Date` of its response. Pure.

use std::time::Duration;

use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};

/// What a response says about the server's clock.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClockDifference {
    /// How far the server's clock is ahead of ours; negative where it is behind.
    pub ahead: SignedDuration,
    /// The real difference is at most this much more or less.
    pub uncertainty: Duration,
}

impl ClockDifference {
    /// How many seconds the server's clock is ahead at least; negative where it is behind.
    #[must_use]
    pub fn certain_seconds(&self) -> i64 {
        let uncertain = SignedDuration::try_from(self.uncertainty).unwrap_or(SignedDuration::ZERO);
        let size = self.ahead.abs().checked_sub(uncertain).unwrap_or(SignedDuration::ZERO).max(SignedDuration::ZERO);
        if self.ahead.is_negative() { -size.as_secs() } else { size.as_secs() }
    }
}

/// Why a response does not tell the server's time.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NoTime {
    #[error("no answer of the server itself tells its time")]
    NoDate,
    #[error("the answer was stored on the way, and its date is that of an earlier one")]
    Stored,
    /// With the start of what came.
    #[error("the date of its answer cannot be read: {0:?}")]
    Unreadable(String),
}

/// The headers of a response that tell the time, and when it was asked for.
#[derive(Clone, Copy, Debug)]
pub struct DatedResponse<'a> {
    pub date: &'a str,
    pub age: Option<&'a str>,
    /// Our time when the request was sent.
    pub sent: Timestamp,
    pub round_trip: Duration,
}

/// # Errors
/// A date that cannot be read, or is that of a stored response (`Age` above zero).
pub fn clock_difference(response: &DatedResponse<'_>) -> Result<ClockDifference, NoTime> {
    /// `Date` names whole seconds: on average the server's clock is this much further.
    const HALF_A_SECOND: Duration = Duration::from_millis(500);
    const LONGEST_QUOTE: usize = 60;
    if response.age.is_some_and(|age| age.trim() != "0") {
        return Err(NoTime::Stored);
    }
    let unreadable = |_: jiff::Error| NoTime::Unreadable(response.date.chars().take(LONGEST_QUOTE).collect());
    let date = rfc2822::parse(response.date.trim()).map_err(unreadable)?.timestamp();
    let half = response.round_trip / 2;
    let theirs = date.checked_add(HALF_A_SECOND).map_err(unreadable)?;
    let ours = response.sent.checked_add(half).map_err(unreadable)?;
    Ok(ClockDifference { ahead: theirs.duration_since(ours), uncertainty: half + HALF_A_SECOND })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(date: &str, age: Option<&str>) -> Result<ClockDifference, NoTime> {
        let sent = "2026-03-01T12:00:00Z".parse().expect("a time");
        clock_difference(&DatedResponse { date, age, sent, round_trip: Duration::from_millis(400) })
    }

    #[test]
    fn the_difference_is_from_the_middle_of_the_exchange_and_of_the_second() {
        for (date, milliseconds) in [
            ("Sun, 01 Mar 2026 12:00:00 GMT", 300),
            ("Sun, 01 Mar 2026 12:05:00 GMT", 300_300),
            ("Sun, 01 Mar 2026 11:59:00 GMT", -59_700),
        ] {
            let seen = seen(date, None).expect(date);
            assert_eq!(seen.ahead, SignedDuration::from_millis(milliseconds), "{date}");
            assert_eq!(seen.uncertainty, Duration::from_millis(700));
        }
    }

    #[test]
    fn a_stored_response_and_an_unreadable_date_tell_no_time_and_say_so() {
        let date = "Sun, 01 Mar 2026 12:00:00 GMT";
        assert!(seen(date, Some("0")).is_ok());
        for age in ["1", "86400", "", "soon"] {
            assert_eq!(seen(date, Some(age)), Err(NoTime::Stored), "{age}");
        }
        let late = "Fri, 31 Dec 9999 23:59:59 GMT";
        for date in ["", "now", "2026-03-01T12:00:00Z", "Sun, 01 Mar 99999 12:00:00 GMT", late] {
            assert_eq!(seen(date, None), Err(NoTime::Unreadable(date.to_owned())), "{date}");
        }
    }
}
