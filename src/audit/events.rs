//! Audit events about this connection's objects.

use super::tokens::day;
use super::{NewFinding, Review};
use crate::checks::review;
use crate::gitlab::AuditEvent;
use crate::observed::{EventsSeen, Observation, TargetSeen};
use crate::text::counted;

const AUDIT_LOG: &str = "/admin/audit_logs";

impl Review<'_> {
    pub(super) fn events(&mut self) {
        match &self.inputs.seen.events {
            Observation::Known(seen) => {
                self.what_was_done(seen);
                self.not_read(seen);
            }
            Observation::Failed(error) => self.unread("audit events", error),
            // What tells the same without them.
            Observation::Skipped(reason) => self.not_visible(
                format!(
                    "who changed the application, its webhooks and tokens: {reason}; GitLab's own log audit_json.log on the server has \
                     what was done, production_json.log each request"
                ),
                "/admin/application_settings/general",
            ),
        }
    }

    fn what_was_done(&mut self, seen: &EventsSeen) {
        let ours: Vec<&AuditEvent> = seen.events.iter().filter(|event| self.is_about_us(event)).collect();
        for event in ours {
            let what = event.kind.as_deref().unwrap_or(&event.message);
            let target = if event.target.is_empty() { &event.target_type } else { &event.target };
            self.add(NewFinding {
                code: review::EVENT,
                subject: format!("audit event {}", event.id),
                cause: format!("{} on {}: {what}, {target} ({})", event.author, day(event.at), event.place),
                remedy: "find out why, if it is not known".into(),
                page: AUDIT_LOG.into(),
            });
        }
    }

    /// By the number of its object where that is unique among its kind, else by the name.
    fn is_about_us(&self, event: &AuditEvent) -> bool {
        let kind = event.target_type.to_lowercase();
        let id: Option<u64> = event.target_id.parse().ok();
        if kind.contains("application") {
            return event.target == self.inputs.desired.application.name;
        }
        if kind.contains("token") {
            let observed = self.inputs.observed;
            let own = observed.token.known().map(|token| token.id);
            let handed_over = observed.handed_over.known().and_then(Option::as_ref).map(|token| token.id);
            let is_known = id.is_some() && (id == own || id == handed_over);
            return is_known || event.target.starts_with(&self.inputs.desired.token_name_begins());
        }
        kind.contains("hook") && id.is_some_and(|id| self.has_hook(id) || self.was_ours(event))
    }

    fn has_hook(&self, id: u64) -> bool {
        let hooks = self.inputs.observed.hooks.known();
        hooks.into_iter().flat_map(|seen| &seen.targets).flat_map(TargetSeen::own_hooks).any(|seen| seen.hook.id == id)
    }

    /// Of a hook that exists no more only what GitLab says of it tells where it went.
    fn was_ours(&self, event: &AuditEvent) -> bool {
        let host = self.inputs.desired.webhooks.url.host_str().unwrap_or_default();
        !host.is_empty() && (event.message.contains(host) || event.target.contains(host))
    }

    fn not_read(&mut self, seen: &EventsSeen) {
        if let Some(day) = seen.cut_before {
            self.not_visible(format!("audit events before {day}: there are too many to read"), AUDIT_LOG);
        }
        if seen.places_left > 0 {
            let read = seen.places.join(" and ");
            let left = counted(seen.places_left, "other group and project");
            self.not_visible(
                format!(
                    "audit events of webhooks on {left}: those of the instance, the token's owner and {read} were read"
                ),
                AUDIT_LOG,
            );
        }
    }
}
