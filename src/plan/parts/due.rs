//! Whether a secret is old enough, or ends soon enough, to be renewed (`--due`, `--older-than`).

use jiff::{SignedDuration, Timestamp};

use super::bundle::Sides;
use crate::journal::Rotation;
use crate::plan::Blocker;

/// From when on a secret is renewed. Without any limit it is renewed now.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// `--due`: it ends within this time.
    pub ends_within: Option<Limit>,
    /// `--older-than`: its last change that is recorded here is older.
    pub older_than: Option<Limit>,
}

/// A time with the words in which it was given: `30d`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Limit {
    pub time: SignedDuration,
    pub text: String,
}

/// Whether it is to be renewed now.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::plan) enum Dueness {
    Due,
    /// With the reason, for the user.
    NotDue(String),
    Unknown(Blocker),
}

/// The token of Factory: what GitLab says of its end, and what is recorded of its beginning. One that does not work is due.
pub(in crate::plan) fn token(sides: &Sides<'_>, limits: &Limits) -> Dueness {
    let Some(limit) = &limits.ends_within else { return secret(sides, limits, Rotation::Token) };
    // Without an answer nothing is planned (`require_observed`).
    let end = match sides.observed.handed_over.known() {
        Some(Some(token)) if token.active => token.expires_at,
        Some(_) => return Dueness::Due,
        None => return Dueness::Unknown(Blocker::UnknownEnd),
    };
    let Some(end) = end else {
        return Dueness::NotDue("the token that Factory has does not expire; not due".to_owned());
    };
    let until = sides.observed.at.saturating_add(limit.time).unwrap_or(Timestamp::MAX);
    if end <= until.to_zoned(jiff::tz::TimeZone::UTC).date() {
        return Dueness::Due;
    }
    let text = &limit.text;
    Dueness::NotDue(format!("the token that Factory has ends on {end}, which is not within {text} (--due); not due"))
}

/// What this machine recorded of the last change.
pub(in crate::plan) fn secret(sides: &Sides<'_>, limits: &Limits, what: Rotation) -> Dueness {
    let Some(limit) = &limits.older_than else { return Dueness::Due };
    let Some(changed) = sides.record.changed_at(what) else { return Dueness::Unknown(Blocker::UnknownAge { what }) };
    if sides.observed.at.duration_since(changed) > limit.time {
        return Dueness::Due;
    }
    let (day, text) = (changed.to_zoned(jiff::tz::TimeZone::UTC).date(), &limit.text);
    Dueness::NotDue(format!(
        "{} was changed last on {day}, which is not longer ago than {text} (--older-than); not due",
        what.name()
    ))
}
