//! Does what webhooks tell of.

use super::matching::Subject;
use super::outcome::{ActivityOutcome, Cell, CellState, Exercised, Made, WorkProject};
use super::{Apply, Error, is_there_already};
use crate::activity::Activity;
use crate::gitlab::{
    ApiRefusal, CommitAction, FileChange, NewCommit, NewIssue, NewMergeRequest, NewNote, NoteKind, Noteable,
};

/// The file of GitLab's CI configuration.
const CI_FILE: &str = ".gitlab-ci.yml";

/// One job, in pipelines that the API starts: a push starts none.
const CI_CONFIG: &str = "\
# Made by factory-gitlab exercise.
workflow:
  rules:
    - if: $CI_PIPELINE_SOURCE == \"api\"
exercise:
  script:
    - echo exercise
";

/// What is written below what is opened. It mentions no one.
const DESCRIPTION: &str = "Made by factory-gitlab exercise to test the connection to Factory. It is removed by itself.";

impl Apply<'_> {
    /// Does it, and notes what happened. A refusal is a finding: the other activities are done all the same.
    pub(super) async fn act(&self, activity: Activity, exercised: &mut Exercised) -> Result<(), Error> {
        let Some(project) = exercised.project.clone() else { return Ok(()) };
        let outcome = match activity.needs().filter(|needed| !exercised.made.contains_key(needed)) {
            Some(needed) => ActivityOutcome::not_done(Cell::because(
                exercised.outcomes.get(&needed).map_or(CellState::No, |outcome| outcome.sent.state),
                format!("it needs the {needed}, which was not done"),
            )),
            None => match self.watched(activity, &project, exercised).await {
                Ok(made) => {
                    exercised.made.insert(activity, made);
                    ActivityOutcome {
                        sent: Cell::new(CellState::Yes),
                        ..ActivityOutcome::all(&Cell::because(CellState::Unknown, "it was not followed"))
                    }
                }
                Err(error) if error.is_fatal() => return Err(error),
                Err(error) => ActivityOutcome::not_done(refused(activity, &project, &error)),
            },
        };
        exercised.outcomes.insert(activity, outcome);
        Ok(())
    }

    /// Does it, and notes meanwhile that it is being done.
    async fn watched(
        &self,
        activity: Activity,
        project: &WorkProject,
        exercised: &mut Exercised,
    ) -> Result<Made, Error> {
        exercised.is_making = true;
        let made = self.make_activity(activity, project, exercised).await;
        exercised.is_making = false;
        made
    }

    async fn make_activity(
        &self,
        activity: Activity,
        project: &WorkProject,
        exercised: &Exercised,
    ) -> Result<Made, Error> {
        let made = |activity| exercised.made.get(&activity);
        match activity {
            Activity::Push => self.push(project).await,
            Activity::Branch => self.branch(project).await,
            Activity::Tag => self.tag(project).await,
            Activity::Issue => self.issue(project, Secrecy::Open).await,
            Activity::ConfidentialIssue => self.issue(project, Secrecy::Confidential).await,
            Activity::IssueComment => self.comment(project, made(Activity::Issue), NoteKind::Comment).await,
            Activity::InternalComment => self.comment(project, made(Activity::Issue), NoteKind::Internal).await,
            Activity::MergeRequestComment => {
                self.comment(project, made(Activity::MergeRequest), NoteKind::Comment).await
            }
            Activity::MergeRequest => self.merge_request(project).await,
            Activity::Pipeline => self.pipeline(project).await,
            Activity::Job => match exercised.made.get(&Activity::Pipeline) {
                Some(Made { subject: Subject::Pipeline { id }, at, seen, .. }) => {
                    Ok(Made { subject: Subject::Job { pipeline: *id }, at: *at, seen: *seen, event_uuid: None })
                }
                Some(_) | None => Err(Error::NoPipeline),
            },
        }
    }

    fn made(&self, subject: Subject, at: Option<jiff::Timestamp>) -> Made {
        Made { subject, at, seen: self.clients.clock.instant(), event_uuid: None }
    }

    async fn push(&self, project: &WorkProject) -> Result<Made, Error> {
        let branch = project.mark.clone();
        let commit = |action| NewCommit {
            branch: branch.clone(),
            start_branch: Some(project.default_branch.clone()),
            commit_message: "Exercise a push".to_owned(),
            actions: vec![
                CommitAction {
                    action: FileChange::Create,
                    file_path: "factory-gitlab-exercise.md",
                    content: DESCRIPTION.to_owned(),
                },
                CommitAction { action, file_path: CI_FILE, content: CI_CONFIG.to_owned() },
            ],
        };
        let find = async || Ok(self.clients.reader.branch(project.id, &branch).await?.map(|found| found.commit));
        let create =
            async |new: &NewCommit| self.make(async || self.clients.writer.commit(project.id, new).await, &find).await;
        let made = match create(&commit(FileChange::Create)).await {
            // A project that is in use has a configuration: it is replaced on this branch.
            Err(Error::Request(error)) if project.is_existing && is_there_already(&error) => {
                create(&commit(FileChange::Update)).await?
            }
            made => made?,
        };
        let reference = format!("refs/heads/{branch}");
        Ok(self.made(Subject::Push { reference, after: made.id }, made.created_at))
    }

    async fn branch(&self, project: &WorkProject) -> Result<Made, Error> {
        let name = second_branch(&project.mark);
        let create = async || self.clients.writer.create_branch(project.id, &name, &project.mark).await;
        self.make(create, async || self.clients.reader.branch(project.id, &name).await).await?;
        Ok(self.made(Subject::NewBranch { reference: format!("refs/heads/{name}") }, None))
    }

    async fn tag(&self, project: &WorkProject) -> Result<Made, Error> {
        let name = tag_name(&project.mark);
        let create = async || self.clients.writer.create_tag(project.id, &name, &project.mark).await;
        self.make(create, async || self.clients.reader.tag(project.id, &name).await).await?;
        Ok(self.made(Subject::Tag { reference: format!("refs/tags/{name}") }, None))
    }

    async fn issue(&self, project: &WorkProject, secrecy: Secrecy) -> Result<Made, Error> {
        let is_confidential = secrecy == Secrecy::Confidential;
        let title = if is_confidential { confidential_title(&project.mark) } else { issue_title(&project.mark) };
        let event_uuid = new_uuid();
        let new = NewIssue {
            title: &title,
            description: DESCRIPTION,
            confidential: is_confidential,
            event_uuid: &event_uuid,
        };
        let create = async || self.clients.writer.create_issue(project.id, &new).await;
        let find = async || Ok(self.clients.reader.issues_titled(project.id, &title).await?.into_iter().next());
        let made = self.make(create, find).await?;
        let subject = Subject::Issue { id: made.id, iid: made.iid };
        Ok(Made { event_uuid: Some(event_uuid), ..self.made(subject, made.created_at) })
    }

    async fn merge_request(&self, project: &WorkProject) -> Result<Made, Error> {
        let (title, event_uuid) = (merge_request_title(&project.mark), new_uuid());
        let new = NewMergeRequest {
            title: &title,
            description: DESCRIPTION,
            source_branch: &project.mark,
            target_branch: &project.default_branch,
            event_uuid: &event_uuid,
        };
        let create = async || self.clients.writer.create_merge_request(project.id, &new).await;
        let find =
            async || Ok(self.clients.reader.merge_requests_from(project.id, &project.mark).await?.into_iter().next());
        let made = self.make(create, find).await?;
        let subject = Subject::MergeRequest { id: made.id, iid: made.iid };
        Ok(Made { event_uuid: Some(event_uuid), ..self.made(subject, made.created_at) })
    }

    async fn comment(&self, project: &WorkProject, on: Option<&Made>, kind: NoteKind) -> Result<Made, Error> {
        let on = on.and_then(discussion).ok_or(Error::NoPipeline)?;
        let internal = if kind == NoteKind::Internal { ", internal" } else { "" };
        let body = format!("A comment of factory-gitlab exercise{internal} ({}).", project.mark);
        let new = NewNote { on, body: &body, kind };
        let create = async || self.clients.writer.comment(project.id, &new).await;
        let find = async || {
            let notes = self.clients.reader.newest_notes(project.id, on).await?;
            Ok(notes.into_iter().find(|note| note.body == body))
        };
        let made = self.make(create, find).await?;
        Ok(self.made(Subject::Note { id: made.id }, made.created_at))
    }

    async fn pipeline(&self, project: &WorkProject) -> Result<Made, Error> {
        let create = async || self.clients.writer.create_pipeline(project.id, &project.mark).await;
        let find = async || self.clients.reader.newest_pipeline(project.id, &project.mark).await;
        let made = self.make(create, find).await?;
        Ok(self.made(Subject::Pipeline { id: made.id }, made.created_at))
    }
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Secrecy {
    Open,
    Confidential,
}

/// The issue or merge request that was made.
pub(super) fn discussion(made: &Made) -> Option<Noteable> {
    match made.subject {
        Subject::Issue { iid, .. } => Some(Noteable::Issue(iid)),
        Subject::MergeRequest { iid, .. } => Some(Noteable::MergeRequest(iid)),
        Subject::Push { .. }
        | Subject::NewBranch { .. }
        | Subject::Tag { .. }
        | Subject::Note { .. }
        | Subject::Pipeline { .. }
        | Subject::Job { .. } => None,
    }
}

pub(super) fn issue_title(mark: &str) -> String {
    format!("{mark} (issue)")
}

pub(super) fn confidential_title(mark: &str) -> String {
    format!("{mark} (confidential)")
}

pub(super) fn merge_request_title(mark: &str) -> String {
    format!("{mark} (merge request)")
}

pub(super) fn second_branch(mark: &str) -> String {
    format!("{mark}-branch")
}

pub(super) fn tag_name(mark: &str) -> String {
    format!("{mark}-tag")
}

/// A new one for each request: GitLab drops a repetition.
fn new_uuid() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Why it was not done. CI/CD that is switched off is no failure of the connection.
fn refused(activity: Activity, project: &WorkProject, error: &Error) -> Cell {
    let text = error.to_string();
    let Error::Request(request) = error else { return Cell::because(CellState::No, text) };
    match ApiRefusal::of(request) {
        None | Some(ApiRefusal::RateLimited { .. }) => Cell::because(CellState::Unknown, text),
        Some(ApiRefusal::Forbidden { .. }) if activity == Activity::Pipeline && !project.has_ci => {
            Cell::because(CellState::Skipped, "CI/CD is switched off in the project")
        }
        Some(ApiRefusal::Invalid { said, .. })
            if activity == Activity::Pipeline && project.is_existing && said.contains("Missing CI config file") =>
        {
            Cell::because(CellState::Skipped, "the project has its CI/CD configuration in another file")
        }
        Some(_) => Cell::because(CellState::No, text),
    }
}
