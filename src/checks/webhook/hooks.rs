//! The attributes of the hooks, as far as GitLab shows them.

use std::collections::BTreeSet;

use super::scope;
use super::{
    EXAMPLES, FaultyHooks, OwnHook, by_connect, examples, failed_targets, observed_hooks, own_hooks, own_hooks_on,
};
use crate::advice::{self, About};
use crate::checks::Affected;
use crate::checks::outcome::{CheckContext, CheckOutcome};
use crate::desired::{Marker, PlacedHook, TokenState};
use crate::error::Fix;
use crate::gitlab::{AlertStatus, ApiRefusal, Hook};
use crate::http;
use crate::instance::Version;
use crate::observed::{HookSeen, HooksSeen, LeftOut, TargetSeen};
use crate::secret::redact_addresses;
use crate::target::{Event, Strategy, Target, TargetKind};
use crate::text::{and_more, counted};

pub(crate) fn coverage(context: &CheckContext<'_>) -> CheckOutcome {
    let hooks = match observed_hooks(context) {
        Err(outcome) => return outcome,
        Ok(hooks) => hooks,
    };
    let (refused, failed): (Vec<_>, Vec<_>) = failed_targets(hooks).partition(|(_, error)| error.is_refusal());
    // A target whose hooks were not read counts as one without a hook.
    let bare = |target: &&TargetSeen| {
        target.hooks.error().is_none()
            && own_hooks_on(context, target).is_empty()
            && !sends_from_above(context, hooks, target)
    };
    let missing: Vec<&TargetSeen> = hooks.targets.iter().filter(bare).collect();
    let outcome = match (missing.first(), refused.first(), failed.first()) {
        (Some(first), ..) => uncovered(context, hooks, &missing, first),
        (None, Some((target, error)), _) => {
            let more = and_more(refused.len());
            let outcome = CheckOutcome::fail(format!("the hooks of {}{more} cannot be read: {error}", target.target))
                .affecting(refused.iter().map(|(target, _)| Affected::target(&target.target)));
            match ApiRefusal::of(error) {
                Some(ApiRefusal::Forbidden { .. } | ApiRefusal::NotFound) => {
                    outcome.fix(advice::refused_target(context.page(&target.target.page())))
                }
                _ => outcome.advised(error, About::GitLab(&context.desired.instance)),
            }
        }
        (None, None, Some((_, error))) => CheckOutcome::failed(error),
        (None, None, None) if hooks.targets.is_empty() || hooks.left_out.empty_groups > 0 => bare_selection(hooks),
        (None, None, None) => CheckOutcome::pass().note(covered(hooks)),
    };
    let outcome = outcome.evidence("strategy", hooks.strategy).evidence("targets", hooks.targets.len());
    outcome.evidence("unread", refused.len() + failed.len()).evidence("left_out", hooks.left_out)
}

/// Whether a hook of ours outside the selection sends the target's events. `webhook.scope` judges it.
fn sends_from_above(context: &CheckContext<'_>, hooks: &HooksSeen, target: &TargetSeen) -> bool {
    hooks.sent_from_above(&target.target).is_some_and(|other| !own_hooks_on(context, &other.seen).is_empty())
}

/// It is a warning where everything that was listed is left out on purpose. An empty list proves nothing: a new instance
/// gives the same answer as one that hides its projects.
fn bare_selection(hooks: &HooksSeen) -> CheckOutcome {
    let LeftOut { archived, marked_for_deletion, personal, excluded, empty_groups } = hooks.left_out;
    let left_out = archived + marked_for_deletion + personal + excluded;
    let outcome = match (empty_groups, left_out) {
        (0, 0) => CheckOutcome::unknown("GitLab shows no group or project to register a webhook on"),
        (0, left_out) => CheckOutcome::warn(format!("every group and project is excluded ({left_out})")),
        (groups, _) => CheckOutcome::unknown(format!("GitLab shows no project in {groups} of the named groups")),
    };
    outcome.fix(Fix::say("create a project, or check --group, --project and --exclude"))
}

fn covered(hooks: &HooksSeen) -> String {
    let count = |kind, name: &str| {
        let count = hooks.targets.iter().filter(|seen| seen.target.kind() == kind).count();
        (count > 0).then(|| counted(count, name))
    };
    let kinds = [(TargetKind::System, "system hook"), (TargetKind::Group, "group"), (TargetKind::Project, "project")];
    kinds.into_iter().filter_map(|(kind, name)| count(kind, name)).collect::<Vec<_>>().join(", ")
}

fn uncovered(
    context: &CheckContext<'_>,
    hooks: &HooksSeen,
    missing: &[&TargetSeen],
    first: &TargetSeen,
) -> CheckOutcome {
    let names: Vec<String> = missing.iter().take(EXAMPLES).map(|target| target.target.to_string()).collect();
    let moved = missing.iter().any(|target| target.hooks.known().is_some_and(|hooks| !hooks.is_empty()));
    let verb = if missing.len() == 1 { "has" } else { "have" };
    let all = counted(hooks.targets.len(), "target");
    let mut cause =
        format!("{} of {all} {verb} no hook to Factory: {}{}", missing.len(), names[0], and_more(missing.len()));
    if moved {
        cause.push_str(" (a hook of an earlier connection points elsewhere)");
    }
    let fix = by_connect("create the missing hooks").at(context.page(&first.target.page()));
    let outcome = CheckOutcome::fail(cause).evidence("missing", missing.len()).evidence("missing_targets", names);
    outcome.affecting(missing.iter().map(|seen| Affected::target(&seen.target))).fix(fix)
}

/// Those of our hooks that are faulty, and the number of all; targets that could not be read are not counted.
fn each<'a>(
    context: &CheckContext<'a>,
    is_faulty: impl Fn(&OwnHook<'a>) -> bool,
) -> Result<(Vec<OwnHook<'a>>, usize), CheckOutcome> {
    let ours = own_hooks(context)?;
    let of = ours.len();
    Ok((ours.into_iter().filter(|one| is_faulty(one)).collect(), of))
}

/// Passes if all hooks could be read; otherwise it is unknown whether all of them pass.
fn pass_if_all_were_read(context: &CheckContext<'_>, of: usize) -> CheckOutcome {
    let failed = observed_hooks(context).ok().and_then(|hooks| {
        let (_, error) = failed_targets(hooks).next()?;
        Some((failed_targets(hooks).count(), error))
    });
    match failed {
        Some((count, error)) => unread_targets(count, error),
        None => CheckOutcome::pass().evidence("hooks", of),
    }
}

fn unread_targets(count: usize, error: &http::Error) -> CheckOutcome {
    CheckOutcome::unknown(format!("the hooks of {} could not be read: {error}", counted(count, "target")))
}

pub(crate) fn events(context: &CheckContext<'_>) -> CheckOutcome {
    let wanted = &context.desired.webhooks.events;
    let lacks = |ours: &OwnHook<'_>| !missing_events(wanted, ours).is_empty();
    let (faulty, of) = match each(context, lacks) {
        Err(outcome) => return outcome,
        Ok(found) => found,
    };
    let missing: BTreeSet<Event> = faulty.iter().flat_map(|ours| missing_events(wanted, ours)).collect();
    let faults = FaultyHooks { faulty, of, what: "lack events" };
    if let Some(outcome) = faults.outcome(context, by_connect("set the events of the kit")) {
        return outcome.evidence("missing", missing);
    }
    let Ok(ours) = own_hooks(context) else { return pass_if_all_were_read(context, of) };
    let filtered: Vec<OwnHook<'_>> = ours.iter().filter(|one| has_branch_filter(one.hook())).copied().collect();
    if let Some(one) = filtered.first() {
        let place = format!("{}{}", one.target, and_more(filtered.len()));
        let cause = format!("the hook of {place} has a branch filter: pushes to other branches are not sent");
        let fix = by_connect("let the hook send every branch").at(context.page(&one.target.page()));
        return CheckOutcome::warn(cause).affecting(filtered.iter().map(OwnHook::affected)).fix(fix);
    }
    let extra: BTreeSet<Event> = ours.iter().flat_map(|one| extra_events(wanted, one)).collect();
    if !extra.is_empty() {
        let names = extra.iter().map(Event::to_string).collect::<Vec<_>>().join(", ");
        let cause = format!("hooks also send {names}, which Factory does not ask for");
        let sends_more = ours.iter().filter(|one| !extra_events(wanted, one).is_empty());
        let outcome = CheckOutcome::warn(cause).evidence("extra", extra).affecting(sends_more.map(OwnHook::affected));
        return outcome.fix(by_connect("set the events of the kit"));
    }
    system_gap(context, wanted).unwrap_or_else(|| pass_if_all_were_read(context, of))
}

fn missing_events(wanted: &[Event], ours: &OwnHook<'_>) -> Vec<Event> {
    let can = |event: &&Event| *ours.target != Target::System || event.is_in_system_hooks();
    wanted.iter().filter(can).filter(|event| !ours.hook().events.contains(event)).copied().collect()
}

fn extra_events(wanted: &[Event], ours: &OwnHook<'_>) -> Vec<Event> {
    ours.hook().events.iter().filter(|event| !wanted.contains(event)).copied().collect()
}

fn has_branch_filter(hook: &Hook) -> bool {
    hook.push_events_branch_filter.as_ref().is_some_and(|filter| !filter.is_empty())
}

/// The wanted events that a system hook can never carry.
fn system_gap(context: &CheckContext<'_>, wanted: &[Event]) -> Option<CheckOutcome> {
    let hooks = observed_hooks(context).ok()?;
    let gap: Vec<Event> = wanted.iter().copied().filter(|event| !event.is_in_system_hooks()).collect();
    if hooks.strategy != Strategy::System || gap.is_empty() {
        return None;
    }
    let names = gap.iter().map(Event::to_string).collect::<Vec<_>>().join(", ");
    let outcome = CheckOutcome::warn(format!("a system hook cannot carry {names}")).evidence("missing", gap);
    Some(outcome.fix(Fix::connect("use group or project hooks", "factory-gitlab connect --webhooks auto")))
}

pub(crate) fn tls(context: &CheckContext<'_>) -> CheckOutcome {
    match each(context, |ours| !ours.hook().enable_ssl_verification) {
        Err(outcome) => outcome,
        Ok((faulty, of)) => FaultyHooks { faulty, of, what: "have SSL verification disabled" }
            .outcome(context, by_connect("enable SSL verification"))
            .unwrap_or_else(|| pass_if_all_were_read(context, of)),
    }
}

/// What is judged about a hook's tokens, the worst first.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Carries {
    /// No secret token, or a different one.
    Wrong,
    /// No signing token, or a different one.
    NoSigning,
    /// Factory does not accept what the hook carries.
    Refused,
    /// GitLab shows neither a mark nor whether a token is set.
    Unknown,
    /// GitLab says that a token is set, but not which.
    Some,
    /// GitLab ignored the signing token.
    IgnoredSigning,
    /// The fingerprints are of these tokens, and nothing contradicts it.
    These,
}

/// Whether the newest delivery was refused because of its token.
pub(super) fn is_token_refused(seen: &HookSeen) -> bool {
    let newest = seen.deliveries.known().and_then(|deliveries| deliveries.first());
    newest.is_some_and(|delivery| advice::is_token_refused(delivery.outcome))
}

/// Compares all hooks with one set of tokens, whose keys are slow to derive.
struct TokenJudge {
    marker: Marker,
    version: Version,
}

impl TokenJudge {
    fn new(context: &CheckContext<'_>) -> Self {
        // A version that is not known is taken for one with all attributes: what the hook shows decides.
        let version = context.observed.version();
        Self { marker: context.desired.marker(), version: version.unwrap_or(Version::SIGNING_TOKEN_ALWAYS) }
    }

    fn judge(&self, ours: &OwnHook<'_>) -> Carries {
        let hook = ours.hook();
        let placed = PlacedHook { target: ours.target.number(), hook };
        let states = self.marker.compare(placed, self.version, None);
        match (states.token, states.signing, hook.token_present) {
            (TokenState::Different, ..) => Carries::Wrong,
            (_, TokenState::Different, _) => Carries::NoSigning,
            _ if is_token_refused(ours.seen) => Carries::Refused,
            (TokenState::Unknown, _, Some(true)) => Carries::Some,
            (TokenState::Unknown, ..) => Carries::Unknown,
            (_, TokenState::Ignored, _) => Carries::IgnoredSigning,
            (TokenState::Same | TokenState::Ignored, TokenState::Same | TokenState::Unknown, _) => Carries::These,
        }
    }
}

pub(crate) fn token(context: &CheckContext<'_>) -> CheckOutcome {
    let ours = match own_hooks(context) {
        Err(outcome) => return outcome,
        Ok(ours) => ours,
    };
    let (judge, of) = (TokenJudge::new(context), ours.len());
    let judged: Vec<(Carries, OwnHook<'_>)> = ours.into_iter().map(|one| (judge.judge(&one), one)).collect();
    let of_kind = |kind: Carries| -> Vec<OwnHook<'_>> {
        judged.iter().filter(|(carries, _)| *carries == kind).map(|(_, one)| *one).collect()
    };
    for (kind, what) in
        [(Carries::Wrong, "have no token or another one"), (Carries::NoSigning, "have no signing token or another one")]
    {
        let faults = FaultyHooks { faulty: of_kind(kind), of, what };
        if let Some(outcome) = faults.outcome(context, by_connect("set the kit's tokens")) {
            return outcome;
        }
    }
    let refused = FaultyHooks { faulty: of_kind(Carries::Refused), of, what: "carry a token that Factory refuses" };
    if let Some(outcome) = refused.outcome(context, advice::reset_token()) {
        return outcome;
    }
    let unknown = of_kind(Carries::Unknown);
    if !unknown.is_empty() {
        return token_not_shown(context, &unknown, of);
    }
    let ignored = of_kind(Carries::IgnoredSigning);
    if let Some(first) = ignored.first() {
        return signing_ignored(first, ignored.len()).affecting(ignored.iter().map(OwnHook::affected));
    }
    let unmarked = of_kind(Carries::Some);
    if unmarked.is_empty() { pass_if_all_were_read(context, of) } else { unmarked_token(&unmarked, of) }
}

/// gitlab: MR 231325
fn signing_ignored(first: &OwnHook<'_>, count: usize) -> CheckOutcome {
    CheckOutcome::warn(format!(
        "GitLab 19.0 ignored the signing token of {}{}: its feature flag webhook_signing_token is off",
        first.target,
        and_more(count)
    ))
    .fix(Fix::say("update GitLab to 19.1, which has no such flag, and run connect again"))
}

/// A token is set, and nothing tells which: the mark is missing.
fn unmarked_token(unmarked: &[OwnHook<'_>], of: usize) -> CheckOutcome {
    let (first, count) = (first_of(unmarked), unmarked.len());
    CheckOutcome::warn(format!(
        "{count} of {of} hooks have a token that was set by hand, and nothing tells which: {first}"
    ))
    .affecting(unmarked.iter().map(OwnHook::affected))
    .fix(by_connect("set the kit's tokens, which leaves a mark"))
}

/// The first by name, and how many more there are.
fn first_of(hooks: &[OwnHook<'_>]) -> String {
    format!("{}{}", examples(hooks).first().map_or("", String::as_str), and_more(hooks.len()))
}

fn token_not_shown(context: &CheckContext<'_>, unknown: &[OwnHook<'_>], of: usize) -> CheckOutcome {
    let version = context.observed.version();
    if version.is_some_and(|version| version < Version::HOOK_NAME) {
        return CheckOutcome::not_observable("this GitLab shows neither a hook's token nor its description (17.1)");
    }
    let first = first_of(unknown);
    CheckOutcome::unknown(format!(
        "{} of {of} hooks were not created by this program, and this GitLab does not show whether they have a token: {first}",
        unknown.len()
    ))
    .affecting(unknown.iter().map(OwnHook::affected))
    .fix(Fix::connect("prove it with a test delivery, or set the token again", "factory-gitlab connect"))
}

pub(crate) fn payload(context: &CheckContext<'_>) -> CheckOutcome {
    let template = |ours: &OwnHook<'_>| ours.hook().payload.template.is_some();
    let headers = |ours: &OwnHook<'_>| !ours.hook().payload.custom_headers.is_empty();
    let fault = |is_faulty: &dyn Fn(&OwnHook<'_>) -> bool, what: &'static str| {
        let (faulty, of) = each(context, is_faulty)?;
        Ok(FaultyHooks { faulty, of, what }.outcome(context, by_connect("restore GitLab's own payload")))
    };
    let judged = || -> Result<CheckOutcome, CheckOutcome> {
        if let Some(outcome) = fault(&template, "replace GitLab's payload with a custom template")? {
            return Ok(outcome);
        }
        if let Some(outcome) = fault(&headers, "add custom headers")? {
            return Ok(outcome);
        }
        Ok(pass_if_all_were_read(context, own_hooks(context)?.len()))
    };
    judged().unwrap_or_else(|outcome| outcome)
}

pub(crate) fn enabled(context: &CheckContext<'_>) -> CheckOutcome {
    let disabled = |ours: &OwnHook<'_>| {
        matches!(ours.hook().alert_status, AlertStatus::Disabled | AlertStatus::TemporarilyDisabled)
    };
    let (faulty, of) = match each(context, disabled) {
        Err(outcome) => return outcome,
        Ok(found) => found,
    };
    let fix = by_connect("find out why deliveries fail (webhook.recent); a successful test enables the hook again");
    if let Some(outcome) = (FaultyHooks { faulty, of, what: "are disabled by GitLab" }).outcome(context, fix) {
        return outcome;
    }
    match each(context, |ours| ours.hook().alert_status == AlertStatus::Unknown) {
        Ok((not_shown, _)) if !not_shown.is_empty() => CheckOutcome::unknown(format!(
            "GitLab does not show for {} of {of} hooks whether they are enabled",
            not_shown.len()
        ))
        .affecting(not_shown.iter().map(OwnHook::affected)),
        _ => pass_if_all_were_read(context, of),
    }
}

pub(crate) fn duplicates(context: &CheckContext<'_>) -> CheckOutcome {
    let of = match own_hooks(context) {
        Err(outcome) => return outcome,
        Ok(ours) => ours.len(),
    };
    let targets = || context.observed.hooks.known().into_iter().flat_map(|seen| &seen.targets);
    let surplus: Vec<OwnHook<'_>> =
        targets().flat_map(|target| own_hooks_on(context, target).into_iter().skip(1)).collect();
    // `connect` deletes what this program created; a hook that was set up by hand is a person's.
    let fix = match surplus.iter().any(OwnHook::is_ours) {
        true => by_connect("delete all but one on each target"),
        false => Fix::say("delete all but one on each target; this program did not create them"),
    };
    if let Some(outcome) = (FaultyHooks { faulty: surplus, of, what: "are duplicates" }).outcome(context, fix) {
        return outcome;
    }
    if let Some(outcome) = scope::across_levels(context) {
        return outcome;
    }
    let foreign = || targets().flat_map(|seen| seen.foreign_hooks().map(|one| (&seen.target, &one.hook)));
    match foreign().next() {
        Some((target, hook)) => foreign_hook(context, target, hook, foreign().count())
            .affecting(foreign().map(|(target, hook)| Affected::hook(target, hook.id))),
        None => pass_if_all_were_read(context, of),
    }
}

fn foreign_hook(context: &CheckContext<'_>, target: &Target, hook: &Hook, count: usize) -> CheckOutcome {
    let (are, more) = (if count > 1 { "send" } else { "sends" }, and_more(count));
    let url = redact_addresses(&hook.url);
    let cause = format!("hook {} on {target}{more} also {are} to Factory's address, at {url}", hook.id);
    let fix = Fix::open("delete it, if it is not needed", context.page(&target.page()));
    CheckOutcome::warn(cause).evidence("hook", hook.id).evidence("url", &url).fix(fix)
}
