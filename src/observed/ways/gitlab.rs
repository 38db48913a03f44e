//! What GitLab tells of its network, where a token is given.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::time::timeout;

use super::{Observation, WayObserver};
use crate::desired::{WayOwner, WayTarget, Ways};
use crate::gitlab::{GitAccess, GroupRestriction, NetworkSettings, Reader, SshPlace};
use crate::http::{self, Cause};
use crate::kit::EndpointProtocol;
use crate::network::AddressClass;

/// The groups without a parent that are asked for their restriction.
const MAX_GROUPS: usize = 100;

/// GitLab is asked for so many at the same time.
const AT_ONCE: usize = 8;

const NO_TOKEN: &str = "no token is given";
const NOT_NEEDED: &str = "not needed by the checks that were asked for";
const NO_GITLAB: &str = "no URL of GitLab is given";

#[derive(Clone, Debug)]
pub struct GitLabNetwork {
    pub settings: Observation<NetworkSettings>,
    pub ssh: Observation<SshSeenAt>,
    /// The groups without a parent that let in only some addresses.
    pub restrictions: Observation<Vec<GroupRestriction>>,
}

/// Where GitLab's SSH is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SshSeenAt {
    Place(SshPlace),
    /// It is switched off.
    Off,
    /// There is no project whose address would tell.
    NoProject,
    /// GitLab names an address that only this machine's own network segment has, as a cloud's metadata service: whoever chooses
    /// it must not choose that.
    LinkLocal(SshPlace),
}

impl GitLabNetwork {
    fn skipped(reason: &'static str) -> Self {
        Self {
            settings: Observation::Skipped(reason),
            ssh: Observation::Skipped(reason),
            restrictions: Observation::Skipped(reason),
        }
    }

    pub(super) fn ssh_target(&self) -> Option<WayTarget> {
        match self.ssh.known()? {
            SshSeenAt::Place(SshPlace { host, port }) => {
                let target = WayTarget::new(EndpointProtocol::Ssh, host, *port).ok()?;
                Some(target.belonging_to(WayOwner::GitLab, "Git over SSH"))
            }
            SshSeenAt::Off | SshSeenAt::NoProject | SshSeenAt::LinkLocal(_) => None,
        }
    }
}

pub(super) async fn read(observer: &WayObserver<'_>, ways: &Ways) -> GitLabNetwork {
    if ways.gitlab.is_none() {
        return GitLabNetwork::skipped(NO_GITLAB);
    }
    let Some(reader) = observer.reader else { return GitLabNetwork::skipped(NO_TOKEN) };
    let wants_restrictions = observer.wants("network.inbound")
        && ways.factory.as_ref().is_some_and(|factory| !factory.egress_cidrs.is_empty());
    let wants_settings = observer.wants_any(&["network.outbound", "network.inbound", "network.ssh"]);
    let (settings, ssh, restrictions) = tokio::join!(
        Wanted { observer, is_wanted: wants_settings, path: "/application/settings" }.read(reader.network_settings()),
        Wanted { observer, is_wanted: observer.wants("network.ssh"), path: "/projects" }.read(reader.ssh_place()),
        Wanted { observer, is_wanted: wants_restrictions, path: "/groups" }.read(Box::pin(restrictions(reader))),
    );
    let is_off = settings.known().is_some_and(|settings| settings.git_access == GitAccess::HttpOnly);
    let ssh = match ssh {
        Observation::Known(_) if is_off => Observation::Known(SshSeenAt::Off),
        Observation::Known(Some(place)) if is_link_local(&place.host) => {
            Observation::Known(SshSeenAt::LinkLocal(place))
        }
        Observation::Known(Some(place)) => Observation::Known(SshSeenAt::Place(place)),
        Observation::Known(None) => Observation::Known(SshSeenAt::NoProject),
        Observation::Failed(error) => Observation::Failed(error),
        Observation::Skipped(reason) => Observation::Skipped(reason),
    };
    GitLabNetwork { settings, ssh, restrictions }
}

fn is_link_local(host: &str) -> bool {
    host.parse().is_ok_and(|address| AddressClass::of(address) == AddressClass::LinkLocal)
}

/// A read, if it is wanted. It may be sent again where a connection breaks, and yet has to leave time for what needs it.
struct Wanted<'a> {
    observer: &'a WayObserver<'a>,
    is_wanted: bool,
    path: &'static str,
}

impl Wanted<'_> {
    async fn read<T>(self, reading: impl Future<Output = Result<T, http::Error>>) -> Observation<T> {
        let Some(reader) = self.observer.reader.filter(|_| self.is_wanted) else {
            return Observation::Skipped(NOT_NEEDED);
        };
        let time = self.observer.time;
        let limit = time.left().min(time.step.saturating_mul(2));
        let late = || {
            let request = http::Request::get(reader.instance().api(self.path));
            Observation::Failed(request.failed(Cause::Timeout { after: limit }))
        };
        timeout(limit, reading).await.map_or_else(|_| late(), Observation::from)
    }
}

async fn restrictions(reader: &Reader) -> Result<Vec<GroupRestriction>, http::Error> {
    let groups = reader.top_level_groups().await?;
    let asking = groups.iter().take(MAX_GROUPS).map(|group| reader.group_restriction(group.id));
    let found: Vec<Option<GroupRestriction>> = stream::iter(asking).buffered(AT_ONCE).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}
