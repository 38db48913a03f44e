//! `connect`: brings an instance to the connected state, in the order in which an admin would describe it.

mod application;
mod choices;
mod unfinished;

use clap::Args;

use super::Context;
use super::cloud::{self, CloudConnect};
use super::output;
use super::preconditions;
use super::run::{Planned, Ran, run};
use super::session::{Access, Session};
use crate::advice::explain_blockers;
use crate::cli::after_help::{Ending, after_help, common, own};
use crate::desired::Prune;
use crate::error::{ExitCode, Failure};
use crate::gitlab::Task;
use crate::observed::{Observed, Read, Reads};
use crate::plan::{self, Blocker, Plan};
use crate::report::run::{Job, PendingExit, Purpose};
use crate::settings::keys;

const LONG: &str = "\
Brings a GitLab instance to the connected state: OAuth application, token, scopes, webhooks, sealed bundle, upload.

It is safe to run again: only differences are changed, and a second run on a connected instance writes nothing. What is \
not given by a flag, a variable or the answers file is asked for.";

const ENDINGS: &[Ending] = &[
    own(ExitCode::Done, "connected, or nothing to do"),
    common(ExitCode::Problem),
    common(ExitCode::Usage),
    common(ExitCode::Unknown),
    common(ExitCode::Pending),
    common(ExitCode::Interrupted),
];

const EXAMPLES: &[&str] = &[
    "factory-gitlab connect",
    "factory-gitlab connect --kit kit.json --gitlab-url https://gitlab.acme.com --token-file token --dry-run",
    "factory-gitlab connect --no-input --config acme.toml --yes -o json",
    "factory-gitlab connect --cloud --group platform --future",
];

/// Bring an instance to the connected state
#[derive(Args, Debug)]
#[command(long_about = LONG, after_long_help = after_help(ENDINGS, EXAMPLES))]
pub struct ConnectArgs {
    /// Show the plan and change nothing
    #[arg(long)]
    pub dry_run: bool,

    /// With --dry-run: exit with 4 when changes are pending
    #[arg(long, requires = "dry_run")]
    pub exit_code: bool,
}

/// What a plan is made from.
const READS: [Read; 11] = [
    Read::Network,
    Read::Metadata,
    Read::Token,
    Read::HandedOver,
    Read::User,
    Read::License,
    Read::Applications,
    Read::ScopesSupported,
    Read::ApplicationSecret,
    Read::Hooks,
    Read::Factory,
];

/// Goes on from a run that did not reach its end, and leaves as much to the next one.
pub(super) async fn connect(args: ConnectArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    if cloud::is_chosen(context)? {
        let asked = CloudConnect { access: access(&args), pending: pending(&args) };
        return cloud::connect(asked, context).await;
    }
    unfinished::restore(context);
    let access = access(&args);
    let ended = Box::pin(run_steps(args, context)).await;
    // A dry run leaves the answers as they are.
    if access == Access::DryRun { ended } else { unfinished::end(context, ended) }
}

/// Resolve, observe, plan, apply, report.
async fn run_steps(args: ConnectArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    let interrupt = context.interrupt;

    // Resolve: kit, URL, token, application; each answer is checked where it is given, and can be changed.
    require_bundle_out(context)?;
    let session = interrupt.or(Session::open(context, access(&args))).await??;
    let mut session = interrupt.or(Box::pin(choices::settle(session))).await??;
    loop {
        // Observe: the current state of both sides.
        let observed = interrupt.or(session.observe(&Reads::from_iter(READS))).await?;
        if let Err(failure) = preconditions::require_observed(&session.desired, &observed, Task::Connect) {
            session = interrupt.or(Box::pin(choices::recover(session, failure))).await??;
            continue;
        }
        let unread = preconditions::unread(&session.desired, &observed);

        // Plan: the difference between the two.
        let plan = interrupt.or(plan(&mut session, &observed)).await??;
        if let Err(failure) = require_possible(&plan, &session, &observed) {
            session = interrupt.or(Box::pin(choices::recover(session, failure))).await??;
            continue;
        }

        // Apply and report: nothing is written before the plan is approved.
        match run(&session, job(&args), Planned { plan, observed, unread, evidence: None }).await? {
            Ran::Ended(code) => return Ok(code),
            Ran::ChangeAsked => session = interrupt.or(Box::pin(choices::change(session))).await??,
        }
    }
}

/// Refuses a plan that cannot be carried out to its end.
fn require_possible(plan: &Plan, session: &Session<'_>, observed: &Observed) -> Result<(), Failure> {
    if !plan.blockers.is_empty() {
        return Err(explain_blockers(&plan.blockers, &session.desired));
    }
    preconditions::require_trusted_factory(plan, observed)
}

/// The file of `--bundle-out` must be writable before there is anything to write.
pub(super) fn require_bundle_out(context: &Context<'_>) -> Result<(), Failure> {
    let path = context.settings.get(&keys::BUNDLE_OUT)?;
    path.map_or(Ok(()), |path| output::require_writable(&path.value))
}

fn access(args: &ConnectArgs) -> Access {
    if args.dry_run { Access::DryRun } else { Access::Write }
}

fn job(args: &ConnectArgs) -> Job {
    Job {
        schema: "factory-gitlab/connect/v1",
        achieved: "connected",
        standing: "is already connected",
        progress: "connecting",
        purpose: Purpose::Connect,
        pending: pending(args),
    }
}

fn pending(args: &ConnectArgs) -> PendingExit {
    if args.exit_code { PendingExit::Four } else { PendingExit::Zero }
}

/// The plan. Where only one decision is missing, the user is asked for it and the plan is made again.
async fn plan(session: &mut Session<'_>, observed: &Observed) -> Result<Plan, Failure> {
    let mut plan = plan::connect(&session.desired, observed, &session.record);
    if let [Blocker::NeedsSecret { application, factory: _ }] = plan.blockers.as_slice()
        && session.interview.prompter().can_ask()
    {
        let decided = application::decide(session, application).await?;
        let stopped = || explain_blockers(&plan.blockers, &session.desired);
        session.desired.application.origin = decided.ok_or_else(stopped)?;
        plan = plan::connect(&session.desired, observed, &session.record);
    }
    if let Some(hooks) = observed.hooks.known()
        && plan.blockers.is_empty()
        && plan::has_webhooks_outside(&session.desired, hooks)
        && session.interview.prompter().can_ask()
        && !session.interview.settings().is_enabled(&keys::YES)
        && session.interview.confirm(&keys::PRUNE)?
    {
        session.desired.webhooks.prune = Prune::Outside;
        plan = plan::connect(&session.desired, observed, &session.record);
    }
    Ok(plan)
}
