//! What a webhook is registered on, which events it sends, and how webhooks are spread over an instance.

use std::fmt;
use std::sync::Arc;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// What a webhook is registered on. It is addressed by its number, because some proxies break encoded paths. Clones share the
/// path: tens of thousands of targets are held by the observation, the plan and the report at once.
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
    /// The API path of its webhooks, below `/api/v4`.
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

    /// Identifies it: a renamed group is the same group.
    #[must_use]
    pub fn number(&self) -> TargetNumber {
        match self {
            Self::System => (TargetKind::System, 0),
            Self::Group { id, .. } => (TargetKind::Group, *id),
            Self::Project { id, .. } => (TargetKind::Project, *id),
        }
    }

    /// Its path, for texts that name the kind separately.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::System => "the instance",
            Self::Group { path, .. } | Self::Project { path, .. } => path,
        }
    }

    /// Whether a webhook on `above` sends this target's events too. Projects of personal namespaces are below no group.
    #[must_use]
    pub fn is_below(&self, above: &Self) -> bool {
        match (self, above) {
            (Self::System, _) | (_, Self::Project { .. }) => false,
            (Self::Group { .. } | Self::Project { .. }, Self::System) => true,
            (Self::Group { path, .. } | Self::Project { path, .. }, Self::Group { path: above, .. }) => {
                path.strip_prefix(&**above).is_some_and(|rest| rest.starts_with('/'))
            }
        }
    }

    /// The page with its webhooks, below the instance's URL.
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

/// A target's kind and GitLab's ID; the instance has no ID, so it is zero.
pub type TargetNumber = (TargetKind, u64);

/// GitLab's kinds of webhooks.
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

/// An event that a webhook can send, as the kit names it.
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

    /// Whether a system hook can send it: issues, notes, pipelines and jobs are left out. gitlab: app/models/hooks/system_hook.rb
    #[must_use]
    pub const fn is_in_system_hooks(self) -> bool {
        matches!(self, Self::Push | Self::TagPush | Self::MergeRequest)
    }

    /// Its name in the kit.
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

/// Where webhooks are registered (`--webhooks`). `Auto` means on groups where the license has group hooks, else on projects.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    #[default]
    Auto,
    System,
    Group,
    Project,
    None,
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No value is hidden from clap, so each has a name.
        self.to_possible_value().map_or(Ok(()), |value| f.write_str(value.get_name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_below_the_groups_of_its_path_and_the_instance() {
        let group = |path: &str| Target::Group { id: 1, path: path.into() };
        let project = |path: &str| Target::Project { id: 1, path: path.into() };
        assert!(project("acme/web").is_below(&group("acme")) && group("acme/api").is_below(&group("acme")));
        assert!(project("acme/web").is_below(&Target::System));
        for (below, above) in [
            (project("acme2/web"), group("acme")),
            (group("acme"), group("acme")),
            (group("acme"), project("acme")),
            (Target::System, group("acme")),
        ] {
            assert!(!below.is_below(&above), "{below} {above}");
        }
    }

    #[test]
    fn a_strategy_has_one_name_everywhere() {
        for strategy in Strategy::value_variants() {
            assert_eq!(serde_json::to_value(strategy).expect("JSON"), strategy.to_string());
        }
    }
}
