//! Pipelines and their jobs, and the check of their configuration.
//!
//! gitlab: lib/api/ci/pipelines.rb, lib/api/lint.rb, app/services/ci/create_pipeline_service.rb

mod config;
mod entity;
mod worker;

use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use self::config::CiConfig;
pub(super) use self::entity::entity;
use self::entity::{basic, job};
use super::auth::{Call, Caller};
use super::error::ApiError;
use super::permissions::Permissions;
use super::state::{GitLabState, StoredProject, level, next};
use super::work::{NO_COMMIT, PipelineStatus, Pushed, StoredCommit, StoredJob, StoredMergeRequest, StoredPipeline};
use super::{GitLab, pages, params};

/// Where a project's configuration is.
const CONFIG: &str = ".gitlab-ci.yml";
const EMPTY: &str =
    "The resulting pipeline would have been empty. Review the rules configuration for the relevant jobs.";

pub(super) fn routes() -> Router<GitLab> {
    Router::new()
        .route("/projects/{id}/ci/lint", post(lint))
        .route("/projects/{id}/pipeline", post(create))
        .route("/projects/{id}/pipelines", get(list))
        .route("/projects/{id}/pipelines/{pipeline_id}", get(show))
        .route("/projects/{id}/pipelines/{pipeline_id}/jobs", get(jobs))
        .route("/projects/{id}/pipelines/{pipeline_id}/cancel", post(cancel))
}

/// The id of a project in which the caller may run pipelines: CI has to be on.
fn with_ci(state: &GitLabState, id: &str, caller: &Caller) -> Result<u64, ApiError> {
    let project = state.workplace(id, caller, level::DEVELOPER)?;
    if project.details.has_ci { Ok(project.id) } else { Err(ApiError::forbidden()) }
}

async fn lint(Shared(gitlab): Shared<GitLab>, Path(id): Path<String>, call: Call) -> Result<Response, ApiError> {
    let caller = call.require(&gitlab)?;
    call.params.require(&["content"])?;
    let content = call.params.text("content")?.unwrap_or_default();
    call.params.boolean("dry_run")?;
    with_ci(&gitlab.lock(), &id, &caller)?;
    let errors = CiConfig::read(&content).err();
    let answer = json!({
        "valid": errors.is_none(),
        "errors": errors.into_iter().collect::<Vec<_>>(),
        "warnings": [],
        "merged_yaml": content,
        "includes": [],
    });
    Ok(Json(answer).into_response())
}

/// What a pipeline is made for.
struct PipelineSpec {
    project: u64,
    user: u64,
    reference: String,
    is_tag: bool,
    before: String,
    source: &'static str,
    merge_request: Option<u64>,
    commit: StoredCommit,
}

async fn create(Shared(gitlab): Shared<GitLab>, Path(id): Path<String>, call: Call) -> Result<Response, ApiError> {
    let caller = call.require(&gitlab)?;
    call.params.require(&["ref"])?;
    let reference = call.params.text("ref")?.unwrap_or_default();
    let mut state = gitlab.lock();
    let state = &mut *state;
    let project = with_ci(state, &id, &caller)?;
    let invalid = |text: &str| ApiError::message(StatusCode::BAD_REQUEST, json!({ "base": [text] }));
    let repository = &state.work_of(project).repository;
    let is_tag = repository.tags.contains_key(&reference);
    let is_known = is_tag || repository.branches.contains_key(&reference);
    let commit =
        repository.resolve(&reference).filter(|_| is_known).cloned().ok_or_else(|| invalid("Reference not found"))?;
    let before = NO_COMMIT.to_owned();
    let (user, source) = (caller.user, "api");
    let spec = PipelineSpec { project, user, reference, is_tag, before, source, merge_request: None, commit };
    let made = start(&gitlab, state, spec).map_err(|text| invalid(&text))?;
    Ok((StatusCode::CREATED, Json(entity(state, project, &made))).into_response())
}

/// Creates a pipeline and sets its worker off.
fn start(gitlab: &GitLab, state: &mut GitLabState, spec: PipelineSpec) -> Result<StoredPipeline, String> {
    let project: Option<&StoredProject> = state.projects.get(&spec.project);
    let auto_devops = project.and_then(|project| project.details.auto_devops).unwrap_or(false);
    let config = match spec.commit.file(CONFIG) {
        Some(content) => CiConfig::read(content)?,
        None if auto_devops => CiConfig::auto_devops(),
        None => return Err("Missing CI config file".to_owned()),
    };
    let is_other = !config.sources.is_empty() && config.sources.iter().all(|source| source != spec.source);
    if config.filters_all || is_other {
        return Err("Pipeline filtered out by workflow rules.".to_owned());
    }
    let skips =
        spec.source == "push" && ["[ci skip]", "[skip ci]"].iter().any(|mark| spec.commit.message.contains(mark));
    let now = state.clock.now();
    let mut jobs = Vec::new();
    for one in config.jobs.into_iter().filter(|_| !skips) {
        jobs.push(StoredJob {
            id: next(&mut state.work.ids.job),
            name: one.name,
            stage: one.stage,
            status: PipelineStatus::Created,
            is_manual: one.is_manual,
            environment: one.environment,
            created_at: now,
            started_at: None,
            finished_at: None,
        });
    }
    if jobs.is_empty() && !skips {
        return Err(EMPTY.to_owned());
    }
    let id = next(&mut state.work.ids.pipeline);
    let pipelines = &mut state.work_of(spec.project).pipelines;
    let pipeline = StoredPipeline {
        id,
        iid: pipelines.len() as u64 + 1,
        user: spec.user,
        sha: spec.commit.id,
        before: spec.before,
        reference: spec.reference,
        is_tag: spec.is_tag,
        source: spec.source,
        status: PipelineStatus::Created,
        created_at: now,
        updated_at: now,
        started_at: None,
        finished_at: None,
        merge_request: spec.merge_request,
        jobs,
    };
    pipelines.insert(id, pipeline.clone());
    worker::run(gitlab, state, worker::PipelineRef { project: spec.project, id });
    Ok(pipeline)
}

/// The pipeline of a push, where there is a configuration; nothing is said where it cannot be made.
pub(super) fn for_push(gitlab: &GitLab, state: &mut GitLabState, project: u64, pushed: &Pushed) {
    let has_ci = state.projects.get(&project).is_some_and(|project| project.details.has_ci);
    let Some(commit) = state.work_of(project).repository.resolve(&pushed.after).filter(|_| has_ci).cloned() else {
        return;
    };
    let (reference, is_tag) = match pushed.branch() {
        Some(branch) => (branch.to_owned(), false),
        None => (pushed.reference.trim_start_matches("refs/tags/").to_owned(), true),
    };
    if commit.file(CONFIG).is_some_and(CiConfig::is_for_merge_requests) {
        return;
    }
    let (user, before, source) = (pushed.user, pushed.before.clone(), "push");
    let spec = PipelineSpec { project, user, reference, is_tag, before, source, merge_request: None, commit };
    if let Err(reason) = start(gitlab, state, spec) {
        tracing::debug!(project, reason, "no pipeline for a push");
    }
}

/// The pipeline of a new merge request, where the configuration has jobs for merge requests.
pub(super) fn for_merge_request(gitlab: &GitLab, state: &mut GitLabState, project: u64, made: &StoredMergeRequest) {
    let has_ci = state.projects.get(&project).is_some_and(|project| project.details.has_ci);
    let Some(commit) = state.work_of(project).repository.resolve(&made.source_branch).cloned() else { return };
    if !has_ci || !commit.file(CONFIG).is_some_and(CiConfig::is_for_merge_requests) {
        return;
    }
    let spec = PipelineSpec {
        project,
        user: made.about.author,
        reference: format!("refs/merge-requests/{}/head", made.about.iid),
        is_tag: false,
        before: NO_COMMIT.to_owned(),
        source: "merge_request_event",
        merge_request: Some(made.about.iid),
        commit,
    };
    if let Err(reason) = start(gitlab, state, spec) {
        tracing::debug!(project, reason, "no pipeline for a merge request");
    }
}

/// The id of a project whose pipelines the caller may see.
fn seen(state: &GitLabState, id: &str, caller: &Caller) -> Result<u64, ApiError> {
    let project = state.visible_project(id, Some(caller))?;
    let is_member = Permissions::of(state, Some(caller)).in_project(project) > 0 || caller.admin;
    let is_open = project.visibility != super::state::Visibility::Private;
    if project.details.has_ci && (is_member || is_open) { Ok(project.id) } else { Err(ApiError::forbidden()) }
}

async fn list(Shared(gitlab): Shared<GitLab>, Path(id): Path<String>, call: Call) -> Result<Response, ApiError> {
    let caller = call.require(&gitlab)?;
    let (sha, reference) = (call.params.text("sha")?, call.params.text("ref")?);
    let source = call.params.text("source")?;
    let mut state = gitlab.lock();
    let project = seen(&state, &id, &caller)?;
    let all: Vec<StoredPipeline> = state.work_of(project).pipelines.values().rev().cloned().collect();
    let is_wanted = |one: &StoredPipeline| {
        sha.as_ref().is_none_or(|sha| one.sha == *sha)
            && reference.as_ref().is_none_or(|name| one.reference == *name)
            && source.as_ref().is_none_or(|source| one.source == source)
    };
    let found = all.into_iter().filter(is_wanted).collect();
    Ok(pages::offset(&state, &call, found)?.answer(|one| basic(&state, project, &one)))
}

fn find(state: &mut GitLabState, project: u64, id: &str) -> Result<StoredPipeline, ApiError> {
    let id = params::id("pipeline_id", id)?;
    state.work_of(project).pipelines.get(&id).cloned().ok_or_else(ApiError::record_not_found)
}

async fn show(
    Shared(gitlab): Shared<GitLab>,
    Path((id, pipeline)): Path<(String, String)>,
    call: Call,
) -> Result<Json<Value>, ApiError> {
    let caller = call.require(&gitlab)?;
    let mut state = gitlab.lock();
    let project = seen(&state, &id, &caller)?;
    let found = find(&mut state, project, &pipeline)?;
    Ok(Json(entity(&state, project, &found)))
}

async fn jobs(
    Shared(gitlab): Shared<GitLab>,
    Path((id, pipeline)): Path<(String, String)>,
    call: Call,
) -> Result<Response, ApiError> {
    let caller = call.require(&gitlab)?;
    let mut state = gitlab.lock();
    let project = seen(&state, &id, &caller)?;
    let found = find(&mut state, project, &pipeline)?;
    let all: Vec<&StoredJob> = found.jobs.iter().rev().collect();
    Ok(pages::offset(&state, &call, all)?.answer(|one| job(&state, project, &found, one)))
}

/// 200 and not 201, also for one that has ended.
async fn cancel(
    Shared(gitlab): Shared<GitLab>,
    Path((id, pipeline)): Path<(String, String)>,
    call: Call,
) -> Result<Json<Value>, ApiError> {
    let caller = call.require(&gitlab)?;
    let mut state = gitlab.lock();
    let state = &mut *state;
    let project = with_ci(state, &id, &caller)?;
    let found = find(state, project, &pipeline)?;
    if !found.status.is_finished() {
        let pipeline = worker::PipelineRef { project, id: found.id };
        worker::advance(&gitlab, state, pipeline, PipelineStatus::Canceled);
    }
    let found = find(state, project, &pipeline)?;
    Ok(Json(entity(state, project, &found)))
}
