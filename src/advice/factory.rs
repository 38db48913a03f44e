//! Factory's refusals.

use crate::error::Fix;
use crate::http::Error;

/// What to do about a refusal; `None` where only the general advice applies.
pub(super) fn refusal(error: &Error) -> Option<Fix> {
    Some(Fix::say(match error.status()? {
        401 => "set FACTORY_API_KEY to a valid key; keys are created in Factory's settings",
        402 => "ask Factory; the organization's plan does not include this",
        403 => "use the key of a Manager or Owner of the organization",
        404 | 410 => "ask Factory for a new kit; this address has expired or is another organization's",
        409 => "ask Factory before sending again; it has a different bundle under this name",
        413 => "ask Factory; the bundle is larger than it accepts",
        _ => return None,
    }))
}

/// What to do where a key was typed that Factory does not accept.
pub(super) fn typed_key(error: &Error) -> Option<Fix> {
    (error.status() == Some(401)).then(|| Fix::say("type a valid key; keys are created in Factory's settings"))
}
