//! Works in a project, follows what webhooks tell of it, and removes everything again.
#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

mod activities;
mod answers;
mod cleanup;
mod follow;
mod matching;
mod merge_request;
mod outcome;
mod project;

use super::{Apply, Error, PlanRun, StepEnd};
use crate::gitlab::ApiRefusal;
use crate::http;
use crate::plan::ExerciseStep;

pub use self::merge_request::MergeRequestProof;
pub use self::outcome::{ActivityOutcome, Cell, CellState, Cleaned, Exercised, LeftInGitLab, WorkProject};

impl Apply<'_> {
    pub(super) async fn carry_out_exercise(
        &self,
        step: &ExerciseStep,
        run: &mut PlanRun<'_, '_>,
    ) -> Result<StepEnd, Error> {
        let exercised = &mut run.applied.exercised;
        match step {
            ExerciseStep::RemoveLeftover { mark, place } => self.remove_leftover(mark, place, exercised).await?,
            ExerciseStep::CreateProject { groups, name } => {
                self.create_scratch_project(groups, name, exercised).await?;
            }
            ExerciseStep::UseProject { project, mark } => self.use_project(project, mark, exercised).await?,
            ExerciseStep::UseHook { hooks, covers_first: _ } => self.use_hook(hooks, exercised).await?,
            ExerciseStep::TestHook => return self.test_work_hook(run).await,
            ExerciseStep::Do { activity } => self.act(*activity, exercised).await?,
            ExerciseStep::Follow { wait_answer_s } => self.follow(*wait_answer_s, exercised).await,
            ExerciseStep::Keep { mark } => self.keep(mark, exercised)?,
            ExerciseStep::CleanUp { place: _ } => self.clean_up_work(exercised).await?,
        }
        Ok(StepEnd::Done)
    }
}

/// Whether GitLab refused because it has one of that name: a project, or a file.
fn is_there_already(error: &http::Error) -> bool {
    matches!(ApiRefusal::of(error), Some(ApiRefusal::Already { .. }))
}
