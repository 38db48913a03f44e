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
}
