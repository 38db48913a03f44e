//! Styled text: the author says what a part means, and the terminal decides what it looks like.
//!
//! It may quote a server; the terminal sanitizes it before printing.

mod globs;
mod harmful;

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

pub use self::globs::{Glob, GlobError, Globs};
pub use self::harmful::{escape_harmful_in_json, is_harmful, replace_harmful, show_harmful, write_harmful};

/// A word as a POSIX shell takes it, in quotes only where it needs them.
#[must_use]
pub fn shell_word(word: &str) -> String {
    // A NUL is in no path and in no argument.
    shlex::try_quote(word).map_or_else(|_| word.to_owned(), std::borrow::Cow::into_owned)
}

/// A number with its noun: `1 target`, `2 targets`.
#[must_use]
pub fn counted(count: impl fmt::Display, noun: &str) -> String {
    let count = count.to_string();
    let plural = if count == "1" { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// A time as reports have it, in whole milliseconds.
#[must_use]
pub fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// What follows the first of so many that is named: ` and 2 more`, and nothing where it is the only one.
#[must_use]
pub fn and_more(count: usize) -> String {
    if count > 1 { format!(" and {} more", count - 1) } else { String::new() }
}

/// The text as one line: each line break, with the white space around it, becomes a space. Otherwise a server could forge the
/// lines of a report, such as a `hint:` with a command of its own.
#[must_use]
pub fn one_line(text: &str) -> Cow<'_, str> {
    let is_break = |c| matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}');
    if !text.contains(is_break) {
        return Cow::Borrowed(text);
    }
    let parts = text.split(is_break).map(str::trim).filter(|part| !part.is_empty());
    Cow::Owned(parts.collect::<Vec<_>>().join(" "))
}

/// What a part of a text means.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Tone {
    #[default]
    Plain,
    /// A heading, or what matters most on the line.
    Strong,
    Good,
    Warn,
    Bad,
    /// Secondary: numbers, times, reasons for a skip.
    Dim,
    /// A command to copy or a URL to open; never broken between lines.
    Action,
}

/// A part of a line with one tone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Span {
    pub tone: Tone,
    pub text: String,
}

/// One line of spans.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Line {
    pub spans: Vec<Span>,
}

impl Line {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn with(mut self, tone: Tone, text: impl Into<String>) -> Self {
        self.spans.push(Span { tone, text: text.into() });
        self
    }

    #[must_use]
    pub fn plain(self, text: impl Into<String>) -> Self {
        self.with(Tone::Plain, text)
    }

    #[must_use]
    pub fn dim(self, text: impl Into<String>) -> Self {
        self.with(Tone::Dim, text)
    }
}

impl From<&str> for Line {
    fn from(text: &str) -> Self {
        Self::new().plain(text)
    }
}

impl From<String> for Line {
    fn from(text: String) -> Self {
        Self::new().plain(text)
    }
}

/// Several lines. `Display` gives the plain text; each line ends in a line break.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Text {
    pub lines: Vec<Line>,
}

impl Text {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub fn line(&mut self, line: impl Into<Line>) {
        self.lines.push(line.into());
    }

    /// Adds an empty line, unless the text is empty or already ends in one.
    pub fn gap(&mut self) {
        if self.lines.last().is_some_and(|line| !line.spans.is_empty()) {
            self.lines.push(Line::new());
        }
    }

    pub fn heading(&mut self, text: impl Into<String>) {
        self.gap();
        self.line(Line::new().with(Tone::Strong, text));
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            for span in &line.spans {
                f.write_str(&span.text)?;
            }
            f.write_str("\n")?;
        }
        Ok(())
    }
}

/// The command without the name of a value (`--out DIR`) that is required and known now.
#[must_use]
pub fn without_placeholder(running: &str, flag: &str) -> String {
    let name = flag.split(' ').next().unwrap_or_default();
    let mut words = running.split(' ');
    let kept = std::iter::from_fn(|| match words.next()? {
        word if word == name => words.nth(1),
        word => Some(word),
    });
    kept.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_with_line_breaks_becomes_one_line() {
        assert_eq!(one_line("one  line"), "one  line");
        for text in ["a\nhint: b", "a \r\n\r\n  hint: b\n", "a\u{2028}hint: b", "a\u{85}\u{b}hint: b"] {
            assert_eq!(one_line(text), "a hint: b", "{text:?}");
        }
    }

    #[test]
    fn a_text_reads_as_plain_text_with_single_gaps() {
        let mut text = Text::new();
        text.gap();
        text.heading("Checks");
        text.line(Line::new().with(Tone::Good, "ok").dim(" (1 ms)"));
        text.gap();
        text.heading("End");
        assert_eq!(text.to_string(), "Checks\nok (1 ms)\n\nEnd\n");
    }
}
