//! What to do about webhooks: one on every target, with the desired events and token.

use std::collections::BTreeSet;

use super::bundle::Sides;
use super::hook_comparison::Comparison;
use super::{outside, rotated_hooks};
use crate::desired::{Desired, DesiredWebhooks, Prune, Selection};
use crate::error::Fix;
use crate::gitlab::{AlertStatus, Hook};
use crate::instance::Version;
use crate::journal::Record;
use crate::observed::{HookSeen, HooksSeen, LeftOut, Observed, TargetSeen};
use crate::plan::{Blocker, DeliveryStep, Plan, Step};
use crate::secret::redact_addresses;
use crate::target::{Event, Strategy, Target, TargetKind, TargetNumber};
use crate::text::counted;

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
    plan.warnings.extend(unmatched(&seen.unmatched_exclusions));
    plan.warnings.extend(outside::notes(desired, seen));
    let version = observed.version().unwrap_or(Version::OLDEST);
    plan.notes.extend(rotated_hooks::note(&Sides { desired, observed, record }));
    let comparison = Comparison::new(desired, version, record);
    let mut to_test = record.unproved.clone();
    let mut disabled = Vec::new();
    for target in &seen.targets {
        if target.hooks.known().is_none() {
            continue;
        }
        if target.own_hooks().next().is_none()
            && wanted.prune == Prune::Nothing
            && outside::is_sent_from_above(desired, seen, &target.target)
        {
            continue;
        }
        let steps = comparison.steps(target);
        if !steps.is_empty() {
            to_test.insert(target.target.kind());
        }
        if comparison.keeper(target).is_some_and(|keeper| is_disabled(&keeper.hook)) {
            disabled.push(target.target.clone());
        }
        plan.steps.extend(steps);
    }
    plan.notes.extend(comparison.written_form(&plan.steps));
    if version < Version::GROUP_HOOK_TEST && to_test.remove(&TargetKind::Group) {
        disabled.retain(|target| target.kind() != TargetKind::Group);
        plan.manual_steps.extend(group_tests(desired, seen));
    }
    plan.steps.extend(test_deliveries(wanted, seen, Tests { kinds: to_test, disabled }));
    plan.steps.extend(outside::steps(desired, seen));
}

/// The targets whose webhooks are not as they should be, or have none.
pub(in crate::plan) fn deviating(desired: &Desired, observed: &Observed, record: &Record) -> BTreeSet<TargetNumber> {
    let Some(seen) = observed.hooks.known() else { return BTreeSet::new() };
    let comparison = Comparison::new(desired, observed.version().unwrap_or(Version::OLDEST), record);
    let deviates = |target: &&TargetSeen| {
        target.hooks.known().is_some()
            && (!comparison.steps(target).is_empty()
                || target.own_hooks().any(|one| is_disabled(&one.hook) || has_failed_last(one)))
    };
    seen.targets.iter().filter(deviates).map(|target| target.target.number()).collect()
}

fn has_failed_last(hook: &HookSeen) -> bool {
    let newest = hook.deliveries.known().and_then(|entries| entries.first());
    newest.is_some_and(|entry| !entry.outcome.is_delivered())
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
    let by_strategy = match (wanted.strategy, seen.strategy) {
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
    };
    let mut notes: Vec<String> = recorded(&wanted.selection).into_iter().chain(by_strategy).collect();
    notes.extend(split(&seen.split_groups));
    notes.extend(left_out(seen.left_out));
    notes.extend(foreign_hooks(seen));
    let unread = seen.targets.iter().filter(|target| target.hooks.known().is_none()).count();
    if unread > 0 {
        notes.push(format!("the webhooks of {} could not be read; run again to plan them", counted(unread, "target")));
    }
    notes
}

/// A selection that was not given now is named, with the way back to everything.
fn recorded(selection: &Selection) -> Option<String> {
    let parts = selection.recorded.join("; ");
    (!parts.is_empty()).then(|| format!("selected as in an earlier run: {parts}; --group '*' selects everything again"))
}

/// A pattern that is misspelled excludes nothing.
fn unmatched(patterns: &[String]) -> Option<String> {
    let patterns = patterns.join(", ");
    (!patterns.is_empty()).then(|| format!("--exclude matches no group or project that is selected: {patterns}"))
}

/// At most this many webhooks of others are named; the count is complete.
const NAMED: usize = 3;

/// Somebody else's webhooks to Factory's address: each event may arrive twice.
fn foreign_hooks(seen: &HooksSeen) -> Option<String> {
    let all: Vec<String> = seen
        .targets
        .iter()
        .flat_map(|target| target.foreign_hooks().map(move |foreign| (target, foreign)))
        .map(|(target, foreign)| {
            format!("webhook {} on {} ({})", foreign.hook.id, target.target, redact_addresses(&foreign.hook.url))
        })
        .collect();
    let more = if all.len() > NAMED { format!(" and {} more", all.len() - NAMED) } else { String::new() };
    let named = all.get(..all.len().min(NAMED)).filter(|named| !named.is_empty())?.join(", ");
    Some(format!(
        "webhooks that are not this connection's also send to Factory's address and stay unchanged: {named}{more}"
    ))
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

pub(super) fn tested_event(wanted: &DesiredWebhooks) -> Option<Event> {
    if wanted.events.contains(&Event::Push) { Some(Event::Push) } else { wanted.events.first().copied() }
}

/// A target with commits first: old versions have no sample for an empty repository.
fn tested_target(seen: &HooksSeen, kind: TargetKind) -> Option<Target> {
    let is_readable = |one: &&TargetSeen| one.target.kind() == kind && one.hooks.known().is_some();
    seen.targets.iter().filter(is_readable).min_by_key(|one| one.empty).map(|one| one.target.clone())
}
