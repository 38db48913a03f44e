//! Why GitLab refused, as far as the user can act on it. This is the only place that parses the texts of its errors.

use std::time::Duration;

use super::AccountProblem;
use crate::http::{Cause, Error, ErrorResponse};

/// A refusal by its reason. The texts are the server's: cut and redacted, and not yet sanitized for a terminal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ApiRefusal {
    /// 401 `invalid_token`: the token has expired.
    TokenExpired,
    /// 401 `invalid_token`: the token was revoked.
    TokenRevoked,
    /// 401 without a reason: mistyped, deleted, or of another instance.
    TokenUnknown,
    /// 401 `invalid_token`: an impersonation token where the instance does not allow them.
    ImpersonationDisabled,
    /// The token's owner requires proof of possession (DPoP) with every token.
    DpopRequired,
    /// 400 of `/personal_access_tokens/self`: an OAuth or job token.
    NotAPersonalToken,
    /// 403: any one of these scopes is enough.
    InsufficientScope {
        acceptable: Vec<String>,
    },
    /// 403: a fine-grained token lacks these permissions (`Webhook: Read`), or may lack one, where GitLab names none.
    MissingPermission {
        named: Vec<String>,
    },
    /// 403 for whatever the token's owner asks, until a person mends the account.
    Account {
        problem: AccountProblem,
        said: String,
    },
    /// 403. A caller who is not an admin and one without Admin Mode look the same.
    Forbidden {
        reason: Option<String>,
    },
    /// The object does not exist or is not visible.
    NotFound,
    /// This version or edition has no such endpoint.
    UnknownRoute,
    /// A Geo secondary, or maintenance mode: writes are refused.
    ReadOnly,
    /// The limit of hooks on a project (100) or group (50).
    HookLimit {
        said: String,
    },
    /// `Invalid url given`: not a valid address, in a local network, or a name that GitLab cannot resolve. It does not say
    /// which.
    InvalidHookUrl,
    /// It exists already, or was done already.
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
    /// The refusal in an error; `None` for any other failure: network, 5xx, a proxy's page.
    #[must_use]
    pub fn of(error: &Error) -> Option<Self> {
        match error.cause.as_ref() {
            Cause::Status(response) if response.status < 500 => Some(Self::read(response)),
            _ => None,
        }
    }

    fn read(response: &ErrorResponse) -> Self {
        let said = response.message.as_deref().or(response.error_description.as_deref()).unwrap_or_default();
        match response.status {
            401 => unauthorized(response),
            403 => forbidden(response, said),
            404 if said == "404 Not Found" => Self::UnknownRoute,
            404 => Self::NotFound,
            429 => Self::RateLimited { retry_after: response.retry_after },
            400 | 405 | 409 | 422 => invalid(response, said),
            status => Self::Other { status, said: response.message.clone() },
        }
    }
}

/// Why GitLab refused to test a hook (422), or failed to. The texts are GitLab's or the receiver's.
/// gitlab: app/services/test_hooks, lib/api/hooks/trigger_test.rb
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TestRefusal {
    /// The project or group has no data to make an example from.
    NoSample { said: String },
    /// A fine-grained token lacks the permission for tests.
    NotPermitted,
    /// GitLab is in Silent Mode and sends nothing.
    SilentMode,
    /// This kind of hook has no test.
    NotAvailable { said: String },
    /// GitLab may not send requests to the hook's address.
    UrlBlocked { said: String },
    /// GitLab's server cannot resolve the name of the hook's host.
    Unresolved { said: String },
    /// The receiver did not respond with 2xx, or not at all; the text may be empty.
    Failed { said: String },
}

/// What GitLab and its HTTP client say where a name has no address. gitlab: gems/gitlab-http/lib/gitlab/http_v2/url_blocker.rb
const UNRESOLVED: [&str; 4] =
    ["cannot be resolved", "getaddrinfo", "name or service not known", "failure in name resolution"];

impl TestRefusal {
    pub(crate) fn parse(said: &str) -> Self {
        let (text, said) = (said.to_lowercase(), said.to_owned());
        if text.starts_with("ensure the") {
            Self::NoSample { said }
        } else if text.contains("silent mode") {
            Self::SilentMode
        } else if text.contains("testing not available") {
            Self::NotAvailable { said }
        } else if UNRESOLVED.iter().any(|part| text.contains(part)) {
            Self::Unresolved { said }
        } else if ["blocked", "not allowed", "allow list"].iter().any(|part| text.contains(part)) {
            Self::UrlBlocked { said }
        } else {
            Self::Failed { said }
        }
    }
}

fn unauthorized(response: &ErrorResponse) -> ApiRefusal {
    let described = response.error_description.as_deref().unwrap_or_default();
    match response.error.as_deref() {
        Some("dpop_error") => ApiRefusal::DpopRequired,
        Some("invalid_client") => ApiRefusal::InvalidClient,
        Some("invalid_token") if described.contains("expired") => ApiRefusal::TokenExpired,
        Some("invalid_token") if described.contains("revoked") => ApiRefusal::TokenRevoked,
        Some("invalid_token") if described.contains("impersonation") => ApiRefusal::ImpersonationDisabled,
        _ => ApiRefusal::TokenUnknown,
    }
}

fn forbidden(response: &ErrorResponse, said: &str) -> ApiRefusal {
    if response.error.as_deref() == Some("insufficient_scope") {
        let scopes = response.scope.as_deref().unwrap_or_default();
        return ApiRefusal::InsufficientScope { acceptable: scopes.split_whitespace().map(str::to_owned).collect() };
    }
    if response.error.as_deref() == Some("insufficient_granular_scope") {
        return ApiRefusal::MissingPermission { named: named_permissions(said) };
    }
    if said.contains("read-only instance") || said.to_lowercase().contains("maintenance mode") {
        return ApiRefusal::ReadOnly;
    }
    if let Some(problem) = AccountProblem::parse(said) {
        let said = said.strip_prefix("403 Forbidden - ").unwrap_or(said).to_owned();
        return ApiRefusal::Account { problem, said };
    }
    if response.may_lack.is_some() {
        return ApiRefusal::MissingPermission { named: Vec::new() };
    }
    let reason = said.strip_prefix("403 Forbidden").unwrap_or(said).trim_start_matches([' ', '-']);
    ApiRefusal::Forbidden { reason: Some(reason.to_owned()).filter(|reason| !reason.is_empty()) }
}

/// The permissions in `… with the following project permissions: [Webhook: Read].`
/// gitlab: app/services/authz/tokens/authorize_granular_scopes_service.rb
fn named_permissions(said: &str) -> Vec<String> {
    let listed = said.split_once('[').and_then(|(_, rest)| rest.split(']').next()).unwrap_or_default();
    listed.split(", ").filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn invalid(response: &ErrorResponse, said: &str) -> ApiRefusal {
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
        ApiRefusal::Invalid { fields: response.fields.clone(), said: said_of() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, change: impl FnOnce(&mut ErrorResponse)) -> ApiRefusal {
        let mut answer = ErrorResponse { status, ..ErrorResponse::default() };
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
    fn the_refusal_of_a_token_has_its_reason() {
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
    fn rights_routes_and_limits_are_distinguished() {
        let invalid = |said: &str| ApiRefusal::Invalid { fields: Vec::new(), said: said.to_owned() };
        for (status, text, wanted) in [
            (403, "403 Forbidden", ApiRefusal::Forbidden { reason: None }),
            (
                403,
                "403 Forbidden - Your account has been blocked.",
                ApiRefusal::Account {
                    problem: AccountProblem::Blocked,
                    said: "Your account has been blocked.".to_owned(),
                },
            ),
            (
                403,
                "403 Forbidden - Not on a Sunday",
                ApiRefusal::Forbidden { reason: Some("Not on a Sunday".to_owned()) },
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
    fn a_fine_grained_token_is_told_which_permission_it_lacks() {
        let said = "Access denied: This operation requires a fine-grained personal access token with the following group \
                    permissions: [Group: Read, Webhook: Read].";
        let named = ["Group: Read", "Webhook: Read"].map(str::to_owned).to_vec();
        assert_eq!(oauth(403, "insufficient_granular_scope", said), ApiRefusal::MissingPermission { named });
        let unsupported = "Access denied: This operation doesn't support fine-grained personal access tokens.";
        let none = ApiRefusal::MissingPermission { named: Vec::new() };
        assert_eq!(oauth(403, "insufficient_granular_scope", unsupported), none);
        let bare = |may_lack: Option<&str>| {
            of(403, |answer| {
                answer.message = Some("403 Forbidden".to_owned());
                answer.may_lack = may_lack.map(str::to_owned);
            })
        };
        assert_eq!(bare(Some("Webhook: Read")), none);
        assert_eq!(bare(None), ApiRefusal::Forbidden { reason: None });
    }

    #[test]
    fn an_insufficient_scope_names_those_that_are_enough() {
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
