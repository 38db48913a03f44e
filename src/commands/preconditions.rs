//! What must be known before anything is planned.

use super::diagnostics;
use super::session::require_token_rights;
use crate::desired::Desired;
use crate::error::Failure;
use crate::gitlab::Task;
use crate::http::{self, CauseClass};
use crate::kit::Handover;
use crate::observed::{HooksSeen, Observation, Observed};
use crate::plan::{BundleStep, Plan, Step};
use crate::report::FailureGroup;
use crate::target::{Strategy, Target};
use crate::text::and_more;

/// Refuses to plan from an incomplete observation: what was not read would be created a second time.
pub(super) fn require_observed(desired: &Desired, observed: &Observed, task: Task) -> Result<(), Failure> {
    const WHAT: &str = "the current state could not be read; nothing was planned";
    require_token_rights(desired, observed, task)?;
    // A token for Factory is made for the owner of the one in use.
    let mints = task == Task::Connect && desired.handover.handover == Handover::Minted;
    let owner = observed.user.error().filter(|_| mints);
    if let Some(error) = observed.applications.error().or(owner) {
        return Err(diagnostics::gitlab(error, WHAT, &desired.instance));
    }
    // Where group hooks do not exist, the plan says so, and what to take instead.
    if desired.webhooks.strategy == Strategy::Group && !observed.plan().has_group_hooks() {
        return Ok(());
    }
    unread_hooks(observed).map_or(Ok(()), |error| Err(diagnostics::gitlab(error, WHAT, &desired.instance)))
}

/// Refuses to begin what ends with an upload that cannot be made: a host of Factory's whose certificate is not trusted will not
/// be trusted later in the run either.
pub(super) fn require_trusted_factory(plan: &Plan, observed: &Observed) -> Result<(), Failure> {
    let uploads = plan.steps.iter().any(|step| matches!(step, Step::Bundle(BundleStep::Upload { .. })));
    let failed = observed.factory.hosts.iter().filter_map(|(_, seen)| seen.error());
    let untrusted = failed.into_iter().find(|error| uploads && error.class() == CauseClass::Untrusted);
    let what = "Factory could not be reached; nothing was written";
    untrusted.map_or(Ok(()), |error| Err(diagnostics::factory(error, what)))
}

/// Why no target's hooks could be read; `None` if any could, or none were to be.
fn unread_hooks(observed: &Observed) -> Option<&http::Error> {
    let is_all_unread = |seen: &HooksSeen| seen.targets.iter().all(|target| target.hooks.known().is_none());
    let first = || unread_errors(observed, |_| true).first().map(|(_, error)| *error);
    observed.hooks.error().or_else(|| first().filter(|_| observed.hooks.known().is_some_and(is_all_unread)))
}

fn unread_errors(observed: &Observed, is_told: fn(&http::Error) -> bool) -> Vec<(&Target, &http::Error)> {
    let targets = observed.hooks.known().into_iter().flat_map(|seen| &seen.targets);
    targets
        .filter_map(|seen| match &seen.hooks {
            Observation::Failed(error) if is_told(error) => Some((&seen.target, error)),
            Observation::Failed(_) | Observation::Known(_) | Observation::Skipped(_) => None,
        })
        .collect()
}

/// Refuses to plan the renewal of a secret where it is not known what there is to renew.
pub(super) fn require_rotatable(desired: &Desired, observed: &Observed, task: Task) -> Result<(), Failure> {
    const WHAT: &str = "the current state could not be read; nothing was planned";
    require_token_rights(desired, observed, task)?;
    let failed = |error| Err(diagnostics::gitlab(error, WHAT, &desired.instance));
    // The new token is made for the owner of the one in use.
    let owner = observed.user.error().filter(|_| task == Task::RotateToken);
    let seen = [observed.handed_over.error(), observed.applications.error(), unread_hooks(observed), owner];
    seen.into_iter().flatten().next().map_or(Ok(()), failed)
}

/// Refuses to plan the end of a connection where it is not known what there is to remove.
pub(super) fn require_seen(desired: &Desired, observed: &Observed) -> Result<(), Failure> {
    const WHAT: &str = "the current state could not be read; nothing was removed";
    require_token_rights(desired, observed, Task::Disconnect)?;
    match (&observed.applications, &observed.hooks) {
        (Observation::Failed(error), _) | (_, Observation::Failed(error)) => {
            Err(diagnostics::gitlab(error, WHAT, &desired.instance))
        }
        (Observation::Known(_) | Observation::Skipped(_), Observation::Known(_) | Observation::Skipped(_)) => Ok(()),
    }
}

/// Targets whose hooks could not be read, while others' could: the run continues without them and is not finished.
pub(super) fn unread(desired: &Desired, observed: &Observed) -> Vec<FailureGroup<Target>> {
    grouped(desired, unread_errors(observed, |_| true))
}

/// The same without those that GitLab does not show any more: the plan says that they are left.
pub(super) fn unread_besides_unseen(desired: &Desired, observed: &Observed) -> Vec<FailureGroup<Target>> {
    grouped(desired, unread_errors(observed, |error| error.status() != Some(404)))
}

/// The tokens with the names of those made for Factory, where they could not be listed.
pub(super) fn unread_tokens(desired: &Desired, observed: &Observed) -> Option<FailureGroup<Target>> {
    const WHAT: &str = "whether another machine made a token for Factory is unknown: tokens could not be listed";
    let error = observed.named_tokens.error()?;
    Some(FailureGroup { failure: diagnostics::gitlab(error, WHAT, &desired.instance), of: Vec::new() })
}

fn grouped(desired: &Desired, unread: Vec<(&Target, &http::Error)>) -> Vec<FailureGroup<Target>> {
    let explained = |(target, error): (&Target, &http::Error)| {
        (target.clone(), diagnostics::gitlab(error, "hooks could not be read", &desired.instance))
    };
    let mut groups = FailureGroup::group(unread.into_iter().map(explained));
    for FailureGroup { failure, of } in &mut groups {
        let more = and_more(of.len());
        failure.message = format!("the hooks of {}{more} could not be read", of[0]);
    }
    groups
}
