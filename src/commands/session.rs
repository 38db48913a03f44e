//! What every command that works on a connection starts from: inputs, the desired state, clients, record and lock.
//!
//! ```text
//! let session = Session::open(context, Access::Write).await?;   // resolve
//! let observed = session.observe(&reads).await;                 // observe
//! let plan = plan::connect(&session.desired, &observed, &session.record);
//! run(session, JOB, Planned { plan, observed, unread }).await   // approve, apply, report
//! ```

mod access;
mod gather;
mod rights;
mod tools;

use std::cell::RefCell;
use std::time::{Duration, Instant};

use super::kit::KitPlace;
use super::local_state::KeyringSeen;
use super::{Context, diagnostics, local_state, progress};
use crate::desired::Desired;
use crate::env_vars;
use crate::error::Failure;
use crate::factory::FactoryClient;
use crate::gitlab::{HookTester, Writer};
use crate::inputs::Interview;
use crate::journal::{Connection, Journal, Lock, Record, RunEntry};
use crate::observed::{Memory, Observed, Observer, ReadRequest, Reads};
use crate::secret::PersonalAccessToken;
use crate::settings::{KeyringUse, Settings, Source, Sourced, keys};

pub(super) use self::access::Access;
pub(super) use self::rights::require_token_rights;
pub(super) use self::tools::Tools;

use self::gather::Inputs;

/// A connection that a command works on.
pub(super) struct Session<'a> {
    pub context: &'a Context<'a>,
    pub interview: Interview<'a>,
    pub desired: Desired,
    pub observer: Observer,
    /// What was read to check the inputs, so that it is not read again.
    pub known: Option<Observed>,
    /// What the journal of this connection says.
    pub record: Record,
    token: Sourced<PersonalAccessToken>,
    /// Where the next run finds the kit.
    kit_place: KitPlace,
    keyring: KeyringSeen,
    connection: Connection,
    lock: Option<Lock>,
    access: Access,
    began: Instant,
}

/// Whether the token is kept in the keyring.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum KeyringWish {
    Keep,
    DoNotKeep,
    /// The user is asked.
    NotSaid,
}

/// What says, before anything is approved, which addresses get the key of Factory's API.
#[derive(Clone, Copy)]
struct TrustSources<'s> {
    settings: &'s Settings,
    record: &'s Record,
}

/// The origin that served the kit, those of the kit that was accepted before, and those of one that is named.
fn trust(factory: &FactoryClient, desired: &Desired, sources: TrustSources<'_>) -> Result<(), Failure> {
    let TrustSources { settings, record } = sources;
    factory.trust(desired.kit.served_by.clone());
    factory.trust(record.kit_pin.iter().flat_map(|pin| pin.key_origins.iter().cloned()));
    if settings.get(&keys::KIT_FINGERPRINT)?.is_some() {
        factory.trust(desired.kit.key_origins.iter().cloned());
    }
    Ok(())
}

impl<'a> Session<'a> {
    /// Resolves everything that a command needs: settings, kit, instance, token, record. A command that writes gets the
    /// connection's lock.
    ///
    /// # Errors
    /// What is missing or cannot be used; [`FailureKind::Unknown`](crate::error::FailureKind::Unknown) where another run has the lock.
    pub(super) async fn open(context: &'a Context<'a>, access: Access) -> Result<Self, Failure> {
        let settings = context.settings_with_record(&local_state::store(context)?)?;
        let interview = Interview::new(settings, context.prompter.as_ref(), context.terminal);
        Self::resolve(context, interview, access).await
    }

    /// The same with the answers that were changed. What was typed before is not asked for again.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub(super) async fn reopen(self) -> Result<Self, Failure> {
        let Self { context, interview, access, lock, keyring, .. } = self;
        drop(lock);
        let session = Self::resolve(context, interview, access).await?;
        // A token that was typed before keeps the keyring from being looked at.
        Ok(Self { keyring: session.keyring.max(keyring), ..session })
    }

    async fn resolve(context: &'a Context<'a>, interview: Interview<'a>, access: Access) -> Result<Self, Failure> {
        let began = context.env.clock.instant();
        let store = local_state::store(context)?;
        let inputs = gather::inputs(context, &interview, access).await?;
        let Inputs { desired, observer, known, token, kit_place, keyring } = inputs;
        let connection = store.connection(&desired.instance, &desired.organization.id);
        let failed = |error| diagnostics::journal(&error);
        let lock = if access.writes() { Some(connection.lock().map_err(failed)?) } else { None };
        let mut record = connection.record().map_err(failed)?;
        if record.kit_pin.is_none() {
            record.kit_pin = local_state::pin_of_place(&store, &desired.instance, kit_place.path())?;
        }
        trust(&observer.factory, &desired, TrustSources { settings: interview.settings(), record: &record })?;
        record.others = connection.others(&desired.instance, &desired.organization.id).map_err(failed)?;
        tracing::info!(gitlab = %desired.instance, "the inputs are complete");
        Ok(Self {
            context,
            interview,
            desired,
            observer,
            known,
            record,
            token,
            kit_place,
            keyring,
            connection,
            lock,
            access,
            began,
        })
    }

    /// Reads the current state of both sides, as far as `reads` name it. It never fails as a whole: what could not be read
    /// says so in its place.
    pub(super) async fn observe(&self, reads: &Reads) -> Observed {
        self.observe_with(reads, &self.record).await
    }

    /// The same with a record that has been added to since the session was opened.
    pub(super) async fn observe_with(&self, reads: &Reads, record: &Record) -> Observed {
        let progress = progress::ReadingProgress::new(self.context.terminal);
        let request = ReadRequest { reads, known: self.known.as_ref(), record: Some(record), memory: None };
        let observing = self.observer.observe(&self.desired, request, &progress);
        tracing::info!("reading the current state");
        let observed = self.context.terminal.with_spinner("reading the current state", Box::pin(observing)).await;
        tracing::info!(requests = self.observer.http.stats().requests, "the current state is read");
        observed
    }

    /// The same with what earlier looks saw: groups, projects and webhooks are read in turns. Knows nothing of earlier requests.
    pub(super) async fn look(&mut self, reads: &Reads, memory: &RefCell<Memory>) -> Observed {
        self.observer = self.observer.renewed();
        self.context.report_waits(&self.observer.http);
        let progress = progress::ReadingProgress::new(self.context.terminal);
        let request = ReadRequest { reads, known: None, record: Some(&self.record), memory: Some(memory) };
        let observing = self.observer.observe(&self.desired, request, &progress);
        self.context.terminal.with_spinner("reading the current state", Box::pin(observing)).await
    }

    /// How many requests were sent since the last look began.
    pub(super) fn requests(&self) -> u64 {
        u64::from(self.observer.http.stats().requests)
    }

    /// Reads the record again: another run may have added to it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn reread_record(&mut self) -> Result<(), Failure> {
        let failed = |error| diagnostics::journal(&error);
        let mut record = self.connection.record().map_err(failed)?;
        record.others =
            self.connection.others(&self.desired.instance, &self.desired.organization.id).map_err(failed)?;
        self.record = record;
        Ok(())
    }

    /// The same connection with its lock, for a command that reads most of the time.
    ///
    /// # Errors
    /// [`FailureKind::Unknown`](crate::error::FailureKind::Unknown) where another run has the lock.
    pub(super) fn to_write(&self) -> Result<Self, Failure> {
        let lock = self.connection.lock().map_err(|error| diagnostics::journal(&error))?;
        let context = self.context;
        let settings = context.settings_with_record(&local_state::store(context)?)?;
        let mut session = Self {
            context,
            interview: Interview::new(settings, context.prompter.as_ref(), context.terminal),
            desired: self.desired.clone(),
            observer: self.observer.clone(),
            known: None,
            record: Record::default(),
            token: self.token.clone(),
            kit_place: self.kit_place.clone(),
            keyring: self.keyring,
            connection: self.connection.clone(),
            lock: Some(lock),
            access: Access::Write,
            began: context.env.clock.instant(),
        };
        session.reread_record()?;
        Ok(session)
    }

    /// The connection's lock: a session that writes has it.
    pub(super) fn lock(&self) -> Option<&Lock> {
        self.lock.as_ref()
    }

    /// The client that writes.
    pub(super) fn writer(&self, lock: &Lock) -> Writer {
        let http = self.observer.http.clone();
        Writer::new(lock, http, self.desired.instance.clone(), self.token.value.clone())
    }

    /// The client that sends GitLab's webhook tests and can write nothing else: for `verify --live`.
    pub(super) fn hook_tester(&self) -> HookTester {
        HookTester::new(self.observer.http.clone(), self.desired.instance.clone(), self.token.value.clone())
    }

    /// The journal of this run, with its first entry. Only a session that holds the lock has one.
    ///
    /// # Errors
    /// When the journal or the audit log cannot be written.
    pub(super) fn journal(&self, lock: &Lock) -> Result<Journal, Failure> {
        let failed = |error| diagnostics::journal(&error);
        let mut journal = self.journal_without_run(lock)?;
        journal.append(local_state::began(&self.desired, &self.kit_place)).map_err(failed)?;
        if self.has_news() {
            journal.append(RunEntry::KeyringDeclined).map_err(failed)?;
        }
        Ok(journal)
    }

    /// The journal for a run that makes no choices for later ones.
    ///
    /// # Errors
    /// When the journal or the audit log cannot be written.
    pub(super) fn journal_without_run(&self, lock: &Lock) -> Result<Journal, Failure> {
        let audit = self.interview.settings().get(&keys::AUDIT_LOG)?.map(|found| found.value);
        let opened = self.connection.journal(lock, audit.as_deref(), self.context.env.clock);
        opened.map_err(|error| diagnostics::journal(&error))
    }

    /// The plan was approved, and with it the kit: from now on its addresses get the key of Factory's API.
    pub(super) fn trust_kit(&self) {
        self.observer.factory.trust(self.desired.kit.key_origins.iter().cloned());
    }

    pub(super) fn access(&self) -> Access {
        self.access
    }

    /// Where the next run finds the kit.
    pub(super) fn kit_place(&self) -> &KitPlace {
        &self.kit_place
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// When the command began.
    pub(super) fn began(&self) -> Instant {
        self.began
    }

    /// How long the command has taken so far.
    pub(super) fn duration(&self) -> Duration {
        self.context.env.clock.instant().duration_since(self.began)
    }

    /// Asks whether the token is kept in the keyring, where that is not known: once for a connection, and never where there is no
    /// keyring.
    ///
    /// # Errors
    /// When the user stopped, or for an invalid `--keyring`.
    pub(super) fn ask_keyring(&self) -> Result<KeyringWish, Failure> {
        let wish = self.keyring_wish()?;
        if wish != KeyringWish::NotSaid {
            return Ok(wish);
        }
        let is_wanted = self.interview.confirm(&keys::KEYRING)?;
        self.interview.settings().answer(&keys::KEYRING, vec![if is_wanted { "store" } else { "off" }.to_owned()]);
        self.keyring_wish()
    }

    /// What is known of whether the token is kept in the keyring.
    ///
    /// # Errors
    /// For an invalid `--keyring`.
    pub(super) fn keyring_wish(&self) -> Result<KeyringWish, Failure> {
        let given = self.interview.settings().get(&keys::KEYRING)?;
        let is_typed = self.token.source == Source::Prompt;
        Ok(match (given.map(|given| given.value), self.keyring) {
            _ if self.token.source == Source::Keyring => KeyringWish::DoNotKeep,
            (Some(KeyringUse::Store), _) => KeyringWish::Keep,
            (Some(KeyringUse::Off), _) | (_, KeyringSeen::Unusable) => KeyringWish::DoNotKeep,
            _ if !is_typed => KeyringWish::DoNotKeep,
            // The user has agreed before: what is there is replaced.
            (_, KeyringSeen::HoldsToken) => KeyringWish::Keep,
            (Some(KeyringUse::Ask), KeyringSeen::Empty) => KeyringWish::NotSaid,
            (None, KeyringSeen::Empty) if self.record.is_keyring_declined => KeyringWish::DoNotKeep,
            (None, KeyringSeen::Empty) => KeyringWish::NotSaid,
        })
    }

    /// Whether the environment switches the keyring off, whatever is chosen.
    pub(super) fn is_keyring_disabled(&self) -> bool {
        self.context.env.is_on(env_vars::DISABLE_KEYRING)
    }

    /// Whether the user has said in this run that the token is not to be kept in the keyring.
    fn is_keyring_declined(&self) -> bool {
        let given = self.interview.settings().get(&keys::KEYRING);
        given.is_ok_and(|given| given == Some(Sourced::new(KeyringUse::Off, Source::Prompt)))
    }

    /// Whether there is something to record although nothing was done.
    pub(super) fn has_news(&self) -> bool {
        self.is_keyring_declined() && !self.record.is_keyring_declined
    }

    /// Offers to keep a typed token in the keyring, or keeps it where the settings say so. Without a
    /// usable keyring it prints a warning and the run continues.
    ///
    /// # Errors
    /// When the user stopped, or for an invalid `--keyring`.
    pub(super) async fn offer_keyring(&self) -> Result<(), Failure> {
        if self.ask_keyring()? == KeyringWish::DoNotKeep {
            return Ok(());
        }
        let credential_store = local_state::credential_store(self.context, self.interview.settings())?;
        let (instance, terminal) = (&self.desired.instance, self.context.terminal);
        match credential_store.put(instance, &self.token.value).await {
            Ok(()) => terminal.say_line(format!("the token for {instance} is in the keyring")),
            Err(error) => terminal.warn(&format!("the token was not saved to the keyring: {error}")),
        }
        Ok(())
    }
}
