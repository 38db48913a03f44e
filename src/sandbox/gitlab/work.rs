//! What people make in projects, as plain records. A project's records are made when they are first needed, because there
//! can be 50 000 projects.

mod discussion;
mod pipeline;
mod repository;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

pub(super) use self::discussion::MergeCheck;
pub use self::discussion::{
    Discussed, DiscussedState, Ended, NoteKind, Noteable, StoredIssue, StoredMergeRequest, StoredNote,
};
pub use self::pipeline::{PipelineStatus, StoredJob, StoredPipeline};
pub(super) use self::repository::{FileAction, FileActionKind, NewCommit};
pub use self::repository::{NO_COMMIT, Pushed, Repository, StoredCommit};
use super::quirks::WorkQuirks;
use super::state::GitLabState;

/// What was made in all projects.
#[derive(Debug, Default)]
pub struct Work {
    pub quirks: WorkQuirks,
    projects: HashMap<u64, ProjectWork>,
    /// How many projects a user has created on the day of the last one.
    creations: HashMap<u64, (Date, u32)>,
    pub(super) ids: WorkIds,
}

/// The last id of each sequence of the instance.
#[derive(Debug, Default)]
pub(super) struct WorkIds {
    pub issue: u64,
    pub merge_request: u64,
    pub note: u64,
    pub pipeline: u64,
    pub job: u64,
}

/// What was made in one project.
#[derive(Clone, Debug, Default)]
pub struct ProjectWork {
    pub repository: Repository,
    /// By number.
    pub issues: BTreeMap<u64, StoredIssue>,
    /// By number.
    pub merge_requests: BTreeMap<u64, StoredMergeRequest>,
    pub notes: Vec<StoredNote>,
    /// By id.
    pub pipelines: BTreeMap<u64, StoredPipeline>,
}

impl ProjectWork {
    /// The newest pipeline of a merge request's newest commit.
    pub(super) fn head_pipeline(&self, merge_request: &StoredMergeRequest) -> Option<&StoredPipeline> {
        let head = self.repository.branches.get(&merge_request.source_branch)?;
        self.pipelines.values().rev().find(|pipeline| pipeline.sha == *head)
    }
}

impl Work {
    /// Counts one more project of a user on a day, and returns how many there are now.
    pub(super) fn count_creation(&mut self, user: u64, today: Date) -> u32 {
        let counted = self.creations.entry(user).or_insert((today, 0));
        if counted.0 != today {
            *counted = (today, 0);
        }
        counted.1 += 1;
        counted.1
    }

    /// Forgets what was made in a project that is removed.
    pub(super) fn forget(&mut self, project: u64) {
        self.projects.remove(&project);
    }

    /// What was made in a project, if anybody has looked at it yet.
    pub(super) fn get(&self, project: u64) -> Option<&ProjectWork> {
        self.projects.get(&project)
    }
}

impl GitLabState {
    /// What was made in a project. One that existed at the start and is not empty has one commit.
    pub(super) fn work_of(&mut self, project: u64) -> &mut ProjectWork {
        let Self { work, projects, users, .. } = self;
        work.projects.entry(project).or_insert_with(|| {
            let Some(project) = projects.get(&project).filter(|project| !project.empty_repo) else {
                return ProjectWork::default();
            };
            let author = users.get(&project.creator);
            let repository = Repository::seeded(project.branch(), author, project.created_at);
            ProjectWork { repository, ..ProjectWork::default() }
        })
    }

    /// When the repository of a project that is created now will be ready.
    pub(super) fn repository_ready_at(&self, now: Timestamp) -> Timestamp {
        after(now, self.work.quirks.repository_lag)
    }
}

/// This long after a moment.
pub(super) fn after(moment: Timestamp, time: Duration) -> Timestamp {
    jiff::SignedDuration::try_from(time).ok().and_then(|time| moment.checked_add(time).ok()).unwrap_or(Timestamp::MAX)
}
