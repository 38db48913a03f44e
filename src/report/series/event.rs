//! An event as a line of text, and as a line of JSON.

use jiff::Timestamp;
use serde::Serialize;

use super::EVENT_SCHEMA;
use crate::report::FixJson;
use crate::report::run::fix_lines;
use crate::series::{Event, EventKind};
use crate::text::{Line, Text, Tone};

/// A time in UTC, to the second.
#[must_use]
pub fn event_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `2026-11-26 07:40:12  problem    webhook.enabled  pass -> fail: 1 of 3 hooks are disabled by GitLab`
fn event_line(event: &Event) -> Line {
    let tone = match event.kind {
        EventKind::Problem | EventKind::Away | EventKind::WebhookNotAdded => Tone::Bad,
        EventKind::Recovered | EventKind::Back | EventKind::WebhookAdded => Tone::Good,
        EventKind::Baseline | EventKind::Changed | EventKind::News(_) => Tone::Strong,
    };
    // One label: what does not fit hangs below the rest of the line.
    let line = Line::new().dim(format!("{}  ", event_time(event.at)));
    let line =
        line.with(tone, format!("{:<9}", event.kind.name().replace('_', " "))).plain(format!("  {}", event.subject));
    let step = match (&event.from, &event.to) {
        // The subject of something that was moved ends with where it is.
        (Some(from), Some(_)) if matches!(event.kind, EventKind::News(_)) => format!("  from {from}"),
        (Some(from), Some(to)) if from == to => format!("  still {to}"),
        (Some(from), Some(to)) => format!("  {from} -> {to}"),
        (None, Some(to)) => format!("  {to}"),
        (_, None) => String::new(),
    };
    let cause = event.cause.as_ref().map(|cause| format!(": {cause}")).unwrap_or_default();
    line.plain(format!("{step}{cause}"))
}

/// An event, and below a problem what to do about it. `running` is the command that is running.
pub fn write_event(event: &Event, running: &str, text: &mut Text) {
    text.line(event_line(event));
    let is_problem = matches!(event.kind, EventKind::Problem | EventKind::WebhookNotAdded);
    if let Some(fix) = event.fix.as_ref().filter(|_| is_problem) {
        fix_lines(fix, running, text);
    }
}

/// An event in JSON.
#[derive(Serialize)]
pub struct EventJson<'e> {
    schema: &'static str,
    at: Timestamp,
    event: &'static str,
    subject: &'e str,
    from: Option<&'e str>,
    to: Option<&'e str>,
    cause: Option<&'e str>,
    fixes: Vec<FixJson<'e>>,
}

impl<'e> EventJson<'e> {
    /// `running` is the command that is running, for the fixes that run it again.
    #[must_use]
    pub fn new(event: &'e Event, running: &str) -> Self {
        let fixes = event.fix.as_slice();
        Self {
            schema: EVENT_SCHEMA,
            at: event.at,
            event: event.kind.name(),
            subject: &event.subject,
            from: event.from.as_deref(),
            to: event.to.as_deref(),
            cause: event.cause.as_deref(),
            fixes: FixJson::all(fixes, running),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_an_event_is_a_label_below_which_a_long_line_hangs() {
        let line = event_line(&Event::new(Timestamp::UNIX_EPOCH, EventKind::Problem, "webhook.coverage"));
        let first = &line.spans[0];
        assert_eq!((first.tone, first.text.as_str()), (Tone::Dim, "1970-01-01 00:00:00  "));
        assert!(line.spans.len() > 1, "a label is followed by something");
    }
}
