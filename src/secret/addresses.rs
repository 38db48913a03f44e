//! Addresses in a server's text may hold a password or a token: those of webhooks do, and of audit events about them.

use std::borrow::Cow;

/// What a sentence puts behind an address.
const PUNCTUATION: [char; 7] = [')', ']', '.', ',', ';', ':', '\''];

/// The text with every address in it as far as its path: without user info, query and fragment.
#[must_use]
pub fn redact_addresses(text: &str) -> Cow<'_, str> {
    let mut clean = String::new();
    let mut kept = 0;
    let mut from = 0;
    while let Some(start) = text[from..].find("://").map(|at| from + at + "://".len()) {
        let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>' | '`');
        from = text[start..].find(ends).map_or(text.len(), |length| start + length);
        let address = &text[start..from];
        let authority = address.find(['/', '\\', '?', '#']).map_or(address, |end| &address[..end]);
        let host = authority.rfind('@').map_or(0, |at| at + 1);
        let end = address.find(['?', '#']).unwrap_or(address.len());
        if host > 0 || end < address.len() {
            clean.push_str(&text[kept..start]);
            clean.push_str(&address[host..end]);
            kept = start + address.trim_end_matches(PUNCTUATION).len().max(end);
        }
    }
    if kept == 0 { Cow::Borrowed(text) } else { Cow::Owned(clean + &text[kept..]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_a_text_lose_user_info_and_query() {
        for (text, wanted) in [
            ("https://user:hunter2@hooks.acme.com/a?token=abc", "https://hooks.acme.com/a"),
            (
                "hook https://a.example?token=abc, and https://b.example/c#d.",
                "hook https://a.example, and https://b.example/c.",
            ),
            ("from 'https://key@a/b' to (ssh://git@a:22/x?y)", "from 'https://a/b' to (ssh://a:22/x)"),
            ("https://a/b?to=https://user:pass@c/d", "https://a/b"),
            ("https://a/@scope/b", "https://a/@scope/b"),
            ("https://u:p@", "https://"),
            ("nothing :// here? x@y", "nothing :// here? x@y"),
            ("ünï https://ü:ß@é.example/ö?ä ü", "ünï https://é.example/ö ü"),
        ] {
            assert_eq!(redact_addresses(text), wanted, "{text}");
        }
    }
}
