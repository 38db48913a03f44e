//! The certificate that this program shows, with its key, from one PEM file.

use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A certificate with the chain below its root, and its private key. It has no `Debug`.
pub(in crate::http) struct Identity {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
}

/// Why a file is not an identity.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(in crate::http) enum IdentityError {
    #[error("does not have a certificate and a private key in PEM")]
    Neither,
    #[error("has no certificate; put certificate and private key into one PEM file")]
    NoCertificate,
    #[error("has no private key; put certificate and private key into one PEM file")]
    NoKey,
    #[error(
        "has an encrypted private key, which cannot be read without its password; decrypt it (openssl pkey -in KEY -out FILE)"
    )]
    EncryptedKey,
}

/// What begins an encrypted key: PKCS #8, and OpenSSL's older form.
const ENCRYPTED: [&str; 2] = ["-----BEGIN ENCRYPTED PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED"];

impl Identity {
    pub(in crate::http) fn read(pem: &[u8]) -> Result<Self, IdentityError> {
        let text = String::from_utf8_lossy(pem);
        if ENCRYPTED.iter().any(|mark| text.contains(mark)) {
            return Err(IdentityError::EncryptedKey);
        }
        let chain: Vec<_> = CertificateDer::pem_slice_iter(pem).filter_map(Result::ok).collect();
        match (chain.is_empty(), PrivateKeyDer::from_pem_slice(pem)) {
            (false, Ok(key)) => Ok(Self { chain, key }),
            (true, Ok(_)) => Err(IdentityError::NoCertificate),
            (false, Err(_)) => Err(IdentityError::NoKey),
            (true, Err(_)) => Err(IdentityError::Neither),
        }
    }
}

// The certificates are made by the crate that the sandbox uses.
#[cfg(all(test, feature = "sandbox"))]
mod tests {
    use super::*;

    #[test]
    fn each_file_that_is_not_an_identity_has_its_reason() {
        let made = rcgen::generate_simple_self_signed(vec!["client.example".to_owned()]).expect("a certificate");
        let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
        let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
        for (pem, wanted) in [
            (format!("{certificate}{key}"), None),
            (format!("{key}{certificate}"), None),
            (certificate.clone(), Some(IdentityError::NoKey)),
            (key, Some(IdentityError::NoCertificate)),
            ("hello".to_owned(), Some(IdentityError::Neither)),
            (format!("{certificate}{encrypted}"), Some(IdentityError::EncryptedKey)),
        ] {
            assert_eq!(Identity::read(pem.as_bytes()).err(), wanted, "{pem}");
        }
    }
}
