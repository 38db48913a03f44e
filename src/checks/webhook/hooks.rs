//! What the hooks are like, as far as GitLab shows it.

use std::collections::BTreeSet;

use super::{EXAMPLES, FaultyHooks, Ours, all_ours, by_connect, of_target, seen, unread};
use crate::checks::outcome::{CheckContext, CheckOutcome};
use crate::desired::Mark;
use crate::error::Fix;
use crate::gitlab::{AlertStatus, Hook};
use crate::http;
use crate::instance::Version;
use crate::observed::{HooksSeen, LeftOut, Observation, TargetSeen};
use crate::target::{Event, Strategy, Target};

pub(crate) fn coverage(context: &CheckContext<'_>) -> CheckOutcome {
    let hooks = match seen(context) {
        Err(outcome) => return outcome,
        Ok(hooks) => hooks,
    };
    let refused = |wanted: bool| {
        hooks.targets.iter().find_map(|target| match &target.hooks {
            Observation::Failed(error) if error.is_refusal() == wanted => Some((target, error)),
            _ => None,
        })
    };
    // A target that nobody looked at is as bare as one without a hook, as far as anybody knows.
    let bare =
        |target: &&TargetSeen| !matches!(target.hooks, Observation::Failed(_)) && of_target(context, target).is_empty();
    let missing: Vec<&TargetSeen> = hooks.targets.iter().filter(bare).collect();
    let outcome = match (missing.first(), refused(true), refused(false)) {
        (Some(first), ..) => uncovered(context, hooks, &missing, first),
        (None, Some((target, error)), _) => {
            let outcome = CheckOutcome::fail(format!("the hooks of {} cannot be read: {error}", target.target));
            outcome.fix(Fix::open("look at it as the token's owner", context.page(&target.target.page())))
        }
        (None, None, Some((_, error))) => CheckOutcome::failed(error),
        (None, None, None) if hooks.targets.is_empty() || hooks.left_out.empty_groups > 0 => bare_selection(hooks),
        (None, None, None) => CheckOutcome::pass().note(covered(hooks)),
    };
    let outcome = outcome.evidence("strategy", hooks.strategy).evidence("targets", hooks.targets.len());
    outcome.evidence("unread", unread(hooks)).evidence("left_out", hooks.left_out)
}

/// Where everything that was listed is left out on purpose, that is a warning. A list without an entry is no proof of
/// anything: an instance that is new says the same as one that does not show what it has.
fn bare_selection(hooks: &HooksSeen) -> CheckOutcome {
    let LeftOut { archived, marked_for_deletion, personal, excluded, empty_groups } = hooks.left_out;
    let left_out = archived + marked_for_deletion + personal + excluded;
    let outcome = match (empty_groups, left_out) {
        (0, 0) => CheckOutcome::unknown("GitLab shows no group or project to hang a hook on"),
        (0, left_out) => CheckOutcome::warn(format!("all that there is to hang a hook on is left out ({left_out})")),
        (groups, _) => {
            CheckOutcome::unknown(format!("GitLab shows no project in {groups} of the groups that were named"))
        }
    };
    outcome.fix(Fix::say("make a project, or look at --group, --project and --exclude"))
}

fn covered(hooks: &HooksSeen) -> String {
    let count = hooks.targets.len();
    let what = match (hooks.strategy, count) {
        (Strategy::System, _) => "system hook".to_owned(),
        (Strategy::Group, 1) => "group".to_owned(),
        (Strategy::Group, _) => "groups".to_owned(),
        (_, 1) => "project".to_owned(),
        _ => "projects".to_owned(),
    };
    format!("{count} {what}")
}

fn uncovered(
    context: &CheckContext<'_>,
    hooks: &HooksSeen,
    missing: &[&TargetSeen],
    first: &TargetSeen,
) -> CheckOutcome {
    let names: Vec<String> = missing.iter().take(EXAMPLES).map(|target| target.target.to_string()).collect();
    let moved = missing.iter().any(|target| target.hooks.known().is_some_and(|hooks| !hooks.is_empty()));
    let mut cause =
        format!("{} of {} targets have no hook to Factory: {}", missing.len(), hooks.targets.len(), names[0]);
    if moved {
        cause.push_str(" (a hook of an earlier connection points elsewhere)");
    }
    let fix = by_connect("add the missing hooks").at(context.page(&first.target.page()));
    CheckOutcome::fail(cause).evidence("missing", missing.len()).evidence("missing_targets", names).fix(fix)
}

/// Judges every hook of ours by one rule; a target that could not be read is beyond this check.
fn each<'a>(
    context: &CheckContext<'a>,
    is_faulty: impl Fn(&Ours<'a>) -> bool,
) -> Result<(Vec<Ours<'a>>, usize), CheckOutcome> {
    let ours = all_ours(context)?;
    let of = ours.len();
    Ok((ours.into_iter().filter(|one| is_faulty(one)).collect(), of))
}

/// Holds for the hooks that could be read; where some could not be, it is not known to hold.
fn holds(context: &CheckContext<'_>, of: usize) -> CheckOutcome {
    let failed = seen(context).ok().and_then(|hooks| {
        let unread = unread(hooks);
        hooks.targets.iter().find_map(|target| match &target.hooks {
            Observation::Failed(error) => Some((unread, error)),
            _ => None,
        })
    });
    match failed {
        Some((count, error)) => unread_targets(count, error),
        None => CheckOutcome::pass().evidence("hooks", of),
    }
}

fn unread_targets(count: usize, error: &http::Error) -> CheckOutcome {
    CheckOutcome::unknown(format!("the hooks of {count} targets could not be read: {error}"))
}

pub(crate) fn events(context: &CheckContext<'_>) -> CheckOutcome {
    let wanted = &context.desired.webhooks.events;
    let lacks = |ours: &Ours<'_>| !missing_events(wanted, ours).is_empty();
    let (faulty, of) = match each(context, lacks) {
        Err(outcome) => return outcome,
        Ok(found) => found,
    };
    let missing: BTreeSet<Event> = faulty.iter().flat_map(|ours| missing_events(wanted, ours)).collect();
    let faults = FaultyHooks { faulty, of, what: "lack events" };
    if let Some(outcome) = faults.outcome(context, by_connect("set the events of the kit")) {
        return outcome.evidence("missing", missing);
    }
    let filtered = all_ours(context).map(|all| all.into_iter().find(|ours| has_branch_filter(ours.hook())));
    if let Ok(Some(ours)) = filtered {
        return CheckOutcome::warn(format!(
            "the hook of {} has a branch filter: other pushes are not sent",
            ours.target
        ))
        .fix(Fix::open("choose all branches", context.page(&ours.target.page())));
    }
    system_gap(context, wanted).unwrap_or_else(|| holds(context, of))
}

fn missing_events(wanted: &[Event], ours: &Ours<'_>) -> Vec<Event> {
    let can = |event: &&Event| *ours.target != Target::System || event.in_system_hooks();
    wanted.iter().filter(can).filter(|event| !ours.hook().events.contains(event)).copied().collect()
}

fn has_branch_filter(hook: &Hook) -> bool {
    hook.push_events_branch_filter.as_ref().is_some_and(|filter| !filter.is_empty())
}

/// What a system hook alone can never carry.
fn system_gap(context: &CheckContext<'_>, wanted: &[Event]) -> Option<CheckOutcome> {
    let hooks = seen(context).ok()?;
    let gap: Vec<Event> = wanted.iter().copied().filter(|event| !event.in_system_hooks()).collect();
    if hooks.strategy != Strategy::System || gap.is_empty() {
        return None;
    }
    let names = gap.iter().map(Event::to_string).collect::<Vec<_>>().join(", ");
    let outcome = CheckOutcome::warn(format!("a system hook cannot carry {names}")).evidence("missing", gap);
    Some(outcome.fix(Fix::run("use group or project hooks", "factory-gitlab connect --webhooks auto")))
}

pub(crate) fn tls(context: &CheckContext<'_>) -> CheckOutcome {
    match each(context, |ours| !ours.hook().enable_ssl_verification) {
        Err(outcome) => outcome,
        Ok((faulty, of)) => FaultyHooks { faulty, of, what: "have SSL verification off" }
            .outcome(context, by_connect("switch SSL verification on"))
            .unwrap_or_else(|| holds(context, of)),
    }
}

/// What can be known of a hook's secret tokens.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Carries {
    /// The fingerprint is of these tokens, and nothing contradicts it.
    These,
    /// GitLab says there is one; which, cannot be seen.
    Some,
    /// None, or others.
    Wrong,
    NoSigning,
    Unknown,
}

fn carries(context: &CheckContext<'_>, hook: &Hook) -> Carries {
    let webhooks = &context.desired.webhooks;
    if hook.token_present == Some(false) {
        return Carries::Wrong;
    }
    if webhooks.signing_token.is_some() && hook.signing_token_present == Some(false) {
        return Carries::NoSigning;
    }
    let mark = hook.description.as_deref().and_then(Mark::find);
    match (mark, hook.token_present) {
        (Some(mark), _) if mark == webhooks.mark() => Carries::These,
        (Some(_), _) => Carries::Wrong,
        (None, Some(true)) => Carries::Some,
        (None, _) => Carries::Unknown,
    }
}

pub(crate) fn token(context: &CheckContext<'_>) -> CheckOutcome {
    let of_kind = |kind: Carries| each(context, move |ours| carries(context, ours.hook()) == kind);
    let fault = |kind: Carries, what: &'static str| {
        let (faulty, of) = of_kind(kind)?;
        Ok(FaultyHooks { faulty, of, what }.outcome(context, by_connect("set the kit's tokens")))
    };
    let judged = || -> Result<CheckOutcome, CheckOutcome> {
        if let Some(outcome) = fault(Carries::Wrong, "carry no token or another one")? {
            return Ok(outcome);
        }
        if let Some(outcome) = fault(Carries::NoSigning, "carry no signing token")? {
            return Ok(outcome);
        }
        let (unknown, of) = of_kind(Carries::Unknown)?;
        if !unknown.is_empty() {
            return Ok(untold(context, &unknown, of));
        }
        let unmarked = of_kind(Carries::Some)?.0.len();
        let outcome = holds(context, of);
        Ok(if unmarked > 0 {
            outcome.note(format!("{unmarked} set by hand; which token cannot be seen"))
        } else {
            outcome
        })
    };
    judged().unwrap_or_else(|outcome| outcome)
}

fn untold(context: &CheckContext<'_>, unknown: &[Ours<'_>], of: usize) -> CheckOutcome {
    let version = context.observed.metadata.known().map(|metadata| metadata.version);
    if version.is_some_and(|version| version < Version::HOOK_NAME) {
        return CheckOutcome::not_observable("this GitLab shows neither a hook's token nor its description (17.1)");
    }
    let first = unknown.first().map_or_else(String::new, |ours| format!("{} (hook {})", ours.target, ours.hook().id));
    CheckOutcome::unknown(format!(
        "{} of {of} hooks were not made by this program, and this GitLab does not tell whether they carry a token: {first}",
        unknown.len()
    ))
    .fix(Fix::run("prove it with a test delivery, or set the token again", "factory-gitlab connect"))
}

pub(crate) fn enabled(context: &CheckContext<'_>) -> CheckOutcome {
    let disabled =
        |ours: &Ours<'_>| matches!(ours.hook().alert_status, AlertStatus::Disabled | AlertStatus::TemporarilyDisabled);
    let (faulty, of) = match each(context, disabled) {
        Err(outcome) => return outcome,
        Ok(found) => found,
    };
    let fix = Fix::run(
        "find out why deliveries fail (webhook.recent), then send a test, which enables the hook again",
        "factory-gitlab verify --live",
    );
    if let Some(outcome) = (FaultyHooks { faulty, of, what: "are disabled by GitLab" }).outcome(context, fix) {
        return outcome;
    }
    match each(context, |ours| ours.hook().alert_status == AlertStatus::Unknown) {
        Ok((untold, _)) if !untold.is_empty() => CheckOutcome::unknown(format!(
            "GitLab does not tell for {} of {of} hooks whether they are enabled",
            untold.len()
        )),
        _ => holds(context, of),
    }
}

pub(crate) fn duplicates(context: &CheckContext<'_>) -> CheckOutcome {
    let of = match all_ours(context) {
        Err(outcome) => return outcome,
        Ok(ours) => ours.len(),
    };
    let targets = context.observed.hooks.known().into_iter().flat_map(|seen| &seen.targets);
    let surplus: Vec<Ours<'_>> = targets.flat_map(|target| of_target(context, target).into_iter().skip(1)).collect();
    FaultyHooks { faulty: surplus, of, what: "are one too many" }
        .outcome(context, by_connect("remove all but one on each target"))
        .unwrap_or_else(|| holds(context, of))
}
