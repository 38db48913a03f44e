//! The hooks' steps, several at a time. A hook carries its own mark, so that a write whose answer was lost is looked for
//! before it is repeated.

use std::collections::BTreeSet;
use std::ops::Range;

use futures_util::{StreamExt as _, stream};

use crate::desired::Mark;
use crate::gitlab::Hook;
use crate::http;
use crate::instance::Version;
use crate::journal::{Entry, HookChange};
use crate::observed::DeliveryProof;
use crate::target::{Event, Target};

use super::patience::{Tries, may_have_happened};
use super::webhook_test::WebhookTester;
use super::{Applied, Apply, Error, Step, StepEnd, Watch};

/// After so many failures in a row, and none of them a refusal, GitLab is taken for gone. More than are in flight at once
/// by default, so that one hiccup is not enough.
const GONE_AFTER: usize = 20;

impl Apply<'_> {
    /// Does a run of hook steps, those at `places` of the plan. One target's refusal does not stop the rest; a journal
    /// that cannot be written does, and a GitLab that no longer answers: asking it thousands of times more tells nothing.
    pub(super) async fn hooks(&self, places: Range<usize>, watch: &dyn Watch, applied: &mut Applied<'_>) {
        let steps = &applied.plan.steps;
        let work = stream::iter(places).map(|place| async move {
            let step = &steps[place];
            watch.begins(step);
            let result = self.hook(step).await;
            watch.ended(step, result.as_ref().err());
            (place, result)
        });
        let tested: BTreeSet<&Target> = steps.iter().filter_map(Step::tested_target).collect();
        let concurrency = self.concurrency.max(1);
        let mut work = work.buffer_unordered(concurrency);
        let mut unanswered = 0;
        while let Some((place, result)) = work.next().await {
            unanswered = if result.as_ref().is_err_and(Error::is_no_answer) { unanswered + 1 } else { 0 };
            match result {
                Ok(hook) => {
                    self.patience.hear();
                    applied.done(place);
                    applied.unsigned_hooks += usize::from(hook.as_ref().is_some_and(|hook| self.is_unsigned(hook)));
                    if let Some((hook, target)) = hook.zip(steps[place].hook_target())
                        && tested.contains(target)
                    {
                        applied.hooks_to_test.insert(target.number(), hook.id);
                    }
                }
                Err(error) if error.stops_the_run() => return applied.stopped(place, error),
                Err(error) if unanswered > GONE_AFTER.max(2 * concurrency) => return applied.stopped(place, error),
                Err(error) => applied.failed(place, error),
            }
        }
    }

    /// Does one hook step; gives the hook that is there afterwards.
    async fn hook(&self, step: &Step) -> Result<Option<Hook>, Error> {
        match step {
            Step::CreateHook { target } => self.create_hook(target).await.map(Some),
            Step::EditHook { target, id, changes: _ } => self.edit_hook(target, *id).await.map(Some),
            Step::DeleteHook { target, id } => self.delete_hook(target, *id).await.map(|()| None),
            _ => Ok(None),
        }
    }

    /// Whether GitLab ignored the signing token.
    fn is_unsigned(&self, hook: &Hook) -> bool {
        let can_sign = self.version().is_some_and(|version| version >= Version::SIGNING_TOKEN);
        let wanted = can_sign && self.desired.webhooks.signing_token.is_some();
        wanted && hook.signing_token_present != Some(true)
    }

    fn version(&self) -> Option<Version> {
        self.observed.metadata.known().map(|metadata| metadata.version)
    }

    async fn create_hook(&self, target: &Target) -> Result<Hook, Error> {
        self.note(&Entry::ChangeHook { target: target.clone(), change: HookChange::Create })?;
        let spec = self.desired.webhooks.hook(target.clone());
        let mut tries = self.patience.tries();
        let hook = loop {
            let error = match self.clients.writer.create_hook(&spec).await {
                Ok(hook) => break hook,
                Err(error) => error,
            };
            let is_doubtful = may_have_happened(&error);
            tries.again(error).await?;
            if is_doubtful && let Some(hook) = self.look_for_ours(target, &mut tries).await? {
                break hook;
            }
        };
        self.changed(target, HookChange::Create, hook.id)?;
        Ok(hook)
    }

    /// Looks before a write is repeated. Without an answer nothing is repeated.
    async fn look_for_ours(&self, target: &Target, tries: &mut Tries<'_>) -> Result<Option<Hook>, Error> {
        let found = tries.until_done(|| self.find_ours(target)).await?;
        self.patience.hear();
        Ok(found)
    }

    /// After a write whose answer was lost: the hook that carries our mark, if it is there.
    async fn find_ours(&self, target: &Target) -> Result<Option<Hook>, http::Error> {
        let wanted = self.desired.webhooks.mark();
        let is_ours = |hook: &Hook| match hook.description.as_deref() {
            Some(description) => Mark::find(description).as_ref() == Some(&wanted),
            // Before 17.1 there is no description; what points at Factory was made for it.
            None => self.desired.webhooks.is_url(&hook.url),
        };
        Ok(self.clients.reader.hooks(target).await?.into_iter().find(is_ours))
    }

    /// An edit sends the whole hook, so that sending it twice does no harm.
    async fn edit_hook(&self, target: &Target, id: u64) -> Result<Hook, Error> {
        self.note(&Entry::ChangeHook { target: target.clone(), change: HookChange::Edit })?;
        let spec = self.desired.webhooks.hook(target.clone());
        let hook = self.patience.tries().until_done(|| self.clients.writer.edit_hook(id, &spec)).await?;
        self.changed(target, HookChange::Edit, hook.id)?;
        Ok(hook)
    }

    /// A hook that is not there any more counts as deleted, so that deleting twice does no harm.
    async fn delete_hook(&self, target: &Target, id: u64) -> Result<(), Error> {
        self.note(&Entry::ChangeHook { target: target.clone(), change: HookChange::Delete })?;
        self.patience.tries().until_done(|| self.clients.writer.delete_hook(target, id)).await?;
        self.changed(target, HookChange::Delete, id)
    }

    fn changed(&self, target: &Target, change: HookChange, id: u64) -> Result<(), Error> {
        let fingerprint = self.desired.webhooks.mark().fingerprint;
        self.note(&Entry::HookChanged { target: target.clone(), change, id, fingerprint })
    }

    /// Fires GitLab's own test and collects the three facts about it. A delivery that fails is a finding, not an error:
    /// the rest goes on, and the report and the exit code say so.
    pub(super) async fn test_delivery(
        &self,
        (target, event): (&Target, Event),
        (watch, applied): (&dyn Watch, &Applied<'_>),
    ) -> Result<Option<DeliveryProof>, Error> {
        // Where its creation failed (that is in the report already), another one of its kind is proof as good.
        let mut failed = applied.steps_that(StepEnd::Failed).filter_map(Step::hook_target);
        let mut done = applied.steps_that(StepEnd::Done).filter_map(Step::hook_target);
        let target = match failed.any(|one| one == target) {
            true => done.find(|one| one.kind() == target.kind()),
            false => Some(target),
        };
        let Some(target) = target else { return Ok(None) };
        let hook = match applied.hooks_to_test.get(&target.number()) {
            Some(hook) => Some(*hook),
            None => self.find_ours(target).await?.map(|hook| hook.id),
        };
        let Some(hook) = hook else { return Ok(None) };
        let waits = |why: &str| watch.waits(why);
        let proof = WebhookTester::new(self.clients, &self.desired.webhooks).of_version(self.version()).telling(&waits);
        let proof = proof.of(target, hook, event).await;
        if proof.stands() {
            self.note(&Entry::DeliveryProved { kind: target.kind() })?;
        }
        Ok(Some(proof))
    }
}
