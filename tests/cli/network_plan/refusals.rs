//! What is wrong or missing: all of it at once, each with what to do, before anything is written.

use serde_json::{Value, json};

use super::{ANSWERS, env, kit, plan};
use crate::test_env::{TestEnv, Transcript};

#[test]
fn every_problem_is_said_at_once_with_what_to_do() {
    let env = env();
    let run = env.run(&[
        "network",
        "plan",
        "--kit",
        "kit.json",
        "--gitlab-url",
        "https://gitlab.acme.com",
        "--method",
        "vpc-peering",
        "--vpc-id",
        "vpc-0abc",
        "--account-id",
        "1234567890",
        "--region",
        "us-gov-west-1",
        "--vpc-cidr",
        "10.64.1.7/16",
        "--vpc-cidr",
        "10.65.0.0/20",
        "--route-table",
        "rtb-1",
        "--gitlab-address",
        "127.0.0.1",
        "--ssh-port",
        "99999",
        "--out",
        "plan",
    ]);
    insta::assert_snapshot!(run, @r#"
    exit code: 2
    ----- stderr -----
    error: the network cannot be planned: 10 problems
      caused by: --vpc-id: "vpc-0abc" is not vpc- and 8 or 17 hexadecimal digits in lower case
      caused by: --account-id: "1234567890" is not 12 digits
      caused by: --vpc-cidr: 10.64.1.7/16 does not begin at its first address
      caused by: --route-table: "rtb-1" is not rtb- and 8 or 17 hexadecimal digits in lower case
      caused by: --gitlab-address: 127.0.0.1/32 has loopback addresses, which no other network reaches
      caused by: --ssh-port: "99999" is not a number from 1 to 65535
      caused by: --region: us-gov-west-1 is in AWS GovCloud (US), Factory's us-east-1 in AWS's commercial regions
      caused by: --vpc-cidr: 10.64.0.0/16 overlaps Factory's 10.64.0.0/16 (network.vpc.cidrs of the kit)
      caused by: --vpc-cidr: 10.65.0.0/20 overlaps Factory's 10.65.0.0/16 (network.vpc.cidrs of the kit)
      caused by: --security-group: missing (the security groups of GitLab)
    hint: --vpc-id: copy the whole ID from AWS's console, as in vpc-0123456789abcdef0
    hint: --account-id: write all 12 digits: 001234567890, if only zeros at the beginning are missing
    hint: --vpc-cidr: write 10.64.0.0/16
    hint: --route-table: copy the whole ID from AWS's console, as in rtb-0123456789abcdef0
    hint: --gitlab-address: give only addresses that servers have
    hint: --ssh-port: give a number from 1 to 65535
    hint: --region: use --method vpn: no VPC peering leads from one of these parts of AWS to another
    hint: --vpc-cidr: use --method vpn with address translation on your side, ask Factory for AWS PrivateLink, which takes overlapping addresses, or renumber: AWS refuses the peering even where the common addresses are not in use
    hint: --security-group: give --security-group ID, or network.security_groups in the answers file
    "#);
    assert!(!env.path("plan").exists(), "nothing is written");
}

#[test]
fn everything_that_is_missing_is_said_at_once() {
    let env = TestEnv::bare();
    insta::assert_snapshot!(env.run(&["network", "plan", "--method", "vpc-peering", "--out", "plan"]), @r"
    exit code: 2
    ----- stderr -----
    error: missing input: 9 values, and no terminal to ask on
    hint: the kit from Factory: --kit, the variable FACTORY_KIT, or kit in the answers file
    hint: GitLab's URL: --gitlab-url, the variable GITLAB_URL, or gitlab_url in the answers file
    hint: the addresses at which Factory reaches GitLab: --gitlab-address, or network.gitlab_addresses in the answers file
    hint: the VPC that GitLab runs in: --vpc-id, or network.vpc_id in the answers file
    hint: the AWS account of that VPC: --account-id, or network.account_id in the answers file
    hint: the AWS region of that VPC: --region, or network.region in the answers file
    hint: the CIDRs of that VPC: --vpc-cidr, or network.vpc_cidrs in the answers file
    hint: the route tables whose subnets talk to Factory: --route-table, or network.route_tables in the answers file
    hint: the security groups of GitLab: --security-group, or network.security_groups in the answers file
    ");
}

#[test]
fn without_a_method_one_is_advised() {
    let env = env();
    env.file("acme.toml", ANSWERS.replace("method = 'vpc-peering'\n", ""));
    insta::assert_snapshot!(plan(&env, &[]), @r"
    exit code: 2
    ----- stderr -----
    error: the method is not given, and there is no terminal to ask on
      caused by: vpc-peering is advised: GitLab runs in a VPC and the kit names Factory's: a peering has no devices, no keys and no tunnels
    hint: take it, or choose vpc-peering, vpn or public
          factory-gitlab network plan --config acme.toml --out plan --method vpc-peering
    ");
    let advised = |args: &[&str]| {
        let first =
            ["network", "plan", "--kit", "kit.json", "--gitlab-url", "https://gitlab.acme.com", "--out", "plan"];
        let run = env.run(&[&first, args].concat());
        assert_eq!(run.code, 2, "{run}");
        run.stderr.lines().find_map(|line| line.trim().strip_prefix("caused by: ")).unwrap_or_default().to_owned()
    };
    for (args, wanted) in [
        (&["--vpc-cidr", "10.64.0.0/20"][..], "vpn is advised: GitLab runs in a VPC, but its 10.64.0.0/20 overlaps"),
        (&["--vpc-id", "vpc-0a1b2c3d", "--region", "cn-north-1"], "vpn is advised: the two VPCs are in parts of AWS"),
        (&["--gitlab-address", "198.51.100.7"], "public is advised: GitLab's addresses are public"),
        (&["--gitlab-address", "192.168.1.7"], "vpn is advised: GitLab's addresses are private"),
        (&["--vpn-address", "198.51.100.9"], "vpn is advised: a VPN device is given"),
    ] {
        assert!(advised(args).starts_with(wanted), "{}", advised(args));
    }
}

/// The plan with one value of the answers file replaced.
fn with(from: &str, to: &str) -> Transcript {
    let env = env();
    assert!(ANSWERS.contains(from), "{from}");
    env.file("acme.toml", ANSWERS.replace(from, to));
    plan(&env, &[])
}

/// Terraform's provider takes each of these at `validate` and at `plan`, and AWS refuses it later.
#[test]
fn what_the_provider_would_take_although_it_is_wrong_is_refused() {
    for (from, to, wanted) in [
        ("'vpc-0a1b2c3d4e5f60718'", "'nonsense'", "network.vpc_id: \"nonsense\" is not vpc- and 8 or 17"),
        ("'rtb-0a1b2c3d4e5f60719'", "'RTB-0A1B2C3D'", "network.route_tables: write rtb-0a1b2c3d"),
        ("'sg-0a1b2c3d4e5f60718'", "'sg-web'", "network.security_groups: \"sg-web\" is not sg-"),
        ("'eu-west-1'", "'eu-nowhere-9'", "network.region: \"eu-nowhere-9\" is not the code of an AWS region"),
        ("'eu-west-1'", "'eu-west-1a'", "network.region: write eu-west-1"),
        ("'10.0.0.0/16'", "'10.0.0.1/16'", "network.vpc_cidrs: write 10.0.0.0/16"),
        ("'10.0.0.0/16'", "'not a cidr'", "network.vpc_cidrs: \"cidr\" is not a CIDR"),
        ("'10.0.0.0/16'", "'10.0.0.0/8'", "is not a size that a VPC can have, /16 to /28"),
        ("'10.0.0.0/16'", "'10.0.0.0/16', '10.65.3.0/24'", "10.65.3.0/24 overlaps Factory's 10.65.0.0/16"),
        (
            "'10.0.0.0/16'",
            "'10.0.0.0/16', '10.0.8.0/24'",
            "10.0.0.0/16 and 10.0.8.0/24 overlap, which CIDRs of one VPC cannot",
        ),
        ("'012345678901'", "'12345678901'", "network.account_id: \"12345678901\" is not 12 digits"),
        ("'10.0.1.10'", "'172.16.0.9'", "172.16.0.9/32 is outside the VPC's CIDRs"),
        ("'10.0.1.10'", "'10.0.0.0/8'", "10.0.0.0/8 is far more than GitLab"),
        ("'vpc-0a1b2c3d4e5f60718'", "'vpc-0123456789abcdef0'", "is Factory's own VPC"),
        ("'eu-west-1'", "'cn-north-1'", "no VPC peering leads from one of these parts of AWS to another"),
    ] {
        let run = with(from, to);
        assert_eq!(run.code, 2, "{to}: {run}");
        assert!(run.stderr.contains(wanted), "{to}: {wanted}\n{run}");
    }
}

#[test]
fn a_private_address_is_not_reached_over_the_internet() {
    let env = env();
    let run = plan(&env, &["--method", "public"]);
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains("--method vpc-peering or vpn"), "{run}");
}

#[test]
fn values_of_the_kit_are_named_by_their_path() {
    for (path, value, wanted) in [
        ("/network/vpc/id", json!("vpc-0abc"), "the kit's network.vpc.id: \"vpc-0abc\" is not"),
        ("/network/vpc/account", json!(""), "the kit's network.vpc.account: \"\" is not 12 digits"),
        (
            "/network/vpc/cidrs/1",
            json!("10.65.0.1/16"),
            "the kit's network.vpc.cidrs[1]: ask Factory for a corrected kit, probably with 10.65.0.0/16",
        ),
        ("/network/vpc/cidrs", json!([]), "the kit's network.vpc.cidrs: the kit does not name the VPC's CIDRs"),
        ("/network/egress_cidrs/0", json!("10.99.0.0/33"), "\"10.99.0.0/33\" is not a CIDR"),
        ("/network/vpc/region", json!("europe"), "the kit's network.vpc.region: ask Factory for a corrected kit\n"),
        (
            "/network/egress_cidrs/0",
            json!("0.0.0.0/0"),
            "the kit's network.egress_cidrs[0]: 0.0.0.0/0 is far more than",
        ),
        ("/network/egress_cidrs/0", json!("::/0"), "2^128 addresses"),
        ("/network/vpn/cidrs/0", json!("0.0.0.0/1"), "the kit's network.vpn.cidrs[0]: 0.0.0.0/1 is far more than"),
        ("/network/vpn/cidrs/0", json!("127.0.0.0/8"), "127.0.0.0/8 has loopback addresses"),
        ("/network/vpn/cidrs/0", json!("239.0.0.0/8"), "multicast"),
        ("/network/vpn/cidrs/0", json!("0.0.0.0/32"), "unspecified"),
        ("/network/vpn/cidrs/0", json!("255.255.255.255/32"), "broadcast"),
        (
            "/network/vpc/cidrs/1",
            json!("169.254.0.0/16"),
            "the kit's network.vpc.cidrs[1]: 169.254.0.0/16 has link-local",
        ),
        (
            "/network/endpoints/0/cidrs",
            json!(["0.0.0.0/0"]),
            "the kit's network.endpoints[0].cidrs[0]: 0.0.0.0/0 is far",
        ),
        ("/network/vpn/identity", json!("hunter2hunter2"), "the kit's network.vpn.identity: it is not an IPv4 address"),
        ("/network/egress_cidrs/0", json!("203.0.113.1/24"), "the kit's network.egress_cidrs[0]: "),
        ("/network/endpoints/0/host", json!("a b\nc"), "the kit's network.endpoints[0]: "),
        ("/network/endpoints/0/host", json!("a..b"), "\"a..b\" is not a host: a part of a name has 1 to 63"),
        ("/network/endpoints/0/host", json!("-a.test"), "\"-a.test\" is not a host: a part of a name does not begin"),
        ("/network/endpoints/0/host", json!("1"), "\"1\" is not a host: it is neither a name nor an IP address"),
        ("/network/endpoints/0/host", json!("0x7f.1"), "\"0x7f.1\" is not a host"),
        ("/network/endpoints/0/host", json!("0.0.0.0"), "the kit's network.endpoints[0]: 0.0.0.0/32 has unspecified"),
        ("/network/endpoints/0/host", json!("a.example;evil"), "is not a host: a name has letters"),
        ("/network/endpoints/0/port", json!(0), "has the port 0, at which nothing answers"),
        ("/network/endpoints/0/cidrs", json!(["10.1.1.1/8"]), "the kit's network.endpoints[0].cidrs[0]: "),
        ("/network/vpc", Value::Null, "the kit's network.vpc: the kit does not name Factory's VPC"),
    ] {
        let env = env();
        let mut changed = kit();
        *changed.pointer_mut(path).expect("a value") = value;
        env.file("kit.json", changed.to_string());
        let run = plan(&env, &[]);
        assert_eq!(run.code, 2, "{path}: {run}");
        assert!(run.stderr.contains(wanted), "{path}: {wanted}\n{run}");
        assert!(!run.stderr.contains("it as in") && !run.stderr.contains("hunter2"), "one sentence: {run}");
    }
}

/// A VPN from a device.
const DEVICE: [&str; 12] = [
    "--method",
    "vpn",
    "--vpn-address",
    "198.51.100.9",
    "--local-cidr",
    "192.168.0.0/16",
    "--gitlab-address",
    "192.168.1.10",
    "--ike",
    "aes256-sha256-ecp384",
    "--esp",
    "aes256gcm16-ecp384",
];

#[test]
fn a_tunnel_never_leads_to_its_own_outside_address() {
    let env = env();
    assert_eq!(plan(&env, &DEVICE).code, 0);
    let ours = plan(&env, &[&DEVICE[..], &["--local-cidr", "198.51.100.0/29"]].concat());
    assert_eq!(ours.code, 2, "{ours}");
    for wanted in [
        "--local-cidr: 198.51.100.0/29 contains 198.51.100.1, Factory's VPN end: the tunnel would lead its own packets into itself",
        "hint: --local-cidr: give smaller CIDRs, with the machines and without the public address of the VPN's end",
    ] {
        assert!(ours.stderr.contains(wanted), "{wanted}\n{ours}");
    }
    let mut changed = kit();
    changed["network"]["vpn"]["cidrs"] = json!(["198.51.100.8/29"]);
    env.file("kit.json", changed.to_string());
    let theirs = plan(&env, &DEVICE);
    assert_eq!(theirs.code, 2, "{theirs}");
    assert!(theirs.stderr.contains("198.51.100.8/29 contains 198.51.100.9, your VPN device"), "{theirs}");
    assert!(theirs.stderr.contains("the kit's network.vpn.cidrs: ask Factory for a corrected kit"), "{theirs}");
}

#[test]
fn numbers_outside_of_their_range_are_told_the_range() {
    for (line, wanted) in [
        ("bgp_asn = -5", "network.bgp_asn: \"-5\" is not a number from 1 to 4294967295"),
        ("ssh_port = -1", "network.ssh_port: \"-1\" is not a number from 1 to 65535"),
        ("bgp_asn = 99999999999999999999", "line 13: a number is larger than TOML allows"),
    ] {
        let env = env();
        env.file("acme.toml", format!("{ANSWERS}{line}\n"));
        let run = plan(&env, &[]);
        assert_eq!(run.code, 2, "{line}: {run}");
        assert!(run.stderr.contains(wanted), "{line}: {wanted}\n{run}");
        assert!(!run.stderr.contains("i128"), "{run}");
    }
}

#[test]
fn more_of_the_internet_than_one_service_has_is_told_with_its_size() {
    let env = env();
    let mut changed = kit();
    changed["network"]["egress_cidrs"] = json!(["44.0.0.0/8"]);
    env.file("kit.json", changed.to_string());
    let run = plan(&env, &["--method", "public", "--gitlab-address", "198.51.100.7"]);
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.contains("network.egress_cidrs: 44.0.0.0/8 lets 16777216 addresses reach GitLab"), "{run}");
}

#[test]
fn a_kit_from_an_address_is_refused_because_nothing_is_contacted() {
    let mut env = TestEnv::new();
    let before = env.sandbox().requests().len();
    env.unset("GITLAB_TOKEN");
    let run = env.run(&["network", "plan", "--method", "public", "--gitlab-address", "198.51.100.7", "--out", "plan"]);
    assert_eq!(run.code, 2, "{run}");
    assert!(
        run.stderr.contains("the variable FACTORY_KIT names an address, and this command contacts nothing"),
        "{run}"
    );
    assert_eq!(env.sandbox().requests().len(), before);
}

#[test]
fn an_error_is_a_document_where_one_is_asked_for() {
    let env = env();
    let run = plan(&env, &["--vpc-id", "nonsense", "-o", "json"]);
    assert_eq!(run.code, 2, "{run}");
    assert_eq!(run.json()["error"]["kind"], "usage");
}
