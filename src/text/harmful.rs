//! Characters that a reader does not see and a terminal acts on.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a terminal would act on the character, or a reader would not see it: controls, separators of lines, and every
/// default-ignorable code point. Unicode: DerivedCoreProperties.txt, `Default_Ignorable_Code_Point`.
#[must_use]
pub fn is_harmful(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{fff9}'..='\u{fffb}') || is_default_ignorable(c)
}

fn is_harmful_in_lines(c: char) -> bool {
    is_harmful(c) && !matches!(c, '\n' | '\t')
}

const fn is_default_ignorable(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Several lines with such characters made visible; line breaks and tabs stay.
#[must_use]
pub fn show_harmful(text: &str) -> Cow<'_, str> {
    replace_harmful(text, is_harmful_in_lines, write_harmful)
}

/// A JSON document with JSON's own escapes in their place, so that it means the same.
#[must_use]
pub fn escape_harmful_in_json(text: &str) -> Cow<'_, str> {
    replace_harmful(text, is_harmful_in_lines, json_escape)
}

/// The text with each character for which `harmful` says so written by `show` instead.
#[must_use]
pub fn replace_harmful(text: &str, harmful: impl Fn(char) -> bool, show: fn(&mut String, char)) -> Cow<'_, str> {
    if !text.contains(&harmful) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if harmful(c) {
            show(&mut clean, c);
        } else {
            clean.push(c);
        }
    }
    Cow::Owned(clean)
}

/// Writes such a character so that it is seen: `\n`, `\x1b`, `\u{202e}`.
pub fn write_harmful(into: &mut String, c: char) {
    match c {
        '\n' => into.push_str("\\n"),
        '\r' => into.push_str("\\r"),
        '\t' => into.push_str("\\t"),
        _ if u32::from(c) < 0x100 => into.push_str(&format!("\\x{:02x}", u32::from(c))),
        _ => into.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
    }
}

fn json_escape(into: &mut String, c: char) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        // Writing to a String cannot fail.
        let _never_fails = write!(into, "\\u{unit:04x}");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_document_without_harmful_characters_means_the_same(text in any::<String>(), tail in "[\u{0}-\u{1f}\u{7f}-\u{9f}\u{202a}-\u{202e}]{0,8}") {
            let text = text + &tail;
            let document = serde_json::to_string(&text).expect("a string is JSON");
            let clean = escape_harmful_in_json(&document);
            prop_assert!(!clean.contains(is_harmful));
            prop_assert_eq!(serde_json::from_str::<String>(&clean).expect("still JSON"), text);
        }
    }
}
