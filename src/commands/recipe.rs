//! `recipe [NAME] [--dir DIR]`: ready files for CI, Ansible, Kubernetes, systemd and Prometheus.

mod folder;

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, ValueHint};

use super::Context;
use crate::cli::after_help::{after_help, own};
use crate::error::ExitCode::{Done, Problem, Usage};
use crate::error::{ExitCode, Failure, Fix};
use crate::recipe::{self, Recipe};
use crate::text::{Line, Text, Tone, counted};

const LONG: &str = "\
Prints ready files that run this program elsewhere: in CI, by Ansible, in Kubernetes, by a timer of systemd, and the alerts \
for Prometheus. Without a name, lists the recipes.

With --dir, the files are written to a directory. A file that is there and differs is never replaced: then nothing is \
written, and each such file is named.";

/// Print ready files for CI, Ansible, Kubernetes, systemd and Prometheus
#[derive(Args, Debug)]
#[command(long_about = LONG, after_long_help = after_help(
    &[
        own(Done, "printed, written, or already as the recipe has it"),
        own(Problem, "a file differs from the recipe; nothing was written"),
        own(Usage, "usage error: unknown recipe, several files without --dir, the directory cannot be written"),
    ],
    &[
        "factory-gitlab recipe",
        "factory-gitlab recipe gitlab-ci > .gitlab-ci.yml",
        "factory-gitlab recipe ansible --dir .",
    ],
))]
pub struct RecipeArgs {
    /// The recipe
    #[arg(value_name = "NAME", value_parser = names())]
    pub name: Option<String>,

    /// Write the files to this directory, which is created
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, requires = "name")]
    pub dir: Option<PathBuf>,
}

fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(recipe::ALL.iter().map(|recipe| PossibleValue::new(recipe.name).help(recipe.what)))
}

pub(super) async fn recipe(args: RecipeArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    let recipe = args.name.as_deref().and_then(recipe::find);
    match (recipe, args.dir) {
        (None, _) => context.terminal.print_styled(&list())?,
        (Some(recipe), Some(path)) => {
            let path = PathBuf::from(context.env.expand(&path.to_string_lossy()));
            let mut text = Text::new();
            for written in folder::write(recipe, &path)? {
                text.line(Line::new().with(Tone::Good, "written ").plain(written.display().to_string()));
            }
            context.terminal.say(&text);
        }
        (Some(recipe), None) => match recipe.files {
            [file] => context.terminal.print_text(&file.text())?,
            _ => return Err(several(recipe)),
        },
    }
    Ok(ExitCode::Done)
}

fn list() -> Text {
    let width = recipe::ALL.iter().map(|recipe| recipe.name.len()).max().unwrap_or(0);
    let mut text = Text::new();
    for recipe in recipe::ALL {
        text.line(Line::new().with(Tone::Strong, format!("{:<width$}  ", recipe.name)).plain(recipe.what));
    }
    text
}

/// Where standard output goes to a file, a list of names must not become its content.
fn several(recipe: &Recipe) -> Failure {
    let count = counted(recipe.files.len(), "file");
    let files: Vec<&str> = recipe.files.iter().map(|file| file.path).collect();
    Failure::usage(format!("{} has {count}, and --dir is missing", recipe.name))
        .because(format!("its files are {}", files.join(", ")))
        .fix(Fix::run(
            "write them to a directory; here, the current one:",
            format!("factory-gitlab recipe {} --dir .", recipe.name),
        ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_a_line_for_each_recipe() {
        insta::assert_snapshot!(list(), @r"
        gitlab-ci         GitLab CI: verify every night
        gitlab-component  GitLab CI: a project for the CI/CD catalog
        gitlab-fleet      GitLab CI: connect and verify many instances, one table
        ansible           Ansible: a role that connects and verifies
        kubernetes        Kubernetes: a CronJob that verifies
        systemd           systemd: a timer that monitors
        prometheus        Prometheus: alerts over the metrics of monitor
        ");
    }

    #[test]
    fn a_recipe_of_several_files_names_them_and_the_command_that_writes_them() {
        let failure = several(recipe::find("gitlab-component").expect("a recipe"));
        assert_eq!(failure.exit_code(), ExitCode::Usage);
        insta::assert_snapshot!(failure.describe("recipe"), @r"
        error: gitlab-component has 3 files, and --dir is missing
          caused by: its files are templates/verify.yml, .gitlab-ci.yml, README.md
        hint: write them to a directory; here, the current one:
              factory-gitlab recipe gitlab-component --dir .
        ");
    }

    #[test]
    fn an_unknown_recipe_is_a_usage_error_with_the_similar_one() {
        let args = ["factory-gitlab", "recipe", "gitlab-c"].map(std::ffi::OsString::from);
        let Ok(crate::cli::Parsed::Misuse(misuse)) = crate::commands::parse(&args) else {
            unreachable!("it is not a recipe");
        };
        insta::assert_snapshot!(misuse.failure.describe("recipe"), @r"
        error: invalid value 'gitlab-c' for '[NAME]' [possible values: gitlab-ci, gitlab-component, gitlab-fleet, ansible, kubernetes, systemd, prometheus]
        hint: a similar value exists: 'gitlab-ci'
        ");
    }

    /// The commands of the files' comments; what the engines run, `tests/real/recipes` runs.
    #[test]
    fn the_commands_that_a_recipe_names_are_this_programs() {
        let command =
            regex::Regex::new(r"factory-gitlab (recipe [a-z-]+( --dir [./a-z]+)?|kit show)").expect("a pattern");
        for recipe in recipe::ALL {
            let texts: Vec<String> = recipe.files.iter().map(crate::recipe::RecipeFile::text).collect();
            let named = texts.iter().flat_map(|text| command.find_iter(text)).map(|found| found.as_str());
            let named: Vec<&str> = named.collect();
            assert!(!named.is_empty(), "{}", recipe.name);
            for line in named {
                let args: Vec<std::ffi::OsString> = line.split(' ').map(Into::into).collect();
                assert!(matches!(crate::commands::parse(&args), Ok(crate::cli::Parsed::Run(_))), "{line}");
            }
        }
    }
}
