//! `--once`: one look, compared with the last one on this machine.

use factory_gitlab::sandbox::options::SandboxOptions;
use serde_json::{Value, json};

use super::{NOTHING, connected, events, look, new_project, result, told, unlicensed};
use crate::test_env::{TestEnv, small};

fn state_file(env: &TestEnv) -> std::path::PathBuf {
    let files = env.files_below("state");
    let found = files.into_iter().map(|(path, _)| path).find(|path| path.ends_with("monitor.json"));
    found.expect("a last look").into()
}

#[test]
fn the_first_look_is_the_baseline_and_the_second_has_nothing_to_tell() {
    let env = connected(small());
    env.sandbox().clear_requests();
    insta::assert_snapshot!(env.run(&["monitor", "--once"]), @r"
    exit code: 0
    ----- stdout -----
    [date] [time]  baseline   checks: 27 passed
    ");
    let second = env.run(&["monitor", "--once"]);
    let nothing = "all checks hold; nothing new\n";
    assert_eq!((second.code, second.stdout.as_str(), second.stderr.as_str()), (0, nothing, ""), "{second}");
    assert_eq!(env.writes(), Vec::<String>::new());
}

#[test]
fn what_does_not_hold_is_told_with_the_first_look_and_not_again() {
    let env = TestEnv::with(small());
    insta::assert_snapshot!(env.run(&["monitor", "--once"]), @r#"
    exit code: 1
    ----- stdout -----
    [date] [time]  baseline   checks: 12 passed, 1 warned, 2 failed
    [date] [time]  problem    application.exists  fail: no instance-wide application is named "Factory Integration"
      - create it
        factory-gitlab connect
    [date] [time]  problem    webhook.coverage  fail: 1 of 1 target has no hook to Factory: group group-1
      - create the missing hooks
        factory-gitlab connect
        http://127.0.0.1:[port]/groups/group-1/-/hooks
    [date] [time]  problem    factory.status  warn: Factory has not finished yet: no bundle has been received yet
      - connect first
        factory-gitlab connect
    "#);
    let again = look(&env, &[]);
    assert_eq!((told(&again), again.code), (vec![], 1), "{again}");
}

#[test]
fn a_change_counts_after_two_looks_and_is_told_once_and_so_is_its_recovery() {
    let env = connected(small());
    let hook = env.all_hooks()[0].id;
    let tell = || {
        let run = look(&env, &[]);
        (told(&run), run.code)
    };
    assert_eq!(tell(), (vec!["baseline checks".to_owned()], 0));
    env.sandbox().gitlab().disable_hook(hook);
    assert_eq!(tell(), (vec![], 1), "not told yet, and not fine");
    assert_eq!(tell(), (vec!["problem webhook.enabled".to_owned()], 1));
    assert_eq!(tell(), (vec![], 1));
    env.sandbox().gitlab().enable_hook(hook);
    assert_eq!(tell(), (vec![], 1), "not recovered for certain");
    assert_eq!(tell(), (vec!["recovered webhook.enabled".to_owned()], 0));
    assert_eq!(tell(), (vec![], 0));
}

#[test]
fn an_event_is_a_line_of_json_and_the_last_line_is_the_result() {
    let env = connected(small());
    look(&env, &[]).json_lines(1);
    env.sandbox().gitlab().disable_hook(env.all_hooks()[0].id);
    look(&env, &[]).json_lines(1);
    let run = look(&env, &[]);
    let all = events(&run);
    assert_eq!(all.len(), 2, "{run}");
    let event = &all[0];
    assert_eq!(event["schema"], "factory-gitlab/monitor-event/v1");
    for (name, value) in [("event", "problem"), ("subject", "webhook.enabled"), ("from", "pass"), ("to", "fail")] {
        assert_eq!(event[name], value, "{event}");
    }
    assert!(event["at"].as_str().is_some_and(|at| at.ends_with('Z')), "{event}");
    assert!(event["cause"].as_str().is_some_and(|cause| cause.contains("group-1")), "{event}");
    assert!(
        event["fixes"][0]["command"].as_str().is_some_and(|line| line.starts_with("factory-gitlab connect")),
        "{event}"
    );
    let result = &all[1];
    assert_eq!(result["schema"], "factory-gitlab/monitor-event/v1");
    assert_eq!(
        (&result["event"], &result["verdict"], &result["exit_code"]),
        (&json!("result"), &json!("fail"), &json!(1))
    );
    assert_eq!((&result["looks"], &result["coverage"]["disabled"]), (&json!(3), &json!(1)), "{result}");
    let enabled = result["checks"].as_array().expect("checks").iter().find(|one| one["code"] == "webhook.enabled");
    assert_eq!(enabled.map(|one| &one["status"]), Some(&json!("fail")), "{result}");
}

#[test]
fn projects_that_are_new_moved_archived_or_gone_are_told_once() {
    let options = SandboxOptions { projects: 3, groups: 2, ..SandboxOptions::default() };
    let env = connected(options);
    let gitlab = env.sandbox().gitlab().clone();
    let group = |name: &str| gitlab.lock().groups.values().find(|one| one.path == name).expect("a group").id;
    look(&env, &[]).json_lines(1);
    new_project(&env, "fresh");
    assert_eq!(told(&look(&env, &[])), ["new project group-1/fresh"]);
    gitlab.move_project(1, group("group-2"));
    let moved = look(&env, &[]);
    assert_eq!(told(&moved), ["moved project group-2/project-1"]);
    assert_eq!(
        (&events(&moved)[0]["from"], &events(&moved)[0]["to"]),
        (&json!("group-1/project-1"), &json!("group-2/project-1"))
    );
    gitlab.archive(2);
    assert_eq!(told(&look(&env, &[])), ["archived project group-2/project-2"]);
    gitlab.change_project(2, |project| project.archived = false);
    assert_eq!(told(&look(&env, &[])), ["unarchived project group-2/project-2"]);
    gitlab.mark_for_deletion(2);
    let marked = look(&env, &[]);
    let all = told(&marked);
    assert!(all.len() == 1 && all[0].starts_with("deletion_scheduled project group-2/project-2"), "{marked}");
    gitlab.remove_project(2);
    let gone = told(&look(&env, &[]));
    assert!(gone.len() == 1 && gone[0].starts_with("gone project group-2/project-2"), "{gone:?}");
    gitlab.rename_group(group("group-2"), "platform");
    let renamed = told(&look(&env, &[]));
    assert_eq!(renamed, ["moved group platform"], "and not each project below it");
    let quiet = look(&env, &[]);
    assert_eq!((told(&quiet), quiet.code), (vec![], 0), "{quiet}");
    let counts = result(&quiet)["counts"].clone();
    for (name, count) in [("new", 1), ("moved", 2), ("archived", 1), ("deleted", 1), ("gone", 1)] {
        assert_eq!(counts[name], count, "{name}: {counts}");
    }
}

#[test]
fn a_project_that_loses_its_cover_is_a_problem_and_one_that_is_archived_is_none() {
    let env = connected(unlicensed(2));
    look(&env, &[]).json_lines(1);
    let id = new_project(&env, "bare");
    assert_eq!(told(&look(&env, &[])), ["new project group-1/bare"]);
    let run = look(&env, &[]);
    assert_eq!((told(&run), run.code), (vec!["problem webhook.coverage".to_owned()], 1), "{run}");
    assert_eq!((&result(&run)["coverage"]["covered"], &result(&run)["coverage"]["uncovered"]), (&json!(2), &json!(1)));
    env.sandbox().gitlab().archive(id);
    assert_eq!(told(&look(&env, &[])), ["archived project group-1/bare"]);
    let run = look(&env, &[]);
    assert_eq!((told(&run), run.code), (vec!["recovered webhook.coverage".to_owned()], 0), "{run}");
}

#[test]
fn a_file_that_is_not_whole_is_left_aside_and_the_look_is_the_first() {
    let env = connected(small());
    look(&env, &[]).json_lines(1);
    let path = state_file(&env);
    let whole = std::fs::read(&path).expect("a file");
    for end in [0, 1, whole.len() / 2, whole.len() - 2] {
        let name = path.strip_prefix(env.path("")).expect("in the home").to_string_lossy().into_owned();
        env.file(&name, &whole[..end]);
        let run = look(&env, &[]);
        assert_eq!((told(&run), run.code), (vec!["baseline checks".to_owned()], 0), "cut at {end}: {run}");
        assert!(run.stderr.contains("left aside"), "{run}");
    }
    assert_eq!(told(&look(&env, &[])), NOTHING);
}

#[test]
fn the_last_look_of_another_version_instance_or_organization_is_never_used() {
    let env = connected(small());
    look(&env, &[]).json_lines(1);
    let path = state_file(&env);
    let name = path.strip_prefix(env.path("")).expect("in the home").to_string_lossy().into_owned();
    let whole: Value = serde_json::from_slice(&std::fs::read(&path).expect("a file")).expect("JSON");
    for (field, value) in [
        ("schema", "factory-gitlab/monitor-state/v2"),
        ("instance", "https://gitlab.acme.com"),
        ("organization", "org_other"),
    ] {
        let mut other = whole.clone();
        other[field] = json!(value);
        env.file(&name, other.to_string());
        let run = look(&env, &[]);
        assert_eq!(told(&run), ["baseline checks"], "{field}: {run}");
        assert!(run.stderr.contains("left aside"), "{run}");
    }
}

#[test]
fn a_link_in_the_place_of_the_file_is_refused_and_not_followed() {
    let env = connected(small());
    look(&env, &[]).json_lines(1);
    let path = state_file(&env);
    let elsewhere = env.file("elsewhere.json", std::fs::read(&path).expect("a file"));
    std::fs::remove_file(&path).expect("removed");
    std::os::unix::fs::symlink(&elsewhere, &path).expect("a link");
    let run = look(&env, &[]);
    assert_eq!(told(&run), ["baseline checks"], "{run}");
    assert!(run.stderr.contains("symbolic link"), "{run}");
    assert!(!path.is_symlink(), "it was replaced");
}

#[test]
fn two_organizations_on_one_machine_keep_their_looks_apart() {
    let mut env = connected(small());
    look(&env, &[]).json_lines(1);
    let kit = env.sandbox().factory().add_organization("org_other");
    let kit = env.file("other.json", kit.to_string());
    env.connects(&["--kit", &kit]);
    let own = env.variables()["FACTORY_KIT"].clone();
    env.set("FACTORY_KIT", &kit);
    assert_eq!(told(&look(&env, &[])), ["baseline checks"]);
    assert_eq!(told(&look(&env, &[])), NOTHING);
    env.set("FACTORY_KIT", &own);
    assert_eq!(told(&look(&env, &[])), NOTHING, "the first one's look is as it was");
    let files = env.files_below("state");
    assert_eq!(files.iter().filter(|(path, _)| path.ends_with("monitor.json")).count(), 2);
}

#[test]
fn quiet_prints_problems_and_their_end_only() {
    let env = connected(small());
    let quiet = || env.run(&["monitor", "--once", "-q"]);
    assert_eq!(quiet().stdout, "");
    new_project(&env, "fresh");
    assert_eq!(quiet().stdout, "");
    env.sandbox().gitlab().disable_hook(env.all_hooks()[0].id);
    drop(quiet());
    let run = quiet();
    assert!(run.stdout.contains("problem") && !run.stdout.contains("new "), "{run}");
    assert!(quiet().stdout.starts_with("1 check fails, since "), "the exit code is not alone");
}

#[test]
fn a_project_that_loses_its_webhook_while_another_lacks_one_is_told_by_name() {
    let env = connected(unlicensed(3));
    let hooks = env.all_hooks();
    let remove = |project: usize| {
        let path = format!("/projects/{project}/hooks/{}", hooks[project - 1].id);
        assert_eq!(env.api("DELETE", &path, &Value::Null).0, 204, "{path}");
    };
    remove(1);
    look(&env, &[]).json_lines(1);
    remove(2);
    assert_eq!(told(&look(&env, &[])), NOTHING, "one look is not enough");
    let run = look(&env, &[]);
    assert_eq!(told(&run), ["problem webhook.coverage"], "{run}");
    let event = &events(&run)[0];
    assert_eq!((&event["from"], &event["to"]), (&json!("fail"), &json!("fail")));
    let cause = "2 of 3 targets have no hook to Factory: project group-1/project-1 and 1 more; new: project group-1/subgroup-1/project-2";
    assert_eq!(event["cause"], cause, "{run}");
    assert_eq!(told(&look(&env, &[])), NOTHING);
}

#[test]
fn a_second_webhook_that_fails_a_check_is_told_of_each_check() {
    type Break = fn(&mut factory_gitlab::sandbox::gitlab::hooks::StoredHook);
    let breaks: [(&str, Break); 2] = [
        ("webhook.tls", |hook| hook.enable_ssl_verification = false),
        ("webhook.payload", |hook| hook.custom_webhook_template = "{}".to_owned()),
    ];
    for (code, breaks) in breaks {
        let env = connected(unlicensed(3));
        let hooks = env.all_hooks();
        env.sandbox().gitlab().change_hook(hooks[0].id, breaks);
        look(&env, &[]).json_lines(1);
        env.sandbox().gitlab().change_hook(hooks[1].id, breaks);
        assert_eq!(told(&look(&env, &[])), NOTHING, "{code}");
        assert_eq!(told(&look(&env, &[])), [format!("problem {code}")]);
    }
}

#[test]
fn with_a_wrong_token_nothing_that_was_not_judged_is_shown_as_passed() {
    let mut env = connected(small());
    look(&env, &[]).json_lines(1);
    env.set("GITLAB_TOKEN", "glpat-00000000000000000000");
    let result = result(&look(&env, &[]));
    let of = |code: &str| result["checks"].as_array().expect("checks").iter().find(|one| one["code"] == code).cloned();
    let enabled = of("webhook.enabled").expect("a check");
    assert_eq!(
        (&enabled["status"], &enabled["cause"]),
        (&json!("skip"), &json!("not judged by the last look: depends on token.valid"))
    );
    let passed = result["checks"].as_array().expect("checks").iter().filter(|one| one["status"] == "pass");
    let passed: Vec<&str> = passed.filter_map(|one| one["code"].as_str()).collect();
    let is_judged =
        |code: &&str| code.starts_with("instance.") || code.starts_with("factory.") || *code == "token.valid";
    assert!(passed.iter().all(is_judged), "{passed:?}");
    assert_eq!(result["coverage"]["covered"], 1, "as it was read last: {result}");
}

#[test]
fn after_one_look_a_line_says_what_is_wrong_still_and_what_was_seen_once() {
    let env = connected(small());
    let once = || env.run(&["monitor", "--once"]);
    drop(once());
    env.sandbox().gitlab().disable_hook(env.all_hooks()[0].id);
    insta::assert_snapshot!(once(), @r"
    exit code: 1
    ----- stdout -----
    1 change was seen once and is told after the next look (webhook.enabled)
    ");
    insta::assert_snapshot!(once(), @r"
    exit code: 1
    ----- stdout -----
    [date] [time]  problem    webhook.enabled  pass -> fail: 1 of 1 hooks are disabled by GitLab: group group-1 (hook 1)
      - find out why deliveries fail (webhook.recent); a successful test enables the hook again
        factory-gitlab connect
        http://127.0.0.1:[port]/groups/group-1/-/hooks
    ");
    insta::assert_snapshot!(once(), @r"
    exit code: 1
    ----- stdout -----
    1 check fails, since [date] [time] (webhook.enabled); nothing new
    ");
}

#[test]
fn a_group_or_project_that_does_not_exist_is_a_usage_error_and_the_last_look_stays() {
    let env = connected(small());
    look(&env, &[]).json_lines(1);
    let kept = std::fs::read(state_file(&env)).expect("a look");
    for (flag, path, kind) in [("--group", "nope", "group"), ("--project", "group-1/nope", "project")] {
        let run = env.run(&["monitor", "--once", flag, path]);
        assert_eq!(run.code, 2, "{run}");
        assert!(
            run.stderr.contains(&format!("the {kind} {path} does not exist, or the token does not see it")),
            "{run}"
        );
        assert!(run.stderr.contains("correct --group or --project"), "{run}");
        let run = env.run(&["monitor", flag, path, "--for", "1h"]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run}");
    }
    assert!(std::fs::read(state_file(&env)).expect("a look") == kept, "it was overwritten");
}

#[test]
fn a_look_at_another_selection_is_a_first_look() {
    let env = connected(SandboxOptions { groups: 2, projects: 2, ..small() });
    look(&env, &[]).json_lines(1);
    let run = look(&env, &["--group", "group-1"]);
    assert_eq!(told(&run)[0], "baseline checks", "{run}");
    assert!(run.stderr.contains("it is of another selection"), "{run}");
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_the_last_look_is_refused_and_not_waited_for() {
    let env = TestEnv::new();
    env.connects(&[]);
    assert_eq!(env.run(&["monitor", "--once"]).code, 0);
    let files = env.files_below("state");
    let (path, _) = files.into_iter().find(|(path, _)| path.ends_with("monitor.json")).expect("the last look");
    std::fs::remove_file(&path).expect("removed");
    let made = std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo");
    assert!(made.success());
    let run = env.run(&["monitor", "--once"]);
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains("it is not a regular file"), "{run}");
}

#[test]
fn odd_numbers_in_the_last_look_are_no_internal_error() {
    let env = connected(small());
    assert_eq!(env.run(&["monitor", "--once"]).code, 0);
    let path = state_file(&env);
    let kept: Value = serde_json::from_slice(&std::fs::read(&path).expect("the last look")).expect("JSON");
    for place in ["/series/looks", "/series/requests", "/memory/looks", "/memory/group_page", "/memory/project_cursor"]
    {
        let mut odd = kept.clone();
        let number = odd.pointer_mut(place).expect("a number");
        *number = json!(u64::MAX);
        let name = path.strip_prefix(env.path("")).expect("below").to_string_lossy().into_owned();
        env.file(&name, odd.to_string());
        let run = env.run(&["monitor", "--once"]);
        assert!(!run.stderr.contains("internal error") && !run.stdout.is_empty(), "{place}: {run}");
    }
}
