//! The operating system's keyring. Without one, secrets are not stored; they are never written to a file instead.

use std::time::Duration;

use keyring::v1::{Entry, Error};

use crate::instance::InstanceUrl;
use crate::secret::{Malformed, OAuthSecret, Pat, Secret, SecretKind};

/// The name of the entries in the system's own keyring programs.
const SERVICE: &str = "factory-gitlab";

/// A locked keyring may wait for the user to unlock it; this is how long a request waits.
const TIMEOUT: Duration = Duration::from_secs(3);

/// A kind of secret that may be stored.
pub trait Stored: SecretKind + 'static {
    /// The part of the entry's name that tells the kinds apart.
    const ENTRY: &'static str;
}

impl Stored for Pat {
    const ENTRY: &'static str = "personal-access-token";
}

impl Stored for OAuthSecret {
    const ENTRY: &'static str = "application-secret";
}

/// Whether the keyring may be used (`--keyring off`, `FACTORY_DISABLE_KEYRING`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Use {
    Allowed,
    Disabled,
}

/// The keyring of the current user.
#[derive(Clone, Copy, Debug)]
pub struct CredentialStore {
    used: Use,
}

/// Why the keyring could not be used. Never holds a secret.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CredentialStoreError {
    #[error("the keyring is switched off (--keyring off or FACTORY_DISABLE_KEYRING)")]
    Disabled,
    #[error("this system has no usable keyring: {0}")]
    Unavailable(String),
    #[error("the keyring did not answer within {} s; it may be waiting to be unlocked", .0.as_secs())]
    TimedOut(Duration),
    #[error("the keyring is locked and was not unlocked")]
    Locked,
    #[error("the keyring refused: {0}")]
    Refused(String),
    #[error("the value stored in the keyring cannot be used: {0}")]
    Malformed(Malformed),
}

impl CredentialStore {
    #[must_use]
    pub fn new(used: Use) -> Self {
        Self { used }
    }

    /// Whether the keyring may be used.
    #[must_use]
    pub fn is_used(self) -> bool {
        self.used == Use::Allowed
    }

    /// The stored secret of an instance, if there is one.
    ///
    /// # Errors
    /// [`CredentialStoreError`].
    pub async fn get<K: Stored>(self, instance: &InstanceUrl) -> Result<Option<Secret<K>>, CredentialStoreError> {
        let stored = self
            .ask::<K, _>(instance, |entry| match entry.get_password() {
                Ok(text) => Ok(Some(zeroize::Zeroizing::new(text))),
                Err(Error::NoEntry) => Ok(None),
                Err(error) => Err(error),
            })
            .await?;
        stored.map(|text| Secret::new(&text).map_err(CredentialStoreError::Malformed)).transpose()
    }

    /// Stores a secret and replaces an older one.
    ///
    /// # Errors
    /// [`CredentialStoreError`].
    pub async fn put<K: Stored>(self, instance: &InstanceUrl, secret: &Secret<K>) -> Result<(), CredentialStoreError> {
        let text = zeroize::Zeroizing::new(secret.expose().to_owned());
        self.ask::<K, _>(instance, move |entry| entry.set_password(&text)).await
    }

    /// Deletes a secret; a missing one counts as deleted.
    ///
    /// # Errors
    /// [`CredentialStoreError`].
    pub async fn delete<K: Stored>(self, instance: &InstanceUrl) -> Result<(), CredentialStoreError> {
        self.ask::<K, _>(instance, |entry| match entry.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(error),
        })
        .await
    }

    /// Calls the keyring on a thread of its own: the Secret Service's bus blocks, and would stop the runtime's only thread.
    async fn ask<K: Stored, T: Send + 'static>(
        self,
        instance: &InstanceUrl,
        act: impl FnOnce(&Entry) -> keyring::v1::Result<T> + Send + 'static,
    ) -> Result<T, CredentialStoreError> {
        if self.used == Use::Disabled {
            return Err(CredentialStoreError::Disabled);
        }
        let user = format!("{instance} {}", K::ENTRY);
        let (sender, receiver) = tokio::sync::oneshot::channel();
        std::thread::Builder::new()
            .name("keyring".to_owned())
            .spawn(move || {
                let outcome = Entry::new(SERVICE, &user).and_then(|entry| act(&entry)).map_err(|error| reason(&error));
                // After the timeout there is no receiver.
                drop(sender.send(outcome));
            })
            .map_err(|error| CredentialStoreError::Unavailable(error.to_string()))?;
        match tokio::time::timeout(TIMEOUT, receiver).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(CredentialStoreError::Unavailable("the keyring call ended unexpectedly".to_owned())),
            Err(_) => Err(CredentialStoreError::TimedOut(TIMEOUT)),
        }
    }
}

/// The reason for an error: a system without a store is told apart from a refused entry.
fn reason(error: &Error) -> CredentialStoreError {
    match error {
        Error::NoDefaultStore => match Entry::store_status() {
            Err(why) => CredentialStoreError::Unavailable(why.to_string()),
            Ok(()) => CredentialStoreError::Unavailable(error.to_string()),
        },
        Error::NoStorageAccess(why) if is_locked(&why.to_string()) => CredentialStoreError::Locked,
        Error::NoStorageAccess(why) => CredentialStoreError::Unavailable(why.to_string()),
        other => CredentialStoreError::Refused(other.to_string()),
    }
}

/// Recognizes a lock by the Secret Service's message, because the error has no type for it.
fn is_locked(why: &str) -> bool {
    ["prompt dismissed", "is locked"].iter().any(|words| why.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
    }

    #[test]
    fn a_disabled_keyring_is_reported_as_disabled() {
        let instance: InstanceUrl = "https://gitlab.example".parse().expect("an address");
        let credential_store = CredentialStore::new(Use::Disabled);
        assert_eq!(run(credential_store.get::<Pat>(&instance)).err(), Some(CredentialStoreError::Disabled));
        assert_eq!(run(credential_store.delete::<OAuthSecret>(&instance)).err(), Some(CredentialStoreError::Disabled));
    }

    #[test]
    fn a_missing_store_is_unavailable_and_not_refused() {
        let error = reason(&Error::NoStorageAccess("the session bus is not there".into()));
        assert_eq!(error, CredentialStoreError::Unavailable("the session bus is not there".to_owned()));
        let locked = reason(&Error::NoStorageAccess("SS error: prompt dismissed".into()));
        assert_eq!(locked, CredentialStoreError::Locked);
        assert!(matches!(reason(&Error::TooLong("secret".to_owned(), 5)), CredentialStoreError::Refused(_)));
    }

    #[test]
    fn a_lookup_ends_soon_on_any_machine_and_gives_the_reason() {
        let instance: InstanceUrl = "https://factory-gitlab-test.invalid".parse().expect("an address");
        let clock = crate::env::Env::empty().clock;
        let started = clock.instant();
        match run(CredentialStore::new(Use::Allowed).get::<Pat>(&instance)) {
            Ok(found) => assert!(found.is_none(), "nothing was ever stored for this address"),
            Err(CredentialStoreError::Unavailable(why)) => assert!(!why.is_empty()),
            Err(error) => assert!(matches!(error, CredentialStoreError::TimedOut(_)), "{error}"),
        }
        assert!(clock.instant().duration_since(started) < TIMEOUT * 2);
    }
}
