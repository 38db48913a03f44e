//! `verify`.

use std::time::Duration;

use clap::{Args, ValueEnum};
use jiff::SignedDuration;

const LONG: &str = "\
Proves the connection, check by check, and changes nothing (with --live, GitLab's own webhook test is fired).

It needs no record of an earlier run: the URL, a token and the kit are enough, \
so it can run every night in CI.";

const AFTER: &str = "\
Exit codes (the same in every output format):
  0    every check holds
  1    a check failed
  2    wrong use: bad arguments, missing input, unknown check
  3    nothing failed, but something could not be found out; running again is safe
  130  interrupted

Examples:
  factory-gitlab verify
  factory-gitlab verify -o junit --output-file report.xml
  factory-gitlab verify --only 'webhook.*' --live";

/// Prove the connection, check by check
#[derive(Args, Debug)]
#[command(long_about = LONG, after_long_help = AFTER)]
pub struct VerifyArgs {
    /// Fire GitLab's own webhook tests and follow them
    #[arg(long)]
    pub live: bool,

    /// Make only these checks (a code, or a pattern such as 'token.*'; may be repeated)
    #[arg(long, value_name = "CODE")]
    pub only: Vec<String>,

    /// Leave these checks out (a code or a pattern; may be repeated)
    #[arg(long, value_name = "CODE")]
    pub skip: Vec<String>,

    /// List the checks and make none
    #[arg(long)]
    pub list: bool,

    /// Repeat until everything holds, for at most this long (90s, 5m, 1h)
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub wait: Option<Duration>,

    /// From where on the exit code is 1
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = FailOn::Error)]
    pub fail_on: FailOn,

    /// Warn when a token or a certificate expires within so many days
    #[arg(long, value_name = "DAYS", default_value_t = 14)]
    pub expires_within: u16,
}

/// What counts as a failure of the whole.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum FailOn {
    Warning,
    Error,
    Never,
}

/// Reads `90s`, `5m` or `1h 30m`.
fn duration(text: &str) -> Result<Duration, String> {
    let wanted = || "write it as 90s, 5m or 1h".to_owned();
    let signed: SignedDuration = text.parse().map_err(|_| wanted())?;
    Duration::try_from(signed).map_err(|_| wanted())
}
