//! Authentication: GitLab's token guard, with its exact errors.
//!
//! gitlab: lib/api/api_guard.rb, lib/gitlab/auth/auth_finders.rb

use axum::body::Bytes;
use axum::extract::{FromRequest, OriginalUri, Request};
use axum::http::{HeaderMap, Method, StatusCode, header};

use super::GitLab;
use super::error::ApiError;
use super::granular;
use super::params::Params;
use super::secrets::Digest;
use super::state::{GitLabState, OauthToken, StoredToken, StoredUser};

/// What most of the API accepts; scopes that begin with `read_` open only reads.
pub(crate) const API: &[&str] = &["api", "read_api"];
/// What `/user`, `/users` and `/metadata` accept.
pub(crate) const READ_USER: &[&str] = &["read_user", "api", "read_api"];
/// Any scope is accepted.
pub(crate) const ANY: &[&str] = &[];

/// An API request with its parameters, before authentication. It holds the token, so it is not `Debug`.
#[derive(Clone)]
pub(crate) struct Call {
    pub method: Method,
    /// Below the relative root, as `/api/v4/projects`.
    pub path: String,
    pub params: Params,
    pub headers: HeaderMap,
}

/// The user of a request whose token passed the guard.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub user: u64,
    /// Whether the caller is an effective admin: with Admin Mode on, the token needs the scope `admin_mode`.
    pub admin: bool,
    pub credential: Credential,
}

/// The id of the token, by its kind.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Credential {
    Personal(u64),
    Oauth(u64),
}

impl FromRequest<GitLab> for Call {
    type Rejection = ApiError;

    async fn from_request(request: Request, gitlab: &GitLab) -> Result<Self, ApiError> {
        let uri = match request.extensions().get::<OriginalUri>() {
            Some(original) => original.0.clone(),
            None => request.uri().clone(),
        };
        let path = uri.path().strip_prefix(gitlab.root()).unwrap_or(uri.path()).to_owned();
        let (method, headers) = (request.method().clone(), request.headers().clone());
        let too_large = |_| ApiError::error(StatusCode::PAYLOAD_TOO_LARGE, "413 Request Entity Too Large");
        let body = Bytes::from_request(request, gitlab).await.map_err(too_large)?;
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let params = Params::read(uri.query(), content_type, &body)?;
        Ok(Self { method, path, params, headers })
    }
}

impl Call {
    /// The caller, who must have a token that covers the API.
    ///
    /// # Errors
    /// GitLab's 401s and 403s.
    pub(crate) fn require(&self, gitlab: &GitLab) -> Result<Caller, ApiError> {
        self.require_scope(gitlab, API)
    }

    /// The caller, who must have a token with one of these scopes.
    ///
    /// # Errors
    /// GitLab's 401s and 403s.
    pub(crate) fn require_scope(&self, gitlab: &GitLab, acceptable: &[&str]) -> Result<Caller, ApiError> {
        self.identify(gitlab, acceptable)?.ok_or_else(ApiError::unauthorized)
    }

    /// The caller, who must be an effective admin.
    ///
    /// # Errors
    /// GitLab's 401s and 403s; the 403 is the same for a missing Admin Mode and a missing right.
    pub(crate) fn require_admin(&self, gitlab: &GitLab) -> Result<Caller, ApiError> {
        let caller = self.require(gitlab)?;
        if caller.admin { Ok(caller) } else { Err(ApiError::forbidden()) }
    }

    /// The caller, or `None` without a token: for resources that may be public.
    ///
    /// # Errors
    /// GitLab's 401s and 403s for an invalid token.
    pub(crate) fn identify(&self, gitlab: &GitLab, acceptable: &[&str]) -> Result<Option<Caller>, ApiError> {
        let guard = TokenGuard { gitlab, call: self, acceptable };
        let mut state = gitlab.lock();
        let state = &mut *state;
        let (bearer, private) = (self.bearer(), self.private_token());
        let oauth = bearer.as_deref().and_then(|value| state.oauth_values.get(&Digest::of(value)).copied());
        if let Some(id) = oauth {
            return guard.oauth_caller(state, id).map(Some);
        }
        let Some(value) = private.or(bearer) else { return Ok(None) };
        let id = state.token_values.get(&Digest::of(&value)).copied().ok_or_else(ApiError::unauthorized)?;
        guard.personal_caller(state, id).map(Some)
    }

    /// `X-Gitlab-Event-UUID`: webhooks that the request itself fires carry it on.
    pub(crate) fn event_uuid(&self) -> Option<String> {
        self.headers.get("x-gitlab-event-uuid").and_then(|value| value.to_str().ok()).map(str::to_owned)
    }

    fn bearer(&self) -> Option<String> {
        let header = self.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let value = header.and_then(|value| value.strip_prefix("Bearer ")).map(|value| value.trim().to_owned());
        value.or_else(|| self.params.text("access_token").ok().flatten()).filter(|value| !value.is_empty())
    }

    fn private_token(&self) -> Option<String> {
        let header = || self.headers.get("private-token").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let parameter = self.params.text("private_token").ok().flatten().filter(|value| !value.is_empty());
        parameter.or_else(header).filter(|value| !value.is_empty())
    }
}

/// The checks of one token against one request.
struct TokenGuard<'a> {
    gitlab: &'a GitLab,
    call: &'a Call,
    /// The scopes of which the token needs one; empty if any scope is accepted.
    acceptable: &'a [&'a str],
}

impl TokenGuard<'_> {
    /// Expired before revoked before scopes before impersonation, as AccessTokenValidationService orders them.
    fn personal_caller(&self, state: &mut GitLabState, id: u64) -> Result<Caller, ApiError> {
        let now = self.gitlab.clock().now();
        let token = state.tokens.get(&id).ok_or_else(ApiError::unauthorized)?;
        if state.settings.disable_personal_access_tokens {
            return Err(ApiError::unauthorized());
        }
        if token.is_expired(self.gitlab.clock().today()) {
            return Err(expired());
        }
        if token.revoked {
            if self.call.path.ends_with("/rotate") {
                state.revoke_family(id);
            }
            return Err(revoked());
        }
        let used = self.check_scopes(state, token)?;
        if token.impersonation && state.quirks.impersonation_disabled {
            return Err(invalid_token("Token is an impersonation token but impersonation was disabled."));
        }
        let caller = caller_of(state, token.user, Credential::Personal(id), &token.scopes)?;
        if let Some(token) = state.tokens.get_mut(&id) {
            token.last_used_at = Some(now);
        }
        state.used_permissions.extend(used);
        Ok(caller)
    }

    fn oauth_caller(&self, state: &GitLabState, id: u64) -> Result<Caller, ApiError> {
        let token: &OauthToken = state.oauth_tokens.get(&id).ok_or_else(ApiError::unauthorized)?;
        if token.expires_at() <= self.gitlab.clock().now() {
            return Err(expired());
        }
        if token.revoked {
            return Err(revoked());
        }
        self.check_coverage(&token.scopes)?;
        let user = token.user.ok_or_else(ApiError::unauthorized)?;
        caller_of(state, user, Credential::Oauth(id), &token.scopes)
    }

    /// The permissions of a fine-grained token are not in its scopes; returns the one that is used.
    fn check_scopes(
        &self,
        state: &GitLabState,
        token: &StoredToken,
    ) -> Result<Option<(&'static str, String)>, ApiError> {
        if token.granular {
            return granular::authorize(self.gitlab, state, token, self.call).map(Some);
        }
        self.check_coverage(&token.scopes).map(|()| None)
    }

    fn check_coverage(&self, scopes: &[String]) -> Result<(), ApiError> {
        let acceptable = self.acceptable;
        let reading = matches!(self.call.method, Method::GET | Method::HEAD);
        let opens = |scope: &&str| reading || !scope.starts_with("read_");
        let covered = acceptable.iter().filter(|scope| opens(scope)).any(|scope| scopes.iter().any(|own| own == scope));
        if covered || acceptable.is_empty() { Ok(()) } else { Err(ApiError::insufficient_scope(acceptable)) }
    }
}

fn caller_of(state: &GitLabState, user: u64, credential: Credential, scopes: &[String]) -> Result<Caller, ApiError> {
    let user: &StoredUser = state.users.get(&user).ok_or_else(ApiError::unauthorized)?;
    if let Some(reason) = user.state.refusal(&user.username, state.link("").trim_end_matches('/')) {
        return Err(ApiError::forbidden_because(&reason));
    }
    let admin = user.admin && (!state.settings.admin_mode || scopes.iter().any(|scope| scope == "admin_mode"));
    Ok(Caller { user: user.id, admin, credential })
}

fn expired() -> ApiError {
    invalid_token("Token is expired. You can either do re-authorization or token refresh.")
}

fn revoked() -> ApiError {
    invalid_token("Token was revoked. You have to re-authorize from the user.")
}

fn invalid_token(description: &str) -> ApiError {
    ApiError::guard(StatusCode::UNAUTHORIZED, "invalid_token", description)
}
