//! Payloads of pipelines and jobs.
//!
//! gitlab: lib/gitlab/data_builder/pipeline.rb, lib/gitlab/data_builder/build.rb

use serde_json::{Value, json};

use super::{BEFORE, PayloadBuilder, SHA};
use crate::sandbox::gitlab::hooks::entity::time;
use crate::sandbox::gitlab::work::{PipelineStatus, StoredCommit, StoredJob, StoredPipeline};

impl PayloadBuilder<'_> {
    pub(in crate::sandbox::gitlab) fn pipeline(&self, pipeline: &StoredPipeline) -> Value {
        let work = self.state.work.get(self.project.id);
        let request = pipeline.merge_request.and_then(|iid| work?.merge_requests.get(&iid));
        let mut stages: Vec<&str> = pipeline.jobs.iter().map(|job| job.stage.as_str()).collect();
        stages.dedup();
        let builds: Vec<Value> = pipeline.jobs.iter().map(|job| self.build(pipeline, job)).collect();
        json!({
            "object_kind": "pipeline",
            "object_attributes": {
                "id": pipeline.id, "iid": pipeline.iid, "name": null, "ref": pipeline.reference, "tag": pipeline.is_tag,
                "sha": pipeline.sha, "before_sha": pipeline.before, "source": pipeline.source,
                "status": pipeline.status.word(), "detailed_status": pipeline.status.word(), "stages": stages,
                "created_at": time(pipeline.created_at), "finished_at": pipeline.finished_at.map(time),
                "duration": null, "queued_duration": null,
                "protected_ref": pipeline.reference == self.project.branch(), "variables": [],
                "url": self.address(&format!("/-/pipelines/{}", pipeline.id))
            },
            "merge_request": request.map(|request| self.short_merge_request(request)),
            "user": self.user_of(pipeline.user), "project": self.project(),
            "commit": self.commit_of(&pipeline.sha), "builds": builds
        })
    }

    fn commit_of(&self, sha: &str) -> Value {
        let work = self.state.work.get(self.project.id);
        let sample = StoredCommit::sample(sha);
        self.commit(work.and_then(|work| work.repository.resolve(sha)).unwrap_or(&sample))
    }

    fn build(&self, pipeline: &StoredPipeline, job: &StoredJob) -> Value {
        json!({
            "id": job.id, "stage": job.stage, "name": job.name, "status": job.status.word(),
            "created_at": time(job.created_at), "started_at": job.started_at.map(time),
            "finished_at": job.finished_at.map(time), "duration": null, "queued_duration": 1.0, "failure_reason": null,
            "when": if job.is_manual { "manual" } else { "on_success" }, "manual": job.is_manual,
            "allow_failure": job.is_manual, "user": self.user_of(pipeline.user), "runner": runner(job),
            "artifacts_file": {"filename": null, "size": null}, "environment": environment(job)
        })
    }

    pub(in crate::sandbox::gitlab) fn job(&self, pipeline: &StoredPipeline, job: &StoredJob) -> Value {
        let commit = self.commit_of(&pipeline.sha);
        json!({
            "object_kind": "build", "ref": pipeline.reference, "tag": pipeline.is_tag, "before_sha": pipeline.before,
            "sha": pipeline.sha, "build_id": job.id, "build_name": job.name, "build_stage": job.stage,
            "build_status": job.status.word(), "build_created_at": time(job.created_at),
            "build_started_at": job.started_at.map(time), "build_finished_at": job.finished_at.map(time),
            "build_duration": null, "build_queued_duration": 1.0, "build_allow_failure": job.is_manual,
            "build_failure_reason": "unknown_failure", "retries_count": 0, "pipeline_id": pipeline.id,
            "runner": runner(job), "project_id": self.project.id, "project_name": self.project.full_path,
            "user": self.user_of(pipeline.user),
            // Here `id` is the pipeline's.
            "commit": {
                "id": pipeline.id, "name": null, "sha": pipeline.sha, "message": commit["message"],
                "status": pipeline.status.word()
            },
            "repository": self.repository(), "project": self.project(), "environment": environment(job)
        })
    }

    pub(super) fn sample_job(&self) -> StoredJob {
        StoredJob {
            id: 1,
            name: "test".to_owned(),
            stage: "test".to_owned(),
            status: PipelineStatus::Pending,
            is_manual: false,
            environment: None,
            created_at: self.project.created_at,
            started_at: None,
            finished_at: None,
        }
    }

    pub(super) fn sample_pipeline(&self) -> StoredPipeline {
        StoredPipeline {
            id: 1,
            iid: 1,
            user: self.user,
            sha: SHA.to_owned(),
            before: BEFORE.to_owned(),
            reference: "main".to_owned(),
            is_tag: false,
            source: "push",
            status: PipelineStatus::Pending,
            created_at: self.project.created_at,
            updated_at: self.project.created_at,
            started_at: None,
            finished_at: None,
            merge_request: None,
            jobs: vec![self.sample_job()],
        }
    }
}

/// The runner that took the job.
fn runner(job: &StoredJob) -> Option<Value> {
    job.started_at.map(|_| {
        json!({
            "id": 1, "description": "sandbox runner", "runner_type": "instance_type", "active": true, "is_shared": true,
            "tags": []
        })
    })
}

fn environment(job: &StoredJob) -> Option<Value> {
    job.environment.as_ref().map(|name| json!({"name": name, "action": "start", "deployment_tier": "other"}))
}
