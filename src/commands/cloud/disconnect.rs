//! `disconnect --cloud`: Factory is told, and forgets its tokens; only the user can withdraw consent at GitLab.

use super::super::approval::not_approved;
use super::super::disconnect::DisconnectArgs;
use super::super::session::Access;
use super::super::{Context, diagnostics, output};
use super::approve::Consent;
use super::{AUTHORIZED_APPLICATIONS, CloudRun};
use crate::apply::{CloudError, StepEnd, kit_accepted};
use crate::desired::DesiredCloud;
use crate::error::{ExitCode, Failure, FailureKind, Fix};
use crate::factory::FactoryState;
use crate::journal::{DisconnectEntry, Entry};
use crate::observed::CloudSeen;
use crate::plan::{FactoryStep, LocalStep, Plan, Step, kit_of_ending, left_by_proof};
use crate::report::run::{
    Actor, End, Evidence, Job, Outcome, PendingExit, Purpose, RunReport, plan_lines, remainder_lines,
};
use crate::report::{self, FailureGroup, Format, RunInfo};
use crate::settings::keys;
use crate::terminal::prompt::PlanAnswer;
use crate::text::{Text, milliseconds};

/// Resolve, observe, plan, apply, report.
pub(in crate::commands) async fn disconnect(args: DisconnectArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    require_own_flags(&args)?;
    if let Some(path) = &args.evidence {
        output::require_writable(path)?;
        output::require_new(path, "--evidence")?;
    }
    let interrupt = context.interrupt;
    let access = if args.dry_run { Access::RemoveDryRun } else { Access::Remove };
    let run = interrupt.or(Box::pin(CloudRun::open(context, access))).await??;
    let seen = interrupt.or(run.observe()).await?;
    let removal = Removal { run: &run, args: &args };
    let plan = removal.plan(&seen)?;
    let end = if args.dry_run {
        End::DryRun
    } else if plan.is_empty() {
        End::NothingToDo
    } else {
        removal.approve(&plan).await?;
        if args.evidence.is_some() {
            run.http.trail().start();
        }
        removal.carry_out(&plan).await?
    };
    removal.report(plan, end)
}

/// There are no webhooks of ours and no application to keep.
fn require_own_flags(args: &DisconnectArgs) -> Result<(), Failure> {
    let flags = [
        (args.hooks_only, "--hooks-only"),
        (args.keep_application, "--keep-application"),
        (args.named_application.is_some(), "--application-id"),
    ];
    match flags.iter().find(|(is_given, _)| *is_given) {
        Some((_, flag)) => Err(Failure::usage(format!("{flag} does not go with --cloud"))
            .because("on GitLab.com Factory has its own application and webhooks")
            .fix(Fix::say(format!("leave {flag} out")))),
        None => Ok(()),
    }
}

struct Removal<'r, 'a> {
    run: &'r CloudRun<'a>,
    args: &'r DisconnectArgs,
}

impl Removal<'_, '_> {
    fn job(&self) -> Job {
        Job {
            schema: "factory-gitlab/disconnect/v1",
            achieved: "disconnected",
            standing: "is not connected",
            progress: "disconnecting",
            purpose: Purpose::EndConnection,
            pending: if self.args.exit_code { PendingExit::Four } else { PendingExit::Zero },
        }
    }

    fn plan(&self, seen: &CloudSeen) -> Result<Plan, Failure> {
        let DesiredCloud { kit, instance, .. } = &self.run.desired;
        let record = &self.run.record;
        let mut plan = Plan::default();
        let is_pending = seen.status.known().is_some_and(|status| status.state == FactoryState::Pending);
        let is_recorded = record.cloud.is_some() && record.factory_told_at.is_none();
        // What cannot be found out counts as connected: Factory answers 404 where it is not.
        let may_be_connected = !is_pending || is_recorded || seen.selected().is_some();
        let is_known = record.disconnected_at.is_none() || !is_pending;
        if may_be_connected && is_known {
            match (self.args.without_factory, &kit.disconnect_url) {
                (true, _) => {
                    let text =
                        "tell Factory that the connection has ended: with --without-factory this program did not";
                    plan.manual_steps.push(Fix::say(text));
                }
                (false, None) => {
                    return Err(Failure::problem("the kit has no disconnect_url, so Factory cannot be told")
                        .fix(super::ask_for_kit())
                        .fix(Fix::rerun("or tell Factory yourself, and remove the rest", "--without-factory")));
                }
                (false, Some(url)) => plan.steps.push(Step::Factory(FactoryStep::Disconnect {
                    url: Box::new(url.clone()),
                    instance: instance.clone(),
                })),
            }
        }
        if !record.is_empty() {
            plan.steps.push(Step::Local(LocalStep::DeleteRecords { instance: instance.clone() }));
            plan.warnings.extend(
                left_by_proof(record, ", which is forgotten with the record").map(|left| format!("{left} before")),
            );
        }
        if !plan.steps.is_empty() || !plan.manual_steps.is_empty() {
            let page = instance.page(AUTHORIZED_APPLICATIONS);
            let who = record.cloud.as_deref().and_then(|cloud| cloud.account.as_ref());
            let who = who.map_or_else(|| "the user who authorized Factory".to_owned(), ToString::to_string);
            let text = format!("as {who}, withdraw the consent under Authorized applications: no API can do that");
            plan.manual_steps.push(Fix::open(text, page));
        }
        kit_of_ending(&self.run.desired.trust, record, &mut plan);
        Ok(plan)
    }

    /// What is removed cannot be brought back: the person types the host's name.
    async fn approve(&self, plan: &Plan) -> Result<(), Failure> {
        let Self { run, .. } = self;
        let tells = plan.steps.iter().any(|step| matches!(step, Step::Factory(_)));
        if tells {
            run.require_factory_key().await?;
        }
        let mut text = Text::new();
        text.heading(format!("Plan for {}, kit {}", run.instance(), run.desired.trust.fingerprint()));
        plan_lines(plan, &mut text);
        text.gap();
        let consent = run.consent(plan.steps.iter().find_map(Step::as_kit))?;
        if matches!(consent, Consent::Given) {
            run.context.terminal.say(&text);
        } else {
            remainder_lines(plan, &run.context.terminal.running(), &mut text);
            text.gap();
            run.context.terminal.show(&text);
            consent.require_person(run)?;
            let name = run.instance().url().host_str().unwrap_or_default();
            if run.interview.confirm_name(&keys::YES, name)? != PlanAnswer::Apply {
                return Err(not_approved("nothing was changed"));
            }
        }
        run.trust_kit();
        Ok(())
    }

    async fn carry_out(&self, plan: &Plan) -> Result<End, Failure> {
        let carrying = self.steps(plan);
        let mut ends = vec![StepEnd::NotReached; plan.steps.len()];
        let done = self.run.context.interrupt.or(Box::pin(carrying)).await;
        let (interrupted, stopped) = match done {
            Err(_) => (true, None),
            Ok((reached, failure)) => {
                ends.iter_mut().take(reached).for_each(|end| *end = StepEnd::Done);
                if failure.is_some() {
                    ends[reached] = StepEnd::Failed;
                }
                (false, failure.map(|failure| FailureGroup { failure, of: vec![reached] }))
            }
        };
        Ok(End::Applied(Box::new(Outcome {
            ends,
            failed: Vec::new(),
            stopped,
            proofs: Vec::new(),
            unproven: Vec::new(),
            receipt: None,
            unsigned_hooks: 0,
            untested: Vec::new(),
            interrupted,
        })))
    }

    /// How many steps are done, and why the next one is not.
    async fn steps(&self, plan: &Plan) -> (usize, Option<Failure>) {
        for (place, step) in plan.steps.iter().enumerate() {
            let done = match step {
                Step::Kit(_) => self.accept_kit(),
                Step::Factory(FactoryStep::Disconnect { .. }) => self.tell_factory().await,
                _ => self.bury(),
            };
            if let Err(failure) = done {
                return (place, Some(failure));
            }
        }
        (plan.steps.len(), None)
    }

    fn accept_kit(&self) -> Result<(), Failure> {
        let accepted = kit_accepted(&self.run.desired.trust);
        self.run.open_journal()?.append(accepted).map_err(|error| diagnostics::journal(&error))
    }

    async fn tell_factory(&self) -> Result<(), Failure> {
        let run = self.run;
        let DesiredCloud { kit, instance, .. } = &run.desired;
        let Some(url) = &kit.disconnect_url else { return Ok(()) };
        let mut journal = run.open_journal()?;
        let mut record = |entry: DisconnectEntry| journal.append(entry).map_err(|error| diagnostics::journal(&error));
        record(DisconnectEntry::Begin { keeps_application: None })?;
        record(DisconnectEntry::TellFactory)?;
        let told = run.factory.disconnect(url, instance).await;
        told.map_err(|error| {
            let failure = diagnostics::factory(&error, "Factory could not be told that the connection ends");
            Failure { kind: FailureKind::Unknown, ..failure }
        })?;
        if let Some(status_url) = &kit.status_url {
            let status = run.factory.status(status_url).await;
            if status.is_ok_and(|status| status.state == FactoryState::Connected) {
                return Err(super::explain::step(&CloudError::StillConnected));
            }
        }
        record(DisconnectEntry::FactoryTold)
    }

    fn bury(&self) -> Result<(), Failure> {
        let run = self.run;
        let DesiredCloud { trust, instance, kit, .. } = &run.desired;
        let Some(lock) = run.lock() else { return Ok(()) };
        let end = DisconnectEntry::Disconnected {
            instance: instance.to_string(),
            organization: kit.organization.id.clone(),
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            kit: run.kit_place.path().map(str::to_owned),
            application_id: None,
        };
        let mut journal = run.open_journal()?;
        let failed = |error| diagnostics::journal(&error);
        journal.append(end.clone()).map_err(failed)?;
        let lines: Vec<Entry> = vec![kit_accepted(trust).into(), end.into()];
        run.connection.bury(lock, lines, run.context.env.clock).map_err(failed)
    }

    fn report(&self, plan: Plan, end: End) -> Result<ExitCode, Failure> {
        let run = self.run;
        let stats = run.http.stats();
        let report = RunReport {
            job: self.job(),
            running: run.context.terminal.running(),
            instance: run.instance().clone(),
            kit: run.desired.trust.fingerprint(),
            has_upload_address: true,
            observed_at: run.context.env.clock.now(),
            plan,
            end,
            unread: Vec::new(),
            checks: None,
            has_evidence: self.args.evidence.is_some(),
            requests: stats.requests,
            writes: stats.writes,
            duration_ms: milliseconds(run.duration()),
        };
        let written = match &self.args.evidence {
            Some(path) if matches!(report.end, End::Applied(_)) => {
                let evidence = Evidence {
                    report: &report,
                    organization: &run.desired.kit.organization.id,
                    actor: Actor { username: None, user_id: None, token_id: None, token_name: None },
                    ended_at: run.context.env.clock.now(),
                    requests: run.http.trail().sent(),
                };
                let rendered = report::render(&evidence, Format::Json, &RunInfo::default())?;
                output::write_file(path, |file| rendered.write_to(file))
            }
            Some(_) | None => Ok(()),
        };
        let code = run.context.finish(&report)?;
        written.map(|()| code)
    }
}
