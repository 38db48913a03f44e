//! What is known of one setting: names, value, help, the question that asks for it.

use std::ops::Deref;

use clap::builder::PossibleValue;

use super::{Error, Settings, Source};
use crate::secret::{is_quoted, is_unexpanded_variable};

/// What a setting's value is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ValueKind {
    Text,
    Url,
    Number,
    Switch,
    List,
    /// A file; in an answers file it is relative to that file.
    Path,
    Paths,
    /// The flag and the key name a file that holds the secret; the variable holds the secret itself.
    Secret,
}

/// Under which heading the help shows the flag.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Heading {
    /// clap's own, for the options of one command.
    Options,
    Application,
    Webhooks,
    KitOverrides,
    Global,
}

/// Which commands take the flag. The answers file may hold any setting, whatever the command.
#[derive(Clone, Copy, Debug)]
pub enum Commands {
    All,
    /// By name, a subcommand after its command: `kit show`.
    Only(&'static [&'static str]),
}

/// When an answer has to be there.
#[derive(Clone, Copy, Debug)]
pub enum Required {
    Always,
    /// When other settings make it so.
    When(fn(&Settings) -> bool),
    /// There is a default, or it is only asked later.
    Optional,
}

/// Whether a rehearsal (`sandbox COMMAND`), which may reach nothing real, takes a setting.
#[derive(Clone, Copy, Debug)]
pub enum Rehearsal {
    /// By its kind: a URL and a secret name a real system, any other value does not.
    ByKind,
    /// It names a real system, or a key or certificate for one.
    Refused,
    /// It does, except with this value, which means none.
    Only(&'static str),
}

/// How the user is asked for a setting.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    pub prompt: &'static str,
    pub help: &'static str,
}

/// Everything about a setting but the type of its value.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// The answers-file key, which is also clap's identifier of the flag.
    pub key: &'static str,
    /// With its dashes.
    pub flag: &'static str,
    pub short: Option<char>,
    pub variable: Option<&'static str>,
    pub kind: ValueKind,
    /// What stands for the value in the help; empty for a switch.
    pub value_name: &'static str,
    pub help: &'static str,
    pub heading: Heading,
    pub commands: Commands,
    /// The values that are allowed, where there is a list of them.
    pub choices: Option<fn() -> Vec<PossibleValue>>,
    /// What it is, in the list of missing inputs; empty for a setting that is never missing.
    pub name: &'static str,
    pub required: Required,
    pub question: Option<Question>,
    /// Whether a later run may fall back on the recorded choice.
    pub recorded: bool,
    pub rehearsal: Rehearsal,
}

impl Definition {
    /// Whether the answer has to be there before a run begins.
    #[must_use]
    pub fn is_required(&self, settings: &Settings) -> bool {
        match self.required {
            Required::Always => true,
            Required::When(condition) => condition(settings),
            Required::Optional => false,
        }
    }

    /// Whether this value of the setting names something that a rehearsal may not touch.
    #[must_use]
    pub fn is_real(&self, value: &str) -> bool {
        match self.rehearsal {
            Rehearsal::ByKind => matches!(self.kind, ValueKind::Url | ValueKind::Secret),
            Rehearsal::Refused => true,
            Rehearsal::Only(harmless) => value != harmless,
        }
    }
}

/// One setting. Of a list, `T` is the type of one item.
#[derive(Debug)]
pub struct Setting<T: 'static> {
    pub definition: Definition,
    /// Reads one value. The error says what the value has to be; it never repeats the value.
    pub parse: fn(&str) -> Result<T, String>,
}

impl<T> Setting<T> {
    /// Reads one value that came from `source`.
    ///
    /// # Errors
    /// [`Error::Invalid`], which names the source.
    pub fn read(&self, text: &str, source: &Source) -> Result<T, Error> {
        let invalid = |why: String| Error::Invalid { origin: source.clone(), why };
        if let Some(why) = misplaced(self, text) {
            return Err(invalid(why.to_owned()));
        }
        (self.parse)(text).map_err(invalid)
    }
}

/// What else was given where a value is meant: a file's content, a variable's name, quotes. The value is not repeated.
#[must_use]
pub fn misplaced(setting: &Definition, text: &str) -> Option<&'static str> {
    let text = text.trim();
    let is_place = matches!(setting.kind, ValueKind::Path | ValueKind::Paths | ValueKind::Secret | ValueKind::Url);
    let is_content = text.contains('\n') || (is_place && (text.starts_with('{') || text.starts_with("-----BEGIN")));
    let beginning = text.split(['/', '\\']).next().unwrap_or_default();
    if is_content && setting.key == "kit" {
        Some("this is the kit itself; save it in a file and give its path, or give - and pipe the kit in")
    } else if is_content {
        Some("this is the content of a file and not a value; save it in a file and give its path")
    } else if is_quoted(text) {
        Some("it is in quotes; leave them out")
    } else if is_unexpanded_variable(if is_place { beginning } else { text }) {
        Some("it is a variable that was not expanded; give its value")
    } else {
        None
    }
}

/// So that a setting of any type can be given where only its names matter.
impl<T> Deref for Setting<T> {
    type Target = Definition;

    fn deref(&self) -> &Definition {
        &self.definition
    }
}

#[cfg(test)]
mod tests {
    use super::super::keys;
    use super::*;

    #[test]
    fn what_was_given_instead_of_a_value_is_recognized_and_not_repeated() {
        let source = Source::Environment("FACTORY_KIT");
        for (text, wanted) in [
            ("{\"schema\": \"x\", \"secret_token\": \"6f9619ff8b86d011\"}", "this is the kit itself"),
            ("\n{\n}\n", "this is the kit itself"),
            ("$KIT_FILE", "not expanded"),
            ("${KIT_FILE}", "not expanded"),
            ("$HOME/kit.json", "not expanded"),
            ("\"kit.json\"", "in quotes"),
            ("'kit.json'", "in quotes"),
        ] {
            let error = keys::KIT.read(text, &source).expect_err(text).to_string();
            assert!(
                error.starts_with("the variable FACTORY_KIT cannot be used: ") && error.contains(wanted),
                "{error}"
            );
            assert!(!error.contains(text.trim()), "{error}");
        }
        assert!(misplaced(&keys::CA_CERT, "-----BEGIN CERTIFICATE-----").is_some());
        assert!(misplaced(&keys::EXCLUDE, "{legacy,old}/**").is_none(), "a pattern");
        assert!(misplaced(&keys::KIT, "kits/acme $2.json").is_none());
    }
}
