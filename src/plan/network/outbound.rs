//! Whether GitLab's outbound filter would refuse the webhook's address once the private way is there.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{NetworkDesign, NetworkMethod};
use crate::network::outbound::{
    Destination, OUTBOUND_PAGE, OutboundDecision, OutboundRefusal, OutboundSettings, allowlist_entry, decide,
};

/// The webhook's address as planned, which GitLab refuses unless its administrator allows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FilterWarning {
    pub url: String,
    /// The planned blocks that the webhook's host would have its address in.
    pub blocks: Vec<IpNet>,
    /// GitLab's words when it refuses.
    pub refusal: OutboundRefusal,
    /// What the allowlist needs.
    pub entry: String,
    /// The page of the Admin Area.
    pub page: String,
}

/// What GitLab would refuse of the planned addresses, with its own settings as they are at first.
#[must_use]
pub fn filter_warning(design: &NetworkDesign) -> Option<FilterWarning> {
    let url = &design.factory.webhook;
    let blocks = planned(design);
    let refused = blocks.iter().find_map(|block| refusal(design, block.addr()))?;
    Some(FilterWarning {
        url: url.to_string(),
        blocks: blocks.into_iter().filter(|block| refusal(design, block.addr()).is_some()).collect(),
        refusal: refused,
        entry: allowlist_entry(url),
        page: design.gitlab.url.page(OUTBOUND_PAGE).to_string(),
    })
}

/// The blocks in which the webhook's host has its addresses, as far as they are planned or promised.
fn planned(design: &NetworkDesign) -> Vec<IpNet> {
    let url = &design.factory.webhook;
    let host = url.host_str().unwrap_or_default();
    if let Ok(address) = host.trim_matches(['[', ']']).parse::<IpAddr>() {
        return vec![IpNet::from(address)];
    }
    let of_host = design.factory.endpoints.iter().filter(|endpoint| endpoint.host == host);
    let promised: Vec<IpNet> =
        of_host.flat_map(|endpoint| endpoint.cidrs.iter()).filter_map(|text| text.parse().ok()).collect();
    if !promised.is_empty() {
        return promised;
    }
    match (design.method, &design.factory.vpc, &design.vpn) {
        (NetworkMethod::VpcPeering, Some(vpc), _) => vpc.cidrs.clone(),
        (NetworkMethod::Vpn, _, Some(vpn)) => vpn.factory.cidrs.clone(),
        _ => Vec::new(),
    }
}

fn refusal(design: &NetworkDesign, address: IpAddr) -> Option<OutboundRefusal> {
    let to = Destination {
        url: &design.factory.webhook,
        addresses: &[address],
        gitlab: Some(design.gitlab.url.url()),
        own_addresses: &[],
    };
    match decide(&to, &OutboundSettings::default()) {
        OutboundDecision::Refused(refusal) => Some(refusal),
        OutboundDecision::Allowed(_) | OutboundDecision::Unknown(_) => None,
    }
}
