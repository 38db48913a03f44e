//! What the program needs to know: from the settings first, then from the user.
//!
//! An [`Interview`] asks for each setting where its value is needed and checks the answer there. A typed answer that does
//! not hold is explained and asked again; one from a flag, a variable or a file ends the run. Without a terminal to ask on,
//! [`Interview::require`] lists everything that is missing at once, before anything is done.
//!
//! ```text
//! let interview = Interview::new(&settings, prompter, &terminal);
//! interview.require(&[&keys::KIT, &keys::GITLAB_URL, &keys::TOKEN])?;
//! let kit = interview.ask_until(&keys::KIT, async |place| load(place).await).await?;
//! let gitlab = interview.ask_until(&keys::GITLAB_URL, async |url| reach(url).await).await?;
//! if let Some(token) = credential_store.find(&gitlab.value) {
//!     interview.keep(&keys::TOKEN, token);
//! }
//! let (token, user) = interview.secret_until(&keys::TOKEN, async |token| whoami(token).await).await?.value;
//! if interview.approve(&keys::YES)? == Approval::Given { … }
//! ```

mod approval;
mod change;
mod document;
mod missing;
mod question;
mod secret_file;

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use crate::error::{Failure, FailureKind, Fix};
use crate::secret::{Secret, SecretKind};
use crate::settings::{self, Definition, SecretAt, Setting, Settings, Source, Sourced, ValueKind};
use crate::terminal::Terminal;
use crate::terminal::prompt::{Ask, Prompter};

pub use self::approval::Approval;
pub use self::document::{Document, DocumentAt, DocumentError};
pub use self::missing::Missing;
use self::question::{NoneAnswer, help, is_none, prompt, prompt_with_default};
pub use self::secret_file::SecretError;

/// What to do with a pre-shared key that was given to this program.
pub(crate) const PRESHARED_KEY: &str =
    "take it out and enter it on the two VPN devices alone; if others could read it, replace it";

/// Finds answers: in the settings, in the keyring, from the user.
pub struct Interview<'a> {
    settings: &'a Settings,
    prompter: &'a dyn Prompter,
    terminal: &'a Terminal,
    /// Secrets from the keyring, and those that were typed, by the setting's key: nothing is asked twice.
    kept: RefCell<BTreeMap<&'static str, Sourced<Box<dyn Any>>>>,
    /// Answers that were accepted, by the setting's key: where another one is refused, Enter takes them again.
    accepted: RefCell<BTreeMap<&'static str, String>>,
    has_asked: Cell<bool>,
}

impl<'a> Interview<'a> {
    #[must_use]
    pub fn new(settings: &'a Settings, prompter: &'a dyn Prompter, terminal: &'a Terminal) -> Self {
        Self {
            settings,
            prompter,
            terminal,
            kept: RefCell::default(),
            accepted: RefCell::default(),
            has_asked: Cell::default(),
        }
    }

    #[must_use]
    pub fn settings(&self) -> &'a Settings {
        self.settings
    }

    #[must_use]
    pub fn prompter(&self) -> &'a dyn Prompter {
        self.prompter
    }

    /// Whether the user was asked for anything.
    #[must_use]
    pub fn has_asked(&self) -> bool {
        self.has_asked.get()
    }

    /// Offers a secret from the keyring. It comes after flag, variable and answers file, and before the prompt.
    pub fn keep<K: SecretKind + 'static>(&self, setting: &'static Definition, secret: Secret<K>) {
        self.put(setting, Sourced::new(secret, Source::Keyring));
    }

    fn put<K: SecretKind + 'static>(&self, setting: &'static Definition, secret: Sourced<Secret<K>>) {
        let secret = secret.map(|secret| Box::new(secret) as Box<dyn Any>);
        self.kept.borrow_mut().insert(setting.key, secret);
    }

    /// Whether a setting has a value without asking.
    #[must_use]
    pub fn is_set(&self, setting: &'static Definition) -> bool {
        self.settings.is_set(setting) || self.kept.borrow().contains_key(setting.key)
    }

    /// Without a terminal to ask on: checks that every setting that is required has a value.
    ///
    /// # Errors
    /// A usage error that lists everything that is missing.
    pub fn require(&self, settings: &[&'static Definition]) -> Result<(), Failure> {
        if self.prompter.can_ask() {
            return Ok(());
        }
        Missing::none_of(settings.iter().copied().filter(|setting| self.is_missing(setting)).collect())
    }

    /// Whether a setting that is required has no value.
    #[must_use]
    pub fn is_missing(&self, setting: &'static Definition) -> bool {
        setting.is_required(self.settings) && !self.is_set(setting)
    }

    /// The value of a setting, from its sources or from the user, that passes `check`; what the check returns is the
    /// answer.
    ///
    /// # Errors
    /// The check's failure, [`Missing`], or that the user stopped.
    pub async fn ask_until<T, U>(
        &self,
        setting: &'static Setting<T>,
        check: impl AsyncFnMut(&Sourced<T>) -> Result<U, Failure>,
    ) -> Result<Sourced<U>, Failure> {
        self.find(setting, NoneAnswer::IsAnAnswer, check).await?.ok_or_else(|| self.missing(setting))
    }

    /// The same for a setting that the user may say there is none of, with Enter alone or "none".
    ///
    /// # Errors
    /// As [`Interview::ask_until`].
    pub async fn ask_optional<T, U>(
        &self,
        setting: &'static Setting<T>,
        check: impl AsyncFnMut(&Sourced<T>) -> Result<U, Failure>,
    ) -> Result<Option<Sourced<U>>, Failure> {
        if self.settings.is_declined(setting) {
            return Ok(None);
        }
        self.find(setting, NoneAnswer::Declines, check).await
    }

    /// The failure where a setting has no value.
    #[must_use]
    pub fn missing(&self, setting: &'static Definition) -> Failure {
        Missing::of(setting).into()
    }

    async fn find<T, U>(
        &self,
        setting: &'static Setting<T>,
        none: NoneAnswer,
        mut check: impl AsyncFnMut(&Sourced<T>) -> Result<U, Failure>,
    ) -> Result<Option<Sourced<U>>, Failure> {
        let mut answer = self.settings.raw_value(setting);
        loop {
            let given = match answer.take() {
                Some(given) => given,
                None => self.ask(setting)?,
            };
            let source = given.source.clone();
            if source.is_prompt() && none == NoneAnswer::Declines && is_none(&given.value) {
                self.settings.answer(setting, Vec::new());
                return Ok(None);
            }
            let checked = match setting.read(&given.value, &source) {
                Ok(value) => check(&Sourced::new(value, source.clone())).await,
                Err(error) => Err(error.into()),
            };
            match checked {
                Ok(value) => {
                    self.accepted.borrow_mut().insert(setting.key, given.value.clone());
                    if source.is_prompt() {
                        self.settings.answer(setting, vec![given.value]);
                    }
                    return Ok(Some(Sourced::new(value, source)));
                }
                Err(failure) => self.refuse(setting, failure, &source)?,
            }
        }
    }

    /// A secret, from its sources or from the user, that passes `check`.
    ///
    /// # Errors
    /// As [`Interview::ask_until`], and when a file or variable does not hold a secret.
    pub async fn secret_until<K: SecretKind + 'static, T>(
        &self,
        setting: &'static Definition,
        mut check: impl AsyncFnMut(&Secret<K>) -> Result<T, Failure>,
    ) -> Result<Sourced<(Secret<K>, T)>, Failure> {
        let mut answer = self.find_secret(setting)?;
        loop {
            let given = match answer.take() {
                Some(given) => given,
                None => self.ask_secret(setting)?,
            };
            match check(&given.value).await {
                Ok(value) => {
                    if given.source.is_prompt() {
                        self.put(setting, given.clone());
                    }
                    return Ok(given.map(|secret| (secret, value)));
                }
                Err(failure) => self.refuse(setting, failure, &given.source)?,
            }
        }
    }

    /// A secret that is not checked here.
    ///
    /// # Errors
    /// As [`Interview::secret_until`].
    pub async fn secret<K: SecretKind + 'static>(
        &self,
        setting: &'static Definition,
    ) -> Result<Sourced<Secret<K>>, Failure> {
        let found = self.secret_until(setting, async |_: &Secret<K>| Ok(())).await?;
        Ok(found.map(|(secret, ())| secret))
    }

    /// A secret, if one was given; it is not asked for.
    ///
    /// # Errors
    /// When a file or variable was named that does not hold one.
    pub fn find_secret<K: SecretKind + 'static>(
        &self,
        setting: &'static Definition,
    ) -> Result<Option<Sourced<Secret<K>>>, Failure> {
        let kept = self.kept(setting);
        // What was typed replaces what was given.
        if let Some(typed) = kept.as_ref().filter(|kept| kept.source.is_prompt()) {
            return Ok(Some(typed.clone()));
        }
        match self.settings.secret(setting) {
            Some(SecretAt::File(file)) => Ok(Some(secret_file::read(setting, file, self.terminal)?)),
            Some(SecretAt::Variable(name)) => Ok(Some(self.in_variable(name)?)),
            None => Ok(kept),
        }
    }

    fn in_variable<K: SecretKind>(&self, name: &'static str) -> Result<Sourced<Secret<K>>, SecretError> {
        secret_file::secret(self.settings.env().var(name).unwrap_or_default(), Source::Environment(name))
    }

    fn kept<K: SecretKind + 'static>(&self, setting: &'static Definition) -> Option<Sourced<Secret<K>>> {
        let kept = self.kept.borrow();
        let found = kept.get(setting.key)?;
        Some(Sourced::new(found.value.downcast_ref::<Secret<K>>()?.clone(), found.source.clone()))
    }

    /// Forgets a secret that was typed or comes from the keyring, so that it is asked for again.
    pub fn forget(&self, setting: &'static Definition) {
        self.kept.borrow_mut().remove(setting.key);
    }

    /// Whether the user can correct an answer from this source.
    fn is_correctable(&self, source: &Source) -> bool {
        self.prompter.can_ask() && matches!(source, Source::Prompt | Source::Record | Source::Keyring)
    }

    /// Explains why answers were refused that belong together. One of them was typed, so all can be given again; otherwise the
    /// failure ends the run.
    ///
    /// # Errors
    /// The failure.
    pub fn refuse_together(&self, failure: Failure, sources: &[&Source]) -> Result<(), Failure> {
        if failure.kind == FailureKind::Interrupted || !sources.iter().any(|source| self.is_correctable(source)) {
            return Err(failure);
        }
        self.prompter.refuse(&failure);
        Ok(())
    }

    /// Asks a yes-or-no question, whatever the settings say; no is the default.
    ///
    /// # Errors
    /// When the user stopped.
    pub fn confirm(&self, setting: &'static Definition) -> Result<bool, Failure> {
        Ok(self.prompter.confirm(&prompt(setting))?)
    }

    fn ask(&self, setting: &'static Definition) -> Result<Sourced<String>, Failure> {
        self.require_terminal(setting)?;
        let accepted = self.accepted.borrow().get(setting.key).cloned();
        let typed = self.ask_with(&prompt_with_default(setting, accepted.as_deref()), setting)?;
        Ok(Sourced::new(typed, Source::Prompt))
    }

    fn ask_with(&self, ask: &Ask<'_>, setting: &'static Definition) -> Result<String, Failure> {
        self.has_asked.set(true);
        loop {
            let typed = self.prompter.text(ask)?;
            match typed.trim() {
                "?" | "help" => self.prompter.say(&help(setting)),
                path if setting.kind == ValueKind::Path => return Ok(self.settings.env().expand(path)),
                answer => return Ok(answer.to_owned()),
            }
        }
    }

    fn ask_secret<K: SecretKind>(&self, setting: &'static Definition) -> Result<Sourced<Secret<K>>, Failure> {
        self.require_terminal(setting)?;
        self.has_asked.set(true);
        loop {
            let typed = self.prompter.secret(&prompt(setting))?;
            match secret_file::secret(&typed, Source::Prompt) {
                Ok(secret) => return Ok(secret),
                Err(error) => self.prompter.refuse(&error.into()),
            }
        }
    }

    /// What Enter takes when the setting is asked for the next time.
    pub fn offer(&self, setting: &'static Definition, answer: String) {
        self.accepted.borrow_mut().insert(setting.key, answer);
    }

    fn require_terminal(&self, setting: &'static Definition) -> Result<(), Failure> {
        Missing::none_of(if self.prompter.can_ask() { Vec::new() } else { vec![setting] })
    }

    /// An answer that was typed, or only recorded, is explained and asked again. All others end the run.
    fn refuse(&self, setting: &Definition, failure: Failure, source: &Source) -> Result<(), Failure> {
        if self.is_correctable(source) {
            return self.refuse_together(change::answerable(failure, setting.flag), &[source]);
        }
        Err(failure)
    }
}

/// Where the keys of the answers file are found. Below `[network]` lists have their own names.
fn key_hint(key: &str) -> Fix {
    let section = settings::keys::NETWORK_SECTION;
    let names = || settings::keys::network().iter().map(|setting| setting.key.trim_start_matches(section));
    if key.starts_with(section) {
        return Fix::say(format!("the keys below [network] are {}", names().collect::<Vec<_>>().join(", ")));
    }
    Fix::run(
        "every key is the long flag with _ for -; what network plan takes stands below [network]",
        "factory-gitlab connect --help",
    )
}

impl From<settings::Error> for Failure {
    fn from(error: settings::Error) -> Self {
        let failure = Self::usage(error.to_string());
        match error {
            // The user has just typed it and knows where it came from.
            settings::Error::Invalid { origin: Source::Prompt, why } => Self::usage(why),
            settings::Error::UnknownKey { key, .. } => failure.fix(key_hint(&key)),
            settings::Error::SecretInFile { .. } => {
                failure.fix(Fix::say("if it was a real secret and others can read the file, replace the secret"))
            }
            settings::Error::PresharedKeyInFile { .. } => failure.fix(Fix::say(PRESHARED_KEY)),
            settings::Error::Unreadable { .. }
            | settings::Error::NotToml { .. }
            | settings::Error::WrongType { .. }
            | settings::Error::Invalid { .. } => failure,
        }
    }
}

#[cfg(test)]
mod tests;
