//! What the looks of `monitor` add up to: which changes count, and what is told, once. Pure.
//!
//! A change counts after two looks alike. The first look is the baseline. While GitLab is away nothing is said of what it would
//! have to answer for.

mod affected;
mod check;
mod event;
mod verdict;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use self::check::{CheckSeen, CheckState, NotJudged, Tracked, WhyNotJudged};
pub use self::event::{Event, EventKind};
pub use self::verdict::SeriesVerdict;
use crate::checks;
use crate::observed::{Delivered, News, NewsKind};

/// What one look saw.
#[derive(Debug)]
pub struct Look {
    pub at: Timestamp,
    /// Why GitLab is away; `None` where it answered.
    pub away: Option<String>,
    pub checks: Vec<CheckSeen>,
    pub not_judged: Vec<NotJudged>,
    pub news: Vec<News>,
    pub delivered: Delivered,
    pub requests: u64,
}

/// All looks so far. Its size does not depend on their number.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Series {
    pub started_at: Option<Timestamp>,
    pub last_at: Option<Timestamp>,
    /// The last look that found out everything.
    pub last_success_at: Option<Timestamp>,
    pub looks: u64,
    pub requests: u64,
    pub counts: Counts,
    pub away: Away,
    checks: BTreeMap<String, Tracked>,
}

/// How often what happened.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct Counts {
    pub problems: u64,
    pub recoveries: u64,
    pub changes: u64,
    pub new: u64,
    pub moved: u64,
    pub archived: u64,
    pub deleted: u64,
    pub gone: u64,
    pub deliveries: u64,
    pub deliveries_failed: u64,
    pub webhooks_added: u64,
    pub notifications_failed: u64,
}

/// Whether GitLab answers.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Away {
    /// Since when it has not answered, by the first of the looks.
    pub since: Option<Timestamp>,
    /// Whether that was told.
    is_told: bool,
    /// It was told, and the last look had an answer: one more, and it is back.
    returned_at: Option<Timestamp>,
    /// How often it was away, and for how many seconds in all, up to the last return.
    pub times: u64,
    pub seconds: u64,
}

impl Series {
    /// The checks by their codes.
    pub fn checks(&self) -> impl Iterator<Item = (&str, &Tracked)> {
        self.checks.iter().map(|(code, tracked)| (code.as_str(), tracked))
    }

    /// Forgets checks that this version does not have: of an earlier program's series nothing would ever end them.
    pub fn retain_known(&mut self) {
        self.checks.retain(|code, _| checks::all().any(|check| check.code == code));
    }

    /// Whether GitLab did not answer the last look.
    #[must_use]
    pub const fn is_away(&self) -> bool {
        self.away.since.is_some() && self.away.returned_at.is_none()
    }

    /// How long GitLab was away, up to now.
    #[must_use]
    pub fn away_seconds(&self) -> u64 {
        let until = self.away.returned_at.or(self.last_at);
        let current = self.away.since.zip(until).map_or(0, |(since, until)| seconds(since, until));
        self.away.seconds + current
    }

    /// Adds a look; returns what is to be told of it.
    pub fn add(&mut self, look: &Look) -> Vec<Event> {
        let is_first = self.looks == 0;
        self.started_at.get_or_insert(look.at);
        self.last_at = Some(look.at);
        self.looks = self.looks.saturating_add(1);
        self.requests = self.requests.saturating_add(look.requests);
        let mut events = self.follow_away(look);
        let has_baseline = self.checks.keys().any(|code| !code.starts_with("factory."));
        if !has_baseline && look.away.is_none() {
            events.push(baseline(look));
        }
        for seen in &look.checks {
            events.extend(self.follow(seen, look.at));
        }
        for NotJudged { code, why } in &look.not_judged {
            if let Some(tracked) = self.checks.get_mut(*code) {
                tracked.not_judged = Some(why.clone());
            }
        }
        // What is new to the first look is not new.
        if !is_first {
            events.extend(self.tell_news(look));
        }
        self.counts.deliveries += look.delivered.seen;
        self.counts.deliveries_failed += look.delivered.failed;
        let is_unknown = |seen: &CheckSeen| seen.state == CheckState::Unknown;
        let is_whole = look.away.is_none() && look.not_judged.is_empty() && !look.checks.is_empty();
        if is_whole && !look.checks.iter().any(is_unknown) {
            self.last_success_at = Some(look.at);
        }
        events
    }

    fn follow_away(&mut self, look: &Look) -> Vec<Event> {
        let is_first = self.looks == 1;
        let away = &mut self.away;
        match (&look.away, away.since) {
            (None, None) => Vec::new(),
            (Some(cause), since) => {
                away.returned_at = None;
                let is_second = since.is_some();
                away.since.get_or_insert(look.at);
                if away.is_told || !(is_second || is_first) {
                    return Vec::new();
                }
                away.is_told = true;
                away.times = away.times.saturating_add(1);
                let step = Step { from: (!is_first).then_some("answering"), to: "away" };
                vec![Event::of_gitlab(look.at, EventKind::Away, step, Some(cause.clone()))]
            }
            // A look that nobody was told of.
            (None, Some(_)) if !away.is_told => {
                away.since = None;
                Vec::new()
            }
            (None, Some(since)) => {
                let Some(returned_at) = away.returned_at else {
                    away.returned_at = Some(look.at);
                    return Vec::new();
                };
                let gone = seconds(since, returned_at);
                away.seconds = away.seconds.saturating_add(gone);
                (away.since, away.returned_at, away.is_told) = (None, None, false);
                let step = Step { from: Some("away"), to: "answering" };
                vec![Event::of_gitlab(look.at, EventKind::Back, step, Some(format!("it was away for {}", span(gone))))]
            }
        }
    }

    /// Follows one check.
    fn follow(&mut self, seen: &CheckSeen, at: Timestamp) -> Option<Event> {
        let CheckSeen { code, state, cause, fix: _, affected: _ } = seen;
        let Some(tracked) = self.checks.get_mut(*code) else {
            self.checks.insert((*code).to_owned(), Tracked::new(seen, at));
            return match state {
                CheckState::Pass | CheckState::Skip => None,
                CheckState::Warn | CheckState::Unknown | CheckState::Fail => {
                    self.counts.problems += 1;
                    Some(Event::of_check(at, seen, None, EventKind::Problem))
                }
            };
        };
        let before = std::mem::replace(&mut tracked.last, *state);
        tracked.cause.clone_from(cause);
        tracked.not_judged = None;
        let joined = tracked.follow_affected(seen);
        if *state == tracked.state {
            let joined = joined?;
            self.counts.problems += 1;
            return Some(Event::of_affected(at, seen, &joined));
        }
        if *state != before {
            return None;
        }
        let from = std::mem::replace(&mut tracked.state, *state);
        tracked.since = at;
        tracked.tell_affected(seen);
        let kind = CheckState::step(from, *state);
        match kind {
            EventKind::Problem => self.counts.problems += 1,
            EventKind::Recovered => self.counts.recoveries += 1,
            _ => self.counts.changes += 1,
        }
        Some(Event::of_check(at, seen, Some(from), kind))
    }

    fn tell_news(&mut self, look: &Look) -> Vec<Event> {
        let mut by_kind: BTreeMap<NewsKind, Vec<&News>> = BTreeMap::new();
        look.news.iter().for_each(|news| by_kind.entry(news.kind).or_default().push(news));
        let mut events = Vec::new();
        for (kind, all) in by_kind {
            let count = u64::try_from(all.len()).unwrap_or(u64::MAX);
            match kind {
                NewsKind::New => self.counts.new += count,
                NewsKind::Moved => self.counts.moved += count,
                NewsKind::Archived => self.counts.archived += count,
                NewsKind::DeletionScheduled => self.counts.deleted += count,
                NewsKind::Gone => self.counts.gone += count,
                NewsKind::Unarchived | NewsKind::DeletionCanceled => {}
            }
            events.extend(all.iter().take(MOST_NEWS).map(|news| Event::of_news(look.at, news)));
            if let Some(more) = count.checked_sub(MOST_NEWS as u64).filter(|more| *more > 0) {
                events.push(Event::of_more(look.at, kind, more));
            }
        }
        events
    }
}

/// At most this many of one kind are told one by one.
const MOST_NEWS: usize = 10;

/// From one state to another.
#[derive(Clone, Copy)]
struct Step {
    from: Option<&'static str>,
    to: &'static str,
}

fn baseline(look: &Look) -> Event {
    let count = |state: CheckState| look.checks.iter().filter(|seen| seen.state == state).count();
    let (pass, warn, fail, unknown) =
        (count(CheckState::Pass), count(CheckState::Warn), count(CheckState::Fail), count(CheckState::Unknown));
    let mut parts = vec![format!("{pass} passed")];
    for (number, word) in [(warn, "warned"), (fail, "failed"), (unknown, "unknown")] {
        if number > 0 {
            parts.push(format!("{number} {word}"));
        }
    }
    Event::baseline(look.at, parts.join(", "))
}

fn seconds(since: Timestamp, until: Timestamp) -> u64 {
    u64::try_from(until.duration_since(since).as_secs()).unwrap_or_default()
}

/// `2 h 5 min`, `40 s`.
#[must_use]
pub fn span(seconds: u64) -> String {
    let duration = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
    let (days, hours, minutes) = (duration.as_hours() / 24, duration.as_hours() % 24, duration.as_mins() % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, 0, _) => format!("{days} d"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests;
