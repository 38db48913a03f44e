//! Which certificates are trusted, which one this program shows, and why a connection fails.

mod identity;
mod private_root;
pub(super) mod problem;

use std::sync::Arc;

use rustls_platform_verifier::Verifier;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::client::verify_server_name;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{
    self, CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use x509_parser::prelude::{FromDer as _, X509Certificate};

pub(super) use self::identity::Identity;
pub use self::private_root::PrivateRoot;
pub(super) use self::private_root::VerifiedChain;

/// Whether this program has a certificate of its own to show.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ClientIdentity {
    Given,
    None,
}

/// The certificates that are trusted: the system's, and those that were given.
#[derive(Debug)]
pub(super) struct TrustStore {
    pub extra: Vec<CertificateDer<'static>>,
    pub verifier: Arc<ServerVerifier>,
    pub identity: ClientIdentity,
}

impl TrustStore {
    pub(super) fn new(extra: Vec<CertificateDer<'static>>, identity: ClientIdentity) -> Self {
        let verifier = Arc::new(ServerVerifier::new(extra.clone()));
        Self { extra, verifier, identity }
    }

    /// How the HTTP library makes TLS connections.
    ///
    /// # Errors
    /// [`rustls::Error::InconsistentKeys`] for a key that does not belong to the certificate.
    pub(super) fn client_config(&self, identity: Option<Identity>) -> Result<ClientConfig, rustls::Error> {
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&self.verifier) as Arc<dyn ServerCertVerifier>);
        let mut config = match identity {
            Some(Identity { chain, key }) => builder.with_client_auth_cert(chain, key)?,
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// The certificates of a PEM bundle, or of a single DER file; `None` where there is none.
pub(super) fn certificates(file: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(file).filter_map(Result::ok).collect();
    if !found.is_empty() {
        return Some(found);
    }
    X509Certificate::from_der(file).ok().map(|_| vec![CertificateDer::from(file.to_vec())])
}

/// The system's verdict on a server's certificate, with the given certificates as further roots. A server's own certificate
/// that was given is trusted as it is, a CA's too: GitLab's documentation makes self-signed ones that way
/// (gitlab: doc/omnibus/settings/ssl).
#[derive(Debug)]
pub(super) struct ServerVerifier {
    /// `None` on a system without any root certificates, where none were given.
    roots: Option<Arc<dyn ServerCertVerifier>>,
    given: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
}

impl ServerVerifier {
    fn new(given: Vec<CertificateDer<'static>>) -> Self {
        let provider = provider();
        let system = Verifier::new_with_extra_roots(given.iter().cloned(), Arc::clone(&provider)).ok();
        let roots = match system {
            Some(system) => Some(Arc::new(system) as Arc<dyn ServerCertVerifier>),
            None => only(&given, &provider),
        };
        Self { roots, given, provider }
    }

    pub(super) fn given(&self) -> &[CertificateDer<'static>] {
        &self.given
    }

    /// The name and the dates of a certificate that is trusted as it is.
    fn as_given(
        end_entity: &CertificateDer<'_>,
        server_name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let unreadable = |_| rustls::Error::InvalidCertificate(CertificateError::BadEncoding);
        let (_, certificate) = X509Certificate::from_der(end_entity).map_err(unreadable)?;
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        if certificate.validity().not_after.timestamp() < now {
            return Err(CertificateError::Expired.into());
        }
        if certificate.validity().not_before.timestamp() > now {
            return Err(CertificateError::NotValidYet.into());
        }
        verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
        Ok(ServerCertVerified::assertion())
    }
}

/// Verifies by the given certificates only.
fn only(given: &[CertificateDer<'static>], provider: &Arc<CryptoProvider>) -> Option<Arc<dyn ServerCertVerifier>> {
    let mut roots = RootCertStore::empty();
    let (added, _unreadable) = roots.add_parsable_certificates(given.iter().cloned());
    if added == 0 {
        return None;
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build().ok()?;
    Some(verifier as Arc<dyn ServerCertVerifier>)
}

impl ServerCertVerifier for ServerVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verdict = match &self.roots {
            Some(roots) => roots.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now),
            None => Err(CertificateError::UnknownIssuer.into()),
        };
        match verdict {
            Err(_) if self.given.iter().any(|given| given == end_entity) => {
                Self::as_given(end_entity, server_name, now)
            }
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
