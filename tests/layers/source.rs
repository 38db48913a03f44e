//! A simple reading of Rust source: code without its comments and strings, and the strings by their lines.

/// A file's text, taken apart.
pub struct Source {
    /// The code, with spaces in place of comments and of the content of strings.
    pub code: String,
    /// Each string literal with the line where it begins. Lines that a backslash joins are joined.
    pub strings: Vec<Text>,
    /// Each line of a doc comment.
    pub docs: Vec<Text>,
}

/// A text and the line where it begins.
pub struct Text {
    pub line: usize,
    pub text: String,
}

impl Source {
    /// Takes a text apart, without its tests: what follows `#[cfg(test)]` at the beginning of a line.
    pub fn of(text: &str) -> Self {
        let text = text.split("\n#[cfg(test)]").next().unwrap_or_default();
        let mut source = Self { code: String::new(), strings: Vec::new(), docs: Vec::new() };
        let (mut rest, mut line) = (text, 1);
        while !rest.is_empty() {
            let length = source.take(rest, line);
            line += rest[..length].matches('\n').count();
            rest = &rest[length..];
        }
        source
    }

    /// Takes one comment, string or character off the front; gives its length in bytes.
    fn take(&mut self, rest: &str, line: usize) -> usize {
        if rest.starts_with("//") {
            let comment = rest.split('\n').next().unwrap_or_default();
            if let Some(doc) = comment.strip_prefix("///").or_else(|| comment.strip_prefix("//!")) {
                self.docs.push(Text { line, text: doc.trim().to_owned() });
            }
            return comment.len();
        }
        if rest.starts_with("/*") {
            return rest.find("*/").map_or(rest.len(), |end| end + 2);
        }
        if let Some((content, length)) = string(rest) {
            self.strings.push(Text { line, text: content });
            self.code.push_str("\"\"");
            return length;
        }
        if let Some(length) = character(rest) {
            self.code.push_str("' '");
            return length;
        }
        let word = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len());
        let length = if word > 0 { word } else { rest.chars().next().map_or(1, char::len_utf8) };
        self.code.push_str(&rest[..length]);
        length
    }
}

/// The content and the length of the string literal at the front.
fn string(rest: &str) -> Option<(String, usize)> {
    let prefix = ["br", "b", "r", ""].into_iter().find(|prefix| {
        let after = rest.strip_prefix(prefix).unwrap_or_default();
        after.starts_with('"') || (prefix.ends_with('r') && after.trim_start_matches('#').starts_with('"'))
    })?;
    let after = &rest[prefix.len()..];
    if prefix.ends_with('r') {
        let hashes = after.len() - after.trim_start_matches('#').len();
        let end = format!("\"{}", "#".repeat(hashes));
        let content = after[hashes + 1..].split(&end).next().unwrap_or_default();
        return Some((content.to_owned(), prefix.len() + hashes + 1 + content.len() + end.len()));
    }
    let mut escaped = false;
    let length = after[1..].find(|letter| {
        let is_end = letter == '"' && !escaped;
        escaped = letter == '\\' && !escaped;
        is_end
    })?;
    Some((joined(&after[1..=length]), prefix.len() + length + 2))
}

/// A string's content with the lines joined that end in a backslash.
fn joined(content: &str) -> String {
    let mut lines = content.split("\\\n");
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |text, line| text + line.trim_start())
}

/// The length of the character literal at the front; a lifetime is not one.
fn character(rest: &str) -> Option<usize> {
    let inside = rest.strip_prefix('\'')?;
    let mut letters = inside.char_indices();
    let (_, first) = letters.next()?;
    let end = match first {
        '\\' => inside.char_indices().skip(2).find(|(_, letter)| *letter == '\'')?.0,
        _ => letters.next().filter(|(_, letter)| *letter == '\'')?.0,
    };
    Some(end + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_comments_and_characters_are_told_apart() {
        let source = Source::of(
            "/// A doc.\nfn f<'a>(x: &'a str) { g(\"one // \\\" two\", '\"', r#\"three \"quoted\"\"#, '\\'') } // four\n",
        );
        let strings: Vec<&str> = source.strings.iter().map(|one| one.text.as_str()).collect();
        assert_eq!(strings, ["one // \\\" two", "three \"quoted\""]);
        assert_eq!((source.docs[0].line, source.docs[0].text.as_str()), (1, "A doc."));
        assert_eq!(source.code.trim(), "fn f<'a>(x: &'a str) { g(\"\", ' ', \"\", ' ') }");
    }

    #[test]
    fn joined_lines_are_one_text_and_tests_are_left_out() {
        let source =
            Source::of("const A: &str = \"one \\\n    two\";\n#[cfg(test)]\nmod tests { const B: &str = \"x\"; }");
        assert_eq!(source.strings.len(), 1);
        assert_eq!((source.strings[0].line, source.strings[0].text.as_str()), (1, "one two"));
    }
}
