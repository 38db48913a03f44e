//! Reports: one struct for each command, rendered as text, JSON, a page, JUnit or SARIF, with one exit code for all.

mod annotations;
pub mod audit;
pub mod cloud;
pub mod exercise;
mod failure;
mod findings;
mod group;
mod html;
mod json;
mod junit;
mod log_section;
pub mod run;
pub mod series;

pub use failure::FailureReport;
pub use findings::{FailOn, Findings, LookedFrom, SCHEMA};
pub use group::FailureGroup;
pub use html::Page;
pub use json::{FixJson, Json};
pub use log_section::LogSection;

use std::io;

use jiff::Timestamp;

use crate::error::{ExitCode, Failure};
use crate::line_writer::LineWriter;
use crate::secret::{redact, redact_json, redact_xml};
use crate::text::{Text, escape_harmful_in_json, show_harmful};

/// The result of a command. Every form is made from the same struct, so they cannot disagree.
pub trait Report {
    /// Writes the text form, for the user.
    fn text(&self, text: &mut Text);

    /// Writes what is left of the text form with `--quiet`: problems only. For a report that is asked for as data this is all
    /// of it.
    fn problems(&self, text: &mut Text) {
        self.text(text);
    }

    /// Writes the JSON form: one document with a `schema`.
    ///
    /// # Errors
    /// Errors from the writer.
    fn json(&self, into: Json<'_>) -> io::Result<()>;

    /// The JUnit form; `None` where a command reports no checks.
    fn junit(&self) -> Option<quick_junit::Report> {
        None
    }

    /// The SARIF form; `None` where a command has none.
    fn sarif(&self) -> Option<serde_json::Value> {
        None
    }

    /// The page; `None` where a command has none.
    fn html(&self) -> Option<Page> {
        None
    }

    /// Links to what is wrong; `None` where a command reports no checks.
    fn annotations(&self) -> Option<annotations::Annotations> {
        None
    }

    /// The text form in parts that GitLab's job log can fold; none where it stays whole.
    fn log_sections(&self) -> Vec<LogSection> {
        Vec::new()
    }

    /// The exit code, the same in every form.
    fn exit_code(&self) -> ExitCode;
}

/// The forms of a report (`-o`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub enum Format {
    #[default]
    Text,
    Json,
    // One page for people, without scripts.
    Html,
    Junit,
    Sarif,
    // Links for the sidebar of a GitLab job.
    Annotations,
}

impl Format {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Html => "html",
            Self::Junit => "junit",
            Self::Sarif => "sarif",
            Self::Annotations => "annotations",
        }
    }
}

/// What a report does not know of itself: when and how it was asked for.
#[derive(Clone, Debug, Default)]
pub struct RunInfo {
    pub at: Timestamp,
    pub command_line: String,
    /// The page of the same run, as JUnit refers to it.
    pub attachment: Option<String>,
}

/// The text form, for the terminal to color.
#[must_use]
pub fn text(report: &dyn Report) -> Text {
    let mut text = Text::new();
    report.text(&mut text);
    text
}

/// The problems of a report as text, for the terminal to color.
#[must_use]
pub fn problems(report: &dyn Report) -> Text {
    let mut text = Text::new();
    report.problems(&mut text);
    text
}

/// A report in one of its forms, ready to be written.
pub struct Rendered<'r>(Form<'r>);

enum Form<'r> {
    Text(String),
    Xml(String),
    Html(String),
    Json(&'r dyn Report),
    Document(serde_json::Value),
}

/// The report in one of its forms.
///
/// # Errors
/// A usage error when the report has no such form.
pub fn render<'r>(report: &'r dyn Report, format: Format, info: &RunInfo) -> Result<Rendered<'r>, Failure> {
    let lacks = || has_no_form(format);
    Ok(Rendered(match format {
        Format::Text => Form::Text(text(report).to_string()),
        Format::Json => Form::Json(report),
        Format::Html => Form::Html(report.html().ok_or_else(lacks)?.document(info)),
        Format::Junit => {
            let mut document = report.junit().ok_or_else(lacks)?;
            if let Some(path) = &info.attachment {
                junit::attach(&mut document, path);
            }
            Form::Xml(junit::document(&document)?)
        }
        Format::Sarif => Form::Document(report.sarif().ok_or_else(lacks)?),
        Format::Annotations => {
            let links = report.annotations().ok_or_else(lacks)?;
            Form::Document(serde_json::to_value(links).unwrap_or_default())
        }
    }))
}

/// Not every command has every form.
#[must_use]
pub fn has_no_form(format: Format) -> Failure {
    let why = match format {
        Format::Junit => "this command reports no checks",
        Format::Sarif => "this command has no SARIF form, which factory-gitlab audit has",
        Format::Annotations => "this command has no annotations, which factory-gitlab verify has",
        Format::Text | Format::Json | Format::Html => "this command has no such page",
    };
    Failure::usage(format!("{why}; choose -o text or -o json"))
}

/// What a rendered report is written in: it decides how the terminal makes it safe.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Language {
    Text,
    Json,
    Markup,
}

impl Rendered<'_> {
    #[must_use]
    pub const fn language(&self) -> Language {
        match &self.0 {
            Form::Text(_) => Language::Text,
            Form::Xml(_) | Form::Html(_) => Language::Markup,
            Form::Json(_) | Form::Document(_) => Language::Json,
        }
    }

    /// Writes it, ending in a line break. Secrets that this process has held are redacted, wherever they come from; of JSON
    /// and XML the values are, so that the document stays valid whatever a secret is.
    ///
    /// # Errors
    /// Errors from the writer.
    pub fn write_to(&self, out: &mut dyn io::Write) -> io::Result<()> {
        match &self.0 {
            Form::Text(text) => out.write_all(redact(text).as_bytes()),
            // Each of its texts was redacted before it was escaped.
            Form::Html(text) => out.write_all(text.as_bytes()),
            Form::Xml(text) => out.write_all(show_harmful(&redact_xml(text)).as_bytes()),
            Form::Json(report) => write_json(out, |json| report.json(json)),
            Form::Document(document) => write_json(out, |json| json.document(document)),
        }
    }
}

fn write_json(out: &mut dyn io::Write, document: impl FnOnce(Json<'_>) -> io::Result<()>) -> io::Result<()> {
    let mut lines = LineWriter::new(|text| out.write_all(escape_harmful_in_json(&redact_json(text)).as_bytes()));
    document(Json::new(&mut lines))?;
    lines.finish()
}

/// The report in one of its forms, for tests.
#[cfg(test)]
pub(crate) fn rendered(report: &dyn Report, format: Format) -> String {
    let mut bytes = Vec::new();
    render(report, format, &RunInfo::default()).expect("this form").write_to(&mut bytes).expect("written");
    let text = String::from_utf8(bytes).expect("a text");
    let document: Option<serde_json::Value> =
        (format == Format::Json).then(|| serde_json::from_str(&text).expect("JSON"));
    document.iter().filter(|one| one.get("schema").is_some()).for_each(crate::testing::contract::hold);
    text
}

#[cfg(test)]
mod tests {
    use quick_junit::{TestCase, TestCaseStatus, TestSuite};
    use serde_json::json;

    use super::*;

    /// A report with one text in every form.
    struct Says(&'static str);

    impl Report for Says {
        fn text(&self, text: &mut Text) {
            text.line(self.0);
        }

        fn json(&self, into: Json<'_>) -> io::Result<()> {
            into.document(&json!({ "said": self.0 }))
        }

        fn junit(&self) -> Option<quick_junit::Report> {
            let mut suite = TestSuite::new("suite");
            suite.add_test_case(TestCase::new(self.0, TestCaseStatus::success()));
            let mut report = quick_junit::Report::new("says");
            report.add_test_suite(suite);
            Some(report)
        }

        fn exit_code(&self) -> ExitCode {
            ExitCode::Done
        }
    }

    /// Has no checks.
    struct Silent;

    impl Report for Silent {
        fn text(&self, _text: &mut Text) {}

        fn json(&self, into: Json<'_>) -> io::Result<()> {
            into.document(&json!({}))
        }

        fn exit_code(&self) -> ExitCode {
            ExitCode::Done
        }
    }

    #[test]
    fn a_held_secret_is_in_no_form() {
        let _held = crate::secret::WebhookToken::new("report-canary-7281").expect("a token");
        for format in [Format::Text, Format::Json, Format::Junit] {
            let text = rendered(&Says("token report-canary-7281 was refused"), format);
            assert!(!text.contains("report-canary"), "{format:?}: {text}");
            assert!(text.contains("[redacted]"), "{format:?}: {text}");
            assert!(text.ends_with('\n'), "{format:?}");
        }
    }

    #[test]
    fn a_secret_is_redacted_in_json_even_where_json_escapes_it() {
        let _held = crate::secret::WebhookToken::new("quo\"ted\\canary").expect("a token");
        let text = rendered(&Says("said quo\"ted\\canary"), Format::Json);
        assert!(!text.contains("canary"), "{text}");
    }

    #[test]
    fn junit_is_refused_for_a_command_without_checks() {
        let failure = render(&Silent, Format::Junit, &RunInfo::default()).err().expect("no checks");
        assert_eq!(failure.exit_code(), ExitCode::Usage);
    }

    #[test]
    fn junit_contains_no_character_that_xml_forbids() {
        let text = rendered(&Says("a\u{1b}[31mred\u{7}\u{0}\u{fffe}\u{ffff}\u{9b}b <&\">"), Format::Junit);
        let forbidden = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{fffe}' | '\u{ffff}');
        assert!(!text.contains(forbidden), "{text:?}");
        assert!(text.contains("&lt;&amp;"), "{text}");
    }
}
