//! What looks like inspection of TLS on the way. No sign of it is a proof, since a company may issue certificates of its own.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

use jiff::Timestamp;

use crate::desired::WayOwner;
use crate::http::probe::{CertificateSeen, TlsSeen};
use crate::http::{PrivateRoot, TlsProblem};
use crate::network::AddressClass;
use crate::observed::Observation;
use crate::observed::ways::{WaySeen, WaysSeen};

/// The hosts that each issuer has issued certificates for, as far as that says something.
#[derive(Default)]
pub(super) struct Issuers<'a> {
    at: Timestamp,
    /// Of certificates that were made a moment ago.
    fresh: HashMap<&'a str, BTreeSet<&'a str>>,
    /// Of those that no system trusts by itself, one host of each domain.
    private: HashMap<&'a str, BTreeMap<String, &'a str>>,
}

impl<'a> Issuers<'a> {
    pub(super) fn of(seen: &'a WaysSeen) -> Self {
        let mut issuers = Self { at: seen.at, ..Self::default() };
        for way in &seen.ways {
            let host = way.target.host.as_str();
            for (certificate, is_private) in certificates(way) {
                let issuer = certificate.issuer.as_str();
                if issuers.is_just_made(certificate) {
                    issuers.fresh.entry(issuer).or_default().insert(host);
                }
                if let Some(domain) = domain(host).filter(|_| is_private) {
                    issuers.private.entry(issuer).or_default().entry(domain).or_insert(host);
                }
            }
        }
        issuers
    }

    /// What makes a certificate that is trusted look like that of a device on the network.
    pub(super) fn suspicion(&self, way: &WaySeen, certificate: &CertificateSeen) -> Option<String> {
        const LOOKS: &str = "it looks like a device on the network inspects TLS";
        let issuer = &certificate.issuer;
        if let Some(inspector) = &certificate.inspector {
            return Some(format!("{LOOKS}: the certificate was issued by {inspector}"));
        }
        if let Some(shared) = self.shared(way, certificate) {
            return Some(format!("{LOOKS}: {shared}"));
        }
        let fresh = self.fresh.get(issuer.as_str()).filter(|hosts| self.is_just_made(certificate) && hosts.len() > 1);
        if let Some(hosts) = fresh {
            let hosts = named(hosts);
            return Some(format!("{LOOKS}: {hosts} have certificates of {issuer} that were made a moment ago"));
        }
        let root = certificate.private_root.filter(|_| is_public(way))?;
        Some(format!("{LOOKS}: a public host has a certificate of {issuer}, whose root {}", trusted_for(root)))
    }

    /// One issuer that no system trusts by itself, of this host of Factory's and of one that has nothing to do with it.
    pub(super) fn shared(&self, way: &WaySeen, certificate: &CertificateSeen) -> Option<String> {
        let own = way.target.host.as_str();
        if way.target.owner != WayOwner::Factory {
            return None;
        }
        let domains = self.private.get(certificate.issuer.as_str())?;
        let own_domain = domain(own).filter(|domain| domains.contains_key(domain))?;
        let (_, other) = domains.iter().find(|(domain, _)| **domain != own_domain)?;
        let issuer = &certificate.issuer;
        Some(format!("{own} and {other}, which have nothing to do with each other, both have certificates of {issuer}"))
    }

    /// Made within the hour, for a short time, as an inspecting device makes them.
    fn is_just_made(&self, certificate: &CertificateSeen) -> bool {
        const HOUR: i64 = 60 * 60;
        let age = self.at.as_second() - certificate.not_before.as_second();
        let life = certificate.not_after.as_second() - certificate.not_before.as_second();
        (0..HOUR).contains(&age) && life <= 31 * 24 * HOUR
    }
}

/// The certificates that a way showed, each with whether its issuer is known to be private.
fn certificates(way: &WaySeen) -> impl Iterator<Item = (&CertificateSeen, bool)> {
    let tunnelled = way.tunnelled.iter().filter_map(Observation::known);
    let trusted = way.tls.iter().filter_map(|at| match &at.seen {
        TlsSeen::Trusted(certificate) => Some(certificate),
        _ => None,
    });
    let refused = way.tls.iter().filter_map(|at| match &at.seen {
        TlsSeen::Refused { problem: TlsProblem::UnknownCa { .. }, certificate } => Some((certificate.as_ref()?, true)),
        _ => None,
    });
    tunnelled.chain(trusted).map(|one| (one, one.private_root.is_some())).chain(refused)
}

const fn trusted_for(root: PrivateRoot) -> &'static str {
    match root {
        PrivateRoot::Given => "is trusted only because it was given for this run",
        PrivateRoot::Added => "was added to those that this machine trusts",
    }
}

/// Whether it is a host of Factory's on the internet. One that is reached through a proxy is.
fn is_public(way: &WaySeen) -> bool {
    let mut addresses = way.addresses.known().into_iter().flatten();
    let mut is_outside = || addresses.any(|address| AddressClass::of(*address) == AddressClass::Public);
    way.target.owner == WayOwner::Factory && (way.proxy.is_some() || is_outside())
}

/// The last two labels of a name. Names that differ in it have nothing to do with each other; of addresses nothing is known.
fn domain(host: &str) -> Option<String> {
    let name = host.trim_end_matches('.');
    let mut dots = name.rmatch_indices('.').map(|(at, _)| at);
    let (_last, second) = (dots.next()?, dots.next());
    host.parse::<IpAddr>().is_err().then(|| name[second.map_or(0, |at| at + 1)..].to_ascii_lowercase())
}

fn named(hosts: &BTreeSet<&str>) -> String {
    const NAMED: usize = 4;
    let shown: Vec<&str> = hosts.iter().take(NAMED).copied().collect();
    match hosts.len().saturating_sub(NAMED) {
        0 => shown.join(" and "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
