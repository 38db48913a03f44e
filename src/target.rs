//! What a webhook hangs on, which events it sends, and how hooks are spread over an instance.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Where a hook hangs. Addressed by number: encoded paths break behind some proxies (reference, section 6). Clones share
/// the path: tens of thousands of targets stand in what was seen, in the plan and in what was done.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Target {
    /// The instance itself: a system hook.
    System,
    Group {
        id: u64,
        path: Arc<str>,
    },
    Project {
        id: u64,
        path: Arc<str>,
    },
}

impl Target {
    /// The API path of its hooks, below `/api/v4`.
    #[must_use]
    pub fn hooks_path(&self) -> String {
        match self {
            Self::System => "/hooks".to_owned(),
            Self::Group { id, .. } => format!("/groups/{id}/hooks"),
            Self::Project { id, .. } => format!("/projects/{id}/hooks"),
        }
    }

    #[must_use]
    pub fn kind(&self) -> TargetKind {
        match self {
            Self::System => TargetKind::System,
            Self::Group { .. } => TargetKind::Group,
            Self::Project { .. } => TargetKind::Project,
        }
    }

    /// What it is known by, whatever it is called now: a group that was renamed is the same group.
    #[must_use]
    pub fn number(&self) -> TargetNumber {
        match self {
            Self::System => (TargetKind::System, 0),
            Self::Group { id, .. } => (TargetKind::Group, *id),
            Self::Project { id, .. } => (TargetKind::Project, *id),
        }
    }

    /// Its path, where the kind is told beside it.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::System => "the instance",
            Self::Group { path, .. } | Self::Project { path, .. } => path,
        }
    }

    /// Where a person sees the hooks, below the instance's URL.
    #[must_use]
    pub fn page(&self) -> String {
        match self {
            Self::System => "/admin/hooks".to_owned(),
            Self::Group { path, .. } => format!("/groups/{path}/-/hooks"),
            Self::Project { path, .. } => format!("/{path}/-/hooks"),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("the instance"),
            Self::Group { path, .. } => write!(f, "group {path}"),
            Self::Project { path, .. } => write!(f, "project {path}"),
        }
    }
}

/// A target's kind and GitLab's number of it; the instance has none, so it is zero.
pub type TargetNumber = (TargetKind, u64);

/// The kinds of hooks that GitLab has.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    System,
    Group,
    Project,
}

impl fmt::Display for TargetKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "system",
            Self::Group => "group",
            Self::Project => "project",
        })
    }
}

/// An event a hook can send, in the kit's words.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Push,
    TagPush,
    Note,
    ConfidentialNote,
    MergeRequest,
    Issue,
    ConfidentialIssue,
    Pipeline,
    Job,
}

impl Event {
    pub const ALL: [Self; 9] = [
        Self::Push,
        Self::TagPush,
        Self::Note,
        Self::ConfidentialNote,
        Self::MergeRequest,
        Self::Issue,
        Self::ConfidentialIssue,
        Self::Pipeline,
        Self::Job,
    ];

    /// GitLab's name of the flag. gitlab: lib/api/project_hooks.rb
    #[must_use]
    pub const fn flag(self) -> &'static str {
        match self {
            Self::Push => "push_events",
            Self::TagPush => "tag_push_events",
            Self::Note => "note_events",
            Self::ConfidentialNote => "confidential_note_events",
            Self::MergeRequest => "merge_requests_events",
            Self::Issue => "issues_events",
            Self::ConfidentialIssue => "confidential_issues_events",
            Self::Pipeline => "pipeline_events",
            Self::Job => "job_events",
        }
    }

    /// Whether a system hook can carry it: no issues, notes, pipelines or jobs. gitlab: app/models/hooks/system_hook.rb
    #[must_use]
    pub const fn in_system_hooks(self) -> bool {
        matches!(self, Self::Push | Self::TagPush | Self::MergeRequest)
    }

    /// The kit's word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::TagPush => "tag_push",
            Self::Note => "note",
            Self::ConfidentialNote => "confidential_note",
            Self::MergeRequest => "merge_request",
            Self::Issue => "issue",
            Self::ConfidentialIssue => "confidential_issue",
            Self::Pipeline => "pipeline",
            Self::Job => "job",
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How hooks are to be spread (`--webhooks`).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Group hooks where the licence has them, else one per project.
    #[default]
    Auto,
    System,
    Group,
    Project,
    None,
}

impl Strategy {
    pub const ALL: [Self; 5] = [Self::Auto, Self::System, Self::Group, Self::Project, Self::None];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::System => "system",
            Self::Group => "group",
            Self::Project => "project",
            Self::None => "none",
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Strategy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|strategy| strategy.name() == text)
            .ok_or_else(|| format!("{text:?} is no webhook strategy; choose auto, system, group, project or none"))
    }
}
