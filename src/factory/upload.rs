//! The upload of a sealed bundle, to Factory's API or to a pre-signed address of an object store.

use base64::Engine as _;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::FactoryClient;
use crate::bundle::SealedBundle;
use crate::http::limits::{MAX_FACTORY_BYTES, MAX_RECEIPT_CHARS};
use crate::http::{Error, Method, Repeat, Request, Response};
use crate::kit::{Upload, UploadMethod};
use crate::secret;

/// The response to an accepted bundle. An object store sends an empty one.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Receipt {
    pub id: Option<String>,
    /// Equal to the bundle's where it is present.
    pub sha256: Option<String>,
    pub received_at: Option<Timestamp>,
}

/// Why a bundle was not accepted. The sealed bundle stays valid.
#[derive(Clone, Debug, thiserror::Error)]
pub enum UploadError {
    #[error("the upload was refused: the Factory API key is missing or not valid")]
    Unauthorized(#[source] Error),
    #[error("the upload was refused: Factory's plan does not allow it")]
    PaymentRequired(#[source] Error),
    #[error("the upload was refused: the Factory API key lacks the right, or the upload address has expired")]
    Forbidden(#[source] Error),
    #[error("the upload was refused: it conflicts with what Factory has")]
    Conflict(#[source] Error),
    #[error("the upload was refused: the bundle is too large")]
    TooLarge(#[source] Error),
    /// 5xx: trying again later may help.
    #[error("the upload failed on Factory's side")]
    Failing(#[source] Error),
    /// The receipt is for other bytes than were sent.
    #[error("the receipt is for another bundle than the one that was sent: {got} instead of {sent}")]
    WrongDigest { sent: String, got: String },
    #[error("the upload failed")]
    Other(#[source] Error),
}

impl UploadError {
    /// The failed request; `None` where the answer was 2xx and the receipt wrong.
    #[must_use]
    pub fn request(&self) -> Option<&Error> {
        match self {
            Self::Unauthorized(error)
            | Self::PaymentRequired(error)
            | Self::Forbidden(error)
            | Self::Conflict(error)
            | Self::TooLarge(error)
            | Self::Failing(error)
            | Self::Other(error) => Some(error),
            Self::WrongDigest { .. } => None,
        }
    }
}

impl From<Error> for UploadError {
    fn from(error: Error) -> Self {
        match error.status() {
            Some(401) => Self::Unauthorized(error),
            Some(402) => Self::PaymentRequired(error),
            Some(403) => Self::Forbidden(error),
            Some(409) => Self::Conflict(error),
            Some(413) => Self::TooLarge(error),
            Some(500..) => Self::Failing(error),
            _ => Self::Other(error),
        }
    }
}

impl FactoryClient {
    /// Sends the bundle. Factory counts the same bundle once, so it is sent again after a broken connection.
    ///
    /// # Errors
    /// [`UploadError`].
    pub async fn upload(&self, bundle: &SealedBundle, to: &Upload) -> Result<Receipt, UploadError> {
        let request = Request::write(method(to.method), to.url.clone())
            .bytes(bundle.bytes(), "application/octet-stream")
            .header("content-digest", &content_digest(bundle.bytes()))
            .header("idempotency-key", bundle.sha256())
            .repeat(Repeat::Idempotent)
            .limit(MAX_FACTORY_BYTES);
        let request = if to.takes_key() { self.with_key(request) } else { request };
        let response = self.http.send(&request).await?;
        receipt(&response, bundle.sha256())
    }
}

impl FactoryClient {
    /// Whether the address of the upload answers before there is something to upload: DNS, TCP, TLS and a response to `HEAD`.
    /// That it does not know `HEAD` is an answer too, and a pre-signed address refuses all that it was not signed for.
    ///
    /// # Errors
    /// No answer, an answer of something in between, 5xx, and that the key is refused.
    pub async fn reach_upload(&self, to: &Upload) -> Result<(), UploadError> {
        let request = Request::head(to.url.clone()).limit(MAX_FACTORY_BYTES);
        let request = if to.takes_key() { self.with_key(request) } else { request };
        match self.http.send(&request).await {
            Ok(_) => Ok(()),
            Err(error) => match error.status() {
                Some(401..=403) if to.is_presigned() => Ok(()),
                Some(404 | 405 | 400 | 411 | 415 | 501) => Ok(()),
                _ => Err(error.into()),
            },
        }
    }
}

fn method(method: UploadMethod) -> Method {
    match method {
        UploadMethod::Post => Method::POST,
        UploadMethod::Put => Method::PUT,
    }
}

/// RFC 9530.
fn content_digest(bytes: &[u8]) -> String {
    format!("sha-256=:{}:", base64::engine::general_purpose::STANDARD.encode(Sha256::digest(bytes)))
}

fn receipt(response: &Response, sent: &str) -> Result<Receipt, UploadError> {
    response.refuse_web_page()?;
    let Ok(Value::Object(said)) = serde_json::from_slice(response.body()) else { return Ok(Receipt::default()) };
    let text = |key: &str| said.get(key).and_then(Value::as_str).map(|text| cut(text, MAX_RECEIPT_CHARS));
    let got = said.get("sha256").map(|value| value.as_str().unwrap_or_default().to_ascii_lowercase());
    match got {
        Some(got) if got != sent => Err(UploadError::WrongDigest { sent: sent.to_owned(), got: cut(&got, 64) }),
        sha256 => {
            Ok(Receipt { id: text("id"), sha256, received_at: text("received_at").and_then(|at| at.parse().ok()) })
        }
    }
}

/// Redacted first and cut after, so that no part of a secret is left.
fn cut(text: &str, max: usize) -> String {
    secret::redact(text).chars().take(max).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_written_as_in_rfc_9530() {
        assert_eq!(content_digest(b"hello"), "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:");
    }
}
