//! `token.*`: the token that was given, and what it may do.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::instance::days_between;
use super::ruling::{Case, Ruling, known};
use super::{Check, Severity};
use crate::advice;
use crate::error::Fix;
use crate::gitlab::{ApiRefusal, TokenDetails, User};
use crate::http;
use crate::kit::Handover;
use crate::observed::{Observation, Read};

pub(super) const CHECKS: &[Check] = &[
    Check {
        code: "token.valid",
        title: "the token is alive",
        severity: Severity::Error,
        depends_on: &["instance.api"],
        about: "Reads `/personal_access_tokens/self`, which answers any living personal access token. It fails when \
                GitLab says that the token is unknown, expired or revoked, or that it is no personal access token.",
        reads: &[Read::Token, Read::User],
        rule: valid,
    },
    Check {
        code: "token.scopes",
        title: "the token's scopes are enough",
        severity: Severity::Error,
        depends_on: &["token.valid"],
        about: "The scope `api` is needed for applications and hooks; where the token is handed to Factory, also the \
                scopes that the kit asks for. A fine-grained token has none of these and cannot be used.",
        reads: &[Read::Token],
        rule: scopes,
    },
    Check {
        code: "token.expiry",
        title: "the token does not end soon",
        severity: Severity::Error,
        depends_on: &["token.valid"],
        about: "GitLab ends a token at 00:00 UTC of its date. Fewer than `--expires-within` days are a warning.",
        reads: &[Read::Token],
        rule: expiry,
    },
    Check {
        code: "token.admin",
        title: "the token acts as an administrator",
        severity: Severity::Error,
        depends_on: &["token.valid"],
        about: "Lists the instance's applications, which only an administrator may. Where Admin Mode is on, an \
                administrator's token needs the scope `admin_mode` as well, and GitLab refuses it in the same words as \
                anybody else's.",
        reads: &[Read::Applications, Read::Token, Read::User],
        rule: admin,
    },
    Check {
        code: "token.excess",
        title: "the token has no more scopes than needed",
        severity: Severity::Warning,
        depends_on: &["token.valid"],
        about: "Scopes beyond `api`, `admin_mode` and those that the kit asks for, and that `api` does not include \
                anyway, are a warning: whoever gets hold of the token gets them too.",
        reads: &[Read::Token],
        rule: excess,
    },
];

fn new_token(case: &Case<'_>) -> Fix {
    advice::new_token(&case.desired.instance)
}

fn valid(case: &Case<'_>) -> Ruling {
    let token = match &case.observed.token {
        Observation::Failed(error) => return refused(case, error),
        seen => match known(seen) {
            Err(ruling) => return ruling,
            Ok(token) => token,
        },
    };
    let ruling = if token.revoked {
        Ruling::fail("the token was revoked").fix(new_token(case))
    } else if !token.active {
        Ruling::fail("the token is not active").fix(new_token(case))
    } else {
        let note = match case.observed.user.known() {
            Some(user) => format!("{} of {}", token.name, user.username),
            None => token.name.clone(),
        };
        Ruling::pass().note(note)
    };
    ruling.saw("id", token.id).saw("name", &token.name)
}

/// Why GitLab refuses the token.
fn refused(case: &Case<'_>, error: &http::Error) -> Ruling {
    let (Some(status), Some(refusal)) = (error.status(), ApiRefusal::of(error)) else { return Ruling::failed(error) };
    let cause = match refusal {
        ApiRefusal::NotAPersonalToken => "this is not a personal access token but an OAuth or job token".to_owned(),
        ApiRefusal::TokenExpired => "the token has expired".to_owned(),
        ApiRefusal::TokenRevoked => "the token was revoked".to_owned(),
        ApiRefusal::ImpersonationDisabled => {
            "this is an impersonation token, and impersonation is turned off on this instance".to_owned()
        }
        ApiRefusal::DpopRequired => {
            "the token's owner requires DPoP, a signed proof with each request, which this program does not send"
                .to_owned()
        }
        ApiRefusal::TokenUnknown => match case.observed.token_looks_like {
            Some(kind) => format!("this looks like {kind}; a personal access token is needed"),
            None => "GitLab does not know the token: mistyped, deleted, or of another instance".to_owned(),
        },
        ApiRefusal::Forbidden { reason: Some(reason) } => format!("GitLab refuses the token's owner: {reason}"),
        ApiRefusal::Forbidden { reason: None } => "GitLab refuses the token's owner".to_owned(),
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
        | ApiRefusal::Other { .. } => return Ruling::failed(error),
    };
    Ruling::fail(cause).saw("status", status).fix(new_token(case))
}

/// What the token has to have.
fn needed<'a>(case: &Case<'a>) -> Vec<&'a str> {
    let mut needed = vec!["api"];
    if case.desired.handover.handover == Handover::Given {
        needed.extend(case.desired.handover.scopes.iter().map(String::as_str));
    }
    needed.sort_unstable();
    needed.dedup();
    needed
}

fn scopes(case: &Case<'_>) -> Ruling {
    let token = match known(&case.observed.token) {
        Err(ruling) => return ruling,
        Ok(token) => token,
    };
    if token.granular {
        return Ruling::fail("this is a fine-grained token, and GitLab has no such permission for applications")
            .fix(new_token(case));
    }
    let missing: Vec<&str> = needed(case).into_iter().filter(|scope| !has(token, scope)).collect();
    let ruling = if missing.is_empty() {
        Ruling::pass().note(token.scopes.join(", "))
    } else {
        Ruling::fail(format!("the token lacks {}; it has {}", missing.join(", "), listed(&token.scopes)))
            .saw("missing", &missing)
            .fix(new_token(case))
    };
    ruling.saw("scopes", &token.scopes)
}

fn listed(scopes: &[String]) -> String {
    if scopes.is_empty() { "none".to_owned() } else { scopes.join(", ") }
}

/// Whether the token has a scope, by itself or as a part of `api`.
fn has(token: &TokenDetails, scope: &str) -> bool {
    let own = |wanted: &str| token.scopes.iter().any(|scope| scope == wanted);
    own(scope) || (IN_API.contains(&scope) && own("api"))
}

/// What `api` includes: it is read and write access to the API, registry and repositories.
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

fn excess(case: &Case<'_>) -> Ruling {
    let token = match known(&case.observed.token) {
        Err(ruling) => return ruling,
        Ok(token) => token,
    };
    if token.granular {
        return Ruling::depends("token.scopes");
    }
    let needed = needed(case);
    let is_excess = |scope: &&String| {
        let scope = scope.as_str();
        scope != "admin_mode" && !needed.contains(&scope) && !IN_API.contains(&scope)
    };
    let excess: Vec<&String> = token.scopes.iter().filter(is_excess).collect();
    if excess.is_empty() {
        return Ruling::pass();
    }
    let names = excess.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", ");
    Ruling::warn(format!("the token also has {names}")).saw("excess", &excess).fix(new_token(case))
}

fn expiry(case: &Case<'_>) -> Ruling {
    let token = match known(&case.observed.token) {
        Err(ruling) => return ruling,
        Ok(token) => token,
    };
    let Some(date) = token.expires_at else { return Ruling::pass().note("it has no end") };
    let Some(end) = midnight(date) else {
        return Ruling::unknown(format!("the date {date} cannot be placed in time"));
    };
    let days = days_between(case.observed.at, end);
    let ruling = if end <= case.observed.at {
        Ruling::fail(format!("the token ended on {date} at 00:00 UTC")).fix(new_token(case))
    } else if days < case.policy.expires_within {
        Ruling::warn(format!("the token ends on {date} at 00:00 UTC, in {days} days")).fix(new_token(case))
    } else {
        Ruling::pass().note(format!("until {date}"))
    };
    ruling.saw("expires_at", date.to_string()).saw("days_left", days)
}

/// The moment a token of that date ends.
fn midnight(date: Date) -> Option<Timestamp> {
    date.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

fn admin(case: &Case<'_>) -> Ruling {
    let token = match known(&case.observed.token) {
        Err(ruling) => return ruling,
        Ok(token) => token,
    };
    let error = match &case.observed.applications {
        Observation::Known(_) => return Ruling::pass().note(who(case.observed.user.known())),
        Observation::Skipped(reason) => return Ruling::unseen(*reason),
        Observation::Failed(error) => error,
    };
    match error.response() {
        Some(answer) if answer.error.as_deref() == Some("insufficient_scope") => Ruling::depends("token.scopes"),
        Some(answer) if answer.status == 403 && scopes(case).status == super::Status::Fail => {
            Ruling::depends("token.scopes")
        }
        Some(answer) if answer.status == 401 => Ruling::depends("token.valid"),
        Some(answer) if answer.status == 403 => not_admin(case, token),
        _ => Ruling::failed(error),
    }
}

fn who(user: Option<&User>) -> String {
    user.map_or_else(String::new, |user| user.username.clone())
}

/// GitLab refuses everybody who is not an effective admin in the same words; scopes and user tell them apart as far as
/// that goes (reference, 3.3).
fn not_admin(case: &Case<'_>, token: &TokenDetails) -> Ruling {
    let user = case.observed.user.known();
    let name = user.map_or_else(|| "the token's owner".to_owned(), |user| user.username.clone());
    let has_admin_mode = token.scopes.iter().any(|scope| scope == "admin_mode");
    // GitLab offers `sudo` to administrators only, and hides `is_admin` where Admin Mode is on and the token is not for it.
    // gitlab: lib/gitlab/auth.rb (available_scopes_for)
    let is_admin =
        user.and_then(|user| user.is_admin).unwrap_or(false) || token.scopes.iter().any(|scope| scope == "sudo");
    let (kind, cause) = if let Some(place) = user.and_then(bot_of) {
        (
            "access_token_of_a_bot",
            format!("this is a {place} access token; it acts for the bot {name}, no administrator"),
        )
    } else if has_admin_mode {
        ("not_admin", format!("{name} is no administrator"))
    } else if is_admin {
        (
            "admin_mode",
            format!("{name} is an administrator, Admin Mode is on, and the token lacks the scope admin_mode"),
        )
    } else {
        (
            "not_admin_or_admin_mode",
            format!("either {name} is no administrator, or Admin Mode is on and the token lacks the scope admin_mode"),
        )
    };
    Ruling::fail(cause).saw("kind", kind).saw("scopes", &token.scopes).fix(new_token(case))
}

/// Which access token a bot user stands for. gitlab: app/services/resource_access_tokens/create_service.rb names them
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
