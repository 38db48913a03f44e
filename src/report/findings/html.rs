//! The findings as a page: a part for each check, open where it does not pass.

use super::{Findings, is_problem};
use crate::checks::{CheckStatus, Finding, Verdict};
use crate::report::html::{Html, Page, Status};

impl Findings {
    pub(super) fn page(&self) -> Page {
        let verdict = self.verdict();
        let status = match verdict {
            Verdict::Pass => Status::Good,
            Verdict::Fail => Status::Bad,
            Verdict::Unknown => Status::Unknown,
        };
        let mut body = Html::new();
        self.write_sections(&mut body);
        let on = self.target.as_ref().map(|target| format!(" of {target}")).unwrap_or_default();
        Page {
            title: format!("Factory connection{on}"),
            status,
            result: format!("{}: {}", verdict.name(), self.counts()),
            facts: vec![
                ("target", self.target.clone().unwrap_or_default()),
                ("to repair", self.to_repair()),
                ("kit", self.kit.as_ref().map(ToString::to_string).unwrap_or_default()),
                ("seen from", self.from.as_ref().map(super::text::asker).unwrap_or_default()),
                ("requests", format!("{} in {:.1} s", self.requests, self.duration.as_secs_f64())),
            ],
            body,
        }
    }

    /// Each check below the heading of its section.
    pub(in crate::report) fn write_sections(&self, body: &mut Html) {
        for section in self.sections() {
            body.line("h2", "", &section.heading);
            for finding in section.findings {
                self.check(finding, body);
            }
        }
    }

    /// The codes of what does not pass.
    pub(in crate::report) fn to_repair(&self) -> String {
        let mut codes: Vec<&str> =
            self.findings.iter().filter(|finding| is_problem(finding)).map(|finding| finding.code).collect();
        codes.dedup();
        codes.join(", ")
    }

    fn check(&self, finding: &Finding, body: &mut Html) {
        let status = status(&finding.status);
        let summary = |line: &mut Html| {
            line.badge(status, finding.status.name());
            line.line("code", "", finding.code);
            line.text(&finding.full_title());
            if let Some(remark) = finding.remark() {
                line.line("span", "quiet", &format!(" ({remark})"));
            }
        };
        body.details(status, summary, |inside| {
            if let Some(cause) = &finding.cause {
                inside.line("p", "", cause);
            }
            if let Some(fix) = finding.fix.as_ref().filter(|_| is_problem(finding)) {
                inside.line("p", "strong", &format!("How to repair it: {}", fix.text));
                if let Some(command) = &fix.command {
                    inside.line("pre", "", &command.line(&self.running));
                }
                if let Some(url) = &fix.url {
                    inside.element("p", "", |line| line.link(url, url));
                }
            }
            evidence(finding, inside);
            inside.element("p", "", |line| line.link(&finding.doc, &format!("what {} means", finding.code)));
        });
    }
}

fn evidence(finding: &Finding, inside: &mut Html) {
    if finding.evidence.is_empty() {
        return;
    }
    inside.element("ul", "", |list| {
        for (name, value) in &finding.evidence {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            list.line("li", "", &format!("{}: {value}", name.replace('_', " ")));
        }
    });
}

const fn status(status: &CheckStatus) -> Status {
    match status {
        CheckStatus::Pass => Status::Good,
        CheckStatus::Warn => Status::Warn,
        CheckStatus::Fail => Status::Bad,
        CheckStatus::Skip(_) => Status::Quiet,
        CheckStatus::Unknown => Status::Unknown,
    }
}
