//! The sum over the kit's addresses.

use std::collections::HashMap;

use serde::Serialize;

use super::Seen;
use crate::checks::Finding;
use crate::checks::outcome::{CheckOutcome, CheckStatus};
use crate::desired::WayOwner;
use crate::error::Fix;

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
        let place = one.target.as_ref().map(|target| target.place.as_str());
        of_target.entry(place.unwrap_or_default()).or_default().push(one);
    }
    let mut of_kit = Vec::new();
    let ways = all.seen.ways.iter().zip(&all.places);
    for (way, place) in ways.filter(|(way, _)| way.target.owner == WayOwner::Factory) {
        let target = place.place.clone();
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
