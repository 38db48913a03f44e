//! Designs for tests: one of each method.

use super::{
    AwsEnd, CustomerAws, FactorySide, FactoryVpc, GitLabSide, NetworkDesign, NetworkMethod, PrintedCommands, VpnDesign,
    VpnEnd,
};

pub(super) fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// A VPN between a network on premises and AWS at Factory.
pub(super) fn vpn() -> NetworkDesign {
    NetworkDesign {
        method: NetworkMethod::Vpn,
        organization: "Acme".into(),
        gitlab: GitLabSide {
            url: "https://gitlab.acme.example".parse().expect("a URL"),
            addresses: vec!["192.168.10.7/32".parse().expect("a block")],
            ssh_port: 22,
        },
        factory: FactorySide {
            webhook: "https://hooks.factory.example/gitlab/1".parse().expect("a URL"),
            endpoints: Vec::new(),
            egress_cidrs: Vec::new(),
            vpc: Some(FactoryVpc {
                id: "vpc-0123456789abcdef0".into(),
                account: "123456789012".into(),
                region: "us-east-1".into(),
                cidrs: vec!["10.64.0.0/16".parse().expect("a block")],
            }),
        },
        aws: None,
        vpn: Some(VpnDesign {
            aws_end: AwsEnd::Factory,
            customer: VpnEnd {
                addresses: vec!["198.51.100.7".parse().expect("an address")],
                identity: None,
                cidrs: vec!["192.168.10.0/24".parse().expect("a block")],
                ike: texts(&["aes256-sha256-ecp384"]),
                esp: texts(&["aes256gcm16-ecp384"]),
            },
            factory: VpnEnd {
                addresses: vec!["203.0.113.2".parse().expect("an address"), "203.0.113.3".parse().expect("an address")],
                identity: None,
                cidrs: vec!["10.64.0.0/16".parse().expect("a block")],
                ike: Vec::new(),
                esp: Vec::new(),
            },
            bgp_asn: 65_000,
            inside_cidrs: None,
        }),
        commands: PrintedCommands {
            plan: "factory-gitlab network plan --config acme.toml --out network".into(),
            connection: texts(&["--config acme.toml"]),
        },
    }
}

/// The internet, with the addresses that a kit may lack.
pub(super) fn public() -> NetworkDesign {
    let mut design = NetworkDesign { method: NetworkMethod::Public, vpn: None, ..vpn() };
    design.gitlab.addresses =
        vec!["203.0.113.80/32".parse().expect("a block"), "2001:db8::80/128".parse().expect("a block")];
    design.factory.vpc = None;
    design
}

/// Two VPCs.
pub(super) fn peering() -> NetworkDesign {
    let aws = CustomerAws {
        vpc_id: "vpc-0a1b2c3d".into(),
        account_id: "001234567890".into(),
        region: "eu-west-1".into(),
        vpc_cidrs: vec!["10.20.0.0/16".parse().expect("a block")],
        route_tables: texts(&["rtb-0a1b2c3d", "rtb-1a1b2c3d"]),
        security_groups: texts(&["sg-0a1b2c3d"]),
    };
    let mut design = NetworkDesign { method: NetworkMethod::VpcPeering, vpn: None, aws: Some(aws), ..vpn() };
    design.gitlab.addresses = vec!["10.20.1.7/32".parse().expect("a block")];
    design
}
