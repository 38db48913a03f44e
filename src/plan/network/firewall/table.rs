//! `firewall.md`: what may pass, for the person who runs the firewall.

use super::{Direction, FirewallRule, Place, RuleScope, Traffic, rules, written};
use crate::kit::EndpointProtocol;
use crate::plan::network::plain::cell;
use crate::plan::network::{NetworkDesign, NetworkMethod, PlannedFile};

pub(in crate::plan::network) const PATH: &str = "firewall.md";

pub(super) fn file(design: &NetworkDesign) -> PlannedFile {
    let all = rules(design);
    let mut text = format!(
        "# Firewall rules for GitLab and Factory\n\n\
         Open each row in its own direction. Answers to a connection belong to it: a stateful firewall lets them pass, a network\n\
         ACL does not (see below). `firewall.nft` has the same rules for nftables.\n\n\
         ## For a firewall that knows addresses\n\n{}",
        address_table(&all)
    );
    if all.iter().any(|rule| needs_name(&rule.to) || needs_name(&rule.from)) {
        text.push_str(
            "\n**Resolve at your firewall**: no addresses are promised for this name. Use a rule by name, which your firewall\n\
             resolves itself and keeps up to date, or a proxy; an address that you look up today can be another one tomorrow.\n",
        );
    }
    if all.iter().any(|rule| is_unknown(&rule.from) || is_unknown(&rule.to)) {
        text.push_str(
            "\n**Not known yet**: ask Factory for these addresses; those of a VPN's end at AWS are known when it is created.\n\
             Do not open the rule for every address.\n",
        );
    }
    text.push_str(&format!(
        "\n## For a proxy or a firewall that knows names\n\nBy the host name in the request, or in TLS (SNI). Do not decrypt this \
         traffic: with a certificate of the\nfirewall's own, GitLab refuses the connection.\n\n{}",
        name_table(&all)
    ));
    text.push_str(&notes(design));
    PlannedFile { path: PATH, text }
}

pub(super) fn address_table(rules: &[FirewallRule]) -> String {
    let mut text = "| direction | from | to | protocol and port | for |\n|---|---|---|---|---|\n".to_owned();
    for rule in rules {
        text.push_str(&format!(
            "| {} | {} | {} | {} | {} |\n",
            rule.direction,
            shown(&rule.from),
            shown(&rule.to),
            rule.traffic,
            cell(&rule.purpose)
        ));
    }
    text
}

fn shown(place: &Place) -> String {
    let name = place.name.as_deref().map(cell);
    let blocks: Vec<String> = place.blocks.iter().map(|block| format!("`{}`", written(block))).collect();
    match (name, blocks.is_empty()) {
        (Some(name), true) => format!("{name} (resolve at your firewall)"),
        (None, true) => format!("{} (not known yet)", place.owner),
        (Some(name), false) => format!("{name}: {}", blocks.join(", ")),
        (None, false) => format!("{}: {}", place.owner, blocks.join(", ")),
    }
}

const fn needs_name(place: &Place) -> bool {
    place.blocks.is_empty() && place.name.is_some()
}

const fn is_unknown(place: &Place) -> bool {
    place.blocks.is_empty() && place.name.is_none()
}

fn name_table(rules: &[FirewallRule]) -> String {
    let mut text = "| direction | name | protocol and port | for |\n|---|---|---|---|\n".to_owned();
    for rule in rules.iter().filter(|rule| rule.scope == RuleScope::Application) {
        let name = rule.to.name.as_deref().map(cell).unwrap_or_default();
        let traffic = match rule.protocol {
            Some(EndpointProtocol::Ssh) => format!("{} (SSH has no name to read: by address only)", rule.traffic),
            Some(EndpointProtocol::Https | EndpointProtocol::Tcp) | None => rule.traffic.to_string(),
        };
        text.push_str(&format!("| {} | {name} | {traffic} | {} |\n", rule.direction, cell(&rule.purpose)));
    }
    text
}

fn notes(design: &NetworkDesign) -> String {
    let mut notes: Vec<String> = vec![
        "**Where GitLab's connections come from**: the rows from GitLab have the addresses at which GitLab is reached. Webhooks \
         leave from the nodes with Sidekiq, push mirrors from those with Gitaly, and behind NAT from its address. Where these \
         are others, let them pass, too; in `firewall.nft` add them to the sets with GitLab's name."
            .into(),
        "**Network ACLs of AWS** keep no connections: for each rule above, also let the answers pass, TCP from its port to \
         the ports 1024–65535, in the other direction."
            .into(),
        "**Security groups of AWS** let everything out by default. A rule for what leaves narrows nothing as long as that \
         default is there."
            .into(),
        "**DNS**: GitLab's machines have to resolve the names above, and Factory the name of GitLab.".into(),
        "**Proxy of GitLab's own**: webhooks use the proxy in `gitlab_rails['env']`, clones and push mirrors that in \
         `gitaly['env']`; SSH uses neither."
            .into(),
    ];
    match design.method {
        NetworkMethod::Public => {
            notes.push(
                "**Hairpin**: from inside, the public name of GitLab can lead to the public address and back through the \
                 firewall. Factory comes from outside, so test the rule from there."
                    .into(),
            );
        }
        NetworkMethod::VpcPeering | NetworkMethod::Vpn => {
            notes.push(
                "**GitLab's own filter**: GitLab sends no webhook to a private address until an administrator adds its name \
                 and port to the allowlist (Admin Area > Settings > Network > Outbound requests)."
                    .into(),
            );
        }
    }
    if design.method == NetworkMethod::Vpn {
        notes.push(
            "**VPN**: UDP 500, UDP 4500 and IP protocol 50 are for the firewall in front of the VPN's end. What is inside of \
             the tunnel meets the other rules again."
                .into(),
        );
    }
    let ports: Vec<String> =
        Direction::BOTH.into_iter().map(|direction| format!("{direction}: {}", ports(design, direction))).collect();
    let check = design.commands.line("network check", &[]);
    notes.push(format!("**Check afterwards**: `{check}`. Ports in short: {}.", ports.join("; ")));
    let listed: Vec<String> = notes.iter().map(|note| format!("- {note}\n")).collect();
    format!("\n## Notes\n\n{}", listed.concat())
}

fn ports(design: &NetworkDesign, direction: Direction) -> String {
    let mut all: Vec<u16> = rules(design)
        .iter()
        .filter(|rule| rule.direction == direction)
        .filter_map(|rule| match rule.traffic {
            Traffic::Tcp(port) => Some(port),
            Traffic::Udp(_) | Traffic::Esp => None,
        })
        .collect();
    all.sort_unstable();
    all.dedup();
    let written: Vec<String> = all.iter().map(ToString::to_string).collect();
    format!("TCP {}", written.join(", "))
}
