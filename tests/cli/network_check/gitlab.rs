//! What GitLab decides: its outbound filter, the IP restriction of groups, SSH; with and without a token.

use serde_json::{Value, json};

use crate::test_env::{TestEnv, Transcript, small};

fn check<'r>(report: &'r Value, code: &str) -> &'r Value {
    report["checks"].as_array().expect("checks").iter().find(|check| check["code"] == code).expect(code)
}

fn run(env: &TestEnv, more: &[&str]) -> (Transcript, Value) {
    let run = env.run(&[&["network", "check", "-o", "json"], more].concat());
    let report = run.json();
    (run, report)
}

#[test]
fn a_webhook_that_gitlab_would_refuse_is_found_and_mended_by_the_entry_that_is_named() {
    let env = TestEnv::with(small());
    env.sandbox().gitlab().lock().settings.outbound_local_requests_allowlist_raw.clear();
    let (refused, report) = run(&env, &["--only", "network.outbound"]);
    assert_eq!(refused.code, 1, "{refused}");
    let outbound = check(&report, "network.outbound");
    let cause = outbound["cause"].as_str().expect("a cause");
    assert!(cause.contains("Requests to localhost are not allowed"), "{cause}");
    let page = format!("{}/admin/application_settings/network#js-outbound-settings", env.sandbox().gitlab_url());
    assert_eq!(outbound["fix"]["url"], page);
    // The entry mends it, here and in GitLab itself.
    let entry = outbound["evidence"]["allowlist_entry"].as_str().expect("an entry").to_owned();
    assert_eq!(entry, env.sandbox().factory_url().replace("http://", ""));
    assert!(outbound["fix"]["text"].as_str().expect("a fix").contains(&format!("add {entry} to the allowlist")));
    let setting = json!({ "outbound_local_requests_allowlist_raw": entry });
    assert_eq!(env.api("PUT", "/application/settings", &setting).0, 200);
    let (allowed, report) = run(&env, &["--only", "network.outbound"]);
    assert_eq!((allowed.code, check(&report, "network.outbound")["status"].as_str()), (0, Some("pass")), "{allowed}");
    assert_eq!(env.run(&["connect", "--yes"]).code, 0, "the webhooks are made and tested");
}

#[test]
fn gitlabs_own_test_is_told_with_the_same_cause() {
    let env = TestEnv::with(small());
    assert_eq!(env.run(&["connect", "--yes"]).code, 0);
    let (live, report) = run(&env, &["--live", "--only", "network.outbound"]);
    assert_eq!((live.code, check(&report, "network.outbound")["status"].as_str()), (0, Some("pass")), "{live}");
    env.sandbox().gitlab().lock().settings.outbound_local_requests_allowlist_raw.clear();
    let (live, report) = run(&env, &["--live", "--only", "network.outbound"]);
    assert_eq!(live.code, 1, "{live}");
    let outbound = check(&report, "network.outbound");
    assert!(outbound["cause"].as_str().is_some_and(|cause| cause.contains("GitLab refused its own test")), "{live}");
    assert_eq!(outbound["evidence"]["refusal"], "localhost");
    assert!(outbound["fix"]["text"].as_str().is_some_and(|text| text.contains("to the allowlist")), "{live}");
}

#[test]
fn live_needs_kit_url_and_token() {
    let mut env = TestEnv::with(small());
    env.unset("GITLAB_TOKEN");
    let run = env.run(&["network", "check", "--live"]);
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains("--token-file"), "{run}");
}

#[test]
fn without_a_token_gitlabs_settings_and_ssh_are_said_to_be_unknown() {
    let mut env = TestEnv::with(small());
    env.unset("GITLAB_TOKEN");
    let (run, report) = run(&env, &[]);
    assert_eq!(run.code, 3, "the webhook's address is on loopback, and the allowlist cannot be read: {run}");
    let outbound = check(&report, "network.outbound");
    assert_eq!(outbound["status"], "unknown");
    assert!(outbound["cause"].as_str().is_some_and(|cause| cause.contains("by default GitLab refuses")), "{run}");
    let ssh = check(&report, "network.ssh");
    assert_eq!(ssh["status"], "skip");
    assert!(ssh["cause"].as_str().is_some_and(|cause| cause.contains("no token is given")), "{run}");
}

#[test]
fn a_token_that_may_not_read_the_settings_leaves_them_unknown() {
    let mut env = TestEnv::with(small());
    let token = env.sandbox().gitlab().user_token();
    env.set("GITLAB_TOKEN", &token);
    let (run, report) = run(&env, &["--only", "network.outbound"]);
    assert_eq!(run.code, 3, "{run}");
    assert!(check(&report, "network.outbound")["cause"].as_str().is_some_and(|cause| cause.contains("403")), "{run}");
}

#[test]
fn the_address_of_ssh_is_that_of_a_project_and_ssh_may_be_switched_off_on_purpose() {
    let env = TestEnv::with(small());
    let (found, report) = run(&env, &["--only", "network.ssh"]);
    assert_eq!(found.code, 0, "{found}");
    let ssh = check(&report, "network.ssh");
    assert_eq!(ssh["evidence"]["banner"], "SSH-2.0-GitLab-SSHD");
    env.sandbox().gitlab().lock().settings.enabled_git_access_protocol = Some("http".to_owned());
    let (off, report) = run(&env, &["--only", "network.ssh", "--only", "network.tcp"]);
    assert_eq!(off.code, 0, "{off}");
    let ssh = check(&report, "network.ssh");
    assert_eq!(ssh["status"], "skip");
    assert!(ssh["cause"].as_str().is_some_and(|cause| cause.contains("switched off")), "{off}");
}

#[test]
fn a_group_that_lets_in_only_other_addresses_than_factorys_fails() {
    let env = TestEnv::with(small());
    let restrict = |ranges: &str| {
        let gitlab = env.sandbox().gitlab();
        let mut state = gitlab.lock();
        let group = state.groups.values_mut().next().expect("a group");
        group.ip_restriction_ranges = Some(ranges.to_owned());
    };
    restrict("10.0.0.0/8,192.168.1.7");
    let (out, report) = run(&env, &["--only", "network.inbound"]);
    assert_eq!(out.code, 1, "{out}");
    let inbound = check(&report, "network.inbound");
    assert!(inbound["cause"].as_str().is_some_and(|cause| cause.contains("203.0.113.0/24 not let in by")), "{out}");
    restrict("10.0.0.0/8,203.0.113.0/24");
    let (_, report) = run(&env, &["--only", "network.inbound", "--only", "network.dns"]);
    assert_eq!(check(&report, "network.inbound")["status"], "skip");
}

#[test]
fn a_gitlab_that_is_away_is_told_apart_from_one_that_is_not_there() {
    let env = TestEnv::with(small());
    env.sandbox().fault("gitlab:GET /api/v4/version=status:502").expect("a fault");
    let (away, report) = run(&env, &["--only", "network.http"]);
    assert_eq!(away.code, 3, "{away}");
    assert_eq!(check(&report, "network.http")["status"], "unknown");
    env.sandbox().clear_faults();
    env.sandbox().fault("gitlab:GET /api/v4/version=html:200").expect("a fault");
    let (other, report) = run(&env, &["--only", "network.http"]);
    assert_eq!(other.code, 1, "{other}");
    assert_eq!(check(&report, "network.http")["status"], "fail");
}
