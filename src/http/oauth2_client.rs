//! Sends the requests of the `oauth2` crate through our client, with its limits, counts and classification.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use oauth2::{AsyncHttpClient, AuthType, ClientSecret, HttpRequest, HttpResponse};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use tokio::sync::{Notify, watch};
use url::Url;
use zeroize::Zeroizing;

use super::client::Client;
use super::error::{Error, ErrorResponse};
use super::limits::MAX_RESPONSE_BYTES;
use super::request::{Repeat, Request};
use crate::secret::{ApplicationSecret, AuthorizationCode, PkceVerifier, Secret, SecretKind};

/// An application's ID and secret.
#[derive(Clone, Copy)]
pub struct OAuthPair<'a> {
    pub id: &'a str,
    pub secret: &'a ApplicationSecret,
}

/// Our client behind the trait of the `oauth2` crate.
pub struct OAuth2Client {
    client: Client,
    repeat: Repeat,
    refused: Refused,
    in_flight: InFlight,
    amend: Option<fn(&mut serde_json::Value)>,
}

/// Whether a request is on its way whose answer may bring a token. Clones share the state.
#[derive(Clone, Debug, Default)]
pub struct InFlight(Arc<watch::Sender<bool>>);

impl InFlight {
    /// Says that one is, until the result is dropped.
    pub fn begin(&self) -> Flight<'_> {
        self.0.send_replace(true);
        Flight(self)
    }

    /// Waits until none is.
    pub async fn ends(&self) {
        let mut state = self.0.subscribe();
        // The sender is ours, so it is not gone.
        let _always_known = state.wait_for(|is_on_its_way| !is_on_its_way).await;
    }
}

/// A request on its way, until this is dropped.
#[must_use]
pub struct Flight<'f>(&'f InFlight);

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.0.0.send_replace(false);
    }
}

/// The refusal that ends a poll: the crate tries again after every failed request, also where a proxy or firewall will never
/// let one through.
#[derive(Debug, Default)]
struct Refused {
    error: Mutex<Option<Error>>,
    came: Notify,
}

impl OAuth2Client {
    /// `repeat` says what the exchange is: a probe that leaves nothing behind is a read, though it is a POST.
    #[must_use]
    pub fn new(client: Client, repeat: Repeat) -> Self {
        Self { client, repeat, refused: Refused::default(), in_flight: InFlight::default(), amend: None }
    }

    /// The same, which says when a request is on its way.
    #[must_use]
    pub fn saying(self, in_flight: &InFlight) -> Self {
        Self { in_flight: in_flight.clone(), ..self }
    }

    /// The same, which changes an answer before the crate reads it.
    #[must_use]
    pub fn amending(self, amend: fn(&mut serde_json::Value)) -> Self {
        Self { amend: Some(amend), ..self }
    }

    fn amended(&self, body: &[u8]) -> Vec<u8> {
        match (self.amend, serde_json::from_slice::<serde_json::Value>(body)) {
            (Some(amend), Ok(mut answer)) => {
                amend(&mut answer);
                answer.to_string().into_bytes()
            }
            _ => body.to_vec(),
        }
    }

    /// Waits for a request that was refused, and not by OAuth's own errors.
    pub async fn refusal(&self) -> Error {
        loop {
            let coming = self.refused.came.notified();
            if let Some(error) = self.refused.error.lock().unwrap_or_else(PoisonError::into_inner).clone() {
                return error;
            }
            coming.await;
        }
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Error> {
        let request = our_request(request, self.repeat)?;
        let _until_answered = self.in_flight.begin();
        match self.client.send(&request).await {
            Ok(response) => Ok(json_response(response.status(), self.amended(response.body()))),
            Err(error) => match error.response() {
                Some(response) if response.status < 500 && response.error.is_some() => {
                    Ok(json_response(response.status, oauth_error(response)))
                }
                _ => {
                    if error.is_refusal() {
                        *self.refused.error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
                        self.refused.came.notify_one();
                    }
                    Err(error)
                }
            },
        }
    }
}

impl<'c> AsyncHttpClient<'c> for OAuth2Client {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Error>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// The secret in the crate's own type, which hides it as well.
#[must_use]
pub fn client_secret(secret: &ApplicationSecret) -> ClientSecret {
    ClientSecret::new(secret.expose().to_owned())
}

/// The code in the crate's own type, likewise.
#[must_use]
pub fn authorization_code(code: &AuthorizationCode) -> oauth2::AuthorizationCode {
    oauth2::AuthorizationCode::new(code.expose().to_owned())
}

/// The verifier in the crate's own type, likewise.
#[must_use]
pub fn pkce_verifier(verifier: &PkceVerifier) -> oauth2::PkceCodeVerifier {
    oauth2::PkceCodeVerifier::new(verifier.expose().to_owned())
}

fn our_request(request: HttpRequest, repeat: Repeat) -> Result<Request, Error> {
    let (parts, body) = request.into_parts();
    let url: Url = parts
        .uri
        .to_string()
        .parse()
        .map_err(|_| super::options::setup("the OAuth endpoint is not a valid address".to_owned()))?;
    let mut headers = parts.headers;
    headers.get_mut(AUTHORIZATION).into_iter().for_each(|value| value.set_sensitive(true));
    let (method, body) = (parts.method, Some(Zeroizing::new(body)));
    Ok(Request { method, url, headers, body, repeat, limit: MAX_RESPONSE_BYTES, accepts_bare_close: false })
}

fn oauth_error(response: &ErrorResponse) -> Vec<u8> {
    let (error, description) = (&response.error, &response.error_description);
    serde_json::json!({ "error": error, "error_description": description }).to_string().into_bytes()
}

fn json_response(status: u16, body: Vec<u8>) -> HttpResponse {
    let mut response = HttpResponse::new(body);
    *response.status_mut() = oauth2::http::StatusCode::from_u16(status).unwrap_or_default();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

impl Request {
    /// A form that authenticates an OAuth application as `how` says, and only so: GitLab refuses a pair that is sent twice.
    /// Old versions require the capital B of Basic.
    #[must_use]
    pub fn oauth_form(url: Url, pair: OAuthPair<'_>, how: &AuthType, fields: &[(&str, &str)]) -> Self {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        if matches!(how, AuthType::RequestBody) {
            form.append_pair("client_id", pair.id).append_pair("client_secret", pair.secret.expose());
        }
        let body = Zeroizing::new(form.finish());
        let mut request =
            Self::write(reqwest::Method::POST, url).bytes(body.as_bytes(), "application/x-www-form-urlencoded");
        if matches!(how, AuthType::BasicAuth) {
            request.secret_header(AUTHORIZATION, &basic(pair));
        }
        request
    }
}

impl Request {
    /// Revokes a token of a public client, which has no secret.
    #[must_use]
    pub fn revoke_oauth<K: SecretKind>(url: Url, client_id: &str, token: &Secret<K>) -> Self {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("token", token.expose()).append_pair("client_id", client_id);
        let body = Zeroizing::new(form.finish());
        Self::write(reqwest::Method::POST, url).bytes(body.as_bytes(), "application/x-www-form-urlencoded")
    }
}

fn basic(pair: OAuthPair<'_>) -> Zeroizing<String> {
    let encode = |text: &str| -> String { url::form_urlencoded::byte_serialize(text.as_bytes()).collect() };
    let secret = Zeroizing::new(encode(pair.secret.expose()));
    let joined = Zeroizing::new(format!("{}:{}", encode(pair.id), *secret));
    let encoded = Zeroizing::new(base64::engine::general_purpose::STANDARD.encode(joined.as_bytes()));
    Zeroizing::new(format!("Basic {}", *encoded))
}

impl Client {
    /// How an OAuth application is named: in a header, as is usual, unless that belongs to the proxy in front of GitLab.
    #[must_use]
    pub fn oauth_auth_type(&self) -> AuthType {
        if self.gives_authorization_to_proxy() { AuthType::RequestBody } else { AuthType::BasicAuth }
    }

    /// Whether `invalid_client` is about the ID and secret that were sent: GitLab may have read the proxy's instead.
    #[must_use]
    pub fn judges_pair(&self) -> bool {
        !self.gives_authorization_to_proxy()
    }
}
