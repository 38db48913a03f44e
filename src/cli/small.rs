//! The small commands: `bundle`, `kit`, `status`, `completions`, `man`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};
use clap_complete::Shell;

use super::after_help::{after_help, common, own};
use crate::error::ExitCode::{Done, Problem, Unknown, Usage};

/// Inspect, upload or open a sealed bundle
#[derive(Args, Debug)]
#[command(subcommand_required = true, arg_required_else_help = true, disable_help_subcommand = true)]
#[command(after_long_help = after_help(
    &[
        own(Done, "done"),
        own(Problem, "Factory refused the bundle, or it cannot be opened"),
        common(Usage),
        common(Unknown),
    ],
    &["factory-gitlab bundle inspect bundle.age", "factory-gitlab bundle upload bundle.age --kit kit.json"],
))]
pub struct BundleArgs {
    #[command(subcommand)]
    pub command: BundleCommand,
}

#[derive(Debug, Subcommand)]
pub enum BundleCommand {
    Inspect(BundleFileArgs),
    Upload(BundleUploadArgs),
    Open(BundleOpenArgs),
}

/// Show what a sealed bundle reveals without its key
#[derive(Args, Debug)]
#[command(after_long_help = after_help(
    &[
        own(Done, "it is a sealed bundle"),
        own(Problem, "it is not a sealed bundle, or it is damaged"),
        own(Usage, "usage error, or the file cannot be read"),
    ],
    &["factory-gitlab bundle inspect bundle.age"],
))]
pub struct BundleFileArgs {
    /// The sealed bundle
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
}

/// Upload a sealed bundle to Factory; uploading it again changes nothing
#[derive(Args, Debug)]
#[command(after_long_help = after_help(
    &[
        own(Done, "Factory has it"),
        own(Problem, "Factory refused it"),
        own(Usage, "usage error: no upload address, unreadable file"),
        common(Unknown),
    ],
    &["FACTORY_API_KEY=fk-… factory-gitlab bundle upload bundle.age --kit kit.json"],
))]
pub struct BundleUploadArgs {
    /// The sealed bundle
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
}

/// Open a sealed bundle with the receiver's key; the output holds secrets
#[derive(Args, Debug)]
#[command(after_long_help = after_help(
    &[
        own(Done, "opened"),
        own(Problem, "the key does not open it, or it is damaged"),
        own(Usage, "usage error, or a file cannot be read"),
    ],
    &["factory-gitlab bundle open bundle.age --identity-file key.txt --output-file bundle.json"],
))]
pub struct BundleOpenArgs {
    /// The sealed bundle
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: PathBuf,

    /// File with the age identity (AGE-SECRET-KEY-1…); - reads standard input
    #[arg(short, long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub identity_file: PathBuf,
}

/// Show or check the kit from Factory, or print a template
#[derive(Args, Debug)]
#[command(subcommand_required = true, arg_required_else_help = true, disable_help_subcommand = true)]
#[command(after_long_help = after_help(
    &[
        own(Done, "done, the kit is good"),
        own(Problem, "the kit has problems"),
        own(Usage, "usage error: no kit given, unreadable file, not a kit"),
        own(Unknown, "the kit's URL could not be reached"),
    ],
    &["factory-gitlab kit check --kit kit.json", "factory-gitlab kit template > kit.json"],
))]
pub struct KitCommandArgs {
    #[command(subcommand)]
    pub command: KitCommand,
}

#[derive(Debug, Subcommand)]
pub enum KitCommand {
    /// Show the kit, without its secrets
    #[command(after_long_help = after_help(
        &[
            own(Done, "shown"),
            own(Problem, "Factory refused to give the kit"),
            own(Usage, "usage error: no kit given, unreadable file, not a kit"),
            own(Unknown, "the kit's URL could not be reached"),
        ],
        &["factory-gitlab kit show --kit kit.json -o json"],
    ))]
    Show,
    /// Check the kit and name everything that is wrong with it
    #[command(after_long_help = after_help(
        &[
            own(Done, "the kit is good; there may be warnings"),
            own(Problem, "the kit has problems"),
            own(Usage, "usage error: no kit given, unreadable file, not a kit"),
            own(Unknown, "the kit's URL could not be reached"),
        ],
        &["factory-gitlab kit check --kit kit.json"],
    ))]
    Check,
    /// Print a kit to fill in
    #[command(after_long_help = after_help(&[own(Done, "printed")], &["factory-gitlab kit template > kit.json"]))]
    Template,
}

/// Show what is recorded here about connections; contact no server
#[derive(Args, Debug)]
#[command(after_long_help = after_help(
    &[own(Done, "shown, also when nothing is recorded"), own(Usage, "usage error, or the record cannot be read")],
    &["factory-gitlab status", "factory-gitlab status --gitlab-url https://gitlab.acme.com -o json"],
))]
pub struct StatusArgs {}

/// Print a shell's completions
#[derive(Args, Debug)]
#[command(after_long_help = after_help(
    &[own(Done, "printed"), own(Usage, "usage error: unknown shell")],
    &["factory-gitlab completions bash > /etc/bash_completion.d/factory-gitlab"],
))]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Print the manual page, or write one for each command
#[derive(Args, Debug)]
#[command(after_long_help = after_help(
    &[own(Done, "done"), own(Usage, "usage error, or the directory cannot be written")],
    &["factory-gitlab man | man -l -", "factory-gitlab man --dir /usr/local/share/man/man1"],
))]
pub struct ManArgs {
    /// Write one page for each command to this directory
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
}
