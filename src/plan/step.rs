//! Every change the program can make, as data. Each family of steps is an enum of its own with one exhaustive
//! `describe`: a step that is not described does not compile.
#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

mod application;
mod bundle;
mod cloud;
mod delivery;
mod exercise;
mod factory;
mod hook;
mod kit;
mod local;
mod token;

use std::fmt;

use serde::Serialize;

use crate::target::Target;

pub use application::{ApplicationStep, Reason};
pub use bundle::{BundleContents, BundleStep, GivenToken, TokenReason};
pub use cloud::{CloudStep, OwnCloudStep};
pub use delivery::DeliveryStep;
pub use exercise::{CoveringHook, ExerciseStep, Place};
pub use factory::FactoryStep;
pub use hook::{DeleteReason, HookDifference, HookStep};
pub use kit::KitStep;
pub use local::LocalStep;
pub use token::{RevokeReason, TokenStep};

/// One change. In JSON the families do not show: `step` alone names it.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Step {
    Kit(KitStep),
    Token(TokenStep),
    Application(ApplicationStep),
    Bundle(BundleStep),
    Hook(HookStep),
    Delivery(DeliveryStep),
    Factory(FactoryStep),
    Local(LocalStep),
    Exercise(ExerciseStep),
}

/// A step for the user: what is done, and below it the details worth checking before approval.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Description {
    pub what: String,
    pub details: Vec<String>,
}

impl Description {
    fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), details: Vec::new() }
    }

    fn detail(mut self, detail: impl Into<String>) -> Self {
        self.details.push(detail.into());
        self
    }
}

impl fmt::Display for Step {
    /// On one line, for logs and JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Description { what, details } = self.describe();
        f.write_str(&what)?;
        if details.is_empty() { Ok(()) } else { write!(f, ": {}", details.join("; ")) }
    }
}

/// A query may be a key.
impl Step {
    #[must_use]
    pub fn describe(&self) -> Description {
        match self {
            Self::Kit(step) => step.describe(),
            Self::Token(step) => step.describe(),
            Self::Application(step) => step.describe(),
            Self::Bundle(step) => step.describe(),
            Self::Hook(step) => step.describe(),
            Self::Delivery(step) => step.describe(),
            Self::Factory(step) => step.describe(),
            Self::Local(step) => step.describe(),
            Self::Exercise(step) => step.describe(),
        }
    }

    /// The group, project or instance that it concerns; `None` where it concerns no single target.
    #[must_use]
    pub const fn target(&self) -> Option<&Target> {
        match self {
            Self::Hook(step) => Some(step.target()),
            Self::Delivery(step) => Some(step.target()),
            Self::Kit(_) | Self::Token(_) | Self::Application(_) | Self::Bundle(_) => None,
            Self::Factory(_) | Self::Local(_) | Self::Exercise(_) => None,
        }
    }

    /// The step, where it concerns the kit itself.
    #[must_use]
    pub const fn as_kit(&self) -> Option<&KitStep> {
        match self {
            Self::Kit(step) => Some(step),
            Self::Token(_) | Self::Application(_) | Self::Bundle(_) | Self::Hook(_) | Self::Delivery(_) => None,
            Self::Factory(_) | Self::Local(_) | Self::Exercise(_) => None,
        }
    }

    /// The step, where it changes a webhook. Such steps are carried out several at a time.
    #[must_use]
    pub const fn as_hook(&self) -> Option<&HookStep> {
        match self {
            Self::Hook(step) => Some(step),
            Self::Kit(_) | Self::Token(_) | Self::Application(_) | Self::Bundle(_) | Self::Delivery(_) => None,
            Self::Factory(_) | Self::Local(_) | Self::Exercise(_) => None,
        }
    }

    /// Whether the steps after it are carried out although it failed: what is removed at the end of a connection does not
    /// depend on each other.
    #[must_use]
    pub const fn is_independent(&self) -> bool {
        match self {
            Self::Application(step) => step.ends_connection(),
            Self::Token(step) => step.ends_connection(),
            // What was not done has a row of its own, and the others tell as much.
            Self::Local(_) => true,
            Self::Exercise(step) => step.is_independent(),
            Self::Kit(_) | Self::Bundle(_) | Self::Hook(_) | Self::Delivery(_) | Self::Factory(_) => false,
        }
    }
}
