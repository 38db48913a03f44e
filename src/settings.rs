//! Every value the program works with, and where it came from: flag, environment, answers file, record, default.
//!
//! A setting is declared once, in [`keys`]: its names, its help, its type, the question that asks for it. The command line,
//! the answers file, the list of missing inputs and the README's table are made from that. Prompts come after these sources
//! and before the default; `inputs` asks them.

mod answers;
mod flags;
pub mod keys;
mod parse;
mod recorded;
mod setting;
mod sourced;
mod typed;
mod values;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::env::Env;
use crate::env_vars;
use crate::http;
use crate::secret::shown_place;

pub use self::answers::Answers;
pub use self::parse::{at_most_a_year, duration};
pub use self::recorded::RecordedChoices;
pub use self::setting::{Commands, Definition, Heading, Question, Rehearsal, Required, Setting, ValueKind, misplaced};
pub use self::sourced::{Source, Sourced};
use self::typed::TypedAnswers;
pub use self::values::{ApplicationMode, KeyringUse, KitSigner, ProxyChoice};

/// The definition of every setting, in the order of the help.
pub fn all() -> impl Iterator<Item = &'static Definition> {
    keys::all()
}

/// The variables of all settings. Most can hold a secret (a kit as text, a password in a proxy's address), so no child
/// process gets any of them.
#[must_use]
pub fn variables() -> Vec<&'static str> {
    all().filter_map(|setting| setting.variable).collect()
}

/// What was typed: the values of each flag, by the setting's key. A switch that was given has the value `true`.
#[derive(Clone, Debug, Default)]
pub struct CliValues {
    values: BTreeMap<&'static str, Vec<String>>,
}

impl CliValues {
    pub fn add(&mut self, setting: &'static Definition, values: Vec<String>) {
        self.values.insert(setting.key, values);
    }

    #[must_use]
    pub fn has(&self, setting: &'static Definition) -> bool {
        self.values.contains_key(setting.key)
    }
}

/// Why a value cannot be used, or the answers file not be read. Never quotes a value that may be a secret.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Error {
    #[error("the answers file {} cannot be read: {why}", shown_place(.path))]
    Unreadable { path: PathBuf, why: String },
    #[error("the answers file {} is not TOML: line {line}: {detail}", .path.display())]
    NotToml { path: PathBuf, line: usize, detail: String },
    #[error("the answers file {} has an unknown key {key:?}{}", .path.display(), did_you_mean(.nearest.as_ref()))]
    UnknownKey { path: PathBuf, key: String, nearest: Option<&'static str> },
    #[error(
        "the answers file {} holds a secret in {key:?}; put it in a file and name that with {instead}", .path.display()
    )]
    SecretInFile { path: PathBuf, key: String, instead: &'static str },
    #[error(
        "the answers file {} holds a pre-shared key in {key:?}, which factory-gitlab never takes", .path.display()
    )]
    PresharedKeyInFile { path: PathBuf, key: String },
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

/// The sources of settings, asked in order of precedence each time.
#[derive(Clone)]
pub struct Settings {
    given: CliValues,
    env: Env,
    answers: Option<Answers>,
    recorded: RecordedChoices,
    /// Above all other sources: they are asked for where nothing else has a value, or to change it.
    typed: TypedAnswers,
}

impl Settings {
    #[must_use]
    pub fn new(given: CliValues, env: &Env, answers: Option<Answers>) -> Self {
        Self { given, env: env.clone(), answers, recorded: RecordedChoices::default(), typed: TypedAnswers::default() }
    }

    /// Adds what an earlier run recorded, below everything that was given for this one.
    pub fn remember(&mut self, recorded: RecordedChoices) {
        self.recorded = recorded;
    }

    /// Takes the user's answer, for all clones. An empty one says that there is none.
    pub fn answer(&self, setting: &'static Definition, values: Vec<String>) {
        self.typed.put(setting, values);
    }

    /// All answers of the user, in the order of the table.
    #[must_use]
    pub fn answers(&self) -> Vec<(&'static Definition, Vec<String>)> {
        all().filter_map(|setting| Some((setting, self.typed.list(setting)?))).collect()
    }

    /// Forgets the user's answer: the other sources count again.
    pub fn forget_answer(&self, setting: &'static Definition) {
        self.typed.remove(setting);
    }

    /// Whether the user said that there is none.
    #[must_use]
    pub fn is_declined(&self, setting: &'static Definition) -> bool {
        self.typed.list(setting).is_some_and(|values| values.is_empty())
    }

    /// The value of a setting from the first source that has it; `None` leaves it to a prompt or the default.
    /// A secret's value is not a setting: see [`Settings::secret`].
    ///
    /// # Errors
    /// [`Error::Invalid`], which names the place the value came from.
    pub fn get<T>(&self, setting: &'static Setting<T>) -> Result<Option<Sourced<T>>, Error> {
        let Some(Sourced { value, source }) = self.raw_value(setting) else { return Ok(None) };
        Ok(Some(Sourced { value: setting.read(&value, &source)?, source }))
    }

    /// The value alone, or its default.
    ///
    /// # Errors
    /// As [`Settings::get`].
    pub fn get_or<T>(&self, setting: &'static Setting<T>, default: T) -> Result<T, Error> {
        Ok(self.get(setting)?.map_or(default, |found| found.value))
    }

    /// All values of a setting that may be repeated; empty where none is given.
    ///
    /// # Errors
    /// As [`Settings::get`].
    pub fn list<T>(&self, setting: &'static Setting<T>) -> Result<Vec<T>, Error> {
        let Some(Sourced { value, source }) = self.raw(setting) else { return Ok(Vec::new()) };
        value.iter().map(|text| setting.read(text, &source)).collect()
    }

    /// The text of a setting, not yet read as its type: for an interview, which may ask for another one.
    #[must_use]
    pub fn raw_value(&self, setting: &'static Definition) -> Option<Sourced<String>> {
        let Sourced { value, source } = self.raw(setting)?;
        Some(Sourced::new(value.into_iter().next_back()?, source))
    }

    /// All texts of a setting that may be repeated, not yet read as its type.
    #[must_use]
    pub fn raw_list(&self, setting: &'static Definition) -> Vec<String> {
        self.raw(setting).map(|found| found.value).unwrap_or_default()
    }

    /// Where a setting's value comes from.
    #[must_use]
    pub fn source(&self, setting: &'static Definition) -> Option<Source> {
        self.as_given(setting).map(|found| found.source)
    }

    /// Whether a switch is on; off unless something says otherwise.
    #[must_use]
    pub fn is_enabled(&self, setting: &'static Setting<bool>) -> bool {
        // The text of a switch can always be read.
        self.get(setting).is_ok_and(|found| found.is_some_and(|found| found.value))
    }

    /// The text of a setting from the first source that has it; of a path, with the user's folder in the place of `~`.
    fn raw(&self, setting: &'static Definition) -> Option<Sourced<Vec<String>>> {
        let found = self.as_given(setting)?;
        Some(match setting.kind {
            ValueKind::Path | ValueKind::Paths => {
                found.map(|values| values.iter().map(|value| self.env.expand(value)).collect())
            }
            _ => found,
        })
    }

    fn as_given(&self, setting: &'static Definition) -> Option<Sourced<Vec<String>>> {
        match self.given_now(setting) {
            // The user said that there is none.
            Some(Sourced { value, source: Source::Prompt }) if value.is_empty() => None,
            Some(found) => Some(found),
            None => self.of_record(setting),
        }
    }

    /// What an earlier run recorded, unless it is replaced as a whole by what is given for this one.
    fn of_record(&self, setting: &'static Definition) -> Option<Sourced<Vec<String>>> {
        if keys::recorded_together(setting).iter().any(|one| self.given_now(one).is_some()) {
            return None;
        }
        self.recorded.list(setting).map(|values| Sourced::new(values.to_vec(), Source::Record))
    }

    /// The first setting of these that was given for this run, and where.
    pub fn first_given(&self, of: impl Fn(&Definition) -> bool) -> Option<(&'static Definition, Source)> {
        let given = |setting: &'static Definition| Some((setting, self.given_now(setting)?.source));
        all().filter(|setting| of(setting)).find_map(given)
    }

    /// The text of a setting from the first source above the record.
    fn given_now(&self, setting: &'static Definition) -> Option<Sourced<Vec<String>>> {
        if let Some(values) = self.typed.list(setting) {
            return Some(Sourced::new(values, Source::Prompt));
        }
        if let Some(values) = self.given.values.get(setting.key) {
            return Some(Sourced::new(values.clone(), Source::Flag(setting.flag)));
        }
        if let Some(name) = setting.variable
            && setting.kind != ValueKind::Secret
            && let Some(value) = self.env.var(name)
        {
            return Some(Sourced::new(vec![value.to_owned()], Source::Environment(name)));
        }
        self.answers.as_ref().and_then(|answers| answers.list(setting))
    }

    /// Where a secret was given: the flag's file, the variable, the answers file's file. In this order, as for the rest.
    #[must_use]
    pub fn secret(&self, setting: &'static Definition) -> Option<SecretAt> {
        let file = |found: Sourced<String>| {
            SecretAt::File(found.map(|path| PathBuf::from(self.env.expand(setting.trimmed(&path)))))
        };
        if let Some(path) = self.given.values.get(setting.key).and_then(|values| values.last()) {
            return Some(file(Sourced::new(path.clone(), Source::Flag(setting.flag))));
        }
        if let Some(name) = setting.variable.filter(|name| self.env.var(name).is_some()) {
            return Some(SecretAt::Variable(name));
        }
        let found = self.answers.as_ref()?.list(setting)?;
        Some(file(Sourced::new(found.value.into_iter().next()?, found.source)))
    }

    /// Whether any source has a setting, a secret or not.
    #[must_use]
    pub fn is_set(&self, setting: &'static Definition) -> bool {
        if setting.kind == ValueKind::Secret { self.secret(setting).is_some() } else { self.raw(setting).is_some() }
    }

    /// Every place that names something real, whether it would win or not: what a rehearsal refuses.
    #[must_use]
    pub fn real_systems(&self) -> Vec<Source> {
        all().flat_map(|setting| self.real_sources(setting)).collect()
    }

    fn real_sources(&self, setting: &'static Definition) -> impl Iterator<Item = Source> {
        let is_real = |values: &[String]| values.iter().any(|value| setting.is_real(value));
        let typed = self.given.values.get(setting.key).filter(|values| is_real(values));
        let variable = setting.variable.filter(|name| self.env.var(name).is_some_and(|value| setting.is_real(value)));
        let answers = self.answers.as_ref().and_then(|answers| answers.list(setting));
        let answers = answers.filter(|found| is_real(&found.value)).map(|found| found.source);
        let typed = typed.map(|_| Source::Flag(setting.flag));
        typed.into_iter().chain(variable.map(Source::Environment)).chain(answers)
    }

    #[must_use]
    pub const fn env(&self) -> &Env {
        &self.env
    }

    /// The options of the HTTP client.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a number or an address that cannot be used.
    pub fn transport(&self) -> Result<http::ClientOptions, Error> {
        Ok(http::ClientOptions {
            ca_certs: self.list(&keys::CA_CERT)?,
            factory_ca_certs: self.list(&keys::FACTORY_CA_CERT)?,
            client_cert: self.get(&keys::CLIENT_CERT)?.map(|found| found.value),
            header_file: self.get(&keys::HEADER_FILE)?.map(|found| found.value),
            proxy: self.proxy()?,
            timeout: self.get_or(&keys::TIMEOUT, Duration::from_secs(30))?,
            concurrency: self.get_or(&keys::CONCURRENCY, 8)?,
            reach: self.env.reach.clone(),
            ..http::ClientOptions::default()
        })
    }

    /// The hosts that `NO_PROXY` names.
    fn no_proxy(&self) -> Option<String> {
        env_vars::NO_PROXY_SPELLINGS.iter().find_map(|name| self.env.var(name)).map(str::to_owned)
    }

    /// The proxy of the usual variables, read as the program's own; where none is set, the system's settings. Plain http is
    /// for loopback addresses only, so the proxy for https is the one that counts.
    fn system_proxy(&self) -> Result<http::Proxy, Error> {
        let set = env_vars::HTTPS_PROXY_SPELLINGS.iter().find_map(|name| Some((*name, self.env.var(name)?)));
        let Some((name, given)) = set else { return Ok(http::Proxy::System) };
        let source = Source::Environment(name);
        Ok(match keys::PROXY.read(given, &source)? {
            ProxyChoice::Direct => http::Proxy::Direct,
            ProxyChoice::Through(url) => http::Proxy::Through { url, except: self.no_proxy() },
        })
    }

    fn proxy(&self) -> Result<http::Proxy, Error> {
        Ok(match self.get(&keys::PROXY)?.map(|found| found.value) {
            None => self.system_proxy()?,
            Some(ProxyChoice::Direct) => http::Proxy::Direct,
            Some(ProxyChoice::Through(url)) => http::Proxy::Through { url, except: self.no_proxy() },
        })
    }
}

#[cfg(test)]
mod tests;
