//! Our webhook, changed by hand.

use factory_gitlab::sandbox::gitlab::hooks::Owner;
use serde_json::{Value, json};

use super::Expect::{ByPerson, Mended, NoFinding};
use super::{Drift, check_all, licensed, unlicensed};
use crate::test_env::TestEnv;

/// The page of our only hook in GitLab's API.
fn page(env: &TestEnv) -> String {
    let hooks = env.all_hooks();
    let hook = hooks.first().expect("a hook");
    match hook.owner {
        Owner::Group(id) => format!("/groups/{id}/hooks/{}", hook.id),
        Owner::Project(id) => format!("/projects/{id}/hooks/{}", hook.id),
        Owner::System => format!("/hooks/{}", hook.id),
    }
}

fn edit(env: &TestEnv, change: &Value) {
    let (status, answer) = env.api("PUT", &page(env), change);
    assert_eq!(status, 200, "{answer}");
}

/// What GitLab's interface can do to a hook and no API call of ours.
fn switch(env: &TestEnv, change: impl FnOnce(&mut factory_gitlab::sandbox::gitlab::hooks::StoredHook)) {
    let hooks = env.all_hooks();
    env.sandbox().gitlab().change_hook(hooks[0].id, change);
}

fn events_off(env: &TestEnv) {
    edit(env, &json!({ "push_events": false, "job_events": false, "note_events": false }));
}

fn delete(env: &TestEnv) {
    let (status, answer) = env.api("DELETE", &page(env), &json!({}));
    assert_eq!(status, 204, "{answer}");
}

fn moved(env: &TestEnv) {
    edit(env, &json!({ "url": "https://elsewhere.example/hook" }));
}

fn without_tls(env: &TestEnv) {
    edit(env, &json!({ "enable_ssl_verification": false }));
}

fn filtered(env: &TestEnv) {
    switch(env, |hook| {
        hook.push_events_branch_filter = "main".to_owned();
        hook.branch_filter_strategy = "wildcard".to_owned();
    });
}

fn more_events(env: &TestEnv) {
    edit(env, &json!({ "tag_push_events": true, "wiki_page_events": true }));
}

fn described(env: &TestEnv) {
    edit(env, &json!({ "description": "Do not touch" }));
}

fn renamed(env: &TestEnv) {
    edit(env, &json!({ "name": "Factory, by hand" }));
}

/// A hook without a mark to the same address, as a person makes one.
fn doubled(env: &TestEnv) {
    let hook = env.all_hooks()[0].clone();
    let page = page(env);
    let list = page.rsplit_once('/').expect("a list").0;
    drop(env.make(list, &json!({ "url": hook.url, "push_events": true })));
}

fn doubled_at(env: &TestEnv, list: &str) {
    let url = env.all_hooks()[0].url.clone();
    drop(env.make(list, &json!({ "url": url, "push_events": true })));
}

fn doubled_below(env: &TestEnv) {
    let project = env.sandbox().gitlab().projects()[0].id;
    doubled_at(env, &format!("/projects/{project}/hooks"));
}

fn doubled_above(env: &TestEnv) {
    doubled_at(env, "/hooks");
}

/// In another spelling of the same address.
fn doubled_in_another_spelling(env: &TestEnv) {
    let hook = env.all_hooks()[0].clone();
    let list = page(env).rsplit_once('/').expect("a list").0.to_owned();
    drop(env.make(&list, &json!({ "url": format!("{}/", hook.url), "push_events": true })));
}

fn remove_second(env: &TestEnv) {
    let hooks = env.all_hooks();
    let second = hooks.iter().max_by_key(|hook| hook.id).expect("a hook");
    let list = match second.owner {
        Owner::Group(id) => format!("/groups/{id}/hooks"),
        Owner::Project(id) => format!("/projects/{id}/hooks"),
        Owner::System => "/hooks".to_owned(),
    };
    let (status, answer) = env.api("DELETE", &format!("{list}/{}", second.id), &json!({}));
    assert_eq!(status, 204, "{answer}");
}

/// The secret token alone, as somebody types another one; the description stays.
fn other_token(env: &TestEnv) {
    edit(env, &json!({ "token": "typed-by-somebody-else" }));
    // The next push tells: Factory refuses it.
    let (status, _) = env.api("POST", &format!("{}/test/push_events", page(env)), &json!({}));
    assert!(status >= 400, "{status}");
}

fn token_removed(env: &TestEnv) {
    switch(env, |hook| hook.token = None);
}

fn signing_token_removed(env: &TestEnv) {
    switch(env, |hook| hook.signing_token = None);
}

/// Fails until GitLab stops sending.
fn disabled(env: &TestEnv) {
    env.sandbox().gitlab().set_hook_quirks(|quirks| {
        quirks.auto_disabling = true;
        quirks.test_limit = 1000;
    });
    env.sandbox().factory().set_quirks(|quirks| quirks.webhook = Some((503, "later".to_owned())));
    for _ in 0..5 {
        drop(env.api("POST", &format!("{}/test/push_events", page(env)), &json!({})));
    }
    env.sandbox().factory().set_quirks(|quirks| quirks.webhook = None);
}

#[test]
fn a_webhook_of_a_group_that_was_changed_is_mended_by_what_verify_prints() {
    let drifts = [
        Drift::new("deleted", licensed(19, 2), delete, Mended { code: "webhook.coverage", writes: 2 }),
        Drift::new("sent elsewhere", licensed(19, 2), moved, Mended { code: "webhook.coverage", writes: 2 }),
        Drift::new("events off", licensed(19, 2), events_off, Mended { code: "webhook.events", writes: 2 }),
        Drift::new("more events", licensed(19, 2), more_events, Mended { code: "webhook.events", writes: 2 }),
        Drift::new("TLS off", licensed(18, 5), without_tls, Mended { code: "webhook.tls", writes: 2 }),
        Drift::new("a branch filter", licensed(18, 5), filtered, Mended { code: "webhook.events", writes: 2 }),
        Drift::new("description gone", licensed(18, 5), described, Mended { code: "webhook.token", writes: 2 }),
        Drift::new("renamed", licensed(18, 5), renamed, NoFinding),
        Drift::new("token removed", licensed(19, 2), token_removed, Mended { code: "webhook.token", writes: 2 }),
    ];
    check_all(&drifts);
}

#[test]
fn a_webhook_of_a_project_that_was_changed_is_mended_by_what_verify_prints() {
    let drifts = [
        Drift::new("deleted", unlicensed(18, 5), delete, Mended { code: "webhook.coverage", writes: 2 }),
        Drift::new("sent elsewhere", unlicensed(18, 5), moved, Mended { code: "webhook.coverage", writes: 2 }),
        Drift::new("events off", unlicensed(18, 5), events_off, Mended { code: "webhook.events", writes: 2 }),
        Drift::new("TLS off", unlicensed(19, 2), without_tls, Mended { code: "webhook.tls", writes: 2 }),
        Drift::new("a branch filter", unlicensed(19, 2), filtered, Mended { code: "webhook.events", writes: 2 }),
        Drift::new("description gone", unlicensed(19, 2), described, Mended { code: "webhook.token", writes: 2 }),
        Drift::new("more events", unlicensed(18, 5), more_events, Mended { code: "webhook.events", writes: 2 }),
    ];
    check_all(&drifts);
}

#[test]
fn a_webhook_of_the_oldest_version_that_was_changed_is_mended_by_what_verify_prints() {
    let drifts = [
        Drift::new("deleted", unlicensed(16, 11), delete, Mended { code: "webhook.coverage", writes: 2 }),
        Drift::new("sent elsewhere", unlicensed(16, 11), moved, Mended { code: "webhook.coverage", writes: 2 }),
        Drift::new("events off", unlicensed(16, 11), events_off, Mended { code: "webhook.events", writes: 2 }),
        Drift::new("TLS off", licensed(16, 11), without_tls, Mended { code: "webhook.tls", writes: 1 }),
        Drift::new("a branch filter", unlicensed(16, 11), filtered, Mended { code: "webhook.events", writes: 2 }),
    ];
    check_all(&drifts);
}

#[test]
fn a_second_webhook_by_hand_is_somebody_elses_and_a_person_removes_it() {
    let by_person = || ByPerson { code: "webhook.duplicates", act: remove_second };
    check_all(&[
        Drift::new("on a group", licensed(19, 2), doubled, by_person()),
        Drift::new("on a project", unlicensed(18, 5), doubled, by_person()),
        Drift::new("on a project of the oldest version", unlicensed(16, 11), doubled, by_person()),
        Drift::new("on a project below a group with ours", licensed(19, 2), doubled_below, by_person()),
        Drift::new("on the instance, above a group with ours", licensed(18, 5), doubled_above, by_person()),
        Drift::new("on the instance, above a project with ours", unlicensed(18, 5), doubled_above, by_person()),
        Drift::new("in another spelling", licensed(18, 5), doubled_in_another_spelling, by_person()),
    ]);
}

#[test]
fn a_token_that_factory_refuses_is_set_again() {
    check_all(&[
        Drift::new("on a group", licensed(19, 2), other_token, Mended { code: "webhook.token", writes: 2 }),
        Drift::new("on a project", unlicensed(18, 5), other_token, Mended { code: "webhook.token", writes: 2 }),
    ]);
}

#[test]
fn a_signing_token_that_was_removed_is_set_again() {
    let mended = || Mended { code: "webhook.token", writes: 2 };
    check_all(&[
        Drift::new("on a group", licensed(19, 2), signing_token_removed, mended()),
        Drift::new("on a project", unlicensed(19, 2), signing_token_removed, mended()),
    ]);
}

#[test]
fn a_webhook_that_gitlab_disabled_is_enabled_by_a_test_of_exactly_that_one() {
    check_all(&[
        Drift::new("on a group", licensed(19, 2), disabled, Mended { code: "webhook.enabled", writes: 1 }),
        Drift::new("on a project", unlicensed(18, 5), disabled, Mended { code: "webhook.enabled", writes: 1 }),
    ]);
}
