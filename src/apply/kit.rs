//! Records which kit was accepted.

use super::{Apply, Error, StepEnd};
use crate::desired::DesiredTrust;
use crate::journal::RunEntry;
use crate::plan::KitStep;

impl Apply<'_> {
    pub(super) fn carry_out_kit(&self, step: &KitStep) -> Result<StepEnd, Error> {
        match step {
            KitStep::Accept { from: _, to: _, changes: _ } => self.record(accepted(&self.desired.kit))?,
        }
        Ok(StepEnd::Done)
    }
}

/// The entry that says which kit was accepted.
#[must_use]
pub fn accepted(kit: &DesiredTrust) -> RunEntry {
    RunEntry::KitAccepted {
        fingerprint: kit.fingerprint().to_string(),
        trusted: kit.values.clone(),
        key_origins: kit.key_origins.clone(),
    }
}
