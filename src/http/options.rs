//! How the client connects, and the client library built from it.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hyper_util::client::proxy::matcher::Intercept;
use reqwest::{NoProxy, redirect};
use tokio_rustls::rustls;
use tokio_rustls::rustls::pki_types::CertificateDer;
use url::{Host, Url};

use super::error::{Cause, Error, FailedRequest};
use super::limits::{
    DEFAULT_CONCURRENCY, DEFAULT_RATE_LIMIT_WAIT, DEFAULT_TIMEOUT, MAX_CERTIFICATE_BYTES, MAX_HEADER_BYTES, MAX_HEADERS,
};
use super::{probe, tls};
use crate::env::Reach;
use crate::files;
use crate::secret::shown_place;

/// How to connect. The defaults are those of `--help`.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// PEM (or single DER) files whose certificates are trusted for GitLab besides the system's.
    pub ca_certs: Vec<PathBuf>,
    /// The same for Factory's hosts.
    pub factory_ca_certs: Vec<PathBuf>,
    /// A PEM file with a certificate and its key, for mutual TLS with GitLab.
    pub client_cert: Option<PathBuf>,
    /// Headers that requests to GitLab carry beside their own, `Name: value` a line.
    pub header_file: Option<PathBuf>,
    pub proxy: Proxy,
    /// For one request, from the connection to the last byte.
    pub timeout: Duration,
    /// How many requests may be in flight at once; 0 counts as 1.
    pub concurrency: usize,
    /// How long rate limits are waited for, in all, until a request succeeds again.
    pub rate_limit_wait: Duration,
    pub user_agent: String,
    pub reach: Reach,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            ca_certs: Vec::new(),
            factory_ca_certs: Vec::new(),
            client_cert: None,
            header_file: None,
            proxy: Proxy::System,
            timeout: DEFAULT_TIMEOUT,
            concurrency: DEFAULT_CONCURRENCY,
            rate_limit_wait: DEFAULT_RATE_LIMIT_WAIT,
            user_agent: concat!("factory-gitlab/", env!("CARGO_PKG_VERSION")).to_owned(),
            reach: Reach::Anywhere,
        }
    }
}

impl ClientOptions {
    /// A proxy could connect to any address, so a rehearsal has none.
    pub(super) fn proxy_in_reach(&self) -> &Proxy {
        match &self.reach {
            Reach::Anywhere => &self.proxy,
            Reach::Only(_) => &Proxy::Direct,
        }
    }
}

/// Whether the run may connect to the host of `url`; names are refused, since a resolver can answer anything.
pub(super) fn is_in_reach(reach: &Reach, url: &Url) -> bool {
    let Reach::Only(addresses) = reach else { return true };
    let ip = match url.host() {
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip),
        Some(Host::Domain(_)) | None => return false,
    };
    addresses.iter().any(|own| own.ip() == ip && url.port_or_known_default() == Some(own.port()))
}

/// The proxy that requests go through.
#[derive(Clone, Debug, Default)]
pub enum Proxy {
    /// As the system says: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`, and its settings where it has any.
    #[default]
    System,
    /// This one, except for the hosts in `except` (`NO_PROXY`'s syntax).
    Through { url: Url, except: Option<String> },
    /// None, whatever the system says.
    Direct,
}

impl Proxy {
    /// Decides for an address which proxy is used, by the same code as inside reqwest.
    pub(super) fn matcher(&self) -> Option<hyper_util::client::proxy::matcher::Matcher> {
        use hyper_util::client::proxy::matcher::Matcher;
        match self {
            Self::System => Some(Matcher::from_system()),
            Self::Through { url, except } => {
                Some(Matcher::builder().all(url.as_str()).no(exceptions(except.as_deref())).build())
            }
            Self::Direct => None,
        }
    }
}

/// `NO_PROXY` as the HTTP library reads it, from the forms in which people write it: other separators, `*.` before a domain,
/// a scheme, a port, brackets around an address.
fn exceptions(written: Option<&str>) -> String {
    let entries = written.unwrap_or_default().split(|c: char| matches!(c, ',' | ';' | '|') || c.is_whitespace());
    // The library applies `*` to names only.
    let all = |entry| if entry == "*" { "*,0.0.0.0/0,::/0" } else { entry };
    entries.filter(|entry| !entry.is_empty()).map(exception).map(all).collect::<Vec<_>>().join(",")
}

fn exception(written: &str) -> &str {
    let entry = written.split_once("://").map_or(written, |(_, rest)| rest).trim_end_matches('/').trim_end_matches('.');
    let entry = if entry == "*" { entry } else { entry.trim_start_matches('*') };
    if let Some((address, _)) = entry.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address;
    }
    match entry.split_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() => host,
        _ => entry,
    }
}

/// Where a proxy is, without its user info.
pub(super) fn place(proxy: &Intercept) -> String {
    let port = proxy.uri().port_u16().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}", proxy.uri().host().unwrap_or_default())
}

/// An error before there is a request.
pub(super) fn setup(why: String) -> Error {
    FailedRequest { method: "GET", host: String::new(), path: String::new(), cause: Box::new(Cause::Setup(why)) }.into()
}

/// The client library's clients: one for each kind of server, since each is trusted and authenticated to differently.
#[derive(Clone)]
pub(super) struct Transports {
    /// For http, which is for loopback only: without a proxy and without certificates.
    pub plain: reqwest::Client,
    pub gitlab: Secured,
    /// Factory's hosts, and every other one.
    pub factory: Secured,
}

/// A client for https, and what it trusts.
#[derive(Clone)]
pub(super) struct Secured {
    pub http: reqwest::Client,
    pub trust: Arc<tls::TrustStore>,
}

/// Certificates and keys for one kind of server, read from files.
#[derive(Default)]
struct TlsMaterial {
    given: Vec<CertificateDer<'static>>,
    identity: Option<tls::Identity>,
}

impl Transports {
    pub(super) fn new(options: &ClientOptions) -> Result<Self, Error> {
        let identity = options.client_cert.as_deref().map(identity).transpose()?;
        let gitlab = TlsMaterial { identity, ..TlsMaterial::read(&options.ca_certs)? };
        let factory = TlsMaterial::read(&options.factory_ca_certs)?;
        let is_shared = gitlab.is_empty() && factory.is_empty();
        let factory = factory.secured(options)?;
        // Building a client reads the system's certificates, so one serves both where nothing distinguishes them.
        let gitlab = if is_shared { factory.clone() } else { gitlab.secured(options)? };
        Ok(Self { plain: plain(options)?, gitlab, factory })
    }
}

impl TlsMaterial {
    fn read(paths: &[PathBuf]) -> Result<Self, Error> {
        let mut material = Self::default();
        for path in paths {
            let found = tls::certificates(&file(path, "the CA file")?)
                .ok_or_else(|| setup(format!("the CA file {} has no certificate", path.display())))?;
            material.given.extend(found);
        }
        Ok(material)
    }

    fn is_empty(&self) -> bool {
        self.given.is_empty() && self.identity.is_none()
    }

    fn secured(self, options: &ClientOptions) -> Result<Secured, Error> {
        let Self { given, identity } = self;
        let shown = if identity.is_some() { tls::ClientIdentity::Given } else { tls::ClientIdentity::None };
        let trust = tls::TrustStore::new(given, shown);
        let config = trust.client_config(identity).map_err(|error| wrong_identity(options, &error))?;
        let builder = with_proxy(builder(options), options.proxy_in_reach())?;
        let http = builder.tls_backend_preconfigured(config).build().map_err(unbuilt)?;
        Ok(Secured { http, trust: Arc::new(trust) })
    }
}

/// The client for http: a proxy would read what it is sent, and would have a loopback of its own.
fn plain(options: &ClientOptions) -> Result<reqwest::Client, Error> {
    builder(options).no_proxy().tls_certs_only([]).build().map_err(unbuilt)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unbuilt(error: reqwest::Error) -> Error {
    setup(format!("the HTTP client could not be built: {}", bottom(&error)))
}

#[expect(clippy::disallowed_methods, reason = "HTTP clients are built here")]
fn builder(options: &ClientOptions) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(&options.user_agent)
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .dns_resolver(Arc::new(probe::Resolver))
        .http1_max_headers(MAX_HEADERS)
        .http2_max_header_list_size(MAX_HEADER_BYTES)
        .pool_max_idle_per_host(options.concurrency.max(1))
        .tcp_nodelay(true)
        .timeout(options.timeout)
}

fn with_proxy(builder: reqwest::ClientBuilder, proxy: &Proxy) -> Result<reqwest::ClientBuilder, Error> {
    Ok(match proxy {
        Proxy::System => builder,
        Proxy::Direct => builder.no_proxy(),
        Proxy::Through { url, except } => {
            let proxy =
                reqwest::Proxy::all(url.clone()).map_err(|_| setup("the proxy's address cannot be used".to_owned()))?;
            builder.proxy(proxy.no_proxy(NoProxy::from_string(&exceptions(except.as_deref()))))
        }
    })
}

fn identity(path: &Path) -> Result<tls::Identity, Error> {
    tls::Identity::read(&file(path, "the client certificate")?)
        .map_err(|error| setup(format!("the client certificate {} {error}", path.display())))
}

/// A certificate that the TLS library cannot show. It tells no more than that the key is another certificate's.
fn wrong_identity(options: &ClientOptions, error: &rustls::Error) -> Error {
    let path = options.client_cert.as_deref().unwrap_or(Path::new("")).display();
    setup(match error {
        rustls::Error::InconsistentKeys(_) => {
            format!("the private key in the client certificate {path} does not belong to the certificate in it")
        }
        other => format!("the client certificate {path} cannot be used: {other}"),
    })
}

fn file(path: &Path, what: &str) -> Result<Vec<u8>, Error> {
    file_up_to(path, what, MAX_CERTIFICATE_BYTES)
}

/// The content of a file that is not larger than `most` bytes.
pub(super) fn file_up_to(path: &Path, what: &str, most: u64) -> Result<Vec<u8>, Error> {
    let shown = shown_place(path);
    match files::read_up_to(path, most) {
        Ok(bytes) if bytes.len() as u64 > most => Err(setup(format!("{what} {shown} is larger than {most} bytes"))),
        Ok(bytes) => Ok(bytes),
        Err(error) => Err(setup(format!("{what} {shown} cannot be read: {error}"))),
    }
}

/// The text at the bottom of an error chain: the root cause.
pub(super) fn bottom(error: &(dyn std::error::Error + 'static)) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    last.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_proxy_is_read_in_every_form_in_which_people_write_it() {
        let is_proxied = |except: &str, url: &str| {
            let address = "http://proxy:3128".parse().expect("an address");
            let proxy = Proxy::Through { url: address, except: Some(except.to_owned()) };
            proxy.matcher().expect("a proxy").intercept(&url.parse().expect("an address")).is_some()
        };
        for (except, url) in [
            ("gitlab.acme.com", "https://gitlab.acme.com/"),
            ("acme.com", "https://gitlab.acme.com/"),
            (".acme.com", "https://gitlab.acme.com/"),
            ("*.acme.com", "https://gitlab.acme.com/"),
            ("GitLab.Acme.com", "https://gitlab.acme.com/"),
            ("gitlab.acme.com:443", "https://gitlab.acme.com/"),
            ("https://gitlab.acme.com/", "https://gitlab.acme.com/"),
            ("localhost gitlab.acme.com", "https://gitlab.acme.com/"),
            ("localhost;gitlab.acme.com", "https://gitlab.acme.com/"),
            ("localhost, gitlab.acme.com ,", "https://gitlab.acme.com/"),
            ("10.0.0.0/8", "https://10.1.2.3/"),
            ("10.1.2.3", "https://10.1.2.3:8443/"),
            ("[fd00::1]", "https://[fd00::1]/"),
            ("[fd00::1]:443", "https://[fd00::1]/"),
            ("fd00::/8", "https://[fd00::1]/"),
            ("*", "https://gitlab.acme.com/"),
            ("*", "https://10.1.2.3/"),
        ] {
            assert!(!is_proxied(except, url), "{except} is an exception for {url}");
        }
        for (except, url) in [
            ("", "https://gitlab.acme.com/"),
            ("other.com", "https://gitlab.acme.com/"),
            ("lab.acme.com", "https://gitlab.acme.com/"),
            ("10.0.0.0/8", "https://11.1.2.3/"),
        ] {
            assert!(is_proxied(except, url), "{except} is not an exception for {url}");
        }
    }
}
