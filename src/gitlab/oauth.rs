//! Verifies an application's ID and secret, and finds out its scopes, without a user.

use futures_util::future::join_all;
use oauth2::basic::{BasicClient, BasicErrorResponse, BasicErrorResponseType, BasicRequestTokenError};
use oauth2::{
    AccessToken, AuthorizationCode, ClientId, EndpointNotSet, EndpointSet, IntrospectionUrl, RedirectUrl,
    RequestTokenError, Scope, TokenResponse as _, TokenUrl,
};

use super::{Error, PairValidity, ProbedScopes};
use crate::http::{self, Cause, Client, ErrorResponse, Method, OAuth2Client, OAuthPair, Repeat, Request};
use crate::instance::InstanceUrl;
use crate::secret::ApplicationSecret;

/// The OAuth endpoints of an instance. Clones share the connections.
#[derive(Clone)]
pub struct OAuth {
    http: Client,
    instance: InstanceUrl,
}

type Endpoints = BasicClient<EndpointNotSet, EndpointNotSet, EndpointSet, EndpointNotSet, EndpointSet>;

/// Not the name of any token, code or scope.
const JUNK: &str = "factory-gitlab-probe";

enum Grant {
    Granted,
    /// A 500, which some versions return for a scope that the application has.
    GrantedOrBroken,
    Denied,
}

impl OAuth {
    #[must_use]
    pub fn new(http: Client, instance: InstanceUrl) -> Self {
        Self { http: http.for_gitlab(instance.url()), instance }
    }

    /// Whether the pair authenticates, by introspecting a made-up token. Leaves nothing behind.
    ///
    /// # Errors
    /// Every outcome that proves nothing: network, 429, 5xx, a proxy's page.
    pub async fn verify_pair(&self, id: &str, secret: &ApplicationSecret) -> Result<PairValidity, Error> {
        let endpoints = self.endpoints(id, secret)?;
        let client = OAuth2Client::new(self.http.clone(), Repeat::Read);
        match endpoints.introspect(&AccessToken::new(JUNK.to_owned())).request_async(&client).await {
            Ok(_) => Ok(PairValidity::Valid),
            Err(RequestTokenError::ServerResponse(said)) if has_code(&said, &BasicErrorResponseType::InvalidClient) => {
                self.invalid_pair()
            }
            Err(RequestTokenError::Request(error)) if !is_missing_endpoint(&error) => Err(error),
            // Turned off or unclear: a made-up code proves the same.
            Err(_) => self.verify_by_code(&endpoints).await,
        }
    }

    async fn verify_by_code(&self, endpoints: &Endpoints) -> Result<PairValidity, Error> {
        let client = OAuth2Client::new(self.http.clone(), Repeat::Read);
        let redirect_uri =
            RedirectUrl::new(self.instance.to_string()).map_err(|_| self.unclear("the instance's address"))?;
        let endpoints = endpoints.clone().set_redirect_uri(redirect_uri);
        let outcome = endpoints.exchange_code(AuthorizationCode::new(JUNK.to_owned())).request_async(&client).await;
        match outcome {
            Err(RequestTokenError::ServerResponse(said)) => match said.error() {
                BasicErrorResponseType::InvalidGrant => Ok(PairValidity::Valid),
                BasicErrorResponseType::InvalidClient => self.invalid_pair(),
                _ => Err(self.refused(&said)),
            },
            Err(RequestTokenError::Request(error)) => Err(error),
            Ok(_) | Err(_) => Err(self.unclear("the response to a made-up code")),
        }
    }

    /// Which of the scopes the application has. One request when it has all; every token that this creates is revoked at
    /// once.
    ///
    /// # Errors
    /// 401 `invalid_client` for a wrong pair, and every outcome that proves nothing.
    pub async fn probe_scopes(
        &self,
        id: &str,
        secret: &ApplicationSecret,
        scopes: &[String],
    ) -> Result<ProbedScopes, Error> {
        let probe = Probe { oauth: self, endpoints: self.endpoints(id, secret)?, id, secret };
        if scopes.is_empty() || probe.has(scopes).await? {
            return Ok(ProbedScopes { present: scopes.to_vec(), missing: Vec::new() });
        }
        let answers = join_all(scopes.iter().map(|scope| probe.has(std::slice::from_ref(scope)))).await;
        let mut probed = ProbedScopes { present: Vec::new(), missing: Vec::new() };
        for (scope, has) in scopes.iter().zip(answers) {
            if has? { probed.present.push(scope.clone()) } else { probed.missing.push(scope.clone()) }
        }
        Ok(probed)
    }

    fn endpoints(&self, id: &str, secret: &ApplicationSecret) -> Result<Endpoints, Error> {
        let page = |path: &str| self.instance.page(path);
        Ok(BasicClient::new(ClientId::new(id.to_owned()))
            .set_client_secret(http::client_secret(secret))
            // Only in one way: newer versions refuse a pair that is sent twice.
            .set_auth_type(self.http.oauth_auth_type())
            .set_introspection_url(IntrospectionUrl::from_url(page("/oauth/introspect")))
            .set_token_uri(TokenUrl::from_url(page("/oauth/token"))))
    }

    /// What `invalid_client` means.
    fn invalid_pair(&self) -> Result<PairValidity, Error> {
        if self.http.judges_pair() {
            Ok(PairValidity::Invalid)
        } else {
            Err(self.failed(Cause::ForwardedAuthorization))
        }
    }

    fn unclear(&self, what: &str) -> Error {
        self.failed(Cause::Decode { expected: "an OAuth response", detail: format!("{what} proves nothing") })
    }

    fn refused(&self, said: &BasicErrorResponse) -> Error {
        if has_code(said, &BasicErrorResponseType::InvalidClient) && !self.http.judges_pair() {
            return self.failed(Cause::ForwardedAuthorization);
        }
        let code = said.error().to_string();
        let status = if code == "invalid_client" { 401 } else { 400 };
        let error_description = said.error_description().cloned();
        self.failed(Cause::Status(ErrorResponse {
            status,
            error: Some(code),
            error_description,
            ..ErrorResponse::default()
        }))
    }

    fn failed(&self, cause: Cause) -> Error {
        Request::write(Method::POST, self.instance.page("/oauth/token")).failed(cause)
    }
}

struct Probe<'a> {
    oauth: &'a OAuth,
    endpoints: Endpoints,
    id: &'a str,
    secret: &'a ApplicationSecret,
}

impl Probe<'_> {
    /// Whether the application has all of these scopes.
    async fn has(&self, scopes: &[String]) -> Result<bool, Error> {
        match self.grant(scopes).await? {
            Grant::Granted => Ok(true),
            Grant::Denied => Ok(false),
            // A 500 proves nothing unless an unknown scope is refused properly.
            Grant::GrantedOrBroken => match self.grant(&[JUNK.to_owned()]).await? {
                Grant::Denied => Ok(true),
                Grant::Granted | Grant::GrantedOrBroken => Err(self.oauth.unclear("status 500 for any scope")),
            },
        }
    }

    async fn grant(&self, scopes: &[String]) -> Result<Grant, Error> {
        let client = OAuth2Client::new(self.oauth.http.clone(), Repeat::Once);
        let scopes = scopes.iter().cloned().map(Scope::new);
        match self.endpoints.exchange_client_credentials().add_scopes(scopes).request_async(&client).await {
            Ok(granted) => {
                self.revoke(granted.access_token()).await;
                Ok(Grant::Granted)
            }
            Err(error) => self.not_granted(error),
        }
    }

    fn not_granted(&self, error: BasicRequestTokenError<Error>) -> Result<Grant, Error> {
        match error {
            RequestTokenError::ServerResponse(said) if has_code(&said, &BasicErrorResponseType::InvalidScope) => {
                Ok(Grant::Denied)
            }
            RequestTokenError::ServerResponse(said) => Err(self.oauth.refused(&said)),
            RequestTokenError::Request(error) if error.status() == Some(500) => Ok(Grant::GrantedOrBroken),
            RequestTokenError::Request(error) => Err(error),
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                Err(self.oauth.unclear("the response to a probe"))
            }
        }
    }

    /// Revokes the probe's token, which belongs to no user. If that fails it expires in two hours.
    async fn revoke(&self, token: &AccessToken) {
        let url = self.oauth.instance.page("/oauth/revoke");
        let (pair, how) = (OAuthPair { id: self.id, secret: self.secret }, self.oauth.http.oauth_auth_type());
        let request = Request::oauth_form(url, pair, &how, &[("token", token.secret())]);
        if let Err(error) = self.oauth.http.send(&request.repeat(Repeat::Read)).await {
            tracing::warn!(%error, "a probe's token could not be revoked");
        }
    }
}

fn has_code(said: &BasicErrorResponse, kind: &BasicErrorResponseType) -> bool {
    said.error() == kind
}

/// 404 or 405, also as a web page: this version, or a proxy, has no such endpoint.
fn is_missing_endpoint(error: &Error) -> bool {
    match error.cause.as_ref() {
        Cause::Status(answer) => matches!(answer.status, 404 | 405),
        Cause::UnexpectedPage { status, .. } => matches!(status, 404 | 405),
        _ => false,
    }
}
