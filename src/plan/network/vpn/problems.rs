//! What is wrong with a VPN before it is built. No daemon and no provider reports most of it at the start.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net};

use super::super::{AwsEnd, NetworkDesign, NetworkProblem, VpnDesign, VpnEnd};
use super::agreement::{self, Apart, Disagreement};
use crate::network::AddressClass;
use crate::network::proposal::{Phase, Proposal, ProposalError, Transform};

/// What keeps the VPN from working, all of it; nothing where the design has no VPN.
#[must_use]
pub fn problems(design: &NetworkDesign) -> Vec<NetworkProblem> {
    let Some(vpn) = &design.vpn else { return Vec::new() };
    let mut found = Vec::new();
    for phase in [Phase::Ike, Phase::Esp] {
        proposals(vpn, phase, &mut found);
    }
    addresses(vpn, &mut found);
    selectors(vpn, &mut found);
    outside_addresses(vpn, &mut found);
    inside_blocks(vpn, &mut found);
    if vpn.bgp_asn == 0 || vpn.bgp_asn == u32::MAX {
        let remedy = "use your own AS number, or a private one: 65000".to_owned();
        found.push(NetworkProblem {
            at: "bgp_asn".into(),
            what: format!("{} is not an AS number", vpn.bgp_asn),
            remedy,
        });
    }
    found
}

/// What works and should be better.
#[must_use]
pub fn warnings(design: &NetworkDesign) -> Vec<NetworkProblem> {
    let Some(vpn) = &design.vpn else { return Vec::new() };
    let mut found = Vec::new();
    for end in Side::BOTH {
        for phase in [Phase::Ike, Phase::Esp] {
            weak_proposals(vpn, end, phase, &mut found);
        }
    }
    if let Some(identity) = &vpn.customer.identity
        && vpn.aws_end == AwsEnd::Factory
        && !vpn.customer.addresses.iter().any(|address| *identity == address.to_string())
    {
        found.push(NetworkProblem {
            at: "vpn_identity".into(),
            what: format!("AWS's end expects your end's public address as its identity, not {identity:?}"),
            remedy: "leave vpn_identity out, unless Factory asked for it".into(),
        });
    }
    if vpn.aws_end == AwsEnd::Customer && vpn.factory.addresses.len() > 1 {
        found.push(NetworkProblem {
            at: "network.vpn.endpoints".into(),
            what: "a connection of AWS leads to one address, and Factory's end has several: the first one is used"
                .into(),
            remedy: "ask Factory which address is to be used".into(),
        });
    }
    found
}

/// Whose value it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Side {
    Customer,
    Factory,
}

impl Side {
    const BOTH: [Self; 2] = [Self::Customer, Self::Factory];

    const fn of(self, vpn: &VpnDesign) -> &VpnEnd {
        match self {
            Self::Customer => &vpn.customer,
            Self::Factory => &vpn.factory,
        }
    }

    const fn at(self, phase: Phase) -> &'static str {
        match (self, phase) {
            (Self::Customer, Phase::Ike) => "ike",
            (Self::Customer, Phase::Esp) => "esp",
            (Self::Factory, Phase::Ike) => "network.vpn.ike",
            (Self::Factory, Phase::Esp) => "network.vpn.esp",
        }
    }

    fn texts(self, vpn: &VpnDesign, phase: Phase) -> &[String] {
        match phase {
            Phase::Ike => &self.of(vpn).ike,
            Phase::Esp => &self.of(vpn).esp,
        }
    }

    /// What to do about a value of this side's.
    fn remedy(self, to_do: &str) -> String {
        match self {
            Self::Customer => to_do.to_owned(),
            Self::Factory => format!("ask Factory for a corrected kit: {to_do}"),
        }
    }
}

fn proposals(vpn: &VpnDesign, phase: Phase, found: &mut Vec<NetworkProblem>) {
    let [customer, factory] = Side::BOTH.map(|side| {
        let read = agreement::read(phase, side.texts(vpn, phase));
        for unreadable in &read.unreadable {
            let at = side.at(phase).to_owned();
            let what = format!("{:?} is not a proposal: {}", unreadable.text, unreadable.why);
            let remedy = match side {
                Side::Customer => instead_of(phase, &unreadable.why),
                Side::Factory => format!("ask Factory for a kit with a proposal such as {}", agreement::USUAL),
            };
            found.push(NetworkProblem { at, what, remedy });
        }
        read
    });
    if !(customer.unreadable.is_empty() && factory.unreadable.is_empty()) {
        return;
    }
    match agreement::agree(phase, &customer.proposals, &factory.proposals) {
        Ok(_) => {}
        Err(Disagreement::Apart(apart)) => found.push(apart_problem(phase, &apart)),
        Err(Disagreement::NotAtAws { common, lacking }) => {
            let side = if customer.proposals.is_empty() { Side::Factory } else { Side::Customer };
            let mut problem = not_at_aws(side, &common, &lacking);
            if !customer.proposals.is_empty() && !factory.proposals.is_empty() {
                problem.remedy.push_str(", and ask Factory for a kit with it");
            }
            found.push(problem);
        }
    }
}

/// What to write, for a text of a person's that is not a proposal.
fn instead_of(phase: Phase, why: &ProposalError) -> String {
    let usual = agreement::USUAL;
    match why {
        ProposalError::Several => format!("give each one by itself: --{0} A --{0} B", name(phase)),
        ProposalError::NoPrf => "name a PRF: aes256gcm16-prfsha384-ecp384".into(),
        ProposalError::NoGroup => format!("name a DH group: {usual}"),
        ProposalError::NoIntegrity => format!("name an integrity algorithm: {usual}"),
        ProposalError::Unknown(keyword) if keyword.chars().any(char::is_uppercase) => {
            format!("write it in lower case, as strongSwan does: {usual}")
        }
        ProposalError::Empty | ProposalError::Unknown(_) | ProposalError::NoEncryption | ProposalError::Mixed => {
            format!("write it as strongSwan does: {usual}")
        }
    }
}

const fn name(phase: Phase) -> &'static str {
    match phase {
        Phase::Ike => "ike",
        Phase::Esp => "esp",
    }
}

fn apart_problem(phase: Phase, apart: &Apart) -> NetworkProblem {
    let Apart { ours, theirs, lacking } = apart;
    let is_pfs = phase == Phase::Esp && lacking.as_slice() == [Transform::Group];
    let differs = differences(ours, theirs, lacking);
    let what = if is_pfs {
        format!(
            "the group of perfect forward secrecy differs ({differs}): the tunnel would come up, and fail at its first \
             rekeying, within an hour"
        )
    } else {
        format!("{ours} has nothing in common with Factory's {theirs}: {differs}")
    };
    let remedy = match theirs.accepted_by_aws() {
        Ok(accepted) => format!("use {}, which Factory's end takes, or ask Factory to add {ours}", accepted.pinned()),
        Err(_) => {
            let nearest = theirs.nearest_for_aws(&agreement::usual(phase));
            format!("use {nearest} and ask Factory to add it: of Factory's {theirs}, AWS's end takes no form")
        }
    };
    NetworkProblem { at: Side::Customer.at(phase).into(), what, remedy }
}

/// `encryption (aes256 here, aes128 at Factory), DH group (modp2048 here, none at Factory)`.
fn differences(ours: &Proposal, theirs: &Proposal, lacking: &[Transform]) -> String {
    let has_integrity = lacking.contains(&Transform::Integrity);
    let told = lacking.iter().filter(|transform| !(has_integrity && **transform == Transform::Prf));
    let said: Vec<String> = told
        .map(|transform| {
            let [here, there] = [ours, theirs].map(|end| keywords(end, *transform));
            format!("{transform} {here} here, {there} at Factory")
        })
        .collect();
    said.join("; ")
}

fn keywords(proposal: &Proposal, transform: Transform) -> String {
    let keywords: Vec<&str> = proposal.list(transform).iter().map(|algorithm| algorithm.keyword()).collect();
    if keywords.is_empty() { "none".to_owned() } else { keywords.join(" or ") }
}

fn not_at_aws(side: Side, common: &Proposal, lacking: &[Transform]) -> NetworkProblem {
    let phase = common.phase();
    let refused: Vec<String> = lacking
        .iter()
        .map(|transform| match (transform, common.list(*transform)) {
            (Transform::Group, []) => {
                "it always uses perfect forward secrecy, and the proposal has no DH group".to_owned()
            }
            _ => format!("not the {transform} {}", keywords(common, *transform)),
        })
        .collect();
    NetworkProblem {
        at: side.at(phase).into(),
        what: format!("AWS's end does not take {common}: {}", refused.join(", ")),
        remedy: side.remedy(&format!("use {}", common.nearest_for_aws(&agreement::usual(phase)))),
    }
}

fn weak_proposals(vpn: &VpnDesign, side: Side, phase: Phase, found: &mut Vec<NetworkProblem>) {
    for proposal in agreement::read(phase, side.texts(vpn, phase)).proposals {
        let weak: Vec<&str> = proposal.weak().iter().map(|algorithm| algorithm.keyword()).collect();
        if !weak.is_empty() {
            let strong = proposal.strengthened(&agreement::usual(phase));
            found.push(NetworkProblem {
                at: side.at(phase).into(),
                what: format!("{proposal} is weak: {}", weak.join(", ")),
                remedy: side.remedy(&format!("use {strong}")),
            });
        }
    }
}

fn addresses(vpn: &VpnDesign, found: &mut Vec<NetworkProblem>) {
    let (own, at) = match vpn.aws_end {
        AwsEnd::Factory => (&vpn.customer, "vpn_address"),
        AwsEnd::Customer => (&vpn.factory, "network.vpn.endpoints"),
    };
    if own.addresses.is_empty() {
        found.push(NetworkProblem {
            at: at.into(),
            what: "the public address of the end that is not AWS's is missing".into(),
            remedy: match vpn.aws_end {
                AwsEnd::Factory => "give the address of your VPN device: --vpn-address".into(),
                AwsEnd::Customer => "ask Factory for a kit with the address of its VPN end".into(),
            },
        });
    }
    for side in Side::BOTH {
        let at = if side == Side::Customer { "vpn_address" } else { "network.vpn.endpoints" };
        for address in side.of(vpn).addresses.iter().filter(|address| !is_reached(**address)) {
            let class = AddressClass::of(IpAddr::V4(*address));
            found.push(NetworkProblem {
                at: at.into(),
                what: format!(
                    "{address} is not a public address ({class}): the other end cannot reach it over the internet"
                ),
                remedy: side.remedy("use the public address, behind NAT that of the NAT"),
            });
        }
    }
    for address in vpn.customer.addresses.iter().filter(|address| vpn.factory.addresses.contains(address)) {
        found.push(NetworkProblem {
            at: "vpn_address".into(),
            what: format!("{address} is the address of Factory's end"),
            remedy: "give the address of your own VPN device".into(),
        });
    }
}

/// Documentation's addresses are for examples, and lead nowhere without harm.
fn is_reached(address: Ipv4Addr) -> bool {
    AddressClass::of(IpAddr::V4(address)) == AddressClass::Public || address.is_documentation()
}

fn selectors(vpn: &VpnDesign, found: &mut Vec<NetworkProblem>) {
    for side in Side::BOTH {
        let (at, whose) = match side {
            Side::Customer => ("local_cidrs", "GitLab's side"),
            Side::Factory => ("network.vpn.cidrs", "Factory's side"),
        };
        let blocks = &side.of(vpn).cidrs;
        if agreement::ipv4(blocks).is_empty() {
            found.push(NetworkProblem {
                at: at.into(),
                what: format!("no IPv4 CIDR of {whose} is given: the tunnel would carry nothing"),
                remedy: side.remedy("give the CIDRs that are behind the VPN's end"),
            });
        }
        for block in blocks.iter().filter(|block| matches!(block, IpNet::V6(_))) {
            found.push(NetworkProblem {
                at: at.into(),
                what: format!("{block}: a VPN gateway of AWS carries IPv4 only"),
                remedy: side.remedy("leave it out"),
            });
        }
    }
    for (ours, theirs) in pairs(&vpn.customer.cidrs, &vpn.factory.cidrs) {
        if agreement::overlap(ours, theirs) {
            found.push(NetworkProblem {
                at: "local_cidrs".into(),
                what: format!(
                    "{ours} overlaps with Factory's {theirs}: an address in both is never sent through the tunnel"
                ),
                remedy: "give only CIDRs with GitLab's machines, or translate addresses at your end and give the \
                         translated CIDR"
                    .into(),
            });
        }
    }
}

/// A tunnel to an address that is itself behind the tunnel carries its own packets, and goes down as soon as it is up.
fn outside_addresses(vpn: &VpnDesign, found: &mut Vec<NetworkProblem>) {
    for side in Side::BOTH {
        let at = if side == Side::Customer { "local_cidrs" } else { "network.vpn.cidrs" };
        for (cidr, end) in side.of(vpn).cidrs.iter().flat_map(|cidr| Side::BOTH.map(|end| (cidr, end))) {
            let whose = if end == Side::Customer { "your VPN device" } else { "Factory's VPN end" };
            for address in end.of(vpn).addresses.iter().filter(|address| cidr.contains(&IpAddr::V4(**address))) {
                found.push(NetworkProblem {
                    at: at.into(),
                    what: format!(
                        "{cidr} contains {address}, {whose}: the tunnel would lead its own packets into itself"
                    ),
                    remedy: side.remedy(
                        "give smaller CIDRs, with the machines and without the public address of the VPN's end",
                    ),
                });
            }
        }
    }
}

fn pairs<'a>(ours: &'a [IpNet], theirs: &'a [IpNet]) -> impl Iterator<Item = (&'a IpNet, &'a IpNet)> {
    ours.iter().flat_map(move |our| theirs.iter().map(move |their| (our, their)))
}

/// The third octets of the blocks 169.254.N.0/30 that AWS keeps for itself.
const RESERVED_INSIDE: [u8; 6] = [0, 1, 2, 3, 4, 5];

fn inside_blocks(vpn: &VpnDesign, found: &mut Vec<NetworkProblem>) {
    let Some(blocks) = vpn.inside_cidrs else { return };
    let example = "use a /30 in 169.254.0.0/16, such as 169.254.10.0/30, or leave inside_cidrs out: then AWS chooses";
    let mut add = |what: String, remedy: &str| {
        found.push(NetworkProblem { at: "inside_cidrs".into(), what, remedy: remedy.to_owned() });
    };
    for block in blocks {
        let [first, second, third, _] = block.network().octets();
        if block.prefix_len() != 30 || (first, second) != (169, 254) {
            add(format!("{block} is not a /30 in 169.254.0.0/16"), example);
        } else if block.network() != block.addr() {
            add(format!("{block} does not begin at its first address"), &format!("use {}", block.trunc()));
        } else if is_reserved(block, third) {
            add(format!("{block} is kept by AWS for itself"), example);
        }
    }
    if blocks[0].trunc() == blocks[1].trunc() {
        add(format!("both tunnels have {}", blocks[0]), "use two different CIDRs");
    }
}

fn is_reserved(block: Ipv4Net, third: u8) -> bool {
    let last = block.network().octets()[3];
    (last == 0 && RESERVED_INSIDE.contains(&third)) || (third == 169 && last == 252)
}
