//! What to do about the kit itself.

use crate::desired::{Desired, DesiredTrust};
use crate::journal::Record;
use crate::plan::{KitStep, Plan, Step};

/// A kit that differs from the accepted one is accepted first of all. The first one of a connection is accepted with the
/// plan, which then names who gets the key of Factory's API.
pub(in crate::plan) fn plan(desired: &Desired, record: &Record, plan: &mut Plan) {
    let Some(pin) = &record.kit_pin else {
        return;
    };
    let changes = pin.trusted.changes(&desired.kit.values);
    if !changes.is_empty() {
        let to = desired.kit.fingerprint();
        plan.steps.push(Step::Kit(KitStep::Accept { from: pin.fingerprint.clone(), to, changes }));
    }
}

/// The same before steps that are planned already; without any, nothing is accepted.
pub(in crate::plan) fn accept_first(desired: &Desired, record: &Record, plan: &mut Plan) {
    if !plan.steps.is_empty() {
        let planned = std::mem::take(&mut plan.steps);
        self::plan(desired, record, plan);
        plan.steps.extend(planned);
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
