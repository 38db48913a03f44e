//! Triggers events, which are delivered to the hooks that subscribe to them.
//!
//! gitlab: app/models/project.rb (`execute_hooks`), ee/app/models/ee/project.rb

use globset::GlobBuilder;
use serde_json::Value;

use super::delivery::WebhookDelivery;
use super::{HookEvent, HookRef, Owner, StoredHook, payload};
use crate::sandbox::gitlab::GitLab;
use crate::sandbox::gitlab::state::ProjectNamespace;

impl GitLab {
    /// Triggers an event in a project, with sample data, and returns the number of hooks it was delivered to. All
    /// deliveries are done and logged when this returns.
    pub(crate) async fn trigger(&self, project: u64, event: HookEvent) -> usize {
        let payload = {
            let state = self.lock();
            let Some(project) = state.projects.get(&project) else { return 0 };
            payload::payload(&state, project, event, 1)
        };
        self.trigger_with(project, event, payload).await
    }

    /// Triggers an event with this payload.
    pub(crate) async fn trigger_with(&self, project: u64, event: HookEvent, payload: Value) -> usize {
        let hooks = self.subscribers(project, event, &payload);
        for hook in &hooks {
            let row = event.row();
            let delivery = WebhookDelivery {
                header: row.header,
                trigger: row.trigger.to_owned(),
                payload: payload.clone(),
                key: None,
            };
            self.deliver(*hook, delivery).await;
        }
        hooks.len()
    }

    /// The hooks that receive it: enabled and subscribed, group hooks only with a license.
    fn subscribers(&self, project: u64, event: HookEvent, payload: &Value) -> Vec<HookRef> {
        let state = self.lock();
        let Some(home) = state.projects.get(&project).map(|project| project.namespace) else { return Vec::new() };
        if state.settings.silent_mode_enabled {
            return Vec::new();
        }
        let mut owners = vec![Owner::Project(project), Owner::System];
        if let (ProjectNamespace::Group(group), true) = (home, self.has_group_hooks_license(&state)) {
            owners.extend(state.lineage(group).map(|group| Owner::Group(group.id)));
        }
        let hooks = owners.into_iter().flat_map(|owner| state.hooks.of(owner));
        let takes = |hook: &&StoredHook| {
            hook.events.contains(event) && self.is_executable(&state, hook) && branch_matches(hook, event, payload)
        };
        hooks.filter(takes).map(|hook| HookRef { owner: hook.owner, id: hook.id }).collect()
    }
}

/// Only pushes are filtered. A regex is not evaluated here: such a hook receives every push.
fn branch_matches(hook: &StoredHook, event: HookEvent, payload: &Value) -> bool {
    let filter = hook.push_events_branch_filter.as_str();
    if event != HookEvent::Push || filter.is_empty() || hook.branch_filter_strategy != "wildcard" {
        return true;
    }
    let branch = payload["ref"].as_str().and_then(|name| name.strip_prefix("refs/heads/")).unwrap_or_default();
    GlobBuilder::new(filter).build().is_ok_and(|glob| glob.compile_matcher().is_match(branch))
}
