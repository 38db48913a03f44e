//! Approve, apply, report: what follows a plan, the same for every command that writes.

use std::path::{Path, PathBuf};

use super::session::Session;
use super::{diagnostics, local_state, output, progress, recheck};
use crate::advice;
use crate::apply::webhook_test::TestQuota;
use crate::apply::{Applied, Apply, ApplyInputs, Clients, Error, LocalState, kit_accepted};
use crate::desired::Desired;
use crate::error::{ExitCode, Failure, Fix};
use crate::journal::{DisconnectEntry, Entry, Journal, Lock, RunEntry};
use crate::observed::{DeliveryProof, Observed};
use crate::plan::{self, KitStep, Plan, Step};
use crate::report::run::{
    Actor, End, Evidence, Job, Outcome, Purpose, RunReport, UnprovenDelivery, plan_lines, remainder_lines,
};
use crate::report::{self, FailureGroup, Format};
use crate::secret::{Bearer, FactoryKey};
use crate::settings::keys;
use crate::target::Target;
use crate::terminal::prompt::PlanAnswer;
use crate::text::Text;

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
        duration_ms: u64::try_from(session.duration().as_millis()).unwrap_or(u64::MAX),
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
    let rendered = report::render(&evidence, Format::Json)?;
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
        self.require_factory_key().await?;
        if self.approve()? == PlanAnswer::Change {
            return Ok(None);
        }
        session.trust_kit();
        self.prove_factory_key().await?;
        if connects {
            session.offer_keyring().await?;
        }
        let mut journal = session.journal(lock)?;
        self.pin_first_kit(&mut journal)?;
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
        let inputs = ApplyInputs {
            desired: &session.desired,
            observed: &planned.observed,
            clients: Clients::new(&session.observer, &writer, &test_quota),
            connection: session.connection(),
            token: session.token(),
            local: LocalState {
                lock,
                credential_store: local_state::credential_store(session.context, session.interview.settings())?,
                kit_place: session.kit_place().path(),
            },
            end: self.job.end(),
            transport: &transport,
        };
        let outcome = self.apply(&Apply::new(inputs, journal)).await;
        Ok(Some(End::Applied(Box::new(outcome))))
    }

    /// The key of Factory's API is asked for before the first step, where one of the steps needs it.
    async fn require_factory_key(&self) -> Result<(), Failure> {
        let Self { session, planned, .. } = self;
        let factory = &session.observer.factory;
        if factory.has_key() || !plan::needs_factory_key(&planned.plan, &session.desired) {
            return Ok(());
        }
        factory.set_key(session.interview.secret::<Bearer>(&keys::FACTORY_KEY).await?.value);
        Ok(())
    }

    /// A key that was typed is tried with a question for the status, now that its address is approved: what is wrong with it is
    /// known before the first step.
    async fn prove_factory_key(&self) -> Result<(), Failure> {
        let Session { interview, observer, desired, .. } = self.session;
        let typed = interview.find_secret::<Bearer>(&keys::FACTORY_KEY)?;
        let Some(status_url) = &desired.status_url else { return Ok(()) };
        if !typed.is_some_and(|key| key.source.is_prompt()) {
            return Ok(());
        }
        let check = async |key: &FactoryKey| {
            observer.factory.set_key(key.clone());
            match observer.factory.status(status_url).await {
                Err(error) if matches!(error.status(), Some(401 | 403)) => {
                    Err(diagnostics::typed_factory_key(&error, "Factory does not accept the key; nothing was changed"))
                }
                // What else Factory answers is no statement about the key.
                Ok(_) | Err(_) => Ok(()),
            }
        };
        interview.secret_until(&keys::FACTORY_KEY, check).await.map(drop)
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

    /// The first kit of a connection is accepted with its plan, and only with one that was approved; a changed one has a step
    /// of its own.
    fn pin_first_kit(&self, journal: &mut Journal) -> Result<(), Failure> {
        if self.session.record.kit_pin.is_some() {
            return Ok(());
        }
        append(journal, kit_accepted(&self.session.desired.kit))
    }

    fn approve(&self) -> Result<PlanAnswer, Failure> {
        let Self { session, planned, .. } = self;
        let mut text = Text::new();
        let kit = session.desired.kit.fingerprint();
        text.heading(format!("Plan for {}, kit {kit}", session.desired.instance));
        plan_lines(&planned.plan, &mut text);
        text.gap();
        let is_asked = self.changed_kit().is_some() || !session.interview.settings().is_enabled(&keys::YES);
        let terminal = session.context.terminal;
        if is_asked {
            if self.job.purpose.removes() {
                remainder_lines(&planned.plan, &terminal.running(), &mut text);
                text.gap();
            }
            terminal.show(&text);
        } else {
            terminal.say(&text);
        }
        match self.ask_for_approval()? {
            answer @ (PlanAnswer::Apply | PlanAnswer::Change) => Ok(answer),
            PlanAnswer::Stop => Err(Failure::problem("the plan was not approved; nothing was changed")
                .fix(Fix::rerun("show the plan again, and change nothing", "--dry-run"))),
        }
    }

    /// `--yes` does not cover a changed kit: a person approves it, or its fingerprint is named.
    fn ask_for_approval(&self) -> Result<PlanAnswer, Failure> {
        let interview = &self.session.interview;
        let is_named = interview.settings().get(&keys::KIT_FINGERPRINT)?.is_some();
        let Some(KitStep::Accept { from, to, changes }) = self.changed_kit().filter(|_| !is_named) else {
            let is_given = interview.settings().is_enabled(&keys::YES);
            return if is_given { Ok(PlanAnswer::Apply) } else { self.ask_person() };
        };
        if interview.prompter().can_ask() {
            return self.ask_person();
        }
        let failure = Failure::usage("the kit differs from the one that was accepted, and --yes does not cover that")
            .because(format!("kit {from} was accepted; this is kit {to}"));
        let failure = changes.iter().fold(failure, |failure, change| failure.because(change.to_string()));
        let text = "if Factory confirms the new fingerprint, name it";
        Err(failure.fix(Fix::rerun(text, format!("--yes --kit-fingerprint {to}"))))
    }

    /// With yes or no, and a change of an answer where there are answers. What is removed cannot be brought back: the person
    /// types the host's name.
    fn ask_person(&self) -> Result<PlanAnswer, Failure> {
        let Session { interview, desired, .. } = self.session;
        match self.job.purpose {
            Purpose::Connect => interview.ask_to_apply(&keys::YES),
            Purpose::Rotate(_) | Purpose::AddWebhooks => interview.answer_plan(&keys::YES),
            Purpose::EndConnection | Purpose::RemoveWebhooks => {
                interview.confirm_name(&keys::YES, desired.instance.url().host_str().unwrap_or_default())
            }
        }
    }

    /// The step that accepts a kit which differs from the one of the last run.
    fn changed_kit(&self) -> Option<&KitStep> {
        self.planned.plan.steps.iter().find_map(Step::as_kit)
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
