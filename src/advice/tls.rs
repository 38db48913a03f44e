//! What to do about each cause of a failed TLS connection, the best first.

use crate::error::Fix;
use crate::http::TlsProblem;

const SEND_CHAIN: &str =
    "send its intermediate certificates after its own (in GitLab: the whole chain in the file ssl_certificate)";

/// `ca_option` is the option that trusts a certificate authority for this host.
pub(super) fn fixes(problem: &TlsProblem, host: &str, ca_option: &'static str) -> Vec<Fix> {
    let trust = |what: &str| Fix::rerun(what, ca_option);
    let say = |text: String| vec![Fix::say(text)];
    match problem {
        TlsProblem::UnknownCa { is_alone, .. } => {
            let mut fixes = vec![trust("trust the certificate authority that issued the certificate")];
            if *is_alone {
                fixes.push(Fix::say(format!("or let {host} send its intermediate certificates")));
            }
            fixes
        }
        TlsProblem::MissingIntermediate { issuer, given } if given.is_empty() => vec![
            Fix::say(format!("let {host} {SEND_CHAIN}")),
            trust(&format!("or, if {issuer} is itself a root of your company, trust it")),
        ],
        TlsProblem::MissingIntermediate { issuer, .. } => vec![
            trust(&format!("if {issuer} is a root of your company, give its certificate")),
            Fix::say(format!("or, if it is an intermediate authority, let {host} {SEND_CHAIN}")),
        ],
        TlsProblem::Intercepted { .. } => {
            vec![trust("if your company inspects TLS on purpose, trust its certificate authority")]
        }
        TlsProblem::WrongName { .. } => {
            say(format!("use a name that the certificate is for, or get {host} a certificate for its name"))
        }
        TlsProblem::OnlyCommonName { .. } => {
            say(format!("get {host} a certificate that has its name as a subject alternative name (subjectAltName)"))
        }
        TlsProblem::Expired { .. } => say(format!("renew the certificate of {host}")),
        TlsProblem::IntermediateExpired { .. } => {
            say(format!("let {host} send the intermediate certificate that its issuer has published since"))
        }
        TlsProblem::NotYetValid => say("set this machine's clock, or check the certificate's dates".to_owned()),
        TlsProblem::Weak { .. } | TlsProblem::Unacceptable { .. } => say(format!(
            "get {host} a certificate of version 3, signed with SHA-256 or better, with an RSA key of 2048 bits or more or \
             an elliptic curve's"
        )),
        TlsProblem::CaAsServer => vec![
            Fix::say(format!("get {host} a certificate that the CA has issued to it")),
            trust("or trust this certificate as it is"),
        ],
        TlsProblem::ClientCertificateWanted => vec![give_client_certificate(host)],
        TlsProblem::ClientCertificateRefused { .. } => vec![Fix::rerun(
            format!(
                "give the client certificate that the administrators of {host} issued, with the chain of its issuer"
            ),
            "--client-cert PATH",
        )],
        TlsProblem::OldProtocol => say(format!("turn on TLS 1.2 or 1.3 at {host}, or at the proxy in front of it")),
        TlsProblem::NoCommonCipher => say(format!(
            "turn on a cipher suite of TLS 1.2 with forward secrecy (ECDHE with AES-GCM), or TLS 1.3, at {host}"
        )),
        TlsProblem::NotTls => say(format!("check the port of {host}: TLS is not spoken there")),
        TlsProblem::Other(_) => {
            vec![Fix::rerun(
                format!("try again; if it happens again, check what lies between this machine and {host}"),
                "",
            )]
        }
    }
}

pub(super) fn give_client_certificate(host: &str) -> Fix {
    Fix::rerun(format!("give a client certificate that {host} accepts, with its key (PEM)"), "--client-cert PATH")
}
