//! Which reports a command writes, and where: known before its work is done, and where it fails before it has one.

use std::ffi::OsString;
use std::path::Path;

use super::kit::KitCommand;
use super::{Command, output, runs_another};
use crate::cli::{Cli, Invocation, Outputs, WantedReports};
use crate::env::Env;
use crate::env_vars;
use crate::error::{Failure, Fix};
use crate::report::{self, Format, RunInfo};
use crate::text::shell_word;

/// The reports of a command line that is not understood. A text's file is left alone: what the command would have written to
/// it is not known.
pub(super) fn of_checks(args: &[OsString]) -> Outputs {
    let mut outputs = WantedReports::read(args).outputs();
    outputs.files.retain(|file| file.format != Format::Text);
    outputs
}

/// The reports that a failure of the command is written to. The file of a text is that of a report only where the command
/// reports checks: `bundle open` writes a bundle to it.
pub(super) fn wanted(invocation: &Invocation<Command>, args: &[OsString]) -> Outputs {
    let command = &invocation.cli.command;
    let is_read = |path: &Path| matches!(command, Command::Audit(args) if args.reads(path));
    let mut outputs = WantedReports::read(args).outputs();
    outputs.files.retain(|file| (file.format != Format::Text || reports_checks(command)) && !is_read(&file.path));
    outputs
}

/// Whether the command has a report on checks, which JUnit is for.
fn reports_checks(command: &Command) -> bool {
    match command {
        Command::Network(args) => args.reports_checks(),
        command => matches!(command, Command::Verify(_) | Command::Exercise(_)),
    }
}

/// What must be known of the reports before the work is done: that they can be written, and that the command has them. From
/// then on no file has the report of an earlier run: where this run is killed there is none.
pub(super) fn require_reports(cli: &Cli<Command>, args: &[OsString]) -> Result<Outputs, Failure> {
    let global = &cli.global;
    let wanted = match runs_another(&cli.command) {
        true => WantedReports { formats: global.output_format.clone(), file: global.output_file.clone() },
        false => WantedReports::read(args),
    };
    let outputs = Outputs::new(&wanted.formats, wanted.file.as_deref())?;
    if has_no_report(&cli.command) && outputs != Outputs::default() {
        return Err(Failure::usage("the command prints what it makes, and has no report")
            .fix(Fix::say("leave out -o and --output-file")));
    }
    for file in &outputs.files {
        output::require_writable(&file.path)?;
    }
    if let Some(format) = outputs.formats().find(|format| !has_form(&cli.command, *format)) {
        return Err(match (&cli.command, format) {
            (Command::Monitor(_), Format::Junit) => {
                Failure::usage("monitor has no JUnit form; choose -o text, -o json or -o html")
            }
            _ => report::has_no_form(format),
        });
    }
    if reports_checks(&cli.command) {
        outputs.files.iter().try_for_each(|file| output::remove_stale(&file.path))?;
    }
    Ok(outputs)
}

/// Commands that print a script, a page or a file instead of a report.
fn has_no_report(command: &Command) -> bool {
    match command {
        Command::Recipe(_) | Command::Completions(_) | Command::Man(_) => true,
        Command::Kit(args) => matches!(args.command, KitCommand::Template),
        _ => false,
    }
}

fn has_form(command: &Command, format: Format) -> bool {
    let has = match format {
        Format::Text | Format::Json => true,
        Format::Junit => reports_checks(command),
        Format::Sarif => matches!(command, Command::Audit(_)),
        Format::Annotations => reports_checks(command) && !matches!(command, Command::Exercise(_)),
        Format::Html => reports_checks(command) || has_html(command),
    };
    has || runs_another(command)
}

/// Whether the command has a page without reporting checks.
const fn has_html(command: &Command) -> bool {
    matches!(
        command,
        Command::Audit(_) | Command::Monitor(_) | Command::Connect(_) | Command::Rotate(_) | Command::Disconnect(_)
    )
}

/// Options whose values may be private: an address with a password, a line of the shell.
const PRIVATE: [&str; 2] = ["proxy", "notify-command"];

/// When and how a report was asked for.
pub(super) fn run_info(env: &Env, args: &[OsString], outputs: &Outputs) -> RunInfo {
    let page = outputs.file_of(Format::Html).map(|path| {
        let folder = env.var(env_vars::CI_PROJECT_DIR).map(Path::new);
        folder.and_then(|folder| path.strip_prefix(folder).ok()).unwrap_or(path).to_string_lossy().into_owned()
    });
    RunInfo { at: env.clock.now(), command_line: command_line(args), attachment: page }
}

fn command_line(args: &[OsString]) -> String {
    let mut words = vec![env!("CARGO_PKG_NAME").to_owned()];
    let mut is_private = false;
    for arg in args.iter().skip(1) {
        let text = arg.to_string_lossy();
        let (name, value) = text.split_once('=').map_or((&*text, None), |(name, value)| (name, Some(value)));
        let names_private = name.strip_prefix("--").is_some_and(|name| PRIVATE.contains(&name));
        words.push(match value {
            _ if is_private => "…".to_owned(),
            Some(_) if names_private => format!("{name}=…"),
            _ => shell_word(&text),
        });
        is_private = !is_private && names_private && value.is_none();
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    fn understood(args: &[OsString]) -> Invocation<Command> {
        match crate::commands::parse(args) {
            Ok(crate::cli::Parsed::Run(invocation)) => *invocation,
            other => unreachable!("{args:?}: {other:?}"),
        }
    }

    fn required(line: &str) -> Result<Outputs, Failure> {
        let args = words(line);
        require_reports(&understood(&args).cli, &args)
    }

    #[test]
    fn a_report_that_cannot_be_had_is_refused_before_any_work_is_done() {
        for (line, wanted) in [
            ("x connect -o junit", "reports no checks"),
            ("x connect -o json -o sarif=r", "has no SARIF form"),
            ("x exercise -o annotations=r", "has no annotations"),
            ("x status -o html=r", "has no such page"),
            ("x monitor -o junit", "monitor has no JUnit form"),
            ("x verify -o json=/no/such/folder/r", "/no/such/folder/r cannot be written"),
            ("x -o json verify -o junit", "two reports would go to one place"),
            ("x -o json=r verify -o junit=./r", "two reports would go to the file"),
        ] {
            let failure = required(line).expect_err(line);
            assert!(failure.message.contains(wanted), "{line}: {}", failure.message);
        }
    }

    #[test]
    fn every_form_of_a_command_is_taken() {
        use Format::{Annotations, Html, Json, Junit, Sarif, Text};
        for (line, formats) in [
            ("x verify", &[Text, Json, Html, Junit, Annotations][..]),
            ("x network check", &[Text, Json, Html, Junit, Annotations]),
            ("x exercise", &[Text, Json, Html, Junit]),
            ("x audit", &[Text, Json, Html, Sarif]),
            ("x connect", &[Text, Json, Html]),
            ("x monitor", &[Text, Json, Html]),
            ("x status", &[Text, Json]),
        ] {
            let command = understood(&words(line)).cli.command;
            for format in [Text, Json, Html, Junit, Annotations, Sarif] {
                assert_eq!(has_form(&command, format), formats.contains(&format), "{line} {format:?}");
            }
        }
    }

    #[test]
    fn the_command_line_of_a_page_has_no_private_value() {
        for (line, wanted) in [
            ("x verify --only webhook.*", "factory-gitlab verify --only 'webhook.*'"),
            ("x verify --proxy http://a:b@c -q", "factory-gitlab verify --proxy … -q"),
            ("x --proxy=http://a:b@c verify", "factory-gitlab --proxy=… verify"),
            ("x monitor --notify-command", "factory-gitlab monitor --notify-command"),
        ] {
            assert_eq!(command_line(&words(line)), wanted);
        }
    }

    #[test]
    fn a_page_is_attached_by_its_path_within_the_project() {
        let files = vec![crate::cli::ReportFile { format: Format::Html, path: "/builds/a/out/r.html".into() }];
        let outputs = Outputs { shown: Format::Text, files };
        let attached = |env: &Env| run_info(env, &words("x verify"), &outputs).attachment;
        assert_eq!(attached(&Env::empty()).as_deref(), Some("/builds/a/out/r.html"));
        let env = Env::empty().with_variables([("CI_PROJECT_DIR".to_owned(), "/builds/a".into())]);
        assert_eq!(attached(&env).as_deref(), Some("out/r.html"));
    }
}
