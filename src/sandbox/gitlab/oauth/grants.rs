//! `/oauth/token`: grant type, then required parameters, then the client, then the rest.
//!
//! doorkeeper: lib/doorkeeper/oauth/*_request.rb

use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use sha2::{Digest as _, Sha256};

use super::client::{authenticate, has_client_id, text};
use super::{NewOauthToken, OauthError, device, issue, no_store};
use crate::sandbox::gitlab::GitLab;
use crate::sandbox::gitlab::auth::Call;
use crate::sandbox::gitlab::quirks::ClientCredentials;
use crate::sandbox::gitlab::redirect_uri::is_registered;
use crate::sandbox::gitlab::scopes;
use crate::sandbox::gitlab::secrets::Digest;
use crate::sandbox::gitlab::state::{AccessGrant, GitLabState, StoredApplication};

const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// How long an authorization code can be exchanged.
const CODE_LIFE: SignedDuration = SignedDuration::from_mins(10);

/// A user's consent to an authorization request. Adding one takes the place of the page in the browser.
#[derive(Clone, Debug)]
pub struct GrantSpec {
    /// The application's and the user's ids.
    pub application: u64,
    pub user: u64,
    pub redirect_uri: String,
    pub scopes: Vec<String>,
    pub code_challenge: Option<CodeChallenge>,
}

/// What the verifier of the exchange has to fit (PKCE).
#[derive(Clone, Debug)]
pub enum CodeChallenge {
    S256(String),
    Plain(String),
}

impl CodeChallenge {
    fn fits(&self, verifier: &str) -> bool {
        match self {
            Self::S256(challenge) => URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == *challenge,
            Self::Plain(challenge) => verifier == challenge,
        }
    }
}

#[cfg(test)]
impl GitLab {
    /// Adds an authorization code and returns its value.
    pub(crate) fn add_grant(&self, spec: GrantSpec) -> String {
        let code = crate::sandbox::gitlab::secrets::hex64();
        let now = self.clock().now();
        self.lock().grants.push(AccessGrant { spec, created_at: now, code: Digest::of(&code) });
        code
    }
}

pub(in super::super) async fn token(Shared(gitlab): Shared<GitLab>, call: Call) -> Result<Response, OauthError> {
    let kind = text(&call, "grant_type").ok_or_else(|| OauthError::missing("grant_type"))?;
    let mut state = gitlab.lock();
    // The refresh token stays as it is. gitlab: app/controllers/oauth/tokens_controller.rb
    if state.quirks.organization_maintenance && matches!(kind.as_str(), "authorization_code" | "refresh_token") {
        return Err(OauthError::new("temporarily_unavailable"));
    }
    let answer = match kind.as_str() {
        "authorization_code" => authorization_code(&gitlab, &mut state, &call),
        "refresh_token" => refresh_token(&mut state, &call),
        "client_credentials" => client_credentials(&gitlab, &mut state, &call),
        // Removed from self-managed instances in 19.0.
        "password" if !gitlab.is_at_least(19, 0) => password(&gitlab, &mut state, &call),
        DEVICE if device::is_available(&gitlab, &state) => device::exchange(&gitlab, &mut state, &call),
        _ => Err(OauthError::new("unsupported_grant_type")),
    };
    answer.map(|wanted| no_store(issue(&gitlab, &mut state, wanted)))
}

/// A code works once; a failed exchange does not use it up.
fn authorization_code(gitlab: &GitLab, state: &mut GitLabState, call: &Call) -> Result<NewOauthToken, OauthError> {
    let code = Digest::of(&text(call, "code").ok_or_else(|| OauthError::missing("code"))?);
    let place = state.grants.iter().position(|grant| grant.code == code);
    let grant = place.and_then(|place| state.grants.get(place));
    let verifier = text(call, "code_verifier");
    if grant.is_some_and(|grant| grant.spec.code_challenge.is_some()) && verifier.is_none() {
        return Err(OauthError::missing("code_verifier"));
    }
    let redirect_uri = text(call, "redirect_uri").ok_or_else(|| OauthError::missing("redirect_uri"))?;
    let application = authenticate(state, call)?.id;
    let now = gitlab.clock().now();
    let good = |grant: &&AccessGrant| {
        grant.spec.application == application
            && grant.created_at.duration_until(now) < CODE_LIFE
            && is_registered(&grant.spec.redirect_uri, &redirect_uri)
            && grant
                .spec
                .code_challenge
                .as_ref()
                .is_none_or(|challenge| verifier.as_ref().is_some_and(|verifier| challenge.fits(verifier)))
    };
    let spec = grant.filter(good).map(|grant| grant.spec.clone()).ok_or_else(|| OauthError::new("invalid_grant"))?;
    if let Some(place) = place {
        state.grants.remove(place);
    }
    Ok(NewOauthToken { application: Some(application), user: Some(spec.user), scopes: spec.scopes })
}

/// The refresh token is checked before the client; it is revoked together with its access token.
fn refresh_token(state: &mut GitLabState, call: &Call) -> Result<NewOauthToken, OauthError> {
    let value = Digest::of(&text(call, "refresh_token").ok_or_else(|| OauthError::missing("refresh_token"))?);
    let id = state.refresh_values.get(&value).copied();
    let live = id.and_then(|id| state.oauth_tokens.get(&id)).filter(|token| !token.revoked);
    let token = live.ok_or_else(|| OauthError::new("invalid_grant"))?;
    let client = if has_client_id(call) { Some(authenticate(state, call)?.id) } else { None };
    if token.application.is_some() && token.application != client {
        return Err(OauthError::new("invalid_grant"));
    }
    let scopes = match text(call, "scope") {
        Some(scope) => words(&scope),
        None => token.scopes.clone(),
    };
    if !scopes.iter().all(|scope| token.scopes.contains(scope)) {
        return Err(OauthError::new("invalid_scope"));
    }
    let (id, wanted) = (token.id, NewOauthToken { application: token.application, user: token.user, scopes });
    if let Some(token) = state.oauth_tokens.get_mut(&id) {
        token.revoked = true;
    }
    Ok(wanted)
}

/// A token without a user. GitLab does not document this grant but has it.
fn client_credentials(gitlab: &GitLab, state: &mut GitLabState, call: &Call) -> Result<NewOauthToken, OauthError> {
    let application = authenticate(state, call)?;
    let scopes = allowed_scopes(gitlab, application, call)?;
    if state.quirks.client_credentials == ClientCredentials::ServerError {
        return Err(OauthError::Page(StatusCode::INTERNAL_SERVER_ERROR));
    }
    Ok(NewOauthToken { application: Some(application.id), user: None, scopes })
}

fn password(gitlab: &GitLab, state: &mut GitLabState, call: &Call) -> Result<NewOauthToken, OauthError> {
    let optional = state.settings.ropc_without_client_credentials && !has_client_id(call);
    let application = if optional { None } else { Some(authenticate(state, call)?) };
    let given = text(call, "password").map(|password| Digest::of(&password));
    let name = text(call, "username").unwrap_or_default();
    let owner = state.users.values().find(|user| user.username == name && given.is_some() && user.password == given);
    let user = owner.map(|user| user.id).ok_or_else(|| OauthError::new("invalid_grant"))?;
    let scopes = match application {
        Some(application) => allowed_scopes(gitlab, application, call)?,
        None => requested(call),
    };
    Ok(NewOauthToken { application: application.map(|application| application.id), user: Some(user), scopes })
}

/// The requested scopes, `api` by default. Each has to be the application's; an application without scopes has all.
///
/// # Errors
/// `invalid_scope`, even if only one of several is not allowed.
pub(super) fn allowed_scopes(
    gitlab: &GitLab,
    application: &StoredApplication,
    call: &Call,
) -> Result<Vec<String>, OauthError> {
    let scopes = requested(call);
    let own = |scope: &String| application.scopes.is_empty() || application.scopes.contains(scope);
    let good = |scope: &String| own(scope) && scopes::known(gitlab).any(|known| known == scope);
    if scopes.iter().all(good) { Ok(scopes) } else { Err(OauthError::new("invalid_scope")) }
}

/// The scopes of the request; the server's default is `api`.
pub(super) fn requested(call: &Call) -> Vec<String> {
    words(&text(call, "scope").unwrap_or_else(|| "api".into()))
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}
