//! Compares the webhooks on a target with the desired one.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::ended_hooks::is_removable;
use crate::desired::{Desired, Marker, PlacedHook, ResetToken, TokenState, TokenStates};
use crate::gitlab::Hook;
use crate::instance::Version;
use crate::journal::Record;
use crate::mark::Mark;
use crate::observed::{HookOwner, HookSeen, TargetSeen};
use crate::plan::{DeleteReason, HookDifference, HookStep, Step};
use crate::secret::redact_addresses;
use crate::target::{Event, Target};

/// What webhooks are compared with.
pub(super) struct Comparison<'a> {
    desired: &'a Desired,
    marker: Marker,
    version: Version,
    record: &'a Record,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(desired: &'a Desired, version: Version, record: &'a Record) -> Self {
        Self { desired, marker: desired.marker(), version, record }
    }

    /// The form in which webhooks are written, for the review of the plan.
    pub(super) fn written_form(&self, steps: &[Step]) -> Vec<String> {
        let Some(target) = steps.iter().filter_map(Step::as_hook).find_map(HookStep::written_target) else {
            return Vec::new();
        };
        let hook = self.desired.hook(target.clone(), self.version);
        let signing = if hook.signing_token.is_some() { " and the signing token" } else { "" };
        let events: Vec<&str> = hook.events.iter().map(|event| event.name()).collect();
        vec![
            format!("webhooks send {} to {}", events.join(", "), hook.url),
            format!("webhooks verify TLS and carry the secret token{signing}"),
        ]
    }

    pub(super) fn steps(&self, seen: &TargetSeen) -> Vec<Step> {
        let target = &seen.target;
        let Some(keeper) = self.keeper(seen) else {
            return vec![Step::Hook(HookStep::Create { target: target.clone() })];
        };
        let mut steps = Vec::new();
        let differences = self.differences(target, &keeper.hook);
        if !differences.is_empty() {
            steps.push(Step::Hook(HookStep::Edit { target: target.clone(), id: keeper.hook.id, differences }));
        }
        let reason = DeleteReason::Duplicate;
        let delete = |one: &HookSeen| Step::Hook(HookStep::Delete { target: target.clone(), id: one.hook.id, reason });
        let is_duplicate = |one: &&HookSeen| {
            one.hook.id != keeper.hook.id && is_removable(&self.desired.webhooks, self.record, target, one)
        };
        steps.extend(seen.own_hooks().filter(is_duplicate).map(delete));
        steps
    }

    /// The webhook to keep: the one with the desired token, then one of ours, then the desired URL, then the oldest.
    pub(super) fn keeper<'h>(&self, seen: &'h TargetSeen) -> Option<&'h HookSeen> {
        seen.own_hooks().min_by_key(|one| {
            let has_token = self.tokens(&seen.target, &one.hook).token == TokenState::Same;
            let is_at_url = self.desired.webhooks.matches_url(&one.hook.url);
            (Reverse((has_token, one.owner == HookOwner::Ours, is_at_url)), one.hook.id)
        })
    }

    fn differences(&self, target: &Target, hook: &Hook) -> Vec<HookDifference> {
        let mut differences = Vec::new();
        if !self.desired.webhooks.matches_url(&hook.url) {
            differences.push(HookDifference::Url { from: redact_addresses(&hook.url).into_owned() });
        }
        differences.extend(self.events(target, hook));
        if let Some(filter) = &hook.push_events_branch_filter {
            differences.push(HookDifference::BranchFilter { filter: filter.clone() });
        }
        if !hook.enable_ssl_verification {
            differences.push(HookDifference::TlsVerification);
        }
        if !hook.payload.is_gitlabs_own() {
            differences.push(HookDifference::Payload);
        }
        let tokens = self.tokens(target, hook);
        if tokens.token != TokenState::Same {
            differences.push(HookDifference::Token);
        } else if self.desired.webhooks.resets_token == ResetToken::Asked {
            differences.push(HookDifference::TokenReset);
        } else if matches!(tokens.signing, TokenState::Different | TokenState::Unknown) {
            differences.push(HookDifference::SigningToken);
        } else if matches!(hook.mark, Some(Mark::Legacy(_))) {
            differences.push(HookDifference::Mark);
        }
        differences
    }

    fn events(&self, target: &Target, hook: &Hook) -> Option<HookDifference> {
        let wanted: BTreeSet<Event> = self.desired.webhooks.events_on(target).into_iter().collect();
        let present: BTreeSet<Event> = hook.events.iter().copied().collect();
        let missing = wanted.difference(&present).copied().collect();
        let extra = present.difference(&wanted).copied().collect();
        (wanted != present).then_some(HookDifference::Events { missing, extra })
    }

    /// GitLab hides the tokens. The mark in the description says on any machine which ones were set; before 17.1 a webhook
    /// has no description, and only the local record knows.
    pub(super) fn tokens(&self, target: &Target, hook: &Hook) -> TokenStates {
        let recorded = self.record.hooks.get(&target.number()).filter(|known| known.id == hook.id);
        let placed = PlacedHook { target: target.number(), hook };
        self.marker.compare(placed, self.version, recorded.and_then(|known| known.tokens))
    }
}
