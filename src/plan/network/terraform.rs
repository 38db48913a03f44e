//! What every generated Terraform file of the customer's AWS account has in common: the provider, names, and the rules of
//! security groups, which are made from the one table of what may pass.

use std::collections::BTreeSet;

use ipnet::IpNet;

use super::firewall::{self, Direction, FirewallRule, RuleScope, Traffic};
use super::hcl::{Block, MapEntry, Value};
use super::{CustomerAws, NetworkDesign};

/// What a file is for: the provider that it needs, and where it is applied.
pub struct ProviderTerms<'a> {
    /// The versions of the provider that know everything in the file.
    pub version: &'a str,
    pub region: Value,
    /// Terraform refuses any other account.
    pub account: Option<&'a str>,
}

/// Which Terraform and provider, and the account and region that the file is for.
#[must_use]
pub fn provider(terms: ProviderTerms<'_>) -> Vec<Block> {
    let entry = |key: &str, value: &str| MapEntry { key: key.to_owned(), value: Value::text(value) };
    let aws = Value::Map(vec![entry("source", "hashicorp/aws"), entry("version", terms.version)]);
    let providers = Block::new("required_providers", &[]).attribute("aws", aws);
    let mut provider = Block::new("provider", &["aws"]).attribute("region", terms.region);
    if let Some(account) = terms.account {
        provider = provider.attribute("allowed_account_ids", Value::texts([account]));
    }
    vec![Block::new("terraform", &[]).attribute("required_version", Value::text(">= 1.3")).block(providers), provider]
}

/// The tags of everything that is made.
#[must_use]
pub fn tags(design: &NetworkDesign) -> Value {
    let name = format!("factory-{}", design.organization);
    Value::Map(vec![MapEntry { key: "Name".to_owned(), value: Value::text(name) }])
}

/// A name for Terraform, made of a kind and of values: `rtb_0123456789abcdef0_to_10_64_0_0_16`.
#[must_use]
pub fn resource_name(parts: &[&str]) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' };
    parts.join("_").chars().map(letter).collect()
}

/// A rule for each security group, each block and each port: separate resources, which leave a group's other rules alone.
#[must_use]
pub fn security_group_rules(design: &NetworkDesign, aws: &CustomerAws) -> Vec<Block> {
    let mut made = BTreeSet::new();
    let mut blocks = Vec::new();
    let rules = firewall::rules(design);
    for group in &aws.security_groups {
        for rule in rules.iter().filter(|rule| rule.scope == RuleScope::Application) {
            let others = if is_in(rule) { &rule.from.blocks } else { &rule.to.blocks };
            for other in others {
                if let Some(block) =
                    security_group_rule(group, rule, other).filter(|(name, _)| made.insert(name.clone()))
                {
                    blocks.push(block.1);
                }
            }
        }
    }
    blocks
}

fn is_in(rule: &FirewallRule) -> bool {
    rule.direction == Direction::FactoryToGitLab
}

fn security_group_rule(group: &str, rule: &FirewallRule, other: &IpNet) -> Option<(String, Block)> {
    let Traffic::Tcp(port) = rule.traffic else { return None };
    let (kind, way) = match rule.direction {
        Direction::FactoryToGitLab => ("aws_vpc_security_group_ingress_rule", "from"),
        Direction::GitLabToFactory => ("aws_vpc_security_group_egress_rule", "to"),
    };
    let name = resource_name(&[group, "tcp", &port.to_string(), way, &other.to_string()]);
    let cidr = if matches!(other, IpNet::V4(_)) { "cidr_ipv4" } else { "cidr_ipv6" };
    let described = match rule.direction {
        Direction::FactoryToGitLab => "Factory to GitLab",
        Direction::GitLabToFactory => "GitLab to Factory",
    };
    let block = Block::new("resource", &[kind, &name])
        .attribute("security_group_id", Value::text(group))
        .attribute("description", Value::text(description(&format!("{described}: {}", rule.purpose))))
        .attribute("ip_protocol", Value::text("tcp"))
        .attribute("from_port", Value::Number(port.into()))
        .attribute("to_port", Value::Number(port.into()))
        .attribute(cidr, Value::text(other.to_string()));
    Some((format!("{kind}.{name}"), block))
}

/// What AWS takes as the description of a rule: some signs it refuses, the apostrophe too.
fn description(text: &str) -> String {
    let is_taken = |c: &char| c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(*c);
    text.replace("'s ", " ").chars().filter(is_taken).take(255).collect()
}
