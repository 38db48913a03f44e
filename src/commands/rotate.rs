//! `rotate`: renews a secret of the connection, new first, and proves the new one before the old one ends.

use clap::{Args, Subcommand};
use jiff::{SignedDuration, Span, SpanRelativeTo};

use super::run::{Planned, Ran, run};
use super::session::{Access, Session};
use super::{Context, connect, preconditions};
use crate::advice::explain_blockers;
use crate::cli::after_help::{Ending, after_help, common, own};
use crate::error::{ExitCode, Failure};
use crate::journal::Rotation;
use crate::observed::{Read, Reads};
use crate::plan::{self, Limit, Limits, Plan, RotationWish};
use crate::report::run::{Job, PendingExit, Purpose};

const LONG: &str = "\
Renews a secret of the connection: new first, proven and handed over, and only then the old one ends.

The plan says what is interrupted and for how long. Afterwards the checks that concern the secret run by themselves. A run \
that was interrupted is finished by the same command.";

const ENDINGS: &[Ending] = &[
    own(ExitCode::Done, "renewed, or not due"),
    common(ExitCode::Problem),
    common(ExitCode::Usage),
    common(ExitCode::Unknown),
    common(ExitCode::Pending),
    common(ExitCode::Interrupted),
];

/// Renew a secret of the connection, and prove the new one
#[derive(Args, Debug)]
#[command(subcommand_required = true, arg_required_else_help = true, disable_help_subcommand = true)]
#[command(long_about = LONG, after_long_help = after_help(ENDINGS, &[
    "factory-gitlab rotate token --dry-run",
    "factory-gitlab rotate token --due 30d --yes",
]))]
pub struct RotateArgs {
    #[command(subcommand)]
    pub command: RotateCommand,
}

#[derive(Debug, Subcommand)]
pub enum RotateCommand {
    ApplicationSecret(RotateApplicationSecretArgs),
    Token(RotateTokenArgs),
    WebhookSecret(RotateWebhookSecretArgs),
}

const APPLICATION_LONG: &str = "\
Renews the secret of the OAuth application and hands it over to Factory. GitLab has one secret at a time: the present one ends \
with the renewal, and Factory cannot sign users in, or renew their tokens, until it has the new one, a few seconds later. Tokens \
that exist last to their end, two hours unless GitLab is set otherwise.

The way to Factory is proven before anything is renewed.";

/// Renew the secret of the OAuth application
#[derive(Args, Debug)]
#[command(long_about = APPLICATION_LONG, after_long_help = after_help(ENDINGS, &[
    "factory-gitlab rotate application-secret --dry-run",
    "factory-gitlab rotate application-secret --older-than 180d --no-input --yes",
]))]
pub struct RotateApplicationSecretArgs {
    /// Only if its last change that is recorded here is older (180d)
    #[arg(long, value_name = "DURATION", value_parser = limit)]
    pub older_than: Option<Limit>,

    #[command(flatten)]
    pub common: RotateCommonArgs,
}

const TOKEN_LONG: &str = "\
Gives Factory a new token in the place of the one that connect created for it, and revokes that one once Factory has accepted \
the new one. There is no gap.

A token of the administrator's own is not renewed: factory-gitlab connect --handover-token minted creates one for Factory. The \
application's secret is not touched.";

/// Renew the token that was created for Factory
#[derive(Args, Debug)]
#[command(long_about = TOKEN_LONG, after_long_help = after_help(ENDINGS, &[
    "factory-gitlab rotate token --dry-run",
    "factory-gitlab rotate token --due 30d --no-input --yes",
]))]
pub struct RotateTokenArgs {
    /// Only if it ends within this time (30d, 12h)
    #[arg(long, value_name = "DURATION", value_parser = limit)]
    pub due: Option<Limit>,

    /// Only if its last change that is recorded here is older (180d)
    #[arg(long, value_name = "DURATION", value_parser = limit, conflicts_with = "due")]
    pub older_than: Option<Limit>,

    #[command(flatten)]
    pub common: RotateCommonArgs,
}

const WEBHOOK_LONG: &str = "\
Gives the webhooks the secret token of Factory's new kit, one by one, and tests each. The kit names both tokens (secret_token, \
previous_secret_token), because Factory has to take both meanwhile.

A webhook whose test is refused gets the previous secret token back, and the run stops. One that GitLab has nothing to test with is \
changed and named. With a kit that does not name the previous one nothing is changed.";

/// Set the new secret token of Factory's kit on the webhooks, one by one
#[derive(Args, Debug)]
#[command(long_about = WEBHOOK_LONG, after_long_help = after_help(ENDINGS, &[
    "factory-gitlab rotate webhook-secret --kit new-kit.json --dry-run",
    "factory-gitlab rotate webhook-secret --older-than 180d --no-input --yes",
]))]
pub struct RotateWebhookSecretArgs {
    /// Only if its last change that is recorded here is older (180d)
    #[arg(long, value_name = "DURATION", value_parser = limit)]
    pub older_than: Option<Limit>,

    #[command(flatten)]
    pub common: RotateCommonArgs,
}

#[derive(Args, Debug)]
pub struct RotateCommonArgs {
    /// Show the plan and change nothing
    #[arg(long)]
    pub dry_run: bool,

    /// With --dry-run: exit with 4 when changes are pending
    #[arg(long, requires = "dry_run")]
    pub exit_code: bool,
}

/// Reads a time in units up to weeks, of which a day has 24 hours; `None` for anything else.
pub(super) fn with_days(text: &str) -> Option<SignedDuration> {
    let span: Span = text.parse().ok()?;
    span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()
}

/// Reads `30d`, `12h` or `2w`.
fn limit(text: &str) -> Result<Limit, String> {
    let wanted = || "write it as 30d, 12h or 2w".to_owned();
    let time = with_days(text).ok_or_else(wanted)?;
    if time.is_negative() { Err(wanted()) } else { Ok(Limit { time, text: text.to_owned() }) }
}

/// What a plan is made from.
const fn reads(what: Rotation) -> &'static [Read] {
    match what {
        Rotation::ApplicationSecret => {
            &[Read::Network, Read::Metadata, Read::Token, Read::User, Read::License, Read::Applications, Read::Factory]
        }
        Rotation::WebhookSecret => {
            &[Read::Network, Read::Metadata, Read::Token, Read::User, Read::License, Read::Hooks]
        }
        Rotation::Token => {
            &[Read::Network, Read::Metadata, Read::Token, Read::HandedOver, Read::User, Read::License, Read::Factory]
        }
    }
}

pub(super) async fn rotate(args: RotateArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    let (what, limits, common) = match args.command {
        RotateCommand::ApplicationSecret(RotateApplicationSecretArgs { older_than, common }) => {
            (Rotation::ApplicationSecret, Limits { ends_within: None, older_than }, common)
        }
        RotateCommand::WebhookSecret(RotateWebhookSecretArgs { older_than, common }) => {
            (Rotation::WebhookSecret, Limits { ends_within: None, older_than }, common)
        }
        RotateCommand::Token(RotateTokenArgs { due, older_than, common }) => {
            (Rotation::Token, Limits { ends_within: due, older_than }, common)
        }
    };
    Box::pin(renew(&RotationWish { what, limits }, &common, context)).await
}

async fn renew(wanted: &RotationWish, args: &RotateCommonArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    let interrupt = context.interrupt;
    connect::require_bundle_out(context)?;
    let access = if args.dry_run { Access::RotateDryRun(wanted.what) } else { Access::Rotate(wanted.what) };
    let session = interrupt.or(Session::open(context, access)).await??;
    let observed = interrupt.or(session.observe(&reads(wanted.what).iter().copied().collect::<Reads>())).await?;
    preconditions::require_rotatable(&session.desired, &observed, access.task())?;
    let plan = plan::rotate(wanted, &session.desired, &observed, &session.record);
    if !plan.blockers.is_empty() {
        return Err(explain_blockers(&plan.blockers, &session.desired));
    }
    let unread = preconditions::unread(&session.desired, &observed);
    let job = job(wanted.what, args, &plan);
    match run(&session, job, Planned { plan, observed, unread, evidence: None }).await? {
        Ran::Ended(code) => Ok(code),
        // There is no answer to change: the plan is approved with yes or no.
        Ran::ChangeAsked => Ok(ExitCode::Problem),
    }
}

fn job(what: Rotation, args: &RotateCommonArgs, plan: &Plan) -> Job {
    Job {
        schema: "factory-gitlab/rotate/v1",
        achieved: if plan.is_empty() { "nothing_to_do" } else { "rotated" },
        standing: match what {
            Rotation::ApplicationSecret => "keeps its application's secret",
            Rotation::Token => "keeps the token of Factory",
            Rotation::WebhookSecret => "keeps its webhooks' secret token",
        },
        progress: "renewing",
        purpose: Purpose::Rotate(what),
        pending: if args.exit_code { PendingExit::Four } else { PendingExit::Zero },
    }
}
