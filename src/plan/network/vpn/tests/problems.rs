//! What is wrong with a VPN before it is built.

use super::*;

fn said(problems: &[NetworkProblem]) -> String {
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
