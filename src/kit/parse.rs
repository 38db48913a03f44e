//! Parses a kit. An error names all missing and invalid fields at once, by their paths, and never quotes a secret.

mod mend;

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Kit, SCHEMA};

/// Why a text is not a kit.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum KitError {
    #[error("the kit is not JSON: line {line}, column {column}")]
    NotJson { line: usize, column: usize },
    #[error("the kit ends early; it was not copied completely")]
    CutShort,
    #[error("the kit is not a JSON object")]
    NotAnObject,
    #[error("the kit has no schema; this is not a kit, or of a version that this program does not know")]
    NoSchema,
    #[error("the kit has the schema {found:?}; this program reads {SCHEMA:?}")]
    OtherSchema { found: String },
    #[error("the kit {0}")]
    Fields(FieldProblems),
}

/// Fields that are missing, and those whose value cannot be read.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FieldProblems {
    pub missing: Vec<&'static str>,
    /// At most [`MOST_INVALID`], and one more where there are others.
    pub invalid: Vec<InvalidField>,
}

/// The most invalid fields of one kit that are told.
pub(super) const MOST_INVALID: usize = 50;

/// A field whose value cannot be read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InvalidField {
    pub path: String,
    /// A fragment, which quotes no value.
    pub why: String,
}

impl From<FieldProblems> for KitError {
    fn from(problems: FieldProblems) -> Self {
        Self::Fields(problems)
    }
}

impl fmt::Display for FieldProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { missing, invalid } = self;
        if !missing.is_empty() {
            write!(f, "lacks {}", missing.join(", "))?;
        }
        for (number, InvalidField { path, why }) in invalid.iter().take(MOST_INVALID).enumerate() {
            let before = match (number, missing.is_empty()) {
                (0, true) => "is invalid",
                (0, false) => ", and is invalid",
                _ => ";",
            };
            write!(f, "{before} at {path}: {why}")?;
        }
        if invalid.len() > MOST_INVALID { f.write_str("; and more") } else { Ok(()) }
    }
}

/// The required fields, as JSON pointers and by name. Whether `bundle.upload_url` is required depends on the command.
const REQUIRED: [(&str, &str); 4] = [
    ("/application/redirect_uri", "application.redirect_uri"),
    ("/webhook/url", "webhook.url"),
    ("/webhook/secret_token", "webhook.secret_token"),
    ("/bundle/recipients", "bundle.recipients"),
];

impl Kit {
    /// Parses the text of a kit.
    ///
    /// # Errors
    /// [`KitError`].
    pub fn parse(text: &str) -> Result<Self, KitError> {
        Self::from_value(document(text)?)
    }

    pub(super) fn from_value(value: Value) -> Result<Self, KitError> {
        let missing = REQUIRED.iter().filter(|(at, _)| is_absent(&value, at)).map(|(_, name)| *name).collect();
        typed(value, FieldProblems { missing, ..FieldProblems::default() })
    }
}

/// Whether the field is not given. Where its parent is not an object, that is what is wrong.
pub(super) fn is_absent(value: &Value, at: &str) -> bool {
    let parent = at.rsplit_once('/').and_then(|(parent, _)| value.pointer(parent));
    value.pointer(at).is_none_or(Value::is_null) && parent.is_none_or(|parent| parent.is_null() || parent.is_object())
}

/// The text as JSON with the schema of a kit.
pub(super) fn document(text: &str) -> Result<Value, KitError> {
    let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
        if error.is_eof() {
            KitError::CutShort
        } else {
            KitError::NotJson { line: error.line(), column: error.column() }
        }
    })?;
    check_schema(&value)?;
    Ok(value)
}

/// The document, typed, unless problems are known of it. An error names these and what else cannot be read, and quotes no value.
pub(super) fn typed<T: DeserializeOwned>(value: Value, mut known: FieldProblems) -> Result<T, KitError> {
    if known == FieldProblems::default()
        && let Ok(typed) = serde_path_to_error::deserialize(&value)
    {
        return Ok(typed);
    }
    known.invalid.extend(mend::invalid_fields::<T>(value, &known.missing));
    Err(known.into())
}

/// The prefix of all schemas of this program.
const SCHEMA_PREFIX: &str = "factory-gitlab/";

fn check_schema(value: &Value) -> Result<(), KitError> {
    let object = value.as_object().ok_or(KitError::NotAnObject)?;
    match object.get("schema").and_then(Value::as_str) {
        Some(SCHEMA) => Ok(()),
        // Any other text may be a secret in the wrong place, so it is not quoted.
        Some(found) if found.starts_with(SCHEMA_PREFIX) => {
            Err(KitError::OtherSchema { found: found.chars().take(80).collect() })
        }
        Some(_) | None => Err(KitError::NoSchema),
    }
}

/// serde's message without the value that it quotes (`invalid type: string "…", expected …`, or a number between backticks),
/// which may be a secret in the wrong place.
fn without_values(message: &str) -> String {
    if let Some((_, expected)) =
        message.strip_prefix("unknown variant ").and_then(|rest| rest.rsplit_once("`, expected "))
    {
        return format!("unknown value, expected {expected}");
    }
    // The text of a value first: it may hold whatever follows below.
    let message = without_quoted(message, '"');
    let Some((found, expected)) = message.split_once(", expected ") else { return message };
    let found = without_quoted(found, '`');
    // The name of a type of this program tells nothing.
    let expected = if expected.starts_with("struct ") { "an object" } else { expected };
    format!("{found}, expected {expected}")
}

/// The text without what stands between the first and the last of these quotes.
fn without_quoted(text: &str, quote: char) -> String {
    match (text.find(quote), text.rfind(quote)) {
        (Some(open), Some(close)) => format!("{}…{}", &text[..open], &text[(close + 1).max(open)..]),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn valid() -> Value {
        json!({
            "schema": SCHEMA,
            "application": { "redirect_uri": "https://api.factory.example/callback" },
            "webhook": { "url": "https://hooks.factory.example/a", "secret_token": "kit-secret-token-1" },
            "bundle": { "recipients": ["age1abc"] },
            "something_new": { "of": "tomorrow" },
        })
    }

    fn error(edit: impl FnOnce(&mut Value)) -> String {
        let mut kit = valid();
        edit(&mut kit);
        Kit::parse(&kit.to_string()).expect_err("an invalid kit").to_string()
    }

    #[test]
    fn missing_optional_fields_get_defaults() {
        let kit = Kit::parse(&valid().to_string()).expect("a valid kit");
        assert_eq!(kit.application.name, "Factory Integration");
        assert_eq!(kit.application.scopes.len(), 6);
        assert!(kit.application.confidential);
        assert_eq!(kit.webhook.events.len(), 6);
    }

    #[test]
    fn text_that_is_not_a_kit_is_refused_with_the_reason() {
        for (text, wanted) in [
            ("", "the kit ends early; it was not copied completely"),
            ("{\"schema\": ", "the kit ends early; it was not copied completely"),
            ("<html>", "the kit is not JSON: line 1, column 1"),
            ("[]", "the kit is not a JSON object"),
            ("{}", "the kit has no schema; this is not a kit, or of a version that this program does not know"),
            (
                "{\"schema\": \"factory-gitlab/kit/v9\"}",
                "the kit has the schema \"factory-gitlab/kit/v9\"; this program reads \"factory-gitlab/kit/v1\"",
            ),
            (
                "{\"schema\": \"factory-gitlab/kit/v1\", \"webhook\": {\"url\": null}}",
                "the kit lacks application.redirect_uri, webhook.url, webhook.secret_token, bundle.recipients",
            ),
        ] {
            assert_eq!(Kit::parse(text).expect_err(text).to_string(), wanted);
        }
    }

    #[test]
    fn an_invalid_field_is_named_by_its_path() {
        for (message, path) in [
            (error(|kit| kit["webhook"]["events"] = json!(["push", "weather"])), "webhook.events[1]"),
            (error(|kit| kit["webhook"]["url"] = json!("no address")), "webhook.url"),
            (
                error(|kit| kit["network"] = json!({"endpoints": [{"host": "h", "port": 70000}]})),
                "network.endpoints[0].port",
            ),
            (error(|kit| kit["expires_at"] = json!("soon")), "expires_at"),
            (error(|kit| kit["webhook"]["secret_token"] = json!("")), "webhook.secret_token"),
        ] {
            assert!(message.starts_with(&format!("the kit is invalid at {path}: ")), "{message}");
        }
    }

    #[test]
    fn a_secret_in_the_wrong_place_is_not_quoted() {
        for message in [
            error(|kit| kit["webhook"] = json!({"url": "https://a", "secret_token": {"value": "hunter2hunter2"}})),
            error(|kit| kit["webhook"]["events"] = json!("hunter2hunter2")),
            error(|kit| kit["webhook"]["secret_token"] = json!("hunter2 hunter2")),
            error(|kit| kit["network"] = json!("hunter2hunter2 \" quoted")),
            error(|kit| kit["webhook"]["url"] = json!("no address, expected hunter2")),
            error(|kit| kit["webhook"]["events"] = json!("no list, expected hunter2")),
            error(|kit| kit["webhook"]["events"] = json!(["push`, expected hunter2"])),
            error(|kit| kit["network"] = json!("`, expected struct hunter2")),
        ] {
            assert!(!message.contains("hunter2"), "{message}");
        }
    }
}
