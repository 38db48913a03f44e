//! SSH: the banner, and Factory's host keys.

use super::tcp::opening_text;
use super::{AddressEvidence, Seen};
use crate::advice::About;
use crate::checks::outcome::CheckOutcome;
use crate::desired::WayOwner;
use crate::error::Fix;
use crate::http::probe::{HostKey, HostKeySeen, Mtu, SshFailure};
use crate::kit::{EndpointProtocol, is_fingerprint};
use crate::observed::Observation;
use crate::observed::ways::{SshAt, SshSeenAt, WaySeen};

/// Where GitLab's SSH is not among the ways, why.
pub(super) fn unknown_place(all: &Seen<'_>) -> Option<CheckOutcome> {
    let gitlab = all.ways.gitlab.as_ref()?;
    Some(match &all.seen.gitlab.ssh {
        Observation::Known(SshSeenAt::Place(_)) => return None,
        Observation::Known(SshSeenAt::Off) => CheckOutcome::not_observable(
            "SSH is switched off in GitLab's settings (enabled_git_access_protocol is http)",
        ),
        Observation::Known(SshSeenAt::LinkLocal(place)) => CheckOutcome::fail(format!(
            "GitLab's SSH is at {} by the address of a project (ssh_url_to_repo): that is a link-local address, as that of a \
             cloud's metadata service, and was not connected to",
            place.host
        ))
        .fix(Fix::say("correct the SSH host in GitLab's configuration (gitlab_rails['gitlab_ssh_host'] in gitlab.rb)")),
        Observation::Known(SshSeenAt::NoProject) => CheckOutcome::not_observable(
            "where GitLab's SSH is stands in a project's address, and no project is visible",
        ),
        Observation::Skipped(reason) => CheckOutcome::not_observable(format!(
            "where GitLab's SSH is, is not known from here: {reason}, and only a project's address tells it"
        )),
        // That the project could not be read says nothing of SSH.
        Observation::Failed(error) => {
            let outcome = CheckOutcome::unknown(format!(
                "where GitLab's SSH is, is not known: it stands in a project's address, and no project could be read: {error}"
            ));
            match all.advice(error, About::GitLab(gitlab)) {
                Some(fix) => outcome.fix(fix),
                None => outcome,
            }
        }
    })
}

pub(super) fn banner(_all: &Seen<'_>, way: &WaySeen) -> Option<CheckOutcome> {
    if way.target.protocol != EndpointProtocol::Ssh {
        return None;
    }
    let evidence: Vec<AddressEvidence> = way
        .ssh
        .iter()
        .map(|at| AddressEvidence::new(at.address.ip(), at.banner.as_ref().map_or_else(name, |_| "banner")))
        .collect();
    let failed = way.ssh.iter().find_map(|at| Some((at, at.banner.as_ref().err()?)));
    let outcome = match (failed, way.ssh.first().map(|at| &at.banner)) {
        (Some((at, failure)), _) => {
            let outcome = failure_of(way, failure);
            let cause = outcome.cause.clone().unwrap_or_default();
            let several = way.ssh.len() > 1;
            CheckOutcome {
                cause: Some(if several { format!("{}: {cause}", at.address.ip()) } else { cause }),
                ..outcome
            }
        }
        (None, Some(Ok(banner))) => CheckOutcome::pass().note(banner.clone()).evidence("banner", banner),
        (None, _) => return Some(CheckOutcome::blocked_by("network.tcp")),
    };
    Some(outcome.evidence("addresses", evidence))
}

const fn name(failure: &SshFailure) -> &'static str {
    match failure {
        SshFailure::NotOpened(_) => "not_opened",
        SshFailure::NoAnswer => "no_answer",
        SshFailure::ClosedBeforeBanner => "closed_before_banner",
        SshFailure::Reset => "reset",
        SshFailure::Closed => "closed",
        SshFailure::Http => "http",
        SshFailure::NotSsh(_) => "not_ssh",
        SshFailure::OldVersion(_) => "old_version",
        SshFailure::NothingInCommon { .. } => "nothing_in_common",
        SshFailure::Disconnected(_) => "disconnected",
        SshFailure::Malformed(_) => "malformed",
        SshFailure::WrongSignature => "wrong_signature",
        SshFailure::RsaKeySize(_) => "key_size",
    }
}

fn failure_of(way: &WaySeen, failure: &SshFailure) -> CheckOutcome {
    let host = &way.target.host;
    let again = || Fix::rerun("look again", "");
    match failure {
        SshFailure::NotOpened(opening) => {
            CheckOutcome::unknown(format!("the port opened a moment ago, and now: {}", opening_text(opening))).fix(again())
        }
        SshFailure::NoAnswer => CheckOutcome::unknown(
            "the port opens, and no banner comes: another kind of server, an inspecting device on the way, or an SSH server \
             that is overloaded",
        )
        .fix(Fix::say(format!("check the port, and what lies between this machine and {host}"))),
        SshFailure::ClosedBeforeBanner => CheckOutcome::fail(
            "the connection is closed before the banner: a load balancer without a server behind it, a server that refuses \
             this address (fail2ban, hosts.deny), or its limit of connections (MaxStartups)",
        )
        .fix(Fix::say(format!("look at the load balancer of {host}, and at the log of its SSH server"))),
        SshFailure::Reset => CheckOutcome::fail(
            "the connection is reset before the banner: a filter that does not let SSH pass, or a load balancer without a \
             server behind it",
        )
        .fix(Fix::say(format!("let the firewall on the way pass SSH to {host}; look at its load balancer"))),
        SshFailure::Http => CheckOutcome::fail("a web server listens on the port, and no SSH server")
            .fix(Fix::say(format!("correct the port of SSH, or let {host} send it to its SSH server"))),
        SshFailure::OldVersion(_) => CheckOutcome::fail(failure.to_string())
            .fix(Fix::say(format!("update the SSH server of {host}: version 1 of the protocol is not safe"))),
        other => CheckOutcome::fail(other.to_string())
            .fix(Fix::say(format!("check the port, and what answers there in the place of {host}"))),
    }
}

pub(super) fn host_key(all: &Seen<'_>, way: &WaySeen) -> Option<CheckOutcome> {
    if way.target.protocol != EndpointProtocol::Ssh {
        return None;
    }
    let seen: Vec<&HostKeySeen> =
        way.ssh.iter().filter_map(|at| at.keys.as_ref()?.as_ref().ok()).flat_map(|seen| &seen.keys).collect();
    let read: Vec<(&str, &HostKey)> =
        seen.iter().filter_map(|one| Some((one.kind.name(), one.key.as_ref().ok()?))).collect();
    let shown: Vec<String> = read.iter().map(|(kind, key)| format!("{kind} {}", key.fingerprint)).collect();
    let wanted = all.ways.factory.as_ref().map(|factory| factory.ssh_host_keys.as_slice()).unwrap_or_default();
    let outcome = if way.target.owner != WayOwner::Factory {
        CheckOutcome::not_observable("the kit names only the host keys of Factory's own servers")
    } else if wanted.is_empty() {
        CheckOutcome::not_observable("the kit names no host keys")
    } else if let Some(failure) = wrong_signature(&seen) {
        CheckOutcome::fail(failure.to_string()).fix(not_factorys(&way.target.host))
    } else if read.is_empty() {
        unread(way)
    } else if let Some(outcome) = unreadable_list(wanted, &read) {
        outcome
    } else {
        compared(&read, wanted, &way.target.host)
    };
    Some(outcome.evidence("fingerprints", shown))
}

fn wrong_signature<'a>(seen: &[&'a HostKeySeen]) -> Option<&'a SshFailure> {
    seen.iter().filter_map(|one| one.key.as_ref().err()).find(|failure| **failure == SshFailure::WrongSignature)
}

/// Where the key is not among those of the kit that can be read, and others cannot be, the kit is what is wrong.
fn unreadable_list(wanted: &[String], read: &[(&str, &HostKey)]) -> Option<CheckOutcome> {
    let unreadable = wanted.iter().filter(|key| !is_fingerprint(key)).count();
    let is_known = read.iter().all(|(_, key)| wanted.contains(&key.fingerprint));
    (unreadable > 0 && !is_known).then(|| {
        CheckOutcome::unknown(format!(
            "{unreadable} of {} host keys in the kit cannot be read (network.ssh_host_keys), so that it is not known whether \
             the server's key is Factory's",
            wanted.len()
        ))
        .fix(Fix::say(
            "ask Factory for a kit whose host keys are fingerprints (SHA256: and 43 characters of base64), and let GitLab trust \
             no key until then",
        ))
    })
}

fn compared(read: &[(&str, &HostKey)], wanted: &[String], host: &str) -> CheckOutcome {
    let others: Vec<String> = read
        .iter()
        .filter(|(_, key)| !wanted.contains(&key.fingerprint))
        .map(|(kind, key)| format!("{kind} {}", key.fingerprint))
        .collect();
    match others.len() {
        0 => CheckOutcome::pass().note(format!("{} of {} keys read", read.len(), wanted.len())),
        all if all == read.len() => CheckOutcome::fail(format!(
            "the host key is none of the kit's ({}): Factory has new keys and the kit is old, or another server answers",
            others.join(", ")
        ))
        .fix(not_factorys(host)),
        _ => CheckOutcome::fail(format!("the server also has a key that the kit does not name: {}", others.join(", ")))
            .fix(not_factorys(host)),
    }
}

fn not_factorys(host: &str) -> Fix {
    Fix::say(format!(
        "do not let GitLab trust this key: ask Factory for the present fingerprints of {host}, and find out what answers there"
    ))
}

fn unread(way: &WaySeen) -> CheckOutcome {
    let failure = way.ssh.iter().find_map(|at: &SshAt| at.keys.as_ref()?.as_ref().err());
    let why = match failure {
        Some(SshFailure::NoAnswer) if way.mtu.is_some_and(|mtu| mtu.seen == Mtu::BlackHole) => {
            return CheckOutcome::fail(
                "the key exchange gets no answer with packets of the usual size: see network.mtu",
            )
            .fix(Fix::say("mend what network.mtu shows first"));
        }
        Some(failure) => failure.to_string(),
        None => "no key exchange was made".to_owned(),
    };
    CheckOutcome::unknown(format!("the host keys could not be read: {why}")).fix(Fix::rerun("look again", ""))
}
