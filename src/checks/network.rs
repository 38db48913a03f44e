//! `network.*`: the ways between this machine, GitLab and Factory, layer by layer, as `network check` judges them.
//!
//! A symptom that has several possible causes is told with all of them, the most likely first, and never with one that was
//! guessed. Silence is unknown; what refuses is a failure.

mod answer;
mod clock;
mod dns;
mod gitlab;
mod inspection;
mod place;
mod ssh;
mod sum;
mod tcp;
mod tls;

use std::collections::HashMap;
use std::net::IpAddr;

use serde::Serialize;

use super::outcome::{CheckOutcome, CheckStatus, SkipReason};
use super::{CheckInfo, CheckSeverity, Finding, FindingTarget};
use crate::advice::{About, advise};
use crate::desired::{WayOwner, Ways};
use crate::error::Fix;
use crate::http::{self, Cause};
use crate::network::AddressClass;
use crate::observed::ways::{Unasked, WaySeen, WaysSeen};

const fn check(code: &'static str, title: &'static str, depends_on: &'static [&'static str]) -> CheckInfo {
    CheckInfo { code, title, severity: CheckSeverity::Error, depends_on }
}

const DNS: CheckInfo = check("network.dns", "the name resolves", &[]);
const DNS_SPLIT: CheckInfo = check("network.dns_split", "the given resolver gives the same addresses", &[]);
const TCP: CheckInfo = check("network.tcp", "the port opens", &["network.dns"]);
const TLS: CheckInfo = check("network.tls", "the certificate is valid", &["network.tcp"]);
const MTU: CheckInfo = check("network.mtu", "no packet is lost for its size", &["network.tcp"]);
const HTTP: CheckInfo = check("network.http", "the server answers", &["network.tls"]);
const SSH: CheckInfo = check("network.ssh", "SSH answers", &["network.tcp"]);
const SSH_HOSTKEY: CheckInfo = check("network.ssh_hostkey", "the SSH host key is the kit's", &["network.ssh"]);
const CLOCK: CheckInfo = check("network.clock", "the clocks agree", &["network.http"]);
const OUTBOUND: CheckInfo = check("network.outbound", "GitLab may send webhooks to Factory", &["network.dns"]);
const INBOUND: CheckInfo = check("network.inbound", "Factory may reach GitLab", &["network.dns"]);
const ENDPOINTS: CheckInfo = check(
    "network.endpoints",
    "every address of the kit is usable",
    &["network.dns", "network.tcp", "network.tls", "network.mtu", "network.http", "network.ssh"],
);

/// Every check, in the order of the report.
pub const CHECKS: &[CheckInfo] =
    &[DNS, DNS_SPLIT, TCP, TLS, MTU, HTTP, SSH, SSH_HOSTKEY, CLOCK, OUTBOUND, INBOUND, ENDPOINTS];

/// What is judged.
struct Seen<'a> {
    ways: &'a Ways,
    seen: &'a WaysSeen,
    /// GitLab's, and the others.
    clocks: (clock::Clocks, clock::Clocks),
    issuers: inspection::Issuers<'a>,
    /// The name of each way.
    places: Vec<FindingTarget>,
    /// A certificate that expires in fewer days is a warning.
    expires_within: i64,
}

/// One address of a name, and what came of it.
#[derive(Serialize)]
struct AddressEvidence {
    address: IpAddr,
    class: AddressClass,
    result: String,
    /// Absent where nothing was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    ms: Option<u64>,
}

impl AddressEvidence {
    fn new(address: IpAddr, result: impl Into<String>) -> Self {
        Self { address, class: AddressClass::of(address), result: result.into(), ms: None }
    }
}

/// Judges every way, and what is to be said of all of them.
#[must_use]
pub fn network_findings(ways: &Ways, seen: &WaysSeen, expires_within: i64) -> Vec<Finding> {
    let issuers = inspection::Issuers::of(seen);
    let mut all =
        Seen { ways, seen, clocks: Default::default(), issuers, places: place::places(&seen.ways), expires_within };
    all.clocks = clock::clocks(&all);
    let each = seen.ways.iter().zip(&all.places);
    let mut findings: Vec<Finding> = each.flat_map(|(way, place)| of_way(&all, way, place)).collect();
    if let Some(outcome) = ssh::unknown_place(&all) {
        let host = ways.gitlab.as_ref().and_then(|gitlab| gitlab.url().host_str()).unwrap_or_default();
        let target = FindingTarget { place: host.to_owned(), about: "ssh, GitLab".to_owned(), resolver: None };
        findings.push(all.finding(&SSH, Some(target), outcome));
    }
    let webhook = ways.webhook().map(|target| {
        let place = seen.ways.iter().position(|way| way.target.is_same(&target)).and_then(|at| all.places.get(at));
        let unseen = || FindingTarget { place: target.to_string(), about: target.scheme(), resolver: None };
        place.cloned().unwrap_or_else(unseen)
    });
    findings.push(all.finding(&OUTBOUND, webhook, gitlab::outbound(&all)));
    let gitlab = seen.ways.iter().position(|way| way.target.owner == WayOwner::GitLab);
    let gitlab = gitlab.and_then(|at| all.places.get(at)).cloned();
    findings.push(all.finding(&INBOUND, gitlab, gitlab::inbound(&all)));
    let sum = sum::endpoints(&all, &findings);
    findings.push(all.finding(&ENDPOINTS, None, sum));
    findings
}

/// Judges one step of a way; `None` where the step does not concern this kind of address.
type WayRule = fn(&Seen<'_>, &WaySeen) -> Option<CheckOutcome>;

/// Judges one way, step by step: what depends on a step that failed is skipped.
fn of_way(all: &Seen<'_>, way: &WaySeen, place: &FindingTarget) -> Vec<Finding> {
    let mut states: HashMap<&'static str, CheckStatus> = HashMap::new();
    let mut findings = Vec::new();
    let steps: [(&CheckInfo, WayRule); 8] = [
        (&DNS, dns::dns),
        (&TCP, tcp::tcp),
        (&TLS, tls::tls),
        (&MTU, tls::mtu),
        (&HTTP, answer::http),
        (&SSH, ssh::banner),
        (&SSH_HOSTKEY, ssh::host_key),
        (&CLOCK, clock::clock),
    ];
    for (info, rule) in steps {
        let blocked = || match states.get(*info.depends_on.first()?)? {
            CheckStatus::Fail | CheckStatus::Unknown => info.depends_on.first().copied(),
            CheckStatus::Skip(SkipReason::BlockedBy(root)) => Some(*root),
            CheckStatus::Pass | CheckStatus::Warn | CheckStatus::Skip(SkipReason::NotObservable(_)) => None,
        };
        let cut = way.cut.filter(|cut| cut.code == info.code).map(|cut| cut.why);
        let outcome = match (rule(all, way), cut) {
            (Some(outcome), None) => outcome,
            // What is known to be wrong is so whatever else was not asked.
            (Some(outcome), Some(_)) if outcome.status == CheckStatus::Fail => outcome,
            (outcome, Some(why)) => unasked(why, outcome),
            // What does not concern this kind of address is not even skipped.
            (None, None) => continue,
        };
        let outcome = match blocked() {
            Some(root) => CheckOutcome::blocked_by(root),
            None => outcome,
        };
        states.insert(info.code, outcome.status.clone());
        let duration = way.took.get(info.code).copied();
        findings.push(Finding { duration, ..all.finding(info, Some(place.clone()), outcome) });
        if info.code == DNS.code {
            findings.extend(way.answers.iter().map(|answers| {
                let target = FindingTarget { resolver: Some(answers.resolver.to_string()), ..place.clone() };
                let finding = all.finding(&DNS_SPLIT, Some(target), dns::split(way, answers));
                Finding { duration: answers.took, ..finding }
            }));
        }
    }
    findings
}

/// What was not asked to its end is unknown, whatever was seen of it until then.
fn unasked(why: Unasked, seen: Option<CheckOutcome>) -> CheckOutcome {
    let evidence = seen.map(|outcome| outcome.evidence).unwrap_or_default();
    CheckOutcome { evidence, ..CheckOutcome::unknown(why.to_string()).fix(ask_again(why)) }
}

fn ask_again(why: Unasked) -> Fix {
    Fix::say(match why {
        Unasked::TimeOver { .. } => "look again at fewer addresses, or with less time for each step (--timeout 2)",
        Unasked::Silent { .. } => {
            "let the resolver answer first: what it says of the names before says why it does not"
        }
    })
}

impl Seen<'_> {
    fn finding(&self, info: &CheckInfo, target: Option<FindingTarget>, outcome: CheckOutcome) -> Finding {
        let CheckOutcome { status, cause, failed_request, evidence, affected, fix } = outcome;
        let is_failed_request = failed_request.is_some();
        let is_late = failed_request.as_ref().is_some_and(|error| matches!(*error.cause, Cause::Timeout { .. }));
        let fix = fix.map(|fix| *fix).filter(|_| !is_late);
        let advice = || self.advice(failed_request.as_ref()?, About::AnyHost);
        Finding {
            code: info.code,
            title: info.title,
            target,
            status,
            cause,
            is_failed_request,
            evidence,
            affected,
            fix: fix.or_else(advice),
            doc: info.doc(),
            depends_on: info.depends_on,
            duration: None,
        }
    }

    /// What to do about a failed request. More time has to fit into that of a run.
    fn advice(&self, error: &http::Error, about: About<'_>) -> Option<Fix> {
        match error.cause.as_ref() {
            Cause::Timeout { .. } => Some(self.more_time()),
            _ => advise(error, about).into_iter().next(),
        }
    }

    /// Look again with more time for each step, as far as the whole run has it.
    fn more_time(&self) -> Fix {
        const LONGEST: u64 = 12;
        let longer = self.seen.step.as_secs().saturating_mul(2).min(LONGEST);
        if longer > self.seen.step.as_secs() {
            return Fix::rerun("look again, with more time for each step", format!("--timeout {longer}"));
        }
        Fix::say("find out what is slow: the server, or what lies between")
    }

    /// What a failed request to this way's server is about.
    fn about(&self, way: &WaySeen) -> About<'_> {
        match (&self.ways.gitlab, way.target.owner) {
            (Some(instance), WayOwner::GitLab) => About::FirstContact(instance),
            (_, WayOwner::Factory) => About::Factory,
            _ => About::AnyHost,
        }
    }
}

#[cfg(test)]
mod tests;
