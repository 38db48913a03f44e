//! The token for Factory, the sealing of the bundle, and its way to Factory.

use std::path::Path;

use url::Url;

use crate::bundle::{self, Bundle, Recipients, SealedBundle};
use crate::desired::DesiredWebhooks;
use crate::factory::Receipt;
use crate::gitlab::{MintedToken, NewToken};
use crate::http;
use crate::journal::Entry;
use crate::kit::{Handover, UploadMethod};

use super::patience::may_have_happened;
use super::{Apply, Error, Hands};

impl Apply<'_> {
    /// Makes the token. One whose answer was lost has a value that nobody knows: it is ended before another is made.
    pub(super) async fn mint_token(&self, new: NewToken) -> Result<MintedToken, Error> {
        let name = new.name.clone();
        let mut tries = self.patience.tries();
        let minted = loop {
            self.note(&Entry::MintToken { name: name.clone() })?;
            let error = match self.clients.writer.mint_token(&new).await {
                Ok(minted) => break minted,
                Err(error) => error,
            };
            let is_doubtful = may_have_happened(&error);
            tries.again(error).await?;
            if is_doubtful {
                self.revoke_token(None, &name).await?;
            }
        };
        let (id, expires_at) = (minted.details.id, minted.details.expires_at);
        self.note(&Entry::TokenMinted { id, name, expires_at })?;
        Ok(minted)
    }

    /// Ends a token of an earlier run. Where only the intent is known, it is looked for by its name first. One that has
    /// ended already is as good, so all of it may be repeated.
    pub(super) async fn revoke_token(&self, id: Option<u64>, name: &str) -> Result<(), Error> {
        let ids = self.patience.tries().until_done(|| self.revoked(id, name)).await?;
        self.note(&Entry::TokenRevoked { id: ids.first().copied().unwrap_or_default(), name: name.to_owned() })
    }

    async fn revoked(&self, id: Option<u64>, name: &str) -> Result<Vec<u64>, http::Error> {
        let ids = match (id, self.observed.user.known()) {
            (Some(id), _) => vec![id],
            (None, Some(user)) => {
                let tokens = self.clients.reader.tokens_of(user.id, name).await?;
                tokens.into_iter().filter(|token| token.name == name && token.active).map(|token| token.id).collect()
            }
            (None, None) => Vec::new(),
        };
        for id in &ids {
            self.clients.writer.revoke_token(*id).await?;
        }
        Ok(ids)
    }

    /// Seals everything that Factory receives; on the disk before anything else happens, readable by Factory alone.
    pub(super) fn seal(&self, hands: &Hands) -> Result<(), Error> {
        let bundle = self.bundle(hands)?;
        let recipients = Recipients::parse(&self.desired.delivery.recipients)?;
        let sealed = bundle.seal(&recipients)?;
        sealed.write(&self.connection.bundle_path())?;
        self.note(&Entry::BundleSealed {
            sha256: sealed.sha256().to_owned(),
            application_id: bundle.application.id.clone(),
            secret: bundle.application.secret.fingerprint(&bundle.application.id),
            token: hands.minted.as_ref().map(|minted| minted.details.name.clone()),
            recipients: self.desired.delivery.recipients.clone(),
        })
    }

    fn bundle(&self, hands: &Hands) -> Result<Bundle, Error> {
        let credentials = hands.credentials.as_ref().ok_or(Error::NoSecret)?;
        let wanted = &self.desired.application;
        let metadata = self.observed.metadata.known().ok_or(Error::NoVersion)?;
        Ok(Bundle {
            organization: self.desired.organization.clone(),
            created_at: self.clients.clock.now(),
            instance: bundle::Instance {
                url: self.desired.instance.clone(),
                version: metadata.version_text.clone(),
                edition: metadata.edition,
                plan: self.observed.plan(),
            },
            application: bundle::Application {
                id: credentials.application_id.clone(),
                secret: credentials.secret.clone(),
                name: wanted.name.clone(),
                redirect_uri: wanted.redirect_uri.clone(),
                scopes: wanted.scopes.clone(),
            },
            personal_access_token: self.bundled_token(hands),
            webhook: self.bundled_webhook(),
            network: None,
        })
    }

    fn bundled_token(&self, hands: &Hands) -> Option<bundle::Token> {
        let user = self.observed.user.known().map(|user| user.username.clone()).unwrap_or_default();
        match self.desired.handover.handover {
            Handover::None => None,
            Handover::Given => {
                let details = self.observed.token.known();
                Some(bundle::Token {
                    value: self.token.clone(),
                    scopes: details.map(|details| details.scopes.clone()).unwrap_or_default(),
                    expires_at: details.and_then(|details| details.expires_at),
                    user,
                })
            }
            Handover::Minted => hands.minted.as_ref().map(|minted| bundle::Token {
                value: minted.value.clone(),
                scopes: minted.details.scopes.clone(),
                expires_at: minted.details.expires_at,
                user,
            }),
        }
    }

    fn bundled_webhook(&self) -> bundle::Webhook {
        let DesiredWebhooks { url, strategy, .. } = &self.desired.webhooks;
        let seen = self.observed.hooks.known();
        let targets = seen.map_or(&[][..], |seen| &seen.targets).iter().map(|seen| seen.target.clone());
        bundle::Webhook::new(url.clone(), seen.map_or(*strategy, |seen| seen.strategy), targets)
    }

    /// `--bundle-out`: a copy for the person to carry.
    pub(super) fn write_bundle(&self, path: &Path) -> Result<(), Error> {
        let sealed = SealedBundle::read(&self.connection.bundle_path())?;
        sealed.write(path)?;
        let (sha256, path) = (sealed.sha256().to_owned(), path.to_string_lossy().into_owned());
        self.note(&Entry::BundleWritten { sha256, path })
    }

    /// Sends the bundle as it lies on the disk, so that the same one sent twice is one bundle.
    pub(super) async fn upload(&self, url: &Url, method: UploadMethod) -> Result<Receipt, Error> {
        let sealed = SealedBundle::read(&self.connection.bundle_path())?;
        self.note(&Entry::UploadBundle { sha256: sealed.sha256().to_owned() })?;
        let receipt = self.clients.factory.upload(&sealed, url, method).await?;
        self.note(&Entry::BundleAccepted { sha256: sealed.sha256().to_owned(), id: receipt.id.clone() })?;
        Ok(receipt)
    }
}
