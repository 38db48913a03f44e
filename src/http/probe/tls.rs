//! Reads the certificates that a server presents.

use std::sync::{Arc, Mutex, PoisonError};

use hyper_util::client::proxy::matcher::Intercept;
use jiff::Timestamp;
use rustls_platform_verifier::Verifier;
use serde::Serialize;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{self, ClientConfig, DigitallySignedStruct, SignatureScheme};
use url::Url;
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate, X509Name};

use super::{failed, host, tcp};
use crate::http::client::Client;
use crate::http::error::{Cause, Error, TlsProblem};
use crate::http::limits::{MAX_CERTIFICATE_NAMES, MAX_NAME_CHARS};
use crate::http::request::Request;
use crate::http::tls::{TrustStore, problem};

/// The certificate that a server presented.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct CertificateSeen {
    /// The issuer's name, as the certificate has it.
    pub issuer: String,
    pub not_after: Timestamp,
}

/// What a server presented, and whether the system trusts it.
pub(in crate::http) struct PresentedChain {
    pub certificate: CertificateSeen,
    names: Vec<String>,
    /// The issuer of the last certificate of the chain: the one that should be trusted.
    highest: String,
    /// Whether the server's own certificate is the whole chain.
    is_alone: bool,
    /// The first issuer of the chain that is a known inspecting proxy.
    inspector: Option<String>,
    pub problem: Option<TlsProblem>,
}

/// Issuers of products that inspect TLS, in lower case.
const INSPECTORS: [&str; 26] = [
    "zscaler",
    "netskope",
    "goskope",
    "fortinet",
    "fortigate",
    "palo alto",
    "blue coat",
    "bluecoat",
    "symantec web",
    "cisco umbrella",
    "opendns",
    "mcafee",
    "skyhigh",
    "sophos",
    "check point",
    "checkpoint",
    "kaspersky",
    "avast",
    "bitdefender",
    "eset ssl",
    "forcepoint",
    "websense",
    "barracuda",
    "sonicwall",
    "watchguard",
    "mitmproxy",
];

/// Opens a connection and records what the server presents. The handshake always ends there, so nothing is ever sent.
pub(in crate::http) async fn handshake(
    trust: &TrustStore,
    url: &Url,
    proxy: Option<&Intercept>,
) -> std::io::Result<PresentedChain> {
    let host = host(url).to_owned();
    let stream = tcp::open(url, proxy).await?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let recorder = Arc::new(Recorder::new(trust, &provider));
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(std::io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&recorder) as Arc<dyn ServerCertVerifier>)
        .with_no_client_auth();
    let name = ServerName::try_from(host.clone()).map_err(std::io::Error::other)?;
    match TlsConnector::from(Arc::new(config)).connect(name, stream).await {
        Ok(_) => Err(std::io::Error::other("the handshake succeeded without a certificate")),
        Err(error) => recorder.presented(&host).ok_or(error),
    }
}

/// Records the chain and the system's verdict, and refuses every certificate.
#[derive(Debug)]
struct Recorder {
    verifier: Option<Verifier>,
    schemes: Vec<SignatureScheme>,
    recorded: Mutex<Option<RecordedChain>>,
}

#[derive(Debug)]
struct RecordedChain {
    chain: Vec<CertificateDer<'static>>,
    verdict: Option<rustls::Error>,
}

impl Recorder {
    fn new(trust: &TrustStore, provider: &Arc<CryptoProvider>) -> Self {
        Self {
            // Fails on a system without any root certificates; there, only reqwest's own error is available.
            verifier: Verifier::new_with_extra_roots(trust.extra.iter().cloned(), Arc::clone(provider)).ok(),
            schemes: provider.signature_verification_algorithms.supported_schemes(),
            recorded: Mutex::new(None),
        }
    }

    fn presented(&self, host: &str) -> Option<PresentedChain> {
        let recorded = self.recorded.lock().unwrap_or_else(PoisonError::into_inner);
        let RecordedChain { chain, verdict } = recorded.as_ref()?;
        let (_, leaf) = X509Certificate::from_der(chain.first()?).ok()?;
        let certificate = CertificateSeen {
            issuer: name(leaf.issuer()),
            not_after: Timestamp::from_second(leaf.validity().not_after.timestamp()).ok()?,
        };
        let last = chain.last().and_then(|der| X509Certificate::from_der(der).ok());
        let highest = last.map_or_else(|| certificate.issuer.clone(), |(_, last)| name(last.issuer()));
        let (names, inspector, is_alone) = (names(&leaf), inspector(chain), chain.len() == 1);
        let presented = PresentedChain { certificate, names, highest, is_alone, inspector, problem: None };
        let problem = verdict.as_ref().map(|error| presented.refine(problem(error, host)));
        Some(PresentedChain { problem, ..presented })
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verdict = self.verifier.as_ref().and_then(|verifier| {
            verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now).err()
        });
        let chain = std::iter::once(end_entity).chain(intermediates).map(|der| der.clone().into_owned()).collect();
        *self.recorded.lock().unwrap_or_else(PoisonError::into_inner) = Some(RecordedChain { chain, verdict });
        Err(rustls::Error::General("the certificate is only recorded".to_owned()))
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("the certificate is only recorded".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("the certificate is only recorded".to_owned()))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes.clone()
    }
}

impl PresentedChain {
    /// The problem with the names and dates of the certificates.
    pub(in crate::http) fn refine(&self, problem: TlsProblem) -> TlsProblem {
        match problem {
            TlsProblem::UnknownCa { .. } => match &self.inspector {
                Some(issuer) => TlsProblem::Intercepted { issuer: issuer.clone() },
                None => TlsProblem::UnknownCa { issuer: Some(self.highest.clone()), is_alone: self.is_alone },
            },
            TlsProblem::WrongName { host, .. } => TlsProblem::WrongName { host, names: self.names.clone() },
            TlsProblem::Expired { .. } => TlsProblem::Expired { on: Some(day(self.certificate.not_after)) },
            other @ (TlsProblem::NotYetValid | TlsProblem::Intercepted { .. } | TlsProblem::Other(_)) => other,
        }
    }
}

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// The names a certificate is for: its subject alternative names, else its common name.
fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let alternative = certificate.subject_alternative_name().ok().flatten();
    let mut names: Vec<String> = alternative
        .iter()
        .flat_map(|extension| &extension.value.general_names)
        .filter_map(|general| match general {
            GeneralName::DNSName(name) => Some(cut(name)),
            GeneralName::IPAddress(bytes) => address(bytes),
            _ => None,
        })
        .take(MAX_CERTIFICATE_NAMES)
        .collect();
    if names.is_empty() {
        names.push(name(certificate.subject()));
    }
    names
}

fn address(bytes: &[u8]) -> Option<String> {
    let address: std::net::IpAddr = match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok()?.into(),
        16 => <[u8; 16]>::try_from(bytes).ok()?.into(),
        _ => return None,
    };
    Some(address.to_string())
}

/// The common name, else the organization, else the whole name.
fn name(name: &X509Name<'_>) -> String {
    let common = name.iter_common_name().chain(name.iter_organization()).find_map(|part| part.as_str().ok());
    common.map_or_else(|| cut(&name.to_string()), cut)
}

fn inspector(chain: &[CertificateDer<'_>]) -> Option<String> {
    chain.iter().find_map(|der| {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let whole = certificate.issuer().to_string().to_lowercase();
        INSPECTORS.iter().any(|known| whole.contains(known)).then(|| name(certificate.issuer()))
    })
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_NAME_CHARS).collect()
}

/// The certificate of the host of `url`, through a proxy's tunnel where requests go through one.
///
/// # Errors
/// [`Cause::Tls`] where it is not trusted, [`Cause::Broken`], and [`Cause::Timeout`].
pub async fn certificate(client: &Client, url: &Url) -> Result<CertificateSeen, Error> {
    client.require_allowed(&Request::get(url.clone()), url)?;
    let proxy = client.proxy_for(url);
    match timeout(client.timeout(), handshake(client.trust(url), url, proxy.as_ref())).await {
        Ok(Ok(presented)) => match presented.problem {
            Some(problem) => Err(failed(url, Cause::Tls(problem))),
            None => Ok(presented.certificate),
        },
        Ok(Err(error)) => Err(failed(url, broken_handshake(&error, url))),
        Err(_) => Err(failed(url, Cause::Timeout { after: client.timeout() })),
    }
}

/// A handshake that ended before the server presented a certificate.
fn broken_handshake(error: &std::io::Error, url: &Url) -> Cause {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(inner) => Cause::Tls(problem(inner, url.host_str().unwrap_or_default())),
        None => Cause::Broken { detail: error.to_string() },
    }
}
