//! The difference between what should be and what is, as ordered steps. Pure: what is shown is what is applied.

mod application;
mod bundle;
mod render;
mod step;
#[cfg(test)]
mod tests;
mod webhooks;

use crate::desired::Desired;
use crate::error::Fix;
use crate::gitlab::Application;
use crate::instance::LicensePlan;
use crate::journal::Record;
use crate::observed::Observed;

pub use application::is_wanted;
pub use render::words;
pub use step::{Change, Step, Why, Words};

/// What will be done, in this order, and what the person should know before saying yes.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub steps: Vec<Step>,
    /// Why it is as it is: the choice of hooks, what a strategy leaves out.
    pub notes: Vec<String>,
    /// What no API can do, with the page where it is done.
    pub by_hand: Vec<Fix>,
    /// What stands in the way. With any of these nothing is applied.
    pub blockers: Vec<Blocker>,
}

impl Plan {
    /// Whether everything is already as it should be.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.blockers.is_empty()
    }
}

/// Something that only a person can decide or mend.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Blocker {
    /// An application of the wanted name that is not the connection's.
    ForeignApplication { application: Application, differences: Vec<String> },
    /// Several applications match exactly; which one is the connection's cannot be told.
    SeveralApplications { applications: Vec<Application> },
    /// One matches exactly, but its secret is not at hand and Factory is not connected.
    NeedsSecret { application: Application },
    /// The application that was named is not on this instance.
    UnknownApplication { application_id: String },
    /// The ID and secret that were given do not authenticate together.
    WrongSecret { application: Application },
    /// The instance does not know these scopes; creating the application would fail whole.
    UnsupportedScopes { scopes: Vec<String> },
    /// Group hooks were asked for and would never fire.
    NoGroupHooks { plan: LicensePlan },
}

/// Compares and says what is to be done.
#[must_use]
pub fn plan(desired: &Desired, observed: &Observed, record: &Record) -> Plan {
    let mut plan = Plan::default();
    let part = application::plan(desired, observed, record);
    let sealing = bundle::needs(desired, record, &part);
    plan.steps.extend(bundle::orphans(record));
    if sealing.is_fresh() {
        plan.steps.extend(bundle::minting(desired, observed));
    }
    plan.steps.extend(part.steps);
    plan.blockers.extend(part.blockers);
    plan.notes.extend(part.notes);
    plan.steps.extend(bundle::sealing(desired, sealing));
    if sealing.is_fresh() {
        plan.steps.extend(bundle::superseded(record));
    }
    webhooks::plan(desired, observed, record, &mut plan);
    plan.steps.extend(bundle::handing_over(desired, sealing));
    if desired.application.trusted {
        let page = desired.instance.page("/admin/applications");
        plan.by_hand
            .push(Fix::open("mark the application as trusted: GitLab's API cannot, the Admin Area can", page.as_str()));
    }
    plan
}
