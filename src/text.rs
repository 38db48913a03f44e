//! A page of text with meaning instead of colours: who writes says what is good or bad, the terminal decides how it looks.
//!
//! The texts may hold a server's words; the terminal makes them harmless before it shows them.

use std::fmt;

/// What a piece of text means.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Tone {
    #[default]
    Plain,
    /// A heading, or the one thing on the line that matters.
    Strong,
    Good,
    Warn,
    Bad,
    /// Beside the point: numbers, times, reasons for leaving something out.
    Dim,
    /// A command to copy or an address to open.
    Action,
}

/// A piece of text with one tone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Span {
    pub tone: Tone,
    pub text: String,
}

/// One line, built piece by piece.
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

/// Lines in order. `Display` is the plain text, each line ending in a line break.
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

    /// An empty line, unless the page is empty or already ends in one.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_reads_as_plain_text_with_single_gaps() {
        let mut page = Text::new();
        page.gap();
        page.heading("Checks");
        page.line(Line::new().with(Tone::Good, "ok").dim(" (1 ms)"));
        page.gap();
        page.heading("End");
        assert_eq!(page.to_string(), "Checks\nok (1 ms)\n\nEnd\n");
    }
}
