//! Name, port, certificate, packets, answer.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::{AddressEvidence, Seen};
use crate::checks::instance::days_between;
use crate::checks::outcome::CheckOutcome;
use crate::desired::{AddressFamily, WayOwner, WayTarget};
use crate::error::Fix;
use crate::http::probe::{Attempt, DnsAnswer, Mtu, Opening, TlsSeen};
use crate::http::{self, Cause, ErrorResponse, TlsProblem, UnexpectedPage};
use crate::kit::EndpointProtocol;
use crate::network::AddressClass;
use crate::observed::Observation;
use crate::observed::ways::{ResolverAnswers, TlsAt, WaySeen};
use crate::text::counted;

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
    let is_no_name = |given: &ResolverAnswers| given.answers.v4 == DnsAnswer::NoSuchName;
    if !way.answers.is_empty() && way.answers.iter().all(is_no_name) {
        return CheckOutcome::fail(format!("the name {host} does not exist"))
            .evidence("detail", detail)
            .fix(name_it(host));
    }
    CheckOutcome::unknown(format!(
        "{host} does not resolve: the name does not exist or has no address, or this machine's resolver does not answer; the \
         system does not tell which"
    ))
    .evidence("detail", detail)
    .fix(Fix::say(format!(
        "correct the name, or make {host} resolve on this machine (DNS, VPN); with --resolver and the address of a DNS server, \
         that one is asked directly and says which it is"
    )))
}

fn name_it(host: &str) -> Fix {
    Fix::say(format!("correct the name {host}, or add it to the DNS that this machine asks"))
}

/// What one given resolver answers, beside this machine's.
pub(super) fn split(_all: &Seen<'_>, way: &WaySeen, given: &ResolverAnswers) -> CheckOutcome {
    let host = &way.target.host;
    let resolver = given.resolver;
    let there: BTreeSet<IpAddr> = given.answers.addresses().collect();
    let here: BTreeSet<IpAddr> = way.addresses.known().into_iter().flatten().copied().collect();
    let outcome = if !there.is_empty() {
        compared(&here, &there, host, &resolver.to_string())
    } else if let Some(odd) = first_of_note(&given.answers.v4, &given.answers.v6) {
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
        .evidence("a", answer_name(&given.answers.v4))
        .evidence("aaaa", answer_name(&given.answers.v6))
}

fn compared(here: &BTreeSet<IpAddr>, there: &BTreeSet<IpAddr>, host: &str, resolver: &str) -> CheckOutcome {
    let shown = |addresses: &BTreeSet<IpAddr>| {
        addresses
            .iter()
            .map(|address| format!("{address} ({})", AddressClass::of(*address)))
            .collect::<Vec<_>>()
            .join(", ")
    };
    if here.is_empty() {
        return CheckOutcome::warn(format!("here {host} has no address, at {resolver} {}", shown(there)))
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
        DnsAnswer::Unreachable(Opening::Other(why)) => CheckOutcome::unknown(format!("{resolver}: {why}")),
        DnsAnswer::Unreachable(opening) => {
            CheckOutcome::fail(format!("{resolver}: {}", opening_text(opening))).fix(ask_another())
        }
        DnsAnswer::Unreadable(why) => {
            CheckOutcome::unknown(format!("{resolver}: what came back is no answer: {why}")).fix(ask_another())
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

/// What may be said of a connection that does not open, and no more.
pub(super) fn opening_text(opening: &Opening) -> &str {
    match opening {
        Opening::Open => "open",
        Opening::Refused => "refused: nothing listens there, or a firewall refuses",
        Opening::Reset => "reset: a firewall on the way, or the server, ends the connection",
        Opening::NoAnswer => "no answer: a firewall drops it, or no route leads there or back",
        Opening::HostUnreachable => "a router or firewall on the way refuses it (host unreachable)",
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

pub(super) fn milliseconds(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
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
    let is_silent = |attempt: &&Attempt| matches!(attempt.opening, Opening::NoAnswer | Opening::Other(_));
    let cause = each(closed);
    // Where one of them refuses, that is known.
    if closed.iter().all(is_silent) {
        CheckOutcome::unknown(cause).fix(let_pass(way, closed))
    } else {
        CheckOutcome::fail(cause).fix(let_pass(way, closed))
    }
}

fn let_pass(way: &WaySeen, closed: &[&Attempt]) -> Fix {
    let WayTarget { port, .. } = way.target;
    if closed.iter().all(|attempt| attempt.opening == Opening::NoRoute) {
        return Fix::say("give this machine a route (its address, its VPN), or look with --ipv4 or --ipv6 alone");
    }
    let own = way.own.first().map_or_else(|| "this machine".to_owned(), ToString::to_string);
    let to: Vec<String> = closed.iter().map(|attempt| attempt.address.ip().to_string()).collect();
    Fix::say(format!(
        "check that a server listens on port {port}; let TCP {port} pass from {own} to {} (firewall, security group, \
         network ACL), and give both sides a route to the other",
        to.join(", ")
    ))
}

pub(super) fn tls(all: &Seen<'_>, way: &WaySeen) -> Option<CheckOutcome> {
    if way.target.protocol != EndpointProtocol::Https {
        return None;
    }
    if !way.target.has_tls() {
        return Some(CheckOutcome::not_observable("http on a loopback address has no TLS"));
    }
    if let Some(seen) = &way.tunnelled {
        return Some(match seen {
            Observation::Known(certificate) => trusted(all, way, certificate),
            Observation::Failed(error) => match error.cause.as_ref() {
                Cause::Tls(problem) => refused(all, way, problem),
                _ => CheckOutcome::failed(error).advised(error, all.about(way)),
            },
            Observation::Skipped(reason) => CheckOutcome::not_observable(*reason),
        });
    }
    let evidence: Vec<AddressEvidence> =
        way.tls.iter().map(|at| AddressEvidence::new(at.address.ip(), tls_name(&at.seen))).collect();
    let Some(worst) = way.tls.iter().max_by_key(|at| tls_rank(&at.seen)) else {
        return Some(CheckOutcome::blocked_by("network.tcp"));
    };
    let outcome = match &worst.seen {
        TlsSeen::Trusted(certificate) => trusted(all, way, certificate),
        TlsSeen::Refused { problem, certificate } => {
            let outcome = refused(all, way, problem);
            match certificate {
                Some(certificate) => outcome.evidence("issuer", &certificate.issuer),
                None => outcome,
            }
        }
        other => unanswered(way, other),
    };
    let outcome = match (way.tls.len(), outcome.cause.clone()) {
        (1, _) | (_, None) => outcome,
        (_, Some(cause)) => CheckOutcome { cause: Some(format!("{}: {cause}", worst.address.ip())), ..outcome },
    };
    Some(outcome.evidence("addresses", evidence))
}

fn tls_rank(seen: &TlsSeen) -> u8 {
    match seen {
        TlsSeen::Trusted(_) => 0,
        TlsSeen::NotOpened(_) => 1,
        TlsSeen::NoAnswer | TlsSeen::Broken(_) => 2,
        TlsSeen::Reset | TlsSeen::Closed => 3,
        TlsSeen::Refused { problem, .. } if problem.may_pass() => 2,
        TlsSeen::Refused { .. } => 4,
    }
}

const fn tls_name(seen: &TlsSeen) -> &'static str {
    match seen {
        TlsSeen::Trusted(_) => "trusted",
        TlsSeen::Refused { problem, .. } => problem.kind(),
        TlsSeen::NoAnswer => "no_answer",
        TlsSeen::Reset => "reset",
        TlsSeen::Closed => "closed",
        TlsSeen::Broken(_) => "broken",
        TlsSeen::NotOpened(_) => "not_opened",
    }
}

fn trusted(all: &Seen<'_>, way: &WaySeen, certificate: &http::probe::CertificateSeen) -> CheckOutcome {
    let now = all.now();
    let renew = || Fix::say(format!("renew the certificate of {}", way.target.host));
    let days = days_between(now, certificate.not_after);
    let outcome = if let Some(inspector) = all.looks_inspected(certificate) {
        CheckOutcome::warn(inspector).fix(Fix::say(
            "if your company inspects TLS on purpose, let it leave out the hosts of GitLab and Factory, or make sure that \
             GitLab's server trusts this issuer, too",
        ))
    } else if days < all.expires_within {
        CheckOutcome::warn(format!("the certificate expires in {}", counted(days, "day"))).fix(renew())
    } else {
        CheckOutcome::pass().note(format!("issued by {}", certificate.issuer))
    };
    outcome.evidence("issuer", &certificate.issuer).evidence("not_after", certificate.not_after)
}

fn refused(all: &Seen<'_>, way: &WaySeen, problem: &TlsProblem) -> CheckOutcome {
    let error = http::Request::get(way.target.url.clone()).failed(Cause::Tls(problem.clone()));
    let outcome = CheckOutcome::failed(&error).advised(&error, all.about(way)).evidence("kind", problem.kind());
    CheckOutcome { cause: Some(problem.to_string()), failed_request: None, ..outcome }
}

fn unanswered(way: &WaySeen, seen: &TlsSeen) -> CheckOutcome {
    let host = &way.target.host;
    match seen {
        TlsSeen::NoAnswer if is_black_hole(way) => {
            CheckOutcome::fail("the handshake gets no answer with packets of the usual size: see network.mtu").fix(clamp())
        }
        TlsSeen::NoAnswer => CheckOutcome::unknown(
            "the port opens, and TLS gets no answer: an inspecting device on the way, large packets that get lost (MTU), or a \
             proxy that waits for something else",
        )
        .fix(Fix::say(format!(
            "look at what lies between this machine and {host} (inspection, VPN, load balancer), and at its log of this \
             connection"
        ))),
        TlsSeen::Reset => CheckOutcome::fail(
            "the connection is reset at the first data: a filter by server name (SNI) on the way, or no TLS is spoken there",
        )
        .fix(Fix::say(format!("let the firewall or proxy on the way pass TLS to the name {host}; check the port"))),
        TlsSeen::Closed => CheckOutcome::fail(
            "the connection is closed at the first data: no TLS is spoken there, a filter on the way, or a load balancer \
             without a server behind it",
        )
        .fix(Fix::say(format!("check the port, the load balancer of {host}, and the firewall or proxy on the way"))),
        TlsSeen::NotOpened(opening) => CheckOutcome::unknown(format!(
            "the port opened a moment ago, and now: {}",
            opening_text(opening)
        ))
        .fix(Fix::rerun("look again", "")),
        TlsSeen::Broken(detail) => {
            CheckOutcome::unknown(format!("the handshake broke off: {detail}")).fix(Fix::rerun("look again", ""))
        }
        TlsSeen::Trusted(_) | TlsSeen::Refused { .. } => CheckOutcome::unknown("not judged"),
    }
}

fn is_black_hole(way: &WaySeen) -> bool {
    way.mtu.is_some_and(|mtu| mtu.seen == Mtu::BlackHole)
}

fn clamp() -> Fix {
    Fix::say(
        "let ICMP \"fragmentation needed\" (IPv6: \"packet too big\") pass on the way, or clamp the MSS of TCP at the router or \
         VPN that has the smaller MTU (nftables: tcp flags syn tcp option maxseg size set rt mtu)",
    )
}

/// Only where something was silent, or answered: then large packets arrived.
pub(super) fn mtu(_all: &Seen<'_>, way: &WaySeen) -> Option<CheckOutcome> {
    if way.proxy.is_some() {
        return None;
    }
    let Some(mtu) = way.mtu else {
        let has_answered = way.tls.iter().any(|at: &TlsAt| matches!(at.seen, TlsSeen::Trusted(_)))
            || way.ssh.iter().any(|at| matches!(at.keys, Some(Ok(_))));
        return has_answered.then(|| CheckOutcome::pass().note("the handshake passed"));
    };
    let step = if way.target.protocol == EndpointProtocol::Ssh { "network.ssh" } else { "network.tls" };
    Some(match mtu.seen {
        Mtu::BlackHole => CheckOutcome::fail(
            "large packets get lost on the way without a word: with small segments the server answers, with usual ones it does \
             not",
        )
        .evidence("address", mtu.address.ip())
        .fix(clamp()),
        Mtu::AnswersNow => CheckOutcome::unknown(
            "the server did not answer at first, and asked again it answered small and usual segments: it is slow or \
             overloaded, or packets get lost now and then",
        )
        .fix(Fix::rerun("look again, with more time for each step", "--timeout 8")),
        Mtu::NotProven => CheckOutcome::not_observable(format!(
            "small segments get no answer either, so that {step} tells nothing of the size of packets"
        )),
    })
}

pub(super) fn http(all: &Seen<'_>, way: &WaySeen) -> Option<CheckOutcome> {
    if way.target.protocol != EndpointProtocol::Https {
        return None;
    }
    let Some(first) = &way.http else { return Some(CheckOutcome::blocked_by("network.tls")) };
    let outcome = match &first.answer {
        Ok(status) if way.target.owner == WayOwner::GitLab => CheckOutcome::unknown(format!(
            "it answers {status} without a token, as GitLab's API never does: another server answers, or a proxy in front of \
             it adds credentials"
        ))
        .evidence("status", status)
        .fix(Fix::say(format!("check what answers at {}, and the proxy in front of it", way.target))),
        Ok(status) => CheckOutcome::pass().note(format!("answered {status}")).evidence("status", status),
        Err(error) if way.target.owner == WayOwner::GitLab => of_gitlab(all, way, error),
        Err(error) => of_any(all, way, error),
    };
    let outcome = match first.took {
        Some(took) => outcome.evidence("ms", milliseconds(took)),
        None => outcome,
    };
    Some(match &way.proxy {
        Some(proxy) => outcome.evidence("proxy", proxy),
        None => outcome,
    })
}

/// GitLab's API asks for a token, in its own words.
fn of_gitlab(all: &Seen<'_>, way: &WaySeen, error: &http::Error) -> CheckOutcome {
    match error.cause.as_ref() {
        Cause::Status(answer) if is_gitlabs(answer) => {
            CheckOutcome::pass().note("GitLab's API asks for a token").evidence("status", answer.status)
        }
        Cause::Status(answer) if answer.status == 404 => {
            CheckOutcome::fail("there is no GitLab API at this URL").advised(error, all.about(way))
        }
        _ => CheckOutcome::failed(error).advised(error, all.about(way)),
    }
}

fn is_gitlabs(answer: &ErrorResponse) -> bool {
    matches!(answer.status, 401 | 403) && (answer.message.is_some() || answer.error.is_some())
}

/// Any answer shows that the way is open, unless something else than the server gives it.
fn of_any(all: &Seen<'_>, way: &WaySeen, error: &http::Error) -> CheckOutcome {
    match error.cause.as_ref() {
        Cause::Status(answer) if answer.status < 500 && answer.status != 407 => {
            CheckOutcome::pass().note(format!("answered {}", answer.status)).evidence("status", answer.status)
        }
        Cause::Redirected { to } => CheckOutcome::pass().note(format!("redirects to {to}")).evidence("to", to.as_str()),
        Cause::UnexpectedPage { status: 200..=399, what: UnexpectedPage::WebPage | UnexpectedPage::OtherType(_) } => {
            CheckOutcome::pass().note("a web page")
        }
        Cause::UnexpectedPage { status: 404, .. } => CheckOutcome::pass().note("answered 404"),
        Cause::UnexpectedPage { status: 200..=399, what: UnexpectedPage::LoginWall } => CheckOutcome::warn(
            "a sign-in page answers: that of the server itself, or one that a proxy puts in front of it",
        )
        .fix(Fix::say(format!(
            "open https://{}/ in a browser on this machine: if the sign-in page is not Factory's, let the proxy pass \
                     this host without it",
            way.target
        ))),
        _ => CheckOutcome::failed(error).advised(error, all.about(way)),
    }
}
