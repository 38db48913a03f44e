//! What stays, and what is left although it was to go.

use factory_gitlab::sandbox::options::{SandboxOptions, SandboxPlan};
use factory_gitlab::sandbox::request_log::{Moment, RequestAction};
use serde_json::{Value, json};

use super::state::{is_as_before, state_of};
use crate::test_env::{TestEnv, of_version, small};

fn projects(count: usize) -> SandboxOptions {
    SandboxOptions { projects: count, plan: SandboxPlan::None, ..small() }
}

fn left(env: &TestEnv, args: &[&str]) -> Vec<Value> {
    let run = env.disconnect(&[args, &["-o", "json"]].concat());
    assert_eq!(run.code, 1, "{run}");
    assert_eq!(run.json()["verdict"], "incomplete", "{run}");
    run.json()["left"].as_array().cloned().expect("what is left")
}

#[test]
fn hooks_of_other_products_and_a_copied_mark_stay() {
    let env = TestEnv::with(projects(1));
    env.make("/projects/1/hooks", &json!({ "url": "https://ci.example/hook", "push_events": true }));
    let before = state_of(&env);
    env.connects(&[]);
    env.disconnects(&[]);
    is_as_before(&env, &before, "another product's");
    env.connects(&[]);
    let ours = env.all_hooks().into_iter().find(|hook| hook.url.contains("/gitlab/hooks/")).expect("ours");
    env.make("/projects/1/hooks", &json!({ "url": "https://ci.example/copy", "description": ours.description }));
    let left = left(&env, &[]);
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(left[0]["kind"], "webhook");
    assert!(left[0]["url"].as_str().expect("a URL").ends_with("/group-1/project-1/-/hooks"), "{left:?}");
    let kept: Vec<String> = env.all_hooks().into_iter().map(|hook| hook.url).collect();
    assert_eq!(kept, ["https://ci.example/hook", "https://ci.example/copy"]);
}

#[test]
fn on_another_machine_hooks_go_by_their_mark_and_an_application_that_no_record_names_stays() {
    let mut env = TestEnv::with(small());
    let before = state_of(&env);
    env.connects(&[]);
    env.on_another_machine();
    let left = left(&env, &[]);
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(left[0]["kind"], "application");
    assert_eq!(env.all_hooks().len(), 0);
    let id = env.sandbox().gitlab().applications()[0].uid.clone();
    let command = left[0]["fixes"][0]["command"].as_str().expect("a command");
    assert_eq!(command, format!("factory-gitlab disconnect --application-id {id}"));
    env.disconnects(&["--application-id", &id]);
    is_as_before(&env, &before, "named");
    let again = env.disconnected(&["--application-id", &id]);
    assert!(again.stdout.starts_with("nothing to do: "), "{again}");
}

#[test]
fn an_application_made_by_hand_is_named_with_both_ways_to_go_on() {
    let env = TestEnv::with(small());
    let made = env.make_application(&json!({}));
    let secret = env.file("secret", made["secret"].as_str().expect("a secret"));
    let id = made["application_id"].as_str().expect("an ID").to_owned();
    let before = state_of(&env);
    let manual = ["--application", "manual", "--application-id", &id, "--application-secret-file", &secret];
    env.connects(&manual);
    let one = left(&env, &[]);
    assert_eq!(one.len(), 1, "{one:?}");
    is_as_before(&env, &before, "it is left");
    env.disconnects(&["--keep-application"]);
    is_as_before(&env, &before, "it is kept");
    env.connects(&manual);
    env.disconnects(&["--application-id", &id]);
    assert_eq!(env.sandbox().gitlab().applications().len(), 0);
}

#[test]
fn an_application_that_is_named_and_is_not_of_this_kit_is_not_deleted() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    let other = json!({ "name": "Grafana", "redirect_uri": "https://grafana.example/cb", "scopes": "read_user" });
    let other = env.make("/applications", &other);
    let run = env.disconnect(&["--application-id", other["application_id"].as_str().expect("an ID")]);
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stderr.contains("has neither the kit's name nor its redirect URI"), "{run}");
    assert_eq!(env.writes(), Vec::<String>::new());
}

/// GitLab deletes whatever has the number, a user's own application too.
#[test]
fn the_application_is_listed_and_matched_again_right_before_it_is_deleted() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    env.sandbox().clear_requests();
    assert_eq!(env.run(&["disconnect", "--dry-run"]).code, 0);
    let reads = env.sandbox().requests().len();
    env.sandbox().clear_requests();
    // Once the plan is made, the number comes to belong to a user's application.
    let gitlab = env.sandbox().gitlab().clone();
    env.sandbox().at_request(reads + 1, Moment::BeforeActing, move |_| {
        gitlab.lock().applications.values_mut().for_each(|one| one.owner = Some(1));
        RequestAction::Continue
    });
    let run = env.run(&["disconnect", "--yes"]);
    assert_eq!(env.sandbox().gitlab().lock().applications.len(), 1, "a user's application was deleted: {run}");
}

#[test]
fn a_wrong_application_id_does_not_make_the_connections_application_somebody_elses() {
    let mut env = TestEnv::with(small());
    env.connects(&[]);
    env.on_another_machine();
    let run = env.disconnect(&["--application-id", "deadbeef"]);
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stdout.contains("no record on this machine says whose it is"), "{run}");
    assert_eq!(env.sandbox().gitlab().lock().applications.len(), 1, "{run}");
}

/// As after a restored backup.
#[test]
fn an_application_that_was_deleted_and_is_listed_again_is_named() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    let applications = env.sandbox().gitlab().lock().applications.clone();
    env.disconnects(&[]);
    env.sandbox().gitlab().lock().applications = applications;
    let run = env.disconnect(&[]);
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stdout.contains("it was deleted in an earlier run, and GitLab lists it again"), "{run}");
}

#[cfg(unix)]
#[test]
fn a_named_pipe_for_the_evidence_is_refused_before_anything_is_removed() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    let pipe = env.path("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
    assert!(made.success());
    let hooks = env.all_hooks().len();
    let run = env.disconnect(&["--evidence", &pipe.to_string_lossy()]);
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains("it is a named pipe"), "{run}");
    assert_eq!(env.all_hooks().len(), hooks, "{run}");
}

/// Another organization, or a person, may have made it theirs since the plan was made.
#[test]
fn a_webhook_that_was_changed_since_the_plan_was_made_is_left() {
    for command in [&["disconnect", "--yes"][..], &["connect", "--prune", "--yes", "--group", "group-2"]] {
        let env = TestEnv::with(SandboxOptions { projects: 2, groups: 2, ..SandboxOptions::default() });
        env.connects(&[]);
        env.sandbox().clear_requests();
        assert_eq!(env.run(&[command, &["--dry-run"]].concat()).code, 0);
        let reads = env.sandbox().requests().len();
        env.sandbox().clear_requests();
        let gitlab = env.sandbox().gitlab().clone();
        env.sandbox().at_request(reads + 1, Moment::BeforeActing, move |_| {
            for hook in gitlab.all_hooks() {
                gitlab.change_hook(hook.id, |one| one.url = "https://elsewhere.example/hook".to_owned());
            }
            RequestAction::Continue
        });
        let hooks = env.all_hooks().len();
        let run = env.run(command);
        assert_eq!(run.code, 1, "{run}");
        assert!(run.stdout.contains("was changed since the plan was made; it was left unchanged"), "{run}");
        assert_eq!(env.all_hooks().len(), hooks, "{run}");
    }
}

#[test]
fn a_project_that_can_no_longer_be_seen_is_reported_with_its_address_until_it_is_seen_again() {
    let env = TestEnv::with(projects(2));
    let before = state_of(&env);
    env.connects(&[]);
    let hide = |hidden: bool| {
        env.sandbox().gitlab().lock().projects.get_mut(&2).expect("a project").pending_delete = hidden;
    };
    hide(true);
    for _ in 0..2 {
        let one = left(&env, &[]);
        assert_eq!(one.len(), 1, "{one:?}");
        assert_eq!(one[0]["kind"], "target");
        assert!(one[0]["url"].as_str().expect("a URL").contains("project-2"), "{one:?}");
        assert!(one[0]["seen_at"].is_string(), "{one:?}");
    }
    let status = env.run(&["status"]);
    assert!(status.stdout.contains("run disconnect again"), "{status}");
    hide(false);
    env.disconnects(&[]);
    is_as_before(&env, &before, "seen again");
}

#[test]
fn archived_projects_and_those_outside_the_selection_are_cleared_too() {
    let env = TestEnv::with(projects(3));
    env.connects(&[]);
    env.connects(&["--project", "group-1/project-1"]);
    env.sandbox().gitlab().lock().projects.get_mut(&3).expect("a project").archived = true;
    env.disconnects(&[]);
    assert_eq!(env.all_hooks().len(), 0);
}

#[test]
fn a_token_that_is_absent_is_not_taken_for_revoked() {
    let env = TestEnv::with(small());
    env.connects(&["--handover-token", "minted"]);
    env.sandbox().gitlab().lock().tokens.retain(|_, token| !token.name.starts_with("Factory "));
    let left = left(&env, &[]);
    assert_eq!(left[0]["kind"], "token", "{left:?}");
}

#[test]
fn a_token_that_somebody_revoked_already_is_done() {
    let env = TestEnv::with(small());
    let before = state_of(&env);
    env.connects(&["--handover-token", "minted"]);
    let mut state = env.sandbox().gitlab().lock();
    state.tokens.values_mut().filter(|one| one.name.starts_with("Factory ")).for_each(|one| one.revoked = true);
    drop(state);
    env.disconnects(&[]);
    is_as_before(&env, &before, "revoked by hand");
}

#[test]
fn one_refused_webhook_does_not_stop_the_rest_and_the_next_run_removes_it() {
    let env = TestEnv::with(projects(3));
    let before = state_of(&env);
    env.connects(&["--handover-token", "minted"]);
    env.sandbox().fault("DELETE /api/v4/projects/2/hooks/*=status:403").expect("a fault");
    let kinds: Vec<Value> = left(&env, &[]).iter().map(|one| one["kind"].clone()).collect();
    assert_eq!(kinds, ["webhook"]);
    assert_eq!(env.all_hooks().len(), 1);
    assert_eq!(env.sandbox().gitlab().applications().len(), 0, "the rest goes");
    env.sandbox().clear_faults();
    env.disconnects(&[]);
    is_as_before(&env, &before, "the rest");
}

#[test]
fn a_hook_set_up_by_hand_is_left_and_one_that_connect_took_over_goes() {
    let env = TestEnv::with(of_version(18, 5));
    let group = *env.sandbox().gitlab().lock().groups.keys().next().expect("a group");
    let url = env.sandbox().factory().kit_json()["webhook"]["url"].clone();
    env.make(&format!("/groups/{group}/hooks"), &json!({ "url": url, "push_events": true }));
    let left = left(&env, &[]);
    assert_eq!(left[0]["kind"], "webhook", "{left:?}");
    assert_eq!(env.all_hooks().len(), 1);
    env.connects(&[]);
    env.disconnects(&[]);
    assert_eq!(env.all_hooks().len(), 0);
}

fn minted_tokens(env: &TestEnv) -> Vec<Value> {
    let (_, all) = env.api("GET", "/personal_access_tokens?state=active&search=Factory", &Value::Null);
    all.as_array().cloned().expect("tokens")
}

#[test]
fn a_token_that_another_machine_made_for_factory_is_named_and_never_revoked() {
    let mut env = TestEnv::with(small());
    env.connects(&["--handover-token", "minted"]);
    let id = env.sandbox().gitlab().applications()[0].uid.clone();
    let token = minted_tokens(&env)[0].clone();
    env.on_another_machine();
    let one = left(&env, &["--application-id", &id, "--evidence", "evidence.json"]);
    assert_eq!(one.len(), 1, "{one:?}");
    assert_eq!(one[0]["kind"], "token");
    let what = one[0]["what"].as_str().expect("a text");
    assert!(what.contains(token["name"].as_str().expect("a name")), "{what}");
    assert!(what.contains(&format!("({})", token["id"])), "{what}");
    let page = one[0]["url"].as_str().expect("a page");
    assert!(page.ends_with("/-/user_settings/personal_access_tokens"), "{page}");
    assert_eq!(minted_tokens(&env), std::slice::from_ref(&token), "it is not revoked");
    let evidence = std::fs::read_to_string(env.path("evidence.json")).expect("evidence");
    assert!(evidence.contains(token["name"].as_str().expect("a name")), "{evidence}");
    let again = env.disconnect(&[]);
    assert_eq!(again.code, 1, "{again}");
    assert!(again.stdout.contains("What is left of the connection") && again.stdout.contains(what), "{again}");
    env.api("DELETE", &format!("/personal_access_tokens/{}", token["id"]), &Value::Null);
    env.disconnects(&[]);
    assert!(env.disconnected(&[]).stdout.starts_with("nothing to do: "));
}

#[test]
fn a_token_of_another_organization_is_not_named_and_a_list_that_cannot_be_read_is() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    let foreign = json!({ "name": "Factory (org_sandbox_2) 2026-01-01 12:00:00", "scopes": ["api"] });
    env.make("/users/1/personal_access_tokens", &foreign);
    env.make("/users/1/personal_access_tokens", &json!({ "name": "Factory (org_sandbox) by hand", "scopes": ["api"] }));
    env.sandbox().fault("gitlab:/api/v4/personal_access_tokens=status:500").expect("a fault");
    let run = env.disconnect(&["--timeout", "2"]);
    assert_eq!(run.code, 3, "{run}");
    assert!(run.stdout.contains("whether another machine made a token for Factory is unknown"), "{run}");
    env.sandbox().clear_faults();
    let again = env.disconnected(&[]);
    assert!(!again.stdout.contains("What is left"), "{again}");
    assert_eq!(minted_tokens(&env).len(), 2, "{again}");
}
