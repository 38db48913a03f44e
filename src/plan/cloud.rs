//! The plan of a connection to GitLab.com. It is made twice: before the authorization, which it then contains, and after it,
//! when it is known who authorized and what that account reaches.

use super::step::{CloudStep, KitStep, OwnCloudStep};
use crate::cloud::{CloudSelection, CloudWay};
use crate::desired::{DesiredCloud, DesiredTrust};
use crate::factory::FactoryState;
use crate::journal::Record;
use crate::observed::CloudSeen;

/// What will be done, in this order.
#[derive(Clone, Debug, Default)]
pub struct CloudPlan {
    pub steps: Vec<CloudStep>,
    pub notes: Vec<String>,
}

impl CloudPlan {
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Whether something is sent that changes anything, so that the plan needs an approval.
    #[must_use]
    pub fn writes(&self) -> bool {
        let only_waits = |step: &CloudStep| matches!(step, CloudStep::Own(OwnCloudStep::AwaitStatus { .. }));
        !self.steps.iter().all(only_waits)
    }

    /// Whether a user has to authorize.
    #[must_use]
    pub fn authorizes(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, CloudStep::Own(OwnCloudStep::Authorize { .. })))
    }

    /// The step that accepts a kit which differs from the one of the last run.
    #[must_use]
    pub fn changed_kit(&self) -> Option<&KitStep> {
        self.steps.iter().find_map(|step| match step {
            CloudStep::Kit(step) => Some(step),
            CloudStep::Own(_) => None,
        })
    }
}

/// Where Factory's authorization stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CloudAuthorization {
    /// A user has to authorize.
    Needed,
    /// A grant was sealed here and waits to be handed over.
    Waiting,
    /// Factory has it.
    Given,
    /// A user has just authorized in this run.
    Fresh,
}

impl CloudAuthorization {
    /// Where it stands, by the record and by what Factory says.
    #[must_use]
    pub fn of(desired: &DesiredCloud, seen: &CloudSeen, record: &Record) -> Self {
        let cloud = record.cloud.as_deref();
        let state = seen.status.known().map(|status| status.state);
        let is_other = |wanted: &String| {
            cloud.and_then(|cloud| cloud.account.as_ref()).is_some_and(|account| !account.is_named(wanted))
        };
        if desired.account.as_ref().is_some_and(is_other) {
            return Self::Needed;
        }
        // One that is sealed for somebody else is not handed over.
        let recipients = desired.kit.bundle.as_ref().map(|bundle| bundle.recipients.as_slice()).unwrap_or_default();
        let waiting = cloud.and_then(|cloud| cloud.waiting_grant());
        if waiting.is_some_and(|grant| grant.recipients == recipients) {
            return Self::Waiting;
        }
        let is_recorded = cloud.is_some_and(|cloud| waiting.is_none() && cloud.is_authorized());
        match state {
            Some(FactoryState::Connected) => Self::Given,
            Some(FactoryState::Failed) => Self::Needed,
            // Factory takes a selection only from an authorized account.
            Some(FactoryState::Pending) | None if is_recorded || seen.selected().is_some() => Self::Given,
            Some(FactoryState::Pending) | None => Self::Needed,
        }
    }
}

/// What is to be selected; `None` where Factory has it already, or it is still to be chosen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CloudChoice {
    /// Factory has it already.
    Stands(CloudSelection),
    New(CloudSelection),
    /// Nothing was named, and Factory has nothing.
    Open,
}

impl CloudChoice {
    /// What was named for this run, else what Factory has, else what was named with a grant that waits.
    #[must_use]
    pub fn of(desired: &DesiredCloud, seen: &CloudSeen, record: &Record) -> Self {
        let waiting = || record.cloud.as_deref()?.waiting_grant().map(|grant| grant.selection.clone());
        match (&desired.selection, seen.selected()) {
            (Some(wanted), Some(present)) if wanted.is_same(present) => Self::Stands(present.clone()),
            // What was looked up before the grant was sealed cannot be looked up again before Factory has it.
            (Some(wanted), _) => {
                Self::New(waiting().filter(|one| one.is_same(wanted)).unwrap_or_else(|| wanted.clone()))
            }
            (None, Some(present)) => Self::Stands(present.clone()),
            (None, None) => waiting().map_or(Self::Open, Self::New),
        }
    }
}

/// The steps that are left.
#[must_use]
pub fn cloud(
    desired: &DesiredCloud,
    seen: &CloudSeen,
    authorization: CloudAuthorization,
    choice: &CloudChoice,
) -> CloudPlan {
    let mut steps: Vec<OwnCloudStep> = Vec::new();
    let DesiredCloud { kit, instance, way, account, proof, .. } = desired;
    if authorization == CloudAuthorization::Needed {
        let (way, instance) = (*way, instance.clone());
        let (scopes, account) = (kit.cloud.scopes.clone(), account.clone());
        steps.push(OwnCloudStep::Authorize { way, instance, scopes, account });
    }
    let has_grant = match authorization {
        CloudAuthorization::Waiting => true,
        CloudAuthorization::Needed | CloudAuthorization::Fresh => *way != CloudWay::Session,
        CloudAuthorization::Given => false,
    };
    if let Some((url, recipients)) =
        kit.bundle.as_ref().and_then(|bundle| Some((bundle.upload_url.clone()?, &bundle.recipients)))
        && has_grant
    {
        steps.push(OwnCloudStep::HandOver { url: Box::new(url), recipients: recipients.clone() });
    }
    if let Some(url) = &kit.cloud.selection_url {
        let url = Box::new(url.clone());
        match choice {
            CloudChoice::Stands(_) => {}
            CloudChoice::New(selection) => steps.push(OwnCloudStep::Select { url, selection: Some(selection.clone()) }),
            CloudChoice::Open => steps.push(OwnCloudStep::Select { url, selection: None }),
        }
    }
    let is_connected = seen.status.known().is_some_and(|status| status.state == FactoryState::Connected);
    if let Some(url) = kit.status_url.as_ref().filter(|_| !steps.is_empty() || !is_connected) {
        steps.push(OwnCloudStep::AwaitStatus { url: Box::new(url.clone()) });
    }
    if let Some(project) = proof {
        steps.push(OwnCloudStep::Prove { project: project.clone() });
    }
    CloudPlan { steps: steps.into_iter().map(CloudStep::Own).collect(), notes: Vec::new() }
}

impl CloudPlan {
    /// The same with the kit in it: one that differs from the accepted one is accepted first of all, and where its addresses
    /// are new it says that they get the key.
    #[must_use]
    pub fn with_kit(mut self, trust: &DesiredTrust, record: &Record) -> Self {
        if !self.writes() {
            return self;
        }
        if let Some(pin) = &record.kit_pin {
            let changes = pin.trusted.changes(&trust.values);
            if !changes.is_empty() {
                let step = KitStep::Accept { from: pin.fingerprint.clone(), to: trust.fingerprint(), changes };
                self.steps.insert(0, CloudStep::Kit(step));
            }
        }
        self.notes.extend(super::parts::kit::key_note(trust, record));
        self
    }
}
