//! What the looks of `monitor` add up to: which changes count, and what is told, once. Pure.
//!
//! A change counts after two looks alike. The first look is the baseline. While GitLab is away nothing is said of what it would
//! have to answer for.

mod event;
mod verdict;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use self::event::{Event, EventKind};
pub use self::verdict::SeriesVerdict;
use crate::checks::{self, CheckStatus, Finding, SkipReason};
use crate::error::Fix;
use crate::observed::{Delivered, News, NewsKind};

/// The state of a check, as it is followed from look to look.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckState {
    Pass,
    /// Its subject cannot be observed, by design.
    Skip,
    Warn,
    Unknown,
    Fail,
}

impl CheckState {
    /// `None` for one that was not judged because of another.
    #[must_use]
    pub const fn of(status: &CheckStatus) -> Option<Self> {
        Some(match status {
            CheckStatus::Pass => Self::Pass,
            CheckStatus::Warn => Self::Warn,
            CheckStatus::Fail => Self::Fail,
            CheckStatus::Unknown => Self::Unknown,
            CheckStatus::Skip(SkipReason::NotObservable(_)) => Self::Skip,
            CheckStatus::Skip(SkipReason::BlockedBy(_)) => return None,
        })
    }

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Skip => "skip",
            Self::Warn => "warn",
            Self::Unknown => "unknown",
            Self::Fail => "fail",
        }
    }

    const fn rank(self) -> u8 {
        match self {
            Self::Pass | Self::Skip => 0,
            Self::Warn => 1,
            Self::Unknown => 2,
            Self::Fail => 3,
        }
    }

    /// What a step from one state to another is.
    const fn step(from: Self, to: Self) -> EventKind {
        if to.rank() > from.rank() {
            EventKind::Problem
        } else if to.rank() < from.rank() {
            EventKind::Recovered
        } else {
            EventKind::Changed
        }
    }
}

/// What one look saw.
#[derive(Debug)]
pub struct Look {
    pub at: Timestamp,
    /// Why GitLab is away; `None` where it answered.
    pub away: Option<String>,
    pub checks: Vec<CheckSeen>,
    pub news: Vec<News>,
    pub delivered: Delivered,
    pub requests: u64,
}

/// What a look found by one check.
#[derive(Clone, Debug)]
pub struct CheckSeen {
    pub code: &'static str,
    pub state: CheckState,
    pub cause: Option<String>,
    pub fix: Option<Fix>,
}

impl CheckSeen {
    /// The findings that were judged. While GitLab is away that is Factory's side alone.
    #[must_use]
    pub fn all(findings: &[Finding], is_away: bool) -> Vec<Self> {
        let is_seen = |finding: &&Finding| !is_away || finding.category() == "factory";
        let seen = |finding: &Finding| {
            let state = CheckState::of(&finding.status)?;
            let (cause, fix) = (finding.cause.clone(), finding.fix.clone());
            Some(Self { code: finding.code, state, cause, fix })
        };
        findings.iter().filter(is_seen).filter_map(seen).collect()
    }
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

/// One check over all looks.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Tracked {
    /// The state that counts.
    pub state: CheckState,
    pub since: Timestamp,
    /// The state of the last look that judged it.
    pub last: CheckState,
    /// Why it is in the last state.
    pub cause: Option<String>,
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
        self.looks += 1;
        self.requests += look.requests;
        let mut events = self.follow_away(look);
        let has_baseline = self.checks.keys().any(|code| !code.starts_with("factory."));
        if !has_baseline && look.away.is_none() {
            events.push(baseline(look));
        }
        for seen in &look.checks {
            events.extend(self.follow(seen, look.at));
        }
        // What is new to the first look is not new.
        if !is_first {
            events.extend(self.tell_news(look));
        }
        self.counts.deliveries += look.delivered.seen;
        self.counts.deliveries_failed += look.delivered.failed;
        let is_unknown = |seen: &CheckSeen| seen.state == CheckState::Unknown;
        if look.away.is_none() && !look.checks.is_empty() && !look.checks.iter().any(is_unknown) {
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
                away.times += 1;
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
                away.seconds += gone;
                (away.since, away.returned_at, away.is_told) = (None, None, false);
                let step = Step { from: Some("away"), to: "answering" };
                vec![Event::of_gitlab(look.at, EventKind::Back, step, Some(format!("it was away for {}", span(gone))))]
            }
        }
    }

    /// Follows one check.
    fn follow(&mut self, seen: &CheckSeen, at: Timestamp) -> Option<Event> {
        let CheckSeen { code, state, cause, fix: _ } = seen;
        let Some(tracked) = self.checks.get_mut(*code) else {
            let tracked = Tracked { state: *state, since: at, last: *state, cause: cause.clone() };
            self.checks.insert((*code).to_owned(), tracked);
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
        if *state == tracked.state || *state != before {
            return None;
        }
        let from = std::mem::replace(&mut tracked.state, *state);
        tracked.since = at;
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
