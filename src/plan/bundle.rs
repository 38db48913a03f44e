//! What to do about the bundle and the token inside it.

use jiff::ToSpan as _;

use crate::desired::{BundleRoute, Desired};
use crate::journal::Record;
use crate::kit::Handover;
use crate::observed::Observed;

use super::Step;
use super::application::{Part, Secret};

/// What becomes of the bundle.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Sealing {
    /// A new one is sealed.
    Fresh,
    /// One that was sealed before is still to be handed over.
    Waiting,
    Nothing,
}

impl Sealing {
    pub(super) const fn is_fresh(self) -> bool {
        matches!(self, Self::Fresh)
    }
}

pub(super) fn needs(desired: &Desired, record: &Record, part: &Part) -> Sealing {
    if part.secret == Secret::AtHand {
        return Sealing::Fresh;
    }
    match &record.bundle {
        Some(bundle) if bundle.on_disk && part.blockers.is_empty() => match &desired.delivery.way {
            BundleRoute::Upload { .. } if !bundle.accepted => Sealing::Waiting,
            BundleRoute::File(path) if bundle.written_to.as_deref() != Some(&*path.to_string_lossy()) => {
                Sealing::Waiting
            }
            BundleRoute::Upload { .. } | BundleRoute::File(_) | BundleRoute::None => Sealing::Nothing,
        },
        _ => Sealing::Nothing,
    }
}

pub(super) fn orphans(record: &Record) -> impl Iterator<Item = Step> {
    record.orphan_tokens.iter().map(|orphan| Step::RevokeToken { id: orphan.id, name: orphan.name.clone() })
}

/// The token in a bundle that nobody received and that a new one replaces. It is revoked once the new one is sealed, so
/// that a death in between leaves no bundle with a dead token.
pub(super) fn superseded(record: &Record) -> Option<Step> {
    let bundle = record.bundle.as_ref().filter(|bundle| !bundle.accepted && bundle.written_to.is_none())?;
    let token = bundle.token.as_ref()?;
    Some(Step::RevokeToken { id: token.id, name: token.name.clone() })
}

/// How long a token for Factory lives. GitLab allows 365 days unless told otherwise; a day less leaves room for zones.
const TOKEN_DAYS: i64 = 364;

/// The token for Factory alone, where one is asked for. Made before the application, so that one seal holds both.
pub(super) fn minting(desired: &Desired, observed: &Observed) -> Option<Step> {
    let user = observed.user.known()?;
    if desired.handover.handover != Handover::Minted {
        return None;
    }
    let today = observed.at.to_zoned(jiff::tz::TimeZone::UTC).date();
    Some(Step::MintToken {
        user_id: user.id,
        name: format!("Factory {}", observed.at.strftime("%Y-%m-%d %H:%M:%S")),
        scopes: desired.handover.scopes.clone(),
        expires_at: today.saturating_add(TOKEN_DAYS.days()),
    })
}

pub(super) fn sealing(desired: &Desired, sealing: Sealing) -> Vec<Step> {
    if !sealing.is_fresh() {
        return Vec::new();
    }
    let recipients = desired.delivery.recipients.clone();
    vec![Step::SealBundle { recipients, handover: desired.handover.handover }, Step::ProvePair]
}

pub(super) fn handing_over(desired: &Desired, sealing: Sealing) -> Option<Step> {
    match (&desired.delivery.way, sealing) {
        (_, Sealing::Nothing) | (BundleRoute::None, _) => None,
        (BundleRoute::Upload { url, method }, _) => {
            Some(Step::UploadBundle { url: Box::new(url.clone()), method: *method })
        }
        (BundleRoute::File(path), _) => Some(Step::WriteBundle { path: path.clone() }),
    }
}
