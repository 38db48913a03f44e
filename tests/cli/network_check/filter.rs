//! Which checks are made and reported, and in which form.

use crate::test_env::{TestEnv, small};

#[test]
fn only_reports_what_it_names_and_makes_what_that_depends_on_silently() {
    let env = TestEnv::with(small());
    let run = env.run(&["network", "check", "--only", "network.http", "-o", "json"]);
    assert_eq!(run.code, 0, "{run}");
    let report = run.json();
    let codes: Vec<&str> =
        report["checks"].as_array().expect("checks").iter().filter_map(|check| check["code"].as_str()).collect();
    assert_eq!(codes, ["network.http", "network.http"]);
    let asked: Vec<String> = env.sandbox().requests().iter().map(|one| one.path().to_owned()).collect();
    assert!(asked.iter().all(|path| path == "/" || path == "/api/v4/version" || path.contains("kit")), "{asked:?}");
}

#[test]
fn the_address_is_not_asked_for_what_no_check_needs() {
    let env = TestEnv::with(small());
    let run = env.run(&["network", "check", "--only", "network.dns"]);
    assert_eq!(run.code, 0, "{run}");
    let asked: Vec<String> = env.sandbox().requests().iter().map(|one| one.path().to_owned()).collect();
    assert!(!asked.iter().any(|path| path.starts_with("/api")), "{asked:?}");
}

#[test]
fn a_code_of_verify_is_unknown_here() {
    let env = TestEnv::with(small());
    let run = env.run(&["network", "check", "--only", "token.valid"]);
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains("factory-gitlab network check --list"), "{run}");
    let listed = env.run(&["network", "check", "--list"]);
    assert_eq!(listed.code, 0, "{listed}");
    assert!(listed.stdout.contains("network.outbound") && !listed.stdout.contains("token."), "{listed}");
    let verify = env.run(&["verify", "--list"]);
    assert!(!verify.stdout.contains("network."), "{verify}");
}

#[test]
fn the_report_has_a_target_for_each_check_in_json_and_junit() {
    let env = TestEnv::with(small());
    let run = env.run(&["network", "check", "-o", "json"]);
    let report = run.json();
    assert_eq!(report["schema"], "factory-gitlab/report/v1");
    let factory = env.sandbox().factory_url().replace("http://", "");
    let tcp = report["checks"]
        .as_array()
        .expect("checks")
        .iter()
        .find(|check| check["code"] == "network.tcp" && check["target"].as_str() == Some(&*factory));
    let address = &tcp.expect("a check of the port")["evidence"]["addresses"][0];
    assert_eq!(
        (&address["address"], &address["class"], &address["result"]),
        (&"127.0.0.1".into(), &"loopback".into(), &"open".into())
    );
    assert!(address["ms"].is_u64(), "{address}");
    assert_eq!(report["from"]["addresses"], serde_json::json!(["127.0.0.1"]));
    let junit = env.run(&["network", "check", "-o", "junit"]);
    assert!(junit.stdout.contains(&format!("<testcase name=\"network.tcp {factory}\"")), "{junit}");
    assert!(!env.run(&["verify", "-o", "json"]).stdout.contains("\"target\": \"127"), "verify has none");
}

#[test]
fn wrong_targets_and_resolvers_are_explained() {
    let env = TestEnv::bare();
    for (args, words) in [
        (["--target", "api.factory.ai"], "a target is HOST:PORT"),
        (["--target", "http://api.factory.ai:80"], "http:// is not looked at"),
        (["--resolver", "dns.acme.com"], "a resolver is an IP address"),
    ] {
        let run = env.run(&[&["network", "check"], args.as_slice()].concat());
        assert_eq!(run.code, 2, "{run}");
        assert!(run.stderr.contains(words), "{run}");
    }
}

#[test]
fn more_than_eight_resolvers_are_refused_with_what_to_do() {
    let env = TestEnv::bare();
    let resolvers: Vec<String> = (1..=9).map(|last| format!("192.0.2.{last}")).collect();
    let mut args = vec!["network", "check", "--target", "tcp://127.0.0.1:9"];
    args.extend(resolvers.iter().flat_map(|resolver| ["--resolver", resolver]));
    let run = env.run(&args);
    insta::assert_snapshot!(run, @r"
    exit code: 2
    ----- stderr -----
    error: at most 8 resolvers are asked in one run, and 9 are given
    hint: give fewer --resolver, and look again with the others
    ");
}

#[test]
fn a_port_is_looked_at_for_each_protocol_that_is_named_and_told_apart() {
    let env = TestEnv::bare();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let targets = ["tcp", "ssh"].map(|protocol| format!("{protocol}://{address}"));
    let args = ["network", "check", "--timeout", "1", "--target", &targets[0], "--target", &targets[1]];
    let run = env.run(&[args.as_slice(), &["-o", "json"]].concat());
    let report = run.json();
    let checks = report["checks"].as_array().expect("checks");
    let tcp: Vec<&str> =
        checks.iter().filter(|one| one["code"] == "network.tcp").filter_map(|one| one["target"].as_str()).collect();
    assert_eq!(tcp, targets.each_ref().map(String::as_str), "{run}");
    let of = |code: &str| checks.iter().find(|one| one["code"] == code).expect(code);
    assert!(of("network.tcp")["duration_ms"].as_u64().is_some_and(|time| time < 1000), "its own time: {run}");
    assert!(of("network.endpoints").get("duration_ms").is_none(), "nothing was measured: {run}");
}
