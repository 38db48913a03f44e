//! `connect`.

use clap::Args;

use super::after_help::{Ending, after_help, common, own};
use crate::error::ExitCode;

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
