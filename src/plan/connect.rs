//! The plan of `connect`.

use super::Plan;
use super::parts::{application, bundle, kit, renewed_secret, token, webhooks};
use crate::desired::Desired;
use crate::error::Fix;
use crate::journal::Record;
use crate::observed::Observed;

/// Compares the desired with the observed state. Tokens and the application come first, so that one seal holds all
/// secrets; the upload comes last, so that Factory starts with webhooks that work.
#[must_use]
pub fn connect(desired: &Desired, observed: &Observed, record: &Record) -> Plan {
    let mut plan = Plan::default();
    let part = application::plan(desired, observed, record);
    let sides = bundle::Sides { desired, observed, record };
    let sealing = bundle::sealing(&sides, &part);
    let handing_over = token::handing_over(&sides, sealing);
    kit::plan(desired, record, &mut plan);
    plan.notes.extend(kit::key_note(&desired.kit, record));
    plan.steps.extend(token::revoke_orphans(record));
    plan.steps.extend(token::revoke_unsent(record, handing_over));
    if sealing.is_fresh() || handing_over.is_fresh() {
        plan.steps.extend(token::mint(desired, observed));
    }
    plan.steps.extend(part.steps);
    plan.blockers.extend(part.blockers);
    plan.notes.extend(part.notes);
    plan.notes.extend(bundle::network_note(&sides, sealing));
    plan.steps.extend(bundle::seal(&sides, sealing));
    plan.steps.extend(token::seal(&sides, handing_over));
    if sealing.is_fresh() {
        plan.steps.extend(token::revoke_superseded(record));
    }
    webhooks::plan(desired, observed, record, &mut plan);
    plan.steps.extend(bundle::deliver(desired, record, sealing));
    plan.steps.extend(renewed_secret::deliver_waiting(&sides, sealing));
    plan.steps.extend(token::deliver(desired, record, handing_over));
    plan.steps.extend(token::revoke_replaced(&sides, sealing, handing_over));
    plan.warnings.extend(token::note(&sides));
    if desired.application.trusted {
        let page = desired.instance.page("/admin/applications");
        let text = "mark the application as trusted in the Admin Area; GitLab's API cannot do this";
        plan.manual_steps.push(Fix::open(text, page.as_str()));
    }
    plan
}
