//! Time: how far the clock of a server is from ours, and whose is wrong.

use super::Seen;
use super::tcp::milliseconds;
use crate::checks::outcome::CheckOutcome;
use crate::desired::WayOwner;
use crate::error::Fix;
use crate::kit::EndpointProtocol;
use crate::observed::ways::WaySeen;

/// In seconds. OAuth and signed webhooks take no more than five minutes.
const WARN: i64 = 30;
const FAIL: i64 = 300;

pub(super) fn clock(all: &Seen<'_>, way: &WaySeen) -> Option<CheckOutcome> {
    if way.target.protocol != EndpointProtocol::Https {
        return None;
    }
    let Some(difference) = way.http.as_ref().and_then(|first| first.clock) else {
        return Some(CheckOutcome::not_observable("no answer of the server itself tells its time"));
    };
    let certain = difference.certain_seconds();
    let outcome = match certain.abs() {
        FAIL.. => CheckOutcome::fail(cause(all, way, certain)).fix(fix(all, way)),
        WARN.. => CheckOutcome::warn(cause(all, way, certain)).fix(fix(all, way)),
        _ => CheckOutcome::pass(),
    };
    Some(
        outcome
            .evidence("ahead_s", difference.ahead.as_secs())
            .evidence("uncertainty_ms", milliseconds(difference.uncertainty)),
    )
}

/// Whose clock is the wrong one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Wrong {
    Ours,
    Theirs,
    NotKnown,
}

/// What the servers of others say decides: two that agree with each other are right.
fn wrong(all: &Seen<'_>, way: &WaySeen) -> Wrong {
    let of = |way: &WaySeen| Some(way.http.as_ref()?.clock?.certain_seconds());
    let Some(own) = of(way) else { return Wrong::NotKnown };
    let is_gitlab = way.target.owner == WayOwner::GitLab;
    let others: Vec<i64> = all
        .seen
        .ways
        .iter()
        .filter(|other| (other.target.owner == WayOwner::GitLab) != is_gitlab && other.target.host != way.target.host)
        .filter_map(of)
        .collect();
    if others.is_empty() {
        Wrong::NotKnown
    } else if others.iter().all(|other| (other - own).abs() < WARN) {
        Wrong::Ours
    } else if others.iter().all(|other| other.abs() < WARN) {
        Wrong::Theirs
    } else {
        Wrong::NotKnown
    }
}

fn cause(all: &Seen<'_>, way: &WaySeen, seconds: i64) -> String {
    let host = &way.target.host;
    let size = shown(seconds.abs());
    let (theirs, ours) = if seconds > 0 { ("ahead of", "behind") } else { ("behind", "ahead of") };
    match wrong(all, way) {
        Wrong::Ours => {
            format!("this machine's clock is {size} {ours} GitLab's and Factory's, which agree with each other")
        }
        Wrong::Theirs => format!("the clock of {host} is {size} {theirs} this machine's, which agrees with the others"),
        Wrong::NotKnown => format!("the clock of {host} is {size} {theirs} this machine's; one of them is wrong"),
    }
}

fn shown(seconds: i64) -> String {
    if seconds < 120 { format!("{seconds} s") } else { format!("{} min", seconds / 60) }
}

fn fix(all: &Seen<'_>, way: &WaySeen) -> Fix {
    let host = &way.target.host;
    match wrong(all, way) {
        Wrong::Ours => Fix::say("set this machine's clock, and let it follow a time server (timedatectl)"),
        Wrong::Theirs => Fix::say(format!("set the clock of {host}, and let it follow a time server")),
        Wrong::NotKnown => Fix::say(format!(
            "compare both clocks with a third, and set the wrong one: this machine's or that of {host}"
        )),
    }
}
