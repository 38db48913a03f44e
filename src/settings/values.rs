//! Types that only a setting has.

use clap::ValueEnum;
use url::Url;

/// Where the OAuth application comes from (`--application`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum ApplicationMode {
    /// Found, or created by API.
    #[default]
    Auto,
    /// Created by hand in the Admin Area.
    Manual,
    /// An existing one, whose ID and secret are given.
    Existing,
}

impl ApplicationMode {
    /// Whether an ID and a secret have to be given.
    #[must_use]
    pub const fn needs_pair(self) -> bool {
        match self {
            Self::Auto => false,
            Self::Manual | Self::Existing => true,
        }
    }
}

/// What becomes of a token in the system's keyring (`--keyring`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum KeyringUse {
    /// The user is asked whether to keep a typed token.
    #[default]
    Ask,
    Store,
    /// The keyring is neither read nor written.
    Off,
}

/// The proxy that was given (`--proxy`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ProxyChoice {
    Direct,
    Through(Url),
}

/// The minisign key that signs kits (`--kit-signer`): its base64 text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KitSigner(String);

impl KitSigner {
    /// Takes the key, or the text of its file, of which the key is the last line.
    ///
    /// # Errors
    /// What the value has to be.
    pub fn new(text: &str) -> Result<Self, String> {
        let key = text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
        match minisign_verify::PublicKey::from_base64(key) {
            Ok(_) => Ok(Self(key.to_owned())),
            Err(_) => Err("it is not the public key of minisign, 56 characters that begin with RW".to_owned()),
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
