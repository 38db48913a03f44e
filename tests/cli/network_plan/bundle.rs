//! What the answers file says of GitLab's network goes into the bundle.

use serde_json::json;

use crate::test_env::{TestEnv, small};

const NETWORK: &str = "\
[network]
method = 'vpc-peering'
vpc_id = 'vpc-0a1b2c3d4e5f60718'
account_id = '012345678901'
vpc_cidrs = ['10.0.0.0/16']
ssh_port = 2222
";

#[test]
fn connect_hands_over_what_was_collected_of_the_network() {
    let env = TestEnv::with(small());
    env.file("acme.toml", NETWORK);
    let planned = env.run(&["connect", "--config", "acme.toml", "--dry-run"]);
    let note = "what the answers file says of GitLab's network goes into the sealed bundle";
    assert!(planned.stdout.contains(note), "{planned}");
    let run = env.connected(&["--config", "acme.toml"]);
    assert!(run.stdout.contains("connected"), "{run}");
    let bundles = env.sandbox().factory().bundles();
    assert_eq!(
        bundles[0].document["network"],
        json!({
            "method": "vpc-peering",
            "vpc_id": "vpc-0a1b2c3d4e5f60718",
            "account_id": "012345678901",
            "vpc_cidrs": ["10.0.0.0/16"],
            "ssh_port": 2222,
        })
    );
    let again = env.run(&["connect", "--config", "acme.toml", "--yes"]);
    assert_eq!(again.code, 0, "{again}");
    assert_eq!(env.sandbox().factory().bundles().len(), 1, "Factory has it");
}

#[test]
fn a_value_that_cannot_be_right_is_refused_before_anything_is_written() {
    let env = TestEnv::with(small());
    env.file("acme.toml", NETWORK.replace("'10.0.0.0/16'", "'10.0.0.7/16'"));
    let run = env.run(&["connect", "--config", "acme.toml", "--yes"]);
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains("network.vpc_cidrs: write 10.0.0.0/16"), "{run}");
    assert!(env.sandbox().factory().bundles().is_empty());
}

#[test]
fn without_a_network_the_bundle_has_none() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    let bundles = env.sandbox().factory().bundles();
    assert!(bundles[0].document.get("network").is_none_or(serde_json::Value::is_null));
}
