//! The sum over the kit's addresses, and what only several of them show together.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Serialize;

use super::Seen;
use crate::checks::Finding;
use crate::checks::outcome::{CheckOutcome, CheckStatus};
use crate::desired::WayOwner;
use crate::error::Fix;
use crate::http::probe::{CertificateSeen, TlsSeen};

#[derive(Serialize)]
struct EndpointEvidence {
    target: String,
    purpose: String,
    protocol: String,
    status: &'static str,
    /// The first check that says why it cannot be used.
    check: Option<&'static str>,
}

/// No more addresses are named in one sentence.
const NAMED: usize = 8;

pub(super) fn endpoints(all: &Seen<'_>, findings: &[Finding]) -> CheckOutcome {
    let usable = ["network.dns", "network.tcp", "network.tls", "network.mtu", "network.http", "network.ssh"];
    let mut of_target: HashMap<&str, Vec<&Finding>> = HashMap::new();
    for one in findings.iter().filter(|one| usable.contains(&one.code)) {
        of_target.entry(one.target.as_deref().unwrap_or_default()).or_default().push(one);
    }
    let mut of_kit = Vec::new();
    for way in all.seen.of(WayOwner::Factory) {
        let target = way.target.to_string();
        let own = of_target.get(target.as_str()).map(Vec::as_slice).unwrap_or_default();
        let first = |wanted: CheckStatus| own.iter().find(|one| one.status == wanted).map(|one| (wanted, one.code));
        let (status, check) = first(CheckStatus::Fail)
            .or_else(|| first(CheckStatus::Unknown))
            .map_or((CheckStatus::Pass, None), |(status, code)| (status, Some(code)));
        of_kit.push(EndpointEvidence {
            protocol: way.target.protocol.to_string(),
            purpose: way.target.purpose.clone(),
            target,
            status: status.name(),
            check,
        });
    }
    if of_kit.is_empty() {
        return CheckOutcome::not_observable("no kit is given, so that Factory's addresses are not known");
    }
    let those = |status: &str| -> Vec<String> {
        let of = of_kit.iter().filter(|one| one.status == status);
        of.map(|one| format!("{} ({})", one.target, one.check.unwrap_or_default())).collect()
    };
    // The evidence has them all.
    let named = |those: &[String]| match those.len().saturating_sub(NAMED) {
        0 => those.join(", "),
        more => format!("{} and {more} more", those[..NAMED].join(", ")),
    };
    let (failed, unknown) = (those("fail"), those("unknown"));
    let fix = || Fix::say("see the check that is named with each address");
    let of = of_kit.len();
    let outcome = match (failed.as_slice(), unknown.as_slice()) {
        ([], []) => CheckOutcome::pass().note(format!("{of} of {of}")),
        ([], unknown) => CheckOutcome::unknown(format!(
            "of {} of {of} it is not known whether they can be used: {}",
            unknown.len(),
            named(unknown)
        ))
        .fix(fix()),
        (failed, unknown) => {
            let also = if unknown.is_empty() { String::new() } else { format!("; not known: {}", named(unknown)) };
            CheckOutcome::fail(format!("{} of {of} cannot be used: {}{also}", failed.len(), named(failed))).fix(fix())
        }
    };
    outcome.evidence("endpoints", of_kit)
}

impl Seen<'_> {
    /// The time of the look.
    pub(super) fn now(&self) -> Timestamp {
        self.seen.at
    }

    /// What looks like inspection of TLS: no proof, since a company may inspect on purpose.
    pub(super) fn looks_inspected(&self, certificate: &CertificateSeen) -> Option<String> {
        if let Some(inspector) = &certificate.inspector {
            return Some(format!(
                "it looks like a device on the network inspects TLS: the certificate was issued by {inspector}"
            ));
        }
        let mut fresh: Vec<&str> = Vec::new();
        for way in &self.seen.ways {
            let certificates = way.tls.iter().filter_map(|at| match &at.seen {
                TlsSeen::Trusted(certificate) => Some(certificate),
                _ => None,
            });
            if certificates.into_iter().any(|one| self.is_just_made(one) && one.issuer == certificate.issuer) {
                fresh.push(&way.target.host);
            }
        }
        fresh.sort_unstable();
        fresh.dedup();
        (self.is_just_made(certificate) && fresh.len() > 1).then(|| {
            format!(
                "it looks like a device on the network inspects TLS: {} have certificates of {} that were made a moment ago",
                fresh.join(" and "),
                certificate.issuer
            )
        })
    }

    /// Made within the hour, for a short time, as an inspecting device makes them.
    fn is_just_made(&self, certificate: &CertificateSeen) -> bool {
        const HOUR: i64 = 60 * 60;
        let age = self.now().as_second() - certificate.not_before.as_second();
        let life = certificate.not_after.as_second() - certificate.not_before.as_second();
        (0..HOUR).contains(&age) && life <= 31 * 24 * HOUR
    }
}
