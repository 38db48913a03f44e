//! What to do about webhooks of ours outside the set that the selection needs.

use crate::desired::{Address, Desired, Prune};
use crate::observed::{HookOwner, HookSeen, HooksSeen, OtherTarget, Standing};
use crate::plan::{DeleteReason, HookStep, Step};
use crate::target::Target;

/// At most this many are named in a note; the count is complete.
const NAMED: usize = 3;

/// Deletes what sends each event a second time, and with `--prune` what sends events that are not selected. These steps come
/// after the test deliveries: a webhook goes once the one that replaces it is proven.
pub(super) fn steps(desired: &Desired, seen: &HooksSeen) -> Vec<Step> {
    let is_replaced = seen.targets.iter().all(|target| target.hooks.known().is_some());
    if !is_replaced {
        return Vec::new();
    }
    seen.others.iter().flat_map(|other| deletions(desired, other)).collect()
}

fn deletions(desired: &Desired, other: &OtherTarget) -> Vec<Step> {
    let reason = match (other.standing, desired.webhooks.prune) {
        (Standing::Redundant, _) => DeleteReason::Redundant,
        (Standing::OutOfScope, Prune::Outside) => DeleteReason::OutOfScope,
        (Standing::OutOfScope, Prune::Nothing) => return Vec::new(),
    };
    let delete = |id| Step::Hook(HookStep::Delete { target: other.seen.target.clone(), id, reason });
    own(desired, other).map(|one| delete(one.hook.id)).collect()
}

/// What this program made there. A mark may have been copied to another webhook, so its address has to be Factory's too.
fn own<'a>(desired: &'a Desired, other: &'a OtherTarget) -> impl Iterator<Item = &'a HookSeen> {
    let is_at_factory = |one: &HookSeen| desired.webhooks.compare_url(&one.hook.url) != Address::Other;
    other.seen.own_hooks().filter(move |one| one.owner == HookOwner::Ours && is_at_factory(one))
}

/// Webhooks of ours that send what is not selected, and stay.
pub(super) fn notes(desired: &Desired, seen: &HooksSeen) -> Vec<String> {
    let is_ours = |other: &&OtherTarget| own(desired, other).next().is_some();
    let outside: Vec<&OtherTarget> =
        seen.others.iter().filter(|other| other.standing == Standing::OutOfScope).filter(is_ours).collect();
    if outside.is_empty() || desired.webhooks.prune == Prune::Outside {
        return Vec::new();
    }
    let names: Vec<String> = outside.iter().take(NAMED).map(|other| other.seen.target.to_string()).collect();
    let more = if outside.len() > NAMED { format!(" and {} more", outside.len() - NAMED) } else { String::new() };
    vec![format!(
        "outside the selection, with a webhook that still sends: {}{more}; --prune removes what is not selected",
        names.join(", ")
    )]
}

/// Whether a webhook outside the selection sends the target's events, so that another one would send them twice.
pub(super) fn is_sent_from_above(desired: &Desired, seen: &HooksSeen, target: &Target) -> bool {
    let above = seen.sent_from_above(target);
    above.is_some_and(|other| other.seen.own_hooks().any(|one| desired.webhooks.matches_url(&one.hook.url)))
}

/// Whether a person may want `--prune`.
#[must_use]
pub fn has_webhooks_outside(desired: &Desired, seen: &HooksSeen) -> bool {
    !notes(desired, seen).is_empty()
}
