use super::super::fixture;
use super::*;

fn file(design: &NetworkDesign, path: &str) -> String {
    files(design).into_iter().find(|file| file.path == path).expect(path).text
}

fn endpoint(host: &str, port: u16, cidrs: &[&str]) -> Endpoint {
    Endpoint { host: host.into(), port, protocol: None, purpose: String::new(), cidrs: fixture::texts(cidrs) }
}

#[expect(clippy::too_many_lines, reason = "it shows a whole file")]
#[test]
fn over_the_internet_a_name_without_promised_addresses_stays_a_name() {
    let mut design = fixture::public();
    design.factory.endpoints = vec![
        endpoint("api.factory.example", 443, &["203.0.113.0/25", "203.0.113.128/25", "2001:db8:1::/48"]),
        endpoint("git.factory.example", 22, &[]),
    ];
    insta::assert_snapshot!(file(&design, "firewall.md"), @r"
    # Firewall rules for GitLab and Factory

    Open each row in its own direction. Answers to a connection belong to it: a stateful firewall lets them pass, a network
    ACL does not (see below). `firewall.nft` has the same rules for nftables.

    ## For a firewall that knows addresses

    | direction | from | to | protocol and port | for |
    |---|---|---|---|---|
    | GitLab to Factory | gitlab.acme.example: `203.0.113.80`, `2001:db8::80` | hooks.factory.example (resolve at your firewall) | TCP 443 | webhooks |
    | GitLab to Factory | gitlab.acme.example: `203.0.113.80`, `2001:db8::80` | api.factory.example: `203.0.113.0/25`, `203.0.113.128/25`, `2001:db8:1::/48` | TCP 443 | HTTPS |
    | GitLab to Factory | gitlab.acme.example: `203.0.113.80`, `2001:db8::80` | git.factory.example (resolve at your firewall) | TCP 22 | Git over SSH |
    | Factory to GitLab | Factory (not known yet) | gitlab.acme.example: `203.0.113.80`, `2001:db8::80` | TCP 443 | GitLab's API, OAuth and Git over HTTPS |
    | Factory to GitLab | Factory (not known yet) | gitlab.acme.example: `203.0.113.80`, `2001:db8::80` | TCP 22 | Git over SSH |

    **Resolve at your firewall**: no addresses are promised for this name. Use a rule by name, which your firewall
    resolves itself and keeps up to date, or a proxy; an address that you look up today can be another one tomorrow.

    **Not known yet**: ask Factory for these addresses; those of a VPN's end at AWS are known when it is created.
    Do not open the rule for every address.

    ## For a proxy or a firewall that knows names

    By the host name in the request, or in TLS (SNI). Do not decrypt this traffic: with a certificate of the
    firewall's own, GitLab refuses the connection.

    | direction | name | protocol and port | for |
    |---|---|---|---|
    | GitLab to Factory | hooks.factory.example | TCP 443 | webhooks |
    | GitLab to Factory | api.factory.example | TCP 443 | HTTPS |
    | GitLab to Factory | git.factory.example | TCP 22 (SSH has no name to read: by address only) | Git over SSH |
    | Factory to GitLab | gitlab.acme.example | TCP 443 | GitLab's API, OAuth and Git over HTTPS |
    | Factory to GitLab | gitlab.acme.example | TCP 22 (SSH has no name to read: by address only) | Git over SSH |

    ## Notes

    - **Where GitLab's connections come from**: the rows from GitLab have the addresses at which GitLab is reached. Webhooks leave from the nodes with Sidekiq, push mirrors from those with Gitaly, and behind NAT from its address. Where these are others, let them pass, too; in `firewall.nft` add them to the sets with GitLab's name.
    - **Network ACLs of AWS** keep no connections: for each rule above, also let the answers pass, TCP from its port to the ports 1024–65535, in the other direction.
    - **Security groups of AWS** let everything out by default. A rule for what leaves narrows nothing as long as that default is there.
    - **DNS**: GitLab's machines have to resolve the names above, and Factory the name of GitLab.
    - **Proxy of GitLab's own**: webhooks use the proxy in `gitlab_rails['env']`, clones and push mirrors that in `gitaly['env']`; SSH uses neither.
    - **Hairpin**: from inside, the public name of GitLab can lead to the public address and back through the firewall. Factory comes from outside, so test the rule from there.
    - **Check afterwards**: `factory-gitlab network check --config acme.toml`. Ports in short: GitLab to Factory: TCP 22, 443; Factory to GitLab: TCP 22, 443.
    ");
    insta::assert_snapshot!(file(&design, "firewall.nft"), @r#"
    #!/usr/sbin/nft -f
    # What may pass between GitLab and Factory, made by factory-gitlab network plan.
    #
    # Check:  nft -c -f firewall.nft
    # Load:   nft -f firewall.nft            (replaces its own table and nothing else)
    # Count:  nft list table inet factory_gitlab
    # Remove: nft delete table inet factory_gitlab
    #
    # A table of its own cannot loosen what another one drops: a packet has to be accepted by every base chain
    # that sees it. If yours drops by default, copy the rules into it; here their counters then show what has
    # come as far as this.
    #
    # Sets without elements are for names and addresses that are not promised. nftables does not follow names: fill
    # them from your own resolver, and again when the answer changes, as in
    #   nft add element inet factory_gitlab hooks_factory_example_v4 { ADDRESS }    # hooks.factory.example
    #   nft add element inet factory_gitlab git_factory_example_v4 { ADDRESS }    # git.factory.example
    #   nft add element inet factory_gitlab factory_v4 { ADDRESS }    # Factory

    table inet factory_gitlab {}
    delete table inet factory_gitlab

    table inet factory_gitlab {
      set gitlab_acme_example_v4 {
        type ipv4_addr
        flags interval
        comment "gitlab.acme.example"
        elements = { 203.0.113.80/32 }
      }

      set gitlab_acme_example_v6 {
        type ipv6_addr
        flags interval
        comment "gitlab.acme.example"
        elements = { 2001:db8::80/128 }
      }

      set hooks_factory_example_v4 {
        type ipv4_addr
        flags interval
        comment "hooks.factory.example"
      }

      set hooks_factory_example_v6 {
        type ipv6_addr
        flags interval
        comment "hooks.factory.example"
      }

      set api_factory_example_v4 {
        type ipv4_addr
        flags interval
        comment "api.factory.example"
        elements = { 203.0.113.0/24 }
      }

      set api_factory_example_v6 {
        type ipv6_addr
        flags interval
        comment "api.factory.example"
        elements = { 2001:db8:1::/48 }
      }

      set git_factory_example_v4 {
        type ipv4_addr
        flags interval
        comment "git.factory.example"
      }

      set git_factory_example_v6 {
        type ipv6_addr
        flags interval
        comment "git.factory.example"
      }

      set factory_v4 {
        type ipv4_addr
        flags interval
        comment "Factory"
      }

      set factory_v6 {
        type ipv6_addr
        flags interval
        comment "Factory"
      }

      chain gitlab_to_factory {
        ip saddr @gitlab_acme_example_v4 ip daddr @hooks_factory_example_v4 tcp dport { 443 } counter accept comment "GitLab to Factory: webhooks"
        ip6 saddr @gitlab_acme_example_v6 ip6 daddr @hooks_factory_example_v6 tcp dport { 443 } counter accept comment "GitLab to Factory: webhooks"
        ip saddr @gitlab_acme_example_v4 ip daddr @api_factory_example_v4 tcp dport { 443 } counter accept comment "GitLab to Factory: HTTPS"
        ip6 saddr @gitlab_acme_example_v6 ip6 daddr @api_factory_example_v6 tcp dport { 443 } counter accept comment "GitLab to Factory: HTTPS"
        ip saddr @gitlab_acme_example_v4 ip daddr @git_factory_example_v4 tcp dport { 22 } counter accept comment "GitLab to Factory: Git over SSH"
        ip6 saddr @gitlab_acme_example_v6 ip6 daddr @git_factory_example_v6 tcp dport { 22 } counter accept comment "GitLab to Factory: Git over SSH"
      }

      chain factory_to_gitlab {
        ip saddr @factory_v4 ip daddr @gitlab_acme_example_v4 tcp dport { 443 } counter accept comment "Factory to GitLab: GitLab's API, OAuth and Git over HTTPS"
        ip6 saddr @factory_v6 ip6 daddr @gitlab_acme_example_v6 tcp dport { 443 } counter accept comment "Factory to GitLab: GitLab's API, OAuth and Git over HTTPS"
        ip saddr @factory_v4 ip daddr @gitlab_acme_example_v4 tcp dport { 22 } counter accept comment "Factory to GitLab: Git over SSH"
        ip6 saddr @factory_v6 ip6 daddr @gitlab_acme_example_v6 tcp dport { 22 } counter accept comment "Factory to GitLab: Git over SSH"
      }

      chain forward {
        type filter hook forward priority filter; policy accept;
        ct state established,related accept comment "answers"
        jump gitlab_to_factory
        jump factory_to_gitlab
      }

      chain input {
        type filter hook input priority filter; policy accept;
        ct state established,related accept comment "answers"
        jump gitlab_to_factory
        jump factory_to_gitlab
      }

      chain output {
        type filter hook output priority filter; policy accept;
        ct state established,related accept comment "answers"
        jump gitlab_to_factory
        jump factory_to_gitlab
      }
    }
    "#);
}

#[expect(clippy::too_many_lines, reason = "it shows a whole file")]
#[test]
fn through_a_vpn_the_tunnel_and_what_is_inside_have_rules_of_their_own() {
    insta::assert_snapshot!(file(&fixture::vpn(), "firewall.md"), @r"
    # Firewall rules for GitLab and Factory

    Open each row in its own direction. Answers to a connection belong to it: a stateful firewall lets them pass, a network
    ACL does not (see below). `firewall.nft` has the same rules for nftables.

    ## For a firewall that knows addresses

    | direction | from | to | protocol and port | for |
    |---|---|---|---|---|
    | GitLab to Factory | gitlab.acme.example: `192.168.10.7` | hooks.factory.example: `10.64.0.0/16` | TCP 443 | webhooks |
    | Factory to GitLab | Factory: `10.64.0.0/16` | gitlab.acme.example: `192.168.10.7` | TCP 443 | GitLab's API, OAuth and Git over HTTPS |
    | Factory to GitLab | Factory: `10.64.0.0/16` | gitlab.acme.example: `192.168.10.7` | TCP 22 | Git over SSH |
    | GitLab to Factory | GitLab's VPN end: `198.51.100.7` | Factory's VPN end: `203.0.113.2`, `203.0.113.3` | UDP 500 | the VPN's key exchange |
    | GitLab to Factory | GitLab's VPN end: `198.51.100.7` | Factory's VPN end: `203.0.113.2`, `203.0.113.3` | UDP 4500 | the VPN's key exchange and packets behind NAT |
    | GitLab to Factory | GitLab's VPN end: `198.51.100.7` | Factory's VPN end: `203.0.113.2`, `203.0.113.3` | IP protocol 50 (ESP) | the VPN's packets |
    | Factory to GitLab | Factory's VPN end: `203.0.113.2`, `203.0.113.3` | GitLab's VPN end: `198.51.100.7` | UDP 500 | the VPN's key exchange |
    | Factory to GitLab | Factory's VPN end: `203.0.113.2`, `203.0.113.3` | GitLab's VPN end: `198.51.100.7` | UDP 4500 | the VPN's key exchange and packets behind NAT |
    | Factory to GitLab | Factory's VPN end: `203.0.113.2`, `203.0.113.3` | GitLab's VPN end: `198.51.100.7` | IP protocol 50 (ESP) | the VPN's packets |

    ## For a proxy or a firewall that knows names

    By the host name in the request, or in TLS (SNI). Do not decrypt this traffic: with a certificate of the
    firewall's own, GitLab refuses the connection.

    | direction | name | protocol and port | for |
    |---|---|---|---|
    | GitLab to Factory | hooks.factory.example | TCP 443 | webhooks |
    | Factory to GitLab | gitlab.acme.example | TCP 443 | GitLab's API, OAuth and Git over HTTPS |
    | Factory to GitLab | gitlab.acme.example | TCP 22 (SSH has no name to read: by address only) | Git over SSH |

    ## Notes

    - **Where GitLab's connections come from**: the rows from GitLab have the addresses at which GitLab is reached. Webhooks leave from the nodes with Sidekiq, push mirrors from those with Gitaly, and behind NAT from its address. Where these are others, let them pass, too; in `firewall.nft` add them to the sets with GitLab's name.
    - **Network ACLs of AWS** keep no connections: for each rule above, also let the answers pass, TCP from its port to the ports 1024–65535, in the other direction.
    - **Security groups of AWS** let everything out by default. A rule for what leaves narrows nothing as long as that default is there.
    - **DNS**: GitLab's machines have to resolve the names above, and Factory the name of GitLab.
    - **Proxy of GitLab's own**: webhooks use the proxy in `gitlab_rails['env']`, clones and push mirrors that in `gitaly['env']`; SSH uses neither.
    - **GitLab's own filter**: GitLab sends no webhook to a private address until an administrator adds its name and port to the allowlist (Admin Area > Settings > Network > Outbound requests).
    - **VPN**: UDP 500, UDP 4500 and IP protocol 50 are for the firewall in front of the VPN's end. What is inside of the tunnel meets the other rules again.
    - **Check afterwards**: `factory-gitlab network check --config acme.toml`. Ports in short: GitLab to Factory: TCP 443; Factory to GitLab: TCP 22, 443.
    ");
    insta::assert_snapshot!(file(&fixture::vpn(), "firewall.nft"), @r#"
    #!/usr/sbin/nft -f
    # What may pass between GitLab and Factory, made by factory-gitlab network plan.
    #
    # Check:  nft -c -f firewall.nft
    # Load:   nft -f firewall.nft            (replaces its own table and nothing else)
    # Count:  nft list table inet factory_gitlab
    # Remove: nft delete table inet factory_gitlab
    #
    # A table of its own cannot loosen what another one drops: a packet has to be accepted by every base chain
    # that sees it. If yours drops by default, copy the rules into it; here their counters then show what has
    # come as far as this.

    table inet factory_gitlab {}
    delete table inet factory_gitlab

    table inet factory_gitlab {
      set gitlab_acme_example_v4 {
        type ipv4_addr
        flags interval
        comment "gitlab.acme.example"
        elements = { 192.168.10.7/32 }
      }

      set hooks_factory_example_v4 {
        type ipv4_addr
        flags interval
        comment "hooks.factory.example"
        elements = { 10.64.0.0/16 }
      }

      set factory_v4 {
        type ipv4_addr
        flags interval
        comment "Factory"
        elements = { 10.64.0.0/16 }
      }

      set gitlabs_vpn_end_v4 {
        type ipv4_addr
        flags interval
        comment "GitLab's VPN end"
        elements = { 198.51.100.7/32 }
      }

      set factorys_vpn_end_v4 {
        type ipv4_addr
        flags interval
        comment "Factory's VPN end"
        elements = { 203.0.113.2/31 }
      }

      chain gitlab_to_factory {
        ip saddr @gitlab_acme_example_v4 ip daddr @hooks_factory_example_v4 tcp dport { 443 } counter accept comment "GitLab to Factory: webhooks"
      }

      chain factory_to_gitlab {
        ip saddr @factory_v4 ip daddr @gitlab_acme_example_v4 tcp dport { 443 } counter accept comment "Factory to GitLab: GitLab's API, OAuth and Git over HTTPS"
        ip saddr @factory_v4 ip daddr @gitlab_acme_example_v4 tcp dport { 22 } counter accept comment "Factory to GitLab: Git over SSH"
      }

      chain vpn_to_factory {
        ip saddr @gitlabs_vpn_end_v4 ip daddr @factorys_vpn_end_v4 udp dport { 500 } counter accept comment "GitLab to Factory: the VPN's key exchange"
        ip saddr @gitlabs_vpn_end_v4 ip daddr @factorys_vpn_end_v4 udp dport { 4500 } counter accept comment "GitLab to Factory: the VPN's key exchange and packets behind NAT"
        ip saddr @gitlabs_vpn_end_v4 ip daddr @factorys_vpn_end_v4 meta l4proto esp counter accept comment "GitLab to Factory: the VPN's packets"
      }

      chain vpn_to_gitlab {
        ip saddr @factorys_vpn_end_v4 ip daddr @gitlabs_vpn_end_v4 udp dport { 500 } counter accept comment "Factory to GitLab: the VPN's key exchange"
        ip saddr @factorys_vpn_end_v4 ip daddr @gitlabs_vpn_end_v4 udp dport { 4500 } counter accept comment "Factory to GitLab: the VPN's key exchange and packets behind NAT"
        ip saddr @factorys_vpn_end_v4 ip daddr @gitlabs_vpn_end_v4 meta l4proto esp counter accept comment "Factory to GitLab: the VPN's packets"
      }

      chain forward {
        type filter hook forward priority filter; policy accept;
        ct state established,related accept comment "answers"
        jump gitlab_to_factory
        jump factory_to_gitlab
        jump vpn_to_factory
        jump vpn_to_gitlab
      }

      chain input {
        type filter hook input priority filter; policy accept;
        ct state established,related accept comment "answers"
        jump gitlab_to_factory
        jump factory_to_gitlab
        jump vpn_to_factory
        jump vpn_to_gitlab
      }

      chain output {
        type filter hook output priority filter; policy accept;
        ct state established,related accept comment "answers"
        jump gitlab_to_factory
        jump factory_to_gitlab
        jump vpn_to_factory
        jump vpn_to_gitlab
      }

      chain mss_forward {
        type filter hook forward priority mangle; policy accept;
        ip saddr @hooks_factory_example_v4 tcp flags syn tcp option maxseg size set 1360
        ip daddr @hooks_factory_example_v4 tcp flags syn tcp option maxseg size set 1360
        ip saddr @factory_v4 tcp flags syn tcp option maxseg size set 1360
        ip daddr @factory_v4 tcp flags syn tcp option maxseg size set 1360
      }

      chain mss_output {
        type filter hook output priority mangle; policy accept;
        ip saddr @hooks_factory_example_v4 tcp flags syn tcp option maxseg size set 1360
        ip daddr @hooks_factory_example_v4 tcp flags syn tcp option maxseg size set 1360
        ip saddr @factory_v4 tcp flags syn tcp option maxseg size set 1360
        ip daddr @factory_v4 tcp flags syn tcp option maxseg size set 1360
      }
    }
    "#);
}

#[test]
fn each_rule_is_there_once_and_the_webhook_is_never_missing() {
    let mut design = fixture::peering();
    let hooks = endpoint("hooks.factory.example", 443, &[]);
    design.factory.endpoints = vec![endpoint("api.factory.example", 443, &[]), hooks.clone(), hooks];
    let all = rules(&design);
    let names: Vec<&str> = all.iter().filter_map(|rule| rule.to.name.as_deref()).collect();
    assert_eq!(names, ["api.factory.example", "hooks.factory.example", "gitlab.acme.example", "gitlab.acme.example"]);
    design.factory.endpoints.clear();
    assert_eq!(rules(&design)[0].to.name.as_deref(), Some("hooks.factory.example"));
    assert_eq!(rules(&design)[0].to.blocks, [block("10.64.0.0/16")]);
}

fn block(text: &str) -> IpNet {
    text.parse().expect("a block")
}

#[test]
fn what_a_kit_says_of_a_rule_cannot_leave_its_comment_or_its_cell() {
    let mut design = fixture::public();
    let mut hostile = endpoint("api.factory.example", 443, &[]);
    hostile.purpose = "API\" drop\n  ct state new drop comment \"x | y\u{2028}z".repeat(9);
    design.factory.endpoints = vec![hostile];
    let rules = file(&design, "firewall.nft");
    assert!(!rules.contains("\n  ct state new drop"), "{rules}");
    for line in rules.lines() {
        assert!(line.matches('"').count() % 2 == 0 && line.len() < 320, "{line}");
    }
    let table = file(&design, "firewall.md");
    assert!(
        table.lines().filter(|line| line.contains("| api.factory.example (")).all(|line| line.contains("\\|")),
        "{table}"
    );
}
