//! What the two ends of a VPN agree on, and what keeps them from it.
//!
//! The rules are those that real daemons follow. One has no symptom at the start: when the groups of perfect forward secrecy
//! differ, an IKEv2 tunnel comes up, and its first rekeying fails.

use std::cmp::Reverse;
use std::net::Ipv4Addr;

use ipnet::{IpNet, Ipv4Net};

use super::super::{VpnDesign, VpnEnd};
use crate::network::proposal::{Phase, Proposal, ProposalError, Transform};

/// What is used where neither end wants anything, and in the place of what AWS refuses.
pub(super) const USUAL: &str = "aes256-sha256-ecp384";

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum IkeVersion {
    V1,
    V2,
}

/// An end, as far as the other one has to fit it.
#[derive(Clone, Debug)]
pub struct VpnTerms {
    pub version: IkeVersion,
    pub ike: Vec<Proposal>,
    pub esp: Vec<Proposal>,
    /// The blocks behind it, and those that it expects behind the other end.
    pub local: Vec<IpNet>,
    pub remote: Vec<IpNet>,
}

/// What keeps two ends apart.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Clash {
    /// One speaks IKEv1 only, the other IKEv2 only.
    Version,
    /// No IKE proposal of one fits one of the other; of the nearest two, what differs.
    Ike(Vec<Transform>),
    Esp(Vec<Transform>),
    /// The tunnel comes up and fails at its first rekeying.
    Pfs,
    /// No address may pass.
    Selectors,
}

/// Everything that keeps two ends apart; nothing if a tunnel between them comes up and stays up.
#[must_use]
pub fn clashes(a: &VpnTerms, b: &VpnTerms) -> Vec<Clash> {
    let mut found = Vec::new();
    if a.version != b.version {
        found.push(Clash::Version);
    }
    found.extend(nearest(&a.ike, &b.ike).err().map(|apart| Clash::Ike(apart.lacking)));
    found.extend(nearest(&a.esp, &b.esp).err().map(|apart| match apart.lacking.as_slice() {
        [Transform::Group] => Clash::Pfs,
        _ => Clash::Esp(apart.lacking),
    }));
    if !(meet(&a.local, &b.remote) && meet(&a.remote, &b.local)) {
        found.push(Clash::Selectors);
    }
    found
}

fn meet(ours: &[IpNet], theirs: &[IpNet]) -> bool {
    ours.iter().any(|our| theirs.iter().any(|their| overlap(our, their)))
}

pub(super) fn overlap(a: &IpNet, b: &IpNet) -> bool {
    a.contains(&b.network()) || b.contains(&a.network())
}

/// The two proposals that come nearest to each other, and what keeps them apart.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Apart {
    pub(super) ours: Proposal,
    pub(super) theirs: Proposal,
    pub(super) lacking: Vec<Transform>,
}

impl Apart {
    /// Of as many kinds of algorithm, a lone group is the nearest: it may be one of perfect forward secrecy.
    fn distance(&self) -> (usize, Reverse<&[Transform]>) {
        (self.lacking.len(), Reverse(&self.lacking))
    }
}

/// What every pair has in common, in the order of ours; else the pair that lacks least.
fn nearest(ours: &[Proposal], theirs: &[Proposal]) -> Result<Vec<Proposal>, Box<Apart>> {
    let mut common = Vec::new();
    let mut apart: Option<Box<Apart>> = None;
    for (our, their) in ours.iter().flat_map(|our| theirs.iter().map(move |their| (our, their))) {
        match our.common(their) {
            Ok(shared) => common.push(shared),
            Err(lacking) => {
                let pair = Box::new(Apart { ours: our.clone(), theirs: their.clone(), lacking });
                if apart.as_ref().is_none_or(|known| pair.distance() < known.distance()) {
                    apart = Some(pair);
                }
            }
        }
    }
    match apart {
        Some(apart) if common.is_empty() => Err(apart),
        _ => Ok(common),
    }
}

/// Why the ends have no proposal in common.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Disagreement {
    Apart(Box<Apart>),
    /// Both would, but AWS's end never does.
    NotAtAws {
        common: Box<Proposal>,
        lacking: Vec<Transform>,
    },
}

/// The one proposal that both ends are configured with: one algorithm of each kind, because AWS's end would choose the
/// lowest of several. An end without proposals takes any.
pub(super) fn agree(phase: Phase, customer: &[Proposal], factory: &[Proposal]) -> Result<Proposal, Disagreement> {
    let usual = [usual(phase)];
    let common = match (customer, factory) {
        ([], []) => usual.to_vec(),
        (some, []) | ([], some) => some.to_vec(),
        (customer, factory) => nearest(customer, factory).map_err(Disagreement::Apart)?,
    };
    let accepted: Vec<Proposal> =
        common.iter().filter_map(|shared| shared.accepted_by_aws().ok()).map(|shared| shared.pinned()).collect();
    let best = accepted.iter().find(|shared| shared.weak().is_empty()).or_else(|| accepted.first());
    if let Some(best) = best {
        return Ok(best.clone());
    }
    let refused =
        common.into_iter().filter_map(|common| common.accepted_by_aws().err().map(|lacking| (common, lacking)));
    let nearest = refused.min_by_key(|(_, lacking)| lacking.len());
    // There is one: an end without proposals has stood aside.
    nearest.map_or_else(
        || Ok(usual[0].clone()),
        |(common, lacking)| Err(Disagreement::NotAtAws { common: Box::new(common), lacking }),
    )
}

pub(super) fn usual(phase: Phase) -> Proposal {
    Proposal::parse(phase, USUAL).unwrap_or_else(|_| unreachable!("the usual proposal is one"))
}

/// The proposals of an end that can be read, and those that cannot.
pub(super) struct Read {
    pub(super) proposals: Vec<Proposal>,
    pub(super) unreadable: Vec<Unreadable>,
}

pub(super) struct Unreadable {
    pub(super) text: String,
    pub(super) why: ProposalError,
}

pub(super) fn read(phase: Phase, texts: &[String]) -> Read {
    let mut read = Read { proposals: Vec::new(), unreadable: Vec::new() };
    for text in texts {
        match Proposal::parse(phase, text) {
            Ok(proposal) => read.proposals.push(proposal),
            Err(why) => read.unreadable.push(Unreadable { text: text.clone(), why }),
        }
    }
    read
}

/// What both ends are configured with. Where they disagree, that is a problem that is reported elsewhere, and this has what
/// is usual.
#[derive(Clone, Debug)]
pub(super) struct Agreement {
    pub(super) ike: Proposal,
    pub(super) esp: Proposal,
    pub(super) selectors: Selectors,
}

/// What a tunnel carries. AWS's end takes one block for each side.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Selectors {
    pub(super) customer: Ipv4Net,
    pub(super) factory: Ipv4Net,
}

impl Agreement {
    pub(super) fn of(vpn: &VpnDesign) -> Self {
        let chosen = |phase, customer: &[String], factory: &[String]| {
            let (customer, factory) = (read(phase, customer).proposals, read(phase, factory).proposals);
            agree(phase, &customer, &factory).unwrap_or_else(|_| usual(phase))
        };
        Self {
            ike: chosen(Phase::Ike, &vpn.customer.ike, &vpn.factory.ike),
            esp: chosen(Phase::Esp, &vpn.customer.esp, &vpn.factory.esp),
            selectors: Selectors::of(&vpn.customer, &vpn.factory),
        }
    }
}

/// A block that covers more than this is not one of a side's any more.
const WIDEST_COVER: u8 = 8;

impl Selectors {
    /// The smallest block that covers each side's; everything where these would overlap, and then the routes decide.
    fn of(customer: &VpnEnd, factory: &VpnEnd) -> Self {
        let covers = (cover(&ipv4(&customer.cidrs)), cover(&ipv4(&factory.cidrs)));
        match covers {
            (Some(customer), Some(factory))
                if customer.prefix_len().min(factory.prefix_len()) >= WIDEST_COVER
                    && !overlap(&customer.into(), &factory.into()) =>
            {
                Self { customer, factory }
            }
            _ => Self { customer: everything(), factory: everything() },
        }
    }

    /// Whether the tunnel would take any packet.
    pub(super) fn is_everything(self) -> bool {
        self.customer.prefix_len() == 0
    }
}

fn everything() -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 0)
}

/// The IPv4 blocks, each once, the sorted and joined ones.
pub(super) fn ipv4(blocks: &[IpNet]) -> Vec<Ipv4Net> {
    let ipv4: Vec<Ipv4Net> = blocks
        .iter()
        .filter_map(|block| match block {
            IpNet::V4(block) => Some(block.trunc()),
            IpNet::V6(_) => None,
        })
        .collect();
    Ipv4Net::aggregate(&ipv4)
}

fn cover(blocks: &[Ipv4Net]) -> Option<Ipv4Net> {
    blocks.iter().copied().reduce(|mut cover, block| {
        while !cover.contains(&block) {
            cover = cover.supernet().unwrap_or_else(everything);
        }
        cover
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn proposals(phase: Phase, texts: &[&str]) -> Vec<Proposal> {
        texts.iter().map(|text| Proposal::parse(phase, text).expect(text)).collect()
    }

    fn terms(ike: &[&str], esp: &[&str]) -> VpnTerms {
        VpnTerms {
            version: IkeVersion::V2,
            ike: proposals(Phase::Ike, ike),
            esp: proposals(Phase::Esp, esp),
            local: vec!["10.0.0.0/8".parse().expect("a block")],
            remote: vec!["10.0.0.0/8".parse().expect("a block")],
        }
    }

    #[test]
    fn a_common_value_of_every_kind_has_to_be_in_one_proposal_of_each_end() {
        let one = terms(&["aes256-sha256-modp2048", "aes128-sha384-ecp384"], &["aes256-sha256"]);
        let other = terms(&["aes256-sha384-ecp384"], &["aes128-sha256"]);
        assert_eq!(clashes(&one, &one), []);
        assert_eq!(
            clashes(&one, &other),
            [Clash::Ike(vec![Transform::Encryption]), Clash::Esp(vec![Transform::Encryption])]
        );
    }

    #[test]
    fn an_end_with_perfect_forward_secrecy_and_one_without_fail_only_when_they_rekey() {
        let with = terms(&["aes256-sha256-ecp384"], &["aes256-sha256-ecp384"]);
        let without = terms(&["aes256-sha256-ecp384"], &["aes256-sha256"]);
        let other = terms(&["aes256-sha256-ecp384"], &["aes256-sha256-modp2048"]);
        for (one, another) in [(&with, &without), (&without, &with), (&with, &other)] {
            assert_eq!(clashes(one, another), [Clash::Pfs]);
        }
        let either = terms(&["aes256-sha256-ecp384"], &["aes256-sha256-ecp384", "aes256-sha256"]);
        assert_eq!(clashes(&either, &without), []);
    }

    #[test]
    fn each_end_has_one_algorithm_of_a_kind_and_no_weak_one_where_both_have_a_better_one() {
        let agreed = |customer: &[&str], factory: &[&str]| {
            agree(Phase::Ike, &proposals(Phase::Ike, customer), &proposals(Phase::Ike, factory))
                .map(|proposal| proposal.to_string())
                .map_err(|disagreement| format!("{disagreement:?}"))
        };
        let ok = |text: &str| Ok(text.to_owned());
        assert_eq!(agreed(&[], &[]), ok("aes256-sha256-ecp384"));
        assert_eq!(agreed(&["aes128-sha1-modp1024", "aes256-sha384-modp4096"], &[]), ok("aes256-sha384-modp4096"));
        assert_eq!(agreed(&["aes128-sha1-modp1024"], &["aes128-sha1-modp1024"]), ok("aes128-sha1-modp1024"));
        assert_eq!(agreed(&[], &["aes256-sha256-x25519-ecp256"]), ok("aes256-sha256-ecp256"));
        let refused = agreed(&["aes256-sha256-x25519"], &["aes256-sha256-x25519"]);
        assert!(refused.as_ref().is_err_and(|said| said.starts_with("NotAtAws")), "{refused:?}");
    }

    #[test]
    fn a_tunnel_carries_one_block_for_each_side() {
        let end = |cidrs: &[&str]| VpnEnd {
            addresses: Vec::new(),
            identity: None,
            cidrs: cidrs.iter().map(|cidr| cidr.parse().expect(cidr)).collect(),
            ike: Vec::new(),
            esp: Vec::new(),
        };
        let carried = |customer: &[&str], factory: &[&str]| {
            let selectors = Selectors::of(&end(customer), &end(factory));
            format!("{} {}", selectors.customer, selectors.factory)
        };
        assert_eq!(carried(&["192.168.10.0/24"], &["10.64.0.0/16"]), "192.168.10.0/24 10.64.0.0/16");
        assert_eq!(carried(&["192.168.8.0/24", "192.168.11.0/24"], &["10.64.0.0/16"]), "192.168.8.0/22 10.64.0.0/16");
        assert_eq!(carried(&["192.168.8.0/24", "10.1.0.0/16"], &["10.64.0.0/16"]), "0.0.0.0/0 0.0.0.0/0");
        assert_eq!(carried(&["10.1.0.0/16", "10.200.0.0/16"], &["10.64.0.0/16"]), "0.0.0.0/0 0.0.0.0/0");
    }

    fn any_terms() -> impl Strategy<Value = VpnTerms> {
        let keyword = prop::sample::select(vec![
            "aes256",
            "aes128",
            "aes256gcm16",
            "sha256",
            "sha384",
            "prfsha256",
            "ecp384",
            "modp2048",
            "modpnone",
        ]);
        let text = prop::collection::vec(keyword, 1..6).prop_map(|keywords| keywords.join("-"));
        let texts = prop::collection::vec(text, 1..4);
        (texts.clone(), texts).prop_map(|(ike, esp)| VpnTerms {
            ike: read(Phase::Ike, &ike).proposals,
            esp: read(Phase::Esp, &esp).proposals,
            ..terms(&[], &[])
        })
    }

    proptest! {
        #[test]
        fn ends_fit_themselves_and_clash_the_same_seen_from_either(a in any_terms(), b in any_terms()) {
            prop_assert_eq!(clashes(&a, &a), vec![]);
            prop_assert_eq!(clashes(&a, &b), clashes(&b, &a));
        }

        #[test]
        fn what_is_agreed_is_taken_by_both_ends_and_by_aws(a in any_terms(), b in any_terms()) {
            for (phase, ours, theirs) in [(Phase::Ike, &a.ike, &b.ike), (Phase::Esp, &a.esp, &b.esp)] {
                let Ok(agreed) = agree(phase, ours, theirs) else { continue };
                prop_assert!(agreed.accepted_by_aws().is_ok(), "{}", agreed);
                for end in [ours, theirs] {
                    prop_assert!(end.is_empty() || end.iter().any(|offer| offer.common(&agreed).is_ok()), "{}", agreed);
                }
            }
        }
    }
}
