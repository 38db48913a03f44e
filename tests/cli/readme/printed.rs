//! The commands of a console block, and the output that is printed below each.

use regex::Regex;

use super::words;
use crate::test_env::{TestEnv, Transcript};

/// What a text of a run is called in the README, and the text.
pub type Names<'a> = &'a [(&'a str, String)];

/// A command, and what the README prints below it: all of its output in its order, where a line `…` stands for any lines and
/// `…` in a line for any text. Lines are wrapped as on a terminal. Nothing printed says nothing about the output.
#[derive(Clone, Debug)]
pub struct Step {
    pub command: String,
    pub printed: String,
}

impl Step {
    pub fn without_output(command: &str) -> Self {
        Self { command: command.to_owned(), printed: String::new() }
    }

    /// Those of a console block.
    pub fn all(block: &str) -> Vec<Self> {
        let mut steps: Vec<Self> = Vec::new();
        for line in block.lines() {
            match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => steps.push(Self::without_output(command)),
                (None, Some(step)) => step.printed.extend([line, "\n"]),
                (None, None) => unreachable!("output without a command: {line}"),
            }
        }
        steps
    }

    /// Runs the command, to success unless what is printed says that it fails, and compares its output.
    pub fn run(&self, env: &TestEnv, names: Names<'_>) -> Transcript {
        let words = words(&self.command);
        let args: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
        let run = env.run(&args);
        let fails = self.printed.lines().any(|line| line.starts_with("error: ") || line.starts_with("verdict: fail"));
        assert_eq!(run.code != 0, fails, "{}\n{run}", self.command);
        self.hold(&run, names);
        run
    }

    /// Compares the output of a run with what is printed.
    pub fn hold(&self, run: &Transcript, names: Names<'_>) {
        let seen = run.without_progress(&format!("{}{}", run.stderr, run.stdout));
        let seen = names.iter().fold(seen, |seen, (printed, text)| seen.replace(text, printed));
        let is_so = self.printed.is_empty() || self.is_printed(&seen);
        assert!(is_so, "{}\n--- the README prints\n{}\n--- the run\n{seen}", self.command, self.printed);
    }

    fn is_printed(&self, seen: &str) -> bool {
        let line = |line: &str| match line.trim() {
            "…" => r"(?s:.*\n)?? *".to_owned(),
            text => text.split_whitespace().map(word).collect(),
        };
        let lines: String = self.printed.lines().filter(|one| !one.trim().is_empty()).map(line).collect();
        let pattern = Regex::new(&format!(r"\A\s*{lines}\z")).expect("a pattern");
        pattern.is_match(&format!("{}\n", seen.trim_end()))
    }
}

/// A word and the space behind it, which may be the end of a line.
fn word(word: &str) -> String {
    format!(r"{}\s+", regex::escape(word).replace('…', r"[^\n]*?"))
}

#[test]
fn a_step_prints_all_of_its_output_in_its_order() {
    let seen = "Plan\n  1. one\n  2. two, and a long line\n\ndone: at once\n";
    for (printed, is_so) in [
        (seen, true),
        ("Plan\n…\n", true),
        ("…\n", true),
        ("Plan\n  1. one\n  2. two, and\n     a long line\ndone: …\n", true),
        ("…\n  2. two, … line\ndone: at once\n", true),
        ("Plan\n", false),
        ("…\n  2. two, and a long line\n", false),
        ("…\n  2. two\n…\n", false),
        ("…\n  two, and a long line\n…\n", false),
        ("Plan\n  1. …\ndone: at once\n", false),
        ("…\ndone: at once\n…\n  1. one\n", false),
    ] {
        let step = Step { printed: printed.to_owned(), ..Step::without_output("x") };
        assert_eq!(step.is_printed(seen), is_so, "{printed}");
    }
}
