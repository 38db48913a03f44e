//! Carries out a plan, step by step, journaled: an intent before each change, its result after.
//!
//! The only module that writes to GitLab and Factory. What was shown is what is done, in that order; only webhooks are
//! changed several at a time. A crash at any point leaves a state that observing and planning again completes. Each family
//! of steps is carried out in a file of its own by one exhaustive match.
#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

mod application;
mod applied;
mod bundle;
mod cloud;
mod delivery;
mod exercise;
mod factory;
mod hook;
mod kit;
mod local;
mod rotated_hook;
mod step_retry;
mod token;
pub mod webhook_test;

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use self::step_retry::{RetryPolicy, may_have_happened};
use self::webhook_test::{TestClients, TestQuota};
use crate::bundle::{RecipientError, SealError};
use crate::credential_store::CredentialStoreError;
use crate::desired::{Credentials, Desired};
use crate::env::Clock;
use crate::factory::{EndAnswer, FactoryClient, UploadError};
use crate::gitlab::{MintedToken, OAuth, Reader, Writer};
use crate::http;
use crate::journal::{self, Connection, Entry, Journal, RunEntry};
use crate::observed::Observed;
use crate::observed::observer::Observer;
use crate::plan::Step;
use crate::secret::PersonalAccessToken;
use crate::target::Target;

pub use applied::{Applied, StepEnd};
pub use cloud::{CloudApply, CloudError, Granted, SelectOutcome};
pub use exercise::{
    ActivityOutcome, Cell, CellState, Cleaned, Exercised, LeftInGitLab, MergeRequestProof, WorkProject,
};
pub use kit::accepted as kit_accepted;
pub use local::LocalState;

/// Why a step was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Request(#[from] http::Error),
    #[error(transparent)]
    Journal(#[from] journal::Error),
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Recipient(#[from] RecipientError),
    #[error("{source}")]
    Upload {
        source: Box<UploadError>,
        /// The sealed bundle.
        path: PathBuf,
    },
    /// Factory refuses the new secret token; the webhook has the previous one again.
    #[error("the test of the new secret token on {target} failed: {why}")]
    NewSecretRefused { target: Target, why: String },
    #[error("it is not known whether Factory takes the new secret token of the webhook on {target}: {why}")]
    NewSecretUntested { target: Target, why: String },
    /// Nothing was renewed.
    #[error("Factory cannot be reached for the upload")]
    UploadUnreachable(#[source] Box<UploadError>),
    /// The ID and secret that were just sealed do not authenticate.
    #[error("GitLab does not accept the application's ID and secret together")]
    WrongPair,
    /// Sealing was planned without a secret: an error of the program.
    #[error("there is no application secret to seal")]
    NoSecret,
    /// Proving was planned without a token: an error of the program.
    #[error("there is no new token to prove")]
    NoToken,
    /// The token that was just created does not work.
    #[error("GitLab does not accept token {id}, which it has just created")]
    TokenNotAccepted { id: u64, source: Option<http::Error> },
    /// No request was answered for a while: GitLab is being restarted, or cannot be reached.
    #[error("no response for {} s", .after.as_secs())]
    NoResponse { after: Duration, source: http::Error },
    /// Two machines created one at the same time; the one that this run created is younger and was deleted.
    #[error("another run created application {other} with the same name at the same time")]
    CreationRace { other: u64 },
    /// After a creation whose response was lost there are several new ones.
    #[error("several applications with this name were created at the same time")]
    AmbiguousCreation,
    /// The number that was planned to be deleted belongs to another application now.
    #[error("application {id} is not the one that was planned to be deleted; it was left unchanged")]
    AnotherApplication { id: u64 },
    /// The webhook that was planned to be deleted has another mark or address now.
    #[error("webhook {id} on {target} was changed since the plan was made; it was left unchanged")]
    ChangedHook { target: Target, id: u64 },
    /// Nothing is removed before Factory knows that the connection ends.
    #[error("Factory could not be told that the connection ends")]
    FactoryNotTold(#[source] http::Error),
    /// What answered was not Factory, or Factory did nothing.
    #[error("{}, and Factory's status is still connected", .answer.words())]
    StillConnected { answer: EndAnswer },
    /// GitLab answered that it was deleted, and still lists it.
    #[error("{what} is still listed after it was deleted")]
    StillListed { what: String },
    #[error("token {id} is still valid after it was revoked")]
    StillValid { id: u64 },
    /// It may have been deleted with its user; nothing says that it was revoked.
    #[error("GitLab does not have token {id} under this name, so nothing shows that it was revoked")]
    TokenAbsent { id: u64 },
    #[error(transparent)]
    Keyring(#[from] CredentialStoreError),
    #[error("GitLab lets the token create a project in none of the groups")]
    ProjectRefused { source: http::Error },
    #[error("there is no group to create a project in")]
    NoGroupForProject,
    #[error("{target} does not exist any more")]
    ProjectGone { target: Target },
    #[error("{target} has no commit to begin a branch at")]
    EmptyProject { target: Target },
    /// What follows from it is not done.
    #[error("the test of the webhook failed")]
    WorkHookTestFailed,
    #[error("{what} could not be removed: {why}")]
    NotRemoved { what: String, why: String },
    /// Something was planned without what it needs: an error of the program.
    #[error("there is no pipeline to look at")]
    NoPipeline,
    /// A plan is not made without it, so this is an error of the program.
    #[error("the instance's version is not known")]
    NoVersion,
}

impl Error {
    /// Whether a request failed without a refusal: the network, a timeout, an unavailable server, a rate limit.
    fn is_unanswered(&self) -> bool {
        matches!(self, Self::Request(error) if !error.is_refusal())
    }

    /// Whether the following steps would fail too: the journal cannot be written, or GitLab does not answer.
    fn is_fatal(&self) -> bool {
        matches!(self, Self::Journal(_) | Self::NoResponse { .. })
    }
}

/// The clients of GitLab and Factory.
#[derive(Clone, Copy)]
pub struct Clients<'a> {
    pub reader: &'a Reader,
    pub writer: &'a Writer,
    pub oauth: &'a OAuth,
    pub factory: &'a FactoryClient,
    pub test_quota: &'a TestQuota,
    pub clock: Clock,
}

impl<'a> Clients<'a> {
    /// The clients that observed, and the one that writes.
    #[must_use]
    pub fn new(observer: &'a Observer, writer: &'a Writer, test_quota: &'a TestQuota) -> Self {
        Self {
            reader: &observer.gitlab,
            writer,
            oauth: &observer.oauth,
            factory: &observer.factory,
            test_quota,
            clock: observer.http.clock(),
        }
    }

    fn for_tests(&self) -> TestClients<'a> {
        let Self { reader, writer, oauth: _, factory, test_quota, clock } = *self;
        TestClients { hook_tester: writer.hook_tester(), reader, factory, quota: test_quota, clock }
    }
}

/// Carries out a plan with what it was made from.
pub struct Apply<'a> {
    pub desired: &'a Desired,
    pub observed: &'a Observed,
    pub clients: Clients<'a>,
    pub connection: &'a Connection,
    journal: Mutex<Journal>,
    retry: RetryPolicy,
    /// The admin's token, from the inputs.
    token: &'a PersonalAccessToken,
    local: LocalState<'a>,
    end: Option<RunEntry>,
    /// How many webhooks are changed at the same time; `http` bounds the requests as well.
    concurrency: usize,
}

/// Everything that [`Apply::new`] needs besides the journal.
#[derive(Clone)]
pub struct ApplyInputs<'a> {
    pub desired: &'a Desired,
    pub observed: &'a Observed,
    pub clients: Clients<'a>,
    pub connection: &'a Connection,
    pub token: &'a PersonalAccessToken,
    pub local: LocalState<'a>,
    /// What is recorded once everything is done.
    pub end: Option<RunEntry>,
    /// Its `concurrency` and `timeout` bound the steps too.
    pub transport: &'a http::ClientOptions,
}

/// Receives the progress of each step.
pub trait ApplyProgress {
    fn step_started(&self, step: &Step);
    fn step_finished(&self, step: &Step, error: Option<&Error>);
    /// Why a step takes long: `waiting 40 s for GitLab's limit of five tests a minute`.
    fn waiting(&self, reason: &str);
}

/// What steps pass on to later ones. None of it is on disk.
#[derive(Debug, Default)]
struct StepOutputs {
    credentials: Option<Credentials>,
    minted: Option<MintedToken>,
    /// The number of the application that this run created.
    created_application: Option<u64>,
    /// Whether the journal was replaced by its last line.
    is_buried: bool,
}

/// One run of a plan.
struct PlanRun<'r, 'p> {
    progress: &'r dyn ApplyProgress,
    applied: &'r mut Applied<'p>,
    outputs: StepOutputs,
}

impl PlanRun<'_, '_> {
    fn start(&self, place: usize) {
        self.progress.step_started(&self.applied.plan.steps[place]);
    }

    fn finish(&mut self, place: usize, result: Result<StepEnd, Error>) {
        let step = &self.applied.plan.steps[place];
        self.progress.step_finished(step, result.as_ref().err());
        match result {
            Ok(end) => self.applied.ends[place] = end,
            Err(error) if step.is_independent() && !error.is_fatal() => self.applied.failed(place, error),
            Err(error) => self.applied.stopped(place, error),
        }
    }
}

impl<'a> Apply<'a> {
    #[must_use]
    pub fn new(inputs: ApplyInputs<'a>, journal: Journal) -> Self {
        let ApplyInputs { desired, observed, clients, connection, token, local, end, transport } = inputs;
        Self {
            desired,
            observed,
            clients,
            connection,
            journal: Mutex::new(journal),
            retry: RetryPolicy::new(clients.clock, transport.timeout),
            token,
            local,
            end,
            concurrency: transport.concurrency,
        }
    }

    /// Carries out the plan. Each result is added to `applied` as it happens, so that it is complete even if this is
    /// dropped because of an interruption.
    pub async fn run(&self, progress: &dyn ApplyProgress, applied: &mut Applied<'_>) {
        let credentials = self.desired.application.origin.credentials().cloned();
        let mut run = PlanRun { progress, applied, outputs: StepOutputs { credentials, ..StepOutputs::default() } };
        let mut place = 0;
        while place < run.applied.plan.steps.len() && run.applied.stopped.is_none() {
            place += self.carry_out(place, &mut run).await;
        }
        if run.applied.is_proven()
            && !run.outputs.is_buried
            && let Some(end) = self.end.clone()
            && let Err(error) = self.record(end)
        {
            tracing::warn!(%error, "the end of the run was not recorded");
        }
    }

    /// Carries out the cleanup of the plan, whatever became of its steps. Returns why not everything was removed.
    pub async fn clean_up(&self, progress: &dyn ApplyProgress, applied: &mut Applied<'_>) -> Option<Error> {
        let plan = applied.plan;
        let mut run = PlanRun { progress, applied, outputs: StepOutputs::default() };
        for step in &plan.cleanup {
            let Step::Exercise(cleanup) = step else { continue };
            progress.step_started(step);
            let ended = self.carry_out_exercise(cleanup, &mut run).await;
            progress.step_finished(step, ended.as_ref().err());
            if let Err(error) = ended {
                return Some(error);
            }
        }
        None
    }

    /// Carries out the step at `place`, or all webhook steps that follow each other from there. Returns how many steps
    /// that were.
    async fn carry_out(&self, place: usize, run: &mut PlanRun<'_, '_>) -> usize {
        let plan = run.applied.plan;
        let result = match &plan.steps[place] {
            Step::Hook(_) => return self.carry_out_hooks(place, run).await,
            Step::Kit(step) => {
                run.start(place);
                self.carry_out_kit(step)
            }
            Step::Token(step) => {
                run.start(place);
                self.carry_out_token(step, run).await
            }
            Step::Application(step) => {
                run.start(place);
                self.carry_out_application(step, run).await
            }
            Step::Bundle(step) => {
                run.start(place);
                self.carry_out_bundle(step, run).await
            }
            Step::Delivery(step) => {
                run.start(place);
                self.carry_out_delivery(step, run).await
            }
            Step::Factory(step) => {
                run.start(place);
                self.carry_out_factory(step).await
            }
            Step::Local(step) => {
                run.start(place);
                self.carry_out_local(step, run).await
            }
            Step::Exercise(step) => {
                run.start(place);
                self.carry_out_exercise(step, run).await
            }
        };
        if result.is_ok() {
            self.retry.record_answer();
        }
        run.finish(place, result);
        1
    }

    /// Creates something. Where the response was lost, it is looked for before it is created again.
    async fn make<T>(
        &self,
        create: impl AsyncFn() -> Result<T, http::Error>,
        find: impl AsyncFn() -> Result<Option<T>, http::Error>,
    ) -> Result<T, Error> {
        let mut attempts = self.retry.attempts();
        loop {
            let error = match create().await {
                Ok(made) => return Ok(made),
                Err(error) => error,
            };
            let is_doubtful = may_have_happened(&error);
            attempts.wait_or_give_up(error).await?;
            if is_doubtful && let Some(found) = attempts.run(|| find()).await? {
                self.retry.record_answer();
                return Ok(found);
            }
        }
    }

    /// Records an intent or a result; where it must be durable, it is on disk when this returns.
    fn record(&self, entry: impl Into<Entry>) -> Result<(), Error> {
        Ok(self.journal.lock().unwrap_or_else(PoisonError::into_inner).append(entry)?)
    }
}
