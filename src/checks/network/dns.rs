//! Names: this machine's resolver, and given ones.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::tcp::{opening_text, own_fix};
use super::{AddressEvidence, Seen, ask_again};
use crate::checks::outcome::CheckOutcome;
use crate::desired::AddressFamily;
use crate::error::Fix;
use crate::http::probe::{DnsAnswer, Opening};
use crate::http::{self, Cause};
use crate::network::AddressClass;
use crate::observed::Observation;
use crate::observed::ways::{ResolverAnswers, WaySeen};

pub(super) fn dns(all: &Seen<'_>, way: &WaySeen) -> Option<CheckOutcome> {
    let host = &way.target.host;
    if way.target.literal().is_some() {
        return Some(CheckOutcome::pass().note("it is an address").evidence("addresses", addresses(way)));
    }
    let addresses_seen = match &way.addresses {
        Observation::Skipped(reason) => return Some(CheckOutcome::not_observable(*reason)),
        Observation::Failed(error) => return Some(unresolved(way, error)),
        Observation::Known(addresses) => addresses,
    };
    let family = all.ways.family;
    if !addresses_seen.iter().any(|address| family.has(*address)) {
        let which = if family == AddressFamily::V4 { "IPv4" } else { "IPv6" };
        return Some(
            CheckOutcome::fail(format!("{host} has no {which} address"))
                .evidence("addresses", addresses(way))
                .fix(Fix::say(format!("give {host} an {which} address, or look without the option that wants one"))),
        );
    }
    let classes: BTreeSet<String> =
        addresses_seen.iter().map(|address| AddressClass::of(*address).to_string()).collect();
    let shown: Vec<String> = addresses_seen.iter().take(4).map(ToString::to_string).collect();
    let more = if addresses_seen.len() > 4 { ", …" } else { "" };
    let classes: Vec<String> = classes.into_iter().collect();
    Some(
        CheckOutcome::pass()
            .note(format!("{}{more}, {}", shown.join(", "), classes.join(" and ")))
            .evidence("addresses", addresses(way)),
    )
}

fn addresses(way: &WaySeen) -> Vec<AddressEvidence> {
    way.addresses.known().into_iter().flatten().map(|address| AddressEvidence::new(*address, "resolved")).collect()
}

/// The system's resolver says only that there is no address. What the given ones say decides where they all say the same.
fn unresolved(way: &WaySeen, error: &http::Error) -> CheckOutcome {
    let host = &way.target.host;
    let detail = match error.cause.as_ref() {
        Cause::Dns { detail, .. } => detail.clone(),
        Cause::Setup(why) => return CheckOutcome::unknown(why.clone()),
        cause => cause.to_string(),
    };
    let is_no_name =
        |given: &ResolverAnswers| given.answers.as_ref().is_ok_and(|answers| answers.v4 == DnsAnswer::NoSuchName);
    if !way.answers.is_empty() && way.answers.iter().all(is_no_name) {
        let asked: Vec<String> = way.answers.iter().map(|given| given.resolver.to_string()).collect();
        return CheckOutcome::fail(format!(
            "{host} does not resolve here, and by {} the name does not exist",
            asked.join(" and ")
        ))
        .evidence("detail", detail)
        .fix(name_it(host));
    }
    let directly = if way.answers.is_empty() {
        "; with --resolver and the address of a DNS server, that one is asked directly and says which it is"
    } else {
        "; what the given resolvers say is in network.dns_split"
    };
    CheckOutcome::unknown(format!(
        "{host} does not resolve: the name does not exist or has no address, or this machine's resolver does not answer; the \
         system does not tell which"
    ))
    .evidence("detail", detail)
    .fix(Fix::say(format!(
        "correct the name, or make {host} resolve on this machine (DNS, VPN){directly}"
    )))
}

fn name_it(host: &str) -> Fix {
    Fix::say(format!("correct the name {host}, or add it to the DNS that this machine asks"))
}

/// The first few addresses, each with its class, and how many more there are: the evidence has them all.
pub(super) fn listed(addresses: impl ExactSizeIterator<Item = IpAddr>) -> String {
    const SHOWN: usize = 4;
    let more = addresses.len().saturating_sub(SHOWN);
    let shown = addresses.take(SHOWN).map(|address| format!("{address} ({})", AddressClass::of(address)));
    let shown = shown.collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

/// What one given resolver answers, beside this machine's.
pub(super) fn split(way: &WaySeen, given: &ResolverAnswers) -> CheckOutcome {
    let host = &way.target.host;
    let resolver = given.resolver;
    let answers = match &given.answers {
        Ok(answers) => answers,
        Err(why) => {
            let outcome = CheckOutcome::unknown(format!("{resolver}: {why}")).fix(ask_again(*why));
            return outcome.evidence("resolver", resolver.to_string());
        }
    };
    let there: BTreeSet<IpAddr> = answers.addresses().collect();
    let here: BTreeSet<IpAddr> = way.addresses.known().into_iter().flatten().copied().collect();
    let outcome = if !there.is_empty() {
        compared(&here, &there, host, &resolver.to_string())
    } else if let Some(odd) = first_of_note(&answers.v4, &answers.v6) {
        without_address(odd, host, &resolver.to_string())
    } else {
        CheckOutcome::fail(format!("{resolver}: {host} exists and has no address"))
            .fix(Fix::say(format!("add an A or AAAA record for {host} to the zone that {resolver} answers from")))
    };
    let list = |addresses: &BTreeSet<IpAddr>, result: &str| {
        addresses.iter().map(|address| AddressEvidence::new(*address, result)).collect::<Vec<_>>()
    };
    outcome
        .evidence("resolver", resolver.to_string())
        .evidence("addresses", list(&there, "resolved"))
        .evidence("here", list(&here, "resolved"))
        .evidence("a", answer_name(&answers.v4))
        .evidence("aaaa", answer_name(&answers.v6))
}

fn compared(here: &BTreeSet<IpAddr>, there: &BTreeSet<IpAddr>, host: &str, resolver: &str) -> CheckOutcome {
    let shown = |addresses: &BTreeSet<IpAddr>| listed(addresses.iter().copied());
    if here.is_empty() {
        return CheckOutcome::warn(format!("here {host} does not resolve, at {resolver} {}", shown(there)))
            .fix(Fix::say(format!("find out which DNS server GitLab asks; let this machine ask {resolver}, too")));
    }
    if here == there {
        return CheckOutcome::pass().note(shown(there));
    }
    CheckOutcome::warn(format!("here {}; at {resolver} {}", shown(here), shown(there))).fix(Fix::say(format!(
        "find out which of the two GitLab asks (getent hosts {host} on the GitLab server); what is seen from here is true \
         of the first only"
    )))
}

/// The answer that says most of why there is no address.
const fn first_of_note<'a>(v4: &'a DnsAnswer, v6: &'a DnsAnswer) -> Option<&'a DnsAnswer> {
    match (v4, v6) {
        (DnsAnswer::NoRecord, DnsAnswer::NoRecord) => None,
        (DnsAnswer::NoRecord, other) | (other, _) => Some(other),
    }
}

fn without_address(answer: &DnsAnswer, host: &str, resolver: &str) -> CheckOutcome {
    let ask_another = || Fix::say(format!("let {resolver} answer this machine, or name the server that GitLab asks"));
    match answer {
        DnsAnswer::NoSuchName => CheckOutcome::fail(format!("{resolver}: the name {host} does not exist (NXDOMAIN)"))
            .fix(Fix::say(format!("add {host} to the zone that {resolver} answers from, or name another server"))),
        DnsAnswer::Refused => {
            CheckOutcome::fail(format!("{resolver} refuses to answer for {host} (REFUSED)")).fix(ask_another())
        }
        DnsAnswer::Referral => {
            CheckOutcome::fail(format!("{resolver} does not resolve names for others: it only names other servers"))
                .fix(ask_another())
        }
        DnsAnswer::ServerFailure => CheckOutcome::unknown(format!(
            "{resolver} could not find out (SERVFAIL): the servers of the zone do not answer it, or DNSSEC fails"
        ))
        .fix(ask_another()),
        DnsAnswer::OtherCode(code) => {
            CheckOutcome::unknown(format!("{resolver} answers {code}")).fix(ask_another())
        }
        DnsAnswer::NoAnswer => CheckOutcome::unknown(format!(
            "{resolver} does not answer: a firewall drops UDP 53, no route leads there or back, or no DNS server runs there"
        ))
        .fix(ask_another()),
        DnsAnswer::Truncated(opening) => CheckOutcome::unknown(format!(
            "{resolver}: the answer is too long for UDP, and over TCP: {}",
            opening_text(opening)
        ))
        .fix(ask_another()),
        // Nothing was asked, so that nothing is known of the name or of the resolver.
        DnsAnswer::Unreachable(opening @ (Opening::NotPermitted | Opening::NoRoute)) => {
            let fix = own_fix(opening, &format!("DNS (UDP and TCP) to {resolver}"));
            CheckOutcome::unknown(format!("{resolver}: {}", opening_text(opening))).fix(fix)
        }
        DnsAnswer::Unreachable(Opening::Other(why)) => CheckOutcome::unknown(format!("{resolver}: {why}")),
        DnsAnswer::Unreachable(opening) => {
            CheckOutcome::fail(format!("{resolver}: {}", opening_text(opening))).fix(ask_another())
        }
        DnsAnswer::Unreadable(why) => {
            CheckOutcome::unknown(format!("{resolver}: what came back does not answer the question: {why}")).fix(ask_another())
        }
        DnsAnswer::InvalidName => CheckOutcome::fail(format!("{host} cannot be a name in DNS")).fix(name_it(host)),
        DnsAnswer::NoRecord | DnsAnswer::Addresses(_) => CheckOutcome::unknown(format!("{resolver}: no address")),
    }
}

fn answer_name(answer: &DnsAnswer) -> &str {
    match answer {
        DnsAnswer::Addresses(_) => "addresses",
        DnsAnswer::NoSuchName => "no_such_name",
        DnsAnswer::NoRecord => "no_record",
        DnsAnswer::Referral => "referral",
        DnsAnswer::Refused => "refused",
        DnsAnswer::ServerFailure => "server_failure",
        DnsAnswer::OtherCode(_) => "other_code",
        DnsAnswer::Truncated(_) => "truncated",
        DnsAnswer::NoAnswer => "no_answer",
        DnsAnswer::Unreadable(_) => "unreadable",
        DnsAnswer::Unreachable(_) => "unreachable",
        DnsAnswer::InvalidName => "invalid_name",
    }
}
