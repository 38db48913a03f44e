//! What to do about tokens where the connection ends: those that this tool created are revoked, any other is named.

use std::collections::BTreeSet;

use crate::error::Fix;
use crate::journal::{MintedRecord, Record};
use crate::kit::Handover;
use crate::plan::disconnect::Ending;
use crate::plan::{Plan, RevokeReason, Step};

use super::token::revoke;

/// Adds the steps for tokens: after everything that needs one, because it may be the one in use.
pub(in crate::plan) fn plan(ending: &Ending<'_>, plan: &mut Plan) {
    let mut named = BTreeSet::new();
    let created = created(ending.record).filter(|token| named.insert((token.id, token.name.clone())));
    let steps: Vec<Step> = created.map(|token| revoke(token, RevokeReason::Disconnected)).collect();
    plan.steps.extend(steps);
    plan.manual_steps.extend(given(ending));
}

/// Every token that this machine created for Factory, whether Factory has it or not.
fn created(record: &Record) -> impl Iterator<Item = &MintedRecord> {
    let handed_over = record.bundle.as_ref().and_then(|bundle| bundle.token.as_ref());
    let alone = record.token_bundle.as_ref().and_then(|bundle| bundle.token.as_ref());
    let written = record.written_token.as_ref().and_then(|bundle| bundle.token.as_ref());
    let replaced = record.replaced_tokens.iter().map(|replaced| &replaced.token);
    record.orphan_tokens.iter().chain(replaced).chain(handed_over).chain(alone).chain(written)
}

/// The administrator's own token that Factory was given is not ours to end.
fn given(ending: &Ending<'_>) -> Option<Fix> {
    let record = ending.record;
    let was_given = record.bundle.as_ref().is_some_and(|bundle| bundle.handover == Some(Handover::Given));
    let token = ending.observed.handed_over.known()?.as_ref().filter(|token| token.active)?;
    (was_given || record.given_token == Some(token.id)).then(|| {
        let text = format!(
            "Factory was given the token {} ({}), which this tool did not create: revoke it once nothing else uses it",
            token.name, token.id
        );
        Fix::open(text, ending.desired.instance.page("/-/user_settings/personal_access_tokens"))
    })
}
