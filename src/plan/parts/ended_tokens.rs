//! What to do about tokens where the connection ends: those that this tool created are revoked, any other is named.

use std::collections::BTreeSet;

use crate::error::Fix;
use crate::gitlab::TokenDetails;
use crate::kit::Handover;
use crate::observed::Observation;
use crate::plan::disconnect::Ending;
use crate::plan::{Left, LeftKind, Plan, RevokeReason, Step};

use super::token::{is_minted_name, revoke};

/// Adds the steps for tokens: after everything that needs one, because it may be the one in use.
pub(in crate::plan) fn plan(ending: &Ending<'_>, plan: &mut Plan) {
    let mut named = BTreeSet::new();
    let created = ending.record.created_tokens().filter(|token| named.insert((token.id, token.name.clone())));
    let steps: Vec<Step> = created.map(|token| revoke(token, RevokeReason::Disconnected)).collect();
    plan.steps.extend(steps);
    if let Some(token) = given(ending) {
        plan.manual_steps.push(to_revoke(ending, token));
        plan.kept.push(Left {
            fixes: Vec::new(),
            ..left(ending, token, "it is an administrator's own, which Factory was given")
        });
    }
    plan.left.extend(unknown(ending).map(|token| Left {
        fixes: vec![Fix::say("revoke the token, or run disconnect on the machine that ran connect")],
        ..left(ending, token, UNKNOWN)
    }));
}

/// Whether it is not known which tokens there are with the names of this organization's.
pub(in crate::plan) const fn is_unread(ending: &Ending<'_>) -> bool {
    matches!(ending.observed.named_tokens, Observation::Failed(_))
}

/// Tokens with a name that this tool gives to those of this organization, and that no record here knows. Another machine may
/// have created them for Factory: only its record says so.
fn unknown<'a>(ending: &Ending<'a>) -> impl Iterator<Item = &'a TokenDetails> {
    let Ending { observed, record, .. } = *ending;
    let is_known = |token: &TokenDetails| {
        record.created_tokens().any(|one| one.id.is_none_or(|id| id == token.id) && one.name == token.name)
    };
    let named = observed.named_tokens.known().into_iter().flatten();
    named.filter(move |token| is_minted_name(&token.name) && !is_known(token))
}

const UNKNOWN: &str =
    "it has the name of one made for Factory, and no record on this machine says that this tool made it";

fn left(ending: &Ending<'_>, token: &TokenDetails, why: &str) -> Left {
    let instance = &ending.desired.instance;
    let user = ending.observed.user.known().filter(|user| user.id == token.user_id);
    let (owner, url) = match user {
        Some(user) => (user.username.clone(), instance.page("/-/user_settings/personal_access_tokens")),
        None => (format!("user {}", token.user_id), instance.page("/admin/users")),
    };
    Left {
        kind: LeftKind::Token,
        what: format!("the token {} ({}) of {owner}", token.name, token.id),
        why: why.to_owned(),
        url,
        seen_at: ending.observed.at,
        fixes: Vec::new(),
    }
}

/// The administrator's own token that Factory was given is not ours to end.
fn given<'a>(ending: &Ending<'a>) -> Option<&'a TokenDetails> {
    let record = ending.record;
    let was_given = record.bundle.as_ref().is_some_and(|bundle| bundle.handover == Some(Handover::Given));
    let token = ending.observed.handed_over.known()?.as_ref().filter(|token| token.active)?;
    (was_given || record.given_token == Some(token.id)).then_some(token)
}

fn to_revoke(ending: &Ending<'_>, token: &TokenDetails) -> Fix {
    let text = format!(
        "Factory was given the token {} ({}), which this tool did not create: revoke it once nothing else uses it",
        token.name, token.id
    );
    Fix::open(text, ending.desired.instance.page("/-/user_settings/personal_access_tokens"))
}
