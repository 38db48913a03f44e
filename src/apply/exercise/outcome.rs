//! What an exercise found out: a row for each activity, a cell for each question.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::Serialize;

use super::matching::Subject;
use crate::activity::Activity;
use crate::advice::ExerciseFacts;
use crate::gitlab::DeliveryOutcome;
use crate::observed::DeliveryProof;
use crate::plan::CoveringHook;

/// How far the exercise came. It is added to as it happens, so that it is complete even after an interruption.
#[derive(Debug, Default)]
pub struct Exercised {
    pub project: Option<WorkProject>,
    pub outcomes: BTreeMap<Activity, ActivityOutcome>,
    pub cleaned: Cleaned,
    /// What is still in GitLab, or goes later.
    pub left: Vec<LeftInGitLab>,
    /// The webhook that sends the events.
    pub(super) hook: Option<WorkHook>,
    pub(super) has_registered_hook: bool,
    /// The mark of a project whose creation was begun.
    pub(super) creating: Option<String>,
    /// Whether something is being made: where the run is interrupted, GitLab may still carry it out.
    pub(super) is_making: bool,
    pub(super) made: BTreeMap<Activity, Made>,
    /// The test of the webhook.
    pub test: Option<DeliveryProof>,
}

impl Exercised {
    /// The webhook that sent the events, and whether it was registered for this test alone.
    #[must_use]
    pub fn webhook(&self) -> Option<(&CoveringHook, bool)> {
        self.hook.as_ref().map(|used| (&used.hook, self.has_registered_hook))
    }

    /// The project could not be cleaned up.
    pub fn leave_project(&mut self) {
        let Some(WorkProject { path, web_url, is_existing, .. }) = &self.project else { return };
        let what = if *is_existing { "what was made in project " } else { "project " };
        let (what, url) = (format!("{what}{path}"), web_url.clone());
        if self.left.iter().all(|left| left.what != what) {
            self.left.push(LeftInGitLab { what, why: "it could not be removed".to_owned(), url });
        }
    }
}

/// The project in which the exercise works.
#[derive(Clone, Debug)]
pub struct WorkProject {
    pub id: u64,
    pub path: String,
    pub web_url: String,
    pub(super) mark: String,
    pub(super) default_branch: String,
    /// It was there before.
    pub(super) is_existing: bool,
    pub(super) has_ci: bool,
}

#[derive(Clone, Debug)]
pub(super) struct WorkHook {
    pub hook: CoveringHook,
    /// The newest entry of its log before the work began.
    pub newest: u64,
}

/// Something that was made, and how its event is recognized.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub subject: Subject,
    /// When GitLab says that it was made.
    pub at: Option<Timestamp>,
    /// When its response was here.
    pub seen: Instant,
    /// What GitLab's delivery takes over, where it is made in the request itself.
    pub event_uuid: Option<String>,
}

/// What became of one activity.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ActivityOutcome {
    /// Whether GitLab did it.
    pub sent: Cell,
    /// Whether GitLab sent its event and the receiver accepted it.
    pub delivered: Cell,
    /// Whether Factory has it.
    pub received: Cell,
    /// Whether a Droid answered as the kit promises.
    pub answered: Cell,
    /// The webhook does not send such events, or none.
    pub is_hook_wrong: bool,
    /// How GitLab's log says that the delivery ended.
    pub logged: Option<DeliveryOutcome>,
}

impl ActivityOutcome {
    /// The cells with their names.
    #[must_use]
    pub fn cells(&self) -> [(&'static str, &Cell); 4] {
        [
            ("sent", &self.sent),
            ("delivered", &self.delivered),
            ("received", &self.received),
            ("answered", &self.answered),
        ]
    }

    /// After an interruption: what was not found out by then.
    pub fn interrupt(&mut self) {
        for cell in [&mut self.sent, &mut self.delivered, &mut self.received, &mut self.answered] {
            if cell.state == CellState::Unknown {
                cell.reason = Some("interrupted before it was found out".to_owned());
            }
        }
    }

    /// What is to be mended.
    #[must_use]
    pub fn facts(&self) -> ExerciseFacts {
        let is_no = |cell: &Cell| cell.state == CellState::No;
        ExerciseFacts {
            undelivered: (is_no(&self.delivered) && !self.is_hook_wrong).then_some(self.logged),
            is_hook_wrong: self.is_hook_wrong,
            is_lost: is_no(&self.received) && self.delivered.state == CellState::Yes,
            is_unanswered: is_no(&self.answered),
        }
    }

    /// Every cell alike.
    #[must_use]
    pub fn all(cell: &Cell) -> Self {
        Self {
            sent: cell.clone(),
            delivered: cell.clone(),
            received: cell.clone(),
            answered: cell.clone(),
            is_hook_wrong: false,
            logged: None,
        }
    }

    /// It was not done, so nothing follows from it.
    pub(super) fn not_done(sent: Cell) -> Self {
        let rest = Cell::because(CellState::Skipped, "it was not done");
        Self { sent, ..Self::all(&rest) }
    }
}

/// The answer to one question about one activity.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cell {
    pub state: CellState,
    pub reason: Option<String>,
    /// Since it was done in GitLab.
    pub latency: Option<Duration>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CellState {
    Yes,
    No,
    Unknown,
    Skipped,
    /// The kit promises no answer.
    NotPromised,
    /// The kit does not subscribe to the event.
    NotSubscribed,
}

impl Cell {
    #[must_use]
    pub const fn new(state: CellState) -> Self {
        Self { state, reason: None, latency: None }
    }

    #[must_use]
    pub fn because(state: CellState, reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..Self::new(state) }
    }

    #[must_use]
    pub(super) fn after(self, latency: Option<Duration>) -> Self {
        Self { latency, ..self }
    }
}

/// Whether what was made is removed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Cleaned {
    /// Nothing was made.
    #[default]
    NothingMade,
    Yes,
    /// `--keep`
    Kept,
    No,
}

/// Something that is still in GitLab.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct LeftInGitLab {
    pub what: String,
    pub why: String,
    pub url: String,
}
