//! A pre-shared key is never taken and never repeated, wherever it is given.

use super::{ANSWERS, env, plan};
use crate::bad_input::files_below;
use crate::test_env::{TestEnv, Transcript};

const CANARY: &str = "canary.psk.9vQ4mZx7Lp2wRk8T";

fn refused(run: &Transcript, env: &TestEnv) {
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains("pre-shared key"), "{run}");
    assert!(run.stderr.contains("enter it on the two VPN devices alone"), "{run}");
    assert!(!run.stdout.contains(CANARY) && !run.stderr.contains(CANARY), "{run}");
    assert!(!env.path("plan").exists() && !env.path("state").exists());
}

#[test]
fn a_preshared_key_is_refused_as_a_flag() {
    for flag in ["--preshared-key", "--pre-shared-key", "--psk"] {
        let env = env();
        refused(&plan(&env, &[flag, CANARY]), &env);
        refused(&plan(&env, &[&format!("{flag}={CANARY}"), "-o", "json"]), &env);
    }
}

#[test]
fn a_preshared_key_is_refused_in_the_answers_file() {
    for line in ["preshared_key", "psk", "tunnel1_preshared_key"] {
        let env = env();
        env.file("acme.toml", format!("{ANSWERS}{line} = '{CANARY}'\n"));
        refused(&plan(&env, &[]), &env);
        env.file("acme.toml", format!("{line} = '{CANARY}'\n{ANSWERS}"));
        refused(&plan(&env, &["-o", "json", "-vv"]), &env);
        refused(&env.run(&["connect", "--config", "acme.toml", "--yes"]), &env);
    }
}

#[test]
fn a_preshared_key_is_refused_in_the_environment() {
    let mut env = env();
    env.set("FACTORY_GITLAB_PRESHARED_KEY", CANARY);
    refused(&plan(&env, &["-vv"]), &env);
}

#[test]
fn a_key_in_place_of_the_identity_is_refused_and_not_repeated() {
    for secret in [CANARY, "9vQ4mZx7Lp2wRk8T", "hunter2hunter2", "a key with blanks"] {
        let env = env();
        for args in [&["--vpn-identity", secret][..], &["--method", "vpn", "--vpn-identity", secret, "-o", "json"]] {
            let run = plan(&env, args);
            assert_eq!(run.code, 2, "{run}");
            assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "{run}");
            assert!(!env.path("plan").exists());
        }
        let run = plan(&env, &["--vpn-identity", secret]);
        assert!(run.stderr.contains("--vpn-identity: it is not an IPv4 address, a host name with its domain"), "{run}");
    }
}

#[test]
fn the_files_hold_no_secret_of_the_kit() {
    let env = env();
    let run = plan(&env, &["-vv", "--log-file", "log"]);
    assert_eq!(run.code, 0, "{run}");
    let secret = "plan-9vQ4mZx7Lp2wRk8T";
    for path in files_below(&env.path("plan")).into_iter().chain([env.path("log")]) {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(!text.contains(secret), "{}", path.display());
    }
    assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "{run}");
}
