//! Reads Factory's side: its status, and whether this machine can reach its hosts.

use futures_util::future::join_all;
use url::{Origin, Url};

use super::{FactorySeen, NetworkSeen, Observation, inspect_network};
use crate::desired::{BundleRoute, Desired};
use crate::factory::{FactoryClient, FactoryStatus};
use crate::http::Client;

/// Why Factory was not asked.
const KEY_WITHHELD: &str =
    "no run with this kit has been approved, so its addresses do not get the key of Factory's API";

pub(super) struct FactoryReader<'a> {
    pub(super) http: &'a Client,
    pub(super) factory: &'a FactoryClient,
}

impl FactoryReader<'_> {
    /// Asks for the status. A host that is not proven by that is connected to, without a request.
    pub(super) async fn read(&self, desired: &Desired) -> FactorySeen {
        let status_url = desired.status_url.as_ref();
        let key_withheld = status_url.is_some_and(|url| self.factory.withholds_key_from(url));
        let mut others = other_origins(desired);
        // What is not asked is only connected to.
        others.extend(status_url.filter(|_| key_withheld).cloned());
        let (status, hosts) = tokio::join!(self.status(status_url), join_all(others.iter().map(|url| self.reach(url))));
        let mut hosts: Vec<(String, Observation<()>)> = others.iter().map(host).zip(hosts).collect();
        if let Some(url) = status_url.filter(|_| !key_withheld) {
            let answered = match &status {
                Observation::Known(_) => Observation::Known(()),
                Observation::Failed(error) => Observation::Failed(error.clone()),
                Observation::Skipped(reason) => Observation::Skipped(reason),
            };
            hosts.insert(0, (host(url), answered));
        }
        FactorySeen { status, key_withheld, hosts, ..FactorySeen::unread() }
    }

    async fn status(&self, url: Option<&Url>) -> Observation<FactoryStatus> {
        match url {
            None => Observation::Skipped("the kit has no status_url"),
            Some(url) if self.factory.withholds_key_from(url) => Observation::Skipped(KEY_WITHHELD),
            Some(url) => Observation::from(self.factory.status(url).await),
        }
    }

    async fn reach(&self, url: &Url) -> Observation<()> {
        let NetworkSeen { addresses, connect, tls } = inspect_network(self.http, url).await;
        match (addresses, connect, tls) {
            (Observation::Failed(error), ..)
            | (_, Observation::Failed(error), _)
            | (_, _, Observation::Failed(error)) => Observation::Failed(error),
            (_, Observation::Known(_), _) => Observation::Known(()),
            (_, Observation::Skipped(reason), _) => Observation::Skipped(reason),
        }
    }
}

/// The addresses of Factory that this machine uses, one for each origin other than that of the status.
fn other_origins(desired: &Desired) -> Vec<Url> {
    let upload = match &desired.delivery.way {
        BundleRoute::Upload(upload) => Some(&upload.url),
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
