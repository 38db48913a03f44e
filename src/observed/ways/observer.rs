//! Looks at every way at the same time, with what GitLab tells beside it.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use super::gate::{ResolverGate, Sockets};
use super::look::Look;
use super::{GitLabNetwork, LiveSeen, WaySeen, WayTime, WaysSeen, gitlab};
use crate::desired::{WayOwner, WayTarget, Ways};
use crate::gitlab::Reader;
use crate::http::Client;
use crate::http::probe::ResolverAddress;

/// Looks at the ways.
pub struct WayObserver<'a> {
    pub http: &'a Client,
    /// Where a token was given.
    pub reader: Option<&'a Reader>,
    pub resolvers: &'a [ResolverAddress],
    /// The checks that are judged, and those that they depend on.
    pub codes: &'a BTreeSet<&'static str>,
    pub time: WayTime,
    /// How many files and sockets the system lets this program have open.
    pub open_files: usize,
}

/// What all looks of one run share.
pub(super) struct Shared {
    pub sockets: Sockets,
    pub own_resolver: ResolverGate,
    /// One for each that was given.
    pub resolvers: Vec<(ResolverAddress, ResolverGate)>,
}

impl WayObserver<'_> {
    /// Never fails as a whole: each failure is in its place. What has no answer at the deadline says so.
    pub async fn observe(&self, ways: &Ways) -> WaysSeen {
        let at = self.time.clock.now();
        let shared = Shared {
            sockets: Sockets::new(self.open_files, self.http.concurrency()),
            own_resolver: ResolverGate::default(),
            resolvers: self.resolvers.iter().map(|resolver| (*resolver, ResolverGate::default())).collect(),
        };
        let looking = join_all(ways.targets.iter().map(|target| Box::pin(self.look(target, ways, &shared))));
        let (mut seen, (gitlab, ssh)) = tokio::join!(looking, Box::pin(self.gitlab_and_ssh(ways, &shared)));
        // Behind GitLab's web.
        let place = seen.iter().take_while(|way| way.target.owner == WayOwner::GitLab).count();
        if let Some(way) = ssh {
            // It may have been given, too.
            seen.retain(|known| known.target.owner != WayOwner::Given || !known.target.is_same(&way.target));
            if !seen.iter().any(|known| known.target.is_same(&way.target)) {
                seen.insert(place, way);
            }
        }
        WaysSeen { at, step: self.time.step, ways: seen, gitlab, live: LiveSeen::NotWanted }
    }

    /// What GitLab tells, and the way to its SSH, which is known only then.
    async fn gitlab_and_ssh(&self, ways: &Ways, shared: &Shared) -> (GitLabNetwork, Option<WaySeen>) {
        let gitlab = gitlab::read(self, ways).await;
        let way = match gitlab.ssh_target() {
            Some(target) if self.wants_any(&["network.ssh", "network.tcp", "network.dns", "network.ssh_hostkey"]) => {
                Some(Box::pin(self.look(&target, ways, shared)).await)
            }
            Some(_) | None => None,
        };
        (gitlab, way)
    }

    pub(super) fn wants(&self, code: &str) -> bool {
        self.codes.contains(code)
    }

    pub(super) fn wants_any(&self, codes: &[&str]) -> bool {
        codes.iter().any(|code| self.wants(code))
    }

    async fn look(&self, target: &WayTarget, ways: &Ways, shared: &Shared) -> WaySeen {
        let client = match &ways.gitlab {
            Some(instance) if target.owner == WayOwner::GitLab => self.http.clone().for_gitlab(instance.url()),
            _ => self.http.clone(),
        };
        Look::new(self, shared, client, target).make(ways).await
    }
}
