//! What the looks of `monitor` remember of an instance, so that one with nothing new needs few requests.
//!
//! | read | when |
//! |---|---|
//! | projects with IDs after the last one | each look |
//! | one page of all projects, compared with what is known | in turns, so that each project is seen once a day |
//! | groups | each look up to a hundred; beyond that the new ones each look, and the others in turns |
//! | the webhooks of a target | at once where it is new or faulty, else in turns, so that each is seen once a day |
//! | the delivery log of a webhook | likewise, and back to the last entry that was seen |
//!
//! Of each project its path and four flags are kept, of each webhook what is judged; equal attributes are shared. So the size
//! depends on the instance and not on how long it is watched.

mod file;
mod lists;
mod logs;
mod turns;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

pub use self::file::MemoryFile;
pub(super) use self::lists::ListReader;
pub(super) use self::logs::LogReader;
use super::hooks::Interner;
use super::{EXERCISE_MARK, HookSeen, Observation, TargetSeen};
use crate::desired::Candidate;
use crate::gitlab::{Group, LoggedDelivery, Project};
use crate::http;
use crate::target::{Target, TargetKind, TargetNumber};

/// What earlier looks saw.
#[derive(Debug, Default)]
pub struct Memory {
    groups: BTreeMap<u64, Group>,
    projects: BTreeMap<u64, Project>,
    /// Whether groups and projects were read to their end once.
    is_whole: bool,
    /// When the last look began that read what was due.
    looked_at: Option<Timestamp>,
    looks: u64,
    /// The last project of the page that was compared last, and the last group likewise, with the number of its page.
    project_cursor: u64,
    group_cursor: u64,
    group_page: usize,
    hooks: BTreeMap<TargetNumber, RememberedHooks>,
    logs: BTreeMap<LogNumber, RememberedLog>,
    /// The targets whose webhooks were not as they should be: they are read again by each look.
    faulty: BTreeSet<TargetNumber>,
    interner: Interner,
    news: Vec<News>,
    delivered: Delivered,
}

/// A hook's place and its ID.
type LogNumber = (TargetNumber, u64);

/// The webhooks of a target that concern the connection.
#[derive(Debug)]
struct RememberedHooks {
    read_at: Timestamp,
    hooks: Vec<HookSeen>,
}

/// The delivery log of a webhook.
#[derive(Debug)]
struct RememberedLog {
    read_at: Timestamp,
    /// The ID of the newest entry that was seen; 0 where there was none.
    last: u64,
    /// The newest entries, without what they sent.
    entries: Vec<LoggedDelivery>,
}

/// What happened to a group or project between two looks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct News {
    pub kind: NewsKind,
    /// `project group/name`
    pub subject: String,
    pub number: TargetNumber,
    /// Its path before, of one that was moved.
    pub from: Option<String>,
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum NewsKind {
    New,
    /// Moved to another group, or renamed.
    Moved,
    Archived,
    Unarchived,
    DeletionScheduled,
    DeletionCanceled,
    /// GitLab does not show it any more.
    Gone,
}

/// The entries of delivery logs that are newer than those of the looks before.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Delivered {
    pub seen: u64,
    pub failed: u64,
}

/// How much of a day has passed since the last look: as much of everything is due.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    pub(super) at: Timestamp,
    elapsed: Duration,
}

/// Within which time everything is read again.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Turn {
    /// How many of so many are due, at least `least`.
    pub(super) fn share(self, of: usize, least: usize) -> usize {
        // More than a million of anything is beyond what can be held.
        let part = self.elapsed.min(DAY).as_secs_f64() / DAY.as_secs_f64();
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "small"
        )]
        let due = (of as f64 * part).ceil() as usize;
        due.clamp(least, of.max(least))
    }
}

impl Memory {
    /// The turn of a look that begins now.
    fn begin(&self, at: Timestamp) -> Turn {
        let elapsed = self.looked_at.map_or(DAY, |last| at.duration_since(last).unsigned_abs());
        Turn { at, elapsed }
    }

    /// The look has read what was due. One that fails leaves as much more to the next.
    pub(super) fn end(&mut self, turn: Turn) {
        self.looked_at = Some(turn.at);
        self.looks = self.looks.saturating_add(1);
    }

    /// What happened to groups and projects since this was asked last.
    pub fn take_news(&mut self) -> Vec<News> {
        std::mem::take(&mut self.news)
    }

    /// The deliveries that were logged since this was asked last.
    pub fn take_delivered(&mut self) -> Delivered {
        std::mem::take(&mut self.delivered)
    }

    /// The projects but those that `exercise` made for an hour.
    fn watched_projects(&self) -> impl Iterator<Item = &Project> {
        self.projects.values().filter(|project| !is_exercise(&project.path_with_namespace))
    }

    /// The projects that GitLab shows, archived ones and those that are to be deleted aside.
    pub fn live_projects(&self) -> impl Iterator<Item = &Project> {
        let is_live = |project: &&Project| !project.archived && !project.marked_for_deletion;
        self.watched_projects().filter(is_live)
    }

    /// Whether everything was read once.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Lets the webhooks of these targets be read again by the next look.
    pub fn set_faulty(&mut self, faulty: BTreeSet<TargetNumber>) {
        self.faulty = faulty;
    }

    /// The webhooks of these targets were changed: they are read by the next look.
    pub fn forget_hooks<'t>(&mut self, targets: impl IntoIterator<Item = &'t TargetNumber>) {
        for number in targets {
            self.hooks.remove(number);
        }
    }

    fn tell(&mut self, kind: NewsKind, number: TargetNumber, place: Place<'_>) {
        let Place { path, from } = place;
        if is_exercise(path) {
            return;
        }
        let subject = format!("{} {path}", number.0);
        self.news.push(News { kind, subject, number, from: from.map(str::to_owned) });
    }

    /// GitLab does not show it any more.
    pub(super) fn remove(&mut self, number: TargetNumber) {
        let path = match number.0 {
            TargetKind::Project => self.projects.remove(&number.1).map(|project| project.path_with_namespace),
            TargetKind::Group => self.groups.remove(&number.1).map(|group| group.full_path),
            TargetKind::System => None,
        };
        self.hooks.remove(&number);
        if let Some(path) = path {
            self.tell(NewsKind::Gone, number, Place { path: &path, from: None });
        }
    }

    pub(super) fn take_interner(&mut self) -> Interner {
        std::mem::take(&mut self.interner)
    }

    pub(super) fn give_interner(&mut self, interner: Interner) {
        self.interner = interner;
        self.interner.prune();
    }

    /// What is known of these targets; `failed` are those that could not be read now.
    pub(super) fn recall(
        &self,
        candidates: Vec<Candidate>,
        failed: &BTreeMap<TargetNumber, http::Error>,
    ) -> Vec<TargetSeen> {
        let seen = |Candidate { target, empty }| {
            let number = Target::number(&target);
            let hooks = match (failed.get(&number), self.hooks.get(&number)) {
                (Some(error), _) => Observation::Failed(error.clone()),
                (None, Some(known)) => Observation::Known(known.hooks.clone()),
                (None, None) => Observation::Known(Vec::new()),
            };
            TargetSeen { target, empty, hooks }
        };
        candidates.into_iter().map(seen).collect()
    }

    /// Keeps what was read.
    pub(super) fn keep(&mut self, read: Vec<TargetSeen>, turn: Turn) {
        for TargetSeen { target, hooks, empty: _ } in read {
            if let Observation::Known(hooks) = hooks {
                self.hooks.insert(target.number(), RememberedHooks { read_at: turn.at, hooks });
            }
        }
    }

    /// Forgets the webhooks of what is not a target any more.
    pub(super) fn retain(&mut self, candidates: &[Candidate]) {
        let targets: BTreeSet<TargetNumber> = candidates.iter().map(|one| one.target.number()).collect();
        self.hooks.retain(|number, _| targets.contains(number));
        self.faulty.retain(|number| targets.contains(number));
        let hooks = &self.hooks;
        let is_there = |number: &TargetNumber, id: u64| {
            hooks.get(number).is_some_and(|known| known.hooks.iter().any(|seen| seen.hook.id == id))
        };
        self.logs.retain(|(number, id), _| is_there(number, *id));
    }
}

/// Whether `exercise` made this project: it is there for an hour, and is no news.
fn is_exercise(path: &str) -> bool {
    path.contains(EXERCISE_MARK)
}

/// Where something is, and where it was before.
#[derive(Clone, Copy)]
struct Place<'a> {
    path: &'a str,
    from: Option<&'a str>,
}
