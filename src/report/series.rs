//! What `monitor` says: each event on a line, and at the end a summary, the go-live report.

mod event;
mod html;
pub mod metrics;
mod standing;

use std::io;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::json::Tool;
use super::{Findings, Json, Page, Report};
use crate::error::ExitCode;
use crate::series::{CheckState, Counts, Series, SeriesVerdict, span};
use crate::text::{Line, Text, Tone, counted};

pub use self::event::{EventJson, event_time, write_event};
pub use self::standing::standing_line;

/// The schema of an event, and of the result at the end.
pub const EVENT_SCHEMA: &str = "factory-gitlab/monitor-event/v1";

/// How far the instance is covered.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// Projects whose events reach Factory, and selected ones whose events do not.
    pub covered: usize,
    pub uncovered: usize,
    /// Webhooks of this connection, by whether GitLab sends to them.
    pub enabled: usize,
    pub disabled: usize,
    /// Groups and projects that need a webhook and have none, and those whose webhooks could not be read.
    pub missing: usize,
    pub unread: usize,
    /// Whose delivery log is read.
    pub logs: usize,
}

/// The summary of all looks.
#[derive(Debug)]
pub struct SeriesReport {
    /// The command that is running, for the fixes that run it again.
    pub running: Arc<str>,
    /// The instance's address.
    pub target: String,
    pub series: Series,
    /// By the last look that could read it.
    pub coverage: Option<Coverage>,
    /// Of the last look that GitLab answered, and when that was.
    pub findings: Option<(Timestamp, Findings)>,
    pub ended_at: Timestamp,
}

impl SeriesReport {
    fn verdict(&self) -> SeriesVerdict {
        self.series.verdict()
    }

    /// What was watched, and for how long.
    fn title(&self) -> String {
        let time = self.series.started_at.map_or(0, |started| self.ended_at.duration_since(started).as_secs());
        format!("{} watched for {}", self.target, span(u64::try_from(time).unwrap_or_default()))
    }

    fn write_counts(&self, text: &mut Text) {
        text.heading(self.title());
        for (name, value) in self.counts() {
            text.line(Line::new().plain(format!("  {name:<13}  {value}")));
        }
    }

    /// What was counted, each with its name.
    fn counts(&self) -> Vec<(&'static str, String)> {
        let Series { counts, looks, requests, .. } = &self.series;
        let Counts { problems, recoveries, new, moved, archived, deleted, gone, .. } = counts;
        let away = match self.series.away.times {
            0 => "never".to_owned(),
            1 => format!("once, {}", span(self.series.away_seconds())),
            times => format!("{times} times, {}", span(self.series.away_seconds())),
        };
        let covered =
            self.coverage.map(|Coverage { covered, uncovered, .. }| format!("{covered} covered, {uncovered} not"));
        let enabled =
            self.coverage.map(|Coverage { enabled, disabled, .. }| format!("{enabled} enabled, {disabled} not"));
        let mut webhooks = enabled.unwrap_or_else(|| NOT_READ.to_owned());
        if counts.webhooks_added > 0 {
            webhooks.push_str(&format!("; {} added by --fix", counts.webhooks_added));
        }
        let deliveries = format!("{} logged meanwhile, {} failed", counts.deliveries, counts.deliveries_failed);
        let logs = self.coverage.map_or(0, |coverage| coverage.logs);
        let mut rows = vec![
            ("looks", format!("{looks}, {}", counted(requests, "request"))),
            ("changes", format!("{}, {recoveries} recovered", counted(problems, "problem"))),
            ("GitLab away", away),
            ("projects", covered.unwrap_or_else(|| NOT_READ.to_owned())),
            ("news", format!("{new} new, {moved} moved, {archived} archived, {deleted} to be deleted, {gone} gone")),
            ("webhooks", webhooks),
            ("deliveries", format!("{deliveries} (the logs of {})", counted(logs, "webhook"))),
        ];
        if counts.notifications_failed > 0 {
            rows.push(("notifications", format!("{} failed", counts.notifications_failed)));
        }
        rows
    }

    /// What the checks below do not say: that they are older, and what only the last look saw.
    fn remarks(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        if let Some((at, _)) = self.findings.as_ref().filter(|_| self.verdict() == SeriesVerdict::Away) {
            lines.push(Line::new().with(Tone::Warn, format!("GitLab is away; the checks are of {}", event_time(*at))));
        }
        let unconfirmed: Vec<&str> =
            self.series.checks().filter(|(_, one)| one.state != one.last).map(|(code, _)| code).collect();
        if !unconfirmed.is_empty() {
            lines.push(Line::new().plain(format!("not confirmed by a second look: {}", unconfirmed.join(", "))));
        }
        lines
    }
}

/// Of counts that no look could read.
const NOT_READ: &str = "not read";

impl Report for SeriesReport {
    fn text(&self, text: &mut Text) {
        self.write_counts(text);
        if let Some((_, findings)) = &self.findings {
            text.gap();
            findings.text(text);
        }
        self.remarks().into_iter().for_each(|line| text.line(line));
    }

    fn problems(&self, text: &mut Text) {
        match &self.findings {
            Some((_, findings)) if self.exit_code() != ExitCode::Done => findings.problems(text),
            Some(_) => {}
            None => self.text(text),
        }
    }

    fn json(&self, into: Json<'_>) -> io::Result<()> {
        into.document(&ResultJson::new(self))
    }

    fn html(&self) -> Option<Page> {
        Some(self.page())
    }

    fn exit_code(&self) -> ExitCode {
        self.verdict().exit_code()
    }
}

/// The last line of the events: how it ended.
#[derive(Serialize)]
pub struct ResultJson<'r> {
    schema: &'static str,
    at: Timestamp,
    event: &'static str,
    subject: &'r str,
    from: Option<&'static str>,
    to: &'static str,
    tool: Tool,
    verdict: &'static str,
    exit_code: u8,
    started_at: Option<Timestamp>,
    looks: u64,
    requests: u64,
    away: AwayJson,
    counts: Counts,
    coverage: Option<Coverage>,
    checks: Vec<TrackedJson<'r>>,
}

#[derive(Serialize)]
struct AwayJson {
    now: bool,
    times: u64,
    seconds: u64,
}

#[derive(Serialize)]
struct TrackedJson<'r> {
    code: &'r str,
    status: CheckState,
    since: Timestamp,
    /// The status of the last look, where it is not confirmed by a second one.
    #[serde(skip_serializing_if = "Option::is_none")]
    unconfirmed: Option<CheckState>,
    cause: Option<String>,
}

impl<'r> ResultJson<'r> {
    #[must_use]
    pub fn new(report: &'r SeriesReport) -> Self {
        let series = &report.series;
        let verdict = report.verdict();
        Self {
            schema: EVENT_SCHEMA,
            at: report.ended_at,
            event: "result",
            subject: &report.target,
            from: None,
            to: verdict.name(),
            tool: Tool::this(),
            verdict: verdict.name(),
            exit_code: report.exit_code() as u8,
            started_at: series.started_at,
            looks: series.looks,
            requests: series.requests,
            away: AwayJson { now: series.is_away(), times: series.away.times, seconds: series.away_seconds() },
            counts: series.counts,
            coverage: report.coverage,
            checks: series
                .checks()
                .map(|(code, one)| {
                    let (status, cause) = one.shown();
                    let unconfirmed = (one.last != one.state).then_some(one.last);
                    TrackedJson { code, status, since: one.since, unconfirmed, cause }
                })
                .collect(),
        }
    }
}
