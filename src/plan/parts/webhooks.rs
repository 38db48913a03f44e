//! What to do about webhooks: one on every target, with the desired events and token.

use std::collections::BTreeSet;

use super::outside;
use crate::desired::{Desired, DesiredWebhooks, Mark, Prune, ResetToken};
use crate::error::Fix;
use crate::gitlab::{AlertStatus, Hook};
use crate::instance::Version;
use crate::journal::Record;
use crate::observed::{HookSeen, HooksSeen, LeftOut, Observed, TargetSeen};
use crate::plan::{Blocker, DeleteReason, DeliveryStep, HookDifference, HookStep, Plan, Step};
use crate::target::{Event, Strategy, Target, TargetKind};

/// Adds the steps, notes and blockers of the webhooks to `plan`.
pub(in crate::plan) fn plan(desired: &Desired, observed: &Observed, record: &Record, plan: &mut Plan) {
    let wanted = &desired.webhooks;
    let license = observed.plan();
    if wanted.strategy == Strategy::Group && !license.has_group_hooks() {
        plan.blockers.push(Blocker::NoGroupHooks { plan: license });
        return;
    }
    if wanted.strategy == Strategy::System && !wanted.selection.selects_all() {
        plan.blockers.push(Blocker::SystemHookSendsAll);
        return;
    }
    let Some(seen) = observed.hooks.known() else { return };
    plan.notes.extend(notes(wanted, seen, observed));
    plan.notes.extend(outside::notes(desired, seen));
    let comparison = Comparison {
        wanted,
        mark: wanted.mark(),
        version: observed.metadata.known().map_or(Version::OLDEST, |metadata| metadata.version),
        record,
    };
    let mut to_test = record.unproved.clone();
    let mut disabled = Vec::new();
    for target in &seen.targets {
        let Some(hooks) = target.hooks.known() else { continue };
        if hooks.is_empty()
            && wanted.prune == Prune::Nothing
            && outside::is_sent_from_above(desired, seen, &target.target)
        {
            continue;
        }
        let steps = comparison.steps(&target.target, hooks);
        if !steps.is_empty() {
            to_test.insert(target.target.kind());
        }
        if comparison.keeper(&target.target, hooks).is_some_and(is_disabled) {
            disabled.push(target.target.clone());
        }
        plan.steps.extend(steps);
    }
    plan.notes.extend(comparison.written_form(&plan.steps));
    if comparison.version < Version::GROUP_HOOK_TEST && to_test.remove(&TargetKind::Group) {
        disabled.retain(|target| target.kind() != TargetKind::Group);
        plan.manual_steps.extend(group_tests(desired, seen));
    }
    plan.steps.extend(test_deliveries(wanted, seen, Tests { kinds: to_test, disabled }));
    plan.steps.extend(outside::steps(desired, seen));
}

/// The page of a group webhook has a test in all supported versions, the API only since 17.1.
fn group_tests(desired: &Desired, seen: &HooksSeen) -> Option<Fix> {
    let group = seen.targets.iter().map(|seen| &seen.target).find(|target| target.kind() == TargetKind::Group)?;
    let text = "test a webhook on its page; GitLab's API cannot test group webhooks before 17.1";
    Some(Fix::open(text, desired.instance.page(&group.page())))
}

fn is_disabled(hook: &Hook) -> bool {
    matches!(hook.alert_status, AlertStatus::TemporarilyDisabled | AlertStatus::Disabled)
}

/// Why webhooks are on these targets, and what they do not cover.
fn notes(wanted: &DesiredWebhooks, seen: &HooksSeen, observed: &Observed) -> Vec<String> {
    let mut notes: Vec<String> = match (wanted.strategy, seen.strategy) {
        (Strategy::Auto, Strategy::Group) if seen.split_groups.is_empty() => Some(format!(
            "the license ({}) includes group webhooks: one per top-level group covers all its projects, future ones \
             included",
            observed.plan()
        )),
        (Strategy::Auto, Strategy::Group) => Some(format!(
            "the license ({}) includes group webhooks: one per group that is wholly selected covers all its projects",
            observed.plan()
        )),
        (Strategy::Auto, Strategy::Project) => Some(
            "without a Premium or Ultimate license group webhooks never fire, so every project gets its own; run again \
             after projects are added"
                .to_owned(),
        ),
        (_, Strategy::System) => not_in_system_hooks(wanted),
        (_, Strategy::Auto | Strategy::Group | Strategy::Project | Strategy::None) => None,
    }
    .into_iter()
    .collect();
    notes.extend(split(&seen.split_groups));
    notes.extend(left_out(seen.left_out));
    let unread = seen.targets.iter().filter(|target| target.hooks.known().is_none()).count();
    if unread > 0 {
        notes.push(format!("the webhooks of {unread} targets could not be read; run again to plan them"));
    }
    notes
}

fn not_in_system_hooks(wanted: &DesiredWebhooks) -> Option<String> {
    let missing: Vec<&str> =
        wanted.events.iter().filter(|event| !event.is_in_system_hooks()).map(|event| event.name()).collect();
    let missing = (!missing.is_empty()).then(|| missing.join(", "))?;
    Some(format!("system hooks do not send {missing}: Factory will not receive these events"))
}

/// Where something is excluded below a group, the group itself has no webhook.
fn split(groups: &[String]) -> Option<String> {
    const NAMED: usize = 3;
    let more = groups
        .len()
        .checked_sub(NAMED)
        .filter(|more| *more > 0)
        .map_or_else(String::new, |more| format!(" and {more} more"));
    let names = groups.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    (!groups.is_empty()).then(|| {
        format!(
            "something is excluded in {names}{more}: subgroups and projects get webhooks one by one there; run again after \
             some are added"
        )
    })
}

fn left_out(left_out: LeftOut) -> Option<String> {
    let LeftOut { archived, marked_for_deletion, personal, excluded, empty_groups } = left_out;
    let counts = [
        (archived, "archived"),
        (marked_for_deletion, "marked for deletion"),
        (personal, "in personal namespaces (--personal includes them)"),
        (excluded, "excluded"),
        (empty_groups, "named but without projects"),
    ];
    let reasons: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, reason)| format!("{count} {reason}")).collect();
    (!reasons.is_empty()).then(|| format!("left out: {}", reasons.join(", ")))
}

/// What webhooks are compared with.
struct Comparison<'a> {
    wanted: &'a DesiredWebhooks,
    mark: Mark,
    version: Version,
    record: &'a Record,
}

impl Comparison<'_> {
    /// The form in which webhooks are written, for the review of the plan.
    fn written_form(&self, steps: &[Step]) -> Vec<String> {
        let Some(target) = steps.iter().filter_map(Step::as_hook).find_map(HookStep::written_target) else {
            return Vec::new();
        };
        let signs = self.version >= Version::SIGNING_TOKEN && self.wanted.signing_token.is_some();
        let signing = if signs { " and the signing token" } else { "" };
        let hook = self.wanted.hook(target.clone());
        let events: Vec<&str> = hook.events.iter().map(|event| event.name()).collect();
        vec![
            format!("webhooks send {} to {}", events.join(", "), hook.url),
            format!("webhooks verify TLS and carry the secret token{signing}"),
        ]
    }

    fn steps(&self, target: &Target, hooks: &[HookSeen]) -> Vec<Step> {
        let Some(keeper) = self.keeper(target, hooks) else {
            return vec![Step::Hook(HookStep::Create { target: target.clone() })];
        };
        let mut steps = Vec::new();
        let differences = self.differences(target, keeper);
        if !differences.is_empty() {
            steps.push(Step::Hook(HookStep::Edit { target: target.clone(), id: keeper.id, differences }));
        }
        let is_duplicate = |seen: &&HookSeen| seen.hook.id != keeper.id && is_marked(&seen.hook);
        let reason = DeleteReason::Duplicate;
        let delete =
            |seen: &HookSeen| Step::Hook(HookStep::Delete { target: target.clone(), id: seen.hook.id, reason });
        steps.extend(hooks.iter().filter(is_duplicate).map(delete));
        steps
    }

    /// The webhook to keep: the one with the desired token, then one of ours, then the desired URL, then the oldest.
    fn keeper<'h>(&self, target: &Target, hooks: &'h [HookSeen]) -> Option<&'h Hook> {
        hooks.iter().map(|seen| &seen.hook).min_by_key(|hook| {
            let preference = (self.has_token(target, hook), is_marked(hook), self.wanted.matches_url(&hook.url));
            (std::cmp::Reverse(preference), hook.id)
        })
    }

    fn differences(&self, target: &Target, hook: &Hook) -> Vec<HookDifference> {
        let mut differences = Vec::new();
        if !self.wanted.matches_url(&hook.url) {
            differences.push(HookDifference::Url { from: hook.url.clone() });
        }
        let wanted: BTreeSet<Event> = self.wanted.hook(target.clone()).events.into_iter().collect();
        let present: BTreeSet<Event> = hook.events.iter().copied().collect();
        if wanted != present {
            let missing = wanted.difference(&present).copied().collect();
            differences.push(HookDifference::Events { missing, extra: present.difference(&wanted).copied().collect() });
        }
        if let Some(filter) = &hook.push_events_branch_filter {
            differences.push(HookDifference::BranchFilter { filter: filter.clone() });
        }
        if !hook.enable_ssl_verification {
            differences.push(HookDifference::TlsVerification);
        }
        if !self.has_token(target, hook) || hook.token_present == Some(false) {
            differences.push(HookDifference::Token);
        } else if self.wanted.resets_token == ResetToken::Asked {
            differences.push(HookDifference::TokenReset);
        }
        differences
    }

    /// GitLab hides the tokens. The mark in the description says on any machine which one was set; before 17.1 a webhook
    /// has no description, and only the local record knows. A signing token that was sent and is absent was ignored
    /// (the instance's feature flag is off): it is not sent again, because the mark covers it.
    fn has_token(&self, target: &Target, hook: &Hook) -> bool {
        if self.version >= Version::HOOK_NAME {
            return mark(hook).as_ref() == Some(&self.mark);
        }
        let known = self.record.hooks.get(&target.number()).filter(|known| known.id == hook.id);
        known.is_some_and(|known| *known.fingerprint == *self.mark.fingerprint)
    }
}

fn mark(hook: &Hook) -> Option<Mark> {
    hook.description.as_deref().and_then(Mark::find)
}

pub(super) fn is_marked(hook: &Hook) -> bool {
    mark(hook).is_some()
}

/// What is to be tested.
struct Tests {
    /// Kinds of webhooks that changed: one of each.
    kinds: BTreeSet<TargetKind>,
    /// Webhooks that GitLab disabled: each of them, because only a successful test enables it again.
    /// gitlab: app/models/concerns/web_hooks/auto_disabling.rb
    disabled: Vec<Target>,
}

fn test_deliveries(wanted: &DesiredWebhooks, seen: &HooksSeen, tests: Tests) -> Vec<Step> {
    let Some(event) = tested_event(wanted) else { return Vec::new() };
    let mut targets: Vec<Target> = tests.kinds.iter().filter_map(|kind| tested_target(seen, *kind)).collect();
    targets.extend(tests.disabled);
    let mut named = BTreeSet::new();
    targets.retain(|target| named.insert(target.clone()));
    targets.into_iter().map(|target| Step::Delivery(DeliveryStep::Test { target, event })).collect()
}

fn tested_event(wanted: &DesiredWebhooks) -> Option<Event> {
    if wanted.events.contains(&Event::Push) { Some(Event::Push) } else { wanted.events.first().copied() }
}

/// A target with commits first: old versions have no sample for an empty repository.
fn tested_target(seen: &HooksSeen, kind: TargetKind) -> Option<Target> {
    let is_readable = |one: &&TargetSeen| one.target.kind() == kind && one.hooks.known().is_some();
    seen.targets.iter().filter(is_readable).min_by_key(|one| one.empty).map(|one| one.target.clone())
}
