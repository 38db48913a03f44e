//! Looks at Factory's side: its status, and whether its hosts can be reached from here.

use futures_util::future::join_all;
use url::{Origin, Url};

use super::{BundleSeen, FactorySeen, Seen};
use crate::desired::{Desired, Way};
use crate::factory::{self, FactoryStatus};
use crate::http::{self, Client, NetworkSeen};

pub(super) struct Factory<'a> {
    pub(super) http: &'a Client,
    pub(super) factory: &'a factory::Factory,
}

impl Factory<'_> {
    /// Asks for the status; a host that it does not show to be there is connected to, without a request.
    pub(super) async fn look(&self, desired: &Desired, wanted: bool, bundle: Seen<BundleSeen>) -> FactorySeen {
        const NOT_YET: Seen<Vec<super::DeliveryProof>> = Seen::NotAsked("--live was not given");
        if !wanted {
            let status = Seen::NotAsked("no check of Factory was asked for");
            return FactorySeen { status, hosts: Vec::new(), bundle, proofs: NOT_YET };
        }
        let asked = desired.status_url.as_ref();
        let others = other_origins(desired);
        let (status, hosts) = tokio::join!(self.status(asked), join_all(others.iter().map(|url| self.reach(url))));
        let mut hosts: Vec<(String, Seen<()>)> = others.iter().map(host).zip(hosts).collect();
        if let Some(url) = asked {
            let answered = match &status {
                Seen::Known(_) => Seen::Known(()),
                Seen::Failed(error) => Seen::Failed(error.clone()),
                Seen::NotAsked(reason) => Seen::NotAsked(reason),
            };
            hosts.insert(0, (host(url), answered));
        }
        FactorySeen { status, hosts, bundle, proofs: NOT_YET }
    }

    async fn status(&self, url: Option<&Url>) -> Seen<FactoryStatus> {
        match url {
            None => Seen::NotAsked("the kit has no status_url"),
            Some(url) => Seen::from(self.factory.status(url).await),
        }
    }

    async fn reach(&self, url: &Url) -> Seen<()> {
        let NetworkSeen { addresses, connect, tls } = http::inspect(self.http, url).await;
        match (addresses, connect, tls) {
            (Seen::Failed(error), ..) | (_, Seen::Failed(error), _) | (_, _, Seen::Failed(error)) => {
                Seen::Failed(error)
            }
            (_, Seen::Known(_), _) => Seen::Known(()),
            (_, Seen::NotAsked(reason), _) => Seen::NotAsked(reason),
        }
    }
}

/// The addresses of Factory that this machine uses, one for each origin, without that of the status.
fn other_origins(desired: &Desired) -> Vec<Url> {
    let upload = match &desired.delivery.way {
        Way::Upload { url, .. } => Some(url),
        Way::File(_) | Way::Nowhere => None,
    };
    let mut seen: Vec<Origin> = desired.status_url.iter().map(Url::origin).collect();
    let mut urls = Vec::new();
    for url in [upload, desired.webhooks.receipts_url.as_ref()].into_iter().flatten() {
        if !seen.contains(&url.origin()) {
            seen.push(url.origin());
            urls.push(url.clone());
        }
    }
    urls
}

fn host(url: &Url) -> String {
    let name = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"))
}
