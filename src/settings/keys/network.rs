//! Settings of `network plan`: what is known of GitLab's network. None of them is a secret. In the answers file they stand below
//! `[network]`, and `connect` puts them into the bundle.

use super::super::{Commands, Definition, Heading, Question, Setting, ValueKind, parse};
use super::{BASE, settings};
use crate::network::{AwsEnd, NetworkMethod};

/// The section of the answers file, with the dot that its keys begin with here.
pub(crate) const NETWORK_SECTION: &str = "network.";

const NETWORK: Definition = Definition { commands: Commands::Only(&["network plan"]), ..BASE };
const AWS: Definition = Definition { heading: Heading::Aws, ..NETWORK };
const VPN: Definition = Definition { heading: Heading::Vpn, ..NETWORK };

settings! {
    pub static METHOD: Setting<NetworkMethod> = Setting {
        definition: Definition {
            key: "network.method",
            flag: "--method",
            value_name: "HOW",
            help: "How GitLab's network and Factory's are joined",
            choices: Some(parse::choices::<NetworkMethod>),
            name: "how the two networks are joined",
            question: Some(Question {
                prompt: "How the two networks are joined (vpc-peering, vpn or public)",
                help: "A VPC peering where GitLab runs in AWS, a VPN where it runs elsewhere, public over the internet.",
            }),
            ..NETWORK
        },
        parse: parse::choice,
    };

    pub static GITLAB_ADDRESSES: Setting<String> = Setting {
        definition: Definition {
            key: "network.gitlab_addresses",
            flag: "--gitlab-address",
            kind: ValueKind::List,
            value_name: "ADDRESS",
            help: "Address or CIDR at which Factory reaches GitLab (may be repeated)",
            name: "the addresses at which Factory reaches GitLab",
            question: Some(Question {
                prompt: "GitLab's addresses (separated by blanks)",
                help: "Addresses or CIDRs of GitLab or its load balancer, as Factory is to reach them: 10.0.1.10 10.0.2.0/24",
            }),
            ..NETWORK
        },
        parse: parse::text,
    };

    pub static SSH_PORT: Setting<String> = Setting {
        definition: Definition {
            key: "network.ssh_port",
            flag: "--ssh-port",
            kind: ValueKind::Number,
            value_name: "PORT",
            help: "Port of GitLab's SSH; default 22",
            ..NETWORK
        },
        parse: parse::text,
    };

    pub static VPC_ID: Setting<String> = Setting {
        definition: Definition {
            key: "network.vpc_id",
            flag: "--vpc-id",
            value_name: "ID",
            help: "The VPC that GitLab runs in",
            name: "the VPC that GitLab runs in",
            question: Some(Question {
                prompt: "ID of the VPC that GitLab runs in",
                help: "As in AWS's console: vpc- and 17 hexadecimal digits.",
            }),
            ..AWS
        },
        parse: parse::text,
    };

    pub static ACCOUNT_ID: Setting<String> = Setting {
        definition: Definition {
            key: "network.account_id",
            flag: "--account-id",
            value_name: "ID",
            help: "The AWS account of that VPC, 12 digits",
            name: "the AWS account of that VPC",
            question: Some(Question {
                prompt: "AWS account of that VPC",
                help: "12 digits, zeros at the beginning included.",
            }),
            ..AWS
        },
        parse: parse::text,
    };

    pub static REGION: Setting<String> = Setting {
        definition: Definition {
            key: "network.region",
            flag: "--region",
            value_name: "REGION",
            help: "The AWS region of that VPC",
            name: "the AWS region of that VPC",
            question: Some(Question { prompt: "AWS region of that VPC", help: "As in eu-west-1." }),
            ..AWS
        },
        parse: parse::text,
    };

    pub static VPC_CIDRS: Setting<String> = Setting {
        definition: Definition {
            key: "network.vpc_cidrs",
            flag: "--vpc-cidr",
            kind: ValueKind::List,
            value_name: "CIDR",
            help: "Every CIDR of that VPC, used or not (may be repeated)",
            name: "the CIDRs of that VPC",
            question: Some(Question {
                prompt: "CIDRs of that VPC (separated by blanks)",
                help: "All of them, used or not: a peering fails where any of them overlaps Factory's.",
            }),
            ..AWS
        },
        parse: parse::text,
    };

    pub static ROUTE_TABLES: Setting<String> = Setting {
        definition: Definition {
            key: "network.route_tables",
            flag: "--route-table",
            kind: ValueKind::List,
            value_name: "ID",
            help: "Route table whose subnets talk to Factory (may be repeated)",
            name: "the route tables whose subnets talk to Factory",
            question: Some(Question {
                prompt: "Route tables (separated by blanks)",
                help: "Those of every subnet with GitLab's nodes, load balancers, Gitaly and runners. One that is left out is \
                       the usual reason why a peering is active and nothing works.",
            }),
            ..AWS
        },
        parse: parse::text,
    };

    pub static SECURITY_GROUPS: Setting<String> = Setting {
        definition: Definition {
            key: "network.security_groups",
            flag: "--security-group",
            kind: ValueKind::List,
            value_name: "ID",
            help: "Security group of GitLab's nodes or load balancer (may be repeated)",
            name: "the security groups of GitLab",
            question: Some(Question {
                prompt: "Security groups of GitLab (separated by blanks)",
                help: "Those of the load balancer, and of the nodes where there is none. Rules for Factory are added to them.",
            }),
            ..AWS
        },
        parse: parse::text,
    };

    pub static AWS_END: Setting<AwsEnd> = Setting {
        definition: Definition {
            key: "network.aws_end",
            flag: "--aws-end",
            value_name: "SIDE",
            help: "Which side's end of the VPN is AWS's VPN service; default factory",
            choices: Some(parse::choices::<AwsEnd>),
            ..VPN
        },
        parse: parse::choice,
    };

    pub static VPN_ADDRESS: Setting<String> = Setting {
        definition: Definition {
            key: "network.vpn_address",
            flag: "--vpn-address",
            value_name: "ADDRESS",
            help: "Public IPv4 address of your VPN device",
            name: "the public address of your VPN device",
            question: Some(Question {
                prompt: "Public IPv4 address of your VPN device",
                help: "The address that Factory's end sees, behind NAT that of the NAT device.",
            }),
            ..VPN
        },
        parse: parse::text,
    };

    pub static VPN_IDENTITY: Setting<String> = Setting {
        definition: Definition {
            key: "network.vpn_identity",
            flag: "--vpn-identity",
            value_name: "IDENTITY",
            help: "IKE identity that your VPN device sends; default its address",
            ..VPN
        },
        parse: parse::text,
    };

    pub static BGP_ASN: Setting<String> = Setting {
        definition: Definition {
            key: "network.bgp_asn",
            flag: "--bgp-asn",
            kind: ValueKind::Number,
            value_name: "ASN",
            help: "BGP number of your VPN device; default 65000",
            ..VPN
        },
        parse: parse::text,
    };

    pub static LOCAL_CIDRS: Setting<String> = Setting {
        definition: Definition {
            key: "network.local_cidrs",
            flag: "--local-cidr",
            kind: ValueKind::List,
            value_name: "CIDR",
            help: "CIDR behind your VPN device that Factory may reach (may be repeated)",
            name: "the CIDRs behind your VPN device",
            question: Some(Question {
                prompt: "CIDRs behind your VPN device (separated by blanks)",
                help: "Those with GitLab in them; Factory reaches nothing else.",
            }),
            ..VPN
        },
        parse: parse::text,
    };

    pub static INSIDE_CIDRS: Setting<String> = Setting {
        definition: Definition {
            key: "network.inside_cidrs",
            flag: "--inside-cidr",
            kind: ValueKind::List,
            value_name: "CIDR",
            help: "Inside /30 of a tunnel, two or none; AWS picks them where there are none",
            ..VPN
        },
        parse: parse::text,
    };

    pub static IKE: Setting<String> = Setting {
        definition: Definition {
            key: "network.ike",
            flag: "--ike",
            kind: ValueKind::List,
            value_name: "PROPOSAL",
            help: "IKE proposal of your VPN device, as strongSwan writes it (repeatable)",
            name: "the IKE proposals of your VPN device",
            question: Some(Question {
                prompt: "IKE proposals of your VPN device (separated by blanks)",
                help: "In strongSwan's notation: aes256-sha256-ecp384.",
            }),
            ..VPN
        },
        parse: parse::text,
    };

    pub static ESP: Setting<String> = Setting {
        definition: Definition {
            key: "network.esp",
            flag: "--esp",
            kind: ValueKind::List,
            value_name: "PROPOSAL",
            help: "ESP proposal of your VPN device, as strongSwan writes it (repeatable)",
            name: "the ESP proposals of your VPN device",
            question: Some(Question {
                prompt: "ESP proposals of your VPN device (separated by blanks)",
                help: "In strongSwan's notation, with the PFS group: aes256gcm16-ecp384.",
            }),
            ..VPN
        },
        parse: parse::text,
    };
}

/// All of them, in the order of the table.
pub(crate) fn network() -> &'static [&'static Definition] {
    TABLE
}
