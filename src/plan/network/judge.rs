//! What keeps two networks from being joined although each value is well formed: blocks that overlap, parts of AWS that share
//! nothing, addresses that the method does not lead to.

use ipnet::IpNet;

use super::design::ASK_FACTORY;
use super::formats::{overlap, region};
use super::{AwsEnd, CustomerAws, NetworkDesign, NetworkMethod, NetworkProblem};
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

/// What the method needs of Factory.
fn kit_lacks(design: &NetworkDesign, kit: &NetworkTerms, found: &mut Vec<NetworkProblem>) {
    match (design.method, &design.vpn) {
        (NetworkMethod::VpcPeering, _) => match &kit.vpc {
            None => found.push(problem(
                "network.vpc",
                "the kit does not name Factory's VPC",
                "ask Factory for a kit that does, or take another way: --method vpn or --method public",
            )),
            Some(vpc) if vpc.cidrs.is_empty() => {
                found.push(problem("network.vpc.cidrs", "the kit does not name the VPC's CIDRs", ASK_FACTORY));
            }
            Some(_) => {}
        },
        (NetworkMethod::Vpn, Some(vpn)) => {
            if vpn.factory.cidrs.is_empty() {
                let what = "the kit does not name the CIDRs behind Factory's end";
                found.push(problem("network.vpn.cidrs", what, ASK_FACTORY));
            }
            if vpn.aws_end == AwsEnd::Customer && vpn.factory.addresses.is_empty() {
                let what = "the kit does not name the public address of Factory's end";
                found.push(problem("network.vpn.endpoints", what, ASK_FACTORY));
            }
        }
        (NetworkMethod::Vpn, None) | (NetworkMethod::Public, _) => {}
    }
}

/// Two blocks of one VPC never overlap, so one of them is a typing error.
fn within(aws: &CustomerAws, found: &mut Vec<NetworkProblem>) {
    for (at, one) in aws.vpc_cidrs.iter().enumerate() {
        for other in aws.vpc_cidrs[at + 1..].iter().filter(|other| overlap(one, other)) {
            found.push(problem(
                "vpc_cidrs",
                format!("{one} and {other} overlap, which blocks of one VPC cannot"),
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

/// Every pair of blocks, one of each side.
fn overlaps(design: &NetworkDesign, found: &mut Vec<NetworkProblem>) {
    let (key, theirs_at, ours, theirs): (&str, &str, &[IpNet], &[IpNet]) = match (design.method, &design.vpn) {
        (NetworkMethod::VpcPeering, _) => {
            let ours = design.aws.as_ref().map_or(&[][..], |aws| &aws.vpc_cidrs);
            let theirs = design.factory.vpc.as_ref().map_or(&[][..], |vpc| &vpc.cidrs);
            ("vpc_cidrs", "network.vpc.cidrs", ours, theirs)
        }
        (NetworkMethod::Vpn, Some(vpn)) => {
            let key = if vpn.aws_end == AwsEnd::Customer { "vpc_cidrs" } else { "local_cidrs" };
            (key, "network.vpn.cidrs", &vpn.customer.cidrs, &vpn.factory.cidrs)
        }
        (NetworkMethod::Vpn, None) | (NetworkMethod::Public, _) => return,
    };
    for one in ours {
        for other in theirs.iter().filter(|other| overlap(one, other)) {
            found.push(problem(
                key,
                format!("{one} overlaps Factory's {other} ({theirs_at} of the kit)"),
                if design.method == NetworkMethod::VpcPeering { OVERLAP_PEERING } else { OVERLAP_VPN },
            ));
        }
    }
}

const OVERLAP_PEERING: &str = "use --method vpn with address translation on your side, ask Factory for AWS PrivateLink, which \
     takes overlapping addresses, or renumber: AWS refuses the peering even where the common addresses are not in use";

const OVERLAP_VPN: &str = "translate your addresses (NAT) on your VPN device to a free block and give that block, ask Factory \
     for AWS PrivateLink, or renumber: both ends would take the common addresses for their own";

/// Whether the method leads to GitLab's addresses.
fn addresses(design: &NetworkDesign, found: &mut Vec<NetworkProblem>) {
    for block in &design.gitlab.addresses {
        let class = AddressClass::of(block.addr());
        let widest = if block.addr().is_ipv4() { 16 } else { 48 };
        if matches!(class, AddressClass::Loopback | AddressClass::LinkLocal | AddressClass::Broadcast) {
            found.push(problem(
                "gitlab_addresses",
                format!("{block} is a {class} address, which no other network reaches"),
                "give the address of GitLab or of its load balancer",
            ));
            continue;
        }
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
                format!("{block} is outside the blocks behind your end, and the tunnel carries nothing else"),
                "add GitLab's block with --local-cidr, or give the address that GitLab has inside them",
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
