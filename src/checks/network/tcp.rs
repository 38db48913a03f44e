//! Ports: every address by itself.

use super::{AddressEvidence, Seen};
use crate::checks::outcome::CheckOutcome;
use crate::desired::{WayOwner, WayTarget};
use crate::error::Fix;
use crate::http::probe::{Attempt, Opening};
use crate::observed::ways::WaySeen;
use crate::text::{counted, milliseconds};

/// What may be said of a connection that does not open, and no more.
pub(super) fn opening_text(opening: &Opening) -> &str {
    match opening {
        Opening::Open => "open",
        Opening::Refused => "refused: nothing listens there, or a firewall refuses",
        Opening::Reset => "reset: a firewall on the way, or the server, ends the connection",
        Opening::NoAnswer => "no answer: a firewall drops it, or no route leads there or back",
        Opening::HostUnreachable => {
            "host unreachable: no machine has this address, or a router or firewall on the way refuses"
        }
        Opening::NetworkUnreachable => "a router on the way has no route there, or refuses it (network unreachable)",
        Opening::NoRoute => "this machine has no route there, so nothing was sent; of the other end that says nothing",
        Opening::NotPermitted => {
            "this machine does not permit the connection: its own firewall, or a container's rules"
        }
        Opening::Other(why) => why,
    }
}

const fn opening_name(opening: &Opening) -> &'static str {
    match opening {
        Opening::Open => "open",
        Opening::Refused => "refused",
        Opening::Reset => "reset",
        Opening::NoAnswer => "no_answer",
        Opening::HostUnreachable => "host_unreachable",
        Opening::NetworkUnreachable => "network_unreachable",
        Opening::NoRoute => "no_route",
        Opening::NotPermitted => "not_permitted",
        Opening::Other(_) => "other",
    }
}

pub(super) fn tcp(_all: &Seen<'_>, way: &WaySeen) -> Option<CheckOutcome> {
    if way.proxy.is_some() {
        return Some(CheckOutcome::not_observable("requests go through a proxy, which opens the connection"));
    }
    let attempts = &way.attempts;
    let evidence: Vec<AddressEvidence> = attempts
        .iter()
        .map(|attempt| AddressEvidence {
            ms: attempt.took.map(milliseconds),
            ..AddressEvidence::new(attempt.address.ip(), opening_name(&attempt.opening))
        })
        .collect();
    let is_open = |attempt: &&Attempt| attempt.opening == Opening::Open;
    let closed: Vec<&Attempt> = attempts.iter().filter(|attempt| !is_open(attempt)).collect();
    let open = attempts.iter().filter(is_open).count();
    // An address of a family that this machine has no route for is no fault of the way.
    let counted_closed: Vec<&&Attempt> = closed.iter().filter(|attempt| attempt.opening != Opening::NoRoute).collect();
    let outcome = match (open, counted_closed.is_empty()) {
        (0, _) if attempts.is_empty() => CheckOutcome::unknown("there is no address to connect to"),
        (0, _) => none_opens(way, &closed),
        (_, true) if closed.is_empty() => CheckOutcome::pass().note(fastest(attempts)),
        (_, true) => CheckOutcome::pass().note(format!(
            "{}; {} without a route from here",
            fastest(attempts),
            counted(i64::try_from(closed.len()).unwrap_or(i64::MAX), "address")
        )),
        (_, false) => CheckOutcome::warn(format!(
            "{open} of {} addresses open: clients that try another one first wait or fail; {}",
            attempts.len(),
            each(&counted_closed.into_iter().copied().collect::<Vec<_>>())
        ))
        .fix(let_pass(way, &closed)),
    };
    Some(outcome.evidence("addresses", evidence))
}

fn fastest(attempts: &[Attempt]) -> String {
    let quickest = attempts.iter().filter_map(|attempt| attempt.took).min();
    quickest.map(|time| format!("{} ms", milliseconds(time))).unwrap_or_default()
}

/// Each address with what came of it; addresses with the same outcome together.
fn each(closed: &[&Attempt]) -> String {
    let mut groups: Vec<(&Opening, Vec<String>)> = Vec::new();
    for attempt in closed {
        match groups.iter_mut().find(|(opening, _)| *opening == &attempt.opening) {
            Some((_, of)) => of.push(attempt.address.ip().to_string()),
            None => groups.push((&attempt.opening, vec![attempt.address.ip().to_string()])),
        }
    }
    let said = groups.iter().map(|(opening, of)| format!("{}: {}", of.join(", "), opening_text(opening)));
    said.collect::<Vec<_>>().join("; ")
}

fn none_opens(way: &WaySeen, closed: &[&Attempt]) -> CheckOutcome {
    // Where this machine permits nothing, nothing was sent.
    let is_silent =
        |attempt: &&Attempt| matches!(attempt.opening, Opening::NoAnswer | Opening::NotPermitted | Opening::Other(_));
    let cause = each(closed);
    // Where one of them refuses, that is known.
    if closed.iter().all(is_silent) {
        CheckOutcome::unknown(cause).fix(let_pass(way, closed))
    } else {
        CheckOutcome::fail(cause).fix(let_pass(way, closed))
    }
}

/// What mends a fault of this machine itself.
pub(super) fn own_fix(opening: &Opening, what: &str) -> Fix {
    if *opening == Opening::NotPermitted {
        return Fix::say(format!(
            "let this machine send {what}: look at its own packet filter (nft list ruleset), or at the rules of its container"
        ));
    }
    Fix::say("give this machine a route (its address, its VPN), or look with --ipv4 or --ipv6 alone")
}

fn let_pass(way: &WaySeen, closed: &[&Attempt]) -> Fix {
    let WayTarget { port, .. } = way.target;
    let one_of_all = closed.first().map(|first| &first.opening);
    if let Some(opening @ (Opening::NoRoute | Opening::NotPermitted)) = one_of_all
        && closed.iter().all(|attempt| attempt.opening == *opening)
    {
        return own_fix(opening, &format!("TCP {port} to {}", way.target.host));
    }
    let own = way.own.first().map_or_else(|| "this machine".to_owned(), ToString::to_string);
    let to: Vec<String> = closed.iter().map(|attempt| attempt.address.ip().to_string()).collect();
    // What GitLab sends does not come from here.
    let also = match way.target.owner {
        WayOwner::Factory => " and from where GitLab's own connections leave (nodes with Sidekiq and Gitaly, or NAT)",
        WayOwner::GitLab | WayOwner::Given => "",
    };
    Fix::say(format!(
        "check that a server listens on port {port}; let TCP {port} pass from {own}{also} to {} (firewall, security group, \
         network ACL), and give both sides a route to the other",
        to.join(", ")
    ))
}
