//! Asks again for what has a value already: Enter keeps it.

use super::question::{is_none, prompt, prompt_with_default};
use super::{Interview, secret_file};
use crate::error::{Failure, Fix, FixCommand};
use crate::secret::{Secret, SecretKind};
use crate::settings::{Definition, Setting, Source};
use crate::terminal::prompt::{Ask, YES};

impl Interview<'_> {
    /// Asks for another answer, above what every source has; Enter keeps the present one.
    ///
    /// # Errors
    /// [`super::Missing`], or that the user stopped.
    pub fn ask_again(&self, setting: &'static Definition) -> Result<(), Failure> {
        self.require_terminal(setting)?;
        let present = self.settings.raw_value(setting).map(|given| given.value);
        let typed = self.ask_with(&prompt_with_default(setting, present.as_deref()), setting)?;
        self.settings.answer(setting, if is_none(&typed) { Vec::new() } else { vec![typed] });
        Ok(())
    }

    /// Asks for a value in the place of `present` until one passes `check`. Enter keeps the present one, from wherever it is.
    ///
    /// # Errors
    /// As [`Interview::ask_again`].
    pub async fn replace<T>(
        &self,
        setting: &'static Setting<T>,
        present: Option<&str>,
        mut check: impl AsyncFnMut(&T) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.require_terminal(setting)?;
        let mut at_enter = present.map(str::to_owned);
        loop {
            let typed = self.ask_with(&prompt_with_default(setting, at_enter.as_deref()), setting)?;
            if present == Some(typed.as_str()) {
                return Ok(());
            }
            self.accepted.borrow_mut().remove(setting.key);
            let checked = match setting.read(&typed, &Source::Prompt) {
                Ok(value) => check(&value).await,
                Err(error) => Err(error.into()),
            };
            match checked {
                Ok(()) => {
                    self.settings.answer(setting, vec![typed]);
                    return Ok(());
                }
                Err(failure) => self.refuse(setting, failure, &Source::Prompt)?,
            }
            // What the check offers, if it does.
            at_enter = self.accepted.borrow().get(setting.key).cloned().or(at_enter);
        }
    }

    /// Asks for another secret, above what every source has; Enter keeps the present one.
    ///
    /// # Errors
    /// As [`Interview::ask_again`].
    pub fn replace_secret<K: SecretKind + 'static>(
        &self,
        setting: &'static Definition,
        check: impl Fn(&Secret<K>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.require_terminal(setting)?;
        let first = prompt(setting);
        let prompt = format!("{}, or Enter to keep the present one", first.prompt);
        loop {
            let typed = self.prompter.secret(&Ask { prompt: &prompt, ..first })?;
            if typed.trim().is_empty() {
                return Ok(());
            }
            let read = secret_file::secret(&typed, Source::Prompt).map_err(Failure::from);
            match read.and_then(|secret| check(&secret.value).map(|()| secret)) {
                Ok(secret) => {
                    self.put(setting, secret);
                    return Ok(());
                }
                Err(failure) => self.refuse(setting, failure, &Source::Prompt)?,
            }
        }
    }

    /// Asks a yes-or-no question whose answer is `present` now, which Enter keeps.
    ///
    /// # Errors
    /// When the user stopped.
    pub fn confirm_again(&self, setting: &'static Definition, present: bool) -> Result<bool, Failure> {
        Ok(self.prompter.confirm(&Ask { default: present.then_some(YES), ..prompt(setting) })?)
    }
}

/// A command that gives another value of the setting that is being asked for is an answer to type.
pub(super) fn answerable(mut failure: Failure, flag: &str) -> Failure {
    for fix in &mut failure.fixes {
        if let Some(FixCommand::Rerun(options)) = &fix.command
            && let Some(value) = options.strip_prefix(flag).and_then(|value| value.strip_prefix(' '))
        {
            *fix = Fix::say(format!("{}: {value}", fix.text));
        }
    }
    failure
}
