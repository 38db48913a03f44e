//! The report of `exercise`: a table of what was done, sent, received and answered.

mod json;
mod junit;
mod text;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::{FailureGroup, Json, Page, Report};
use crate::activity::Activity;
use crate::apply::{ActivityOutcome, CellState, Exercised};
use crate::error::{ExitCode, Failure, Fix};
use crate::instance::InstanceUrl;
use crate::kit::KitFingerprint;
use crate::plan::Plan;
use crate::text::Text;

/// The report of an exercise, however it ended.
#[derive(Debug)]
pub struct ExerciseReport<'p> {
    /// The command that is running, for the fixes that run it again.
    pub running: Arc<str>,
    pub instance: InstanceUrl,
    pub kit: KitFingerprint,
    pub plan: &'p Plan,
    pub end: ExerciseEnd,
    pub requests: u32,
    pub writes: u32,
    pub duration: Duration,
}

#[derive(Debug)]
pub enum ExerciseEnd {
    DryRun,
    /// `--sweep`, and nothing was left.
    NothingToRemove,
    Exercised(Box<Exercise>),
}

/// What was found out, with its failures explained.
#[derive(Debug)]
pub struct Exercise {
    pub rows: Vec<(Activity, ActivityOutcome)>,
    pub exercised: Exercised,
    /// Steps that failed, by their place in the plan.
    pub failed: Vec<FailureGroup<usize>>,
    /// Why not everything was removed.
    pub cleanup: Option<Failure>,
    /// Why the test of the webhook is not proven, and what to do.
    pub unproven: Option<(String, Fix)>,
    pub fixes: Vec<Fix>,
    /// Ctrl-C, or a signal to end.
    pub interrupted: bool,
}

impl Exercise {
    fn has(&self, state: CellState) -> bool {
        self.rows.iter().any(|(_, row)| row.cells().iter().any(|(_, cell)| cell.state == state))
    }

    /// What the table alone says.
    fn events_code(&self) -> ExitCode {
        match () {
            () if self.has(CellState::No) => ExitCode::Problem,
            () if self.has(CellState::Unknown) || self.tested_nothing() => ExitCode::Unknown,
            () => ExitCode::Done,
        }
    }

    /// Whether nothing was done that could have arrived: that is no success.
    fn tested_nothing(&self) -> bool {
        !self.rows.is_empty() && self.rows.iter().all(|(_, row)| row.sent.state != CellState::Yes)
    }

    /// Whether no activity was tried.
    fn made_nothing(&self) -> bool {
        self.exercised.outcomes.is_empty()
    }

    fn exit_code(&self) -> ExitCode {
        if self.interrupted {
            return ExitCode::Interrupted;
        }
        let failures = self.failed.iter().map(|group| &group.failure).chain(&self.cleanup);
        let codes: Vec<ExitCode> = failures.map(Failure::exit_code).collect();
        let is_problem = codes.iter().any(|code| !matches!(code, ExitCode::Unknown));
        let is_tested = self.exercised.test.as_ref().is_some_and(|proof| proof.has_failed() && !proof.lacks_sample());
        match self.events_code() {
            _ if is_problem || is_tested => ExitCode::Problem,
            ExitCode::Done if !codes.is_empty() => ExitCode::Unknown,
            code => code,
        }
    }

    /// How long each event took, by the name of its cell: the median and the longest.
    fn latencies(&self) -> Vec<(&'static str, Duration, Duration)> {
        let mut all = Vec::new();
        for place in 1..4 {
            let cells = self.rows.iter().map(|(_, row)| row.cells()[place]);
            let mut times: Vec<Duration> = cells.clone().filter_map(|(_, cell)| cell.latency).collect();
            times.sort();
            if let (Some((name, _)), Some(longest)) = (cells.clone().next(), times.last()) {
                all.push((name, times[times.len() / 2], *longest));
            }
        }
        all
    }
}

impl ExerciseReport<'_> {
    fn verdict(&self) -> &'static str {
        match (&self.end, self.exit_code()) {
            (ExerciseEnd::DryRun, _) => "pending",
            (ExerciseEnd::NothingToRemove, _) => "nothing_to_do",
            (_, ExitCode::Done) => "pass",
            (_, ExitCode::Unknown) => "unknown",
            (_, ExitCode::Interrupted) => "interrupted",
            _ => "fail",
        }
    }
}

impl Report for ExerciseReport<'_> {
    fn text(&self, text: &mut Text) {
        self.write_text(text);
    }

    fn problems(&self, text: &mut Text) {
        if matches!(self.end, ExerciseEnd::DryRun) || self.exit_code() != ExitCode::Done {
            self.write_text(text);
        }
    }

    fn json(&self, into: Json<'_>) -> io::Result<()> {
        into.document(&json::ExerciseDocument::new(self))
    }

    fn junit(&self) -> Option<quick_junit::Report> {
        Some(self.junit_report())
    }

    fn html(&self) -> Option<Page> {
        let title = format!("factory-gitlab {} on {}", self.running, self.instance);
        Some(Page::of_text(title, self.exit_code(), &super::text(self)))
    }

    fn exit_code(&self) -> ExitCode {
        match &self.end {
            ExerciseEnd::DryRun | ExerciseEnd::NothingToRemove => ExitCode::Done,
            ExerciseEnd::Exercised(exercise) => exercise.exit_code(),
        }
    }
}
