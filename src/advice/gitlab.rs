//! GitLab's refusals, with the page of the instance where each is corrected.

use crate::error::Fix;
use crate::gitlab::ApiRefusal;
use crate::http::{Cause, Error, UnexpectedPage};
use crate::instance::InstanceUrl;

/// Advises creating a token with sufficient rights.
#[must_use]
pub fn new_token(instance: &InstanceUrl) -> Fix {
    Fix::open("create a personal access token as an administrator, with these scopes", instance.new_token_page())
}

/// The first request did not find GitLab's API; `None` where the address is not to blame.
pub(super) fn first_contact(error: &Error) -> Option<Fix> {
    let is_missing = match error.cause.as_ref() {
        Cause::UnexpectedPage { status: 404, what: UnexpectedPage::WebPage | UnexpectedPage::OtherType(_) } => true,
        Cause::Status(answer) => answer.status == 404,
        _ => false,
    };
    is_missing
        .then(|| Fix::say("correct the URL; where GitLab is installed under a path, add it (https://host/gitlab)"))
}

/// What to do about a refusal; `None` where only the general advice applies.
pub(super) fn refusal(refusal: &ApiRefusal, instance: &InstanceUrl) -> Option<Fix> {
    let page = |path: &str| instance.page(path);
    let token = |why: &str| Fix::open(format!("create a new personal access token: {why}"), instance.new_token_page());
    Some(match refusal {
        ApiRefusal::TokenExpired => token("this one has expired"),
        ApiRefusal::TokenRevoked => token("this one was revoked"),
        ApiRefusal::TokenUnknown => token("GitLab does not know this one (mistyped, deleted, or of another instance)"),
        ApiRefusal::ImpersonationDisabled => token("impersonation tokens are turned off on this instance"),
        ApiRefusal::NotAPersonalToken => token("this is an OAuth, job or other token"),
        ApiRefusal::InsufficientScope { acceptable } => {
            token(&format!("this one lacks one of the scopes {}, and scopes cannot be added", acceptable.join(", ")))
        }
        ApiRefusal::Forbidden { reason: None } => {
            token("its owner has to be an administrator, and with Admin Mode it needs the scope admin_mode")
        }
        ApiRefusal::DpopRequired => Fix::open(
            "use the token of an account that does not require proof of possession (DPoP)",
            page("/-/user_settings/personal_access_tokens"),
        ),
        ApiRefusal::Forbidden { reason: Some(_) } => Fix::open(
            "correct what GitLab says about the account, or use another administrator's token",
            page("/admin/users"),
        ),
        ApiRefusal::ReadOnly => {
            Fix::say("use the primary instead of a Geo secondary, or try again when maintenance mode has ended")
        }
        ApiRefusal::InvalidHookUrl => Fix::open(
            "allow GitLab to send webhooks to this address, in the outbound request settings",
            page("/admin/application_settings/network#js-outbound-settings"),
        ),
        ApiRefusal::HookLimit { .. } => {
            Fix::say("remove webhooks that are not used; GitLab allows 100 on a project and 50 on a group")
        }
        ApiRefusal::InvalidClient => Fix::open(
            "compare the application's ID and secret; a secret is shown once and can be renewed",
            page("/admin/applications"),
        ),
        ApiRefusal::UnknownRoute => Fix::say("update GitLab; this version or edition does not have this function"),
        ApiRefusal::Invalid { .. } => {
            Fix::say("correct what GitLab names; the values come from the kit, or from the flags that override it")
        }
        ApiRefusal::NotFound => Fix::rerun("try again: it was not found, or is not visible to this token", ""),
        ApiRefusal::Already { .. } | ApiRefusal::RateLimited { .. } | ApiRefusal::Other { .. } => return None,
    })
}
