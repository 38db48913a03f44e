//! Host keys: their types, their fingerprints, and the proof that a server has the private part (RFC 4253, section 6.6;
//! RFC 5656; RFC 8332; RFC 8709).

use aws_lc_rs::digest;
use aws_lc_rs::signature::{self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::wire::Fields;
use super::{HostKey, HostKeyKind, SshFailure};

/// How a host key signs.
#[derive(Debug)]
pub(super) struct Algorithm {
    pub name: &'static str,
    pub kind: HostKeyKind,
    signing: Signing,
}

#[derive(Debug)]
enum Signing {
    Ed25519,
    Ecdsa { curve: &'static str, verification: &'static dyn VerificationAlgorithm, number_bytes: usize },
    Rsa(&'static RsaParameters),
}

/// In the order of preference, those of a kind one after the other.
static ALGORITHMS: [Algorithm; 6] = [
    Algorithm { name: "ssh-ed25519", kind: HostKeyKind::Ed25519, signing: Signing::Ed25519 },
    Algorithm {
        name: "ecdsa-sha2-nistp256",
        kind: HostKeyKind::EcdsaP256,
        signing: Signing::Ecdsa {
            curve: "nistp256",
            verification: &signature::ECDSA_P256_SHA256_FIXED,
            number_bytes: 32,
        },
    },
    Algorithm {
        name: "ecdsa-sha2-nistp384",
        kind: HostKeyKind::EcdsaP384,
        signing: Signing::Ecdsa {
            curve: "nistp384",
            verification: &signature::ECDSA_P384_SHA384_FIXED,
            number_bytes: 48,
        },
    },
    Algorithm {
        name: "ecdsa-sha2-nistp521",
        kind: HostKeyKind::EcdsaP521,
        signing: Signing::Ecdsa {
            curve: "nistp521",
            verification: &signature::ECDSA_P521_SHA512_FIXED,
            number_bytes: 66,
        },
    },
    Algorithm {
        name: "rsa-sha2-512",
        kind: HostKeyKind::Rsa,
        signing: Signing::Rsa(&signature::RSA_PKCS1_2048_8192_SHA512),
    },
    Algorithm {
        name: "rsa-sha2-256",
        kind: HostKeyKind::Rsa,
        signing: Signing::Rsa(&signature::RSA_PKCS1_2048_8192_SHA256),
    },
];

pub(super) fn algorithms(kinds: &[HostKeyKind]) -> impl Iterator<Item = &'static Algorithm> {
    ALGORITHMS.iter().filter(|algorithm| kinds.contains(&algorithm.kind))
}

/// A server's proof that a key is its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Proof<'a> {
    pub key: &'a [u8],
    pub signature: &'a [u8],
    /// The hash of the exchange.
    pub signed: &'a [u8],
}

impl Algorithm {
    /// # Errors
    /// [`SshFailure::Malformed`], [`SshFailure::RsaKeySize`] and [`SshFailure::WrongSignature`].
    pub(super) fn verify(&self, proof: Proof<'_>) -> Result<HostKey, SshFailure> {
        let signature = self.signature(proof.signature).ok_or(SshFailure::Malformed("an unreadable signature"))?;
        let unreadable = SshFailure::Malformed("an unreadable host key");
        let mut key = Fields(proof.key);
        if key.string() != Some(self.kind.name().as_bytes()) {
            return Err(SshFailure::Malformed("a host key of another type than agreed"));
        }
        let is_right = match &self.signing {
            Signing::Ed25519 => {
                let public = only(key, |key| key.string()).ok_or(unreadable)?;
                UnparsedPublicKey::new(&signature::ED25519, public).verify(proof.signed, signature)
            }
            Signing::Ecdsa { curve, verification, number_bytes } => {
                let point = only(key, |key| key.string().filter(|name| *name == curve.as_bytes()).and(key.string()));
                let pair = pair(signature, *number_bytes).ok_or(SshFailure::Malformed("an unreadable signature"))?;
                UnparsedPublicKey::new(*verification, point.ok_or(unreadable)?).verify(proof.signed, &pair)
            }
            Signing::Rsa(verification) => {
                let components = only(key, |key| Some(RsaPublicKeyComponents { e: key.number()?, n: key.number()? }));
                let components = components.ok_or(unreadable)?;
                supported(components.n)?;
                components.verify(verification, proof.signed, signature)
            }
        };
        is_right.map_err(|_| SshFailure::WrongSignature)?;
        Ok(HostKey { fingerprint: fingerprint(proof.key) })
    }

    /// A signature behind the name of its algorithm.
    fn signature<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        only(Fields(bytes), |fields| fields.string().filter(|name| *name == self.name.as_bytes()).and(fields.string()))
    }
}

/// What is read, if nothing follows it.
fn only<'a, T>(mut fields: Fields<'a>, read: impl FnOnce(&mut Fields<'a>) -> Option<T>) -> Option<T> {
    read(&mut fields).filter(|_| fields.is_empty())
}

/// The two numbers of an ECDSA signature, each of the curve's length.
fn pair(signature: &[u8], number_bytes: usize) -> Option<Vec<u8>> {
    let mut fields = Fields(signature);
    let mut pair = Vec::with_capacity(2 * number_bytes);
    for _ in 0..2 {
        let number = fields.number()?;
        pair.resize(pair.len() + number_bytes.checked_sub(number.len())?, 0);
        pair.extend_from_slice(number);
    }
    fields.is_empty().then_some(pair)
}

/// # Errors
/// [`SshFailure::RsaKeySize`].
fn supported(modulus: &[u8]) -> Result<(), SshFailure> {
    let leading = modulus.first().map_or(0, |first| first.leading_zeros() as usize);
    let bits = modulus.len() * 8 - leading;
    if (2048..=8192).contains(&bits) { Ok(()) } else { Err(SshFailure::RsaKeySize(bits)) }
}

fn fingerprint(key: &[u8]) -> String {
    format!("SHA256:{}", STANDARD_NO_PAD.encode(digest::digest(&digest::SHA256, key)))
}
