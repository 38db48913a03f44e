//! Reading the hooks of many projects in one GraphQL request: what it saves, and that it never changes what is found.

use std::collections::BTreeMap;

use factory_gitlab::sandbox::gitlab::hooks::Owner;
use factory_gitlab::sandbox::gitlab::state::level;
use factory_gitlab::sandbox::options::{SandboxOptions, SandboxPlan, SandboxVersion};
use serde_json::{Value, json};

use crate::test_env::TestEnv;

/// The first version whose GraphQL lists the hooks of many projects.
const WITH_HOOK_LIST: SandboxVersion = SandboxVersion::new(19, 6, 0);

/// Projects that each need their own hook; the version decides whether GraphQL lists hooks.
fn many(projects: usize, version: SandboxVersion) -> SandboxOptions {
    SandboxOptions { projects, groups: 3, plan: SandboxPlan::None, version, ..SandboxOptions::default() }
}

/// The requests of a run, by method and the kind of address.
fn asked(env: &TestEnv) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for request in env.sandbox().requests() {
        let kind = match (request.method.as_str(), request.path()) {
            ("POST", "/api/graphql") => "bulk",
            ("GET", path) if path.ends_with("/hooks") => "one by one",
            _ => "other",
        };
        *counts.entry(kind).or_default() += 1;
    }
    counts
}

fn has_list(env: &TestEnv, has: bool) {
    env.sandbox().gitlab().lock().quirks.graphql.hook_list = Some(has);
}

#[test]
fn a_thousand_projects_are_read_with_forty_requests() {
    const N: usize = 1000;
    let env = TestEnv::with(many(N, WITH_HOOK_LIST));
    env.connects(&[]);
    let first = env.sandbox().requests().len();
    // The last page of projects is empty, and the first query asks which fields the schema has.
    assert!(first <= N + N / 50 + 21, "{first}: {:?}", asked(&env));
    assert_eq!(env.all_hooks().len(), N);
    env.has_nothing_to_do(&[]);
    let second = env.sandbox().requests().len();
    assert!(second <= N / 25, "{second}: {:?}", asked(&env));
    // The group's hooks: an earlier selection may have left one there.
    assert_eq!(asked(&env).get("one by one"), Some(&1));
    // Without the list, each project is read by REST, and the only extra request is the one for the schema.
    has_list(&env, false);
    env.has_nothing_to_do(&[]);
    let alone = env.sandbox().requests().len();
    assert!(alone <= N + N / 100 + 20, "{alone}: {:?}", asked(&env));
    assert_eq!((asked(&env)["bulk"], asked(&env)["one by one"]), (1, N + 1));
}

#[test]
fn a_few_projects_are_read_without_graphql() {
    let env = TestEnv::with(many(19, WITH_HOOK_LIST));
    env.connects(&[]);
    env.has_nothing_to_do(&[]);
    assert_eq!(asked(&env).get("bulk"), None);
}

const VERIFY: &[&str] = &["verify", "--webhooks", "project", "-o", "json"];
const PLAN: &[&str] = &["connect", "--dry-run", "-o", "json"];

/// The report of a run, without durations and numbers of requests.
fn found(env: &TestEnv, args: &[&str]) -> Value {
    let mut found = env.run(args).json();
    without_costs(&mut found);
    found
}

fn without_costs(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !name.ends_with("_ms") && name != "requests");
            fields.values_mut().for_each(without_costs);
        }
        Value::Array(items) => items.iter_mut().for_each(without_costs),
        _ => {}
    }
}

/// Checks that the report with the list equals the one without it, and returns it.
#[track_caller]
fn both_ways_agree(env: &TestEnv, args: &[&str], case: &str) -> Value {
    has_list(env, false);
    let alone = found(env, args);
    has_list(env, true);
    env.sandbox().clear_requests();
    let together = found(env, args);
    let read = asked(env).get("bulk").copied();
    assert_eq!(read, Some(2), "{case}: the schema and one page were to be asked for: {:?}", asked(env));
    assert_eq!(alone, together, "{case}");
    together
}

/// A connected instance with a problem in the hook of every second project.
fn odd(version: SandboxVersion) -> TestEnv {
    let env = TestEnv::with(many(40, version));
    env.sandbox().gitlab().set_hook_quirks(|quirks| {
        quirks.auto_disabling = true;
        quirks.project_limit = 0;
        quirks.test_limit = 1000;
    });
    env.connects(&[]);
    let gitlab = env.sandbox().gitlab();
    let ours = |project: u64| gitlab.hooks(Owner::Project(project)).first().expect("ours").clone();
    let mut project = (2..).step_by(2);
    for change in [
        json!({ "push_events": false }),
        json!({ "tag_push_events": true, "job_events": false }),
        json!({ "enable_ssl_verification": false }),
        json!({ "push_events_branch_filter": "main" }),
        json!({ "token": "" }),
        json!({ "description": "edited by another admin" }),
        json!({ "name": "another name" }),
        json!({ "url": "https://elsewhere.example/hook", "token": "x" }),
        json!({ "url": "https://elsewhere.example/hook", "description": "" }),
        json!({ "description": "a \"quote\", an é, \u{202e}and\nmore" }),
    ] {
        let at = project.next().expect("a project");
        let (status, answer) = env.api("PUT", &format!("/projects/{at}/hooks/{}", ours(at).id), &change);
        assert_eq!(status, 200, "{answer}");
    }
    let add = |at: u64, url: &str, description: &str| {
        let hook = json!({ "url": url, "description": description, "push_events": true });
        env.make(&format!("/projects/{at}/hooks"), &hook)
    };
    let (foreign, again, same_url, crowded) = (project.next(), project.next(), project.next(), project.next());
    add(foreign.expect("a project"), "https://ci.example/hook", "another product's");
    let again = again.expect("a project");
    add(again, &ours(again).url, ours(again).description.as_deref().expect("a mark"));
    let same_url = same_url.expect("a project");
    add(same_url, &ours(same_url).url, "by hand");
    for number in 0..105 {
        add(crowded.expect("a project"), &format!("https://ci.example/{number}"), "");
    }
    let missing = project.next().expect("a project");
    env.api("DELETE", &format!("/projects/{missing}/hooks/{}", ours(missing).id), &json!({}));
    let failing = project.next().expect("a project");
    env.sandbox().factory().set_quirks(|quirks| quirks.webhook = Some((500, "broken".to_owned())));
    for _ in 0..5 {
        env.api("POST", &format!("/projects/{failing}/hooks/{}/test/push_events", ours(failing).id), &json!({}));
    }
    env.sandbox().factory().set_quirks(|quirks| quirks.webhook = None);
    gitlab.mark_for_deletion(project.next().expect("a project"));
    gitlab.lock().quirks.graphql.left_out = vec![project.next().expect("a project")];
    env
}

#[test]
fn every_unusual_hook_is_judged_alike_by_rest_and_graphql() {
    for version in
        [SandboxVersion::new(18, 5, 0), SandboxVersion::new(18, 11, 0), SandboxVersion::new(19, 2, 0), WITH_HOOK_LIST]
    {
        let env = odd(version);
        let verdict = both_ways_agree(&env, VERIFY, &format!("{version:?}"));
        assert_eq!(verdict["verdict"], "fail", "{version:?}");
        let plan = both_ways_agree(&env, PLAN, &format!("{version:?}"));
        let steps = plan["steps"].as_array().expect("steps");
        let count = |name: &str| steps.iter().filter(|step| step["step"] == name).count();
        assert!(
            count("edit_hook") >= 6 && count("create_hook") >= 1 && count("delete_hook") == 1,
            "{version:?}: {plan:#}"
        );
        // The project whose hooks fill two pages, the one that the list leaves out, and the group.
        assert_eq!(asked(&env)["one by one"], 4, "{version:?}");
        env.connects(&[]);
        env.has_nothing_to_do(&[]);
    }
}

#[test]
fn a_graphql_list_with_fewer_fields_is_not_used() {
    // From 19.0, REST shows whether a hook has a token. A list that does not would pass a hook without one.
    for (version, used) in [(SandboxVersion::new(18, 11, 0), true), (SandboxVersion::new(19, 2, 0), false)] {
        let env = odd(version);
        has_list(&env, true);
        env.sandbox().gitlab().lock().quirks.graphql.missing = vec!["tokenPresent", "signingTokenPresent"];
        env.sandbox().clear_requests();
        drop(found(&env, PLAN));
        assert_eq!(asked(&env)["bulk"] > 1, used, "{version:?}");
    }
}

#[test]
fn a_missing_right_is_found_by_rest_and_graphql() {
    let mut env = odd(WITH_HOOK_LIST);
    let gitlab = env.sandbox().gitlab().clone();
    for id in 1..=40 {
        gitlab.change_project(id, |project| {
            let level = if id % 3 == 0 { level::DEVELOPER } else { level::MAINTAINER };
            project.members.insert(2, level);
        });
    }
    env.set("GITLAB_TOKEN", &gitlab.user_token());
    let verdict = both_ways_agree(&env, VERIFY, "some projects are a developer's");
    assert_eq!(verdict["verdict"], "fail");
}

/// Checks that a fault of a GraphQL request does not change the report.
fn changes_nothing(troubles: &[&str]) {
    let env = TestEnv::with(many(120, WITH_HOOK_LIST));
    env.connects(&[]);
    let missing = env.all_hooks().pop().expect("a hook");
    let project = (1..=120).find(|id| missing.owner == Owner::Project(*id)).expect("its project");
    env.api("DELETE", &format!("/projects/{project}/hooks/{}", missing.id), &json!({}));
    has_list(&env, false);
    let alone = found(&env, PLAN);
    has_list(&env, true);
    for trouble in troubles {
        // The first request is for the schema, the third for the second page.
        for at in [1, 3] {
            let (action, times) = trouble.split_once(" once").map_or((*trouble, ""), |(action, _)| (action, "x1"));
            env.sandbox().clear_requests();
            env.sandbox().fault(&format!("POST /api/graphql={action}@{at}{times}")).expect("a fault");
            let together = found(&env, PLAN);
            env.sandbox().clear_faults();
            let struck = env.sandbox().requests().iter().any(|request| request.fault.is_some());
            assert!(struck, "{trouble} at {at}");
            assert_eq!(together, alone, "{trouble} at {at}");
        }
    }
}

#[test]
fn an_invalid_graphql_answer_does_not_change_what_is_found() {
    changes_nothing(&["cut", "type", "empty", "errors", "html:200", "text:200", "endless"]);
}

#[test]
fn a_graphql_refusal_does_not_change_what_is_found() {
    let redirect = "redirect:http://elsewhere.example/";
    changes_nothing(&["status:401", "status:403", "status:404", "html:404", "status:500", redirect]);
}

#[test]
fn a_broken_graphql_connection_does_not_change_what_is_found() {
    changes_nothing(&["reset", "lost", "half", "html:502", "deploying"]);
}

/// A rate limit is waited for.
#[test]
fn a_graphql_rate_limit_does_not_change_what_is_found() {
    changes_nothing(&["json429 once", "retry-after:1 once"]);
}

#[test]
fn a_query_that_is_too_complex_is_not_repeated() {
    let env = TestEnv::with(many(120, WITH_HOOK_LIST));
    env.connects(&[]);
    env.sandbox().gitlab().lock().quirks.graphql.max_complexity = Some(61);
    env.has_nothing_to_do(&[]);
    let counts = asked(&env);
    assert!(counts["bulk"] <= 3, "{counts:?}");
    assert_eq!(counts["one by one"], 121);
}
