//! The mark in a webhook's description: whose webhook it is, on which target, and which tokens were set.
//!
//! GitLab hides a webhook's tokens. The mark carries keyed fingerprints of them, so that any machine with the same kit can
//! tell whether they are set. It is bound to organization and target: one that was copied to another group or project, or
//! that belongs to another organization, does not count. It says what was set, not what is there.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::target::{TargetKind, TargetNumber};

/// A keyed fingerprint of a token: 64 bits, enough to notice a change. The key is slow to derive from the token, so that
/// a guess costs as much as the derivation.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Fingerprint(pub [u8; 8]);

/// A fingerprint as version 1 of the mark has it: of both tokens, and of nothing else.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct LegacyFingerprint([u8; 6]);

/// Names an organization in a mark without its ID in clear text.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct OrganizationTag([u8; 8]);

/// Which tokens were set.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum TokensSet {
    /// By a program that wrote marks of version 1.
    Legacy(LegacyFingerprint),
    /// `signing` is missing where the kit had no signing token or GitLab did not know it yet.
    Known { token: Fingerprint, signing: Option<Fingerprint> },
}

/// The mark in a webhook's description.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Mark {
    /// Of version 1, which was bound to nothing.
    Legacy(LegacyFingerprint),
    Bound(BoundMark),
}

/// A mark with its organization and target.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct BoundMark {
    pub organization: OrganizationTag,
    pub target: TargetNumber,
    pub token: Fingerprint,
    pub signing: Option<Fingerprint>,
}

const LEGACY: &str = "factory-gitlab/v1:";
const BOUND: &str = "factory-gitlab/v2:";

impl OrganizationTag {
    #[must_use]
    pub fn new(organization: &str) -> Self {
        let digest = Sha256::digest(format!("factory-gitlab/organization\n{organization}"));
        let mut tag = [0; 8];
        tag.iter_mut().zip(digest).for_each(|(place, byte)| *place = byte);
        Self(tag)
    }
}

impl TokensSet {
    /// What a journal says: one fingerprint in hex, and that of the signing token.
    #[must_use]
    pub fn recorded(token: &str, signing: Option<&str>) -> Option<Self> {
        if let Some(legacy) = bytes(token) {
            return Some(Self::Legacy(LegacyFingerprint(legacy)));
        }
        let token = Fingerprint(bytes(token)?);
        Some(Self::Known { token, signing: signing.and_then(bytes).map(Fingerprint) })
    }
}

impl LegacyFingerprint {
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        bytes(text).map(Self)
    }
}

impl Mark {
    /// Finds the mark in a description. The newest one counts.
    #[must_use]
    pub fn find(description: &str) -> Option<Self> {
        if let Some((_, rest)) = description.rsplit_once(BOUND) {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            return BoundMark::parse(&rest[..end]).map(Self::Bound);
        }
        let (_, rest) = description.rsplit_once(LEGACY)?;
        let end = rest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len());
        LegacyFingerprint::parse(&rest[..end]).map(Self::Legacy)
    }

    /// The description without its mark, so that webhooks which differ in their marks alone can share the rest.
    #[must_use]
    pub fn without(description: &str) -> &str {
        let start = description.rfind(BOUND).or_else(|| description.rfind(LEGACY));
        start.map_or(description, |start| description[..start].trim_end())
    }

    /// The tokens that it says were set.
    #[must_use]
    pub const fn tokens(self) -> TokensSet {
        match self {
            Self::Legacy(fingerprint) => TokensSet::Legacy(fingerprint),
            Self::Bound(mark) => TokensSet::Known { token: mark.token, signing: mark.signing },
        }
    }
}

impl BoundMark {
    /// `<organization>:<kind>-<id>:<token>[:<signing>]`, each fingerprint in hex.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let organization = OrganizationTag(bytes(parts.next()?)?);
        let target = parse_target(parts.next()?)?;
        let token = Fingerprint(bytes(parts.next()?)?);
        let signing = match parts.next() {
            Some(text) => Some(Fingerprint(bytes(text)?)),
            None => None,
        };
        Some(Self { organization, target, token, signing })
    }
}

fn parse_target(text: &str) -> Option<TargetNumber> {
    let (kind, id) = text.split_once('-')?;
    let id = id.parse().ok()?;
    let kinds = [TargetKind::System, TargetKind::Group, TargetKind::Project];
    kinds.into_iter().find(|one| one.to_string() == kind).map(|kind| (kind, id))
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Legacy(LegacyFingerprint(bytes)) => write!(f, "{LEGACY}{}", hex(bytes)),
            Self::Bound(BoundMark { organization, target, token, signing }) => {
                let (kind, id) = target;
                write!(f, "{BOUND}{}:{kind}-{id}:{token}", hex(&organization.0))?;
                signing.map_or(Ok(()), |signing| write!(f, ":{signing}"))
            }
        }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Exactly so many bytes, in hex.
fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; N];
    for (place, at) in bytes.iter_mut().zip((0..).step_by(2)) {
        *place = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(signing: Option<Fingerprint>) -> Mark {
        Mark::Bound(BoundMark {
            organization: OrganizationTag::new("org_acme"),
            target: (TargetKind::Project, 42),
            token: Fingerprint([1; 8]),
            signing,
        })
    }

    #[test]
    fn a_mark_is_found_in_a_description_as_it_was_written() {
        for mark in [bound(None), bound(Some(Fingerprint([0xab; 8]))), Mark::Legacy(LegacyFingerprint([7; 6]))] {
            for text in [mark.to_string(), format!("Made by us; leave this line: {mark} (edited)")] {
                assert_eq!(Mark::find(&text), Some(mark), "{text}");
            }
        }
        assert_eq!(Mark::without(&format!("Leave this: {}", bound(None))), "Leave this:");
        assert_eq!(Mark::without("by hand"), "by hand");
    }

    #[test]
    fn a_damaged_mark_is_not_a_mark() {
        let whole = bound(Some(Fingerprint([2; 8]))).to_string();
        let cut = &whole[..whole.len() - 1];
        for text in ["", "factory-gitlab/v2:", "factory-gitlab/v1:00aa", cut, &whole.replace("project-42", "user-42")] {
            assert_eq!(Mark::find(text), None, "{text}");
        }
    }

    #[test]
    fn a_journal_of_an_earlier_program_is_still_read() {
        assert!(matches!(TokensSet::recorded("0123456789ab", None), Some(TokensSet::Legacy(_))));
        assert!(matches!(TokensSet::recorded("0123456789abcdef", None), Some(TokensSet::Known { signing: None, .. })));
        assert_eq!(TokensSet::recorded("ff", None), None);
    }
}
