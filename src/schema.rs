//! The JSON Schema (draft 2020-12) of each document that the program reads or writes for others.
//!
//! Each is a file in `schema/`, without what follows from its name; what documents share is in `schema/common.json`. The
//! properties of the answers file come from the table of settings. The program's own files (journal, log, what `monitor` and
//! `network plan` keep) have no schema: only the program reads them.

mod answers;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};
use strsim::levenshtein;

/// The dialect of every schema.
pub const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// What documents share, by name.
const COMMON: &str = include_str!("schema/common.json");

/// A document that has a schema.
#[derive(Debug)]
pub struct DocumentSchema {
    pub name: &'static str,
    /// The file.
    text: &'static str,
}

/// Declares the documents, each with its file.
macro_rules! documents {
    ($($name:literal)+) => {
        /// Every document, in the order in which they are listed: what is given and handed over, then the reports.
        pub const ALL: &[DocumentSchema] =
            &[$(DocumentSchema { name: $name, text: include_str!(concat!("schema/", $name, ".json")) }),+];
    };
}

documents! {
    "kit"
    "answers-file"
    "bundle"
    "cloud-grant"
    "report"
    "connect"
    "exercise"
    "monitor-event"
    "audit"
    "disconnect"
    "disconnect-evidence"
    "rotate"
    "network-plan"
    "status"
    "checks"
    "kit-check"
    "kit-show"
    "bundle-inspect"
    "bundle-upload"
    "schemas"
    "error"
}

/// Every version is the first.
const VERSION: &str = "v1";

/// A schema as it is printed: first what it is, last what it refers to.
#[derive(Debug, Serialize)]
pub struct PrintedSchema {
    #[serde(rename = "$schema")]
    dialect: &'static str,
    #[serde(rename = "$id")]
    id: String,
    title: Value,
    description: Value,
    #[serde(flatten)]
    rest: Map<String, Value>,
    #[serde(rename = "$defs", skip_serializing_if = "BTreeMap::is_empty")]
    definitions: BTreeMap<String, Value>,
}

impl DocumentSchema {
    /// As it is listed: `kit/v1`.
    #[must_use]
    pub fn versioned(&self) -> String {
        format!("{}/{VERSION}", self.name)
    }

    /// The value of the document's member `schema`.
    #[must_use]
    pub fn marker(&self) -> String {
        format!("factory-gitlab/{}", self.versioned())
    }

    /// What the document is, in a line.
    #[must_use]
    pub fn title(&self) -> String {
        self.file().get("title").and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// The whole schema, without references to others.
    #[must_use]
    pub fn printed(&self) -> PrintedSchema {
        let mut rest = self.file();
        let mut take = |name: &str| rest.remove(name).unwrap_or_default();
        let (title, description) = (take("title"), take("description"));
        if self.name == answers::NAME {
            answers::describe(&mut rest);
        }
        let mut definitions = BTreeMap::new();
        rest.values().for_each(|value| add_definitions(value, &object(COMMON), &mut definitions));
        let id = format!("urn:factory-gitlab:{}:{VERSION}", self.name);
        PrintedSchema { dialect: DIALECT, id, title, description, rest, definitions }
    }

    /// The fields of a document that the schema does not have, by their paths (`answers[0].color`).
    #[must_use]
    pub fn unknown_fields(&self, document: &Value) -> Vec<String> {
        let mut found = Vec::new();
        add_unknown(document, &Value::Object(self.file()), "", &mut found);
        found
    }

    fn file(&self) -> Map<String, Value> {
        object(self.text)
    }
}

/// The object in a file of this program; a test reads them all.
fn object(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}

/// Adds the members of a value that its schema does not name. The path is the value's, empty for the document.
fn add_unknown(value: &Value, schema: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            let Some(known) = schema.get("properties") else { return };
            for (name, member) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                match known.get(name) {
                    Some(schema) => add_unknown(member, schema, &path, found),
                    None => found.push(path),
                }
            }
        }
        Value::Array(items) => {
            let Some(schema) = schema.get("items") else { return };
            for (number, item) in items.iter().enumerate() {
                add_unknown(item, schema, &format!("{path}[{number}]"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
    }
}

/// Adds what a value refers to, and what that refers to.
fn add_definitions(value: &Value, common: &Map<String, Value>, into: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(members) => {
            let name = members.get("$ref").and_then(Value::as_str).and_then(|at| at.strip_prefix("#/$defs/"));
            if let Some((name, definition)) = name.and_then(|name| common.get_key_value(name))
                && into.insert(name.clone(), definition.clone()).is_none()
            {
                add_definitions(definition, common, into);
            }
            members.values().for_each(|value| add_definitions(value, common, into));
        }
        Value::Array(items) => items.iter().for_each(|item| add_definitions(item, common, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
    }
}

/// The document of that name, with or without its version, or as the document itself says it.
#[must_use]
pub fn find(name: &str) -> Option<&'static DocumentSchema> {
    ALL.iter().find(|one| [one.name.to_owned(), one.versioned(), one.marker()].iter().any(|known| known == name))
}

/// The name that was probably meant.
#[must_use]
pub fn nearest(name: &str) -> Option<&'static str> {
    let bare = name.strip_prefix("factory-gitlab/").unwrap_or(name);
    let bare = bare.split('/').next().unwrap_or_default();
    let nearest = ALL.iter().map(|one| (!one.name.starts_with(bare), levenshtein(bare, one.name), one.name)).min()?;
    let (is_other, steps, name) = nearest;
    (!is_other || steps <= 2.max(name.len() / 3)).then_some(name)
}

#[cfg(test)]
mod tests;
