//! What has to be known before anything is planned, judged by the same checks as `verify`.

use super::super::diagnostics;
use crate::checks::{CheckStatus, Finding, Policy, run_checks};
use crate::desired::Desired;
use crate::error::{Failure, FailureKind};
use crate::http;
use crate::observed::{HooksSeen, Observation, Observed};
use crate::report::FailureGroup;
use crate::target::{Strategy, Target};

/// What must hold for `connect` to begin. The rest is what it is there to bring about.
const NEEDED: [&str; 5] = ["instance.api", "instance.version", "token.valid", "token.scopes", "token.admin"];

/// Refuses a token, or an instance, that the work could not be done with.
pub(super) fn require_token_rights(desired: &Desired, observed: &Observed) -> Result<(), Failure> {
    let findings = run_checks(desired, observed, &Policy::default());
    match findings.into_iter().filter(|finding| NEEDED.contains(&finding.code)).find_map(failure) {
        Some(failure) => Err(failure),
        None => Ok(()),
    }
}

fn failure(finding: Finding) -> Option<Failure> {
    let cause = finding.cause.unwrap_or_else(|| finding.title.to_owned());
    let failure = match finding.status {
        CheckStatus::Fail if finding.is_failed_request => {
            Failure::problem(format!("cannot check whether {}: GitLab refused the request", finding.title))
                .because(cause)
        }
        CheckStatus::Fail => Failure::problem(cause),
        CheckStatus::Unknown => {
            Failure::new(FailureKind::Unknown, format!("cannot check whether {}", finding.title)).because(cause)
        }
        CheckStatus::Pass | CheckStatus::Warn | CheckStatus::Skip(_) => return None,
    };
    Some(failure.fixes(finding.fix))
}

/// Refuses to plan over a gap: what was not seen would be made a second time.
pub(super) fn require_observed(desired: &Desired, observed: &Observed) -> Result<(), Failure> {
    const WHAT: &str = "the current state could not be read; nothing was planned";
    require_token_rights(desired, observed)?;
    if let Observation::Failed(error) = &observed.applications {
        return Err(diagnostics::gitlab(error, WHAT, &desired.instance));
    }
    // Where group hooks do not exist, the plan says so, and what to take instead.
    if desired.webhooks.strategy == Strategy::Group && !observed.plan().has_group_hooks() {
        return Ok(());
    }
    if let Observation::Failed(error) = &observed.hooks {
        return Err(diagnostics::gitlab(error, WHAT, &desired.instance));
    }
    match unread_errors(observed).as_slice() {
        [(_, error), ..] if observed.hooks.known().is_some_and(nothing_read) => {
            Err(diagnostics::gitlab(error, WHAT, &desired.instance))
        }
        _ => Ok(()),
    }
}

fn nothing_read(seen: &HooksSeen) -> bool {
    seen.targets.iter().all(|target| target.hooks.known().is_none())
}

fn unread_errors(observed: &Observed) -> Vec<(&Target, &http::Error)> {
    let targets = observed.hooks.known().into_iter().flat_map(|seen| &seen.targets);
    targets
        .filter_map(|seen| match &seen.hooks {
            Observation::Failed(error) => Some((&seen.target, error)),
            Observation::Known(_) | Observation::Skipped(_) => None,
        })
        .collect()
}

/// Targets whose hooks could not be read, while those of others could: the work goes on without them, and is not done.
pub(super) fn unread(desired: &Desired, observed: &Observed) -> Vec<FailureGroup<Target>> {
    let explained = |(target, error): (&Target, &http::Error)| {
        (target.clone(), diagnostics::gitlab(error, "hooks could not be read", &desired.instance))
    };
    let mut groups = FailureGroup::group(unread_errors(observed).into_iter().map(explained));
    for FailureGroup { failure, of } in &mut groups {
        let more = if of.len() > 1 { format!(" and {} more", of.len() - 1) } else { String::new() };
        failure.message = format!("the hooks of {}{more} could not be read", of[0]);
    }
    groups
}
