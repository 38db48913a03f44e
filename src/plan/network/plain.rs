//! Text of others (names, purposes from a kit) in files of our own: on one line, and without what the file's format would
//! read as its own.

use crate::text::is_harmful;

/// Without line ends, controls, and letters that a reader does not see.
pub(super) fn one_line(text: &str) -> String {
    let clean: String = text.chars().map(|c| if is_harmful(c) { ' ' } else { c }).collect();
    clean.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// For a cell of a table in Markdown.
pub(super) fn cell(text: &str) -> String {
    let mut out = String::new();
    for letter in one_line(text).chars() {
        match letter {
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '~' | '#' | '!' => out.extend(['\\', letter]),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            other => out.push(other),
        }
    }
    out
}

/// Of these letters only, and not longer: a comment of nftables can have no quotes and 127 bytes.
pub(super) fn simple(text: &str, longest: usize) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || " .,:/()'_-".contains(*c);
    one_line(text).chars().filter(is_plain).take(longest).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_stays_on_its_line_and_in_its_cell() {
        assert_eq!(one_line("a\n# b\u{2028}c\td  e\u{202e}"), "a # b c d e");
        assert_eq!(
            one_line("soft\u{ad}hyphen, tag\u{e0001}"),
            "soft hyphen, tag",
            "what the terminal would not print either"
        );
        assert_eq!(cell("a | b\n`c` <d>"), "a \\| b \\`c\\` &lt;d&gt;");
        assert_eq!(simple("a \"quoted\"; drop }\nb", 12), "a quoted dro");
    }
}
