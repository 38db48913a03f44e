//! Which targets and webhooks a check is about that does not pass: all of them, where the evidence lists examples.

use crate::target::{Target, TargetNumber};

/// A target, and the ID of a webhook on it; 0 where it is about the target itself.
pub type AffectedNumber = (TargetNumber, u64);

/// A target or webhook that does not pass.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Affected {
    pub number: AffectedNumber,
    /// `project group/name (hook 5)`
    pub name: String,
}

impl Affected {
    pub(super) fn target(target: &Target) -> Self {
        Self { number: (target.number(), 0), name: target.to_string() }
    }

    pub(super) fn hook(target: &Target, hook: u64) -> Self {
        Self { number: (target.number(), hook), name: format!("{target} (hook {hook})") }
    }
}
