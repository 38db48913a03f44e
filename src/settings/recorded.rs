//! The choices of an earlier run, as plain data: the caller reads the record, this only answers from it.

use std::collections::BTreeMap;

use super::Definition;

/// The choices of an earlier run, by the setting's key. Empty where there was none; never a secret.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RecordedChoices {
    values: BTreeMap<&'static str, Vec<String>>,
}

impl RecordedChoices {
    /// Adds what the record holds for a setting; nothing where it holds nothing.
    #[must_use]
    pub fn with(mut self, setting: &'static Definition, values: impl IntoIterator<Item: ToString>) -> Self {
        let values: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
        if !values.is_empty() {
            self.values.insert(setting.key, values);
        }
        self
    }

    /// The recorded values of a setting that a later run may fall back on.
    pub(super) fn list(&self, setting: &Definition) -> Option<&[String]> {
        self.values.get(setting.key).filter(|_| setting.recorded).map(Vec::as_slice)
    }
}
