//! Looks at the ways from this machine to each address of a connection: name, port, certificate, answer. All at the same time,
//! each step with a time limit, and all of it with one deadline.

mod gate;
mod gitlab;
mod look;
mod observer;
#[cfg(test)]
mod tests;
mod time;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use jiff::Timestamp;

pub use self::gitlab::{GitLabNetwork, SshSeenAt};
pub use self::observer::WayObserver;
pub use self::time::WayTime;
use super::{DeliveryProof, Observation};
use crate::desired::{WayOwner, WayTarget};
use crate::http::FirstAnswer;
use crate::http::probe::{Attempt, CertificateSeen, DnsAnswers, Mtu, ResolverAddress, SshFailure, SshSeen, TlsSeen};

/// Everything that was seen of the ways.
#[derive(Clone, Debug)]
pub struct WaysSeen {
    /// When looking began, for judging dates without a clock.
    pub at: Timestamp,
    /// How long each step could take.
    pub step: Duration,
    pub ways: Vec<WaySeen>,
    pub gitlab: GitLabNetwork,
    pub live: LiveSeen,
}

impl WaysSeen {
    /// The way to an address.
    #[must_use]
    pub fn way(&self, target: &WayTarget) -> Option<&WaySeen> {
        self.ways.iter().find(|way| way.target.is_same(target))
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

/// What came of GitLab's own webhook tests (`--live`).
#[derive(Clone, Debug)]
pub enum LiveSeen {
    NotWanted,
    /// They were not over when the time of the run was.
    TimeOver,
    Tests(Observation<Vec<DeliveryProof>>),
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
    /// How long each check's own question took, by its code. What was not asked has none.
    pub took: BTreeMap<&'static str, Duration>,
    /// The first check whose question was not asked to its end.
    pub cut: Option<Cut>,
}

/// A check whose question was not asked to its end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cut {
    pub code: &'static str,
    pub why: Unasked,
}

/// Why something was not asked, or not to its end.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unasked {
    #[error("the time of a run ({longest} s) was over before there was an answer")]
    TimeOver { longest: u64 },
    #[error("not asked: by then the resolver had let {names} other names wait without an answer, and answered none")]
    Silent { names: usize },
}

#[derive(Clone, Debug)]
pub struct ResolverAnswers {
    pub resolver: ResolverAddress,
    pub answers: Result<DnsAnswers, Unasked>,
    pub took: Option<Duration>,
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
