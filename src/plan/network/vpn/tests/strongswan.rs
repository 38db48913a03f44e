//! The end that is not AWS's, for strongSwan.

use super::*;

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
