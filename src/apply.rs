//! Carries out a plan, step by step, journalled: an intent before each act, its result after.
//!
//! The only room that writes to GitLab and Factory. What was shown is what is done, in that order; hooks alone are done
//! several at a time. A death at any point leaves a state that looking and planning again completes.

mod application;
mod handover;
mod hooks;
pub mod prove;

use std::sync::{Mutex, PoisonError};

use crate::bundle::{RecipientError, SealError};
use crate::desired::{Credentials, Desired};
use crate::factory::{Factory, Receipt, UploadError};
use crate::gitlab::{MintedToken, NewToken, OAuth, Reader, Writer};
use crate::http;
use crate::journal::{self, Connection, Entry, Journal};
use crate::observed::look::Look;
use crate::observed::{DeliveryProof, Observed};
use crate::plan::{Plan, Step};
use crate::secret::PersonalAccessToken;

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
    /// Nothing is planned without it, so this is an error of the program.
    #[error("the instance's version was not seen")]
    NoVersion,
}

/// The two sides, in both halves.
#[derive(Clone, Copy)]
pub struct Sides<'a> {
    pub reader: &'a Reader,
    pub writer: &'a Writer,
    pub oauth: &'a OAuth,
    pub factory: &'a Factory,
}

impl<'a> Sides<'a> {
    /// The reading halves that looked, and the writing one.
    #[must_use]
    pub fn of(look: &'a Look, writer: &'a Writer) -> Self {
        Self { reader: &look.gitlab, writer, oauth: &look.oauth, factory: &look.factory }
    }
}

/// What a plan was made from and is carried out with.
pub struct Apply<'a> {
    pub desired: &'a Desired,
    pub observed: &'a Observed,
    pub sides: Sides<'a>,
    pub connection: &'a Connection,
    journal: Mutex<Journal>,
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

/// What was done, in the order in which it was.
#[derive(Debug, Default)]
pub struct Applied {
    pub done: Vec<Step>,
    /// Steps that failed without stopping the rest: one hook's refusal.
    pub failed: Vec<(Step, Error)>,
    /// The step that stopped everything after it.
    pub stopped: Option<(Step, Error)>,
    pub proofs: Vec<DeliveryProof>,
    pub receipt: Option<Receipt>,
    /// GitLab took the hooks and ignored the signing token.
    pub unsigned_hooks: usize,
}

/// What steps hand on to later ones. None of it is on disk.
#[derive(Debug, Default)]
struct Hands {
    credentials: Option<Credentials>,
    minted: Option<MintedToken>,
}

impl<'a> Apply<'a> {
    #[must_use]
    pub fn new(work: Work<'a>, journal: Journal) -> Self {
        let Work { desired, observed, sides, connection, token, concurrency } = work;
        Self { desired, observed, sides, connection, journal: Mutex::new(journal), token, concurrency }
    }

    /// Carries out the plan. What happened is added to `applied` as it happens, so that an interrupted run can say what
    /// was done.
    pub async fn run(&self, plan: &Plan, watch: &dyn Watch, applied: &mut Applied) {
        let mut hands = Hands { credentials: self.desired.application.origin.credentials().cloned(), minted: None };
        let mut rest = plan.steps.as_slice();
        while let Some(step) = rest.first() {
            let hooks = rest.iter().take_while(|step| hooks::is_hook(step)).count();
            if hooks > 0 {
                self.hooks(&rest[..hooks], watch, applied).await;
                if applied.stopped.is_some() {
                    return;
                }
                rest = &rest[hooks..];
                continue;
            }
            watch.begins(step);
            let result = self.one(step, &mut hands, (watch, &mut *applied)).await;
            watch.ended(step, result.as_ref().err());
            match result {
                Ok(()) => applied.done.push(step.clone()),
                Err(error) => {
                    applied.stopped = Some((step.clone(), error));
                    return;
                }
            }
            rest = &rest[1..];
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
        (watch, applied): (&dyn Watch, &mut Applied),
    ) -> Result<(), Error> {
        match step {
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
                hands.credentials = Some(self.create_application().await?);
                Ok(())
            }
            Step::RenewSecret { id, application_id, why: _ } => {
                hands.credentials = Some(self.renew_secret(*id, application_id).await?);
                Ok(())
            }
            Step::DeleteApplication { id, application_id, why: _ } => {
                self.delete_application(*id, application_id).await
            }
            Step::SealBundle { .. } => self.seal(hands),
            Step::ProvePair => self.prove_pair(hands).await,
            Step::TestDelivery { target, event } => {
                applied.proofs.extend(self.test_delivery((target, *event), (watch, applied)).await?);
                Ok(())
            }
            Step::WriteBundle { path } => self.write_bundle(path),
            Step::UploadBundle { url, method } => {
                applied.receipt = Some(self.upload(url, *method).await?);
                Ok(())
            }
            // Hooks are taken out before this.
            Step::CreateHook { .. } | Step::EditHook { .. } | Step::DeleteHook { .. } => Ok(()),
        }
    }

    /// Notes an intent or a result; where it must be, it is on the disk when this returns.
    fn note(&self, entry: &Entry) -> Result<(), Error> {
        Ok(self.journal.lock().unwrap_or_else(PoisonError::into_inner).append(entry)?)
    }
}

/// Everything that [`Apply::new`] needs besides the journal.
#[derive(Clone, Copy)]
pub struct Work<'a> {
    pub desired: &'a Desired,
    pub observed: &'a Observed,
    pub sides: Sides<'a>,
    pub connection: &'a Connection,
    pub token: &'a PersonalAccessToken,
    pub concurrency: usize,
}
