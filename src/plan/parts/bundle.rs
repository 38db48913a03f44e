//! What to do about the bundle.

use super::application::{Part, SecretNeed};
use crate::desired::{BundleRoute, Desired};
use crate::factory::FactoryState;
use crate::journal::{ApplicationBundleRecord, BundleRecord, MintedRecord, Record};
use crate::kit::{Handover, is_same_set};
use crate::observed::Observed;
use crate::plan::{ApplicationStep, BundleContents, BundleStep, GivenToken, Step};

/// Which bundle is to be delivered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::plan) enum Sealing {
    /// A new one, to be sealed first.
    Fresh,
    /// One that an earlier run sealed and did not deliver.
    Waiting,
    Nothing,
}

impl Sealing {
    pub(in crate::plan) const fn is_fresh(self) -> bool {
        matches!(self, Self::Fresh)
    }
}

/// What is compared: a bundle that waits was sealed for what was wanted then.
#[derive(Clone, Copy)]
pub(in crate::plan) struct Sides<'a> {
    pub desired: &'a Desired,
    pub observed: &'a Observed,
    pub record: &'a Record,
}

/// What a bundle was sealed for: the whole one, or one with a token alone.
pub(super) struct SealedFor<'a> {
    pub handover: Option<Handover>,
    pub token_id: Option<u64>,
    pub token: Option<&'a MintedRecord>,
    pub recipients: &'a [String],
}

impl Sides<'_> {
    fn is_as_wanted(&self, bundle: &BundleRecord) -> bool {
        let BundleRecord { handover, token_id, token, recipients, .. } = bundle;
        self.would_seal(&SealedFor { handover: *handover, token_id: *token_id, token: token.as_ref(), recipients })
    }

    /// Whether a bundle would be sealed for the same recipients, with the same token, now.
    pub(super) fn would_seal(&self, sealed: &SealedFor<'_>) -> bool {
        let wanted = self.desired.handover.handover;
        let has_token = match wanted {
            Handover::None => true,
            Handover::Given => {
                let given = self.observed.token.known().map(|details| details.id);
                given.is_some() && given == sealed.token_id
            }
            Handover::Minted => sealed.token.is_some(),
        };
        has_token && sealed.handover == Some(wanted) && self.is_sealed_for_wanted(sealed.recipients)
    }

    pub(super) fn is_sealed_for_wanted(&self, recipients: &[String]) -> bool {
        is_same_set(recipients, &self.desired.delivery.recipients)
    }

    /// Whether the recorded bundle would have to be handed over and must not be: then a new one is sealed. What Factory, or
    /// the administrator with a connected Factory, has is left alone.
    pub(in crate::plan) fn is_outdated(&self) -> bool {
        let is_for_others = |one: &ApplicationBundleRecord| !self.is_sealed_for_wanted(&one.recipients);
        if self.record.application_bundle.as_ref().is_some_and(is_for_others) {
            return true;
        }
        let Some(bundle) = &self.record.bundle else { return false };
        !self.is_in_use(bundle) && !is_delivered(&self.desired.delivery.way, bundle) && !self.is_as_wanted(bundle)
    }

    /// Whether Factory has the bundle.
    pub(super) fn is_in_use(&self, bundle: &BundleRecord) -> bool {
        bundle.accepted || (bundle.written_to.is_some() && is_connected(self.observed))
    }

    /// The given token, where it is handed over.
    pub(super) fn given_token(&self) -> Option<GivenToken> {
        let token = self.observed.token.known().filter(|_| self.desired.handover.handover == Handover::Given)?;
        let user = self.observed.user.known();
        Some(GivenToken {
            name: token.name.clone(),
            user: user.map(|user| user.username.clone()).unwrap_or_default(),
            is_admin: user.and_then(|user| user.is_admin).unwrap_or_default(),
            scopes: token.scopes.clone(),
            expires_at: token.expires_at,
        })
    }
}

pub(super) fn is_connected(observed: &Observed) -> bool {
    observed.factory.status.known().is_some_and(|status| status.state == FactoryState::Connected)
}

pub(in crate::plan) fn sealing(sides: &Sides<'_>, part: &Part) -> Sealing {
    if part.secret == SecretNeed::Seal {
        return Sealing::Fresh;
    }
    let route = &sides.desired.delivery.way;
    let is_waiting =
        |bundle: &&BundleRecord| bundle.on_disk && !is_delivered(route, bundle) && sides.is_as_wanted(bundle);
    match sides.record.bundle.as_ref().filter(is_waiting) {
        Some(_) if part.blockers.is_empty() => Sealing::Waiting,
        Some(_) | None => Sealing::Nothing,
    }
}

fn is_delivered(route: &BundleRoute, bundle: &BundleRecord) -> bool {
    match route {
        BundleRoute::Upload(_) => bundle.accepted,
        BundleRoute::File(path) => bundle.written_to.as_deref() == Some(&*path.to_string_lossy()),
        BundleRoute::None => true,
    }
}

pub(in crate::plan) fn seal(sides: &Sides<'_>, sealing: Sealing) -> Vec<Step> {
    if !sealing.is_fresh() {
        return Vec::new();
    }
    let recipients = sides.desired.delivery.recipients.clone();
    let (handover, token) = (sides.desired.handover.handover, sides.given_token());
    vec![Step::Bundle(BundleStep::Seal { recipients, handover, token }), Step::Application(ApplicationStep::ProvePair)]
}

/// What becomes of the answers file's network.
pub(in crate::plan) fn network_note(sides: &Sides<'_>, sealing: Sealing) -> Option<String> {
    sides.desired.delivery.network.as_ref()?;
    Some(match sealing {
        Sealing::Fresh => "what the answers file says of GitLab's network goes into the sealed bundle".to_owned(),
        Sealing::Waiting | Sealing::Nothing => {
            "what the answers file says of GitLab's network goes out with the next bundle only; --renew-secret makes one".to_owned()
        }
    })
}

/// The step that lets the bundle out. A bundle that waits is named by what it was sealed for.
pub(in crate::plan) fn deliver(desired: &Desired, record: &Record, sealing: Sealing) -> Option<Step> {
    let waiting = record.bundle.as_ref().filter(|_| sealing == Sealing::Waiting);
    let recipients = waiting.map_or(&desired.delivery.recipients, |bundle| &bundle.recipients).clone();
    match sealing {
        Sealing::Nothing => None,
        Sealing::Fresh | Sealing::Waiting => let_out(&desired.delivery.way, recipients, BundleContents::Connection),
    }
}

/// Uploads a bundle or writes it to a file, as it was chosen.
pub(super) fn let_out(route: &BundleRoute, recipients: Vec<String>, contents: BundleContents) -> Option<Step> {
    let step = match route {
        BundleRoute::None => return None,
        BundleRoute::Upload(upload) => BundleStep::Upload { to: Box::new(upload.clone()), recipients, contents },
        BundleRoute::File(path) => BundleStep::Write { path: path.clone(), recipients, contents },
    };
    Some(Step::Bundle(step))
}
