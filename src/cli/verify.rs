//! `verify`.

use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;

use super::after_help::{Ending, after_help, own};
use crate::error::ExitCode;
use crate::report::FailOn;

const LONG: &str = "\
Proves the connection, check by check, and changes nothing (with --live, GitLab's own webhook tests are sent).

It needs no record of an earlier run: the URL, a token and the kit are enough, \
so it can run every night in CI.";

const ENDINGS: &[Ending] = &[
    own(ExitCode::Done, "every check holds"),
    own(ExitCode::Problem, "a check failed"),
    own(ExitCode::Usage, "usage error: bad arguments, missing input, unknown check"),
    own(ExitCode::Unknown, "nothing failed, but something could not be found out; running again is safe"),
    own(ExitCode::Interrupted, "interrupted"),
];

const EXAMPLES: &[&str] = &[
    "factory-gitlab verify",
    "factory-gitlab verify -o junit --output-file report.xml",
    "factory-gitlab verify --only 'webhook.*' --live",
];

/// Prove the connection, check by check
#[derive(Args, Debug)]
#[command(long_about = LONG, after_long_help = after_help(ENDINGS, EXAMPLES))]
pub struct VerifyArgs {
    /// Send GitLab's own webhook tests and follow the deliveries
    #[arg(long)]
    pub live: bool,

    /// Run only this check (a code, or a pattern such as 'token.*'; may be repeated)
    #[arg(long, value_name = "CODE")]
    pub only: Vec<String>,

    /// Skip this check (a code or a pattern; may be repeated)
    #[arg(long, value_name = "CODE")]
    pub skip: Vec<String>,

    /// List the checks and run none
    #[arg(long)]
    pub list: bool,

    /// Repeat until everything holds, for at most this long (90s, 5m, 1h)
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub wait: Option<Duration>,

    /// Exit with 1 from this level on
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = FailOn::Error)]
    pub fail_on: FailOn,

    /// Warn when a token or a certificate expires within this many days
    #[arg(long, value_name = "DAYS", default_value_t = 14)]
    pub expires_within: u16,
}

/// Reads `90s`, `5m` or `1h 30m`.
fn duration(text: &str) -> Result<Duration, String> {
    let wanted = || "write it as 90s, 5m or 1h".to_owned();
    let signed: SignedDuration = text.parse().map_err(|_| wanted())?;
    Duration::try_from(signed).map_err(|_| wanted())
}
