//! Makes characters visible that would move the cursor, change the screen, reverse the text or hide in it.

use std::borrow::Cow;

use crate::text::{is_harmful, replace_harmful, show_harmful, write_harmful};

/// One line: line breaks and tabs become visible too, so that a name cannot forge a second line.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    replace_harmful(text, is_harmful, write_harmful)
}

/// Several lines, with their line breaks and tabs.
#[must_use]
pub fn lines(text: &str) -> Cow<'_, str> {
    show_harmful(text)
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
