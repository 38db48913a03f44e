//! GitLab's refusals, with the page of the instance where each is corrected.

use crate::error::Fix;
use crate::gitlab::permissions::{needed_permission, permission_for};
use crate::gitlab::{AccountProblem, ApiRefusal, Permission, Task};
use crate::http::{Cause, Error, UnexpectedPage, base_of_gitlab};
use crate::instance::InstanceUrl;
use crate::network::outbound::OUTBOUND_PAGE;

/// Advises creating a token with sufficient rights.
#[must_use]
pub fn new_token(instance: &InstanceUrl, task: Task) -> Fix {
    match task {
        Task::VerifyCloud => {
            Fix::open("create a personal access token with this scope", instance.new_token_page(task.scope()))
        }
        _ => Fix::open(
            "create a personal access token as an administrator, with these scopes",
            instance.new_token_page(ADMIN_SCOPES),
        ),
    }
}

/// What an administrator's token needs, where Admin Mode is on.
const ADMIN_SCOPES: &str = "api,admin_mode";

/// Advises creating a fine-grained token with these permissions, or a classic one.
#[must_use]
pub fn new_fine_grained_token(instance: &InstanceUrl, missing: &[Permission], task: Task) -> Fix {
    let names = missing.iter().map(Permission::to_string).collect::<Vec<_>>().join(", ");
    let text = format!(
        "create a fine-grained token that has {names}, too, or a classic one with the scope {} (where Admin Mode is on also admin_mode)",
        task.scope()
    );
    Fix::open(text, instance.page(TOKENS))
}

/// GitLab calls itself by another address than the given one. One that cannot be given, http that is not loopback, comes from
/// GitLab's settings behind a proxy that ends TLS.
#[must_use]
pub fn own_url(given: &InstanceUrl, own: &str) -> Fix {
    match own.parse::<InstanceUrl>() {
        Ok(own) => Fix::rerun("use GitLab's own URL", format!("--gitlab-url {own}")),
        Err(_) => Fix::open(
            format!(
                "set external_url to {given} in GitLab's configuration, with nginx['listen_https'] = false where a proxy in front \
                 of it ends TLS, and let that proxy send X-Forwarded-Proto: https"
            ),
            TLS_BEHIND_A_PROXY,
        ),
    }
}

const TLS_BEHIND_A_PROXY: &str =
    "https://docs.gitlab.com/omnibus/settings/ssl/#configure-a-reverse-proxy-or-load-balancer-ssl-termination";

/// What to do about a redirect away from the given address; `None` where it leads to no address of GitLab.
pub(super) fn redirect(error: &Error, given: &InstanceUrl) -> Option<Fix> {
    let Cause::Redirected { to } = error.cause.as_ref() else { return None };
    let base = base_of_gitlab(to)?;
    Some(match base.parse::<InstanceUrl>() {
        // The API never leads to GitLab's own sign-in page.
        Ok(base) if base == *given && !to.as_str().contains("/api/v4") => return None,
        Ok(base) if base == *given => Fix::say(
            "check the proxy in front of GitLab: it redirects an address to itself (X-Forwarded-Proto, rewritten paths)",
        ),
        Ok(base) => Fix::rerun("use the URL that GitLab redirects to", format!("--gitlab-url {base}")),
        Err(_) => own_url(given, base),
    })
}

/// The first request did not find GitLab's API; `None` where the address is not to blame.
pub(super) fn first_contact(error: &Error, given: &InstanceUrl) -> Option<Fix> {
    if let Cause::UnexpectedPage { what: UnexpectedPage::GitLabSignIn { base: Some(base) }, .. } = error.cause.as_ref()
    {
        let base = base.as_str().trim_end_matches('/');
        return (base != given.as_str())
            .then(|| Fix::rerun("give the address of GitLab itself", format!("--gitlab-url {base}")));
    }
    let is_missing = match error.cause.as_ref() {
        Cause::UnexpectedPage { status: 404, what: UnexpectedPage::WebPage | UnexpectedPage::OtherType(_) } => true,
        Cause::Status(answer) => answer.status == 404,
        _ => false,
    };
    is_missing
        .then(|| Fix::say("correct the URL; where GitLab is installed under a path, add it (https://host/gitlab)"))
}

/// What to do about an account that GitLab lets do nothing: the token itself is good.
fn account(problem: AccountProblem, instance: &InstanceUrl) -> Fix {
    let (text, page) = match problem {
        AccountProblem::PendingApproval => {
            ("approve the account of the token's owner", "/admin/users?filter=blocked_pending_approval")
        }
        AccountProblem::TermsNotAccepted => {
            ("sign in as the token's owner and accept the terms of service", "/-/users/terms")
        }
        AccountProblem::Deactivated => ("sign in as the token's owner, which activates the account", "/users/sign_in"),
        AccountProblem::Unconfirmed => {
            ("confirm the email address of the token's owner; an administrator can, too", "/admin/users")
        }
        AccountProblem::PasswordExpired => {
            ("sign in as the token's owner and set a new password", "/-/user_settings/password/new")
        }
        AccountProblem::TwoFactorRequired => {
            ("sign in as the token's owner and set up two-factor authentication", "/-/profile/two_factor_auth")
        }
        AccountProblem::Internal => ("use the token of an administrator who is a person", "/admin/users?filter=admins"),
        AccountProblem::Blocked => (
            "unblock the account of the token's owner, or use another administrator's token",
            "/admin/users?filter=blocked",
        ),
    };
    Fix::open(text, instance.page(page))
}

/// What to do about the refusal of one group or project: GitLab accepts the token elsewhere, so it is not to blame.
pub(super) fn target_refusal(error: &Error, refusal: &ApiRefusal, instance: &InstanceUrl) -> Option<Fix> {
    let (_, rest) = error.path.split_once("/api/v4/")?;
    let mut parts = rest.split('/');
    let (kind, id) = (parts.next()?, parts.next()?);
    let is_number = id.bytes().all(|byte| byte.is_ascii_digit());
    // One page for all, so that many failures of one kind stay one.
    let page = match kind {
        "projects" => instance.page("/admin/projects"),
        "groups" => instance.page("/admin/groups"),
        _ => return None,
    };
    match refusal {
        ApiRefusal::Forbidden { .. } => Some(refused_target(page)),
        ApiRefusal::NotFound if !is_number => Some(Fix::open(
            "correct --group or --project: nothing of this path exists, or it is not visible to this token",
            page,
        )),
        _ => None,
    }
}

/// What to do about a group or project that GitLab refuses alone; `page` is where to look at it.
#[must_use]
pub fn refused_target(page: impl Into<String>) -> Fix {
    Fix::open(
        "open it as the token's owner: GitLab refuses this group or project and accepts the token elsewhere (an IP restriction \
         or single sign-on of the group, external authorization); or leave it out with --exclude",
        page,
    )
}

/// What to do about a permission that a fine-grained token lacks, or may lack.
pub(super) fn missing_permission(error: &Error, refusal: &ApiRefusal, instance: &InstanceUrl) -> Option<Fix> {
    let ApiRefusal::MissingPermission { named } = refusal else { return None };
    let needed = permission_for(error.method, &error.path);
    let text = match (needed, named.as_slice()) {
        (Some(permission), []) => format!(
            "give the fine-grained token the permission {permission}, if its owner may do this; GitLab does not say which one is missing"
        ),
        (Some(permission), _) => format!("give the fine-grained token the permission {permission}"),
        (None, []) => "use a classic token: GitLab has no fine-grained permission for this".to_owned(),
        (None, named) => format!("give the fine-grained token the permission {}", named.join(", ")),
    };
    let scope = if error.method == "GET" { Task::Verify.scope() } else { Task::Connect.scope() };
    let text = format!("{text}; or use a classic token with the scope {scope}");
    Some(Fix::open(text, instance.page(TOKENS)))
}

/// What to do where a fine-grained token may not send GitLab's webhook tests.
pub(super) fn test_permission(instance: &InstanceUrl) -> Fix {
    let needed = needed_permission("POST", "/api/v4/groups/1/hooks/1/test/push_events");
    let scope = Task::VerifyLive.scope();
    let text =
        format!("give the fine-grained token the permission {needed}, or use a classic token with the scope {scope}");
    Fix::open(text, instance.page(TOKENS))
}

/// Where a user's tokens are.
const TOKENS: &str = "/-/user_settings/personal_access_tokens";

/// What to do about a refusal; `None` where only the general advice applies.
pub(super) fn refusal(refusal: &ApiRefusal, instance: &InstanceUrl) -> Option<Fix> {
    let page = |path: &str| instance.page(path);
    let token = |why: &str| {
        Fix::open(format!("create a new personal access token: {why}"), instance.new_token_page(ADMIN_SCOPES))
    };
    Some(match refusal {
        ApiRefusal::TokenExpired => token("this one has expired"),
        ApiRefusal::TokenRevoked => token("this one was revoked"),
        ApiRefusal::TokenUnknown => token("GitLab does not know this one (mistyped, deleted, or of another instance)"),
        ApiRefusal::ImpersonationDisabled => token("impersonation tokens are turned off on this instance"),
        ApiRefusal::NotAPersonalToken => token("this is an OAuth, job or other token"),
        ApiRefusal::InsufficientScope { acceptable } => {
            token(&format!("this one lacks one of the scopes {}, and scopes cannot be added", acceptable.join(", ")))
        }
        ApiRefusal::Forbidden { reason: None } if instance.is_gitlab_com() => Fix::open(
            "use the token of a user who has the role Developer or a higher one there, with the scope api where something is written",
            page(TOKENS),
        ),
        ApiRefusal::Forbidden { reason: None } => {
            token("its owner has to be an administrator, and with Admin Mode it needs the scope admin_mode")
        }
        ApiRefusal::DpopRequired => {
            Fix::open("use the token of an account that does not require proof of possession (DPoP)", page(TOKENS))
        }
        ApiRefusal::Forbidden { reason: Some(_) } => Fix::open(
            "correct what GitLab says about the account, or use another administrator's token",
            page("/admin/users"),
        ),
        ApiRefusal::ReadOnly => {
            Fix::say("use the primary instead of a Geo secondary, or try again when maintenance mode has ended")
        }
        // GitLab does not say which of the two it is.
        ApiRefusal::InvalidHookUrl => Fix::open(
            "make the webhook's host resolve on the GitLab server (its DNS), and allow GitLab to send webhooks to this address, \
             in the outbound request settings",
            page(OUTBOUND_PAGE),
        ),
        ApiRefusal::Account { problem, .. } => account(*problem, instance),
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
        ApiRefusal::MissingPermission { .. }
        | ApiRefusal::Already { .. }
        | ApiRefusal::RateLimited { .. }
        | ApiRefusal::Other { .. } => return None,
    })
}
