//! What to do about the OAuth application: whose it is decides.

use crate::desired::{ApplicationOrigin, Credentials, Desired, DesiredApplication};
use crate::factory::FactoryState;
use crate::gitlab::{Application, Pair};
use crate::instance::Version;
use crate::journal::{OwnApplication, Record, SecretState};
use crate::observed::Observed;

use super::{Blocker, Step, Why};

/// The application's part of a plan.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub steps: Vec<Step>,
    pub blockers: Vec<Blocker>,
    pub notes: Vec<String>,
    pub secret: Secret,
}

/// Where the application's secret will be once the steps are done.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Secret {
    /// Left as it is: sealed before, or Factory has it.
    #[default]
    Untouched,
    /// At hand, and to be sealed: GitLab shows it, or it was given.
    AtHand,
}

/// What is known about the applications, narrowed to the wanted name.
struct Candidates<'a> {
    wanted: &'a DesiredApplication,
    all: &'a [Application],
}

impl<'a> Candidates<'a> {
    fn of_that_name(&self) -> impl Iterator<Item = &'a Application> {
        self.all.iter().filter(|application| application.name == self.wanted.name)
    }

    fn exact(&self) -> Vec<&'a Application> {
        self.of_that_name().filter(|application| is_wanted(self.wanted, application)).collect()
    }

    fn by_id(&self, application_id: &str) -> Option<&'a Application> {
        self.all.iter().find(|application| application.application_id == application_id)
    }

    /// The one that the journal says we made or may have made.
    fn ours(&self, record: &Record) -> Option<&'a Application> {
        match &record.application {
            OwnApplication::Made { application_id } => self.by_id(application_id),
            OwnApplication::MayHaveMade => match self.exact().as_slice() {
                [only] => Some(only),
                _ => None,
            },
            OwnApplication::None => None,
        }
    }
}

/// What differs from the kit, for a person. Empty is an exact match; what GitLab does not tell cannot differ.
pub(super) fn differences(wanted: &DesiredApplication, found: &Application) -> Vec<String> {
    let mut differences = Vec::new();
    // Several addresses are one text, separated by white space; each is compared to the byte.
    if !found.callback_url.split_whitespace().any(|address| address == wanted.redirect_uri) {
        differences.push(format!("redirect URI {} instead of {}", found.callback_url, wanted.redirect_uri));
    }
    let scopes = found.scopes.as_deref().unwrap_or(&wanted.scopes);
    let missing: Vec<&str> = wanted.scopes.iter().filter(|scope| !scopes.contains(scope)).map(String::as_str).collect();
    if !missing.is_empty() {
        differences.push(format!("scopes without {}", missing.join(" ")));
    }
    if found.confidential != wanted.confidential {
        differences.push(if found.confidential { "confidential" } else { "not confidential" }.to_owned());
    }
    differences
}

/// Whether an application is what the kit asks for, to the byte.
#[must_use]
pub fn is_wanted(wanted: &DesiredApplication, found: &Application) -> bool {
    found.name == wanted.name && differences(wanted, found).is_empty()
}

pub(super) fn plan(desired: &Desired, observed: &Observed, record: &Record) -> Part {
    let wanted = &desired.application;
    let Some(all) = observed.applications.known() else { return Part::default() };
    let candidates = Candidates { wanted, all };
    match &wanted.origin {
        ApplicationOrigin::Given(credentials) => given(&candidates, credentials, observed, record),
        ApplicationOrigin::Auto { given: Some(credentials), renew: false } => {
            given(&candidates, credentials, observed, record)
        }
        ApplicationOrigin::Auto { renew, .. } => match candidates.ours(record) {
            Some(ours) => keep_ours(&candidates, ours, Auto { renew: *renew, observed, record }),
            None => find(&candidates, Auto { renew: *renew, observed, record }),
        },
    }
}

#[derive(Clone, Copy)]
struct Auto<'a> {
    renew: bool,
    observed: &'a Observed,
    record: &'a Record,
}

/// The ID and secret were given: the application must be there and be what the kit asks for.
fn given(candidates: &Candidates<'_>, credentials: &Credentials, observed: &Observed, record: &Record) -> Part {
    let Some(found) = candidates.by_id(&credentials.application_id) else {
        let application_id = credentials.application_id.clone();
        return Part { blockers: vec![Blocker::UnknownApplication { application_id }], ..Part::default() };
    };
    let mut differences = differences(candidates.wanted, found);
    // Where the list does not show scopes they were probed with the pair.
    let lacking = observed.probed_scopes.known().filter(|probed| !probed.missing.is_empty());
    differences.extend(lacking.map(|probed| format!("scopes without {}", probed.missing.join(" "))));
    if !differences.is_empty() {
        let foreign = Blocker::ForeignApplication { application: found.clone(), differences };
        return Part { blockers: vec![foreign], ..Part::default() };
    }
    if observed.pair.known() == Some(&Pair::Invalid) {
        let wrong = Blocker::WrongSecret { application: found.clone() };
        return Part { blockers: vec![wrong], ..Part::default() };
    }
    let fingerprint = credentials.secret.fingerprint(&credentials.application_id);
    let sealed = record
        .bundle
        .as_ref()
        .is_some_and(|bundle| bundle.application_id == credentials.application_id && bundle.secret == fingerprint);
    if sealed && record.secret == SecretState::Sealed {
        return Part::default();
    }
    if record.bundle.is_none() && is_connected(observed) {
        let note = "Factory says that it is connected, so the secret that was given is not sent again";
        return Part { notes: vec![note.to_owned()], ..Part::default() };
    }
    Part { secret: Secret::AtHand, ..Part::default() }
}

/// The application is ours: its secret may be renewed, and it may be made again.
fn keep_ours(candidates: &Candidates<'_>, ours: &Application, auto: Auto<'_>) -> Part {
    if !differences(candidates.wanted, ours).is_empty() {
        return replace(candidates, ours, auto, Why::Outdated);
    }
    match (auto.renew, secret_is_lost(auto.record)) {
        (false, false) => Part::default(),
        (true, _) => renew(candidates, ours, auto, Why::Asked),
        (false, true) => renew(candidates, ours, auto, Why::SecretLost),
    }
}

/// Whether the secret that GitLab showed is in no bundle that can be used. An accepted bundle has done its work; one that
/// waits must still be there, and its ID and secret must have been seen to authenticate.
fn secret_is_lost(record: &Record) -> bool {
    let usable = record.bundle.as_ref().is_some_and(|bundle| bundle.accepted || (bundle.on_disk && bundle.proven));
    record.secret != SecretState::Sealed || !usable
}

fn renew(candidates: &Candidates<'_>, application: &Application, auto: Auto<'_>, why: Why) -> Part {
    let version = auto.observed.metadata.known().map(|metadata| metadata.version);
    if version.is_some_and(|version| version < Version::RENEW_SECRET) {
        return replace(candidates, application, auto, why);
    }
    renewal(application, why)
}

fn renewal(application: &Application, why: Why) -> Part {
    let step = Step::RenewSecret { id: application.id, application_id: application.application_id.clone(), why };
    Part { steps: vec![step], secret: Secret::AtHand, ..Part::default() }
}

/// Deletes and creates again. Only ever for one that the journal says is ours.
fn replace(candidates: &Candidates<'_>, ours: &Application, auto: Auto<'_>, why: Why) -> Part {
    let delete = Step::DeleteApplication { id: ours.id, application_id: ours.application_id.clone(), why };
    let mut part = create(candidates, auto);
    if part.blockers.is_empty() {
        part.steps.insert(0, delete);
    }
    part
}

/// None is known to be ours: one that matches exactly is the connection's own, any other of that name somebody else's.
fn find(candidates: &Candidates<'_>, auto: Auto<'_>) -> Part {
    let exact = candidates.exact();
    let foreign = candidates.of_that_name().find(|application| !exact.contains(application));
    match (exact.as_slice(), foreign) {
        ([], None) => create(candidates, auto),
        ([only], None) => adopt(only, auto),
        (_, Some(application)) => {
            let differences = differences(candidates.wanted, application);
            let blocker = Blocker::ForeignApplication { application: application.clone(), differences };
            Part { blockers: vec![blocker], ..Part::default() }
        }
        (several, None) => {
            let applications = several.iter().map(|application| (*application).clone()).collect();
            Part { blockers: vec![Blocker::SeveralApplications { applications }], ..Part::default() }
        }
    }
}

/// One that matches exactly and is in no record here: left as it is, unless its secret is needed.
fn adopt(application: &Application, auto: Auto<'_>) -> Part {
    if auto.renew {
        return renewal(application, Why::Asked);
    }
    // An earlier run renewed its secret and was cut off: the old one is dead already, so going on disconnects nobody.
    if auto.record.renewed.as_deref() == Some(&application.application_id) {
        return match secret_is_lost(auto.record) {
            true => renewal(application, Why::SecretLost),
            false => Part::default(),
        };
    }
    if is_connected(auto.observed) {
        return Part::default();
    }
    Part { blockers: vec![Blocker::NeedsSecret { application: application.clone() }], ..Part::default() }
}

fn create(candidates: &Candidates<'_>, auto: Auto<'_>) -> Part {
    let wanted = candidates.wanted;
    if let Some(supported) = auto.observed.scopes_supported.known() {
        let scopes: Vec<String> = wanted.scopes.iter().filter(|scope| !supported.contains(scope)).cloned().collect();
        if !scopes.is_empty() {
            return Part { blockers: vec![Blocker::UnsupportedScopes { scopes }], ..Part::default() };
        }
    }
    let step = Step::CreateApplication {
        name: wanted.name.clone(),
        redirect_uri: wanted.redirect_uri.clone(),
        scopes: wanted.scopes.clone(),
        confidential: wanted.confidential,
    };
    Part { steps: vec![step], secret: Secret::AtHand, ..Part::default() }
}

fn is_connected(observed: &Observed) -> bool {
    observed.factory.status.known().is_some_and(|status| status.state == FactoryState::Connected)
}
