//! `peering.tf`: the customer's side of a VPC peering. It is applied twice, since AWS takes the options of a peering only once the
//! other account has accepted it.

use ipnet::IpNet;

use super::hcl::{self, Block, Value};
use super::terraform::{ProviderTerms, provider, resource_name, security_group_rules, tags};
use super::{CustomerAws, FactoryVpc, NetworkDesign, NetworkMethod, PlannedFile};

pub(super) const PATH: &str = "peering.tf";

/// The variable of the second run.
pub(super) const ACCEPTED: &str = "factory_accepted";

const CONNECTION: &str = "aws_vpc_peering_connection.factory.id";

/// The file; none for another method.
pub(super) fn file(design: &NetworkDesign) -> Option<PlannedFile> {
    match (design.method, &design.aws, &design.factory.vpc) {
        (NetworkMethod::VpcPeering, Some(aws), Some(vpc)) => {
            Some(PlannedFile { path: PATH, text: text(design, aws, vpc) })
        }
        _ => None,
    }
}

const COMMENT: &str = "GitLab's side of the VPC peering with Factory, made by factory-gitlab network plan.

Apply it twice: at first as it is, which requests the peering, and after Factory has accepted the request with
-var factory_accepted=true. WORKSHEET.md has every step of both sides.

It adds routes and rules to the route tables and security groups that were named, and changes nothing else in them.
A security group that had only the rule of a new one (everything may leave) keeps it: the rules for what leaves then
narrow nothing. It does not go together with rules inside an aws_security_group of the same group.";

fn text(design: &NetworkDesign, aws: &CustomerAws, vpc: &FactoryVpc) -> String {
    let mut blocks =
        provider(ProviderTerms { version: ">= 5.0", region: Value::text(&aws.region), account: Some(&aws.account_id) });
    blocks.push(
        Block::new("variable", &[ACCEPTED])
            .attribute("type", Value::expression("bool"))
            .attribute("default", Value::Bool(false))
            .attribute(
                "description",
                Value::text("Whether Factory has accepted the peering. Set it for the second run."),
            ),
    );
    blocks.push(connection(design, aws, vpc));
    blocks.push(options());
    blocks.extend(routes(aws, vpc));
    blocks.extend(security_group_rules(design, aws));
    blocks.extend(outputs(aws));
    hcl::document(COMMENT, &blocks)
}

fn connection(design: &NetworkDesign, aws: &CustomerAws, vpc: &FactoryVpc) -> Block {
    Block::new("resource", &["aws_vpc_peering_connection", "factory"])
        .attribute("vpc_id", Value::text(&aws.vpc_id))
        .attribute("peer_vpc_id", Value::text(&vpc.id))
        .attribute("peer_owner_id", Value::text(&vpc.account))
        .attribute("peer_region", Value::text(&vpc.region))
        .attribute("auto_accept", Value::Bool(false))
        .attribute("tags", tags(design))
}

/// Only our side's option: each account sets its own.
fn options() -> Block {
    let requester = Block::new("requester", &[]).attribute("allow_remote_vpc_dns_resolution", Value::Bool(true));
    Block::new("resource", &["aws_vpc_peering_connection_options", "factory"])
        .attribute("count", Value::expression(format!("var.{ACCEPTED} ? 1 : 0")))
        .attribute("vpc_peering_connection_id", Value::expression(CONNECTION))
        .block(requester)
}

/// A route for every table and every block of Factory's.
fn routes(aws: &CustomerAws, vpc: &FactoryVpc) -> Vec<Block> {
    let pairs = aws.route_tables.iter().flat_map(|table| vpc.cidrs.iter().map(move |block| (table, block)));
    let route = |(table, block): (&String, &IpNet)| {
        let destination = match block {
            IpNet::V4(_) => "destination_cidr_block",
            IpNet::V6(_) => "destination_ipv6_cidr_block",
        };
        Block::new("resource", &["aws_route", &resource_name(&[table, "to", &block.to_string()])])
            .attribute("route_table_id", Value::text(table))
            .attribute(destination, Value::text(block.to_string()))
            .attribute("vpc_peering_connection_id", Value::expression(CONNECTION))
    };
    pairs.map(route).collect()
}

/// What Factory needs to accept the request and to send its answers back.
fn outputs(aws: &CustomerAws) -> Vec<Block> {
    let output = |name: &str, description: &str, value: Value| {
        Block::new("output", &[name]).attribute("description", Value::text(description)).attribute("value", value)
    };
    let blocks = aws.vpc_cidrs.iter().map(ToString::to_string);
    vec![
        output("peering_connection_id", "For Factory: the request to accept.", Value::expression(CONNECTION)),
        output("account_id", "For Factory: the account that requests.", Value::text(&aws.account_id)),
        output("region", "For Factory: the region of GitLab's VPC.", Value::text(&aws.region)),
        output("vpc_id", "For Factory: GitLab's VPC.", Value::text(&aws.vpc_id)),
        output("vpc_cidrs", "For Factory: the CIDRs that its routes back lead to.", Value::texts(blocks)),
    ]
}
