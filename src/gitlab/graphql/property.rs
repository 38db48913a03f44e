//! Whatever GraphQL responds: the hooks of a project are read completely or not at all.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::testing::mutate::{any_json, mutations_of, with_more_fields};

fn answer() -> Value {
    let hook = |id: u64| {
        json!({
            "id": format!("gid://gitlab/ProjectHook/{id}"), "url": "https://hooks.factory.example/a",
            "enable_ssl_verification": true, "alert_status": "EXECUTABLE", "push_events": true,
        })
    };
    let project = |id: u64, hooks: Vec<Value>| {
        json!({
            "id": format!("gid://gitlab/Project/{id}"),
            "hooks": { "nodes": hooks, "pageInfo": { "hasNextPage": false } },
        })
    };
    json!({ "data": { "projects": { "nodes": [project(1, vec![hook(4), hook(3)]), project(2, vec![])] } } })
}

/// The projects that were read, with their hooks.
fn read(value: &Value) -> Option<Vec<(u64, Vec<Hook>)>> {
    let body: GraphqlResponse<Projects> = serde_json::from_str(&value.to_string()).ok()?;
    if body.errors.is_some_and(|errors| !errors.is_empty()) {
        return None;
    }
    let nodes = body.data?.projects.nodes.into_iter().flatten();
    Some(nodes.filter_map(|node| Some((node.id.into(), node.hooks?.complete()?))).collect())
}

proptest! {
    #[test]
    fn any_json_is_read_or_refused(value in any_json()) {
        let _read_or_refused = read(&value);
        let _read_or_refused = serde_json::from_str::<GraphqlResponse<HookSchema>>(&value.to_string()).is_ok();
    }

    #[test]
    fn hooks_are_read_completely_or_not_at_all(value in mutations_of(answer())) {
        for (project, hooks) in read(&value).unwrap_or_default() {
            let nodes = value["data"]["projects"]["nodes"].as_array().expect("nodes");
            let id = format!("gid://gitlab/Project/{project}");
            let fits = nodes.iter().any(|node| {
                let hooks_of_node = &node["hooks"];
                node["id"].as_str().is_some_and(|own| own.ends_with(&format!("/{project}")) || own == id)
                    && hooks_of_node["pageInfo"]["hasNextPage"] == false
                    && hooks_of_node["nodes"].as_array().is_some_and(|nodes| nodes.len() == hooks.len())
            });
            prop_assert!(fits, "project {project} has {} hooks out of {value}", hooks.len());
        }
    }

    #[test]
    fn what_a_newer_version_adds_changes_nothing(more in any_json()) {
        let plain = read(&answer()).expect("a valid response");
        prop_assert_eq!(plain.len(), 2);
        prop_assert_eq!(read(&with_more_fields(&answer(), &more)).expect("a valid response"), plain);
    }
}
