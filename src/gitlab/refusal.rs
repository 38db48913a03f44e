//! Why GitLab refused, as far as a person can act on it: guard errors, rights, limits (reference, sections 1, 3 and 5).

use std::time::Duration;

use crate::http::{Answer, Cause, Error};

/// A refusal, told apart. The texts are the server's: cut and redacted, not yet harmless for a terminal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ApiRefusal {
    /// 401 `invalid_token`: the token's day has come.
    TokenExpired,
    /// 401 `invalid_token`: somebody revoked it.
    TokenRevoked,
    /// 401 without more: mistyped, deleted, of another instance.
    TokenUnknown,
    ImpersonationDisabled,
    /// The instance wants proof of possession (DPoP) with every token.
    DpopRequired,
    /// 400 of `/personal_access_tokens/self`: an OAuth or job token.
    NotAPersonalToken,
    /// 403: any one of these scopes would do.
    InsufficientScope {
        acceptable: Vec<String>,
    },
    /// 403. Not an admin and Admin Mode without the scope look the same; a blocked user has a reason.
    Forbidden {
        reason: Option<String>,
    },
    /// The object is not there, or not to be seen.
    NotFound,
    /// This version or edition has no such endpoint.
    UnknownRoute,
    /// A Geo secondary, or maintenance mode: writes are refused.
    ReadOnly,
    /// The most hooks that a project (100) or group (50) may have.
    HookLimit {
        said: String,
    },
    /// `Invalid url given`: not an address, a local network, or a name that GitLab cannot resolve. It does not say
    /// which.
    InvalidHookUrl,
    /// It exists or has happened already.
    Already {
        said: String,
    },
    /// The values were not accepted; `fields` are those that GitLab named.
    Invalid {
        fields: Vec<String>,
        said: String,
    },
    RateLimited {
        retry_after: Option<Duration>,
    },
    /// OAuth's `invalid_client`: the ID or the secret is wrong.
    InvalidClient,
    Other {
        status: u16,
        said: Option<String>,
    },
}

impl ApiRefusal {
    /// The refusal in an error; `None` when the failure is another one: network, 5xx, a proxy's page.
    #[must_use]
    pub fn of(error: &Error) -> Option<Self> {
        match error.cause.as_ref() {
            Cause::Status(answer) if answer.status < 500 => Some(Self::read(answer)),
            _ => None,
        }
    }

    fn read(answer: &Answer) -> Self {
        let said = answer.message.as_deref().or(answer.error_description.as_deref()).unwrap_or_default();
        match answer.status {
            401 => unauthorized(answer),
            403 => forbidden(answer, said),
            404 if said == "404 Not Found" => Self::UnknownRoute,
            404 => Self::NotFound,
            429 => Self::RateLimited { retry_after: answer.retry_after },
            400 | 405 | 409 | 422 => invalid(answer, said),
            status => Self::Other { status, said: answer.message.clone() },
        }
    }
}

fn unauthorized(answer: &Answer) -> ApiRefusal {
    let described = answer.error_description.as_deref().unwrap_or_default();
    match answer.error.as_deref() {
        Some("dpop_error") => ApiRefusal::DpopRequired,
        Some("invalid_client") => ApiRefusal::InvalidClient,
        Some("invalid_token") if described.contains("expired") => ApiRefusal::TokenExpired,
        Some("invalid_token") if described.contains("revoked") => ApiRefusal::TokenRevoked,
        Some("invalid_token") if described.contains("impersonation") => ApiRefusal::ImpersonationDisabled,
        _ => ApiRefusal::TokenUnknown,
    }
}

fn forbidden(answer: &Answer, said: &str) -> ApiRefusal {
    if answer.error.as_deref() == Some("insufficient_scope") {
        let scopes = answer.scope.as_deref().unwrap_or_default();
        return ApiRefusal::InsufficientScope { acceptable: scopes.split_whitespace().map(str::to_owned).collect() };
    }
    if said.contains("read-only instance") || said.to_lowercase().contains("maintenance mode") {
        return ApiRefusal::ReadOnly;
    }
    let reason = said.strip_prefix("403 Forbidden").unwrap_or(said).trim_start_matches([' ', '-']);
    ApiRefusal::Forbidden { reason: Some(reason.to_owned()).filter(|reason| !reason.is_empty()) }
}

fn invalid(answer: &Answer, said: &str) -> ApiRefusal {
    let said_of = || said.to_owned();
    if said == "Invalid url given" {
        ApiRefusal::InvalidHookUrl
    } else if said.starts_with("Maximum number of") && said.contains("hooks") {
        ApiRefusal::HookLimit { said: said_of() }
    } else if said.contains("token type to be a personal access token") {
        ApiRefusal::NotAPersonalToken
    } else if said.contains("already") {
        ApiRefusal::Already { said: said_of() }
    } else {
        ApiRefusal::Invalid { fields: answer.fields.clone(), said: said_of() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, change: impl FnOnce(&mut Answer)) -> ApiRefusal {
        let mut answer = Answer { status, ..Answer::default() };
        change(&mut answer);
        ApiRefusal::read(&answer)
    }

    fn message(status: u16, text: &str) -> ApiRefusal {
        of(status, |answer| answer.message = Some(text.to_owned()))
    }

    fn oauth(status: u16, code: &str, description: &str) -> ApiRefusal {
        of(status, |answer| {
            answer.error = Some(code.to_owned());
            answer.error_description = Some(description.to_owned());
        })
    }

    #[test]
    fn a_dead_token_says_how_it_died() {
        for (refused, wanted) in [
            (
                oauth(401, "invalid_token", "Token is expired. You can either do re-authorization or token refresh."),
                ApiRefusal::TokenExpired,
            ),
            (
                oauth(401, "invalid_token", "Token was revoked. You have to re-authorize from the user."),
                ApiRefusal::TokenRevoked,
            ),
            (
                oauth(401, "invalid_token", "Token is an impersonation token but impersonation was disabled."),
                ApiRefusal::ImpersonationDisabled,
            ),
            (oauth(401, "dpop_error", "DPoP"), ApiRefusal::DpopRequired),
            (oauth(401, "invalid_client", "Client authentication failed"), ApiRefusal::InvalidClient),
            (message(401, "401 Unauthorized"), ApiRefusal::TokenUnknown),
        ] {
            assert_eq!(refused, wanted);
        }
    }

    #[test]
    fn rights_routes_and_limits_are_told_apart() {
        let invalid = |said: &str| ApiRefusal::Invalid { fields: Vec::new(), said: said.to_owned() };
        for (status, text, wanted) in [
            (403, "403 Forbidden", ApiRefusal::Forbidden { reason: None }),
            (
                403,
                "403 Forbidden - Your account has been blocked.",
                ApiRefusal::Forbidden { reason: Some("Your account has been blocked.".to_owned()) },
            ),
            (403, "You cannot perform write operations on a read-only instance", ApiRefusal::ReadOnly),
            (404, "404 Not Found", ApiRefusal::UnknownRoute),
            (404, "404 Application Not Found", ApiRefusal::NotFound),
            (404, "404 Not found", ApiRefusal::NotFound),
            (422, "Invalid url given", ApiRefusal::InvalidHookUrl),
            (
                422,
                "Maximum number of project hooks (100) exceeded",
                ApiRefusal::HookLimit { said: "Maximum number of project hooks (100) exceeded".to_owned() },
            ),
            (400, "Token already revoked", ApiRefusal::Already { said: "Token already revoked".to_owned() }),
            (400, "scopes is empty", invalid("scopes is empty")),
            (
                400,
                "400 Bad request - This endpoint requires token type to be a personal access token",
                ApiRefusal::NotAPersonalToken,
            ),
            (429, "Retry later", ApiRefusal::RateLimited { retry_after: None }),
            (410, "gone", ApiRefusal::Other { status: 410, said: Some("gone".to_owned()) }),
        ] {
            assert_eq!(message(status, text), wanted, "{status} {text}");
        }
    }

    #[test]
    fn a_small_scope_names_the_ones_that_would_do() {
        let refused = of(403, |answer| {
            answer.error = Some("insufficient_scope".to_owned());
            answer.scope = Some("api read_api".to_owned());
        });
        assert_eq!(
            refused,
            ApiRefusal::InsufficientScope { acceptable: vec!["api".to_owned(), "read_api".to_owned()] }
        );
    }
}
