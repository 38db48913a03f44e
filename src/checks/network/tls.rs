//! Certificates, and packets that get lost.

use super::tcp::opening_text;
use super::{AddressEvidence, Seen};
use crate::advice::About;
use crate::checks::instance::days_between;
use crate::checks::outcome::CheckOutcome;
use crate::desired::WayOwner;
use crate::error::Fix;
use crate::http::probe::{CertificateSeen, Mtu, TlsSeen};
use crate::http::{self, Cause, TlsProblem};
use crate::kit::EndpointProtocol;
use crate::observed::Observation;
use crate::observed::ways::{TlsAt, WaySeen};
use crate::text::counted;

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
                Cause::UnexpectedPage { status, .. } => tunnel_refused(way, *status),
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
                Some(certificate) => by_issuer(all, way, certificate, outcome),
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

/// The proxy answers in the place of the server.
fn tunnel_refused(way: &WaySeen, status: u16) -> CheckOutcome {
    let proxy = way.proxy.as_deref().unwrap_or_default();
    CheckOutcome::fail(format!(
        "the proxy {proxy} refuses the connection to this host ({status}): its rules do not let it pass"
    ))
    .evidence("status", status)
    .fix(Fix::say(format!(
        "let the proxy pass {} (CONNECT, without inspection); its log says which rule refuses",
        way.target
    )))
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

fn trusted(all: &Seen<'_>, way: &WaySeen, certificate: &CertificateSeen) -> CheckOutcome {
    let now = all.seen.at;
    let renew = || Fix::say(format!("renew the certificate of {}", way.target.host));
    let days = days_between(now, certificate.not_after);
    let outcome = if let Some(suspicion) = all.issuers.suspicion(way, certificate) {
        CheckOutcome::warn(suspicion).fix(Fix::say(
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
    // What is not GitLab's is asked with the trust of Factory's hosts.
    let about = if way.target.owner == WayOwner::GitLab { all.about(way) } else { About::Factory };
    let outcome = CheckOutcome::failed(&error).advised(&error, about).evidence("kind", problem.kind());
    CheckOutcome { cause: Some(problem.to_string()), failed_request: None, ..outcome }
}

/// With the issuer of a certificate that is not trusted, and what it makes that look like.
fn by_issuer(all: &Seen<'_>, way: &WaySeen, certificate: &CertificateSeen, outcome: CheckOutcome) -> CheckOutcome {
    let outcome = outcome.evidence("issuer", &certificate.issuer);
    match (all.issuers.shared(way, certificate), &outcome.cause) {
        (Some(shared), Some(cause)) => {
            let cause = format!("{cause}; it looks like a device on the network inspects TLS: {shared}");
            CheckOutcome { cause: Some(cause), ..outcome }
        }
        _ => outcome,
    }
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

/// A handshake that passed says little: its packets may have been small, and large ones from here were not sent.
pub(super) fn mtu(all: &Seen<'_>, way: &WaySeen) -> Option<CheckOutcome> {
    if way.proxy.is_some() {
        return None;
    }
    let Some(mtu) = way.mtu else {
        let has_answered = way.tls.iter().any(|at: &TlsAt| matches!(at.seen, TlsSeen::Trusted(_)))
            || way.ssh.iter().any(|at| matches!(at.keys, Some(Ok(_))));
        return has_answered.then(|| {
            CheckOutcome::not_observable(
                "the handshake passed, so nothing points to lost packets; large ones from here are not sent",
            )
        });
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
        .fix(all.more_time()),
        Mtu::NotProven => CheckOutcome::not_observable(format!(
            "small segments get no answer either, so that {step} tells nothing of the size of packets"
        )),
    })
}
