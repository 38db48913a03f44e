//! The findings as text, for the user.

use serde_json::Value;

use super::{Findings, LookedFrom, Section, is_problem};
use crate::checks::{CheckStatus, Finding, Verdict};
use crate::report::LogSection;
use crate::text::{Line, Text, Tone, counted};

/// The indent of details below their check.
const INDENT: &str = "           ";

impl Findings {
    /// The checks that `is_shown` names, and the verdict.
    pub(super) fn write_text(&self, text: &mut Text, is_shown: impl Fn(&Finding) -> bool) {
        self.write_from(text);
        for mut section in self.sections() {
            section.findings.retain(|finding| is_shown(finding));
            self.write_section(&section, text);
        }
        self.write_verdict(text);
    }

    /// All checks and the verdict, in parts.
    pub(super) fn text_in_sections(&self) -> Vec<LogSection> {
        let mut parts = Vec::new();
        let mut add = |name: Option<String>, is_folded: bool, write: &dyn Fn(&mut Text)| {
            let mut text = Text::new();
            write(&mut text);
            if !text.lines.is_empty() {
                parts.push(LogSection { name, is_folded, text });
            }
        };
        add(None, false, &|text| self.write_from(text));
        for (number, section) in self.sections().iter().enumerate() {
            let is_name = section.heading.chars().all(|c| c.is_ascii_alphanumeric());
            let name = if is_name { section.heading.clone() } else { number.to_string() };
            let is_folded = !section.findings.iter().any(|finding| is_problem(finding));
            add(Some(name), is_folded, &|text| self.write_section(section, text));
        }
        add(None, false, &|text| self.write_verdict(text));
        parts
    }

    fn write_from(&self, text: &mut Text) {
        if let Some(from) = &self.from {
            text.line(Line::new().plain("seen from ").plain(asker(from)));
        }
    }

    /// A heading and the findings below it; nothing where there are none.
    fn write_section(&self, section: &Section<'_>, text: &mut Text) {
        if section.findings.is_empty() {
            return;
        }
        let width = self.findings.iter().map(|finding| finding.code.len()).max().unwrap_or(0);
        text.heading(section.heading.clone());
        for finding in &section.findings {
            text.line(summary(finding, width));
            if is_problem(finding) {
                details(finding, &self.running, text);
            }
        }
    }

    fn write_verdict(&self, text: &mut Text) {
        text.gap();
        let verdict = self.verdict();
        let tone = match verdict {
            Verdict::Pass => Tone::Good,
            Verdict::Fail => Tone::Bad,
            Verdict::Unknown => Tone::Warn,
        };
        let cost = format!(" ({}, {:.1} s)", counted(self.requests, "request"), self.duration.as_secs_f64());
        let line = Line::new().plain("verdict: ").with(tone, verdict.name());
        let on = self.target.as_ref().map(|target| format!(" on {target}")).unwrap_or_default();
        let kit = self.kit.as_ref().map(|kit| format!(", kit {kit}")).unwrap_or_default();
        text.line(line.plain(format!(", {}{on}{kit}", self.counts())).dim(cost));
    }

    pub(in crate::report) fn counts(&self) -> String {
        let counts =
            [("pass", "passed"), ("warn", "warned"), ("fail", "failed"), ("skip", "skipped"), ("unknown", "unknown")]
                .map(|(status, word)| (self.count(status), word));
        let named = counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
        named.collect::<Vec<_>>().join(", ")
    }
}

/// Who asks: own addresses, proxies and why.
pub(super) fn asker(from: &LookedFrom) -> String {
    let addresses = match from.addresses.as_slice() {
        [] => "this machine".to_owned(),
        addresses => addresses.join(" and "),
    };
    match from.proxies.as_slice() {
        [] => format!("{addresses}, without a proxy ({})", from.because),
        proxies => format!("{addresses}, through the proxy {} ({})", proxies.join(" and "), from.because),
    }
}

impl Finding {
    /// What stands beside a check that has no details.
    pub(super) fn remark(&self) -> Option<&str> {
        match &self.status {
            CheckStatus::Pass => self.evidence.get("note").and_then(Value::as_str).filter(|note| !note.is_empty()),
            CheckStatus::Skip(_) => self.cause.as_deref(),
            CheckStatus::Warn | CheckStatus::Fail | CheckStatus::Unknown => None,
        }
    }

    /// Its title, with the resolver that it is about.
    pub(super) fn full_title(&self) -> String {
        match self.target.as_ref().and_then(|target| target.resolver.as_ref()) {
            Some(resolver) => format!("{}: {resolver}", self.title),
            None => self.title.to_owned(),
        }
    }
}

const fn tone(status: &CheckStatus) -> Tone {
    match status {
        CheckStatus::Pass => Tone::Good,
        CheckStatus::Warn | CheckStatus::Unknown => Tone::Warn,
        CheckStatus::Fail => Tone::Bad,
        CheckStatus::Skip(_) => Tone::Dim,
    }
}

/// The one line of a check.
fn summary(finding: &Finding, width: usize) -> Line {
    let status = finding.status.name();
    let line = Line::new().plain("  ").with(tone(&finding.status), format!("{status:<7}"));
    let line = line.plain(format!("  {:<width$}  {}", finding.code, finding.full_title()));
    match finding.remark() {
        Some(remark) => line.dim(format!(" ({remark})")),
        None => line,
    }
}

/// Why a check does not pass, what to do, and where to read about it.
fn details(finding: &Finding, running: &str, text: &mut Text) {
    let detail = |tone, text: &str| Line::new().plain(INDENT).with(tone, text);
    if let Some(cause) = &finding.cause {
        text.line(detail(Tone::Plain, cause));
    }
    if let Some(fix) = &finding.fix {
        text.line(detail(Tone::Plain, &format!("fix: {}", fix.text)));
        for action in fix.actions(running) {
            text.line(detail(Tone::Action, &format!("     {action}")));
        }
    }
    text.line(detail(Tone::Dim, &finding.doc));
}
