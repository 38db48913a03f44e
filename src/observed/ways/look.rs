//! One way, step by step. A step that had no time left, or not enough of it, leaves its mark in the place of a result.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::timeout;

use super::gate::Asked;
use super::observer::{Shared, WayObserver};
use super::time::Timed;
use super::{Cut, MtuAt, ResolverAnswers, SshAt, TlsAt, Unasked, WaySeen};
use crate::desired::{WayOwner, WayTarget, Ways};
use crate::http::probe::{self, DnsAnswer, Mtu, Opening, Route, TlsSeen};
use crate::http::{Cause, Client, FirstAnswer, Request};
use crate::kit::EndpointProtocol;
use crate::network::AddressClass;
use crate::observed::Observation;

/// No more addresses of one name are connected to.
const MAX_ADDRESSES: usize = 16;

const PROXIED: &str = "requests go through a proxy, which resolves the name and opens the connection";
const NOT_ASKED: &str = "the name was not asked for";
/// A resolver that says nothing of a name for this long is as good as silent.
const SLOW_RESOLVER: Duration = Duration::from_secs(1);
/// SSH has a connection for each type of host key.
const HOST_KEY_SOCKETS: u32 = 4;

pub(super) struct Look<'a> {
    observer: &'a WayObserver<'a>,
    shared: &'a Shared,
    client: Client,
    target: &'a WayTarget,
    notes: RefCell<Notes>,
}

/// What is noted beside the results.
#[derive(Default)]
struct Notes {
    took: BTreeMap<&'static str, Duration>,
    cut: Option<Cut>,
}

impl<'a> Look<'a> {
    pub(super) fn new(
        observer: &'a WayObserver<'a>,
        shared: &'a Shared,
        client: Client,
        target: &'a WayTarget,
    ) -> Self {
        Self { observer, shared, client, target, notes: RefCell::default() }
    }

    pub(super) async fn make(self, ways: &Ways) -> WaySeen {
        let is_https = self.target.protocol == EndpointProtocol::Https;
        let proxy = is_https.then(|| self.client.proxy_place(&self.target.url)).flatten();
        let looking = async {
            match proxy {
                Some(proxy) => Box::pin(self.through(proxy)).await,
                None => Box::pin(self.directly(ways)).await,
            }
        };
        let (answers, way) = tokio::join!(self.answers(), looking);
        let Notes { took, cut } = self.notes.into_inner();
        WaySeen { answers, took, cut, ..way }
    }

    fn wants(&self, code: &str) -> bool {
        self.observer.wants(code)
    }

    /// Asks the question of a check, once so many sockets may be opened. `None` where it was not asked to its end, which is
    /// noted.
    async fn ask<T>(&self, code: &'static str, sockets: u32, work: impl AsyncFnOnce(Duration) -> T) -> Option<T> {
        let time = &self.observer.time;
        let asking = async {
            let _permit = self.shared.sockets.open(sockets, time).await?;
            time.step(work).await
        };
        let asked = asking.await;
        self.noted(code, asked)
    }

    fn noted<T>(&self, code: &'static str, asked: Result<Timed<T>, Unasked>) -> Option<T> {
        let mut notes = self.notes.borrow_mut();
        match asked {
            Ok(Timed { done, took }) => {
                // Several addresses are asked at the same time: the slowest counts.
                let known = notes.took.entry(code).or_default();
                *known = took.max(*known);
                Some(done)
            }
            Err(why) => {
                notes.cut.get_or_insert(Cut { code, why });
                None
            }
        }
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
            took: BTreeMap::new(),
            cut: None,
        }
    }

    /// The proxy is asked for everything.
    async fn through(&self, proxy: String) -> WaySeen {
        let mut way = WaySeen { proxy: Some(proxy), ..self.unseen(Observation::Skipped(PROXIED)) };
        if self.target.has_tls() && self.wants("network.tls") {
            let certificate = async |_limit| probe::certificate(&self.client, &self.target.url).await.into();
            way.tunnelled = self.ask("network.tls", 1, certificate).await;
            // What depends on it is not asked for.
            if way.tunnelled.as_ref().and_then(Observation::known).is_none() {
                return way;
            }
        }
        way.http = self.http().await;
        way
    }

    async fn directly(&self, ways: &Ways) -> WaySeen {
        let mut way = self.unseen(self.resolve().await);
        let used: Vec<SocketAddr> = way
            .addresses
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
        way.own = own.collect();
        let needs_port = ["network.tcp", "network.tls", "network.mtu", "network.http", "network.ssh"];
        if self.observer.wants_any(&needs_port) {
            let opening = used.iter().map(async |address| {
                self.ask("network.tcp", 1, async |limit| probe::attempt(&self.client, *address, limit).await).await
            });
            way.attempts = join_all(opening).await.into_iter().flatten().collect();
        }
        let open = way.attempts.iter().filter(|attempt| attempt.opening == Opening::Open);
        let open: Vec<SocketAddr> = open.map(|attempt| attempt.address).collect();
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
        let (time, gate) = (&self.observer.time, &self.shared.own_resolver);
        let asking = async {
            let _permit = gate.enter(time).await?;
            let asked = time.step(async |limit| {
                let resolving = timeout(limit, probe::resolve(&self.client, &self.target.url)).await;
                resolving.map_or_else(|_| Observation::Failed(self.late(limit)), Observation::from)
            });
            let asked = asked.await;
            let is_silent = |asked: &Timed<Observation<_>>| asked.done.known().is_none() && asked.took >= SLOW_RESOLVER;
            gate.record(if asked.as_ref().is_ok_and(|asked| !is_silent(asked)) {
                Asked::Answered
            } else {
                Asked::Silent
            });
            asked
        };
        let asked = Box::pin(asking).await;
        self.noted("network.dns", asked).unwrap_or(Observation::Skipped(NOT_ASKED))
    }

    fn late(&self, after: Duration) -> crate::http::Error {
        Request::get(self.target.url.clone()).failed(Cause::Timeout { after })
    }

    /// What each given resolver answers, beside everything else.
    async fn answers(&self) -> Vec<ResolverAnswers> {
        if self.target.literal().is_some() {
            return Vec::new();
        }
        let time = &self.observer.time;
        let asking = self.shared.resolvers.iter().map(|(resolver, gate)| async move {
            let asking = async {
                let _permit = gate.enter(time).await?;
                let query = async |limit| probe::dns_query(&self.client, *resolver, &self.target.host, limit).await;
                let asked = time.step(query).await;
                let is_silent = asked.as_ref().map_or(true, |asked| {
                    [&asked.done.v4, &asked.done.v6].into_iter().all(|answer| *answer == DnsAnswer::NoAnswer)
                });
                gate.record(if is_silent { Asked::Silent } else { Asked::Answered });
                asked
            };
            match Box::pin(asking).await {
                Ok(Timed { done, took }) => {
                    ResolverAnswers { resolver: *resolver, answers: Ok(done), took: Some(took) }
                }
                Err(why) => ResolverAnswers { resolver: *resolver, answers: Err(why), took: None },
            }
        });
        join_all(asking).await
    }

    async fn https(&self, open: &[SocketAddr], way: &mut WaySeen) {
        if self.target.has_tls() && self.observer.wants_any(&["network.tls", "network.mtu", "network.http"]) {
            let shaking = open.iter().map(async |address| {
                let shake = async |limit| probe::tls_at(&self.client, &self.target.url, *address, limit).await;
                let seen = self.ask("network.tls", 1, shake).await?;
                Some(TlsAt { address: *address, seen })
            });
            way.tls = join_all(shaking).await.into_iter().flatten().collect();
        }
        let silent = way.tls.iter().find(|at| at.seen == TlsSeen::NoAnswer).map(|at| at.address);
        if let Some(address) = silent.filter(|_| self.observer.wants_any(&["network.mtu", "network.tls"])) {
            let second = async |limit| probe::mtu_of_tls(&self.client, &self.target.url, address, limit).await;
            way.mtu = self.second_try(address, second).await;
        }
        let is_worth_it = !self.target.has_tls() || way.tls.iter().any(|at| matches!(at.seen, TlsSeen::Trusted(_)));
        if is_worth_it && !open.is_empty() {
            way.http = self.http().await;
        }
    }

    /// With small segments and with usual ones. It proves something only where both have all the time of a step.
    async fn second_try(&self, address: SocketAddr, work: impl AsyncFnOnce(Duration) -> Mtu) -> Option<MtuAt> {
        let time = self.observer.time;
        if time.left() < time.step {
            return self.noted("network.mtu", Err(time.over()));
        }
        let seen = self.ask("network.mtu", 2, work).await?;
        Some(MtuAt { address, seen })
    }

    async fn http(&self) -> Option<FirstAnswer> {
        const CODE: &str = "network.http";
        if !self.wants(CODE) {
            return None;
        }
        let _turn = match self.shared.sockets.request(&self.observer.time).await {
            Ok(turn) => turn,
            Err(why) => return self.noted(CODE, Err(why)),
        };
        let asking = async |limit| {
            let answered = timeout(limit, self.client.first_answer(&self.target.url)).await;
            answered.unwrap_or_else(|_| FirstAnswer::none(self.late(limit)))
        };
        self.ask(CODE, 1, asking).await
    }

    async fn ssh(&self, open: &[SocketAddr], way: &mut WaySeen) {
        if !self.observer.wants_any(&["network.ssh", "network.mtu"]) {
            return;
        }
        let looked = join_all(open.iter().map(|address| self.ssh_at(*address))).await;
        way.ssh = looked.into_iter().flatten().collect();
        let silent = way.ssh.iter().find(|at| at.is_silent()).map(|at| at.address);
        if let Some(address) = silent {
            let second = async |limit| probe::mtu_of_ssh(&self.client, address, limit).await;
            way.mtu = self.second_try(address, second).await;
        }
    }

    async fn ssh_at(&self, address: SocketAddr) -> Option<SshAt> {
        let banner = async |limit| probe::ssh_banner(&self.client, address, limit).await;
        let banner = self.ask("network.ssh", 1, banner).await?;
        let keys = match &banner {
            Ok(_) => {
                let keys = async |limit| probe::ssh_host_keys(&self.client, address, limit).await;
                self.ask("network.ssh_hostkey", HOST_KEY_SOCKETS, keys).await
            }
            Err(_) => None,
        };
        Some(SshAt { address, banner, keys })
    }
}
