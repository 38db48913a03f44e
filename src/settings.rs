//! Every value the program works with, and where it came from: flag, environment, answers file, record, default.
//!
//! Prompts come after these and before the default; they are the business of `inputs`.

mod answers;
mod recorded;
mod sourced;
mod table;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use url::Url;

use crate::env::Env;
use crate::http;

pub use self::answers::Answers;
pub use self::recorded::RecordedChoices;
pub use self::sourced::{Source, Sourced};
pub use self::table::{ALL, Setting, ValueKind, keys, named};

/// What was typed: the values of each flag, by the setting's key. A switch that was given has the value `true`.
#[derive(Clone, Debug, Default)]
pub struct CliValues {
    values: BTreeMap<&'static str, Vec<String>>,
}

impl CliValues {
    pub fn add(&mut self, setting: &'static Setting, values: Vec<String>) {
        self.values.insert(setting.key, values);
    }
}

/// Why a value cannot be used, or the answers file not be read. Never quotes a value that may be a secret.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Error {
    #[error("the answers file {} cannot be read: {why}", .path.display())]
    Unreadable { path: PathBuf, why: String },
    #[error("the answers file {} is not TOML: line {line}: {detail}", .path.display())]
    NotToml { path: PathBuf, line: usize, detail: String },
    #[error("the answers file {} has an unknown key {key:?}{}", .path.display(), did_you_mean(.nearest.as_ref()))]
    UnknownKey { path: PathBuf, key: String, nearest: Option<&'static str> },
    #[error(
        "the answers file {} holds a secret in {key:?}; put it in a file and name that with {instead}", .path.display()
    )]
    SecretInFile { path: PathBuf, key: String, instead: &'static str },
    #[error("{key:?} in the answers file {} has to be {expected}", .path.display())]
    WrongType { path: PathBuf, key: &'static str, expected: &'static str },
    #[error("{origin} cannot be used: {why}")]
    Invalid { origin: Source, why: String },
}

fn did_you_mean(nearest: Option<&&'static str>) -> String {
    nearest.map(|key| format!("; did you mean {key:?}?")).unwrap_or_default()
}

/// Where a secret was given, before it is read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SecretAt {
    /// A file, or `-` for standard input.
    File(Sourced<PathBuf>),
    Variable(&'static str),
}

/// The layers of settings, looked through from the top each time.
#[derive(Clone)]
pub struct Settings {
    given: CliValues,
    env: Env,
    answers: Option<Answers>,
    recorded: RecordedChoices,
}

impl Settings {
    #[must_use]
    pub fn new(given: CliValues, env: &Env, answers: Option<Answers>) -> Self {
        Self { given, env: env.clone(), answers, recorded: RecordedChoices::default() }
    }

    /// Adds what an earlier run recorded, below everything that was given for this one.
    pub fn remember(&mut self, recorded: RecordedChoices) {
        self.recorded = recorded;
    }

    /// The values of a setting from the highest layer that has it; `None` leaves it to a prompt or the default.
    /// A secret has none here: see [`Settings::secret`].
    #[must_use]
    pub fn list(&self, setting: &'static Setting) -> Option<Sourced<Vec<String>>> {
        if let Some(values) = self.given.values.get(setting.key) {
            return Some(Sourced::new(values.clone(), Source::Flag(setting.flag)));
        }
        if let Some(name) = setting.variable
            && setting.kind != ValueKind::Secret
            && let Some(value) = self.env.var(name)
        {
            return Some(Sourced::new(vec![value.to_owned()], Source::Environment(name)));
        }
        if let Some(found) = self.answers.as_ref().and_then(|answers| answers.list(setting)) {
            return Some(found);
        }
        let recorded = self.recorded.list(setting.key);
        (!recorded.is_empty()).then(|| Sourced::new(recorded, Source::Record))
    }

    /// The one value of a setting.
    #[must_use]
    pub fn text(&self, setting: &'static Setting) -> Option<Sourced<String>> {
        let found = self.list(setting)?;
        let value = found.value.into_iter().next_back()?;
        Some(Sourced::new(value, found.source))
    }

    /// Whether a switch is on; off unless something says otherwise.
    #[must_use]
    pub fn is_enabled(&self, setting: &'static Setting) -> bool {
        self.text(setting).is_some_and(|found| !matches!(found.value.as_str(), "false" | "0" | ""))
    }

    /// A setting read as a type.
    ///
    /// # Errors
    /// [`Error::Invalid`], which points at the place the value came from.
    pub fn parsed<T: FromStr<Err: Display>>(&self, setting: &'static Setting) -> Result<Option<Sourced<T>>, Error> {
        self.text(setting).map(|found| found.parse()).transpose()
    }

    /// A setting read as a type, or its default.
    ///
    /// # Errors
    /// As [`Settings::parsed`].
    pub fn parsed_or<T: FromStr<Err: Display>>(&self, setting: &'static Setting, default: T) -> Result<T, Error> {
        Ok(self.parsed(setting)?.map_or(default, |found| found.value))
    }

    /// Where a secret was given: the flag's file, the variable, the answers file's file. In this order, as for the rest.
    #[must_use]
    pub fn secret(&self, setting: &'static Setting) -> Option<SecretAt> {
        let file = |found: Sourced<String>| SecretAt::File(found.map(PathBuf::from));
        if let Some(path) = self.given.values.get(setting.key).and_then(|values| values.last()) {
            return Some(file(Sourced::new(path.clone(), Source::Flag(setting.flag))));
        }
        if let Some(name) = setting.variable.filter(|name| self.env.var(name).is_some()) {
            return Some(SecretAt::Variable(name));
        }
        let found = self.answers.as_ref()?.list(setting)?;
        Some(file(Sourced::new(found.value.into_iter().next()?, found.source)))
    }

    /// Whether anything says what a setting is, a secret or not.
    #[must_use]
    pub fn is_set(&self, setting: &'static Setting) -> bool {
        match setting.kind {
            ValueKind::Secret => self.secret(setting).is_some(),
            _ => self.list(setting).is_some(),
        }
    }

    #[must_use]
    pub const fn env(&self) -> &Env {
        &self.env
    }

    /// How HTTP is spoken.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a number or an address that is none, or of no use.
    pub fn transport(&self) -> Result<http::ClientOptions, Error> {
        Ok(http::ClientOptions {
            ca_certs: self
                .list(&keys::CA_CERT)
                .map(|found| found.value.into_iter().map(PathBuf::from).collect())
                .unwrap_or_default(),
            client_cert: self.text(&keys::CLIENT_CERT).map(|found| PathBuf::from(found.value)),
            proxy: self.proxy()?,
            timeout: Duration::from_secs(self.positive(&keys::TIMEOUT, 30)?),
            concurrency: usize::try_from(self.positive(&keys::CONCURRENCY, 8)?).unwrap_or(usize::MAX),
            ..http::ClientOptions::default()
        })
    }

    fn proxy(&self) -> Result<http::Proxy, Error> {
        let Some(found) = self.text(&keys::PROXY) else {
            return Ok(http::Proxy::System);
        };
        if found.value == "none" {
            return Ok(http::Proxy::Direct);
        }
        // Not the parser's words: an address may hold a password.
        let wrong = |origin| Error::Invalid { origin, why: "it is no address such as http://proxy:3128".to_owned() };
        let url: Url = found.value.parse().map_err(|_| wrong(found.source.clone()))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(wrong(found.source));
        }
        let except = self.env.var("NO_PROXY").or_else(|| self.env.var("no_proxy")).map(str::to_owned);
        Ok(http::Proxy::Through { url, except })
    }

    fn positive(&self, setting: &'static Setting, default: u64) -> Result<u64, Error> {
        let Some(found) = self.parsed::<u64>(setting)? else {
            return Ok(default);
        };
        if found.value == 0 {
            return Err(Error::Invalid { origin: found.source, why: "it has to be at least 1".to_owned() });
        }
        Ok(found.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(variables: &[(&str, &str)]) -> Env {
        Env::empty().with_variables(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())))
    }

    fn given(setting: &'static Setting, value: &str) -> CliValues {
        let mut given = CliValues::default();
        given.add(setting, vec![value.to_owned()]);
        given
    }

    fn answers(text: &str) -> Option<Answers> {
        Some(Answers::parse(text, "/etc/acme.toml".into()).expect("good answers"))
    }

    #[test]
    fn the_nearest_word_wins() {
        let recorded = RecordedChoices { gitlab_url: Some("https://record".to_owned()), ..RecordedChoices::default() };
        let full_env = env(&[("GITLAB_URL", "https://variable")]);
        let file = || answers("gitlab_url = 'https://file'");
        for (given, env, answers, wanted, source) in [
            (
                given(&keys::GITLAB_URL, "https://flag"),
                full_env.clone(),
                file(),
                "https://flag",
                Source::Flag("--gitlab-url"),
            ),
            (CliValues::default(), full_env, file(), "https://variable", Source::Environment("GITLAB_URL")),
            (
                CliValues::default(),
                env(&[]),
                file(),
                "https://file",
                Source::AnswersFile { path: "/etc/acme.toml".into(), key: "gitlab_url" },
            ),
            (CliValues::default(), env(&[]), None, "https://record", Source::Record),
        ] {
            let mut settings = Settings::new(given, &env, answers);
            settings.remember(recorded.clone());
            assert_eq!(settings.text(&keys::GITLAB_URL), Some(Sourced::new(wanted.to_owned(), source)));
        }
    }

    #[test]
    fn a_secret_is_a_place_and_its_value_is_no_setting() {
        let settings = Settings::new(CliValues::default(), &env(&[("GITLAB_TOKEN", "glpat-x")]), None);
        assert_eq!(settings.secret(&keys::TOKEN), Some(SecretAt::Variable("GITLAB_TOKEN")));
        assert_eq!(settings.list(&keys::TOKEN), None);
        let settings = Settings::new(CliValues::default(), &env(&[]), answers("token_file = 'token'"));
        let Some(SecretAt::File(file)) = settings.secret(&keys::TOKEN) else {
            unreachable!("the answers file names one");
        };
        assert_eq!(file.value, PathBuf::from("/etc/token"), "relative to the answers file");
    }

    #[test]
    fn a_bad_number_points_at_its_place() {
        for (value, wanted) in [
            ("soon", "--timeout cannot be used: invalid digit found in string"),
            ("0", "--timeout cannot be used: it has to be at least 1"),
        ] {
            let settings = Settings::new(given(&keys::TIMEOUT, value), &env(&[]), None);
            assert_eq!(settings.transport().expect_err(value).to_string(), wanted);
        }
    }

    #[test]
    fn a_proxy_is_the_systems_or_the_given_one_or_none() {
        let proxy = |value: &str| {
            Settings::new(given(&keys::PROXY, value), &env(&[("NO_PROXY", "localhost")]), None).transport()
        };
        assert!(matches!(proxy("none").expect("direct").proxy, http::Proxy::Direct));
        let through = proxy("http://proxy:3128").expect("an address").proxy;
        assert!(matches!(through, http::Proxy::Through { except: Some(except), .. } if except == "localhost"));
        for value in ["proxy:3128", "socks", "user:hunter2@host"] {
            let error = proxy(value).expect_err(value).to_string();
            assert_eq!(error, "--proxy cannot be used: it is no address such as http://proxy:3128");
        }
    }

    #[test]
    fn switches_can_be_set_off_again() {
        let settings = Settings::new(CliValues::default(), &env(&[]), answers("personal = false\nrenew_secret = true"));
        assert!(!settings.is_enabled(&keys::PERSONAL));
        assert!(settings.is_enabled(&keys::RENEW_SECRET));
        assert!(!settings.is_enabled(&keys::YES));
    }
}
