//! What GitLab refused, with the page of the instance where it is put right.

use super::transport;
use crate::error::{Failure, Fix};
use crate::gitlab::Refused;
use crate::http::Error;
use crate::instance::InstanceUrl;

/// A request to GitLab that failed; `what` says what for, as a fragment.
#[must_use]
pub fn gitlab(error: &Error, what: &str, instance: &InstanceUrl) -> Failure {
    let failure = transport(error, what);
    match Refused::of(error).and_then(|refused| refusal(&refused, instance)) {
        Some(fix) => failure.fix(fix),
        None => failure,
    }
}

/// What to do about a refusal; `None` where the general advice is all there is.
#[must_use]
pub fn refusal(refused: &Refused, instance: &InstanceUrl) -> Option<Fix> {
    let page = |path: &str| instance.page(path).to_string();
    Some(match refused {
        Refused::TokenExpired => Fix::open("the token has expired; make a new one", new_token(instance)),
        Refused::TokenRevoked => Fix::open("the token was revoked; make a new one", new_token(instance)),
        Refused::TokenUnknown => Fix::open(
            "GitLab does not know the token: mistyped, deleted, or of another instance; make a new one",
            new_token(instance),
        ),
        Refused::ImpersonationDisabled => {
            Fix::open("impersonation tokens are turned off here; use a personal access token", new_token(instance))
        }
        Refused::DpopRequired => Fix::open(
            "the token's owner requires proof of possession (DPoP) with every token; use an account without it",
            page("/-/user_settings/personal_access_tokens"),
        ),
        Refused::NotAPersonalToken => Fix::open(
            "this is an OAuth, job or other token; connecting needs an admin's personal access token",
            new_token(instance),
        ),
        Refused::InsufficientScope { acceptable } => Fix::open(
            format!(
                "the token lacks a scope: one of {}; scopes cannot be added, so make a new token",
                acceptable.join(", ")
            ),
            new_token(instance),
        ),
        Refused::Forbidden { reason: Some(_) } => {
            Fix::open("put right what GitLab says of the account, or use another admin's token", page("/admin/users"))
        }
        Refused::Forbidden { reason: None } => Fix::open(
            "the token's owner has to be an admin, and where Admin Mode is on the token needs the scope admin_mode",
            new_token(instance),
        ),
        Refused::ReadOnly => {
            Fix::say("this is a Geo secondary or GitLab is in maintenance mode; use the primary, or try later")
        }
        Refused::InvalidHookUrl => Fix::open(
            "GitLab may not deliver to this address: allow it, or local requests, in the outbound request settings",
            page("/admin/application_settings/network#js-outbound-settings"),
        ),
        Refused::HookLimit { .. } => Fix::say("remove hooks that nobody needs (100 on a project, 50 on a group)"),
        Refused::InvalidClient => Fix::open(
            "application ID and secret do not belong together; a secret is shown once and can be renewed",
            page("/admin/applications"),
        ),
        Refused::UnknownRoute => Fix::say("this version or edition of GitLab does not have it"),
        Refused::NotFound
        | Refused::Already { .. }
        | Refused::Invalid { .. }
        | Refused::RateLimited { .. }
        | Refused::Other { .. } => return None,
    })
}

/// The page that makes a token, with name and scopes filled in.
fn new_token(instance: &InstanceUrl) -> String {
    instance.page("/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode").to_string()
}
