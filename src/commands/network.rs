//! `network check|plan`: the way between GitLab, Factory and this machine.

mod check;
mod plan;

pub(super) use self::plan::for_bundle;

use std::path::Path;

use clap::{Args, Subcommand};

use super::Context;
use crate::cli::after_help::{after_help, common};
use crate::error::ExitCode::{Done, Problem, Unknown, Usage};
use crate::error::{ExitCode, Failure};
use crate::settings::CliValues;

/// Check the network between GitLab and Factory, or plan it
#[derive(Args, Debug)]
#[command(subcommand_required = true, arg_required_else_help = true, disable_help_subcommand = true)]
#[command(after_long_help = after_help(
    &[common(Done), common(Problem), common(Usage), common(Unknown)],
    &["factory-gitlab network check", "factory-gitlab network plan"],
))]
pub struct NetworkArgs {
    #[command(subcommand)]
    pub command: NetworkCommand,
}

impl NetworkArgs {
    /// The flags that a command which runs this one again has to repeat. `given` are those of settings.
    pub(super) fn kept_flags(&self, given: &CliValues, config: Option<&Path>) -> Vec<String> {
        match &self.command {
            NetworkCommand::Check(args) => args.kept_flags(),
            NetworkCommand::Plan(args) => args.kept_flags(given, config),
        }
    }

    /// Whether it has a report on checks.
    pub(super) const fn reports_checks(&self) -> bool {
        matches!(self.command, NetworkCommand::Check(_))
    }
}

#[derive(Debug, Subcommand)]
pub enum NetworkCommand {
    Check(check::NetworkCheckArgs),
    Plan(plan::NetworkPlanArgs),
}

pub(super) async fn network(args: NetworkArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    match args.command {
        NetworkCommand::Check(args) => Box::pin(check::check(args, context)).await,
        NetworkCommand::Plan(args) => context.interrupt.or(Box::pin(plan::plan(args, context))).await?,
    }
}
