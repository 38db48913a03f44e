//! Seals the bundle and delivers it to Factory.

use std::path::Path;

use url::Url;

use crate::bundle::{self, Bundle, Recipients, SealedBundle};
use crate::desired::DesiredWebhooks;
use crate::factory::Receipt;
use crate::journal::BundleEntry;
use crate::kit::{Handover, UploadMethod};
use crate::plan::BundleStep;

use super::{Apply, Error, PlanRun, StepEnd, StepOutputs};

impl Apply<'_> {
    pub(super) async fn carry_out_bundle(
        &self,
        step: &BundleStep,
        run: &mut PlanRun<'_, '_>,
    ) -> Result<StepEnd, Error> {
        match step {
            BundleStep::Seal { .. } => self.seal(&run.outputs)?,
            BundleStep::Write { path, recipients: _ } => self.write_bundle(path)?,
            BundleStep::Upload { url, method, recipients: _ } => {
                run.applied.receipt = Some(self.upload(url, *method).await?);
            }
        }
        Ok(StepEnd::Done)
    }

    /// Seals everything that Factory receives. It is on disk before anything else happens, and only Factory can read it.
    fn seal(&self, outputs: &StepOutputs) -> Result<(), Error> {
        let bundle = self.bundle(outputs)?;
        let recipients = Recipients::parse(&self.desired.delivery.recipients)?;
        let sealed = bundle.seal(&recipients)?;
        sealed.write(&self.connection.bundle_path())?;
        self.record(BundleEntry::Sealed {
            sha256: sealed.sha256().to_owned(),
            application_id: bundle.application.id.clone(),
            secret: bundle.application.secret.fingerprint(&bundle.application.id),
            token: outputs.minted.as_ref().map(|minted| minted.details.name.clone()),
            token_id: self.bundled_token_id(outputs),
            handover: Some(self.desired.handover.handover),
            recipients: self.desired.delivery.recipients.clone(),
        })
    }

    fn bundle(&self, outputs: &StepOutputs) -> Result<Bundle, Error> {
        let credentials = outputs.credentials.as_ref().ok_or(Error::NoSecret)?;
        let wanted = &self.desired.application;
        let metadata = self.observed.metadata.known().ok_or(Error::NoVersion)?;
        Ok(Bundle {
            organization: self.desired.organization.clone(),
            created_at: self.clients.clock.now(),
            instance: bundle::BundledInstance {
                url: self.desired.instance.clone(),
                version: metadata.version_text.clone(),
                edition: metadata.edition,
                plan: self.observed.plan(),
            },
            application: bundle::BundledApplication {
                id: credentials.application_id.clone(),
                secret: credentials.secret.clone(),
                name: wanted.name.clone(),
                redirect_uri: wanted.redirect_uri.clone(),
                scopes: wanted.scopes.clone(),
            },
            personal_access_token: self.bundled_token(outputs),
            webhook: self.bundled_webhook(),
            network: None,
        })
    }

    fn bundled_token(&self, outputs: &StepOutputs) -> Option<bundle::BundledToken> {
        let user = self.observed.user.known().map(|user| user.username.clone()).unwrap_or_default();
        match self.desired.handover.handover {
            Handover::None => None,
            Handover::Given => {
                let details = self.observed.token.known();
                Some(bundle::BundledToken {
                    value: self.token.clone(),
                    scopes: details.map(|details| details.scopes.clone()).unwrap_or_default(),
                    expires_at: details.and_then(|details| details.expires_at),
                    user,
                })
            }
            Handover::Minted => outputs.minted.as_ref().map(|minted| bundle::BundledToken {
                value: minted.value.clone(),
                scopes: minted.details.scopes.clone(),
                expires_at: minted.details.expires_at,
                user,
            }),
        }
    }

    fn bundled_token_id(&self, outputs: &StepOutputs) -> Option<u64> {
        match self.desired.handover.handover {
            Handover::None => None,
            Handover::Given => self.observed.token.known().map(|details| details.id),
            Handover::Minted => outputs.minted.as_ref().map(|minted| minted.details.id),
        }
    }

    fn bundled_webhook(&self) -> bundle::BundledWebhook {
        let DesiredWebhooks { url, strategy, .. } = &self.desired.webhooks;
        let seen = self.observed.hooks.known();
        let targets = seen.map_or(&[][..], |seen| &seen.targets).iter().map(|seen| seen.target.clone());
        bundle::BundledWebhook::new(url.clone(), seen.map_or(*strategy, |seen| seen.strategy), targets)
    }

    /// `--bundle-out`: a copy for the admin to deliver.
    fn write_bundle(&self, path: &Path) -> Result<(), Error> {
        let sealed = SealedBundle::read(&self.connection.bundle_path())?;
        sealed.write(path)?;
        let (sha256, path) = (sealed.sha256().to_owned(), path.to_string_lossy().into_owned());
        self.record(BundleEntry::Written { sha256, path })
    }

    /// Sends the bundle from the disk, so that sending it again sends the same bytes, which Factory counts once.
    async fn upload(&self, url: &Url, method: UploadMethod) -> Result<Receipt, Error> {
        let sealed = SealedBundle::read(&self.connection.bundle_path())?;
        self.record(BundleEntry::Upload { sha256: sealed.sha256().to_owned() })?;
        let receipt = self.clients.factory.upload(&sealed, url, method).await?;
        self.record(BundleEntry::Accepted { sha256: sealed.sha256().to_owned(), id: receipt.id.clone() })?;
        Ok(receipt)
    }
}
