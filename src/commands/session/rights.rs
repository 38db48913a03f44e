//! What the instance and the token must be able to do, judged by the same checks as in `verify`.

use crate::checks::{CheckStatus, Finding, Policy, run_checks};
use crate::desired::Desired;
use crate::error::{Failure, FailureKind};
use crate::gitlab::Task;
use crate::observed::Observed;

/// What must hold before a command that writes begins. The command itself establishes the rest.
const NEEDED: [&str; 5] = ["instance.api", "instance.version", "token.valid", "token.scopes", "token.admin"];

/// Refuses an instance or a token with which the command cannot work.
pub(in crate::commands) fn require_token_rights(
    desired: &Desired,
    observed: &Observed,
    task: Task,
) -> Result<(), Failure> {
    let findings = run_checks(desired, observed, &Policy { task, ..Policy::default() });
    match findings.into_iter().filter(|finding| NEEDED.contains(&finding.code)).find_map(failure) {
        Some(failure) => Err(failure),
        None => Ok(()),
    }
}

fn failure(finding: Finding) -> Option<Failure> {
    let cause = finding.cause.unwrap_or_else(|| finding.title.to_owned());
    let failure = match finding.status {
        CheckStatus::Fail if finding.is_failed_request => {
            Failure::problem(format!("cannot check whether {}: the request was refused", finding.title)).because(cause)
        }
        CheckStatus::Fail => Failure::problem(cause),
        CheckStatus::Unknown => {
            Failure::new(FailureKind::Unknown, format!("cannot check whether {}", finding.title)).because(cause)
        }
        CheckStatus::Pass | CheckStatus::Warn | CheckStatus::Skip(_) => return None,
    };
    Some(failure.fixes(finding.fix))
}
