//! `network plan`: worksheets, Terraform, VPN and firewall files for both sides. It contacts no server.

use clap::Args;

use crate::cli::after_help::{after_help, common};
use crate::commands::Context;
use crate::error::ExitCode::{Done, Problem, Unknown, Usage};
use crate::error::{ExitCode, Failure};

/// Write what both sides need for a private way: worksheet, Terraform, VPN, firewall
#[derive(Args, Debug)]
#[command(after_long_help = after_help(
    &[common(Done), common(Problem), common(Usage), common(Unknown)],
    &["factory-gitlab network plan"],
))]
pub struct NetworkPlanArgs {}

pub(super) fn plan(_args: NetworkPlanArgs, _context: &Context<'_>) -> Result<ExitCode, Failure> {
    Ok(ExitCode::Unknown)
}
