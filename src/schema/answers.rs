//! The schema of the answers file, from the table of settings.

use serde_json::{Map, Value, json};

use crate::settings::{self, Definition, ValueKind, keys};

/// The name of the document.
pub(super) const NAME: &str = "answers-file";

/// Adds a property for each setting. As in the program, there is no other key.
pub(super) fn describe(schema: &mut Map<String, Value>) {
    let section = keys::NETWORK_SECTION.trim_end_matches('.');
    let (mut top, mut below) = (Map::new(), Map::new());
    for setting in settings::all() {
        match setting.key.strip_prefix(keys::NETWORK_SECTION) {
            Some(key) => below.insert(key.to_owned(), property(setting)),
            None => top.insert(setting.key.to_owned(), property(setting)),
        };
    }
    let about = "The settings of network plan.";
    top.insert(
        section.to_owned(),
        json!({ "type": "object", "description": about, "properties": below, "additionalProperties": false }),
    );
    schema.insert("properties".to_owned(), Value::Object(top));
    schema.insert("additionalProperties".to_owned(), Value::Bool(false));
}

fn property(setting: &Definition) -> Value {
    let text = || match setting.choices {
        Some(choices) => json!({ "enum": choices().iter().map(|value| value.get_name()).collect::<Vec<_>>() }),
        None => json!({ "type": "string" }),
    };
    let mut property = match setting.kind {
        ValueKind::Text | ValueKind::Url | ValueKind::Path | ValueKind::Secret => text(),
        ValueKind::Number => json!({ "type": "integer" }),
        ValueKind::Switch => json!({ "type": "boolean" }),
        ValueKind::List | ValueKind::Paths => json!({ "anyOf": [{ "type": "array", "items": text() }, text()] }),
    };
    property["description"] = Value::from(setting.help);
    property
}
