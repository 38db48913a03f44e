//! From what was given to a design: everything is read and judged, and every problem is found before any is reported.

use std::net::Ipv4Addr;

use ipnet::{IpNet, Ipv4Net};
use url::{Host, Url};

use super::formats::{self, IdKind, Wrong, wrong};
use super::given::{GivenNetwork, name, needed};
use super::{
    AwsEnd, CustomerAws, FactorySide, FactoryVpc, GitLabSide, NetworkDesign, NetworkMethod, NetworkProblem,
    PrintedCommands, VpnDesign, VpnEnd, judge, vpn,
};
use crate::instance::InstanceUrl;
use crate::kit::{Endpoint, Kit, NetworkTerms, Organization};
use crate::network;
use crate::settings::{Definition, Setting, keys};

/// The number that AWS takes for a device whose own is not known.
const USUAL_ASN: u32 = 65_000;

/// What the kit says, as far as it matters here.
#[derive(Clone, Copy, Debug)]
pub struct KitSide<'k> {
    pub organization: &'k Organization,
    pub webhook: &'k Url,
    pub network: &'k NetworkTerms,
}

impl<'k> From<&'k Kit> for KitSide<'k> {
    fn from(kit: &'k Kit) -> Self {
        Self { organization: &kit.organization, webhook: &kit.webhook.url, network: &kit.network }
    }
}

/// What the design is made from.
#[derive(Clone, Copy, Debug)]
pub struct NetworkInputs<'i> {
    pub given: &'i GivenNetwork,
    pub method: NetworkMethod,
    pub gitlab: &'i InstanceUrl,
    pub kit: KitSide<'i>,
    pub commands: &'i PrintedCommands,
}

/// A design, whole only where nothing is missing and nothing wrong.
#[derive(Clone, Debug)]
pub struct Designed {
    pub design: NetworkDesign,
    pub missing: Vec<&'static Definition>,
    pub wrong: Vec<NetworkProblem>,
}

/// Reads and judges everything.
#[must_use]
pub fn design(inputs: NetworkInputs<'_>) -> Designed {
    let NetworkInputs { given, method, gitlab, kit, commands } = inputs;
    let aws_end = given.aws_end.unwrap_or_default();
    let mut read = Reader::new(given);
    let customer = read.customer_aws();
    let factory = read.factory(kit);
    let uses_aws = method == NetworkMethod::VpcPeering || (method == NetworkMethod::Vpn && aws_end == AwsEnd::Customer);
    let vpn = read.vpn(kit.network, &factory, &customer);
    let design = NetworkDesign {
        method,
        organization: tag(kit.organization),
        gitlab: GitLabSide {
            url: gitlab.clone(),
            addresses: read.blocks(&keys::GITLAB_ADDRESSES, formats::block),
            ssh_port: read.ssh_port(),
        },
        factory,
        aws: uses_aws.then_some(customer),
        vpn: (method == NetworkMethod::Vpn).then_some(vpn),
        commands: commands.clone(),
    };
    let missing: Vec<&'static Definition> =
        needed(method, aws_end).into_iter().filter(|setting| !given.has(setting)).collect();
    let mut wrong = read.wrong;
    // What is missing, or not well formed, is not judged a second time.
    let is_missing = |problem: &NetworkProblem| missing.iter().any(|setting| name(setting) == problem.at);
    let ill_formed: Vec<String> = wrong.iter().map(|problem| problem.at.clone()).collect();
    wrong.extend(judge::problems(&design, kit.network).into_iter().filter(|problem| !is_missing(problem)));
    let of_vpn = vpn::problems(&design).into_iter();
    wrong.extend(of_vpn.filter(|problem| !is_missing(problem) && !ill_formed.contains(&problem.at)));
    Designed { design, missing, wrong }
}

/// The organization in names and tags: what AWS, nftables and Terraform take there.
fn tag(organization: &Organization) -> String {
    let named = if organization.id.is_empty() { &organization.name } else { &organization.id };
    let letter = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' };
    let tag: String = named.chars().take(64).map(letter).collect();
    if tag.is_empty() { "factory".to_owned() } else { tag }
}

/// What is not well formed of what was given, each value by itself.
#[must_use]
pub fn ill_formed(given: &GivenNetwork) -> Vec<NetworkProblem> {
    let mut read = Reader::new(given);
    read.everything();
    read.wrong
}

/// A list or value as it was typed, with what was probably meant in the place of each item that is not well formed; `None` where
/// nothing is wrong, or it is not known what was meant.
#[must_use]
pub fn corrected(setting: &'static Setting<String>, typed: &str) -> Option<String> {
    let given = GivenNetwork::of_one(setting, typed);
    let mut is_changed = false;
    let mut corrected = Vec::new();
    for item in given.list(setting) {
        let one = GivenNetwork::of_one(setting, item);
        let mut read = Reader::new(&one);
        read.everything();
        is_changed |= !read.wrong.is_empty();
        corrected.push(if read.wrong.is_empty() { item.clone() } else { read.meant? });
    }
    is_changed.then(|| corrected.join(" "))
}

struct Reader<'g> {
    given: &'g GivenNetwork,
    wrong: Vec<NetworkProblem>,
    /// The last value that was probably meant.
    meant: Option<String>,
}

impl<'g> Reader<'g> {
    const fn new(given: &'g GivenNetwork) -> Self {
        Self { given, wrong: Vec::new(), meant: None }
    }

    /// Reads what was given, for what is wrong with it.
    fn everything(&mut self) {
        let aws = self.customer_aws();
        let _addresses = self.blocks(&keys::GITLAB_ADDRESSES, formats::block);
        let _port = self.ssh_port();
        let _end = self.customer_end(&aws);
        let _asn = self.asn();
        let _inside = self.inside_cidrs();
    }

    fn add(&mut self, at: &str, Wrong { what, remedy, meant }: Wrong) {
        self.meant = meant.or_else(|| self.meant.take());
        self.wrong.push(NetworkProblem { at: at.to_owned(), what, remedy });
    }

    fn item<T>(&mut self, at: &str, read: Result<T, Wrong>) -> Option<T> {
        read.map_err(|wrong| self.add(at, wrong)).ok()
    }

    fn list<T: PartialEq>(&mut self, setting: &Setting<String>, read: fn(&str) -> Result<T, Wrong>) -> Vec<T> {
        let mut found = Vec::new();
        for text in self.given.list(setting) {
            match self.item(name(setting), read(text)) {
                Some(value) if !found.contains(&value) => found.push(value),
                Some(_) | None => {}
            }
        }
        found
    }

    /// Blocks; one whose beginning is wrong counts as what it probably means, so that its overlaps are found at once, too.
    fn blocks(&mut self, setting: &Setting<String>, read: fn(&str) -> Result<IpNet, Wrong>) -> Vec<IpNet> {
        let mut found = Vec::new();
        for text in self.given.list(setting) {
            let meant = || formats::block(&text.parse::<IpNet>().ok()?.trunc().to_string()).ok();
            let block = self.item(name(setting), read(text)).or_else(meant);
            found.extend(block.filter(|block| !found.contains(block)));
        }
        found
    }

    fn asn(&mut self) -> u32 {
        self.number(&keys::BGP_ASN, "from 1 to 4294967295").unwrap_or(USUAL_ASN)
    }

    fn one<T>(&mut self, setting: &Setting<String>, read: fn(&str) -> Result<T, Wrong>) -> Option<T> {
        let text = self.given.text(setting)?;
        self.item(name(setting), read(text))
    }

    fn number<T: std::str::FromStr>(&mut self, setting: &Setting<String>, range: &str) -> Option<T> {
        let text = self.given.text(setting)?;
        let read = text
            .parse()
            .map_err(|_| wrong(format!("{text:?} is not a number {range}"), format!("give a number {range}")));
        self.item(name(setting), read)
    }

    fn ssh_port(&mut self) -> u16 {
        match self.number::<std::num::NonZeroU16>(&keys::SSH_PORT, "from 1 to 65535") {
            Some(port) => port.get(),
            None => 22,
        }
    }

    fn customer_aws(&mut self) -> CustomerAws {
        let region = |text: &str| formats::region(text).map(|_| text.to_owned());
        CustomerAws {
            vpc_id: self.one(&keys::VPC_ID, |text| formats::id(IdKind::Vpc, text)).unwrap_or_default(),
            account_id: self.one(&keys::ACCOUNT_ID, formats::account).unwrap_or_default(),
            region: self.one(&keys::REGION, region).unwrap_or_default(),
            vpc_cidrs: self.blocks(&keys::VPC_CIDRS, formats::vpc_block),
            route_tables: self.list(&keys::ROUTE_TABLES, |text| formats::id(IdKind::RouteTable, text)),
            security_groups: self.list(&keys::SECURITY_GROUPS, |text| formats::id(IdKind::SecurityGroup, text)),
        }
    }

    fn customer_end(&mut self, aws: &CustomerAws) -> VpnEnd {
        let address = |text: &str| {
            let remedy = "give the public IPv4 address of your VPN device; AWS's VPN takes no other";
            text.parse::<Ipv4Addr>().map_err(|_| wrong(format!("{text:?} is not an IPv4 address"), remedy))
        };
        let texts = |setting| self.given.list(setting).to_vec();
        let (ike, esp) = (texts(&keys::IKE), texts(&keys::ESP));
        let identity = self.one(&keys::VPN_IDENTITY, formats::identity);
        let cidrs = self.blocks(&keys::LOCAL_CIDRS, formats::block);
        VpnEnd {
            addresses: self.one(&keys::VPN_ADDRESS, address).into_iter().collect(),
            identity,
            cidrs: if self.given.has(&keys::LOCAL_CIDRS) { cidrs } else { of_tunnel(&aws.vpc_cidrs) },
            ike,
            esp,
        }
    }

    fn inside_cidrs(&mut self) -> Option<[Ipv4Net; 2]> {
        let block = |text: &str| match formats::any_block(text)? {
            IpNet::V4(block) => Ok(block),
            IpNet::V6(block) => {
                Err(wrong(format!("{block} is not an IPv4 CIDR"), "give two /30 CIDRs inside 169.254.0.0/16, or none"))
            }
        };
        let found = self.list(&keys::INSIDE_CIDRS, block);
        match (self.given.list(&keys::INSIDE_CIDRS).len(), found.as_slice()) {
            (0, _) => None,
            (2, [one, two]) => Some([*one, *two]),
            (2, [_]) if self.wrong.iter().all(|wrong| wrong.at != name(&keys::INSIDE_CIDRS)) => {
                let what = "both tunnels have the same CIDR";
                self.add(name(&keys::INSIDE_CIDRS), wrong(what, "give each its own, or none"));
                None
            }
            (2, _) => None,
            (count, _) => {
                let what = format!("there are {count}, and a VPN of AWS has two tunnels");
                self.add(name(&keys::INSIDE_CIDRS), wrong(what, "give two, or none"));
                None
            }
        }
    }

    fn vpn(&mut self, terms: &NetworkTerms, factory: &FactorySide, aws: &CustomerAws) -> VpnDesign {
        let kit = terms.vpn.clone().unwrap_or_default();
        let address = |text: &str| {
            text.parse::<Ipv4Addr>().map_err(|_| wrong(format!("{text:?} is not an IPv4 address"), ASK_FACTORY))
        };
        let mut addresses = Vec::new();
        for (at, text) in kit.endpoints.iter().enumerate() {
            addresses.extend(self.item(&format!("network.vpn.endpoints[{at}]"), address(text)));
        }
        let blocks = self.kit_blocks("network.vpn.cidrs", &kit.cidrs, formats::block);
        let vpc = || factory.vpc.as_ref().map(|vpc| vpc.cidrs.clone()).unwrap_or_default();
        let identity = kit.identity.as_deref();
        let identity =
            identity.and_then(|text| self.item("network.vpn.identity", formats::identity(text).map_err(of_kit)));
        VpnDesign {
            aws_end: self.given.aws_end.unwrap_or_default(),
            customer: self.customer_end(aws),
            factory: VpnEnd {
                addresses,
                identity,
                cidrs: if kit.cidrs.is_empty() { vpc() } else { blocks },
                ike: kit.ike,
                esp: kit.esp,
            },
            bgp_asn: self.asn(),
            inside_cidrs: self.inside_cidrs(),
        }
    }

    fn factory(&mut self, kit: KitSide<'_>) -> FactorySide {
        let network = kit.network;
        let vpc = network.vpc.as_ref().map(|vpc| {
            let region = |text: &str| formats::region(text).map(|_| text.to_owned());
            let mut text =
                |at: &str, read: Result<String, Wrong>| self.item(at, read.map_err(of_kit)).unwrap_or_default();
            let id = text("network.vpc.id", formats::id(IdKind::Vpc, &vpc.id));
            let account = text("network.vpc.account", formats::account(&vpc.account));
            let region = text("network.vpc.region", region(&vpc.region));
            FactoryVpc {
                id,
                account,
                region,
                cidrs: self.kit_blocks("network.vpc.cidrs", &vpc.cidrs, formats::vpc_block),
            }
        });
        FactorySide {
            webhook: kit.webhook.clone(),
            endpoints: self.endpoints(&network.endpoints),
            egress_cidrs: self.kit_blocks("network.egress_cidrs", &network.egress_cidrs, formats::block),
            vpc,
        }
    }

    fn kit_blocks(&mut self, at: &str, texts: &[String], read: fn(&str) -> Result<IpNet, Wrong>) -> Vec<IpNet> {
        let mut found = Vec::new();
        for (number, text) in texts.iter().enumerate() {
            found.extend(self.item(&format!("{at}[{number}]"), read(text).map_err(of_kit)));
        }
        found
    }

    /// The addresses whose names can be written into files.
    fn endpoints(&mut self, endpoints: &[Endpoint]) -> Vec<Endpoint> {
        let mut found = Vec::new();
        for (number, endpoint) in endpoints.iter().enumerate() {
            let at = format!("network.endpoints[{number}]");
            if self.item(&at, host_and_port(endpoint)).is_none() {
                continue;
            }
            let _blocks = self.kit_blocks(&format!("{at}.cidrs"), &endpoint.cidrs, formats::block);
            let purpose = endpoint.purpose.chars().filter(|c| !c.is_control()).take(60).collect();
            found.push(Endpoint { purpose, ..endpoint.clone() });
        }
        found
    }
}

/// Whether files can name the address: a host name as DNS has it, or the IP address of a server.
fn host_and_port(endpoint: &Endpoint) -> Result<(), Wrong> {
    let Endpoint { host, port, .. } = endpoint;
    let refused = |why: &str| Err(wrong(format!("{host:?} is not a host: {why}"), ASK_FACTORY));
    if *port == 0 {
        return Err(wrong(format!("{host:?} has the port 0, at which nothing answers"), ASK_FACTORY));
    }
    match network::host::host(host) {
        Err(why) => refused(&why.to_string()),
        Ok(Host::Domain(_)) if host.is_ascii() => Ok(()),
        Ok(Host::Domain(name)) => refused(&format!("its name in DNS is {name}")),
        Ok(Host::Ipv4(address)) => formats::block(&address.to_string()).map(|_| ()).map_err(of_kit),
        Ok(Host::Ipv6(address)) => formats::block(&address.to_string()).map(|_| ()).map_err(of_kit),
    }
}

/// What AWS's VPN carries of a VPC: IPv4 alone.
fn of_tunnel(blocks: &[IpNet]) -> Vec<IpNet> {
    blocks.iter().filter(|block| matches!(block, IpNet::V4(_))).copied().collect()
}

/// What to do about a value of the kit.
pub(super) const ASK_FACTORY: &str = "ask Factory for a corrected kit";

/// A value of the kit is not this person's to correct.
fn of_kit(wrong: Wrong) -> Wrong {
    let meant = wrong.meant.as_ref().map(|meant| format!(", probably with {meant}")).unwrap_or_default();
    Wrong { remedy: format!("{ASK_FACTORY}{meant}"), ..wrong }
}
