//! `completions SHELL`.

use clap::builder::PossibleValuesParser;
use clap::{Args, Command};
use clap_complete::Shell;

use super::Context;
use crate::checks::CheckSet;
use crate::cli::after_help::{after_help, own};
use crate::error::ExitCode::{Done, Usage};
use crate::error::{ExitCode, Failure};

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

pub(super) async fn completions(args: CompletionsArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    context.terminal.print_text(&script(args.shell))?;
    Ok(ExitCode::Done)
}

/// The completion script of a shell.
fn script(shell: Shell) -> String {
    let mut script = Vec::new();
    let mut command = with_check_codes(super::command());
    clap_complete::generate(shell, &mut command, "factory-gitlab", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    // clap_complete 4.6.11 names the program's functions in two ways where its name has a hyphen: what it sets is not what it
    // compares with, and nothing is completed after a command.
    if shell == Shell::Bash { script.replace("factory__subcmd__gitlab", "factory__gitlab") } else { script }
}

/// The options that take a code, with all codes as their values. When the arguments are read, a code may be a
/// pattern too, so that the values are not limited there.
fn with_check_codes(command: Command) -> Command {
    let takes_codes =
        |arg: &clap::Arg| arg.get_value_names().is_some_and(|names| names.iter().any(|name| name == "CODE"));
    let set = match command.get_name() {
        "check" => CheckSet::Network,
        "explain" => CheckSet::Explained,
        _ => CheckSet::Cloud,
    };
    let codes = || PossibleValuesParser::new(set.infos().into_iter().map(|check| check.code));
    command
        .mut_args(|arg| if takes_codes(&arg) { arg.value_parser(codes()) } else { arg })
        .mut_subcommands(with_check_codes)
}

// The scripts in the tree are those of the whole program.
#[cfg(all(test, feature = "sandbox"))]
mod tests {
    use std::path::Path;

    use clap::ValueEnum as _;

    use super::*;

    #[test]
    fn every_script_completes_the_codes_of_checks_and_findings() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::Elvish, Shell::PowerShell] {
            let script = script(shell);
            let has = |set: CheckSet| set.infos().iter().all(|check| script.contains(check.code));
            // The scripts of clap_complete for the last two complete no values, and that for fish only those of options: a
            // finding is only an argument.
            let has_values = !matches!(shell, Shell::Elvish | Shell::PowerShell);
            assert_eq!(has(CheckSet::All), has_values, "{shell}");
            assert_eq!(has(CheckSet::Explained), has_values && shell != Shell::Fish, "{shell}");
        }
    }

    #[test]
    fn bash_compares_with_the_names_that_it_sets() {
        let script = script(Shell::Bash);
        let set = |line: &str| Some(line.trim().strip_prefix("cmd=\"")?.strip_suffix('"')?.to_owned());
        let names: Vec<String> = script.lines().filter_map(set).filter(|name| !name.is_empty()).collect();
        assert!(names.len() > 10, "{names:?}");
        for name in names {
            assert!(script.contains(&format!("\n        {name})\n")), "{name} is set and never compared with");
        }
    }

    /// `BLESS=1 cargo test completions` rewrites them.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test's own switch")]
    fn the_scripts_in_the_tree_are_fresh() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
        for shell in Shell::value_variants() {
            let path = folder.join(clap_complete::Generator::file_name(shell, "factory-gitlab"));
            let fresh = script(*shell);
            if std::env::var_os("BLESS").is_some() {
                std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, &fresh)).expect("written");
            }
            let kept = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(kept == fresh, "{} is stale; run the test with BLESS=1", path.display());
        }
    }
}
