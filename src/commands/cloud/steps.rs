//! Carries out what is left after the authorization.

use std::time::Duration;

use super::authorize::{Authorized, AuthorizedBy};
use super::select::Settled;
use super::{CloudRun, explain};
use crate::apply::{CloudApply, CloudError, Granted, StepEnd};
use crate::error::Failure;
use crate::factory::{FactoryStatus, Receipt};
use crate::plan::{CloudStep, OwnCloudStep};
use crate::report::cloud::CloudProof;
use crate::settings::keys;

const DEFAULT_WAIT: Duration = Duration::from_secs(10 * 60);

pub(super) struct Steps<'s, 'a> {
    pub run: &'s CloudRun<'a>,
    pub apply: &'s CloudApply<'s>,
    pub settled: &'s Settled,
    pub authorized: &'s Authorized,
}

/// How far they went.
pub(super) struct Outcome {
    pub ends: Vec<StepEnd>,
    /// Whether the grant is on the disk: the next run hands it over.
    pub is_sealed: bool,
    pub receipt: Option<Receipt>,
    pub status: Option<FactoryStatus>,
    pub proof: Option<CloudProof>,
}

impl Outcome {
    /// Of so many steps, the first of which are done already.
    pub(super) fn new(steps: usize, done: usize) -> Self {
        let end = |place| if place < done { StepEnd::Done } else { StepEnd::NotReached };
        Self { ends: (0..steps).map(end).collect(), is_sealed: false, receipt: None, status: None, proof: None }
    }
}

/// The step of `--prove`, the last one.
pub(super) fn place_of_proof(steps: &[CloudStep]) -> Option<usize> {
    steps.iter().position(|step| matches!(step, CloudStep::Own(OwnCloudStep::Prove { .. })))
}

impl Steps<'_, '_> {
    /// Stops at the first that fails.
    pub(super) async fn carry_out(&self, steps: &[CloudStep], outcome: &mut Outcome) -> Result<(), Failure> {
        for (place, step) in steps.iter().enumerate() {
            let CloudStep::Own(own) = step else { continue };
            // It removes what it made after an interruption too.
            if matches!(own, OwnCloudStep::Prove { .. }) {
                continue;
            }
            if outcome.ends[place] == StepEnd::Done {
                continue;
            }
            let what = step.describe().what;
            tracing::info!(step = what, "begins");
            let doing = self.carry_out_one(own, outcome);
            let done = self.run.context.terminal.with_spinner(&what, Box::pin(doing)).await;
            outcome.ends[place] = if done.is_ok() { StepEnd::Done } else { StepEnd::Failed };
            done?;
        }
        Ok(())
    }

    async fn carry_out_one(&self, step: &OwnCloudStep, outcome: &mut Outcome) -> Result<(), Failure> {
        let failed = |error: CloudError| explain::step(&error);
        match step {
            OwnCloudStep::Authorize { .. } | OwnCloudStep::Prove { .. } => {}
            OwnCloudStep::HandOver { .. } => {
                if let AuthorizedBy::Grant(grant) = &self.authorized.by {
                    let (account, selection) = (&self.authorized.account, &self.settled.selection);
                    self.apply.seal(Granted { grant, account, selection }).map_err(failed)?;
                }
                outcome.is_sealed = true;
                outcome.receipt = Some(self.apply.hand_over().await.map_err(failed)?);
            }
            OwnCloudStep::Select { .. } => {
                let session = self.authorized.session();
                self.apply.select(&self.settled.selection, session).await.map_err(failed)?;
            }
            OwnCloudStep::AwaitStatus { .. } => {
                let wait = self.run.settings().get_or(&keys::WAIT, DEFAULT_WAIT)?;
                outcome.status = self.apply.await_connected(wait).await.map_err(failed)?;
            }
        }
        Ok(())
    }
}
