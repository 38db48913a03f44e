//! The log: to standard error with `-v` (what is done) and `-vv` (each request), and to a file as JSON lines. Sanitized and redacted like all output.

use std::fs::File;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::{Terminal, Verbosity, sanitize};
use crate::error::Failure;
use crate::secret::redact_json;
use crate::text::escape_harmful_in_json;

/// Starts the log. A second start in one process (a command inside the sandbox) has no effect.
pub fn start(terminal: &Terminal, file: Option<File>) {
    let to_error = match terminal.verbosity() {
        Verbosity::Quiet | Verbosity::Normal => LevelFilter::OFF,
        // What is done.
        Verbosity::Verbose => LevelFilter::INFO,
        // Each request.
        Verbosity::Trace => LevelFilter::TRACE,
    };
    let to_file = file.map(LogFile::new);
    let for_terminal = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .without_time()
        .with_target(false)
        .with_writer(ToTerminal(terminal.clone()))
        .with_filter(ours(to_error));
    let for_file = to_file.map(|file| {
        tracing_subscriber::fmt::layer().json().with_ansi(false).with_writer(file).with_filter(ours(LevelFilter::TRACE))
    });
    let _already_started = tracing_subscriber::registry().with(for_terminal).with(for_file).try_init();
}

/// Only this program's own events: libraries may log secrets.
fn ours(level: LevelFilter) -> Targets {
    Targets::new().with_target("factory_gitlab", level)
}

#[derive(Clone)]
struct ToTerminal(Terminal);

impl<'a> MakeWriter<'a> for ToTerminal {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Write for ToTerminal {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // One event is one line, even if it quotes a server's text with line breaks.
        let event = String::from_utf8_lossy(bytes);
        self.0.print_error_text(&format!("{}\n", sanitize::line(event.trim_end_matches('\n'))));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A log file; every line is redacted on its way there.
#[derive(Clone)]
struct LogFile(Arc<Mutex<File>>);

impl LogFile {
    fn new(file: File) -> Self {
        Self(Arc::new(Mutex::new(file)))
    }
}

impl<'a> MakeWriter<'a> for LogFile {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Write for LogFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = String::from_utf8_lossy(bytes);
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(escape_harmful_in_json(&redact_json(&line)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).flush()
    }
}

/// Turns a panic into a plain failure without its payload, which may hold a secret, and ends the program.
pub fn on_panic(terminal: &Terminal) {
    let terminal = terminal.clone();
    std::panic::set_hook(Box::new(move |info| {
        terminal.restore();
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let failure = Failure::problem("internal error in factory-gitlab")
            .because(format!("at {place} of version {}", env!("CARGO_PKG_VERSION")))
            .fix(crate::error::Fix::say(
                "completed steps are recorded: run the same command again, and report this message",
            ));
        terminal.fail(&failure);
        exit(failure.exit_code() as i32);
    }));
}

#[expect(clippy::exit, clippy::disallowed_methods, reason = "a panic must not print its payload on the way out")]
fn exit(code: i32) {
    std::process::exit(code);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test makes the log file itself")]
    fn secrets_are_redacted_from_log_lines() {
        let _registered = crate::secret::WebhookToken::new("log-canary-5512").expect("a token");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log.jsonl");
        let mut file = LogFile::new(File::create(&path).expect("a log file"));
        file.write_all(b"{\"message\":\"log-canary-5512\"}\n").expect("written");
        assert_eq!(std::fs::read_to_string(&path).expect("readable"), "{\"message\":\"[redacted]\"}\n");
    }
}
