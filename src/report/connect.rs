//! What `connect` has to say: what was planned, what was done, what is proved, what is left for a person.

mod json;
mod text;

use std::io;

use crate::apply::{Applied, Error, StepEnd};
use crate::error::{ExitCode, Failure, Kind};
use crate::factory::Receipt;
use crate::instance::InstanceUrl;
use crate::observed::{DeliveryProof, Fact};
use crate::plan::{Plan, Step};
use crate::target::Target;
use crate::text::Text;

use super::{Json, Report};

pub use text::plan_lines;

/// The schema of the JSON form.
pub const SCHEMA: &str = "factory-gitlab/connect/v1";

/// The end of a `connect` run, in whatever way it ended.
#[derive(Debug)]
pub struct ConnectReport {
    pub instance: InstanceUrl,
    pub plan: Plan,
    pub end: End,
    /// Targets whose hooks could not be read, so that nothing was planned for them.
    pub unread: Vec<FailureGroup<Target>>,
    pub requests: u32,
    pub writes: u32,
    pub duration_ms: u64,
}

/// How it ended.
#[derive(Debug)]
pub enum End {
    /// Nothing was planned: it was connected already.
    AlreadyConnected,
    /// `--dry-run`; `Pending` says whether the exit code tells that changes are pending.
    DryRun(Pending),
    /// The plan was carried out, as far as it went.
    Applied(Box<Outcome>),
}

/// What `--exit-code` makes of pending changes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pending {
    IsDone,
    IsFour,
}

/// Things that failed in the same way: one reason, that of the first of them, for all.
#[derive(Clone, Debug)]
pub struct FailureGroup<T> {
    pub failure: Failure,
    pub of: Vec<T>,
}

impl<T> FailureGroup<T> {
    /// Draws together what failed in the same way: the same words and the same advice, whatever the address was.
    #[must_use]
    pub fn group(all: impl IntoIterator<Item = (T, Failure)>) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        for (one, failure) in all {
            let alike = |group: &&mut Self| {
                let Failure { kind, message, fixes, causes: _ } = &group.failure;
                (kind, message, fixes) == (&failure.kind, &failure.message, &failure.fixes)
            };
            match groups.iter_mut().find(alike) {
                Some(group) => group.of.push(one),
                None => groups.push(Self { failure, of: vec![one] }),
            }
        }
        groups
    }
}

/// What came of the steps, with the failures in the words for a person. Steps are named by their place in the plan.
#[derive(Debug)]
pub struct Outcome {
    /// How each step of the plan ended.
    pub ends: Vec<StepEnd>,
    pub failed: Vec<FailureGroup<usize>>,
    /// The step that stopped everything after it.
    pub stopped: Option<FailureGroup<usize>>,
    pub proofs: Vec<DeliveryProof>,
    pub receipt: Option<Receipt>,
    pub unsigned_hooks: usize,
    /// Ctrl-C, or a signal to end.
    pub interrupted: bool,
}

impl Outcome {
    /// Takes what was applied, with each error put into words by `explain`.
    #[must_use]
    pub fn new(mut applied: Applied<'_>, explain: impl Fn(&Error) -> Failure) -> Self {
        // They failed in any order, and are told in that of the plan.
        applied.failed.sort_by_key(|(place, _)| *place);
        let in_words = |(place, error): (usize, Error)| (place, explain(&error));
        Self {
            ends: applied.ends,
            failed: FailureGroup::group(applied.failed.into_iter().map(in_words)),
            stopped: applied.stopped.map(in_words).map(|(place, failure)| FailureGroup { failure, of: vec![place] }),
            proofs: applied.proofs,
            receipt: applied.receipt,
            unsigned_hooks: applied.unsigned_hooks,
            interrupted: false,
        }
    }

    fn exit_code(&self) -> ExitCode {
        if self.interrupted {
            return ExitCode::Interrupted;
        }
        if let Some(stopped) = &self.stopped {
            return stopped.failure.exit_code();
        }
        let facts = || self.proofs.iter().flat_map(DeliveryProof::facts);
        let failed = |wanted: &[Kind]| self.failed.iter().any(|group| wanted.contains(&group.failure.kind));
        if facts().any(|fact| matches!(fact, Fact::Fails(_))) || failed(&[Kind::Problem, Kind::Usage]) {
            return ExitCode::Problem;
        }
        if facts().any(|fact| matches!(fact, Fact::Unknown(_))) || failed(&[Kind::Unknown, Kind::Interrupted]) {
            return ExitCode::Unknown;
        }
        ExitCode::Done
    }
}

impl Report for ConnectReport {
    fn text(&self, page: &mut Text) {
        self.write_text(page);
    }

    fn json(&self, into: Json<'_>) -> io::Result<()> {
        into.document(&json::Document::of(self))
    }

    fn exit_code(&self) -> ExitCode {
        match &self.end {
            End::Applied(outcome) if outcome.exit_code() != ExitCode::Done => outcome.exit_code(),
            _ if self.unread.iter().any(|group| group.failure.kind == Kind::Problem) => ExitCode::Problem,
            _ if !self.unread.is_empty() => ExitCode::Unknown,
            End::DryRun(Pending::IsFour) if !self.plan.is_empty() => ExitCode::Pending,
            End::AlreadyConnected | End::DryRun(_) | End::Applied(_) => ExitCode::Done,
        }
    }
}

impl ConnectReport {
    fn verdict(&self) -> &'static str {
        match (&self.end, self.exit_code()) {
            (_, ExitCode::Unknown) => "unknown",
            (_, ExitCode::Interrupted) => "interrupted",
            (End::DryRun(_), ExitCode::Done | ExitCode::Pending) if !self.plan.is_empty() => "pending",
            (_, ExitCode::Done) => "connected",
            _ => "incomplete",
        }
    }

    fn steps_with(&self, outcome: &Outcome, ended: StepEnd) -> Vec<&Step> {
        let ended = |(_, end): &(&Step, &StepEnd)| **end == ended;
        self.plan.steps.iter().zip(&outcome.ends).filter(ended).map(|(step, _)| step).collect()
    }
}
