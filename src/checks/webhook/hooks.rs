//! What the hooks are like, as far as GitLab shows it.

use std::collections::BTreeSet;

use super::{EXAMPLES, Faults, Ours, all_ours, by_connect, of_target, seen, unread};
use crate::checks::ruling::{Case, Ruling};
use crate::desired::Mark;
use crate::error::Fix;
use crate::gitlab::{AlertStatus, Hook};
use crate::http;
use crate::instance::Version;
use crate::observed::{HooksSeen, LeftOut, Observation, TargetSeen};
use crate::target::{Event, Strategy, Target};

pub(crate) fn coverage(case: &Case<'_>) -> Ruling {
    let hooks = match seen(case) {
        Err(ruling) => return ruling,
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
        |target: &&TargetSeen| !matches!(target.hooks, Observation::Failed(_)) && of_target(case, target).is_empty();
    let missing: Vec<&TargetSeen> = hooks.targets.iter().filter(bare).collect();
    let ruling = match (missing.first(), refused(true), refused(false)) {
        (Some(first), ..) => uncovered(case, hooks, &missing, first),
        (None, Some((target, error)), _) => {
            let ruling = Ruling::fail(format!("the hooks of {} cannot be read: {error}", target.target));
            ruling.fix(Fix::open("look at it as the token's owner", case.page(&target.target.page())))
        }
        (None, None, Some((_, error))) => Ruling::failed(error),
        (None, None, None) if hooks.targets.is_empty() || hooks.left_out.empty_groups > 0 => bare_selection(hooks),
        (None, None, None) => Ruling::pass().note(covered(hooks)),
    };
    let ruling = ruling.saw("strategy", hooks.strategy).saw("targets", hooks.targets.len());
    ruling.saw("unread", unread(hooks)).saw("left_out", hooks.left_out)
}

/// Where everything that was listed is left out on purpose, that is a warning. A list without an entry is no proof of
/// anything: an instance that is new says the same as one that does not show what it has.
fn bare_selection(hooks: &HooksSeen) -> Ruling {
    let LeftOut { archived, marked_for_deletion, personal, excluded, empty_groups } = hooks.left_out;
    let left_out = archived + marked_for_deletion + personal + excluded;
    let ruling = match (empty_groups, left_out) {
        (0, 0) => Ruling::unknown("GitLab shows no group or project to hang a hook on"),
        (0, left_out) => Ruling::warn(format!("all that there is to hang a hook on is left out ({left_out})")),
        (groups, _) => Ruling::unknown(format!("GitLab shows no project in {groups} of the groups that were named")),
    };
    ruling.fix(Fix::say("make a project, or look at --group, --project and --exclude"))
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

fn uncovered(case: &Case<'_>, hooks: &HooksSeen, missing: &[&TargetSeen], first: &TargetSeen) -> Ruling {
    let names: Vec<String> = missing.iter().take(EXAMPLES).map(|target| target.target.to_string()).collect();
    let moved = missing.iter().any(|target| target.hooks.known().is_some_and(|hooks| !hooks.is_empty()));
    let mut cause =
        format!("{} of {} targets have no hook to Factory: {}", missing.len(), hooks.targets.len(), names[0]);
    if moved {
        cause.push_str(" (a hook of an earlier connection points elsewhere)");
    }
    let fix = by_connect("add the missing hooks").at(case.page(&first.target.page()));
    Ruling::fail(cause).saw("missing", missing.len()).saw("missing_targets", names).fix(fix)
}

/// Judges every hook of ours by one rule; a target that could not be read is beyond this check.
fn each<'a>(case: &Case<'a>, is_faulty: impl Fn(&Ours<'a>) -> bool) -> Result<(Vec<Ours<'a>>, usize), Ruling> {
    let ours = all_ours(case)?;
    let of = ours.len();
    Ok((ours.into_iter().filter(|one| is_faulty(one)).collect(), of))
}

/// Holds for the hooks that could be read; where some could not be, it is not known to hold.
fn holds(case: &Case<'_>, of: usize) -> Ruling {
    let failed = seen(case).ok().and_then(|hooks| {
        let unread = unread(hooks);
        hooks.targets.iter().find_map(|target| match &target.hooks {
            Observation::Failed(error) => Some((unread, error)),
            _ => None,
        })
    });
    match failed {
        Some((count, error)) => unread_targets(count, error),
        None => Ruling::pass().saw("hooks", of),
    }
}

fn unread_targets(count: usize, error: &http::Error) -> Ruling {
    Ruling::unknown(format!("the hooks of {count} targets could not be read: {error}"))
}

pub(crate) fn events(case: &Case<'_>) -> Ruling {
    let wanted = &case.desired.webhooks.events;
    let lacks = |ours: &Ours<'_>| !missing_events(wanted, ours).is_empty();
    let (faulty, of) = match each(case, lacks) {
        Err(ruling) => return ruling,
        Ok(found) => found,
    };
    let missing: BTreeSet<Event> = faulty.iter().flat_map(|ours| missing_events(wanted, ours)).collect();
    let faults = Faults { faulty, of, what: "lack events" };
    if let Some(ruling) = faults.ruling(case, by_connect("set the events of the kit")) {
        return ruling.saw("missing", missing);
    }
    let filtered = all_ours(case).map(|all| all.into_iter().find(|ours| has_branch_filter(ours.hook())));
    if let Ok(Some(ours)) = filtered {
        return Ruling::warn(format!("the hook of {} has a branch filter: other pushes are not sent", ours.target))
            .fix(Fix::open("choose all branches", case.page(&ours.target.page())));
    }
    system_gap(case, wanted).unwrap_or_else(|| holds(case, of))
}

fn missing_events(wanted: &[Event], ours: &Ours<'_>) -> Vec<Event> {
    let can = |event: &&Event| *ours.target != Target::System || event.in_system_hooks();
    wanted.iter().filter(can).filter(|event| !ours.hook().events.contains(event)).copied().collect()
}

fn has_branch_filter(hook: &Hook) -> bool {
    hook.push_events_branch_filter.as_ref().is_some_and(|filter| !filter.is_empty())
}

/// What a system hook alone can never carry.
fn system_gap(case: &Case<'_>, wanted: &[Event]) -> Option<Ruling> {
    let hooks = seen(case).ok()?;
    let gap: Vec<Event> = wanted.iter().copied().filter(|event| !event.in_system_hooks()).collect();
    if hooks.strategy != Strategy::System || gap.is_empty() {
        return None;
    }
    let names = gap.iter().map(Event::to_string).collect::<Vec<_>>().join(", ");
    let ruling = Ruling::warn(format!("a system hook cannot carry {names}")).saw("missing", gap);
    Some(ruling.fix(Fix::run("use group or project hooks", "factory-gitlab connect --webhooks auto")))
}

pub(crate) fn tls(case: &Case<'_>) -> Ruling {
    match each(case, |ours| !ours.hook().enable_ssl_verification) {
        Err(ruling) => ruling,
        Ok((faulty, of)) => Faults { faulty, of, what: "have SSL verification off" }
            .ruling(case, by_connect("switch SSL verification on"))
            .unwrap_or_else(|| holds(case, of)),
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

fn carries(case: &Case<'_>, hook: &Hook) -> Carries {
    let webhooks = &case.desired.webhooks;
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

pub(crate) fn token(case: &Case<'_>) -> Ruling {
    let of_kind = |kind: Carries| each(case, move |ours| carries(case, ours.hook()) == kind);
    let fault = |kind: Carries, what: &'static str| {
        let (faulty, of) = of_kind(kind)?;
        Ok(Faults { faulty, of, what }.ruling(case, by_connect("set the kit's tokens")))
    };
    let ruled = || -> Result<Ruling, Ruling> {
        if let Some(ruling) = fault(Carries::Wrong, "carry no token or another one")? {
            return Ok(ruling);
        }
        if let Some(ruling) = fault(Carries::NoSigning, "carry no signing token")? {
            return Ok(ruling);
        }
        let (unknown, of) = of_kind(Carries::Unknown)?;
        if !unknown.is_empty() {
            return Ok(untold(case, &unknown, of));
        }
        let unmarked = of_kind(Carries::Some)?.0.len();
        let ruling = holds(case, of);
        Ok(if unmarked > 0 {
            ruling.note(format!("{unmarked} set by hand; which token cannot be seen"))
        } else {
            ruling
        })
    };
    ruled().unwrap_or_else(|ruling| ruling)
}

fn untold(case: &Case<'_>, unknown: &[Ours<'_>], of: usize) -> Ruling {
    let version = case.observed.metadata.known().map(|metadata| metadata.version);
    if version.is_some_and(|version| version < Version::HOOK_NAME) {
        return Ruling::unseen("this GitLab shows neither a hook's token nor its description (17.1)");
    }
    let first = unknown.first().map_or_else(String::new, |ours| format!("{} (hook {})", ours.target, ours.hook().id));
    Ruling::unknown(format!(
        "{} of {of} hooks were not made by this program, and this GitLab does not tell whether they carry a token: {first}",
        unknown.len()
    ))
    .fix(Fix::run("prove it with a test delivery, or set the token again", "factory-gitlab connect"))
}

pub(crate) fn enabled(case: &Case<'_>) -> Ruling {
    let disabled =
        |ours: &Ours<'_>| matches!(ours.hook().alert_status, AlertStatus::Disabled | AlertStatus::TemporarilyDisabled);
    let (faulty, of) = match each(case, disabled) {
        Err(ruling) => return ruling,
        Ok(found) => found,
    };
    let fix = Fix::run(
        "find out why deliveries fail (webhook.recent), then send a test, which enables the hook again",
        "factory-gitlab verify --live",
    );
    if let Some(ruling) = (Faults { faulty, of, what: "are disabled by GitLab" }).ruling(case, fix) {
        return ruling;
    }
    match each(case, |ours| ours.hook().alert_status == AlertStatus::Unknown) {
        Ok((untold, _)) if !untold.is_empty() => {
            Ruling::unknown(format!("GitLab does not tell for {} of {of} hooks whether they are enabled", untold.len()))
        }
        _ => holds(case, of),
    }
}

pub(crate) fn duplicates(case: &Case<'_>) -> Ruling {
    let of = match all_ours(case) {
        Err(ruling) => return ruling,
        Ok(ours) => ours.len(),
    };
    let targets = case.observed.hooks.known().into_iter().flat_map(|seen| &seen.targets);
    let surplus: Vec<Ours<'_>> = targets.flat_map(|target| of_target(case, target).into_iter().skip(1)).collect();
    Faults { faulty: surplus, of, what: "are one too many" }
        .ruling(case, by_connect("remove all but one on each target"))
        .unwrap_or_else(|| holds(case, of))
}
