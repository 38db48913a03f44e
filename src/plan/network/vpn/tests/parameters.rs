//! The sheet of parameters.

use super::*;

#[expect(clippy::too_many_lines, reason = "it shows a whole file")]
#[test]
fn the_sheet_of_parameters_has_every_value_for_a_device_of_any_vendor() {
    insta::assert_snapshot!(file(&fixture::vpn(), "vpn/parameters.md"), @r#"
    # The VPN between GitLab and Factory: parameters for any device

    One end is AWS's service, at Factory; the other one is the device or host at GitLab, which this page is for. With
    strongSwan, take `vpn/swanctl.conf` as it is. `vpn/factory-side.tf` is AWS's end, with the same values.

    There are **two tunnels**. Configure both: AWS takes one of them down for maintenance at any time.

    ## Addresses and identities

    |  | tunnel 1 | tunnel 2 |
    |---|---|---|
    | your address (public) | `198.51.100.7` | `198.51.100.7` |
    | address of AWS's end | `203.0.113.2` | `203.0.113.3` |
    | your identity | `198.51.100.7` | `198.51.100.7` |
    | identity of AWS's end | `203.0.113.2` | `203.0.113.3` |
    | inside addresses | AWS chooses; not needed with static routes | AWS chooses; not needed with static routes |
    | pre-shared key | one of its own | one of its own |

    The keys are in none of these files. Factory gives you both keys over a protected channel. An identity that the other end does not expect looks like a wrong
    key: `AUTHENTICATION_FAILED`. Behind NAT, your identity is still the public address.

    ## Key exchange and encryption

    |  | IKE (phase 1) | ESP (phase 2) |
    |---|---|---|
    | in strongSwan's notation | `aes256-sha256-ecp384` | `aes256gcm16-ecp384` |
    | version, mode | IKEv2 only | ESP, tunnel mode |
    | encryption | aes256 | aes256gcm16 |
    | integrity | sha256 | none: the cipher brings its own |
    | PRF | HMAC sha256 | – |
    | DH group; in phase 2 that of PFS | ecp384 (group 20) | ecp384 (group 20) |
    | lifetime at AWS's end | 28800 s | 3600 s |
    | you renew after | 25200 s | 3000 s |
    | you end it after | – | 3300 s |
    | replay window | – | 1024 packets |

    - **Give exactly these values, one of each.** AWS's end chooses the lowest of a list, whatever your order.
    - **PFS has to be on, with this group.** IKEv2 does not compare it at the start: with another group, or none, the
      tunnel comes up, everything works, and within an hour the first rekeying fails.
    - **You start the tunnel** (AWS's end only answers), and start it again after it was lost.
    - Dead peer detection: every 10 s; after 30 s without an answer, start again.
    - A limit of bytes, if your device has one: off, or above what passes in an hour.

    ## What the tunnels carry (traffic selectors)

    | where | value | whose |
    |---|---|---|
    | your device: local, source, own network | `192.168.10.0/24` | GitLab's side |
    | your device: remote, destination | `10.64.0.0/16` | Factory's side |
    | AWS: `local_ipv4_network_cidr` | `192.168.10.0/24` | GitLab's side |
    | AWS: `remote_ipv4_network_cidr` | `10.64.0.0/16` | Factory's side |

    **The trap**: AWS says local for the end that is not AWS's. Its names are the same way round as your device's, and
    the opposite of what one would expect in AWS's own configuration.

    AWS's end has one pair of selectors for each tunnel: give exactly this pair, also where a side has several CIDRs.

    Routes on your side: `10.64.0.0/16` to tunnel 1, and to tunnel 2 when it is down. Routes on AWS's side: `192.168.10.0/24` to the VPN
    (static, in its file).

    ## Packets

    |  | value |
    |---|---|
    | MTU of the tunnel's interface | 1400 |
    | MSS of TCP through the tunnel | 1360 (set it for both directions) |
    | firewall in front of your device | UDP 500, UDP 4500, IP protocol 50 (ESP), in and out |
    | to and from | `203.0.113.2` and `203.0.113.3` |

    Without the MSS, small requests work and large ones hang: TLS stops after its first message. Copy "do not
    fragment" to the outer packet, and let ICMP "fragmentation needed" pass.

    ## AWS's end, option by option

    | option | tunnel 1 | tunnel 2 |
    |---|---|---|
    | `ike_versions` | `["ikev2"]` | `["ikev2"]` |
    | `phase1_encryption_algorithms` | `["AES256"]` | `["AES256"]` |
    | `phase1_integrity_algorithms` | `["SHA2-256"]` | `["SHA2-256"]` |
    | `phase1_dh_group_numbers` | `[20]` | `[20]` |
    | `phase1_lifetime_seconds` | `28800` | `28800` |
    | `phase2_encryption_algorithms` | `["AES256-GCM-16"]` | `["AES256-GCM-16"]` |
    | `phase2_integrity_algorithms` | `["SHA2-256"]` | `["SHA2-256"]` |
    | `phase2_dh_group_numbers` | `[20]` | `[20]` |
    | `phase2_lifetime_seconds` | `3600` | `3600` |
    | `rekey_margin_time_seconds` | `270` | `270` |
    | `rekey_fuzz_percentage` | `100` | `100` |
    | `replay_window_size` | `1024` | `1024` |
    | `dpd_timeout_seconds` | `30` | `30` |
    | `dpd_timeout_action` | `"clear"` | `"clear"` |
    | `startup_action` | `"add"` | `"add"` |
    | `enable_tunnel_lifecycle_control` | `false` | `false` |

    ## When it does not work

    | what your device says | reason |
    |---|---|
    | no answer to IKE_SA_INIT | UDP 500 or 4500 is filtered, or the address of the other end is wrong |
    | NO_PROPOSAL_CHOSEN before the tunnel is established | the IKE proposals or versions differ |
    | AUTHENTICATION_FAILED | the key differs, or the identity: behind NAT the address that is sent is not the one that is seen |
    | established, then NO_PROPOSAL_CHOSEN and no CHILD_SA | the ESP proposals differ |
    | TS_UNACCEPTABLE | the CIDRs of the two ends have no address in common |
    | it works and drops within the hour, rekeying failed | the PFS groups differ, which no end notices at the start |
    | small requests work, and large ones hang | the MSS and the MTU |
    "#);
}
