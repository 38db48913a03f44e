//! Checks the network path to an instance, one step at a time: name, port, certificate. No request is sent.

use std::net::IpAddr;
use std::time::Duration;

use url::Url;

use super::Observation;
use crate::http::Client;
use crate::http::probe::{self, CertificateSeen};

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
    /// No step was checked, for one reason.
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

/// Checks the path to `url` with the client's trust and time-out. Behind a proxy only the certificate can be read from
/// here, through the proxy's tunnel.
pub async fn inspect_network(client: &Client, url: &Url) -> NetworkSeen {
    let is_https = url.scheme() == "https";
    if probe::is_proxied(client, url) {
        let tls = if is_https { probe::certificate(client, url).await.into() } else { Observation::Skipped(PLAIN) };
        return NetworkSeen { addresses: Observation::Skipped(PROXIED), connect: Observation::Skipped(PROXIED), tls };
    }
    let addresses = probe::resolve(client, url).await;
    let connect = match &addresses {
        Ok(found) => Observation::from(probe::connect(client, url, found).await),
        Err(_) => Observation::Skipped(UNRESOLVED),
    };
    let tls = match &connect {
        Observation::Known(_) if is_https => Observation::from(probe::certificate(client, url).await),
        Observation::Known(_) => Observation::Skipped(PLAIN),
        Observation::Failed(_) => Observation::Skipped(UNCONNECTED),
        Observation::Skipped(why) => Observation::Skipped(why),
    };
    NetworkSeen { addresses: addresses.into(), connect, tls }
}
