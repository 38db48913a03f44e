//! Creates, renews and deletes the application. GitLab shows its secret once, so an intent is on disk before each change.

use std::collections::BTreeSet;

use crate::desired::Credentials;
use crate::gitlab::{Application, ApplicationWithSecret, NewApplication, PairValidity};
use crate::http;
use crate::journal::{ApplicationEntry, BundleEntry, OtherOrganizations, UnfinishedApplication};
use crate::plan::{self, ApplicationStep, Reason};

use super::step_retry::{StepAttempts, may_have_happened};
use super::{Apply, Error, PlanRun, StepEnd, StepOutputs};

impl Apply<'_> {
    pub(super) async fn carry_out_application(
        &self,
        step: &ApplicationStep,
        run: &mut PlanRun<'_, '_>,
    ) -> Result<StepEnd, Error> {
        match step {
            ApplicationStep::Create { .. } => {
                let created = self.create_application().await?;
                run.outputs.created_application = Some(created.application.id);
                run.outputs.credentials = Some(created.into());
            }
            ApplicationStep::RenewSecret { id, application_id, reason: _ } => {
                run.outputs.credentials = Some(self.renew_secret(*id, application_id).await?.into());
            }
            ApplicationStep::Delete { id, application_id, reason } => {
                self.delete_application(*id, application_id).await?;
                if matches!(reason, Reason::Disconnected | Reason::Named) {
                    self.require_unlisted(application_id).await?;
                }
                self.record(ApplicationEntry::Deleted { application_id: application_id.clone() })?;
            }
            ApplicationStep::ProvePair => self.prove_pair(&run.outputs).await?,
        }
        Ok(StepEnd::Done)
    }

    /// Creates the application. If the response was lost, reads whether GitLab created it, and renews its secret, because
    /// the first one was lost with the response.
    async fn create_application(&self) -> Result<ApplicationWithSecret, Error> {
        let wanted = &self.desired.application;
        self.record(ApplicationEntry::Create { name: wanted.name.clone(), redirect_uri: wanted.redirect_uri.clone() })?;
        let new = NewApplication {
            name: wanted.name.clone(),
            redirect_uri: wanted.redirect_uri.clone(),
            scopes: wanted.scopes.clone(),
            confidential: wanted.confidential,
        };
        let mut attempts = self.retry.attempts();
        let mut is_certain = true;
        loop {
            let error = match self.clients.writer.create_application(&new).await {
                Ok(created) => return self.record_created(&created.application).map(|()| created),
                Err(error) => error,
            };
            let is_doubtful = may_have_happened(&error);
            is_certain &= !is_doubtful;
            if is_certain && error.is_refusal() {
                // Without this, an application that an admin creates later would be taken for ours.
                self.record(ApplicationEntry::CreateRefused)?;
            }
            attempts.wait_or_give_up(error).await?;
            if is_doubtful && let Some(found) = self.find_created(&mut attempts).await? {
                self.record_created(&found)?;
                return self.renew_secret(found.id, &found.application_id).await;
            }
        }
    }

    fn record_created(&self, created: &Application) -> Result<(), Error> {
        self.record(ApplicationEntry::Created { id: created.id, application_id: created.application_id.clone() })
    }

    /// After a creation whose response was lost: the application that it created, if it did.
    async fn find_created(&self, attempts: &mut StepAttempts<'_>) -> Result<Option<Application>, Error> {
        let mut new = attempts.run(|| self.new_applications()).await?;
        self.retry.record_answer();
        let others = self.others()?;
        new.retain(|one| !others.applications.contains(&one.application_id));
        if !new.is_empty() && self.is_another_creating()? {
            return Err(Error::AmbiguousCreation);
        }
        match (new.pop(), new.is_empty()) {
            (found, true) => Ok(found),
            (_, false) => Err(Error::AmbiguousCreation),
        }
    }

    /// Whether another organization's run on this machine is creating the same application at the same time, or was cut off
    /// while it did.
    fn is_another_creating(&self) -> Result<bool, Error> {
        let wanted = &self.desired.application;
        let is_same = |one: &UnfinishedApplication| one.name == wanted.name && one.redirect_uri == wanted.redirect_uri;
        Ok(self.others()?.unfinished.iter().any(is_same))
    }

    /// What this machine has recorded for other organizations by now.
    pub(super) fn others(&self) -> Result<OtherOrganizations, Error> {
        Ok(self.connection.others(&self.desired.instance, &self.desired.organization.id)?)
    }

    /// Those that match the kit and did not exist when the instance was observed.
    async fn new_applications(&self) -> Result<Vec<Application>, http::Error> {
        let before: BTreeSet<u64> =
            self.observed.applications.known().into_iter().flatten().map(|one| one.id).collect();
        let mut new = self.clients.reader.applications().await?;
        new.retain(|one| !before.contains(&one.id) && plan::is_wanted(&self.desired.application, one));
        Ok(new)
    }

    /// Renews the secret; if the response was lost, renews it again, because only the last secret counts. A GitLab without
    /// renewal has the application recreated, if this tool created it and its secret was never delivered.
    async fn renew_secret(&self, id: u64, application_id: &str) -> Result<ApplicationWithSecret, Error> {
        match self.renew(id, application_id).await {
            Err(Error::Request(error)) if error.status() == Some(404) && self.may_recreate(application_id)? => {
                self.delete_application(id, application_id).await?;
                self.record(ApplicationEntry::Deleted { application_id: application_id.to_owned() })?;
                Box::pin(self.create_application()).await
            }
            renewed => renewed,
        }
    }

    async fn renew(&self, id: u64, application_id: &str) -> Result<ApplicationWithSecret, Error> {
        let application_id = application_id.to_owned();
        self.record(ApplicationEntry::RenewSecret { application_id: application_id.clone() })?;
        let renewed = self.retry.attempts().run(|| self.clients.writer.renew_secret(id)).await?;
        self.record(ApplicationEntry::SecretRenewed { application_id })?;
        Ok(renewed)
    }

    /// Whether the application may be deleted and recreated without asking: the journal says that this tool created it and
    /// that its secret was never delivered, so no user is signed in through it.
    fn may_recreate(&self, application_id: &str) -> Result<bool, Error> {
        Ok(self.connection.record()?.is_unreleased(application_id))
    }

    /// Deletes the application, if the list still shows the same one under this number: GitLab deletes whatever has the number,
    /// a user's own application too, and a restored GitLab reuses numbers. The caller records that it was deleted.
    async fn delete_application(&self, id: u64, application_id: &str) -> Result<(), Error> {
        let listed = self.retry.attempts().run(|| self.clients.reader.applications()).await?;
        let is_other = |found: &Application| {
            found.application_id != application_id || !plan::resembles(&self.desired.application, found)
        };
        let Some(found) = listed.iter().find(|found| found.id == id) else { return Ok(()) };
        if is_other(found) {
            return Err(Error::AnotherApplication { id });
        }
        self.record(ApplicationEntry::Delete { application_id: application_id.to_owned() })?;
        self.retry.attempts().run(|| self.clients.writer.delete_application(id)).await
    }

    /// That GitLab answered proves little: the list has to show that it is gone.
    async fn require_unlisted(&self, application_id: &str) -> Result<(), Error> {
        let listed = self.retry.attempts().run(|| self.clients.reader.applications()).await?;
        match listed.iter().find(|found| found.application_id == application_id) {
            Some(found) => Err(Error::StillListed { what: format!("application {}", found.id) }),
            None => Ok(()),
        }
    }

    async fn prove_pair(&self, outputs: &StepOutputs) -> Result<(), Error> {
        let credentials = outputs.credentials.as_ref().ok_or(Error::NoSecret)?;
        if let Some(id) = outputs.created_application {
            self.resolve_creation_race(id, &credentials.application_id).await?;
        }
        let prove = || self.clients.oauth.verify_pair(&credentials.application_id, &credentials.secret);
        let pair = self.retry.attempts().run(prove).await?;
        match pair {
            PairValidity::Valid => {
                self.record(BundleEntry::PairProven { application_id: credentials.application_id.clone() })
            }
            PairValidity::Invalid => Err(Error::WrongPair),
        }
    }

    /// The lock does not hold other machines, and GitLab accepts several applications of one name. The run that created
    /// the younger one always sees the older one, and deletes its own again.
    async fn resolve_creation_race(&self, id: u64, application_id: &str) -> Result<(), Error> {
        let mut new = self.retry.attempts().run(|| self.new_applications()).await?;
        let others = self.others()?;
        new.retain(|one| !others.applications.contains(&one.application_id));
        match new.iter().find(|one| one.id < id) {
            // It may be that of another organization, which needs one of its own.
            Some(_) if self.is_another_creating()? => Ok(()),
            Some(older) => {
                self.delete_application(id, application_id).await?;
                self.record(ApplicationEntry::Deleted { application_id: application_id.to_owned() })?;
                Err(Error::CreationRace { other: older.id })
            }
            None => Ok(()),
        }
    }
}

impl From<ApplicationWithSecret> for Credentials {
    fn from(created: ApplicationWithSecret) -> Self {
        Self { application_id: created.application.application_id, secret: created.secret }
    }
}
