//! Plain connections: to a port, and through a proxy's tunnel.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::client::proxy::matcher::Intercept;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use url::Url;

use super::dns::lookup;
use super::{failed, host};
use crate::http::client::Client;
use crate::http::error::{Cause, Error};
use crate::http::limits::MAX_TUNNEL_BYTES;
use crate::http::request::Request;
use crate::http::tls::TrustStore;

/// How long the port of `url` takes to open at one of these addresses.
///
/// # Errors
/// [`Cause::Connect`] and [`Cause::Timeout`].
pub async fn connect(client: &Client, url: &Url, addresses: &[IpAddr]) -> Result<Duration, Error> {
    client.require_allowed(&Request::get(url.clone()), url)?;
    let port = url.port_or_known_default().unwrap_or(443);
    let sockets: Vec<_> = addresses.iter().map(|address| (*address, port).into()).collect();
    let started = client.clock().system().instant();
    match timeout(client.timeout(), TcpStream::connect(sockets.as_slice())).await {
        Ok(Ok(_)) => Ok(client.clock().system().instant().duration_since(started)),
        Ok(Err(error)) => Err(failed(url, Cause::Connect { detail: error.to_string(), proxy: None })),
        Err(_) => Err(failed(url, Cause::Timeout { after: client.timeout() })),
    }
}

/// A connection to a server: its own, or a tunnel's.
pub(super) trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

/// The proxy answers `CONNECT` with another status than 2xx.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the proxy refuses a tunnel ({status})")]
pub(super) struct TunnelRefused {
    pub status: u16,
}

impl TunnelRefused {
    pub(super) fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

/// The status with which a proxy refused a tunnel.
pub(super) fn refused_tunnel(error: &io::Error) -> Option<u16> {
    Some(TunnelRefused::of(error)?.status)
}

/// Opens a connection to the host of `url`, through the proxy's tunnel where there is one.
///
/// # Errors
/// Also for a proxy that speaks neither HTTP nor HTTPS, and [`TunnelRefused`].
pub(super) async fn open(trust: &TrustStore, url: &Url, proxy: Option<&Intercept>) -> io::Result<Box<dyn Connection>> {
    let port = url.port_or_known_default().unwrap_or(443);
    let Some(proxy) = proxy else {
        return Ok(Box::new(connect_to(host(url), port).await?));
    };
    let mut stream = to_proxy(trust, proxy).await?;
    stream.write_all(&tunnel_request(url, port, proxy)).await?;
    stream.flush().await?;
    let head = read_head(&mut *stream).await?;
    let status =
        head.split(|byte| *byte == b' ').nth(1).and_then(|status| std::str::from_utf8(status).ok()?.parse().ok());
    match status {
        Some(200..300) => Ok(stream),
        Some(status) => Err(io::Error::other(TunnelRefused { status })),
        None => Err(io::Error::other("the proxy does not speak HTTP")),
    }
}

/// Opens a connection to the proxy itself, over TLS where its address says https.
async fn to_proxy(trust: &TrustStore, proxy: &Intercept) -> io::Result<Box<dyn Connection>> {
    let host = proxy.uri().host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let connect = async |port| connect_to(&host, proxy.uri().port_u16().unwrap_or(port)).await;
    match proxy.uri().scheme_str() {
        Some("http") => Ok(Box::new(connect(80).await?)),
        Some("https") => {
            let mut config = trust.client_config(None).map_err(io::Error::other)?;
            config.alpn_protocols.clear();
            let name = ServerName::try_from(host.clone()).map_err(io::Error::other)?;
            Ok(Box::new(TlsConnector::from(Arc::new(config)).connect(name, connect(443).await?).await?))
        }
        _ => Err(io::Error::other("a certificate can only be read through an http or https proxy")),
    }
}

/// Whether the proxy refuses the user name and password. What fails otherwise is for the request to report.
pub(in crate::http) async fn refuses_password(trust: &TrustStore, url: &Url, proxy: &Intercept) -> bool {
    const PROXY_AUTHENTICATION_REQUIRED: u16 = 407;
    let opened = open(trust, url, Some(proxy)).await;
    opened
        .err()
        .as_ref()
        .and_then(TunnelRefused::of)
        .is_some_and(|refused| refused.status == PROXY_AUTHENTICATION_REQUIRED)
}

async fn connect_to(host: &str, port: u16) -> io::Result<TcpStream> {
    let mut addresses = lookup(host).await.map_err(io::Error::other)?;
    addresses.iter_mut().for_each(|address| address.set_port(port));
    TcpStream::connect(addresses.as_slice()).await
}

fn tunnel_request(url: &Url, port: u16, proxy: &Intercept) -> Vec<u8> {
    let host = url.host_str().unwrap_or_default();
    let mut request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n").into_bytes();
    if let Some(credential) = proxy.basic_auth() {
        request.extend_from_slice(b"Proxy-Authorization: ");
        request.extend_from_slice(credential.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    request
}

/// Reads up to the empty line, and not a byte further: what follows comes from the other end of the tunnel.
async fn read_head(stream: &mut dyn Connection) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(256);
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= MAX_TUNNEL_BYTES {
            return Err(io::Error::other("the proxy's response does not end"));
        }
        head.push(stream.read_u8().await?);
    }
    Ok(head)
}
