//! Seals a bundle in the age format, in memory, and opens a sealed one. Only this module turns a bundle's secrets into text.

use std::io::{self, Read as _, Write as _};
use std::path::Path;

use age::armor::ArmoredReader;
use age::{Decryptor, Encryptor, IdentityFile};
use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{Bundle, BundledApplication, BundledInstance, BundledToken, BundledWebhook, SCHEMA};
use crate::files::{self, Readers};
use crate::kit::Organization;
use crate::secret::{Secret, SecretKind};

mod grant;
mod recipients;

pub use recipients::{RecipientError, Recipients};

/// No bundle is nearly as large.
const LARGEST: u64 = 16 * 1024 * 1024;
/// How the name of a random stanza ends (age: format.go; <https://c2sp.org/age>).
const GREASE: &str = "-grease";
const ARMOR: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";

/// Why a bundle could not be sealed, written, read or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("the bundle cannot be sealed: {0}")]
    Seal(String),
    #[error("the sealed bundle cannot be written to {path}")]
    Write { path: String, source: io::Error },
    #[error("the sealed bundle {path} cannot be read")]
    Read { path: String, source: io::Error },
    #[error("{0} is not an age file")]
    NotAge(String),
    #[error("none of the identities opens this bundle")]
    WrongIdentity,
    #[error("the identity file cannot be read: {0}")]
    Identity(String),
    #[error("the sealed bundle is damaged: {0}")]
    Damaged(String),
}

/// A sealed bundle: safe to store and to send.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SealedBundle {
    bytes: Vec<u8>,
    sha256: String,
}

/// What a sealed bundle shows without a key.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct SealedInfo {
    /// The stanza types, one for each recipient: `X25519`, `mlkem768p256tag`. The one that age adds so that readers learn to
    /// ignore unknown ones is not a recipient.
    pub recipients: Vec<String>,
    /// Bytes.
    pub size: usize,
    /// In hex.
    pub sha256: String,
}

/// The plain text of an opened bundle; wiped when dropped, no `Debug`.
pub struct Opened(Zeroizing<String>);

impl Opened {
    /// The JSON text with all secrets, for `bundle open` only.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl Bundle {
    /// Seals it to every recipient.
    ///
    /// # Errors
    /// [`SealError::Seal`] when the age library refuses.
    pub fn seal(&self, recipients: &Recipients) -> Result<SealedBundle, SealError> {
        // Large enough not to be reallocated, which would leave copies of the secrets in memory.
        let mut plain = Zeroizing::new(Vec::with_capacity(
            64 * 1024 + 512 * self.webhook.as_ref().map_or(0, |webhook| webhook.targets.len()),
        ));
        serde_json::to_writer(&mut *plain, &Plain::from(self)).map_err(|error| SealError::Seal(error.to_string()))?;
        seal(&plain, recipients)
    }
}

fn seal(plain: &[u8], recipients: &Recipients) -> Result<SealedBundle, SealError> {
    let refused = |why: String| SealError::Seal(why);
    let encryptor = Encryptor::with_recipients(recipients.iter()).map_err(|error| refused(error.to_string()))?;
    let mut bytes = Vec::with_capacity(plain.len() + 2048);
    let sealed = encryptor.wrap_output(&mut bytes).and_then(|mut writer| {
        writer.write_all(plain)?;
        writer.finish()
    });
    sealed.map_err(|error| refused(error.to_string()))?;
    Ok(SealedBundle::from_bytes(bytes))
}

impl SealedBundle {
    fn from_bytes(bytes: Vec<u8>) -> Self {
        let sha256 = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Self { bytes, sha256 }
    }

    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The digest of the sealed bytes, in hex.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Writes it in one step, readable by its owner only; it is on the disk when this returns.
    ///
    /// # Errors
    /// [`SealError::Write`]; an older file is unchanged then.
    pub fn write(&self, path: &Path) -> Result<(), SealError> {
        files::write_atomically(path, Readers::Owner, |file| file.write_all(&self.bytes))
            .map_err(|source| SealError::Write { path: path.display().to_string(), source })
    }

    /// Reads a sealed bundle, binary or armored.
    ///
    /// # Errors
    /// [`SealError::Read`], and [`SealError::NotAge`] for a file of another kind.
    pub fn read(path: &Path) -> Result<Self, SealError> {
        let shown = || path.display().to_string();
        let bytes = read_limited(path).map_err(|source| SealError::Read { path: shown(), source })?;
        let sealed = Self::from_bytes(if bytes.starts_with(ARMOR) { without_armor(&bytes) } else { bytes });
        if sealed.bytes.len() as u64 > LARGEST || sealed.recipients().is_none() {
            return Err(SealError::NotAge(shown()));
        }
        Ok(sealed)
    }

    /// What it shows without a key.
    #[must_use]
    pub fn inspect(&self) -> SealedInfo {
        let mut recipients = self.recipients().unwrap_or_default();
        recipients.retain(|stanza| !stanza.ends_with(GREASE));
        SealedInfo { recipients, size: self.bytes.len(), sha256: self.sha256.clone() }
    }

    /// The stanza types of the header (age-encryption.org/v1); `None` when there is no such header.
    fn recipients(&self) -> Option<Vec<String>> {
        let mut lines = self.bytes.split(|byte| *byte == b'\n');
        if lines.next()? != b"age-encryption.org/v1" {
            return None;
        }
        let mut found = Vec::new();
        for line in lines {
            let line = std::str::from_utf8(line).ok()?;
            if line.starts_with("---") {
                return Some(found);
            }
            if let Some(stanza) = line.strip_prefix("-> ") {
                found.push(stanza.split(' ').next().unwrap_or_default().to_owned());
            }
        }
        None
    }

    /// Opens it with the identities of an age key file's text.
    ///
    /// # Errors
    /// [`SealError::Identity`], [`SealError::WrongIdentity`], [`SealError::Damaged`].
    pub fn open(&self, identities: &str) -> Result<Opened, SealError> {
        // The library's error quotes the line, which may be part of a key.
        let unread = || SealError::Identity("it holds no line that begins with AGE-SECRET-KEY-1".to_owned());
        let file = IdentityFile::from_buffer(identities.as_bytes()).map_err(|_| unread())?;
        let identities = file.into_identities().map_err(|_| unread())?;
        if identities.is_empty() {
            return Err(unread());
        }
        let damaged = |error: String| SealError::Damaged(error);
        let decryptor = Decryptor::new(self.bytes.as_slice()).map_err(|error| damaged(error.to_string()))?;
        let mut reader = decryptor
            .decrypt(identities.iter().map(|identity| identity.as_ref() as &dyn age::Identity))
            .map_err(|error| match error {
            age::DecryptError::NoMatchingKeys => SealError::WrongIdentity,
            other => damaged(other.to_string()),
        })?;
        let mut plain = Zeroizing::new(String::with_capacity(self.bytes.len()));
        reader.read_to_string(&mut plain).map_err(|error| damaged(error.to_string()))?;
        Ok(Opened(plain))
    }
}

fn read_limited(path: &Path) -> io::Result<Vec<u8>> {
    files::read_up_to(path, LARGEST)
}

/// The binary form of an armored file; empty, and so not an age file, when the armor is damaged.
fn without_armor(armored: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    match ArmoredReader::new(armored).read_to_end(&mut bytes) {
        Ok(_) => bytes,
        Err(_) => Vec::new(),
    }
}

/// The JSON form of the plain text.
#[derive(Serialize)]
struct Plain<'a> {
    schema: &'static str,
    organization: &'a Organization,
    created_at: jiff::Timestamp,
    tool: PlainTool,
    instance: &'a BundledInstance,
    #[serde(skip_serializing_if = "Option::is_none")]
    application: Option<PlainApplication<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    personal_access_token: Option<PlainToken<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook: Option<&'a BundledWebhook>,
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<&'a serde_json::Value>,
}

#[derive(Serialize)]
struct PlainTool {
    name: &'static str,
    version: &'static str,
}

impl PlainTool {
    const fn this() -> Self {
        Self { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") }
    }
}

#[derive(Serialize)]
struct PlainApplication<'a> {
    id: &'a str,
    #[serde(serialize_with = "exposed")]
    secret: &'a dyn Exposed,
    name: &'a str,
    redirect_uri: &'a str,
    scopes: &'a [String],
}

#[derive(Serialize)]
struct PlainToken<'a> {
    #[serde(serialize_with = "exposed")]
    value: &'a dyn Exposed,
    scopes: &'a [String],
    expires_at: Option<jiff::civil::Date>,
    user: &'a str,
}

/// A secret of any kind, to be sealed.
trait Exposed {
    fn text(&self) -> &str;
}

impl<K: SecretKind> Exposed for Secret<K> {
    fn text(&self) -> &str {
        self.expose()
    }
}

fn exposed<S: Serializer>(secret: &&dyn Exposed, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.text())
}

impl<'a> From<&'a Bundle> for Plain<'a> {
    fn from(bundle: &'a Bundle) -> Self {
        let Bundle { organization, created_at, instance, application, personal_access_token, webhook, network } =
            bundle;
        Self {
            schema: SCHEMA,
            organization,
            created_at: *created_at,
            tool: PlainTool::this(),
            instance,
            application: application.as_ref().map(|application| {
                let BundledApplication { id, secret, name, redirect_uri, scopes } = application;
                PlainApplication { id, secret, name, redirect_uri, scopes }
            }),
            personal_access_token: personal_access_token.as_ref().map(|token| {
                let BundledToken { value, scopes, expires_at, user } = token;
                PlainToken { value, scopes, expires_at: *expires_at, user }
            }),
            webhook: webhook.as_ref(),
            network: network.as_ref(),
        }
    }
}

#[cfg(test)]
mod tests;
