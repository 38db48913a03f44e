//! Sends test deliveries.

use super::webhook_test::WebhookTester;
use super::{Applied, Apply, Error, PlanRun, StepEnd};
use crate::journal::HookEntry;
use crate::observed::DeliveryProof;
use crate::plan::{DeliveryStep, HookStep, Step};
use crate::target::{Event, Target};

impl Apply<'_> {
    /// Sends GitLab's own test and collects the three facts about it. A delivery that does not arrive is a finding and not
    /// an error: the following steps are carried out, and the report and the exit code show it.
    pub(super) async fn carry_out_delivery(
        &self,
        step: &DeliveryStep,
        run: &mut PlanRun<'_, '_>,
    ) -> Result<StepEnd, Error> {
        match step {
            DeliveryStep::Test { target, event } => {
                let proof = self.test_delivery(target, *event, run).await?;
                // Without a webhook there is nothing to test, and the step that failed to create it says why.
                let end = if proof.is_some() { StepEnd::Done } else { StepEnd::NotReached };
                run.applied.proofs.extend(proof);
                Ok(end)
            }
        }
    }

    async fn test_delivery(
        &self,
        planned: &Target,
        event: Event,
        run: &PlanRun<'_, '_>,
    ) -> Result<Option<DeliveryProof>, Error> {
        let Some(target) = tested_target(planned, run.applied) else { return Ok(None) };
        let hook = match run.applied.hooks_to_test.get(&target.number()) {
            Some(hook) => Some(*hook),
            None => self.find_ours(target).await?.map(|hook| hook.id),
        };
        let Some(hook) = hook else { return Ok(None) };
        let on_wait = |reason: &str| run.progress.waiting(reason);
        let tester = WebhookTester::new(self.clients.for_tests(), &self.desired.webhooks)
            .with_version(self.version())
            .on_wait(&on_wait);
        let proof = tester.test(target, hook, event).await;
        if proof.is_proven() {
            self.record(HookEntry::DeliveryProven { kind: target.kind() })?;
        }
        Ok(Some(proof))
    }
}

/// The target to test. If changing the planned one's webhook failed, which the report says, another target of its kind
/// proves as much.
fn tested_target<'t>(planned: &'t Target, applied: &Applied<'t>) -> Option<&'t Target> {
    let written = |end| applied.steps_with(end).filter_map(Step::as_hook).filter_map(HookStep::written_target);
    if written(StepEnd::Failed).any(|one| one == planned) {
        return written(StepEnd::Done).find(|one| one.kind() == planned.kind());
    }
    Some(planned)
}
