//! Reads the certificates that a server presents.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper_util::client::proxy::matcher::Intercept;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::ResolvesClientCert;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, ClientConfig, DigitallySignedStruct, SignatureScheme};
use url::Url;

use super::attempt::{self, Opening, Segments, Target};
use super::chain::{CertificateSeen, PresentedChain, Reading};
use super::{failed, host, tcp};
use crate::http::client::Client;
use crate::http::error::{Cause, Error, UnexpectedPage};
use crate::http::request::Request;
use crate::http::tls::problem::{Peer, TlsProblem, problem};
use crate::http::tls::{PrivateRoot, ServerVerifier, TrustStore, VerifiedChain, provider};

/// Opens a connection and records what the server presents. The handshake always ends there, so nothing is ever sent.
pub(in crate::http) async fn handshake(
    trust: &TrustStore,
    url: &Url,
    proxy: Option<&Intercept>,
) -> io::Result<PresentedChain> {
    presented_over(tcp::open(trust, url, proxy).await?, trust, host(url)).await
}

/// The same over a connection that is open.
async fn presented_over(stream: impl tcp::Connection, trust: &TrustStore, host: &str) -> io::Result<PresentedChain> {
    let recorder = Arc::new(Recorder { verifier: Arc::clone(&trust.verifier), recorded: Mutex::new(None) });
    let requests = Arc::new(CertificateRequests::default());
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&recorder) as Arc<dyn ServerCertVerifier>)
        .with_client_cert_resolver(Arc::clone(&requests) as Arc<dyn ResolvesClientCert>);
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    match TlsConnector::from(Arc::new(config)).connect(name, stream).await {
        Ok(_) => Err(io::Error::other("the handshake succeeded without a certificate")),
        Err(error) => {
            let peer = Peer { host, identity: trust.identity };
            recorder.presented(trust, peer, &requests).ok_or(error)
        }
    }
}

/// Records whether the server asks for a client certificate, and shows none.
#[derive(Debug, Default)]
struct CertificateRequests(AtomicBool);

impl ResolvesClientCert for CertificateRequests {
    fn resolve(&self, _issuers: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.store(true, Ordering::Relaxed);
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

/// Records the chain and the verdict on it, and refuses every certificate.
#[derive(Debug)]
struct Recorder {
    verifier: Arc<ServerVerifier>,
    recorded: Mutex<Option<RecordedChain>>,
}

#[derive(Debug)]
struct RecordedChain {
    chain: Vec<CertificateDer<'static>>,
    verdict: Option<rustls::Error>,
    private_root: Option<PrivateRoot>,
    now: UnixTime,
}

impl Recorder {
    fn presented(&self, trust: &TrustStore, peer: Peer<'_>, requests: &CertificateRequests) -> Option<PresentedChain> {
        let recorded = self.recorded.lock().unwrap_or_else(PoisonError::into_inner);
        let RecordedChain { chain, verdict, private_root, now } = recorded.as_ref()?;
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let wants_client_certificate = requests.0.load(Ordering::Relaxed);
        let reading = Reading { chain, given: &trust.extra, now, identity: peer.identity, wants_client_certificate };
        let mut presented = PresentedChain::read(&reading)?;
        presented.certificate.private_root = *private_root;
        presented.problem = match verdict {
            Some(error) => Some(presented.refine(problem(error, peer))),
            None => presented.own_defect(),
        };
        Some(presented)
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
        let verdict =
            self.verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now).err();
        let chain = std::iter::once(end_entity).chain(intermediates).map(|der| der.clone().into_owned()).collect();
        let verified = VerifiedChain { end_entity, intermediates, server_name, now };
        let private_root = if verdict.is_none() { verified.private_root(self.verifier.given()) } else { None };
        let recorded = RecordedChain { chain, verdict, private_root, now };
        *self.recorded.lock().unwrap_or_else(PoisonError::into_inner) = Some(recorded);
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
        self.verifier.supported_verify_schemes()
    }
}

/// The certificate of the host of `url`, through a proxy's tunnel where requests go through one.
///
/// # Errors
/// [`Cause::Tls`] where it is not trusted, [`Cause::Broken`], and [`Cause::Timeout`].
pub async fn certificate(client: &Client, url: &Url) -> Result<CertificateSeen, Error> {
    client.require_allowed(&Request::get(url.clone()), url)?;
    client.require_proxy_password(&Request::get(url.clone()), url).await?;
    let proxy = client.proxy_for(url);
    match timeout(client.timeout(), handshake(client.trust(url), url, proxy.as_ref())).await {
        Ok(Ok(presented)) => match presented.problem {
            Some(problem) => Err(failed(url, Cause::Tls(problem))),
            None => Ok(presented.certificate),
        },
        Ok(Err(error)) => {
            if let Some(status @ 400..500) = tcp::refused_tunnel(&error) {
                return Err(failed(url, Cause::UnexpectedPage { status, what: UnexpectedPage::Firewall }));
            }
            let peer = Peer { host: url.host_str().unwrap_or_default(), identity: client.trust(url).identity };
            Err(failed(url, broken_handshake(&error, peer)))
        }
        Err(_) => Err(failed(url, Cause::Timeout { after: client.timeout() })),
    }
}

/// A handshake that ended before the server presented a certificate.
fn broken_handshake(error: &io::Error, peer: Peer<'_>) -> Cause {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(inner) => Cause::Tls(problem(inner, peer)),
        None if error.kind() == io::ErrorKind::UnexpectedEof => {
            Cause::Broken { detail: "the connection was closed during the handshake".to_owned() }
        }
        None => Cause::Broken { detail: error.to_string() },
    }
}

/// What one address showed as the host of `url`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TlsSeen {
    Trusted(CertificateSeen),
    /// Also where the handshake ended before a certificate was presented.
    Refused {
        problem: TlsProblem,
        certificate: Option<CertificateSeen>,
    },
    /// The port opened, and nothing came back within the time.
    NoAnswer,
    /// The port opened, and the connection was reset at the first data.
    Reset,
    /// The port opened, and the connection was closed at the first data.
    Closed,
    Broken(String),
    NotOpened(Opening),
}

/// The certificate that one address presents as the host of `url`, without a proxy. The time limit is one for both steps.
pub async fn tls_at(client: &Client, url: &Url, address: SocketAddr, limit: Duration) -> TlsSeen {
    tls_with(client, url, Target { address, limit, segments: Segments::Usual }).await
}

pub(super) async fn tls_with(client: &Client, url: &Url, target: Target) -> TlsSeen {
    let deadline = Instant::now() + target.limit;
    let stream = match attempt::open(client, target).await {
        Ok(stream) => stream,
        Err(opening) => return TlsSeen::NotOpened(opening),
    };
    let trust = client.trust(url);
    match timeout_at(deadline, presented_over(stream, trust, host(url))).await {
        Ok(Ok(PresentedChain { problem: None, certificate, .. })) => TlsSeen::Trusted(certificate),
        Ok(Ok(PresentedChain { problem: Some(problem), certificate, .. })) => {
            TlsSeen::Refused { problem, certificate: Some(certificate) }
        }
        Ok(Err(error)) => unpresented(&error, Peer { host: host(url), identity: trust.identity }),
        Err(_) => TlsSeen::NoAnswer,
    }
}

/// How a handshake ended before the server presented a certificate.
fn unpresented(error: &io::Error, peer: Peer<'_>) -> TlsSeen {
    if let Cause::Tls(problem) = broken_handshake(error, peer) {
        return TlsSeen::Refused { problem, certificate: None };
    }
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => TlsSeen::Reset,
        io::ErrorKind::UnexpectedEof => TlsSeen::Closed,
        io::ErrorKind::TimedOut => TlsSeen::NoAnswer,
        _ => TlsSeen::Broken(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use socket2::SockRef;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use super::*;
    use crate::env::Env;
    use crate::http::ClientOptions;

    /// What is seen of a server that deals with its one connection this way.
    async fn seen(limit: Duration, serve: impl AsyncFnOnce(TcpStream)) -> TlsSeen {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let client = Client::new(&ClientOptions::default(), Env::empty().clock).expect("a client");
        let url = Url::parse("https://name.example.test").expect("an address");
        let serving = async { serve(listener.accept().await.expect("a client").0).await };
        tokio::join!(tls_at(&client, &url, address, limit), serving).0
    }

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn each_end_of_a_handshake_is_told_apart() {
        let hello = async |stream: &mut TcpStream| {
            let mut hello = [0; 4096];
            assert!(stream.read(&mut hello).await.expect("a handshake") > 100);
        };
        let closed = seen(LONG, async |mut stream| hello(&mut stream).await).await;
        assert_eq!(closed, TlsSeen::Closed);
        let reset = seen(LONG, async |mut stream| {
            hello(&mut stream).await;
            SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("an option");
        });
        assert_eq!(reset.await, TlsSeen::Reset);
        let plain = seen(LONG, async |mut stream| {
            hello(&mut stream).await;
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.expect("a client");
        });
        assert_eq!(plain.await, TlsSeen::Refused { problem: TlsProblem::NotTls, certificate: None });
        let silent = seen(Duration::from_millis(500), async |mut stream| {
            let mut all = Vec::new();
            stream.read_to_end(&mut all).await.expect("an end");
        });
        assert_eq!(silent.await, TlsSeen::NoAnswer);
    }

    #[tokio::test]
    async fn a_port_that_does_not_open_is_none_of_tls() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        drop(listener);
        let client = Client::new(&ClientOptions::default(), Env::empty().clock).expect("a client");
        let url = Url::parse("https://name.example.test").expect("an address");
        assert_eq!(tls_at(&client, &url, address, LONG).await, TlsSeen::NotOpened(Opening::Refused));
    }
}
