use serde::Serialize;

use super::Description;
use crate::activity::Activity;
use crate::target::{Event, Target};

/// What `exercise` does in a project of its own, or in one that is named.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(tag = "step")]
pub enum ExerciseStep {
    /// Removes what an earlier run of this machine left in GitLab.
    #[serde(rename = "remove_leftover")]
    RemoveLeftover { mark: String, place: Place },
    #[serde(rename = "create_scratch_project")]
    CreateProject {
        /// Where it may be created, the best first.
        groups: Vec<Target>,
        name: String,
    },
    /// Works in a project that exists; everything that is made there has a name that begins with the mark.
    #[serde(rename = "use_project")]
    UseProject { project: Target, mark: String },
    /// The webhook that sends the project's events: one that covers it, else one on the project itself.
    #[serde(rename = "use_webhook")]
    UseHook {
        /// Of the places in which it may work, the best first.
        #[serde(rename = "webhooks")]
        hooks: Vec<CoveringHook>,
        covers_first: bool,
    },
    #[serde(rename = "test_webhook")]
    TestHook,
    #[serde(rename = "do")]
    Do { activity: Activity },
    /// Follows each event into GitLab's log and to Factory, and waits for the answers that the kit promises.
    #[serde(rename = "follow")]
    Follow {
        /// How long an answer is waited for, in seconds; `None` as long as the kit promises.
        #[serde(skip_serializing_if = "Option::is_none")]
        wait_answer_s: Option<u64>,
    },
    /// `--keep`: everything stays until it is swept.
    #[serde(rename = "keep")]
    Keep { mark: String },
    /// Removes everything that this run made.
    #[serde(rename = "clean_up")]
    CleanUp { place: Place },
}

/// A webhook of this connection whose events include those of the project.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
pub struct CoveringHook {
    pub on: Target,
    pub id: u64,
    /// Events of the kit that it does not send.
    #[serde(skip)]
    pub lacks: Vec<Event>,
    /// GitLab sends nothing with it.
    #[serde(skip)]
    pub is_disabled: bool,
}

impl CoveringHook {
    /// One that was registered as it should be.
    #[must_use]
    pub const fn whole(on: Target, id: u64) -> Self {
        Self { on, id, lacks: Vec::new(), is_disabled: false }
    }
}

/// What there is to remove.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "place")]
pub enum Place {
    /// A project that was created for the exercise. Without a number, only the intent to create it is known.
    Scratch { project: Option<u64>, name: String },
    /// A project that was there before.
    Existing {
        project: u64,
        path: String,
        /// The webhook that an earlier run registered there, by its record.
        #[serde(skip)]
        hook: Option<u64>,
    },
}

impl Place {
    fn name(&self) -> &str {
        match self {
            Self::Scratch { name, .. } => name,
            Self::Existing { path, .. } => path,
        }
    }
}

impl ExerciseStep {
    /// Whether the steps after it are carried out although it failed.
    pub(super) const fn is_independent(&self) -> bool {
        match self {
            Self::RemoveLeftover { .. } | Self::Do { .. } | Self::Follow { .. } | Self::Keep { .. } => true,
            Self::CleanUp { .. } => true,
            Self::CreateProject { .. } | Self::UseProject { .. } | Self::UseHook { .. } | Self::TestHook => false,
        }
    }

    pub(super) fn describe(&self) -> Description {
        match self {
            Self::RemoveLeftover { mark: _, place: place @ Place::Scratch { .. } } => {
                Description::new(format!("remove the project {}", place.name()))
                    .detail("left by an earlier exercise of this machine")
            }
            Self::RemoveLeftover { mark, place } => {
                Description::new(format!("remove {mark} from project {}", place.name()))
                    .detail("left by an earlier exercise of this machine")
            }
            Self::CreateProject { groups, name } => {
                let first = groups.first().map(Target::path).unwrap_or_default();
                let description = Description::new(format!("create the private project {first}/{name}"))
                    .detail("with a first commit; its members get no e-mail");
                let others: Vec<&str> = groups.iter().skip(1).map(Target::path).collect();
                if others.is_empty() {
                    description
                } else {
                    description.detail(format!("where GitLab refuses it there: in {}", others.join(", else in ")))
                }
            }
            Self::UseProject { project, mark } => Description::new(format!("work in {project}"))
                .detail(format!("what is created there has names that begin with {mark}"))
                .detail("who watches the project may be notified"),
            Self::UseHook { hooks, covers_first } => match hooks.first().filter(|_| *covers_first) {
                Some(CoveringHook { on, id, .. }) => Description::new(format!("use webhook {id} on {on}")),
                None => Description::new("register a webhook on the project, for this test alone")
                    .detail("no webhook of this connection covers it, so none of those is tested"),
            },
            Self::TestHook => Description::new("send a test delivery (push) from it"),
            Self::Do { activity } => Description::new(match activity {
                Activity::Push => "push a commit to a branch",
                Activity::Branch => "create a second branch",
                Activity::Tag => "create a tag",
                Activity::Issue => "open an issue",
                Activity::IssueComment => "comment on the issue",
                Activity::ConfidentialIssue => "open a confidential issue",
                Activity::InternalComment => "add an internal comment to the issue",
                Activity::MergeRequest => "open a merge request",
                Activity::MergeRequestComment => "comment on the merge request",
                Activity::Pipeline => "start a pipeline",
                Activity::Job => "look at its job",
            }),
            Self::Follow { wait_answer_s: _ } => Description::new("follow each event into GitLab's log and to Factory"),
            Self::Keep { mark: _ } => {
                Description::new("leave all of it in GitLab").detail("factory-gitlab exercise --sweep removes it later")
            }
            Self::CleanUp { place: place @ Place::Scratch { .. } } => {
                Description::new(format!("remove the project {}", place.name())).detail("also after Ctrl-C")
            }
            Self::CleanUp { place } => {
                Description::new(format!("remove all of it from project {} again", place.name()))
                    .detail("also after Ctrl-C")
            }
        }
    }
}
