//! The sandbox's private CA and the certificates it issues, valid and defective.

use std::net::IpAddr;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::options::TlsDefect;

/// A certificate could not be made or used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("the sandbox's certificate cannot be made")]
    Certificate(#[from] rcgen::Error),
    #[error("the sandbox's certificate cannot be served")]
    Serve(#[from] tokio_rustls::rustls::Error),
}

/// A certificate authority that lives as long as the sandbox.
pub(crate) struct PrivateCa {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl PrivateCa {
    /// # Errors
    /// When the key or the certificate cannot be made.
    pub(crate) fn new() -> Result<Self, TlsError> {
        Self::named("factory-gitlab sandbox CA")
    }

    fn named(name: &str) -> Result<Self, TlsError> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        (params.not_before, params.not_after) = (date_time_ymd(2024, 1, 1), date_time_ymd(2049, 1, 1));
        Ok(Self { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate()?)? })
    }

    /// The CA's certificate, in PEM.
    #[must_use]
    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// The TLS acceptor of a server, for `localhost` and this address, with HTTP/2 and HTTP/1.1 by ALPN.
    ///
    /// # Errors
    /// When the key or the certificate cannot be made.
    pub(crate) fn acceptor(&self, address: IpAddr, defect: Option<TlsDefect>) -> Result<TlsAcceptor, TlsError> {
        let key = KeyPair::generate()?;
        let params = server(address, defect)?;
        let certificate = if defect == Some(TlsDefect::OtherIssuer) {
            params.signed_by(&key, &*Self::named("TLS inspection elsewhere")?.issuer)?
        } else {
            params.signed_by(&key, &*self.issuer)?
        };
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

fn server(address: IpAddr, defect: Option<TlsDefect>) -> Result<CertificateParams, TlsError> {
    let names = if defect == Some(TlsDefect::WrongName) {
        vec!["elsewhere.sandbox.example".to_owned()]
    } else {
        vec!["localhost".to_owned(), address.to_string()]
    };
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "factory-gitlab sandbox");
    (params.not_before, params.not_after) = match defect {
        Some(TlsDefect::Expired) => (date_time_ymd(2024, 1, 1), date_time_ymd(2024, 2, 1)),
        Some(TlsDefect::NotYetValid) => (date_time_ymd(2048, 1, 1), date_time_ymd(2049, 1, 1)),
        _ => (date_time_ymd(2024, 1, 1), date_time_ymd(2049, 1, 1)),
    };
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}
