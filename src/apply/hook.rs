//! Changes webhooks, several at a time. A webhook carries its own mark, so that after a write whose response was lost it
//! is found before the write is repeated.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, stream};

use crate::desired::Desired;
use crate::gitlab::Hook;
use crate::http;
use crate::instance::Version;
use crate::journal::{HookChange, HookEntry};
use crate::mark::Mark;
use crate::observed::{HookOwner, HookSeen};
use crate::plan::{DeleteReason, HookStep, Step};
use crate::target::Target;

use super::{Apply, Error, PlanRun};

/// After this many failures in a row, none of them a refusal, GitLab counts as unavailable. More than are in flight
/// at once by default, so that one short outage is not enough.
const GONE_AFTER: usize = 20;

impl Apply<'_> {
    /// Carries out the webhook steps that follow each other from `start`, and returns how many there are. A refusal for
    /// one target does not stop the others; a journal that cannot be written does, and a GitLab that stopped answering.
    /// Where the webhooks that remain are not proven, those that they replace stay: the next run plans them again.
    pub(super) async fn carry_out_hooks(&self, start: usize, run: &mut PlanRun<'_, '_>) -> usize {
        let (plan, progress) = (run.applied.plan, run.progress);
        let needs_proof = |step: &Step| step.as_hook().is_some_and(HookStep::needs_proof);
        let waits = needs_proof(&plan.steps[start]);
        let together = plan.steps[start..].iter().take_while(|step| needs_proof(step) == waits);
        let hooks: Vec<&HookStep> = together.map_while(Step::as_hook).collect();
        if waits && !run.applied.is_proven() {
            return hooks.len();
        }
        let tested: BTreeSet<&Target> =
            plan.steps.iter().filter(|step| matches!(step, Step::Delivery(_))).filter_map(Step::target).collect();
        let work = stream::iter((start..).zip(&hooks)).map(|(place, hook)| async move {
            let step = &plan.steps[place];
            progress.step_started(step);
            let result = self.carry_out_hook(hook).await;
            progress.step_finished(step, result.as_ref().err());
            (place, *hook, result)
        });
        let concurrency = self.concurrency.max(1);
        let mut work = work.buffer_unordered(concurrency);
        let mut unanswered = 0;
        while let Some((place, step, result)) = work.next().await {
            unanswered = if result.as_ref().is_err_and(Error::is_unanswered) { unanswered + 1 } else { 0 };
            match result {
                Ok(hook) => {
                    self.retry.record_answer();
                    run.applied.done(place);
                    if let Some((hook, target)) = hook.zip(step.written_target()) {
                        run.applied.unsigned_hooks += usize::from(self.is_unsigned(&hook));
                        if tested.contains(target) {
                            run.applied.hooks_to_test.insert(target.number(), hook.id);
                        }
                    }
                }
                Err(error) if error.is_fatal() || unanswered > GONE_AFTER.max(2 * concurrency) => {
                    run.applied.stopped(place, error);
                    break;
                }
                Err(error) => run.applied.failed(place, error),
            }
        }
        hooks.len()
    }

    /// Carries out one step; returns the webhook that exists afterwards.
    async fn carry_out_hook(&self, step: &HookStep) -> Result<Option<Hook>, Error> {
        match step {
            HookStep::Create { target } => self.create_hook(target).await.map(Some),
            HookStep::Edit { target, id, differences: _ } => self.edit_hook(target, *id).await.map(Some),
            HookStep::Delete { target, id, reason } => {
                self.delete_hook(target, *id, *reason).await?;
                Ok(None)
            }
        }
    }

    /// Whether GitLab ignored the signing token.
    fn is_unsigned(&self, hook: &Hook) -> bool {
        let can_sign = self.version().is_some_and(|version| version >= Version::SIGNING_TOKEN);
        let wanted = can_sign && self.desired.webhooks.signing_token.is_some();
        wanted && hook.signing_token_present != Some(true)
    }

    pub(super) fn version(&self) -> Option<Version> {
        self.observed.version()
    }

    async fn create_hook(&self, target: &Target) -> Result<Hook, Error> {
        self.record(HookEntry::Change { target: target.clone(), change: HookChange::Create })?;
        let spec = self.desired.hook(target.clone(), self.known_version()?);
        let create = async || self.clients.writer.create_hook(&spec).await;
        let hook = self.make(create, async || self.find_ours(target).await).await?;
        self.record_changed(target, HookChange::Create, hook.id)?;
        Ok(hook)
    }

    /// The webhook on the target that carries the desired mark.
    pub(super) async fn find_ours(&self, target: &Target) -> Result<Option<Hook>, http::Error> {
        let version = self.version();
        let wanted = self.desired.marker().mark(target.number(), version.unwrap_or(Version::OLDEST));
        let has_marks = version.is_none_or(|version| version >= Version::HOOK_NAME);
        let is_ours = |hook: &Hook| match has_marks {
            true => hook.mark == Some(Mark::Bound(wanted)),
            false => self.is_ours_by_url(target, hook),
        };
        Ok(self.clients.reader.hooks(target).await?.into_iter().find(is_ours))
    }

    /// Before 17.1 webhooks have no description. One at the kit's URL is ours if it was ours when it was observed, or did
    /// not exist then.
    fn is_ours_by_url(&self, target: &Target, hook: &Hook) -> bool {
        let seen = self.observed.hooks.known().and_then(|seen| seen.targets.iter().find(|one| one.target == *target));
        let known = seen.and_then(|seen| seen.hooks.known()?.iter().find(|one| one.hook.id == hook.id));
        let is_foreign = known.is_some_and(|known| known.owner == HookOwner::Foreign);
        self.desired.webhooks.matches_url(&hook.url) && !is_foreign && !self.is_of_another(target, hook.id)
    }

    /// Whether this machine recorded it for another organization, also since this run began.
    fn is_of_another(&self, target: &Target, id: u64) -> bool {
        self.others().is_ok_and(|others| others.hooks.contains(&(target.number(), id)))
    }

    fn known_version(&self) -> Result<Version, Error> {
        self.version().ok_or(Error::NoVersion)
    }

    /// An edit sends the whole webhook, so sending it twice is harmless. Headers that were added have to be removed one by
    /// one; the response names them all.
    async fn edit_hook(&self, target: &Target, id: u64) -> Result<Hook, Error> {
        self.write_hook(self.desired, target, id).await
    }

    /// The same with what was desired at another time.
    pub(super) async fn write_hook(&self, desired: &Desired, target: &Target, id: u64) -> Result<Hook, Error> {
        self.record(HookEntry::Change { target: target.clone(), change: HookChange::Edit })?;
        let spec = desired.hook(target.clone(), self.known_version()?);
        let hook = self.retry.attempts().run(|| self.clients.writer.edit_hook(id, &spec)).await?;
        for name in &hook.payload.custom_headers {
            self.retry.attempts().run(|| self.clients.writer.delete_custom_header(target, id, name)).await?;
        }
        self.record_written(WrittenHook { desired, target, id: hook.id }, HookChange::Edit)?;
        Ok(hook)
    }

    /// A 404 counts as deleted, so deleting twice is harmless. Where the connection ends, the list has to show that it is
    /// gone: a 404 may be somebody else's answer.
    async fn delete_hook(&self, target: &Target, id: u64, reason: DeleteReason) -> Result<(), Error> {
        self.require_unchanged(target, id).await?;
        self.record(HookEntry::Change { target: target.clone(), change: HookChange::Delete })?;
        self.retry.attempts().run(|| self.clients.writer.delete_hook(target, id)).await?;
        if reason == DeleteReason::Disconnected {
            let listed = self.retry.attempts().run(|| self.clients.reader.hooks(target)).await?;
            if listed.iter().any(|hook| hook.id == id) {
                return Err(Error::StillListed { what: format!("webhook {id} on {target}") });
            }
        }
        self.record_changed(target, HookChange::Delete, id)
    }

    /// Looks once more before a webhook is deleted: meanwhile another organization, or a person, may have made it theirs.
    async fn require_unchanged(&self, target: &Target, id: u64) -> Result<(), Error> {
        let listed = self.retry.attempts().run(|| self.clients.reader.hooks(target)).await?;
        let Some(now) = listed.iter().find(|hook| hook.id == id) else { return Ok(()) };
        let seen = self.observed.hooks.known().and_then(|seen| seen.hook(target, id));
        match seen {
            Some(HookSeen { hook, .. }) if hook.mark == now.mark && hook.url == now.url => Ok(()),
            _ => Err(Error::ChangedHook { target: target.clone(), id }),
        }
    }

    fn record_changed(&self, target: &Target, change: HookChange, id: u64) -> Result<(), Error> {
        self.record_written(WrittenHook { desired: self.desired, target, id }, change)
    }

    fn record_written(&self, written: WrittenHook<'_>, change: HookChange) -> Result<(), Error> {
        let WrittenHook { desired, target, id } = written;
        let mark = desired.marker().mark(target.number(), self.known_version()?);
        self.record(HookEntry::Changed {
            target: target.clone(),
            change,
            id,
            fingerprint: mark.token.to_string(),
            signing: mark.signing.map(|fingerprint| fingerprint.to_string()),
        })
    }
}

/// A webhook that was written as it was desired.
#[derive(Clone, Copy)]
struct WrittenHook<'a> {
    desired: &'a Desired,
    target: &'a Target,
    id: u64,
}
