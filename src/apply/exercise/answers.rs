//! The answers of Droids: comments by the promised author with the promised text, after what was made.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::Apply;
use super::activities::discussion;
use super::outcome::{Cell, CellState, Made, WorkProject};
use crate::activity::Activity;
use crate::gitlab::{Note, Noteable};
use crate::kit::{AnswerAuthor, AnswerTerms};

/// The answers that the kit promises for what was made.
pub(super) struct Answers {
    project: u64,
    expected: Vec<Expected>,
    cells: BTreeMap<Activity, Cell>,
    /// The number of the user whose token Factory was given.
    token_owner: Option<u64>,
    /// The numbers of our own comments.
    own: BTreeSet<u64>,
    pipeline: Option<u64>,
}

struct Expected {
    activity: Activity,
    terms: AnswerTerms,
    on: Noteable,
    /// Answers have a greater number; zero for what was opened.
    after: u64,
    made: Made,
    within: Duration,
    state: Waiting,
}

enum Waiting {
    Yes,
    /// Somebody else answered, or not as promised.
    Otherwise(String),
    Done,
    Failed(String),
}

impl Answers {
    pub(super) fn new(
        apply: &Apply<'_>,
        project: &WorkProject,
        made: &BTreeMap<Activity, Made>,
        wait: Option<Duration>,
    ) -> Self {
        let mut answers = Self {
            project: project.id,
            expected: Vec::new(),
            cells: BTreeMap::new(),
            token_owner: apply.observed.user.known().map(|user| user.id),
            own: made.values().filter_map(note).collect(),
            pipeline: made.values().find_map(|made| made.subject.pipeline()),
        };
        for (activity, one) in made {
            let Some(terms) = apply.desired.answers.iter().find(|terms| terms.event == activity.event()) else {
                answers.cells.insert(*activity, Cell::because(CellState::NotPromised, "the kit promises no answer"));
                continue;
            };
            let place = match activity {
                Activity::Issue | Activity::ConfidentialIssue | Activity::MergeRequest => Some(one),
                Activity::IssueComment | Activity::InternalComment => made.get(&Activity::Issue),
                Activity::MergeRequestComment => made.get(&Activity::MergeRequest),
                Activity::Push | Activity::Branch | Activity::Tag | Activity::Pipeline | Activity::Job => None,
            };
            match place.and_then(discussion) {
                None => {
                    let why = format!(
                        "an answer to this event ({}) is not a comment on an issue or merge request, so it cannot be looked for",
                        activity.event()
                    );
                    answers.cells.insert(*activity, Cell::because(CellState::Unknown, why));
                }
                Some(on) => {
                    answers.cells.insert(*activity, Cell::because(CellState::Unknown, "not answered yet"));
                    answers.expected.push(Expected {
                        activity: *activity,
                        on,
                        after: note(one).unwrap_or(0),
                        made: one.clone(),
                        within: wait.unwrap_or(terms.within),
                        terms: terms.clone(),
                        state: Waiting::Yes,
                    });
                }
            }
        }
        answers
    }

    pub(super) fn cell(&self, activity: Activity) -> Cell {
        self.cells.get(&activity).cloned().unwrap_or_else(|| Cell::new(CellState::NotPromised))
    }

    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.expected.iter().all(|one| matches!(one.state, Waiting::Done) || one.is_late(now))
    }

    /// Looks once at what is still waited for.
    pub(super) async fn look(&mut self, apply: &Apply<'_>) {
        let waits = |one: &Expected| !matches!(one.state, Waiting::Done);
        let places: BTreeSet<Noteable> = self.expected.iter().filter(|one| waits(one)).map(|one| one.on).collect();
        for on in places {
            match apply.clients.reader.newest_notes(self.project, on).await {
                Ok(mut notes) => {
                    notes.retain(|note| !note.system && !self.own.contains(&note.id));
                    notes.sort_by_key(|note| note.id);
                    self.assign(on, &notes);
                }
                Err(error) => {
                    for one in self.expected.iter_mut().filter(|one| one.on == on && waits(one)) {
                        one.state = Waiting::Failed(error.to_string());
                    }
                }
            }
        }
        let now = apply.clients.clock.instant();
        let has_no_runner = match self.pipeline {
            Some(id) if self.expected.iter().any(|one| waits(one) && one.is_late(now) && one.terms.needs_runner()) => {
                apply.clients.reader.pipeline(self.project, id).await.is_ok_and(|found| {
                    matches!(found.status.as_str(), "created" | "pending" | "waiting_for_resource" | "preparing")
                })
            }
            Some(_) | None => false,
        };
        for one in self.expected.iter().filter(|one| waits(one)) {
            self.cells.insert(one.activity, one.unanswered(now, has_no_runner));
        }
    }

    /// Gives each activity the first answer that is its own: one comment answers one activity.
    fn assign(&mut self, on: Noteable, notes: &[Note]) {
        let Self { expected, cells, token_owner, .. } = self;
        let mut taken = BTreeSet::new();
        for one in expected.iter_mut().filter(|one| one.on == on) {
            let later = || notes.iter().filter(|note| note.id > one.after && !taken.contains(&note.id));
            if let Some(answer) = later().find(|note| one.is_answered_by(note, *token_owner)) {
                taken.insert(answer.id);
                let latency = one.made.at.zip(answer.created_at).map(|(from, to)| to.duration_since(from));
                let latency = latency.and_then(|time| Duration::try_from(time).ok());
                cells.insert(one.activity, Cell::new(CellState::Yes).after(latency));
                one.state = Waiting::Done;
            } else if let Some(other) = later().next() {
                one.state = Waiting::Otherwise(one.difference(other));
            } else {
                one.state = Waiting::Yes;
            }
        }
    }
}

impl Expected {
    fn is_late(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.made.seen) > self.within
    }

    fn is_by_author(&self, note: &Note, token_owner: Option<u64>) -> bool {
        match &self.terms.author {
            AnswerAuthor::TokenOwner => Some(note.author.id) == token_owner,
            AnswerAuthor::User(name) => note.author.username.eq_ignore_ascii_case(name),
        }
    }

    fn is_answered_by(&self, note: &Note, token_owner: Option<u64>) -> bool {
        let has_text = self.terms.pattern.as_ref().is_none_or(|pattern| note.body.contains(pattern));
        self.is_by_author(note, token_owner) && has_text
    }

    fn difference(&self, note: &Note) -> String {
        let Self { terms: AnswerTerms { author, pattern, .. }, .. } = self;
        let text = pattern.as_ref().map(|pattern| format!(" with {pattern:?}")).unwrap_or_default();
        format!("{} commented; the kit promises {author}{text}", note.author.username)
    }

    /// The cell as long as there is no answer.
    fn unanswered(&self, now: Instant, has_no_runner: bool) -> Cell {
        let time = self.within.as_secs();
        match &self.state {
            Waiting::Failed(error) => Cell::because(CellState::Unknown, format!("comments could not be read: {error}")),
            _ if !self.is_late(now) => Cell::because(CellState::Unknown, "not answered yet"),
            _ if self.terms.needs_runner() && has_no_runner => Cell::because(
                CellState::Skipped,
                "the answer needs a runner, and no runner took the job of the pipeline",
            ),
            Waiting::Otherwise(why) => Cell::because(CellState::No, why.clone()),
            Waiting::Yes | Waiting::Done => Cell::because(CellState::No, format!("no answer within {time} s")),
        }
    }
}

fn note(made: &Made) -> Option<u64> {
    made.subject.note()
}
