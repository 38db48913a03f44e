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

/// The headers of a response that tell the time, and when it was asked for.
#[derive(Clone, Copy, Debug)]
pub struct DatedResponse<'a> {
    pub date: &'a str,
    pub age: Option<&'a str>,
    /// Our time when the request was sent.
    pub sent: Timestamp,
    pub round_trip: Duration,
}

/// `None` where the date cannot be read, or is that of a stored response (`Age` above zero).
#[must_use]
pub fn clock_difference(response: &DatedResponse<'_>) -> Option<ClockDifference> {
    /// `Date` names whole seconds: on average the server's clock is this much further.
    const HALF_A_SECOND: Duration = Duration::from_millis(500);
    if response.age.is_some_and(|age| age.trim() != "0") {
        return None;
    }
    let date = rfc2822::parse(response.date.trim()).ok()?.timestamp();
    let half = response.round_trip / 2;
    let theirs = date.checked_add(HALF_A_SECOND).ok()?;
    let ours = response.sent.checked_add(half).ok()?;
    Some(ClockDifference { ahead: theirs.duration_since(ours), uncertainty: half + HALF_A_SECOND })
}
