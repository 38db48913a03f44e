//! What an earlier run left on this machine: its record, and the token in the keyring.

use super::{Context, diagnostics};
use crate::credential_store::{CredentialStore, CredentialStoreError, Use};
use crate::error::Failure;
use crate::inputs::{Interview, questions};
use crate::instance::InstanceUrl;
use crate::journal::Store;
use crate::secret::{Pat, PersonalAccessToken};
use crate::settings::{RecordedChoices, Settings, keys};

/// Where this machine's records lie.
///
/// # Errors
/// Wrong use, where the system has no place for them.
pub(super) fn store(context: &Context<'_>) -> Result<Store, Failure> {
    Store::new(context.env.state_dir.clone()).map_err(|error| diagnostics::journal(&error))
}

/// The settings, with what the one connection that was made from here says of itself below them. With several, or with
/// another instance named, nothing is assumed.
///
/// # Errors
/// When the folder of the records is there and cannot be listed.
pub(super) fn settings(context: &Context<'_>, store: &Store) -> Result<Settings, Failure> {
    let mut settings = context.settings.clone();
    let mut records = Vec::new();
    for connection in store.connections().map_err(|error| diagnostics::journal(&error))? {
        match connection.choices() {
            Ok(record) => records.push(record),
            // It may be another instance's. If it is this one's, it is read again, and that is an error.
            Err(error) => context.terminal.warn(&format!("a record of an earlier run was left aside: {error}")),
        }
    }
    if let Some(named) = settings.text(&keys::GITLAB_URL) {
        let named = named.value.parse::<InstanceUrl>().map(|url| url.to_string()).ok();
        records.retain(|record| record.instance == named);
    }
    if let [record] = records.as_slice() {
        settings.remember(RecordedChoices {
            gitlab_url: record.instance.clone(),
            kit: record.kit.clone(),
            webhooks: record.strategy.map(|strategy| strategy.to_string()),
            groups: record.groups.clone(),
            projects: record.projects.clone(),
            exclude: record.exclude.clone(),
            personal: record.personal.then_some(true),
            ..RecordedChoices::default()
        });
    }
    Ok(settings)
}

/// The keyring, as far as the settings and the environment let it be used.
pub(super) fn credential_store(context: &Context<'_>, settings: &Settings) -> CredentialStore {
    let off = settings.text(&keys::KEYRING).is_some_and(|said| said.value == "off");
    CredentialStore::new(if off || context.env.is_on("FACTORY_DISABLE_KEYRING") { Use::Disabled } else { Use::Allowed })
}

/// Offers the token in the keyring, where the instance is known and nothing else gives one. A keyring that is not there is
/// no error: the token is asked for, or missing.
pub(super) async fn offer_token(context: &Context<'_>, interview: &Interview<'_>) {
    let settings = interview.settings();
    let known = settings.text(&keys::GITLAB_URL).and_then(|given| given.value.parse::<InstanceUrl>().ok());
    let Some(instance) = known.filter(|_| !interview.is_set(&questions::TOKEN)) else { return };
    offer_token_of(&instance, context, interview).await;
}

/// The same for an address that was only just given.
pub(super) async fn offer_token_of(instance: &InstanceUrl, context: &Context<'_>, interview: &Interview<'_>) {
    if interview.is_set(&questions::TOKEN) {
        return;
    }
    let stored: Result<Option<PersonalAccessToken>, _> =
        credential_store(context, interview.settings()).get(instance).await;
    match stored {
        Ok(Some(token)) => interview.keep::<Pat>(&questions::TOKEN, token),
        Ok(None) => {}
        // Not to have one is nothing special, unless it was asked for.
        Err(error @ (CredentialStoreError::Disabled | CredentialStoreError::Unavailable(_)))
            if !is_asked_for(interview.settings()) =>
        {
            tracing::debug!(%error, "the keyring was not read");
        }
        Err(error) => context.terminal.warn(&format!("the keyring was not read: {error}")),
    }
}

/// Whether `--keyring store` was said.
pub(super) fn is_asked_for(settings: &Settings) -> bool {
    settings.text(&keys::KEYRING).is_some_and(|said| said.value == "store")
}
