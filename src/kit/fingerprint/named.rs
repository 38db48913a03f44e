//! A fingerprint that a person names, and whether it is a kit's.

use std::fmt;
use std::str::FromStr;

use super::KitFingerprint;

/// A name of a kit with fewer digits (80 bits) could be met by another kit that is made for it.
const FEWEST: usize = 20;

/// A fingerprint as a person gives it (`--kit-fingerprint`): as it is shown, or more of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NamedFingerprint(String);

impl NamedFingerprint {
    #[must_use]
    pub fn names(&self, fingerprint: &KitFingerprint) -> bool {
        fingerprint.0.starts_with(&self.0)
    }
}

/// Why a text is not a fingerprint.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it is not a kit's fingerprint such as 7f3a-91c2-0d4e-55b8-a1f6-3c90, which kit show prints")]
pub struct FingerprintError;

impl FromStr for NamedFingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let text = text.trim();
        let text = text.strip_prefix("kit ").unwrap_or(text);
        let digits: String = text.chars().filter(|c| *c != '-' && !c.is_whitespace()).collect();
        let digits = digits.to_ascii_lowercase();
        let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_hex && (FEWEST..=64).contains(&digits.len()) { Ok(Self(digits)) } else { Err(FingerprintError) }
    }
}

impl fmt::Display for NamedFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        KitFingerprint(self.0.clone()).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::super::TrustedValues;
    use super::*;

    #[test]
    fn a_fingerprint_is_named_as_it_is_shown_or_longer_and_never_by_fewer_than_80_bits() {
        let fingerprint = TrustedValues::default().fingerprint();
        let shown = fingerprint.to_string();
        for text in [shown.clone(), format!("kit {shown}"), shown.to_uppercase(), fingerprint.0.clone()] {
            assert!(text.parse::<NamedFingerprint>().expect("a fingerprint").names(&fingerprint), "{text}");
        }
        for text in ["", "7f3a", &shown[..23], "not-a-fingerprint-at-all", &format!("{}0", fingerprint.0)] {
            assert_eq!(text.parse::<NamedFingerprint>(), Err(FingerprintError), "{text}");
        }
        let other: NamedFingerprint = "0000-0000-0000-0000-0000".parse().expect("a fingerprint");
        assert!(!other.names(&fingerprint));
    }
}
