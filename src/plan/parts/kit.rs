//! What to do about the kit itself.

use crate::desired::{Desired, DesiredTrust};
use crate::journal::{KitPin, Record};
use crate::kit::TrustedValues;
use crate::plan::{KitStep, Plan, Step};

/// A kit that differs from the accepted one is accepted first of all. The first one of a connection is accepted with the
/// plan, which then names who gets the key of Factory's API.
pub(in crate::plan) fn acceptance(trust: &DesiredTrust, record: &Record) -> Option<KitStep> {
    accept_kit(record.kit_pin.as_ref()?, &trust.values)
}

/// The step that accepts a kit in the place of the accepted one; `None` where they are the same.
#[must_use]
pub fn accept_kit(pin: &KitPin, values: &TrustedValues) -> Option<KitStep> {
    let changes = pin.trusted.changes(values);
    let to = values.fingerprint();
    (!changes.is_empty()).then(|| KitStep::Accept { from: pin.fingerprint.clone(), to, changes })
}

/// The same at the beginning of a plan.
pub(in crate::plan) fn plan(desired: &Desired, record: &Record, plan: &mut Plan) {
    plan.steps.extend(acceptance(&desired.kit, record).map(Step::Kit));
}

/// The same before steps that are planned already; without any, nothing is accepted.
pub(in crate::plan) fn accept_first(trust: &DesiredTrust, record: &Record, plan: &mut Plan) {
    if !plan.steps.is_empty() {
        plan.steps.splice(..0, acceptance(trust, record).map(Step::Kit));
    }
}

/// The kit of a plan that ends a connection: a changed one is accepted first, and where Factory is told, who gets the key of its
/// API is said.
pub fn of_ending(trust: &DesiredTrust, record: &Record, plan: &mut Plan) {
    accept_first(trust, record, plan);
    if plan.steps.iter().any(|step| matches!(step, Step::Factory(_))) {
        plan.notes.extend(key_note(trust, record));
    }
}

/// Which addresses get the key of Factory's API once the plan is approved, where that is new.
pub(in crate::plan) fn key_note(trust: &DesiredTrust, record: &Record) -> Option<String> {
    let pinned = |origin: &String| record.kit_pin.as_ref().is_some_and(|pin| pin.key_origins.contains(origin));
    let is_new = |origin: &&String| trust.served_by.as_ref() != Some(*origin) && !pinned(origin);
    let new = trust.key_origins.iter().filter(is_new);
    let new: Vec<&str> = new.map(String::as_str).collect();
    (!new.is_empty()).then(|| format!("the key of Factory's API is sent to {}", new.join(", ")))
}
