//! Certificates that are not trusted, and why.

use std::sync::Arc;

use factory_gitlab::http::{Cause, ClientOptions, Proxy, Request, TlsProblem};
use factory_gitlab::observed::{Observation, inspect_network};
use factory_gitlab::sandbox::options::TlsDefect;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use url::Url;

use crate::setup::{client, client_with, direct, instance, options, reader, sandbox};

async fn problem(options: &ClientOptions, sandbox: &factory_gitlab::sandbox::Sandbox) -> TlsProblem {
    let request = Request::get(instance(sandbox).api("/metadata"));
    let client = client_with(options).for_gitlab(instance(sandbox).url());
    let error = client.send(&request).await.err().expect("an error");
    let Cause::Tls(problem) = (*error.cause).clone() else { unreachable!("another cause") };
    problem
}

#[tokio::test]
async fn a_private_ca_is_named_until_it_is_given() {
    let sandbox = sandbox(|options| options.tls = true);
    let missing = problem(&direct(), &sandbox).await;
    assert!(
        matches!(&missing, TlsProblem::UnknownCa { issuer: Some(issuer), .. } if !issuer.is_empty()),
        "{missing:?}"
    );
    reader(&sandbox).metadata().await.expect("trusted with its CA");
}

#[tokio::test]
async fn a_wrong_name_and_an_expired_certificate_are_explained_by_their_content() {
    let wrong = sandbox(|options| {
        options.tls = true;
        options.tls_defect = Some(TlsDefect::WrongName);
    });
    let seen = problem(&options(&wrong), &wrong).await;
    assert!(
        matches!(&seen, TlsProblem::WrongName { host, names } if host == "127.0.0.1" && !names.is_empty()),
        "{seen:?}"
    );
    let expired = sandbox(|options| {
        options.tls = true;
        options.tls_defect = Some(TlsDefect::Expired);
    });
    let seen = problem(&options(&expired), &expired).await;
    assert!(matches!(&seen, TlsProblem::Expired { on: Some(day) } if day.len() == 10), "{seen:?}");
}

#[tokio::test]
async fn the_network_is_observed_step_by_step() {
    let sandbox = sandbox(|options| options.tls = true);
    let seen = inspect_network(&client(&sandbox), instance(&sandbox).url()).await;
    assert_eq!(seen.addresses.known().map(Vec::len), Some(1));
    assert!(seen.connect.known().is_some());
    let certificate = seen.tls.known().expect("a certificate");
    assert!(!certificate.issuer.is_empty());
    let untrusted = inspect_network(&client_with(&direct()), instance(&sandbox).url()).await;
    assert!(
        matches!(untrusted.tls, Observation::Failed(error) if matches!(*error.cause, Cause::Tls(TlsProblem::UnknownCa { .. })))
    );
    assert!(sandbox.requests().is_empty(), "looking sends nothing");
}

#[tokio::test]
async fn steps_that_cannot_be_observed_are_skipped() {
    let plain = sandbox(|_| ());
    let seen = inspect_network(&client(&plain), instance(&plain).url()).await;
    assert!(matches!(seen.tls, Observation::Skipped(_)) && seen.connect.known().is_some());
    let proxy = Proxy::Through { url: "http://127.0.0.1:9".parse().expect("an address"), except: None };
    let proxied = client_with(&ClientOptions { proxy, ..direct() });
    let seen = inspect_network(&proxied, &"https://gitlab.invalid".parse().expect("an address")).await;
    assert!(matches!(seen.addresses, Observation::Skipped(_)) && matches!(seen.connect, Observation::Skipped(_)));
    let nowhere = "https://factory-gitlab.invalid".parse().expect("an address");
    let seen = inspect_network(&client(&plain), &nowhere).await;
    assert!(matches!(seen.addresses, Observation::Failed(_)) && matches!(seen.connect, Observation::Skipped(_)));
}

#[tokio::test]
async fn a_proxy_that_does_not_answer_is_a_failed_connection() {
    let sandbox = sandbox(|options| options.tls = true);
    let client =
        |proxy| client_with(&ClientOptions { proxy, ..options(&sandbox) }).for_gitlab(instance(&sandbox).url());
    let proxy = Proxy::Through { url: "http://user:hunter2@127.0.0.1:9".parse().expect("an address"), except: None };
    let request = Request::get(instance(&sandbox).api("/metadata"));
    let error = client(proxy).send(&request).await.err().expect("an error");
    assert!(matches!(&*error.cause, Cause::Connect { .. }), "{error}");
    assert!(!format!("{error:?}").contains("hunter2"));
    let except = Some("127.0.0.1".to_owned());
    let proxy = Proxy::Through { url: "http://127.0.0.1:9".parse().expect("an address"), except };
    let answered = client(proxy).send(&request).await;
    assert_eq!(answered.err().and_then(|error| error.status()), Some(401), "the exception is kept");
}

#[tokio::test]
async fn plain_http_reaches_loopback_addresses_only_and_never_through_a_proxy() {
    let sandbox = sandbox(|_| ());
    // No server listens here: a request that goes through this proxy fails.
    let proxy = Proxy::Through { url: "http://127.0.0.1:9".parse().expect("an address"), except: None };
    let client = client_with(&ClientOptions { proxy, ..direct() });
    for host in ["127.0.0.1", "localhost", "gitlab.localhost", "a.b.LOCALHOST."] {
        let url: Url = sandbox.gitlab_url().replace("127.0.0.1", host).parse().expect("an address");
        let seen = inspect_network(&client, &url).await;
        let addresses = seen.addresses.known().expect("no resolver is asked");
        assert!(addresses.iter().all(std::net::IpAddr::is_loopback), "{host}: {addresses:?}");
        let answered = client.send(&Request::get(url.join("/api/v4/metadata").expect("an address"))).await;
        // The sandbox answers to its own names only.
        let wanted = if host.contains('.') && host != "127.0.0.1" { 403 } else { 401 };
        assert_eq!(answered.err().and_then(|error| error.status()), Some(wanted), "{host}");
    }
    for url in ["http://192.0.2.1/kit", "http://factory.example/kit", "http://localhost.factory.example/kit"] {
        let error = client.send(&Request::get(url.parse().expect("an address"))).await.err().expect("refused");
        assert!(matches!(&*error.cause, Cause::Setup(why) if why.contains("loopback")), "{url}: {error}");
    }
}

#[tokio::test]
async fn certificates_for_gitlab_are_of_no_use_for_another_origin() {
    let sandbox = sandbox(|options| options.tls = true);
    let certificates = options(&sandbox).ca_certs;
    let factory: Url = sandbox.factory_url().parse().expect("an address");
    let (status, gitlab) = (factory.join("/gitlab/v1/status").expect("an address"), instance(&sandbox));
    let is_untrusted =
        |error: &factory_gitlab::http::Error| matches!(&*error.cause, Cause::Tls(TlsProblem::UnknownCa { .. }));
    let asked = async |client: &factory_gitlab::http::Client, url: &Url| {
        client.send(&Request::get(url.clone())).await.err().is_some_and(|error| is_untrusted(&error))
    };
    let for_gitlab =
        client_with(&ClientOptions { ca_certs: certificates.clone(), ..direct() }).for_gitlab(gitlab.url());
    assert!(!asked(&for_gitlab, &gitlab.api("/metadata")).await);
    assert!(asked(&for_gitlab, &status).await, "an extra root of GitLab's is trusted for Factory");
    let for_factory =
        client_with(&ClientOptions { factory_ca_certs: certificates, ..direct() }).for_gitlab(gitlab.url());
    assert!(asked(&for_factory, &gitlab.api("/metadata")).await, "an extra root of Factory's is trusted for GitLab");
    assert!(!asked(&for_factory, &status).await);
}

/// A server whose certificate for 127.0.0.1 was issued by a CA of this name. It only does handshakes.
async fn issued_by(name: &str) -> Url {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a CA");
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("names");
    let certificate = params.signed_by(&key, &*ca).expect("a certificate").der().clone();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())))
        .expect("a configuration");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("https://{}/", listener.local_addr().expect("an address")).parse().expect("an address");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(acceptor.accept(stream).await);
        }
    });
    url
}

/// A proxy that opens a tunnel to any address.
async fn tunnelling_proxy() -> Proxy {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address")).parse().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut from, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut asked = vec![0; 4096];
                let length = from.read(&mut asked).await.unwrap_or(0);
                let text = String::from_utf8_lossy(&asked[..length]).into_owned();
                let place = text.split(' ').nth(1).unwrap_or_default().to_owned();
                let mut to = TcpStream::connect(place).await.expect("the other side");
                from.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.expect("answered");
                drop(tokio::io::copy_bidirectional(&mut from, &mut to).await);
            });
        }
    });
    Proxy::Through { url, except: None }
}

#[tokio::test]
async fn a_tls_interceptor_is_named_also_behind_a_proxy() {
    let url = issued_by("Zscaler Intermediate Root CA (zscaler.net)").await;
    for proxy in [Proxy::Direct, tunnelling_proxy().await] {
        let client = client_with(&ClientOptions { proxy, ..direct() });
        let error = client.send(&Request::get(url.clone())).await.err().expect("an error");
        let wanted = TlsProblem::Intercepted { issuer: "Zscaler Intermediate Root CA (zscaler.net)".to_owned() };
        assert!(matches!(&*error.cause, Cause::Tls(problem) if *problem == wanted), "{error}");
        let seen = inspect_network(&client, &url).await;
        assert!(
            matches!(seen.tls, Observation::Failed(error) if matches!(&*error.cause, Cause::Tls(problem) if *problem == wanted))
        );
    }
}

#[tokio::test]
async fn an_issuer_other_than_the_given_ca_is_named() {
    let sandbox = sandbox(|options| {
        options.tls = true;
        options.tls_defect = Some(TlsDefect::OtherIssuer);
    });
    let seen = problem(&options(&sandbox), &sandbox).await;
    assert!(
        matches!(&seen, TlsProblem::MissingIntermediate { issuer, given }
            if issuer == "TLS inspection elsewhere" && given == &["factory-gitlab sandbox CA"]),
        "{seen:?}"
    );
}
