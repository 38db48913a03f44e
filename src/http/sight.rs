//! The way to a host, looked at step by step: name, port, certificate. No request is sent.

use std::net::IpAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

use super::client::Client;
use super::error::{Cause, Error};
use super::request::Request;
use super::tls::CertificateSeen;
use super::{dns, tls};

/// Something that was looked at, was not to be found out, or was not asked for.
#[derive(Clone, Debug)]
pub enum Observation<T> {
    Known(T),
    /// It was asked and the request failed: a refusal, or not to be found out ([`Error::is_refusal`]).
    Failed(Error),
    /// It was not asked, by design; the reason is for a person.
    Skipped(&'static str),
}

impl<T> Observation<T> {
    #[must_use]
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Failed(_) | Self::Skipped(_) => None,
        }
    }
}

impl<T> From<Result<T, Error>> for Observation<T> {
    fn from(result: Result<T, Error>) -> Self {
        match result {
            Ok(value) => Self::Known(value),
            Err(error) => Self::Failed(error),
        }
    }
}

/// The way to an instance, step by step.
#[derive(Clone, Debug)]
pub struct NetworkSeen {
    /// The addresses that the name has; `Failed` when it has none.
    pub addresses: Observation<Vec<IpAddr>>,
    /// How long the port took to open.
    pub connect: Observation<Duration>,
    /// `Skipped` for http on loopback.
    pub tls: Observation<CertificateSeen>,
}

impl NetworkSeen {
    /// No step was looked at, for one reason.
    #[must_use]
    pub(crate) fn skipped(reason: &'static str) -> Self {
        Self {
            addresses: Observation::Skipped(reason),
            connect: Observation::Skipped(reason),
            tls: Observation::Skipped(reason),
        }
    }
}

const PROXIED: &str = "requests go through a proxy, which resolves the name and opens the connection";
const UNRESOLVED: &str = "the name has no address";
const UNCONNECTED: &str = "the port does not open";
const PLAIN: &str = "http on a loopback address has no TLS";

/// Looks at the way to `url` with the client's trust and time-out. Behind a proxy only the certificate can be seen from
/// here, through the proxy's tunnel.
pub async fn inspect(client: &Client, url: &Url) -> NetworkSeen {
    if client.proxy_for(url).is_some() {
        let is_https = url.scheme() == "https";
        let tls = if is_https { certificate(client, url).await.into() } else { Observation::Skipped(PLAIN) };
        return NetworkSeen { addresses: Observation::Skipped(PROXIED), connect: Observation::Skipped(PROXIED), tls };
    }
    let addresses = resolve(client, url).await;
    let connect = match &addresses {
        Ok(found) => Observation::from(connect(client, url, found).await),
        Err(_) => Observation::Skipped(UNRESOLVED),
    };
    let tls = match &connect {
        Observation::Known(_) if url.scheme() == "https" => Observation::from(certificate(client, url).await),
        Observation::Known(_) => Observation::Skipped(PLAIN),
        Observation::Failed(_) => Observation::Skipped(UNCONNECTED),
        Observation::Skipped(why) => Observation::Skipped(why),
    };
    NetworkSeen { addresses: addresses.into(), connect, tls }
}

async fn resolve(client: &Client, url: &Url) -> Result<Vec<IpAddr>, Error> {
    let failed = |cause| Request::get(url.clone()).failed(cause);
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    match timeout(client.timeout(), dns::lookup(host, 0)).await {
        Ok(Ok(found)) => {
            let mut addresses: Vec<IpAddr> = found.into_iter().map(|address| address.ip()).collect();
            addresses.dedup();
            Ok(addresses)
        }
        Ok(Err(error)) => Err(failed(Cause::Dns { host: error.host, detail: error.detail })),
        Err(_) => Err(failed(Cause::Timeout { after: client.timeout() })),
    }
}

async fn connect(client: &Client, url: &Url, addresses: &[IpAddr]) -> Result<Duration, Error> {
    let failed = |cause| Request::get(url.clone()).failed(cause);
    let port = url.port_or_known_default().unwrap_or(443);
    let sockets: Vec<_> = addresses.iter().map(|address| (*address, port).into()).collect();
    let started = client.clock().system().instant();
    match timeout(client.timeout(), TcpStream::connect(sockets.as_slice())).await {
        Ok(Ok(_)) => Ok(client.clock().system().instant().duration_since(started)),
        Ok(Err(error)) => Err(failed(Cause::Connect { detail: error.to_string() })),
        Err(_) => Err(failed(Cause::Timeout { after: client.timeout() })),
    }
}

async fn certificate(client: &Client, url: &Url) -> Result<CertificateSeen, Error> {
    let failed = |cause| Request::get(url.clone()).failed(cause);
    let proxy = client.proxy_for(url);
    match timeout(client.timeout(), tls::look(client.trust(), url, proxy.as_ref())).await {
        Ok(Ok(shown)) => match shown.problem {
            Some(problem) => Err(failed(Cause::Tls(problem))),
            None => Ok(shown.certificate),
        },
        Ok(Err(error)) => Err(failed(tls::broken_off(&error, url.host_str().unwrap_or_default()))),
        Err(_) => Err(failed(Cause::Timeout { after: client.timeout() })),
    }
}
