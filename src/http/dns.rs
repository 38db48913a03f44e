//! Names to addresses, by the system's resolver, with an error that can be told from every other one.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// The name has no address, or nobody could be asked.
#[derive(Debug, thiserror::Error)]
#[error("{host} does not resolve: {detail}")]
pub(super) struct Unresolved {
    pub host: String,
    pub detail: String,
}

pub(super) struct Resolver;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = lookup(name.as_str(), 0).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// # Errors
/// [`Unresolved`] also when the answer is empty.
pub(super) async fn lookup(host: &str, port: u16) -> Result<Vec<SocketAddr>, Unresolved> {
    let failed = |detail: String| Unresolved { host: host.to_owned(), detail };
    let found: Vec<SocketAddr> =
        tokio::net::lookup_host((host, port)).await.map_err(|error| failed(error.to_string()))?.collect();
    if found.is_empty() { Err(failed("no addresses".to_owned())) } else { Ok(found) }
}
