//! Plain connections: to a port, and through a proxy's tunnel.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use hyper_util::client::proxy::matcher::Intercept;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

use super::dns::lookup;
use super::{failed, host};
use crate::http::client::Client;
use crate::http::error::{Cause, Error};
use crate::http::limits::MAX_TUNNEL_BYTES;
use crate::http::request::Request;

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
        Ok(Err(error)) => Err(failed(url, Cause::Connect { detail: error.to_string() })),
        Err(_) => Err(failed(url, Cause::Timeout { after: client.timeout() })),
    }
}

/// Opens a connection to the host of `url`, through the proxy's tunnel where there is one.
///
/// # Errors
/// Also for a proxy that does not speak plain HTTP, and for one that refuses the tunnel.
pub(super) async fn open(url: &Url, proxy: Option<&Intercept>) -> io::Result<TcpStream> {
    let port = url.port_or_known_default().unwrap_or(443);
    let Some(proxy) = proxy else {
        return connect_to(host(url), port).await;
    };
    if proxy.uri().scheme_str() != Some("http") {
        return Err(io::Error::other("a certificate can only be read through a proxy that speaks plain HTTP"));
    }
    let proxy_host = proxy.uri().host().unwrap_or_default().trim_matches(['[', ']']);
    let mut stream = connect_to(proxy_host, proxy.uri().port_u16().unwrap_or(80)).await?;
    stream.write_all(&tunnel_request(url, port, proxy)).await?;
    let head = read_head(&mut stream).await?;
    let is_open = head.split(|byte| *byte == b' ').nth(1).is_some_and(|status| status.starts_with(b"2"));
    if is_open { Ok(stream) } else { Err(io::Error::other("the proxy refuses a tunnel")) }
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
async fn read_head(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(256);
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= MAX_TUNNEL_BYTES {
            return Err(io::Error::other("the proxy's response does not end"));
        }
        head.push(stream.read_u8().await?);
    }
    Ok(head)
}
