//! Sends webhooks over the network and reports what the receiver answered.

use std::error::Error as _;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Client, ClientBuilder, redirect};

use super::clock;

/// GitLab gives a receiver ten seconds (gitlab: `Gitlab::HTTP` default in web_hook_service.rb).
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);
/// The largest response that is read, in bytes.
const LARGEST_RESPONSE: usize = 1024 * 1024;

/// Sends webhooks. Clones share one connection pool.
#[derive(Clone, Debug, Default)]
pub(crate) struct WebhookSender {
    inner: Arc<SenderInner>,
}

#[derive(Debug)]
struct SenderInner {
    timeout: Duration,
    /// PEM of the CA that is trusted besides the system's.
    ca: Option<String>,
    /// Made when first needed, because reading the system's root certificates takes a moment.
    verifying: OnceLock<Option<Client>>,
    trusting: OnceLock<Option<Client>>,
}

impl Default for SenderInner {
    fn default() -> Self {
        Self { timeout: TIMEOUT, ca: None, verifying: OnceLock::new(), trusting: OnceLock::new() }
    }
}

/// Whether the receiver's certificate is verified (`enable_ssl_verification`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum CertificateCheck {
    On,
    Off,
}

/// A request that is ready to be sent.
pub(crate) struct OutgoingRequest {
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub verify: CertificateCheck,
}

/// The result of sending one webhook.
#[derive(Clone, Debug)]
pub(crate) struct SendOutcome {
    /// The response, or the text of the exception that GitLab would have caught.
    pub response: Result<ReceiverResponse, String>,
    pub took: Duration,
}

#[derive(Clone, Debug)]
pub(crate) struct ReceiverResponse {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl WebhookSender {
    /// A sender that waits this long for a response and also trusts this CA (PEM).
    #[must_use]
    pub(crate) fn new(timeout: Duration, ca: Option<String>) -> Self {
        Self { inner: Arc::new(SenderInner { timeout, ca, ..SenderInner::default() }) }
    }

    /// Sends a request and waits for the response. Redirects are not followed.
    pub(crate) async fn send(&self, request: &OutgoingRequest) -> SendOutcome {
        let began = clock::instant();
        let response = match tokio::time::timeout(self.inner.timeout, self.round_trip(request)).await {
            Ok(response) => response,
            Err(_) => Err("Net::ReadTimeout with #<TCPSocket:(closed)>".to_owned()),
        };
        SendOutcome { response, took: began.elapsed() }
    }

    async fn round_trip(&self, request: &OutgoingRequest) -> Result<ReceiverResponse, String> {
        let client = self.client(request.verify).ok_or("SSL_CTX_load_verify_file: system lib")?;
        let sent = client.post(&request.url).headers(headers(&request.headers)).body(request.body.clone());
        let mut response = sent.send().await.map_err(|error| exception(&error))?;
        let (status, headers) = (response.status().as_u16(), texts(response.headers()));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| exception(&error))? {
            body.extend_from_slice(&chunk);
            if body.len() > LARGEST_RESPONSE {
                return Err("Gitlab::HTTP_V2::ResponseSizeTooLarge".to_owned());
            }
        }
        Ok(ReceiverResponse { status, headers, body: String::from_utf8_lossy(&body).into_owned() })
    }

    fn client(&self, verify: CertificateCheck) -> Option<&Client> {
        let place = match verify {
            CertificateCheck::On => &self.inner.verifying,
            CertificateCheck::Off => &self.inner.trusting,
        };
        place.get_or_init(|| self.make(verify)).as_ref()
    }

    fn make(&self, verify: CertificateCheck) -> Option<Client> {
        let tolerant = verify == CertificateCheck::Off;
        build(self.inner.ca.as_deref(), |builder| builder.tls_danger_accept_invalid_certs(tolerant))
    }
}

/// The HTTP client of the browser in a rehearsal.
pub(crate) fn browser_client(ca: Option<&str>) -> Option<Client> {
    build(ca, |builder| builder.timeout(TIMEOUT))
}

/// A client without a proxy that follows no redirects and also trusts this CA (PEM). Where the system has no certificates it
/// trusts no other: what the sandbox sends to itself without TLS needs none.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the sandbox sends requests; it does not use the client's HTTP"
)]
fn build(ca: Option<&str>, configure: impl Fn(ClientBuilder) -> ClientBuilder) -> Option<Client> {
    let ca = ca.map(|pem| Certificate::from_pem(pem.as_bytes())).transpose().ok()?;
    let builder = || configure(Client::builder().no_proxy().redirect(redirect::Policy::none()));
    let with_system = builder().tls_certs_merge(ca.clone()).build();
    with_system.or_else(|_| builder().tls_certs_only(ca).build()).ok()
}

fn headers(fields: &[(String, String)]) -> HeaderMap {
    let read = |(name, value): &(String, String)| {
        Some((HeaderName::try_from(name.as_str()).ok()?, HeaderValue::try_from(value.as_str()).ok()?))
    };
    fields.iter().filter_map(read).collect()
}

fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

/// The text of the Ruby exception that GitLab would have raised.
fn exception(error: &reqwest::Error) -> String {
    let mut causes = String::new();
    let mut cause = error.source();
    while let Some(inner) = cause {
        causes = format!("{causes}{inner}; ");
        cause = inner.source();
    }
    let causes_lower = causes.to_lowercase();
    let has = |part: &str| causes_lower.contains(part);
    if has("certificate") {
        let why = if has("expired") {
            "certificate has expired"
        } else if has("not valid for") || has("name") {
            "hostname mismatch"
        } else if has("not valid yet") || has("notvalidyet") {
            "certificate is not yet valid"
        } else {
            "unable to get local issuer certificate"
        };
        format!("SSL_connect returned=1 errno=0 state=error: certificate verify failed ({why})")
    } else if has("connection refused") {
        "Failed to open TCP connection (Connection refused - connect(2))".to_owned()
    } else if has("dns") || has("lookup") {
        "Failed to open TCP connection (getaddrinfo: Name or service not known)".to_owned()
    } else if has("reset") {
        "Connection reset by peer".to_owned()
    } else {
        "end of file reached".to_owned()
    }
}
