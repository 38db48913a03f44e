//! `network check`: looks at the way between GitLab, Factory and here, layer by layer.

use clap::Args;

use crate::cli::after_help::{after_help, common};
use crate::commands::Context;
use crate::error::ExitCode::{Done, Problem, Unknown, Usage};
use crate::error::{ExitCode, Failure};

/// Look at the way between GitLab, Factory and here, layer by layer
#[derive(Args, Debug)]
#[command(after_long_help = after_help(
    &[common(Done), common(Problem), common(Usage), common(Unknown)],
    &["factory-gitlab network check"],
))]
pub struct NetworkCheckArgs {}

pub(super) async fn check(_args: NetworkCheckArgs, _context: &Context<'_>) -> Result<ExitCode, Failure> {
    std::future::ready(Ok(ExitCode::Unknown)).await
}
