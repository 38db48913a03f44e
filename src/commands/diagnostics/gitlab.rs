//! What GitLab refused, with the page of the instance where it is put right.

use super::transport;
use crate::error::{Failure, Fix};
use crate::gitlab::ApiRefusal;
use crate::http::{self, Cause, Error, UnexpectedPage};
use crate::instance::InstanceUrl;

/// A request to GitLab that failed; `what` says what for, as a fragment.
#[must_use]
pub fn gitlab(error: &Error, what: &str, instance: &InstanceUrl) -> Failure {
    let failure = transport(error, what);
    match ApiRefusal::of(error).and_then(|refused| refusal(&refused, instance)) {
        Some(fix) => failure.fix(fix),
        None if failure.fixes.is_empty() && error.status().is_some() => {
            failure.fix(Fix::say(format!("see that {} lets this machine and this token make this request", error.host)))
        }
        None => failure,
    }
}

/// The first request, without a token, did not find GitLab: nobody is there, or somebody else.
#[must_use]
pub fn reach(error: &Error, instance: &InstanceUrl) -> Failure {
    let path = || Fix::say("correct the URL; a GitLab that is installed under a path needs it: https://host/gitlab");
    match error.cause.as_ref() {
        Cause::Redirected { to } => {
            let failure = Failure::problem(format!("{instance} does not answer but redirects to {to}"));
            match http::base_of_api(to) {
                Some(base) => failure.fix(Fix::run(
                    "give the address that it redirects to",
                    format!("factory-gitlab connect --gitlab-url {base}"),
                )),
                None => failure.fix(super::unexpected_page(&UnexpectedPage::LoginWall)),
            }
        }
        Cause::UnexpectedPage { status, what } if *status < 500 && !matches!(status, 408 | 429) => {
            let failure = Failure::problem(format!("it is not GitLab's API that answers at {instance}"))
                .because(format!("{} {} on {}: {status}, {what}", error.method, error.path, error.host));
            match what {
                UnexpectedPage::WebPage | UnexpectedPage::OtherType(_) if *status == 404 => failure.fix(path()),
                _ => failure.fix(super::unexpected_page(what)),
            }
        }
        Cause::Status(answer) if answer.status == 404 => {
            Failure::problem(format!("there is no GitLab API at {instance}")).because(error.to_string()).fix(path())
        }
        Cause::Status(_) | Cause::Decode { .. } | Cause::TooLarge { .. } => {
            gitlab(error, &format!("GitLab's API at {instance} does not answer as it should"), instance)
        }
        _ => gitlab(error, &format!("{instance} could not be reached"), instance),
    }
}

/// What to do about a refusal; `None` where the general advice is all there is.
#[must_use]
pub fn refusal(refused: &ApiRefusal, instance: &InstanceUrl) -> Option<Fix> {
    let page = |path: &str| instance.page(path).to_string();
    Some(match refused {
        ApiRefusal::TokenExpired => Fix::open("the token has expired; make a new one", new_token(instance)),
        ApiRefusal::TokenRevoked => Fix::open("the token was revoked; make a new one", new_token(instance)),
        ApiRefusal::TokenUnknown => Fix::open(
            "GitLab does not know the token: mistyped, deleted, or of another instance; make a new one",
            new_token(instance),
        ),
        ApiRefusal::ImpersonationDisabled => {
            Fix::open("impersonation tokens are turned off here; use a personal access token", new_token(instance))
        }
        ApiRefusal::DpopRequired => Fix::open(
            "the token's owner requires proof of possession (DPoP) with every token; use an account without it",
            page("/-/user_settings/personal_access_tokens"),
        ),
        ApiRefusal::NotAPersonalToken => Fix::open(
            "this is an OAuth, job or other token; connecting needs an admin's personal access token",
            new_token(instance),
        ),
        ApiRefusal::InsufficientScope { acceptable } => Fix::open(
            format!(
                "the token lacks a scope: one of {}; scopes cannot be added, so make a new token",
                acceptable.join(", ")
            ),
            new_token(instance),
        ),
        ApiRefusal::Forbidden { reason: Some(_) } => {
            Fix::open("put right what GitLab says of the account, or use another admin's token", page("/admin/users"))
        }
        ApiRefusal::Forbidden { reason: None } => Fix::open(
            "the token's owner has to be an admin, and where Admin Mode is on the token needs the scope admin_mode",
            new_token(instance),
        ),
        ApiRefusal::ReadOnly => {
            Fix::say("this is a Geo secondary or GitLab is in maintenance mode; use the primary, or try later")
        }
        ApiRefusal::InvalidHookUrl => Fix::open(
            "GitLab may not deliver to this address: allow it, or local requests, in the outbound request settings",
            page("/admin/application_settings/network#js-outbound-settings"),
        ),
        ApiRefusal::HookLimit { .. } => Fix::say("remove hooks that nobody needs (100 on a project, 50 on a group)"),
        ApiRefusal::InvalidClient => Fix::open(
            "application ID and secret do not belong together; a secret is shown once and can be renewed",
            page("/admin/applications"),
        ),
        ApiRefusal::UnknownRoute => Fix::say("this version or edition of GitLab does not have it"),
        ApiRefusal::Invalid { .. } => {
            Fix::say("put right what GitLab names; the values come from the kit and from the flags that replace them")
        }
        ApiRefusal::NotFound => Fix::say("it is gone, or this token may not see it; run again to look anew"),
        ApiRefusal::Already { .. } | ApiRefusal::RateLimited { .. } | ApiRefusal::Other { .. } => return None,
    })
}

/// The page that makes a token, with name and scopes filled in.
fn new_token(instance: &InstanceUrl) -> String {
    instance.page("/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode").to_string()
}
