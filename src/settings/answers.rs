//! The answers file: TOML, every key known, no secrets inside.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use strsim::levenshtein;
use toml::Value;

use super::{Definition, Error, Source, Sourced, ValueKind, all, keys};
use crate::files;

/// At most this many bytes are read; an answers file is far smaller.
const LARGEST: u64 = 1 << 20;

/// The answers, with known keys and values of the right kind, as text.
#[derive(Clone, Debug)]
pub struct Answers {
    path: PathBuf,
    values: BTreeMap<&'static str, Vec<String>>,
}

impl Answers {
    /// Reads an answers file.
    ///
    /// # Errors
    /// When it cannot be read, is not TOML, or has an unknown key or a value of the wrong kind.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let unreadable = |why: String| Error::Unreadable { path: path.to_owned(), why };
        let bytes = files::read_up_to(path, LARGEST).map_err(|error| unreadable(error.to_string()))?;
        if bytes.len() as u64 > LARGEST {
            return Err(unreadable(format!("it is larger than {LARGEST} bytes")));
        }
        let text = String::from_utf8(bytes).map_err(|_| unreadable("stream did not contain valid UTF-8".to_owned()))?;
        Self::parse(&text, path.to_owned())
    }

    /// Reads answers from text; `path` is where they are, for messages and for relative paths inside.
    ///
    /// # Errors
    /// As [`Answers::read`].
    pub fn parse(text: &str, path: PathBuf) -> Result<Self, Error> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| Error::NotToml {
            path: path.clone(),
            line: error.span().map_or(1, |span| 1 + text[..span.start.min(text.len())].matches('\n').count()),
            // Only the first line: the others quote the file, which may hold a secret.
            detail: first_line(error.message()),
        })?;
        let mut values = BTreeMap::new();
        for (key, value) in flat(table) {
            let setting = all().find(|setting| setting.key == key).ok_or_else(|| unknown(&path, &key))?;
            values.insert(setting.key, texts(setting, &value, &path)?);
        }
        Ok(Self { path, values })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn list(&self, setting: &'static Definition) -> Option<Sourced<Vec<String>>> {
        let values = self.values.get(setting.key)?;
        let source = Source::AnswersFile { path: self.path.clone(), key: setting.key };
        Some(Sourced::new(values.clone(), source))
    }
}

/// The entries of the file, those of a section with its name and a dot in front: `network.vpc_id`.
fn flat(table: toml::Table) -> Vec<(String, Value)> {
    let is_section = |name: &str| keys::NETWORK_SECTION.strip_suffix('.') == Some(name);
    let entries = table.into_iter().map(|(name, value)| match value {
        Value::Table(section) if is_section(&name) => {
            section.into_iter().map(|(key, value)| (format!("{name}.{key}"), value)).collect()
        }
        value => vec![(name, value)],
    });
    entries.flatten().collect()
}

/// Whether a key was made up for the pre-shared key of a VPN.
fn is_preshared_key(key: &str) -> bool {
    let letters: String = key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    ["presharedkey", "psk"].iter().any(|name| letters.trim_end_matches('s').ends_with(name))
}

/// The error for a key that is not a setting: a secret in the wrong place, or a typing error.
fn unknown(path: &Path, key: &str) -> Error {
    let path = path.to_owned();
    if is_preshared_key(key) {
        return Error::PresharedKeyInFile { path, key: key.to_owned() };
    }
    if key == "network" {
        return Error::WrongType { path, key: "network", expected: "a section, [network]" };
    }
    let in_section = |setting: &&Definition| setting.key.strip_prefix(keys::NETWORK_SECTION) == Some(key);
    if let Some(setting) = all().find(in_section) {
        return Error::UnknownKey { path, key: key.to_owned(), nearest: Some(setting.key) };
    }
    let secrets = all().filter(|setting| setting.kind == ValueKind::Secret);
    if let Some(setting) = secrets.min_by_key(|setting| (!setting.key.contains(key), levenshtein(key, setting.key)))
        && ["token", "secret", "password", "api_key"].iter().any(|word| key.contains(word))
        && !key.ends_with("_file")
    {
        return Error::SecretInFile { path, key: key.to_owned(), instead: setting.key };
    }
    let nearest = all().map(|setting| (levenshtein(key, setting.key), setting.key)).min();
    let nearest = nearest.filter(|(steps, name)| *steps <= 3.max(name.len() / 3)).map(|(_, name)| name);
    Error::UnknownKey { path, key: key.to_owned(), nearest }
}

/// A value as text, by the setting's kind. A list may be given as one text.
fn texts(setting: &'static Definition, value: &Value, path: &Path) -> Result<Vec<String>, Error> {
    let expected = match setting.kind {
        ValueKind::Text | ValueKind::Url | ValueKind::Path | ValueKind::Secret => "a string",
        ValueKind::Number => "a whole number",
        ValueKind::Switch => "true or false",
        ValueKind::List | ValueKind::Paths => "a list of strings",
    };
    let wrong = || Error::WrongType { path: path.to_owned(), key: setting.key, expected };
    let below = |text: &str| beside(path, text);
    match (setting.kind, value) {
        (ValueKind::Text | ValueKind::Url | ValueKind::List, Value::String(text)) => Ok(vec![text.clone()]),
        (ValueKind::Path | ValueKind::Paths | ValueKind::Secret, Value::String(text)) => Ok(vec![below(text)]),
        // The setting itself says what its smallest and largest are.
        (ValueKind::Number, Value::Integer(number)) => Ok(vec![number.to_string()]),
        (ValueKind::Switch, Value::Boolean(on)) => Ok(vec![on.to_string()]),
        (ValueKind::List | ValueKind::Paths, Value::Array(items)) => items
            .iter()
            .map(|item| item.as_str().ok_or_else(wrong))
            .map(|item| item.map(|text| if setting.kind == ValueKind::Paths { below(text) } else { text.to_owned() }))
            .collect(),
        _ => Err(wrong()),
    }
}

/// What is wrong with the file; of a number that is too large the library says what it is in Rust.
fn first_line(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let line = if line.starts_with("invalid type: integer") { "a number is larger than TOML allows" } else { line };
    line.to_owned()
}

/// A path is relative to the answers file, not to the working directory.
fn beside(file: &Path, text: &str) -> String {
    if text == "-" || text == "~" || text.starts_with("~/") || text.contains("://") {
        return text.to_owned();
    }
    file.parent().unwrap_or(Path::new("")).join(text).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(text: &str) -> String {
        Answers::parse(text, "a.toml".into()).expect_err(text).to_string()
    }

    #[test]
    fn a_wrong_file_says_what_is_wrong() {
        for (text, wanted) in [
            (
                "gitlab_ulr = 'x'",
                "the answers file a.toml has an unknown key \"gitlab_ulr\"; did you mean \"gitlab_url\"?",
            ),
            ("groups = ['a']", "the answers file a.toml has an unknown key \"groups\"; did you mean \"group\"?"),
            ("weather = 'fine'", "the answers file a.toml has an unknown key \"weather\""),
            (
                "token = 'abc'",
                "the answers file a.toml holds a secret in \"token\"; put it in a file and name that with token_file",
            ),
            (
                "webhook_secret = 'abc'",
                "the answers file a.toml holds a secret in \"webhook_secret\"; put it in a file and name that with webhook_secret_file",
            ),
            ("timeout = 'soon'", "\"timeout\" in the answers file a.toml has to be a whole number"),
            (
                "timeout = 99999999999999999999",
                "the answers file a.toml is not TOML: line 1: a number is larger than TOML allows",
            ),
            ("personal = 'yes'", "\"personal\" in the answers file a.toml has to be true or false"),
            (
                "[network]\nvpc_cidr = ['10.0.0.0/16']",
                "the answers file a.toml has an unknown key \"network.vpc_cidr\"; did you mean \"network.vpc_cidrs\"?",
            ),
            (
                "vpc_id = 'vpc-0'",
                "the answers file a.toml has an unknown key \"vpc_id\"; did you mean \"network.vpc_id\"?",
            ),
            ("network = 'vpn'", "\"network\" in the answers file a.toml has to be a section, [network]"),
            (
                "[network]\naccount_id = 123456789012",
                "\"network.account_id\" in the answers file a.toml has to be a string",
            ),
            (
                "[network]\npreshared_key = 'hunter2hunter2'",
                "the answers file a.toml holds a pre-shared key in \"network.preshared_key\", which factory-gitlab never takes",
            ),
            (
                "[network]\npreshared_keys = ['hunter2hunter2']",
                "the answers file a.toml holds a pre-shared key in \"network.preshared_keys\", which factory-gitlab never takes",
            ),
            (
                "vpn_psk = 'hunter2hunter2'",
                "the answers file a.toml holds a pre-shared key in \"vpn_psk\", which factory-gitlab never takes",
            ),
            ("group = [1]", "\"group\" in the answers file a.toml has to be a list of strings"),
        ] {
            assert_eq!(failure(text), wanted);
        }
    }

    #[test]
    fn a_broken_file_is_not_quoted() {
        let message = failure("kit = 'k'\ntoken_file = 'hunter2\n");
        assert!(message.starts_with("the answers file a.toml is not TOML: line 2: "), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
    }

    #[test]
    fn every_setting_has_a_key_of_its_own() {
        let mut keys: Vec<&str> = all().map(|setting| setting.key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), all().count());
    }

    #[test]
    fn every_key_outside_the_section_is_the_long_flag_as_the_hint_says() {
        let is_outside = |setting: &&Definition| !setting.key.starts_with(keys::NETWORK_SECTION);
        for setting in all().filter(is_outside) {
            assert_eq!(setting.flag.trim_start_matches('-').replace('-', "_"), setting.key);
        }
    }

    #[test]
    fn a_section_and_its_dotted_keys_are_the_same() {
        let list = |text: &str| {
            let answers = Answers::parse(text, "a.toml".into()).expect("good answers");
            answers.list(&keys::VPC_CIDRS).map(|found| found.value)
        };
        let wanted = Some(vec!["10.0.0.0/16".to_owned()]);
        assert_eq!(list("[network]\nvpc_cidrs = ['10.0.0.0/16']\nssh_port = 2222"), wanted);
        assert_eq!(list("network.vpc_cidrs = '10.0.0.0/16'"), wanted);
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Answers::read(Path::new("/no/such.toml")).expect_err("no such file");
        assert!(error.to_string().starts_with("the answers file /no/such.toml cannot be read: "), "{error}");
    }
}
