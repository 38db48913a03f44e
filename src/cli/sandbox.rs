//! `sandbox`.

use std::ffi::OsString;
use std::net::SocketAddr;

use clap::{Args, ValueHint};

use super::after_help::{Ending, after_help, own};
use crate::error::ExitCode;

const LONG: &str = "\
Runs an embedded GitLab and an embedded Factory on loopback, to rehearse any command without touching a real system.

With a command, that command runs against the sandbox, and its exit code is returned. Without one, the sandbox prints \
the variables to export, serves until Ctrl-C and shows each request.";

const ENDINGS: &[Ending] = &[
    own(ExitCode::Done, "served until Ctrl-C; with a command, the command succeeded"),
    own(ExitCode::Usage, "usage error: bad arguments, an address that is not loopback or is in use"),
];

const EXAMPLES: &[&str] = &[
    "factory-gitlab sandbox connect --yes",
    "factory-gitlab sandbox --plan none --projects 20 connect --dry-run",
    "eval \"$(factory-gitlab sandbox --listen 127.0.0.1:8929)\"",
];

/// Rehearse any command against an embedded GitLab and Factory
#[derive(Args, Debug)]
#[command(long_about = LONG, after_long_help = after_help(ENDINGS, EXAMPLES))]
pub struct SandboxArgs {
    /// Address on which the embedded GitLab listens; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,

    /// Projects that exist at the start
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub projects: usize,

    /// Top-level groups that exist at the start
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub groups: usize,

    /// Version of the embedded GitLab
    #[arg(long, value_name = "V", default_value = "19.2.0")]
    pub gitlab_version: crate::sandbox::options::SandboxVersion,

    /// Edition of the embedded GitLab
    #[arg(long, value_name = "EDITION", default_value = "ee", value_parser = ["ce", "ee"])]
    pub edition: String,

    /// License of the embedded GitLab
    #[arg(long, value_name = "PLAN", default_value = "premium", value_parser = ["none", "premium", "ultimate"])]
    pub plan: String,

    /// Turn Admin Mode on
    #[arg(long)]
    pub admin_mode: bool,

    /// Wait this long before every answer, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub latency: u64,

    /// Allow N requests a minute to each token
    #[arg(long, value_name = "N")]
    pub rate_limit: Option<u32>,

    /// Serve over TLS with a private CA
    #[arg(long)]
    pub tls: bool,

    /// Install GitLab under a path, as /gitlab
    #[arg(long, value_name = "PATH", default_value = "")]
    pub relative_root: String,

    /// Inject a fault (may be repeated)
    #[arg(long, value_name = "SPEC")]
    pub fault: Vec<String>,

    /// The command to run against the sandbox, with its options
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    #[arg(value_hint = ValueHint::CommandWithArguments)]
    pub command: Vec<OsString>,
}
