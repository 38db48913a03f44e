//! The application's steps. Its secret is shown once, so each is preceded by an intent that is on the disk.

use std::collections::BTreeSet;

use crate::desired::Credentials;
use crate::gitlab::{Application, ApplicationWithSecret, NewApplication, Pair};
use crate::http;
use crate::journal::Entry;
use crate::plan;

use super::patience::{Tries, may_have_happened};
use super::{Apply, Error, Hands};

impl Apply<'_> {
    /// Makes the application. Where the answer is lost it is looked for, and its secret, which nobody has seen, is
    /// renewed.
    pub(super) async fn create_application(&self) -> Result<ApplicationWithSecret, Error> {
        let wanted = &self.desired.application;
        self.note(&Entry::CreateApplication { name: wanted.name.clone(), redirect_uri: wanted.redirect_uri.clone() })?;
        let new = NewApplication {
            name: wanted.name.clone(),
            redirect_uri: wanted.redirect_uri.clone(),
            scopes: wanted.scopes.clone(),
            confidential: wanted.confidential,
        };
        let mut tries = self.patience.tries();
        let mut is_certain = true;
        loop {
            let error = match self.clients.writer.create_application(&new).await {
                Ok(made) => return self.created(&made.application).map(|()| made),
                Err(error) => error,
            };
            let is_doubtful = may_have_happened(&error);
            is_certain &= !is_doubtful;
            if is_certain && error.is_refusal() {
                // Without this, one that somebody makes by hand afterwards would be taken for ours.
                self.note(&Entry::ApplicationRefused)?;
            }
            tries.again(error).await?;
            if is_doubtful && let Some(found) = self.find_made(&mut tries).await? {
                self.created(&found)?;
                return self.renew_secret(found.id, &found.application_id).await;
            }
        }
    }

    fn created(&self, made: &Application) -> Result<(), Error> {
        self.note(&Entry::ApplicationCreated { id: made.id, application_id: made.application_id.clone() })
    }

    /// After a creation whose answer was lost: the application that it made, if it made one.
    async fn find_made(&self, tries: &mut Tries<'_>) -> Result<Option<Application>, Error> {
        let mut new = tries.until_done(|| self.new_applications()).await?;
        self.patience.hear();
        match (new.pop(), new.is_empty()) {
            (found, true) => Ok(found),
            (_, false) => Err(Error::MadeByOthers),
        }
    }

    /// Those that are what the kit asks for and were not there when it was looked.
    async fn new_applications(&self) -> Result<Vec<Application>, http::Error> {
        let before: BTreeSet<u64> =
            self.observed.applications.known().into_iter().flatten().map(|one| one.id).collect();
        let mut new = self.clients.reader.applications().await?;
        new.retain(|one| !before.contains(&one.id) && plan::is_wanted(&self.desired.application, one));
        Ok(new)
    }

    /// A renewal whose answer was lost is repeated: the last secret is the one that counts. Where GitLab has no renewal,
    /// one that is ours and that nobody uses is made again.
    pub(super) async fn renew_secret(&self, id: u64, application_id: &str) -> Result<ApplicationWithSecret, Error> {
        match self.renew(id, application_id).await {
            Err(Error::Request(error)) if error.status() == Some(404) && self.may_make_again(application_id)? => {
                self.delete_application(id, application_id).await?;
                Box::pin(self.create_application()).await
            }
            renewed => renewed,
        }
    }

    async fn renew(&self, id: u64, application_id: &str) -> Result<ApplicationWithSecret, Error> {
        let application_id = application_id.to_owned();
        self.note(&Entry::RenewSecret { application_id: application_id.clone() })?;
        let renewed = self.patience.tries().until_done(|| self.clients.writer.renew_secret(id)).await?;
        self.note(&Entry::SecretRenewed { application_id })?;
        Ok(renewed)
    }

    /// Whether the application may be deleted and made again without asking: the journal says that we made it, and
    /// nobody was ever handed its secret, so nobody is signed in through it.
    fn may_make_again(&self, application_id: &str) -> Result<bool, Error> {
        Ok(self.connection.record()?.made_for_nobody_yet(application_id))
    }

    pub(super) async fn delete_application(&self, id: u64, application_id: &str) -> Result<(), Error> {
        let application_id = application_id.to_owned();
        self.note(&Entry::DeleteApplication { application_id: application_id.clone() })?;
        self.patience.tries().until_done(|| self.clients.writer.delete_application(id)).await?;
        self.note(&Entry::ApplicationDeleted { application_id })
    }

    pub(super) async fn prove_pair(&self, hands: &Hands) -> Result<(), Error> {
        let credentials = hands.credentials.as_ref().ok_or(Error::NoSecret)?;
        if let Some(id) = hands.made {
            self.yield_to_an_older(id, &credentials.application_id).await?;
        }
        let prove = || self.clients.oauth.prove_pair(&credentials.application_id, &credentials.secret);
        let pair = self.patience.tries().until_done(prove).await?;
        match pair {
            Pair::Valid => self.note(&Entry::PairProven { application_id: credentials.application_id.clone() }),
            Pair::Invalid => Err(Error::WrongPair),
        }
    }

    /// A lock here does not hold another machine, and GitLab takes any number of the same name. Who made the younger one
    /// sees the older one in any case, and takes its own away again.
    async fn yield_to_an_older(&self, id: u64, application_id: &str) -> Result<(), Error> {
        let new = self.patience.tries().until_done(|| self.new_applications()).await?;
        match new.iter().find(|one| one.id < id) {
            Some(older) => {
                self.delete_application(id, application_id).await?;
                Err(Error::MadeTwice { other: older.id })
            }
            None => Ok(()),
        }
    }
}

impl From<ApplicationWithSecret> for Credentials {
    fn from(made: ApplicationWithSecret) -> Self {
        Self { application_id: made.application.application_id, secret: made.secret }
    }
}
