//! Redacts the values of a finished document and leaves its structure alone: a secret may be a word that is also the name of
//! a field, or a number.

use std::borrow::Cow;

use super::{redact, redact_tokens};

/// [`redact`] for the values of JSON: strings that are not the name of a field.
#[must_use]
pub fn redact_json(document: &str) -> Cow<'_, str> {
    cleaned(document, redact)
}

/// [`redact_tokens`] for the values of JSON.
#[must_use]
pub fn redact_tokens_in_json(document: &str) -> Cow<'_, str> {
    cleaned(document, redact_tokens)
}

fn cleaned(document: &str, redact: fn(&str) -> Cow<'_, str>) -> Cow<'_, str> {
    let mut clean = String::new();
    let mut kept = 0;
    let mut from = 0;
    while let Some(start) = document[from..].find('"').map(|at| from + at) {
        let Some(end) = end_of_string(document, start) else { break };
        from = end;
        let is_name = document[end..].trim_start().starts_with(':');
        let Ok(text) = serde_json::from_str::<String>(&document[start..end]) else { continue };
        if is_name || !matches!(redact(&text), Cow::Owned(_)) {
            continue;
        }
        clean.push_str(&document[kept..start]);
        clean.push_str(&serde_json::Value::from(redact(&text).into_owned()).to_string());
        kept = end;
    }
    finished(document, clean, kept)
}

/// The position behind the quote that ends the string that begins at `start`.
fn end_of_string(document: &str, start: usize) -> Option<usize> {
    let mut is_escaped = false;
    let inside = document[start + 1..].bytes().position(|byte| match byte {
        _ if is_escaped => {
            is_escaped = false;
            false
        }
        b'\\' => {
            is_escaped = true;
            false
        }
        byte => byte == b'"',
    })?;
    Some(start + 1 + inside + 1)
}

/// [`redact`] for the texts and the attributes' values of XML.
#[must_use]
pub fn redact_xml(document: &str) -> Cow<'_, str> {
    let mut clean = String::new();
    let mut kept = 0;
    for (start, end) in xml_values(document) {
        let text = unescaped(&document[start..end]);
        if let Cow::Owned(redacted) = redact(&text) {
            clean.push_str(&document[kept..start]);
            clean.push_str(&escaped(&redacted));
            kept = end;
        }
    }
    finished(document, clean, kept)
}

/// Where the document has texts and values of attributes.
fn xml_values(document: &str) -> Vec<(usize, usize)> {
    let mut values = Vec::new();
    let (mut start, mut quote, mut in_tag) = (0, None, false);
    for (at, byte) in document.bytes().enumerate() {
        match (in_tag, quote, byte) {
            (false, _, b'<') => {
                values.push((start, at));
                in_tag = true;
            }
            (true, None, b'>') => {
                in_tag = false;
                start = at + 1;
            }
            (true, None, b'"' | b'\'') => {
                quote = Some(byte);
                start = at + 1;
            }
            (true, Some(open), byte) if byte == open => {
                values.push((start, at));
                quote = None;
            }
            _ => {}
        }
    }
    values
}

const ENTITIES: [(&str, &str); 5] = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];

/// The ampersand last, so that nothing is unescaped twice.
fn unescaped(text: &str) -> String {
    ENTITIES.iter().fold(text.to_owned(), |text, (entity, plain)| text.replace(entity, plain))
}

fn escaped(text: &str) -> String {
    ENTITIES.iter().rev().fold(text.to_owned(), |text, (entity, plain)| text.replace(plain, entity))
}

fn finished(document: &str, clean: String, kept: usize) -> Cow<'_, str> {
    if kept == 0 { Cow::Borrowed(document) } else { Cow::Owned(clean + &document[kept..]) }
}

#[cfg(test)]
mod tests {
    use super::super::WebhookToken;
    use super::*;

    #[test]
    fn a_document_stays_valid_when_a_secret_is_a_common_word_or_a_number() {
        for word in ["zebrawort", "oxlipfield", "7365914", "\":null,\"", "a<b>c&d\"e"] {
            let _registered = WebhookToken::new(word).expect("a token");
        }
        let document = serde_json::json!({
            "zebrawort": "the zebrawort", "oxlipfield": 7_365_914, "echo": "x\":null,\"y", "list": ["oxlipfield", null, "a<b>c&d\"e"],
        });
        for text in [document.to_string(), serde_json::to_string_pretty(&document).expect("JSON")] {
            let clean: serde_json::Value = serde_json::from_str(&redact_json(&text)).expect("still JSON");
            let wanted = serde_json::json!({
                "zebrawort": "the [redacted]", "oxlipfield": 7_365_914, "echo": "x[redacted]y",
                "list": ["[redacted]", null, "[redacted]"],
            });
            assert_eq!(clean, wanted);
        }
        let xml = "<zebrawort time=\"1\" name=\"a zebrawort\">the oxlipfield: a&lt;b&gt;c&amp;d\"e</zebrawort>";
        let wanted = "<zebrawort time=\"1\" name=\"a [redacted]\">the [redacted]: [redacted]</zebrawort>";
        assert_eq!(redact_xml(xml), wanted);
    }
}
