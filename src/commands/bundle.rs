//! `bundle inspect|upload|open`.

mod reports;
mod upload;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueHint};

use super::{Context, diagnostics, output};
use crate::bundle::SealedBundle;
use crate::cli::after_help::{after_help, common, own};
use crate::error::ExitCode::{Done, Problem, Unknown, Usage};
use crate::error::{ExitCode, Failure};
use crate::inputs::{Document, DocumentAt};

use self::reports::Inspected;

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

/// An interrupt drops this work at once.
pub(super) async fn bundle(args: BundleArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    context.interrupt.or(run(args.command, context)).await?
}

async fn run(command: BundleCommand, context: &Context<'_>) -> Result<ExitCode, Failure> {
    match command {
        BundleCommand::Inspect(args) => {
            let info = read(&args.file)?.inspect();
            context.finish(&Inspected { file: args.file, info })
        }
        BundleCommand::Upload(args) => upload::upload(args, context).await,
        BundleCommand::Open(args) => open(&args, context),
    }
}

fn read(path: &Path) -> Result<SealedBundle, Failure> {
    SealedBundle::read(path).map_err(|error| diagnostics::sealing(&error))
}

fn open(args: &BundleOpenArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    let bundle = read(&args.file)?;
    let at = if args.identity_file == Path::new("-") {
        DocumentAt::Stdin
    } else {
        DocumentAt::File(args.identity_file.clone())
    };
    let Document::Read(identities) = at.read("--identity-file", context.terminal)? else {
        return Err(Failure::usage("an identity is a file, not an address"));
    };
    let identities = zeroize::Zeroizing::new(identities);
    let opened = bundle.open(&identities).map_err(|error| diagnostics::sealing(&error))?;
    context.terminal.warn("the output holds secrets in plain text");
    for file in &context.outputs.files {
        output::write_file(&file.path, |file| file.write_all(opened.text().as_bytes()))?;
    }
    if context.outputs.files.is_empty() {
        context.terminal.print_raw(format!("{}\n", opened.text().trim_end()).as_bytes())?;
    }
    Ok(ExitCode::Done)
}
