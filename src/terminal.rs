//! The only user of the terminal: standard streams, colours, prompts, progress, Ctrl-C, log.
//!
//! Data goes to standard output, conversation to standard error. Whatever is shown is made harmless
//! ([`sanitize`]) and loses every secret this process has held on the way.

pub mod interrupt;
pub mod log;
pub mod progress;
pub mod prompt;
pub mod sanitize;
mod stdin;
mod streams;
mod style;

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use crate::env::{Clock, Env};
use crate::error::Failure;
use crate::line_writer::LineWriter;
use crate::secret::redact;
use crate::text::{Line, Text, Tone};

use self::stdin::StandardInput;
pub use self::stdin::StdinError;
use self::streams::{StandardStreams, Stream};

/// When to use colour (`--color`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ColorChoice {
    #[default]
    Auto,
    Always,
    Never,
}

impl ColorChoice {
    pub const ALL: [Self; 3] = [Self::Auto, Self::Always, Self::Never];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }
    }

    /// Whether a stream gets colour: `NO_COLOR` and `CLICOLOR_FORCE` decide before the stream's being a terminal.
    fn on(self, env: &Env, is_terminal: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto if env.var("NO_COLOR").is_some() => false,
            Self::Auto if env.is_on("CLICOLOR_FORCE") => true,
            Self::Auto => is_terminal && env.var("TERM") != Some("dumb"),
        }
    }
}

impl fmt::Display for ColorChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ColorChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|choice| choice.name() == text)
            .ok_or_else(|| format!("{text:?} is no choice of colour; choose auto, always or never"))
    }
}

/// How much is said on standard error (`-q`, `-v`, `-vv`).
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

/// The terminal. Clones are the same terminal.
#[derive(Clone)]
pub struct Terminal {
    inner: Arc<TerminalState>,
    /// The command that is running, for the fixes that run it again.
    running: &'static str,
}

struct TerminalState {
    streams: StandardStreams,
    stdin: StandardInput,
    verbosity: Verbosity,
    clock: Clock,
    /// Whether standard error is a terminal: progress is drawn, not written line by line.
    drawn: bool,
    bars: indicatif::MultiProgress,
    /// When progress was last told in a line.
    last_line: Mutex<Option<Instant>>,
}

impl Terminal {
    #[must_use]
    pub fn new(env: &Env, color: ColorChoice, verbosity: Verbosity) -> Self {
        let on_error = color.on(env, env.streams.error);
        console::set_colors_enabled_stderr(on_error);
        let streams = StandardStreams::real(color.on(env, env.streams.output), on_error);
        Self::of(streams, StandardInput::real(), verbosity, env)
    }

    /// A terminal that keeps what is said, for tests.
    #[must_use]
    pub fn captured(stdin: &[u8]) -> Self {
        Self::of(StandardStreams::captured(), StandardInput::holding(stdin.to_vec()), Verbosity::Normal, &Env::empty())
    }

    fn of(streams: StandardStreams, stdin: StandardInput, verbosity: Verbosity, env: &Env) -> Self {
        let drawn = env.streams.error;
        let target = if drawn && verbosity > Verbosity::Quiet {
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
                drawn,
                bars,
                last_line: Mutex::default(),
            }),
            running: "",
        }
    }

    /// The same terminal, for the command `running`.
    #[must_use]
    pub fn for_command(self, running: &'static str) -> Self {
        Self { running, ..self }
    }

    /// The command that is running.
    #[must_use]
    pub fn running(&self) -> &'static str {
        self.running
    }

    /// What a captured terminal got so far: standard output and standard error. Empty for a real one.
    #[must_use]
    pub fn captured_text(&self) -> (String, String) {
        self.inner.streams.captured_text()
    }

    /// Prints a page as data, to standard output.
    ///
    /// # Errors
    /// When standard output cannot be written. A reader that has gone (`| head`) is no failure.
    pub fn print_styled(&self, page: &Text) -> Result<(), Failure> {
        let text = style::render(page, self.inner.streams.coloured(Stream::Output));
        self.put(Stream::Output, &text)
    }

    /// Prints a JSON document, as `write` gives it: characters that a terminal would act on are written as `\u` escapes, which mean the same.
    ///
    /// # Errors
    /// As [`Terminal::print_page`].
    pub fn print_json(&self, write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> Result<(), Failure> {
        self.print(sanitize::json, write)
    }

    /// Prints any other text of several lines: help, a completion script, XML.
    ///
    /// # Errors
    /// As [`Terminal::print_page`].
    pub fn print_text(&self, text: &str) -> Result<(), Failure> {
        self.print_lines(|out| out.write_all(text.as_bytes()))
    }

    /// The same for a text that is written piece by piece.
    ///
    /// # Errors
    /// As [`Terminal::print_page`].
    pub fn print_lines(&self, write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> Result<(), Failure> {
        self.print(sanitize::lines, write)
    }

    fn print(
        &self,
        harmless: fn(&str) -> Cow<'_, str>,
        write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let mut lines =
            LineWriter::new(|text| self.inner.streams.write(Stream::Output, harmless(&redact(text)).as_bytes()));
        self.inner.bars.suspend(|| write(&mut lines).and_then(|()| lines.finish())).map_err(|error| unwritable(&error))
    }

    /// Prints bytes as they are, secrets and all: only for what was asked for in so many words (`bundle open`).
    ///
    /// # Errors
    /// As [`Terminal::print_page`].
    pub fn print_raw(&self, bytes: &[u8]) -> Result<(), Failure> {
        self.put_bytes(Stream::Output, bytes)
    }

    /// Says something beside the data, on standard error; `-q` silences it.
    pub fn say(&self, page: &Text) {
        if self.inner.verbosity > Verbosity::Quiet {
            self.tell(page);
        }
    }

    /// Says one line, as [`Terminal::say`].
    pub fn say_line(&self, line: impl Into<Line>) {
        let mut page = Text::new();
        page.line(line);
        self.say(&page);
    }

    /// Warns, also with `-q`.
    pub fn warn(&self, text: &str) {
        let mut page = Text::new();
        page.line(Line::new().with(Tone::Warn, "warning: ").plain(text));
        self.tell(&page);
    }

    /// Says why the program ends, or why an answer is not taken.
    pub fn fail(&self, failure: &Failure) {
        self.tell(&style::failure(failure, self.running));
    }

    /// Several lines for standard error that were not made here, as clap's.
    pub fn print_error_text(&self, text: &str) {
        self.put_error(&sanitize::lines(&redact(text)));
    }

    fn tell(&self, page: &Text) {
        self.put_error(&style::render(page, self.inner.streams.coloured(Stream::Error)));
    }

    /// Reads standard input to its end, once: two things cannot be given through it.
    ///
    /// # Errors
    /// When something else has read it, or it cannot be read, or is too large.
    pub fn read_stdin(&self, reader: &str) -> Result<Vec<u8>, StdinError> {
        self.inner.stdin.read(reader)
    }

    #[must_use]
    pub fn verbosity(&self) -> Verbosity {
        self.inner.verbosity
    }

    /// Opens a page in the browser, where there is somebody who looks at this terminal. The address has to be printed
    /// first: whether a browser really opens cannot be known.
    ///
    /// # Errors
    /// The system's word for having no browser.
    pub fn open_browser(&self, url: &url::Url) -> std::io::Result<()> {
        open::that_detached(url.as_str())
    }

    /// Brings the terminal back into its normal state: no progress, the cursor visible.
    pub fn restore(&self) {
        let _cleared = self.inner.bars.clear();
        if self.inner.drawn {
            let _shown = console::Term::stderr().show_cursor();
        }
    }

    fn put(&self, stream: Stream, text: &str) -> Result<(), Failure> {
        self.put_bytes(stream, text.as_bytes())
    }

    fn put_bytes(&self, stream: Stream, bytes: &[u8]) -> Result<(), Failure> {
        self.inner.bars.suspend(|| self.inner.streams.write(stream, bytes)).map_err(|error| unwritable(&error))
    }

    /// Nobody can be told that standard error cannot be written.
    fn put_error(&self, text: &str) {
        let _nobody_to_tell = self.put_bytes(Stream::Error, text.as_bytes());
    }
}

fn unwritable(error: &io::Error) -> Failure {
    Failure::problem("standard output cannot be written").with_chain(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_asked_for_forced_or_found() {
        let with = |name: &str| Env::empty().with_variables([(name.to_owned(), "1".into())]);
        for (choice, env, is_terminal, wanted) in [
            (ColorChoice::Auto, Env::empty(), true, true),
            (ColorChoice::Auto, Env::empty(), false, false),
            (ColorChoice::Auto, with("NO_COLOR"), true, false),
            (ColorChoice::Auto, with("CLICOLOR_FORCE"), false, true),
            (ColorChoice::Always, with("NO_COLOR"), false, true),
            (ColorChoice::Never, with("CLICOLOR_FORCE"), true, false),
        ] {
            assert_eq!(choice.on(&env, is_terminal), wanted, "{choice} {env:?} {is_terminal}");
        }
    }

    #[test]
    fn a_secret_and_an_escape_code_reach_neither_stream() {
        let _held = crate::secret::WebhookToken::new("terminal-canary-1").expect("a token");
        let terminal = Terminal::captured(b"");
        let mut page = Text::new();
        page.line("a terminal-canary-1 \u{1b}[2J b");
        terminal.print_styled(&page).expect("captured");
        terminal.say(&page);
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
    fn standard_input_is_read_once() {
        let terminal = Terminal::captured(b"glpat-abc\n");
        assert_eq!(terminal.read_stdin("--token-file").expect("the first reader"), b"glpat-abc\n");
        let error = terminal.read_stdin("--kit").expect_err("the second reader");
        assert_eq!(error.to_string(), "standard input was already read for --token-file; --kit needs a file");
    }
}
