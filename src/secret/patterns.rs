//! How a secret is recognized without knowing its value: the prefixes of tokens, and what an unprefixed token looks like.

/// A prefix that GitLab, Factory or age gives its secrets.
struct Prefix {
    text: &'static str,
    /// What kind of secret has it, in words.
    kind: &'static str,
}

/// The one table of prefixes: a token is recognized, and taken out of texts, by the same list.
/// gitlab: doc/security/tokens; the instance token prefix comes before these (`acme-glpat-…`).
const PREFIXES: [Prefix; 17] = [
    prefix(PERSONAL_ACCESS_TOKEN, "a personal access token"),
    prefix("gloas-", "an OAuth application's secret"),
    prefix("gldt-", "a deploy token"),
    prefix("glrt-", "a runner's token"),
    prefix("glrtr-", "a runner registration token"),
    prefix("glcbt-", "a CI job token"),
    prefix("glptt-", "a pipeline trigger token"),
    prefix("glft-", "a feed token"),
    prefix("glimt-", "an incoming mail token"),
    prefix("glagent-", "an agent's token"),
    prefix("glwt-", "a workspace's token"),
    prefix("glsoat-", "a SCIM token"),
    prefix("glffct-", "a feature flags client's token"),
    prefix("whsec_", "a webhook's signing token"),
    prefix("fk-", "a Factory API key"),
    prefix("AGE-SECRET-KEY-", "an age identity"),
    prefix("AGE-PLUGIN-", "an age identity of a plugin"),
];

const PERSONAL_ACCESS_TOKEN: &str = "glpat-";

const fn prefix(text: &'static str, kind: &'static str) -> Prefix {
    Prefix { text, kind }
}

/// Doorkeeper's tokens: 32 bytes in hex.
const OAUTH_LENGTH: usize = 64;

/// Shorter words of arguments and variables are names rather than secrets.
const SHORTEST_WORD: usize = 20;

/// A prefix with fewer characters behind it is documentation (`glpat-…`) rather than a token.
const SHORTEST_BODY: usize = 12;

/// What a token looks like that is not a personal access token; `None` where its form says nothing.
pub(super) fn other_kind(value: &str) -> Option<&'static str> {
    match prefix_of(value) {
        Some(prefix) if prefix.text == PERSONAL_ACCESS_TOKEN => None,
        Some(prefix) => Some(prefix.kind),
        None if is_oauth_token(value) => Some("an OAuth token"),
        None if is_jwt(value) => Some("a JSON Web Token, as CI's ID tokens are"),
        None => None,
    }
}

fn prefix_of(value: &str) -> Option<&'static Prefix> {
    PREFIXES.iter().find(|prefix| value.starts_with(prefix.text))
}

/// The value without the prefix that tells its kind, which is no secret.
pub(super) fn without_prefix(value: &str) -> &str {
    prefix_of(value).map_or(value, |prefix| &value[prefix.text.len()..])
}

fn is_oauth_token(value: &str) -> bool {
    value.len() == OAUTH_LENGTH && value.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn is_jwt(value: &str) -> bool {
    value.starts_with("eyJ") && value.matches('.').count() == 2
}

/// The words of a text that look like a secret and not like a name, a path or a URL: a long word of mixed letters and
/// digits, or one with the prefix of a token.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    let separator = |c: char| c.is_whitespace() || matches!(c, '/' | '\\' | ':' | '@' | '?' | '&' | '=' | '#' | ',');
    text.split(separator).filter(|word| is_secret(word))
}

/// Whether any word of a text looks like a secret; also one in hex, as a UUID is.
#[must_use]
pub fn has_secret(text: &str) -> bool {
    let separator =
        |c: char| c.is_whitespace() || matches!(c, '/' | '\\' | ':' | '@' | '?' | '&' | '=' | '#' | ',' | '.');
    words(text).next().is_some() || text.split(separator).any(is_hex)
}

/// Sixteen hexadecimal digits or more, with dashes or without.
fn is_hex(word: &str) -> bool {
    word.len() >= 16
        && word.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
        && word.bytes().any(|byte| byte.is_ascii_digit())
}

fn is_secret(word: &str) -> bool {
    let has = |what: fn(&u8) -> bool| word.as_bytes().iter().any(what);
    let is_file = word.rsplit_once('.').is_some_and(|(_, end)| end.len() <= 5);
    let is_mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
    let is_token = prefix_of(word).is_some() || is_jwt(word);
    word.is_ascii() && word.len() >= SHORTEST_WORD && (is_token || (is_mixed && !is_file))
}

/// The text with `replacement` in the place of every token that its prefix identifies; `None` where there is none.
pub(super) fn replace_prefixed(text: &str, replacement: &str) -> Option<String> {
    let mut clean = String::new();
    let mut kept = 0;
    let mut from = 0;
    for (start, body) in prefixes_in(text) {
        // Inside the one before.
        if start < from {
            continue;
        }
        from = end_of_token(text, body);
        if from - body >= SHORTEST_BODY {
            clean.push_str(&text[kept..start]);
            clean.push_str(replacement);
            kept = from;
        }
    }
    (kept > 0).then(|| clean + &text[kept..])
}

/// Where prefixes begin and end, in order. The text is searched once for each prefix, however many it holds.
fn prefixes_in(text: &str) -> Vec<(usize, usize)> {
    let found = PREFIXES.iter().flat_map(|prefix| text.match_indices(prefix.text));
    let mut found: Vec<(usize, usize)> = found.map(|(at, prefix)| (at, at + prefix.len())).collect();
    found.sort_unstable();
    found
}

fn end_of_token(text: &str, body: usize) -> usize {
    let in_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+' | '/' | '=');
    text[body..].find(|c| !in_token(c)).map_or(text.len(), |length| body + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prefix_is_recognized_and_redacted() {
        for Prefix { text, kind } in &PREFIXES {
            let token = format!("{text}AAAABBBBCCCCDDDDEEEE");
            let recognized = other_kind(&token);
            assert_eq!(recognized, Some(*kind).filter(|_| *text != PERSONAL_ACCESS_TOKEN), "{text}");
            assert_eq!(words(&token).next(), Some(token.as_str()), "{text}");
            let told = format!("before {token}, behind; {text}… is a prefix");
            let clean = replace_prefixed(&told, "[redacted]").expect(text);
            assert_eq!(clean, format!("before [redacted], behind; {text}… is a prefix"));
        }
    }

    /// Otherwise the shorter one would be found in its place.
    #[test]
    fn no_prefix_begins_with_another() {
        for one in &PREFIXES {
            let same = PREFIXES.iter().filter(|other| one.text.starts_with(other.text)).count();
            assert_eq!(same, 1, "{}", one.text);
        }
    }

    #[test]
    fn a_token_of_another_kind_is_recognized() {
        let oauth = "0123456789abcdef".repeat(4);
        for (value, wanted) in [
            ("glcbt-64_abc", Some("a CI job token")),
            ("gldt-abc", Some("a deploy token")),
            (&oauth, Some("an OAuth token")),
            (&oauth[1..], None),
            ("eyJhbGciOi.eyJzdWIi.c2ln", Some("a JSON Web Token, as CI's ID tokens are")),
            ("glpat-abc", None),
            ("acme-pat.01.abc", None),
        ] {
            assert_eq!(other_kind(value), wanted, "{value}");
        }
    }

    #[test]
    fn a_secret_in_the_wrong_place_is_found_and_a_name_is_not() {
        for text in [
            "Canary-in-argv-1234567890",
            "glpat-aaaaaaaaaaaaaaaaaaaa",
            "https://root:Canary-in-argv-1234567890@gitlab.acme.example/",
            "--gitlab-url=Canary.pat_CGqGpGpPrSO8h1TDK0_RRKpkeNW2.01.53pec6yhy",
        ] {
            assert!(words(text).next().is_some(), "{text}");
        }
        for text in [
            "https://gitlab.acme.example/Platform/Mobile-Apps-2026/ios",
            "Report-2026-11-21-acme-nightly.json",
            "/home/me/kits/acme-production-2026-01-31.json",
            "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kudsv",
            "0123456789abcdef0123456789abcdef",
        ] {
            assert_eq!(words(text).next(), None, "{text}");
        }
    }
}
