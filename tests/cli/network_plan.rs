//! `network plan`.

mod bundle;
mod files;
mod printed;
mod refusals;
mod secrets;
#[cfg(unix)]
mod wizard;

use serde_json::{Value, json};

use crate::test_env::{TestEnv, Transcript};

/// The kit of product's example.
pub fn kit() -> Value {
    json!({
        "schema": "factory-gitlab/kit/v1",
        "organization": { "id": "org_acme", "name": "Acme" },
        "application": { "redirect_uri": "https://api.factory.example/callback" },
        "webhook": { "url": "https://hooks.factory.example/gitlab/org_acme", "secret_token": "plan-9vQ4mZx7Lp2wRk8T" },
        "bundle": { "recipients": ["age1abc"], "upload_url": "https://api.factory.example/bundles" },
        "network": {
            "endpoints": [
                { "host": "api.factory.example", "port": 443, "protocol": "https", "purpose": "API", "cidrs": [] },
                { "host": "git.factory.example", "port": 22, "protocol": "ssh", "purpose": "Git" },
            ],
            "egress_cidrs": ["203.0.113.0/24"],
            "vpc": {
                "id": "vpc-0123456789abcdef0", "account": "210987654321", "region": "us-east-1",
                "cidrs": ["10.64.0.0/16", "10.65.0.0/16"],
            },
            "vpn": {
                "endpoints": ["198.51.100.1", "198.51.100.2"], "identity": null,
                "ike": ["aes256-sha256-ecp384"], "esp": ["aes256gcm16-ecp384"], "cidrs": ["10.64.0.0/16"],
            },
        },
    })
}

/// What is known of GitLab's network, for a peering.
pub const ANSWERS: &str = "\
gitlab_url = 'https://gitlab.acme.com'
kit = 'kit.json'

[network]
method = 'vpc-peering'
vpc_id = 'vpc-0a1b2c3d4e5f60718'
account_id = '012345678901'
region = 'eu-west-1'
vpc_cidrs = ['10.0.0.0/16']
route_tables = ['rtb-0a1b2c3d4e5f60718', 'rtb-0a1b2c3d4e5f60719']
security_groups = ['sg-0a1b2c3d4e5f60718']
gitlab_addresses = ['10.0.1.10']
";

/// An environment with kit and answers, and a proxy that leads nowhere: whoever asked a server would fail.
pub fn env() -> TestEnv {
    let mut env = TestEnv::bare();
    env.set("HTTPS_PROXY", "http://127.0.0.1:1");
    env.file("kit.json", kit().to_string());
    env.file("acme.toml", ANSWERS);
    env
}

/// A plan from the answers file.
pub fn plan(env: &TestEnv, more: &[&str]) -> Transcript {
    env.run(&[&["network", "plan", "--config", "acme.toml", "--out", "plan"], more].concat())
}

pub fn text(env: &TestEnv, name: &str) -> String {
    std::fs::read_to_string(env.path("plan").join(name)).unwrap_or_default()
}

#[test]
fn a_peering_is_planned_from_the_answers_file_alone_and_without_a_request() {
    let env = env();
    insta::assert_snapshot!(plan(&env, &[]), @r"
    exit code: 0
    ----- stdout -----
    Plan to join gitlab.acme.com and Factory by a VPC peering
      WORKSHEET.md            written
      diagram.svg             written
      firewall.md             written
      firewall.nft            written
      peering.tf              written

    warning  GitLab will refuse the webhook's planned address until an administrator allows it
             add to the list of allowed local addresses: hooks.factory.example:443
             https://gitlab.acme.com/admin/application_settings/network#js-outbound-settings

    planned: 5 files in plan
    next: read plan/WORKSHEET.md and begin with its first step
    ");
    let terraform = text(&env, "peering.tf");
    for wanted in [
        "allowed_account_ids = [\"012345678901\"]",
        "peer_owner_id = \"210987654321\"",
        "resource \"aws_route\" \"rtb_0a1b2c3d4e5f60719_to_10_65_0_0_16\"",
        "count                     = var.factory_accepted ? 1 : 0",
        "resource \"aws_vpc_security_group_ingress_rule\" \"sg_0a1b2c3d4e5f60718_tcp_443_from_10_64_0_0_16\"",
    ] {
        assert!(terraform.contains(wanted), "{wanted}\n{terraform}");
    }
    assert!(!terraform.contains("\ndata \""), "{terraform}");
    assert_eq!(terraform.matches("resource \"aws_route\"").count(), 4, "every table and every block");
    let sheet = text(&env, "WORKSHEET.md");
    for wanted in [
        "](diagram.svg)",
        "aws ec2 accept-vpc-peering-connection --region us-east-1",
        "--destination-cidr-block 10.0.0.0/16",
        "`hooks.factory.example:443`",
        "https://gitlab.acme.com/admin/application_settings/network#js-outbound-settings",
        "factory-gitlab verify --config acme.toml --live",
    ] {
        assert!(sheet.contains(wanted), "{wanted}\n{sheet}");
    }
}

#[test]
fn flags_say_the_same_as_the_answers_file() {
    let env = env();
    let run = plan(&env, &[]);
    assert_eq!(run.code, 0, "{run}");
    let by_flags = env.run(&[
        "network",
        "plan",
        "--kit",
        "kit.json",
        "--gitlab-url",
        "https://gitlab.acme.com",
        "--method",
        "vpc-peering",
        "--vpc-id",
        "vpc-0a1b2c3d4e5f60718",
        "--account-id",
        "012345678901",
        "--region",
        "eu-west-1",
        "--vpc-cidr",
        "10.0.0.0/16",
        "--route-table",
        "rtb-0a1b2c3d4e5f60718",
        "--route-table",
        "rtb-0a1b2c3d4e5f60719",
        "--security-group",
        "sg-0a1b2c3d4e5f60718",
        "--gitlab-address",
        "10.0.1.10",
        "--out",
        "flags",
    ]);
    assert_eq!(by_flags.code, 0, "{by_flags}");
    let by_flags = |name: &str| std::fs::read_to_string(env.path("flags").join(name)).unwrap_or_default();
    for name in ["peering.tf", "diagram.svg", "firewall.nft"] {
        assert_eq!(by_flags(name), text(&env, name), "{name}");
    }
    // These tell to run more commands, with what was given.
    let options = "--kit kit.json --gitlab-url https://gitlab.acme.com";
    let firewall = by_flags("firewall.md").replace(options, "--config acme.toml");
    assert_eq!(firewall, text(&env, "firewall.md"));
    let sheet = by_flags("WORKSHEET.md");
    for command in ["network check", "connect", "verify"] {
        assert!(sheet.contains(&format!("$ factory-gitlab {command} {options}")), "{command}: {sheet}");
    }
}

#[test]
fn the_report_is_one_json_document() {
    let env = env();
    let run = plan(&env, &["-o", "json"]);
    let document = run.json();
    assert_eq!((run.code, &document["exit_code"]), (0, &json!(0)), "{run}");
    assert_eq!(document["schema"], "factory-gitlab/network-plan/v1");
    assert_eq!(document["method"], "vpc-peering");
    assert_eq!(document["collected"]["account_id"], "012345678901");
    assert_eq!(document["collected"]["vpc_cidrs"], json!(["10.0.0.0/16"]));
    assert_eq!(document["outbound"]["allowlist_entry"], "hooks.factory.example:443");
    assert_eq!(document["outbound"]["refusal"], "Requests to the local network are not allowed");
    let names: Vec<&str> =
        document["files"].as_array().expect("files").iter().filter_map(|file| file["path"].as_str()).collect();
    assert!(names.contains(&"WORKSHEET.md") && names.contains(&"peering.tf"), "{names:?}");
    assert_eq!(document["files"][0]["state"], "written");
}

#[test]
fn public_addresses_need_a_firewall_only_and_meet_no_filter() {
    let env = env();
    let run = env.run(&[
        "network",
        "plan",
        "--kit",
        "kit.json",
        "--gitlab-url",
        "https://gitlab.acme.com",
        "--method",
        "public",
        "--gitlab-address",
        "198.51.100.7",
        "--ssh-port",
        "2222",
        "--out",
        "plan",
    ]);
    assert_eq!(run.code, 0, "{run}");
    assert!(!run.stdout.contains("will refuse"), "{run}");
    assert!(!env.path("plan/peering.tf").exists());
    let sheet = text(&env, "WORKSHEET.md");
    assert!(sheet.contains("Factory comes from: 203.0.113.0/24") && sheet.contains("2222"), "{sheet}");
    assert!(sheet.contains("The webhook's address is public"), "{sheet}");
}

#[test]
fn an_expired_kit_is_a_warning_because_a_network_outlives_it() {
    let env = env();
    let mut old = kit();
    old["expires_at"] = json!("2020-01-31T00:00:00Z");
    env.file("kit.json", old.to_string());
    let run = plan(&env, &[]);
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stderr.contains("the kit expired on 2020-01-31; ask Factory whether its network is still the same"));
}
