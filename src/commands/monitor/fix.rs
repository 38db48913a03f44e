//! `--fix`: registers webhooks where there are none, by the same walk as `connect`.

use std::collections::BTreeSet;

use super::super::run::{Planned, carry_out};
use super::super::{local_state, preconditions};
use super::look::Watch;
use crate::apply::StepEnd;
use crate::desired::Desired;
use crate::error::{Failure, FailureKind, Fix};
use crate::gitlab::Task;
use crate::journal::Record;
use crate::plan::{self, HookStep, Plan, Step};
use crate::report::run::{End, Job, PendingExit, Purpose};
use crate::series::{Event, EventKind};
use crate::settings::keys;
use crate::target::{Target, TargetNumber};
use crate::text::counted;

const JOB: Job = Job {
    schema: "factory-gitlab/connect/v1",
    achieved: "connected",
    standing: "has all webhooks",
    progress: "registering webhooks",
    purpose: Purpose::AddWebhooks,
    pending: PendingExit::Zero,
};

impl Watch<'_> {
    /// Asks once whether webhooks may be added without asking each time: a look at night would wait for an answer.
    ///
    /// # Errors
    /// When the user stops.
    pub(super) fn ask_to_fix(&self) -> Result<(), Failure> {
        let interview = &self.session.interview;
        if !self.args.fix || interview.settings().is_enabled(&keys::YES) {
            return Ok(());
        }
        let question = "Register missing webhooks whenever there are some, without asking again?";
        if !interview.confirm_with(&keys::YES, question)? {
            return Err(Failure::problem("not approved; nothing was changed"));
        }
        interview.settings().answer(&keys::YES, vec!["true".to_owned()]);
        Ok(())
    }

    /// Adds the webhooks that the look missed, and looks again. What fails is told once, and tried again by the next look.
    ///
    /// # Errors
    /// When the user stops the only look.
    pub(super) async fn add_webhooks(&mut self) -> Result<(), Failure> {
        let Some(observed) = self.observed.as_ref().filter(|one| one.hooks.known().is_some()) else { return Ok(()) };
        let missing = missing(&plan::add_webhooks(&self.session.desired, observed, &self.session.record));
        if missing.is_empty() {
            self.fix_failed = None;
            return Ok(());
        }
        match Box::pin(self.register(&missing)).await {
            Ok(()) => self.fix_failed = None,
            // Where it repeats, the summary is still to come.
            Err(failure) if failure.kind == FailureKind::Interrupted && !self.args.once => {}
            Err(failure) if failure.kind == FailureKind::Interrupted => return Err(failure),
            Err(failure) => self.tell_failure(&failure, missing.len()),
        }
        Ok(())
    }

    fn tell_failure(&mut self, failure: &Failure, missing: usize) {
        let why = std::iter::once(&failure.message).chain(&failure.causes).cloned().collect::<Vec<_>>().join(": ");
        if self.fix_failed.as_ref() == Some(&why) {
            return;
        }
        let at = self.context().env.clock.now();
        let event = Event::new(at, EventKind::WebhookNotAdded, counted(missing, "webhook"));
        let fix = failure.fixes.first().cloned();
        self.events.push(Event { cause: Some(why.clone()), fix, ..event });
        self.fix_failed = Some(why);
    }

    /// Takes the lock, looks again at what was missing, and registers what still is.
    async fn register(&mut self, missing: &BTreeSet<TargetNumber>) -> Result<(), Failure> {
        let mut session = self.session.to_write()?;
        require_connected(&session.record, &session.desired)?;
        self.memory.borrow_mut().forget_hooks(missing);
        let observed = session.context.interrupt.or(session.look(&self.reads, &self.memory)).await?;
        preconditions::require_observed(&session.desired, &observed, Task::MonitorFix)?;
        let plan = plan::add_webhooks(&session.desired, &observed, &session.record);
        if let Some(blocker) = plan.blockers.first() {
            return Err(crate::advice::explain_blockers(std::slice::from_ref(blocker), &session.desired));
        }
        let planned = Planned { plan, observed, unread: Vec::new(), evidence: None };
        let done = carry_out(&session, JOB, planned).await;
        self.requests += session.requests();
        drop(session);
        let Some(done) = done? else { return Ok(()) };
        let report = done.report;
        let End::Applied(outcome) = report.end else {
            // Another machine was faster.
            return self.look_again(missing).await;
        };
        let at = self.context().env.clock.now();
        for (step, end) in report.plan.steps.iter().zip(&outcome.ends) {
            if let (Step::Hook(HookStep::Create { target }), StepEnd::Done) = (step, end) {
                self.events.push(Event::new(at, EventKind::WebhookAdded, target.to_string()));
                self.series.counts.webhooks_added += 1;
            }
        }
        self.look_again(missing).await?;
        let failed = outcome.stopped.into_iter().chain(outcome.failed).next();
        failed.map_or(Ok(()), |group| Err(group.failure))
    }

    /// Reads the webhooks that were added: the look is judged as it is now.
    async fn look_again(&mut self, added: &BTreeSet<TargetNumber>) -> Result<(), Failure> {
        self.session.reread_record()?;
        self.memory.borrow_mut().forget_hooks(added);
        self.context().interrupt.or(Box::pin(self.observe())).await?;
        Ok(())
    }
}

/// The targets without a webhook.
fn missing(plan: &Plan) -> BTreeSet<TargetNumber> {
    let target = |step: &Step| match step {
        Step::Hook(HookStep::Create { target }) => Some(Target::number(target)),
        _ => None,
    };
    plan.steps.iter().filter_map(target).collect()
}

/// Webhooks are added by the kit and to the selection that were approved, and not to a connection that was removed.
fn require_connected(record: &Record, desired: &Desired) -> Result<(), Failure> {
    let failed = |why: &str| {
        let connect = Fix::connect("look at the plan, and approve it", "factory-gitlab connect");
        Err(Failure::problem(why.to_owned()).fix(connect))
    };
    if record.disconnecting_at.is_some() || record.disconnected_at.is_some() {
        return failed("the connection was removed, or is being removed");
    }
    if record.rotating.is_some() {
        return failed("a rotation was started and not finished");
    }
    let kit = desired.kit.fingerprint().to_string();
    if record.kit_pin.as_ref().is_some_and(|pin| pin.fingerprint != kit) {
        return failed("the kit differs from the one that was accepted");
    }
    if !record.is_empty() && !local_state::has_same_choices(record, desired) {
        return failed("what is selected differs from what connect recorded");
    }
    Ok(())
}
