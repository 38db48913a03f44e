//! What to do about tokens that this tool creates for Factory.

use jiff::ToSpan as _;

use crate::desired::{BundleRoute, Desired, TOKEN_NAME};
use crate::gitlab::TokenDetails;
use crate::journal::{BundleRecord, MintedRecord, Record, Rotation, TokenBundleRecord};
use crate::kit::Handover;
use crate::observed::Observed;
use crate::plan::{Blocker, BundleContents, BundleStep, Plan, RevokeReason, Step, TokenReason, TokenStep};

use super::bundle::{SealedFor, Sealing, Sides, let_out};

/// How long a token for Factory lives. GitLab's default maximum is 365 days; one day less allows for time zones.
const TOKEN_DAYS: i64 = 364;

/// A token for Factory that ends in fewer days is replaced.
pub const ENDS_SOON_DAYS: i64 = 14;

/// A token that this tool creates is called `Factory (org_acme) 2026-11-21 12:00:00`, after the organization and the time of
/// its creation in UTC. Names without an organization are of earlier versions, or of a kit that has none.
const NAME_ENDS: &str = "%Y-%m-%d %H:%M:%S";

/// Whether this tool gives tokens such a name.
#[must_use]
pub fn is_minted_name(name: &str) -> bool {
    let Some(rest) = name.strip_prefix(TOKEN_NAME) else { return false };
    let time = rest.strip_prefix('(').and_then(|rest| rest.rsplit_once(") ")).map_or(rest, |(_, time)| time);
    jiff::civil::DateTime::strptime(NAME_ENDS, time).is_ok()
}

fn minted_name(desired: &Desired, observed: &Observed) -> String {
    let time = observed.at.strftime(NAME_ENDS);
    format!("{}{time}", desired.token_name_begins())
}

/// Whether Factory has to be given another token, while it keeps the rest of what it has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::plan) enum HandingOver {
    Nothing,
    /// A new bundle with the token alone.
    Fresh(TokenReason),
    /// One that an earlier run sealed and did not deliver.
    Waiting,
}

impl HandingOver {
    pub(in crate::plan) const fn is_fresh(self) -> bool {
        matches!(self, Self::Fresh(_))
    }
}

pub(in crate::plan) fn handing_over(sides: &Sides<'_>, sealing: Sealing) -> HandingOver {
    let Some(bundle) = sides.record.bundle.as_ref().filter(|bundle| sides.is_in_use(bundle)) else {
        return HandingOver::Nothing;
    };
    if sealing != Sealing::Nothing || sides.desired.handover.handover == Handover::None {
        return HandingOver::Nothing;
    }
    match &sides.record.token_bundle {
        Some(waiting) if is_as_wanted(sides, waiting) => HandingOver::Waiting,
        // The one that waits was sealed because Factory needs it, and it cannot be used.
        Some(waiting) => HandingOver::Fresh(reason(sides, waiting.handover).unwrap_or(TokenReason::ChoiceChanged)),
        None => {
            let reason = bundle.handover.and_then(|handover| reason(sides, handover));
            reason.map_or(HandingOver::Nothing, HandingOver::Fresh)
        }
    }
}

/// What `rotate token` has to do, whatever the token's age.
pub(in crate::plan) enum Renewal {
    NotOurs(Blocker),
    Nothing(String),
    /// An earlier run has begun it.
    Unfinished(HandingOver),
    Possible(HandingOver),
}

pub(in crate::plan) fn renewal(sides: &Sides<'_>) -> Renewal {
    let record = sides.record;
    match sides.desired.handover.handover {
        Handover::None => return Renewal::Nothing("Factory is to have no token (--handover-token none)".to_owned()),
        Handover::Given => return Renewal::NotOurs(Blocker::GivenToken),
        Handover::Minted => {}
    }
    let Some(bundle) = record.bundle.as_ref().filter(|bundle| sides.is_in_use(bundle)) else {
        return Renewal::NotOurs(Blocker::NotHandedOver);
    };
    let fresh = HandingOver::Fresh(TokenReason::Rotated);
    let began_at = record.rotating.filter(|rotating| rotating.what == Rotation::Token).map(|one| one.began_at);
    let created_at = bundle.token.as_ref().and_then(|token| token.created_at);
    match (&record.token_bundle, began_at) {
        (Some(waiting), _) if waiting.proven && is_as_wanted(sides, waiting) => {
            Renewal::Unfinished(HandingOver::Waiting)
        }
        (Some(_), _) => Renewal::Unfinished(fresh),
        (None, Some(began_at)) if created_at >= Some(began_at) => Renewal::Unfinished(HandingOver::Nothing),
        (None, Some(_)) => Renewal::Unfinished(fresh),
        (None, None) => Renewal::Possible(fresh),
    }
}

/// The steps of `rotate token`: the old token ends once Factory has the new one.
pub(in crate::plan) fn renew(sides: &Sides<'_>, handing_over: HandingOver, plan: &mut Plan) {
    let Sides { desired, observed, record } = *sides;
    plan.steps.extend(revoke_orphans(record));
    plan.steps.extend(revoke_unsent(record, handing_over));
    if let Some(mint) = mint(desired, observed).filter(|_| handing_over.is_fresh()) {
        plan.steps.push(mint);
        plan.steps.extend(seal(sides, handing_over));
        plan.steps.push(Step::Token(TokenStep::Prove { name: minted_name(desired, observed) }));
    }
    plan.steps.extend(deliver(desired, record, handing_over));
    plan.steps.extend(revoke_replaced(sides, Sealing::Nothing, handing_over).into_iter().map(proven));
    plan.warnings.extend(note(sides));
    if handing_over != HandingOver::Nothing {
        plan.notes.push(
            match desired.delivery.way {
                BundleRoute::File(_) => {
                    "nothing is interrupted: the token that Factory has works until connect revokes it, \
                                     once Factory has the bundle"
                }
                BundleRoute::Upload(_) | BundleRoute::None => {
                    "nothing is interrupted: the token that Factory has works until Factory has accepted the new one"
                }
            }
            .to_owned(),
        );
    }
}

/// A rotation is complete once GitLab says that the replaced token is revoked.
fn proven(step: Step) -> Step {
    match step {
        Step::Token(TokenStep::Revoke { id, name, user_id, reason: RevokeReason::Replaced }) => {
            Step::Token(TokenStep::Revoke { id, name, user_id, reason: RevokeReason::Rotated })
        }
        step => step,
    }
}

/// Why a token of this kind does not do: another kind is wanted, or GitLab says that it ends.
fn reason(sides: &Sides<'_>, handover: Handover) -> Option<TokenReason> {
    if handover != sides.desired.handover.handover {
        return Some(TokenReason::ChoiceChanged);
    }
    let given = sides.observed.token.known().filter(|_| handover == Handover::Given);
    match sides.observed.handed_over.known()? {
        None => Some(TokenReason::Gone),
        // It is the one in use: another has to be given first, and the checks of the token say so.
        Some(token) if given.is_some_and(|given| given.id == token.id) => None,
        Some(token) if token.revoked => Some(TokenReason::Revoked),
        Some(token) if !token.active => Some(TokenReason::Expired),
        Some(token) => {
            let is_no_better = given.is_some_and(|given| !ends_later(given, token));
            (ends_soon(token, sides.observed) && !is_no_better).then_some(TokenReason::EndsSoon)
        }
    }
}

fn ends_soon(token: &TokenDetails, observed: &Observed) -> bool {
    let today = observed.at.to_zoned(jiff::tz::TimeZone::UTC).date();
    token.expires_at.is_some_and(|end| end < today.saturating_add(ENDS_SOON_DAYS.days()))
}

fn ends_later(one: &TokenDetails, other: &TokenDetails) -> bool {
    match (one.expires_at, other.expires_at) {
        (None, Some(_)) => true,
        (Some(one), Some(other)) => one > other,
        (_, None) => false,
    }
}

/// Whether the bundle that waits would be sealed like this now, and GitLab says that its token is good.
fn is_as_wanted(sides: &Sides<'_>, waiting: &TokenBundleRecord) -> bool {
    let TokenBundleRecord { handover, token_id, token, recipients, .. } = waiting;
    let sealed = SealedFor { handover: Some(*handover), token_id: *token_id, token: token.as_ref(), recipients };
    waiting.on_disk && sides.would_seal(&sealed) && reason(sides, *handover).is_none()
}

pub(in crate::plan) fn seal(sides: &Sides<'_>, handing_over: HandingOver) -> Option<Step> {
    let HandingOver::Fresh(reason) = handing_over else { return None };
    let recipients = sides.desired.delivery.recipients.clone();
    let (handover, token) = (sides.desired.handover.handover, sides.given_token());
    Some(Step::Bundle(BundleStep::SealToken { recipients, handover, token, reason }))
}

/// The step that lets the token out, named by what it was sealed for.
pub(in crate::plan) fn deliver(desired: &Desired, record: &Record, handing_over: HandingOver) -> Option<Step> {
    let recipients = match handing_over {
        HandingOver::Nothing => return None,
        HandingOver::Fresh(_) => &desired.delivery.recipients,
        HandingOver::Waiting => &record.token_bundle.as_ref()?.recipients,
    };
    let_out(&desired.delivery.way, recipients.clone(), BundleContents::Token)
}

/// The token in a bundle that waits, is not the one to send, and never was.
pub(in crate::plan) fn revoke_unsent(record: &Record, handing_over: HandingOver) -> Option<Step> {
    let is_other = handing_over != HandingOver::Waiting;
    let waiting = record.token_bundle.as_ref().filter(|bundle| is_other && !bundle.was_sent)?;
    waiting.token.as_ref().map(|token| revoke(token, RevokeReason::NeverDelivered))
}

/// Tokens that Factory no longer uses: it has accepted their successors, or will have once this plan's bundle is uploaded.
/// A bundle that is written to a file has not arrived.
pub(in crate::plan) fn revoke_replaced(sides: &Sides<'_>, sealing: Sealing, handing_over: HandingOver) -> Vec<Step> {
    let Sides { desired, observed: _, record } = *sides;
    let is_sent = sealing != Sealing::Nothing || handing_over != HandingOver::Nothing;
    let is_accepted_then = is_sent && matches!(desired.delivery.way, BundleRoute::Upload(_));
    let replaced = record.replaced_tokens.iter().filter(|replaced| replaced.accepted || is_accepted_then);
    let mut steps: Vec<Step> = replaced.map(|replaced| revoke(&replaced.token, RevokeReason::Replaced)).collect();
    let reason = match desired.handover.handover {
        Handover::None => RevokeReason::NotWanted,
        Handover::Given | Handover::Minted if is_accepted_then => RevokeReason::Replaced,
        Handover::Given | Handover::Minted => return steps,
    };
    steps.extend(held(sides, sealing, handing_over).map(|token| revoke(token, reason)));
    steps
}

/// The tokens that Factory has, or may have, and that this plan's bundle takes the place of.
fn held<'a>(sides: &Sides<'a>, sealing: Sealing, handing_over: HandingOver) -> impl Iterator<Item = &'a MintedRecord> {
    let record = sides.record;
    let is_replaced = |bundle: &&BundleRecord| match sealing {
        Sealing::Waiting => false,
        Sealing::Fresh => sides.is_in_use(bundle) || bundle.was_sent,
        Sealing::Nothing => sides.is_in_use(bundle),
    };
    let whole = record.bundle.as_ref().filter(is_replaced).and_then(|bundle| bundle.token.as_ref());
    let is_other = handing_over != HandingOver::Waiting;
    let alone = record.token_bundle.as_ref().filter(|bundle| is_other && bundle.was_sent);
    whole.into_iter().chain(alone.and_then(|bundle| bundle.token.as_ref()))
}

/// A token of the administrator's that Factory has is not ours to end.
pub(in crate::plan) fn note(sides: &Sides<'_>) -> Option<String> {
    let bundle = sides.record.bundle.as_ref().filter(|bundle| bundle.handover == Some(Handover::Given))?;
    let token = sides.observed.handed_over.known()?.as_ref().filter(|token| token.active)?;
    let is_left = sides.desired.handover.handover != Handover::Given && sides.is_in_use(bundle);
    is_left.then(|| {
        format!(
            "Factory was given the token {} ({}) earlier; this tool did not create it, so revoke it yourself once Factory does \
             not use it",
            token.name, token.id
        )
    })
}

/// Tokens of earlier runs that no sealed bundle holds.
pub(in crate::plan) fn revoke_orphans(record: &Record) -> impl Iterator<Item = Step> {
    record.orphan_tokens.iter().map(|token| revoke(token, RevokeReason::NeverDelivered))
}

/// The token in a bundle that was never delivered and that a new one replaces. It is revoked once the new bundle is
/// sealed, so that an interruption in between leaves no bundle with a revoked token.
pub(in crate::plan) fn revoke_superseded(record: &Record) -> Option<Step> {
    let bundle = record.bundle.as_ref().filter(|bundle| !bundle.is_delivered() && !bundle.was_sent)?;
    bundle.token.as_ref().map(|token| revoke(token, RevokeReason::NeverDelivered))
}

pub(super) fn revoke(token: &MintedRecord, reason: RevokeReason) -> Step {
    let user_id = token.user_id.filter(|_| token.id.is_none());
    Step::Token(TokenStep::Revoke { id: token.id, name: token.name.clone(), user_id, reason })
}

/// The token for Factory only, where the kit asks for one. Created before the application, so that one seal holds both.
pub(in crate::plan) fn mint(desired: &Desired, observed: &Observed) -> Option<Step> {
    let user = observed.user.known()?;
    if desired.handover.handover != Handover::Minted {
        return None;
    }
    let today = observed.at.to_zoned(jiff::tz::TimeZone::UTC).date();
    Some(Step::Token(TokenStep::Mint {
        user_id: user.id,
        name: minted_name(desired, observed),
        scopes: desired.handover.scopes.clone(),
        expires_at: today.saturating_add(TOKEN_DAYS.days()),
    }))
}
