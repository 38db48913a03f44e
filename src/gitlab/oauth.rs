//! Proves an application's ID and secret, and finds out its scopes, without a user (reference, 4.3 and 4.4).

use futures_util::future::join_all;
use oauth2::basic::{BasicClient, BasicErrorResponse, BasicErrorResponseType, BasicRequestTokenError};
use oauth2::{
    AccessToken, AuthType, AuthorizationCode, ClientId, EndpointNotSet, EndpointSet, IntrospectionUrl, RedirectUrl,
    RequestTokenError, Scope, TokenResponse as _, TokenUrl,
};

use super::{Error, Pair, ProbedScopes};
use crate::http::{self, Answer, Bridge, Cause, Client, Method, Repeat, Request};
use crate::instance::InstanceUrl;
use crate::secret::ApplicationSecret;

/// The OAuth endpoints of an instance. Clones share the connections.
#[derive(Clone)]
pub struct OAuth {
    http: Client,
    instance: InstanceUrl,
}

type Endpoints = BasicClient<EndpointNotSet, EndpointNotSet, EndpointSet, EndpointNotSet, EndpointSet>;

/// No token, code or scope has this name.
const JUNK: &str = "factory-gitlab-probe";

enum Grant {
    Has,
    /// A 500, which is what some versions answer for a scope the application has.
    HasOrBroken,
    Lacks,
}

impl OAuth {
    #[must_use]
    pub fn new(http: Client, instance: InstanceUrl) -> Self {
        Self { http, instance }
    }

    /// Whether the pair authenticates, by asking about a token that is none. Leaves nothing behind.
    ///
    /// # Errors
    /// Whatever proves nothing: network, 429, 5xx, a page of somebody else's.
    pub async fn prove_pair(&self, id: &str, secret: &ApplicationSecret) -> Result<Pair, Error> {
        let endpoints = self.endpoints(id, secret)?;
        let bridge = Bridge::new(self.http.clone(), Repeat::Read);
        match endpoints.introspect(&AccessToken::new(JUNK.to_owned())).request_async(&bridge).await {
            Ok(_) => Ok(Pair::Valid),
            Err(RequestTokenError::ServerResponse(said)) if is(&said, &BasicErrorResponseType::InvalidClient) => {
                Ok(Pair::Invalid)
            }
            Err(RequestTokenError::Request(error)) if !is_no_endpoint(&error) => Err(error),
            // Switched off or unclear: a code that is none tells the same.
            Err(_) => self.prove_by_code(&endpoints).await,
        }
    }

    async fn prove_by_code(&self, endpoints: &Endpoints) -> Result<Pair, Error> {
        let bridge = Bridge::new(self.http.clone(), Repeat::Read);
        let anywhere =
            RedirectUrl::new(self.instance.to_string()).map_err(|_| self.unclear("the instance's address"))?;
        let endpoints = endpoints.clone().set_redirect_uri(anywhere);
        let outcome = endpoints.exchange_code(AuthorizationCode::new(JUNK.to_owned())).request_async(&bridge).await;
        match outcome {
            Err(RequestTokenError::ServerResponse(said)) => match said.error() {
                BasicErrorResponseType::InvalidGrant => Ok(Pair::Valid),
                BasicErrorResponseType::InvalidClient => Ok(Pair::Invalid),
                _ => Err(self.refused(&said)),
            },
            Err(RequestTokenError::Request(error)) => Err(error),
            Ok(_) | Err(_) => Err(self.unclear("the answer to a made-up code")),
        }
    }

    /// Which of the scopes the application has. One request when it has all; every token made on the way is revoked at
    /// once.
    ///
    /// # Errors
    /// 401 `invalid_client` for a wrong pair, and whatever proves nothing.
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
            // One way only: newer versions refuse a pair that is sent twice.
            .set_auth_type(AuthType::BasicAuth)
            .set_introspection_url(IntrospectionUrl::from_url(page("/oauth/introspect")))
            .set_token_uri(TokenUrl::from_url(page("/oauth/token"))))
    }

    fn unclear(&self, what: &str) -> Error {
        self.failed(Cause::Decode { expected: "an OAuth answer", detail: format!("{what} proves nothing") })
    }

    fn refused(&self, said: &BasicErrorResponse) -> Error {
        let code = said.error().to_string();
        let status = if code == "invalid_client" { 401 } else { 400 };
        let error_description = said.error_description().cloned();
        self.failed(Cause::Status(Answer { status, error: Some(code), error_description, ..Answer::default() }))
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
            Grant::Has => Ok(true),
            Grant::Lacks => Ok(false),
            // A server that is broken for every request proves nothing: one that is not refuses a scope that is none.
            Grant::HasOrBroken => match self.grant(&[JUNK.to_owned()]).await? {
                Grant::Lacks => Ok(true),
                Grant::Has | Grant::HasOrBroken => Err(self.oauth.unclear("status 500 for any scope")),
            },
        }
    }

    async fn grant(&self, scopes: &[String]) -> Result<Grant, Error> {
        let bridge = Bridge::new(self.oauth.http.clone(), Repeat::Once);
        let scopes = scopes.iter().cloned().map(Scope::new);
        match self.endpoints.exchange_client_credentials().add_scopes(scopes).request_async(&bridge).await {
            Ok(granted) => {
                self.revoke(granted.access_token()).await;
                Ok(Grant::Has)
            }
            Err(error) => self.not_granted(error),
        }
    }

    fn not_granted(&self, error: BasicRequestTokenError<Error>) -> Result<Grant, Error> {
        match error {
            RequestTokenError::ServerResponse(said) if is(&said, &BasicErrorResponseType::InvalidScope) => {
                Ok(Grant::Lacks)
            }
            RequestTokenError::ServerResponse(said) => Err(self.oauth.refused(&said)),
            RequestTokenError::Request(error) if error.status() == Some(500) => Ok(Grant::HasOrBroken),
            RequestTokenError::Request(error) => Err(error),
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                Err(self.oauth.unclear("the answer to a probe"))
            }
        }
    }

    /// Ends the probe's token, which no user stands behind. If that fails it ends by itself in two hours.
    async fn revoke(&self, token: &AccessToken) {
        let url = self.oauth.instance.page("/oauth/revoke");
        let request = Request::oauth_form(url, (self.id, self.secret), &[("token", token.secret())]);
        if let Err(error) = self.oauth.http.send(&request.repeat(Repeat::Read)).await {
            tracing::warn!(%error, "a probe's token could not be revoked");
        }
    }
}

fn is(said: &BasicErrorResponse, kind: &BasicErrorResponseType) -> bool {
    said.error() == kind
}

/// 404, also as a web page: this version, or a proxy, has no such endpoint.
fn is_no_endpoint(error: &Error) -> bool {
    match error.cause.as_ref() {
        Cause::Status(answer) => matches!(answer.status, 404 | 405),
        Cause::UnexpectedPage { status, .. } => matches!(status, 404 | 405),
        _ => false,
    }
}
