//! Webhooks of ours outside the set that the selection needs: out of scope, or a second time for the same events.

use super::{FaultyHooks, OwnHook, by_connect, examples, observed_hooks, own_hooks_on};
use crate::checks::outcome::{CheckContext, CheckOutcome};
use crate::error::Fix;
use crate::http;
use crate::observed::{HooksSeen, OtherTarget, OthersRead, Standing};
use crate::target::TargetKind;
use crate::text::and_more;

pub(crate) fn scope(context: &CheckContext<'_>) -> CheckOutcome {
    let hooks = match observed_hooks(context) {
        Err(outcome) => return outcome,
        Ok(hooks) => hooks,
    };
    let mut outside: Vec<OwnHook<'_>> =
        of_standing(hooks, Standing::OutOfScope).flat_map(|other| own_hooks_on(context, &other.seen)).collect();
    outside.sort_by_key(|one| !one.is_ours());
    let Some(first) = outside.first() else {
        return passed(hooks, Standing::OutOfScope);
    };
    let places = examples(&outside);
    let are = if outside.len() == 1 { "hook sends" } else { "hooks send" };
    let cause =
        format!("{} {are} events that are not selected: {}{}", outside.len(), places[0], and_more(outside.len()));
    let fix = match outside.iter().any(OwnHook::is_ours) {
        true => prune("remove it, or select what it sends"),
        false => Fix::say(BY_HAND),
    };
    let fix = fix.at(context.page(&first.target.page()));
    let outcome = CheckOutcome::fail(cause).evidence("count", outside.len()).evidence("hooks", places).fix(fix);
    outcome.affecting(outside.iter().map(OwnHook::affected))
}

/// What a person set up is not removed by this program.
const BY_HAND: &str = "delete it, if it is not needed; this program did not create it";

fn prune(text: &str) -> Fix {
    Fix::connect(text, "factory-gitlab connect --prune")
}

fn of_standing(hooks: &HooksSeen, standing: Standing) -> impl Iterator<Item = &OtherTarget> {
    hooks.others.iter().filter(move |other| other.standing == standing)
}

/// The others that could not be read.
fn unread(hooks: &HooksSeen) -> impl Iterator<Item = (&OtherTarget, &http::Error)> {
    hooks.others.iter().filter_map(|other| Some((other, other.seen.hooks.error()?)))
}

/// It passes if all others were read that are looked at.
fn passed(hooks: &HooksSeen, standing: Standing) -> CheckOutcome {
    if let Some((other, error)) = unread(hooks).find(|(other, _)| other.standing == standing) {
        return CheckOutcome::unknown(format!("the hooks of {} could not be read: {error}", other.seen.target));
    }
    match hooks.others_read {
        OthersRead::All => CheckOutcome::pass(),
        OthersRead::First(most) => CheckOutcome::pass().note(format!("the first {most} others were looked at")),
    }
}

/// Our hooks that send what another one sends as well, each with whether it goes only with `--prune`.
pub(super) fn across_levels(context: &CheckContext<'_>) -> Option<CheckOutcome> {
    let hooks = observed_hooks(context).ok()?;
    let targets = || hooks.targets.iter().flat_map(|target| own_hooks_on(context, target));
    let others = || {
        hooks
            .others
            .iter()
            .flat_map(|other| own_hooks_on(context, &other.seen).into_iter().map(move |ours| (other.standing, ours)))
    };
    let group_hooks = context.observed.plan().has_group_hooks();
    let sends = |ours: &OwnHook<'_>| group_hooks || ours.target.kind() != TargetKind::Group;
    let overlaps = |one: &OwnHook<'_>, other: &OwnHook<'_>| {
        sends(one) && sends(other) && (one.target.is_below(other.target) || other.target.is_below(one.target))
    };
    let of = targets().count() + others().count();
    let is_twice = |one: &OwnHook<'_>| {
        let is_other = |other: &OwnHook<'_>| other.target != one.target && overlaps(one, other);
        targets().any(|other| is_other(&other)) || others().any(|(_, other)| is_other(&other))
    };
    let mut twice: Vec<(Standing, OwnHook<'_>)> = others().filter(|(_, ours)| is_twice(ours)).collect();
    twice.sort_by_key(|(_, one)| !one.is_ours());
    let needs_prune = twice.iter().any(|(standing, one)| one.is_ours() && *standing == Standing::OutOfScope);
    let fix = match (twice.iter().any(|(_, one)| one.is_ours()), needs_prune) {
        (false, _) => Fix::say(BY_HAND),
        (true, true) => prune("remove what is not selected"),
        (true, false) => by_connect("remove what is redundant"),
    };
    let faulty = twice.into_iter().map(|(_, ours)| ours).collect();
    let outcome = FaultyHooks { faulty, of, what: "send what another one above or below sends" }.outcome(context, fix);
    outcome.or_else(|| {
        let failed = unread(hooks).next()?;
        let text = format!("the hooks of {} could not be read: {}", failed.0.seen.target, failed.1);
        Some(CheckOutcome::unknown(text))
    })
}
