//! What a secret is by its looks: which kind of token, and whether a text that was given for something else is one.

/// What GitLab's prefixes stand for, besides the one of personal access tokens.
/// gitlab: doc/security/tokens
const KINDS: [(&str, &str); 14] = [
    ("glcbt-", "a CI job token"),
    ("gldt-", "a deploy token"),
    ("glrt-", "a runner's token"),
    ("glrtr-", "a runner registration token"),
    ("glptt-", "a pipeline trigger token"),
    ("glft-", "a feed token"),
    ("glimt-", "an incoming mail token"),
    ("glsoat-", "a SCIM token"),
    ("glagent-", "an agent's token"),
    ("glwt-", "a workspace's token"),
    ("glffct-", "a feature flags client's token"),
    ("gloas-", "an OAuth application's secret"),
    ("whsec_", "a webhook's signing token"),
    ("fk-", "a Factory API key"),
];

/// Doorkeeper's tokens: 32 bytes in hex.
const OAUTH_LENGTH: usize = 64;
const SHORTEST: usize = 20;

/// What a token that is not taken as a personal access token seems to be; `None` where its looks say nothing.
pub(super) fn kind(value: &str) -> Option<&'static str> {
    if let Some((_, kind)) = KINDS.iter().find(|(prefix, _)| value.starts_with(prefix)) {
        return Some(kind);
    }
    let hex = value.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    if hex && value.len() == OAUTH_LENGTH {
        return Some("an OAuth token");
    }
    (value.starts_with("eyJ") && value.matches('.').count() == 2).then_some("a JSON Web Token, as CI's ID tokens are")
}

/// The words of a text that are rather a secret than a name, a path or an address: one long word of mixed letters and
/// digits, or one with the prefix of a token.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    let between = |c: char| c.is_whitespace() || matches!(c, '/' | '\\' | ':' | '@' | '?' | '&' | '=' | '#' | ',');
    text.split(between).filter(|word| is_secret(word))
}

fn is_secret(word: &str) -> bool {
    let has = |what: fn(&u8) -> bool| word.as_bytes().iter().any(what);
    let file = word.rsplit_once('.').is_some_and(|(_, end)| end.len() <= 5);
    let prefixed = word.starts_with("glpat-") || kind(word).is_some_and(|kind| kind != "an OAuth token");
    let mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
    word.is_ascii() && word.len() >= SHORTEST && (prefixed || (mixed && !file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_of_another_kind_is_known_by_its_looks() {
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
            assert_eq!(kind(value), wanted, "{value}");
        }
    }

    #[test]
    fn a_secret_in_the_wrong_place_is_found_and_names_are_not() {
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
