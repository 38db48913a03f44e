//! `vpn/factory-side.tf` or `vpn/customer-side.tf`: AWS's end, with every option of both tunnels, so that none is AWS's
//! default. AWS's end chooses the lowest value of a list, so that each has one.

use super::super::hcl::{self, Block, Value};
use super::super::terraform::{ProviderTerms, provider, security_group_rules, tags};
use super::super::{AwsEnd, NetworkDesign, PlannedFile};
use super::ends::{AWS_ESP_LIFETIME, AWS_IKE_LIFETIME, DPD_TIMEOUT, Ends, REPLAY_WINDOW, Tunnel};
use crate::network::proposal::{AwsName, Proposal, Transform};

pub(in crate::plan::network) const fn path(aws_end: AwsEnd) -> &'static str {
    match aws_end {
        AwsEnd::Factory => "vpn/factory-side.tf",
        AwsEnd::Customer => "vpn/customer-side.tf",
    }
}

pub(super) fn file(design: &NetworkDesign, ends: &Ends<'_>) -> PlannedFile {
    PlannedFile { path: path(ends.vpn.aws_end), text: text(design, ends) }
}

/// An option of a tunnel, without the `tunnel1_` before it.
pub(super) struct TunnelOption {
    pub(super) name: &'static str,
    pub(super) value: Value,
}

/// Every option of a tunnel but the pre-shared key, which AWS makes and keeps.
pub(super) fn tunnel_options(ends: &Ends<'_>, tunnel: Tunnel) -> Vec<TunnelOption> {
    let (ike, esp) = (&ends.agreement.ike, &ends.agreement.esp);
    let of = |proposal: &Proposal, transform| names(proposal, &[transform]);
    let integrity = names(ike, &[Transform::Integrity, Transform::Prf]);
    // AWS wants a name beside GCM, and does not use it.
    let integrity_of_esp = if esp.is_aead() { integrity.clone() } else { of(esp, Transform::Integrity) };
    let inside = ends.vpn.inside_cidrs.map(|blocks| blocks[tunnel.index()]);
    let all = [
        ("inside_cidr", inside.map(|block| Value::text(block.to_string()))),
        ("ike_versions", Some(Value::texts(["ikev2"]))),
        ("phase1_encryption_algorithms", Some(Value::texts(of(ike, Transform::Encryption)))),
        ("phase1_integrity_algorithms", Some(Value::texts(integrity))),
        ("phase1_dh_group_numbers", Some(Value::numbers(groups(ike)))),
        ("phase1_lifetime_seconds", Some(Value::Number(AWS_IKE_LIFETIME))),
        ("phase2_encryption_algorithms", Some(Value::texts(of(esp, Transform::Encryption)))),
        ("phase2_integrity_algorithms", Some(Value::texts(integrity_of_esp))),
        ("phase2_dh_group_numbers", Some(Value::numbers(groups(esp)))),
        ("phase2_lifetime_seconds", Some(Value::Number(AWS_ESP_LIFETIME))),
        ("rekey_margin_time_seconds", Some(Value::Number(270))),
        ("rekey_fuzz_percentage", Some(Value::Number(100))),
        ("replay_window_size", Some(Value::Number(REPLAY_WINDOW))),
        ("dpd_timeout_seconds", Some(Value::Number(DPD_TIMEOUT))),
        ("dpd_timeout_action", Some(Value::text("clear"))),
        ("startup_action", Some(Value::text("add"))),
        ("enable_tunnel_lifecycle_control", Some(Value::Bool(false))),
    ];
    all.into_iter().filter_map(|(name, value)| value.map(|value| TunnelOption { name, value })).collect()
}

fn names(proposal: &Proposal, transforms: &[Transform]) -> Vec<&'static str> {
    let mut names = Vec::new();
    for algorithm in transforms.iter().flat_map(|transform| proposal.list(*transform)) {
        if let Some(AwsName::Name(name)) = algorithm.aws(proposal.phase())
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

pub(super) fn groups(proposal: &Proposal) -> Vec<u64> {
    let numbers = proposal.list(Transform::Group).iter().filter_map(|group| match group.aws(proposal.phase()) {
        Some(AwsName::Group(number) | AwsName::GroupOfPhase2(number)) => Some(number),
        Some(AwsName::Name(_)) | None => None,
    });
    numbers.collect()
}

const GATEWAY: &str = "local.vpn_gateway_id";

fn text(design: &NetworkDesign, ends: &Ends<'_>) -> String {
    let place = Place::of(design, ends);
    let mut blocks = place.provider();
    blocks.extend(place.variables.iter().cloned());
    blocks.extend(gateway(design, &place));
    blocks.push(customer_gateway(design, ends));
    blocks.push(connection(design, ends));
    blocks.extend(routes(ends, &place));
    if let (AwsEnd::Customer, Some(aws)) = (ends.vpn.aws_end, &design.aws) {
        blocks.extend(security_group_rules(design, aws));
    }
    blocks.extend(outputs());
    let comment = format!(
        "AWS's end of the VPN, at {}. Made by factory-gitlab network plan.\n\n\
         AWS makes the pre-shared key of each tunnel and keeps both in its Secrets Manager: none is in this file, and none\n\
         in Terraform's state. Give them to the other end over a protected channel.",
        ends.aws_name()
    );
    hcl::document(&comment, &blocks)
}

/// The account, region and VPC of AWS's end: literal where they are known, else variables.
struct Place {
    region: Value,
    account: Option<String>,
    vpc: Value,
    route_tables: Value,
    variables: Vec<Block>,
}

impl Place {
    fn of(design: &NetworkDesign, ends: &Ends<'_>) -> Self {
        let existing =
            variable("vpn_gateway_id", "string", "The VPN gateway that the VPC has already; without one it is made.")
                .attribute("default", Value::expression("null"));
        match (ends.vpn.aws_end, &design.aws) {
            (AwsEnd::Customer, Some(aws)) => Self {
                region: Value::text(&aws.region),
                account: Some(aws.account_id.clone()),
                vpc: Value::text(&aws.vpc_id),
                route_tables: Value::texts(aws.route_tables.iter().cloned()),
                variables: vec![existing],
            },
            (AwsEnd::Customer | AwsEnd::Factory, _) => {
                let vpc = design.factory.vpc.as_ref().filter(|_| ends.vpn.aws_end == AwsEnd::Factory);
                let known = |block: Block, value: Option<&String>| match value.filter(|value| !value.is_empty()) {
                    Some(value) => block.attribute("default", Value::text(value)),
                    None => block,
                };
                let region = variable("region", "string", "The region of the VPC.");
                let id = variable("vpc_id", "string", "The VPC that the VPN leads to.");
                Self {
                    region: Value::expression("var.region"),
                    account: vpc.map(|vpc| vpc.account.clone()).filter(|account| !account.is_empty()),
                    vpc: Value::expression("var.vpc_id"),
                    route_tables: Value::expression("var.route_table_ids"),
                    variables: vec![
                        known(region, vpc.map(|vpc| &vpc.region)),
                        known(id, vpc.map(|vpc| &vpc.id)),
                        variable(
                            "route_table_ids",
                            "list(string)",
                            "Every route table whose subnets talk to the other side of the VPN.",
                        ),
                        existing,
                    ],
                }
            }
        }
    }

    fn provider(&self) -> Vec<Block> {
        // Older ones cannot leave the keys out of the state (`preshared_key_storage`).
        provider(ProviderTerms { version: ">= 5.100", region: self.region.clone(), account: self.account.as_deref() })
    }
}

fn variable(name: &str, kind: &str, description: &str) -> Block {
    Block::new("variable", &[name])
        .attribute("type", Value::expression(kind))
        .attribute("description", Value::text(description))
}

/// A VPC has at most one VPN gateway.
fn gateway(design: &NetworkDesign, place: &Place) -> Vec<Block> {
    let count = || Value::expression("var.vpn_gateway_id == null ? 1 : 0");
    vec![
        Block::new("resource", &["aws_vpn_gateway", "this"])
            .attribute("count", count())
            .attribute("amazon_side_asn", Value::Number(amazon_side_asn(design)))
            .attribute("tags", tags(design)),
        Block::new("resource", &["aws_vpn_gateway_attachment", "this"])
            .attribute("count", count())
            .attribute("vpc_id", place.vpc.clone())
            .attribute("vpn_gateway_id", Value::expression("aws_vpn_gateway.this[0].id")),
        Block::new("locals", &[]).attribute(
            "vpn_gateway_id",
            Value::expression(
                "var.vpn_gateway_id == null ? aws_vpn_gateway_attachment.this[0].vpn_gateway_id : var.vpn_gateway_id",
            ),
        ),
    ]
}

/// AWS's default, unless the other end has it.
fn amazon_side_asn(design: &NetworkDesign) -> u64 {
    let usual = 64_512;
    if design.vpn.as_ref().is_some_and(|vpn| u64::from(vpn.bgp_asn) == usual) { usual + 1 } else { usual }
}

/// The largest AS number of `bgp_asn`; the rest goes into `bgp_asn_extended`.
const LARGEST_SHORT_ASN: u32 = 2_147_483_647;

fn customer_gateway(design: &NetworkDesign, ends: &Ends<'_>) -> Block {
    let asn = if ends.vpn.bgp_asn <= LARGEST_SHORT_ASN { "bgp_asn" } else { "bgp_asn_extended" };
    let address = ends.own_address().map_or_else(String::new, |address| address.to_string());
    Block::new("resource", &["aws_customer_gateway", "this"])
        .attribute("type", Value::text("ipsec.1"))
        .attribute("ip_address", Value::text(address))
        .attribute(asn, Value::Number(ends.vpn.bgp_asn.into()))
        .attribute("tags", tags(design))
}

fn connection(design: &NetworkDesign, ends: &Ends<'_>) -> Block {
    let mut block = Block::new("resource", &["aws_vpn_connection", "this"])
        .attribute("customer_gateway_id", Value::expression("aws_customer_gateway.this.id"))
        .attribute("vpn_gateway_id", Value::expression(GATEWAY))
        .attribute("type", Value::text("ipsec.1"))
        .attribute("static_routes_only", Value::Bool(true))
        .attribute("preshared_key_storage", Value::text("SecretsManager"))
        .attribute("outside_ip_address_type", Value::text("PublicIpv4"))
        .attribute("tunnel_inside_ip_version", Value::text("ipv4"))
        .gap()
        .comment(&format!("AWS calls {}'s side local, since it is the customer's to AWS.", ends.own_name()))
        .attribute("local_ipv4_network_cidr", Value::text(ends.own_selector().to_string()))
        .attribute("remote_ipv4_network_cidr", Value::text(ends.aws_selector().to_string()));
    for tunnel in Tunnel::BOTH {
        block = block.gap();
        for option in tunnel_options(ends, tunnel) {
            block = block.attribute(&format!("tunnel{}_{}", tunnel.number(), option.name), option.value);
        }
    }
    block.attribute("tags", tags(design))
}

fn routes(ends: &Ends<'_>, place: &Place) -> Vec<Block> {
    let blocks = Value::texts(ends.own_blocks().iter().map(ToString::to_string));
    let each = |value: &Value| Value::expression(format!("toset({})", value.written()));
    vec![
        Block::new("resource", &["aws_vpn_connection_route", "this"])
            .attribute("for_each", each(&blocks))
            .attribute("destination_cidr_block", Value::expression("each.value"))
            .attribute("vpn_connection_id", Value::expression("aws_vpn_connection.this.id")),
        Block::new("resource", &["aws_vpn_gateway_route_propagation", "this"])
            .attribute("for_each", each(&place.route_tables))
            .attribute("route_table_id", Value::expression("each.value"))
            .attribute("vpn_gateway_id", Value::expression(GATEWAY)),
    ]
}

fn outputs() -> Vec<Block> {
    let output = |name: &str, description: &str| {
        Block::new("output", &[name])
            .attribute("description", Value::text(description))
            .attribute("value", Value::expression(format!("aws_vpn_connection.this.{name}")))
    };
    vec![
        output("tunnel1_address", "For the other end: the address of tunnel 1."),
        output("tunnel2_address", "For the other end: the address of tunnel 2."),
        output("preshared_key_arn", "Where Secrets Manager keeps the pre-shared keys of both tunnels."),
    ]
}
