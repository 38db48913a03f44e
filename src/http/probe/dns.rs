//! Names to addresses, by the system's resolver, with an error type of its own.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::time::timeout;
use url::Url;

use super::{failed, host};
use crate::http::client::Client;
use crate::http::error::{Cause, Error};
use crate::http::request::Request;
use crate::instance::is_localhost;

/// The name has no address, or no resolver responded.
#[derive(Debug, thiserror::Error)]
#[error("{host} does not resolve: {detail}")]
pub(in crate::http) struct Unresolved {
    pub host: String,
    pub detail: String,
}

/// The system's resolver for reqwest.
pub(in crate::http) struct Resolver;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let addresses = lookup(name.as_str()).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// # Errors
/// [`Unresolved`] also when the response is empty.
pub(super) async fn lookup(host: &str) -> Result<Vec<SocketAddr>, Unresolved> {
    if is_localhost(host) {
        // Never asked for: what a resolver answers may be another machine. RFC 6761, 6.3.
        return Ok(vec![(Ipv4Addr::LOCALHOST, 0).into(), (Ipv6Addr::LOCALHOST, 0).into()]);
    }
    let unresolved = |detail: String| Unresolved { host: host.to_owned(), detail };
    let addresses: Vec<SocketAddr> =
        tokio::net::lookup_host((host, 0)).await.map_err(|error| unresolved(error.to_string()))?.collect();
    if addresses.is_empty() { Err(unresolved("no addresses".to_owned())) } else { Ok(addresses) }
}

/// The addresses of the host of `url`.
///
/// # Errors
/// [`Cause::Dns`] and [`Cause::Timeout`].
pub async fn resolve(client: &Client, url: &Url) -> Result<Vec<IpAddr>, Error> {
    client.require_allowed(&Request::get(url.clone()), url)?;
    match timeout(client.timeout(), lookup(host(url))).await {
        Ok(Ok(found)) => {
            let mut addresses: Vec<IpAddr> = found.into_iter().map(|address| address.ip()).collect();
            addresses.dedup();
            Ok(addresses)
        }
        Ok(Err(error)) => Err(failed(url, Cause::Dns { host: error.host, detail: error.detail })),
        Err(_) => Err(failed(url, Cause::Timeout { after: client.timeout() })),
    }
}
