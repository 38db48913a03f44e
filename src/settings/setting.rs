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
    /// GitLab.com.
    Cloud,
    KitOverrides,
    /// The AWS account that GitLab runs in.
    Aws,
    Vpn,
    Global,
}

/// Which commands take the flag. The answers file may hold any setting, whatever the command.
#[derive(Clone, Copy, Debug)]
pub enum Commands {
    All,
    /// By name, a subcommand after its command: `kit show`.
    Only(&'static [&'static str]),
}

impl Commands {
    /// Whether a command, by its path, is named: a flag that all commands have is none of its own.
    #[must_use]
    pub fn names(&self, path: &str) -> bool {
        matches!(self, Self::Only(paths) if paths.contains(&path))
    }
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
    /// The prompt where Enter keeps a present value, if it is another one.
    pub prompt_to_change: Option<&'static str>,
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

    /// Whether its value is a path. Of a secret it is, since a variable that holds the secret itself is no setting.
    fn takes_path(&self) -> bool {
        matches!(self.kind, ValueKind::Path | ValueKind::Paths | ValueKind::Secret)
    }

    /// A value without what a copy or a file's end leaves around it. A path may begin or end with a space.
    #[must_use]
    pub fn trimmed<'t>(&self, text: &'t str) -> &'t str {
        if self.takes_path() { text.trim_matches(['\r', '\n']) } else { text.trim() }
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
        let text = self.trimmed(text);
        if let Some(why) = misplaced(self, text) {
            return Err(invalid(why.to_owned()));
        }
        (self.parse)(text).map_err(invalid)
    }
}

/// What else was given where a value is meant: a file's content, a path, a variable's name, quotes. The value is not repeated.
#[must_use]
pub fn misplaced(setting: &Definition, text: &str) -> Option<&'static str> {
    let text = text.trim();
    let takes_path = setting.takes_path();
    let is_place = takes_path || setting.kind == ValueKind::Url;
    let is_content = text.contains('\n') || (is_place && (text.starts_with('{') || text.starts_with("-----BEGIN")));
    let beginning = text.split(['/', '\\']).next().unwrap_or_default();
    if is_content && setting.key == "kit" {
        Some("this is the kit itself; save it in a file and give its path, or give - and pipe the kit in")
    } else if is_content && takes_path {
        Some("this is the content of a file and not a value; save it in a file and give its path")
    } else if is_content && setting.key != "kit_signer" {
        Some("this is more than one line, as the content of a file is; give the value alone")
    } else if is_quoted(text) {
        Some("it is in quotes; leave them out")
    } else if is_unexpanded_variable(if is_place { beginning } else { text }) {
        Some("it is a variable that was not expanded; give its value")
    } else if !takes_path && is_path(setting.kind, text) {
        Some("it is a path; give the value itself")
    } else {
        None
    }
}

/// Whether a text is certainly a path. In a list, what begins with a slash may be a group's.
fn is_path(kind: ValueKind, text: &str) -> bool {
    let is_relative = ["./", "../", "~/", ".\\", "..\\"].iter().any(|start| text.starts_with(start));
    is_relative || (text.starts_with('/') && kind != ValueKind::List)
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
        assert!(
            misplaced(&keys::KIT_SIGNER, "untrusted comment: minisign public key\nRWQ").is_none(),
            "the key's file"
        );
        assert!(misplaced(&keys::EXCLUDE, "{legacy,old}/**").is_none(), "a pattern");
        assert!(misplaced(&keys::KIT, "kits/acme $2.json").is_none());
    }

    #[test]
    fn quotes_variables_and_other_files_are_recognized_for_every_setting() {
        for setting in keys::all().filter(|setting| setting.kind != ValueKind::Switch) {
            let why = |text: &str| misplaced(setting, text).unwrap_or_default();
            for quoted in
                ["\"value\"", "'value'", " \"value\"\n", "`value`", "\u{201c}value\u{201d}", "\u{2018}value\u{2019}"]
            {
                assert!(why(quoted).contains("quotes"), "{}: {quoted}", setting.flag);
            }
            for variable in ["$VALUE", "${VALUE}", "%VALUE%", "$VALUE\n"] {
                assert!(why(variable).contains("not expanded"), "{}: {variable}", setting.flag);
            }
            let takes_lines = setting.key == "kit_signer";
            assert_eq!(why("one: 1\ntwo: 2").is_empty(), takes_lines, "{}", setting.flag);
            let is_path = setting.takes_path();
            for path in ["./value", "../value", "~/value"] {
                assert_eq!(why(path).is_empty(), is_path, "{}: {path}", setting.flag);
            }
        }
        assert!(misplaced(&keys::GROUP, "/acme/web").is_none(), "a group's path");
    }

    #[test]
    fn white_space_around_a_value_is_no_part_of_it() {
        let source = Source::Environment("X");
        let url = |text| keys::GITLAB_URL.read(text, &source).map(|url| url.to_string());
        assert_eq!(url(" https://gitlab.acme.com \r\n"), Ok("https://gitlab.acme.com".to_owned()));
        assert_eq!(keys::CONCURRENCY.read("4\n", &source), Ok(4));
        assert_eq!(keys::WEBHOOKS.read("project \n", &source), Ok(crate::target::Strategy::Project));
        assert_eq!(keys::CA_CERT.read("/etc/ca file .pem\n", &source), Ok("/etc/ca file .pem".into()));
        assert_eq!(keys::RECIPIENT.read(" age1x\n", &source), Ok("age1x".to_owned()));
    }
}
