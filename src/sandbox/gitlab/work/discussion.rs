//! Issues, comments and merge requests.

use std::time::Duration;

use jiff::Timestamp;

use super::after;

/// An issue, or what is the same of a merge request.
#[derive(Clone, Debug)]
pub struct Discussed {
    pub id: u64,
    /// The number in the project.
    pub iid: u64,
    pub author: u64,
    pub title: String,
    pub description: Option<String>,
    pub state: DiscussedState,
    pub labels: Vec<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// When and by whom it was closed.
    pub closed: Option<Ended>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DiscussedState {
    Opened,
    Closed,
    Merged,
}

impl DiscussedState {
    /// The word in the API.
    pub(in crate::sandbox::gitlab) const fn word(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Closed => "closed",
            Self::Merged => "merged",
        }
    }
}

/// The end of an issue or merge request.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    pub by: u64,
    pub at: Timestamp,
}

#[derive(Clone, Debug)]
pub struct StoredIssue {
    pub about: Discussed,
    pub confidential: bool,
}

#[derive(Clone, Debug)]
pub struct StoredMergeRequest {
    pub about: Discussed,
    pub source_branch: String,
    pub target_branch: String,
    pub removes_source_branch: bool,
    /// When its status is computed anew: when it is opened, and with every push.
    pub checked_from: Timestamp,
    pub merged: Option<Ended>,
    pub merge_commit: Option<String>,
}

impl StoredMergeRequest {
    /// A title that begins so is a draft's.
    pub(in crate::sandbox::gitlab) fn is_draft(&self) -> bool {
        ["Draft:", "[Draft]", "(Draft)"].iter().any(|mark| self.about.title.starts_with(mark))
    }

    /// How far the computation of its status is, each part of it taking this long.
    pub(in crate::sandbox::gitlab) fn progress(&self, now: Timestamp, part: Duration) -> MergeCheck {
        if now < after(self.checked_from, part) {
            MergeCheck::Preparing
        } else if now < after(self.checked_from, part * 2) {
            MergeCheck::Checking
        } else {
            MergeCheck::Done
        }
    }
}

/// How far GitLab is with finding out whether a merge request can be merged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::sandbox::gitlab) enum MergeCheck {
    Preparing,
    Checking,
    Done,
}

/// What a comment is on, by its number in the project.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Noteable {
    Issue(u64),
    MergeRequest(u64),
}

impl Noteable {
    /// `noteable_type`.
    pub(in crate::sandbox::gitlab) const fn kind(self) -> &'static str {
        match self {
            Self::Issue(_) => "Issue",
            Self::MergeRequest(_) => "MergeRequest",
        }
    }

    pub(in crate::sandbox::gitlab) const fn iid(self) -> u64 {
        match self {
            Self::Issue(iid) | Self::MergeRequest(iid) => iid,
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NoteKind {
    Comment,
    /// Only for those who may see confidential issues.
    Internal,
    /// Written by GitLab about what happened.
    System,
}

#[derive(Clone, Debug)]
pub struct StoredNote {
    pub id: u64,
    pub on: Noteable,
    pub author: u64,
    pub body: String,
    pub kind: NoteKind,
    /// 40 hex digits.
    pub discussion: String,
    pub created_at: Timestamp,
}
