//! Reads both sides in three rounds; within a round, independent reads are made at the same time.
//!
//! The first round needs no other answer; then come the hooks of the targets and the application's secret; then delivery
//! logs.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;

use super::bulk::Bulk;
use super::everywhere::EveryTarget;
use super::factory::FactoryReader;
use super::hooks::{DeliveryLogBudget, DueLook, HookReader, Interner};
use super::memory::{ListReader, Memory};
use super::others::GroupHooks;
use super::targets::{self, InitialReads};
use super::token_kind::TokenKind;
use super::{
    FactorySeen, HooksSeen, NOT_REQUESTED, NetworkSeen, Observation, Observed, OwnerRules, Read, ReadRequest,
    inspect_network,
};
use crate::desired::{Credentials, Desired};
use crate::env::Clock;
use crate::factory::FactoryClient;
use crate::gitlab::{Application, License, Metadata, OAuth, PairValidity, ProbedScopes, Reader, TokenDetails, User};
use crate::http::{self, Client};
use crate::instance::{Edition, InstanceUrl};
use crate::journal::Record;
use crate::secret::PersonalAccessToken;
use crate::target::{Strategy, Target};

/// Receives the progress of the reading of hooks.
pub trait ObserveProgress {
    /// That many more targets were found.
    fn found(&self, _targets: usize) {}
    /// The hooks of one target were read.
    fn read(&self, _target: &Target) {}
}

/// Shows no progress.
impl ObserveProgress for () {}

/// The clients that read both sides.
#[derive(Clone)]
pub struct Observer {
    pub http: Client,
    pub gitlab: Reader,
    pub oauth: OAuth,
    pub factory: FactoryClient,
}

impl Observer {
    /// Reads GitLab with the token and Factory as its client is, over one HTTP client.
    #[must_use]
    pub fn new(http: &Client, instance: &InstanceUrl, token: &PersonalAccessToken, factory: FactoryClient) -> Self {
        Self {
            http: http.clone(),
            gitlab: Reader::new(http.clone(), instance.clone(), token.clone()),
            oauth: OAuth::new(http.clone(), instance.clone()),
            factory,
        }
    }

    /// The same over an HTTP client that knows nothing of earlier requests.
    #[must_use]
    pub fn renewed(&self) -> Self {
        let http = self.http.renewed();
        Self {
            gitlab: self.gitlab.over(http.clone()),
            oauth: OAuth::new(http.clone(), self.gitlab.instance().clone()),
            factory: self.factory.over(http.clone()),
            http,
        }
    }

    /// Makes the reads that are asked for and not known. Never fails as a whole: each failure is in its read's place.
    pub async fn observe(
        &self,
        desired: &Desired,
        request: ReadRequest<'_>,
        progress: &dyn ObserveProgress,
    ) -> Observed {
        let clock = self.http.clock();
        let took = request.known.map(|known| known.took.clone()).unwrap_or_default();
        let stopwatch = Stopwatch { clock, took: RefCell::new(took) };
        ObserverRun { observer: self, desired, request, progress, stopwatch }.run().await
    }
}

/// One call of [`Observer::observe`].
struct ObserverRun<'a> {
    observer: &'a Observer,
    desired: &'a Desired,
    request: ReadRequest<'a>,
    progress: &'a dyn ObserveProgress,
    stopwatch: Stopwatch,
}

impl ObserverRun<'_> {
    async fn run(self) -> Observed {
        let at = self.stopwatch.clock.now();
        let (observed, factory) = tokio::join!(self.gitlab(at), self.factory());
        Observed { factory, took: self.stopwatch.took.into_inner(), ..observed }
    }

    fn wants(&self, read: Read) -> bool {
        self.request.reads.contains(read)
    }

    /// The first round, and then what needs its answers.
    async fn gitlab(&self, at: Timestamp) -> Observed {
        let (observed, initial) = Box::pin(self.first_round(at)).await;
        let kind = TokenKind::of(&observed.token, &self.observer.http);
        let observed = kind.mark_all(observed);
        let (hooks, (pair, probed_scopes), handed_over) = tokio::join!(
            Box::pin(self.hooks(&observed, initial)),
            Box::pin(self.application_secret(&observed.applications)),
            self.handed_over(&observed.token),
        );
        Observed { hooks: kind.mark(hooks), pair, probed_scopes, handed_over, ..observed }
    }

    /// The applications without those that this machine made for other organizations.
    fn without_others(&self, applications: Observation<Vec<Application>>) -> Observation<Vec<Application>> {
        match (applications, self.request.record) {
            (Observation::Known(mut all), Some(record)) => {
                all.retain(|one| !record.others.applications.contains(&one.application_id));
                Observation::Known(all)
            }
            (applications, _) => applications,
        }
    }

    /// The token that Factory was given. Where it is the one in use, it is known already.
    async fn handed_over(&self, token: &Observation<TokenDetails>) -> Observation<Option<TokenDetails>> {
        if !self.wants(Read::HandedOver) {
            return Observation::Skipped(NOT_REQUESTED);
        }
        let recorded = |record: &Record| record.handed_over_token().or(record.given_token);
        let Some(id) = self.request.record.and_then(recorded) else {
            return Observation::Skipped("this machine has no record of a token that Factory was given");
        };
        if let Some(token) = token.known().filter(|token| token.id == id) {
            return Observation::Known(Some(token.clone()));
        }
        Observation::from(self.stopwatch.time(Read::HandedOver, self.observer.gitlab.token_by_id(id)).await)
    }

    async fn first_round(&self, at: Timestamp) -> (Observed, Option<InitialReads>) {
        let gitlab = &self.observer.gitlab;
        let token_name = self.desired.token_name_begins();
        let (network, metadata, token, named_tokens, user, license, applications, scopes_supported, initial) = tokio::join!(
            self.network(),
            self.read(Read::Metadata, |known| &known.metadata, gitlab.metadata()),
            self.read(Read::Token, |known| &known.token, gitlab.token()),
            self.read(Read::NamedTokens, |known| &known.named_tokens, gitlab.tokens_named(&token_name)),
            self.read(Read::User, |known| &known.user, gitlab.current_user()),
            self.read(Read::License, |known| &known.license, gitlab.license()),
            self.read(Read::Applications, |known| &known.applications, gitlab.applications()),
            self.read(Read::ScopesSupported, |known| &known.scopes_supported, gitlab.scopes_supported()),
            Box::pin(self.initial_targets()),
        );
        let applications = self.without_others(applications);
        let observed = Observed {
            own_url: own_url(&user),
            license: believed(license, &metadata, gitlab),
            network,
            metadata,
            token,
            named_tokens,
            token_looks_like: gitlab.token_looks_like(),
            user,
            applications,
            scopes_supported,
            ..Observed::unread(at)
        };
        (observed, initial)
    }

    /// Makes a read of one request where it is asked for and not known.
    async fn read<T: Clone>(
        &self,
        read: Read,
        place: fn(&Observed) -> &Observation<T>,
        answer: impl Future<Output = Result<T, http::Error>>,
    ) -> Observation<T> {
        if let Some(value) = self.request.known.and_then(|known| place(known).known()) {
            return Observation::Known(value.clone());
        }
        if self.wants(read) {
            return Observation::from(self.stopwatch.time(read, answer).await);
        }
        Observation::Skipped(NOT_REQUESTED)
    }

    async fn network(&self) -> NetworkSeen {
        if let Some(known) = self.request.known.filter(|known| known.took.contains_key(&Read::Network)) {
            return known.network.clone();
        }
        if !self.wants(Read::Network) {
            return NetworkSeen::skipped(NOT_REQUESTED);
        }
        let url = self.observer.gitlab.instance().url();
        self.stopwatch.time(Read::Network, inspect_network(&self.observer.http.clone().for_gitlab(url), url)).await
    }

    async fn initial_targets(&self) -> Option<InitialReads> {
        if !self.wants(Read::Hooks) || self.request.memory.is_some() {
            return None;
        }
        let reading = targets::initial_reads(&self.observer.gitlab, &self.desired.webhooks);
        Some(self.stopwatch.time(Read::Hooks, reading).await)
    }

    /// The hooks of this connection, wherever they are.
    async fn every_hook(&self, observed: &Observed) -> Observation<HooksSeen> {
        let gitlab = &self.observer.gitlab;
        let edition = observed.metadata.known().map(|metadata| metadata.edition);
        let recorded = self.request.record.into_iter().flat_map(Record::targets_with_hooks);
        let recorded = recorded.map(|known| (known.target.number(), &known.target)).collect();
        let hooks = self.request.record.into_iter().flat_map(|record| &record.hooks);
        let reader = HookReader {
            confirmed: hooks.map(|(target, hook)| (*target, hook.id)).collect(),
            ..self.hook_reader(observed, self.desired.webhooks.strategy)
        };
        let finder = EveryTarget { gitlab, edition, recorded };
        Observation::from(self.stopwatch.time(Read::EveryHook, reader.read_everywhere(&finder)).await)
    }

    /// The hooks with what earlier looks saw. Where GitLab is away nothing more is asked.
    async fn due_hooks(&self, observed: &Observed, memory: &mut Memory) -> Observation<HooksSeen> {
        if let Observation::Failed(error) = &observed.metadata {
            return Observation::Failed(error.clone());
        }
        let strategy = match strategy(self.desired, &observed.license) {
            Err(error) => return Observation::Failed(error),
            Ok(Strategy::None) => return Observation::Skipped(NO_WEBHOOKS),
            Ok(strategy) => strategy,
        };
        let sees_all = observed.user.known().is_some_and(|user| user.is_admin == Some(true));
        let gitlab = &self.observer.gitlab;
        let turn = match (ListReader { gitlab, sees_all }).refresh(memory).await {
            Ok(turn) => turn,
            Err(error) => return Observation::Failed(error),
        };
        let initial = memory.initial_reads(gitlab, &self.desired.webhooks.selection).await;
        let interner = memory.take_interner();
        let reader = HookReader { interner, logs_later: true, ..self.hook_reader(observed, strategy) };
        let reading = reader.read_due(DueLook { initial: &initial, turn, sees_all }, memory);
        let seen = Observation::from(self.stopwatch.time(Read::Hooks, Box::pin(reading)).await);
        memory.give_interner(reader.interner);
        seen
    }

    async fn hooks(&self, observed: &Observed, initial: Option<InitialReads>) -> Observation<HooksSeen> {
        if let Some(cell) = self.request.memory.filter(|_| self.wants(Read::Hooks)) {
            // Taken out, so that nothing is borrowed while GitLab is waited for.
            let mut memory = cell.take();
            let seen = Box::pin(self.due_hooks(observed, &mut memory)).await;
            cell.replace(memory);
            return seen;
        }
        if self.wants(Read::EveryHook) {
            return Box::pin(self.every_hook(observed)).await;
        }
        let Some(initial) = initial else { return Observation::Skipped(NOT_REQUESTED) };
        let strategy = match strategy(self.desired, &observed.license) {
            Err(error) => return Observation::Failed(error),
            Ok(Strategy::None) => return Observation::Skipped(NO_WEBHOOKS),
            Ok(strategy) => strategy,
        };
        let reader = self.hook_reader(observed, strategy);
        Observation::from(self.stopwatch.time(Read::Hooks, reader.read_all(&initial)).await)
    }

    fn hook_reader<'r>(&'r self, observed: &Observed, strategy: Strategy) -> HookReader<'r> {
        let version = observed.version();
        let logs = match self.wants(Read::Deliveries) {
            true => DeliveryLogBudget::new(version),
            false => DeliveryLogBudget::none(NOT_REQUESTED),
        };
        HookReader {
            gitlab: &self.observer.gitlab,
            desired: self.desired,
            strategy,
            group_hooks: if observed.plan().has_group_hooks() { GroupHooks::Fire } else { GroupHooks::Sleep },
            recorded: self.request.record.map(|record| record.hooks.keys().copied().collect()).unwrap_or_default(),
            confirmed: BTreeMap::new(),
            owners: OwnerRules::new(self.desired, version, self.request.record),
            logs,
            logs_later: false,
            bulk: Bulk::new(&self.observer.gitlab, version),
            interner: Interner::default(),
            at_factory: RefCell::default(),
            progress: self.progress,
            width: 2 * self.observer.http.concurrency(),
        }
    }

    async fn application_secret(
        &self,
        applications: &Observation<Vec<Application>>,
    ) -> (Observation<PairValidity>, Observation<ProbedScopes>) {
        if !self.wants(Read::ApplicationSecret) {
            return (Observation::Skipped(NOT_REQUESTED), Observation::Skipped(NOT_REQUESTED));
        }
        self.stopwatch.time(Read::ApplicationSecret, self.pair(applications)).await
    }

    /// Proves that the application's ID and secret belong together, and reads its scopes where the list of applications does
    /// not show them: then the probe of the scopes proves the pair as well.
    async fn pair(
        &self,
        applications: &Observation<Vec<Application>>,
    ) -> (Observation<PairValidity>, Observation<ProbedScopes>) {
        const NO_SECRET: &str = "no application secret is given (--application-secret-file)";
        let Some(Credentials { application_id: id, secret }) = self.desired.application.origin.credentials() else {
            return (Observation::Skipped(NO_SECRET), Observation::Skipped(NO_SECRET));
        };
        let oauth = &self.observer.oauth;
        let listed = applications.known().and_then(|all| all.iter().find(|one| one.application_id == *id));
        if listed.is_some_and(|one| one.scopes.is_some()) {
            let pair = Observation::from(oauth.verify_pair(id, secret).await);
            return (pair, Observation::Skipped("the list of applications shows them"));
        }
        match oauth.probe_scopes(id, secret, &self.desired.application.scopes).await {
            Ok(probed) => (Observation::Known(PairValidity::Valid), Observation::Known(probed)),
            Err(error) if is_invalid_client(&error) => {
                (Observation::Known(PairValidity::Invalid), Observation::Failed(error))
            }
            // The grant of the probe may be switched off; the pair can be proved without it.
            Err(error) if error.is_refusal() => {
                (Observation::from(oauth.verify_pair(id, secret).await), Observation::Failed(error))
            }
            Err(error) => (Observation::Failed(error.clone()), Observation::Failed(error)),
        }
    }

    async fn factory(&self) -> FactorySeen {
        if !self.wants(Read::Factory) {
            return FactorySeen::unread();
        }
        let reader = FactoryReader { http: &self.observer.http, factory: &self.observer.factory };
        self.stopwatch.time(Read::Factory, Box::pin(reader.read(self.desired))).await
    }
}

fn own_url(user: &Observation<User>) -> Observation<Option<String>> {
    match user {
        Observation::Known(user) => Observation::Known(user.external_url().map(str::to_owned)),
        Observation::Failed(error) => Observation::Failed(error.clone()),
        Observation::Skipped(reason) => Observation::Skipped(reason),
    }
}

/// Only the Community Edition may have no license. An Enterprise Edition that says so hides it; believing it would choose
/// the wrong kind of hooks.
fn believed(license: Observation<License>, metadata: &Observation<Metadata>, gitlab: &Reader) -> Observation<License> {
    let has_license = metadata.known().is_some_and(|metadata| metadata.edition == Edition::Ee);
    match license {
        Observation::Known(License::NotAvailable) if has_license => Observation::Failed(gitlab.hidden_license()),
        license => license,
    }
}

fn is_invalid_client(error: &http::Error) -> bool {
    error.response().is_some_and(|answer| answer.error.as_deref() == Some("invalid_client"))
}

const NO_WEBHOOKS: &str = "no webhooks are wanted (--webhooks none)";

/// What `auto` resolves to. Without an answer about the license nothing is assumed: reading the wrong kind of target would
/// call a healthy connection broken.
fn strategy(desired: &Desired, license: &Observation<License>) -> Result<Strategy, http::Error> {
    match (desired.webhooks.strategy, license) {
        (Strategy::Auto, Observation::Failed(error)) => Err(error.clone()),
        (strategy, license) => Ok(strategy.resolved(super::plan_of(license.known()))),
    }
}

/// Measures how long each read takes.
struct Stopwatch {
    clock: Clock,
    took: RefCell<BTreeMap<Read, Duration>>,
}

impl Stopwatch {
    async fn time<T>(&self, read: Read, made: impl Future<Output = T>) -> T {
        let began = self.clock.instant();
        let value = made.await;
        let took = self.clock.instant().duration_since(began);
        *self.took.borrow_mut().entry(read).or_default() += took;
        value
    }
}
