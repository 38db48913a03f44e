//! What the program needs to know, from wherever it can be had: settings first, then the person.
//!
//! An [`Interview`] asks each [`Question`] where the answer is needed and checks the answer there. A typed answer that
//! does not hold is explained and asked again; one from a flag, a variable or a file ends the run. Where nobody can be
//! asked, [`Interview::require`] lists everything that is missing at once, before anything is done.
//!
//! ```text
//! let interview = Interview::new(&settings, prompter, &terminal);
//! interview.require(&[&questions::KIT, &questions::GITLAB_URL, &questions::TOKEN])?;
//! let kit = interview.ask_until(&questions::KIT, async |source| load(source).await).await?;
//! let gitlab = interview.ask_until(&questions::GITLAB_URL, async |url| reach(url.clone().parse()?).await).await?;
//! if let Some(token) = credential_store.find(&gitlab.value) {
//!     interview.keep(&questions::TOKEN, token);
//! }
//! let (token, user) = interview.secret_until(&questions::TOKEN, async |token| whoami(token).await).await?.value;
//! if interview.approve(&questions::YES)? == Approval::Given { … }
//! ```

mod document;
mod missing;
mod question;
mod secret_file;

use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use crate::error::{Failure, FailureKind, Fix};
use crate::secret::{Secret, SecretKind};
use crate::settings::{self, SecretAt, Settings, Source, Sourced};
use crate::terminal::Terminal;
use crate::terminal::prompt::{Ask, Prompter};

pub use self::document::{Document, DocumentAt, DocumentError};
pub use self::missing::Missing;
pub use self::question::{ALL, Question, Required, questions};
pub use self::secret_file::SecretError;

/// A person's word on a plan.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Approval {
    Given,
    Refused,
}

/// Finds answers: in the settings, in the keyring, from the person.
pub struct Interview<'a> {
    settings: &'a Settings,
    prompter: &'a dyn Prompter,
    terminal: &'a Terminal,
    /// Secrets from the keyring, and those that were typed, by the question's key: nothing is asked twice.
    kept: RefCell<BTreeMap<&'static str, Sourced<Box<dyn Any>>>>,
}

impl<'a> Interview<'a> {
    #[must_use]
    pub fn new(settings: &'a Settings, prompter: &'a dyn Prompter, terminal: &'a Terminal) -> Self {
        Self { settings, prompter, terminal, kept: RefCell::default() }
    }

    #[must_use]
    pub fn settings(&self) -> &'a Settings {
        self.settings
    }

    #[must_use]
    pub fn prompter(&self) -> &'a dyn Prompter {
        self.prompter
    }

    /// Offers a secret from the keyring. It comes after flag, variable and answers file, and before the prompt.
    pub fn keep<K: SecretKind + 'static>(&self, question: &'static Question, secret: Secret<K>) {
        self.put(question, Sourced::new(secret, Source::Keyring));
    }

    fn put<K: SecretKind + 'static>(&self, question: &'static Question, secret: Sourced<Secret<K>>) {
        let secret = secret.map(|secret| Box::new(secret) as Box<dyn Any>);
        self.kept.borrow_mut().insert(question.setting.key, secret);
    }

    /// Whether the answer is there without asking.
    #[must_use]
    pub fn is_set(&self, question: &'static Question) -> bool {
        self.settings.is_set(question.setting) || self.kept.borrow().contains_key(question.setting.key)
    }

    /// Where nobody can be asked: checks that everything is there which has to be.
    ///
    /// # Errors
    /// Wrong use, with everything that is missing.
    pub fn require(&self, questions: &[&'static Question]) -> Result<(), Failure> {
        if self.prompter.can_ask() {
            return Ok(());
        }
        let wanted = |question: &&'static Question| question.is_required(self.settings) && !self.is_set(question);
        Missing::none_of(questions.iter().copied().filter(wanted).collect())
    }

    /// A text, from the settings or the person, that holds up to `check`; what the check makes of it is the answer.
    ///
    /// # Errors
    /// The check's failure, [`Missing`], or that the person stopped.
    pub async fn ask_until<T>(
        &self,
        question: &'static Question,
        mut check: impl AsyncFnMut(&Sourced<String>) -> Result<T, Failure>,
    ) -> Result<Sourced<T>, Failure> {
        let mut answer = self.settings.text(question.setting);
        loop {
            let given = match answer.take() {
                Some(given) => given,
                None => self.ask(question, None)?,
            };
            match check(&given).await {
                Ok(value) => return Ok(Sourced::new(value, given.source)),
                Err(failure) => self.refuse(failure, &given.source)?,
            }
        }
    }

    /// A secret, from wherever it may be given, that holds up to `check`.
    ///
    /// # Errors
    /// As [`Interview::ask_until`], and when a file or variable does not hold a secret.
    pub async fn secret_until<K: SecretKind + 'static, T>(
        &self,
        question: &'static Question,
        mut check: impl AsyncFnMut(&Secret<K>) -> Result<T, Failure>,
    ) -> Result<Sourced<(Secret<K>, T)>, Failure> {
        let mut answer = self.find_secret(question)?;
        loop {
            let given = match answer.take() {
                Some(given) => given,
                None => self.ask_secret(question)?,
            };
            match check(&given.value).await {
                Ok(value) => {
                    if given.source.is_prompt() {
                        self.put(question, given.clone());
                    }
                    return Ok(given.map(|secret| (secret, value)));
                }
                Err(failure) => self.refuse(failure, &given.source)?,
            }
        }
    }

    /// A secret that is not checked here.
    ///
    /// # Errors
    /// As [`Interview::secret_until`].
    pub async fn secret<K: SecretKind + 'static>(
        &self,
        question: &'static Question,
    ) -> Result<Sourced<Secret<K>>, Failure> {
        let found = self.secret_until(question, async |_: &Secret<K>| Ok(())).await?;
        Ok(found.map(|(secret, ())| secret))
    }

    /// A secret if it is there without asking.
    ///
    /// # Errors
    /// When a file or variable was named that does not hold one.
    pub fn find_secret<K: SecretKind + 'static>(
        &self,
        question: &'static Question,
    ) -> Result<Option<Sourced<Secret<K>>>, Failure> {
        match self.settings.secret(question.setting) {
            Some(SecretAt::File(file)) => Ok(Some(secret_file::read(question.setting, file, self.terminal)?)),
            Some(SecretAt::Variable(name)) => Ok(Some(self.in_variable(name)?)),
            None => Ok(self.kept(question)),
        }
    }

    fn in_variable<K: SecretKind>(&self, name: &'static str) -> Result<Sourced<Secret<K>>, SecretError> {
        let source = Source::Environment(name);
        match Secret::new(self.settings.env().var(name).unwrap_or_default()) {
            Ok(secret) => Ok(Sourced::new(secret, source)),
            Err(why) => Err(SecretError::Malformed { origin: source, why }),
        }
    }

    fn kept<K: SecretKind + 'static>(&self, question: &'static Question) -> Option<Sourced<Secret<K>>> {
        let kept = self.kept.borrow();
        let found = kept.get(question.setting.key)?;
        Some(Sourced::new(found.value.downcast_ref::<Secret<K>>()?.clone(), found.source.clone()))
    }

    /// A choice by name: from the settings, else from the person, else the first.
    ///
    /// # Errors
    /// When the settings name something else, or the person stopped.
    pub fn choose<T: FromStr<Err: Display>>(
        &self,
        question: &'static Question,
        choices: Vec<(T, String)>,
    ) -> Result<Option<Sourced<T>>, Failure> {
        if let Some(found) = self.settings.parsed(question.setting)? {
            return Ok(Some(found));
        }
        let (mut values, labels): (Vec<T>, Vec<String>) = choices.into_iter().unzip();
        if values.is_empty() {
            return Ok(None);
        }
        if !self.prompter.can_ask() {
            return Ok(Some(Sourced::new(values.swap_remove(0), Source::Default)));
        }
        let at = self.prompter.choose(&question.ask(None), &labels)?;
        Ok((at < values.len()).then(|| Sourced::new(values.swap_remove(at), Source::Prompt)))
    }

    /// Any of `items`: what the settings list, else what the person picks, else none.
    ///
    /// # Errors
    /// When the person stopped.
    pub fn choose_many(&self, question: &'static Question, items: &[String]) -> Result<Sourced<Vec<String>>, Failure> {
        if let Some(found) = self.settings.list(question.setting) {
            return Ok(found);
        }
        if !self.prompter.can_ask() || items.is_empty() {
            return Ok(Sourced::new(Vec::new(), Source::Default));
        }
        let picked = self.prompter.choose_many(&question.ask(None), items)?;
        let names = picked.into_iter().filter_map(|at| items.get(at).cloned()).collect();
        Ok(Sourced::new(names, Source::Prompt))
    }

    /// Approval: given by the settings, or by the person, who is asked; without both it is missing.
    ///
    /// # Errors
    /// [`Missing`], or that the person stopped.
    pub fn approve(&self, question: &'static Question) -> Result<Approval, Failure> {
        if self.settings.is_enabled(question.setting) {
            return Ok(Approval::Given);
        }
        if !self.prompter.can_ask() {
            Missing::none_of(vec![question])?;
        }
        let yes = self.prompter.confirm(&question.ask(None))?;
        Ok(if yes { Approval::Given } else { Approval::Refused })
    }

    /// Asks for a line of text, whatever the settings say; `default` is taken when nothing is typed.
    ///
    /// # Errors
    /// [`Missing`], or that the person stopped.
    pub fn ask(&self, question: &'static Question, default: Option<&str>) -> Result<Sourced<String>, Failure> {
        if !self.prompter.can_ask() {
            Missing::none_of(vec![question])?;
        }
        let typed = self.prompter.text(&question.ask(default))?;
        Ok(Sourced::new(typed.trim().to_owned(), Source::Prompt))
    }

    fn ask_secret<K: SecretKind>(&self, question: &'static Question) -> Result<Sourced<Secret<K>>, Failure> {
        if !self.prompter.can_ask() {
            Missing::none_of(vec![question])?;
        }
        loop {
            let typed = self.prompter.secret(&question.ask(None))?;
            match Secret::new(&typed) {
                Ok(secret) => return Ok(Sourced::new(secret, Source::Prompt)),
                Err(why) => self.prompter.refuse(&SecretError::Malformed { origin: Source::Prompt, why }.into()),
            }
        }
    }

    /// An answer that a person gave, or that was only recorded, is explained and asked again. All others end the run.
    fn refuse(&self, failure: Failure, source: &Source) -> Result<(), Failure> {
        let correctable = matches!(source, Source::Prompt | Source::Record | Source::Keyring);
        if failure.kind == FailureKind::Interrupted || !correctable || !self.prompter.can_ask() {
            return Err(failure);
        }
        self.prompter.refuse(&failure);
        Ok(())
    }
}

impl Question {
    /// The question as it is asked, with what is taken when nothing is typed.
    #[must_use]
    pub fn ask<'q>(&'static self, default: Option<&'q str>) -> Ask<'q> {
        Ask { key: self.setting.key, prompt: self.prompt, help: Some(self.help), default }
    }
}

impl From<settings::Error> for Failure {
    fn from(error: settings::Error) -> Self {
        let failure = Self::usage(error.to_string());
        match error {
            settings::Error::UnknownKey { .. } => {
                failure.fix(Fix::run("every key is the long flag with _ for -", "factory-gitlab connect --help"))
            }
            settings::Error::SecretInFile { .. } => {
                failure.fix(Fix::say("if it was a real secret and others can read the file, replace the secret"))
            }
            _ => failure,
        }
    }
}

#[cfg(test)]
mod tests;
