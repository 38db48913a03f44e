//! What `exercise` does in a project, and which event of a webhook each sends.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::target::Event;

/// Every project that an exercise creates has this topic, so that it can be listed.
pub const EXERCISE_TOPIC: &str = "factory-gitlab-exercise";

/// How the names begin of everything that an exercise makes; an identifier of the run follows.
pub const EXERCISE_MARK: &str = "factory-gitlab-exercise-";

/// Whether it is the mark of an exercise, to the last character: what is removed is found by it.
#[must_use]
pub fn is_exercise_mark(text: &str) -> bool {
    let is_hex = |id: &str| id.len() == 12 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    text.strip_prefix(EXERCISE_MARK).is_some_and(is_hex)
}

/// Something that is done in a project and that a webhook tells of.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    /// A commit on a branch.
    Push,
    /// A new branch without a commit of its own; its event is a push.
    Branch,
    Tag,
    Issue,
    /// A comment on the issue.
    IssueComment,
    ConfidentialIssue,
    /// An internal comment on the issue.
    InternalComment,
    MergeRequest,
    /// A comment on the merge request.
    MergeRequestComment,
    Pipeline,
    /// The job of the pipeline.
    Job,
}

impl Activity {
    /// In the order in which they are done.
    pub const ALL: [Self; 11] = [
        Self::Push,
        Self::Branch,
        Self::Tag,
        Self::Issue,
        Self::IssueComment,
        Self::ConfidentialIssue,
        Self::InternalComment,
        Self::MergeRequest,
        Self::MergeRequestComment,
        Self::Pipeline,
        Self::Job,
    ];

    #[must_use]
    pub const fn event(self) -> Event {
        match self {
            Self::Push | Self::Branch => Event::Push,
            Self::Tag => Event::TagPush,
            Self::Issue => Event::Issue,
            Self::IssueComment | Self::MergeRequestComment => Event::Note,
            Self::ConfidentialIssue => Event::ConfidentialIssue,
            Self::InternalComment => Event::ConfidentialNote,
            Self::MergeRequest => Event::MergeRequest,
            Self::Pipeline => Event::Pipeline,
            Self::Job => Event::Job,
        }
    }

    /// Its name in JSON and after `--only`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Branch => "branch",
            Self::Tag => "tag",
            Self::Issue => "issue",
            Self::IssueComment => "issue_comment",
            Self::ConfidentialIssue => "confidential_issue",
            Self::InternalComment => "internal_comment",
            Self::MergeRequest => "merge_request",
            Self::MergeRequestComment => "merge_request_comment",
            Self::Pipeline => "pipeline",
            Self::Job => "job",
        }
    }

    /// What has to be done before it.
    #[must_use]
    pub const fn needs(self) -> Option<Self> {
        match self {
            Self::Push | Self::Issue | Self::ConfidentialIssue => None,
            Self::Branch | Self::Tag | Self::MergeRequest | Self::Pipeline => Some(Self::Push),
            Self::IssueComment | Self::InternalComment => Some(Self::Issue),
            Self::MergeRequestComment => Some(Self::MergeRequest),
            Self::Job => Some(Self::Pipeline),
        }
    }

    /// Whether it is asked for by this name: its own, or that of its event (`note` is both comments).
    #[must_use]
    pub fn is_named(self, name: &str) -> bool {
        let name = name.trim();
        name == self.name() || name == self.event().name()
    }

    /// Whether it is shown although the kit does not subscribe to its event. Confidential ones are rarely subscribed to.
    #[must_use]
    pub const fn is_common(self) -> bool {
        !matches!(self, Self::ConfidentialIssue | Self::InternalComment)
    }
}

impl fmt::Display for Activity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Push => "push",
            Self::Branch => "new branch",
            Self::Tag => "tag",
            Self::Issue => "issue",
            Self::IssueComment => "comment on the issue",
            Self::ConfidentialIssue => "confidential issue",
            Self::InternalComment => "internal comment on the issue",
            Self::MergeRequest => "merge request",
            Self::MergeRequestComment => "comment on the merge request",
            Self::Pipeline => "pipeline",
            Self::Job => "job",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_activity_needs_is_done_before_it() {
        let place = |wanted: Activity| Activity::ALL.iter().position(|one| *one == wanted);
        for activity in Activity::ALL {
            assert!(activity.needs().is_none_or(|needed| place(needed) < place(activity)), "{activity}");
        }
    }

    #[test]
    fn only_a_whole_mark_is_one() {
        assert!(is_exercise_mark("factory-gitlab-exercise-0123456789ab"));
        for wrong in [
            "",
            "release",
            "factory-gitlab-exercise-",
            "factory-gitlab-exercise-0123456789AB",
            "factory-gitlab-exercise-0123456789ab-x",
        ] {
            assert!(!is_exercise_mark(wrong), "{wrong}");
        }
    }

    #[test]
    fn an_event_names_all_its_activities() {
        let named = |name: &str| Activity::ALL.into_iter().filter(|one| one.is_named(name)).collect::<Vec<_>>();
        assert_eq!(named("note"), [Activity::IssueComment, Activity::MergeRequestComment]);
        assert_eq!(named("push"), [Activity::Push, Activity::Branch]);
        assert_eq!(named("branch"), [Activity::Branch]);
        assert_eq!(named("tag_push"), named("tag"));
        assert!(named("wiki").is_empty());
    }
}
