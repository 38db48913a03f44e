//! Lists everything that is missing in one message.

use crate::error::{Failure, Fix};
use crate::settings::{Definition, keys};
use crate::text::counted;

/// Settings without a value, and no terminal to ask on.
#[derive(Debug)]
pub struct Missing {
    settings: Vec<&'static Definition>,
    kit: KitNeed,
}

/// Whether the values of a kit can take its place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum KitNeed {
    KitOrValues,
    Kit,
}

impl Missing {
    /// One setting.
    pub(super) fn of(setting: &'static Definition) -> Self {
        Self { settings: vec![setting], kit: KitNeed::KitOrValues }
    }

    /// Fails unless the list is empty.
    ///
    /// # Errors
    /// A usage error with each setting's flag, variable and answers-file key.
    pub fn none_of(settings: Vec<&'static Definition>) -> Result<(), Failure> {
        Self::none(settings, KitNeed::KitOrValues)
    }

    /// The same for a command that does not work without a kit.
    ///
    /// # Errors
    /// As [`Missing::none_of`].
    pub fn none_of_needing_kit(settings: Vec<&'static Definition>) -> Result<(), Failure> {
        Self::none(settings, KitNeed::Kit)
    }

    fn none(settings: Vec<&'static Definition>, kit: KitNeed) -> Result<(), Failure> {
        if settings.is_empty() { Ok(()) } else { Err(Self { settings, kit }.into()) }
    }
}

/// `--gitlab-url, the variable GITLAB_URL, or gitlab_url in the answers file`.
pub(super) fn places(setting: &Definition) -> String {
    let variable = setting.variable.map(|name| format!(", the variable {name}")).unwrap_or_default();
    format!("{}{variable}, or {} in the answers file", setting.flag, setting.key)
}

/// The values that take the place of a kit.
fn without_kit() -> String {
    let flags: Vec<&str> = keys::KIT_VALUES.iter().map(|setting| setting.flag).collect();
    format!("without a kit, give its values one by one: {}", flags.join(", "))
}

impl From<Missing> for Failure {
    fn from(Missing { settings, kit }: Missing) -> Self {
        let count = counted(settings.len(), "value");
        let failure = Self::usage(format!("missing input: {count}, and no terminal to ask on"));
        let needs_kit = kit == KitNeed::KitOrValues && settings.iter().any(|setting| setting.key == keys::KIT.key);
        let failure = settings
            .into_iter()
            .fold(failure, |failure, setting| failure.fix(Fix::say(format!("{}: {}", setting.name, places(setting)))));
        failure.fixes(needs_kit.then(|| Fix::say(without_kit())))
    }
}
