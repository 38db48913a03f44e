//! Seals the bundle and delivers it to Factory.

use std::path::{Path, PathBuf};

use crate::bundle::{self, Bundle, Recipients, SealedBundle};
use crate::desired::{Credentials, DesiredWebhooks};
use crate::factory::Receipt;
use crate::journal::BundleEntry;
use crate::kit::{Handover, Upload};
use crate::plan::{BundleContents, BundleStep};

use super::{Apply, Error, PlanRun, StepEnd, StepOutputs};

impl Apply<'_> {
    pub(super) async fn carry_out_bundle(
        &self,
        step: &BundleStep,
        run: &mut PlanRun<'_, '_>,
    ) -> Result<StepEnd, Error> {
        match step {
            BundleStep::Seal { .. } => self.seal(&run.outputs)?,
            BundleStep::SealToken { .. } => self.seal_token(&run.outputs)?,
            BundleStep::SealApplication { .. } => self.seal_application(&run.outputs)?,
            BundleStep::ProveUpload { to, recipients } => {
                Recipients::parse(recipients)?;
                let reached = self.clients.factory.reach_upload(to).await;
                reached.map_err(|source| Error::UploadUnreachable(Box::new(source)))?;
            }
            BundleStep::Write { path, contents, recipients: _ } => self.write_bundle(*contents, path)?,
            BundleStep::Upload { to, contents, recipients: _ } => {
                run.applied.receipt = Some(self.upload(*contents, to).await?);
            }
        }
        Ok(StepEnd::Done)
    }

    /// Seals everything that Factory receives. It is on disk before anything else happens, and only Factory can read it.
    fn seal(&self, outputs: &StepOutputs) -> Result<(), Error> {
        let credentials = outputs.credentials.as_ref().ok_or(Error::NoSecret)?;
        let sealed = self.sealed(BundleContents::Connection, &self.bundle(Some(credentials), outputs)?)?;
        self.record(BundleEntry::Sealed {
            sha256: sealed.sha256().to_owned(),
            application_id: credentials.application_id.clone(),
            secret: credentials.secret.fingerprint(&credentials.application_id),
            token: outputs.minted.as_ref().map(|minted| minted.details.name.clone()),
            token_id: self.bundled_token_id(outputs),
            handover: Some(self.desired.handover.handover),
            recipients: self.desired.delivery.recipients.clone(),
        })
    }

    /// Seals a token alone, beside the bundle that Factory has.
    fn seal_token(&self, outputs: &StepOutputs) -> Result<(), Error> {
        let sealed = self.sealed(BundleContents::Token, &self.partial(self.bundle(None, outputs)?))?;
        self.record(BundleEntry::TokenSealed {
            sha256: sealed.sha256().to_owned(),
            token: outputs.minted.as_ref().map(|minted| minted.details.name.clone()),
            token_id: self.bundled_token_id(outputs),
            handover: self.desired.handover.handover,
            recipients: self.desired.delivery.recipients.clone(),
        })
    }

    /// Seals the application alone, beside the bundle that Factory has.
    fn seal_application(&self, outputs: &StepOutputs) -> Result<(), Error> {
        let credentials = outputs.credentials.as_ref().ok_or(Error::NoSecret)?;
        let bundle = self.partial(self.bundle(Some(credentials), outputs)?);
        let bundle = Bundle { personal_access_token: None, ..bundle };
        let sealed = self.sealed(BundleContents::Application, &bundle)?;
        self.record(BundleEntry::ApplicationSealed {
            sha256: sealed.sha256().to_owned(),
            application_id: credentials.application_id.clone(),
            secret: credentials.secret.fingerprint(&credentials.application_id),
            recipients: self.desired.delivery.recipients.clone(),
        })
    }

    fn sealed(&self, contents: BundleContents, bundle: &Bundle) -> Result<SealedBundle, Error> {
        let sealed = bundle.seal(&Recipients::parse(&self.desired.delivery.recipients)?)?;
        sealed.write(&self.sealed_path(contents))?;
        Ok(sealed)
    }

    fn sealed_path(&self, contents: BundleContents) -> PathBuf {
        match contents {
            BundleContents::Connection => self.connection.bundle_path(),
            BundleContents::Token => self.connection.token_bundle_path(),
            BundleContents::Application => self.connection.application_bundle_path(),
        }
    }

    fn bundle(&self, credentials: Option<&Credentials>, outputs: &StepOutputs) -> Result<Bundle, Error> {
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
            application: credentials.map(|credentials| bundle::BundledApplication {
                id: credentials.application_id.clone(),
                secret: credentials.secret.clone(),
                name: wanted.name.clone(),
                redirect_uri: wanted.redirect_uri.clone(),
                scopes: wanted.scopes.clone(),
            }),
            personal_access_token: self.bundled_token(outputs),
            webhook: Some(self.bundled_webhook()),
            network: self.desired.delivery.network.clone(),
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

    /// A part of what Factory has. Of webhooks that were not looked at it says nothing: Factory keeps what it knows of them.
    fn partial(&self, bundle: Bundle) -> Bundle {
        let webhook = bundle.webhook.filter(|_| self.observed.hooks.known().is_some());
        Bundle { webhook, network: None, ..bundle }
    }

    /// `--bundle-out`: a copy for the admin to deliver.
    fn write_bundle(&self, contents: BundleContents, path: &Path) -> Result<(), Error> {
        let sealed = SealedBundle::read(&self.sealed_path(contents))?;
        sealed.write(path)?;
        let (sha256, path) = (sealed.sha256().to_owned(), path.to_string_lossy().into_owned());
        self.record(BundleEntry::Written { sha256, path })
    }

    /// Sends the bundle from the disk, so that sending it again sends the same bytes, which Factory counts once.
    async fn upload(&self, contents: BundleContents, to: &Upload) -> Result<Receipt, Error> {
        let path = self.sealed_path(contents);
        let sealed = SealedBundle::read(&path)?;
        self.record(BundleEntry::Upload { sha256: sealed.sha256().to_owned() })?;
        let sent = self.clients.factory.upload(&sealed, to).await;
        let receipt = sent.map_err(|source| Error::Upload { source: Box::new(source), path })?;
        self.record(BundleEntry::Accepted { sha256: sealed.sha256().to_owned(), id: receipt.id.clone() })?;
        Ok(receipt)
    }
}
