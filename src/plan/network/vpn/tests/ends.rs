//! Both files of an end together: whose it is, and what none of them has.

use super::*;

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
