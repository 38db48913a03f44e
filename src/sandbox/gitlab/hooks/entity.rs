//! Hooks as the API shows them: without secrets, with the fields of the version.
//!
//! gitlab: lib/api/entities/hook.rb, project_hook.rb, ee group_hook.rb

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::event::ROWS;
use super::{HookQuirks, Owner, StoredHook};
use crate::sandbox::gitlab::GitLab;

/// How much of a hook is shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum HookDetail {
    Full,
    /// In a list: without the names of its variables and custom headers.
    Listed,
}

/// What the representation of a hook depends on.
pub(super) struct HookPresenter<'a> {
    pub gitlab: &'a GitLab,
    pub quirks: &'a HookQuirks,
    pub detail: HookDetail,
}

impl HookPresenter<'_> {
    pub(super) fn hook(&self, hook: &StoredHook) -> Value {
        let mut fields = Map::new();
        let mut put = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
        put("id", json!(hook.id));
        put("url", json!(hook.url));
        if self.gitlab.is_at_least(17, 1) {
            put("name", json!(hook.name));
            put("description", json!(hook.description));
        }
        put("created_at", json!(time(hook.created_at)));
        for row in ROWS.iter().filter(|row| self.has(hook.owner, row)) {
            put(row.flag, json!(hook.events.contains(row.event)));
        }
        put("enable_ssl_verification", json!(hook.enable_ssl_verification));
        let (status, until) = self.status(hook);
        put("alert_status", json!(status));
        put("disabled_until", json!(until));
        if self.detail == HookDetail::Full {
            put("url_variables", keys(&hook.url_variables));
        }
        put("push_events_branch_filter", json!(hook.push_events_branch_filter));
        put("branch_filter_strategy", json!(hook.branch_filter_strategy));
        put("custom_webhook_template", json!(hook.custom_webhook_template));
        if self.detail == HookDetail::Full && self.gitlab.is_at_least(17, 1) {
            put("custom_headers", keys(&hook.custom_headers));
        }
        if self.gitlab.is_at_least(19, 0) {
            put("token_present", json!(hook.token.is_some()));
            put("signing_token_present", json!(hook.signing_token.is_some()));
        }
        match hook.owner {
            Owner::Project(id) => put("project_id", json!(id)),
            Owner::Group(id) => put("group_id", json!(id)),
            Owner::System => put("organization_id", json!(1)),
        }
        Value::Object(fields)
    }

    /// `repository_update_events` is shown for every hook, although only a system hook can have it.
    fn has(&self, owner: Owner, row: &super::event::EventRow) -> bool {
        if row.flag == "repository_update_events" {
            return true;
        }
        match owner {
            Owner::Project(_) => {
                row.project && (row.flag != "resource_deploy_token_events" || self.gitlab.is_at_least(19, 0))
            }
            Owner::Group(_) => row.group,
            Owner::System => row.system,
        }
    }

    fn status(&self, hook: &StoredHook) -> (&'static str, Option<String>) {
        if !self.quirks.auto_disabling || hook.owner == Owner::System {
            return ("executable", None);
        }
        (hook.failures.status(self.gitlab.clock().now()), hook.failures.disabled_until.map(time))
    }
}

fn keys<T>(pairs: &[(String, T)]) -> Value {
    pairs.iter().map(|(key, _)| json!({ "key": key })).collect()
}

/// A time as GitLab's API writes it, always with milliseconds.
pub(super) fn time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}
