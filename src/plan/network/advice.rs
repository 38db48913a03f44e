//! Which method suits, by what is known.

use super::NetworkMethod;
use super::design::KitSide;
use super::formats::{overlap, region, vpc_block};
use super::given::GivenNetwork;
use crate::network::AddressClass;
use crate::settings::keys;

/// A method, and why.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MethodAdvice {
    pub method: NetworkMethod,
    /// As a fragment.
    pub why: String,
}

/// The simplest method that the given values and the kit allow.
#[must_use]
pub fn advise(given: &GivenNetwork, kit: KitSide<'_>) -> MethodAdvice {
    let advice = |method, why: &str| MethodAdvice { method, why: why.to_owned() };
    let terms = kit.network;
    let has_vpc = given.has(&keys::VPC_ID) || given.has(&keys::VPC_CIDRS) || given.has(&keys::ROUTE_TABLES);
    let has_device = given.has(&keys::VPN_ADDRESS) || given.has(&keys::LOCAL_CIDRS);
    if has_device {
        return advice(NetworkMethod::Vpn, "a VPN device is given");
    }
    if has_vpc && let Some(vpc) = &terms.vpc {
        let blocks = |texts: &[String]| texts.iter().filter_map(|text| vpc_block(text).ok()).collect::<Vec<_>>();
        let theirs = blocks(&vpc.cidrs);
        let clash =
            blocks(given.list(&keys::VPC_CIDRS)).into_iter().find(|one| theirs.iter().any(|two| overlap(one, two)));
        if let Some(clash) = clash {
            let why =
                format!("GitLab runs in a VPC, but its {clash} overlaps Factory's, so AWS would refuse a peering");
            return advice(NetworkMethod::Vpn, &why);
        }
        let ours = given.text(&keys::REGION).and_then(|text| region(text).ok());
        if let (Some(ours), Ok(theirs)) = (ours, region(&vpc.region))
            && ours != theirs
        {
            return advice(NetworkMethod::Vpn, "the two VPCs are in parts of AWS between which no peering leads");
        }
        let why = "GitLab runs in a VPC and the kit names Factory's: a peering has no devices, no keys and no tunnels";
        return advice(NetworkMethod::VpcPeering, why);
    }
    if has_vpc {
        return advice(NetworkMethod::Vpn, "GitLab runs in a VPC, and the kit does not name Factory's for a peering");
    }
    let addresses = given.list(&keys::GITLAB_ADDRESSES).iter().filter_map(|text| super::formats::block(text).ok());
    let classes: Vec<AddressClass> = addresses.map(|block| AddressClass::of(block.addr())).collect();
    if !classes.is_empty() && classes.iter().all(|class| matches!(class, AddressClass::Public | AddressClass::Reserved))
    {
        return advice(
            NetworkMethod::Public,
            "GitLab's addresses are public: its firewall is all that is to be opened",
        );
    }
    if !classes.is_empty() {
        return advice(NetworkMethod::Vpn, "GitLab's addresses are private, and no VPC is given");
    }
    match (&terms.vpc, &terms.vpn) {
        (Some(_), _) => advice(
            NetworkMethod::VpcPeering,
            "the kit names Factory's VPC: where GitLab runs in AWS a peering is the simplest way; else choose vpn or public",
        ),
        (None, Some(_)) => advice(NetworkMethod::Vpn, "the kit names Factory's end of a VPN, and no VPC"),
        (None, None) => advice(NetworkMethod::Public, "the kit names neither a VPC of Factory's nor an end of a VPN"),
    }
}
