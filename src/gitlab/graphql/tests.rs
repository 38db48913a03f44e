use super::*;
use crate::gitlab::AlertStatus;

fn fields(names: &[&str]) -> serde_json::Value {
    names.iter().map(|name| json!({ "name": camel(name), "type": { "name": "String" } })).collect()
}

fn all() -> Vec<&'static str> {
    FIELDS.into_iter().chain(Event::ALL.map(Event::flag)).chain(PRESENCE).collect()
}

/// A schema with a list of this name and type, and a hook of these fields.
fn schema(list: &serde_json::Value, hook: &[&str]) -> HookSchema {
    let project = json!([{ "name": "id", "type": { "name": "ID" } }, list]);
    serde_json::from_value(json!({ "project": { "fields": project }, "hook": { "fields": fields(hook) } }))
        .expect("a schema")
}

const NEW: Option<Version> = Some(Version::new(19, 6));
const OLD: Option<Version> = Some(Version::new(18, 11));

#[test]
fn a_list_is_found_by_its_type_and_not_by_its_name() {
    let of = |name: &str, kind: serde_json::Value| {
        let list = json!({ "name": name, "type": kind });
        HookList::find(&schema(&list, &all()), NEW).map(|list| list.query)
    };
    let plain = json!({ "name": "ProjectHookConnection", "ofType": null });
    let never_null = json!({ "name": null, "ofType": { "name": "ProjectHookConnection" } });
    for (name, kind) in [("webhooks", &plain), ("hooks", &plain), ("projectHooks", &never_null)] {
        let query = of(name, kind.clone()).expect(name);
        assert!(query.contains(&format!("hooks: {name}(first: 20)")), "{query}");
        assert!(query.contains("tag_push_events: tagPushEvents"), "{query}");
        assert!(query.contains("signing_token_present: signingTokenPresent"), "{query}");
    }
    assert_eq!(of("webhook", json!({ "name": "ProjectHook" })), None);
    for name in ["", "a b", "x){__schema{types{name}}}#", "1st", "é"] {
        assert_eq!(of(name, plain.clone()), None, "{name:?}");
    }
    assert_eq!(HookList::find(&HookSchema { project: None, hook: None }, NEW), None);
}

#[test]
fn a_list_that_shows_less_than_rest_is_not_used() {
    let list = json!({ "name": "webhooks", "type": { "name": "ProjectHookConnection" } });
    let has = |without: &str, version| {
        let names: Vec<&str> = all().into_iter().filter(|name| *name != without).collect();
        HookList::find(&schema(&list, &names), version).is_some()
    };
    for name in all() {
        let needed_when_old = !PRESENCE.contains(&name);
        assert!(!has(name, NEW) && !has(name, None), "{name}");
        assert_eq!(has(name, OLD), !needed_when_old, "{name}");
    }
}

fn node(change: impl FnOnce(&mut serde_json::Value)) -> Option<(u64, Option<Vec<Hook>>)> {
    let hook = |id: u64| {
        json!({
            "id": format!("gid://gitlab/ProjectHook/{id}"), "url": "https://x/h", "name": null, "description": "d",
            "enable_ssl_verification": true, "alert_status": "TEMPORARILY_DISABLED", "disabled_until": null,
            "push_events_branch_filter": "", "push_events": true, "job_events": false, "token_present": true,
        })
    };
    let mut node = json!({
        "id": "gid://gitlab/Project/7",
        "hooks": { "nodes": [hook(9), hook(3)], "pageInfo": { "hasNextPage": false } },
    });
    change(&mut node);
    let node: ProjectNode = serde_json::from_value(node).ok()?;
    Some((node.id.into(), node.hooks.and_then(HookNodes::complete)))
}

#[test]
fn a_hook_is_read_as_from_rest() {
    let (project, hooks) = node(|_| ()).expect("a project");
    let hooks = hooks.expect("all hooks");
    assert_eq!((project, hooks.iter().map(|hook| hook.id).collect::<Vec<_>>()), (7, vec![3, 9]));
    assert_eq!((&hooks[0].events[..], hooks[0].alert_status), (&[Event::Push][..], AlertStatus::TemporarilyDisabled));
    assert_eq!((hooks[0].token_present, &hooks[0].push_events_branch_filter), (Some(true), &None));
}

#[test]
fn an_incomplete_list_says_nothing() {
    let none = |change: fn(&mut serde_json::Value)| assert_eq!(node(change), Some((7, None)));
    none(|node| node["hooks"] = json!(null));
    none(|node| node["hooks"]["pageInfo"]["hasNextPage"] = json!(true));
    none(|node| node["hooks"]["nodes"][1] = json!(null));
    none(|node| node["hooks"]["nodes"] = json!(null));
    let unread = |change: fn(&mut serde_json::Value)| assert_eq!(node(change), None);
    unread(|node| node["hooks"] = json!({ "nodes": [] }));
    unread(|node| node["hooks"] = json!([]));
    unread(|node| node["hooks"]["nodes"][0]["id"] = json!("9"));
    unread(|node| node["hooks"]["nodes"][0]["url"] = json!(null));
    unread(|node| node["id"] = json!("gid://gitlab/Project/x"));
}
