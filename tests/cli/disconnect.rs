//! `disconnect`: what `connect` made goes, everything else stays, and the end is proven.

mod faults;
#[cfg(unix)]
mod killed;
mod left;
mod organizations;
pub mod state;

use factory_gitlab::sandbox::options::{SandboxEdition, SandboxOptions, SandboxPlan};
use serde_json::{Value, json};

use self::state::{is_as_before, state_of};
use crate::test_env::{TestEnv, of_version, small};

/// Kinds of instances, and how each is connected.
fn connections() -> Vec<(&'static str, SandboxOptions, &'static [&'static str])> {
    let projects = |version: (u16, u16)| SandboxOptions {
        plan: SandboxPlan::None,
        projects: 2,
        ..of_version(version.0, version.1)
    };
    vec![
        ("group hooks", small(), &[]),
        ("project hooks", projects((19, 2)), &["--handover-token", "minted"]),
        ("the Community Edition", SandboxOptions { edition: SandboxEdition::Ce, ..projects((18, 5)) }, &[]),
        ("hooks without marks", projects((16, 11)), &["--handover-token", "none"]),
        ("a system hook", of_version(18, 5), &["--webhooks", "system"]),
        ("no webhooks", small(), &["--webhooks", "none"]),
        ("a bundle to carry", small(), &["--bundle-out", "out.age", "--handover-token", "minted"]),
    ]
}

#[test]
fn everything_that_connect_made_is_undone_on_every_kind_of_instance() {
    for (name, options, args) in connections() {
        let env = TestEnv::with(options);
        let before = state_of(&env);
        env.connects(args);
        assert_ne!(state_of(&env), before, "{name}");
        let run = env.disconnected(&["-o", "json"]);
        is_as_before(&env, &before, name);
        let document = run.json();
        assert_eq!(document["verdict"], "disconnected", "{name}: {document}");
        assert_eq!(document["left"], json!([]), "{name}");
        let again = env.disconnected(&[]);
        assert!(again.stdout.starts_with("nothing to do: "), "{name}: {again}");
        assert_eq!(env.writes(), Vec::<String>::new(), "{name}");
        env.connects(args);
        if !args.contains(&"--bundle-out") {
            let verified = env.run(&["verify"]);
            assert_eq!(verified.code, 0, "{name}: {verified}");
        }
    }
}

#[test]
fn the_plan_names_each_removal_and_the_end_is_proven() {
    let env = TestEnv::with(SandboxOptions { projects: 2, plan: SandboxPlan::None, ..small() });
    env.connects(&["--handover-token", "minted"]);
    insta::assert_snapshot!(env.disconnect(&[]), @r"
    exit code: 0
    ----- stdout -----
    disconnected: http://127.0.0.1:[port]

      done    tell Factory that the connection to http://127.0.0.1:[port] ends
      done    delete webhook 1 on project group-1/project-1
      done    delete webhook 2 on project group-1/project-2
      done    delete application 1 ([digest]…)
      done    revoke the token Factory (org_sandbox) [date] [time] (3)
      done    delete this machine's record of the connection and the sealed bundle
      proven  Factory answered that the connection has ended
      proven  GitLab does not list the webhook any more (2)
      proven  GitLab does not list the application any more
      proven  GitLab says that the token is revoked

    31 requests, 5 of them writes, [duration]
    ----- stderr -----
    Plan for http://127.0.0.1:[port]
      1. tell Factory that the connection to http://127.0.0.1:[port] ends
         at http://127.0.0.1:[port]/gitlab/v1/connection
         nothing is removed unless Factory knows
      2. delete webhook 1 on project group-1/project-1
         registered for this connection
      3. delete webhook 2 on project group-1/project-2
         registered for this connection
      4. delete application 1 ([digest]…)
         created by this tool
         its tokens end, and who signed in through it is signed out
      5. revoke the token Factory (org_sandbox) [date] [time] (3)
         created by this tool for Factory
      6. delete this machine's record of the connection and the sealed bundle
         one line stays that says when it was removed
    ");
    insta::assert_snapshot!(env.run(&["status"]), @r"
    exit code: 0
    ----- stdout -----
    http://127.0.0.1:[port]
      state        disconnected on [time]
      organization org_sandbox
      kit          [fingerprint], sealed for [recipient]
      application  none created by this tool
      its secret   not known on this machine
      bundle       none
      webhooks     0 created or changed by this tool
      recorded in  [home]/state/127.0.0.1_[port]--org_sandbox/journal.jsonl
    ");
}

#[test]
fn a_dry_run_writes_nothing_and_tells_scripts_that_something_is_connected() {
    let env = TestEnv::with(small());
    let nothing = env.run(&["disconnect", "--dry-run", "--exit-code"]);
    assert_eq!(nothing.code, 0, "{nothing}");
    env.connects(&[]);
    env.sandbox().clear_requests();
    let before = state_of(&env);
    let run = env.run(&["disconnect", "--dry-run", "--exit-code", "-o", "json"]);
    assert_eq!(run.code, 4, "{run}");
    assert_eq!(run.json()["changed"], true, "a run would change something: {run}");
    let steps: Vec<Value> =
        run.json()["steps"].as_array().expect("steps").iter().map(|step| step["step"].clone()).collect();
    assert_eq!(steps, ["tell_factory", "delete_hook", "delete_application", "delete_records"]);
    assert_eq!(env.writes(), Vec::<String>::new());
    is_as_before(&env, &before, "a dry run");
    env.has_nothing_to_do(&[]);
}

#[test]
fn an_administrators_own_token_is_named_and_never_revoked() {
    let env = TestEnv::with(small());
    env.connects(&["--handover-token", "given"]);
    let run = env.disconnected(&[]);
    assert!(run.stdout.contains("/-/user_settings/personal_access_tokens"), "{run}");
    assert!(run.stdout.contains("which this tool did not create"), "{run}");
    assert_eq!(env.api("GET", "/user", &Value::Null).0, 200);
}

#[test]
fn webhooks_alone_are_removed_while_the_connection_stays() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    let run = env.disconnected(&["--hooks-only"]);
    assert_eq!(env.writes().len(), 1, "{run}");
    assert_eq!(env.all_hooks().len(), 0);
    assert_eq!(env.sandbox().gitlab().applications().len(), 1);
    assert_eq!(env.sandbox().factory().bundles().len(), 1);
    env.connects(&[]);
    env.has_nothing_to_do(&[]);
}

#[test]
fn an_application_that_is_kept_is_removed_by_a_later_run_and_connected_again_by_connect() {
    let env = TestEnv::with(small());
    let before = state_of(&env);
    env.connects(&[]);
    let run = env.disconnected(&["--keep-application"]);
    assert!(run.stdout.contains("kept on request (--keep-application)"), "{run}");
    assert_eq!(env.sandbox().gitlab().applications().len(), 1);
    env.connects(&[]);
    assert_eq!(env.sandbox().gitlab().applications().len(), 1, "the same is used again");
    assert_eq!(env.run(&["verify"]).code, 0);
    env.disconnects(&["--keep-application"]);
    env.disconnects(&[]);
    is_as_before(&env, &before, "later");
}

#[test]
fn the_evidence_says_what_was_done_by_whom_and_under_which_request_ids() {
    let env = TestEnv::with(small());
    env.connects(&["--handover-token", "minted"]);
    env.disconnects(&["--evidence", "evidence.json", "--audit-log", "audit.jsonl"]);
    let text = std::fs::read_to_string(env.path("evidence.json")).expect("evidence");
    let evidence: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(evidence["schema"], "factory-gitlab/disconnect-evidence/v1");
    assert_eq!((&evidence["verdict"], &evidence["exit_code"]), (&json!("disconnected"), &json!(0)));
    assert_eq!(evidence["by"]["username"], "root", "{text}");
    assert!(evidence["by"]["token_id"].is_u64() && evidence["ended_at"].is_string(), "{text}");
    let requests = evidence["requests"].as_array().expect("requests");
    let deletions: Vec<&Value> = requests.iter().filter(|request| request["method"] == "DELETE").collect();
    assert_eq!(deletions.len(), 4, "Factory, webhook, application, token: {text}");
    for deletion in deletions.iter().filter(|one| one["host"] == env.sandbox().gitlab_url().replace("http://", "")) {
        assert_eq!(deletion["request_id"].as_str().map(str::len), Some(32), "{deletion}");
    }
    assert_eq!(evidence["proof"].as_array().map(Vec::len), Some(4), "{text}");
    let audit = std::fs::read_to_string(env.path("audit.jsonl")).expect("an audit log");
    assert!(audit.contains("\"factory_told\"") && audit.contains("\"disconnected\""), "{audit}");
}

#[test]
fn without_a_terminal_the_approval_is_listed_with_all_that_is_missing() {
    let mut env = TestEnv::with(small());
    env.unset("GITLAB_TOKEN");
    let run = env.run(&["disconnect"]);
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains("GITLAB_TOKEN") && run.stderr.contains("--yes"), "{run}");
}

#[test]
fn evidence_of_an_earlier_run_is_never_overwritten() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    env.disconnects(&["--evidence", "evidence.json"]);
    let first = std::fs::read(env.path("evidence.json")).expect("evidence");
    env.connects(&[]);
    let run = env.disconnect(&["--keep-application", "--evidence", "evidence.json"]);
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains("exists already and is not overwritten"), "{run}");
    assert!(run.stderr.contains("factory-gitlab disconnect --keep-application --evidence evidence-2.json"), "{run}");
    assert_eq!(env.sandbox().requests().len(), 0, "{run}");
    assert_eq!(std::fs::read(env.path("evidence.json")).expect("evidence"), first);
    env.sandbox().fault("gitlab:DELETE /api/v4/applications/2=status:500").expect("a fault");
    let failed = env.disconnect(&["--timeout", "2", "--evidence", "evidence-2.json"]);
    assert_ne!(failed.code, 0, "{failed}");
    assert!(failed.stdout.contains("again to continue, with another file for --evidence"), "{failed}");
    env.sandbox().clear_faults();
    env.disconnects(&["--evidence", "evidence-3.json"]);
    assert_eq!(std::fs::read(env.path("evidence.json")).expect("evidence"), first);
}

#[test]
fn hints_that_run_disconnect_again_repeat_what_was_chosen() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    env.sandbox().fault("factory:DELETE /gitlab/v1/connection=status:500").expect("a fault");
    let kept = env.disconnect(&["--keep-application", "--timeout", "2"]);
    assert_eq!(kept.code, 3, "{kept}");
    assert!(kept.stdout.contains("factory-gitlab disconnect --keep-application --without-factory"), "{kept}");
    let is_bare = |line: &str| {
        line.trim() == "factory-gitlab disconnect" || line.trim().ends_with("disconnect --without-factory")
    };
    assert!(!kept.stdout.lines().any(is_bare), "{kept}");
    let id = env.sandbox().gitlab().applications()[0].uid.clone();
    let named = env.disconnect(&["--application-id", &id, "--timeout", "2"]);
    let line = format!("factory-gitlab disconnect --application-id {id} --without-factory");
    assert!(named.stdout.contains(&line), "{named}");
    let without = env.disconnected(&["--keep-application", "--without-factory"]);
    assert_eq!(env.sandbox().gitlab().applications().len(), 1, "{without}");
}

#[test]
fn an_application_that_is_kept_is_named_everywhere_with_the_command_that_removes_it() {
    let env = TestEnv::with(small());
    let before = state_of(&env);
    env.connects(&["--handover-token", "given"]);
    let id = env.sandbox().gitlab().applications()[0].uid.clone();
    let run = env.disconnected(&["--keep-application", "--evidence", "evidence.json", "-o", "json"]);
    let evidence = std::fs::read_to_string(env.path("evidence.json")).expect("evidence");
    for document in [run.json(), serde_json::from_str(&evidence).expect("JSON")] {
        let kept = document["kept"].as_array().cloned().expect("what is kept");
        let kinds: Vec<&Value> = kept.iter().map(|one| &one["kind"]).collect();
        assert_eq!(kinds, ["application", "token"], "{document}");
        assert_eq!(kept[0]["why"], "kept on request (--keep-application)", "{document}");
        assert!(kept[0]["what"].as_str().is_some_and(|what| what.contains(&id)), "{document}");
    }
    let removal = format!("factory-gitlab disconnect --application-id {id}");
    let is_said = |run: &str| run.contains(&removal) && !run.contains("not finished") && !run.contains("lost");
    let status = env.run(&["status"]);
    assert!(is_said(&status.stdout) && status.stdout.contains("the application is kept"), "{status}");
    assert_eq!(env.run(&["status", "-o", "json"]).json()["connections"][0]["state"], "disconnected");
    let rotation = env.run(&["rotate", "token", "--yes"]);
    assert!(rotation.code == 1 && rotation.stderr.contains("factory-gitlab connect"), "{rotation}");
    assert!(!rotation.stderr.contains("disconnect"), "a command that deletes what is kept: {rotation}");
    let again = env.disconnected(&["--keep-application"]);
    assert!(again.stdout.starts_with("nothing to do: ") && is_said(&again.stdout), "{again}");
    assert!(!again.stdout.contains("is not connected"), "{again}");
    env.disconnects(&["--application-id", &id]);
    is_as_before(&env, &before, "removed later");
}

#[test]
fn an_application_that_is_kept_after_its_webhooks_went_is_not_called_disconnected() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    env.disconnects(&["--hooks-only"]);
    let run = env.disconnected(&["--without-factory", "--keep-application"]);
    assert!(!run.stdout.contains("is not connected"), "{run}");
    assert!(run.stdout.contains("only what is kept is left"), "{run}");
    assert!(run.stdout.contains("kept on request") && run.stdout.contains("tell Factory"), "{run}");
}

#[test]
fn status_does_not_send_to_a_command_that_deletes_an_application_which_a_later_run_keeps() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    let number = env.sandbox().gitlab().applications()[0].id;
    env.sandbox().fault(&format!("gitlab:DELETE /api/v4/applications/{number}=status:403")).expect("a fault");
    assert_eq!(env.disconnect(&[]).code, 1);
    env.sandbox().clear_faults();
    let unfinished = env.run(&["status"]);
    assert!(unfinished.stdout.contains("not finished"), "{unfinished}");
    env.disconnects(&["--keep-application"]);
    let status = env.run(&["status"]);
    assert!(status.stdout.contains("the application is kept") && !status.stdout.contains("not finished"), "{status}");
}
