//! Carries out a plan, step by step, journalled: an intent before each act, its result after.
//!
//! The only room that writes to GitLab and Factory. What was shown is what is done, in that order; hooks alone are done
//! several at a time. A death at any point leaves a state that looking and planning again completes.

mod application;
mod handover;
mod hooks;
mod patience;
pub mod webhook_test;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use self::webhook_test::TestQuota;
use crate::bundle::{RecipientError, SealError};
use crate::desired::{Credentials, Desired};
use crate::env::Clock;
use crate::factory::{Factory, Receipt, UploadError};
use crate::gitlab::{MintedToken, NewToken, OAuth, Reader, Writer};
use crate::http;
use crate::journal::{self, Connection, Entry, Journal};
use crate::observed::observer::Observer;
use crate::observed::{DeliveryProof, Observed};
use crate::plan::{Plan, Step};
use crate::secret::PersonalAccessToken;
use crate::target::TargetNumber;

use patience::Patience;

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
    #[error(transparent)]
    Upload(#[from] UploadError),
    /// The pair that was just sealed does not authenticate.
    #[error("GitLab does not accept the application's ID and secret together")]
    WrongPair,
    /// The record says that a bundle waits, and it cannot be read.
    #[error("there is no application secret to seal")]
    NoSecret,
    /// Nobody was answered for a while: GitLab is being restarted, or the way to it is cut.
    #[error("no answer for {} s", .after.as_secs())]
    Silent { after: Duration, source: http::Error },
    /// Two machines made one at the same time; ours is the younger, and was deleted again.
    #[error("application {other} of the same name was made at the same time")]
    MadeTwice { other: u64 },
    /// After a creation whose answer was lost there are several new ones.
    #[error("several applications of this name were made at the same time")]
    MadeByOthers,
    /// Nothing is planned without it, so this is an error of the program.
    #[error("the instance's version was not seen")]
    NoVersion,
}

impl Error {
    /// Whether a request had no answer that says anything: the network, a time-out, a server in group, a limit.
    fn is_no_answer(&self) -> bool {
        matches!(self, Self::Request(error) if !error.is_refusal())
    }

    /// Whether nothing after it has a chance: nothing can be noted, or nobody answers.
    fn stops_the_run(&self) -> bool {
        matches!(self, Self::Journal(_) | Self::Silent { .. })
    }
}

/// The two clients, in both halves.
#[derive(Clone, Copy)]
pub struct Clients<'a> {
    pub reader: &'a Reader,
    pub writer: &'a Writer,
    pub oauth: &'a OAuth,
    pub factory: &'a Factory,
    pub test_quota: &'a TestQuota,
    pub clock: Clock,
}

impl<'a> Clients<'a> {
    /// The reading halves that looked, the writing one, and the tests that were sent so far.
    #[must_use]
    pub fn of(look: &'a Observer, writer: &'a Writer, test_quota: &'a TestQuota) -> Self {
        Self {
            reader: &look.gitlab,
            writer,
            oauth: &look.oauth,
            factory: &look.factory,
            test_quota,
            clock: look.http.clock(),
        }
    }
}

/// What a plan was made from and is carried out with.
pub struct Apply<'a> {
    pub desired: &'a Desired,
    pub observed: &'a Observed,
    pub clients: Clients<'a>,
    pub connection: &'a Connection,
    journal: Mutex<Journal>,
    patience: Patience,
    /// The token that was collected.
    token: &'a PersonalAccessToken,
    /// How many hooks are worked on at the same time; the requests are bounded by `http` as well.
    concurrency: usize,
}

/// Told of each step, for whoever shows the progress.
pub trait Watch {
    fn begins(&self, step: &Step);
    fn ended(&self, step: &Step, error: Option<&Error>);
    /// Why a step takes long: `waiting 40 s for GitLab's limit of five tests a minute`.
    fn waits(&self, why: &str);
}

/// How far a plan was carried out. Steps are named by their place in it: there can be tens of thousands.
#[derive(Debug)]
pub struct Applied<'p> {
    plan: &'p Plan,
    /// How each step ended.
    pub ends: Vec<StepEnd>,
    /// Steps that failed without stopping the rest: one hook's refusal.
    pub failed: Vec<(usize, Error)>,
    /// The step that stopped everything after it.
    pub stopped: Option<(usize, Error)>,
    pub proofs: Vec<DeliveryProof>,
    pub receipt: Option<Receipt>,
    /// GitLab took the hooks and ignored the signing token.
    pub unsigned_hooks: usize,
    /// The numbers of those hooks that a later step tests.
    hooks_to_test: BTreeMap<TargetNumber, u64>,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StepEnd {
    NotReached,
    Done,
    Failed,
}

impl<'p> Applied<'p> {
    /// Nothing of the plan is done yet.
    #[must_use]
    pub fn nothing_of(plan: &'p Plan) -> Self {
        Self {
            plan,
            ends: vec![StepEnd::NotReached; plan.steps.len()],
            failed: Vec::new(),
            stopped: None,
            proofs: Vec::new(),
            receipt: None,
            unsigned_hooks: 0,
            hooks_to_test: BTreeMap::new(),
        }
    }

    fn steps_that(&self, ended: StepEnd) -> impl Iterator<Item = &'p Step> {
        self.plan.steps.iter().zip(&self.ends).filter(move |(_, end)| **end == ended).map(|(step, _)| step)
    }

    fn done(&mut self, place: usize) {
        self.ends[place] = StepEnd::Done;
    }

    fn failed(&mut self, place: usize, error: Error) {
        self.ends[place] = StepEnd::Failed;
        self.failed.push((place, error));
    }

    fn stopped(&mut self, place: usize, error: Error) {
        self.ends[place] = StepEnd::Failed;
        self.stopped = Some((place, error));
    }
}

/// What steps hand on to later ones. None of it is on disk.
#[derive(Debug, Default)]
struct Hands {
    credentials: Option<Credentials>,
    minted: Option<MintedToken>,
    /// The number of the application that this run made.
    made: Option<u64>,
}

impl<'a> Apply<'a> {
    #[must_use]
    pub fn new(work: ApplyInputs<'a>, journal: Journal) -> Self {
        let ApplyInputs { desired, observed, clients, connection, token, transport } = work;
        Self {
            desired,
            observed,
            clients,
            connection,
            journal: Mutex::new(journal),
            patience: Patience::new(clients.clock, transport.timeout),
            token,
            concurrency: transport.concurrency,
        }
    }

    /// Carries out the plan. What happened is added to `applied` as it happens, so that an interrupted run can say what
    /// was done.
    pub async fn run(&self, watch: &dyn Watch, applied: &mut Applied<'_>) {
        let mut hands =
            Hands { credentials: self.desired.application.origin.credentials().cloned(), ..Hands::default() };
        let steps = &applied.plan.steps;
        let mut place = 0;
        while let Some(step) = steps.get(place) {
            let hooks = steps[place..].iter().take_while(|step| step.is_of_a_hook()).count();
            if hooks > 0 {
                self.hooks(place..place + hooks, watch, applied).await;
            } else {
                watch.begins(step);
                let result = self.one(step, &mut hands, (watch, &mut *applied)).await;
                watch.ended(step, result.as_ref().err());
                match result {
                    Ok(end) => {
                        self.patience.hear();
                        applied.ends[place] = end;
                    }
                    Err(error) => applied.stopped(place, error),
                }
            }
            if applied.stopped.is_some() {
                return;
            }
            place += hooks.max(1);
        }
        if applied.failed.is_empty()
            && applied.proofs.iter().all(DeliveryProof::stands)
            && let Err(error) = self.note(&Entry::Finished)
        {
            tracing::warn!(%error, "the end was not noted");
        }
    }

    async fn one(
        &self,
        step: &Step,
        hands: &mut Hands,
        (watch, applied): (&dyn Watch, &mut Applied<'_>),
    ) -> Result<StepEnd, Error> {
        let done = match step {
            Step::RevokeToken { id, name } => self.revoke_token(*id, name).await,
            Step::MintToken { user_id, name, scopes, expires_at } => {
                let new = NewToken {
                    user_id: *user_id,
                    name: name.clone(),
                    description: "Made by factory-gitlab for Factory alone".to_owned(),
                    scopes: scopes.clone(),
                    expires_at: Some(*expires_at),
                };
                hands.minted = Some(self.mint_token(new).await?);
                Ok(())
            }
            Step::CreateApplication { .. } => {
                let made = self.create_application().await?;
                hands.made = Some(made.application.id);
                hands.credentials = Some(made.into());
                Ok(())
            }
            Step::RenewSecret { id, application_id, why: _ } => {
                hands.credentials = Some(self.renew_secret(*id, application_id).await?.into());
                Ok(())
            }
            Step::DeleteApplication { id, application_id, why: _ } => {
                self.delete_application(*id, application_id).await
            }
            Step::SealBundle { .. } => self.seal(hands),
            Step::ProvePair => self.prove_pair(hands).await,
            Step::TestDelivery { target, event } => {
                let proof = self.test_delivery((target, *event), (watch, applied)).await?;
                // Without a hook there is nothing to test, and why there is none has been said.
                let end = if proof.is_some() { StepEnd::Done } else { StepEnd::NotReached };
                applied.proofs.extend(proof);
                return Ok(end);
            }
            Step::WriteBundle { path } => self.write_bundle(path),
            Step::UploadBundle { url, method } => {
                applied.receipt = Some(self.upload(url, *method).await?);
                Ok(())
            }
            // Hooks are taken out before this.
            Step::CreateHook { .. } | Step::EditHook { .. } | Step::DeleteHook { .. } => Ok(()),
        };
        done.map(|()| StepEnd::Done)
    }

    /// Notes an intent or a result; where it must be, it is on the disk when this returns.
    fn note(&self, entry: &Entry) -> Result<(), Error> {
        Ok(self.journal.lock().unwrap_or_else(PoisonError::into_inner).append(entry)?)
    }
}

/// Everything that [`Apply::new`] needs besides the journal.
#[derive(Clone, Copy)]
pub struct ApplyInputs<'a> {
    pub desired: &'a Desired,
    pub observed: &'a Observed,
    pub clients: Clients<'a>,
    pub connection: &'a Connection,
    pub token: &'a PersonalAccessToken,
    /// How many hooks are worked on at the same time, and how long an answer may take.
    pub transport: &'a http::Options,
}
