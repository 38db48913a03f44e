//! What `rotate webhook-secret` does: webhooks get the kit's new secret token one by one, each tested, while Factory takes the
//! previous one too.

use super::bundle::Sides;
use super::due::{self, Dueness, Limits};
use super::hook_comparison::Comparison;
use super::webhooks::tested_event;
use crate::desired::TokenState;
use crate::instance::Version;
use crate::journal::Rotation;
use crate::observed::{HookSeen, TargetSeen};
use crate::plan::{Blocker, DeliveryStep, Plan, Step};
use crate::text::counted;

/// Our webhooks by the secret token that they have.
#[derive(Default)]
struct Sorted<'a> {
    /// The kit's, and a test has not refused it.
    renewed: usize,
    /// An earlier run set it and came to no end.
    unsettled: Vec<Placed<'a>>,
    previous: Vec<Placed<'a>>,
    /// Neither; or the kit names no previous one.
    other: Vec<Placed<'a>>,
    /// The signing token alone differs.
    unsigned: usize,
}

#[derive(Clone, Copy)]
struct Placed<'a> {
    seen: &'a TargetSeen,
    hook: &'a HookSeen,
}

fn sort<'a>(sides: &Sides<'a>) -> Sorted<'a> {
    let Sides { desired, observed, record } = *sides;
    let mut sorted = Sorted::default();
    let Some(hooks) = observed.hooks.known() else { return sorted };
    let version = version(sides);
    let wanted = Comparison::new(desired, version, record);
    let former = desired.before_rotation();
    let previous = former.as_ref().map(|former| Comparison::new(former, version, record));
    // A webhook of ours outside the selection delivers too.
    for seen in hooks.targets.iter().chain(hooks.others.iter().map(|other| &other.seen)) {
        let Some(hook) = wanted.keeper(seen) else { continue };
        let placed = Placed { seen, hook };
        let tokens = wanted.tokens(&seen.target, &hook.hook);
        let has_previous =
            |previous: &Comparison<'_>| previous.tokens(&seen.target, &hook.hook).token == TokenState::Same;
        if tokens.token == TokenState::Same && record.unsettled_tokens.contains(&seen.target.number()) {
            sorted.unsettled.push(placed);
        } else if tokens.token == TokenState::Same {
            sorted.renewed += 1;
            sorted.unsigned += usize::from(matches!(tokens.signing, TokenState::Different | TokenState::Unknown));
        } else if previous.as_ref().is_some_and(has_previous) {
            sorted.previous.push(placed);
        } else {
            sorted.other.push(placed);
        }
    }
    sorted
}

fn version(sides: &Sides<'_>) -> Version {
    sides.observed.version().unwrap_or(Version::OLDEST)
}

pub(in crate::plan) fn plan(sides: &Sides<'_>, limits: &Limits, plan: &mut Plan) {
    let sorted = sort(sides);
    let has_previous = sides.desired.webhooks.previous_token.is_some();
    if !has_previous && !sorted.other.is_empty() {
        return plan.blockers.push(Blocker::NoPreviousSecret { webhooks: sorted.other.len() });
    }
    if !sorted.other.is_empty() {
        let one = sorted.other[0].seen;
        plan.warnings.push(format!(
            "{} have neither the kit's secret token nor its previous one, such as that on {}; connect sets it",
            counted(sorted.other.len(), "webhook"),
            one.target
        ));
    }
    if sorted.unsigned > 0 {
        let webhooks = counted(sorted.unsigned, "webhook");
        plan.warnings.push(format!(
            "the signing token of {webhooks} is not the kit's; connect sets it, and meanwhile the secret token proves deliveries"
        ));
    }
    if sorted.previous.is_empty() && sorted.unsettled.is_empty() && sorted.renewed == 0 {
        return plan
            .notes
            .push("no webhook of this connection was found that has one of the kit's secret tokens".to_owned());
    }
    if sorted.previous.is_empty() && sorted.unsettled.is_empty() {
        let text = "every webhook has the kit's secret token; ask Factory for a kit with a new one, which names the previous one too";
        return plan.notes.push(text.to_owned());
    }
    let is_begun = !sorted.unsettled.is_empty() || sorted.renewed > 0;
    if !is_begun {
        match due::secret(sides, limits, Rotation::WebhookSecret) {
            Dueness::Due => {}
            Dueness::NotDue(note) => return plan.notes.push(note),
            Dueness::Unknown(blocker) => return plan.blockers.push(blocker),
        }
    }
    change(sides, sorted, plan);
}

fn change(sides: &Sides<'_>, sorted: Sorted<'_>, plan: &mut Plan) {
    let Some(event) = tested_event(&sides.desired.webhooks) else { return };
    let mut placed: Vec<Placed<'_>> = sorted.unsettled.into_iter().chain(sorted.previous).collect();
    // What can be tested first shows whether Factory takes the secret.
    placed.sort_by_key(|one| one.seen.empty);
    let steps = placed.into_iter().map(|Placed { seen, hook }| {
        Step::Delivery(DeliveryStep::RotateToken { target: seen.target.clone(), id: hook.hook.id, event })
    });
    plan.steps.extend(steps);
    let note = "nothing is interrupted: Factory takes the previous secret token too; a webhook whose test Factory refuses gets the \
                previous one back, and the run stops there";
    plan.notes.push(note.to_owned());
    if version(sides) >= Version::SIGNING_TOKEN && sides.desired.webhooks.signing_token.is_some() {
        let note = "webhooks are signed as well: the signing token proves deliveries while the secret token changes";
        plan.notes.push(note.to_owned());
    }
}

/// What `connect` should say of webhooks that it gives another secret token.
pub(in crate::plan) fn note(sides: &Sides<'_>) -> Option<String> {
    let sorted = sort(sides);
    let has_set = |placed: &&Placed<'_>| placed.hook.hook.mark.is_some();
    match (&sides.desired.webhooks.previous_token, sorted.previous.len()) {
        (Some(_), 0) => None,
        (Some(_), count) => Some(format!(
            "{} have the previous secret token, which Factory still takes; rotate webhook-secret changes them one by one, each \
             with a test",
            counted(count, "webhook")
        )),
        (None, _) => {
            let count = sorted.other.iter().filter(has_set).count();
            (count > 0).then(|| {
                format!(
                    "{} have another secret token than the kit's, and Factory refuses what they send until they are changed; with a \
                     kit that names the previous one, rotate webhook-secret leaves no gap",
                    counted(count, "webhook")
                )
            })
        }
    }
}
