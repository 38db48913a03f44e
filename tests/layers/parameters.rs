//! No tuple stands among a function's parameters: it would get around the limit of four arguments. A struct names its parts.

use crate::source::Source;

/// The functions of a text that take a parameter apart as a tuple. Closures may.
pub fn tuple_patterns(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for declared in source.code.split("fn ").skip(1) {
        let name: String = declared.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let Some(parameters) = parameters(&declared[name.len()..]).filter(|_| !name.is_empty()) else { continue };
        if top_level(parameters).iter().any(|parameter| is_tuple(parameter)) {
            found.push(name);
        }
    }
    found
}

fn is_tuple(parameter: &str) -> bool {
    let pattern = parameter.trim().trim_start_matches(['&', ' ']);
    // In proptest's macro a parameter has a strategy in place of a type.
    let behind = |inside: &str| end_of(inside, '(', ')').map(|end| inside[end + 1..].trim_start().starts_with(':'));
    pattern.strip_prefix('(').and_then(behind).unwrap_or(false)
}

/// What stands between a function's parentheses; `text` begins behind its name.
fn parameters(text: &str) -> Option<&str> {
    let start = match text.strip_prefix('<') {
        Some(generics) => text.len() - generics.len() + end_of(generics, '<', '>')? + 1,
        None => 0,
    };
    let inside = text[start..].strip_prefix('(')?;
    Some(&inside[..end_of(inside, '(', ')')?])
}

/// Where the bracket closes that was open at the beginning. An arrow closes none.
fn end_of(text: &str, open: char, close: char) -> Option<usize> {
    let (mut depth, mut before) = (0_usize, ' ');
    for (at, letter) in text.char_indices() {
        if letter == open {
            depth += 1;
        } else if letter == close && before != '-' {
            if depth == 0 {
                return Some(at);
            }
            depth -= 1;
        }
        before = letter;
    }
    None
}

/// The parts between commas outside all brackets.
fn top_level(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts, mut before) = (0_usize, 0, Vec::new(), ' ');
    for (at, letter) in text.char_indices() {
        match letter {
            '(' | '[' | '{' | '<' => depth += 1,
            '>' if before == '-' => {}
            ')' | ']' | '}' | '>' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        before = letter;
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tuples_are_found_in_functions_and_not_in_types_or_closures() {
        let source = Source::of(
            "fn one((a, b): (u8, u8)) {}\n\
             pub(crate) async fn two<F: Fn(u8) -> u8>(&self, f: F, &(a, b): &(u8, u8)) {}\n\
             fn three(pair: (u8, u8), f: impl Fn((u8, u8)) -> u8) { pairs.map(|(a, b)| a + b) }\n\
             fn four(\n    name: &str,\n    (a, b): (u8, u8),\n) {}\n\
             type Five = fn(u8) -> u8;\n",
        );
        assert_eq!(tuple_patterns(&source), ["one", "two", "four"]);
    }
}
