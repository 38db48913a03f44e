//! `man`: the manual pages.

mod page;

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};

use self::page::page;
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
        None => {
            let mut command = super::command();
            command.build();
            context.terminal.print_text(&page(&command)?)?;
        }
    }
    Ok(ExitCode::Done)
}

fn write_all(folder: &Path) -> Result<(), Failure> {
    // `help` shows the pages of the other commands; one of its own would say nothing.
    let mut all = super::command().disable_help_subcommand(true);
    all.build();
    let mut waiting = vec![&all];
    while let Some(command) = waiting.pop() {
        // What `help` takes has its pages already.
        waiting.extend(command.get_subcommands().filter(|below| below.get_name() != "help"));
        let page = page(command)?;
        let path = folder.join(format!("{}.1", page::name(command)));
        files::write_atomically(&path, Readers::Everyone, |file| file.write_all(page.as_bytes()))
            .map_err(|error| output::cannot_write(&path, &error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each page with its name.
    fn pages() -> Vec<(String, String)> {
        let folder = tempfile::tempdir().expect("a folder");
        write_all(folder.path()).expect("written");
        let files = std::fs::read_dir(folder.path()).expect("a folder").map(|entry| entry.expect("an entry").path());
        files
            .map(|path| {
                let name = path.file_name().expect("a name").to_string_lossy().into_owned();
                (name, std::fs::read_to_string(&path).expect("a page"))
            })
            .collect()
    }

    #[test]
    fn every_command_has_a_page_with_its_date_its_variables_and_its_exit_codes() {
        let pages = pages();
        let names: Vec<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
        for name in ["factory-gitlab.1", "factory-gitlab-connect.1", "factory-gitlab-kit-check.1"] {
            assert!(names.contains(&name), "{name} is not in {names:?}");
        }
        assert!(!names.iter().any(|name| name.contains("help")), "{names:?}");
        for (name, text) in &pages {
            let title = text.lines().find(|line| line.starts_with(".TH")).expect("a title");
            assert!(title.contains(page::DATE), "{name}: {title}");
            for heading in [".SH NAME", ".SH SYNOPSIS", ".SH ENVIRONMENT", ".SH \"EXIT STATUS\"", ".SH EXAMPLES"] {
                assert!(text.lines().any(|line| line == heading), "{name} lacks {heading}");
            }
            assert!(text.contains("FACTORY_GITLAB_STATE_DIR") && text.contains("GITLAB_TOKEN"), "{name}");
            assert!(!text.contains("EXTRA"), "{name}");
        }
    }

    #[test]
    fn a_variable_is_on_the_pages_of_the_commands_that_take_it() {
        let pages = pages();
        let has = |name: &str| {
            let page = pages.iter().find(|(page, _)| page == name).expect(name);
            page.1.contains("FACTORY_GITLAB_APPLICATION_SECRET")
        };
        assert!(has("factory-gitlab.1") && has("factory-gitlab-connect.1") && has("factory-gitlab-verify.1"));
        assert!(!has("factory-gitlab-status.1"));
    }

    #[cfg(unix)]
    #[test]
    fn everybody_may_read_a_page() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        write_all(folder.path()).expect("written");
        let mode = std::fs::metadata(folder.path().join("factory-gitlab.1")).expect("a page").permissions().mode();
        assert_eq!(mode & 0o044, 0o044, "{mode:o}");
    }
}
