//! Looks at the ways from this machine to each address of a connection: name, port, certificate, answer. All at the same time,
//! each step with a time limit, and all of it with one deadline.

mod gitlab;

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use jiff::Timestamp;
use tokio::time::timeout;

pub use self::gitlab::{GitLabNetwork, SshSeenAt};
use super::{DeliveryProof, Observation};
use crate::desired::{WayOwner, WayTarget, Ways};
use crate::env::Clock;
use crate::gitlab::Reader;
use crate::http::probe::{
    self, Attempt, CertificateSeen, DnsAnswers, Mtu, NoTime, Opening, ResolverAddress, Route, SshFailure, SshSeen,
    TlsSeen,
};
use crate::http::{Cause, Client, FirstAnswer};
use crate::kit::EndpointProtocol;
use crate::network::AddressClass;

/// No more addresses of one name are connected to.
const MAX_ADDRESSES: usize = 16;

/// Everything that was seen of the ways.
#[derive(Clone, Debug)]
pub struct WaysSeen {
    /// When looking began, for judging dates without a clock.
    pub at: Timestamp,
    pub ways: Vec<WaySeen>,
    pub gitlab: GitLabNetwork,
    /// Test deliveries, `--live` only.
    pub proofs: Observation<Vec<DeliveryProof>>,
}

impl WaysSeen {
    /// The way to an address.
    #[must_use]
    pub fn way(&self, target: &WayTarget) -> Option<&WaySeen> {
        self.ways.iter().find(|way| way.target.to_string() == target.to_string())
    }

    /// The ways to an owner's addresses.
    pub fn of(&self, owner: WayOwner) -> impl Iterator<Item = &WaySeen> {
        self.ways.iter().filter(move |way| way.target.owner == owner)
    }

    /// This machine's own addresses on these ways, each once.
    #[must_use]
    pub fn own_addresses(&self) -> Vec<IpAddr> {
        let own: BTreeSet<IpAddr> = self.ways.iter().flat_map(|way| way.own.iter().copied()).collect();
        own.into_iter().collect()
    }

    /// The proxies that are used, each once.
    #[must_use]
    pub fn proxies(&self) -> Vec<&str> {
        let proxies: BTreeSet<&str> = self.ways.iter().filter_map(|way| way.proxy.as_deref()).collect();
        proxies.into_iter().collect()
    }
}

/// One way.
#[derive(Clone, Debug)]
pub struct WaySeen {
    pub target: WayTarget,
    /// The proxy that requests there go through: name and port are its matter then.
    pub proxy: Option<String>,
    /// This machine's own addresses on the way.
    pub own: Vec<IpAddr>,
    /// By the system's resolver, of every family.
    pub addresses: Observation<Vec<IpAddr>>,
    /// By each given resolver.
    pub answers: Vec<ResolverAnswers>,
    /// One for each address that is used.
    pub attempts: Vec<Attempt>,
    /// One for each address whose port opens.
    pub tls: Vec<TlsAt>,
    /// Through the proxy's tunnel.
    pub tunnelled: Option<Observation<CertificateSeen>>,
    /// Of the first address that did not answer although its port opens.
    pub mtu: Option<MtuAt>,
    pub http: Option<FirstAnswer>,
    /// One for each address whose port opens.
    pub ssh: Vec<SshAt>,
    /// How long all of it took.
    pub took: Duration,
}

#[derive(Clone, Debug)]
pub struct ResolverAnswers {
    pub resolver: ResolverAddress,
    pub answers: DnsAnswers,
}

#[derive(Clone, Debug)]
pub struct TlsAt {
    pub address: SocketAddr,
    pub seen: TlsSeen,
}

#[derive(Clone, Copy, Debug)]
pub struct MtuAt {
    pub address: SocketAddr,
    pub seen: Mtu,
}

#[derive(Clone, Debug)]
pub struct SshAt {
    pub address: SocketAddr,
    pub banner: Result<String, SshFailure>,
    /// By a key exchange; `None` where there was none.
    pub keys: Option<Result<SshSeen, SshFailure>>,
}

impl SshAt {
    /// Whether the port opens and an answer does not come, to the banner or to the key exchange.
    fn is_silent(&self) -> bool {
        let keys = self.keys.as_ref().and_then(|keys| keys.as_ref().err());
        [self.banner.as_ref().err(), keys].into_iter().flatten().any(|failure| *failure == SshFailure::NoAnswer)
    }
}

/// How much time there is.
#[derive(Clone, Copy, Debug)]
pub struct WayTime {
    pub clock: Clock,
    pub deadline: Instant,
    /// For one step.
    pub step: Duration,
}

impl WayTime {
    /// How long the next step may take.
    fn limit(&self) -> Duration {
        self.deadline.saturating_duration_since(self.clock.instant()).min(self.step)
    }
}

/// Looks at the ways.
pub struct WayObserver<'a> {
    pub http: &'a Client,
    /// Where a token was given.
    pub reader: Option<&'a Reader>,
    pub resolvers: &'a [ResolverAddress],
    /// The checks that are judged, and those that they depend on.
    pub codes: &'a BTreeSet<&'static str>,
    pub time: WayTime,
}

impl WayObserver<'_> {
    /// Never fails as a whole: each failure is in its place.
    pub async fn observe(&self, ways: &Ways) -> WaysSeen {
        let at = self.time.clock.now();
        let looking = join_all(ways.targets.iter().map(|target| Box::pin(self.look(target, ways))));
        let (mut seen, (gitlab, ssh)) = tokio::join!(looking, Box::pin(self.gitlab_and_ssh(ways)));
        // Behind GitLab's web.
        let place = seen.iter().take_while(|way| way.target.owner == WayOwner::GitLab).count();
        if let Some(way) =
            ssh.filter(|way| !seen.iter().any(|known| known.target.to_string() == way.target.to_string()))
        {
            seen.insert(place, way);
        }
        WaysSeen { at, ways: seen, gitlab, proofs: Observation::Skipped("--live was not given") }
    }

    /// What GitLab tells, and the way to its SSH, which is known only then.
    async fn gitlab_and_ssh(&self, ways: &Ways) -> (GitLabNetwork, Option<WaySeen>) {
        let gitlab = gitlab::read(self, ways).await;
        let way = match gitlab.ssh_target() {
            Some(target) if self.wants_any(&["network.ssh", "network.tcp", "network.dns", "network.ssh_hostkey"]) => {
                Some(Box::pin(self.look(&target, ways)).await)
            }
            Some(_) | None => None,
        };
        (gitlab, way)
    }

    fn wants(&self, code: &str) -> bool {
        self.codes.contains(code)
    }

    fn wants_any(&self, codes: &[&str]) -> bool {
        codes.iter().any(|code| self.wants(code))
    }

    fn client(&self, target: &WayTarget, ways: &Ways) -> Client {
        match &ways.gitlab {
            Some(instance) if target.owner == WayOwner::GitLab => self.http.clone().for_gitlab(instance.url()),
            _ => self.http.clone(),
        }
    }

    async fn look(&self, target: &WayTarget, ways: &Ways) -> WaySeen {
        let began = self.time.clock.instant();
        let client = self.client(target, ways);
        let proxy = (target.protocol == EndpointProtocol::Https).then(|| client.proxy_place(&target.url)).flatten();
        let look = Look { observer: self, client, target };
        let mut way = match proxy {
            Some(proxy) => Box::pin(look.through(proxy)).await,
            None => Box::pin(look.directly(ways)).await,
        };
        way.took = self.time.clock.instant().duration_since(began);
        way
    }
}

const UNSEEN: &str = "requests go through a proxy, which resolves the name and opens the connection";

struct Look<'a> {
    observer: &'a WayObserver<'a>,
    client: Client,
    target: &'a WayTarget,
}

impl Look<'_> {
    fn limit(&self) -> Duration {
        self.observer.time.limit()
    }

    fn wants(&self, code: &str) -> bool {
        self.observer.wants(code)
    }

    fn unseen(&self, addresses: Observation<Vec<IpAddr>>) -> WaySeen {
        WaySeen {
            target: self.target.clone(),
            proxy: None,
            own: Vec::new(),
            addresses,
            answers: Vec::new(),
            attempts: Vec::new(),
            tls: Vec::new(),
            tunnelled: None,
            mtu: None,
            http: None,
            ssh: Vec::new(),
            took: Duration::ZERO,
        }
    }

    /// The proxy is asked for everything; given resolvers are still asked for the name.
    async fn through(self, proxy: String) -> WaySeen {
        let answers = self.answers().await;
        let tunnelled = match self.target.has_tls() && self.wants("network.tls") {
            true => Some(probe::certificate(&self.client, &self.target.url).await.into()),
            false => None,
        };
        let http = self.http().await;
        WaySeen { proxy: Some(proxy), answers, tunnelled, http, ..self.unseen(Observation::Skipped(UNSEEN)) }
    }

    async fn directly(self, ways: &Ways) -> WaySeen {
        let (addresses, answers) = tokio::join!(self.resolve(), self.answers());
        let used: Vec<SocketAddr> = addresses
            .known()
            .into_iter()
            .flatten()
            .filter(|address| ways.family.has(**address) && self.may_be(**address))
            .map(|address| self.target.at(*address))
            .take(MAX_ADDRESSES)
            .collect();
        let own = used.iter().filter_map(|address| match probe::route(*address) {
            Route::From(own) => Some(own),
            Route::None | Route::NotPermitted | Route::Other(_) => None,
        });
        let own: Vec<IpAddr> = own.collect();
        let mut way = WaySeen { answers, own, ..self.unseen(addresses) };
        let needs_port = ["network.tcp", "network.tls", "network.mtu", "network.http", "network.ssh"];
        if self.observer.wants_any(&needs_port) {
            let limit = self.limit();
            way.attempts = join_all(used.iter().map(|address| probe::attempt(&self.client, *address, limit))).await;
        }
        let open: Vec<SocketAddr> = way
            .attempts
            .iter()
            .filter(|attempt| attempt.opening == Opening::Open)
            .map(|attempt| attempt.address)
            .collect();
        match self.target.protocol {
            EndpointProtocol::Https => self.https(&open, &mut way).await,
            EndpointProtocol::Ssh => self.ssh(&open, &mut way).await,
            EndpointProtocol::Tcp => {}
        }
        way
    }

    /// Where SSH is, GitLab says: it may not send this machine to its own link, where a cloud's metadata service is.
    fn may_be(&self, address: IpAddr) -> bool {
        let is_chosen_by_gitlab =
            self.target.owner == WayOwner::GitLab && self.target.protocol == EndpointProtocol::Ssh;
        !is_chosen_by_gitlab || AddressClass::of(address) != AddressClass::LinkLocal
    }

    async fn resolve(&self) -> Observation<Vec<IpAddr>> {
        if let Some(address) = self.target.literal() {
            return Observation::Known(vec![address]);
        }
        let limit = self.limit();
        match timeout(limit, probe::resolve(&self.client, &self.target.url)).await {
            Ok(resolved) => resolved.into(),
            Err(_) => {
                let late = crate::http::Request::get(self.target.url.clone()).failed(Cause::Timeout { after: limit });
                Observation::Failed(late)
            }
        }
    }

    async fn answers(&self) -> Vec<ResolverAnswers> {
        if self.target.literal().is_some() {
            return Vec::new();
        }
        let limit = self.limit();
        let asking = self.observer.resolvers.iter().map(|resolver| async move {
            let answers = probe::dns_query(&self.client, *resolver, &self.target.host, limit).await;
            ResolverAnswers { resolver: *resolver, answers }
        });
        join_all(asking).await
    }

    async fn https(&self, open: &[SocketAddr], way: &mut WaySeen) {
        if self.target.has_tls() && self.observer.wants_any(&["network.tls", "network.mtu", "network.http"]) {
            let limit = self.limit();
            way.tls = join_all(open.iter().map(|address| async move {
                let seen = probe::tls_at(&self.client, &self.target.url, *address, limit).await;
                TlsAt { address: *address, seen }
            }))
            .await;
        }
        let silent = way.tls.iter().find(|at| at.seen == TlsSeen::NoAnswer).map(|at| at.address);
        if let Some(address) = silent.filter(|_| self.observer.wants_any(&["network.mtu", "network.tls"])) {
            let seen = probe::mtu_of_tls(&self.client, &self.target.url, address, self.limit()).await;
            way.mtu = Some(MtuAt { address, seen });
        }
        let is_worth_it = !self.target.has_tls() || way.tls.iter().any(|at| matches!(at.seen, TlsSeen::Trusted(_)));
        if is_worth_it && !open.is_empty() {
            way.http = self.http().await;
        }
    }

    async fn http(&self) -> Option<FirstAnswer> {
        if !self.wants("network.http") {
            return None;
        }
        let limit = self.limit();
        match timeout(limit, self.client.first_answer(&self.target.url)).await {
            Ok(answer) => Some(answer),
            Err(_) => {
                let late = crate::http::Request::get(self.target.url.clone()).failed(Cause::Timeout { after: limit });
                Some(FirstAnswer { answer: Err(late), clock: Err(NoTime::NoDate), took: None })
            }
        }
    }

    async fn ssh(&self, open: &[SocketAddr], way: &mut WaySeen) {
        if !self.observer.wants_any(&["network.ssh", "network.mtu"]) {
            return;
        }
        way.ssh = join_all(open.iter().map(|address| self.ssh_at(*address))).await;
        let silent = way.ssh.iter().find(|at| at.is_silent()).map(|at| at.address);
        if let Some(address) = silent {
            let seen = probe::mtu_of_ssh(&self.client, address, self.limit()).await;
            way.mtu = Some(MtuAt { address, seen });
        }
    }

    async fn ssh_at(&self, address: SocketAddr) -> SshAt {
        let banner = probe::ssh_banner(&self.client, address, self.limit()).await;
        let keys = match &banner {
            Ok(_) => Some(probe::ssh_host_keys(&self.client, address, self.limit()).await),
            Err(_) => None,
        };
        SshAt { address, banner, keys }
    }
}
