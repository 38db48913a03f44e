//! Secret values that the sandbox issues: made at random, stored only as digests.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::sandbox::clock::random_bytes;

/// The digest of a secret, stored in its place as GitLab stores a hash.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of a secret value.
    #[must_use]
    pub(crate) fn of(value: &str) -> Self {
        Self(Sha256::digest(value.as_bytes()).into())
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Digest(..)")
    }
}

/// 64 random hex digits: OAuth tokens, codes, application ids and the body of application secrets.
#[must_use]
pub(crate) fn hex64() -> String {
    random_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A routable token body, `<base64url>.01.<base36>`, as in GitLab since 17.7: with dots, without a fixed length.
#[must_use]
pub(crate) fn routable() -> String {
    let tail: String = random_bytes().iter().take(9).map(|byte| base36(*byte)).collect();
    format!("{}.01.{tail}", URL_SAFE_NO_PAD.encode(random_bytes()))
}

/// The classic token body: 20 characters of `[A-Za-z0-9_-]`.
#[must_use]
pub(crate) fn classic() -> String {
    URL_SAFE_NO_PAD.encode(random_bytes()).chars().take(20).collect()
}

/// Eight capital letters and digits: the user code of the device flow.
#[must_use]
pub(crate) fn user_code() -> String {
    random_bytes().iter().take(8).map(|byte| base36(*byte).to_ascii_uppercase()).collect()
}

fn base36(byte: u8) -> char {
    char::from_digit(u32::from(byte) % 36, 36).unwrap_or('0')
}

#[cfg(test)]
mod tests {
    use super::{Digest, classic, hex64, routable, user_code};

    #[test]
    fn values_have_gitlabs_formats_and_differ() {
        assert!(hex64().len() == 64 && hex64() != hex64());
        assert!(classic().len() == 20 && classic() != classic());
        assert_eq!(routable().split('.').count(), 3);
        assert_eq!(user_code().len(), 8);
    }

    #[test]
    fn a_digest_does_not_show_the_secret() {
        assert_eq!(format!("{:?}", Digest::of("glpat-x")), "Digest(..)");
    }
}
