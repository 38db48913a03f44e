//! Time: how far the clock of a server is from ours, and whose is wrong.

use std::borrow::Cow;
use std::collections::HashSet;

use super::{Seen, answer};
use crate::checks::outcome::{CheckOutcome, CheckStatus};
use crate::desired::WayOwner;
use crate::error::Fix;
use crate::http::probe::NoTime;
use crate::kit::EndpointProtocol;
use crate::observed::ways::WaySeen;
use crate::text::milliseconds;

/// In seconds. OAuth and signed webhooks take no more than five minutes.
const WARN: i64 = 30;
const FAIL: i64 = 300;

pub(super) fn clock(all: &Seen<'_>, way: &WaySeen) -> Option<CheckOutcome> {
    if way.target.protocol != EndpointProtocol::Https {
        return None;
    }
    let read = match &way.http {
        // What answers in its place has a clock of its own.
        Some(first) if is_servers_own(all, way) => first.clock.clone(),
        Some(_) | None => Err(NoTime::NoDate),
    };
    let difference = match read {
        Ok(difference) => difference,
        Err(unreadable @ NoTime::Unreadable(_)) => {
            return Some(CheckOutcome::unknown(unreadable.to_string()).fix(Fix::say(format!(
                "look at the clock of {}, and at what sets the Date of its answers",
                way.target.host
            ))));
        }
        Err(why) => return Some(CheckOutcome::not_observable(why.to_string())),
    };
    let certain = difference.certain_seconds();
    let outcome = if certain.abs() < WARN {
        CheckOutcome::pass()
    } else {
        let (cause, fix) = told(all, way, certain);
        let outcome = if certain.abs() < FAIL { CheckOutcome::warn(cause) } else { CheckOutcome::fail(cause) };
        outcome.fix(fix)
    };
    Some(
        outcome
            .evidence("ahead_s", difference.ahead.as_secs())
            .evidence("uncertainty_ms", milliseconds(difference.uncertainty)),
    )
}

/// Whether the server itself answered.
fn is_servers_own(all: &Seen<'_>, way: &WaySeen) -> bool {
    answer::http(all, way).is_some_and(|outcome| outcome.status == CheckStatus::Pass)
}

/// A clock that was read.
#[derive(Clone)]
pub(super) struct ClockSeen {
    host: String,
    is_gitlab: bool,
    /// How far it is ahead of ours at least.
    ahead: i64,
}

/// The clocks of one side, with how far they are ahead at least and at most.
#[derive(Clone, Default)]
pub(super) struct Clocks {
    all: Vec<ClockSeen>,
    hosts: HashSet<String>,
    least: i64,
    most: i64,
}

impl Clocks {
    fn of(all: Vec<ClockSeen>) -> Self {
        let least = all.iter().map(|clock| clock.ahead).min().unwrap_or_default();
        let most = all.iter().map(|clock| clock.ahead).max().unwrap_or_default();
        let hosts = all.iter().map(|clock| clock.host.clone()).collect();
        Self { all, hosts, least, most }
    }

    /// Those of other hosts.
    fn without(&self, host: &str) -> Cow<'_, Self> {
        if !self.hosts.contains(host) {
            return Cow::Borrowed(self);
        }
        Cow::Owned(Self::of(self.all.iter().filter(|clock| clock.host != host).cloned().collect()))
    }
}

/// Every clock that was read, GitLab's and the others; what is skipped has no say in whose is wrong.
pub(super) fn clocks(all: &Seen<'_>) -> (Clocks, Clocks) {
    let read = |way: &WaySeen| {
        let difference = way.http.as_ref()?.clock.as_ref().ok()?;
        is_servers_own(all, way).then(|| ClockSeen {
            host: way.target.host.clone(),
            is_gitlab: way.target.owner == WayOwner::GitLab,
            ahead: difference.certain_seconds(),
        })
    };
    let (gitlab, others): (Vec<_>, Vec<_>) = all.seen.ways.iter().filter_map(read).partition(|clock| clock.is_gitlab);
    (Clocks::of(gitlab), Clocks::of(others))
}

/// Whose clock is the wrong one.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Wrong {
    /// With the servers that agree with each other.
    Ours(Vec<String>),
    Theirs,
    NotKnown,
}

/// What the servers of others say decides: two that agree with each other are right.
fn wrong(all: &Seen<'_>, way: &WaySeen, own: i64) -> Wrong {
    let (gitlab, others) = &all.clocks;
    let others = if way.target.owner == WayOwner::GitLab { others } else { gitlab };
    let others = others.without(&way.target.host);
    if others.all.is_empty() {
        Wrong::NotKnown
    } else if others.most - own < WARN && own - others.least < WARN {
        let mut hosts = vec![way.target.host.clone()];
        for other in &others.all {
            if hosts.len() > NAMED {
                break;
            }
            if !hosts.contains(&other.host) {
                hosts.push(other.host.clone());
            }
        }
        Wrong::Ours(hosts)
    } else if others.most < WARN && others.least > -WARN {
        Wrong::Theirs
    } else {
        Wrong::NotKnown
    }
}

/// No more clocks are named, beside the one that is judged.
const NAMED: usize = 3;

/// The cause and what mends it.
fn told(all: &Seen<'_>, way: &WaySeen, seconds: i64) -> (String, Fix) {
    let host = &way.target.host;
    let size = shown(seconds.abs());
    let (theirs, ours) = if seconds > 0 { ("ahead of", "behind") } else { ("behind", "ahead of") };
    match wrong(all, way, seconds) {
        Wrong::Ours(hosts) => (
            format!("this machine's clock is {size} {ours} those of {}, which agree with each other", hosts.join(", ")),
            Fix::say("set this machine's clock, and let it follow a time server (timedatectl)"),
        ),
        Wrong::Theirs => (
            format!("the clock of {host} is {size} {theirs} this machine's, which agrees with the others"),
            Fix::say(format!("set the clock of {host}, and let it follow a time server")),
        ),
        Wrong::NotKnown => (
            format!("the clock of {host} is {size} {theirs} this machine's; one of them is wrong"),
            Fix::say(format!(
                "compare both clocks with a third, and set the wrong one: this machine's or that of {host}"
            )),
        ),
    }
}

fn shown(seconds: i64) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    const YEAR: i64 = 365 * DAY;
    let (size, unit) = match seconds {
        ..=119 => (seconds, "s"),
        120..=7_199 => (seconds / MINUTE, "min"),
        7_200..=172_799 => (seconds / HOUR, "hours"),
        172_800..=63_071_999 => (seconds / DAY, "days"),
        _ => (seconds / YEAR, "years"),
    };
    format!("{size} {unit}")
}
