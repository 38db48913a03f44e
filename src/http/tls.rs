//! Which certificates are trusted, what a server shows, and why it is not believed.

use std::sync::{Arc, Mutex, PoisonError};

use hyper_util::client::proxy::matcher::Intercept;
use jiff::Timestamp;
use rustls_platform_verifier::Verifier;
use serde::Serialize;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{self, CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme};
use url::Url;
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate, X509Name};

use super::error::TlsProblem;
use super::tunnel;

/// The certificates that are trusted besides the system's.
#[derive(Debug)]
pub(super) struct Trust {
    extra: Vec<CertificateDer<'static>>,
}

/// The certificate that an instance showed.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct CertificateSeen {
    /// The issuer's name, as the certificate has it.
    pub issuer: String,
    pub not_after: Timestamp,
}

/// What a server showed, and what the system thinks of it.
pub(super) struct Shown {
    pub certificate: CertificateSeen,
    names: Vec<String>,
    /// The issuer of the last certificate of the chain: the one that should be trusted.
    highest: String,
    /// Whether the server's own certificate is the whole chain.
    is_alone: bool,
    /// Whichever issuer of the chain is a known inspecting proxy.
    inspector: Option<String>,
    pub problem: Option<TlsProblem>,
}

/// Whose certificates stand for a connection that is opened and looked into, in lower case.
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

impl Trust {
    pub(super) fn new(extra: Vec<CertificateDer<'static>>) -> Self {
        Self { extra }
    }
}

/// The certificates of a PEM bundle, or of a single DER file; `None` when there is none.
pub(super) fn certificates(file: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(file).filter_map(Result::ok).collect();
    if !found.is_empty() {
        return Some(found);
    }
    X509Certificate::from_der(file).ok().map(|_| vec![CertificateDer::from(file.to_vec())])
}

/// Opens a connection and records what the server shows. The handshake is always broken off, so nothing is ever sent.
pub(super) async fn look(trust: &Trust, url: &Url, proxy: Option<&Intercept>) -> std::io::Result<Shown> {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let stream = tunnel::open(url, proxy).await?;
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
        Ok(_) => Err(std::io::Error::other("the handshake went on without a certificate")),
        Err(error) => recorder.shown(&host).ok_or(error),
    }
}

/// Records the chain and the system's judgement, and refuses every certificate.
#[derive(Debug)]
struct Recorder {
    judge: Option<Verifier>,
    schemes: Vec<SignatureScheme>,
    seen: Mutex<Option<(Vec<CertificateDer<'static>>, Option<rustls::Error>)>>,
}

impl Recorder {
    fn new(trust: &Trust, provider: &Arc<CryptoProvider>) -> Self {
        Self {
            // Fails on a system without any roots: there, reqwest's own error is all there is to say.
            judge: Verifier::new_with_extra_roots(trust.extra.iter().cloned(), Arc::clone(provider)).ok(),
            schemes: provider.signature_verification_algorithms.supported_schemes(),
            seen: Mutex::new(None),
        }
    }

    fn shown(&self, host: &str) -> Option<Shown> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let (chain, judgement) = seen.as_ref()?;
        let (_, leaf) = X509Certificate::from_der(chain.first()?).ok()?;
        let certificate = CertificateSeen {
            issuer: name(leaf.issuer()),
            not_after: Timestamp::from_second(leaf.validity().not_after.timestamp()).ok()?,
        };
        let last = chain.last().and_then(|der| X509Certificate::from_der(der).ok());
        let highest = last.map_or_else(|| certificate.issuer.clone(), |(_, last)| name(last.issuer()));
        let (names, inspector, is_alone) = (names(&leaf), inspector(chain), chain.len() == 1);
        let shown = Shown { certificate, names, highest, is_alone, inspector, problem: None };
        let problem = judgement.as_ref().map(|error| shown.refine(problem(error, host)));
        Some(Shown { problem, ..shown })
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
        let judgement = self.judge.as_ref().and_then(|judge| {
            judge.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now).err()
        });
        let chain = std::iter::once(end_entity).chain(intermediates).map(|der| der.clone().into_owned()).collect();
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some((chain, judgement));
        Err(rustls::Error::General("only looked at".to_owned()))
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("only looked at".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("only looked at".to_owned()))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes.clone()
    }
}

impl Shown {
    /// The problem with the names and dates that were seen.
    pub(super) fn refine(&self, problem: TlsProblem) -> TlsProblem {
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

/// What an error of the TLS library means to a person.
pub(super) fn problem(error: &rustls::Error, host: &str) -> TlsProblem {
    match error {
        rustls::Error::InvalidCertificate(why) => certificate_problem(why, host),
        rustls::Error::AlertReceived(alert) => TlsProblem::Other(format!("the server broke off: {alert:?}")),
        rustls::Error::InvalidMessage(_) => TlsProblem::Other("what answers there does not speak TLS".to_owned()),
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
            "the server shows a CA's own certificate; it needs one that the CA has signed for it".to_owned(),
        ),
        other => TlsProblem::Other(format!("the certificate is not acceptable: {other:?}")),
    }
}

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// The names a certificate is for: its subject alternative names, else its common name.
fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    const MOST: usize = 8;
    let alternative = certificate.subject_alternative_name().ok().flatten();
    let mut names: Vec<String> = alternative
        .iter()
        .flat_map(|extension| &extension.value.general_names)
        .filter_map(|general| match general {
            GeneralName::DNSName(name) => Some(cut(name)),
            GeneralName::IPAddress(bytes) => address(bytes),
            _ => None,
        })
        .take(MOST)
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

/// The common name, else the organisation, else the whole name.
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
    text.chars().take(120).collect()
}

/// A handshake that ended before a certificate was shown.
pub(super) fn broken_off(error: &std::io::Error, host: &str) -> super::error::Cause {
    use super::error::Cause;
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(inner) => Cause::Tls(problem(inner, host)),
        None => Cause::Broken { detail: error.to_string() },
    }
}
