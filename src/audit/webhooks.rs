//! Webhooks to Factory's host: ours and others'.

use super::{NewFinding, Review};
use crate::checks::{CheckInfo, review};
use crate::gitlab::Hook;
use crate::http;
use crate::observed::{HookOwner, HooksSeen, Observation, OthersRead, Standing, TargetSeen};
use crate::target::{Event, Target};
use crate::text::{and_more, counted};

/// What `connect` does with a webhook of this connection.
const AS_THE_KIT: &str = "set it as the kit asks for: factory-gitlab connect";

impl Review<'_> {
    pub(super) fn webhooks(&mut self) {
        let observed = self.inputs.observed;
        let Some(seen) = self.known("webhooks", "/admin/hooks", &observed.hooks) else { return };
        self.summary(seen);
        self.unread_targets(seen);
        let others = seen.others.iter().map(|other| (&other.seen, Some(other.standing)));
        for (target, standing) in seen.targets.iter().map(|target| (target, None)).chain(others) {
            for hook in target.own_hooks() {
                self.own_hook(&target.target, &hook.hook, hook.owner);
                if standing == Some(Standing::OutOfScope) {
                    self.outside(&target.target, &hook.hook);
                }
            }
            for hook in target.foreign_hooks() {
                self.foreign(&target.target, &hook.hook, "it sends to Factory's address, and is not this connection's");
            }
        }
        for other in &seen.at_factory {
            let cause = "it sends to Factory's host, to another address than this connection's";
            self.foreign(&other.target, &other.hook, cause);
        }
        if let OthersRead::First(read) = seen.others_read {
            let places = counted(read, "group and project");
            self.not_visible(
                format!("webhooks outside the selection, besides those of the first {places}: there are too many"),
                "/admin/projects",
            );
        }
    }

    /// What is sent to Factory by all of them.
    fn summary(&mut self, seen: &HooksSeen) {
        let ours =
            || seen.targets.iter().chain(seen.others.iter().map(|other| &other.seen)).flat_map(TargetSeen::own_hooks);
        let count = ours().count();
        if count == 0 {
            return;
        }
        let mut events: Vec<Event> = ours().flat_map(|seen| seen.hook.events.iter().copied()).collect();
        events.sort_unstable();
        events.dedup();
        let names: Vec<&str> = events.iter().map(|event| event.name()).collect();
        let url = &self.inputs.desired.webhooks.url;
        self.add(NewFinding {
            code: review::WEBHOOK_ACCESS,
            subject: counted(count, "webhook"),
            cause: format!("sent to {}: {}", url.host_str().unwrap_or_default(), names.join(", ")),
            remedy: "compare the events with what Factory has agreed to use".into(),
            page: "/admin/projects".into(),
        });
    }

    /// Targets whose hooks are not known; those that failed in the same way are one.
    fn unread_targets(&mut self, seen: &HooksSeen) {
        let all = seen.targets.iter().chain(seen.others.iter().map(|other| &other.seen));
        let mut failed: Vec<(&Target, &http::Error, usize)> = Vec::new();
        for target in all {
            let Observation::Failed(error) = &target.hooks else { continue };
            match failed.iter_mut().find(|(_, other, _)| other.cause.to_string() == error.cause.to_string()) {
                Some((.., count)) => *count += 1,
                None => failed.push((&target.target, error, 1)),
            }
        }
        for (target, error, count) in failed {
            self.unread(&format!("the webhooks of {target}{}", and_more(count)), error);
        }
    }

    fn own_hook(&mut self, target: &Target, hook: &Hook, owner: HookOwner) {
        let wanted = &self.inputs.desired.webhooks;
        let excess: Vec<&str> = hook
            .events
            .iter()
            .filter(|event| !wanted.events_on(target).contains(event))
            .map(|event| event.name())
            .collect();
        if !excess.is_empty() {
            let cause = format!("it also sends {}, which the kit does not ask for", excess.join(", "));
            self.hook(target, hook, Problem::fixed(review::WEBHOOK_EVENTS, cause));
        }
        self.receiver(target, hook, AS_THE_KIT);
        if hook.token_present == Some(false) {
            let cause = "it has no secret token: the receiver cannot tell GitLab's events from others'";
            self.hook(target, hook, Problem::fixed(review::WEBHOOK_TOKEN, cause));
        }
        if !hook.payload.is_gitlabs_own() {
            let cause = "it sends a payload or headers of its own in place of GitLab's";
            self.hook(target, hook, Problem::fixed(review::WEBHOOK_PAYLOAD, cause));
        }
        if owner == HookOwner::Unmarked {
            let cause = "it was set up by hand: nothing marks it as this connection's";
            self.hook(target, hook, Problem::fixed(review::WEBHOOK_UNMARKED, cause));
        }
    }

    fn outside(&mut self, target: &Target, hook: &Hook) {
        let cause = "it sends what is outside the selection";
        let remedy = "remove it: factory-gitlab connect --prune";
        self.hook(target, hook, Problem { code: review::WEBHOOK_SCOPE, cause: cause.into(), remedy });
    }

    fn foreign(&mut self, target: &Target, hook: &Hook, cause: &str) {
        let remedy = "find out who set it up, and delete it if it is not used";
        self.hook(target, hook, Problem { code: review::WEBHOOK_OTHER, cause: cause.into(), remedy });
        self.receiver(target, hook, "turn its SSL verification on, or delete it");
    }

    /// It does not matter who made it: what is sent to Factory's host can be read on the way, unless GitLab checks the receiver.
    fn receiver(&mut self, target: &Target, hook: &Hook, remedy: &'static str) {
        if !hook.enable_ssl_verification {
            let cause = "GitLab does not check the receiver's certificate: a machine on the way can read the events";
            self.hook(target, hook, Problem { code: review::WEBHOOK_TLS, cause: cause.into(), remedy });
        }
    }

    fn hook(&mut self, target: &Target, hook: &Hook, problem: Problem) {
        let Problem { code, cause, remedy } = problem;
        let page = match target {
            Target::System => format!("/admin/hooks/{}/edit", hook.id),
            Target::Group { path, .. } => format!("/groups/{path}/-/hooks/{}/edit", hook.id),
            Target::Project { path, .. } => format!("/{path}/-/hooks/{}/edit", hook.id),
        };
        let subject = format!("webhook {} on {target}", hook.id);
        self.add(NewFinding { code, subject, cause, remedy: remedy.into(), page });
    }
}

/// What is wrong with a webhook.
struct Problem {
    code: CheckInfo,
    cause: String,
    remedy: &'static str,
}

impl Problem {
    /// One that `connect` corrects.
    fn fixed(code: CheckInfo, cause: impl Into<String>) -> Self {
        Self { code, cause: cause.into(), remedy: AS_THE_KIT }
    }
}
