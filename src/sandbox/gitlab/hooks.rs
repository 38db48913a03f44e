//! Webhooks: project, group and system hooks, their tests and their delivery log.

mod delivery;
mod disabling;
mod entity;
mod event;
mod log;
mod payload;
mod routes;
#[cfg(test)]
mod tests;
mod trigger;
mod update;
mod url_blocker;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use self::disabling::Failures;
use self::entity::{HookDetail, HookPresenter};
pub use self::event::{HookEvent, HookEvents};
pub use self::log::LogEntry;
pub(super) use self::payload::PayloadBuilder;
pub(super) use self::routes::routes;
pub(super) use self::trigger::{ProjectEvent, SystemEvent};
use super::GitLab;
use super::state::GitLabState;
use crate::sandbox::options::SandboxPlan;
use crate::sandbox::sender::WebhookSender;

/// The owner of a hook.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Owner {
    Project(u64),
    Group(u64),
    System,
}

/// A hook by its owner and id: an id alone would find hooks of other owners.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct HookRef {
    owner: Owner,
    id: u64,
}

/// The flags of the events that a project's hook can have.
pub(super) fn project_flags() -> impl Iterator<Item = &'static str> {
    event::ROWS.iter().filter(|row| row.project).map(|row| row.flag)
}

/// One webhook. Its secrets are stored, because GitLab sends them, and never shown.
#[derive(Clone, Debug)]
pub struct StoredHook {
    pub id: u64,
    pub owner: Owner,
    pub url: String,
    pub name: Option<String>,
    pub description: Option<String>,
    pub token: Option<SecretString>,
    /// `whsec_` and 32 bytes in base64.
    pub signing_token: Option<SecretString>,
    pub events: HookEvents,
    pub enable_ssl_verification: bool,
    pub push_events_branch_filter: String,
    pub branch_filter_strategy: String,
    pub custom_webhook_template: String,
    pub url_variables: Vec<(String, SecretString)>,
    pub custom_headers: Vec<(String, SecretString)>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub(super) failures: Failures,
}

impl StoredHook {
    /// Whether this is the hook's secret token.
    #[must_use]
    #[cfg(feature = "sandbox-testing")]
    pub fn has_token(&self, token: &str) -> bool {
        self.token.as_ref().is_some_and(|own| own.expose_secret() == token)
    }

    /// Whether this is the hook's signing token.
    #[must_use]
    #[cfg(feature = "sandbox-testing")]
    pub fn has_signing_token(&self, token: &str) -> bool {
        self.signing_token.as_ref().is_some_and(|own| own.expose_secret() == token)
    }

    /// The URL with its `{variables}` filled in.
    pub(super) fn interpolated_url(&self) -> String {
        let fill = |url: String, (key, value): &(String, SecretString)| {
            url.replace(&format!("{{{key}}}"), value.expose_secret())
        };
        self.url_variables.iter().fold(self.url.clone(), fill)
    }
}

/// How hooks differ between instances.
#[derive(Clone, Debug)]
pub struct HookQuirks {
    /// The ops flag `auto_disabling_web_hooks`: off on self-managed, on at GitLab.com.
    pub auto_disabling: bool,
    /// The flag `webhook_signing_token` of 19.0; later versions have no such flag and ignore this.
    pub signing_tokens: bool,
    /// Hooks that one project may have; 0 means unlimited.
    pub project_limit: usize,
    /// Hooks that one group may have; 0 means unlimited.
    pub group_limit: usize,
    /// Tests (and, counted apart, resends) of one user on one project or group in a minute.
    pub test_limit: u32,
    /// What the API of group hooks does on an EE whose license does not include them. Which of the two is real is not known.
    pub unlicensed_groups: UnlicensedGroups,
    /// Events for which projects have no sample data, so that they cannot be tested.
    pub absent: Vec<HookEvent>,
}

/// The two ways in which an EE without a license can treat group hooks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum UnlicensedGroups {
    /// They can be created and tested but are never triggered: the policy does not ask for a license.
    Silent,
    /// 403 for every request about them.
    Forbidden,
}

impl Default for HookQuirks {
    fn default() -> Self {
        Self {
            auto_disabling: false,
            signing_tokens: true,
            project_limit: 100,
            group_limit: 50,
            test_limit: 5,
            unlicensed_groups: UnlicensedGroups::Silent,
            absent: vec![HookEvent::Deployment, HookEvent::Release, HookEvent::Vulnerability, HookEvent::WikiPage],
        }
    }
}

/// The hooks of the instance, their delivery logs and their sender.
#[derive(Debug, Default)]
pub struct Hooks {
    pub quirks: HookQuirks,
    sender: WebhookSender,
    /// One sequence for all kinds, as in GitLab's table `web_hooks`.
    last_id: u64,
    last_log: u64,
    all: BTreeMap<u64, StoredHook>,
    /// An index, for 50 000 projects with a hook each.
    owned: HashMap<Owner, BTreeSet<u64>>,
    logs: HashMap<u64, Vec<LogEntry>>,
    limiter: HashMap<routes::LimitKey, (i64, u32)>,
    /// The hooks that a request's own `X-Gitlab-Event-UUID` has reached.
    chains: HashMap<String, BTreeSet<u64>>,
}

impl Hooks {
    /// Sets the sender of webhooks.
    pub(crate) fn connect(&mut self, sender: WebhookSender) {
        self.sender = sender;
    }

    /// The hooks of one owner, by id.
    pub(crate) fn of(&self, owner: Owner) -> impl Iterator<Item = &StoredHook> {
        self.owned.get(&owner).into_iter().flatten().filter_map(|id| self.all.get(id))
    }

    /// Every hook of the instance, by id.
    #[cfg(feature = "sandbox-testing")]
    pub(crate) fn all(&self) -> impl Iterator<Item = &StoredHook> {
        self.all.values()
    }

    /// A hook as a list shows it.
    pub(super) fn shown(&self, gitlab: &GitLab, hook: &StoredHook) -> Value {
        HookPresenter { gitlab, quirks: &self.quirks, detail: HookDetail::Listed }.hook(hook)
    }

    fn get(&self, hook: HookRef) -> Option<&StoredHook> {
        self.all.get(&hook.id).filter(|found| found.owner == hook.owner)
    }

    fn get_mut(&mut self, hook: HookRef) -> Option<&mut StoredHook> {
        self.all.get_mut(&hook.id).filter(|found| found.owner == hook.owner)
    }

    /// Stores a new hook under the next id.
    fn insert(&mut self, mut hook: StoredHook) -> u64 {
        self.last_id += 1;
        hook.id = self.last_id;
        self.owned.entry(hook.owner).or_default().insert(hook.id);
        self.all.insert(hook.id, hook);
        self.last_id
    }

    /// Removes the hooks of an owner that is removed.
    pub(super) fn remove_all(&mut self, owner: Owner) {
        for id in self.owned.remove(&owner).unwrap_or_default() {
            self.all.remove(&id);
            self.logs.remove(&id);
        }
    }

    /// Whether a hook may be called for this chain of events: once, and at most 100 hooks are called for one chain
    /// (gitlab: lib/gitlab/web_hooks/recursion_detection.rb).
    fn enter_chain(&mut self, chain: &str, hook: u64) -> bool {
        let reached = self.chains.entry(chain.to_owned()).or_default();
        reached.len() < 100 && reached.insert(hook)
    }

    fn remove(&mut self, hook: HookRef) {
        self.all.remove(&hook.id);
        self.logs.remove(&hook.id);
        if let Some(owned) = self.owned.get_mut(&hook.owner) {
            owned.remove(&hook.id);
        }
    }
}

impl GitLab {
    /// Group hooks can be created and tested on any EE; they are triggered only with a license that includes them.
    pub(super) fn has_group_hooks_license(&self, state: &GitLabState) -> bool {
        self.is_enterprise() && self.options().plan != SandboxPlan::None && !state.quirks.license_expired
    }

    /// Whether the hook is not disabled now.
    pub(super) fn is_executable(&self, state: &GitLabState, hook: &StoredHook) -> bool {
        !state.hooks.quirks.auto_disabling
            || hook.owner == Owner::System
            || hook.failures.status(self.clock().now()) == "executable"
    }

    /// The hooks of one owner, for assertions.
    #[must_use]
    #[cfg(feature = "sandbox-testing")]
    pub fn hooks(&self, owner: Owner) -> Vec<StoredHook> {
        self.lock().hooks.of(owner).cloned().collect()
    }

    /// Every hook of the instance, for assertions.
    #[must_use]
    #[cfg(feature = "sandbox-testing")]
    pub fn all_hooks(&self) -> Vec<StoredHook> {
        self.lock().hooks.all().cloned().collect()
    }

    /// Changes a hook in place, bypassing the API and its rules; an unknown id changes nothing.
    #[cfg(feature = "sandbox-testing")]
    pub fn change_hook(&self, id: u64, change: impl FnOnce(&mut StoredHook)) {
        if let Some(hook) = self.lock().hooks.all.get_mut(&id) {
            change(hook);
        }
    }

    /// Disables a hook for good, as GitLab does after forty failures in a row.
    #[cfg(feature = "sandbox-testing")]
    pub fn disable_hook(&self, id: u64) {
        self.set_hook_quirks(|quirks| quirks.auto_disabling = true);
        self.change_hook(id, |hook| hook.failures = Failures::permanent());
    }

    /// Repeats the newest entry of a hook's log so often, with this status. Nothing is sent.
    #[cfg(feature = "sandbox-testing")]
    pub fn log_deliveries(&self, hook: u64, count: usize, status: u16) {
        let now = self.clock().now();
        let mut state = self.lock();
        let hooks = &mut state.hooks;
        for _ in 0..count {
            let Some(newest) = hooks.logs.get(&hook).and_then(|log| log.iter().max_by_key(|entry| entry.id)) else {
                return;
            };
            hooks.last_log += 1;
            let entry = LogEntry { id: hooks.last_log, status: Some(status), created_at: now, ..newest.clone() };
            hooks.logs.entry(hook).or_default().push(entry);
        }
    }

    /// Enables it again, as after a successful delivery.
    #[cfg(feature = "sandbox-testing")]
    pub fn enable_hook(&self, id: u64) {
        self.change_hook(id, |hook| hook.failures = Failures::default());
    }

    /// Changes how hooks behave from now on.
    #[cfg(feature = "sandbox-testing")]
    pub fn set_hook_quirks(&self, change: impl FnOnce(&mut HookQuirks)) {
        change(&mut self.lock().hooks.quirks);
    }
}
