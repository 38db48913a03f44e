//! What can be typed: clap types, no behaviour.
//!
//! A flag that is also a setting has the setting's answers-file key as its identifier, so that [`parse`] can hand over
//! what was given without knowing each flag; a test holds the two tables together.

mod connect;
mod parse;
#[cfg(feature = "sandbox")]
mod sandbox;
mod small;
mod verify;

use std::path::PathBuf;

use clap::{ArgAction, Args, CommandFactory as _, Parser, Subcommand, ValueHint};

pub use self::connect::{ConnectArgs, KitArgs, PairArgs, SelectionArgs};
pub use self::parse::{Invocation, Parsed, parse};
#[cfg(feature = "sandbox")]
pub use self::sandbox::SandboxArgs;
pub use self::small::{
    BundleArgs, BundleCommand, BundleFileArgs, BundleOpenArgs, BundleUploadArgs, CompletionsArgs, KitCommand,
    KitCommandArgs, ManArgs,
};
pub use self::verify::{FailOn, VerifyArgs};
use crate::report::Format;
use crate::settings::named;
use crate::terminal::ColorChoice;

const ABOUT: &str = "Connects a company's GitLab to Factory, and proves that the connection holds";

const AFTER: &str = "\
Exit codes:
  0    done, everything holds
  1    a problem was found, or GitLab or Factory refused: something must be fixed
  2    wrong use: bad arguments, missing input, unreadable file
  3    could not find out: network, TLS, time-out, 5xx, rate limit; running again is safe
  4    --dry-run --exit-code, and changes are pending
  130  interrupted; run again to resume

Examples:
  factory-gitlab connect
  factory-gitlab connect --no-input --config acme.toml --yes
  factory-gitlab verify -o junit --output-file report.xml";

/// One more example, in a program that has the sandbox.
const SANDBOX_EXAMPLE: &str = if cfg!(feature = "sandbox") { "\n  factory-gitlab sandbox connect --yes" } else { "" };

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "factory-gitlab", version, about = ABOUT, after_long_help = format!("{AFTER}{SANDBOX_EXAMPLE}"), max_term_width = 100)]
#[command(subcommand_required = true, arg_required_else_help = true, disable_help_subcommand = true)]
pub struct Cli {
    #[command(flatten)]
    pub global: GlobalArgs,
    #[command(subcommand)]
    pub command: Command,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    Connect(Box<ConnectArgs>),
    Verify(Box<VerifyArgs>),
    Bundle(BundleArgs),
    Kit(KitCommandArgs),
    Status(small::StatusArgs),
    #[cfg(feature = "sandbox")]
    Sandbox(SandboxArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

/// Options that every command takes, before or after its name.
#[derive(Args, Debug)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Base URL of GitLab, with its path if it is installed under one (https://host/gitlab)
    #[arg(long, global = true, value_name = "URL", value_hint = ValueHint::Url)]
    pub gitlab_url: Option<String>,

    /// File that holds an admin's personal access token; - reads standard input
    #[arg(long, global = true, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub token_file: Option<PathBuf>,

    /// The kit from Factory: a path, - or an https URL
    #[arg(long, global = true, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub kit: Option<String>,

    /// File that holds the key of Factory's API; - reads standard input
    #[arg(long, global = true, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub factory_key_file: Option<PathBuf>,

    /// Answers file (TOML); everything that is asked has a key in it [env: FACTORY_GITLAB_CONFIG]
    #[arg(long, global = true, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,

    /// CA certificates to trust besides the system's (PEM; may be repeated)
    #[arg(long, global = true, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub ca_cert: Vec<PathBuf>,

    /// Certificate and key (PEM) for a GitLab behind mutual TLS
    #[arg(long, global = true, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub client_cert: Option<PathBuf>,

    /// Proxy to go through, or none; else what HTTPS_PROXY, HTTP_PROXY and NO_PROXY say
    #[arg(long, global = true, value_name = "URL", value_hint = ValueHint::Url)]
    pub proxy: Option<String>,

    /// How long one request may take, in seconds [default: 30]
    #[arg(long, global = true, value_name = "SECS")]
    pub timeout: Option<String>,

    /// How many requests may be in flight [default: 8]
    #[arg(long, global = true, value_name = "N")]
    pub concurrency: Option<String>,

    /// Form of the report
    #[arg(short, long, global = true, value_name = "FORMAT", default_value = "text", value_enum)]
    pub output_format: Format,

    /// Write the formatted report there; the text still goes to the terminal
    #[arg(long, global = true, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub output_file: Option<PathBuf>,

    /// Never ask; implied without a terminal and where CI is set
    #[arg(long, global = true)]
    pub no_input: bool,

    /// Take the plan as approved
    #[arg(short, long, global = true)]
    pub yes: bool,

    /// The system's keyring: keep the secrets that were given there, or leave it alone [default: ask]
    #[arg(long, global = true, value_name = "USE", value_parser = ["store", "off"])]
    pub keyring: Option<String>,

    /// Say only what is wrong
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Say more; twice for every request
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,

    /// Write a log there, as JSON lines without secrets
    #[arg(long, global = true, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub log_file: Option<PathBuf>,

    /// When to use color [env: NO_COLOR, CLICOLOR_FORCE]
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", value_enum)]
    pub color: ColorChoice,
}

/// The whole command line as clap knows it, with the variables of each setting in its help.
///
/// The variables are not read by clap: a command that runs inside the sandbox sees the sandbox's.
#[must_use]
pub fn command() -> clap::Command {
    with_variables(Cli::command())
}

fn with_variables(command: clap::Command) -> clap::Command {
    command
        .mut_args(|arg| {
            let Some(variable) = named(arg.get_id().as_str()).and_then(|setting| setting.variable) else {
                return arg;
            };
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            arg.help(format!("{help} [env: {variable}]"))
        })
        .mut_subcommands(with_variables)
}

#[cfg(test)]
mod tests;
