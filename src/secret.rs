//! Secrets as types: they can be held and sent, and nothing else.
//!
//! No `Display`, `Serialize` or `Deref`; `Debug` names the kind. [`Secret::expose`] may be called in `http`,
//! `credential_store`, `bundle/seal` and here. Every secret is also registered for [`redact`], the last line of defense: a
//! value that a server echoes does not reach a terminal, a log or a file.

mod addresses;
mod document;
mod encodings;
mod parts;
mod patterns;
mod shown;
mod strength;

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::{Arc, LazyLock, OnceLock, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use sha2::Sha256;
use zeroize::Zeroizing;

pub use self::addresses::redact_addresses;
pub use self::patterns::has_secret;
pub use self::shown::{is_repeatable, shown_folder, shown_place};
pub use self::strength::SHORTEST_SECRET;

pub use self::document::{redact_json, redact_tokens_in_json, redact_xml};
use self::parts::Parts;

/// What a secret is for; the name appears in messages instead of the value.
pub trait SecretKind {
    const NAME: &'static str;
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $alias:ident = $marker:ident, $name:literal;)+) => {$(
        #[doc = concat!("Marks a secret as a ", $name, ".")]
        #[derive(Clone, Copy)]
        pub enum $marker {}
        impl SecretKind for $marker { const NAME: &'static str = $name; }
        $(#[$doc])*
        pub type $alias = Secret<$marker>;
    )+};
}

kinds! {
    /// GitLab's personal access token (PAT), with any prefix.
    PersonalAccessToken = Pat, "personal access token";
    /// The secret half of an OAuth application.
    ApplicationSecret = OAuthSecret, "application secret";
    /// What GitLab sends as `X-Gitlab-Token`.
    WebhookToken = HookToken, "webhook secret token";
    /// The Standard Webhooks key that GitLab signs deliveries with (19.0).
    SigningToken = HookSigning, "webhook signing token";
    /// The bearer key of Factory's API.
    FactoryKey = Bearer, "Factory API key";
    /// A short-lived OAuth access token: a probe's, or Factory's own before it is handed over.
    AccessToken = OAuthAccess, "OAuth access token";
    /// What renews an access token.
    RefreshToken = OAuthRefresh, "OAuth refresh token";
    /// What GitLab sends to the loopback redirect, to be exchanged for tokens.
    AuthorizationCode = OAuthCode, "OAuth authorization code";
    /// The half of PKCE that never leaves this machine before the exchange.
    PkceVerifier = OAuthVerifier, "PKCE verifier";
    /// What the device flow polls with.
    DeviceCode = OAuthDevice, "OAuth device code";
    /// The text of an age identity file.
    AgeIdentity = Identity, "age identity";
}

/// A secret of kind `K`, wiped from memory when dropped.
pub struct Secret<K> {
    value: SecretString,
    /// Derived once for all clones.
    slow_key: Arc<OnceLock<SlowKey>>,
    kind: PhantomData<K>,
}

/// The cost of a slow key, as the binary logarithm of scrypt's N: with r = 8 some 10 ms and 4 MiB for each guess.
const SLOW_LOG_N: u8 = 12;

/// The tests make thousands of secrets, and start the program some thousand times: more than half of their time was this.
const LOG_N: u8 = if cfg!(any(test, feature = "sandbox-testing")) { 4 } else { SLOW_LOG_N };

/// A key that was derived slowly from a secret, so that what is made with it is no fast test of a guess. It is derived once
/// in a run and for each secret; what follows is an HMAC.
#[derive(Clone)]
pub struct SlowKey {
    salt: String,
    key: Zeroizing<[u8; 32]>,
}

impl SlowKey {
    fn derive(secret: &str, salt: &str, log_n: u8) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        let cost = scrypt::Params::new(log_n, 8, 1, key.len()).ok();
        let derived = cost.map(|cost| scrypt::scrypt(secret.as_bytes(), salt.as_bytes(), &cost, key.as_mut_slice()));
        // With these constants neither can fail, which a test holds.
        if !matches!(derived, Some(Ok(()))) {
            key.copy_from_slice(&hmac_sha256(secret.as_bytes(), salt));
        }
        Self { salt: salt.to_owned(), key }
    }

    /// A fingerprint of the secret for the place that `message` names.
    #[must_use]
    pub fn fingerprint(&self, message: &str) -> [u8; 8] {
        let mut fingerprint = [0; 8];
        let digest = hmac_sha256(self.key.as_slice(), message);
        fingerprint.iter_mut().zip(digest).for_each(|(place, byte)| *place = byte);
        fingerprint
    }
}

impl fmt::Debug for SlowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[slow key]")
    }
}

/// HMAC takes keys of any length, so this cannot fail.
fn hmac_sha256(key: &[u8], message: &str) -> [u8; 32] {
    Hmac::<Sha256>::new_from_slice(key)
        .map(|mac| mac.chain_update(message.as_bytes()).finalize().into_bytes().into())
        .unwrap_or_default()
}

/// Why a text cannot be a secret of the wanted kind. Never holds the text.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Malformed {
    #[error("the {0} is empty")]
    Empty(&'static str),
    // The name is not repeated: it may be a secret that begins with a dollar sign.
    #[error("the {0} is a variable that was not expanded")]
    Unexpanded(&'static str),
    #[error("the {0} is a lone dash; standard input was probably meant")]
    Dash(&'static str),
    #[error("the {0} holds a space, a line break or a character that no token has")]
    Characters(&'static str),
    #[error("the {0} is longer than {LONGEST} bytes, which no token is")]
    TooLong(&'static str),
}

/// At most this many bytes of a secret. GitLab's tokens have up to 255 characters, and the longest ones in use, JSON Web Tokens
/// as CI's and those of an identity provider, some 2000.
const LONGEST: usize = 4096;

impl<K: SecretKind> Secret<K> {
    /// Takes a secret as it was read, without the white space around it (files end in a newline).
    ///
    /// # Errors
    /// [`Malformed`] when nothing is left, when CI left `$VARIABLE` unexpanded, or for characters or a length that no token has.
    pub fn new(text: &str) -> Result<Self, Malformed> {
        let value = text.trim();
        if value.is_empty() {
            return Err(Malformed::Empty(K::NAME));
        }
        if value == "-" {
            return Err(Malformed::Dash(K::NAME));
        }
        if value.len() > LONGEST {
            return Err(Malformed::TooLong(K::NAME));
        }
        if is_unexpanded_variable(value) {
            return Err(Malformed::Unexpanded(K::NAME));
        }
        if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Malformed::Characters(K::NAME));
        }
        register(value);
        register_token(value);
        Ok(Self { value: SecretString::from(value), slow_key: Arc::default(), kind: PhantomData })
    }

    /// The value itself. Only `http`, `credential_store` and `bundle/seal` may call this, which `tests/layers` checks.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.value.expose_secret()
    }

    /// Whether both hold the same value.
    #[must_use]
    pub fn is_equal_to(&self, other: &Self) -> bool {
        self.keyed_digest("same") == other.keyed_digest("same")
    }

    /// A short fingerprint: an HMAC of `message` with the secret as its key, so that one secret in two places has two
    /// fingerprints. 48 bits in hex: enough to notice a change, too few to confirm a guess of a strong secret.
    #[must_use]
    pub fn fingerprint(&self, message: &str) -> String {
        self.keyed_digest(message).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether it has fewer characters than a secret that cannot be tried through.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.expose().len() < SHORTEST_SECRET
    }

    /// Whether it is short, or made of words and sequences; `context` are names that a guess would begin with.
    #[must_use]
    pub fn is_guessable(&self, context: &[&str]) -> bool {
        strength::is_guessable(self.expose(), context)
    }

    /// The key that is derived slowly from the secret. Clones of the secret share it.
    #[must_use]
    pub fn slow_key(&self, salt: &str) -> SlowKey {
        let derive = || SlowKey::derive(self.expose(), salt, LOG_N);
        let shared = self.slow_key.get_or_init(derive);
        if shared.salt == salt { shared.clone() } else { derive() }
    }

    fn keyed_digest(&self, message: &str) -> [u8; 32] {
        hmac_sha256(self.expose().as_bytes(), message)
    }
}

impl Secret<Pat> {
    /// What it looks like if it is not a personal access token: a CI job token, an OAuth token.
    #[must_use]
    pub fn looks_like(&self) -> Option<&'static str> {
        patterns::other_kind(self.expose())
    }
}

impl Secret<HookSigning> {
    /// Whether GitLab accepts it as a signing token: `whsec_` and 32 bytes in base64.
    /// gitlab: MR 230944
    #[must_use]
    pub fn is_standard_webhooks_key(&self) -> bool {
        let key = self.expose().strip_prefix("whsec_").and_then(|text| STANDARD.decode(text).ok());
        key.is_some_and(|key| key.len() == 32)
    }
}

impl<K> Clone for Secret<K> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), slow_key: Arc::clone(&self.slow_key), kind: PhantomData }
    }
}

impl<K: SecretKind> fmt::Debug for Secret<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]", K::NAME)
    }
}

impl<'de, K: SecretKind> Deserialize<'de> for Secret<K> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // serde's own error would quote the value.
        let text = Cow::<'de, str>::deserialize(deserializer)
            .map_err(|_| serde::de::Error::custom(format_args!("the {} is not a string", K::NAME)))?;
        Self::new(&text).map_err(serde::de::Error::custom)
    }
}

/// Whether a text is `$NAME`, `${NAME}` or `%NAME%`: what CI leaves behind when a masked variable is not set. Only capitals,
/// as such names are written: a secret may begin with a dollar sign.
#[must_use]
pub fn is_unexpanded_variable(text: &str) -> bool {
    let braced = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    let percent = || text.strip_prefix('%').and_then(|rest| rest.strip_suffix('%'));
    let Some(name) = braced.or_else(|| text.strip_prefix('$')).or_else(percent) else { return false };
    name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// Whether a text is in quotes, which a shell would have taken away.
#[must_use]
pub fn is_quoted(text: &str) -> bool {
    // A chat or a word processor makes the last two pairs.
    const PAIRS: [(char, char); 5] =
        [('"', '"'), ('\'', '\''), ('`', '`'), ('\u{201c}', '\u{201d}'), ('\u{2018}', '\u{2019}')];
    let text = text.trim();
    let inner = |(open, close): &(char, char)| text.strip_prefix(*open)?.strip_suffix(*close);
    PAIRS.iter().any(|pair| inner(pair).is_some())
}

/// Registers the password of an address: [`redact`] removes it from then on.
pub fn register_password(password: &str) {
    register(password);
}

/// Registers what is secret in a header's value: the whole, and each longer part of it (a token after its scheme, a cookie, the
/// password in a Basic value).
pub fn register_header_value(value: &str) {
    register(value);
    let parts = value.split(|c: char| c.is_whitespace() || matches!(c, ';' | ',' | '='));
    for part in parts.filter(|part| part.len() >= LONGEST_SCHEME) {
        register(part);
    }
    let basic = value.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"));
    let pair =
        basic.and_then(|(_, pair)| STANDARD.decode(pair.trim()).ok()).and_then(|pair| String::from_utf8(pair).ok());
    if let Some((_, password)) = pair.as_deref().and_then(|pair| pair.split_once(':')) {
        register(password);
    }
}

/// No authentication scheme has so many letters, so that a longer word is no ordinary one.
const LONGEST_SCHEME: usize = 12;

/// Every secret of this process in all its [`encodings`], longest first, so that a secret that contains another is replaced
/// whole.
static REGISTERED: RwLock<Vec<SecretString>> = RwLock::new(Vec::new());

/// The parts of every secret of this process.
static PARTS: LazyLock<RwLock<Parts>> = LazyLock::new(RwLock::default);

/// Redacting shorter values would remove ordinary words.
const SHORTEST_REDACTED: usize = 6;

fn register(value: &str) {
    if value.len() < SHORTEST_REDACTED {
        return;
    }
    let mut registered = REGISTERED.write().unwrap_or_else(PoisonError::into_inner);
    if registered.iter().any(|known| known.expose_secret() == value) {
        return;
    }
    PARTS.write().unwrap_or_else(PoisonError::into_inner).add(patterns::without_prefix(value));
    registered.push(SecretString::from(value));
    registered.extend(encodings::encodings(value).into_iter().map(|encoded| SecretString::from(encoded.as_str())));
    registered.sort_by_key(|known| std::cmp::Reverse(known.expose_secret().len()));
}

/// The secrets that are long enough to be told from words.
static TOKENS: RwLock<Vec<SecretString>> = RwLock::new(Vec::new());

fn register_token(value: &str) {
    if value.len() < SHORTEST_SECRET {
        return;
    }
    let mut tokens = TOKENS.write().unwrap_or_else(PoisonError::into_inner);
    if tokens.iter().all(|known| known.expose_secret() != value) {
        tokens.push(SecretString::from(value));
    }
}

/// The text without whole secrets of this process. Unlike [`redact`] it leaves what only looks like one, and parts of one, where
/// they are: for what a later run compares.
#[must_use]
pub fn redact_tokens(text: &str) -> Cow<'_, str> {
    let mut clean = Cow::Borrowed(text);
    for token in TOKENS.read().unwrap_or_else(PoisonError::into_inner).iter() {
        if clean.contains(token.expose_secret()) {
            clean = Cow::Owned(clean.replace(token.expose_secret(), REDACTED));
        }
    }
    clean
}

/// Registers every word of a text that looks like a secret, wherever the text was given: [`redact`] removes it from then on.
pub fn register_for_redaction(text: &str) {
    patterns::words(text).for_each(register);
}

/// Replaces a secret in a text.
pub const REDACTED: &str = "[redacted]";

/// The text without the secrets of this process, and without anything that has the prefix of a token.
#[must_use]
pub fn redact(text: &str) -> Cow<'_, str> {
    let mut clean = Cow::Borrowed(text);
    for known in REGISTERED.read().unwrap_or_else(PoisonError::into_inner).iter() {
        if clean.contains(known.expose_secret()) {
            clean = Cow::Owned(clean.replace(known.expose_secret(), REDACTED));
        }
    }
    let ranges = PARTS.read().unwrap_or_else(PoisonError::into_inner).ranges(&clean);
    if !ranges.is_empty() {
        clean = Cow::Owned(replaced(&clean, ranges));
    }
    patterns::replace_prefixed(&clean, REDACTED).map_or(clean, Cow::Owned)
}

/// The text with [`REDACTED`] in the place of these ranges, which are in order and apart from each other.
fn replaced(text: &str, ranges: Vec<Range<usize>>) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut kept = 0;
    for Range { start, end } in ranges {
        clean.push_str(&text[kept..start]);
        clean.push_str(REDACTED);
        kept = end;
    }
    clean + &text[kept..]
}

#[cfg(test)]
mod property;
#[cfg(test)]
mod tests;
