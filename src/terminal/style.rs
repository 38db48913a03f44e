//! What a tone looks like, and the form of a failure.

use super::{sanitize, wrap};
use crate::error::Failure;
use crate::secret::redact;
use crate::text::{Line, Span, Text, Tone};

/// What a stream can show.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Look {
    pub(super) colored: bool,
    /// Columns of the terminal; `None` for a file or a pipe, whose lines stay whole.
    pub(super) width: Option<usize>,
}

/// The text as it is printed: sanitized, without secrets, wrapped and colored.
pub(super) fn render(text: &Text, look: Look) -> String {
    let mut rendered = String::new();
    for line in &text.lines {
        let clean = clean(line);
        let wrapped = look.width.map_or_else(|| vec![clean.clone()], |width| wrap::wrap(clean.clone(), width));
        for line in wrapped {
            line.iter().for_each(|span| rendered.push_str(&styled(span, look)));
            rendered.push('\n');
        }
    }
    rendered
}

/// The spans of a line, safe to print. A secret may be spread over several of them, so the whole line is searched; where
/// one is found, the line loses its tones.
fn clean(line: &Line) -> Vec<Span> {
    let whole: String = line.spans.iter().map(|span| span.text.as_str()).collect();
    let safe = |tone: Tone, text: &str| Span { tone, text: sanitize::line(text).into_owned() };
    let redacted = redact(&whole);
    if redacted == whole {
        line.spans.iter().map(|span| safe(span.tone, &span.text)).collect()
    } else {
        vec![safe(Tone::Plain, &redacted)]
    }
}

fn styled(span: &Span, look: Look) -> String {
    let text = &span.text;
    match code(span.tone).filter(|_| look.colored && !text.is_empty()) {
        Some(code) => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        None => text.clone(),
    }
}

/// The SGR code of a tone: the sixteen colors, which follow the user's own palette.
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

/// A failure as styled text, for the command `running`; its plain text is that of [`Failure::describe`].
pub(super) fn failure(failure: &Failure, running: &str) -> Text {
    let mut text = Text::new();
    text.line(Line::new().with(Tone::Bad, "error: ").with(Tone::Strong, failure.message.as_str()));
    for cause in &failure.causes {
        text.line(Line::new().dim("  caused by: ").plain(cause.as_str()));
    }
    for fix in &failure.fixes {
        text.line(Line::new().with(Tone::Warn, "hint: ").plain(fix.text.as_str()));
        for action in fix.actions(running) {
            text.line(Line::new().plain("      ").with(Tone::Action, action));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{FailureKind, Fix};

    const PLAIN: Look = Look { colored: false, width: None };
    const COLORED: Look = Look { colored: true, width: None };

    fn sample() -> Failure {
        let fix = Fix::rerun("try", "--timeout 90").at("https://a");
        Failure::new(FailureKind::Unknown, "GitLab could not be reached").because("connection refused").fix(fix)
    }

    #[test]
    fn a_failure_looks_the_same_as_its_plain_text() {
        let shown = failure(&sample(), "verify");
        assert_eq!(render(&shown, PLAIN), format!("{}\n", sample().describe("verify")));
        assert!(render(&shown, COLORED).starts_with("\u{1b}[31merror: \u{1b}[0m"));
    }

    #[test]
    fn a_failure_is_wrapped_at_the_width_of_the_terminal() {
        let failed = Failure::usage("the GitLab URL holds a user name or password, which do not belong there")
            .because("a URL is shown in logs and in the list of processes, where others can read it")
            .fix(Fix::run(
                "give the token in a file and the URL without the part in front of the at sign",
                "factory-gitlab connect --token-file token.txt --gitlab-url https://gitlab.example",
            ));
        insta::assert_snapshot!(render(&failure(&failed, "connect"), Look { colored: false, width: Some(60) }), @r"
        error: the GitLab URL holds a user name or password, which
               do not belong there
          caused by: a URL is shown in logs and in the list of
                     processes, where others can read it
        hint: give the token in a file and the URL without the part
              in front of the at sign
              factory-gitlab connect --token-file token.txt --gitlab-url https://gitlab.example
        ");
    }

    #[test]
    fn tones_survive_wrapping() {
        let line = Line::new().with(Tone::Bad, "error: ").with(Tone::Strong, "one two three four five six seven");
        let mut text = Text::new();
        text.line(line);
        let rendered = render(&text, Look { colored: true, width: Some(30) });
        assert_eq!(
            rendered,
            "\u{1b}[31merror: \u{1b}[0m\u{1b}[1mone two three four five\u{1b}[0m\n       \u{1b}[1msix seven\u{1b}[0m\n"
        );
    }

    #[test]
    fn a_secret_spread_over_spans_is_redacted() {
        let _registered = crate::secret::WebhookToken::new("split-canary-77").expect("a token");
        let mut spread = Text::new();
        spread.line(Line::new().plain("x split-").with(Tone::Bad, "canary-77"));
        assert_eq!(render(&spread, COLORED), "x [redacted]\n");
    }
}
