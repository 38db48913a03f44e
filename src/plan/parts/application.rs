//! What to do about the OAuth application. Only one that the journal says this tool created is ever deleted.

use crate::desired::{ApplicationOrigin, Credentials, Desired, DesiredApplication};
use crate::gitlab::{Application, PairValidity};
use crate::instance::Version;
use crate::journal::{OtherOrganizations, OwnApplication, Record, SecretState};
use crate::observed::Observed;
use crate::plan::{ApplicationStep, Blocker, FactoryAsked, Reason, Step};

use super::bundle::{Sides, is_connected};

/// The application's part of a plan.
#[derive(Debug, Default)]
pub(in crate::plan) struct Part {
    pub steps: Vec<Step>,
    pub blockers: Vec<Blocker>,
    pub notes: Vec<String>,
    pub secret: SecretNeed,
}

impl Part {
    fn blocked(blocker: Blocker) -> Self {
        Self { blockers: vec![blocker], ..Self::default() }
    }
}

/// Whether a new bundle has to be sealed for the application's secret.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(in crate::plan) enum SecretNeed {
    /// It is sealed already, or Factory has it.
    #[default]
    None,
    /// After the steps of this part the secret is known (GitLab shows it, or it was given) and in no bundle.
    Seal,
}

/// The instance's applications, compared with the wanted one.
struct Candidates<'a> {
    wanted: &'a DesiredApplication,
    all: &'a [Application],
    /// Those that this machine made for other organizations are no candidates.
    others: &'a OtherOrganizations,
}

impl<'a> Candidates<'a> {
    fn of_wanted_name(&self) -> impl Iterator<Item = &'a Application> {
        let is_candidate = |one: &&Application| {
            one.name == self.wanted.name && !self.others.applications.contains(&one.application_id)
        };
        self.all.iter().filter(is_candidate)
    }

    /// Without those that another organization's unfinished run may have made.
    fn of_nobody_else(&self) -> impl Iterator<Item = &'a Application> {
        self.of_wanted_name().filter(|application| !may_have_made(self.others, application))
    }

    fn exact(&self) -> Vec<&'a Application> {
        self.of_wanted_name().filter(|application| is_wanted(self.wanted, application)).collect()
    }

    fn by_id(&self, application_id: &str) -> Option<&'a Application> {
        self.all.iter().find(|application| application.application_id == application_id)
    }

    /// The one that this tool created, or may have created, according to the journal.
    fn ours(&self, record: &Record) -> Option<&'a Application> {
        match &record.application {
            // The journal is a file: its word counts only for an application that looks like the connection's.
            OwnApplication::Made { application_id } => {
                self.by_id(application_id).filter(|found| resembles(self.wanted, found))
            }
            OwnApplication::MayHaveMade => match self.exact().as_slice() {
                [only] => Some(only),
                [] | [_, _, ..] => None,
            },
            OwnApplication::None => None,
        }
    }
}

pub(super) fn may_have_made(others: &OtherOrganizations, application: &Application) -> bool {
    others.unfinished.iter().any(|one| one.name == application.name && application.has_redirect_uri(&one.redirect_uri))
}

/// What differs from the kit, for the user. Empty is an exact match; what GitLab does not show cannot differ.
fn differences(wanted: &DesiredApplication, found: &Application) -> Vec<String> {
    let mut differences = Vec::new();
    if !found.has_redirect_uri(&wanted.redirect_uri) {
        differences.push(format!("redirect URI {} instead of {}", found.callback_url, wanted.redirect_uri));
    }
    let scopes = found.scopes.as_deref().unwrap_or(&wanted.scopes);
    let missing: Vec<&str> = wanted.scopes.iter().filter(|scope| !scopes.contains(scope)).map(String::as_str).collect();
    if !missing.is_empty() {
        differences.push(format!("missing scopes {}", missing.join(" ")));
    }
    if found.confidential != wanted.confidential {
        differences.push(if found.confidential { "confidential" } else { "not confidential" }.to_owned());
    }
    differences
}

/// Whether an application matches the kit exactly.
#[must_use]
pub fn is_wanted(wanted: &DesiredApplication, found: &Application) -> bool {
    found.name == wanted.name && differences(wanted, found).is_empty()
}

/// Whether an application can be one that this tool created and that the kit has changed since: its name or its redirect
/// URI is still the wanted one.
#[must_use]
pub fn resembles(wanted: &DesiredApplication, found: &Application) -> bool {
    found.name == wanted.name || found.has_redirect_uri(&wanted.redirect_uri)
}

pub(in crate::plan) fn plan(desired: &Desired, observed: &Observed, record: &Record) -> Part {
    let sides = Sides { desired, observed, record };
    let wanted = &desired.application;
    let Some(all) = observed.applications.known() else { return Part::default() };
    let candidates = Candidates { wanted, all, others: &record.others };
    match &wanted.origin {
        ApplicationOrigin::Given(credentials) => given(&candidates, credentials, sides),
        ApplicationOrigin::Auto { given: Some(credentials), renew: false } => given(&candidates, credentials, sides),
        ApplicationOrigin::Auto { renew, .. } => {
            let auto = Auto { renew: *renew, sides };
            match candidates.ours(record) {
                Some(ours) => keep_ours(&candidates, ours, auto),
                None => find(&candidates, auto),
            }
        }
    }
}

/// What decides where no ID and secret were given.
#[derive(Clone, Copy)]
struct Auto<'a> {
    renew: bool,
    sides: Sides<'a>,
}

impl Auto<'_> {
    /// Why the secret has to be renewed, if it has to.
    fn need(&self) -> Option<Reason> {
        if is_secret_lost(self.sides.record) {
            return Some(Reason::SecretLost);
        }
        self.sides.is_outdated().then_some(Reason::BundleOutdated)
    }
}

/// The ID and secret were given: the application must exist and match the kit.
fn given(candidates: &Candidates<'_>, credentials: &Credentials, sides: Sides<'_>) -> Part {
    let Sides { desired: _, observed, record } = sides;
    let Some(found) = candidates.by_id(&credentials.application_id) else {
        return Part::blocked(Blocker::UnknownApplication { application_id: credentials.application_id.clone() });
    };
    let mut differences = differences(candidates.wanted, found);
    // Where the list of applications does not show scopes, they were probed with the ID and secret.
    let lacking = observed.probed_scopes.known().filter(|probed| !probed.missing.is_empty());
    differences.extend(lacking.map(|probed| format!("missing scopes {}", probed.missing.join(" "))));
    if !differences.is_empty() {
        return Part::blocked(Blocker::ForeignApplication { application: found.clone(), differences });
    }
    if observed.pair.known() == Some(&PairValidity::Invalid) {
        return Part::blocked(Blocker::WrongSecret { application: found.clone() });
    }
    let fingerprint = credentials.secret.fingerprint(&credentials.application_id);
    let sealed = record
        .bundle
        .as_ref()
        .is_some_and(|bundle| bundle.application_id == credentials.application_id && bundle.secret == fingerprint);
    if sealed && record.secret == SecretState::Sealed && !sides.is_outdated() {
        return Part::default();
    }
    if record.bundle.is_none() && is_connected(observed) {
        let note = "Factory reports that it is connected; the given secret is not sent again";
        return Part { notes: vec![note.to_owned()], ..Part::default() };
    }
    Part { secret: SecretNeed::Seal, ..Part::default() }
}

/// This tool created the application: its secret may be renewed, and it may be recreated.
fn keep_ours(candidates: &Candidates<'_>, ours: &Application, auto: Auto<'_>) -> Part {
    if !differences(candidates.wanted, ours).is_empty() {
        return replace(candidates, ours, auto, Reason::Outdated);
    }
    match (auto.renew, auto.need()) {
        (false, None) => Part::default(),
        (true, _) => renew(candidates, ours, auto, Reason::Asked),
        (false, Some(reason)) => renew(candidates, ours, auto, reason),
    }
}

/// Whether no usable bundle holds the secret that GitLab showed. A bundle is usable if Factory accepted it, or if it is
/// still on disk and its ID and secret were proven to authenticate.
pub(super) fn is_secret_lost(record: &Record) -> bool {
    let usable = match &record.application_bundle {
        Some(waiting) => waiting.on_disk && waiting.proven,
        None => record.bundle.as_ref().is_some_and(|bundle| bundle.accepted || (bundle.on_disk && bundle.proven)),
    };
    record.secret != SecretState::Sealed || !usable
}

fn renew(candidates: &Candidates<'_>, application: &Application, auto: Auto<'_>, reason: Reason) -> Part {
    let version = auto.sides.observed.version();
    if version.is_some_and(|version| version < Version::RENEW_SECRET) {
        return replace(candidates, application, auto, reason);
    }
    renewal(application, reason)
}

pub(super) fn renewal(application: &Application, reason: Reason) -> Part {
    let step =
        ApplicationStep::RenewSecret { id: application.id, application_id: application.application_id.clone(), reason };
    Part { steps: vec![Step::Application(step)], secret: SecretNeed::Seal, ..Part::default() }
}

/// Deletes and recreates an application that this tool created.
fn replace(candidates: &Candidates<'_>, ours: &Application, auto: Auto<'_>, reason: Reason) -> Part {
    let delete = ApplicationStep::Delete { id: ours.id, application_id: ours.application_id.clone(), reason };
    let mut part = create(candidates, auto);
    if part.blockers.is_empty() {
        part.steps.insert(0, Step::Application(delete));
    }
    part
}

/// The journal names no application: one that matches exactly belongs to the connection, any other of its name does not.
fn find(candidates: &Candidates<'_>, auto: Auto<'_>) -> Part {
    let (exact, different): (Vec<&Application>, Vec<&Application>) =
        candidates.of_nobody_else().partition(|application| is_wanted(candidates.wanted, application));
    // Of several that match, the one whose secret this machine has handed over is the connection's.
    let is_delivered = |one: &&&Application| auto.sides.record.delivered.contains(&one.application_id);
    if let ([own], true) = (exact.iter().filter(is_delivered).collect::<Vec<_>>().as_slice(), different.is_empty()) {
        return adopt(own, auto);
    }
    match (exact.as_slice(), different.first().copied()) {
        ([], None) => create(candidates, auto),
        ([only], None) => adopt(only, auto),
        (_, Some(application)) => {
            let differences = differences(candidates.wanted, application);
            Part::blocked(Blocker::ForeignApplication { application: application.clone(), differences })
        }
        (several, None) => {
            let applications = several.iter().map(|application| (*application).clone()).collect();
            Part::blocked(Blocker::SeveralApplications { applications })
        }
    }
}

/// The application matches exactly, and no run on this machine created it: it stays as it is unless its secret is needed.
fn adopt(application: &Application, auto: Auto<'_>) -> Part {
    if auto.renew {
        return renewal(application, Reason::Asked);
    }
    // An earlier run renewed its secret and was interrupted: the old secret has ended already, so another renewal
    // disconnects no further user.
    if auto.sides.record.renewed.as_deref() == Some(&application.application_id) {
        return auto.need().map_or_else(Part::default, |reason| renewal(application, reason));
    }
    let is_delivered = auto.sides.record.delivered.contains(&application.application_id);
    if is_delivered || is_connected(auto.sides.observed) {
        return Part::default();
    }
    let factory = match auto.sides.observed.factory.key_withheld {
        true => FactoryAsked::NotWithoutApproval { kit: auto.sides.desired.kit.fingerprint() },
        false => FactoryAsked::Yes,
    };
    Part::blocked(Blocker::NeedsSecret { application: application.clone(), factory })
}

fn create(candidates: &Candidates<'_>, auto: Auto<'_>) -> Part {
    let wanted = candidates.wanted;
    if let Some(supported) = auto.sides.observed.scopes_supported.known() {
        let scopes: Vec<String> = wanted.scopes.iter().filter(|scope| !supported.contains(scope)).cloned().collect();
        if !scopes.is_empty() {
            return Part::blocked(Blocker::UnsupportedScopes { scopes });
        }
    }
    let step = ApplicationStep::Create {
        name: wanted.name.clone(),
        redirect_uri: wanted.redirect_uri.clone(),
        scopes: wanted.scopes.clone(),
        confidential: wanted.confidential,
    };
    Part { steps: vec![Step::Application(step)], secret: SecretNeed::Seal, ..Part::default() }
}
