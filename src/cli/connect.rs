//! `connect`.

use clap::Args;

const LONG: &str = "\
Brings a GitLab instance to the connected state: OAuth application, token, scopes, webhooks, sealed bundle, upload.

It is safe to run again: only differences are changed, and a second run on a connected instance writes nothing. What is \
not given by a flag, a variable or the answers file is asked for.";

const AFTER: &str = "\
Exit codes:
  0    connected, or nothing to do
  1    a problem was found, or GitLab or Factory refused: something must be fixed
  2    usage error: bad arguments, missing input, unreadable file
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
    /// Show the plan and change nothing
    #[arg(long)]
    pub dry_run: bool,

    /// With --dry-run: exit with 4 when changes are pending
    #[arg(long, requires = "dry_run")]
    pub exit_code: bool,
}
