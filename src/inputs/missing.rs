//! Lists everything that is missing in one message.

use crate::error::{Failure, Fix};
use crate::settings::Definition;
use crate::text::counted;

/// Settings without a value, and no terminal to ask on.
#[derive(Debug)]
pub struct Missing(Vec<&'static Definition>);

impl Missing {
    /// Fails unless the list is empty.
    ///
    /// # Errors
    /// A usage error with each setting's flag, variable and answers-file key.
    pub fn none_of(settings: Vec<&'static Definition>) -> Result<(), Failure> {
        if settings.is_empty() { Ok(()) } else { Err(Self(settings).into()) }
    }
}

/// `--gitlab-url, the variable GITLAB_URL, or gitlab_url in the answers file`.
fn places(setting: &Definition) -> String {
    let variable = setting.variable.map(|name| format!(", the variable {name}")).unwrap_or_default();
    format!("{}{variable}, or {} in the answers file", setting.flag, setting.key)
}

impl From<Missing> for Failure {
    fn from(Missing(settings): Missing) -> Self {
        let count = counted(settings.len(), "value");
        let failure = Self::usage(format!("missing input: {count}, and no terminal to ask on"));
        settings
            .into_iter()
            .fold(failure, |failure, setting| failure.fix(Fix::say(format!("{}: {}", setting.name, places(setting)))))
    }
}
