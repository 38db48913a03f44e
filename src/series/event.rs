//! What is told.

use jiff::Timestamp;

use super::{CheckSeen, CheckState, Step};
use crate::error::Fix;
use crate::observed::{News, NewsKind};

/// What happened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EventKind {
    /// The first look at what is there.
    Baseline,
    /// A check got worse, or does not pass for more targets than before.
    Problem,
    /// A check got better.
    Recovered,
    /// A check changed, and is neither better nor worse.
    Changed,
    /// GitLab does not answer.
    Away,
    /// It answers again.
    Back,
    News(NewsKind),
    /// `--fix` registered a webhook.
    WebhookAdded,
    /// `--fix` could not.
    WebhookNotAdded,
}

impl EventKind {
    /// Its name in JSON and in the text.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Problem => "problem",
            Self::Recovered => "recovered",
            Self::Changed => "changed",
            Self::Away => "away",
            Self::Back => "back",
            Self::News(kind) => news_name(kind),
            Self::WebhookAdded => "webhook_added",
            Self::WebhookNotAdded => "webhook_not_added",
        }
    }

    /// Whether it is shown with `--quiet`: a problem, or its end.
    #[must_use]
    pub const fn concerns_problem(self) -> bool {
        match self {
            Self::Problem | Self::Recovered | Self::Away | Self::Back | Self::WebhookNotAdded => true,
            Self::Baseline | Self::Changed | Self::News(_) | Self::WebhookAdded => false,
        }
    }
}

const fn news_name(kind: NewsKind) -> &'static str {
    match kind {
        NewsKind::New => "new",
        NewsKind::Moved => "moved",
        NewsKind::Archived => "archived",
        NewsKind::Unarchived => "unarchived",
        NewsKind::DeletionScheduled => "deletion_scheduled",
        NewsKind::DeletionCanceled => "deletion_canceled",
        NewsKind::Gone => "gone",
    }
}

/// One thing that is told, once.
#[derive(Clone, Debug)]
pub struct Event {
    pub at: Timestamp,
    pub kind: EventKind,
    /// A check's code, `project group/name`, `GitLab`.
    pub subject: String,
    pub from: Option<String>,
    pub to: Option<String>,
    /// Why.
    pub cause: Option<String>,
    pub fix: Option<Fix>,
}

impl Event {
    /// Something without more than a subject.
    #[must_use]
    pub fn new(at: Timestamp, kind: EventKind, subject: impl Into<String>) -> Self {
        Self { at, kind, subject: subject.into(), from: None, to: None, cause: None, fix: None }
    }

    pub(super) fn baseline(at: Timestamp, cause: String) -> Self {
        Self { cause: Some(cause), ..Self::new(at, EventKind::Baseline, "checks") }
    }

    pub(super) fn of_check(at: Timestamp, seen: &CheckSeen, from: Option<CheckState>, kind: EventKind) -> Self {
        Self {
            from: from.map(|state| state.name().to_owned()),
            to: Some(seen.state.name().to_owned()),
            cause: seen.cause.clone(),
            fix: seen.fix.clone(),
            ..Self::new(at, kind, seen.code)
        }
    }

    /// A check that does not pass as before, and is about more than before.
    pub(super) fn of_affected(at: Timestamp, seen: &CheckSeen, joined: &str) -> Self {
        let cause = seen.cause.as_ref().map_or_else(String::new, |cause| format!("{cause}; "));
        let event = Self::of_check(at, seen, Some(seen.state), EventKind::Problem);
        Self { cause: Some(format!("{cause}new: {joined}")), ..event }
    }

    pub(super) fn of_gitlab(at: Timestamp, kind: EventKind, step: Step, cause: Option<String>) -> Self {
        let Step { from, to } = step;
        Self { from: from.map(str::to_owned), to: Some(to.to_owned()), cause, ..Self::new(at, kind, "GitLab") }
    }

    pub(super) fn of_news(at: Timestamp, news: &News) -> Self {
        let to = news.from.as_ref().and_then(|_| news.subject.split_once(' ')).map(|(_, path)| path.to_owned());
        Self { from: news.from.clone(), to, ..Self::new(at, EventKind::News(news.kind), news.subject.clone()) }
    }

    pub(super) fn of_more(at: Timestamp, kind: NewsKind, more: u64) -> Self {
        Self::new(at, EventKind::News(kind), format!("{more} more"))
    }
}
