//! Hands a grant over to Factory, says what it may work on, and waits until it is connected.

use std::cell::RefCell;
use std::time::Duration;

use crate::bundle::{CloudGrant, RecipientError, Recipients, SealError, SealedBundle};
use crate::cloud::{CloudAccount, CloudSelection};
use crate::desired::DesiredCloud;
use crate::env::Clock;
use crate::factory::{
    CloudAddressees, FactoryClient, FactoryState, FactoryStatus, Receipt, SelectionError, UploadError,
};
use crate::files;
use crate::gitlab::Grant;
use crate::http;
use crate::journal::{self, CloudEntry, Connection, Entry, Journal};
use crate::kit::BundleTerms;

/// The first and the longest pause between two questions for the status.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Why a step was not done.
#[derive(Debug, thiserror::Error)]
pub enum CloudError {
    #[error(transparent)]
    Journal(#[from] journal::Error),
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Recipients(#[from] RecipientError),
    #[error("the kit names no address that the grant is uploaded to")]
    NoUpload,
    #[error("the grant was not handed over")]
    Upload(#[source] Box<UploadError>),
    #[error("the sealed grant cannot be removed")]
    Remove(#[source] std::io::Error),
    #[error("the selection was not accepted")]
    Select(#[source] Box<SelectionError>),
    #[error("the selection could not be read back")]
    ReadBack(#[source] http::Error),
    #[error("Factory has another selection than the one that it was sent")]
    OtherSelection,
    #[error("Factory's status could not be read")]
    Status(#[source] http::Error),
    /// Factory says why.
    #[error("Factory says that the connection has failed")]
    Failed { detail: Option<String> },
    /// It was told that the connection ends.
    #[error("Factory answered that the connection has ended, and its status is still connected")]
    StillConnected,
    #[error("Factory is still not connected after {} s", .waited.as_secs())]
    StillPending { waited: Duration, detail: Option<String> },
}

/// Carries out the steps that change something.
pub struct CloudApply<'a> {
    pub desired: &'a DesiredCloud,
    pub factory: &'a FactoryClient,
    pub connection: &'a Connection,
    pub journal: RefCell<Journal>,
    pub clock: Clock,
}

/// Who authorized, as it is recorded beside a grant.
#[derive(Clone, Copy, Debug)]
pub struct Granted<'a> {
    pub grant: &'a Grant,
    pub account: &'a CloudAccount,
    /// What was selected with it.
    pub selection: &'a CloudSelection,
}

impl CloudApply<'_> {
    /// Records what happens.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn record(&self, entry: impl Into<Entry>) -> Result<(), journal::Error> {
        self.journal.borrow_mut().append(entry)
    }

    /// Seals a grant. From then on nobody here can use it, and a run that is killed can still hand it over.
    ///
    /// # Errors
    /// [`CloudError::Seal`], [`CloudError::Recipients`], [`CloudError::Journal`].
    pub fn seal(&self, granted: Granted<'_>) -> Result<(), CloudError> {
        let Granted { grant, account, selection } = granted;
        let DesiredCloud { kit, instance, way, .. } = self.desired;
        let recipients = kit.bundle.as_ref().ok_or(CloudError::NoUpload)?.recipients.clone();
        let Grant { access_token, refresh_token, scopes, expires_at } = grant.clone();
        let document = CloudGrant {
            organization: kit.organization.clone(),
            created_at: self.clock.now(),
            gitlab_url: instance.clone(),
            client_id: kit.cloud.client_id.clone().unwrap_or_default(),
            account: account.clone(),
            scopes: scopes.clone(),
            access_token,
            refresh_token,
            expires_at,
        };
        let sealed = document.seal(&Recipients::parse(&recipients)?)?;
        sealed.write(&self.connection.grant_path())?;
        let (account, selection) = (account.clone(), selection.clone());
        let sha256 = sealed.sha256().to_owned();
        let recorded =
            self.record(CloudEntry::GrantSealed { sha256, recipients, account, scopes, way: *way, selection });
        if recorded.is_err() {
            // The caller revokes what is not sealed: it must not wait here for the next run, which would hand it over.
            files::remove_regular(&self.connection.grant_path()).map_err(CloudError::Remove)?;
        }
        Ok(recorded?)
    }

    /// Sends the sealed grant from the disk, so that sending it again sends the same bytes, which Factory counts once; after
    /// the receipt it is removed.
    ///
    /// # Errors
    /// [`CloudError::Upload`]: the sealed grant stays.
    pub async fn hand_over(&self) -> Result<Receipt, CloudError> {
        let path = self.connection.grant_path();
        let bundle = self.desired.kit.bundle.as_ref();
        let upload = bundle.and_then(BundleTerms::upload).ok_or(CloudError::NoUpload)?;
        let sealed = SealedBundle::read(&path)?;
        let sha256 = sealed.sha256().to_owned();
        self.record(CloudEntry::UploadGrant { sha256: sha256.clone() })?;
        let sent = self.factory.upload(&sealed, &upload).await;
        let receipt = sent.map_err(|error| CloudError::Upload(Box::new(error)))?;
        self.record(CloudEntry::GrantAccepted { sha256, id: receipt.id.clone() })?;
        files::remove_regular(&path).map_err(CloudError::Remove)?;
        Ok(receipt)
    }

    /// Says what Factory may work on, unless it has that already, and reads it back.
    ///
    /// # Errors
    /// [`CloudError::Select`], [`CloudError::ReadBack`], [`CloudError::OtherSelection`].
    pub async fn select(&self, selection: &CloudSelection, session: Option<&str>) -> Result<SelectOutcome, CloudError> {
        let DesiredCloud { kit, instance, .. } = self.desired;
        let Some(url) = &kit.cloud.selection_url else { return Ok(SelectOutcome::Unchanged) };
        let is_there = |seen: Option<CloudSelection>| seen.is_some_and(|seen| seen.is_same(selection));
        if is_there(self.factory.selection(url).await.map_err(CloudError::ReadBack)?) {
            self.record(CloudEntry::SelectionAccepted { selection: selection.clone() })?;
            return Ok(SelectOutcome::Unchanged);
        }
        self.record(CloudEntry::Select)?;
        let whose = CloudAddressees { organization: &kit.organization.id, gitlab_url: instance, session };
        let sent = self.factory.select(url, &whose, selection).await;
        if let Err(SelectionError::NotAuthorized(_)) = &sent {
            self.record(CloudEntry::AuthorizationLost)?;
        }
        sent.map_err(|error| CloudError::Select(Box::new(error)))?;
        if !is_there(self.factory.selection(url).await.map_err(CloudError::ReadBack)?) {
            return Err(CloudError::OtherSelection);
        }
        self.record(CloudEntry::SelectionAccepted { selection: selection.clone() })?;
        Ok(SelectOutcome::Changed)
    }

    /// Waits until Factory says that it is connected. A failed question is no answer: it is asked again as long as there is
    /// time.
    ///
    /// # Errors
    /// [`CloudError::Failed`], [`CloudError::StillPending`], [`CloudError::Status`].
    pub async fn await_connected(&self, wait: Duration) -> Result<Option<FactoryStatus>, CloudError> {
        let Some(url) = &self.desired.kit.status_url else { return Ok(None) };
        let began = self.clock.instant();
        let mut pause = FIRST_PAUSE;
        loop {
            let answer = self.factory.status(url).await;
            let waited = self.clock.instant().saturating_duration_since(began);
            match answer {
                Ok(status) if status.state == FactoryState::Connected => return Ok(Some(status)),
                Ok(FactoryStatus { state: FactoryState::Failed, detail }) => return Err(CloudError::Failed { detail }),
                Ok(FactoryStatus { detail, .. }) if waited >= wait => {
                    return Err(CloudError::StillPending { waited, detail });
                }
                Err(error) if error.is_refusal() || waited >= wait => return Err(CloudError::Status(error)),
                Ok(_) | Err(_) => {}
            }
            self.clock.sleep(pause.min(wait.saturating_sub(waited))).await;
            pause = (pause * 3 / 2).min(LONGEST_PAUSE);
        }
    }
}

/// Whether a selection was sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SelectOutcome {
    Changed,
    Unchanged,
}
