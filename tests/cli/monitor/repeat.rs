//! The loop: looks at an interval, until the time is over or the user stops.
#![expect(clippy::disallowed_methods, reason = "the tests wait for requests of a running program")]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use factory_gitlab::sandbox::gitlab::GitLab;
use factory_gitlab::sandbox::options::SandboxOptions;
use jiff::ToSpan as _;
use serde_json::{Value, json};

use super::{connected, events, result, told, unlicensed};
use crate::test_env::{TestEnv, Transcript, small};

/// What changes at GitLab when a look begins, by the number of the look; the first is 1.
pub type Changes = BTreeMap<usize, Box<dyn FnOnce(&GitLab) + Send>>;

/// Watches for a while, with changes at certain looks.
pub fn watch(env: &mut TestEnv, args: &[&str], changes: Changes) -> Transcript {
    env.set_clock_speed(20_000);
    let (gitlab, changes, looks) = (env.sandbox().gitlab().clone(), Arc::new(Mutex::new(changes)), Mutex::new(0_usize));
    env.sandbox().clear_requests();
    env.sandbox().on_request(move |request| {
        // A look reads the metadata once, whatever comes of it; its end is the beginning of the rest of the look.
        if request.path().ends_with("/metadata") && request.status.is_some_and(|status| status != 502) {
            let mut looks = looks.lock().expect("not poisoned");
            *looks += 1;
            let change = changes.lock().expect("not poisoned").remove(&*looks);
            change.into_iter().for_each(|change| change(&gitlab));
        }
    });
    let run = env.run(&[&["monitor"], args].concat());
    env.sandbox().on_request(|_| ());
    run
}

#[test]
fn it_looks_at_each_interval_and_once_more_at_the_end() {
    let mut env = connected(small());
    let run = watch(&mut env, &["--for", "1h", "--interval", "10m", "-o", "json"], Changes::new());
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(told(&run), ["baseline checks"]);
    assert_eq!(result(&run)["looks"], 7, "{run}");
}

#[test]
fn it_ends_with_the_go_live_report() {
    let mut env = connected(small());
    let mut changes = Changes::new();
    changes.insert(
        3,
        Box::new(|gitlab| {
            super::add_project(gitlab, "fresh");
        }),
    );
    let run = watch(&mut env, &["--for", "1h", "--interval", "10m"], changes);
    insta::assert_snapshot!(run, @r"
    exit code: 0
    ----- stdout -----
    [date] [time]  baseline   checks: 27 passed
    [date] [time]  new        project group-1/fresh

    http://127.0.0.1:[port] watched for 1 h
      looks          7, 89 requests
      changes        0 problems, 0 recovered
      GitLab away    never
      projects       2 covered, 0 not
      news           1 new, 0 moved, 0 archived, 0 to be deleted, 0 gone
      webhooks       1 enabled, 0 not
      deliveries     0 logged meanwhile, 0 failed (the logs of 1 webhook)

    instance
      pass     instance.dns              the name resolves (private address)
      pass     instance.tcp              the port opens
      skip     instance.tls              the certificate is valid (http on a loopback address has no TLS)
      pass     instance.url              the URL is GitLab's own
      pass     instance.api              GitLab's API answers
      pass     instance.version          the version is supported (19.2.0-ee Enterprise Edition, premium)

    token
      pass     token.valid               the token is valid (token-1 of root)
      pass     token.scopes              the token has the scopes that are needed (api)
      pass     token.expiry              the token does not expire soon (until [date])
      pass     token.admin               the token acts as an administrator (root)
      pass     token.excess              the token has no more scopes than needed
      pass     token.handed_over         the token that Factory was given is valid (it is the token that is used here)

    application
      pass     application.exists        there is one OAuth application for Factory (Factory Integration (number 1))
      pass     application.redirect_uri  the redirect URI is exactly Factory's
      pass     application.scopes        the application has the scopes that Factory needs
      pass     application.confidential  the application is confidential
      skip     application.secret        the application's ID and secret belong together (no application secret is given (--application-secret-file))

    webhook
      pass     webhook.coverage          every target has a webhook to Factory (1 group)
      pass     webhook.events            the hooks send the events that Factory needs
      pass     webhook.tls               the hooks verify Factory's certificate
      pass     webhook.token             the hooks carry the kit's secret token
      pass     webhook.payload           the hooks send GitLab's own payload
      pass     webhook.enabled           no hook was disabled by GitLab
      pass     webhook.duplicates        no target has two webhooks to Factory
      pass     webhook.scope             no hook of ours is outside the selection
      skip     webhook.delivery          a test delivery arrives (--live was not given)
      pass     webhook.recent            recent deliveries did not fail (1 delivery)

    factory
      pass     factory.reachable         Factory's hosts answer
      pass     factory.bundle            Factory has accepted the bundle
      pass     factory.status            Factory says that it is connected

    verdict: pass, 27 passed, 3 skipped on http://127.0.0.1:[port] (13 requests, [duration])
    ");
}

#[test]
fn each_change_is_told_once_and_each_recovery_once() {
    let mut env = connected(unlicensed(3));
    let hook = env.all_hooks()[0].id;
    let gone = env.all_hooks()[1].id;
    let group = env.sandbox().gitlab().add_group("elsewhere", None);
    let mut changes = Changes::new();
    changes.insert(3, Box::new(move |gitlab| gitlab.disable_hook(hook)));
    changes.insert(9, Box::new(move |gitlab| gitlab.enable_hook(hook)));
    changes.insert(14, Box::new(move |gitlab| gitlab.move_project(3, group)));
    changes.insert(18, Box::new(move |gitlab| gitlab.archive(3)));
    changes.insert(22, Box::new(move |gitlab| gitlab.change_hook(gone, |hook| hook.enable_ssl_verification = false)));
    changes.insert(30, Box::new(move |gitlab| gitlab.change_hook(gone, |hook| hook.enable_ssl_verification = true)));
    let run = watch(&mut env, &["--for", "40m", "--interval", "1m", "-o", "json"], changes);
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(
        told(&run),
        [
            "baseline checks",
            "problem webhook.enabled",
            "recovered webhook.enabled",
            "moved project elsewhere/project-3",
            "archived project elsewhere/project-3",
            "problem webhook.tls",
            "recovered webhook.tls",
        ],
        "{run}"
    );
}

#[test]
fn a_token_that_is_about_to_end_is_told_once() {
    let mut env = connected(small());
    let mut changes = Changes::new();
    changes.insert(
        3,
        Box::new(|gitlab| {
            let end = gitlab.clock().today().saturating_add(10.days());
            gitlab.lock().tokens.values_mut().for_each(|token| token.expires_at = Some(end));
        }),
    );
    let run = watch(&mut env, &["--for", "10m", "--interval", "1m", "-o", "json"], changes);
    assert_eq!(run.code, 0, "a warning fails nothing: {run}");
    let all = told(&run);
    assert_eq!(all.iter().filter(|one| *one == "problem token.expiry").count(), 1, "{run}");
}

#[test]
fn hours_without_gitlab_are_away_and_not_broken_and_told_once_with_their_end() {
    let mut env = connected(small());
    env.set_clock_speed(20_000);
    let gitlab = env.sandbox().gitlab().clone();
    let looks = Mutex::new(0_usize);
    env.sandbox().on_request(move |request| {
        if !request.path().ends_with("/metadata") {
            return;
        }
        let mut looks = looks.lock().expect("not poisoned");
        *looks += 1;
        // A request that fails is sent four times.
        match *looks {
            3 => gitlab.lock().quirks.down = Some(502),
            40 => gitlab.lock().quirks.down = None,
            _ => {}
        }
    });
    let run = env.run(&["monitor", "--for", "24h", "--interval", "30m", "-o", "json"]);
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(told(&run), ["baseline checks", "away GitLab", "back GitLab"], "{run}");
    let result = result(&run);
    assert_eq!((&result["away"]["now"], &result["away"]["times"]), (&json!(false), &json!(1)), "{result}");
    assert!(result["away"]["seconds"].as_u64().is_some_and(|away| away >= 4 * 60 * 60), "{result}");
}

#[test]
fn where_gitlab_is_away_at_the_end_the_exit_code_is_3() {
    let mut env = connected(small());
    let mut changes = Changes::new();
    changes.insert(5, Box::new(|gitlab| gitlab.lock().quirks.down = Some(502)));
    let run = watch(&mut env, &["--for", "20m", "--interval", "2m"], changes);
    assert_eq!(run.code, 3, "{run}");
    assert!(run.stdout.contains("GitLab is away; the checks are of "), "{run}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_with_the_summary() {
    let env = connected(small());
    for signal in ["INT", "TERM"] {
        let mut child = env.start(&["monitor", "--for", "8000h", "--interval", "1000h"]);
        let mut output = BufReader::new(child.stdout.take().expect("standard output"));
        let mut text = String::new();
        output.read_line(&mut text).expect("the baseline");
        assert!(text.contains("baseline"), "{text}");
        let sent =
            Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status().expect("a signal");
        assert!(sent.success());
        output.read_to_string(&mut text).expect("the summary");
        assert_eq!(child.wait().expect("it ends").code(), Some(0), "{signal}: {text}");
        assert!(text.contains("watched for") && text.contains("verdict: pass"), "{signal}: {text}");
    }
}

#[cfg(unix)]
#[test]
fn interrupted_before_the_first_look_is_made_it_knows_nothing() {
    let env = connected(small());
    env.sandbox().fault("GET /api/v4/metadata=hang").expect("a fault");
    env.sandbox().clear_requests();
    let child = env.start(&["monitor"]);
    let began = Instant::now();
    while env.sandbox().requests().is_empty() {
        assert!(began.elapsed() < Duration::from_secs(120), "it does not look");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("a signal").success());
    let run = Transcript::new(&child.wait_with_output().expect("it ends"), &env.path(""));
    assert_eq!((run.code, run.stdout.as_str()), (130, ""), "{run}");
}

#[test]
fn the_result_goes_to_a_file_and_the_text_to_the_terminal() {
    let mut env = connected(small());
    let run = watch(
        &mut env,
        &["--for", "10m", "--interval", "5m", "-o", "json", "--output-file", "report.json", "-o", "html=report.html"],
        Changes::new(),
    );
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.contains("baseline") && run.stdout.contains("verdict: pass"), "{run}");
    let report: Value =
        serde_json::from_slice(&std::fs::read(env.path("report.json")).expect("a report")).expect("JSON");
    assert_eq!((&report["event"], &report["verdict"], &report["looks"]), (&json!("result"), &json!("pass"), &json!(3)));
    let page = std::fs::read_to_string(env.path("report.html")).expect("a page");
    for part in
        ["default-src 'none'", "watched for 10 min</h1>", "<dt>looks</dt>", "<code>webhook.coverage</code>", "pass: "]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[test]
fn a_page_on_standard_output_has_its_events_on_standard_error() {
    let mut env = connected(small());
    let id = env.sandbox().gitlab().applications()[0].id;
    let mut changes = Changes::new();
    changes
        .insert(2, Box::new(move |gitlab| gitlab.lock().applications.get_mut(&id).expect("it").confidential = false));
    let run = watch(&mut env, &["--for", "15m", "--interval", "5m", "-o", "html"], changes);
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stdout.starts_with("<!DOCTYPE html>") && run.stdout.ends_with("</html>\n"), "{run}");
    assert!(run.stdout.contains("fail: ") && run.stdout.contains("<dd>application.confidential</dd>"), "{run}");
    assert!(run.stderr.contains("baseline") && run.stderr.contains("application.confidential  pass -> fail"), "{run}");
}

#[test]
fn usage_errors_come_before_the_first_look() {
    let env = connected(small());
    for (args, word) in [
        (["monitor", "--interval", "1s"].as_slice(), "at least 10s"),
        (&["monitor", "--once", "--interval", "5m"], "--interval"),
        (&["monitor", "--once", "-o", "junit"], "monitor has no JUnit form; choose -o text, -o json or -o html"),
        (&["monitor", "--fix"], "--yes"),
        (&["monitor", "--once", "--fix"], "--yes"),
        (&["monitor", "--metrics-file", "no/such/file.prom"], "does not exist"),
    ] {
        env.sandbox().clear_requests();
        let run = env.run(args);
        assert_eq!(run.code, 2, "{args:?}: {run}");
        assert!(run.stderr.contains(word), "{args:?}: {run}");
        assert!(env.sandbox().requests().is_empty(), "{args:?}");
    }
}

#[test]
fn deliveries_are_counted_from_the_last_one_that_was_seen() {
    let mut env = connected(SandboxOptions { projects: 1, ..unlicensed(1) });
    let mut changes = Changes::new();
    // More than a page of the log between two looks.
    changes.insert(3, Box::new(|gitlab| gitlab.log_deliveries(1, 45, 200)));
    changes.insert(5, Box::new(|gitlab| gitlab.log_deliveries(1, 3, 500)));
    let run = watch(&mut env, &["--for", "10m", "--interval", "1m", "-o", "json"], changes);
    let counts = &result(&run)["counts"];
    assert_eq!((&counts["deliveries"], &counts["deliveries_failed"]), (&json!(48), &json!(3)), "{run}");
    assert!(told(&run).contains(&"problem webhook.recent".to_owned()), "{run}");
    assert_eq!(run.code, 1);
    assert!(events(&run).len() < 6);
}
