//! What was given of GitLab's network, as text: not judged yet.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::NetworkProblem;
use crate::network::{AwsEnd, NetworkMethod};
use crate::settings::{self, Definition, Heading, Setting, Settings, ValueKind, keys};

/// The values of the settings, by key. What has no value is left out.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct GivenNetwork {
    values: BTreeMap<&'static str, Vec<String>>,
    pub method: Option<NetworkMethod>,
    pub aws_end: Option<AwsEnd>,
}

impl GivenNetwork {
    /// Reads all settings of the network.
    ///
    /// # Errors
    /// [`settings::Error`], for what cannot be a value at all: a variable that was not expanded, a file's content.
    pub fn read(settings: &Settings) -> Result<Self, settings::Error> {
        let mut values = BTreeMap::new();
        for setting in keys::network().iter().copied() {
            let Some(source) = settings.source(setting) else { continue };
            let mut texts = Vec::new();
            for text in settings.raw_list(setting) {
                if let Some(why) = settings::misplaced(setting, &text) {
                    return Err(settings::Error::Invalid { origin: source, why: why.to_owned() });
                }
                texts.extend(items(setting, &text));
            }
            if !texts.is_empty() {
                values.insert(setting.key, texts);
            }
        }
        Ok(Self {
            values,
            method: settings.get(&keys::METHOD)?.map(|found| found.value),
            aws_end: settings.get(&keys::AWS_END)?.map(|found| found.value),
        })
    }

    /// One value alone, as it was typed.
    #[must_use]
    pub fn of_one(setting: &'static Setting<String>, text: &str) -> Self {
        Self::default().with(setting, text)
    }

    /// With a value as it was typed.
    #[must_use]
    pub fn with(mut self, setting: &'static Setting<String>, text: &str) -> Self {
        match items(setting, text) {
            texts if texts.is_empty() => self.values.remove(setting.key),
            texts => self.values.insert(setting.key, texts),
        };
        self
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    #[must_use]
    pub fn has(&self, setting: &Definition) -> bool {
        self.values.contains_key(setting.key)
    }

    #[must_use]
    pub fn list(&self, setting: &Setting<String>) -> &[String] {
        self.values.get(setting.key).map_or(&[], Vec::as_slice)
    }

    #[must_use]
    pub fn text(&self, setting: &Setting<String>) -> Option<&str> {
        self.list(setting).last().map(String::as_str)
    }

    /// The values by their names in the answers file, for the bundle and the report.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let entries = keys::network().iter().filter_map(|setting| {
            let texts = self.values.get(setting.key)?;
            let last = || texts.last().cloned().unwrap_or_default();
            let value = match setting.kind {
                ValueKind::List => Value::from(texts.clone()),
                ValueKind::Number => last().parse::<u64>().map_or_else(|_| Value::from(last()), Value::from),
                _ => Value::from(last()),
            };
            Some((name(setting).to_owned(), value))
        });
        Value::Object(entries.collect::<Map<_, _>>())
    }
}

/// The name of a setting below `[network]`.
#[must_use]
pub fn name(setting: &Definition) -> &'static str {
    setting.key.strip_prefix(keys::NETWORK_SECTION).unwrap_or(setting.key)
}

/// The items in one text: those of a list may be separated by blanks or commas, as they are typed.
fn items(setting: &Definition, text: &str) -> Vec<String> {
    let items: Vec<&str> = match setting.kind {
        ValueKind::List => text.split(|c: char| c.is_whitespace() || c == ',').collect(),
        _ => vec![text.trim()],
    };
    items.into_iter().filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

/// The settings that have to be given for a method.
#[must_use]
pub fn needed(method: NetworkMethod, aws_end: AwsEnd) -> Vec<&'static Definition> {
    const AWS: [&Definition; 6] = [
        &keys::VPC_ID.definition,
        &keys::ACCOUNT_ID.definition,
        &keys::REGION.definition,
        &keys::VPC_CIDRS.definition,
        &keys::ROUTE_TABLES.definition,
        &keys::SECURITY_GROUPS.definition,
    ];
    const DEVICE: [&Definition; 4] =
        [&keys::VPN_ADDRESS.definition, &keys::LOCAL_CIDRS.definition, &keys::IKE.definition, &keys::ESP.definition];
    let more: &[&Definition] = match (method, aws_end) {
        (NetworkMethod::VpcPeering, _) | (NetworkMethod::Vpn, AwsEnd::Customer) => &AWS,
        (NetworkMethod::Vpn, AwsEnd::Factory) => &DEVICE,
        (NetworkMethod::Public, _) => &[],
    };
    std::iter::once(&keys::GITLAB_ADDRESSES.definition).chain(more.iter().copied()).collect()
}

/// The settings that a method takes, needed or not, in the order of the table.
pub fn used(method: NetworkMethod, aws_end: AwsEnd) -> impl Iterator<Item = &'static Definition> {
    keys::network().iter().copied().filter(move |setting| match setting.heading {
        Heading::Aws => {
            method == NetworkMethod::VpcPeering || (method == NetworkMethod::Vpn && aws_end == AwsEnd::Customer)
        }
        Heading::Vpn => method == NetworkMethod::Vpn,
        _ => true,
    })
}

/// What was given for another method.
#[must_use]
pub fn unused(given: &GivenNetwork, method: NetworkMethod) -> Vec<NetworkProblem> {
    let aws_end = given.aws_end.unwrap_or_default();
    let is_unused =
        |setting: &&&'static Definition| given.has(setting) && used(method, aws_end).all(|one| one.key != setting.key);
    let of_end = if method == NetworkMethod::Vpn { format!(" and --aws-end {aws_end}") } else { String::new() };
    let problem = |setting: &&'static Definition| NetworkProblem {
        at: name(setting).to_owned(),
        what: format!("not used with --method {method}{of_end}"),
        remedy: "leave it out, or choose the method that it is for".to_owned(),
    };
    keys::network().iter().filter(is_unused).map(problem).collect()
}
