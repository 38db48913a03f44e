//! A plain connection to a host, through a proxy's tunnel where one stands in between: for looking at certificates.

use std::io;

use hyper_util::client::proxy::matcher::Intercept;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::Url;

/// The longest answer of a proxy that is read.
const LONGEST_HEAD: usize = 8 * 1024;

/// Opens a connection to the host of `url`.
///
/// # Errors
/// Also for a proxy that is not spoken to in plain HTTP, and for one that opens no tunnel.
pub(super) async fn open(url: &Url, proxy: Option<&Intercept>) -> io::Result<TcpStream> {
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or(443);
    let Some(proxy) = proxy else {
        return TcpStream::connect((host.trim_matches(['[', ']']), port)).await;
    };
    if proxy.uri().scheme_str() != Some("http") {
        return Err(io::Error::other("only a proxy that speaks plain HTTP can be looked through"));
    }
    let proxy_host = proxy.uri().host().unwrap_or_default().trim_matches(['[', ']']);
    let mut stream = TcpStream::connect((proxy_host, proxy.uri().port_u16().unwrap_or(80))).await?;
    let mut ask = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n").into_bytes();
    if let Some(credential) = proxy.basic_auth() {
        ask.extend_from_slice(b"Proxy-Authorization: ");
        ask.extend_from_slice(credential.as_bytes());
        ask.extend_from_slice(b"\r\n");
    }
    ask.extend_from_slice(b"\r\n");
    stream.write_all(&ask).await?;
    let head = head(&mut stream).await?;
    let is_open = head.split(|byte| *byte == b' ').nth(1).is_some_and(|status| status.starts_with(b"2"));
    if is_open { Ok(stream) } else { Err(io::Error::other("the proxy opens no tunnel")) }
}

/// Reads up to the empty line, and not a byte further: what follows is the other side's.
async fn head(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(256);
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= LONGEST_HEAD {
            return Err(io::Error::other("the proxy's answer does not end"));
        }
        head.push(stream.read_u8().await?);
    }
    Ok(head)
}
