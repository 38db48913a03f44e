//! The plan of a connection to GitLab.com. It is made twice: before the authorization, which it then contains, and after it,
//! when it is known who authorized and what that account reaches.

use super::parts::kit;
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
        let writes = self.writes();
        self.steps.splice(..0, kit::acceptance(trust, record).map(CloudStep::Kit));
        self.notes.extend(kit::key_note(trust, record).filter(|_| writes));
        self
    }

    /// The same, saying what an earlier run left that this one does not remove: of a proof, and the consent of an account.
    #[must_use]
    pub fn with_leftovers(mut self, record: &Record) -> Self {
        let proves = self.steps.iter().any(|step| matches!(step, CloudStep::Own(OwnCloudStep::Prove { .. })));
        if !proves {
            self.notes.extend(left_by_proof(record, ""));
        }
        let earlier = record.cloud.as_deref().and_then(|cloud| cloud.account.as_ref());
        if let Some(account) = earlier.filter(|_| self.authorizes()) {
            self.notes.push(format!(
                "{account} authorized Factory earlier: Factory goes on with the account that authorizes now; only {account} can \
                 withdraw the earlier consent"
            ));
        }
        self
    }
}

/// What a proof that was killed left, and how it is removed; `meanwhile` says what else becomes of it.
#[must_use]
pub fn left_by_proof(record: &Record, meanwhile: &str) -> Option<String> {
    (!record.exercises.is_empty()).then(|| {
        format!(
            "an earlier proof of this machine left a branch or a merge request in GitLab{meanwhile}; to remove it, run \
             factory-gitlab connect --cloud --prove PROJECT"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::SelectedPlace;
    use crate::factory::FactoryStatus;
    use crate::http::{Cause, FailedRequest};
    use crate::journal::{CloudRecord, GrantRecord};
    use crate::kit::CloudKit;
    use crate::observed::Observation;

    const KIT: &str = r#"{
        "schema": "factory-gitlab/kit/v1", "organization": { "id": "org_acme" },
        "bundle": { "recipients": ["age1abc"], "upload_url": "https://api.factory.example/bundles" },
        "status_url": "https://api.factory.example/status",
        "cloud": { "url": "https://gitlab.com", "client_id": "c", "redirect_uri": "http://127.0.0.1/cb",
                   "selection_url": "https://api.factory.example/selection" }
    }"#;

    fn desired() -> DesiredCloud {
        let kit = CloudKit::parse(KIT).expect("a kit");
        DesiredCloud {
            trust: DesiredTrust { values: kit.trusted(), key_origins: kit.key_origins(), served_by: None },
            instance: "https://gitlab.com".parse().expect("a URL"),
            way: CloudWay::Code,
            account: None,
            selection: None,
            proof: None,
            kit,
        }
    }

    fn seen(state: FactoryState, selection: Option<CloudSelection>) -> CloudSeen {
        let status = Observation::Known(FactoryStatus { state, detail: None });
        CloudSeen { status, selection: Observation::Known(selection) }
    }

    fn of_group(path: &str) -> CloudSelection {
        let group = SelectedPlace { id: None, full_path: path.to_owned() };
        CloudSelection { groups: vec![group], ..CloudSelection::default() }
    }

    /// A record whose grant is in this state; the file is there unless it was accepted.
    fn record(accepted: bool, recipient: &str) -> Record {
        let cloud = CloudRecord {
            authorized_at: Some(jiff::Timestamp::UNIX_EPOCH),
            grant: Some(GrantRecord {
                sha256: String::new(),
                recipients: vec![recipient.to_owned()],
                selection: of_group("sealed"),
                accepted,
                receipt: None,
                on_disk: !accepted,
            }),
            ..CloudRecord::new(CloudWay::Code)
        };
        Record { cloud: Some(Box::new(cloud)), ..Record::default() }
    }

    #[test]
    fn a_user_authorizes_only_where_neither_factory_nor_this_machine_has_it() {
        use FactoryState::{Connected, Failed, Pending};
        for (what, seen, record, wanted) in [
            ("nothing", seen(Pending, None), Record::default(), CloudAuthorization::Needed),
            ("another machine", seen(Connected, Some(of_group("a"))), Record::default(), CloudAuthorization::Given),
            ("a selection", seen(Pending, Some(of_group("a"))), Record::default(), CloudAuthorization::Given),
            ("handed over", seen(Pending, None), record(true, "age1abc"), CloudAuthorization::Given),
            ("sealed", seen(Pending, None), record(false, "age1abc"), CloudAuthorization::Waiting),
            ("sealed for others", seen(Pending, None), record(false, "age1other"), CloudAuthorization::Needed),
            ("failed", seen(Failed, Some(of_group("a"))), record(true, "age1abc"), CloudAuthorization::Needed),
        ] {
            assert_eq!(CloudAuthorization::of(&desired(), &seen, &record), wanted, "{what}");
        }
    }

    #[test]
    fn what_was_named_counts_more_than_what_factory_has_and_that_more_than_what_was_sealed() {
        let (present, sealed) = (seen(FactoryState::Connected, Some(of_group("a"))), record(false, "age1abc"));
        let nothing = seen(FactoryState::Pending, None);
        let named = |path: &str| DesiredCloud { selection: Some(of_group(path)), ..desired() };
        for (desired, seen, record, wanted) in [
            (named("A"), &present, Record::default(), CloudChoice::Stands(of_group("a"))),
            (named("b"), &present, Record::default(), CloudChoice::New(of_group("b"))),
            (desired(), &present, Record::default(), CloudChoice::Stands(of_group("a"))),
            (desired(), &nothing, sealed, CloudChoice::New(of_group("sealed"))),
            (desired(), &nothing, Record::default(), CloudChoice::Open),
        ] {
            assert_eq!(CloudChoice::of(&desired, seen, &record), wanted);
        }
    }

    #[test]
    fn nothing_is_planned_where_factory_is_connected_and_has_the_selection() {
        let (desired, seen) = (desired(), seen(FactoryState::Connected, Some(of_group("a"))));
        let choice = CloudChoice::Stands(of_group("a"));
        assert!(cloud(&desired, &seen, CloudAuthorization::Given, &choice).is_empty());
        let waiting = CloudSeen { status: Observation::Skipped("no"), ..seen };
        let plan = cloud(&desired, &waiting, CloudAuthorization::Given, &choice);
        assert!(!plan.is_empty() && !plan.writes(), "only the status is waited for");
    }

    #[test]
    fn what_could_not_be_asked_is_no_authorization() {
        let (method, host, path) = ("GET", String::new(), String::new());
        let cause = Box::new(Cause::Interrupted);
        let error = || FailedRequest { method, host: host.clone(), path: path.clone(), cause: cause.clone() }.into();
        let seen = CloudSeen { status: Observation::Failed(error()), selection: Observation::Failed(error()) };
        assert_eq!(CloudAuthorization::of(&desired(), &seen, &Record::default()), CloudAuthorization::Needed);
    }
}
