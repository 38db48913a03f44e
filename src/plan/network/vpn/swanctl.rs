//! `vpn/swanctl.conf`: the end that is not AWS's, for strongSwan.

use std::fmt::Write as _;

use super::super::{AwsEnd, PlannedFile};
use super::ends::{DPD_INTERVAL, Ends, MTU, OWN_ESP_LIFETIME, OWN_ESP_REKEY, OWN_IKE_REKEY, REPLAY_WINDOW, Tunnel};

pub(in crate::plan::network) const PATH: &str = "vpn/swanctl.conf";

pub(super) fn file(ends: &Ends<'_>) -> PlannedFile {
    let mut text = comment(ends);
    text.push_str("\nconnections {\n");
    for tunnel in Tunnel::BOTH {
        connection(ends, tunnel, &mut text);
    }
    text.push_str("}\n");
    PlannedFile { path: PATH, text }
}

fn comment(ends: &Ends<'_>) -> String {
    let mut said = format!(
        "The VPN's end at {}, for strongSwan 5.8 or later: /etc/swanctl/conf.d/factory-gitlab.conf\n\n",
        ends.own_name(),
    );
    let unknown: Vec<String> = Tunnel::BOTH
        .into_iter()
        .filter(|tunnel| ends.aws().addresses.get(tunnel.index()).is_none())
        .map(Tunnel::to_replace)
        .collect();
    if !unknown.is_empty() {
        let _written = writeln!(
            said,
            "Before anything else: replace {}. AWS gives its end these addresses when it is\ncreated; they are outputs of {}.\n",
            unknown.join(" and "),
            super::aws::path(ends.vpn.aws_end),
        );
    }
    said.push_str(&interfaces(ends));
    said.push_str(&keys(ends));
    said.push_str(
        "\nThen: swanctl --load-all, and swanctl --list-sas, which shows both tunnels as ESTABLISHED and INSTALLED.\n",
    );
    said.lines().map(|line| format!("# {line}").trim_end().to_owned() + "\n").collect()
}

/// The routes follow the tunnels: a route to a tunnel that is down would lose what it takes.
fn interfaces(ends: &Ends<'_>) -> String {
    let mut said =
        "1. One interface for each tunnel, before strongSwan starts (eth0: the interface to the internet):\n"
            .to_owned();
    for tunnel in Tunnel::BOTH {
        let number = tunnel.number();
        let _written = writeln!(said, "     ip link add factory{number} type xfrm dev eth0 if_id {number}");
        let _written = writeln!(said, "     ip link set factory{number} mtu {MTU} up");
        // Answers may come back by the other tunnel, and strict filtering would drop them.
        let _written = writeln!(said, "     sysctl -w net.ipv4.conf.factory{number}.rp_filter=2");
    }
    said.push_str("     sysctl -w net.ipv4.ip_forward=1\n");
    let blocks: Vec<String> = ends.aws_blocks().iter().map(ToString::to_string).collect();
    let _written = write!(
        said,
        "   The MSS of TCP is lowered by firewall.nft. All of this is gone after a restart of the host: write it into the\n   \
            host's own configuration of its network, too.\n\n\
         2. The routes, which strongSwan sets when a tunnel comes up and removes when it is lost; tunnel 1 goes first.\n   \
            This is {UPDOWN} (chmod 755):\n     \
              #!/bin/sh\n     \
              case $PLUTO_VERB in\n       \
                up-client) action=replace ;;\n       \
                down-client) action=delete ;;\n       \
                *) exit 0 ;;\n     \
              esac\n     \
              for block in {}; do\n       \
                ip route $action $block dev factory$PLUTO_IF_ID_OUT metric ${{PLUTO_IF_ID_OUT}}00\n     \
              done\n",
        blocks.join(" ")
    );
    said
}

const UPDOWN: &str = "/etc/swanctl/factory-gitlab-updown";

/// Where a key goes. None is ever written here.
fn keys(ends: &Ends<'_>) -> String {
    let from = match ends.vpn.aws_end {
        AwsEnd::Factory => "Factory gives you the keys over a protected channel, not by mail",
        AwsEnd::Customer => "take the keys from AWS Secrets Manager and give them to Factory over a protected channel",
    };
    let mut said = format!(
        "\n3. The pre-shared keys: {from}. They go into\n   \
         /etc/swanctl/conf.d/factory-gitlab-keys.conf, which belongs to root (chmod 600):\n     secrets {{\n"
    );
    for tunnel in Tunnel::BOTH {
        let (name, remote) = (tunnel.name(), ends.aws_identity(tunnel));
        let _written = writeln!(said, "       ike-{name} {{");
        let _written = writeln!(said, "         id = {remote}");
        let _written = writeln!(said, "         secret = the key of tunnel {}, in quotes", tunnel.number());
        said.push_str("       }\n");
    }
    said.push_str("     }\n");
    said
}

fn connection(ends: &Ends<'_>, tunnel: Tunnel, text: &mut String) {
    let name = tunnel.name();
    let number = tunnel.number();
    let address = ends.aws_address(tunnel);
    let (own, aws) = (ends.own_identity(), ends.aws_identity(tunnel));
    let (ike, esp) = (&ends.agreement.ike, &ends.agreement.esp);
    let (here, there) = (ends.own_selector(), ends.aws_selector());
    let start = format!(
        "  # Tunnel {number}. AWS's end waits to be called, so this one starts the tunnel and starts it again.
  {name} {{
    version = 2
    remote_addrs = {address}
    proposals = {ike}
    # AWS keeps its keys for 8 hours and 1 hour; this end renews them earlier.
    rekey_time = {OWN_IKE_REKEY}s
    dpd_delay = {DPD_INTERVAL}s
    keyingtries = 0
    mobike = no
    local {{
      auth = psk
      id = {own}
    }}
    remote {{
      auth = psk
      id = {aws}
    }}
    children {{
      {name} {{
        # {own_name}'s side, and {aws_name}'s.
        local_ts = {here}
        remote_ts = {there}
        # With the group of perfect forward secrecy: one that differs is only noticed at the first rekeying.
        esp_proposals = {esp}
        rekey_time = {OWN_ESP_REKEY}s
        life_time = {OWN_ESP_LIFETIME}s
        replay_window = {REPLAY_WINDOW}
        start_action = start
        dpd_action = restart
        close_action = start
        if_id_in = {number}
        if_id_out = {number}
        updown = {UPDOWN}
      }}
    }}
  }}
",
        own_name = ends.own_name(),
        aws_name = ends.aws_name(),
    );
    text.push_str(&start);
}
