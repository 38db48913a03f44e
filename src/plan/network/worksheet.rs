//! `WORKSHEET.md`: both sides, in the order of the work, with a check after each step.

mod peering;
mod proof;
mod public;
mod tunnel;

use std::fmt::Write as _;

use ipnet::IpNet;

use super::firewall;
use super::plain::cell as md;
use super::{NetworkDesign, NetworkMethod};

pub(super) const PATH: &str = "WORKSHEET.md";

/// Who makes a step.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Who {
    You,
    Factory,
    Both,
}

impl Who {
    const fn name(self) -> &'static str {
        match self {
            Self::You => "You",
            Self::Factory => "Factory",
            Self::Both => "You and Factory",
        }
    }
}

/// One step: paragraphs and blocks of commands, then how to see that it worked.
#[derive(Debug)]
struct Step {
    who: Who,
    title: &'static str,
    body: Vec<Part>,
    check: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Say(String),
    /// Lines of a shell.
    Run(Vec<String>),
}

impl Step {
    const fn new(who: Who, title: &'static str) -> Self {
        Self { who, title, body: Vec::new(), check: Vec::new() }
    }

    fn say(mut self, text: impl Into<String>) -> Self {
        self.body.push(Part::Say(text.into()));
        self
    }

    fn run<T: Into<String>>(mut self, lines: impl IntoIterator<Item = T>) -> Self {
        self.body.push(Part::Run(lines.into_iter().map(Into::into).collect()));
        self
    }

    fn check(mut self, text: impl Into<String>) -> Self {
        self.check.push(Part::Say(text.into()));
        self
    }

    fn check_run<T: Into<String>>(mut self, lines: impl IntoIterator<Item = T>) -> Self {
        self.check.push(Part::Run(lines.into_iter().map(Into::into).collect()));
        self
    }
}

/// The worksheet.
pub(super) fn text(design: &NetworkDesign) -> String {
    let mut out = String::new();
    let (title, steps, left) = match design.method {
        NetworkMethod::VpcPeering => ("a VPC peering", peering::steps(design), peering::LEFT),
        NetworkMethod::Vpn => ("a VPN", tunnel::steps(design), tunnel::LEFT),
        NetworkMethod::Public => ("the internet", public::steps(design), public::LEFT),
    };
    // Writing to a text cannot fail, here and below.
    let _written = write!(
        out,
        "# Join GitLab and Factory over {title}\n\n\
         For {} and Factory ({}). To change a value, run this again with the value changed:\n\n\
         ```console\n$ {}\n```\n\n\
         Neither this folder nor this page holds a secret.\n\n\
         ![Both networks, with addresses, ports and directions](diagram.svg)\n\n",
        md(&design.gitlab.url.host()),
        md(&design.organization),
        design.commands.plan,
    );
    out.push_str("## Both sides\n\n");
    out.push_str(&sides(design));
    out.push_str("\n## What passes\n\n");
    out.push_str(&rules(design));
    out.push_str(
        "\n## Steps\n\nIn this order. Go on where a check shows what it should. Commands of `factory-gitlab` name their files from \
         the folder in which this plan was made; all others are run in the folder of this page.\n",
    );
    for (number, step) in steps.iter().enumerate() {
        let _written = write!(out, "\n### {}. {}: {}\n", number + 1, step.who.name(), step.title);
        parts(&step.body, &mut out);
        if !step.check.is_empty() {
            out.push_str("\n**Check.**");
            checks(&step.check, &mut out);
        }
    }
    out.push_str("\n## What stays with Factory\n\n");
    for line in left {
        let _written = writeln!(out, "- {line}");
    }
    out.push_str("\n## If it does not work\n\n");
    out.push_str(&symptoms(design));
    out
}

fn parts(parts: &[Part], out: &mut String) {
    for part in parts {
        out.push('\n');
        part_to(part, out);
    }
}

/// The first text stands on the line of the heading.
fn checks(parts: &[Part], out: &mut String) {
    for (at, part) in parts.iter().enumerate() {
        match (at, part) {
            (0, Part::Say(_)) => out.push(' '),
            _ => out.push('\n'),
        }
        if at == 0 && matches!(part, Part::Run(_)) {
            out.push('\n');
        }
        part_to(part, out);
    }
}

fn part_to(part: &Part, out: &mut String) {
    match part {
        Part::Say(text) => {
            let _written = writeln!(out, "{text}");
        }
        Part::Run(lines) => {
            out.push_str("```console\n");
            for line in lines {
                let _written = writeln!(out, "$ {line}");
            }
            out.push_str("```\n");
        }
    }
}

fn blocks(blocks: &[IpNet]) -> String {
    blocks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn or_unknown(text: String) -> String {
    if text.is_empty() { "not in the kit: ask Factory".to_owned() } else { text }
}

/// The facts of both sides, one row each.
fn sides(design: &NetworkDesign) -> String {
    let mut rows: Vec<(&str, String, String)> = Vec::new();
    let gitlab = md(&design.gitlab.url.to_string());
    rows.push(("address", gitlab, format!("webhook {}", md(design.factory.webhook.as_str()))));
    rows.push(("GitLab answers at", blocks(&design.gitlab.addresses), String::new()));
    rows.push(("ports of GitLab", ports(design), String::new()));
    if let Some(aws) = &design.aws {
        let vpc = design.factory.vpc.as_ref().filter(|_| design.method == NetworkMethod::VpcPeering);
        let theirs = |value: fn(&super::FactoryVpc) -> String| vpc.map(value).unwrap_or_default();
        rows.push(("VPC", aws.vpc_id.clone(), theirs(|vpc| vpc.id.clone())));
        rows.push(("AWS account", aws.account_id.clone(), theirs(|vpc| vpc.account.clone())));
        rows.push(("region", aws.region.clone(), theirs(|vpc| vpc.region.clone())));
        rows.push(("CIDRs", blocks(&aws.vpc_cidrs), theirs(|vpc| blocks(&vpc.cidrs))));
        rows.push(("route tables", aws.route_tables.join(", "), String::new()));
        rows.push(("security groups", aws.security_groups.join(", "), String::new()));
    }
    if let Some(vpn) = &design.vpn {
        let addresses =
            |end: &super::VpnEnd| end.addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let of_aws = "given by AWS when its end is made";
        let known = |end: &super::VpnEnd| match addresses(end) {
            found if found.is_empty() => of_aws.to_owned(),
            found => found,
        };
        rows.push(("end of the VPN", known(&vpn.customer), known(&vpn.factory)));
        rows.push(("CIDRs behind it", blocks(&vpn.customer.cidrs), blocks(&vpn.factory.cidrs)));
    }
    if design.method == NetworkMethod::Public {
        rows.push(("comes from", String::new(), or_unknown(blocks(&design.factory.egress_cidrs))));
    }
    let mut out = "| | GitLab | Factory |\n|---|---|---|\n".to_owned();
    for (name, ours, theirs) in rows {
        let _written = writeln!(out, "| {name} | {ours} | {theirs} |");
    }
    out
}

fn ports(design: &NetworkDesign) -> String {
    format!("TCP {} (web) and {} (SSH)", web_port(design), design.gitlab.ssh_port)
}

fn web_port(design: &NetworkDesign) -> u16 {
    design.gitlab.url.url().port_or_known_default().unwrap_or(443)
}

/// The one table of what may pass.
fn rules(design: &NetworkDesign) -> String {
    format!(
        "{}\nThe side on the left opens the connection; answers belong to it. `firewall.md` and `firewall.nft` have the same for \
         your firewall.\n",
        firewall::address_table(design)
    )
}

/// What is seen, and what it usually is.
fn symptoms(design: &NetworkDesign) -> String {
    let resolver = format!("DNS: compare with `{}`", design.commands.line("network check", &["--resolver ADDRESS"]));
    let mtu = format!(
        "the packets may be too large for the way: `{}` proves it where answers get lost",
        design.commands.line("network check", &["--only network.mtu"])
    );
    let mut rows: Vec<(&str, &str)> = vec![
        (
            "a webhook test says *Requests to the local network are not allowed*",
            "GitLab's outbound filter: the step about it was not made, or a minute has not passed",
        ),
        ("a webhook test says *execution expired*", "no answer: a route or a firewall, on the way or on the way back"),
        ("a name of Factory's leads to another address than planned", &resolver),
        ("connections open and then hang, of TLS above all", &mtu),
    ];
    match design.method {
        NetworkMethod::VpcPeering => rows.extend(peering::SYMPTOMS),
        NetworkMethod::Vpn => rows.extend(tunnel::SYMPTOMS),
        NetworkMethod::Public => {}
    }
    let mut out = "| seen | probably |\n|---|---|\n".to_owned();
    for (seen, cause) in rows {
        let _written = writeln!(out, "| {seen} | {cause} |");
    }
    out
}
