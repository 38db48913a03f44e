//! The findings as text, for the user.

use serde_json::Value;

use super::{Findings, LookedFrom, Section, is_problem};
use crate::checks::{CheckStatus, Finding, Verdict};
use crate::text::{Line, Text, Tone, counted};

/// The indent of details below their check.
const INDENT: &str = "           ";

impl Findings {
    /// The checks that `is_shown` names, and the verdict.
    pub(super) fn write_text(&self, text: &mut Text, is_shown: impl Fn(&Finding) -> bool) {
        if let Some(from) = &self.from {
            text.line(Line::new().plain("seen from ").plain(asker(from)));
        }
        let width = self.findings.iter().map(|finding| finding.code.len()).max().unwrap_or(0);
        for Section { heading, findings } in self.sections() {
            let shown: Vec<&Finding> = findings.into_iter().filter(|finding| is_shown(finding)).collect();
            if shown.is_empty() {
                continue;
            }
            text.heading(heading);
            for finding in shown {
                text.line(summary(finding, width));
                if is_problem(finding) {
                    details(finding, &self.running, text);
                }
            }
        }
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

    fn counts(&self) -> String {
        let counts =
            [("pass", "passed"), ("warn", "warned"), ("fail", "failed"), ("skip", "skipped"), ("unknown", "unknown")]
                .map(|(status, word)| (self.count(status), word));
        let named = counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
        named.collect::<Vec<_>>().join(", ")
    }
}

/// Who asks: own addresses, proxies and why.
fn asker(from: &LookedFrom) -> String {
    let addresses = match from.addresses.as_slice() {
        [] => "this machine".to_owned(),
        addresses => addresses.join(" and "),
    };
    match from.proxies.as_slice() {
        [] => format!("{addresses}, without a proxy ({})", from.because),
        proxies => format!("{addresses}, through the proxy {} ({})", proxies.join(" and "), from.because),
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
    let title = match finding.target.as_ref().and_then(|target| target.resolver.as_ref()) {
        Some(resolver) => format!("{}: {resolver}", finding.title),
        None => finding.title.to_owned(),
    };
    let line = line.plain(format!("  {:<width$}  {title}", finding.code));
    let remark = match &finding.status {
        CheckStatus::Pass => finding.evidence.get("note").and_then(Value::as_str).filter(|note| !note.is_empty()),
        CheckStatus::Skip(_) => finding.cause.as_deref(),
        CheckStatus::Warn | CheckStatus::Fail | CheckStatus::Unknown => None,
    };
    match remark {
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
