//! What may pass between GitLab and Factory: one table, from which the firewall's files, the security-group rules and the
//! diagram are made.

mod nftables;
mod table;

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

pub(super) use self::nftables::PATH as NFTABLES_PATH;
pub(super) use self::table::PATH as TABLE_PATH;
use super::{NetworkDesign, NetworkMethod, PlannedFile};
use crate::kit::{Endpoint, EndpointProtocol};

/// One thing that may pass.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FirewallRule {
    pub direction: Direction,
    pub scope: RuleScope,
    pub from: Place,
    pub to: Place,
    pub traffic: Traffic,
    /// What is spoken; none for the tunnel itself.
    pub protocol: Option<EndpointProtocol>,
    /// What for, as a fragment: `webhooks`.
    pub purpose: String,
}

/// Who opens the connection.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Direction {
    GitLabToFactory,
    FactoryToGitLab,
}

/// Whose packets they are.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum RuleScope {
    /// Those of GitLab and Factory: the security groups of GitLab's machines have them.
    Application,
    /// Those of the VPN's two ends, outside of the tunnel: only the firewall in front of the VPN's end has them.
    Tunnel,
}

/// An end of a rule. With a name and no blocks nobody has promised the addresses: the name is for the firewall to resolve.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Place {
    /// Whose it is, where it has no name: `Factory`.
    pub owner: &'static str,
    pub name: Option<String>,
    pub blocks: Vec<IpNet>,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Traffic {
    Tcp(u16),
    Udp(u16),
    /// IP protocol 50.
    Esp,
}

impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(port) => write!(f, "TCP {port}"),
            Self::Udp(port) => write!(f, "UDP {port}"),
            Self::Esp => f.write_str("IP protocol 50 (ESP)"),
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::GitLabToFactory => "GitLab to Factory",
            Self::FactoryToGitLab => "Factory to GitLab",
        })
    }
}

impl Direction {
    pub(super) const BOTH: [Self; 2] = [Self::GitLabToFactory, Self::FactoryToGitLab];
}

/// A block as a person writes it: a single address without its length.
pub(super) fn written(block: &IpNet) -> String {
    if block.prefix_len() == block.max_prefix_len() { block.addr().to_string() } else { block.to_string() }
}

const GITLAB_VPN: &str = "GitLab's VPN end";
const FACTORY_VPN: &str = "Factory's VPN end";

/// Everything that may pass, both directions, each once, GitLab's first.
#[must_use]
pub fn rules(design: &NetworkDesign) -> Vec<FirewallRule> {
    let mut rules: Vec<FirewallRule> = endpoints(design).iter().map(|endpoint| to_factory(design, endpoint)).collect();
    rules.extend(to_gitlab(design));
    rules.extend(tunnels(design));
    rules
}

/// The rules as a table for people.
#[must_use]
pub(super) fn address_table(design: &NetworkDesign) -> String {
    table::address_table(&rules(design))
}

/// The files of the firewall: a table for people, and a ruleset for nftables.
#[must_use]
pub fn files(design: &NetworkDesign) -> Vec<PlannedFile> {
    vec![table::file(design), nftables::file(design)]
}

/// The kit's addresses, with the webhook's before them where they lack it.
fn endpoints(design: &NetworkDesign) -> Vec<Endpoint> {
    let webhook = &design.factory.webhook;
    let host = webhook.host_str().unwrap_or_default().to_owned();
    let port = webhook.port_or_known_default().unwrap_or(443);
    let mut found: Vec<Endpoint> = Vec::new();
    if !design.factory.endpoints.iter().any(|endpoint| endpoint.host == host && endpoint.port == port) {
        let protocol = Some(EndpointProtocol::Https);
        found.push(Endpoint { host, port, protocol, purpose: "webhooks".to_owned(), cidrs: Vec::new() });
    }
    for endpoint in &design.factory.endpoints {
        if !found.iter().any(|known| known.host == endpoint.host && known.port == endpoint.port) {
            found.push(endpoint.clone());
        }
    }
    found
}

fn to_factory(design: &NetworkDesign, endpoint: &Endpoint) -> FirewallRule {
    let promised: Vec<IpNet> = endpoint.cidrs.iter().filter_map(|text| text.parse().ok()).collect();
    let blocks = [promised, literal(&endpoint.host), factory_blocks(design)];
    let blocks = blocks.into_iter().find(|blocks| !blocks.is_empty()).unwrap_or_default();
    FirewallRule {
        direction: Direction::GitLabToFactory,
        scope: RuleScope::Application,
        from: gitlab(design),
        to: Place { owner: "Factory", name: Some(endpoint.host.clone()), blocks },
        traffic: Traffic::Tcp(endpoint.port),
        protocol: Some(endpoint.protocol()),
        purpose: purpose(endpoint),
    }
}

/// The address, where the host is one and not a name.
fn literal(host: &str) -> Vec<IpNet> {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.ok().map(IpNet::from).into_iter().collect()
}

fn purpose(endpoint: &Endpoint) -> String {
    if !endpoint.purpose.is_empty() {
        return endpoint.purpose.clone();
    }
    match endpoint.protocol() {
        EndpointProtocol::Ssh => "Git over SSH",
        EndpointProtocol::Https => "HTTPS",
        EndpointProtocol::Tcp => "TCP",
    }
    .to_owned()
}

fn to_gitlab(design: &NetworkDesign) -> Vec<FirewallRule> {
    let url = design.gitlab.url.url();
    let web = url.port_or_known_default().unwrap_or(443);
    let wanted = [
        (web, EndpointProtocol::Https, "GitLab's API, OAuth and Git over HTTPS"),
        (design.gitlab.ssh_port, EndpointProtocol::Ssh, "Git over SSH"),
    ];
    wanted
        .into_iter()
        .map(|(port, protocol, purpose)| FirewallRule {
            direction: Direction::FactoryToGitLab,
            scope: RuleScope::Application,
            from: factory(design),
            to: gitlab(design),
            traffic: Traffic::Tcp(port),
            protocol: Some(protocol),
            purpose: purpose.to_owned(),
        })
        .collect()
}

fn tunnels(design: &NetworkDesign) -> Vec<FirewallRule> {
    let Some(vpn) = &design.vpn else { return Vec::new() };
    let place = |end: &super::VpnEnd, owner| Place {
        owner,
        name: None,
        blocks: end.addresses.iter().map(|address| IpNet::from(IpAddr::from(*address))).collect(),
    };
    let (customer, factory) = (place(&vpn.customer, GITLAB_VPN), place(&vpn.factory, FACTORY_VPN));
    let kinds = [
        (Traffic::Udp(500), "the VPN's key exchange"),
        (Traffic::Udp(4500), "the VPN's key exchange and packets behind NAT"),
        (Traffic::Esp, "the VPN's packets"),
    ];
    Direction::BOTH
        .into_iter()
        .flat_map(|direction| kinds.into_iter().map(move |kind| (direction, kind)))
        .map(|(direction, (traffic, purpose))| {
            let (from, to) = match direction {
                Direction::GitLabToFactory => (customer.clone(), factory.clone()),
                Direction::FactoryToGitLab => (factory.clone(), customer.clone()),
            };
            let purpose = purpose.to_owned();
            FirewallRule { direction, scope: RuleScope::Tunnel, from, to, traffic, protocol: None, purpose }
        })
        .collect()
}

fn gitlab(design: &NetworkDesign) -> Place {
    let host = design.gitlab.url.url().host_str().unwrap_or_default().to_owned();
    let known = design.gitlab.addresses.clone();
    let blocks = if known.is_empty() { literal(&host) } else { known };
    Place { owner: "GitLab", name: Some(host), blocks }
}

/// Factory, as the one that opens a connection.
fn factory(design: &NetworkDesign) -> Place {
    let blocks = match design.method {
        NetworkMethod::Public => design.factory.egress_cidrs.clone(),
        NetworkMethod::VpcPeering | NetworkMethod::Vpn => factory_blocks(design),
    };
    Place { owner: "Factory", name: None, blocks }
}

/// The blocks of Factory's network; none over the internet.
fn factory_blocks(design: &NetworkDesign) -> Vec<IpNet> {
    let vpc = || design.factory.vpc.as_ref().map(|vpc| vpc.cidrs.clone()).unwrap_or_default();
    match design.method {
        NetworkMethod::VpcPeering => vpc(),
        NetworkMethod::Vpn => match &design.vpn {
            Some(vpn) if !vpn.factory.cidrs.is_empty() => vpn.factory.cidrs.clone(),
            Some(_) | None => vpc(),
        },
        NetworkMethod::Public => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
