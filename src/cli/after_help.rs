//! What stands at the end of each command's help: its exit codes and examples.

use crate::error::ExitCode;

/// An exit code of a command, and what it means there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ending {
    code: ExitCode,
    meaning: &'static str,
}

/// A code that means what it means everywhere.
pub(crate) const fn common(code: ExitCode) -> Ending {
    Ending { code, meaning: code.meaning() }
}

/// A code in the command's own words.
pub(crate) const fn own(code: ExitCode, meaning: &'static str) -> Ending {
    Ending { code, meaning }
}

/// The text for clap.
pub(crate) fn after_help(endings: &[Ending], examples: &[&str]) -> String {
    let mut text = "Exit codes:\n".to_owned();
    for Ending { code, meaning } in endings {
        text.push_str(&format!("  {:<5}{meaning}\n", *code as u8));
    }
    text.push_str(if examples.len() == 1 { "\nExample:" } else { "\nExamples:" });
    for example in examples {
        text.push_str(&format!("\n  {example}"));
    }
    text
}

/// The parts of a text that [`after_help`] made, for the manual page.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct AfterHelp<'t> {
    pub exit_codes: Vec<(&'t str, &'t str)>,
    pub examples: Vec<&'t str>,
}

impl<'t> AfterHelp<'t> {
    pub(crate) fn read(text: &'t str) -> Self {
        let mut parts = Self::default();
        let mut in_examples = false;
        for line in text.lines() {
            match line.strip_prefix("  ") {
                None => in_examples = line.starts_with("Example"),
                Some(example) if in_examples => parts.examples.push(example),
                Some(row) => parts.exit_codes.extend(row.split_once(' ').map(|(code, meaning)| (code, meaning.trim()))),
            }
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_and_examples_stand_in_columns() {
        let endings = [common(ExitCode::Done), own(ExitCode::Interrupted, "interrupted")];
        assert_eq!(
            after_help(&endings, &["factory-gitlab status"]),
            "Exit codes:\n  0    done; everything holds\n  130  interrupted\n\nExample:\n  factory-gitlab status"
        );
    }

    #[test]
    fn the_parts_of_a_text_are_found_again() {
        let endings = [common(ExitCode::Done), own(ExitCode::Interrupted, "interrupted")];
        let text = after_help(&endings, &["factory-gitlab status", "factory-gitlab man"]);
        let wanted = AfterHelp {
            exit_codes: vec![("0", ExitCode::Done.meaning()), ("130", "interrupted")],
            examples: vec!["factory-gitlab status", "factory-gitlab man"],
        };
        assert_eq!(AfterHelp::read(&text), wanted);
    }
}
