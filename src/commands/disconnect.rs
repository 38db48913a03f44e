//! `disconnect`: removes what `connect` made, in the order in which nothing is left dangling.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::run::{Planned, Ran, run};
use super::session::{Access, Session};
use super::{Context, cloud, local_state, output, preconditions};
use crate::advice::explain_blockers;
use crate::cli::after_help::{Ending, after_help, common, own};
use crate::credential_store::CredentialStoreError;
use crate::error::{ExitCode, Failure};
use crate::observed::{Read, Reads};
use crate::plan::{self, Disconnection, EndScope, KeyringEntry, TellFactory};
use crate::report::run::{Job, PendingExit, Purpose};
use crate::secret::{OAuthSecret, Pat};
use crate::text::shell_word;

const LONG: &str = "\
Removes what connect made: Factory is told first, then webhooks, the OAuth application, the token made for Factory, and \
this machine's records go.

Only what this tool made is removed: webhooks that bear this organization's mark, on whichever machine they were \
registered, and the application and tokens that the record on this machine names. Everything else is named and stays. \
Each removal is proven by reading again; what could not be removed is listed, and the same command finishes the rest.";

const ENDINGS: &[Ending] = &[
    own(ExitCode::Done, "disconnected, or nothing was connected"),
    own(ExitCode::Problem, "something of the connection is left, and is listed"),
    common(ExitCode::Usage),
    own(ExitCode::Unknown, "could not find out, or Factory could not be told and nothing was removed"),
    common(ExitCode::Pending),
    common(ExitCode::Interrupted),
];

const EXAMPLES: &[&str] = &[
    "factory-gitlab disconnect --dry-run",
    "factory-gitlab disconnect --evidence removed.json",
    "factory-gitlab disconnect --no-input --yes --config acme.toml -o json",
];

/// Remove what connect made, and prove that it is gone
#[derive(Args, Debug)]
#[command(long_about = LONG, after_long_help = after_help(ENDINGS, EXAMPLES))]
pub struct DisconnectArgs {
    /// Remove the webhooks alone; Factory is not told
    #[arg(long, conflicts_with_all = ["keep_application", "named_application", "without_factory"])]
    pub hooks_only: bool,

    /// Leave the OAuth application
    #[arg(long, conflicts_with = "named_application")]
    pub keep_application: bool,

    /// Remove this application too, although it was not created by this tool
    // Not the setting of that name: what a variable or the answers file names for other commands is not to be deleted.
    #[arg(long = "application-id", value_name = "ID")]
    pub named_application: Option<String>,

    /// Remove the connection although Factory is not told
    #[arg(long)]
    pub without_factory: bool,

    /// Write what was done, when and by whom to this file, as JSON
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath, conflicts_with = "dry_run")]
    pub evidence: Option<PathBuf>,

    /// Show the plan and change nothing
    #[arg(long)]
    pub dry_run: bool,

    /// With --dry-run: exit with 4 when changes are pending
    #[arg(long, requires = "dry_run")]
    pub exit_code: bool,
}

impl DisconnectArgs {
    /// The flags that decide what is removed: a command that runs this one again has them too.
    pub(super) fn kept_flags(&self) -> Vec<String> {
        let switches = [
            (self.hooks_only, "--hooks-only"),
            (self.keep_application, "--keep-application"),
            (self.without_factory, "--without-factory"),
        ];
        let set = switches.iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| (*flag).to_owned());
        let named = self.named_application.as_ref().map(|id| format!("--application-id {}", shell_word(id.trim())));
        set.chain(named).collect()
    }
}

/// What a plan is made from.
const READS: [Read; 9] = [
    Read::Network,
    Read::Metadata,
    Read::Token,
    Read::HandedOver,
    Read::NamedTokens,
    Read::User,
    Read::Applications,
    Read::EveryHook,
    Read::Factory,
];

pub(super) async fn disconnect(args: DisconnectArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    if cloud::is_chosen(context)? {
        return Box::pin(cloud::disconnect(args, context)).await;
    }
    let interrupt = context.interrupt;
    // Before anything is removed that there would be no evidence of.
    if let Some(path) = &args.evidence {
        output::require_writable(path)?;
        output::require_new(path, "--evidence")?;
    }
    let access = if args.dry_run { Access::RemoveDryRun } else { Access::Remove };
    let session = interrupt.or(Session::open(context, access)).await??;
    let reads = READS.into_iter().filter(|read| !args.hooks_only || *read != Read::NamedTokens);
    let observed = interrupt.or(session.observe(&reads.collect::<Reads>())).await?;
    preconditions::require_seen(&session.desired, &observed)?;
    let mut unread = preconditions::unread_besides_unseen(&session.desired, &observed);
    unread.extend(preconditions::unread_tokens(&session.desired, &observed));
    let wanted = interrupt.or(wanted(&args, &session)).await??;
    let plan = plan::disconnect(&wanted, &session.desired, &observed, &session.record);
    if !plan.blockers.is_empty() {
        return Err(explain_blockers(&plan.blockers, &session.desired));
    }
    let planned = Planned { plan, observed, unread, evidence: args.evidence.clone() };
    match run(&session, job(&args), planned).await? {
        Ran::Ended(code) => Ok(code),
        // There is no answer to change: the plan is approved by a name.
        Ran::ChangeAsked => Ok(ExitCode::Problem),
    }
}

fn job(args: &DisconnectArgs) -> Job {
    Job {
        schema: "factory-gitlab/disconnect/v1",
        achieved: if args.hooks_only { "without webhooks" } else { "disconnected" },
        standing: if args.hooks_only { "has no webhooks of this connection" } else { "is not connected" },
        progress: "disconnecting",
        purpose: if args.hooks_only { Purpose::RemoveWebhooks } else { Purpose::EndConnection },
        pending: if args.exit_code { PendingExit::Four } else { PendingExit::Zero },
    }
}

async fn wanted(args: &DisconnectArgs, session: &Session<'_>) -> Result<Disconnection, Failure> {
    Ok(Disconnection {
        scope: match (args.hooks_only, args.keep_application) {
            (true, _) => EndScope::HooksOnly,
            (false, true) => EndScope::KeepApplication,
            (false, false) => EndScope::Everything,
        },
        application_id: args.named_application.as_ref().map(|id| id.trim().to_owned()),
        factory: if args.without_factory { TellFactory::No } else { TellFactory::First },
        keyring: keyring_entry(session).await?,
    })
}

/// Whether this system's keyring has something for the instance. Most machines have no keyring.
async fn keyring_entry(session: &Session<'_>) -> Result<KeyringEntry, Failure> {
    let store = local_state::credential_store(session.context, session.interview.settings())?;
    let instance = &session.desired.instance;
    let token = store.get::<Pat>(instance).await.map(|found| found.is_some());
    let has_entry = match token {
        Ok(false) => store.get::<OAuthSecret>(instance).await.map(|found| found.is_some()),
        found => found,
    };
    Ok(match has_entry {
        Ok(true) | Err(CredentialStoreError::Malformed(_)) => KeyringEntry::Present,
        Ok(false) | Err(CredentialStoreError::Disabled | CredentialStoreError::Unavailable(_)) => KeyringEntry::Absent,
        Err(CredentialStoreError::TimedOut(_) | CredentialStoreError::Locked | CredentialStoreError::Refused(_)) => {
            KeyringEntry::Unknown
        }
    })
}
