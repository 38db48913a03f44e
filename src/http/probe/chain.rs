//! What the certificates that a server presents say, and which problem that makes of an error of the TLS library. Pure.

use jiff::Timestamp;
use serde::Serialize;
use tokio_rustls::rustls::pki_types::CertificateDer;
use x509_parser::prelude::{FromDer as _, GeneralName, ParsedExtension, X509Certificate, X509Name, X509Version};
use x509_parser::public_key::PublicKey;

use crate::http::limits::{MAX_CERTIFICATE_NAMES, MAX_NAME_CHARS};
use crate::http::tls::problem::TlsProblem;
use crate::http::tls::{ClientIdentity, PrivateRoot};

/// The certificate that a server presented.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct CertificateSeen {
    /// The issuer's name, as the certificate has it.
    pub issuer: String,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    /// The first issuer of the chain that is a known inspecting proxy, also where the chain is trusted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inspector: Option<String>,
    /// Where the chain is trusted only by a root that was given or added here, as far as that can be known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_root: Option<PrivateRoot>,
}

/// What a server presented, and whether the system trusts it.
pub(in crate::http) struct PresentedChain {
    pub certificate: CertificateSeen,
    names: Names,
    /// The issuer of the last certificate of the chain: the one that should be trusted.
    highest: String,
    completeness: Completeness,
    /// The names of the CAs that were given.
    given: Vec<String>,
    expired: Option<Expired>,
    /// What follows "the certificate", of the first that the TLS library accepts from no issuer.
    defect: Option<String>,
    is_own_defect: bool,
    identity: ClientIdentity,
    wants_client_certificate: bool,
    pub problem: Option<TlsProblem>,
}

/// The names that a certificate is for.
enum Names {
    Alternative(Vec<String>),
    /// It has no subject alternative name.
    OnlyCommon(String),
}

/// Whether the server sends what leads to a root.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Completeness {
    /// The server's own certificate alone, which may be enough.
    Alone,
    /// The server's own certificate alone, and it is not a root's.
    Incomplete,
    Several,
}

/// A certificate of the chain that has expired.
struct Expired {
    is_intermediate: bool,
    name: String,
    on: String,
}

/// What a chain is read from.
pub(super) struct Reading<'a> {
    pub chain: &'a [CertificateDer<'static>],
    /// The roots that were given.
    pub given: &'a [CertificateDer<'static>],
    /// In seconds.
    pub now: i64,
    pub identity: ClientIdentity,
    pub wants_client_certificate: bool,
}

impl PresentedChain {
    /// `None` where the server's certificate cannot be read at all.
    pub(super) fn read(reading: &Reading<'_>) -> Option<Self> {
        let chain: Vec<X509Certificate<'_>> =
            reading.chain.iter().map_while(|der| Some(X509Certificate::from_der(der).ok()?.1)).collect();
        let leaf = chain.first()?;
        let certificate = CertificateSeen {
            issuer: name(leaf.issuer()),
            not_before: Timestamp::from_second(leaf.validity().not_before.timestamp()).ok()?,
            not_after: Timestamp::from_second(leaf.validity().not_after.timestamp()).ok()?,
            inspector: inspector(&chain),
            private_root: None,
        };
        let defects: Vec<Option<String>> = chain.iter().map(defect).collect();
        Some(Self {
            highest: chain.last().map_or_else(|| certificate.issuer.clone(), |last| name(last.issuer())),
            certificate,
            names: names(leaf),
            completeness: completeness(&chain, reading.given),
            given: reading.given.iter().filter_map(subject).collect(),
            expired: expired(&chain, reading.now),
            is_own_defect: defects.first().is_some_and(Option::is_some),
            defect: defects.into_iter().flatten().next(),
            identity: reading.identity,
            wants_client_certificate: reading.wants_client_certificate,
            problem: None,
        })
    }

    /// The problem with the names and dates of the certificates.
    pub(in crate::http) fn refine(&self, problem: TlsProblem) -> TlsProblem {
        match problem {
            TlsProblem::UnknownCa { .. } => self.unknown_ca(),
            TlsProblem::WrongName { host, .. } => match &self.names {
                Names::Alternative(names) => TlsProblem::WrongName { host, names: names.clone() },
                Names::OnlyCommon(name) => TlsProblem::OnlyCommonName { host, name: name.clone() },
            },
            TlsProblem::Expired { .. } => match &self.expired {
                Some(Expired { is_intermediate: true, name, on }) => {
                    TlsProblem::IntermediateExpired { name: name.clone(), on: on.clone() }
                }
                _ => TlsProblem::Expired { on: Some(day(self.certificate.not_after)) },
            },
            TlsProblem::Unacceptable { detail } => match &self.defect {
                Some(defect) => TlsProblem::Weak { defect: defect.clone() },
                None => TlsProblem::Unacceptable { detail },
            },
            // The chain was received, so a cipher suite was found: what the server refuses is the client.
            TlsProblem::NoCommonCipher if self.wants_client_certificate => match self.identity {
                ClientIdentity::Given => TlsProblem::ClientCertificateRefused { why: "it ends the handshake after it" },
                ClientIdentity::None => TlsProblem::ClientCertificateWanted,
            },
            other @ (TlsProblem::MissingIntermediate { .. }
            | TlsProblem::OnlyCommonName { .. }
            | TlsProblem::IntermediateExpired { .. }
            | TlsProblem::NotYetValid
            | TlsProblem::Intercepted { .. }
            | TlsProblem::Weak { .. }
            | TlsProblem::CaAsServer
            | TlsProblem::ClientCertificateWanted
            | TlsProblem::ClientCertificateRefused { .. }
            | TlsProblem::OldProtocol
            | TlsProblem::NoCommonCipher
            | TlsProblem::NotTls
            | TlsProblem::Other(_)) => other,
        }
    }

    fn unknown_ca(&self) -> TlsProblem {
        if let Some(issuer) = &self.certificate.inspector {
            return TlsProblem::Intercepted { issuer: issuer.clone() };
        }
        if let Some(defect) = &self.defect {
            return TlsProblem::Weak { defect: defect.clone() };
        }
        let issuer = self.highest.clone();
        match self.completeness {
            Completeness::Incomplete => TlsProblem::MissingIntermediate { issuer, given: self.given.clone() },
            Completeness::Alone => TlsProblem::UnknownCa { issuer: Some(issuer), is_alone: true },
            Completeness::Several => TlsProblem::UnknownCa { issuer: Some(issuer), is_alone: false },
        }
    }

    /// What ends every handshake although the chain is trusted: the key of the server's own certificate.
    pub(super) fn own_defect(&self) -> Option<TlsProblem> {
        self.defect.clone().filter(|_| self.is_own_defect).map(|defect| TlsProblem::Weak { defect })
    }
}

fn subject(der: &CertificateDer<'_>) -> Option<String> {
    X509Certificate::from_der(der).ok().map(|(_, root)| name(root.subject()))
}

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// A root has issued its own certificate, and says nowhere where its issuer's is. With roots that were given, a certificate
/// of none of them lacks what leads there.
fn completeness(chain: &[X509Certificate<'_>], given: &[CertificateDer<'static>]) -> Completeness {
    let [leaf] = chain else { return Completeness::Several };
    if leaf.issuer() == leaf.subject() {
        return Completeness::Alone;
    }
    let is_issuer = |der: &CertificateDer<'_>| {
        X509Certificate::from_der(der).is_ok_and(|(_, root)| root.subject().as_raw() == leaf.issuer().as_raw())
    };
    let is_elsewhere = names_issuers_address(leaf) || !given.is_empty();
    if is_elsewhere && !given.iter().any(is_issuer) { Completeness::Incomplete } else { Completeness::Alone }
}

/// The authority information access, id-ad-caIssuers (RFC 5280, section 4.2.2.1).
fn names_issuers_address(certificate: &X509Certificate<'_>) -> bool {
    const CA_ISSUERS: &str = "1.3.6.1.5.5.7.48.2";
    certificate.extensions().iter().any(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityInfoAccess(access) => {
            access.accessdescs.iter().any(|one| one.access_method.to_id_string() == CA_ISSUERS)
        }
        _ => false,
    })
}

fn expired(chain: &[X509Certificate<'_>], now: i64) -> Option<Expired> {
    let (place, certificate) = chain.iter().enumerate().find(|(_, one)| one.validity().not_after.timestamp() < now)?;
    let on = Timestamp::from_second(certificate.validity().not_after.timestamp()).ok()?;
    Some(Expired { is_intermediate: place > 0, name: name(certificate.subject()), on: day(on) })
}

/// What the TLS library accepts from no issuer, as it follows "the certificate".
fn defect(certificate: &X509Certificate<'_>) -> Option<String> {
    /// Signature algorithms with a hash that collides.
    const WEAK: [(&str, &str); 4] = [
        ("1.2.840.113549.1.1.4", "MD5"),
        ("1.2.840.113549.1.1.5", "SHA-1"),
        ("1.2.840.10040.4.3", "SHA-1"),
        ("1.2.840.10045.4.1", "SHA-1"),
    ];
    const SHORTEST_RSA_KEY: usize = 2048;
    if certificate.version() == X509Version::V1 {
        return Some("is of version 1, without the names it is for".to_owned());
    }
    let is_root = certificate.issuer() == certificate.subject();
    let signed = certificate.signature_algorithm.algorithm.to_id_string();
    if let Some((_, hash)) = WEAK.iter().find(|(algorithm, _)| *algorithm == signed && !is_root) {
        return Some(format!("is signed with {hash}"));
    }
    match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(key)) if key.key_size() < SHORTEST_RSA_KEY => {
            Some(format!("has an RSA key of {} bits", key.key_size()))
        }
        _ => None,
    }
}

/// The names a certificate is for: its subject alternative names, else its common name.
fn names(certificate: &X509Certificate<'_>) -> Names {
    let alternative = certificate.subject_alternative_name().ok().flatten();
    let names: Vec<String> = alternative
        .iter()
        .flat_map(|extension| &extension.value.general_names)
        .filter_map(|general| match general {
            GeneralName::DNSName(name) => Some(cut(name)),
            GeneralName::IPAddress(bytes) => address(bytes),
            _ => None,
        })
        .take(MAX_CERTIFICATE_NAMES)
        .collect();
    if names.is_empty() { Names::OnlyCommon(name(certificate.subject())) } else { Names::Alternative(names) }
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

fn inspector(chain: &[X509Certificate<'_>]) -> Option<String> {
    chain.iter().find_map(|certificate| {
        let whole = certificate.issuer().to_string().to_lowercase();
        INSPECTORS.iter().any(|known| whole.contains(known)).then(|| name(certificate.issuer()))
    })
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_NAME_CHARS).collect()
}
