//! Whatever stands around a secret, in whatever form it is: it does not come out.

use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::*;

/// The forms in which a server gives back what it was shown.
fn told(value: &str, form: u8) -> String {
    let hex = |digits: fn(u8) -> String| value.bytes().map(digits).collect::<String>();
    match form {
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
    fn a_secret_never_comes_out(
        value in "[!-~]{12,40}", form in 0_u8..10, before in any::<String>(), behind in any::<String>()
    ) {
        let Ok(secret) = WebhookToken::new(&value) else { return Ok(()) };
        let told = told(secret.expose(), form);
        let clean = redact(&format!("{before}{told}{behind}{told}")).into_owned();
        prop_assert!(!clean.contains(&told), "form {form} of {value:?} came out of {before:?} and {behind:?}");
        prop_assert!(!clean.contains(&value), "{value:?} came out");
    }

    #[test]
    fn a_token_never_seen_before_does_not_come_out(
        body in "[A-Za-z0-9_-]{20,40}", before in "[^A-Za-z0-9_-]{0,8}", behind in "[^A-Za-z0-9_.+/=-]{0,8}"
    ) {
        let clean = redact(&format!("{before}glpat-{body}{behind}")).into_owned();
        prop_assert!(!clean.contains(&body), "{clean}");
        prop_assert!(clean.starts_with(&before) && clean.ends_with(&behind));
    }

    #[test]
    fn a_text_without_a_secret_is_left_alone(text in "[ -,0-9]{0,11}") {
        prop_assert_eq!(redact(&text), text.as_str());
    }
}
