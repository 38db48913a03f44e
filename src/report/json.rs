//! A report as one JSON document.

use serde_json::Value;

use crate::secret::redact;

/// The document, indented, with a line break at the end. Redacted before it is written out: escaping could hide a
/// secret's value from [`redact`].
pub(super) fn document(value: &Value) -> String {
    let clean = redacted(value);
    // A `Value` has only text keys and no failing serialisers, so the compact form is never needed.
    let mut text = serde_json::to_string_pretty(&clean).unwrap_or_else(|_| clean.to_string());
    text.push('\n');
    text
}

fn redacted(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(redact(text).into_owned()),
        Value::Array(items) => items.iter().map(redacted).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, field)| (redact(name).into_owned(), redacted(field))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}
