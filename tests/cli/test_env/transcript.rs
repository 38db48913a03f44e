//! What a run printed and how it ended, without what differs from run to run.

use std::fmt;
use std::path::Path;
use std::process::Output;
use std::sync::LazyLock;

use factory_gitlab::kit;
use regex::Regex;
use serde_json::Value;

use crate::contract;

/// One run. Its `Display` is what snapshots hold.
#[must_use = "assert the exit code or hold the transcript against a snapshot"]
#[derive(Clone, Debug)]
pub struct Transcript {
    /// Unfiltered.
    pub stdout: String,
    pub stderr: String,
    /// `-1` when a signal ended it.
    pub code: i32,
    home: String,
}

impl Transcript {
    pub fn new(output: &Output, home: &Path) -> Self {
        let stdout = String::from_utf8(output.stdout.clone()).expect("standard output is UTF-8");
        documents(&stdout).iter().for_each(contract::hold);
        Self {
            stdout,
            stderr: String::from_utf8(output.stderr.clone()).expect("standard error is UTF-8"),
            code: output.status.code().unwrap_or(-1),
            home: home.to_string_lossy().into_owned(),
        }
    }

    /// Standard output as JSON, one document.
    pub fn json(&self) -> serde_json::Value {
        let document = serde_json::from_str(&self.stdout);
        assert!(document.is_ok(), "no JSON document\n{self}");
        document.unwrap_or_default()
    }

    /// A text without ports, times, durations, digests, identifiers and the home.
    pub fn filtered(&self, text: &str) -> String {
        let mut text = text.replace(&self.home, "[home]");
        for (pattern, put) in FILTERS.iter() {
            text = pattern.replace_all(&text, *put).into_owned();
        }
        text
    }
}

impl Transcript {
    /// A text without the lines that tell of progress on a slow machine.
    pub fn without_progress(&self, text: &str) -> String {
        let (progress, put) = &STEADY[0];
        progress.replace_all(text, *put).into_owned()
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit code: {}", self.code)?;
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                let text = steady(&self.filtered(text));
                write!(f, "\n----- {name} -----\n{}", text.trim_end())?;
            }
        }
        Ok(())
    }
}

/// The documents in a text: one in many lines, or one in each. A kit is the template, which has to be filled in first.
pub fn documents(text: &str) -> Vec<Value> {
    let whole = serde_json::from_str(text).map(|document| vec![document]);
    let of_lines = |_| text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let mut found: Vec<Value> = whole.unwrap_or_else(of_lines);
    found.retain(|one| one.get("schema").is_some_and(|schema| *schema != kit::SCHEMA));
    found
}

/// A text without dates, times in seconds, and the lines that tell of progress on a slow machine.
fn steady(text: &str) -> String {
    STEADY.iter().fold(text.to_owned(), |text, (pattern, put)| pattern.replace_all(&text, *put).into_owned())
}

static STEADY: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    patterns(&[
        (r"(?m)^.*(, for \d+ (s|min)|: \d+ of \d+(, .*)?)$\n?", ""),
        (r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b", "[date] [time]"),
        (r"\b\d{4}-\d\d-\d\d\b", "[date]"),
        (r"\b[0-9a-f]{8}…", "[digest]…"),
        (r"(size +)\d+ bytes", "$1[size]"),
        // How long an event took.
        (r"\byes \d+(\.\d)?s *", "yes [time] "),
        (r"(after|at most) \d+(\.\d)?s\b", "$1 [time]"),
        (r"(\d+ requests), \d+\.\d s\b", "$1, [duration]"),
    ])
});

static FILTERS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    patterns(&[
        // The page of a check.
        (r"https://\S+/(\w+\.md)#", "${1}#"),
        (r"(127\.0\.0\.1|localhost|\[::1\]):\d+", "$1:[port]"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[time]"),
        (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "[uuid]"),
        // A fingerprint differs with the sandbox's port: where it is only named, it is left out.
        (r"(?m)^ *kit ([0-9a-f]{4}-){5}[0-9a-f]{4}$\n", ""),
        (r", kit ([0-9a-f]{4}-){5}[0-9a-f]{4}\b", ""),
        (r"\b([0-9a-f]{4}-){5}[0-9a-f]{4}\b", "[fingerprint]"),
        (r"\b[0-9a-f]{64}\b", "[digest]"),
        (r"\bbnd_[0-9A-Za-z]{16}\b", "[receipt]"),
        (r"\bage1[0-9a-z]{20,}\b", "[recipient]"),
        (r"\bfactory-gitlab-exercise-[0-9a-f]{12}\b", "factory-gitlab-exercise-[id]"),
        (r"\b\d+(\.\d+)? ms\b", "[duration]"),
        // Addresses, and so ports, stand in most documents.
        (r"column \d{2,}", "column [n]"),
        (r"_bot_[0-9a-f]{32}\b", "_bot_[hex]"),
        (r"127\.0\.0\.1_\d+--", "127.0.0.1_[port]--"),
        (r#"("duration_ms": )\d+"#, "$1[duration]"),
    ])
});

fn patterns<'a>(patterns: &[(&str, &'a str)]) -> Vec<(Regex, &'a str)> {
    patterns.iter().map(|(pattern, put)| (Regex::new(pattern).expect("a pattern"), *put)).collect()
}

impl Transcript {
    /// Expects so many lines of JSON on standard output, or more.
    pub fn json_lines(&self, least: usize) {
        let lines: Vec<serde_json::Value> =
            self.stdout.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        assert!(lines.len() >= least && lines.len() == self.stdout.lines().count(), "{self}");
    }
}
