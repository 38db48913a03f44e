//! The encodings in which a server may echo a secret: percent-encoded, base64, hex, quoted.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

/// Redacting shorter encodings would remove ordinary words.
const SHORTEST: usize = 8;

/// Every encoding of the value that differs from it.
pub(super) fn encodings(value: &str) -> Vec<Zeroizing<String>> {
    let mut encodings = quoted(value);
    // Host names and media types ignore case.
    encodings.push(value.to_ascii_lowercase());
    encodings.push(url::form_urlencoded::byte_serialize(value.as_bytes()).collect());
    encodings.push(hex(value, "", |byte| format!("{byte:02x}")));
    encodings.push(hex(value, "", |byte| format!("{byte:02X}")));
    encodings.push(hex(value, "%", |byte| format!("{byte:02x}")));
    encodings.push(hex(value, "%", |byte| format!("{byte:02X}")));
    encodings.extend((0..3).flat_map(|before| in_base64(value, before)));
    encodings.retain(|encoding| encoding != value && encoding.len() >= SHORTEST);
    encodings.into_iter().map(Zeroizing::new).collect()
}

/// As JSON and Rust quote it, and percent-encoded except for RFC 3986's unreserved characters.
fn quoted(value: &str) -> Vec<String> {
    let between = |text: String| text.trim_matches('"').to_owned();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let strict =
        value.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") });
    vec![value.replace('\\', "\\\\").replace('"', "\\\""), between(format!("{value:?}")), strict.collect()]
}

fn hex(value: &str, between: &str, digits: impl Fn(u8) -> String) -> String {
    value.bytes().map(|byte| format!("{between}{}", digits(byte))).collect()
}

/// The part of the base64 text that does not depend on the bytes around the value; `before` is how many bytes of its first
/// group of three belong to what precedes it.
fn in_base64(value: &str, before: usize) -> [String; 2] {
    let padded = [&[0; 2][..before], value.as_bytes()].concat();
    let whole = padded.len() / 3 * 3;
    let groups = &padded[if before == 0 { 0 } else { 3.min(whole) }..whole];
    [STANDARD_NO_PAD.encode(groups), URL_SAFE_NO_PAD.encode(groups)]
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    fn hidden(value: &str, text: &str) -> bool {
        encodings(value).iter().any(|encoding| text.contains(encoding.as_str()))
    }

    #[test]
    fn every_encoding_is_found_at_any_offset() {
        let value = "Ca/nary+Value=\"0123456789\"\\x";
        for before in ["", "a", "ab", "abc", "user:"] {
            for behind in ["", "x", "yz"] {
                let whole = format!("{before}{value}{behind}");
                assert!(hidden(value, &STANDARD.encode(&whole)), "{before} {behind}");
                assert!(hidden(value, &URL_SAFE_NO_PAD.encode(&whole)), "{before} {behind}");
                assert!(hidden(value, &serde_json::json!(whole).to_string()), "{before} {behind}");
                assert!(hidden(value, &hex(&whole, "", |byte| format!("{byte:02x}"))), "{before} {behind}");
                let query: String = url::form_urlencoded::byte_serialize(whole.as_bytes()).collect();
                assert!(hidden(value, &query), "{before} {behind}");
            }
        }
    }

    #[test]
    fn a_short_secret_has_no_encoding_that_may_be_a_word() {
        assert!(encodings("abcdef").iter().all(|encoding| encoding.len() >= SHORTEST));
        assert!(!encodings("abcdef").iter().any(|encoding| encoding.as_str() == "abcdef"));
    }
}
