//! `firewall.nft`: the same for nftables, as a table of its own that counts what passes.

use std::fmt::Write as _;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::{Direction, FirewallRule, Place, RuleScope, Traffic, rules};
use crate::plan::network::plain::{one_line, simple};
use crate::plan::network::{NetworkDesign, NetworkMethod, PlannedFile, vpn};

pub(in crate::plan::network) const PATH: &str = "firewall.nft";

const TABLE: &str = "inet factory_gitlab";

/// nftables takes 128 bytes of comment.
const LONGEST_COMMENT: usize = 100;

pub(super) fn file(design: &NetworkDesign) -> PlannedFile {
    let rules = rules(design);
    let sets = Sets::of(&rules);
    let mut text = comment(&sets);
    let _written = writeln!(text, "\ntable {TABLE} {{}}\ndelete table {TABLE}\n\ntable {TABLE} {{");
    sets.write(&mut text);
    for scope in [RuleScope::Application, RuleScope::Tunnel] {
        for direction in Direction::BOTH {
            chain(&rules, &sets, Part { scope, direction }, &mut text);
        }
    }
    let mut parts: Vec<Part> = Part::ALL.to_vec();
    parts.retain(|part| rules.iter().any(|rule| part.has(rule)));
    for hook in ["forward", "input", "output"] {
        base_chain(hook, &parts, &mut text);
    }
    if design.method == NetworkMethod::Vpn {
        clamp(&rules, &sets, &mut text);
    }
    let mut text = text.trim_end().to_owned();
    text.push_str("\n}\n");
    PlannedFile { path: PATH, text }
}

fn comment(sets: &Sets) -> String {
    let mut said = "What may pass between GitLab and Factory, made by factory-gitlab network plan.\n\n\
                    Check:  nft -c -f firewall.nft\n\
                    Load:   nft -f firewall.nft            (replaces its own table and nothing else)\n\
                    Count:  nft list table inet factory_gitlab\n\
                    Remove: nft delete table inet factory_gitlab\n\n\
                    A table of its own cannot loosen what another one drops: a packet has to be accepted by every base chain\n\
                    that sees it. If yours drops by default, copy the rules into it; here their counters then show what has\n\
                    come as far as this.\n"
        .to_owned();
    let empty: Vec<&Set> = sets.all.iter().filter(|set| set.is_empty()).collect();
    if !empty.is_empty() {
        said.push_str(
            "\nSets without elements are for names and addresses that are not promised. nftables does not follow names: fill\n\
             them from your own resolver, and again when the answer changes, as in\n",
        );
        for set in empty {
            let _written = writeln!(
                said,
                "  nft add element inet factory_gitlab {}_v4 {{ ADDRESS }}    # {}",
                set.name,
                one_line(&set.about)
            );
        }
    }
    let lines: String = said.lines().map(|line| format!("# {line}").trim_end().to_owned() + "\n").collect();
    format!("#!/usr/sbin/nft -f\n{lines}")
}

/// The addresses of a place, once for IPv4 and once for IPv6.
struct Set {
    name: String,
    about: String,
    place: Place,
    v4: Vec<Ipv4Net>,
    v6: Vec<Ipv6Net>,
}

impl Set {
    fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// The families that a rule with this set is written for; both where it is to be filled.
    fn has(&self, family: Family) -> bool {
        match family {
            Family::V4 => !self.v4.is_empty() || self.is_empty(),
            Family::V6 => !self.v6.is_empty() || self.is_empty(),
        }
    }

    fn elements(&self, family: Family) -> Vec<String> {
        match family {
            Family::V4 => self.v4.iter().map(ToString::to_string).collect(),
            Family::V6 => self.v6.iter().map(ToString::to_string).collect(),
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Family {
    V4,
    V6,
}

impl Family {
    const BOTH: [Self; 2] = [Self::V4, Self::V6];

    const fn keyword(self) -> &'static str {
        match self {
            Self::V4 => "ip",
            Self::V6 => "ip6",
        }
    }

    const fn end(self) -> &'static str {
        match self {
            Self::V4 => "v4",
            Self::V6 => "v6",
        }
    }
}

/// Every place of the rules, each once, with a name that nftables takes.
struct Sets {
    all: Vec<Set>,
}

impl Sets {
    fn of(rules: &[FirewallRule]) -> Self {
        let mut all: Vec<Set> = Vec::new();
        for place in rules.iter().flat_map(|rule| [&rule.from, &rule.to]) {
            if all.iter().any(|set| set.place == *place) {
                continue;
            }
            let about = place.name.clone().unwrap_or_else(|| place.owner.to_owned());
            let short = set_name(&about);
            let is_free = |name: &String| !all.iter().any(|set| set.name == *name);
            let numbered = (2_u32..).map(|number| format!("{short}_n{number}"));
            let name = std::iter::once(short.clone()).chain(numbered).find(is_free).unwrap_or(short);
            let (v4, v6) = families(&place.blocks);
            all.push(Set { name, about, place: place.clone(), v4, v6 });
        }
        Self { all }
    }

    fn find(&self, place: &Place) -> Option<&Set> {
        self.all.iter().find(|set| set.place == *place)
    }

    fn write(&self, text: &mut String) {
        for set in &self.all {
            for family in Family::BOTH.into_iter().filter(|family| set.has(*family)) {
                let kind = if family == Family::V4 { "ipv4_addr" } else { "ipv6_addr" };
                let _written = write!(
                    text,
                    "  set {}_{} {{\n    type {kind}\n    flags interval\n    comment \"{}\"\n",
                    set.name,
                    family.end(),
                    simple(&set.about, LONGEST_COMMENT)
                );
                let elements = set.elements(family);
                if !elements.is_empty() {
                    let _written = writeln!(text, "    elements = {{ {} }}", elements.join(", "));
                }
                text.push_str("  }\n\n");
            }
        }
    }
}

fn families(blocks: &[IpNet]) -> (Vec<Ipv4Net>, Vec<Ipv6Net>) {
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for block in blocks {
        match block {
            IpNet::V4(block) => v4.push(block.trunc()),
            IpNet::V6(block) => v6.push(block.trunc()),
        }
    }
    // Overlapping intervals in one set are an error.
    (Ipv4Net::aggregate(&v4), Ipv6Net::aggregate(&v6))
}

/// `hooks_factory_example`: a letter first, then letters, digits and underscores, and not long.
fn set_name(text: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let name: String = text.replace('\'', "").chars().take(60).map(letter).collect();
    if name.starts_with(|c: char| c.is_ascii_lowercase()) { name } else { format!("h_{name}") }
}

/// A chain of its own for the rules of a direction.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Part {
    scope: RuleScope,
    direction: Direction,
}

impl Part {
    const ALL: [Self; 4] = [
        Self { scope: RuleScope::Application, direction: Direction::GitLabToFactory },
        Self { scope: RuleScope::Application, direction: Direction::FactoryToGitLab },
        Self { scope: RuleScope::Tunnel, direction: Direction::GitLabToFactory },
        Self { scope: RuleScope::Tunnel, direction: Direction::FactoryToGitLab },
    ];

    fn has(self, rule: &FirewallRule) -> bool {
        rule.scope == self.scope && rule.direction == self.direction
    }

    const fn name(self) -> &'static str {
        match (self.scope, self.direction) {
            (RuleScope::Application, Direction::GitLabToFactory) => "gitlab_to_factory",
            (RuleScope::Application, Direction::FactoryToGitLab) => "factory_to_gitlab",
            (RuleScope::Tunnel, Direction::GitLabToFactory) => "vpn_to_factory",
            (RuleScope::Tunnel, Direction::FactoryToGitLab) => "vpn_to_gitlab",
        }
    }
}

fn chain(rules: &[FirewallRule], sets: &Sets, part: Part, text: &mut String) {
    let rules: Vec<&FirewallRule> = rules.iter().filter(|rule| part.has(rule)).collect();
    if rules.is_empty() {
        return;
    }
    let _written = writeln!(text, "  chain {} {{", part.name());
    for rule in rules {
        let (Some(from), Some(to)) = (sets.find(&rule.from), sets.find(&rule.to)) else { continue };
        for family in Family::BOTH.into_iter().filter(|family| from.has(*family) && to.has(*family)) {
            let (keyword, end) = (family.keyword(), family.end());
            let _written = writeln!(
                text,
                "    {keyword} saddr @{}_{end} {keyword} daddr @{}_{end} {} counter accept comment \"{}\"",
                from.name,
                to.name,
                matched(rule.traffic),
                simple(&format!("{}: {}", rule.direction, rule.purpose), LONGEST_COMMENT)
            );
        }
    }
    text.push_str("  }\n\n");
}

fn matched(traffic: Traffic) -> String {
    match traffic {
        Traffic::Tcp(port) => format!("tcp dport {{ {port} }}"),
        Traffic::Udp(port) => format!("udp dport {{ {port} }}"),
        Traffic::Esp => "meta l4proto esp".to_owned(),
    }
}

fn base_chain(hook: &str, parts: &[Part], text: &mut String) {
    let _written = writeln!(text, "  chain {hook} {{\n    type filter hook {hook} priority filter; policy accept;");
    text.push_str("    ct state established,related accept comment \"answers\"\n");
    for part in parts {
        let _written = writeln!(text, "    jump {}", part.name());
    }
    text.push_str("  }\n\n");
}

/// Lowers the MSS of what goes through the tunnel: larger packets would be lost where no ICMP comes back.
fn clamp(rules: &[FirewallRule], sets: &Sets, text: &mut String) {
    let places: Vec<&Set> = sets
        .all
        .iter()
        .filter(|set| {
            rules.iter().any(|rule| {
                rule.scope == RuleScope::Application
                    && (rule.direction == Direction::GitLabToFactory && rule.to == set.place
                        || rule.direction == Direction::FactoryToGitLab && rule.from == set.place)
            })
        })
        .filter(|set| !set.v4.is_empty())
        .collect();
    for hook in ["forward", "output"] {
        let _written =
            writeln!(text, "  chain mss_{hook} {{\n    type filter hook {hook} priority mangle; policy accept;");
        for set in &places {
            for end in ["saddr", "daddr"] {
                let _written = writeln!(
                    text,
                    "    ip {end} @{}_v4 tcp flags syn tcp option maxseg size set {}",
                    set.name,
                    vpn::MSS
                );
            }
        }
        text.push_str("  }\n\n");
    }
}
