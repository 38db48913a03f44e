//! What to do about the bundle.

use super::application::{Part, SecretNeed};
use crate::desired::{BundleRoute, Desired};
use crate::journal::{BundleRecord, Record};
use crate::plan::{ApplicationStep, BundleStep, Step};

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

pub(in crate::plan) fn sealing(desired: &Desired, record: &Record, part: &Part) -> Sealing {
    if part.secret == SecretNeed::Seal {
        return Sealing::Fresh;
    }
    match &record.bundle {
        Some(bundle) if bundle.on_disk && part.blockers.is_empty() => waiting(&desired.delivery.way, bundle),
        Some(_) | None => Sealing::Nothing,
    }
}

fn waiting(route: &BundleRoute, bundle: &BundleRecord) -> Sealing {
    let is_delivered = match route {
        BundleRoute::Upload { .. } => bundle.accepted,
        BundleRoute::File(path) => bundle.written_to.as_deref() == Some(&*path.to_string_lossy()),
        BundleRoute::None => true,
    };
    if is_delivered { Sealing::Nothing } else { Sealing::Waiting }
}

pub(in crate::plan) fn seal(desired: &Desired, sealing: Sealing) -> Vec<Step> {
    if !sealing.is_fresh() {
        return Vec::new();
    }
    let recipients = desired.delivery.recipients.clone();
    vec![
        Step::Bundle(BundleStep::Seal { recipients, handover: desired.handover.handover }),
        Step::Application(ApplicationStep::ProvePair),
    ]
}

pub(in crate::plan) fn deliver(desired: &Desired, sealing: Sealing) -> Option<Step> {
    let step = match (sealing, &desired.delivery.way) {
        (Sealing::Nothing, _) | (Sealing::Fresh | Sealing::Waiting, BundleRoute::None) => return None,
        (Sealing::Fresh | Sealing::Waiting, BundleRoute::Upload { url, method }) => {
            BundleStep::Upload { url: Box::new(url.clone()), method: *method }
        }
        (Sealing::Fresh | Sealing::Waiting, BundleRoute::File(path)) => BundleStep::Write { path: path.clone() },
    };
    Some(Step::Bundle(step))
}
