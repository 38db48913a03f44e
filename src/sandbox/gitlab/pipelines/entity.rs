//! Pipelines and jobs as the API shows them.
//!
//! gitlab: lib/api/entities/ci/pipeline_basic.rb, pipeline.rb, job.rb

use serde_json::{Value, json};

use crate::sandbox::gitlab::issues::user;
use crate::sandbox::gitlab::state::GitLabState;
use crate::sandbox::gitlab::work::{StoredJob, StoredPipeline};

/// As in lists.
pub(super) fn basic(state: &GitLabState, project: u64, pipeline: &StoredPipeline) -> Value {
    let path = state.projects.get(&project).map(|project| project.full_path.as_str()).unwrap_or_default();
    json!({
        "id": pipeline.id,
        "iid": pipeline.iid,
        "project_id": project,
        "sha": pipeline.sha,
        "ref": pipeline.reference,
        "status": pipeline.status.word(),
        "source": pipeline.source,
        "created_at": format!("{:.3}", pipeline.created_at),
        "updated_at": format!("{:.3}", pipeline.updated_at),
        "web_url": state.link(&format!("/{path}/-/pipelines/{}", pipeline.id)),
    })
}

/// Alone.
pub(in crate::sandbox::gitlab) fn entity(state: &GitLabState, project: u64, pipeline: &StoredPipeline) -> Value {
    let mut answer = basic(state, project, pipeline);
    let time = |time: Option<jiff::Timestamp>| json!(time.map(|time| format!("{time:.3}")));
    let status = pipeline.status.word();
    for (field, value) in [
        ("before_sha", json!(pipeline.before)),
        ("tag", json!(pipeline.is_tag)),
        ("yaml_errors", Value::Null),
        ("user", user(state, pipeline.user)),
        ("started_at", time(pipeline.started_at)),
        ("finished_at", time(pipeline.finished_at)),
        ("committed_at", Value::Null),
        ("duration", Value::Null),
        ("queued_duration", Value::Null),
        ("coverage", Value::Null),
        (
            "detailed_status",
            json!({ "text": status, "label": status, "group": status, "icon": format!("status_{status}") }),
        ),
    ] {
        answer[field] = value;
    }
    answer
}

pub(super) fn job(state: &GitLabState, project: u64, pipeline: &StoredPipeline, job: &StoredJob) -> Value {
    let path = state.projects.get(&project).map(|project| project.full_path.as_str()).unwrap_or_default();
    let time = |time: Option<jiff::Timestamp>| time.map(|time| format!("{time:.3}"));
    json!({
        "id": job.id,
        "status": job.status.word(),
        "stage": job.stage,
        "name": job.name,
        "ref": pipeline.reference,
        "tag": pipeline.is_tag,
        "allow_failure": job.is_manual,
        "created_at": time(Some(job.created_at)),
        "started_at": time(job.started_at),
        "finished_at": time(job.finished_at),
        "duration": null,
        "user": user(state, pipeline.user),
        "pipeline": basic(state, project, pipeline),
        "web_url": state.link(&format!("/{path}/-/jobs/{}", job.id)),
        "runner": null,
    })
}
