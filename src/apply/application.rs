//! The application's steps. Its secret is shown once, so each is preceded by an intent that is on the disk.

use crate::desired::Credentials;
use crate::gitlab::{ApplicationWithSecret, NewApplication, Pair};
use crate::journal::Entry;

use super::{Apply, Error, Hands};

impl Apply<'_> {
    pub(super) async fn create_application(&self) -> Result<Credentials, Error> {
        let wanted = &self.desired.application;
        self.note(&Entry::CreateApplication { name: wanted.name.clone(), redirect_uri: wanted.redirect_uri.clone() })?;
        let new = NewApplication {
            name: wanted.name.clone(),
            redirect_uri: wanted.redirect_uri.clone(),
            scopes: wanted.scopes.clone(),
            confidential: wanted.confidential,
        };
        let made = self.sides.writer.create_application(&new).await?;
        let (id, application_id) = (made.application.id, made.application.application_id.clone());
        self.note(&Entry::ApplicationCreated { id, application_id })?;
        Ok(credentials(made))
    }

    pub(super) async fn renew_secret(&self, id: u64, application_id: &str) -> Result<Credentials, Error> {
        let application_id = application_id.to_owned();
        self.note(&Entry::RenewSecret { application_id: application_id.clone() })?;
        let renewed = self.sides.writer.renew_secret(id).await?;
        self.note(&Entry::SecretRenewed { application_id })?;
        Ok(credentials(renewed))
    }

    pub(super) async fn delete_application(&self, id: u64, application_id: &str) -> Result<(), Error> {
        let application_id = application_id.to_owned();
        self.note(&Entry::DeleteApplication { application_id: application_id.clone() })?;
        self.sides.writer.delete_application(id).await?;
        self.note(&Entry::ApplicationDeleted { application_id })
    }

    pub(super) async fn prove_pair(&self, hands: &Hands) -> Result<(), Error> {
        let credentials = hands.credentials.as_ref().ok_or(Error::NoSecret)?;
        match self.sides.oauth.prove_pair(&credentials.application_id, &credentials.secret).await? {
            Pair::Valid => self.note(&Entry::PairProven { application_id: credentials.application_id.clone() }),
            Pair::Invalid => Err(Error::WrongPair),
        }
    }
}

fn credentials(made: ApplicationWithSecret) -> Credentials {
    Credentials { application_id: made.application.application_id, secret: made.secret }
}
