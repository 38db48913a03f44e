//! Sends webhooks for events, to the hooks that subscribe to them.
//!
//! gitlab: app/models/project.rb (`execute_hooks`), ee/app/models/ee/project.rb, app/services/web_hook_service.rb

use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::delivery::WebhookDelivery;
use super::{HookEvent, HookRef, Owner, PayloadBuilder, StoredHook};
use crate::sandbox::clock;
use crate::sandbox::gitlab::GitLab;
use crate::sandbox::gitlab::state::{GitLabState, ProjectNamespace};
use crate::sandbox::gitlab::work::after;
use crate::text::Glob;

/// The longest sleep of a worker, after which it looks at the sandbox's clock again.
const NAP: Duration = Duration::from_millis(20);

/// An event in a project, for which webhooks are sent.
#[derive(Clone, Debug)]
pub(in crate::sandbox::gitlab) struct ProjectEvent {
    pub project: u64,
    pub event: HookEvent,
    /// `X-Gitlab-Event-UUID` of the request in which it happens, if it sent one.
    pub chain: Option<String>,
}

/// What system hooks are always told, whatever they subscribe to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::sandbox::gitlab) enum SystemEvent {
    ProjectCreate,
    ProjectDestroy,
}

impl SystemEvent {
    const fn name(self) -> &'static str {
        match self {
            Self::ProjectCreate => "project_create",
            Self::ProjectDestroy => "project_destroy",
        }
    }
}

/// Hooks and what they are sent.
struct Sending {
    hooks: Vec<HookRef>,
    delivery: WebhookDelivery,
}

impl GitLab {
    /// Sends what a request fires itself, as for issues and merge requests: at once, beside the answer.
    pub(in crate::sandbox::gitlab) fn send_hooks(&self, state: &mut GitLabState, event: &ProjectEvent, payload: Value) {
        let sending = self.sending(state, event, payload);
        let gitlab = self.clone();
        self.in_background(async move { gitlab.deliver_all(sending).await });
    }

    /// Sends what a worker of Sidekiq fires: later, with the payload as it is then; `None` sends nothing.
    pub(in crate::sandbox::gitlab) fn send_hooks_later(
        &self,
        state: &GitLabState,
        event: ProjectEvent,
        payload: impl FnOnce(&GitLabState) -> Option<Value> + Send + 'static,
    ) {
        let gitlab = self.clone();
        let due = after(state.clock.now(), state.work.quirks.sidekiq_delay);
        self.in_background(async move {
            gitlab.sleep_until(due).await;
            let sending = {
                let mut state = gitlab.lock();
                payload(&state).map(|payload| gitlab.sending(&mut state, &event, payload))
            };
            if let Some(sending) = sending {
                gitlab.deliver_all(sending).await;
            }
        });
    }

    /// Tells system hooks, and group hooks that ask for it, of a project.
    pub(in crate::sandbox::gitlab) fn send_system_hooks(&self, state: &GitLabState, event: SystemEvent, project: u64) {
        let Some(project) = state.projects.get(&project).filter(|_| !state.settings.silent_mode_enabled) else {
            return;
        };
        let payload = PayloadBuilder { state, project, user: project.creator }.system(event.name());
        let delivery = |header: &'static str| WebhookDelivery {
            header,
            trigger: event.name().to_owned(),
            payload: payload.clone(),
            key: None,
            chain: None,
        };
        let refs = |hooks: &mut dyn Iterator<Item = &StoredHook>| -> Vec<HookRef> {
            hooks.map(|hook| HookRef { owner: hook.owner, id: hook.id }).collect()
        };
        let system = refs(&mut state.hooks.of(Owner::System));
        let groups = self.group_owners(state, project.namespace);
        let mut subscribed = groups
            .into_iter()
            .flat_map(|owner| state.hooks.of(owner))
            .filter(|hook| hook.events.contains(HookEvent::Project) && self.is_executable(state, hook));
        let groups = Sending { hooks: refs(&mut subscribed), delivery: delivery(HookEvent::Project.row().header) };
        let system = Sending { hooks: system, delivery: delivery("System Hook") };
        let gitlab = self.clone();
        self.in_background(async move {
            gitlab.deliver_all(system).await;
            gitlab.deliver_all(groups).await;
        });
    }

    /// How many webhooks are waiting or on their way.
    #[must_use]
    #[cfg_attr(not(any(test, feature = "sandbox-testing")), allow(dead_code, reason = "only tests wait for them"))]
    pub fn unsent_hooks(&self) -> usize {
        self.inner.unsent.load(Ordering::SeqCst)
    }

    /// Runs beside the requests; it counts as unsent while it runs.
    pub(in crate::sandbox::gitlab) fn in_background(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.inner.unsent.fetch_add(1, Ordering::SeqCst);
        let gitlab = self.clone();
        tokio::spawn(async move {
            work.await;
            gitlab.inner.unsent.fetch_sub(1, Ordering::SeqCst);
        });
    }

    /// Waits as the sandbox's clock goes: it may be faster than the machine's, and a test may move it forward.
    pub(in crate::sandbox::gitlab) async fn sleep_until(&self, due: Timestamp) {
        let left = Duration::try_from(due.duration_since(self.clock().now())).unwrap_or_default();
        let mut left = left / self.options().clock_speed.max(1);
        while !left.is_zero() && self.clock().now() < due {
            let nap = left.min(NAP);
            clock::wait(nap).await;
            left = left.saturating_sub(nap);
        }
    }

    async fn deliver_all(&self, sending: Sending) {
        for hook in sending.hooks {
            let mut delivery = sending.delivery.clone();
            // Of a push, system hooks are not told the commits.
            if hook.owner == Owner::System && delivery.payload["commits"].is_array() {
                delivery.payload["commits"] = json!([]);
            }
            self.deliver(hook, delivery).await;
        }
    }

    fn sending(&self, state: &mut GitLabState, event: &ProjectEvent, payload: Value) -> Sending {
        let mut hooks = self.subscribers(state, event, &payload);
        if let Some(chain) = &event.chain {
            hooks.retain(|hook| state.hooks.enter_chain(chain, hook.id));
        }
        let row = event.event.row();
        let trigger = row.trigger.to_owned();
        let delivery = WebhookDelivery { header: row.header, trigger, payload, key: None, chain: event.chain.clone() };
        Sending { hooks, delivery }
    }

    /// The hooks that receive it: enabled and subscribed, group hooks only with a license. A hook that is disabled, and silent
    /// mode, leave nothing in the log.
    fn subscribers(&self, state: &GitLabState, event: &ProjectEvent, payload: &Value) -> Vec<HookRef> {
        let Some(home) = state.projects.get(&event.project).map(|project| project.namespace) else { return Vec::new() };
        if state.settings.silent_mode_enabled {
            return Vec::new();
        }
        let mut owners = vec![Owner::Project(event.project), Owner::System];
        owners.extend(self.group_owners(state, home));
        let hooks = owners.into_iter().flat_map(|owner| state.hooks.of(owner));
        let takes = |hook: &&StoredHook| {
            hook.events.contains(event.event)
                && self.is_executable(state, hook)
                && branch_matches(hook, event.event, payload)
        };
        hooks.filter(takes).map(|hook| HookRef { owner: hook.owner, id: hook.id }).collect()
    }

    /// The groups whose hooks cover a project.
    fn group_owners(&self, state: &GitLabState, namespace: ProjectNamespace) -> Vec<Owner> {
        match namespace {
            ProjectNamespace::Group(group) if self.has_group_hooks_license(state) => {
                state.lineage(group).map(|group| Owner::Group(group.id)).collect()
            }
            ProjectNamespace::Group(_) | ProjectNamespace::User(_) => Vec::new(),
        }
    }

    /// Triggers an event in a project, with sample data, and returns the number of hooks it was delivered to. All
    /// deliveries are done and logged when this returns.
    #[cfg(test)]
    pub(crate) async fn trigger(&self, project: u64, event: HookEvent) -> usize {
        let payload = {
            let state = self.lock();
            let Some(project) = state.projects.get(&project) else { return 0 };
            super::payload::payload(&state, project, event, 1)
        };
        let sending = self.sending(&mut self.lock(), &ProjectEvent { project, event, chain: None }, payload);
        let count = sending.hooks.len();
        self.deliver_all(sending).await;
        count
    }
}

/// Only pushes are filtered. A regex is not evaluated here: such a hook receives every push.
fn branch_matches(hook: &StoredHook, event: HookEvent, payload: &Value) -> bool {
    let filter = hook.push_events_branch_filter.as_str();
    if event != HookEvent::Push || filter.is_empty() || hook.branch_filter_strategy != "wildcard" {
        return true;
    }
    let branch = payload["ref"].as_str().and_then(|name| name.strip_prefix("refs/heads/")).unwrap_or_default();
    filter.parse::<Glob>().is_ok_and(|glob| glob.is_match(branch))
}
