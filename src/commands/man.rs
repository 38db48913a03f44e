//! `man`: the manual pages.

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use clap_mangen::Man;

use super::{Context, output};
use crate::cli::after_help::{after_help, own};
use crate::error::ExitCode::{Done, Usage};
use crate::error::{ExitCode, Failure};
use crate::files::{self, Readers};

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

pub(super) async fn man(args: ManArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    match &args.dir {
        Some(folder) => write_all(folder)?,
        None => context.terminal.print_text(&page(super::command())?)?,
    }
    Ok(ExitCode::Done)
}

fn write_all(folder: &Path) -> Result<(), Failure> {
    let mut all = super::command();
    all.build();
    let mut waiting = vec![all];
    while let Some(command) = waiting.pop() {
        waiting.extend(command.get_subcommands().cloned());
        // After `build` a command's display name is the whole path: factory-gitlab-kit-show.
        let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
        let page = page(command)?;
        let path = folder.join(format!("{name}.1"));
        files::write_atomically(&path, Readers::Everyone, |file| file.write_all(page.as_bytes()))
            .map_err(|error| output::cannot_write(&path, &error))?;
    }
    Ok(())
}

fn page(command: clap::Command) -> Result<String, Failure> {
    let mut page = Vec::new();
    Man::new(command)
        .render(&mut page)
        .map_err(|error| Failure::problem("the manual page cannot be made").with_chain(&error))?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_page_for_every_command() {
        let folder = tempfile::tempdir().expect("a folder");
        write_all(folder.path()).expect("written");
        for name in ["factory-gitlab.1", "factory-gitlab-connect.1", "factory-gitlab-kit-check.1"] {
            let text = std::fs::read_to_string(folder.path().join(name)).expect(name);
            assert!(text.contains("Exit codes"), "{name}");
        }
    }
}
