//! `token.*`: the given token, and what it is allowed to do.

mod fine_grained;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::instance::days_between;
use super::outcome::{CheckContext, CheckOutcome, known};
use super::{Check, CheckSeverity};
use crate::advice::{self, About};
use crate::error::Fix;
use crate::gitlab::{ApiRefusal, Task, TokenDetails, User};
use crate::http;
use crate::instance::Version;
use crate::kit::Handover;
use crate::observed::{Observation, Read};
use crate::plan;
use crate::text::counted;

pub(super) const CHECKS: &[Check] = &[
    Check {
        code: "token.valid",
        title: "the token is valid",
        severity: CheckSeverity::Error,
        depends_on: &["instance.api"],
        reads: &[Read::Token, Read::User],
        rule: valid,
    },
    Check {
        code: "token.scopes",
        title: "the token has the scopes that are needed",
        severity: CheckSeverity::Error,
        depends_on: &["token.valid"],
        reads: &[Read::Token],
        rule: scopes,
    },
    Check {
        code: "token.expiry",
        title: "the token does not expire soon",
        severity: CheckSeverity::Error,
        depends_on: &["token.valid"],
        reads: &[Read::Token],
        rule: expiry,
    },
    Check {
        code: "token.admin",
        title: "the token acts as an administrator",
        severity: CheckSeverity::Error,
        depends_on: &["token.valid"],
        reads: &[Read::Applications, Read::Token, Read::User],
        rule: admin,
    },
    Check {
        code: "token.excess",
        title: "the token has no more scopes than needed",
        severity: CheckSeverity::Warning,
        depends_on: &["token.valid"],
        reads: &[Read::Token],
        rule: excess,
    },
    Check {
        code: "token.handed_over",
        title: "the token that Factory was given is valid",
        severity: CheckSeverity::Error,
        depends_on: &["token.admin"],
        reads: &[Read::HandedOver, Read::Token],
        rule: handed_over,
    },
];

fn new_token(context: &CheckContext<'_>) -> Fix {
    advice::new_token(&context.desired.instance, context.policy.task)
}

fn valid(context: &CheckContext<'_>) -> CheckOutcome {
    let token = match &context.observed.token {
        Observation::Failed(error) if is_too_old(context, error) => {
            return CheckOutcome::blocked_by("instance.version");
        }
        Observation::Failed(error) => return refused(context, error),
        seen => match known(seen) {
            Err(outcome) => return outcome,
            Ok(token) => token,
        },
    };
    let outcome = if token.revoked {
        CheckOutcome::fail("the token was revoked").fix(new_token(context))
    } else if !token.active {
        CheckOutcome::fail("the token is not active").fix(new_token(context))
    } else {
        let note = match context.observed.user.known() {
            Some(user) => format!("{} of {}", token.name, user.username),
            None => token.name.clone(),
        };
        CheckOutcome::pass().note(note)
    };
    outcome.evidence("id", token.id).evidence("name", &token.name)
}

/// Whether GitLab is of a version that cannot describe a token. gitlab: doc/api/personal_access_tokens.md, 15.5
fn is_too_old(context: &CheckContext<'_>, error: &http::Error) -> bool {
    let is_old = context.observed.metadata.known().is_some_and(|metadata| metadata.version < Version::OLDEST);
    is_old && ApiRefusal::of(error) == Some(ApiRefusal::UnknownRoute)
}

/// Why GitLab refuses the token.
fn refused(context: &CheckContext<'_>, error: &http::Error) -> CheckOutcome {
    let (Some(status), Some(refusal)) = (error.status(), ApiRefusal::of(error)) else {
        return CheckOutcome::failed(error);
    };
    let cause = match refusal {
        ApiRefusal::NotAPersonalToken => "this is an OAuth or job token, not a personal access token".to_owned(),
        ApiRefusal::TokenExpired => "the token has expired".to_owned(),
        ApiRefusal::TokenRevoked => "the token was revoked".to_owned(),
        ApiRefusal::ImpersonationDisabled => {
            "this is an impersonation token, and impersonation is disabled on this instance".to_owned()
        }
        ApiRefusal::DpopRequired => {
            "the token's owner requires DPoP, a signed proof with each request, which this program does not support"
                .to_owned()
        }
        ApiRefusal::TokenUnknown => match context.observed.token_looks_like {
            Some(kind) => format!("this looks like {kind}; a personal access token is needed"),
            None => "GitLab does not know the token: mistyped, deleted, or of another instance".to_owned(),
        },
        ApiRefusal::Account { said, .. } => {
            let outcome = CheckOutcome::fail(format!("GitLab refuses the token's owner: {said}"));
            return outcome.evidence("status", status).advised(error, About::GitLab(&context.desired.instance));
        }
        ApiRefusal::Forbidden { reason: Some(reason) } => format!("GitLab refuses the token's owner: {reason}"),
        ApiRefusal::MissingPermission { .. } => return fine_grained::lacks_own_permission(context, status),
        // Every scope is enough to describe oneself, so this is not a classic token.
        ApiRefusal::Forbidden { reason: None } => return fine_grained::lacks_own_permission(context, status),
        ApiRefusal::InsufficientScope { .. }
        | ApiRefusal::NotFound
        | ApiRefusal::UnknownRoute
        | ApiRefusal::ReadOnly
        | ApiRefusal::HookLimit { .. }
        | ApiRefusal::InvalidHookUrl
        | ApiRefusal::Already { .. }
        | ApiRefusal::Invalid { .. }
        | ApiRefusal::RateLimited { .. }
        | ApiRefusal::InvalidClient
        | ApiRefusal::Other { .. } => return CheckOutcome::failed(error),
    };
    CheckOutcome::fail(cause).evidence("status", status).fix(new_token(context))
}

/// Whether Factory is to get this token.
fn is_handed_over(context: &CheckContext<'_>) -> bool {
    context.desired.handover.handover == Handover::Given && context.policy.task == Task::Connect
}

/// The scopes that the token has to have.
fn needed<'a>(context: &CheckContext<'a>) -> Vec<&'a str> {
    let mut needed = vec![context.policy.task.scope()];
    if is_handed_over(context) {
        needed.extend(context.desired.handover.scopes.iter().map(String::as_str));
    }
    needed.sort_unstable();
    needed.dedup();
    needed
}

fn scopes(context: &CheckContext<'_>) -> CheckOutcome {
    let token = match known(&context.observed.token) {
        Err(outcome) => return outcome,
        Ok(token) => token,
    };
    if token.granular {
        return fine_grained::permissions(context, token);
    }
    let missing: Vec<&str> = needed(context).into_iter().filter(|scope| !has(token, scope)).collect();
    let outcome = if missing.is_empty() {
        CheckOutcome::pass().note(token.scopes.join(", "))
    } else {
        CheckOutcome::fail(format!("the token lacks {}; it has {}", missing.join(", "), listed(&token.scopes)))
            .evidence("missing", &missing)
            .fix(new_token(context))
    };
    outcome.evidence("scopes", &token.scopes)
}

fn listed(scopes: &[String]) -> String {
    if scopes.is_empty() { "none".to_owned() } else { scopes.join(", ") }
}

/// Whether the token has a scope, by itself or as a part of `api`.
fn has(token: &TokenDetails, scope: &str) -> bool {
    let own = |wanted: &str| token.scopes.iter().any(|scope| scope == wanted);
    own(scope) || (IN_API.contains(&scope) && own("api"))
}

/// The scopes that `api` includes: read and write access to the API, the registry and repositories.
/// gitlab: doc/user/profile/personal_access_tokens.md
const IN_API: [&str; 8] = [
    "read_api",
    "read_user",
    "read_repository",
    "write_repository",
    "read_registry",
    "write_registry",
    "read_virtual_registry",
    "write_virtual_registry",
];

fn excess(context: &CheckContext<'_>) -> CheckOutcome {
    let token = match known(&context.observed.token) {
        Err(outcome) => return outcome,
        Ok(token) => token,
    };
    if token.granular {
        return fine_grained::excess(context, token);
    }
    let needed = needed(context);
    let is_excess = |scope: &&String| {
        let scope = scope.as_str();
        !["admin_mode", "api"].contains(&scope) && !needed.contains(&scope) && !IN_API.contains(&scope)
    };
    let excess: Vec<&String> = token.scopes.iter().filter(is_excess).collect();
    if excess.is_empty() {
        let is_for_proofs = context.policy.task == Task::VerifyCloud && token.scopes.iter().any(|scope| scope == "api");
        let passed = CheckOutcome::pass();
        return if is_for_proofs {
            passed.note("read_api is enough; api is for a proof by connect --cloud")
        } else {
            passed
        };
    }
    let names = excess.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", ");
    CheckOutcome::warn(format!("the token also has {names}")).evidence("excess", &excess).fix(new_token(context))
}

fn expiry(context: &CheckContext<'_>) -> CheckOutcome {
    let token = match known(&context.observed.token) {
        Err(outcome) => return outcome,
        Ok(token) => token,
    };
    let Some(date) = token.expires_at else { return CheckOutcome::pass().note("it does not expire") };
    let Some(end) = midnight(date) else {
        return CheckOutcome::unknown(format!("the expiry date {date} is out of range"));
    };
    let days = days_between(context.observed.at, end);
    let outcome = if end <= context.observed.at {
        CheckOutcome::fail(format!("the token expired on {date} at 00:00 UTC")).fix(new_token(context))
    } else if days < context.policy.expires_within {
        CheckOutcome::warn(format!("the token expires on {date} at 00:00 UTC, in {}", counted(days, "day")))
            .fix(new_token(context))
    } else {
        CheckOutcome::pass().note(format!("until {date}"))
    };
    outcome.evidence("expires_at", date.to_string()).evidence("days_left", days)
}

fn handed_over(context: &CheckContext<'_>) -> CheckOutcome {
    let token = match known(&context.observed.handed_over) {
        Err(outcome) => return outcome,
        Ok(Some(token)) => token,
        Ok(None) => {
            return CheckOutcome::fail("GitLab no longer has the token that Factory was given").fix(another_token());
        }
    };
    let outcome = if context.observed.token.known().is_some_and(|own| own.id == token.id) {
        CheckOutcome::pass().note("it is the token that is used here")
    } else if token.revoked {
        CheckOutcome::fail("the token that Factory was given was revoked").fix(another_token())
    } else if !token.active {
        CheckOutcome::fail("the token that Factory was given has expired").fix(another_token())
    } else {
        ends(context, token)
    };
    outcome.evidence("id", token.id).evidence("name", &token.name)
}

/// How long Factory's token is valid.
fn ends(context: &CheckContext<'_>, token: &TokenDetails) -> CheckOutcome {
    let Some((date, end)) = token.expires_at.and_then(|date| Some((date, midnight(date)?))) else {
        return CheckOutcome::pass().note("it does not expire");
    };
    let days = days_between(context.observed.at, end);
    if days >= context.policy.expires_within {
        return CheckOutcome::pass().note(format!("until {date}"));
    }
    let left = counted(days, "day");
    let outcome =
        CheckOutcome::warn(format!("the token that Factory was given expires on {date} at 00:00 UTC, in {left}"));
    if days < plan::ENDS_SOON_DAYS {
        return outcome.fix(another_token());
    }
    outcome
        .fix(Fix::say(format!("connect again in its last {} days: that hands over another one", plan::ENDS_SOON_DAYS)))
}

fn another_token() -> Fix {
    Fix::connect("hand over another token", "factory-gitlab connect")
}

/// The moment at which a token with that date expires.
fn midnight(date: Date) -> Option<Timestamp> {
    date.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

fn admin(context: &CheckContext<'_>) -> CheckOutcome {
    let token = match known(&context.observed.token) {
        Err(outcome) => return outcome,
        Ok(token) => token,
    };
    let error = match &context.observed.applications {
        Observation::Known(_) => return CheckOutcome::pass().note(describe_owner(context.observed.user.known())),
        Observation::Skipped(reason) => return CheckOutcome::not_observable(*reason),
        Observation::Failed(error) => error,
    };
    match error.response() {
        Some(answer) if answer.error.as_deref() == Some("insufficient_scope") => {
            CheckOutcome::blocked_by("token.scopes")
        }
        Some(answer) if answer.status == 403 && scopes(context).status == super::CheckStatus::Fail => {
            CheckOutcome::blocked_by("token.scopes")
        }
        Some(answer) if answer.status == 401 => CheckOutcome::blocked_by("token.valid"),
        Some(answer) if answer.status == 403 && token.granular => fine_grained::not_permitted(context, error),
        Some(answer) if answer.status == 403 => not_admin(context, token),
        _ => CheckOutcome::failed(error),
    }
}

fn describe_owner(user: Option<&User>) -> String {
    user.map_or_else(String::new, |user| user.username.clone())
}

/// GitLab refuses every caller who is not an effective admin in the same words. Scopes and user show the reason in most
/// cases.
fn not_admin(context: &CheckContext<'_>, token: &TokenDetails) -> CheckOutcome {
    let user = context.observed.user.known();
    let name = user.map_or_else(|| "the token's owner".to_owned(), |user| user.username.clone());
    let has_admin_mode = token.scopes.iter().any(|scope| scope == "admin_mode");
    // GitLab offers `sudo` to administrators only, and hides `is_admin` where Admin Mode is on and the token is not for it.
    // gitlab: lib/gitlab/auth.rb (available_scopes_for)
    let is_admin =
        user.and_then(|user| user.is_admin).unwrap_or(false) || token.scopes.iter().any(|scope| scope == "sudo");
    let (kind, cause) = if let Some(place) = user.and_then(bot_of) {
        (
            "access_token_of_a_bot",
            format!("this is a {place} access token; it acts for the bot {name}, which is not an administrator"),
        )
    } else if has_admin_mode {
        ("not_admin", format!("{name} is not an administrator"))
    } else if is_admin {
        (
            "admin_mode",
            format!("{name} is an administrator, Admin Mode is on, and the token lacks the scope admin_mode"),
        )
    } else {
        (
            "not_admin_or_admin_mode",
            format!(
                "either {name} is not an administrator, or Admin Mode is on and the token lacks the scope admin_mode"
            ),
        )
    };
    CheckOutcome::fail(cause).evidence("kind", kind).evidence("scopes", &token.scopes).fix(new_token(context))
}

/// Which kind of access token a bot user belongs to. gitlab: app/services/resource_access_tokens/create_service.rb names them
/// `project_<id>_bot_<hex>` and `group_<id>_bot_<hex>`.
fn bot_of(user: &User) -> Option<&'static str> {
    let (kind, rest) = user.username.split_once('_')?;
    let is_bot = user.bot || rest.contains("_bot");
    match kind {
        "project" if is_bot => Some("project"),
        "group" if is_bot => Some("group"),
        _ if user.bot => Some("service account's or bot's"),
        _ => None,
    }
}
