//! How it is known that something is gone.

use serde::Serialize;

use super::{End, RunReport};
use crate::apply::StepEnd;
use crate::plan::{FactoryStep, Step};
use crate::text::{Line, Text, Tone};

#[derive(Serialize)]
pub(super) struct ProofJson<'r> {
    #[serde(serialize_with = "super::json::description")]
    step: &'r Step,
    proof: &'static str,
}

impl RunReport {
    /// The proof of each removal that was carried out; a step without one has failed.
    pub(super) fn removal_proofs(&self) -> Vec<ProofJson<'_>> {
        let End::Applied(outcome) = &self.end else { return Vec::new() };
        let proven = |step| proof(step).map(|proof| ProofJson { step, proof });
        self.steps_with(outcome, StepEnd::Done).into_iter().filter_map(proven).collect()
    }
}

impl RunReport {
    pub(super) fn write_proofs(&self, text: &mut Text) {
        if !self.job.purpose.removes() {
            return;
        }
        let mut kinds: Vec<(&'static str, usize)> = Vec::new();
        for ProofJson { proof, .. } in self.removal_proofs() {
            match kinds.iter_mut().find(|(kind, _)| *kind == proof) {
                Some((_, count)) => *count += 1,
                None => kinds.push((proof, 1)),
            }
        }
        for (proof, count) in kinds {
            let count = if count > 1 { format!(" ({count})") } else { String::new() };
            text.line(Line::new().with(Tone::Good, "  proven  ").plain(proof).dim(count));
        }
    }
}

const fn proof(step: &Step) -> Option<&'static str> {
    match step {
        Step::Factory(FactoryStep::Disconnect { .. }) => Some("Factory answered that the connection has ended"),
        Step::Hook(_) => Some("GitLab does not list the webhook any more"),
        Step::Application(_) => Some("GitLab does not list the application any more"),
        Step::Token(_) => Some("GitLab says that the token is revoked"),
        Step::Kit(_) | Step::Bundle(_) | Step::Delivery(_) | Step::Local(_) | Step::Exercise(_) => None,
    }
}
