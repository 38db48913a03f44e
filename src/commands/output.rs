//! Where a report goes: standard output, or a file with the text still on the terminal.

use std::io;
use std::path::Path;

use serde::Serialize;

use super::Context;
use crate::error::{ExitCode, Failure, Kind};
use crate::report::{self, FixJson, Format, Json, Report};
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
            terminal.print_lines(|out| rendered.write_to(out))?;
        }
    }
    Ok(report.exit_code())
}

/// Writes a file at once and for its owner only; a reader never sees half of it.
///
/// # Errors
/// Wrong use when the path cannot be written.
pub(super) fn write_file(path: &Path, write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> Result<(), Failure> {
    let cannot = |error: std::io::Error| {
        Failure::usage(format!("{} cannot be written", path.display())).because(error.to_string())
    };
    // A device or a pipe cannot be replaced by a file beside it.
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        let device = std::fs::OpenOptions::new().write(true).open(path);
        return device.and_then(|mut device| write(&mut device)).map_err(cannot);
    }
    let mut file = tempfile::NamedTempFile::new_in(folder_of(path)).map_err(cannot)?;
    write(&mut file).and_then(|()| file.as_file().sync_all()).map_err(cannot)?;
    file.persist(path).map_err(|error| cannot(error.error))?;
    Ok(())
}

/// Whether a file can be written there, tried before there is anything to write: a report that has no place must not
/// come to light after the work.
///
/// # Errors
/// Wrong use when the path cannot be written.
pub(super) fn require_writable(path: &Path) -> Result<(), Failure> {
    let cannot = |why: String| Failure::usage(format!("{} cannot be written", path.display())).because(why);
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => return Err(cannot("it is a folder".to_owned())),
        Ok(found) if !found.is_file() => return Ok(()),
        _ => {}
    }
    // Dropped, it is gone again.
    tempfile::NamedTempFile::new_in(folder_of(path)).map(drop).map_err(|error| cannot(error.kind().to_string()))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes the failure of a whole command as the one document that `-o json` promises. Its text goes to standard error as always.
pub(super) fn failure(terminal: &Terminal, failure: &Failure, format: Format, file: Option<&Path>) {
    if format != Format::Json {
        return;
    }
    let report = FailureReport { failure, running: terminal.running() };
    let Ok(rendered) = report::render(&report, Format::Json) else { return };
    // That this cannot be written must not hide the failure itself, which is said next.
    let _failure_is_said_anyway = match file {
        Some(path) => write_file(path, |file| rendered.write_to(file)),
        None => terminal.print_json(|out| rendered.write_to(out)),
    };
}

struct FailureReport<'a> {
    failure: &'a Failure,
    /// The command that is running, for the fixes that run it again.
    running: &'static str,
}

#[derive(Serialize)]
struct Document<'r> {
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
        self.failure.describe(self.running).lines().for_each(|line| text.line(line));
    }

    fn json(&self, into: Json<'_>) -> io::Result<()> {
        let Failure { kind, message, causes, fixes } = self.failure;
        let fixes = FixJson::all(fixes, self.running);
        into.sorted_document(&Document {
            schema: "factory-gitlab/error/v1",
            error: ErrorJson { kind: name(*kind), message, causes, fixes },
            exit_code: self.exit_code() as u8,
        })
    }

    fn exit_code(&self) -> ExitCode {
        self.failure.exit_code()
    }
}

const fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Problem => "problem",
        Kind::Usage => "usage",
        Kind::Unknown => "unknown",
        Kind::Interrupted => "interrupted",
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
        let document: serde_json::Value = serde_json::from_str(&terminal.heard().0).expect("one document");
        assert_eq!(document["exit_code"], 2);
        assert_eq!(document["error"]["kind"], "usage");
        assert_eq!(document["error"]["fixes"][0]["text"], "give them");
        failure(&terminal, &failed, Format::Text, None);
        assert_eq!(terminal.heard().1, "");
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
