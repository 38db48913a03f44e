//! A secret is redacted in any encoding and any surrounding text.

use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::*;

/// The encodings in which a server may echo a secret.
fn encoded(value: &str, encoding: u8) -> String {
    let hex = |digits: fn(u8) -> String| value.bytes().map(digits).collect::<String>();
    match encoding {
        0 => value.to_owned(),
        1 => url::form_urlencoded::byte_serialize(value.as_bytes()).collect(),
        2 => hex(|byte| format!("{byte:02x}")),
        3 => hex(|byte| format!("{byte:02X}")),
        4 => hex(|byte| format!("%{byte:02X}")),
        5 => serde_json::json!(value).to_string(),
        6 => format!("{value:?}"),
        7 => STANDARD_NO_PAD.encode(value),
        8 => URL_SAFE_NO_PAD.encode(value),
        _ => value.to_ascii_lowercase(),
    }
}

proptest! {
    #[test]
    fn a_registered_secret_is_redacted(
        value in "[!-~]{12,40}", encoding in 0_u8..10, before in any::<String>(), behind in any::<String>()
    ) {
        let Ok(secret) = WebhookToken::new(&value) else { return Ok(()) };
        let told = encoded(secret.expose(), encoding);
        let clean = redact(&format!("{before}{told}{behind}{told}")).into_owned();
        prop_assert!(!clean.contains(&told), "encoding {encoding} of {value:?} came out of {before:?} and {behind:?}");
        prop_assert!(!clean.contains(&value), "{value:?} came out");
    }

    #[test]
    fn an_unknown_token_is_redacted_by_its_prefix(
        body in "[A-Za-z0-9_-]{20,40}", before in "[^A-Za-z0-9_-]{0,8}", behind in "[^A-Za-z0-9_.+/=-]{0,8}"
    ) {
        let clean = redact(&format!("{before}glpat-{body}{behind}")).into_owned();
        prop_assert!(!clean.contains(&body), "{clean}");
        prop_assert!(clean.starts_with(&before) && clean.ends_with(&behind));
    }

    #[test]
    fn text_without_a_secret_stays_unchanged(text in "[ -,0-9]{0,11}") {
        prop_assert_eq!(redact(&text), text.as_str());
    }
}
