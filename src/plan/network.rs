//! The plan of a private way between GitLab and Factory: a VPC peering, a VPN, or public addresses with a firewall. Pure: what
//! is known of both networks becomes files for both sides, the same bytes for the same input.

mod advice;
mod applied;
mod design;
pub mod diagram;
pub mod firewall;
#[cfg(test)]
mod fixture;
pub mod formats;
mod given;
pub mod hcl;
mod judge;
mod outbound;
mod peering;
mod plain;
pub mod terraform;
pub mod vpn;
mod worksheet;

use std::net::Ipv4Addr;

use ipnet::{IpNet, Ipv4Net};
use serde::Serialize;
use url::Url;

use crate::instance::InstanceUrl;
use crate::kit::Endpoint;

pub use self::advice::{MethodAdvice, advise};
pub use self::applied::{Destroyed, destroyed};
pub use self::design::{Designed, KitSide, NetworkInputs, corrected, design, ill_formed};
pub use self::given::{GivenNetwork, name, needed, unused, used};
pub use self::outbound::{FilterWarning, filter_warning};
use crate::network::AddressClass;
pub use crate::network::{AwsEnd, NetworkMethod};

/// Everything that the files are made from, complete and checked.
#[derive(Clone, Debug)]
pub struct NetworkDesign {
    pub method: NetworkMethod,
    /// For names and tags.
    pub organization: String,
    pub gitlab: GitLabSide,
    pub factory: FactorySide,
    /// With `VpcPeering`, and with `Vpn` where the customer's end is AWS's.
    pub aws: Option<CustomerAws>,
    /// With `Vpn`.
    pub vpn: Option<VpnDesign>,
    pub commands: PrintedCommands,
}

/// What the files tell to run of this program: with the options that were given for the plan.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PrintedCommands {
    /// The whole line that made the plan.
    pub plan: String,
    /// The options of another command about the same connection: kit, URL of GitLab, or the answers file that names them.
    pub connection: Vec<String>,
}

impl PrintedCommands {
    /// A command about the same connection.
    #[must_use]
    pub fn line(&self, command: &str, more: &[&str]) -> String {
        let options = self.connection.iter().map(String::as_str).chain(more.iter().copied());
        options.fold(format!("factory-gitlab {command}"), |line, option| format!("{line} {option}"))
    }
}

/// GitLab, as Factory reaches it.
#[derive(Clone, Debug)]
pub struct GitLabSide {
    pub url: InstanceUrl,
    /// Its addresses or blocks, in the order given.
    pub addresses: Vec<IpNet>,
    pub ssh_port: u16,
}

/// Factory, as GitLab reaches it.
#[derive(Clone, Debug)]
pub struct FactorySide {
    pub webhook: Url,
    /// The kit's addresses; the webhook's host is among them or is added.
    pub endpoints: Vec<Endpoint>,
    /// From where Factory comes.
    pub egress_cidrs: Vec<IpNet>,
    pub vpc: Option<FactoryVpc>,
}

#[derive(Clone, Debug)]
pub struct FactoryVpc {
    pub id: String,
    pub account: String,
    pub region: String,
    pub cidrs: Vec<IpNet>,
}

/// The customer's VPC.
#[derive(Clone, Debug, Default)]
pub struct CustomerAws {
    pub vpc_id: String,
    pub account_id: String,
    pub region: String,
    pub vpc_cidrs: Vec<IpNet>,
    pub route_tables: Vec<String>,
    pub security_groups: Vec<String>,
}

/// Both ends of a VPN. The customer's values come from the settings, Factory's from the kit.
#[derive(Clone, Debug)]
pub struct VpnDesign {
    pub aws_end: AwsEnd,
    /// The public address of the end that is not AWS's (of both ends where both are known).
    pub customer: VpnEnd,
    pub factory: VpnEnd,
    pub bgp_asn: u32,
    /// Inside blocks of the two tunnels; AWS picks them where there are none.
    pub inside_cidrs: Option<[Ipv4Net; 2]>,
}

/// One end of a VPN.
#[derive(Clone, Debug)]
pub struct VpnEnd {
    /// One, or two where there is a tunnel to each.
    pub addresses: Vec<Ipv4Addr>,
    /// What it sends as its IKE identity; its address where there is none.
    pub identity: Option<String>,
    /// The blocks behind it.
    pub cidrs: Vec<IpNet>,
    /// Proposals in strongSwan's notation.
    pub ike: Vec<String>,
    pub esp: Vec<String>,
}

/// Something that is wrong with the input. All are found before any is reported.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct NetworkProblem {
    /// The answers-file key (`vpc_cidrs`), or the kit's path (`network.vpc.cidrs`).
    pub at: String,
    /// What is wrong, as a fragment; it may repeat the value, which is not secret.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

/// A file of the plan.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PlannedFile {
    /// Below the output folder: `vpn/swanctl.conf`.
    pub path: &'static str,
    pub text: String,
}

/// The path of every file that a plan can have, whatever its method.
pub const PATHS: [&str; 9] = [
    worksheet::PATH,
    DIAGRAM,
    firewall::TABLE_PATH,
    firewall::NFTABLES_PATH,
    peering::PATH,
    vpn::aws_path(AwsEnd::Factory),
    vpn::aws_path(AwsEnd::Customer),
    vpn::PARAMETERS_PATH,
    vpn::SWANCTL_PATH,
];

const DIAGRAM: &str = "diagram.svg";

/// Every file of the plan, in the order of their paths.
#[must_use]
pub fn files(design: &NetworkDesign) -> Vec<PlannedFile> {
    let mut files = vec![
        PlannedFile { path: worksheet::PATH, text: worksheet::text(design) },
        PlannedFile { path: DIAGRAM, text: diagram::svg(design) },
    ];
    files.extend(peering::file(design));
    files.extend(firewall::files(design));
    files.extend(vpn::files(design));
    files.sort_by_key(|file| file.path);
    files
}

/// What works and should be looked at.
#[must_use]
pub fn warnings(design: &NetworkDesign) -> Vec<NetworkProblem> {
    let mut found = vpn::warnings(design);
    if design.method == NetworkMethod::Public && design.factory.egress_cidrs.is_empty() {
        found.push(NetworkProblem {
            at: "network.egress_cidrs".to_owned(),
            what: "the kit does not say from which addresses Factory comes".to_owned(),
            remedy: "ask Factory for them before you open GitLab's firewall".to_owned(),
        });
    }
    if design.method == NetworkMethod::Public {
        let is_private =
            |block: &&IpNet| matches!(AddressClass::of(block.addr()), AddressClass::Private | AddressClass::Shared);
        found.extend(design.factory.egress_cidrs.iter().filter(is_private).map(|block| NetworkProblem {
            at: "network.egress_cidrs".to_owned(),
            what: format!("{block} is private, and no connection comes from there over the internet"),
            remedy: "ask Factory for the public addresses that it comes from".to_owned(),
        }));
        found.extend(design.factory.egress_cidrs.iter().filter(|block| is_wide(block)).map(|block| NetworkProblem {
            at: "network.egress_cidrs".to_owned(),
            what: format!("{block} lets {} reach GitLab", formats::addresses(block)),
            remedy: "ask Factory whether it really comes from all of them before you open GitLab's firewall".to_owned(),
        }));
    }
    found
}

/// Whether it is more of the internet than a provider gives to one service.
fn is_wide(block: &IpNet) -> bool {
    let widest = if block.addr().is_ipv4() { 12 } else { 32 };
    let [first, last] = [block.network(), block.broadcast()].map(AddressClass::of);
    block.prefix_len() < widest && !(first == last && first.is_private())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_file_of_a_plan_is_known_by_its_path() {
        let mut at_customer = fixture::vpn();
        at_customer.aws = fixture::peering().aws;
        at_customer.vpn.as_mut().expect("a VPN").aws_end = AwsEnd::Customer;
        let designs = [fixture::vpn(), at_customer, fixture::public(), fixture::peering()];
        let made: BTreeSet<&str> = designs.iter().flat_map(files).map(|file| file.path).collect();
        assert_eq!(made, BTreeSet::from(PATHS));
    }

    #[test]
    fn a_wide_block_of_the_internet_that_is_let_in_is_told_with_its_size_and_a_private_one_too() {
        let mut design = fixture::public();
        let blocks = ["10.0.0.0/8", "203.0.112.0/20", "192.0.0.0/8", "44.0.0.0/11", "2600::/20", "2001:db8::/32"];
        design.factory.egress_cidrs = blocks.map(|block| block.parse().expect(block)).to_vec();
        let told: Vec<String> = warnings(&design).into_iter().map(|warning| warning.what).collect();
        assert_eq!(
            told,
            [
                "10.0.0.0/8 is private, and no connection comes from there over the internet",
                "192.0.0.0/8 lets 16777216 addresses reach GitLab",
                "44.0.0.0/11 lets 2097152 addresses reach GitLab",
                "2600::/20 lets 2^108 addresses reach GitLab",
            ]
        );
    }
}
