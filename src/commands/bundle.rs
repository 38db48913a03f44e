//! `bundle inspect|upload|open`.

mod reports;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueHint};
use url::Url;

use super::{Context, diagnostics, kit, output};
use crate::bundle::SealedBundle;
use crate::cli::after_help::{after_help, common, own};
use crate::error::ExitCode::{Done, Problem, Unknown, Usage};
use crate::error::{ExitCode, Failure, Fix};
use crate::factory::FactoryClient;
use crate::inputs::{Document, DocumentAt, Interview};
use crate::kit::UploadMethod;
use crate::secret::Bearer;
use crate::settings::keys;

use self::reports::{Inspected, Uploaded};

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
        BundleCommand::Upload(args) => upload(args, context).await,
        BundleCommand::Open(args) => open(&args, context),
    }
}

fn read(path: &Path) -> Result<SealedBundle, Failure> {
    SealedBundle::read(path).map_err(|error| diagnostics::sealing(&error))
}

async fn upload(args: BundleUploadArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    let bundle = read(&args.file)?;
    let interview = context.interview();
    let (url, method) = destination(context, &interview).await?;
    let key = interview.find_secret::<Bearer>(&keys::FACTORY_KEY)?;
    let factory = FactoryClient::new(context.client()?, key.map(|found| found.value));
    let sent = context.terminal.with_spinner("uploading the bundle", factory.upload(&bundle, &url, method)).await;
    let receipt = sent.map_err(|error| diagnostics::upload(&error, &args.file))?;
    context.finish(&Uploaded {
        host: url.host_str().unwrap_or_default().to_owned(),
        sha256: bundle.sha256().to_owned(),
        receipt,
    })
}

/// Where the bundle goes: `--upload-url`, else the kit's address with its method.
async fn destination(context: &Context<'_>, interview: &Interview<'_>) -> Result<(Url, UploadMethod), Failure> {
    if let Some(found) = context.settings.get(&keys::UPLOAD_URL)? {
        return Ok((found.value, UploadMethod::default()));
    }
    let terms = kit::read(context, interview).await?.value.bundle;
    match terms.upload_url {
        Some(url) => Ok((url, terms.method)),
        None => Err(Failure::usage("the kit has no upload address").fix(Fix::say("give it with --upload-url"))),
    }
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
    match &context.output_file {
        Some(path) => output::write_file(path, |file| file.write_all(opened.text().as_bytes()))?,
        None => context.terminal.print_raw(format!("{}\n", opened.text().trim_end()).as_bytes())?,
    }
    Ok(ExitCode::Done)
}
