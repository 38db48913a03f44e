//! What an earlier run left on this machine: its record, and the token in the keyring.
//!
//! This module and the settings' `recorded` define which settings a run records and what a later run takes from them.

use url::Url;

use super::kit::KitPlace;
use super::{Context, diagnostics};
use crate::credential_store::{CredentialStore, CredentialStoreError, Use};
use crate::desired::{BundleRoute, Desired, DesiredWebhooks, Personal, Selection};
use crate::env_vars;
use crate::error::Failure;
use crate::inputs::Interview;
use crate::instance::{InstanceUrl, is_bare};
use crate::journal::{KitPin, Record, RunEntry, Store};
use crate::secret::{Pat, PersonalAccessToken};
use crate::settings::{KeyringUse, RecordedChoices, Settings, keys};

/// The folder of this machine's records.
///
/// # Errors
/// A usage error where the system has no such folder.
pub(super) fn store(context: &Context<'_>) -> Result<Store, Failure> {
    Store::new(context.env.state_dir.clone()).map_err(|error| diagnostics::journal(&error))
}

/// The settings, with the recorded choices of this machine's only connection below them. With several connections, or
/// with another instance named, nothing is assumed.
///
/// # Errors
/// When the folder of the records exists and cannot be listed.
pub(super) fn settings(context: &Context<'_>, store: &Store) -> Result<Settings, Failure> {
    let mut settings = context.settings.clone();
    let mut records = Vec::new();
    for connection in store.connections().map_err(|error| diagnostics::journal(&error))? {
        match connection.choices() {
            // An exercise alone makes no choices.
            Ok(record) if record.instance.is_none() => {}
            Ok(record) => records.push(record),
            // It may be another instance's. If it is this one's, it is read again, and that is an error.
            Err(error) => context.terminal.warn(&format!("ignoring an unreadable record of an earlier run: {error}")),
        }
    }
    // An invalid URL is an error where it is asked for; in this search it only means that no record matches.
    if let Some(named) = settings.get(&keys::GITLAB_URL).transpose() {
        let named = named.ok().map(|url| url.value.to_string());
        records.retain(|record| record.instance == named);
    }
    // A connection to GitLab.com beside another one is meant only where it is named.
    let wants_cloud = settings.is_enabled(&keys::CLOUD);
    let is_wanted = |record: &Record| record.cloud.is_some() == wants_cloud;
    if wants_cloud || records.iter().any(is_wanted) {
        records.retain(is_wanted);
    }
    if let [record] = records.as_slice() {
        settings.remember(recorded(record));
    }
    Ok(settings)
}

/// The settings with the recorded choices of exactly this connection: those of another organization on the same instance are
/// not ours.
///
/// # Errors
/// Where the system has no folder for records.
pub(super) fn settings_of(
    context: &Context<'_>,
    instance: &InstanceUrl,
    organization: &str,
) -> Result<Settings, Failure> {
    // An unreadable record is an error where it is opened.
    let record = store(context)?.connection(instance, organization).choices().unwrap_or_default();
    Ok(settings_of_record(context, &record))
}

/// What a later run may fall back on.
fn recorded(record: &Record) -> RecordedChoices {
    RecordedChoices::default()
        .with(&keys::GITLAB_URL, &record.instance)
        .with(&keys::KIT, &record.kit)
        .with(&keys::WEBHOOKS, record.strategy)
        .with(&keys::GROUP, &record.groups)
        .with(&keys::PROJECT, &record.projects)
        .with(&keys::EXCLUDE, &record.exclude)
        .with(&keys::PERSONAL, record.personal.then_some(true))
        .with(&keys::HANDOVER_TOKEN, record.handover)
        .with(&keys::REDIRECT_URI, kit_values(record, "application.redirect_uri"))
        .with(&keys::SCOPE, kit_values(record, "application.scopes"))
        .with(&keys::WEBHOOK_URL, addresses(record, "webhook.url"))
        .with(&keys::RECIPIENT, kit_values(record, "bundle.recipients"))
        .with(&keys::UPLOAD_URL, addresses(record, "bundle.upload_url"))
        .with(&keys::BUNDLE_OUT, &record.bundle_out)
}

/// The selection that a later run falls back on.
pub(super) fn recorded_selection(record: &Record) -> Selection {
    Selection {
        groups: record.groups.clone(),
        projects: record.projects.clone(),
        exclude_patterns: record.exclude.clone(),
        personal: if record.personal { Personal::Included } else { Personal::LeftOut },
        ..Selection::default()
    }
}

/// What was accepted of the values that were given one by one. A kit is read again from its place.
fn kit_values<'r>(record: &'r Record, field: &str) -> &'r [String] {
    record.kit_pin.as_ref().filter(|_| record.without_kit).map(|pin| pin.trusted.values(field)).unwrap_or_default()
}

/// Addresses as they were given: of one with a query, which may be a key, only a digest is recorded.
fn addresses<'r>(record: &'r Record, field: &str) -> Vec<&'r String> {
    let is_whole = |value: &&String| Url::parse(value).is_ok_and(|url| is_bare(&url));
    kit_values(record, field).iter().filter(is_whole).collect()
}

/// The settings with what this connection recorded, for a command that works on one of its files.
pub(super) fn settings_of_record(context: &Context<'_>, record: &Record) -> Settings {
    let mut settings = context.settings.clone();
    settings.remember(recorded(record));
    settings
}

/// The journal's first entry of a run, with the choices that a later run may fall back on.
pub(super) fn began(desired: &Desired, place: &KitPlace) -> RunEntry {
    let DesiredWebhooks { strategy, selection, .. } = &desired.webhooks;
    let file = match &desired.delivery.way {
        BundleRoute::File(path) => Some(path.to_string_lossy().into_owned()),
        BundleRoute::Upload(_) | BundleRoute::None => None,
    };
    RunEntry::Began {
        instance: desired.instance.to_string(),
        organization: desired.organization.id.clone(),
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        strategy: *strategy,
        groups: selection.groups.clone(),
        projects: selection.projects.clone(),
        exclude: selection.exclude_patterns.clone(),
        personal: selection.personal == Personal::Included,
        kit: place.path().map(str::to_owned),
        without_kit: *place == KitPlace::WithoutKit,
        bundle_out: file.filter(|_| *place == KitPlace::WithoutKit),
        handover: desired.handover.choice,
    }
}

/// Whether a run with these choices would record what is recorded already; the place of the kit aside.
pub(super) fn has_same_choices(record: &Record, desired: &Desired) -> bool {
    let place = match &record.kit {
        Some(place) => KitPlace::At(place.clone()),
        None if record.without_kit => KitPlace::WithoutKit,
        None => KitPlace::NotRecorded,
    };
    let begun = Record::begun(began(desired, &place));
    recorded(&Record { kit_pin: record.kit_pin.clone(), ..begun }) == recorded(record)
}

/// The kit that was accepted for another organization of the same instance from the same place: a kit that suddenly names
/// another organization is a changed one, and not a first one.
///
/// # Errors
/// When the folder of the records exists and cannot be listed.
pub(super) fn pin_of_place(
    store: &Store,
    instance: &InstanceUrl,
    place: Option<&str>,
) -> Result<Option<KitPin>, Failure> {
    let Some(place) = place else { return Ok(None) };
    find_pin(store, |record| {
        record.instance.as_deref() == Some(instance.as_str())
            && record.kit.as_deref().is_some_and(|kit| is_same_place(kit, place))
    })
}

/// The pin of a kit for GitLab.com. Such a kit says itself which instance it is for, and which organization: a changed one
/// must not get round its pin by naming others. So an accepted kit of the same organization counts, and one from the same place.
///
/// # Errors
/// As [`pin_of_place`].
pub(super) fn pin_of_cloud(store: &Store, organization: &str, place: Option<&str>) -> Result<Option<KitPin>, Failure> {
    find_pin(store, |record| {
        let is_place = match (record.kit.as_deref(), place) {
            (Some(recorded), Some(place)) => is_same_place(recorded, place),
            (None, None) => record.cloud.is_some(),
            (Some(_), None) | (None, Some(_)) => false,
        };
        is_place || (record.cloud.is_some() && record.organization.as_deref() == Some(organization))
    })
}

fn find_pin(store: &Store, is_held_to: impl Fn(&Record) -> bool) -> Result<Option<KitPin>, Failure> {
    let connections = store.connections().map_err(|error| diagnostics::journal(&error))?;
    let records = connections.iter().filter_map(|connection| connection.choices().ok());
    Ok(records.filter(is_held_to).find_map(|record| record.kit_pin))
}

/// Whether two spellings name one file or address.
fn is_same_place(one: &str, other: &str) -> bool {
    let real = |place: &str| std::fs::canonicalize(place).ok();
    one == other || real(one).is_some_and(|path| real(other) == Some(path))
}

/// The keyring, unless `--keyring off` or the environment disables it.
///
/// # Errors
/// A usage error for another value of `--keyring`.
pub(super) fn credential_store(context: &Context<'_>, settings: &Settings) -> Result<CredentialStore, Failure> {
    let is_off = settings.get_or(&keys::KEYRING, KeyringUse::default())? == KeyringUse::Off;
    let is_disabled = is_off || context.env.is_on(env_vars::DISABLE_KEYRING);
    Ok(CredentialStore::new(if is_disabled { Use::Disabled } else { Use::Allowed }))
}

/// Offers the token in the keyring, where the instance is known and nothing else gives one. A missing keyring is not an
/// error: the token is asked for, or missing.
///
/// # Errors
/// As [`credential_store`].
pub(super) async fn offer_token(context: &Context<'_>, interview: &Interview<'_>) -> Result<KeyringSeen, Failure> {
    match interview.settings().get(&keys::GITLAB_URL) {
        Ok(Some(instance)) => offer_token_of(&instance.value, context, interview).await,
        // A wrong URL is an error where it is asked for.
        Ok(None) | Err(_) => Ok(KeyringSeen::Unusable),
    }
}

/// What was found in the keyring.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum KeyringSeen {
    /// There is none here, it is switched off, or it was not looked at.
    Unusable,
    Empty,
    HoldsToken,
}

/// The same for an instance whose URL was only just given.
///
/// # Errors
/// As [`credential_store`].
pub(super) async fn offer_token_of(
    instance: &InstanceUrl,
    context: &Context<'_>,
    interview: &Interview<'_>,
) -> Result<KeyringSeen, Failure> {
    if interview.is_set(&keys::TOKEN) {
        return Ok(KeyringSeen::Unusable);
    }
    let settings = interview.settings();
    let stored: Result<Option<PersonalAccessToken>, _> = credential_store(context, settings)?.get(instance).await;
    match stored {
        Ok(Some(token)) => {
            interview.keep::<Pat>(&keys::TOKEN, token);
            return Ok(KeyringSeen::HoldsToken);
        }
        Ok(None) => return Ok(KeyringSeen::Empty),
        // Most machines in CI have no keyring: worth a warning only where one was asked for.
        Err(error @ (CredentialStoreError::Disabled | CredentialStoreError::Unavailable(_)))
            if !is_store_requested(settings)? =>
        {
            tracing::debug!(%error, "the keyring was not read");
        }
        Err(error) => context.terminal.warn(&format!("the keyring was not read: {error}")),
    }
    Ok(KeyringSeen::Unusable)
}

/// Whether `--keyring store` was given.
///
/// # Errors
/// As [`credential_store`].
pub(super) fn is_store_requested(settings: &Settings) -> Result<bool, Failure> {
    Ok(settings.get_or(&keys::KEYRING, KeyringUse::default())? == KeyringUse::Store)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::env::Env;
    use crate::kit::{Handover, Kit, Overrides};
    use crate::secret::WebhookToken;
    use crate::settings::{self, CliValues, Definition};
    use crate::target::Strategy;

    #[test]
    fn the_record_answers_exactly_the_settings_that_are_recorded() {
        let text = |text: &str| Some(text.to_owned());
        let record = Record {
            instance: text("https://gitlab.acme.com"),
            kit: text("/etc/kit.json"),
            strategy: Some(Strategy::Project),
            groups: vec!["platform".to_owned()],
            projects: vec!["tools/ci".to_owned()],
            exclude: vec!["platform/legacy/**".to_owned()],
            personal: true,
            handover: Some(Handover::Minted),
            ..Record::default()
        };
        let mut settings = Settings::new(CliValues::default(), &Env::empty(), None);
        settings.remember(recorded(&record));
        let of_kit = |setting: &Definition| keys::recorded_together(setting).iter().any(|one| one.key == keys::KIT.key);
        for setting in settings::all() {
            assert_eq!(settings.is_set(setting), setting.recorded && !of_kit(setting), "{}", setting.key);
        }
        assert_eq!(settings.get_or(&keys::WEBHOOKS, Strategy::Auto), Ok(Strategy::Project));
    }

    #[test]
    fn without_a_kit_the_accepted_values_are_recorded_and_no_address_that_may_be_a_key() {
        let given = |url: &str| Some(url.parse().expect("a URL"));
        let overrides = Overrides {
            redirect_uri: Some("https://factory.example/callback".to_owned()),
            webhook_url: given("https://factory.example/hook"),
            webhook_secret: Some(WebhookToken::new("6f9619ff8b86d011").expect("a token")),
            recipients: vec!["age1abc".to_owned()],
            upload_url: given("https://factory.example/bundles?key=k"),
            ..Overrides::default()
        };
        let kit = Kit::from_overrides(&overrides).expect("all values");
        let pin =
            |kit: &Kit| KitPin { fingerprint: String::new(), trusted: kit.trusted(), key_origins: BTreeSet::new() };
        let record = Record { without_kit: true, kit_pin: Some(pin(&kit)), ..Record::default() };
        let mut settings = Settings::new(CliValues::default(), &Env::empty(), None);
        settings.remember(recorded(&record));
        assert_eq!(settings.list(&keys::RECIPIENT), Ok(kit.bundle.recipients.clone()));
        assert_eq!(
            settings.get(&keys::WEBHOOK_URL).map(|found| found.map(|found| found.value)),
            Ok(Some(kit.webhook.url))
        );
        assert!(keys::has_no_kit(&settings));
        assert!(!settings.is_set(&keys::UPLOAD_URL), "its query may be a key");
    }
}
