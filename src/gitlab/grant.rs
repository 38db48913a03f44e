//! An OAuth grant of a user to Factory's application on GitLab.com: authorization code with PKCE, or the device flow.
//!
//! The application is a public client, so it has an ID and no secret. gitlab: config/initializers/doorkeeper.rb

use std::time::Duration;

use jiff::Timestamp;
use oauth2::basic::{BasicClient, BasicErrorResponse, BasicErrorResponseType, BasicTokenResponse};
use oauth2::{
    AuthUrl, ClientId, CsrfToken, DeviceAuthorizationUrl, DeviceCodeErrorResponse, DeviceCodeErrorResponseType,
    EndpointNotSet, EndpointSet, ErrorResponse, PkceCodeChallenge, RedirectUrl, RequestTokenError, Scope,
    StandardDeviceAuthorizationResponse, TokenResponse as _, TokenUrl,
};
use serde::{Deserialize, Deserializer};
use url::Url;
use zeroize::Zeroizing;

use super::Error;
use crate::cloud::CloudAccount;
use crate::http::{self, Cause, Client, InFlight, OAuth2Client, OAuthState, Repeat, Request};
use crate::instance::InstanceUrl;
use crate::secret::{AccessToken, AuthorizationCode, DeviceCode, PkceVerifier, RefreshToken, Secret, SecretKind};

/// The bytes of a verifier: 64 characters in base64. GitLab counts shorter ones than 43 "before enforcing".
const VERIFIER_BYTES: u32 = 48;

/// What a user granted Factory's application. Whoever has it acts as the user.
#[derive(Clone, Debug)]
pub struct Grant {
    pub access_token: AccessToken,
    pub refresh_token: RefreshToken,
    pub scopes: Vec<String>,
    /// Of the access token; the refresh token has no end of its own.
    pub expires_at: Option<Timestamp>,
}

/// Why there is no grant.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// `access_denied`: the user said no.
    #[error("the authorization was denied in the browser")]
    Denied,
    #[error("the device code has expired")]
    Expired,
    /// 404, or `access_denied` before any code was given: applications made from 18.11 on have the device grant switched off.
    #[error("GitLab does not allow the device flow for this application")]
    DeviceNotAllowed,
    #[error("GitLab refused: {error}{}", described(.description.as_ref()))]
    Refused { error: String, description: Option<String> },
    #[error(transparent)]
    Request(#[from] Error),
    #[error("GitLab's answer cannot be read as {0}")]
    Unreadable(&'static str),
    /// The user has consented, and GitLab's answer is not all that Factory needs.
    #[error("GitLab's answer cannot be read as {what}")]
    Unusable { what: &'static str, tokens: UnusableTokens },
}

/// What became of the tokens of a grant that cannot be used: each of them acts as the user.
#[derive(Debug)]
pub enum UnusableTokens {
    Revoked,
    NotRevoked(Error),
    /// None can be read.
    Unreadable,
}

/// The tokens of an answer, as far as they can be read.
#[derive(Default, Deserialize)]
struct TokensWire {
    #[serde(default, deserialize_with = "if_readable")]
    access_token: Option<AccessToken>,
    #[serde(default, deserialize_with = "if_readable")]
    refresh_token: Option<RefreshToken>,
}

fn if_readable<'de, D: Deserializer<'de>, K: SecretKind>(deserializer: D) -> Result<Option<Secret<K>>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(value.as_str().and_then(|text| Secret::new(text).ok()))
}

fn described(description: Option<&String>) -> String {
    description.map(|text| format!(" ({text})")).unwrap_or_default()
}

/// An authorization that was begun: the address to open, and what its answer is checked and exchanged with.
#[derive(Debug)]
pub struct Authorization {
    pub url: Url,
    pub state: OAuthState,
    verifier: PkceVerifier,
    redirect_uri: String,
}

/// A device authorization that was begun.
#[derive(Debug)]
pub struct DeviceAuthorization {
    /// Where the user enters the code.
    pub page: Url,
    pub user_code: String,
    /// The page with the code filled in, where GitLab gives it.
    pub complete_page: Option<Url>,
    pub expires_in: Duration,
    details: StandardDeviceAuthorizationResponse,
    /// Held so that it is redacted.
    _code: DeviceCode,
}

type Endpoints = BasicClient<EndpointSet, EndpointSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

/// Factory's application on an instance.
#[derive(Clone)]
pub struct GrantClient {
    http: Client,
    instance: InstanceUrl,
    client_id: String,
    in_flight: InFlight,
}

#[derive(Deserialize)]
struct AccountWire {
    id: u64,
    username: String,
    #[serde(default)]
    name: Option<String>,
}

impl GrantClient {
    #[must_use]
    pub fn new(http: Client, instance: InstanceUrl, client_id: String) -> Self {
        Self { http: http.for_gitlab(instance.url()), instance, client_id, in_flight: InFlight::default() }
    }

    /// Waits until no request is on its way that may bring a grant.
    pub async fn idle(&self) {
        self.in_flight.ends().await;
    }

    fn endpoints(&self) -> Endpoints {
        let page = |path: &str| self.instance.page(path);
        BasicClient::new(ClientId::new(self.client_id.clone()))
            .set_auth_uri(AuthUrl::from_url(page("/oauth/authorize")))
            .set_device_authorization_url(DeviceAuthorizationUrl::from_url(page("/oauth/authorize_device")))
            .set_token_uri(TokenUrl::from_url(page("/oauth/token")))
    }

    /// The address that the user opens, with a challenge and a state of this run. Sends nothing.
    ///
    /// # Errors
    /// When the redirect URI is not an address.
    pub fn authorize(&self, redirect_uri: &str, scopes: &[String]) -> Result<Authorization, GrantError> {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256_len(VERIFIER_BYTES);
        let redirect = redirect(redirect_uri)?;
        let endpoints = self.endpoints();
        let request =
            endpoints.authorize_url(CsrfToken::new_random).set_redirect_uri(std::borrow::Cow::Owned(redirect));
        let request = request.add_scopes(scopes.iter().cloned().map(Scope::new)).set_pkce_challenge(challenge);
        let (url, state) = request.url();
        let verifier = PkceVerifier::new(verifier.secret()).map_err(|_| GrantError::Unreadable("a verifier"))?;
        Ok(Authorization {
            url,
            state: OAuthState::new(state.secret()),
            verifier,
            redirect_uri: redirect_uri.to_owned(),
        })
    }

    /// Exchanges the code for a grant. A code works once, so this is not sent again after a lost answer.
    ///
    /// # Errors
    /// [`GrantError`].
    pub async fn exchange(&self, authorization: &Authorization, code: &AuthorizationCode) -> Result<Grant, GrantError> {
        let client = OAuth2Client::new(self.http.clone(), Repeat::Write).saying(&self.in_flight);
        let endpoints = self.endpoints().set_redirect_uri(redirect(&authorization.redirect_uri)?);
        let request = endpoints
            .exchange_code(http::authorization_code(code))
            .set_pkce_verifier(http::pkce_verifier(&authorization.verifier));
        self.granted(request.request_async(&client).await, refused).await
    }

    /// Begins the device flow.
    ///
    /// # Errors
    /// [`GrantError`].
    pub async fn begin_device(&self, scopes: &[String]) -> Result<DeviceAuthorization, GrantError> {
        // An unused code ends by itself.
        let client = OAuth2Client::new(self.http.clone(), Repeat::Idempotent).amending(make_times_sane);
        let endpoints = self.endpoints();
        let request = endpoints.exchange_device_code().add_scopes(scopes.iter().cloned().map(Scope::new));
        let details: StandardDeviceAuthorizationResponse = match request.request_async(&client).await {
            Ok(details) => details,
            Err(RequestTokenError::ServerResponse(said)) => return Err(device_refused(&said)),
            Err(RequestTokenError::Request(error)) if is_missing(&error) => return Err(GrantError::DeviceNotAllowed),
            Err(RequestTokenError::Request(error)) => return Err(error.into()),
            Err(RequestTokenError::Parse(..) | RequestTokenError::Other(_)) => {
                return Err(GrantError::Unreadable("a device code"));
            }
        };
        let unreadable = || GrantError::Unreadable("a device code");
        let on_instance = |url: &Url| {
            url.origin() == self.instance.url().origin() && url.username().is_empty() && url.password().is_none()
        };
        let complete = details.verification_uri_complete().and_then(|uri| uri.secret().parse().ok());
        Ok(DeviceAuthorization {
            page: Some(details.verification_uri().url().clone()).filter(on_instance).ok_or_else(unreadable)?,
            user_code: details.user_code().secret().clone(),
            complete_page: complete.filter(on_instance),
            expires_in: details.expires_in(),
            _code: DeviceCode::new(details.device_code().secret()).map_err(|_| unreadable())?,
            details,
        })
    }

    /// Polls until the user has decided. It goes on after failed requests, but for a refusal of a proxy or firewall; the
    /// caller has a time limit.
    ///
    /// # Errors
    /// [`GrantError`].
    pub async fn poll_device(&self, device: &DeviceAuthorization) -> Result<Grant, GrantError> {
        let client = OAuth2Client::new(self.http.clone(), Repeat::Once).saying(&self.in_flight);
        let (endpoints, clock) = (self.endpoints(), self.http.clock());
        let polling = endpoints.exchange_device_access_token(&device.details).request_async(
            &client,
            move |pause| clock.sleep(pause),
            // The caller's limit and GitLab's `expired_token` end it.
            Some(LONGEST_POLL),
        );
        let polled = tokio::select! {
            polled = polling => polled,
            error = client.refusal() => return Err(error.into()),
        };
        self.granted(polled, poll_refused).await
    }

    /// The grant of an answer. The tokens of one that cannot be used are revoked.
    async fn granted<E: ErrorResponse + 'static>(
        &self,
        answered: Result<BasicTokenResponse, RequestTokenError<Error, E>>,
        refused: fn(&E) -> GrantError,
    ) -> Result<Grant, GrantError> {
        let (what, tokens) = match answered {
            Ok(granted) => match self.grant(&granted) {
                Ok(grant) => return Ok(grant),
                Err(what) => (what, tokens_of(&granted)),
            },
            Err(RequestTokenError::ServerResponse(said)) => return Err(refused(&said)),
            Err(RequestTokenError::Request(error)) => return Err(error.into()),
            Err(RequestTokenError::Parse(_, body)) => {
                ("a grant", serde_json::from_slice(&Zeroizing::new(body)).unwrap_or_default())
            }
            Err(RequestTokenError::Other(_)) => ("a grant", TokensWire::default()),
        };
        Err(GrantError::Unusable { what, tokens: self.revoke_unusable(tokens).await })
    }

    async fn revoke_unusable(&self, tokens: TokensWire) -> UnusableTokens {
        // Waited for as a grant on its way is.
        let _until_revoked = self.in_flight.begin();
        let TokensWire { access_token, refresh_token } = tokens;
        let mut outcome = UnusableTokens::Unreadable;
        if let Some(token) = refresh_token {
            outcome =
                self.revoke_token(&token).await.map_or_else(UnusableTokens::NotRevoked, |()| UnusableTokens::Revoked);
        }
        // Either of them ends both, if GitLab accepts it.
        match access_token {
            Some(token) if !matches!(outcome, UnusableTokens::Revoked) => {
                self.revoke_token(&token).await.map_or_else(UnusableTokens::NotRevoked, |()| UnusableTokens::Revoked)
            }
            Some(_) | None => outcome,
        }
    }

    /// What an answer lacks, where it is not a grant.
    fn grant(&self, granted: &BasicTokenResponse) -> Result<Grant, &'static str> {
        let refresh = granted.refresh_token().ok_or("a grant with a refresh token")?;
        let unreadable = |_| "a grant";
        let scopes = granted.scopes().ok_or("a grant with its scopes")?;
        let scopes = scopes.iter().flat_map(|scope| scope.split(' ').map(str::to_owned)).collect();
        let now = self.http.clock().now();
        Ok(Grant {
            access_token: AccessToken::new(granted.access_token().secret()).map_err(unreadable)?,
            refresh_token: RefreshToken::new(refresh.secret()).map_err(unreadable)?,
            scopes,
            expires_at: granted.expires_in().and_then(|life| now.checked_add(life).ok()),
        })
    }

    /// Who granted it.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn account(&self, grant: &Grant) -> Result<CloudAccount, Error> {
        let request = Request::get(self.instance.api("/user")).oauth_token(&grant.access_token);
        let response = self.http.send(&request).await?;
        let wire: AccountWire = response.json("an account")?;
        if wire.username.trim().is_empty() {
            return Err(response.decode_error("an account", "its user name is empty"));
        }
        Ok(CloudAccount { id: wire.id, username: wire.username, name: wire.name.unwrap_or_default() })
    }

    /// Ends a grant: revoking the refresh token ends its access token too.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn revoke(&self, grant: &Grant) -> Result<(), Error> {
        self.revoke_token(&grant.refresh_token).await
    }

    async fn revoke_token<K: SecretKind>(&self, token: &Secret<K>) -> Result<(), Error> {
        let url = self.instance.page("/oauth/revoke");
        let request = Request::revoke_oauth(url, &self.client_id, token).repeat(Repeat::Idempotent);
        self.http.send(&request).await.map(drop)
    }
}

/// Longer than any code lives.
const LONGEST_POLL: Duration = Duration::from_secs(24 * 60 * 60);

/// A pause between two polls that is shorter or longer than these seconds is not meant, and one of 0 would poll without a pause.
const POLL_SECONDS: std::ops::RangeInclusive<u64> = 1..=60;

/// Gives a device's answer times that can be counted with.
fn make_times_sane(answer: &mut serde_json::Value) {
    let Some(fields) = answer.as_object_mut() else { return };
    for (name, seconds) in [("interval", POLL_SECONDS), ("expires_in", 0..=LONGEST_POLL.as_secs())] {
        if let Some(given) = fields.get(name).and_then(serde_json::Value::as_u64) {
            fields.insert(name.to_owned(), given.clamp(*seconds.start(), *seconds.end()).into());
        }
    }
}

fn tokens_of(granted: &BasicTokenResponse) -> TokensWire {
    TokensWire {
        access_token: Secret::new(granted.access_token().secret()).ok(),
        refresh_token: granted.refresh_token().and_then(|token| Secret::new(token.secret()).ok()),
    }
}

fn redirect(uri: &str) -> Result<RedirectUrl, GrantError> {
    RedirectUrl::new(uri.to_owned()).map_err(|_| GrantError::Unreadable("a redirect URI"))
}

fn refused(said: &BasicErrorResponse) -> GrantError {
    GrantError::Refused { error: said.error().to_string(), description: said.error_description().cloned() }
}

fn device_refused(said: &BasicErrorResponse) -> GrantError {
    match said.error() {
        BasicErrorResponseType::UnauthorizedClient | BasicErrorResponseType::UnsupportedGrantType => {
            GrantError::DeviceNotAllowed
        }
        BasicErrorResponseType::Extension(code) if code == "access_denied" => GrantError::DeviceNotAllowed,
        _ => refused(said),
    }
}

fn poll_refused(said: &DeviceCodeErrorResponse) -> GrantError {
    match said.error() {
        DeviceCodeErrorResponseType::AccessDenied => GrantError::Denied,
        DeviceCodeErrorResponseType::ExpiredToken => GrantError::Expired,
        // An expired code is destroyed by the poll that finds it.
        DeviceCodeErrorResponseType::Basic(BasicErrorResponseType::InvalidGrant) => GrantError::Expired,
        other => GrantError::Refused { error: other.to_string(), description: said.error_description().cloned() },
    }
}

/// 404 or 405, also as a web page: this version has no device flow.
fn is_missing(error: &Error) -> bool {
    match error.cause.as_ref() {
        Cause::Status(answer) => matches!(answer.status, 404 | 405),
        Cause::UnexpectedPage { status, .. } => matches!(status, 404 | 405),
        _ => false,
    }
}

#[cfg(test)]
mod unusable;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::Env;
    use crate::http::ClientOptions;

    #[test]
    fn the_address_has_a_challenge_of_a_long_verifier_and_never_the_verifier() {
        let http = Client::new(&ClientOptions::default(), Env::empty().clock).expect("a client");
        let instance = "https://gitlab.com".parse().expect("a URL");
        let client = GrantClient::new(http, instance, "client-1".to_owned());
        let scopes = ["api", "read_user"].map(str::to_owned);
        let begun = client.authorize("http://127.0.0.1:5555/callback", &scopes).expect("an address");
        let query: std::collections::BTreeMap<String, String> = begun.url.query_pairs().into_owned().collect();
        assert_eq!(begun.verifier.expose().len(), 64);
        assert_eq!(query["code_challenge_method"], "S256");
        assert_eq!(query["scope"], "api read_user");
        assert_eq!(query["redirect_uri"], "http://127.0.0.1:5555/callback");
        assert_eq!(query["client_id"], "client-1");
        assert!(!begun.url.as_str().contains(begun.verifier.expose()));
        let other = client.authorize("http://127.0.0.1:5555/callback", &scopes).expect("an address");
        assert_ne!(begun.url, other.url, "state and challenge are of one run");
    }
}
