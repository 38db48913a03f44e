//! Sends test deliveries.

use super::rotated_hook::RotatedHook;
use super::webhook_test::{MAX_TARGETS, WebhookTester};
use super::{Applied, Apply, Error, PlanRun, StepEnd};
use crate::journal::HookEntry;
use crate::observed::{DeliveryProof, TargetSeen};
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
                let end = match &proof {
                    // Without a webhook there is nothing to test, and the step that failed to create it says why.
                    None => StepEnd::NotReached,
                    Some(proof) if proof.has_failed() => StepEnd::Failed,
                    Some(_) => StepEnd::Done,
                };
                run.applied.proofs.extend(proof);
                Ok(end)
            }
            DeliveryStep::RotateToken { target, id, event } => {
                self.rotate_hook(RotatedHook { target, id: *id, event: *event }, run).await
            }
        }
    }

    /// Tests the planned target; where it has nothing to make a test from, others of its kind in turn.
    async fn test_delivery(
        &self,
        planned: &Target,
        event: Event,
        run: &PlanRun<'_, '_>,
    ) -> Result<Option<DeliveryProof>, Error> {
        let Some(first) = tested_target(planned, run.applied) else { return Ok(None) };
        let on_wait = |reason: &str| run.progress.waiting(reason);
        let tester = WebhookTester::new(self.clients.for_tests(), &self.desired.webhooks)
            .with_version(self.version())
            .on_wait(&on_wait);
        let mut proof = None;
        for target in std::iter::once(first).chain(self.others_of_kind(first)).take(MAX_TARGETS) {
            let hook = match run.applied.hooks_to_test.get(&target.number()) {
                Some(hook) => Some(*hook),
                None => self.find_ours(target).await?.map(|hook| hook.id),
            };
            let Some(hook) = hook else { continue };
            let tested = tester.test(target, hook, event).await;
            let lacks_sample = tested.lacks_sample();
            // Without a sample anywhere, the planned target's answer is the one to show.
            proof = if lacks_sample { proof.or(Some(tested)) } else { Some(tested) };
            if !lacks_sample {
                break;
            }
        }
        if let Some(proof) = proof.as_ref().filter(|proof| proof.is_proven()) {
            self.record(HookEntry::DeliveryProven { kind: proof.target.kind() })?;
        }
        Ok(proof)
    }

    /// The other targets of the same kind, those with commits first.
    fn others_of_kind<'o>(&'o self, first: &Target) -> Vec<&'o Target> {
        let seen = self.observed.hooks.known().map_or(&[][..], |seen| &seen.targets);
        let is_other = |one: &&TargetSeen| one.target.kind() == first.kind() && one.target != *first;
        let mut others: Vec<&TargetSeen> = seen.iter().filter(is_other).collect();
        others.sort_by_key(|one| one.empty);
        others.into_iter().map(|one| &one.target).collect()
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
