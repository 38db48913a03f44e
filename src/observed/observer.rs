//! Looks at both sides in three rounds, and in each at everything that does not depend on another, at the same time.
//!
//! First whatever needs no other answer; then the hooks of the targets and the application's pair; then delivery logs.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use super::bulk::Bulk;
use super::hooks::{Alike, Logs, Walk};
use super::targets::{self, Starts};
use super::{BundleSeen, FactorySeen, HooksSeen, NetworkSeen, Observation, Observed, sides};
use crate::desired::{Credentials, Desired};
use crate::env::Clock;
use crate::factory::Factory;
use crate::gitlab::{Application, License, Metadata, OAuth, Pair, ProbedScopes, Reader, TokenDetails, User};
use crate::http::{self, Client};
use crate::instance::{Edition, InstanceUrl};
use crate::secret::PersonalAccessToken;
use crate::target::{Strategy, Target};

/// What is asked besides the instance, the token and the applications.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The hooks of all targets.
    pub hooks: bool,
    /// The delivery logs of the hooks found.
    pub deliveries: bool,
    /// The scopes that the server knows, which matter before an application is made.
    pub discovery: bool,
    /// Factory's status and hosts.
    pub factory: bool,
    /// What the local record says of the bundle; whoever has the record passes it on.
    pub bundle: Observation<BundleSeen>,
    /// What has been seen already, so that nothing is asked twice.
    pub already: Already,
}

/// What an earlier step has seen.
#[derive(Clone, Debug, Default)]
pub struct Already {
    pub network: Option<NetworkSeen>,
    pub metadata: Option<Metadata>,
    pub token: Option<TokenDetails>,
    pub user: Option<User>,
    pub license: Option<License>,
    pub applications: Option<Vec<Application>>,
    pub scopes_supported: Option<Vec<String>>,
}

/// Told how far a look is.
pub trait Watch {
    /// So many more targets were found.
    fn found(&self, _targets: usize) {}
    /// The hooks of one target were read.
    fn read(&self, _target: &Target) {}
}

/// Nobody watches.
impl Watch for () {}

/// The reading halves of both sides.
#[derive(Clone)]
pub struct Observer {
    pub http: Client,
    pub gitlab: Reader,
    pub oauth: OAuth,
    pub factory: Factory,
}

/// What the first round saw.
struct First {
    network: NetworkSeen,
    metadata: Observation<Metadata>,
    token: Observation<TokenDetails>,
    user: Observation<User>,
    license: Observation<License>,
    applications: Observation<Vec<Application>>,
    scopes_supported: Observation<Vec<String>>,
    starts: Starts,
}

impl Observer {
    /// The reading halves over one client: GitLab's with a token, Factory's as it is.
    #[must_use]
    pub fn new(http: &Client, instance: &InstanceUrl, token: &PersonalAccessToken, factory: Factory) -> Self {
        Self {
            http: http.clone(),
            gitlab: Reader::new(http.clone(), instance.clone(), token.clone()),
            oauth: OAuth::new(http.clone(), instance.clone()),
            factory,
        }
    }

    /// Looks. Never fails as a whole: what could not be read is in its place.
    pub async fn observe(&self, desired: &Desired, wanted: Wanted, watch: &dyn Watch) -> Observed {
        let times = Stopwatch { clock: self.http.clock(), took: RefCell::default() };
        Glance { look: self, desired, wanted: &wanted, watch, times }.all().await
    }
}

/// One look.
struct Glance<'a> {
    look: &'a Observer,
    desired: &'a Desired,
    wanted: &'a Wanted,
    watch: &'a dyn Watch,
    times: Stopwatch,
}

impl Glance<'_> {
    async fn all(self) -> Observed {
        let at = self.times.clock.now();
        let ((first, hooks, (pair, probed_scopes)), factory) = tokio::join!(self.gitlab(), self.factory());
        let mut took = self.times.took.into_inner();
        for (name, of) in [("application_scopes", "applications"), ("deliveries", "hooks")] {
            let time = took.get(of).copied().unwrap_or_default();
            took.insert(name, time);
        }
        Observed {
            at,
            own_url: own_url(&first.user),
            network: first.network,
            metadata: first.metadata,
            token: first.token,
            token_looks_like: self.look.gitlab.token_looks_like(),
            user: first.user,
            license: first.license,
            applications: first.applications,
            scopes_supported: first.scopes_supported,
            pair,
            probed_scopes,
            hooks,
            factory,
            took,
        }
    }

    /// The first round, and then what hangs on it.
    async fn gitlab(&self) -> (First, Observation<HooksSeen>, (Observation<Pair>, Observation<ProbedScopes>)) {
        let first = Box::pin(self.first()).await;
        let (hooks, pair) = tokio::join!(
            Box::pin(self.hooks(&first)),
            self.times.time("application_secret", Box::pin(self.pair(&first.applications))),
        );
        (first, hooks, pair)
    }

    async fn first(&self) -> First {
        let Already { network, metadata, token, user, license, applications, scopes_supported } =
            self.wanted.already.clone();
        let gitlab = &self.look.gitlab;
        let inspect = async {
            match network {
                Some(network) => network,
                None => http::inspect(&self.look.http, gitlab.instance().url()).await,
            }
        };
        let discovery = async {
            match self.wanted.discovery {
                true => unless_known(scopes_supported, gitlab.scopes_supported()).await,
                false => Observation::Skipped("no application is to be made"),
            }
        };
        let times = &self.times;
        let (network, metadata, token, user, license, applications, scopes_supported, starts) = tokio::join!(
            times.time("network", inspect),
            times.time("metadata", unless_known(metadata, gitlab.metadata())),
            times.time("token", unless_known(token, gitlab.token())),
            times.time("user", unless_known(user, gitlab.current_user())),
            times.time("license", unless_known(license, gitlab.license())),
            times.time("applications", unless_known(applications, gitlab.applications())),
            times.time("discovery", discovery),
            times.time("hooks", Box::pin(targets::start(gitlab, self.desired, self.wanted.hooks))),
        );
        let license = believed(license, &metadata, gitlab);
        First { network, metadata, token, user, license, applications, scopes_supported, starts }
    }

    async fn hooks(&self, first: &First) -> Observation<HooksSeen> {
        if !self.wanted.hooks {
            return Observation::Skipped("no check of hooks was asked for");
        }
        let strategy = match strategy(self.desired, &first.license) {
            Err(error) => return Observation::Failed(error),
            Ok(Strategy::None) => return Observation::Skipped("no webhooks are wanted (--webhooks none)"),
            Ok(strategy) => strategy,
        };
        let version = first.metadata.known().map(|metadata| metadata.version);
        let logs = Logs::new(self.wanted.deliveries, version);
        let walk = Walk {
            gitlab: &self.look.gitlab,
            desired: self.desired,
            strategy,
            logs,
            bulk: Bulk::new(&self.look.gitlab, version),
            alike: Alike::default(),
            watch: self.watch,
            width: 2 * self.look.http.concurrency(),
        };
        Observation::from(self.times.time("hooks", walk.all(&first.starts)).await)
    }

    /// Proves the application's pair, and its scopes where the list of applications does not show them: then the probe
    /// of the scopes proves the pair as well.
    async fn pair(
        &self,
        applications: &Observation<Vec<Application>>,
    ) -> (Observation<Pair>, Observation<ProbedScopes>) {
        const NO_SECRET: &str = "no application secret is at hand (--application-secret-file)";
        let Some(Credentials { application_id: id, secret }) = self.desired.application.origin.credentials() else {
            return (Observation::Skipped(NO_SECRET), Observation::Skipped(NO_SECRET));
        };
        let oauth = &self.look.oauth;
        let listed = applications.known().and_then(|all| all.iter().find(|one| one.application_id == *id));
        if listed.is_some_and(|one| one.scopes.is_some()) {
            let pair = Observation::from(oauth.prove_pair(id, secret).await);
            return (pair, Observation::Skipped("the list of applications shows them"));
        }
        match oauth.probe_scopes(id, secret, &self.desired.application.scopes).await {
            Ok(probed) => (Observation::Known(Pair::Valid), Observation::Known(probed)),
            Err(error) if is_invalid_client(&error) => (Observation::Known(Pair::Invalid), Observation::Failed(error)),
            // The grant of the probe may be switched off; the pair can be proved without it.
            Err(error) if error.is_refusal() => {
                (Observation::from(oauth.prove_pair(id, secret).await), Observation::Failed(error))
            }
            Err(error) => (Observation::Failed(error.clone()), Observation::Failed(error)),
        }
    }

    async fn factory(&self) -> FactorySeen {
        let sides = sides::Factory { http: &self.look.http, factory: &self.look.factory };
        let bundle = self.wanted.bundle.clone();
        self.times.time("factory", Box::pin(sides.look(self.desired, self.wanted.factory, bundle))).await
    }
}

fn own_url(user: &Observation<User>) -> Observation<Option<String>> {
    match user {
        Observation::Known(user) => Observation::Known(user.own_url().map(str::to_owned)),
        Observation::Failed(error) => Observation::Failed(error.clone()),
        Observation::Skipped(reason) => Observation::Skipped(reason),
    }
}

/// Only the Community Edition has no licence to ask for. Believed of the other, it would choose the wrong kind of hooks.
fn believed(license: Observation<License>, metadata: &Observation<Metadata>, gitlab: &Reader) -> Observation<License> {
    match (&license, metadata) {
        (Observation::Known(License::NotThere), Observation::Known(Metadata { edition: Edition::Ee, .. })) => {
            Observation::Failed(gitlab.hidden_license())
        }
        _ => license,
    }
}

async fn unless_known<T>(known: Option<T>, read: impl Future<Output = Result<T, http::Error>>) -> Observation<T> {
    match known {
        Some(value) => Observation::Known(value),
        None => Observation::from(read.await),
    }
}

fn is_invalid_client(error: &http::Error) -> bool {
    error.answer().is_some_and(|answer| answer.error.as_deref() == Some("invalid_client"))
}

/// What `auto` comes to. Without an answer about the licence nothing is assumed: looking at the wrong kind of target would
/// call a healthy connection broken.
fn strategy(desired: &Desired, license: &Observation<License>) -> Result<Strategy, http::Error> {
    match (desired.webhooks.strategy, license) {
        (Strategy::Auto, Observation::Failed(error)) => Err(error.clone()),
        (strategy, license) => Ok(strategy.resolved(super::plan_of(license.known()))),
    }
}

/// Reads with a stopwatch beside them.
struct Stopwatch {
    clock: Clock,
    took: RefCell<BTreeMap<&'static str, Duration>>,
}

impl Stopwatch {
    async fn time<T>(&self, name: &'static str, read: impl Future<Output = T>) -> T {
        let began = self.clock.instant();
        let value = read.await;
        let took = self.clock.instant().duration_since(began);
        *self.took.borrow_mut().entry(name).or_default() += took;
        value
    }
}
