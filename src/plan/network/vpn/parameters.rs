//! `vpn/parameters.md`: every value of both ends, for a device of any vendor.

use std::fmt::Write as _;

use ipnet::Ipv4Net;

use super::super::{AwsEnd, PlannedFile};
use super::aws::{self, tunnel_options};
use super::ends::{
    AWS_ESP_LIFETIME, AWS_IKE_LIFETIME, DPD_INTERVAL, DPD_TIMEOUT, Ends, MSS, MTU, OWN_ESP_LIFETIME, OWN_ESP_REKEY,
    OWN_IKE_REKEY, REPLAY_WINDOW, Tunnel,
};
use super::swanctl;
use crate::network::proposal::{Proposal, Transform};

pub(in crate::plan::network) const PATH: &str = "vpn/parameters.md";

pub(super) fn file(ends: &Ends<'_>) -> PlannedFile {
    let (own, aws) = (ends.own_name(), ends.aws_name());
    let mut text = format!(
        "# The VPN between GitLab and Factory: parameters for any device\n\n\
         One end is AWS's service, at {aws}; the other one is the device or host at {own}, which this page is for. With\n\
         strongSwan, take `{}` as it is. `{}` is AWS's end, with the same values.\n\n\
         There are **two tunnels**. Configure both: AWS takes one of them down for maintenance at any time.\n\n",
        swanctl::PATH,
        aws::path(ends.vpn.aws_end),
    );
    text.push_str(&addresses(ends));
    text.push_str(&exchange(ends));
    text.push_str(&selectors(ends));
    text.push_str(&packets(ends));
    text.push_str(&options(ends));
    text.push_str(symptoms().trim_end());
    text.push('\n');
    PlannedFile { path: PATH, text }
}

/// A table of two columns or more.
fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut text = line(&header.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>());
    let _written = writeln!(text, "|{}", "---|".repeat(header.len()));
    for row in rows {
        text.push_str(&line(row));
    }
    text.push('\n');
    text
}

fn row(name: &str, cells: impl IntoIterator<Item = String>) -> Vec<String> {
    std::iter::once(name.to_owned()).chain(cells).collect()
}

fn code(value: impl std::fmt::Display) -> String {
    format!("`{value}`")
}

fn addresses(ends: &Ends<'_>) -> String {
    let both = |value: &dyn Fn(Tunnel) -> String| Tunnel::BOTH.map(|tunnel| code(value(tunnel)));
    let own_address = ends.own_address().map_or_else(|| "REPLACE_WITH_OWN_ADDRESS".to_owned(), |own| own.to_string());
    let inside = |tunnel: Tunnel| match ends.vpn.inside_cidrs {
        Some(blocks) => inside_addresses(blocks[tunnel.index()]),
        None => "AWS chooses; not needed with static routes".to_owned(),
    };
    let mut rows = vec![
        row("your address (public)", both(&|_| own_address.clone())),
        row("address of AWS's end", both(&|tunnel| ends.aws_address(tunnel))),
        row("your identity", both(&|_| ends.own_identity())),
        row("identity of AWS's end", both(&|tunnel| ends.aws_identity(tunnel))),
        row("inside addresses", Tunnel::BOTH.map(inside)),
        row("pre-shared key", ["one of its own", "one of its own"].map(str::to_owned)),
    ];
    if ends.aws().addresses.len() < 2 {
        rows.push(row("", ["", "AWS gives its end the missing addresses when it is created"].map(str::to_owned)));
    }
    let from = match ends.vpn.aws_end {
        AwsEnd::Factory => "Factory gives you both keys over a protected channel.",
        AwsEnd::Customer => {
            "Take both keys from AWS Secrets Manager and give them to Factory over a protected channel."
        }
    };
    format!(
        "## Addresses and identities\n\n{}\
         The keys are in none of these files. {from} An identity that the other end does not expect looks like a wrong\n\
         key: `AUTHENTICATION_FAILED`. Behind NAT, your identity is still the public address.\n\n",
        table(&["", "tunnel 1", "tunnel 2"], &rows)
    )
}

/// AWS takes the first usable address of the block, and the other end the second.
fn inside_addresses(block: Ipv4Net) -> String {
    let mut hosts = block.hosts();
    match (hosts.next(), hosts.next()) {
        (Some(aws), Some(own)) => format!("`{block}`: AWS `{aws}`, you `{own}`"),
        _ => code(block),
    }
}

fn exchange(ends: &Ends<'_>) -> String {
    let (ike, esp) = (&ends.agreement.ike, &ends.agreement.esp);
    let group = |proposal: &Proposal| {
        let numbers: Vec<String> = aws::groups(proposal).iter().map(|number| format!("group {number}")).collect();
        format!("{} ({})", keywords(proposal, Transform::Group), numbers.join(", "))
    };
    let integrity = |proposal: &Proposal| match proposal.is_aead() {
        true => "none: the cipher brings its own".to_owned(),
        false => keywords(proposal, Transform::Integrity),
    };
    let rows = vec![
        row("in strongSwan's notation", [code(ike), code(esp)]),
        row("version, mode", ["IKEv2 only", "ESP, tunnel mode"].map(str::to_owned)),
        row("encryption", [ike, esp].map(|proposal| keywords(proposal, Transform::Encryption))),
        row("integrity", [ike, esp].map(integrity)),
        row("PRF", [keywords(ike, Transform::Prf).replace("prf", "HMAC "), "–".to_owned()]),
        row("DH group; in phase 2 that of PFS", [ike, esp].map(group)),
        row("lifetime at AWS's end", [AWS_IKE_LIFETIME, AWS_ESP_LIFETIME].map(|seconds| format!("{seconds} s"))),
        row("you renew after", [OWN_IKE_REKEY, OWN_ESP_REKEY].map(|seconds| format!("{seconds} s"))),
        row("you end it after", ["–".to_owned(), format!("{OWN_ESP_LIFETIME} s")]),
        row("replay window", ["–".to_owned(), format!("{REPLAY_WINDOW} packets")]),
    ];
    format!(
        "## Key exchange and encryption\n\n{}\
         - **Give exactly these values, one of each.** AWS's end chooses the lowest of a list, whatever your order.\n\
         - **PFS has to be on, with this group.** IKEv2 does not compare it at the start: with another group, or none, the\n  \
         tunnel comes up, everything works, and within an hour the first rekeying fails.\n\
         - **You start the tunnel** (AWS's end only answers), and start it again after it was lost.\n\
         - Dead peer detection: every {DPD_INTERVAL} s; after {DPD_TIMEOUT} s without an answer, start again.\n\
         - A limit of bytes, if your device has one: off, or above what passes in an hour.\n\n",
        table(&["", "IKE (phase 1)", "ESP (phase 2)"], &rows)
    )
}

fn keywords(proposal: &Proposal, transform: Transform) -> String {
    let keywords: Vec<&str> = proposal.list(transform).iter().map(|algorithm| algorithm.keyword()).collect();
    keywords.join(", ")
}

fn selectors(ends: &Ends<'_>) -> String {
    let (own, aws) = (ends.own_name(), ends.aws_name());
    let rows = vec![
        row("your device: local, source, own network", [code(ends.own_selector()), format!("{own}'s side")]),
        row("your device: remote, destination", [code(ends.aws_selector()), format!("{aws}'s side")]),
        row("AWS: `local_ipv4_network_cidr`", [code(ends.own_selector()), format!("{own}'s side")]),
        row("AWS: `remote_ipv4_network_cidr`", [code(ends.aws_selector()), format!("{aws}'s side")]),
    ];
    let list = |blocks: Vec<Ipv4Net>| blocks.iter().map(code).collect::<Vec<_>>().join(", ");
    let mut text = format!(
        "## What the tunnels carry (traffic selectors)\n\n{}\
         **The trap**: AWS says local for the end that is not AWS's. Its names are the same way round as your device's, and\n\
         the opposite of what one would expect in AWS's own configuration.\n\n",
        table(&["where", "value", "whose"], &rows)
    );
    if ends.agreement.selectors.is_everything() {
        text.push_str(
            "The CIDRs of a side have no common one that leaves the other side out, so that the tunnel takes everything, and\n\
             routes decide what goes through it. Your device has to be **route-based** (a tunnel interface): a policy with\n\
             `0.0.0.0/0` would send all its traffic to AWS.\n\n",
        );
    } else {
        text.push_str(
            "AWS's end has one pair of selectors for each tunnel: give exactly this pair, also where a side has several CIDRs.\n\n",
        );
    }
    let _written = write!(
        text,
        "Routes on your side: {} to tunnel 1, and to tunnel 2 when it is down. Routes on AWS's side: {} to the VPN\n\
         (static, in its file).\n\n",
        list(ends.aws_blocks()),
        list(ends.own_blocks())
    );
    text
}

fn packets(ends: &Ends<'_>) -> String {
    let rows = vec![
        row("MTU of the tunnel's interface", [MTU.to_string()]),
        row("MSS of TCP through the tunnel", [format!("{MSS} (set it for both directions)")]),
        row("firewall in front of your device", ["UDP 500, UDP 4500, IP protocol 50 (ESP), in and out".to_owned()]),
        row("to and from", [Tunnel::BOTH.map(|tunnel| code(ends.aws_address(tunnel))).join(" and ")]),
    ];
    format!(
        "## Packets\n\n{}\
         Without the MSS, small requests work and large ones hang: TLS stops after its first message. Copy \"do not\n\
         fragment\" to the outer packet, and let ICMP \"fragmentation needed\" pass.\n\n",
        table(&["", "value"], &rows)
    )
}

fn options(ends: &Ends<'_>) -> String {
    let [first, second] = Tunnel::BOTH.map(|tunnel| tunnel_options(ends, tunnel));
    let rows: Vec<Vec<String>> = first
        .iter()
        .zip(&second)
        .map(|(first, second)| row(&code(first.name), [first, second].map(|option| code(option.value.written()))))
        .collect();
    format!("## AWS's end, option by option\n\n{}", table(&["option", "tunnel 1", "tunnel 2"], &rows))
}

/// What a device says, and the reason.
pub(in crate::plan::network) const SYMPTOMS: [(&str, &str); 6] = [
    ("no answer to IKE_SA_INIT", "UDP 500 or 4500 is filtered, or the address of the other end is wrong"),
    ("NO_PROPOSAL_CHOSEN before the tunnel is established", "the IKE proposals or versions differ"),
    (
        "AUTHENTICATION_FAILED",
        "the key differs, or the identity: behind NAT the address that is sent is not the one that is seen",
    ),
    ("established, then NO_PROPOSAL_CHOSEN and no CHILD_SA", "the ESP proposals differ"),
    ("TS_UNACCEPTABLE", "the CIDRs of the two ends have no address in common"),
    ("it works and drops within the hour, rekeying failed", "the PFS groups differ, which no end notices at the start"),
];

fn symptoms() -> String {
    let rows: Vec<Vec<String>> = SYMPTOMS.iter().map(|(seen, reason)| row(seen, [(*reason).to_owned()])).collect();
    let hangs = row("small requests work, and large ones hang", ["the MSS and the MTU".to_owned()]);
    format!(
        "## When it does not work\n\n{}",
        table(&["what your device says", "reason"], &[rows, vec![hangs]].concat())
    )
}
