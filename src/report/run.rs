//! The report of a command that writes: what was planned, done and proved, and what is left to do.

mod evidence;
mod json;
mod left;
mod proof;
mod text;

use std::io;
use std::sync::Arc;

use jiff::Timestamp;

use crate::apply::{Applied, Error, StepEnd};
use crate::error::{ExitCode, Failure, FailureKind, Fix};
use crate::factory::Receipt;
use crate::instance::InstanceUrl;
use crate::journal::{Rotation, RunEntry};
use crate::kit::KitFingerprint;
use crate::observed::DeliveryProof;
use crate::plan::{Plan, Step};
use crate::target::Target;
use crate::text::Text;

use super::{FailureGroup, Findings, Json, Page, Report};

pub use evidence::{Actor, Evidence};
pub use left::remainder_lines;
pub(in crate::report) use text::fix_lines;
pub use text::plan_lines;

/// What a command that writes says about itself.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    /// The schema of its JSON form.
    pub schema: &'static str,
    /// The verdict when everything is as planned: `connected`.
    pub achieved: &'static str,
    /// What an instance is where there is nothing to do: `is already connected`.
    pub standing: &'static str,
    /// What it does while it carries out a plan: `connecting`.
    pub progress: &'static str,
    pub purpose: Purpose,
    /// The exit code of a dry run with pending changes.
    pub pending: PendingExit,
}

/// What a command is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    Connect,
    /// Removes the whole connection.
    EndConnection,
    /// Removes only its webhooks.
    RemoveWebhooks,
    /// Registers the webhooks that are missing, and nothing else.
    AddWebhooks,
    /// Renews a secret of the connection.
    Rotate(Rotation),
}

impl Job {
    /// What is recorded at the end.
    #[must_use]
    pub const fn end(&self) -> RunEntry {
        match self.purpose {
            Purpose::Rotate(what) => RunEntry::Rotated { what },
            Purpose::AddWebhooks => RunEntry::AddWebhooks,
            Purpose::Connect | Purpose::EndConnection | Purpose::RemoveWebhooks => RunEntry::Finished,
        }
    }
}

impl Purpose {
    /// Whether it removes what was made.
    #[must_use]
    pub const fn removes(self) -> bool {
        matches!(self, Self::EndConnection | Self::RemoveWebhooks)
    }
}

/// The report of a run, however it ended.
#[derive(Debug)]
pub struct RunReport {
    pub job: Job,
    /// The command that is running, for the fixes that run it again.
    pub running: Arc<str>,
    pub instance: InstanceUrl,
    pub kit: KitFingerprint,
    /// Whether there is an address that a bundle can be uploaded to.
    pub has_upload_address: bool,
    pub observed_at: Timestamp,
    pub plan: Plan,
    pub end: End,
    /// Targets whose hooks could not be read, so that nothing was planned for them.
    pub unread: Vec<FailureGroup<Target>>,
    /// What the checks found afterwards, by a command that runs them.
    pub checks: Option<Findings>,
    /// Whether evidence is written: that of another run has another file.
    pub has_evidence: bool,
    pub requests: u32,
    pub writes: u32,
    pub duration_ms: u64,
}

/// How it ended.
#[derive(Debug)]
pub enum End {
    /// Nothing was planned: everything was already as it should be.
    NothingToDo,
    /// `--dry-run`.
    DryRun,
    /// The plan was carried out, as far as it went.
    Applied(Box<Outcome>),
}

/// The exit code of a dry run with pending changes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PendingExit {
    Zero,
    /// With `--exit-code`.
    Four,
}

/// How the steps ended, with their failures explained. Steps are named by their place in the plan.
#[derive(Debug)]
pub struct Outcome {
    /// How each step of the plan ended.
    pub ends: Vec<StepEnd>,
    pub failed: Vec<FailureGroup<usize>>,
    /// The step that stopped everything after it.
    pub stopped: Option<FailureGroup<usize>>,
    pub proofs: Vec<DeliveryProof>,
    /// Why test deliveries are not proven, as `verify --live` says it.
    pub unproven: Vec<UnprovenDelivery>,
    pub receipt: Option<Receipt>,
    pub unsigned_hooks: usize,
    /// Where a webhook has a new secret token that GitLab has nothing to test with.
    pub untested: Vec<Target>,
    /// Ctrl-C, or a signal to end.
    pub interrupted: bool,
}

/// A test delivery that is not proven.
#[derive(Debug)]
pub struct UnprovenDelivery {
    pub target: Target,
    pub cause: String,
    pub fix: Fix,
}

impl Outcome {
    /// From what was applied, with each error explained by `explain`.
    #[must_use]
    pub fn new(mut applied: Applied<'_>, explain: impl Fn(&Error) -> Failure) -> Self {
        // Steps fail in any order; they are reported in that of the plan.
        applied.failed.sort_by_key(|(place, _)| *place);
        let explained = |(place, error): (usize, Error)| (place, explain(&error));
        Self {
            ends: applied.ends,
            failed: FailureGroup::group(applied.failed.into_iter().map(explained)),
            stopped: applied.stopped.map(explained).map(|(place, failure)| FailureGroup { failure, of: vec![place] }),
            proofs: applied.proofs,
            unproven: Vec::new(),
            receipt: applied.receipt,
            unsigned_hooks: applied.unsigned_hooks,
            untested: applied.untested,
            interrupted: false,
        }
    }

    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        if self.interrupted {
            return ExitCode::Interrupted;
        }
        if let Some(stopped) = &self.stopped {
            return stopped.failure.exit_code();
        }
        let failed = |wanted: &[FailureKind]| self.failed.iter().any(|group| wanted.contains(&group.failure.kind));
        if self.proofs.iter().any(DeliveryProof::has_failed) || failed(&[FailureKind::Problem, FailureKind::Usage]) {
            return ExitCode::Problem;
        }
        if self.proofs.iter().any(DeliveryProof::is_unknown)
            || failed(&[FailureKind::Unknown, FailureKind::Interrupted])
        {
            return ExitCode::Unknown;
        }
        ExitCode::Done
    }
}

impl Report for RunReport {
    fn text(&self, text: &mut Text) {
        self.write_text(text);
    }

    fn problems(&self, text: &mut Text) {
        self.write_problems(text);
    }

    fn json(&self, into: Json<'_>) -> io::Result<()> {
        into.document(&json::RunDocument::new(self))
    }

    fn html(&self) -> Option<Page> {
        let title = format!("factory-gitlab {} on {}", self.running, self.instance);
        Some(Page::of_text(title, self.exit_code(), &super::text(self)))
    }

    fn exit_code(&self) -> ExitCode {
        match &self.end {
            End::Applied(outcome) if outcome.exit_code() != ExitCode::Done => outcome.exit_code(),
            End::Applied(_) if self.checks_code() != ExitCode::Done => self.checks_code(),
            _ if !self.plan.left.is_empty() => ExitCode::Problem,
            _ if self.unread.iter().any(|group| group.failure.kind == FailureKind::Problem) => ExitCode::Problem,
            _ if !self.unread.is_empty() => ExitCode::Unknown,
            End::DryRun if self.job.pending == PendingExit::Four && !self.plan.is_empty() => ExitCode::Pending,
            End::NothingToDo | End::DryRun | End::Applied(_) => ExitCode::Done,
        }
    }
}

impl RunReport {
    fn verdict(&self) -> &'static str {
        match (&self.end, self.exit_code()) {
            (_, ExitCode::Unknown) => "unknown",
            (_, ExitCode::Interrupted) => "interrupted",
            (End::DryRun, ExitCode::Done | ExitCode::Pending) if !self.plan.is_empty() => "pending",
            (_, ExitCode::Done) => self.job.achieved,
            _ => "incomplete",
        }
    }

    /// Whether it changed anything; of a dry run, whether a run would. An engine asks before it runs.
    fn has_changed(&self) -> bool {
        match self.end {
            End::DryRun => !self.plan.is_empty(),
            End::NothingToDo | End::Applied(_) => self.writes > 0,
        }
    }

    fn checks_code(&self) -> ExitCode {
        self.checks.as_ref().map_or(ExitCode::Done, Report::exit_code)
    }

    /// Whether it is as planned, apart from what the plan leaves.
    fn is_whole(&self) -> bool {
        self.unread.is_empty() && self.plan.left.is_empty()
    }

    fn steps_with(&self, outcome: &Outcome, end: StepEnd) -> Vec<&Step> {
        let has_ended = |(_, ended): &(&Step, &StepEnd)| **ended == end;
        self.plan.steps.iter().zip(&outcome.ends).filter(has_ended).map(|(step, _)| step).collect()
    }
}
