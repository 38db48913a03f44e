//! Which certificates are trusted, and why a server's are not.

use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{self, CertificateError};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::error::TlsProblem;

/// The certificates that are trusted besides the system's.
#[derive(Debug)]
pub(super) struct TrustStore {
    pub extra: Vec<CertificateDer<'static>>,
}

impl TrustStore {
    pub(super) fn new(extra: Vec<CertificateDer<'static>>) -> Self {
        Self { extra }
    }
}

/// The certificates of a PEM bundle, or of a single DER file; `None` where there is none.
pub(super) fn certificates(file: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(file).filter_map(Result::ok).collect();
    if !found.is_empty() {
        return Some(found);
    }
    X509Certificate::from_der(file).ok().map(|_| vec![CertificateDer::from(file.to_vec())])
}

/// What an error of the TLS library means to the user.
pub(super) fn problem(error: &rustls::Error, host: &str) -> TlsProblem {
    match error {
        rustls::Error::InvalidCertificate(why) => certificate_problem(why, host),
        rustls::Error::AlertReceived(alert) => TlsProblem::Other(format!("the server ended the handshake: {alert:?}")),
        rustls::Error::InvalidMessage(_) => TlsProblem::Other("the server does not speak TLS on this port".to_owned()),
        other => TlsProblem::Other(other.to_string()),
    }
}

fn certificate_problem(error: &CertificateError, host: &str) -> TlsProblem {
    match error {
        CertificateError::UnknownIssuer => TlsProblem::UnknownCa { issuer: None, is_alone: false },
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            TlsProblem::WrongName { host: host.to_owned(), names: Vec::new() }
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => TlsProblem::Expired { on: None },
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => TlsProblem::NotYetValid,
        CertificateError::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => TlsProblem::Other(
            "the server presents a CA's own certificate instead of one that the CA has issued to it".to_owned(),
        ),
        other => TlsProblem::Other(format!("the certificate is not acceptable: {other:?}")),
    }
}
