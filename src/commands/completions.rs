//! `completions SHELL`.

use clap::Args;
use clap_complete::Shell;

use super::Context;
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
    clap_complete::generate(shell, &mut super::command(), "factory-gitlab", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

// The scripts in the tree are those of the whole program.
#[cfg(all(test, feature = "sandbox"))]
mod tests {
    use std::path::Path;

    use clap::ValueEnum as _;

    use super::*;

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
