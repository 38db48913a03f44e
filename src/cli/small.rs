//! The small commands: `bundle`, `kit`, `status`, `completions`, `man`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};
use clap_complete::Shell;

/// Look into, send or open a sealed bundle
#[derive(Args, Debug)]
#[command(subcommand_required = true, arg_required_else_help = true, disable_help_subcommand = true)]
#[command(after_long_help = "\
Exit codes:
  0    done
  1    Factory refused the bundle, or it cannot be opened
  2    wrong use: bad arguments, missing input, unreadable file
  3    could not find out: network, TLS, time-out, 5xx, rate limit; running again is safe

Examples:
  factory-gitlab bundle inspect bundle.age
  factory-gitlab bundle upload bundle.age --kit kit.json")]
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

/// Show what can be seen of a sealed bundle without its key
#[derive(Args, Debug)]
#[command(after_long_help = "\
Exit codes:
  0    it is a sealed bundle
  1    it is not, or it is damaged
  2    wrong use, or the file cannot be read

Example:
  factory-gitlab bundle inspect bundle.age")]
pub struct BundleFileArgs {
    /// The sealed bundle
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
}

/// Send a sealed bundle to Factory; the same one sent twice is one bundle
#[derive(Args, Debug)]
#[command(after_long_help = "\
Exit codes:
  0    Factory has it
  1    Factory refused it
  2    wrong use: no upload address, unreadable file
  3    could not find out: network, TLS, time-out, 5xx, rate limit; running again is safe

Example:
  FACTORY_API_KEY=fk-… factory-gitlab bundle upload bundle.age --kit kit.json")]
pub struct BundleUploadArgs {
    /// The sealed bundle
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
}

/// Open a sealed bundle with the receiver's key; what comes out holds secrets
#[derive(Args, Debug)]
#[command(after_long_help = "\
Exit codes:
  0    opened
  1    the key does not open it, or it is damaged
  2    wrong use, or a file cannot be read

Example:
  factory-gitlab bundle open bundle.age --identity-file key.txt --output-file bundle.json")]
pub struct BundleOpenArgs {
    /// The sealed bundle
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: PathBuf,

    /// File that holds the age identity (AGE-SECRET-KEY-1…); - reads standard input
    #[arg(short, long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub identity_file: PathBuf,
}

/// Look at the kit from Factory
#[derive(Args, Debug)]
#[command(subcommand_required = true, arg_required_else_help = true, disable_help_subcommand = true)]
#[command(after_long_help = "\
Exit codes:
  0    done, the kit is good
  1    the kit has problems
  2    wrong use: no kit given, unreadable file, not a kit
  3    the kit's URL could not be reached

Examples:
  factory-gitlab kit check --kit kit.json
  factory-gitlab kit template > kit.json")]
pub struct KitCommandArgs {
    #[command(subcommand)]
    pub command: KitCommand,
}

#[derive(Debug, Subcommand)]
pub enum KitCommand {
    /// Show the kit, without its secrets
    #[command(after_long_help = "\
Exit codes:
  0    shown
  1    Factory refused to give the kit
  2    wrong use: no kit given, unreadable file, not a kit
  3    the kit's URL could not be reached

Example:
  factory-gitlab kit show --kit kit.json -o json")]
    Show,
    /// Check the kit and name everything that is wrong with it
    #[command(after_long_help = "\
Exit codes:
  0    the kit is good; there may be warnings
  1    the kit has problems
  2    wrong use: no kit given, unreadable file, not a kit
  3    the kit's URL could not be reached

Example:
  factory-gitlab kit check --kit kit.json")]
    Check,
    /// Print a kit to fill in
    #[command(after_long_help = "\
Exit codes:
  0    printed

Example:
  factory-gitlab kit template > kit.json")]
    Template,
}

/// Show what is recorded here about a connection; asks nobody
#[derive(Args, Debug)]
#[command(after_long_help = "\
Exit codes:
  0    shown, also when nothing is recorded
  2    wrong use, or the record cannot be read

Examples:
  factory-gitlab status
  factory-gitlab status --gitlab-url https://gitlab.acme.com -o json")]
pub struct StatusArgs {}

/// Print a shell's completions
#[derive(Args, Debug)]
#[command(after_long_help = "\
Exit codes:
  0    printed
  2    wrong use

Example:
  factory-gitlab completions bash > /etc/bash_completion.d/factory-gitlab")]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Print the manual page, or write one for each command
#[derive(Args, Debug)]
#[command(after_long_help = "\
Exit codes:
  0    done
  2    wrong use, or the directory cannot be written

Examples:
  factory-gitlab man | man -l -
  factory-gitlab man --dir /usr/local/share/man/man1")]
pub struct ManArgs {
    /// Write one page for each command there
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
}
