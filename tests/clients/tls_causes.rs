//! Every cause of a failed TLS connection, from a real server, in its own words.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use factory_gitlab::http::{BodyEnding, Cause, Client, ClientOptions, PrivateRoot, Proxy, Request, TlsProblem};
use factory_gitlab::observed::inspect_network;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, date_time_ymd,
};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion, version};
use url::Url;

use crate::setup::{client_with, direct};

type Ca = CertifiedIssuer<'static, KeyPair>;

fn key() -> KeyPair {
    KeyPair::generate().expect("a key")
}

fn ca_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

fn root(name: &str) -> Ca {
    CertifiedIssuer::self_signed(ca_params(name), key()).expect("a root")
}

fn server_params() -> CertificateParams {
    CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("names")
}

/// A certificate chain with its key, and how the server speaks.
struct Server {
    chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
    /// The issuer of the client certificates that it wants.
    clients: Option<CertificateDer<'static>>,
    versions: &'static [&'static SupportedProtocolVersion],
    answer: &'static [u8],
    closes: Closes,
}

/// How the server ends a connection.
#[derive(Clone, Copy, PartialEq)]
enum Closes {
    WithNotify,
    /// Without TLS's closing message.
    Bare,
}

const NO_CONTENT: &[u8] = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";

const BOTH: &[&SupportedProtocolVersion] = &[&version::TLS12, &version::TLS13];
const ONE_TWO: &[&SupportedProtocolVersion] = &[&version::TLS12];
const ONE_THREE: &[&SupportedProtocolVersion] = &[&version::TLS13];

impl Server {
    fn issued(params: &CertificateParams, ca: &Ca) -> Self {
        let key = key();
        let certificate = params.signed_by(&key, &**ca).expect("a certificate").der().clone();
        Self::alone(certificate, key)
    }

    /// With its own certificate alone.
    fn alone(certificate: CertificateDer<'static>, key: KeyPair) -> Self {
        let (answer, closes) = (NO_CONTENT, Closes::WithNotify);
        Self { chain: vec![certificate], key, clients: None, versions: BOTH, answer, closes }
    }

    /// Gives every connection its answer: a 204, if it is not changed.
    async fn start(self) -> Url {
        let (answer, closes) = (self.answer, self.closes);
        let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(self.versions)
            .expect("versions");
        let builder = match self.clients {
            None => builder.with_no_client_auth(),
            Some(issuer) => {
                let mut roots = RootCertStore::empty();
                roots.add(issuer).expect("a root");
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                builder.with_client_cert_verifier(verifier.expect("a verifier"))
            }
        };
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        let acceptor = TlsAcceptor::from(Arc::new(builder.with_single_cert(self.chain, key).expect("a configuration")));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("https://{}/", listener.local_addr().expect("an address")).parse().expect("an address");
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    match acceptor.accept(stream).into_fallible().await {
                        Ok(mut stream) => {
                            drop(stream.read(&mut [0; 4096]).await);
                            drop(stream.write_all(answer).await);
                            if closes == Closes::WithNotify {
                                drop(stream.shutdown().await);
                            } else {
                                drop(stream.flush().await);
                                drop(stream.get_mut().0.shutdown().await);
                            }
                        }
                        // A connection that is closed with unread data loses what was sent on it: the alert.
                        Err((_, mut stream)) => drop(stream.read_to_end(&mut Vec::new()).await),
                    }
                });
            }
        });
        url
    }
}

/// Files for the client's options.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    #[expect(clippy::disallowed_methods, reason = "the test writes files of its own")]
    fn put(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).expect("written");
        path
    }

    /// Options that trust this certificate.
    fn trusting(&self, pem: &str) -> ClientOptions {
        ClientOptions { ca_certs: vec![self.put("ca.pem", pem)], ..direct() }
    }
}

/// A client for which the server at `url` is GitLab's: extra roots and the client certificate are for it.
fn client_for(url: &Url, options: &ClientOptions) -> Client {
    client_with(options).for_gitlab(url)
}

/// The problem of a request; `None` where it was answered.
async fn problem(url: &Url, options: &ClientOptions) -> Option<TlsProblem> {
    match client_for(url, options).send(&Request::get(url.clone())).await {
        Ok(_) => None,
        Err(error) => match (*error.cause).clone() {
            Cause::Tls(problem) => Some(problem),
            other => unreachable!("another cause: {other}"),
        },
    }
}

async fn kind(url: &Url, options: &ClientOptions) -> &'static str {
    problem(url, options).await.map_or("answered", |problem| problem.kind())
}

#[tokio::test]
async fn a_certificate_with_a_common_name_only_is_not_said_to_be_for_another_name() {
    let (ca, files) = (root("Acme Root"), Files::new());
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "127.0.0.1");
    let url = Server::issued(&params, &ca).start().await;
    let found = problem(&url, &files.trusting(&ca.pem())).await;
    let wanted = TlsProblem::OnlyCommonName { host: "127.0.0.1".to_owned(), name: "127.0.0.1".to_owned() };
    assert_eq!(found, Some(wanted));
}

#[tokio::test]
async fn an_expired_intermediate_is_named_instead_of_the_servers_own_date() {
    let (ca, files) = (root("Acme Root"), Files::new());
    let mut params = ca_params("Acme Intermediate");
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 2, 3));
    let intermediate = CertifiedIssuer::signed_by(params, key(), &*ca).expect("an intermediate");
    let mut server = Server::issued(&server_params(), &intermediate);
    server.chain.push(intermediate.der().clone());
    let found = problem(&server.start().await, &files.trusting(&ca.pem())).await;
    let wanted = TlsProblem::IntermediateExpired { name: "Acme Intermediate".to_owned(), on: "2021-02-03".to_owned() };
    assert_eq!(found, Some(wanted));
}

#[tokio::test]
async fn a_missing_intermediate_is_the_servers_to_send() {
    let (ca, files) = (root("Acme Root"), Files::new());
    let intermediate = CertifiedIssuer::signed_by(ca_params("Acme Intermediate"), key(), &*ca).expect("a CA");
    let url = Server::issued(&server_params(), &intermediate).start().await;
    let found = problem(&url, &files.trusting(&ca.pem())).await;
    let given = vec!["Acme Root".to_owned()];
    assert_eq!(found, Some(TlsProblem::MissingIntermediate { issuer: "Acme Intermediate".to_owned(), given }));
    assert_eq!(kind(&url, &direct()).await, "unknown_ca", "without a root nothing tells which it is");
}

#[tokio::test]
async fn a_self_signed_certificate_that_was_given_is_trusted_as_it_is() {
    for is_ca in [IsCa::NoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
        let files = Files::new();
        let made = |name: &str| {
            let mut params = CertificateParams::new(vec![name.to_owned()]).expect("names");
            params.is_ca = is_ca;
            let key = key();
            let certificate = params.self_signed(&key).expect("a certificate");
            (certificate.pem(), certificate.der().clone(), key)
        };
        let (pem, der, key) = made("127.0.0.1");
        let url = Server::alone(der, key).start().await;
        assert_eq!(kind(&url, &files.trusting(&pem)).await, "answered", "{is_ca:?}");
        assert_ne!(kind(&url, &direct()).await, "answered", "{is_ca:?}");
        let (pem, der, key) = made("elsewhere.example");
        let url = Server::alone(der, key).start().await;
        assert_eq!(kind(&url, &files.trusting(&pem)).await, "wrong_name", "{is_ca:?}");
    }
}

/// A certificate of an admin's machine with its key, in PEM.
fn identity(ca: &Ca) -> String {
    let key = key();
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "An admin's machine");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let certificate = params.signed_by(&key, &**ca).expect("a certificate");
    format!("{}{}", certificate.pem(), key.serialize_pem())
}

#[tokio::test]
async fn a_client_certificate_that_is_wanted_is_told_apart_from_one_that_is_refused() {
    let (ca, clients, others) = (root("Acme Root"), root("Acme Clients"), root("Other Clients"));
    for versions in [ONE_TWO, ONE_THREE] {
        let files = Files::new();
        let mut server = Server::issued(&server_params(), &ca);
        (server.clients, server.versions) = (Some(clients.der().clone()), versions);
        let url = server.start().await;
        let trusting = files.trusting(&ca.pem());
        let with = |pem: String| ClientOptions { client_cert: Some(files.put("me.pem", &pem)), ..trusting.clone() };
        assert_eq!(kind(&url, &trusting).await, "client_certificate_wanted", "{versions:?}");
        assert_eq!(kind(&url, &with(identity(&others))).await, "client_certificate_refused", "{versions:?}");
        assert_eq!(kind(&url, &with(identity(&clients))).await, "answered", "{versions:?}");
        let seen = inspect_network(&client_for(&url, &trusting), &url).await;
        assert!(seen.tls.known().is_some(), "its certificate is trusted all the same");
    }
}

#[tokio::test]
async fn a_key_that_belongs_to_another_certificate_is_a_usage_error_that_says_so() {
    let (clients, files) = (root("Acme Clients"), Files::new());
    let (one, other) = (identity(&clients), identity(&clients));
    let (certificate, _) = one.split_once("-----BEGIN PRIVATE").expect("a key");
    let (_, key) = other.split_once("-----BEGIN PRIVATE").expect("a key");
    let path = files.put("me.pem", &format!("{certificate}-----BEGIN PRIVATE{key}"));
    let options = ClientOptions { client_cert: Some(path), ..direct() };
    let error = Client::new(&options, factory_gitlab::env::Env::empty().clock);
    let said = error.err().map(|error| error.cause.to_string()).unwrap_or_default();
    assert!(said.contains("does not belong to the certificate"), "{said}");
}

#[tokio::test]
async fn a_port_without_tls_is_named_as_such() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url: Url = format!("https://{}/", listener.local_addr().expect("an address")).parse().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            drop(stream.read(&mut [0; 4096]).await);
            drop(stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").await);
        }
    });
    assert_eq!(kind(&url, &direct()).await, "not_tls");
}

#[tokio::test]
async fn a_root_that_was_given_is_told_from_those_of_the_system() {
    let (ca, files) = (root("Acme Root"), Files::new());
    let url = Server::issued(&server_params(), &ca).start().await;
    let seen = inspect_network(&client_for(&url, &files.trusting(&ca.pem())), &url).await;
    let certificate = seen.tls.known().expect("trusted");
    assert_eq!(certificate.private_root, Some(PrivateRoot::Given));
}

/// An answer whose end only the connection says, which is closed without TLS's closing message: whoever reads it as a document
/// cannot know that it is whole; that it came is certain.
#[tokio::test]
async fn an_answer_that_ends_without_close_notify_came_and_may_be_cut_off() {
    let (ca, files) = (root("Acme Root"), Files::new());
    let server = Server::issued(&server_params(), &ca);
    let answer = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nDate: Sun, 01 Mar 2026 12:00:00 GMT\r\n\r\nok";
    let url = Server { answer, closes: Closes::Bare, ..server }.start().await;
    let client = client_for(&url, &files.trusting(&ca.pem()));
    let first = client.first_answer(&url).await;
    assert_eq!((first.answer.ok(), first.ending), (Some(200), BodyEnding::BareClose));
    assert!(first.clock.is_ok(), "its date is that of the server");
    let error = client.send(&Request::get(url)).await.err().expect("an error");
    assert!(error.to_string().contains("closed the connection without TLS's closing message"), "{error}");
}

/// A proxy that refuses the password of every tunnel, and counts how often it was asked.
async fn refusing_proxy() -> (Url, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::Relaxed);
            drop(stream.read(&mut [0; 4096]).await);
            drop(stream.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n").await);
        }
    });
    (format!("http://user:wrong-canary@{address}").parse().expect("an address"), asked)
}

#[tokio::test]
async fn a_proxy_is_sent_a_wrong_password_once_and_is_named() {
    let (url, asked) = refusing_proxy().await;
    let client = client_with(&ClientOptions { proxy: Proxy::Through { url, except: None }, ..direct() });
    let target: Url = "https://gitlab.acme.example/api/v4/user".parse().expect("an address");
    let get = || Request::get(target.clone());
    let (one, two, seen) = tokio::join!(
        async { client.send(&get()).await.err() },
        async { client.send(&get()).await.err() },
        inspect_network(&client, &target),
    );
    for error in [one, two, client.send(&get()).await.err()].map(|error| error.expect("refused")) {
        assert!(matches!(&*error.cause, Cause::ProxyPassword { .. }) && error.is_refusal(), "{error}");
        assert!(error.to_string().contains("407") && !format!("{error:?}").contains("canary"), "{error:?}");
    }
    assert!(seen.tls.error().is_some_and(|error| error.is_refusal()), "{:?}", seen.tls);
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

/// A proxy that is spoken to over TLS and opens a tunnel to any address.
async fn tls_proxy(ca: &Ca) -> Url {
    let server = Server::issued(&server_params(), ca);
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(server.key.serialize_der()));
    let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_protocol_versions(BOTH).expect("versions");
    let config = builder.with_no_client_auth().with_single_cert(server.chain, key).expect("a configuration");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("https://{}", listener.local_addr().expect("an address")).parse().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut from) = acceptor.accept(stream).await else { return };
                let mut asked = vec![0; 4096];
                let length = from.read(&mut asked).await.unwrap_or(0);
                let text = String::from_utf8_lossy(&asked[..length]).into_owned();
                let place = text.split(' ').nth(1).unwrap_or_default().to_owned();
                let mut to = TcpStream::connect(place).await.expect("the other side");
                drop(from.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await);
                drop(from.flush().await);
                drop(tokio::io::copy_bidirectional(&mut from, &mut to).await);
            });
        }
    });
    url
}

#[tokio::test]
async fn the_network_is_observed_through_an_https_proxy_too() {
    let (ca, files) = (root("Acme Root"), Files::new());
    let url = Server::issued(&server_params(), &ca).start().await;
    let proxy = Proxy::Through { url: tls_proxy(&ca).await, except: None };
    let options = ClientOptions { proxy, ..files.trusting(&ca.pem()) };
    assert_eq!(kind(&url, &options).await, "answered");
    let seen = inspect_network(&client_for(&url, &options), &url).await;
    assert!(seen.tls.known().is_some(), "{:?}", seen.tls);
}
