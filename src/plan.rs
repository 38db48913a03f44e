//! The difference between the desired and the observed state, as ordered steps. Pure: what is shown is what is applied.

mod added_webhooks;
mod cloud;
mod connect;
mod disconnect;
mod exercise;
pub mod network;
mod parts;
mod render;
mod rotate;
mod step;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde::Serialize;
use url::Url;

use crate::desired::Desired;
use crate::error::Fix;
use crate::gitlab::Application;
use crate::instance::LicensePlan;
use crate::journal::Rotation;
use crate::kit::KitFingerprint;

pub use added_webhooks::{add_webhooks, deviating_targets};
pub use cloud::{CloudAuthorization, CloudChoice, CloudPlan, cloud, left_by_proof};
pub use connect::connect;
pub use disconnect::{Disconnection, EndScope, KeyringEntry, TellFactory, disconnect};
pub use exercise::{Cleanup, ExerciseScope, ExerciseWish, exercise};
pub use parts::application::{is_wanted, resembles};
pub use parts::due::{Limit, Limits};
pub use parts::kit::{accept_kit, of_ending as kit_of_ending};
pub use parts::outside::has_webhooks_outside;
pub use parts::token::{ENDS_SOON_DAYS, is_minted_name};
pub use render::describe;
pub use rotate::{RotationWish, rotate};
pub use step::{
    ApplicationStep, BundleContents, BundleStep, CloudStep, CoveringHook, DeleteReason, DeliveryStep, Description,
    ExerciseStep, FactoryStep, GivenToken, HookDifference, HookStep, KitStep, LocalStep, OwnCloudStep, Place, Reason,
    RevokeReason, Step, TokenReason, TokenStep,
};

/// What will be done, in this order, and what the admin should know before approving it.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub steps: Vec<Step>,
    /// What is done at the end whatever happened, also after Ctrl-C.
    pub cleanup: Vec<Step>,
    /// What explains the plan: why webhooks are on groups or projects, which targets are left out.
    pub notes: Vec<String>,
    /// What stays as it is and should not be overlooked, also where there is nothing to do.
    pub warnings: Vec<String>,
    /// What no API can do, with the page where it is done.
    pub manual_steps: Vec<Fix>,
    /// What of the connection this plan leaves, although it was to be removed.
    pub left: Vec<Left>,
    /// What of the connection stays because it was asked for, or because it is the administrator's own.
    pub kept: Vec<Left>,
    /// The ID of the connection's application, where it is kept on request.
    pub keeps_application: Option<String>,
    /// What prevents the plan. With any of these nothing is applied.
    pub blockers: Vec<Blocker>,
}

impl Plan {
    /// Whether everything is already as it should be.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.blockers.is_empty()
    }
}

/// Whether a step sends a request that Factory answers only with the key of its API. A pre-signed address has its own
/// permission.
#[must_use]
pub fn needs_factory_key(plan: &Plan, desired: &Desired) -> bool {
    let has_receipts = desired.webhooks.receipts_url.is_some();
    plan.steps.iter().any(|step| match step {
        Step::Bundle(BundleStep::Upload { to, .. } | BundleStep::ProveUpload { to, .. }) => to.takes_key(),
        Step::Delivery(DeliveryStep::Test { .. } | DeliveryStep::RotateToken { .. }) => has_receipts,
        Step::Factory(FactoryStep::Disconnect { .. }) => true,
        Step::Exercise(step) => has_receipts && matches!(step, ExerciseStep::Follow { .. }),
        Step::Kit(_) | Step::Token(_) | Step::Application(_) | Step::Hook(_) | Step::Local(_) => false,
        Step::Bundle(
            BundleStep::Seal { .. }
            | BundleStep::SealToken { .. }
            | BundleStep::SealApplication { .. }
            | BundleStep::Write { .. },
        ) => false,
    })
}

/// Something of a connection that stays although the connection was to end.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Left {
    pub kind: LeftKind,
    /// What it is, for the user.
    pub what: String,
    /// Why it stays.
    pub why: String,
    /// The page on which it is found.
    pub url: Url,
    /// When this machine saw it last.
    pub seen_at: Timestamp,
    pub fixes: Vec<Fix>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftKind {
    Application,
    Webhook,
    /// A group or project that can no longer be seen.
    Target,
    Token,
}

/// Whether Factory was asked for its status.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum FactoryAsked {
    Yes,
    /// The kit of this fingerprint was not approved, so its addresses do not get the key.
    NotWithoutApproval {
        kit: KitFingerprint,
    },
}

/// Something that only the admin can decide or correct.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Blocker {
    /// An application of the wanted name differs from the kit and was not created by this tool.
    ForeignApplication { application: Application, differences: Vec<String> },
    /// Several applications match exactly; nothing tells which one belongs to the connection.
    SeveralApplications { applications: Vec<Application> },
    /// One application matches exactly, but its secret is not known and Factory is not connected.
    NeedsSecret { application: Application, factory: FactoryAsked },
    /// The instance does not have the application that was named.
    UnknownApplication { application_id: String },
    /// The given ID and secret do not authenticate together.
    WrongSecret { application: Application },
    /// The instance does not know these scopes; GitLab would refuse to create the application.
    UnsupportedScopes { scopes: Vec<String> },
    /// Group webhooks were requested, and this license does not send their events.
    NoGroupHooks { plan: LicensePlan },
    /// A system hook sends the events of the whole instance, and only a part of it was selected.
    SystemHookSendsAll,
    /// Factory has to be told that the connection ends, and the kit does not say where.
    NoDisconnectUrl,
    /// Factory would refuse the webhooks until they are changed: the kit does not name the secret token that they have.
    NoPreviousSecret { webhooks: usize },
    /// A renewed secret has to reach Factory at once, and the bundle was to be written to a file.
    NoUpload,
    /// The connection is being removed.
    Disconnecting,
    /// This machine has no record that Factory was given this connection.
    NotHandedOver,
    /// Factory has the administrator's own token.
    GivenToken,
    /// When a secret was changed last is not recorded here.
    UnknownAge { what: Rotation },
    /// When the token of Factory ends could not be found out.
    UnknownEnd,
    /// The application that was named is not one of this kit.
    NotOfThisKit { application: Application },
}
