//! Where a report goes: standard output, or a file with the text still on the terminal.

use std::fs::File;
use std::io;
use std::path::Path;

use super::{Context, reports};
use crate::cli::{Outputs, ReportFile};
use crate::env_vars;
use crate::error::{ExitCode, Failure, Fix};
use crate::files::{self, Readers};
use crate::report::{self, FailureReport, Format, Language, LogSection, Rendered, Report, RunInfo};
use crate::secret::{shown_folder, shown_place};
use crate::terminal::{Fold, Terminal, Verbosity};
use crate::text::{Text, shell_word};

pub(super) fn finish(context: &Context<'_>, report: &dyn Report) -> Result<ExitCode, Failure> {
    write_files(context, report)?;
    let terminal = context.terminal;
    match context.outputs.shown {
        Format::Text if folds(context) => print_in_sections(context, report)?,
        Format::Text => terminal.print_styled(&shown(report, terminal))?,
        format => print(terminal, &report::render(report, format, &info(context))?)?,
    }
    Ok(report.exit_code())
}

/// Writes the reports that have a file of their own.
///
/// # Errors
/// A usage error when one cannot be written, or the command has no such form.
pub(super) fn write_files(context: &Context<'_>, report: &dyn Report) -> Result<(), Failure> {
    for ReportFile { format, path } in &context.outputs.files {
        let rendered = report::render(report, *format, &info(context))?;
        write_file(path, |file| rendered.write_to(file))?;
        tracing::info!(path = %path.display(), "the report is written");
    }
    Ok(())
}

fn print(terminal: &Terminal, rendered: &Rendered<'_>) -> Result<(), Failure> {
    match rendered.language() {
        Language::Json => terminal.print_json(|out| rendered.write_to(out)),
        Language::Markup => terminal.print_xml(|out| rendered.write_to(out)),
        Language::Text => terminal.print_lines(|out| rendered.write_to(out)),
    }
}

fn info(context: &Context<'_>) -> RunInfo {
    reports::run_info(context.env, context.args, &context.outputs)
}

/// Whether the text goes into the log of a GitLab job, which folds its parts.
fn folds(context: &Context<'_>) -> bool {
    let is_log = context.env.is_on(env_vars::GITLAB_CI) && !context.env.streams.output;
    is_log && context.terminal.verbosity() > Verbosity::Quiet
}

fn print_in_sections(context: &Context<'_>, report: &dyn Report) -> Result<(), Failure> {
    let (terminal, at) = (context.terminal, context.env.clock.now().as_second());
    let sections = report.log_sections();
    if sections.is_empty() {
        return terminal.print_styled(&shown(report, terminal));
    }
    for LogSection { name, is_folded, text } in &sections {
        match name {
            Some(name) => terminal.print_foldable(&Fold { name, at, is_folded: *is_folded }, text)?,
            None => terminal.print_styled(text)?,
        }
    }
    Ok(())
}

/// The text for the terminal: with `-q`, only its problems.
fn shown(report: &dyn Report, terminal: &Terminal) -> Text {
    if terminal.verbosity() == Verbosity::Quiet { report::problems(report) } else { report::text(report) }
}

/// Writes a file for its owner only, whole or not at all.
///
/// # Errors
/// A usage error when the path cannot be written.
pub(super) fn write_file(path: &Path, write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> Result<(), Failure> {
    files::write_atomically(path, Readers::Owner, write).map_err(|error| cannot_write(path, &error))
}

/// Whether a file can be written there, tried before there is anything to write: a report that cannot be saved must be
/// known before the work is done.
///
/// # Errors
/// A usage error when the path cannot be written.
pub(super) fn require_writable(path: &Path) -> Result<(), Failure> {
    files::require_writable(path).map_err(|error| cannot_write(path, &error))
}

/// Refuses a file that has something in it: evidence of an earlier run is not overwritten. A device is written to as always.
///
/// # Errors
/// A usage error that names a file which does not exist yet.
pub(super) fn require_new(path: &Path, flag: &str) -> Result<(), Failure> {
    if !path.metadata().is_ok_and(|found| found.is_file() && found.len() > 0) {
        return Ok(());
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = path.extension().map(|one| format!(".{}", one.to_string_lossy())).unwrap_or_default();
    let mut others = (2_u32..).map(|number| path.with_file_name(format!("{stem}-{number}{extension}")));
    let failure = Failure::usage(format!("{} exists already and is not overwritten", shown_place(path)))
        .because("it may be the evidence of an earlier run");
    Err(match others.find(|other| !other.exists()) {
        Some(other) => {
            let options = format!("{flag} {}", shell_word(&other.to_string_lossy()));
            failure.fix(Fix::rerun("write to another file", options))
        }
        None => failure.fix(Fix::say("write to another file")),
    })
}

/// Removes the report of an earlier run, which must not be taken for this run's.
///
/// # Errors
/// A usage error when it cannot be removed.
pub(super) fn remove_stale(path: &Path) -> Result<(), Failure> {
    files::remove_regular(path).map_err(|error| cannot_write(path, &error))
}

/// A path that cannot be written; of a folder that does not exist, its name.
pub(super) fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    let failure = Failure::usage(format!("{} cannot be written", shown_place(path)));
    match path.parent().filter(|folder| error.kind() == io::ErrorKind::NotFound && !folder.exists()) {
        Some(folder) => {
            let folder = shown_folder(folder, path);
            failure
                .because(format!("the folder {folder} does not exist"))
                .fix(Fix::say(format!("create {folder} first, or write to a folder that exists")))
        }
        None => failure.because(error.to_string()),
    }
}

/// Opens a log file, which is appended to and readable by its owner only.
///
/// # Errors
/// A usage error when the file cannot be opened.
pub(super) fn open_log(path: &Path) -> Result<File, Failure> {
    files::open_to_append(path).map_err(|error| {
        Failure::usage(format!("the log file {} cannot be written", shown_place(path))).with_chain(&error)
    })
}

/// Writes the failure of a whole command as each report that was asked for, so that what reads a report finds why there is
/// none, and never that of an earlier run. Its text goes to standard error as always.
pub(super) fn failure(terminal: &Terminal, failure: &Failure, outputs: &Outputs, info: &RunInfo) {
    let report = FailureReport { failure, running: terminal.running() };
    // An error in writing this must not hide the failure itself, which is printed next.
    for ReportFile { format, path } in &outputs.files {
        let rendered = report::render(&report, *format, info);
        let _failure_is_said_anyway = rendered.and_then(|rendered| write_file(path, |file| rendered.write_to(file)));
    }
    if outputs.shown != Format::Text {
        let rendered = report::render(&report, outputs.shown, info);
        let _failure_is_said_anyway = rendered.and_then(|rendered| print(terminal, &rendered));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fails(terminal: &Terminal, failed: &Failure, outputs: &Outputs) {
        failure(terminal, failed, outputs, &RunInfo::default());
    }

    fn shown(format: Format) -> Outputs {
        Outputs { shown: format, files: Vec::new() }
    }

    #[test]
    fn a_failure_is_one_json_document_with_the_exit_code() {
        let terminal = Terminal::captured(b"");
        let failed = Failure::usage("two things are missing").fix(Fix::say("give them"));
        fails(&terminal, &failed, &shown(Format::Json));
        let document: serde_json::Value = serde_json::from_str(&terminal.captured_text().0).expect("one document");
        assert_eq!(document["exit_code"], 2);
        assert_eq!(document["error"]["kind"], "usage");
        assert_eq!(document["error"]["fixes"][0]["text"], "give them");
        fails(&terminal, &failed, &shown(Format::Text));
        assert_eq!(terminal.captured_text().1, "");
    }

    #[test]
    fn a_failure_replaces_each_report_of_an_earlier_run() {
        let folder = tempfile::tempdir().expect("a folder");
        let failed = Failure::usage("the kit cannot be read").because("no such file");
        let wanted = [
            (Format::Text, "error: the kit cannot be read"),
            (Format::Json, "\"schema\": \"factory-gitlab/error/v1\""),
            (Format::Html, "error: the kit cannot be read"),
            (Format::Junit, "<error message=\"the kit cannot be read\" type=\"usage\">"),
            (Format::Annotations, "\"Factory connection\": []"),
        ];
        let files = wanted.map(|(format, _)| ReportFile { format, path: folder.path().join(format.name()) });
        for ReportFile { path, .. } in &files {
            write_file(path, |file| file.write_all(b"an earlier report")).expect("written");
        }
        let terminal = Terminal::captured(b"").for_command("verify");
        fails(&terminal, &failed, &Outputs { shown: Format::Text, files: files.to_vec() });
        for (ReportFile { format, path }, (_, holds)) in files.iter().zip(wanted) {
            let report = std::fs::read_to_string(path).expect("a report");
            assert!(report.contains(holds) && !report.contains("earlier"), "{format:?}: {report}");
        }
        let junit = std::fs::read_to_string(folder.path().join("junit")).expect("a report");
        assert!(junit.contains("errors=\"1\"") && junit.contains("name=\"verify\""), "{junit}");
    }

    #[test]
    fn a_folder_that_does_not_exist_is_named() {
        let failure = require_writable(Path::new("/no/such/report.json")).expect_err("no such folder");
        assert_eq!(failure.causes, ["the folder /no/such does not exist"]);
        assert_eq!(failure.exit_code(), ExitCode::Usage);
    }

    #[test]
    fn a_log_file_that_cannot_be_written_is_a_usage_error() {
        let failure = open_log(Path::new("/no/such/folder/log")).expect_err("no such folder");
        assert_eq!(failure.exit_code(), ExitCode::Usage);
    }

    #[cfg(unix)]
    #[test]
    fn a_written_file_is_its_owners_and_whole() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("report.json");
        let put = |path: &Path, bytes: &[u8]| write_file(path, |file| file.write_all(bytes));
        put(&path, b"one").and_then(|()| put(&path, b"two")).expect("written");
        assert_eq!(std::fs::read(&path).expect("readable"), b"two");
        assert_eq!(std::fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
        put(Path::new("/dev/null"), b"x").expect("a device is written to, not replaced");
        let failure = put(&folder.path().join("no/such"), b"x").expect_err("no such folder");
        assert_eq!(failure.exit_code(), ExitCode::Usage);
    }
}
