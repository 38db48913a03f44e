//! The only user of the terminal: standard streams, colors, prompts, progress, Ctrl-C, log.
//!
//! Data goes to standard output, conversation to standard error. Everything that is printed is sanitized ([`sanitize`]) and
//! loses the secrets of this process. Styled text is wrapped at the width of a terminal, and stays whole in files and pipes.

mod browser;
pub mod interrupt;
pub mod log;
pub mod progress;
pub mod prompt;
pub mod sanitize;
mod shell;
mod stdin;
mod streams;
mod style;
mod wrap;

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use crate::env::{Clock, Env};
use crate::env_vars;
use crate::error::Failure;
use crate::line_writer::LineWriter;
use crate::secret::{redact, redact_json};
use crate::text::{Line, Text, Tone, escape_harmful_in_json};

pub use self::shell::ShellError;
use self::stdin::StandardInput;
pub use self::stdin::StdinError;
use self::streams::{Columns, StandardStreams, Stream, StreamKind, Style};

/// When to use color (`--color`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub enum ColorChoice {
    #[default]
    Auto,
    Always,
    Never,
}

impl ColorChoice {
    /// Whether a stream is colored. `NO_COLOR` and `CLICOLOR_FORCE` count more than what the stream is.
    fn is_on(self, env: &Env, stream: StreamKind) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto if env.var(env_vars::NO_COLOR).is_some() => false,
            Self::Auto if env.is_on(env_vars::CLICOLOR_FORCE) => true,
            Self::Auto => stream == StreamKind::Terminal && env.var(env_vars::TERM) != Some("dumb"),
        }
    }
}

/// How much is printed to standard error (`-q`, `-v`, `-vv`).
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum Verbosity {
    /// Only warnings and failures.
    Quiet,
    #[default]
    Normal,
    Verbose,
    /// Every request.
    Trace,
}

/// A part of a job's log.
#[derive(Clone, Copy, Debug)]
pub struct Fold<'a> {
    /// Letters, digits and underscores.
    pub name: &'a str,
    /// When it began, in seconds since 1970.
    pub at: i64,
    pub is_folded: bool,
}

/// The terminal. Clones are the same terminal.
#[derive(Clone)]
pub struct Terminal {
    inner: Arc<TerminalState>,
    /// The command that is running, for the fixes that run it again.
    running: Arc<str>,
}

struct TerminalState {
    streams: StandardStreams,
    stdin: StandardInput,
    verbosity: Verbosity,
    clock: Clock,
    /// Standard error is a terminal with a cursor: progress is a bar there, and lines elsewhere.
    draws_progress: bool,
    /// It cannot move its cursor.
    is_dumb: bool,
    bars: indicatif::MultiProgress,
    /// When the last line about progress was printed.
    last_line: Mutex<Option<Instant>>,
}

impl Terminal {
    #[must_use]
    pub fn new(env: &Env, color: ColorChoice, verbosity: Verbosity) -> Self {
        let style = |stream| Style { colored: color.is_on(env, stream), columns: columns(env, stream) };
        let kind = |is_terminal| if is_terminal { StreamKind::Terminal } else { StreamKind::FileOrPipe };
        let streams =
            StandardStreams::Real { output: style(kind(env.streams.output)), error: style(kind(env.streams.error)) };
        console::set_colors_enabled_stderr(streams.look(Stream::Error).colored);
        Self::with_streams(streams, StandardInput::real(), verbosity, env)
    }

    /// A terminal that keeps what is printed.
    #[cfg(test)]
    pub(crate) fn captured(stdin: &[u8]) -> Self {
        Self::with_streams(
            StandardStreams::captured(),
            StandardInput::holding(stdin.to_vec()),
            Verbosity::Normal,
            &Env::empty(),
        )
    }

    fn with_streams(streams: StandardStreams, stdin: StandardInput, verbosity: Verbosity, env: &Env) -> Self {
        let is_dumb = env.var(env_vars::TERM).is_some_and(|term| DUMB.contains(&term));
        let draws_progress = env.streams.error && !is_dumb;
        let target = if draws_progress && verbosity > Verbosity::Quiet {
            indicatif::ProgressDrawTarget::stderr()
        } else {
            indicatif::ProgressDrawTarget::hidden()
        };
        let bars = indicatif::MultiProgress::with_draw_target(target);
        Self {
            inner: Arc::new(TerminalState {
                streams,
                stdin,
                verbosity,
                clock: env.clock.system(),
                draws_progress,
                is_dumb,
                bars,
                last_line: Mutex::default(),
            }),
            running: "".into(),
        }
    }

    /// The same terminal, for the command `running`: hints name it.
    #[must_use]
    pub fn for_command(self, running: &str) -> Self {
        Self { running: running.into(), ..self }
    }

    /// The command that is running.
    #[must_use]
    pub fn running(&self) -> Arc<str> {
        Arc::clone(&self.running)
    }

    /// What was printed so far, to standard output and to standard error.
    #[cfg(test)]
    pub(crate) fn captured_text(&self) -> (String, String) {
        self.inner.streams.captured_text()
    }

    /// Prints styled text as data, to standard output.
    ///
    /// # Errors
    /// When standard output cannot be written. A closed pipe (`| head`) is not an error.
    pub fn print_styled(&self, text: &Text) -> Result<(), Failure> {
        let rendered = style::render(text, self.inner.streams.look(Stream::Output));
        self.write(Stream::Output, rendered.as_bytes())
    }

    /// Prints styled text as a part that GitLab's job log can fold. gitlab: doc/ci/jobs/job_logs.md, custom collapsible sections
    ///
    /// # Errors
    /// As [`Terminal::print_styled`].
    pub fn print_foldable(&self, fold: &Fold<'_>, text: &Text) -> Result<(), Failure> {
        let Fold { name, at, is_folded } = fold;
        let options = if *is_folded { "[collapsed=true]" } else { "" };
        let rendered = style::render(text, self.inner.streams.look(Stream::Output));
        let marked = format!(
            "\u{1b}[0Ksection_start:{at}:fg_{name}{options}\r\u{1b}[0K{rendered}\u{1b}[0Ksection_end:{at}:fg_{name}\r\u{1b}[0K\n"
        );
        self.write(Stream::Output, marked.as_bytes())
    }

    /// Prints the JSON document that `write` gives. Characters that a terminal would act on become `\u` escapes, which mean the
    /// same in JSON.
    ///
    /// # Errors
    /// As [`Terminal::print_styled`].
    pub fn print_json(&self, write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> Result<(), Failure> {
        self.print(|text| escape_harmful_in_json(&redact_json(text)).into_owned(), write)
    }

    /// Prints any other text of several lines: help, a completion script, XML.
    ///
    /// # Errors
    /// As [`Terminal::print_styled`].
    pub fn print_text(&self, text: &str) -> Result<(), Failure> {
        self.print_lines(|out| out.write_all(text.as_bytes()))
    }

    /// As [`Terminal::print_text`], for a text that `write` gives in parts.
    ///
    /// # Errors
    /// As [`Terminal::print_styled`].
    pub fn print_lines(&self, write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> Result<(), Failure> {
        self.print(|text| sanitize::lines(&redact(text)).into_owned(), write)
    }

    /// As [`Terminal::print_lines`], for XML that is redacted already: doing it again could break its tags.
    ///
    /// # Errors
    /// As [`Terminal::print_styled`].
    pub fn print_xml(&self, write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> Result<(), Failure> {
        self.print(|text| sanitize::lines(text).into_owned(), write)
    }

    fn print(
        &self,
        clean: fn(&str) -> String,
        write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let mut lines = LineWriter::new(|text| self.inner.streams.write(Stream::Output, clean(text).as_bytes()));
        self.inner
            .bars
            .suspend(|| write(&mut lines).and_then(|()| lines.finish()))
            .map_err(|error| cannot_write(&error))
    }

    /// Prints bytes unchanged, secrets included: only where the user asked for exactly that (`bundle open`).
    ///
    /// # Errors
    /// As [`Terminal::print_styled`].
    pub fn print_raw(&self, bytes: &[u8]) -> Result<(), Failure> {
        self.write(Stream::Output, bytes)
    }

    /// Prints a remark to standard error; `-q` silences it.
    pub fn say(&self, text: &Text) {
        if self.inner.verbosity > Verbosity::Quiet {
            self.print_error(text);
        }
    }

    /// [`Terminal::say`] with one line.
    pub fn say_line(&self, line: impl Into<Line>) {
        let mut text = Text::new();
        text.line(line);
        self.say(&text);
    }

    /// Prints to standard error what has to be seen, with `-q` as well: the plan that is approved, events beside a page.
    pub fn show(&self, text: &Text) {
        self.print_error(text);
    }

    /// Prints a warning to standard error, with `-q` as well.
    pub fn warn(&self, message: &str) {
        let mut text = Text::new();
        text.line(Line::new().with(Tone::Warn, "warning: ").plain(message));
        self.print_error(&text);
    }

    /// Prints a failure to standard error: why the program ends, or why an answer was refused.
    pub fn fail(&self, failure: &Failure) {
        self.print_error(&style::failure(failure, &self.running));
    }

    /// Prints lines that are already laid out, as clap's, to standard error.
    pub fn print_error_text(&self, text: &str) {
        self.write_error(&sanitize::lines(&redact(text)));
    }

    fn print_error(&self, text: &Text) {
        self.write_error(&style::render(text, self.inner.streams.look(Stream::Error)));
    }

    /// Reads standard input to its end. Only one input can come from there.
    ///
    /// # Errors
    /// When it was read before, cannot be read, or is too large.
    pub fn read_stdin(&self, reader: &str) -> Result<Vec<u8>, StdinError> {
        self.inner.stdin.read(reader)
    }

    #[must_use]
    pub fn verbosity(&self) -> Verbosity {
        self.inner.verbosity
    }

    /// Opens a page in the browser, which inherits none of the variables `withheld`. The caller prints the URL first, because
    /// whether a browser opens cannot be known.
    ///
    /// # Errors
    /// When the system has no browser to start.
    pub fn open_browser(&self, url: &url::Url, withheld: &[&str]) -> std::io::Result<()> {
        browser::open(url, withheld)
    }

    /// Runs a line of the user's shell with this as its standard input, without the variables `withheld`, and stops it after
    /// `limit`. What it prints is dropped.
    ///
    /// # Errors
    /// When it cannot be started, fails, or does not end in time.
    pub async fn run_shell(&self, line: &str, input: Vec<u8>, withheld: &[String]) -> Result<(), ShellError> {
        shell::run(shell::ShellCommand { line, input, withheld, limit: SHELL_LIMIT }).await
    }

    /// Restores the terminal: no progress bar, cursor visible.
    pub fn restore(&self) {
        let _cleared = self.inner.bars.clear();
        if self.inner.draws_progress {
            let _shown = console::Term::stderr().show_cursor();
        }
    }

    fn write(&self, stream: Stream, bytes: &[u8]) -> Result<(), Failure> {
        self.inner.bars.suspend(|| self.inner.streams.write(stream, bytes)).map_err(|error| cannot_write(&error))
    }

    /// There is no other stream to report a failure of standard error on.
    fn write_error(&self, text: &str) {
        let _cannot_be_reported = self.write(Stream::Error, text.as_bytes());
    }
}

/// How long a line of the user's shell may take.
const SHELL_LIMIT: std::time::Duration = std::time::Duration::from_secs(30);

/// The terminals whose cursor cannot be moved, as rustyline has them.
const DUMB: [&str; 3] = ["dumb", "cons25", "emacs"];

/// `COLUMNS` counts more than the size of the terminal, as in GNU's programs.
fn columns(env: &Env, stream: StreamKind) -> Columns {
    let fixed = env.var(env_vars::COLUMNS).and_then(|text| text.parse().ok()).filter(|columns| *columns > 0);
    match stream {
        StreamKind::Terminal => fixed.map_or(Columns::OfTerminal, Columns::Fixed),
        StreamKind::FileOrPipe => Columns::Unlimited,
    }
}

fn cannot_write(error: &io::Error) -> Failure {
    Failure::problem("standard output cannot be written").with_chain(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn color_depends_on_the_flag_then_the_variables_then_the_stream() {
        let with = |name: &str| Env::empty().with_variables([(name.to_owned(), "1".into())]);
        use StreamKind::{FileOrPipe, Terminal};
        for (choice, env, stream, wanted) in [
            (ColorChoice::Auto, Env::empty(), Terminal, true),
            (ColorChoice::Auto, Env::empty(), FileOrPipe, false),
            (ColorChoice::Auto, with("NO_COLOR"), Terminal, false),
            (ColorChoice::Auto, with("CLICOLOR_FORCE"), FileOrPipe, true),
            (ColorChoice::Always, with("NO_COLOR"), FileOrPipe, true),
            (ColorChoice::Never, with("CLICOLOR_FORCE"), Terminal, false),
        ] {
            assert_eq!(choice.is_on(&env, stream), wanted, "{choice:?} {env:?} {stream:?}");
        }
    }

    #[test]
    fn no_stream_gets_a_secret_or_an_escape_code() {
        let _registered = crate::secret::WebhookToken::new("terminal-canary-1").expect("a token");
        let terminal = Terminal::captured(b"");
        let mut text = Text::new();
        text.line("a terminal-canary-1 \u{1b}[2J b");
        terminal.print_styled(&text).expect("captured");
        terminal.say(&text);
        terminal.warn("terminal-canary-1 \u{1b}]0;x\u{7}");
        terminal.fail(&Failure::problem("terminal-canary-1 \u{1b}[2J").because("\u{202e}"));
        let document = "{\"a\": \"terminal-canary-1 \u{9b}2J\"}";
        terminal.print_json(|out| out.write_all(document.as_bytes())).expect("captured");
        let (output, error) = terminal.captured_text();
        for text in [&output, &error] {
            assert!(!text.contains("canary") && !text.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\u{7}']), "{text:?}");
        }
        assert!(output.contains("a [redacted] \\x1b[2J b\n"), "{output}");
        assert!(output.contains("[redacted] \\u009b2J"), "{output}");
        assert!(error.contains("warning: [redacted] "), "{error}");
    }

    #[test]
    fn columns_come_from_the_variable_or_the_terminal() {
        let with = |value: &str| Env::empty().with_variables([("COLUMNS".to_owned(), value.into())]);
        assert_eq!(columns(&with("60"), StreamKind::Terminal), Columns::Fixed(60));
        assert_eq!(columns(&with("60"), StreamKind::FileOrPipe), Columns::Unlimited);
        for env in [Env::empty(), with("0"), with("wide")] {
            assert_eq!(columns(&env, StreamKind::Terminal), Columns::OfTerminal);
        }
    }

    #[test]
    fn standard_input_is_read_once() {
        let terminal = Terminal::captured(b"glpat-abc\n");
        assert_eq!(terminal.read_stdin("--token-file").expect("the first reader"), b"glpat-abc\n");
        let error = terminal.read_stdin("--kit").expect_err("the second reader");
        assert_eq!(error.to_string(), "standard input was already read for --token-file; --kit needs a file");
    }
}
