//! Removes what an exercise made: a project in two steps where GitLab delays deletion, or each thing by its mark in a project
//! that was there before.

use std::time::Duration;

use super::activities::{confidential_title, issue_title, merge_request_title, second_branch, tag_name};
use super::outcome::{Cleaned, Exercised, LeftInGitLab};
use super::project::work_hook_begins;
use super::{Apply, Error};
use crate::gitlab::{ApiRefusal, Discussed, Hook, Noteable, ProjectDetails};
use crate::http;
use crate::instance::Version;
use crate::journal::ExerciseEntry;
use crate::observed::{EXERCISE_TOPIC, mark_of};
use crate::plan::Place;
use crate::target::Target;

/// How long GitLab may take with a request that was cut off by an interruption.
const IN_FLIGHT: Duration = Duration::from_secs(2);

/// How often a removal is looked at until GitLab has carried it out.
const LOOKS: u32 = 5;

impl Apply<'_> {
    /// Records that what was made stays until it is swept.
    pub(super) fn keep(&self, mark: &str, exercised: &mut Exercised) -> Result<(), Error> {
        let Some(project) = &exercised.project else { return Ok(()) };
        self.record(ExerciseEntry::Kept { mark: mark.to_owned() })?;
        exercised.cleaned = Cleaned::Kept;
        exercised.left.push(LeftInGitLab {
            what: format!("project {}", project.path),
            why: "--keep; factory-gitlab exercise --sweep removes what was made".to_owned(),
            url: project.web_url.clone(),
        });
        Ok(())
    }

    /// Removes what this run made.
    pub(super) async fn clean_up_work(&self, exercised: &mut Exercised) -> Result<(), Error> {
        let Some(project) = exercised.project.clone() else {
            return self.clean_up_intent(exercised).await;
        };
        exercised.cleaned = Cleaned::No;
        if project.is_existing {
            let hook = exercised.webhook().filter(|(_, is_ours)| *is_ours).map(|(hook, _)| hook.id);
            let used = Used { project: project.id, mark: &project.mark, hook };
            self.remove_from_project(used, exercised).await?;
            if exercised.is_making {
                self.clients.clock.sleep(IN_FLIGHT).await;
                self.remove_from_project(used, exercised).await?;
            }
        } else {
            self.remove_project(project.id, exercised).await?;
        }
        self.record(ExerciseEntry::Removed { mark: project.mark })?;
        exercised.cleaned = Cleaned::Yes;
        Ok(())
    }

    /// The run ended while the project was being created: it may exist.
    async fn clean_up_intent(&self, exercised: &mut Exercised) -> Result<(), Error> {
        let Some(mark) = exercised.creating.clone() else { return Ok(()) };
        exercised.cleaned = Cleaned::No;
        let reader = self.clients.reader;
        let has_mark = |project: &ProjectDetails| mark_of(project).as_ref() == Some(&mark);
        for look in 0..LOOKS {
            if look > 0 {
                self.clients.clock.sleep(Duration::from_secs(1)).await;
            }
            let listed = self.retry.attempts().run(|| reader.projects_with_topic(EXERCISE_TOPIC)).await?;
            if let Some(project) = listed.into_iter().find(has_mark) {
                self.remove_project(project.id, exercised).await?;
                self.record(ExerciseEntry::Removed { mark })?;
                exercised.cleaned = Cleaned::Yes;
                return Ok(());
            }
        }
        // GitLab may create it later: it stays recorded, and the next run looks for it.
        exercised.cleaned = Cleaned::NothingMade;
        Ok(())
    }

    /// Removes what an earlier run left.
    pub(super) async fn remove_leftover(
        &self,
        mark: &str,
        place: &Place,
        exercised: &mut Exercised,
    ) -> Result<(), Error> {
        match place {
            Place::Scratch { project: Some(id), .. } => self.remove_project(*id, exercised).await?,
            Place::Scratch { project: None, .. } => {}
            Place::Existing { project, hook, .. } => {
                self.remove_from_project(Used { project: *project, mark, hook: *hook }, exercised).await?;
            }
        }
        self.record(ExerciseEntry::Removed { mark: mark.to_owned() })
    }

    /// Marks a project for deletion, and removes it at once where the instance permits that.
    async fn remove_project(&self, id: u64, exercised: &mut Exercised) -> Result<(), Error> {
        let mut found = self.retry.attempts().run(|| self.clients.reader.project_details(id)).await?;
        let mut refused = None;
        for look in 0..LOOKS {
            let Some(project) = found else { return Ok(()) };
            if project.marked_for_deletion_on.is_none() {
                let marked = self.retry.attempts().run(|| self.clients.writer.delete_project(id)).await;
                refused = self.accept_refusal(marked)?;
            } else {
                let path = project.path_with_namespace.as_str();
                let removed = self.retry.attempts().run(|| self.clients.writer.remove_project(id, path)).await;
                refused = self.accept_refusal(removed)?;
                if refused.as_deref().is_some_and(is_not_permitted) {
                    exercised.left.push(self.scheduled(&project));
                    return Ok(());
                }
            }
            if look > 0 || refused.is_some() {
                self.clients.clock.sleep(Duration::from_secs(1)).await;
            }
            found = self.retry.attempts().run(|| self.clients.reader.project_details(id)).await?;
        }
        match found {
            None => Ok(()),
            Some(project) => {
                let why = refused.unwrap_or_else(|| "GitLab still shows it after it was deleted".to_owned());
                exercised.left.push(LeftInGitLab {
                    what: format!("project {}", project.path_with_namespace),
                    why: why.clone(),
                    url: project.web_url,
                });
                Err(Error::NotRemoved { what: format!("project {}", project.path_with_namespace), why })
            }
        }
    }

    /// A refusal in words (400): the next look decides. Everything else is an error.
    fn accept_refusal(&self, result: Result<(), Error>) -> Result<Option<String>, Error> {
        match result {
            Ok(()) => Ok(None),
            Err(Error::Request(error)) => match ApiRefusal::of(&error) {
                Some(ApiRefusal::Invalid { said, .. } | ApiRefusal::Already { said }) => Ok(Some(said)),
                Some(_) | None => Err(error.into()),
            },
            Err(error) => Err(error),
        }
    }

    fn scheduled(&self, project: &ProjectDetails) -> LeftInGitLab {
        let since = project.marked_for_deletion_on.map(|day| format!(" since {day}")).unwrap_or_default();
        LeftInGitLab {
            what: format!("project {}", project.path_with_namespace),
            why: format!(
                "it is marked for deletion{since}; this instance permits no immediate deletion and removes it after its \
                 retention period"
            ),
            url: project.web_url.clone(),
        }
    }

    /// Removes everything with the mark from a project that was there before.
    async fn remove_from_project(&self, used: Used<'_>, exercised: &mut Exercised) -> Result<(), Error> {
        let Used { project: id, mark, hook } = used;
        let (reader, writer) = (self.clients.reader, self.clients.writer);
        let attempts = || self.retry.attempts();
        let Some(project) = attempts().run(|| reader.project_details(id)).await? else { return Ok(()) };
        self.remove_work_hook(&project, mark, hook).await?;
        let is_ours = |one: &Discussed, title: &str| one.title == title && self.is_by_us(one);
        let title = merge_request_title(mark);
        let found = attempts().run(|| reader.merge_requests_from(id, mark)).await?;
        for one in found.iter().filter(|one| is_ours(one, &title)) {
            self.remove_discussed(&project, Noteable::MergeRequest(one.iid), exercised).await?;
        }
        for title in [issue_title(mark), confidential_title(mark)] {
            let found = attempts().run(|| reader.issues_titled(id, &title)).await?;
            for one in found.iter().filter(|one| is_ours(one, &title)) {
                self.remove_discussed(&project, Noteable::Issue(one.iid), exercised).await?;
            }
        }
        let (tag, second) = (tag_name(mark), second_branch(mark));
        for reference in [mark, &second, &tag] {
            for pipeline in attempts().run(|| reader.pipelines_of(id, reference)).await? {
                self.remove_pipeline(&project, pipeline.id, exercised).await?;
            }
        }
        if attempts().run(|| reader.tag(id, &tag)).await?.is_some() {
            attempts().run(|| writer.delete_tag(id, &tag)).await?;
        }
        for branch in [&second, mark] {
            if attempts().run(|| reader.branch(id, branch)).await?.is_some() {
                attempts().run(|| writer.delete_branch(id, branch)).await?;
            }
        }
        Ok(())
    }

    /// Deletes an issue or merge request, which only owners may; others close it.
    async fn remove_discussed(
        &self,
        project: &ProjectDetails,
        which: Noteable,
        exercised: &mut Exercised,
    ) -> Result<(), Error> {
        let writer = self.clients.writer;
        match self.retry.attempts().run(|| writer.delete_discussed(project.id, which)).await {
            Err(Error::Request(error)) if is_forbidden(&error) => {
                self.retry.attempts().run(|| writer.close(project.id, which)).await?;
                let (kind, page) = match which {
                    Noteable::Issue(iid) => (format!("issue #{iid}"), format!("issues/{iid}")),
                    Noteable::MergeRequest(iid) => (format!("merge request !{iid}"), format!("merge_requests/{iid}")),
                };
                exercised.left.push(LeftInGitLab {
                    what: format!("{kind} of project {}", project.path_with_namespace),
                    why: "it is closed; only an owner can delete it".to_owned(),
                    url: format!("{}/-/{page}", project.web_url),
                });
                Ok(())
            }
            other => other,
        }
    }

    async fn remove_pipeline(
        &self,
        project: &ProjectDetails,
        pipeline: u64,
        exercised: &mut Exercised,
    ) -> Result<(), Error> {
        let writer = self.clients.writer;
        match self.retry.attempts().run(|| writer.delete_pipeline(project.id, pipeline)).await {
            Err(Error::Request(error)) if is_forbidden(&error) => {
                self.retry.attempts().run(|| writer.cancel_pipeline(project.id, pipeline)).await?;
                exercised.left.push(LeftInGitLab {
                    what: format!("pipeline {pipeline} of project {}", project.path_with_namespace),
                    why: "it is canceled; only an owner can delete it".to_owned(),
                    url: format!("{}/-/pipelines/{pipeline}", project.web_url),
                });
                Ok(())
            }
            other => other,
        }
    }

    /// Whether the owner of the token wrote it: others may write of a mark that they have seen.
    fn is_by_us(&self, one: &Discussed) -> bool {
        let own = self.observed.user.known().map(|user| user.id);
        one.author.as_ref().is_none_or(|author| Some(author.id) == own)
    }

    /// The webhook that the exercise registered on the project; never one that `connect` did. It has to deliver to Factory and,
    /// where webhooks have descriptions, to bear the mark; before 17.1 its recorded number tells it.
    async fn remove_work_hook(&self, project: &ProjectDetails, mark: &str, known: Option<u64>) -> Result<(), Error> {
        // On GitLab.com there are none of ours, and the account may not be allowed to see webhooks.
        if self.desired.webhooks.events.is_empty() {
            return Ok(());
        }
        let target = Target::Project { id: project.id, path: project.path_with_namespace.as_str().into() };
        let has_marks = self.version().is_none_or(|version| version >= Version::HOOK_NAME);
        let begins = format!("{};", work_hook_begins(mark));
        let is_ours = |hook: &Hook| {
            let is_known = match has_marks {
                true => hook.description.as_deref().is_some_and(|text| text.starts_with(&begins)),
                false => known == Some(hook.id),
            };
            is_known && self.desired.webhooks.matches_url(&hook.url)
        };
        let hooks = self.retry.attempts().run(|| self.clients.reader.hooks(&target)).await?;
        match hooks.iter().find(|hook| is_ours(hook)).map(|hook| hook.id) {
            Some(id) => self.retry.attempts().run(|| self.clients.writer.delete_hook(&target, id)).await,
            None => Ok(()),
        }
    }
}

/// A project that was there before, and how what was made in it is found again.
#[derive(Clone, Copy)]
struct Used<'a> {
    project: u64,
    mark: &'a str,
    /// The webhook that was registered, where it is known.
    hook: Option<u64>,
}

fn is_forbidden(error: &http::Error) -> bool {
    matches!(error.status(), Some(401 | 403))
}

/// gitlab: lib/api/helpers/, `permanently_remove`
fn is_not_permitted(said: &str) -> bool {
    said.contains("not permitted on this instance")
}
