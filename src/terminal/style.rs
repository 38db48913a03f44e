//! How meaning looks: colours for tones, the shape of a failure.

use crate::error::Failure;
use crate::secret::redact;
use crate::text::{Line, Span, Text, Tone};

use super::sanitize;

/// The page as text, harmless and without secrets, with colours where they are wanted.
pub(super) fn render(page: &Text, coloured: bool) -> String {
    let mut text = String::new();
    for line in &page.lines {
        // A secret may be spread over spans by whoever built the line; look at the whole of it first.
        let whole: String = line.spans.iter().map(|span| span.text.as_str()).collect();
        if redact(&whole) == whole {
            line.spans.iter().for_each(|span| text.push_str(&painted(span, coloured)));
        } else {
            text.push_str(&sanitize::line(&redact(&whole)));
        }
        text.push('\n');
    }
    text
}

fn painted(span: &Span, coloured: bool) -> String {
    let clean = sanitize::line(&span.text);
    match code(span.tone).filter(|_| coloured && !clean.is_empty()) {
        Some(code) => format!("\u{1b}[{code}m{clean}\u{1b}[0m"),
        None => clean.into_owned(),
    }
}

/// The SGR code of a tone. The sixteen colours that follow the person's own palette.
const fn code(tone: Tone) -> Option<&'static str> {
    match tone {
        Tone::Plain => None,
        Tone::Strong => Some("1"),
        Tone::Good => Some("32"),
        Tone::Warn => Some("33"),
        Tone::Bad => Some("31"),
        Tone::Dim => Some("2"),
        Tone::Action => Some("36"),
    }
}

/// A failure as a page, for the command `running`; its plain text is that of [`Failure::describe`].
pub(super) fn failure(failure: &Failure, running: &str) -> Text {
    let mut page = Text::new();
    page.line(Line::new().with(Tone::Bad, "error: ").with(Tone::Strong, failure.message.as_str()));
    for cause in &failure.causes {
        page.line(Line::new().dim("  caused by: ").plain(cause.as_str()));
    }
    for fix in &failure.fixes {
        page.line(Line::new().with(Tone::Warn, "hint: ").plain(fix.text.as_str()));
        for action in fix.actions(running) {
            page.line(Line::new().plain("      ").with(Tone::Action, action));
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{FailureKind, Fix};

    #[test]
    fn a_failure_looks_as_it_reads() {
        let fix = Fix::rerun("try", "--timeout 90").at("https://a");
        let shown =
            Failure::new(FailureKind::Unknown, "GitLab could not be reached").because("connection refused").fix(fix);
        let painted = failure(&shown, "verify");
        assert_eq!(render(&painted, false), format!("{}\n", shown.describe("verify")));
        assert!(render(&painted, true).starts_with("\u{1b}[31merror: \u{1b}[0m"));
    }

    #[test]
    fn a_secret_spread_over_spans_is_still_found() {
        let _held = crate::secret::WebhookToken::new("split-canary-77").expect("a token");
        let mut spread = Text::new();
        spread.line(Line::new().plain("x split-").with(Tone::Bad, "canary-77"));
        assert_eq!(render(&spread, true), "x [redacted]\n");
    }
}
