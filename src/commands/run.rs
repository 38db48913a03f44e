//! Approve, apply, report: what follows a plan, the same for every command that writes.

use std::path::{Path, PathBuf};

use super::approval::{Approval, Question};
use super::session::{Session, Tools};
use super::{diagnostics, local_state, output, progress, recheck};
use crate::advice;
use crate::apply::webhook_test::TestQuota;
use crate::apply::{Applied, Apply, ApplyInputs, Clients, Error};
use crate::desired::Desired;
use crate::error::{ExitCode, Failure};
use crate::journal::{DisconnectEntry, Entry, Journal, Lock, RunEntry};
use crate::observed::{DeliveryProof, Observed};
use crate::plan::Plan;
use crate::report::run::{Actor, End, Evidence, Job, Outcome, Purpose, RunReport, UnprovenDelivery};
use crate::report::{self, FailureGroup, Format, RunInfo};
use crate::target::Target;
use crate::terminal::prompt::PlanAnswer;
use crate::text::milliseconds;

/// A plan, with what it was made from.
pub(super) struct Planned {
    pub plan: Plan,
    pub observed: Observed,
    /// Targets that could not be read, so that nothing was planned for them.
    pub unread: Vec<FailureGroup<Target>>,
    /// Where the evidence of what was done is written.
    pub evidence: Option<PathBuf>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Ran {
    Ended(ExitCode),
    /// The user wants to change an answer that the plan was made from; nothing was done.
    ChangeAsked,
}

/// Shows the plan, has it approved, carries it out and reports. A session without the lock reports the plan and writes
/// nothing.
///
/// # Errors
/// When the plan is not approved, or the journal cannot be written before the first step.
pub(super) async fn run(session: &Session<'_>, job: Job, planned: Planned) -> Result<Ran, Failure> {
    if planned.evidence.is_some() {
        session.observer.http.trail().start();
    }
    let Some(done) = carry_out(session, job, planned).await? else { return Ok(Ran::ChangeAsked) };
    let CarriedOut { report, observed, evidence } = done;
    // The report is printed although the evidence may not be writable any more.
    let written = evidence.map_or(Ok(()), |path| write_evidence(session, &report, &observed, &path));
    let code = session.context.finish(&report)?;
    written.map(|()| Ran::Ended(code))
}

/// What a run did, and what it was planned from.
pub(super) struct CarriedOut {
    pub report: RunReport,
    observed: Observed,
    evidence: Option<PathBuf>,
}

/// The same without printing the report; `None` where an answer is to be changed first.
///
/// # Errors
/// As [`run`].
pub(super) async fn carry_out(
    session: &Session<'_>,
    job: Job,
    planned: Planned,
) -> Result<Option<CarriedOut>, Failure> {
    let Some(end) = Run { session, job, planned: &planned }.carry_out().await? else { return Ok(None) };
    let (end, checks) = recheck::after(session, job, end).await?;
    let Planned { plan, unread, observed, evidence } = planned;
    let stats = session.observer.http.stats();
    let report = RunReport {
        job,
        running: session.context.terminal.running(),
        instance: session.desired.instance.clone(),
        kit: session.desired.kit.fingerprint(),
        has_upload_address: session.desired.kit.upload_url().is_some(),
        observed_at: observed.at,
        plan,
        end,
        unread,
        checks,
        has_evidence: evidence.is_some(),
        requests: stats.requests,
        writes: stats.writes,
        duration_ms: milliseconds(session.duration()),
    };
    Ok(Some(CarriedOut { report, observed, evidence }))
}

fn write_evidence(session: &Session<'_>, report: &RunReport, observed: &Observed, path: &Path) -> Result<(), Failure> {
    let (user, token) = (observed.user.known(), observed.token.known());
    let evidence = Evidence {
        report,
        organization: &session.desired.organization.id,
        actor: Actor {
            username: user.map(|user| user.username.clone()),
            user_id: user.map(|user| user.id),
            token_id: token.map(|token| token.id),
            token_name: token.map(|token| token.name.clone()),
        },
        ended_at: session.context.env.clock.now(),
        requests: session.observer.http.trail().sent(),
    };
    let rendered = report::render(&evidence, Format::Json, &RunInfo::default())?;
    output::write_file(path, |file| rendered.write_to(file))
}

struct Run<'r> {
    session: &'r Session<'r>,
    job: Job,
    planned: &'r Planned,
}

impl Run<'_> {
    /// The end; `None` where an answer is to be changed first.
    async fn carry_out(&self) -> Result<Option<End>, Failure> {
        let Self { session, planned, .. } = self;
        let Some(lock) = session.lock() else { return Ok(Some(End::DryRun)) };
        let connects = self.job.purpose == Purpose::Connect;
        if planned.plan.is_empty() {
            if connects {
                session.offer_keyring().await?;
                self.record_finished(lock)?;
            }
            if session.record.rotating.is_some() && matches!(self.job.purpose, Purpose::Rotate(_)) {
                append(&mut session.journal(lock)?, self.job.end())?;
            }
            self.record_kept(lock)?;
            return Ok(Some(End::NothingToDo));
        }
        let approval = Approval { session, plan: &planned.plan, question: self.question() };
        if approval.obtain().await? == PlanAnswer::Change {
            return Ok(None);
        }
        if connects {
            session.offer_keyring().await?;
        }
        let mut journal = session.journal(lock)?;
        approval.pin_first_kit(&mut journal)?;
        if self.job.purpose == Purpose::EndConnection {
            append(&mut journal, self.begin_removal())?;
        }
        match self.job.purpose {
            Purpose::Rotate(what) => append(&mut journal, RunEntry::Rotate { what })?,
            Purpose::AddWebhooks => append(&mut journal, RunEntry::AddWebhooks)?,
            Purpose::Connect | Purpose::EndConnection | Purpose::RemoveWebhooks => {}
        }
        let writer = session.writer(lock);
        let transport = session.interview.settings().transport()?;
        let test_quota = TestQuota::default();
        let clients = Clients::new(&session.observer, &writer, &test_quota);
        let local = session.local_state(lock)?;
        let inputs = session.apply_inputs(Tools { observed: &planned.observed, clients, local, transport: &transport });
        let inputs = ApplyInputs { end: Some(self.job.end()), ..inputs };
        let outcome = self.apply(&Apply::new(inputs, journal)).await;
        Ok(Some(End::Applied(Box::new(outcome))))
    }

    /// The previous run may have been cut off after its last step: then only the record lacks that the run is finished. Or
    /// other choices were made that need no change, and a later run has to know them.
    fn record_finished(&self, lock: &Lock) -> Result<(), Failure> {
        let record = &self.session.record;
        let has_same_choices = local_state::has_same_choices(record, &self.session.desired);
        let is_recorded = record.finished_at.is_some() && has_same_choices && !self.session.has_news();
        if record.is_empty() || is_recorded {
            return Ok(());
        }
        append(&mut self.session.journal(lock)?, RunEntry::Finished)
    }

    fn begin_removal(&self) -> DisconnectEntry {
        DisconnectEntry::Begin { keeps_application: self.planned.plan.keeps_application.clone() }
    }

    /// An earlier run has removed everything but an application that is now to be kept: `status` says so.
    fn record_kept(&self, lock: &Lock) -> Result<(), Failure> {
        let record = &self.session.record;
        let is_news = record.disconnecting_at.is_some() && record.kept_application.is_none();
        if !is_news || self.planned.plan.keeps_application.is_none() || !self.planned.unread.is_empty() {
            return Ok(());
        }
        let mut journal = self.session.journal(lock)?;
        append(&mut journal, self.begin_removal())?;
        append(&mut journal, self.job.end())
    }

    fn question(&self) -> Question {
        match self.job.purpose {
            Purpose::Connect => Question::ApplyOrChange,
            Purpose::Rotate(_) | Purpose::AddWebhooks => Question::YesOrNo,
            Purpose::EndConnection | Purpose::RemoveWebhooks => Question::HostName,
        }
    }

    /// Carries the plan out. When interrupted, the work is dropped at once, and what was done is reported.
    async fn apply(&self, apply: &Apply<'_>) -> Outcome {
        let Self { session, job, planned } = self;
        let context = session.context;
        let progress = progress::Applying::new(context.terminal, job.progress, planned.plan.steps.len());
        let mut applied = Applied::new(&planned.plan);
        let ended = context.interrupt.or(apply.run(&progress, &mut applied)).await;
        drop(progress);
        let mut outcome = Outcome::new(applied, |error: &Error| diagnostics::apply(error, apply));
        outcome.interrupted = ended.is_err();
        let Desired { webhooks, instance, .. } = &session.desired;
        let unproven = |proof: &DeliveryProof| {
            let (cause, fix) = advice::unproven(proof, &webhooks.url, instance)?;
            Some(UnprovenDelivery { target: proof.target.clone(), cause, fix })
        };
        outcome.unproven = outcome.proofs.iter().filter_map(unproven).collect();
        outcome
    }
}

fn append(journal: &mut Journal, entry: impl Into<Entry>) -> Result<(), Failure> {
    journal.append(entry).map_err(|error| diagnostics::journal(&error))
}
