//! Breaks lines at the width of the terminal, between words, with a hanging indent.

use textwrap::core::{Fragment, display_width};
use textwrap::wrap_algorithms::wrap_first_fit;

use crate::text::{Span, Tone};

/// A narrower terminal breaks its lines itself: there is no room for an indent.
const NARROWEST: usize = 24;

/// The line as one line or several. Further lines begin below the text behind the line's label (`hint: `, `  failed  `). A
/// command or a URL ([`Tone::Action`]) is never broken, even where it is wider than the terminal, so that it can be copied.
pub(super) fn wrap(line: Vec<Span>, width: usize) -> Vec<Vec<Span>> {
    if width < NARROWEST || line_width(&line) <= width {
        return vec![line];
    }
    let indent = hanging_indent(&line, width);
    let words = words(&line);
    let widths = [width as f64, (width - indent) as f64];
    let wrapped = wrap_first_fit(&words, &widths).into_iter().map(joined);
    wrapped.enumerate().map(|(number, line)| if number == 0 { line } else { indented(line, indent) }).collect()
}

fn line_width(line: &[Span]) -> usize {
    line.iter().map(|span| display_width(&span.text)).sum()
}

/// The leading spaces of a line, and the width of its label or list bullet. A label is a span with a tone of its own that
/// ends in a space and is followed by another.
fn hanging_indent(line: &[Span], width: usize) -> usize {
    let text: String = line.iter().map(|span| span.text.as_str()).collect();
    let unindented = text.trim_start_matches(' ');
    let leading = text.len() - unindented.len();
    let first = line.iter().position(|span| !span.text.trim().is_empty()).unwrap_or_default();
    let is_label = |span: &Span| !matches!(span.tone, Tone::Plain | Tone::Action) && span.text.ends_with(' ');
    let indent = match &line[..=first] {
        [.., label] if is_label(label) && line.len() > first + 1 => line_width(&line[..=first]),
        _ if unindented.starts_with("- ") => leading + 2,
        _ => leading,
    };
    // A wide label would leave a narrow column.
    if indent > width / 2 { leading.min(width / 2) } else { indent }
}

/// What is not broken: a word with its spans, and the spaces behind it.
#[derive(Debug, Default)]
struct Word {
    spans: Vec<Span>,
    spaces: usize,
}

impl Word {
    fn push(&mut self, tone: Tone, text: &str) {
        self.spans.push(Span { tone, text: text.to_owned() });
    }
}

impl Fragment for Word {
    fn width(&self) -> f64 {
        line_width(&self.spans) as f64
    }

    fn whitespace_width(&self) -> f64 {
        self.spaces as f64
    }

    fn penalty_width(&self) -> f64 {
        0.0
    }
}

fn words(line: &[Span]) -> Vec<Word> {
    let mut words = Vec::new();
    let mut word = Word::default();
    for span in line {
        for piece in pieces(span) {
            let text = piece.trim_end_matches(' ');
            if !text.is_empty() && word.spaces > 0 {
                if word.spans.is_empty() {
                    // The spaces in front of the line belong to its first word.
                    word.push(Tone::Plain, &" ".repeat(word.spaces));
                    word.spaces = 0;
                } else {
                    words.push(std::mem::take(&mut word));
                }
            }
            if !text.is_empty() {
                word.push(span.tone, text);
            }
            word.spaces += piece.len() - text.len();
        }
    }
    words.push(word);
    words
}

/// The parts of a span between which a line may be broken, each with the spaces behind it.
fn pieces(span: &Span) -> Vec<&str> {
    if span.tone == Tone::Action {
        let action = span.text.trim_start_matches(' ');
        let (spaces, action) = span.text.split_at(span.text.len() - action.len());
        return vec![spaces, action];
    }
    span.text.split_inclusive(' ').collect()
}

fn joined(words: &[Word]) -> Vec<Span> {
    let mut line: Vec<Span> = Vec::new();
    for (number, word) in words.iter().enumerate() {
        for span in &word.spans {
            match line.last_mut() {
                Some(last) if last.tone == span.tone => last.text.push_str(&span.text),
                _ => line.push(span.clone()),
            }
        }
        if let Some(last) = line.last_mut().filter(|_| number + 1 < words.len()) {
            last.text.push_str(&" ".repeat(word.spaces));
        }
    }
    line
}

fn indented(mut line: Vec<Span>, indent: usize) -> Vec<Span> {
    if indent > 0 {
        line.insert(0, Span { tone: Tone::Plain, text: " ".repeat(indent) });
    }
    line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::Line;

    fn at_60(line: Line) -> String {
        let lines = wrap(line.spans, 60);
        let text = |line: &Vec<Span>| line.iter().map(|span| span.text.as_str()).collect::<String>();
        lines.iter().map(text).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_long_line_goes_on_below_the_text_behind_its_label() {
        let message = "the token may not read the applications of this instance, so they could not be compared";
        insta::assert_snapshot!(at_60(Line::new().with(Tone::Bad, "error: ").with(Tone::Strong, message)), @r"
        error: the token may not read the applications of this
               instance, so they could not be compared
        ");
        insta::assert_snapshot!(at_60(Line::new().dim("  caused by: ").plain(message)), @r"
          caused by: the token may not read the applications of this
                     instance, so they could not be compared
        ");
        insta::assert_snapshot!(at_60(format!("  - {message}").into()), @r"
          - the token may not read the applications of this
            instance, so they could not be compared
        ");
        insta::assert_snapshot!(at_60(format!("      {message}").into()), @r"
              the token may not read the applications of this
              instance, so they could not be compared
        ");
    }

    #[test]
    fn commands_and_urls_are_not_broken() {
        let command = "factory-gitlab connect --gitlab-url https://gitlab.acme.example --no-keyring";
        let line = Line::new().plain("Run it again with: ").with(Tone::Action, command).plain(" (as an administrator)");
        insta::assert_snapshot!(at_60(line), @r"
        Run it again with:
        factory-gitlab connect --gitlab-url https://gitlab.acme.example --no-keyring
        (as an administrator)
        ");
        let line = Line::new().plain("      ").with(Tone::Action, command);
        assert_eq!(at_60(line), format!("      {command}"));
    }

    #[test]
    fn a_label_that_takes_half_the_line_is_not_indented_below() {
        let line =
            Line::new().dim("a label of more than thirty columns: ").plain("and a text that does not fit behind it");
        insta::assert_snapshot!(at_60(line), @r"
        a label of more than thirty columns: and a text that does
        not fit behind it
        ");
    }

    #[test]
    fn wide_characters_take_two_columns() {
        let lines = wrap(Line::from("\u{6771}\u{4eac} ".repeat(12)).spans, 30);
        let widths: Vec<usize> = lines.iter().map(|line| line_width(line)).collect();
        assert!(widths.len() > 1 && widths.iter().all(|width| *width <= 30), "{widths:?}");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_only_words_are_wider_than_the_terminal(
            label in "[a-z]{0,8}:? ?", text in "[ a-z]{0,200}", action in " {0,3}[a-z ]{0,80}", width in 24_usize..100
        ) {
            let line = Line::new().dim(label).plain(text).with(Tone::Action, action.clone());
            let words = |line: &[Span]| {
                let text: String = line.iter().map(|span| format!("{} ", span.text)).collect();
                text.split_whitespace().collect::<String>()
            };
            let wrapped = wrap(line.spans.clone(), width);
            prop_assert_eq!(wrapped.iter().map(|line| words(line)).collect::<String>(), words(&line.spans));
            let longest = action.trim().len().max(width);
            for line in &wrapped {
                let words: Vec<_> = line.iter().flat_map(|span| span.text.split_whitespace()).collect();
                prop_assert!(line_width(line) <= longest + width || words.len() <= 1);
            }
        }
    }
}
