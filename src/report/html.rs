//! A report as one page that needs nothing else: no script, no font, no picture, and a policy that allows none.
//!
//! Everything that is not one of this program's own tags goes through [`Html::text`], which escapes it.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::tz::TimeZone;
use sha2::{Digest as _, Sha256};

use super::RunInfo;
use crate::error::ExitCode;
use crate::secret::redact;
use crate::text::{Text, Tone, is_harmful, write_harmful};

const STYLE: &str = include_str!("html/style.css");

/// The content of a page.
pub struct Page {
    /// What is reported on: `verify of https://gitlab.acme.com`.
    pub title: String,
    pub status: Status,
    /// The result in a sentence.
    pub result: String,
    /// What is known of the whole, below the result.
    pub facts: Vec<(&'static str, String)>,
    pub body: Html,
}

/// How something ended. It has a word and a sign: never a color alone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Status {
    Good,
    Warn,
    Bad,
    Unknown,
    Quiet,
}

impl Status {
    const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Unknown => "unknown",
            Self::Quiet => "quiet",
        }
    }

    const fn sign(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Warn => "!",
            Self::Bad => "✗",
            Self::Unknown => "?",
            Self::Quiet => "–",
        }
    }

    /// Whether a reader has to look at it.
    pub const fn is_problem(self) -> bool {
        matches!(self, Self::Warn | Self::Bad | Self::Unknown)
    }

    /// What an exit code says.
    pub const fn of(code: ExitCode) -> Self {
        match code {
            ExitCode::Done => Self::Good,
            ExitCode::Unknown | ExitCode::Interrupted => Self::Unknown,
            ExitCode::Pending => Self::Warn,
            ExitCode::Problem | ExitCode::Usage => Self::Bad,
        }
    }
}

/// Markup in the making. Tags and classes are this program's own; every other text is escaped.
#[derive(Clone, Debug, Default)]
pub struct Html(String);

impl Html {
    pub fn new() -> Self {
        Self::default()
    }

    /// An element with its content.
    pub fn element(&mut self, tag: &'static str, class: &'static str, content: impl FnOnce(&mut Self)) {
        let name = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        // Writing to a String cannot fail.
        let _infallible = write!(self.0, "<{tag}{name}>");
        content(self);
        let _infallible = writeln!(self.0, "</{tag}>");
    }

    /// Text of any origin: without secrets, its controls and invisible characters made visible, and escaped.
    pub fn text(&mut self, text: &str) {
        for c in redact(text).chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                // A line of its own could be taken for one of the program's.
                '\n' => self.0.push_str("\\n"),
                c if is_harmful(c) => write_harmful(&mut self.0, c),
                c => self.0.push(c),
            }
        }
    }

    /// An element with text only.
    pub fn line(&mut self, tag: &'static str, class: &'static str, text: &str) {
        self.element(tag, class, |inside| inside.text(text));
    }

    /// A link, where the address is one of the web; text otherwise.
    pub fn link(&mut self, address: &str, label: &str) {
        if !["https://", "http://"].iter().any(|scheme| address.starts_with(scheme)) {
            return self.text(label);
        }
        self.0.push_str("<a rel=\"noreferrer\" href=\"");
        self.text(address);
        self.0.push_str("\">");
        self.text(label);
        self.0.push_str("</a>");
    }

    /// A sign and a word.
    pub fn badge(&mut self, status: Status, word: &str) {
        self.element("span", status.class(), |inside| {
            inside.element("b", "", |sign| sign.text(status.sign()));
            inside.text(" ");
            inside.text(word);
        });
    }

    /// A part that can be folded, open where something is wrong.
    pub fn details(&mut self, status: Status, summary: impl FnOnce(&mut Self), content: impl FnOnce(&mut Self)) {
        let open = if status.is_problem() { " open" } else { "" };
        let _infallible = write!(self.0, "<details class=\"{}\"{open}>", status.class());
        self.element("summary", "", summary);
        content(self);
        self.0.push_str("</details>\n");
    }

    /// The lines that a terminal shows: a heading for each strong one, and the others as they are.
    pub fn lines(&mut self, text: &Text) {
        let is_heading = |line: &crate::text::Line| matches!(line.spans.as_slice(), [one] if one.tone == Tone::Strong);
        for part in text.lines.chunk_by(|before, after| is_heading(before) == is_heading(after)) {
            if part.first().is_some_and(is_heading) {
                for span in part.iter().flat_map(|line| &line.spans) {
                    self.line("h2", "", &span.text);
                }
                continue;
            }
            self.element("pre", "", |inside| {
                for line in part {
                    line.spans.iter().for_each(|span| inside.span(span.tone, &span.text));
                    inside.0.push('\n');
                }
            });
        }
    }

    fn span(&mut self, tone: Tone, text: &str) {
        let class = match tone {
            Tone::Plain => return self.text(text),
            Tone::Strong => "strong",
            Tone::Good => "good",
            Tone::Warn => "warn",
            Tone::Bad => "bad",
            Tone::Dim => "quiet",
            Tone::Action => return self.link(text, text),
        };
        let _infallible = write!(self.0, "<span class=\"{class}\">");
        self.text(text);
        self.0.push_str("</span>");
    }
}

impl Page {
    /// The page of a report that has no parts to fold: its text.
    pub fn of_text(title: String, code: ExitCode, text: &Text) -> Self {
        let mut body = Html::new();
        body.lines(text);
        Self { title, status: Status::of(code), result: code.meaning().to_owned(), facts: Vec::new(), body }
    }

    /// The whole document.
    pub(super) fn document(&self, info: &RunInfo) -> String {
        let mut head = Html::new();
        head.line("title", "", &self.title);
        let mut main = Html::new();
        main.line("h1", "", &self.title);
        main.element("p", "result", |line| line.badge(self.status, &self.result));
        main.element("dl", "", |list| self.facts(info, list));
        main.0.push_str(&self.body.0);
        let hash = STANDARD.encode(Sha256::digest(STYLE));
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{hash}'; \
             base-uri 'none'; form-action 'none'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
             {}<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{}</main>\n</body>\n</html>\n",
            head.0, main.0
        )
    }

    fn facts(&self, info: &RunInfo, list: &mut Html) {
        let at = info.at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M UTC").to_string();
        let tool = concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")).to_owned();
        // A review has a date of its own, without a time: it is the same all day.
        let at = if self.facts.iter().any(|(name, _)| *name == "date") { String::new() } else { at };
        let own = [("date", at), ("tool", tool), ("command", info.command_line.clone())];
        for (name, value) in self.facts.iter().chain(&own).filter(|(_, value)| !value.is_empty()) {
            list.line("dt", "", name);
            list.line("dd", "", value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(body: Html) -> String {
        let facts = vec![("target", "https://<gitlab>".to_owned())];
        let page =
            Page { title: "a <script>".to_owned(), status: Status::Bad, result: "1 failed".to_owned(), facts, body };
        page.document(&RunInfo { command_line: "factory-gitlab verify".to_owned(), ..RunInfo::default() })
    }

    #[test]
    fn hostile_text_stays_text() {
        let mut body = Html::new();
        let hostile = "</style><script>alert(1)</script><img src=x onerror='alert(1)'>\"&\u{202e}\u{1b}[31m";
        body.line("p", "", hostile);
        body.link("javascript:alert(1)", hostile);
        body.link("https://a/\"onclick=\"alert(1)", hostile);
        let text = page(body);
        let markup = text.split_once("</style>").expect("a style").1;
        assert_eq!(markup.matches('<').count(), markup.matches('>').count(), "{markup}");
        for forbidden in ["<script", "<img", "\"onclick", "href=\"javascript", "\u{202e}", "\u{1b}"] {
            assert!(!text.contains(forbidden), "{forbidden}: {text}");
        }
        assert!(text.contains("\\u{202e}") && text.contains("&lt;script&gt;alert(1)"), "{text}");
    }

    #[test]
    fn a_text_of_several_lines_makes_no_line_of_its_own() {
        let mut text = Text::new();
        text.line("  token a\nverdict: pass");
        let mut body = Html::new();
        body.lines(&text);
        body.line("p", "", "b\nhint: run this");
        let text = page(body);
        assert!(
            text.contains("token a\\nverdict: pass\n</pre>") && text.contains("<p>b\\nhint: run this</p>"),
            "{text}"
        );
    }

    #[test]
    fn the_policy_allows_the_one_style_and_nothing_else() {
        let text = page(Html::new());
        let style = text.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>")).expect("a style").0;
        let hash = STANDARD.encode(Sha256::digest(style));
        assert!(text.contains(&format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'")), "{text}");
        assert!(!text.contains("style=") && !text.contains("src="), "{text}");
    }

    #[test]
    fn a_secret_is_redacted_before_it_is_escaped() {
        let _held = crate::secret::WebhookToken::new("html<canary>&7281").expect("a token");
        let mut body = Html::new();
        body.line("p", "", "token html<canary>&7281 was refused");
        let text = page(body);
        assert!(!text.contains("canary") && text.contains("[redacted]"), "{text}");
    }

    #[test]
    fn the_date_the_tool_and_the_command_stand_below_the_result() {
        let text = page(Html::new());
        for part in
            ["1970-01-01 00:00 UTC", concat!("factory-gitlab ", env!("CARGO_PKG_VERSION")), "factory-gitlab verify"]
        {
            assert!(text.contains(&format!("<dd>{part}</dd>")), "{part}: {text}");
        }
    }
}
