//! How a connection stands after one look, in a line: the exit code alone would be a riddle.

use super::event_time;
use crate::series::{CheckState, Series, Tracked};
use crate::text::{Line, and_more, counted};

/// At most this many checks are named.
const NAMED: usize = 3;

/// What is wrong still, and what was seen once. `is_told` is whether this look told something; what it told is not repeated.
#[must_use]
pub fn standing_line(series: &Series, is_told: bool) -> Option<Line> {
    let mut parts: Vec<String> = Vec::new();
    if let Some(since) = series.away.since.filter(|_| series.is_away() && !is_told) {
        parts.push(format!("GitLab is away since {}", event_time(since)));
    }
    for (state, one, many) in [
        (CheckState::Fail, "fails", "fail"),
        (CheckState::Unknown, "is unknown", "are unknown"),
        (CheckState::Warn, "warns", "warn"),
    ] {
        let is_of = |tracked: &Tracked| tracked.state == state && tracked.last == state;
        let all: Vec<(&str, &Tracked)> = series.checks().filter(|(_, tracked)| is_of(tracked)).collect();
        let standing = all.into_iter().filter(|(_, tracked)| Some(tracked.since) != series.last_at);
        let (codes, since): (Vec<&str>, Vec<_>) = standing.map(|(code, tracked)| (code, tracked.since)).unzip();
        if let Some(first) = since.into_iter().min() {
            let (verb, since) = if codes.len() == 1 { (one, "since") } else { (many, "the first since") };
            let (count, names) = (counted(codes.len(), "check"), named(&codes));
            parts.push(format!("{count} {verb}, {since} {} ({names})", event_time(first)));
        }
    }
    let unconfirmed: Vec<&str> =
        series.checks().filter(|(_, tracked)| tracked.state != tracked.last).map(|(code, _)| code).collect();
    let (has_unconfirmed, is_fine) = (!unconfirmed.is_empty(), parts.is_empty() && unconfirmed.is_empty());
    if has_unconfirmed {
        let (verb, tell) = if unconfirmed.len() == 1 { ("was", "is") } else { ("were", "are") };
        let count = counted(unconfirmed.len(), "change");
        parts.push(format!("{count} {verb} seen once and {tell} told after the next look ({})", named(&unconfirmed)));
    }
    match (is_fine, is_told) {
        (true, true) => None,
        (true, false) => Some(Line::new().dim("all checks hold; nothing new")),
        (false, false) if !has_unconfirmed => Some(Line::new().plain(format!("{}; nothing new", parts.join("; ")))),
        (false, _) => Some(Line::new().plain(parts.join("; "))),
    }
}

fn named(codes: &[&str]) -> String {
    let shown = codes.len().min(NAMED);
    format!("{}{}", codes[..shown].join(", "), and_more(codes.len() - shown + 1))
}
