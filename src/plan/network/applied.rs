//! What Terraform would destroy where one of our files that it has applied is replaced by another. Both texts are our own, so that
//! lines are enough to read them.

use std::collections::BTreeMap;

/// The attributes whose change has the provider make a resource anew: those that a plan can change.
const MADE_ANEW_BY: [(&str, &[&str]); 5] = [
    ("aws_vpc_peering_connection", &["vpc_id", "peer_vpc_id", "peer_owner_id", "peer_region"]),
    ("aws_vpn_connection", &["tunnel1_inside_cidr", "tunnel2_inside_cidr"]),
    ("aws_customer_gateway", &["ip_address", "bgp_asn", "bgp_asn_extended"]),
    ("aws_vpn_gateway", &["amazon_side_asn"]),
    ("aws_vpn_gateway_attachment", &["vpc_id"]),
];

/// Where everything is: another account, region or VPC, and Terraform makes all of it there.
const PLACE: [(&str, &str); 4] = [
    ("provider.aws", "region"),
    ("provider.aws", "allowed_account_ids"),
    ("variable.region", "default"),
    ("variable.vpc_id", "default"),
];

/// What an `apply` would destroy, by the addresses that Terraform shows.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Destroyed {
    /// What carries the connection, and why it would go: without it nothing passes until both sides have made it again.
    pub connection: Vec<String>,
    /// Single routes and rules.
    pub others: Vec<String>,
}

/// Compares a file that was applied with the one that would take its place.
#[must_use]
pub fn destroyed(applied: &str, planned: &str) -> Destroyed {
    let (old, new) = (blocks(applied), blocks(planned));
    let attribute = |all: &Blocks, block: &str, name: &str| all.get(block).and_then(|block| block.get(name)).cloned();
    let is_elsewhere = PLACE.iter().any(|(block, name)| attribute(&old, block, name) != attribute(&new, block, name));
    let mut found = Destroyed::default();
    for (address, attributes) in old.iter().filter(|(address, _)| kind(address).starts_with("aws_")) {
        let carries = MADE_ANEW_BY.iter().find(|(of, _)| *of == kind(address));
        let changed = carries.and_then(|(_, names)| {
            let is_changed =
                |name: &&&str| new.get(address).is_some_and(|new| new.get(**name) != attributes.get(**name));
            names.iter().find(is_changed)
        });
        let why = match changed {
            _ if !new.contains_key(address) => "it is not in the new file".to_owned(),
            Some(name) => format!("its {name} changes"),
            None if is_elsewhere => "its account, region or VPC changes".to_owned(),
            None => continue,
        };
        match carries {
            Some(_) => found.connection.push(format!("{address}: {why}")),
            None => found.others.push(address.clone()),
        }
    }
    found
}

fn kind(address: &str) -> &str {
    address.split('.').next().unwrap_or_default()
}

/// Blocks by their addresses, each with its own attributes. One with `for_each` is there once for each key.
type Blocks = BTreeMap<String, BTreeMap<String, String>>;

fn blocks(text: &str) -> Blocks {
    let mut all = Blocks::new();
    let mut inside: Option<(String, BTreeMap<String, String>)> = None;
    for line in text.lines() {
        match &mut inside {
            None => inside = address(line).map(|address| (address, BTreeMap::new())),
            Some(_) if line == "}" => {
                let Some((address, attributes)) = inside.take() else { continue };
                match keys(&attributes) {
                    None => drop(all.insert(address, attributes)),
                    Some(keys) => {
                        let each = keys.into_iter().map(|key| (format!("{address}[\"{key}\"]"), attributes.clone()));
                        all.extend(each);
                    }
                }
            }
            Some((_, attributes)) => {
                let own = line.strip_prefix("  ").filter(|line| !line.starts_with([' ', '#']));
                if let Some((name, value)) = own.and_then(|line| line.split_once('=')) {
                    attributes.insert(name.trim().to_owned(), value.trim().to_owned());
                }
            }
        }
    }
    all
}

/// `resource "aws_route" "x" {` is `aws_route.x`, and `provider "aws" {` is `provider.aws`.
fn address(line: &str) -> Option<String> {
    let head = line.strip_suffix(" {")?;
    let words: Vec<&str> = head.split(' ').map(|word| word.trim_matches('"')).collect();
    match words.as_slice() {
        ["resource", kind, name] => Some(format!("{kind}.{name}")),
        [kind, name] => Some(format!("{kind}.{name}")),
        _ => Some(head.to_owned()),
    }
}

/// The keys of `toset(["a", "b"])`.
fn keys(attributes: &BTreeMap<String, String>) -> Option<Vec<String>> {
    let listed = attributes.get("for_each")?.strip_prefix("toset([")?.strip_suffix("])")?;
    Some(listed.split(", ").map(|key| key.trim_matches('"').to_owned()).filter(|key| !key.is_empty()).collect())
}

#[cfg(test)]
mod tests {
    use super::super::{NetworkDesign, fixture, peering, vpn};
    use super::*;

    fn peering_of(change: impl FnOnce(&mut NetworkDesign)) -> String {
        let mut design = fixture::peering();
        change(&mut design);
        peering::file(&design).expect("a peering").text
    }

    fn vpn_of(change: impl FnOnce(&mut NetworkDesign)) -> String {
        let mut design = fixture::vpn();
        change(&mut design);
        vpn::files(&design).into_iter().find(|file| file.path.ends_with(".tf")).expect("a file").text
    }

    #[test]
    fn what_is_added_or_changed_in_place_destroys_nothing() {
        let before = peering_of(|_| {});
        assert_eq!(destroyed(&before, &before), Destroyed::default());
        let more = peering_of(|design| {
            design.aws.as_mut().expect("AWS").route_tables.push("rtb-2a1b2c3d".into());
            design.organization = "Other".into();
        });
        assert_eq!(destroyed(&before, &more), Destroyed::default(), "a route more, and other tags");
        let weaker =
            vpn_of(|design| design.vpn.as_mut().expect("a VPN").customer.ike = vec!["aes128-sha256-modp2048".into()]);
        assert_eq!(
            destroyed(&vpn_of(|_| {}), &weaker),
            Destroyed::default(),
            "AWS changes the tunnels' options in place"
        );
    }

    #[test]
    fn routes_and_rules_that_go_are_named() {
        let fewer = peering_of(|design| drop(design.aws.as_mut().expect("AWS").route_tables.pop()));
        let found = destroyed(&peering_of(|_| {}), &fewer);
        assert_eq!(found.connection, [""; 0]);
        assert_eq!(found.others, ["aws_route.rtb_1a1b2c3d_to_10_64_0_0_16"]);
        let more = vpn_of(|design| {
            design.vpn.as_mut().expect("a VPN").customer.cidrs.push("10.1.0.0/16".parse().expect("a block"));
        });
        let found = destroyed(&more, &vpn_of(|_| {}));
        assert_eq!(found.others, ["aws_vpn_connection_route.this[\"10.1.0.0/16\"]"]);
    }

    #[test]
    fn what_carries_the_connection_is_told_with_the_reason() {
        let other = peering_of(|design| design.aws.as_mut().expect("AWS").vpc_id = "vpc-1a1b2c3d".into());
        let found = destroyed(&peering_of(|_| {}), &other);
        assert_eq!(found.connection, ["aws_vpc_peering_connection.factory: its vpc_id changes"]);
        assert!(found.others.is_empty(), "the routes lead through the new one: {found:?}");
        let moved = peering_of(|design| design.aws.as_mut().expect("AWS").region = "eu-central-1".into());
        let found = destroyed(&peering_of(|_| {}), &moved);
        assert_eq!(found.connection, ["aws_vpc_peering_connection.factory: its account, region or VPC changes"]);
        assert!(found.others.contains(&"aws_route.rtb_0a1b2c3d_to_10_64_0_0_16".to_owned()), "{found:?}");
        let device = vpn_of(|design| {
            design.vpn.as_mut().expect("a VPN").customer.addresses = vec!["198.51.100.8".parse().expect("an address")];
        });
        let found = destroyed(&vpn_of(|_| {}), &device);
        assert_eq!(found.connection, ["aws_customer_gateway.this: its ip_address changes"]);
        let number = vpn_of(|design| design.vpn.as_mut().expect("a VPN").bgp_asn = 4_200_000_001);
        let found = destroyed(&vpn_of(|_| {}), &number);
        assert_eq!(found.connection, ["aws_customer_gateway.this: its bgp_asn changes"]);
    }
}
