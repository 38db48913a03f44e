//! The plan of `monitor --fix`: webhooks where there are none.

use std::collections::BTreeSet;

use super::parts::webhooks;
use super::{DeliveryStep, HookStep, Plan, Step};
use crate::desired::Desired;
use crate::journal::Record;
use crate::observed::Observed;
use crate::target::{TargetKind, TargetNumber};

/// Of what `connect` would do, only the webhooks that are missing, and a test of each kind that is added.
#[must_use]
pub fn add_webhooks(desired: &Desired, observed: &Observed, record: &Record) -> Plan {
    let mut whole = Plan::default();
    webhooks::plan(desired, observed, record, &mut whole);
    let kind_of_new = |step: &Step| match step {
        Step::Hook(HookStep::Create { target }) => Some(target.kind()),
        _ => None,
    };
    let kinds: BTreeSet<TargetKind> = whole.steps.iter().filter_map(kind_of_new).collect();
    let is_wanted = |step: &Step| match step {
        Step::Hook(HookStep::Create { .. }) => true,
        Step::Delivery(DeliveryStep::Test { target, .. }) => kinds.contains(&target.kind()),
        _ => false,
    };
    let steps: Vec<Step> = whole.steps.into_iter().filter(is_wanted).collect();
    Plan { steps: if kinds.is_empty() { Vec::new() } else { steps }, blockers: whole.blockers, ..Plan::default() }
}

/// The targets whose webhooks are not as they should be, are disabled, or whose last delivery failed.
#[must_use]
pub fn deviating_targets(desired: &Desired, observed: &Observed, record: &Record) -> BTreeSet<TargetNumber> {
    webhooks::deviating(desired, observed, record)
}
