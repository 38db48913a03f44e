//! Looks at Factory's side: its status, and whether its hosts can be reached from here.

use futures_util::future::join_all;
use url::{Origin, Url};

use super::{BundleSeen, FactorySeen, Observation};
use crate::desired::{BundleRoute, Desired};
use crate::factory::{self, FactoryStatus};
use crate::http::{self, Client, NetworkSeen};

pub(super) struct Factory<'a> {
    pub(super) http: &'a Client,
    pub(super) factory: &'a factory::Factory,
}

impl Factory<'_> {
    /// Asks for the status; a host that it does not show to be there is connected to, without a request.
    pub(super) async fn look(&self, desired: &Desired, wanted: bool, bundle: Observation<BundleSeen>) -> FactorySeen {
        const NOT_YET: Observation<Vec<super::DeliveryProof>> = Observation::Skipped("--live was not given");
        if !wanted {
            let status = Observation::Skipped("no check of Factory was asked for");
            return FactorySeen { status, hosts: Vec::new(), bundle, proofs: NOT_YET };
        }
        let asked = desired.status_url.as_ref();
        let others = other_origins(desired);
        let (status, hosts) = tokio::join!(self.status(asked), join_all(others.iter().map(|url| self.reach(url))));
        let mut hosts: Vec<(String, Observation<()>)> = others.iter().map(host).zip(hosts).collect();
        if let Some(url) = asked {
            let answered = match &status {
                Observation::Known(_) => Observation::Known(()),
                Observation::Failed(error) => Observation::Failed(error.clone()),
                Observation::Skipped(reason) => Observation::Skipped(reason),
            };
            hosts.insert(0, (host(url), answered));
        }
        FactorySeen { status, hosts, bundle, proofs: NOT_YET }
    }

    async fn status(&self, url: Option<&Url>) -> Observation<FactoryStatus> {
        match url {
            None => Observation::Skipped("the kit has no status_url"),
            Some(url) => Observation::from(self.factory.status(url).await),
        }
    }

    async fn reach(&self, url: &Url) -> Observation<()> {
        let NetworkSeen { addresses, connect, tls } = http::inspect(self.http, url).await;
        match (addresses, connect, tls) {
            (Observation::Failed(error), ..)
            | (_, Observation::Failed(error), _)
            | (_, _, Observation::Failed(error)) => Observation::Failed(error),
            (_, Observation::Known(_), _) => Observation::Known(()),
            (_, Observation::Skipped(reason), _) => Observation::Skipped(reason),
        }
    }
}

/// The addresses of Factory that this machine uses, one for each origin, without that of the status.
fn other_origins(desired: &Desired) -> Vec<Url> {
    let upload = match &desired.delivery.way {
        BundleRoute::Upload { url, .. } => Some(url),
        BundleRoute::File(_) | BundleRoute::None => None,
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
