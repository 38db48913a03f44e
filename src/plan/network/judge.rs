//! What keeps two networks from being joined although each value is well formed: blocks that overlap, parts of AWS that share
//! nothing, addresses that the method does not lead to.

use ipnet::IpNet;

use super::design::ASK_FACTORY;
use super::formats::{overlap, region};
use super::{CustomerAws, NetworkDesign, NetworkMethod, NetworkProblem};
use crate::kit::NetworkTerms;
use crate::network::AddressClass;

/// Every problem of the design as a whole; those of a VPN's proposals aside.
pub(super) fn problems(design: &NetworkDesign, kit: &NetworkTerms) -> Vec<NetworkProblem> {
    let mut found = Vec::new();
    kit_lacks(design, kit, &mut found);
    if let Some(aws) = &design.aws {
        within(aws, &mut found);
        partitions(design, aws, &mut found);
    }
    overlaps(design, &mut found);
    addresses(design, &mut found);
    found
}

fn problem(at: impl Into<String>, what: impl Into<String>, remedy: impl Into<String>) -> NetworkProblem {
    NetworkProblem { at: at.into(), what: what.into(), remedy: remedy.into() }
}

/// What a peering needs of Factory; what a VPN needs is judged with it.
fn kit_lacks(design: &NetworkDesign, kit: &NetworkTerms, found: &mut Vec<NetworkProblem>) {
    if design.method != NetworkMethod::VpcPeering {
        return;
    }
    match &kit.vpc {
        None => found.push(problem(
            "network.vpc",
            "the kit does not name Factory's VPC",
            "ask Factory for a kit that does, or take another way: --method vpn or --method public",
        )),
        Some(vpc) if vpc.cidrs.is_empty() => {
            found.push(problem("network.vpc.cidrs", "the kit does not name the VPC's CIDRs", ASK_FACTORY));
        }
        Some(_) => {}
    }
}

/// Two blocks of one VPC never overlap, so one of them is a typing error.
fn within(aws: &CustomerAws, found: &mut Vec<NetworkProblem>) {
    for (at, one) in aws.vpc_cidrs.iter().enumerate() {
        for other in aws.vpc_cidrs[at + 1..].iter().filter(|other| overlap(one, other)) {
            found.push(problem(
                "vpc_cidrs",
                format!("{one} and {other} overlap, which CIDRs of one VPC cannot"),
                "give the VPC's CIDRs as AWS's console shows them, not those of its subnets",
            ));
        }
    }
}

fn partitions(design: &NetworkDesign, aws: &CustomerAws, found: &mut Vec<NetworkProblem>) {
    let Some(vpc) = &design.factory.vpc else { return };
    if design.method != NetworkMethod::VpcPeering {
        return;
    }
    if let (Ok(ours), Ok(theirs)) = (region(&aws.region), region(&vpc.region))
        && ours != theirs
    {
        found.push(problem(
            "region",
            format!("{} is in {}, Factory's {} in {}", aws.region, ours.name(), vpc.region, theirs.name()),
            "use --method vpn: no VPC peering leads from one of these parts of AWS to another",
        ));
    }
    if !vpc.id.is_empty() && vpc.id == aws.vpc_id {
        found.push(problem("vpc_id", format!("{} is Factory's own VPC", vpc.id), "give the VPC that GitLab runs in"));
    }
}

/// Every pair of blocks of the two VPCs; those of a VPN are judged with its selectors.
fn overlaps(design: &NetworkDesign, found: &mut Vec<NetworkProblem>) {
    let (NetworkMethod::VpcPeering, Some(aws), Some(vpc)) = (design.method, &design.aws, &design.factory.vpc) else {
        return;
    };
    for one in &aws.vpc_cidrs {
        for other in vpc.cidrs.iter().filter(|other| overlap(one, other)) {
            found.push(problem(
                "vpc_cidrs",
                format!("{one} overlaps Factory's {other} (network.vpc.cidrs of the kit)"),
                "use --method vpn with address translation on your side, ask Factory for AWS PrivateLink, which takes \
                 overlapping addresses, or renumber: AWS refuses the peering even where the common addresses are not in use",
            ));
        }
    }
}

/// Whether the method leads to GitLab's addresses.
fn addresses(design: &NetworkDesign, found: &mut Vec<NetworkProblem>) {
    for block in &design.gitlab.addresses {
        let class = AddressClass::of(block.addr());
        let widest = if block.addr().is_ipv4() { 16 } else { 48 };
        if block.prefix_len() < widest {
            found.push(problem(
                "gitlab_addresses",
                format!("{block} is far more than GitLab"),
                format!("give the addresses of GitLab or its load balancer, /{widest} or smaller: Factory gets a way to all of it"),
            ));
            continue;
        }
        found.extend(unreached(design, block, class));
    }
}

fn unreached(design: &NetworkDesign, block: &IpNet, class: AddressClass) -> Option<NetworkProblem> {
    let is_in = |blocks: &[IpNet]| blocks.iter().any(|one| one.contains(block));
    match (design.method, &design.aws, &design.vpn) {
        (NetworkMethod::VpcPeering, Some(aws), _) if !aws.vpc_cidrs.is_empty() && !is_in(&aws.vpc_cidrs) => {
            Some(problem(
                "gitlab_addresses",
                format!("{block} is outside the VPC's CIDRs, and a peering leads no further than the two VPCs"),
                "give GitLab's address inside the VPC; where GitLab is behind the VPC (a data center, another VPC), use \
                 --method vpn",
            ))
        }
        (NetworkMethod::Vpn, _, Some(vpn)) if !vpn.customer.cidrs.is_empty() && !is_in(&vpn.customer.cidrs) => {
            Some(problem(
                "gitlab_addresses",
                format!("{block} is outside the CIDRs behind your end, and the tunnel carries nothing else"),
                "add GitLab's CIDR with --local-cidr, or give the address that GitLab has inside them",
            ))
        }
        (NetworkMethod::Public, ..) if class != AddressClass::Public && class != AddressClass::Reserved => {
            Some(problem(
                "gitlab_addresses",
                format!("{block} is a {class} address, to which the internet does not lead"),
                "give the public address of GitLab, its load balancer or its NAT, or choose --method vpc-peering or vpn",
            ))
        }
        _ => None,
    }
}
