//! What can be typed.
//!
//! The global options are declared here; the commands, which the layer above declares, are the parameter `C`. The flags of
//! settings are made from the settings' table, with the answers-file key as identifier, so that `parse` can hand over what
//! was given without knowing each flag.

pub(crate) mod after_help;
mod args;
mod outputs;
mod parse;
mod wanted;

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueHint};

use self::after_help::{after_help, common};
pub(crate) use self::outputs::is_same;
pub use self::outputs::{OutputFormat, Outputs, ReportFile};
pub(crate) use self::parse::parse;
pub use self::parse::{Invocation, Misuse, Parsed};
pub(crate) use self::wanted::WantedReports;
use crate::error::ExitCode;
use crate::terminal::ColorChoice;

const ABOUT: &str = "Connects a company's GitLab to Factory, and proves that the connection holds";

const EXAMPLES: &[&str] = &[
    "factory-gitlab connect",
    "factory-gitlab connect --no-input --config acme.toml --yes",
    "factory-gitlab verify -o junit=report.xml -o html=report.html",
    #[cfg(feature = "sandbox")]
    "factory-gitlab sandbox connect --yes",
];

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "factory-gitlab", version, about = ABOUT, after_long_help = after_help(&ExitCode::ALL.map(common), EXAMPLES), max_term_width = 100)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Cli<C: Subcommand> {
    #[command(flatten)]
    pub global: GlobalArgs,
    #[command(subcommand)]
    pub command: C,
}

/// Options of every command that are not settings: how the program talks. They stand before or after the command's name.
#[derive(Args, Debug)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Answers file (TOML); every setting has a key in it [env: FACTORY_GITLAB_CONFIG]
    #[arg(long, global = true, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,

    /// Format of the report, and its file [default: text]; repeatable where all but one have a file
    #[arg(short, long, global = true, value_name = "FORMAT[=PATH]", value_parser = outputs::OutputFormatParser)]
    pub output_format: Vec<OutputFormat>,

    /// Write the report to this file; the terminal still shows the text
    #[arg(long, global = true, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub output_file: Option<PathBuf>,

    /// Never ask; implied without a terminal and where CI is set
    #[arg(long, global = true)]
    pub no_input: bool,

    /// Show problems only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Show what is done; twice for each request
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,

    /// When to use color [env: NO_COLOR, CLICOLOR_FORCE]
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", value_enum)]
    pub color: ColorChoice,
}

/// The whole command line as clap knows it: what the types declare, and the flags of the settings.
#[must_use]
pub(crate) fn command<C: Subcommand>() -> clap::Command {
    let root = clap::Command::new("factory-gitlab").args(args::global());
    args::add(Cli::<C>::augment_args(root), "")
}
