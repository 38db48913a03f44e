//! A request: method, address, credential, body, and whether it may be sent again.

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use serde::{Serialize, Serializer};
use url::Url;
use zeroize::Zeroizing;

use super::error::{Cause, Error, FailedRequest};
use super::limits::{MAX_RESPONSE_BYTES, REQUEST_CAPACITY};
use crate::secret::{AccessToken, FactoryKey, PersonalAccessToken, Secret, SecretKind};

/// Whether a request may be sent again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Repeat {
    /// It changes nothing: sent again after a broken connection, 502, 503, 504 and a rate limit.
    Read,
    /// It changes something, and twice has the effect of once: sent again like a read.
    Idempotent,
    /// It changes something: sent again only when the server certainly did nothing.
    Write,
    /// Never sent again.
    Once,
}

/// A request. It holds its credential, so it has no `Debug`.
#[derive(Clone)]
pub struct Request {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Zeroizing<Vec<u8>>>,
    pub(super) repeat: Repeat,
    pub(super) limit: usize,
    /// Whether an answer is taken that may be cut off, because the server closed without TLS's closing message.
    pub(super) accepts_bare_close: bool,
}

impl Request {
    /// A read.
    #[must_use]
    pub fn get(url: Url) -> Self {
        Self::new(Method::GET, url, Repeat::Read)
    }

    /// Asks only for the head of the response.
    #[must_use]
    pub fn head(url: Url) -> Self {
        Self::new(Method::HEAD, url, Repeat::Read)
    }

    /// A write. It is sent as JSON even without a body: a read-only GitLab redirects writes that are not.
    /// gitlab: lib/gitlab/middleware/read_only/controller.rb
    #[must_use]
    pub fn write(method: Method, url: Url) -> Self {
        Self::new(method, url, Repeat::Write).header("content-type", "application/json")
    }

    fn new(method: Method, url: Url, repeat: Repeat) -> Self {
        let (headers, limit) = (HeaderMap::new(), MAX_RESPONSE_BYTES);
        let request = Self { method, url, headers, body: None, repeat, limit, accepts_bare_close: false };
        request.header("accept", "application/json")
    }

    /// Whether and when it may be sent again.
    #[must_use]
    pub fn repeat(mut self, repeat: Repeat) -> Self {
        self.repeat = repeat;
        self
    }

    /// The same request to another address. It keeps its credential, so the address must belong to the same server.
    #[must_use]
    pub fn with_url(mut self, url: Url) -> Self {
        self.url = url;
        self
    }

    /// At most this many bytes of the response.
    #[must_use]
    pub fn limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// Adds a GitLab token. Never in the address: proxies log that.
    #[must_use]
    pub fn token(mut self, token: &PersonalAccessToken) -> Self {
        self.secret_header(HeaderName::from_static("private-token"), token.expose());
        self
    }

    /// Adds an OAuth token of GitLab.
    #[must_use]
    pub fn oauth_token(mut self, token: &AccessToken) -> Self {
        self.secret_header(AUTHORIZATION, &Zeroizing::new(format!("Bearer {}", token.expose())));
        self
    }

    /// Adds Factory's key.
    #[must_use]
    pub fn bearer(mut self, key: &FactoryKey) -> Self {
        self.secret_header(AUTHORIZATION, &Zeroizing::new(format!("Bearer {}", key.expose())));
        self
    }

    /// Adds or replaces a header that is not a secret. A value that a header cannot have is left out.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            self.headers.insert(name, value);
        }
        self
    }

    pub(super) fn secret_header(&mut self, name: HeaderName, value: &str) {
        // A secret has visible ASCII only, which is valid in a header.
        if let Ok(mut value) = HeaderValue::from_str(value) {
            value.set_sensitive(true);
            self.headers.insert(name, value);
        }
    }

    /// Sets a JSON body. Secrets in it are marked with `in_body`.
    ///
    /// # Errors
    /// [`Cause::Setup`] when the value cannot be written as JSON.
    pub fn json<T: Serialize + ?Sized>(mut self, body: &T) -> Result<Self, Error> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(REQUEST_CAPACITY));
        serde_json::to_writer(&mut *bytes, body)
            .map_err(|error| self.failed(Cause::Setup(format!("the request cannot be written as JSON: {error}"))))?;
        self.body = Some(bytes);
        Ok(self.header("content-type", "application/json"))
    }

    /// Sets a body of the given media type.
    #[must_use]
    pub fn bytes(mut self, bytes: &[u8], media_type: &str) -> Self {
        self.body = Some(Zeroizing::new(bytes.to_vec()));
        self.header("content-type", media_type)
    }

    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The error of this request.
    #[must_use]
    pub fn failed(&self, cause: Cause) -> Error {
        FailedRequest {
            method: name_of(&self.method),
            host: host_of(&self.url),
            path: self.url.path().to_owned(),
            cause: Box::new(cause),
        }
        .into()
    }
}

pub(super) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// The host, with the port where it is not the scheme's default.
pub(super) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn name_of(method: &Method) -> &'static str {
    match *method {
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::PATCH => "PATCH",
        _ => "GET",
    }
}

/// Writes a secret into a request's body: `#[serde(serialize_with = "http::in_body")]`. Only for bodies that are sent.
///
/// # Errors
/// Errors from the serializer.
pub fn in_body<K: SecretKind, S: Serializer>(secret: &Secret<K>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

/// [`in_body`] for a secret that may be missing; use it with `skip_serializing_if`.
///
/// # Errors
/// Errors from the serializer.
pub fn in_body_if<K: SecretKind, S: Serializer>(secret: &Option<Secret<K>>, serializer: S) -> Result<S::Ok, S::Error> {
    match secret {
        Some(secret) => in_body(secret, serializer),
        None => serializer.serialize_none(),
    }
}
