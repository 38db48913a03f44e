use std::fmt;

use serde::Serialize;

use super::Description;
use crate::target::{Event, Target};

/// What is done to the webhook on a target.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(tag = "step")]
pub enum HookStep {
    #[serde(rename = "create_hook")]
    Create { target: Target },
    #[serde(rename = "edit_hook")]
    Edit {
        target: Target,
        id: u64,
        #[serde(rename = "changes")]
        differences: Vec<HookDifference>,
    },
    /// Deletes one that this tool created.
    #[serde(rename = "delete_hook")]
    Delete { target: Target, id: u64, reason: DeleteReason },
}

/// Why a webhook is deleted.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeleteReason {
    /// The same target has another one.
    Duplicate,
    /// Its events are sent by another target's webhook.
    Redundant,
    /// It sends what is not selected (`--prune`).
    OutOfScope,
    /// The connection ends.
    Disconnected,
}

impl DeleteReason {
    /// Whether it waits until the webhooks that remain are proven.
    #[must_use]
    pub const fn needs_proof(self) -> bool {
        match self {
            Self::Duplicate | Self::Disconnected => false,
            Self::Redundant | Self::OutOfScope => true,
        }
    }

    /// `delete redundant webhooks`
    pub(in crate::plan) const fn adjective(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::Redundant => "redundant",
            Self::OutOfScope => "unselected",
            Self::Disconnected => "our",
        }
    }

    const fn explanation(self) -> &'static str {
        match self {
            Self::Duplicate => "a duplicate, created by this tool",
            Self::Redundant => "redundant once the others are proven: its events are sent already",
            Self::OutOfScope => "outside the selection (--prune)",
            Self::Disconnected => "registered for this connection",
        }
    }
}

/// How a webhook differs from the desired one.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum HookDifference {
    Url {
        from: String,
    },
    Events {
        missing: Vec<Event>,
        extra: Vec<Event>,
    },
    TlsVerification,
    /// Pushes to other branches are not sent.
    BranchFilter {
        filter: String,
    },
    /// A template or added headers change what is sent.
    Payload,
    /// GitLab hides the token; the mark in the description says that another one was set, or none.
    Token,
    /// `--reset-webhook-secret`: the tokens are set again, whatever the mark says.
    TokenReset,
    /// Like `Token`, of the signing token (19.0).
    SigningToken,
    /// The mark is of an earlier version of this tool, which bound it to nothing.
    Mark,
}

impl fmt::Display for HookDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url { from } => write!(f, "URL is {from}"),
            Self::Events { missing, extra } => {
                let list = |events: &[Event]| events.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                match (missing.is_empty(), extra.is_empty()) {
                    (false, true) => write!(f, "missing events {}", list(missing)),
                    (true, _) => write!(f, "unwanted events {}", list(extra)),
                    (false, false) => write!(f, "missing events {}, unwanted {}", list(missing), list(extra)),
                }
            }
            Self::TlsVerification => f.write_str("TLS verification is off"),
            Self::BranchFilter { filter } => write!(f, "pushes are sent only from branches like {filter}"),
            Self::Payload => f.write_str("a payload template or headers are set"),
            Self::Token => f.write_str("secret token differs"),
            Self::SigningToken => f.write_str("signing token differs or is not set"),
            Self::Mark => f.write_str("mark of an earlier version"),
            Self::TokenReset => f.write_str("secret token is set again, as asked"),
        }
    }
}

impl HookStep {
    pub(super) fn describe(&self) -> Description {
        match self {
            Self::Create { target } => Description::new(format!("register a webhook on {target}")),
            Self::Edit { target, id, differences } => {
                let description = Description::new(format!("correct webhook {id} on {target}"));
                differences.iter().fold(description, |description, one| description.detail(one.to_string()))
            }
            Self::Delete { target, id, reason } => {
                Description::new(format!("delete webhook {id} on {target}")).detail(reason.explanation())
            }
        }
    }

    #[must_use]
    pub const fn target(&self) -> &Target {
        match self {
            Self::Create { target } | Self::Edit { target, .. } | Self::Delete { target, .. } => target,
        }
    }

    /// Whether it waits until the webhooks that remain are proven.
    #[must_use]
    pub const fn needs_proof(&self) -> bool {
        match self {
            Self::Create { .. } | Self::Edit { .. } => false,
            Self::Delete { reason, .. } => reason.needs_proof(),
        }
    }

    /// The target whose webhook this step leaves in the desired form.
    #[must_use]
    pub const fn written_target(&self) -> Option<&Target> {
        match self {
            Self::Create { target } | Self::Edit { target, .. } => Some(target),
            Self::Delete { .. } => None,
        }
    }
}
