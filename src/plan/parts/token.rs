//! What to do about tokens that this tool creates for Factory.

use jiff::ToSpan as _;

use crate::desired::Desired;
use crate::journal::{MintedRecord, Record};
use crate::kit::Handover;
use crate::observed::Observed;
use crate::plan::{Step, TokenStep};

/// How long a token for Factory lives. GitLab's default maximum is 365 days; one day less allows for time zones.
const TOKEN_DAYS: i64 = 364;

/// A token that this tool creates is called `Factory 2026-11-21 12:00:00`, after the time of its creation in UTC.
const NAME_BEGINS: &str = "Factory ";
const NAME_ENDS: &str = "%Y-%m-%d %H:%M:%S";

/// Whether this tool gives tokens such a name.
#[must_use]
pub fn is_minted_name(name: &str) -> bool {
    let time = name.strip_prefix(NAME_BEGINS);
    time.is_some_and(|time| jiff::civil::DateTime::strptime(NAME_ENDS, time).is_ok())
}

/// Tokens of earlier runs that no sealed bundle holds.
pub(in crate::plan) fn revoke_orphans(record: &Record) -> impl Iterator<Item = Step> {
    record.orphan_tokens.iter().map(revoke)
}

/// The token in a bundle that was never delivered and that a new one replaces. It is revoked once the new bundle is
/// sealed, so that an interruption in between leaves no bundle with a revoked token.
pub(in crate::plan) fn revoke_superseded(record: &Record) -> Option<Step> {
    let bundle = record.bundle.as_ref().filter(|bundle| !bundle.is_delivered())?;
    bundle.token.as_ref().map(revoke)
}

fn revoke(token: &MintedRecord) -> Step {
    Step::Token(TokenStep::Revoke { id: token.id, name: token.name.clone() })
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
        name: format!("{NAME_BEGINS}{}", observed.at.strftime(NAME_ENDS)),
        scopes: desired.handover.scopes.clone(),
        expires_at: today.saturating_add(TOKEN_DAYS.days()),
    }))
}
