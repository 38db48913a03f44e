//! What to do about webhooks where the connection ends: this organization's go, on whichever machine they were made.

use crate::desired::{Address, DesiredWebhooks};
use crate::instance::Version;
use crate::journal::Record;
use crate::observed::{HookOwner, HookSeen, HooksSeen, Observation, TargetSeen};
use crate::plan::disconnect::Ending;
use crate::plan::{DeleteReason, HookStep, Left, LeftKind, Plan, Step};
use crate::target::Target;
use crate::text::counted;

/// Adds the steps for webhooks, and what of them stays.
pub(in crate::plan) fn plan(ending: &Ending<'_>, plan: &mut Plan) {
    let Some(seen) = ending.observed.hooks.known() else { return };
    let mut foreign = 0;
    for target in &seen.targets {
        if is_out_of_sight(target) {
            plan.left.push(unseen(ending, &target.target));
        }
        for hook in target.hooks.known().into_iter().flatten() {
            match fate(ending, target, hook) {
                Fate::Goes => {
                    let (target, id) = (target.target.clone(), hook.hook.id);
                    plan.steps.push(Step::Hook(HookStep::Delete { target, id, reason: DeleteReason::Disconnected }));
                }
                Fate::Left(why) => plan.left.push(left(ending, target, hook, why)),
                Fate::Foreign => foreign += 1,
            }
        }
    }
    if foreign > 0 {
        let hooks = counted(foreign, "webhook");
        plan.notes.push(format!("{hooks} of others to Factory's address in another spelling stay"));
    }
    plan.notes.extend(unread_note(seen));
}

/// Whether a target that may have a webhook could not be read.
pub(in crate::plan) fn is_unread(ending: &Ending<'_>) -> bool {
    match &ending.observed.hooks {
        Observation::Known(seen) => seen.targets.iter().any(|target| target.hooks.known().is_none()),
        Observation::Failed(_) => true,
        Observation::Skipped(_) => false,
    }
}

/// Whether GitLab says that it has no such group or project, or that the token may not see it.
fn is_out_of_sight(target: &TargetSeen) -> bool {
    target.hooks.error().is_some_and(|error| error.status() == Some(404))
}

fn unread_note(seen: &HooksSeen) -> Option<String> {
    let is_unread = |target: &&TargetSeen| target.hooks.error().is_some() && !is_out_of_sight(target);
    let unread = seen.targets.iter().filter(is_unread).count();
    (unread > 0)
        .then(|| format!("the webhooks of {} could not be read; run again to plan them", counted(unread, "target")))
}

enum Fate {
    Goes,
    Left(&'static str),
    Foreign,
}

fn fate(ending: &Ending<'_>, target: &TargetSeen, hook: &HookSeen) -> Fate {
    let (webhooks, record) = (&ending.desired.webhooks, ending.record);
    match hook.owner {
        HookOwner::Ours if is_removable(webhooks, record, &target.target, hook) => Fate::Goes,
        HookOwner::Ours => {
            Fate::Left("it bears this connection's mark and sends to another address, so it may be a copy")
        }
        HookOwner::Unmarked if was_being_created(ending, &target.target) => Fate::Goes,
        HookOwner::Unmarked => Fate::Left("it sends to Factory and was not created by this tool"),
        HookOwner::Foreign => Fate::Foreign,
    }
}

/// Whether a webhook may go. A mark alone is not enough: within one target it may have been copied to somebody else's webhook,
/// so the webhook also sends to Factory, or the journal knows it.
pub(super) fn is_removable(webhooks: &DesiredWebhooks, record: &Record, target: &Target, one: &HookSeen) -> bool {
    let is_recorded = record.hooks.get(&target.number()).is_some_and(|known| known.id == one.hook.id);
    let is_at_factory = webhooks.compare_url(&one.hook.url) != Address::Other;
    one.owner == HookOwner::Ours && (is_at_factory || is_recorded)
}

/// Before 17.1 webhooks have no mark, and the journal knows only that one may have been created there.
fn was_being_created(ending: &Ending<'_>, target: &Target) -> bool {
    let version = ending.observed.version();
    let has_no_marks = version.is_some_and(|version| version < Version::HOOK_NAME);
    has_no_marks && ending.record.unfinished_hooks.contains(&target.number())
}

fn left(ending: &Ending<'_>, target: &TargetSeen, hook: &HookSeen, why: &str) -> Left {
    let place = &target.target;
    Left {
        kind: LeftKind::Webhook,
        what: format!("webhook {} on {place}", hook.hook.id),
        why: why.to_owned(),
        url: ending.desired.instance.page(&place.page()),
        seen_at: ending.observed.at,
        fixes: Vec::new(),
    }
}

/// A group or project in which this machine has registered a webhook, and which is not there any more.
fn unseen(ending: &Ending<'_>, target: &Target) -> Left {
    let known = ending.record.targets.get(&target.number());
    Left {
        kind: LeftKind::Target,
        what: format!("the webhook on {target}"),
        why: "GitLab does not show it any more: it was deleted, or this token may not see it".to_owned(),
        url: ending.desired.instance.page(&target.page()),
        seen_at: known.map_or(ending.observed.at, |known| known.seen_at),
        fixes: Vec::new(),
    }
}
