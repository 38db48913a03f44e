//! The project in which the exercise works, and the webhook that sends its events.

use std::time::Duration;

use super::outcome::{Exercised, WorkHook, WorkProject};
use super::{Apply, Error, PlanRun, StepEnd, is_there_already};
use crate::apply::webhook_test::WebhookTester;
use crate::gitlab::{
    ApiRefusal, CommitAction, FileChange, Hook, HookSpec, NewCommit, NewProject, ProjectDetails, if_found,
};
use crate::http;
use crate::instance::Version;
use crate::journal::ExerciseEntry;
use crate::observed::EXERCISE_TOPIC;
use crate::plan::CoveringHook;
use crate::target::{Event, Target};

/// The branch of the first commit.
const MAIN: &str = "main";

/// GitLab answers that a project was created before its repository can be used.
const REPOSITORY_WAIT: Duration = Duration::from_secs(30);

impl Apply<'_> {
    /// Creates the project in the first of the groups in which the token may create one.
    pub(super) async fn create_scratch_project(
        &self,
        groups: &[Target],
        mark: &str,
        exercised: &mut Exercised,
    ) -> Result<(), Error> {
        self.record(ExerciseEntry::CreateProject { mark: mark.to_owned() })?;
        exercised.creating = Some(mark.to_owned());
        let mut refused = None;
        for group in groups {
            match self.create_project_in(group, mark).await {
                Ok(project) => return self.begin_work(&project, mark, exercised).await,
                Err(Error::Request(error)) if is_refused_there(&error) => {
                    tracing::info!(%group, %error, "no project can be created there");
                    refused = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        self.record(ExerciseEntry::Removed { mark: mark.to_owned() })?;
        exercised.creating = None;
        Err(refused.map_or(Error::NoGroupForProject, |error| Error::ProjectRefused { source: error }))
    }

    async fn create_project_in(&self, group: &Target, mark: &str) -> Result<ProjectDetails, Error> {
        let (_, namespace_id) = group.number();
        let new = NewProject {
            namespace_id,
            name: mark.to_owned(),
            path: mark.to_owned(),
            description: format!(
                "Made by factory-gitlab to test the connection to Factory. It is removed by itself, and can be deleted. \
                 Leave this mark: {mark}"
            ),
            topics: vec![EXERCISE_TOPIC.to_owned()],
        };
        let path = format!("{}/{mark}", group.path());
        let find = async || if_found(self.clients.reader.project_at(&path).await);
        match self.make(async || self.clients.writer.create_project(&new).await, &find).await {
            // Under load GitLab says so of a request that it had carried out.
            Err(Error::Request(error)) if is_there_already(&error) => find().await?.ok_or(Error::Request(error)),
            made => made,
        }
    }

    /// Records the project, and makes the first commit.
    async fn begin_work(&self, project: &ProjectDetails, mark: &str, exercised: &mut Exercised) -> Result<(), Error> {
        let path = project.path_with_namespace.clone();
        self.record(ExerciseEntry::ProjectCreated { mark: mark.to_owned(), project: project.id, path })?;
        exercised.project = Some(work_project(project, mark, MAIN.to_owned(), false));
        let commit = NewCommit {
            branch: MAIN.to_owned(),
            start_branch: None,
            commit_message: "Begin the exercise".to_owned(),
            actions: vec![CommitAction {
                action: FileChange::Create,
                file_path: "README.md",
                content: "Made by factory-gitlab exercise. It can be deleted.\n".to_owned(),
            }],
        };
        let deadline = self.clients.clock.instant() + REPOSITORY_WAIT;
        loop {
            let find = async || Ok(self.clients.reader.branch(project.id, MAIN).await?.map(|branch| branch.commit));
            match self.make(async || self.clients.writer.commit(project.id, &commit).await, find).await {
                Err(Error::Request(error)) if is_not_ready(&error) && self.clients.clock.instant() < deadline => {
                    self.clients.clock.sleep(Duration::from_secs(1)).await;
                }
                made => return made.map(drop),
            }
        }
    }

    /// Works in a project that exists.
    pub(super) async fn use_project(
        &self,
        target: &Target,
        mark: &str,
        exercised: &mut Exercised,
    ) -> Result<(), Error> {
        let (_, id) = target.number();
        let found = self.retry.attempts().run(|| self.clients.reader.project_details(id)).await?;
        let Some(project) = found else { return Err(Error::ProjectGone { target: target.clone() }) };
        let Some(branch) = project.default_branch.clone() else {
            return Err(Error::EmptyProject { target: target.clone() });
        };
        let path = project.path_with_namespace.clone();
        self.record(ExerciseEntry::UseProject { mark: mark.to_owned(), project: id, path })?;
        exercised.project = Some(work_project(&project, mark, branch, true));
        Ok(())
    }

    /// The webhook that covers the project, or one on the project itself.
    pub(super) async fn use_hook(&self, covering: &[CoveringHook], exercised: &mut Exercised) -> Result<(), Error> {
        let Some(project) = &exercised.project else { return Ok(()) };
        // The project may be in another group than the first one.
        let target = Target::Project { id: project.id, path: project.path.as_str().into() };
        let covering = covering.iter().find(|hook| hook.on == target || target.is_below(&hook.on)).cloned();
        let hook = match covering {
            Some(hook) => hook,
            None => {
                let id = self.register_work_hook(&target, &project.mark).await?;
                self.record(ExerciseEntry::HookRegistered { mark: project.mark.clone(), id })?;
                exercised.has_registered_hook = true;
                CoveringHook::whole(target, id)
            }
        };
        exercised.hook = Some(WorkHook { hook, newest: 0 });
        Ok(())
    }

    async fn register_work_hook(&self, target: &Target, mark: &str) -> Result<u64, Error> {
        let version = self.version().ok_or(Error::NoVersion)?;
        let spec = self.desired.hook(target.clone(), version);
        let description = spec.description.replacen("Made by factory-gitlab", &work_hook_begins(mark), 1);
        let spec = HookSpec { description, ..spec };
        // Before 17.1 a webhook has no description: it is told from others by not having been there.
        let before = self.retry.attempts().run(|| self.clients.reader.hooks(target)).await?;
        let find = async || {
            let hooks = self.clients.reader.hooks(target).await?;
            let is_new = |hook: &Hook| before.iter().all(|known| known.id != hook.id);
            Ok(hooks.into_iter().find(|hook| is_new(hook) && self.desired.webhooks.matches_url(&hook.url)))
        };
        Ok(self.make(async || self.clients.writer.create_hook(&spec).await, find).await?.id)
    }

    /// Tests the webhook. Where the test fails, nothing else would arrive either.
    pub(super) async fn test_work_hook(&self, run: &mut PlanRun<'_, '_>) -> Result<StepEnd, Error> {
        let Some(WorkHook { hook, .. }) = run.applied.exercised.hook.clone() else { return Ok(StepEnd::NotReached) };
        let on_wait = |reason: &str| run.progress.waiting(reason);
        let tester = WebhookTester::new(self.clients.for_tests(), &self.desired.webhooks)
            .with_version(self.version())
            .on_wait(&on_wait);
        let proof = tester.test(&hook.on, hook.id, Event::Push).await;
        let has_failed = proof.has_failed() && !proof.lacks_sample();
        run.applied.exercised.test = Some(proof);
        if has_failed {
            return Err(Error::WorkHookTestFailed);
        }
        let newest = match self.has_log() {
            true => self.retry.attempts().run(|| self.clients.reader.deliveries(&hook.on, hook.id)).await,
            false => Ok(Vec::new()),
        };
        let newest = newest.map_or(0, |entries| entries.iter().map(|entry| entry.id).max().unwrap_or(0));
        run.applied.exercised.hook = Some(WorkHook { hook, newest });
        Ok(StepEnd::Done)
    }

    /// Whether this version has a delivery log.
    pub(super) fn has_log(&self) -> bool {
        self.version().is_none_or(|version| version >= Version::DELIVERY_LOG)
    }
}

/// How the description begins of a webhook that is registered for an exercise.
pub(super) fn work_hook_begins(mark: &str) -> String {
    format!("Made by {mark}")
}

fn work_project(project: &ProjectDetails, mark: &str, default_branch: String, is_existing: bool) -> WorkProject {
    WorkProject {
        id: project.id,
        path: project.path_with_namespace.clone(),
        web_url: project.web_url.clone(),
        mark: mark.to_owned(),
        default_branch,
        is_existing,
        has_ci: project.builds_access_level.as_deref() != Some("disabled"),
    }
}

/// Whether another group may allow what this one refuses: the namespace, the visibility, or a right.
fn is_refused_there(error: &http::Error) -> bool {
    match ApiRefusal::of(error) {
        Some(ApiRefusal::Invalid { fields, .. }) => {
            fields.iter().any(|field| matches!(field.as_str(), "namespace" | "visibility_level" | "base"))
        }
        Some(ApiRefusal::Forbidden { .. } | ApiRefusal::NotFound) => true,
        Some(_) | None => false,
    }
}

/// What GitLab says of a first commit while the repository is being created.
fn is_not_ready(error: &http::Error) -> bool {
    matches!(error.status(), Some(400 | 404))
}
