use super::super::fixture::{self, texts};
use super::super::{AwsEnd, VpnDesign};
use super::*;

fn with(change: impl FnOnce(&mut VpnDesign)) -> NetworkDesign {
    let mut design = fixture::vpn();
    change(design.vpn.as_mut().expect("a VPN"));
    design
}

fn file(design: &NetworkDesign, path: &str) -> String {
    files(design).into_iter().find(|file| file.path == path).expect(path).text
}

#[expect(clippy::too_many_lines, reason = "it shows a whole file")]
#[test]
fn the_end_that_is_not_awss_is_a_configuration_of_strongswan() {
    insta::assert_snapshot!(file(&fixture::vpn(), "vpn/swanctl.conf"), @r"
    # The VPN's end at GitLab, for strongSwan 5.8 or later: /etc/swanctl/conf.d/factory-gitlab.conf
    #
    # 1. One interface for each tunnel, before strongSwan starts (eth0: the interface to the internet):
    #      ip link add factory1 type xfrm dev eth0 if_id 1
    #      ip link set factory1 mtu 1400 up
    #      sysctl -w net.ipv4.conf.factory1.rp_filter=2
    #      ip link add factory2 type xfrm dev eth0 if_id 2
    #      ip link set factory2 mtu 1400 up
    #      sysctl -w net.ipv4.conf.factory2.rp_filter=2
    #      sysctl -w net.ipv4.ip_forward=1
    #    The MSS of TCP is lowered by firewall.nft. All of this is gone after a restart of the host: write it into the
    #    host's own configuration of its network, too.
    #
    # 2. The routes, which strongSwan sets when a tunnel comes up and removes when it is lost; tunnel 1 goes first.
    #    This is /etc/swanctl/factory-gitlab-updown (chmod 755):
    #      #!/bin/sh
    #      case $PLUTO_VERB in
    #        up-client) action=replace ;;
    #        down-client) action=delete ;;
    #        *) exit 0 ;;
    #      esac
    #      for block in 10.64.0.0/16; do
    #        ip route $action $block dev factory$PLUTO_IF_ID_OUT metric ${PLUTO_IF_ID_OUT}00
    #      done
    #
    # 3. The pre-shared keys: Factory gives you the keys over a protected channel, not by mail. They go into
    #    /etc/swanctl/conf.d/factory-gitlab-keys.conf, which belongs to root (chmod 600):
    #      secrets {
    #        ike-factory-gitlab-1 {
    #          id = 203.0.113.2
    #          secret = the key of tunnel 1, in quotes
    #        }
    #        ike-factory-gitlab-2 {
    #          id = 203.0.113.3
    #          secret = the key of tunnel 2, in quotes
    #        }
    #      }
    #
    # Then: swanctl --load-all, and swanctl --list-sas, which shows both tunnels as ESTABLISHED and INSTALLED.

    connections {
      # Tunnel 1. AWS's end waits to be called, so this one starts the tunnel and starts it again.
      factory-gitlab-1 {
        version = 2
        remote_addrs = 203.0.113.2
        proposals = aes256-sha256-ecp384
        # AWS keeps its keys for 8 hours and 1 hour; this end renews them earlier.
        rekey_time = 25200s
        dpd_delay = 10s
        keyingtries = 0
        mobike = no
        local {
          auth = psk
          id = 198.51.100.7
        }
        remote {
          auth = psk
          id = 203.0.113.2
        }
        children {
          factory-gitlab-1 {
            # GitLab's side, and Factory's.
            local_ts = 192.168.10.0/24
            remote_ts = 10.64.0.0/16
            # With the group of perfect forward secrecy: one that differs is only noticed at the first rekeying.
            esp_proposals = aes256gcm16-ecp384
            rekey_time = 3000s
            life_time = 3300s
            replay_window = 1024
            start_action = start
            dpd_action = restart
            close_action = start
            if_id_in = 1
            if_id_out = 1
            updown = /etc/swanctl/factory-gitlab-updown
          }
        }
      }
      # Tunnel 2. AWS's end waits to be called, so this one starts the tunnel and starts it again.
      factory-gitlab-2 {
        version = 2
        remote_addrs = 203.0.113.3
        proposals = aes256-sha256-ecp384
        # AWS keeps its keys for 8 hours and 1 hour; this end renews them earlier.
        rekey_time = 25200s
        dpd_delay = 10s
        keyingtries = 0
        mobike = no
        local {
          auth = psk
          id = 198.51.100.7
        }
        remote {
          auth = psk
          id = 203.0.113.3
        }
        children {
          factory-gitlab-2 {
            # GitLab's side, and Factory's.
            local_ts = 192.168.10.0/24
            remote_ts = 10.64.0.0/16
            # With the group of perfect forward secrecy: one that differs is only noticed at the first rekeying.
            esp_proposals = aes256gcm16-ecp384
            rekey_time = 3000s
            life_time = 3300s
            replay_window = 1024
            start_action = start
            dpd_action = restart
            close_action = start
            if_id_in = 2
            if_id_out = 2
            updown = /etc/swanctl/factory-gitlab-updown
          }
        }
      }
    }
    ");
}

#[expect(clippy::too_many_lines, reason = "it shows a whole file")]
#[test]
fn awss_end_at_factory_has_every_option_set() {
    insta::assert_snapshot!(file(&fixture::vpn(), "vpn/factory-side.tf"), @r#"
    # AWS's end of the VPN, at Factory. Made by factory-gitlab network plan.
    #
    # AWS makes the pre-shared key of each tunnel and keeps both in its Secrets Manager: none is in this file, and none
    # in Terraform's state. Give them to the other end over a protected channel.

    terraform {
      required_version = ">= 1.3"

      required_providers {
        aws = {
          source  = "hashicorp/aws"
          version = ">= 5.100"
        }
      }
    }

    provider "aws" {
      region              = var.region
      allowed_account_ids = ["123456789012"]
    }

    variable "region" {
      type        = string
      description = "The region of the VPC."
      default     = "us-east-1"
    }

    variable "vpc_id" {
      type        = string
      description = "The VPC that the VPN leads to."
      default     = "vpc-0123456789abcdef0"
    }

    variable "route_table_ids" {
      type        = list(string)
      description = "Every route table whose subnets talk to the other side of the VPN."
    }

    variable "vpn_gateway_id" {
      type        = string
      description = "The VPN gateway that the VPC has already; without one it is made."
      default     = null
    }

    resource "aws_vpn_gateway" "this" {
      count           = var.vpn_gateway_id == null ? 1 : 0
      amazon_side_asn = 64512

      tags = {
        Name = "factory-Acme"
      }
    }

    resource "aws_vpn_gateway_attachment" "this" {
      count          = var.vpn_gateway_id == null ? 1 : 0
      vpc_id         = var.vpc_id
      vpn_gateway_id = aws_vpn_gateway.this[0].id
    }

    locals {
      vpn_gateway_id = var.vpn_gateway_id == null ? aws_vpn_gateway_attachment.this[0].vpn_gateway_id : var.vpn_gateway_id
    }

    resource "aws_customer_gateway" "this" {
      type       = "ipsec.1"
      ip_address = "198.51.100.7"
      bgp_asn    = 65000

      tags = {
        Name = "factory-Acme"
      }
    }

    resource "aws_vpn_connection" "this" {
      customer_gateway_id      = aws_customer_gateway.this.id
      vpn_gateway_id           = local.vpn_gateway_id
      type                     = "ipsec.1"
      static_routes_only       = true
      preshared_key_storage    = "SecretsManager"
      outside_ip_address_type  = "PublicIpv4"
      tunnel_inside_ip_version = "ipv4"

      # AWS calls GitLab's side local, since it is the customer's to AWS.
      local_ipv4_network_cidr  = "192.168.10.0/24"
      remote_ipv4_network_cidr = "10.64.0.0/16"

      tunnel1_ike_versions                    = ["ikev2"]
      tunnel1_phase1_encryption_algorithms    = ["AES256"]
      tunnel1_phase1_integrity_algorithms     = ["SHA2-256"]
      tunnel1_phase1_dh_group_numbers         = [20]
      tunnel1_phase1_lifetime_seconds         = 28800
      tunnel1_phase2_encryption_algorithms    = ["AES256-GCM-16"]
      tunnel1_phase2_integrity_algorithms     = ["SHA2-256"]
      tunnel1_phase2_dh_group_numbers         = [20]
      tunnel1_phase2_lifetime_seconds         = 3600
      tunnel1_rekey_margin_time_seconds       = 270
      tunnel1_rekey_fuzz_percentage           = 100
      tunnel1_replay_window_size              = 1024
      tunnel1_dpd_timeout_seconds             = 30
      tunnel1_dpd_timeout_action              = "clear"
      tunnel1_startup_action                  = "add"
      tunnel1_enable_tunnel_lifecycle_control = false

      tunnel2_ike_versions                    = ["ikev2"]
      tunnel2_phase1_encryption_algorithms    = ["AES256"]
      tunnel2_phase1_integrity_algorithms     = ["SHA2-256"]
      tunnel2_phase1_dh_group_numbers         = [20]
      tunnel2_phase1_lifetime_seconds         = 28800
      tunnel2_phase2_encryption_algorithms    = ["AES256-GCM-16"]
      tunnel2_phase2_integrity_algorithms     = ["SHA2-256"]
      tunnel2_phase2_dh_group_numbers         = [20]
      tunnel2_phase2_lifetime_seconds         = 3600
      tunnel2_rekey_margin_time_seconds       = 270
      tunnel2_rekey_fuzz_percentage           = 100
      tunnel2_replay_window_size              = 1024
      tunnel2_dpd_timeout_seconds             = 30
      tunnel2_dpd_timeout_action              = "clear"
      tunnel2_startup_action                  = "add"
      tunnel2_enable_tunnel_lifecycle_control = false

      tags = {
        Name = "factory-Acme"
      }
    }

    resource "aws_vpn_connection_route" "this" {
      for_each               = toset(["192.168.10.0/24"])
      destination_cidr_block = each.value
      vpn_connection_id      = aws_vpn_connection.this.id
    }

    resource "aws_vpn_gateway_route_propagation" "this" {
      for_each       = toset(var.route_table_ids)
      route_table_id = each.value
      vpn_gateway_id = local.vpn_gateway_id
    }

    output "tunnel1_address" {
      description = "For the other end: the address of tunnel 1."
      value       = aws_vpn_connection.this.tunnel1_address
    }

    output "tunnel2_address" {
      description = "For the other end: the address of tunnel 2."
      value       = aws_vpn_connection.this.tunnel2_address
    }

    output "preshared_key_arn" {
      description = "Where Secrets Manager keeps the pre-shared keys of both tunnels."
      value       = aws_vpn_connection.this.preshared_key_arn
    }
    "#);
}

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

#[test]
fn with_awss_end_at_the_customer_everything_is_the_other_way_round() {
    let design = at_customer();
    let terraform = file(&design, "vpn/customer-side.tf");
    for line in [
        "  region              = \"eu-west-1\"",
        "  allowed_account_ids = [\"001234567890\"]",
        "  ip_address = \"203.0.113.2\"",
        "  local_ipv4_network_cidr  = \"10.64.0.0/16\"",
        "  remote_ipv4_network_cidr = \"10.20.0.0/16\"",
        "  for_each       = toset([\"rtb-0a1b2c3d\", \"rtb-1a1b2c3d\"])",
        "  security_group_id = \"sg-0a1b2c3d\"",
        "  tunnel2_inside_cidr                     = \"169.254.10.4/30\"",
    ] {
        assert!(terraform.lines().any(|has| has == line), "{line}\n{terraform}");
    }
    let strongswan = file(&design, "vpn/swanctl.conf");
    for line in [
        "# The VPN's end at Factory, for strongSwan 5.8 or later: /etc/swanctl/conf.d/factory-gitlab.conf",
        "    remote_addrs = REPLACE_WITH_TUNNEL1_ADDRESS",
        "      id = 203.0.113.2",
        "        local_ts = 10.64.0.0/16",
        "        remote_ts = 10.20.0.0/16",
    ] {
        assert!(strongswan.lines().any(|has| has == line), "{line}\n{strongswan}");
    }
    let sheet = file(&design, "vpn/parameters.md");
    assert!(sheet.contains("`169.254.10.0/30`: AWS `169.254.10.1`, you `169.254.10.2`"), "{sheet}");
    assert!(sheet.contains("| AWS: `local_ipv4_network_cidr` | `10.64.0.0/16` | Factory's side |"), "{sheet}");
}

fn at_customer() -> NetworkDesign {
    let mut design = with(|vpn| {
        vpn.aws_end = AwsEnd::Customer;
        vpn.customer.addresses.clear();
        vpn.customer.cidrs = vec!["10.20.0.0/16".parse().expect("a block")];
        vpn.inside_cidrs = Some(["169.254.10.0/30", "169.254.10.4/30"].map(|block| block.parse().expect("a block")));
    });
    design.aws = fixture::peering().aws;
    design
}

#[test]
fn no_file_has_a_place_for_a_key_that_is_read() {
    for design in [fixture::vpn(), at_customer()] {
        for file in files(&design) {
            for line in file.text.lines().filter(|line| !line.trim_start().starts_with('#')) {
                let is_setting = line.contains("secret =") || line.contains("preshared_key =");
                assert!(!is_setting && !line.contains("secrets {"), "{}: {line}", file.path);
            }
        }
    }
}

#[test]
fn blocks_that_have_no_common_one_leave_the_choice_to_the_routes() {
    let design = with(|vpn| vpn.customer.cidrs.push("10.1.0.0/16".parse().expect("a block")));
    let sheet = file(&design, "vpn/parameters.md");
    assert!(sheet.contains("route-based"), "{sheet}");
    let terraform = file(&design, "vpn/factory-side.tf");
    assert!(terraform.contains("toset([\"10.1.0.0/16\", \"192.168.10.0/24\"])"), "{terraform}");
    assert!(file(&design, "vpn/swanctl.conf").contains("        local_ts = 0.0.0.0/0\n"));
}

#[test]
fn a_long_as_number_has_its_own_argument() {
    let design = with(|vpn| vpn.bgp_asn = 4_200_000_001);
    assert!(file(&design, "vpn/factory-side.tf").contains("bgp_asn_extended = 4200000001"));
    let design = with(|vpn| vpn.bgp_asn = 64_512);
    assert!(file(&design, "vpn/factory-side.tf").contains("amazon_side_asn = 64513"));
}

fn said(problems: &[super::super::NetworkProblem]) -> String {
    problems.iter().map(|problem| format!("{}: {}\n  -> {}\n", problem.at, problem.what, problem.remedy)).collect()
}

#[test]
fn a_good_vpn_has_no_problem() {
    assert_eq!(said(&problems(&fixture::vpn())), "");
    assert_eq!(said(&problems(&at_customer())), "");
    assert_eq!(said(&problems(&fixture::public())), "");
    assert_eq!(said(&warnings(&fixture::vpn())), "");
}

#[expect(clippy::too_many_lines, reason = "one table, with the messages of each row")]
#[test]
fn proposals_that_do_not_fit_are_told_with_the_one_that_would() {
    let mut all = String::new();
    for (name, ike, esp, factory_ike, factory_esp) in [
        ("not readable", "aes256gcm16-ecp384", "AES256-SHA256", "aes256-sha256", "x"),
        ("different", "aes256-sha256-modp2048", "aes256-sha256-ecp384", "aes256-sha384-ecp384", "aes128-sha256-ecp384"),
        (
            "AEAD against CBC",
            "aes256gcm16-prfsha384-ecp384",
            "aes256gcm16-ecp384",
            "aes256-sha384-ecp384",
            "aes256-sha256-ecp384",
        ),
        ("PFS here", "aes256-sha256-ecp384", "aes256-sha256-modp2048", "aes256-sha256-ecp384", "aes256-sha256"),
        ("PFS there", "aes256-sha256-ecp384", "aes256-sha256", "aes256-sha256-ecp384", "aes256-sha256-modp2048"),
        ("no PFS", "aes256-sha256-ecp384", "aes256-sha256", "aes256-sha256-ecp384", "aes256-sha256"),
        (
            "not at AWS",
            "aes256-sha256-x25519",
            "chacha20poly1305-ecp384",
            "aes256-sha256-x25519",
            "chacha20poly1305-ecp384",
        ),
    ] {
        let design = with(|vpn| {
            (vpn.customer.ike, vpn.customer.esp) = (texts(&[ike]), texts(&[esp]));
            (vpn.factory.ike, vpn.factory.esp) = (texts(&[factory_ike]), texts(&[factory_esp]));
        });
        all.push_str(&format!("{name}\n{}", said(&problems(&design))));
    }
    insta::assert_snapshot!(all, @r#"
    not readable
    ike: "aes256gcm16-ecp384" is not a proposal: a combined cipher (GCM, CCM, ChaCha20) needs a PRF for IKE
      -> name a PRF: aes256gcm16-prfsha384-ecp384
    network.vpn.ike: "aes256-sha256" is not a proposal: it names no DH group, which IKE always needs
      -> ask Factory for a kit with a proposal such as aes256-sha256-ecp384
    esp: "AES256-SHA256" is not a proposal: "AES256" is not an algorithm of strongSwan that can be compared
      -> write it in lower case, as strongSwan does: aes256-sha256-ecp384
    network.vpn.esp: "x" is not a proposal: "x" is not an algorithm of strongSwan that can be compared
      -> ask Factory for a kit with a proposal such as aes256-sha256-ecp384
    different
    ike: aes256-sha256-modp2048 has nothing in common with Factory's aes256-sha384-ecp384: integrity sha256 here, sha384 at Factory; DH group modp2048 here, ecp384 at Factory
      -> use aes256-sha384-ecp384, which Factory's end takes, or ask Factory to add aes256-sha256-modp2048
    esp: aes256-sha256-ecp384 has nothing in common with Factory's aes128-sha256-ecp384: encryption aes256 here, aes128 at Factory
      -> use aes128-sha256-ecp384, which Factory's end takes, or ask Factory to add aes256-sha256-ecp384
    AEAD against CBC
    ike: aes256gcm16-prfsha384-ecp384 has nothing in common with Factory's aes256-sha384-ecp384: encryption aes256gcm16 here, aes256 at Factory
      -> use aes256-sha384-ecp384, which Factory's end takes, or ask Factory to add aes256gcm16-prfsha384-ecp384
    esp: aes256gcm16-ecp384 has nothing in common with Factory's aes256-sha256-ecp384: encryption aes256gcm16 here, aes256 at Factory
      -> use aes256-sha256-ecp384, which Factory's end takes, or ask Factory to add aes256gcm16-ecp384
    PFS here
    esp: the group of perfect forward secrecy differs (DH group modp2048 here, none at Factory): the tunnel would come up, and fail at its first rekeying, within an hour
      -> use aes256-sha256-ecp384 and ask Factory to add it: of Factory's aes256-sha256, AWS's end takes no form
    PFS there
    esp: the group of perfect forward secrecy differs (DH group none here, modp2048 at Factory): the tunnel would come up, and fail at its first rekeying, within an hour
      -> use aes256-sha256-modp2048, which Factory's end takes, or ask Factory to add aes256-sha256
    no PFS
    esp: AWS's end does not take aes256-sha256: it always uses perfect forward secrecy, and the proposal has no DH group
      -> use aes256-sha256-ecp384, and ask Factory for a kit with it
    not at AWS
    ike: AWS's end does not take aes256-sha256-curve25519: not the DH group curve25519
      -> use aes256-sha256-ecp384, and ask Factory for a kit with it
    esp: AWS's end does not take chacha20poly1305-ecp384: not the encryption chacha20poly1305
      -> use aes256-sha256-ecp384, and ask Factory for a kit with it
    "#);
}

#[test]
fn addresses_blocks_and_numbers_that_no_daemon_would_refuse_are_refused() {
    let mut all = String::new();
    let blocks = |first: &str, second: &str| Some([first, second].map(|block| block.parse().expect("a block")));
    let mut add = |change: &dyn Fn(&mut VpnDesign)| all.push_str(&said(&problems(&with(|vpn| change(vpn)))));
    add(&|vpn| vpn.customer.addresses = vec!["10.0.0.7".parse().expect("an address")]);
    add(&|vpn| vpn.customer.addresses.clear());
    add(&|vpn| vpn.customer.addresses = vpn.factory.addresses.clone());
    add(&|vpn| vpn.factory.addresses[1] = "100.64.0.1".parse().expect("an address"));
    add(&|vpn| vpn.customer.cidrs.push("198.51.100.0/24".parse().expect("a block")));
    add(&|vpn| vpn.factory.cidrs.push("203.0.112.0/20".parse().expect("a block")));
    add(&|vpn| vpn.customer.cidrs.clear());
    add(&|vpn| vpn.customer.cidrs = vec!["fd00::/48".parse().expect("a block")]);
    add(&|vpn| vpn.customer.cidrs.push("10.64.3.0/24".parse().expect("a block")));
    add(&|vpn| vpn.inside_cidrs = blocks("169.254.10.0/29", "10.0.0.0/30"));
    add(&|vpn| vpn.inside_cidrs = blocks("169.254.10.1/30", "169.254.10.2/30"));
    add(&|vpn| vpn.inside_cidrs = blocks("169.254.5.0/30", "169.254.169.252/30"));
    add(&|vpn| vpn.bgp_asn = 0);
    insta::assert_snapshot!(all, @r#"
    vpn_address: 10.0.0.7 is not a public address (private): the other end cannot reach it over the internet
      -> use the public address, behind NAT that of the NAT
    vpn_address: the public address of the end that is not AWS's is missing
      -> give the address of your VPN device: --vpn-address
    vpn_address: 203.0.113.2 is the address of Factory's end
      -> give the address of your own VPN device
    vpn_address: 203.0.113.3 is the address of Factory's end
      -> give the address of your own VPN device
    network.vpn.endpoints: 100.64.0.1 is not a public address (shared address space): the other end cannot reach it over the internet
      -> ask Factory for a corrected kit: use the public address, behind NAT that of the NAT
    local_cidrs: 198.51.100.0/24 contains 198.51.100.7, your VPN device: the tunnel would lead its own packets into itself
      -> give smaller CIDRs, with the machines and without the public address of the VPN's end
    network.vpn.cidrs: 203.0.112.0/20 contains 203.0.113.2, Factory's VPN end: the tunnel would lead its own packets into itself
      -> ask Factory for a corrected kit: give smaller CIDRs, with the machines and without the public address of the VPN's end
    network.vpn.cidrs: 203.0.112.0/20 contains 203.0.113.3, Factory's VPN end: the tunnel would lead its own packets into itself
      -> ask Factory for a corrected kit: give smaller CIDRs, with the machines and without the public address of the VPN's end
    local_cidrs: no IPv4 CIDR of GitLab's side is given: the tunnel would carry nothing
      -> give the CIDRs that are behind the VPN's end
    local_cidrs: no IPv4 CIDR of GitLab's side is given: the tunnel would carry nothing
      -> give the CIDRs that are behind the VPN's end
    local_cidrs: fd00::/48: a VPN gateway of AWS carries IPv4 only
      -> leave it out
    local_cidrs: 10.64.3.0/24 overlaps with Factory's 10.64.0.0/16: an address in both is never sent through the tunnel
      -> give only CIDRs with GitLab's machines, or translate addresses at your end and give the translated CIDR
    inside_cidrs: 169.254.10.0/29 is not a /30 in 169.254.0.0/16
      -> use a /30 in 169.254.0.0/16, such as 169.254.10.0/30, or leave inside_cidrs out: then AWS chooses
    inside_cidrs: 10.0.0.0/30 is not a /30 in 169.254.0.0/16
      -> use a /30 in 169.254.0.0/16, such as 169.254.10.0/30, or leave inside_cidrs out: then AWS chooses
    inside_cidrs: 169.254.10.1/30 does not begin at its first address
      -> use 169.254.10.0/30
    inside_cidrs: 169.254.10.2/30 does not begin at its first address
      -> use 169.254.10.0/30
    inside_cidrs: both tunnels have 169.254.10.1/30
      -> use two different CIDRs
    inside_cidrs: 169.254.5.0/30 is kept by AWS for itself
      -> use a /30 in 169.254.0.0/16, such as 169.254.10.0/30, or leave inside_cidrs out: then AWS chooses
    inside_cidrs: 169.254.169.252/30 is kept by AWS for itself
      -> use a /30 in 169.254.0.0/16, such as 169.254.10.0/30, or leave inside_cidrs out: then AWS chooses
    bgp_asn: 0 is not an AS number
      -> use your own AS number, or a private one: 65000
    "#);
}

#[test]
fn weak_proposals_work_and_are_told() {
    let design = with(|vpn| {
        vpn.customer.ike = texts(&["aes128-sha1-modp1024", "aes256-sha256-ecp384"]);
        vpn.factory.esp = texts(&["aes256gcm16-modp1536-ecp384"]);
        vpn.customer.identity = Some("vpn.acme.example".into());
    });
    assert_eq!(said(&problems(&design)), "");
    insta::assert_snapshot!(said(&warnings(&design)), @r#"
    ike: aes128-sha1-modp1024 is weak: sha1, modp1024
      -> use aes128-sha256-ecp384
    network.vpn.esp: aes256gcm16-modp1536-ecp384 is weak: modp1536
      -> ask Factory for a corrected kit: use aes256gcm16-ecp384
    vpn_identity: AWS's end expects your end's public address as its identity, not "vpn.acme.example"
      -> leave vpn_identity out, unless Factory asked for it
    "#);
}
