//! Runs that succeed.

use super::{Canary, application_secret, assert_hidden, env};

const LOUD: [&str; 3] = ["-vv", "--log-file", "run.log"];

#[test]
fn a_successful_run_shows_no_secret_anywhere() {
    let (mut env, mut canaries) = env();
    let mut runs = Vec::new();
    for args in [
        ["connect", "--dry-run"].as_slice(),
        &[
            "connect",
            "--yes",
            "--audit-log",
            "audit.jsonl",
            "-o",
            "json",
            "--output-file",
            "connect.json",
            "-o",
            "html=connect.html",
        ],
        &["connect", "--yes"],
        &["verify"],
        &["verify", "--live", "-o", "json", "--output-file", "verify.json", "-o", "html=verify.html"],
        &["verify", "-o", "junit"],
        &["verify", "-o", "junit", "--output-file", "verify.xml"],
        &["network", "check"],
        &["network", "check", "-o", "json", "--output-file", "network.json"],
        &["network", "check", "--live", "-o", "junit"],
        &["status"],
        &["status", "-o", "json"],
        &["kit", "show"],
        &["kit", "show", "-o", "json"],
        &["kit", "check"],
    ] {
        let run = env.run(&[args, &LOUD].concat());
        assert_eq!(run.code, 0, "{args:?}: {run}");
        runs.push(run);
    }
    let secret = application_secret(&env).expect("a sealed bundle");
    canaries.push(Canary::new("the application's secret", &secret));
    env.set("FACTORY_GITLAB_APPLICATION_ID", &env.sandbox().gitlab().applications()[0].uid.clone());
    env.set("FACTORY_GITLAB_APPLICATION_SECRET", &secret);
    let verified = env.run(&["verify", "-vv", "--log-file", "run.log"]);
    assert_eq!(verified.code, 0, "{verified}");
    runs.push(verified);
    for format in ["text", "json", "sarif", "html"] {
        let reviewed = env.run(&[&["audit", "-o", format], LOUD.as_slice()].concat());
        assert_eq!(reviewed.code, 0, "{reviewed}");
        runs.push(reviewed);
    }
    runs.push(env.run(&["bundle", "inspect", "-vv", &bundle(&env)]));
    assert_hidden("success", &canaries, &env, &runs);
    assert!(env.path("run.log").exists() && env.path("audit.jsonl").exists());
}

fn bundle(env: &crate::test_env::TestEnv) -> String {
    let files = crate::bad_input::files_below(&env.path("state"));
    let path = files.into_iter().find(|path| path.ends_with("bundle.age")).expect("a bundle");
    path.to_string_lossy().into_owned()
}

#[test]
fn other_ways_to_deliver_the_bundle_show_no_secret() {
    for more in [
        ["--bundle-out", "out.age"].as_slice(),
        &["--handover-token", "minted"],
        &["--handover-token", "none", "--webhooks", "project"],
    ] {
        let (env, mut canaries) = env();
        let run = env.run(&[&["connect", "--yes"], more, &LOUD].concat());
        assert_eq!(run.code, 0, "{more:?}: {run}");
        canaries.push(Canary::new("the application's secret", &application_secret(&env).expect("a bundle")));
        let renewed = env.run(&[&["connect", "--yes", "--renew-secret"], more, &LOUD].concat());
        canaries.push(Canary::new("the renewed secret", &application_secret(&env).expect("a bundle")));
        for bundle in env.sandbox().factory().bundles() {
            let value = bundle.document["personal_access_token"]["value"].as_str();
            canaries.extend(value.map(|value| Canary::new("the token in the bundle", value)));
        }
        assert_hidden(&more.join(" "), &canaries, &env, &[run, renewed]);
    }
}

#[test]
fn a_disconnection_shows_no_secret_and_neither_does_its_evidence() {
    let (env, mut canaries) = env();
    let connected = env.run(&["connect", "--yes", "--handover-token", "minted"]);
    assert_eq!(connected.code, 0, "{connected}");
    canaries.push(Canary::new("the application's secret", &application_secret(&env).expect("a bundle")));
    for bundle in env.sandbox().factory().bundles() {
        let value = bundle.document["personal_access_token"]["value"].as_str();
        canaries.extend(value.map(|value| Canary::new("the token in the bundle", value)));
    }
    let mut runs = Vec::new();
    for args in [
        ["disconnect", "--dry-run"].as_slice(),
        &["disconnect", "--yes", "--evidence", "evidence.json", "--audit-log", "audit.jsonl", "-o", "json"],
        &["disconnect", "--yes"],
        &["status"],
    ] {
        let run = env.run(&[args, &LOUD].concat());
        assert_eq!(run.code, 0, "{args:?}: {run}");
        runs.push(run);
    }
    assert_hidden("disconnect", &canaries, &env, &runs);
    assert!(env.path("evidence.json").exists());
}

#[test]
fn an_exercise_shows_no_secret_although_the_receiver_echoes_one() {
    let (env, mut canaries) = env();
    let connected = env.run(&["connect", "--yes"]);
    assert_eq!(connected.code, 0, "{connected}");
    canaries.push(Canary::new("the application's secret", &application_secret(&env).expect("a bundle")));
    let mut runs = Vec::new();
    for args in [
        ["exercise", "--dry-run"].as_slice(),
        &["exercise", "--yes", "--audit-log", "audit.jsonl", "-o", "json", "--output-file", "exercise.json"],
        &["exercise", "--yes", "--keep", "-o", "junit", "--output-file", "exercise.xml"],
        &["exercise", "--yes", "--sweep"],
    ] {
        let run = env.run(&[args, &LOUD].concat());
        assert_eq!(run.code, 0, "{args:?}: {run}");
        runs.push(run);
    }
    let secret = env.sandbox().factory().webhook_secret().to_owned();
    env.sandbox().factory().set_quirks(|quirks| {
        quirks.failed_events = vec!["Issue Hook"];
        quirks.webhook = Some((500, format!("the token {secret} is refused")));
    });
    for format in ["text", "json", "junit"] {
        let run = env.run(&[&["exercise", "--yes", "--only", "issue", "-o", format], LOUD.as_slice()].concat());
        assert_eq!(run.code, 1, "{run}");
        assert!(run.stdout.contains("[redacted]"), "the answer is shown: {run}");
        runs.push(run);
    }
    assert_hidden("exercise", &canaries, &env, &runs);
}

#[test]
fn a_rotation_shows_neither_the_old_secrets_nor_the_new_ones() {
    let (env, mut canaries) = env();
    let connected = env.run(&["connect", "--yes", "--handover-token", "minted"]);
    assert_eq!(connected.code, 0, "{connected}");
    let secrets = env.sandbox().factory().rotate_webhook_secret();
    canaries.extend(secrets.iter().map(|secret| Canary::new("a secret token of the webhooks", secret)));
    let mut runs = Vec::new();
    for args in [
        ["rotate", "token", "--dry-run"].as_slice(),
        &["rotate", "token", "--yes", "--audit-log", "audit.jsonl", "-o", "json", "--output-file", "rotate.json"],
        &["rotate", "token", "--yes", "--due", "30d"],
        &["rotate", "application-secret", "--yes", "--audit-log", "audit.jsonl", "-o", "json"],
        &["rotate", "application-secret", "--yes"],
        &["rotate", "webhook-secret", "--yes", "--audit-log", "audit.jsonl", "-o", "json"],
        &["status"],
    ] {
        let run = env.run(&[args, &LOUD].concat());
        assert_eq!(run.code, 0, "{args:?}: {run}");
        runs.push(run);
    }
    for bundle in env.sandbox().factory().bundles() {
        for path in ["/personal_access_token/value", "/application/secret"] {
            let value = bundle.document.pointer(path).and_then(serde_json::Value::as_str);
            canaries.extend(value.map(|value| Canary::new(path, value)));
        }
    }
    assert!(canaries.len() > 6, "old and new ones");
    assert_hidden("rotate", &canaries, &env, &runs);
}

#[test]
fn looks_show_no_secret_and_neither_does_what_they_keep() {
    let (mut env, mut canaries) = env();
    let connected = env.run(&["connect", "--yes", "--handover-token", "minted", "--webhooks", "project"]);
    assert_eq!(connected.code, 0, "{connected}");
    let secret = application_secret(&env).expect("a sealed bundle");
    canaries.push(Canary::new("the application's secret", &secret));
    for bundle in env.sandbox().factory().bundles() {
        let value = bundle.document["personal_access_token"]["value"].as_str();
        canaries.extend(value.map(|value| Canary::new("the token in the bundle", value)));
    }
    env.set("FACTORY_GITLAB_APPLICATION_ID", &env.sandbox().gitlab().applications()[0].uid.clone());
    env.set("FACTORY_GITLAB_APPLICATION_SECRET", &secret);
    let notify = "cat >> told.jsonl; env > environment";
    let look = ["monitor", "--once", "--fix", "--yes", "--metrics-file", "factory.prom", "--notify-command", notify];
    let mut runs = Vec::new();
    for step in 0..4 {
        if step == 1 {
            crate::monitor::new_project(&env, "fresh");
        }
        if step == 2 {
            env.sandbox().gitlab().disable_hook(env.all_hooks()[0].id);
        }
        let format: &[&str] = if step % 2 == 0 { &["-o", "json"] } else { &["-vv", "--log-file", "run.log"] };
        runs.push(env.run(&[&look[..], format].concat()));
    }
    runs.push(env.run(&["monitor", "--for", "1h", "--interval", "30m", "--notify-command", notify]));
    assert!(env.path("told.jsonl").exists() && env.path("environment").exists() && env.path("factory.prom").exists());
    assert_hidden("monitor", &canaries, &env, &runs);
}
