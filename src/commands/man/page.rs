//! One manual page: what clap knows of a command, with its variables, exit codes and examples under the usual headings.

use clap::Command;
use clap_mangen::Man;

use crate::cli::after_help::AfterHelp;
use crate::env_vars;
use crate::error::Failure;
use crate::settings::{self, Commands, Definition, ValueKind};

/// When what the pages say last changed; a release sets it. Not the day of the build: the same source gives the same pages.
pub(super) const DATE: &str = "2026-11-25";

/// The name of a command's page: `factory-gitlab-kit-show`.
pub(super) fn name(command: &Command) -> &str {
    // After `build` a command's display name is the whole path.
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

/// The page of a command that was built (`Command::build`).
pub(super) fn page(command: &Command) -> Result<String, Failure> {
    let mut page =
        rendered(command).map_err(|error| Failure::problem("the manual page cannot be made").with_chain(&error))?;
    page.push_str(&environment(command));
    let after = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    let AfterHelp { exit_codes, examples } = AfterHelp::read(&after);
    page.push_str(&section("EXIT STATUS", &exit_codes));
    page.push_str(".SH EXAMPLES\n.nf\n");
    for example in examples {
        page.push_str(&format!("{}\n", escaped(example)));
    }
    page.push_str(".fi\n");
    Ok(page)
}

/// The parts that clap_mangen makes.
fn rendered(command: &Command) -> std::io::Result<String> {
    let man = Man::new(command.clone()).date(DATE).manual("factory-gitlab manual");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    // clap_mangen breaks the line before and after an empty one, which mandoc warns of.
    Ok(String::from_utf8_lossy(&page).replace("\n.br\n\n.br\n", "\n\n"))
}

/// The variables of the settings that the command takes, and those that every command reads. The page of the program has
/// all of them.
fn environment(command: &Command) -> String {
    let path = command.get_bin_name().unwrap_or_default();
    let path = path.strip_prefix("factory-gitlab").unwrap_or(path).trim_start();
    let is_taken = |commands: Commands| match commands {
        Commands::All => true,
        Commands::Only(paths) => path.is_empty() || paths.contains(&path),
    };
    let settings = settings::all().filter(|setting| is_taken(setting.commands));
    let of_settings = settings.filter_map(|setting| Some((setting.variable?, meaning(setting))));
    let others = env_vars::ALL.iter().map(|variable| (variable.name, variable.meaning.to_owned()));
    let rows: Vec<(&str, String)> = of_settings.chain(others).collect();
    section("ENVIRONMENT", &rows.iter().map(|(name, meaning)| (*name, meaning.as_str())).collect::<Vec<_>>())
}

/// What the variable of a setting holds: a secret itself, where the flag names a file.
fn meaning(setting: &Definition) -> String {
    match setting.kind {
        ValueKind::Secret => format!("The secret itself: {}", setting.name),
        _ => setting.help.to_owned(),
    }
}

/// A section of terms with their meanings.
fn section(heading: &str, rows: &[(&str, &str)]) -> String {
    let heading = if heading.contains(' ') { format!("\"{heading}\"") } else { heading.to_owned() };
    let mut text = format!(".SH {heading}\n");
    for (term, meaning) in rows {
        text.push_str(&format!(".TP\n\\fB{}\\fR\n{}\n", escaped(term), escaped(meaning)));
    }
    text
}

/// A line of text, with what means something to roff escaped.
fn escaped(line: &str) -> String {
    let line = line.replace('\\', "\\e").replace('-', "\\-");
    if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line }
}
