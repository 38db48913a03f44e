//! What to do about the hooks: one on every target, with the right events and the right token.

use std::collections::BTreeSet;

use crate::desired::{Desired, DesiredWebhooks, Mark};
use crate::error::Fix;
use crate::gitlab::{AlertStatus, Hook};
use crate::instance::Version;
use crate::journal::Record;
use crate::observed::{HookSeen, HooksSeen, LeftOut, Observed, TargetSeen};
use crate::target::{Event, Strategy, Target, TargetKind};

use super::{Blocker, Change, Plan, Step};

/// Adds the steps, notes and blockers of the hooks to `plan`.
pub(super) fn plan(desired: &Desired, observed: &Observed, record: &Record, plan: &mut Plan) {
    let wanted = &desired.webhooks;
    let licence = observed.plan();
    if wanted.strategy == Strategy::Group && !licence.has_group_hooks() {
        plan.blockers.push(Blocker::NoGroupHooks { plan: licence });
        return;
    }
    let Some(seen) = observed.hooks.known() else { return };
    plan.notes.extend(choice(wanted, seen, observed));
    let comparison = Comparison {
        wanted,
        mark: wanted.mark(),
        version: observed.metadata.known().map_or(Version::OLDEST, |metadata| metadata.version),
        record,
    };
    let mut to_prove = record.unproved.clone();
    let mut revive = Vec::new();
    for target in &seen.targets {
        let Some(hooks) = target.hooks.known() else { continue };
        let steps = comparison.steps(&target.target, hooks);
        if !steps.is_empty() {
            to_prove.insert(target.target.kind());
        }
        if comparison.keeper(&target.target, hooks).is_some_and(is_disabled) {
            revive.push(target.target.clone());
        }
        plan.steps.extend(steps);
    }
    plan.notes.extend(comparison.terms(&plan.steps));
    if comparison.version < Version::GROUP_HOOK_TEST && to_prove.remove(&TargetKind::Group) {
        revive.retain(|target| target.kind() != TargetKind::Group);
        plan.by_hand.extend(group_tests(desired, seen));
    }
    plan.steps.extend(proofs(wanted, seen, &to_prove, revive));
}

/// Group hooks can be tested on their page long before the API can.
fn group_tests(desired: &Desired, seen: &HooksSeen) -> Option<Fix> {
    let group = seen.targets.iter().map(|seen| &seen.target).find(|target| target.kind() == TargetKind::Group)?;
    let text = "test a webhook on its page: before 17.1 GitLab's API has no test of group hooks";
    Some(Fix::open(text, desired.instance.page(&group.page())))
}

fn is_disabled(hook: &Hook) -> bool {
    matches!(hook.alert_status, AlertStatus::TemporarilyDisabled | AlertStatus::Disabled)
}

/// Why the hooks are where they are, and what they will not do.
fn choice(wanted: &DesiredWebhooks, seen: &HooksSeen, observed: &Observed) -> Vec<String> {
    let mut notes = Vec::new();
    let plan = observed.plan();
    match (wanted.strategy, seen.strategy) {
        (Strategy::Auto, Strategy::Group) => {
            notes.push(format!("the licence ({plan}) has group hooks: one for each top-level group covers all its projects, also later ones"));
        }
        (Strategy::Auto, Strategy::Project) => {
            notes.push("without a Premium or Ultimate licence group hooks never fire, so every project has its own; run again for new projects".to_owned());
        }
        (_, Strategy::System) => {
            let missing: Vec<String> =
                wanted.events.iter().filter(|event| !event.in_system_hooks()).map(ToString::to_string).collect();
            if !missing.is_empty() {
                notes.push(format!("a system hook cannot carry {}: Factory will not hear of them", missing.join(", ")));
            }
        }
        _ => {}
    }
    notes.extend(left_out(seen.left_out));
    let refused = seen.targets.iter().filter(|target| target.hooks.known().is_none()).count();
    if refused > 0 {
        notes.push(format!("the hooks of {refused} could not be read; they are left for the next run"));
    }
    notes
}

fn left_out(left_out: LeftOut) -> Option<String> {
    let LeftOut { archived, marked_for_deletion, personal, excluded, empty_groups } = left_out;
    let counts = [
        (archived, "archived"),
        (marked_for_deletion, "marked for deletion"),
        (personal, "in personal namespaces (--personal takes them in)"),
        (excluded, "excluded"),
        (empty_groups, "named and without a project"),
    ];
    let said: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, why)| format!("{count} {why}")).collect();
    (!said.is_empty()).then(|| format!("left out: {}", said.join(", ")))
}

/// How a hook is held against what is wanted.
struct Comparison<'a> {
    wanted: &'a DesiredWebhooks,
    mark: Mark,
    version: Version,
    record: &'a Record,
}

impl Comparison<'_> {
    /// What every hook that is written will be: for whoever reviews the plan.
    fn terms(&self, steps: &[Step]) -> Vec<String> {
        let Some(target) = steps.iter().find_map(Step::hook_target) else { return Vec::new() };
        let signs = self.version >= Version::SIGNING_TOKEN && self.wanted.signing_token.is_some();
        let signing = if signs { " and the signing token" } else { "" };
        let hook = self.wanted.hook(target.clone());
        let events: Vec<&str> = hook.events.iter().map(|event| event.name()).collect();
        vec![
            format!("webhooks send {} to {}", events.join(", "), hook.url),
            format!("they verify TLS, and carry the secret token{signing}"),
        ]
    }

    fn steps(&self, target: &Target, hooks: &[HookSeen]) -> Vec<Step> {
        let Some(keeper) = self.keeper(target, hooks) else {
            return vec![Step::CreateHook { target: target.clone() }];
        };
        let mut steps = Vec::new();
        let changes = self.changes(target, keeper);
        if !changes.is_empty() {
            steps.push(Step::EditHook { target: target.clone(), id: keeper.id, changes });
        }
        let second = |seen: &&HookSeen| seen.hook.id != keeper.id && self.is_marked(&seen.hook);
        let delete = |seen: &HookSeen| Step::DeleteHook { target: target.clone(), id: seen.hook.id };
        steps.extend(hooks.iter().filter(second).map(delete));
        steps
    }

    /// The hook to keep: ours before others, the right URL before another one, the older before the newer.
    fn keeper<'h>(&self, target: &Target, hooks: &'h [HookSeen]) -> Option<&'h Hook> {
        hooks.iter().map(|seen| &seen.hook).min_by_key(|hook| {
            let rightness = (self.has_token(target, hook), self.is_marked(hook), self.wanted.is_url(&hook.url));
            (std::cmp::Reverse(rightness), hook.id)
        })
    }

    fn is_marked(&self, hook: &Hook) -> bool {
        hook.description.as_deref().is_some_and(|text| Mark::find(text).is_some())
    }

    fn changes(&self, target: &Target, hook: &Hook) -> Vec<Change> {
        let mut changes = Vec::new();
        if !self.wanted.is_url(&hook.url) {
            changes.push(Change::Url { from: hook.url.clone() });
        }
        let wanted: BTreeSet<Event> = self.wanted.hook(target.clone()).events.into_iter().collect();
        let present: BTreeSet<Event> = hook.events.iter().copied().collect();
        if wanted != present {
            let missing = wanted.difference(&present).copied().collect();
            changes.push(Change::Events { missing, extra: present.difference(&wanted).copied().collect() });
        }
        if !hook.enable_ssl_verification {
            changes.push(Change::TlsVerification);
        }
        if !self.has_token(target, hook) || hook.token_present == Some(false) {
            changes.push(Change::Token);
        }
        changes
    }

    /// GitLab hides the tokens. The mark in the description says which one was set, on any machine; before 17.1 there is
    /// no description, and only the local record knows. A signing token that was sent and is not there was ignored (the
    /// instance's switch is off): it is not sent again, because the mark covers it.
    fn has_token(&self, target: &Target, hook: &Hook) -> bool {
        if self.version >= Version::HOOK_NAME {
            return self.mark_of(hook).as_ref() == Some(&self.mark);
        }
        let known = self.record.hooks.get(&target.number()).filter(|known| known.id == hook.id);
        known.is_some_and(|known| *known.fingerprint == *self.mark.fingerprint)
    }

    fn mark_of(&self, hook: &Hook) -> Option<Mark> {
        hook.description.as_deref().and_then(Mark::find)
    }
}

/// One test delivery for each kind that changed, and one for each hook that GitLab has switched off: nothing else
/// switches it on again (reference, 5.8).
fn proofs(wanted: &DesiredWebhooks, seen: &HooksSeen, kinds: &BTreeSet<TargetKind>, revive: Vec<Target>) -> Vec<Step> {
    let event = if wanted.events.contains(&Event::Push) { Some(Event::Push) } else { wanted.events.first().copied() };
    let Some(event) = event else { return Vec::new() };
    let of_kind = |kind: &TargetKind| {
        let mut targets: Vec<&TargetSeen> =
            seen.targets.iter().filter(|seen| seen.target.kind() == *kind && seen.hooks.known().is_some()).collect();
        // One with commits first: old versions have no sample for an empty repository.
        targets.sort_by_key(|seen| seen.empty);
        targets.first().map(|seen| seen.target.clone())
    };
    let mut targets: Vec<Target> = kinds.iter().filter_map(of_kind).collect();
    targets.extend(revive);
    let mut named = BTreeSet::new();
    targets.retain(|target| named.insert(target.clone()));
    targets.into_iter().map(|target| Step::TestDelivery { target, event }).collect()
}
