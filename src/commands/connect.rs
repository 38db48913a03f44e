//! `connect`: brings an instance to the connected state, in the order in which an admin would describe it.

mod application;
mod gather;
mod preconditions;

use std::time::Instant;

use super::{Context, diagnostics, local_state, output, progress};
use crate::advice::explain_blockers;
use crate::apply::webhook_test::TestQuota;
use crate::apply::{Applied, Apply, ApplyInputs, Clients, Error};
use crate::cli::ConnectArgs;
use crate::desired::Desired;
use crate::error::{ExitCode, Failure, Fix};
use crate::gitlab::Writer;
use crate::inputs::{Approval, Interview};
use crate::journal::{Connection, Journal, Lock, Record, RunEntry, Store};
use crate::observed::{Observed, Read, ReadRequest, Reads};
use crate::plan::{self, Blocker, Plan};
use crate::report::connect::{ConnectReport, End, Outcome, PendingExit, plan_lines};
use crate::settings::{Settings, keys};
use crate::text::Text;

use gather::Gathered;

/// What a plan is made from.
const READS: [Read; 10] = [
    Read::Network,
    Read::Metadata,
    Read::Token,
    Read::User,
    Read::License,
    Read::Applications,
    Read::ScopesSupported,
    Read::ApplicationSecret,
    Read::Hooks,
    Read::Factory,
];

/// Runs the command and renders its report.
pub(super) async fn run(args: ConnectArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    let store = local_state::store(context)?;
    let settings = local_state::settings(context, &store)?;
    let connect = Connect { context, settings: &settings, store, args, began: context.env.clock.instant() };
    let report = connect.run().await?;
    context.finish(&report)
}

/// A run writes, or only shows what it would write.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Mode {
    Write,
    DryRun,
}

/// What is true and what is recorded: a plan is made from both.
#[derive(Clone, Copy)]
struct Current<'c> {
    observed: &'c Observed,
    record: &'c Record,
}

/// A connection's record, and the lock that lets it be written.
#[derive(Clone, Copy)]
struct Locked<'l> {
    connection: &'l Connection,
    lock: &'l Lock,
}

struct Connect<'a> {
    context: &'a Context<'a>,
    settings: &'a Settings,
    store: Store,
    args: ConnectArgs,
    began: Instant,
}

impl Connect<'_> {
    /// Resolve, observe, plan, apply, report.
    async fn run(&self) -> Result<ConnectReport, Failure> {
        let context = self.context;
        let interview = Interview::new(self.settings, context.prompter.as_ref(), context.terminal);

        // Resolve: kit, address, token, application; each answer is checked where it is given.
        local_state::offer_token(context, &interview).await?;
        gather::require_inputs(&interview, self.mode())?;
        let out = self.settings.get(&keys::BUNDLE_OUT)?;
        out.map_or(Ok(()), |out| output::require_writable(&out.value))?;
        let mut gathered = context.interrupt.or(gather::gather(context, &interview)).await??;
        let connection = self.store.connection(&gathered.desired.instance, &gathered.desired.organization.id);
        let lock = self.lock(&connection)?;
        gathered.desired.application.origin =
            context.interrupt.or(application::origin(&interview, context, &gathered)).await??;

        // Observe: the current state on GitLab, at Factory and on this machine.
        let record = connection.record().map_err(|error| diagnostics::journal(&error))?;
        let observed = context.interrupt.or(self.observe(&gathered)).await?;
        preconditions::require_observed(&gathered.desired, &observed)?;
        gathered.unread = preconditions::unread(&gathered.desired, &observed);

        // Plan: the difference, shown before anything is written.
        let planned = self.plan(&interview, &gathered, Current { observed: &observed, record: &record });
        let (desired, plan) = context.interrupt.or(planned).await??;
        let Some(lock) = lock else {
            return Ok(self.report(&gathered, plan, self.dry_run()));
        };
        let locked = Locked { connection: &connection, lock: &lock };
        if plan.is_empty() {
            gather::offer_keyring(context, &interview, &gathered).await?;
            self.record_finished(locked, &gathered, &record)?;
            return Ok(self.report(&gathered, plan, End::AlreadyConnected));
        }
        self.approve(&interview, &desired, &plan)?;
        gather::offer_keyring(context, &interview, &gathered).await?;

        // Apply: step by step, with a journal.
        let journal = self.journal(locked, &gathered)?;
        let test_quota = TestQuota::default();
        let writer = Writer::new(&lock, gathered.look.http.clone(), desired.instance.clone(), gathered.token.clone());
        let transport = self.settings.transport()?;
        let work = ApplyInputs {
            desired: &desired,
            observed: &observed,
            clients: Clients::new(&gathered.look, &writer, &test_quota),
            connection: &connection,
            token: &gathered.token,
            transport: &transport,
        };
        let outcome = self.apply(&Apply::new(work, journal), &plan).await;

        // Report: what was done, what is proved, what is left to do.
        Ok(self.report(&gathered, plan, End::Applied(Box::new(outcome))))
    }

    fn mode(&self) -> Mode {
        if self.args.dry_run { Mode::DryRun } else { Mode::Write }
    }

    /// A dry run takes no lock and leaves no trace.
    fn lock(&self, connection: &Connection) -> Result<Option<Lock>, Failure> {
        match self.mode() {
            Mode::DryRun => Ok(None),
            Mode::Write => connection.lock().map(Some).map_err(|error| diagnostics::journal(&error)),
        }
    }

    async fn observe(&self, gathered: &Gathered) -> Observed {
        let reads = Reads::from_iter(READS);
        let request = ReadRequest { reads: &reads, known: Some(&gathered.known) };
        let watch = progress::Looking::new(self.context.terminal);
        let look = gathered.look.observe(&gathered.desired, request, &watch);
        self.context.terminal.with_spinner("reading the current state", look).await
    }

    /// Makes the plan. Where only a decision is missing and a person can be asked, asks and plans again.
    async fn plan(
        &self,
        interview: &Interview<'_>,
        gathered: &Gathered,
        current: Current<'_>,
    ) -> Result<(Desired, Plan), Failure> {
        let Current { observed, record } = current;
        let mut desired = gathered.desired.clone();
        let mut made = plan::connect(&desired, observed, record);
        if let [Blocker::NeedsSecret { application }] = made.blockers.as_slice()
            && interview.prompter().can_ask()
        {
            desired.application.origin = application::decide(interview, gathered, application).await?;
            made = plan::connect(&desired, observed, record);
        }
        if made.blockers.is_empty() { Ok((desired, made)) } else { Err(explain_blockers(&made.blockers, &desired)) }
    }

    fn dry_run(&self) -> End {
        End::DryRun(if self.args.exit_code { PendingExit::Four } else { PendingExit::Zero })
    }

    /// Records the end where the run before was cut off after its last step, so that all is done but for that.
    fn record_finished(&self, locked: Locked<'_>, gathered: &Gathered, record: &Record) -> Result<(), Failure> {
        if record.is_empty() || record.finished_at.is_some() {
            return Ok(());
        }
        let mut journal = self.journal(locked, gathered)?;
        journal.append(RunEntry::Finished).map_err(|error| diagnostics::journal(&error))
    }

    fn approve(&self, interview: &Interview<'_>, desired: &Desired, plan: &Plan) -> Result<(), Failure> {
        let mut page = Text::new();
        page.heading(format!("Plan for {}", desired.instance));
        plan_lines(plan, &mut page);
        page.gap();
        self.context.terminal.say(&page);
        match interview.approve(&keys::YES)? {
            Approval::Given => Ok(()),
            Approval::Refused => Err(Failure::problem("the plan was not approved; nothing was changed")
                .fix(Fix::rerun("show the plan again, and change nothing", "--dry-run"))),
        }
    }

    fn journal(&self, locked: Locked<'_>, gathered: &Gathered) -> Result<Journal, Failure> {
        let Locked { connection, lock } = locked;
        let audit = self.settings.get(&keys::AUDIT_LOG)?.map(|found| found.value);
        let mut journal = connection
            .journal(lock, audit.as_deref(), self.context.env.clock)
            .map_err(|error| diagnostics::journal(&error))?;
        let began = local_state::began(&gathered.desired, gathered.kit_place.clone());
        journal.append(began).map_err(|error| diagnostics::journal(&error))?;
        Ok(journal)
    }

    /// Carries the plan out. Interrupted, the work is dropped at once, and what was done is reported.
    async fn apply(&self, apply: &Apply<'_>, plan: &Plan) -> Outcome {
        let watch = progress::Working::new(self.context.terminal, plan.steps.len());
        let mut applied = Applied::new(plan);
        let ended = self.context.interrupt.or(apply.run(&watch, &mut applied)).await;
        drop(watch);
        let explain = |error: &Error| diagnostics::apply(error, apply);
        let mut outcome = Outcome::new(applied, explain);
        outcome.interrupted = ended.is_err();
        outcome
    }

    fn report(&self, gathered: &Gathered, plan: Plan, end: End) -> ConnectReport {
        let spent = gathered.look.http.stats();
        let took = self.context.env.clock.instant().duration_since(self.began);
        ConnectReport {
            running: self.context.terminal.running(),
            instance: gathered.desired.instance.clone(),
            plan,
            end,
            unread: gathered.unread.clone(),
            requests: spent.requests,
            writes: spent.writes,
            duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        }
    }
}
