//! Where a report goes: standard output, or a file with the text still on the terminal.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use super::Context;
use crate::error::{ExitCode, Failure, FailureKind};
use crate::files::{self, Readers};
use crate::report::{self, FixJson, Format, Json, Report};
use crate::secret::shown_place;
use crate::terminal::Terminal;
use crate::text::Text;

pub(super) fn finish(context: &Context<'_>, report: &dyn Report) -> Result<ExitCode, Failure> {
    let terminal = context.terminal;
    match (&context.output_file, context.format) {
        (Some(path), format) => {
            let rendered = report::render(report, format)?;
            write_file(path, |file| rendered.write_to(file))?;
            terminal.print_styled(&report::text(report))?;
        }
        (None, Format::Text) => terminal.print_styled(&report::text(report))?,
        (None, Format::Json) => {
            let rendered = report::render(report, Format::Json)?;
            terminal.print_json(|out| rendered.write_to(out))?;
        }
        (None, Format::Junit) => {
            let rendered = report::render(report, Format::Junit)?;
            terminal.print_xml(|out| rendered.write_to(out))?;
        }
    }
    Ok(report.exit_code())
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

pub(super) fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::usage(format!("{} cannot be written", shown_place(path))).because(error.to_string())
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

/// Writes the failure of a whole command as the one document that `-o json` promises. Its text goes to
/// standard error as always.
pub(super) fn failure(terminal: &Terminal, failure: &Failure, format: Format, file: Option<&Path>) {
    if format != Format::Json {
        return;
    }
    let report = FailureReport { failure, running: terminal.running() };
    let Ok(rendered) = report::render(&report, Format::Json) else { return };
    // An error in writing this must not hide the failure itself, which is printed next.
    let _failure_is_said_anyway = match file {
        Some(path) => write_file(path, |file| rendered.write_to(file)),
        None => terminal.print_json(|out| rendered.write_to(out)),
    };
}

struct FailureReport<'a> {
    failure: &'a Failure,
    /// The command that is running, for the fixes that run it again.
    running: Arc<str>,
}

#[derive(Serialize)]
struct FailureDocument<'r> {
    schema: &'static str,
    error: ErrorJson<'r>,
    exit_code: u8,
}

#[derive(Serialize)]
struct ErrorJson<'r> {
    kind: &'static str,
    message: &'r str,
    causes: &'r [String],
    fixes: Vec<FixJson<'r>>,
}

impl Report for FailureReport<'_> {
    fn text(&self, text: &mut Text) {
        self.failure.describe(&self.running).lines().for_each(|line| text.line(line));
    }

    fn json(&self, into: Json<'_>) -> io::Result<()> {
        let Failure { kind, message, causes, fixes } = self.failure;
        let fixes = FixJson::all(fixes, &self.running);
        into.sorted_document(&FailureDocument {
            schema: "factory-gitlab/error/v1",
            error: ErrorJson { kind: name(*kind), message, causes, fixes },
            exit_code: self.exit_code() as u8,
        })
    }

    fn exit_code(&self) -> ExitCode {
        self.failure.exit_code()
    }
}

const fn name(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Problem => "problem",
        FailureKind::Usage => "usage",
        FailureKind::Unknown => "unknown",
        FailureKind::Interrupted => "interrupted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Fix;

    #[test]
    fn a_failure_is_one_json_document_with_the_exit_code() {
        let terminal = Terminal::captured(b"");
        let failed = Failure::usage("two things are missing").fix(Fix::say("give them"));
        failure(&terminal, &failed, Format::Json, None);
        let document: serde_json::Value = serde_json::from_str(&terminal.captured_text().0).expect("one document");
        assert_eq!(document["exit_code"], 2);
        assert_eq!(document["error"]["kind"], "usage");
        assert_eq!(document["error"]["fixes"][0]["text"], "give them");
        failure(&terminal, &failed, Format::Text, None);
        assert_eq!(terminal.captured_text().1, "");
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
