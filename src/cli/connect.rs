//! `connect`, and the options that it shares with `verify` and `kit`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

const LONG: &str = "\
Brings a GitLab instance to the connected state: OAuth application, token, scopes, webhooks, sealed bundle, upload.

What is already as it should be is left alone, so it is safe to run again; a second run on a connected instance \
writes nothing. Everything that is not given by a flag, a variable or the answers file is asked.";

const AFTER: &str = "\
Exit codes:
  0    connected, or nothing to do
  1    a problem was found, or GitLab or Factory refused: something must be fixed
  2    wrong use: bad arguments, missing input, unreadable file
  3    could not find out: network, TLS, time-out, 5xx, rate limit; running again is safe
  4    --dry-run --exit-code, and changes are pending
  130  interrupted; run again to resume

Examples:
  factory-gitlab connect
  factory-gitlab connect --kit kit.json --gitlab-url https://gitlab.acme.com --token-file token --dry-run
  factory-gitlab connect --no-input --config acme.toml --yes -o json";

/// Bring an instance to the connected state
#[derive(Args, Debug)]
#[command(long_about = LONG, after_long_help = AFTER)]
pub struct ConnectArgs {
    /// Which token goes into the bundle: the one given, one made for Factory alone, or none
    #[arg(long, value_name = "WHICH", value_parser = ["given", "minted", "none"])]
    pub handover_token: Option<String>,

    /// Write the sealed bundle there and do not upload it
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub bundle_out: Option<PathBuf>,

    /// Show the plan and change nothing
    #[arg(long)]
    pub dry_run: bool,

    /// With --dry-run: end with 4 when changes are pending
    #[arg(long, requires = "dry_run")]
    pub exit_code: bool,

    /// Append what was done there, as JSON lines without secrets
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub audit_log: Option<PathBuf>,

    #[command(flatten)]
    pub application: ApplicationArgs,
    #[command(flatten)]
    pub pair: PairArgs,
    #[command(flatten)]
    pub selection: SelectionArgs,

    #[command(flatten)]
    pub kit: KitArgs,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Application")]
pub struct ApplicationArgs {
    /// Where the OAuth application comes from: made by API, made by hand in the Admin Area, or there already
    #[arg(long, value_name = "HOW", value_parser = ["auto", "manual", "existing"])]
    pub application: Option<String>,

    /// Give the application a new secret; this disconnects whoever uses the old one
    #[arg(long)]
    pub renew_secret: bool,
}

/// An application's ID and secret.
#[derive(Args, Debug)]
#[command(next_help_heading = "Application")]
pub struct PairArgs {
    /// The application ID (the long one, not the number)
    #[arg(long, value_name = "ID")]
    pub application_id: Option<String>,

    /// File that holds the application's secret; - reads standard input
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub application_secret_file: Option<PathBuf>,
}

/// Which groups and projects, and where the hooks hang.
#[derive(Args, Debug)]
#[command(next_help_heading = "Webhooks")]
pub struct SelectionArgs {
    /// Where the webhooks hang; auto takes group hooks where the licence has them, else one on each project
    #[arg(long, value_name = "STRATEGY", value_parser = ["auto", "system", "group", "project", "none"])]
    pub webhooks: Option<String>,

    /// Only this group, with everything below it (may be repeated)
    #[arg(long, value_name = "PATH")]
    pub group: Vec<String>,

    /// Only this project (may be repeated)
    #[arg(long, value_name = "PATH")]
    pub project: Vec<String>,

    /// Leave out groups and projects whose path matches (may be repeated)
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,

    /// Take the projects of personal namespaces too
    #[arg(long)]
    pub personal: bool,
}

/// Overrides for each thing in the kit.
#[derive(Args, Debug)]
#[command(next_help_heading = "Instead of the kit's values")]
pub struct KitArgs {
    /// Redirect URI of the application, to the letter
    #[arg(long, value_name = "URI", value_hint = ValueHint::Url)]
    pub redirect_uri: Option<String>,

    /// Scope of the application (may be repeated)
    #[arg(long, value_name = "SCOPE")]
    pub scope: Vec<String>,

    /// Where the webhooks deliver to
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub webhook_url: Option<String>,

    /// File that holds the webhooks' secret token; - reads standard input
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub webhook_secret_file: Option<PathBuf>,

    /// age recipient that the bundle is sealed for (may be repeated)
    #[arg(long, value_name = "AGE1…")]
    pub recipient: Vec<String>,

    /// Where the sealed bundle is uploaded to
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub upload_url: Option<String>,
}
