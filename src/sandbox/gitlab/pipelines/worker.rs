//! What Sidekiq and a runner do with a pipeline, step by step, and the webhooks of each step.
//!
//! gitlab: app/models/ci/pipeline.rb, app/models/ci/build.rb, app/workers/pipeline_hooks_worker.rb

use serde_json::Value;

use crate::sandbox::gitlab::GitLab;
use crate::sandbox::gitlab::hooks::{HookEvent, PayloadBuilder, ProjectEvent};
use crate::sandbox::gitlab::quirks::Runner;
use crate::sandbox::gitlab::state::GitLabState;
use crate::sandbox::gitlab::work::{PipelineStatus, after};

/// A pipeline by its project and id.
#[derive(Clone, Copy, Debug)]
pub(super) struct PipelineRef {
    pub project: u64,
    pub id: u64,
}

/// Sets off what follows the creation of a pipeline. The creation itself sends no Pipeline Hook: the first one comes with the
/// change to `pending`.
pub(super) fn run(gitlab: &GitLab, state: &GitLabState, pipeline: PipelineRef) {
    let delay = state.work.quirks.sidekiq_delay;
    if state.work.quirks.job_created_hook {
        send_jobs(gitlab, state, pipeline);
    }
    let steps: &[PipelineStatus] = match state.work.quirks.runner {
        Runner::Missing => &[PipelineStatus::Pending],
        Runner::Works => &[PipelineStatus::Pending, PipelineStatus::Running, PipelineStatus::Success],
    };
    let (worker, begun) = (gitlab.clone(), state.clock.now());
    gitlab.in_background(async move {
        let mut due = after(begun, delay);
        for step in steps {
            due = after(due, delay);
            worker.sleep_until(due).await;
            if !advance(&worker, &mut worker.lock(), pipeline, *step) {
                return;
            }
        }
    });
}

/// Moves a pipeline on and sends what changed; `false` if it has ended or is gone.
pub(super) fn advance(gitlab: &GitLab, state: &mut GitLabState, pipeline: PipelineRef, to: PipelineStatus) -> bool {
    let now = state.clock.now();
    let found = state.work_of(pipeline.project).pipelines.get_mut(&pipeline.id);
    let Some(found) = found.filter(|found| !found.status.is_finished()) else { return false };
    for job in &mut found.jobs {
        job.status = if job.is_manual && to != PipelineStatus::Canceled { PipelineStatus::Manual } else { to };
        match job.status {
            PipelineStatus::Running => job.started_at = Some(now),
            PipelineStatus::Success | PipelineStatus::Canceled => job.finished_at = Some(now),
            _ => {}
        }
    }
    // A pipeline in which nothing runs by itself is skipped.
    let is_skipped = found.jobs.iter().all(|job| job.is_manual) && to != PipelineStatus::Canceled;
    found.status = if is_skipped { PipelineStatus::Skipped } else { to };
    found.updated_at = now;
    match found.status {
        PipelineStatus::Running => found.started_at = Some(now),
        status if status.is_finished() => found.finished_at = Some(now),
        _ => {}
    }
    send_jobs(gitlab, state, pipeline);
    send_pipeline(gitlab, state, pipeline);
    true
}

/// The body is read when the worker runs, so that two states may show the same text.
fn send_pipeline(gitlab: &GitLab, state: &GitLabState, pipeline: PipelineRef) {
    if state.work.quirks.pipeline_user_blocked {
        return;
    }
    let event = ProjectEvent { project: pipeline.project, event: HookEvent::Pipeline, chain: None };
    gitlab.send_hooks_later(state, event, move |state| {
        let found = state.work.get(pipeline.project)?.pipelines.get(&pipeline.id)?;
        Some(builder(state, pipeline, found.user)?.pipeline(found))
    });
}

fn send_jobs(gitlab: &GitLab, state: &GitLabState, pipeline: PipelineRef) {
    let found = state.work.get(pipeline.project).and_then(|work| work.pipelines.get(&pipeline.id));
    for id in found.into_iter().flat_map(|found| &found.jobs).map(|job| job.id) {
        let event = ProjectEvent { project: pipeline.project, event: HookEvent::Job, chain: None };
        gitlab.send_hooks_later(state, event, move |state| job(state, pipeline, id));
    }
}

fn job(state: &GitLabState, pipeline: PipelineRef, id: u64) -> Option<Value> {
    let found = state.work.get(pipeline.project)?.pipelines.get(&pipeline.id)?;
    let job = found.jobs.iter().find(|job| job.id == id)?;
    Some(builder(state, pipeline, found.user)?.job(found, job))
}

fn builder(state: &GitLabState, pipeline: PipelineRef, user: u64) -> Option<PayloadBuilder<'_>> {
    Some(PayloadBuilder { state, project: state.projects.get(&pipeline.project)?, user })
}
