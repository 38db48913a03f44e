//! The go-live report as a page: what was counted, and below it the checks as verify's page has them.

use jiff::Timestamp;

use super::SeriesReport;
use crate::report::Report as _;
use crate::report::html::{Html, Page, Status};
use crate::report::series::event_time;

impl SeriesReport {
    pub(super) fn page(&self) -> Page {
        let mut body = Html::new();
        for line in self.remarks() {
            let text: String = line.spans.into_iter().map(|span| span.text).collect();
            body.line("p", "strong", &text);
        }
        let findings = self.findings.as_ref().map(|(_, findings)| findings);
        if let Some(findings) = findings {
            findings.write_sections(&mut body);
        }
        let verdict = self.verdict().name();
        let utc = |at: Timestamp| format!("{} UTC", event_time(at));
        let mut facts = vec![
            ("target", self.target.clone()),
            ("first look", self.series.started_at.map(utc).unwrap_or_default()),
            ("last look", self.series.last_at.map(utc).unwrap_or_default()),
        ];
        facts.extend(self.counts());
        facts.extend(findings.map(|findings| ("to repair", findings.to_repair())));
        facts.extend(findings.and_then(|findings| findings.kit.as_ref()).map(|kit| ("kit", kit.to_string())));
        Page {
            title: format!("Factory connection, {}", self.title()),
            status: Status::of(self.exit_code()),
            result: findings.map_or_else(|| verdict.to_owned(), |findings| format!("{verdict}: {}", findings.counts())),
            facts,
            body,
        }
    }
}
