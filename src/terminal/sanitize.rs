//! Makes characters visible that would move the cursor, change the screen, reverse the text or hide in it.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::text::{is_harmful, replace_harmful};

/// One line: line breaks and tabs become visible too, so that a name cannot forge a second line.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    replace_harmful(text, is_harmful, shown)
}

/// Several lines, with their line breaks and tabs.
#[must_use]
pub fn lines(text: &str) -> Cow<'_, str> {
    replace_harmful(text, |c| is_harmful(c) && !matches!(c, '\n' | '\t'), shown)
}

fn shown(into: &mut String, c: char) {
    match c {
        '\n' => into.push_str("\\n"),
        '\r' => into.push_str("\\r"),
        '\t' => into.push_str("\\t"),
        _ if u32::from(c) < 0x100 => write_into(into, format_args!("\\x{:02x}", u32::from(c))),
        _ => write_into(into, format_args!("\\u{{{:x}}}", u32::from(c))),
    }
}

fn write_into(into: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _never_fails = into.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn harmful_characters_become_visible() {
        for (text, wanted) in [
            ("plain text, caf\u{e9}, \u{1f980}", "plain text, caf\u{e9}, \u{1f980}"),
            ("red \u{1b}[31mname", "red \\x1b[31mname"),
            ("two\nlines\tand\r", "two\\nlines\\tand\\r"),
            ("c1 \u{9b}2J", "c1 \\x9b2J"),
            ("txt\u{202e}gpj", "txt\\u{202e}gpj"),
            ("a\u{200b}b\u{feff}", "a\\u{200b}b\\u{feff}"),
        ] {
            assert_eq!(line(text), wanted);
        }
        assert_eq!(lines("two\nlines\t\u{7}"), "two\nlines\t\\x07");
    }

    #[test]
    fn no_invisible_character_reaches_a_terminal() {
        for c in [
            "\u{34f}",
            "\u{1160}",
            "\u{17b4}",
            "\u{180b}",
            "\u{3164}",
            "\u{fe0f}",
            "\u{ffa0}",
            "\u{fff0}",
            "\u{1d173}",
            "\u{e0100}",
        ] {
            let shown = line(c);
            assert!(shown.starts_with("\\u{"), "{shown}");
        }
    }

    proptest! {
        #[test]
        fn the_result_has_no_harmful_character(text in any::<String>(), tail in "[\u{0}-\u{1f}\u{7f}-\u{9f}\u{200b}-\u{200f}\u{202a}-\u{202e}\u{2066}-\u{2069}\u{e0001}]{0,8}") {
            let text = text + &tail;
            prop_assert!(!line(&text).contains(is_harmful));
            let cleaned = lines(&text);
            prop_assert!(!cleaned.contains(|c| is_harmful(c) && c != '\n' && c != '\t'));
        }
    }
}
