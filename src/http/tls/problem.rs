//! Why TLS failed: the table of causes, each with its sentence. What to do about each is in `advice/tls.rs`.

use tokio_rustls::rustls::{AlertDescription, CertificateError, Error};

use super::ClientIdentity;

/// Why TLS failed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TlsProblem {
    /// `is_alone`: the server presents nothing but its own certificate, so an intermediate one may be missing.
    #[error("the certificate's issuer is not trusted{}", issuer_text(.issuer.as_deref(), if *.is_alone { ALONE } else { "" }))]
    UnknownCa { issuer: Option<String>, is_alone: bool },
    /// The certificate says where its issuer's is, as those below an intermediate do, or is of none of the CAs that were given
    /// (`given`, by their names), and the server sends its own alone.
    #[error("the certificate's issuer is not trusted ({issuer}){}", missing_text(.given))]
    MissingIntermediate { issuer: String, given: Vec<String> },
    #[error("the certificate is for {}, not for {host}", .names.join(", "))]
    WrongName { host: String, names: Vec<String> },
    /// RFC 9525: the common name is not read.
    #[error("the certificate has a common name only ({name}), and no subject alternative name for {host}")]
    OnlyCommonName { host: String, name: String },
    #[error("the certificate has expired{}", .on.as_ref().map(|date| format!(" on {date}")).unwrap_or_default())]
    Expired { on: Option<String> },
    #[error("the intermediate certificate {name}, which the server sends, has expired on {on}")]
    IntermediateExpired { name: String, on: String },
    #[error("the certificate is not valid yet")]
    NotYetValid,
    #[error("a device on the network inspects TLS: the certificate was issued by {issuer}")]
    Intercepted { issuer: String },
    /// `defect` follows "the certificate": `has an RSA key of 1024 bits`.
    #[error("the certificate {defect}, which is not accepted any more")]
    Weak { defect: String },
    #[error("the certificate is not acceptable: {detail}")]
    Unacceptable { detail: String },
    #[error("the server presents a CA's own certificate instead of one that the CA has issued to it")]
    CaAsServer,
    #[error("the server wants a client certificate")]
    ClientCertificateWanted,
    #[error("the server refuses the client certificate: {why}")]
    ClientCertificateRefused { why: &'static str },
    #[error("the server speaks only versions of TLS before 1.2")]
    OldProtocol,
    #[error("the server and this program have no cipher suite in common")]
    NoCommonCipher,
    #[error("the server does not speak TLS on this port")]
    NotTls,
    /// Anything else, which may pass by itself: a connection that breaks off.
    #[error("{0}")]
    Other(String),
}

const ALONE: &str = ", and the server sends no intermediate certificate";

fn issuer_text(issuer: Option<&str>, remark: &str) -> String {
    issuer.map(|name| format!(" ({name}{remark})")).unwrap_or_default()
}

/// A wrong CA and a missing intermediate certificate look alike from here.
fn missing_text(given: &[String]) -> String {
    const NAMED: usize = 3;
    let more = given.len().saturating_sub(NAMED);
    let names = given[..given.len() - more].join(", ");
    match (given.len(), more) {
        (0, _) => ", because the server sends no intermediate certificate".to_owned(),
        (1, _) => format!(": it is not the CA that was given ({names}){ALONE}"),
        (_, 0) => format!(": it is none of the CAs that were given ({names}){ALONE}"),
        _ => format!(": it is none of the CAs that were given ({names} and {more} more){ALONE}"),
    }
}

impl TlsProblem {
    /// Its name in a report's evidence.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::UnknownCa { .. } => "unknown_ca",
            Self::MissingIntermediate { .. } => "missing_intermediate",
            Self::WrongName { .. } => "wrong_name",
            Self::OnlyCommonName { .. } => "only_common_name",
            Self::Expired { .. } => "expired",
            Self::IntermediateExpired { .. } => "intermediate_expired",
            Self::NotYetValid => "not_yet_valid",
            Self::Intercepted { .. } => "interception",
            Self::Weak { .. } => "weak_certificate",
            Self::Unacceptable { .. } => "unacceptable_certificate",
            Self::CaAsServer => "ca_as_server",
            Self::ClientCertificateWanted => "client_certificate_wanted",
            Self::ClientCertificateRefused { .. } => "client_certificate_refused",
            Self::OldProtocol => "old_protocol",
            Self::NoCommonCipher => "no_common_cipher",
            Self::NotTls => "not_tls",
            Self::Other(_) => "other",
        }
    }

    /// Whether it may pass by itself. A wrong certificate never does.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::Other(_))
    }
}

/// Who the TLS library failed with.
#[derive(Clone, Copy, Debug)]
pub(in crate::http) struct Peer<'a> {
    pub host: &'a str,
    pub identity: ClientIdentity,
}

/// What an error of the TLS library means to the user.
pub(in crate::http) fn problem(error: &Error, peer: Peer<'_>) -> TlsProblem {
    match error {
        Error::InvalidCertificate(why) => certificate_problem(why, peer.host),
        Error::AlertReceived(alert) => alert_problem(*alert, peer.identity),
        Error::PeerIncompatible(why) => incompatible(why),
        Error::InvalidMessage(_) => TlsProblem::NotTls,
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
        CertificateError::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => TlsProblem::CaAsServer,
        other => TlsProblem::Unacceptable { detail: other.to_string() },
    }
}

/// What the server said when it ended the handshake (RFC 8446, section 6.2).
fn alert_problem(alert: AlertDescription, identity: ClientIdentity) -> TlsProblem {
    use AlertDescription as Alert;
    let why = match alert {
        Alert::CertificateRequired | Alert::NoCertificate => return TlsProblem::ClientCertificateWanted,
        Alert::ProtocolVersion => return TlsProblem::OldProtocol,
        Alert::HandshakeFailure | Alert::InsufficientSecurity => return TlsProblem::NoCommonCipher,
        Alert::UnknownCA => "it does not trust the certificate's issuer",
        Alert::CertificateExpired => "the certificate has expired",
        Alert::CertificateRevoked => "the certificate is revoked",
        Alert::BadCertificate | Alert::UnsupportedCertificate | Alert::CertificateUnknown | Alert::DecryptError => {
            "it does not accept this certificate"
        }
        Alert::AccessDenied => "the certificate gives no access",
        other => return TlsProblem::Other(format!("the server ended the handshake: {other:?}")),
    };
    match identity {
        ClientIdentity::Given => TlsProblem::ClientCertificateRefused { why },
        ClientIdentity::None => TlsProblem::ClientCertificateWanted,
    }
}

fn incompatible(why: &tokio_rustls::rustls::PeerIncompatible) -> TlsProblem {
    use tokio_rustls::rustls::PeerIncompatible as Why;
    match why {
        Why::ServerDoesNotSupportTls12Or13
        | Why::ServerTlsVersionIsDisabledByOurConfig
        | Why::Tls12NotOffered
        | Why::Tls12NotOfferedOrEnabled => TlsProblem::OldProtocol,
        _ => TlsProblem::NoCommonCipher,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_that_was_not_given_is_told_beside_what_was() {
        let said = |given: &[&str]| {
            let given = given.iter().map(|&name| name.to_owned()).collect();
            TlsProblem::MissingIntermediate { issuer: "R3".to_owned(), given }.to_string()
        };
        for (given, wanted) in [
            (&[][..], "(R3), because the server sends no"),
            (&["A"][..], "(R3): it is not the CA that was given (A), and the server sends no"),
            (&["A", "B"][..], "(R3): it is none of the CAs that were given (A, B), and"),
            (&["A", "B", "C", "D", "E"][..], "(R3): it is none of the CAs that were given (A, B, C and 2 more), and"),
        ] {
            assert!(said(given).contains(wanted), "{}", said(given));
        }
    }

    #[test]
    fn what_a_server_says_about_client_certificates_depends_on_whether_one_was_given() {
        for alert in [AlertDescription::BadCertificate, AlertDescription::UnknownCA, AlertDescription::AccessDenied] {
            let said = |identity| problem(&Error::AlertReceived(alert), Peer { host: "h", identity });
            assert_eq!(said(ClientIdentity::None), TlsProblem::ClientCertificateWanted, "{alert:?}");
            assert!(matches!(said(ClientIdentity::Given), TlsProblem::ClientCertificateRefused { .. }), "{alert:?}");
        }
        let required = Error::AlertReceived(AlertDescription::CertificateRequired);
        let peer = Peer { host: "h", identity: ClientIdentity::None };
        assert_eq!(problem(&required, peer), TlsProblem::ClientCertificateWanted);
    }

    #[test]
    fn an_old_server_is_told_apart_from_one_without_a_common_cipher() {
        use tokio_rustls::rustls::PeerIncompatible;
        let peer = Peer { host: "h", identity: ClientIdentity::None };
        for (error, wanted) in [
            (Error::AlertReceived(AlertDescription::ProtocolVersion), TlsProblem::OldProtocol),
            (PeerIncompatible::ServerDoesNotSupportTls12Or13.into(), TlsProblem::OldProtocol),
            (PeerIncompatible::NoCipherSuitesInCommon.into(), TlsProblem::NoCommonCipher),
            (Error::AlertReceived(AlertDescription::HandshakeFailure), TlsProblem::NoCommonCipher),
        ] {
            assert_eq!(problem(&error, peer), wanted, "{error}");
            assert!(!wanted.may_pass());
        }
        assert!(problem(&Error::HandshakeNotComplete, peer).may_pass());
    }
}
