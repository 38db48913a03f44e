//! `connect --cloud`: has a user authorize Factory, and says what Factory may work on.

use super::super::session::Access;
use super::super::{Context, diagnostics};
use super::approve::Stage;
use super::authorize::{Authorized, AuthorizedBy, authorize, give_up};
use super::prove::Prover;
use super::select::{Settled, Settling, settle};
use super::steps::{Outcome, Steps, place_of_proof};
use super::{CloudRun, explain, report};
use crate::apply::{CloudApply, StepEnd, kit_accepted};
use crate::cloud::{CloudSelection, PlaceKind};
use crate::env::Reach;
use crate::error::{ExitCode, Failure, FailureKind, Fix};
use crate::journal::{Journal, RunEntry};
use crate::observed::CloudSeen;
use crate::plan::{self, CloudAuthorization, CloudChoice, CloudPlan, CloudStep, OwnCloudStep};
use crate::report::cloud::CloudEnd;
use crate::report::run::PendingExit;
use crate::secret::Bearer;
use crate::settings::keys;

/// What `connect` was asked for beside the settings.
#[derive(Clone, Copy, Debug)]
pub(in crate::commands) struct CloudConnect {
    pub access: Access,
    pub pending: PendingExit,
}

/// Resolve, observe, plan, apply, report; the plan is made a second time when it is known who authorized.
pub(in crate::commands) async fn connect(asked: CloudConnect, context: &Context<'_>) -> Result<ExitCode, Failure> {
    let interrupt = context.interrupt;
    let mut run = interrupt.or(Box::pin(CloudRun::open(context, asked.access))).await??;
    let prover = interrupt.or(Box::pin(Prover::open(&run))).await??;
    let state = interrupt.or(State::read(&run)).await??;
    let opening = state.plan(&run);
    if state.choice == CloudChoice::Open && !run.interview.prompter().can_ask() {
        return Err(nothing_selected());
    }
    state.require_proof_inside(&run)?;
    if run.lock().is_none() {
        return report::standing(&run, &state.seen, CloudEnd::DryRun(asked.pending), opening);
    }
    if opening.is_empty() {
        return report::standing(&run, &state.seen, CloudEnd::NothingToDo, opening);
    }
    let is_known = run.record.kit_pin.is_some() && opening.changed_kit().is_none();
    let opens = opening.writes() && (!is_known || opening.authorizes());
    if opens {
        interrupt.or(run.require_factory_key()).await??;
        run.approve(&opening, Stage::Opening)?.require()?;
    }
    let journal = run.begin(&opening)?;
    let apply = CloudApply {
        desired: &run.desired,
        factory: &run.factory,
        connection: &run.connection,
        journal: journal.into(),
        clock: context.env.clock,
    };
    let walk = Walk { run: &run, apply: &apply, opening: &opening, was_approved: opens, prover: prover.as_ref() };
    Box::pin(walk.carry_out()).await
}

/// Nothing was named, and Factory has nothing.
pub(super) fn nothing_selected() -> Failure {
    Failure::usage("nothing is selected, and there is no terminal to choose on")
        .fix(Fix::rerun("name what Factory may work on", "--group PATH"))
        .fix(Fix::rerun("or a single project", "--project PATH"))
        .fix(Fix::rerun("or everything that the account reaches", "--all"))
}

/// What Factory says, and what follows from it.
struct State {
    seen: CloudSeen,
    authorization: CloudAuthorization,
    choice: CloudChoice,
}

impl State {
    async fn read(run: &CloudRun<'_>) -> Result<Self, Failure> {
        let seen = run.observe().await;
        for (error, what) in [
            (seen.status.error(), "Factory's status could not be read"),
            (seen.selection.error(), "Factory's selection could not be read"),
        ] {
            if let Some(error) = error {
                return Err(diagnostics::factory(error, what));
            }
        }
        let authorization = CloudAuthorization::of(&run.desired, &seen, &run.record);
        let choice = match CloudChoice::of(&run.desired, &seen, &run.record) {
            CloudChoice::Open if run.is_scripted_rehearsal() => {
                CloudChoice::New(CloudSelection { all: true, ..CloudSelection::default() })
            }
            choice => choice,
        };
        Ok(Self { seen, authorization, choice })
    }

    /// A proof in a project that Factory does not work on could only fail. Whose the personal namespace is, is not known yet.
    fn require_proof_inside(&self, run: &CloudRun<'_>) -> Result<(), Failure> {
        let (CloudChoice::Stands(selection) | CloudChoice::New(selection)) = &self.choice else { return Ok(()) };
        let Some(project) = &run.desired.proof else { return Ok(()) };
        if selection.personal_namespace || selection.covers(PlaceKind::Project, project) {
            return Ok(());
        }
        let failure =
            Failure::usage(format!("--prove {project} is not in the selection, so Factory does not answer there"));
        let failure =
            selection.parts().into_iter().fold(failure, |failure, part| failure.because(format!("selected: {part}")));
        Err(failure.fix(Fix::say("name a project that is selected, or select this one too")))
    }

    fn plan(&self, run: &CloudRun<'_>) -> CloudPlan {
        let plan = plan::cloud(&run.desired, &self.seen, self.authorization, &self.choice);
        plan.with_kit(&run.desired.trust, &run.record).with_leftovers(&run.record)
    }
}

impl CloudRun<'_> {
    /// A rehearsal without anybody to ask selects everything: there is nothing real to select too much of.
    fn is_scripted_rehearsal(&self) -> bool {
        self.context.env.reach != Reach::Anywhere && !self.interview.prompter().can_ask()
    }

    /// The key of Factory's API is asked for before anything begins.
    pub(super) async fn require_factory_key(&self) -> Result<(), Failure> {
        if !self.factory.has_key() {
            self.factory.set_key(self.interview.secret::<Bearer>(&keys::FACTORY_KEY).await?.value);
        }
        Ok(())
    }

    /// The kit of an approved plan is recorded, and its addresses get the key from now on.
    fn begin(&mut self, opening: &CloudPlan) -> Result<Journal, Failure> {
        let mut journal = self.journal()?;
        if opening.writes() {
            if self.record.kit_pin.is_none() || opening.changed_kit().is_some() {
                let accepted = kit_accepted(&self.desired.trust);
                journal.append(accepted).map_err(|error| diagnostics::journal(&error))?;
            }
            self.trust_kit();
        }
        self.reread_record()?;
        Ok(journal)
    }
}

/// A run after its beginning was approved.
struct Walk<'w, 'a> {
    run: &'w CloudRun<'a>,
    apply: &'w CloudApply<'w>,
    opening: &'w CloudPlan,
    /// Whether a plan was approved already.
    was_approved: bool,
    prover: Option<&'w Prover>,
}

/// What is to be done, when all of it is known.
struct Settlement {
    plan: CloudPlan,
    settled: Settled,
}

impl Walk<'_, '_> {
    async fn carry_out(&self) -> Result<ExitCode, Failure> {
        let (run, interrupt) = (self.run, self.run.context.interrupt);
        let mut state = interrupt.or(State::read(run)).await??;
        let authorized = match state.authorization {
            CloudAuthorization::Needed => {
                let authorized = authorize(run, self.apply).await?;
                state.authorization = CloudAuthorization::Fresh;
                authorized
            }
            CloudAuthorization::Waiting | CloudAuthorization::Given | CloudAuthorization::Fresh => {
                Authorized::earlier(&run.record, state.authorization)
            }
        };
        match self.settle(&mut state, &authorized).await {
            Ok(settlement) => self.finish(settlement, authorized, state.seen).await,
            Err(failure) => {
                // A session that was authorized is good for another selection; a grant would be left behind.
                let is_grant = matches!(authorized.by, AuthorizedBy::Grant(_));
                if is_grant || failure.kind == FailureKind::Interrupted {
                    give_up(run, self.apply, &authorized).await?;
                }
                Err(failure)
            }
        }
    }

    /// Looks up what is selected, and has all of it approved.
    async fn settle(&self, state: &mut State, authorized: &Authorized) -> Result<Settlement, Failure> {
        let run = self.run;
        let is_fresh = state.authorization == CloudAuthorization::Fresh;
        let settled = match &state.choice {
            CloudChoice::Stands(selection) if !is_fresh => Settled::standing(selection),
            choice => {
                run.context
                    .interrupt
                    .or(Box::pin(settle(Settling { run, apply: self.apply, authorized }, choice)))
                    .await??
            }
        };
        if !matches!(state.choice, CloudChoice::Stands(_)) {
            state.choice = CloudChoice::New(settled.selection.clone());
        }
        let plan = state.plan(run);
        if plan.writes() && (is_fresh || !self.was_approved) {
            let approval =
                run.approve(&plan, Stage::Settled { authorized, settled: &settled, opening: self.opening })?;
            if let Err(failure) = approval.require() {
                give_up(run, self.apply, authorized).await?;
                let stays = is_fresh.then(|| explain::consent_stays(run, &authorized.account));
                return Err(failure.fixes(stays));
            }
        }
        Ok(Settlement { plan, settled })
    }

    async fn finish(
        &self,
        settlement: Settlement,
        authorized: Authorized,
        seen: CloudSeen,
    ) -> Result<ExitCode, Failure> {
        let (run, apply) = (self.run, self.apply);
        let Settlement { plan: CloudPlan { steps: planned, notes }, settled } = settlement;
        let mut steps: Vec<CloudStep> = self.opening.steps.iter().filter(|step| is_begun(step)).cloned().collect();
        let begun = steps.len();
        steps.extend(planned.into_iter().filter(|step| !is_begun(step)));
        let mut outcome = Outcome::new(steps.len(), begun);
        let carrying = Steps { run, apply, settled: &settled, authorized: &authorized };
        let applied = run.context.interrupt.or(Box::pin(carrying.carry_out(&steps, &mut outcome))).await;
        let (mut interrupted, mut failure) = match applied {
            Ok(done) => (false, done.err()),
            Err(_) => (true, None),
        };
        if let (Some(prover), Some(place), None, false) = (self.prover, place_of_proof(&steps), &failure, interrupted) {
            let proven = Box::pin(prover.prove(run)).await?;
            let is_done = proven.proof.is_some() && proven.failure.is_none();
            outcome.ends[place] = if is_done { StepEnd::Done } else { StepEnd::Failed };
            (outcome.proof, failure, interrupted) = (proven.proof, proven.failure, proven.interrupted);
        }
        if !interrupted && failure.is_none() {
            apply.record(RunEntry::Finished).map_err(|error| diagnostics::journal(&error))?;
        } else if !outcome.is_sealed && matches!(authorized.by, AuthorizedBy::Grant(_)) {
            // One that was not sealed has no owner.
            give_up(run, apply, &authorized).await?;
        }
        let Outcome { ends, status, receipt, proof, is_sealed: _ } = outcome;
        let status = status.or_else(|| seen.status.known().cloned());
        let plan = CloudPlan { steps, notes };
        let end = CloudEnd::Applied { ends, failure, interrupted };
        report::applied(run, report::AppliedRun { plan, end, authorized, settled, status, receipt, proof })
    }
}

/// Whether the step is done before the plan is made again.
const fn is_begun(step: &CloudStep) -> bool {
    matches!(step, CloudStep::Kit(_) | CloudStep::Own(OwnCloudStep::Authorize { .. }))
}
