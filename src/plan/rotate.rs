//! The plan of `rotate`.

use super::parts::{due, kit, renewed_secret, rotated_hooks, token};
use super::{Blocker, Plan};
use crate::desired::Desired;
use crate::journal::{Record, Rotation};
use crate::observed::Observed;

use super::parts::bundle::Sides;
use super::parts::due::Limits;

/// What is to be renewed, and from which age on.
#[derive(Clone, Debug)]
pub struct RotationWish {
    pub what: Rotation,
    pub limits: Limits,
}

/// New first, proven and handed over; only then the old one ends, where GitLab knows two at a time. What an interrupted run
/// has renewed already is not renewed again.
#[must_use]
pub fn rotate(wanted: &RotationWish, desired: &Desired, observed: &Observed, record: &Record) -> Plan {
    let mut plan = Plan::default();
    if record.disconnecting_at.is_some() {
        let is_ended = record.ended_apart_from_application().is_some();
        plan.blockers.push(if is_ended { Blocker::NotHandedOver } else { Blocker::Disconnecting });
        return plan;
    }
    let sides = Sides { desired, observed, record };
    match wanted.what {
        Rotation::Token => rotate_token(&sides, &wanted.limits, &mut plan),
        Rotation::ApplicationSecret => renewed_secret::plan(&sides, &wanted.limits, &mut plan),
        Rotation::WebhookSecret => rotated_hooks::plan(&sides, &wanted.limits, &mut plan),
    }
    kit::accept_first(&desired.kit, record, &mut plan);
    if !plan.steps.is_empty() {
        plan.notes.extend(kit::key_note(&desired.kit, record));
    }
    plan
}

fn rotate_token(sides: &Sides<'_>, limits: &Limits, plan: &mut Plan) {
    let handing_over = match token::renewal(sides) {
        token::Renewal::NotOurs(blocker) => return plan.blockers.push(blocker),
        token::Renewal::Nothing(note) => return plan.notes.push(note),
        token::Renewal::Unfinished(handing_over) => handing_over,
        token::Renewal::Possible(handing_over) => match due::token(sides, limits) {
            due::Dueness::Due => handing_over,
            due::Dueness::NotDue(note) => return plan.notes.push(note),
            due::Dueness::Unknown(blocker) => return plan.blockers.push(blocker),
        },
    };
    token::renew(sides, handing_over, plan);
}
