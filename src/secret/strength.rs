//! Whether a secret that another program chose can be guessed. Its fingerprints are public, so a weak one would be found.

/// Fewer characters can be tried one after the other.
pub const SHORTEST_SECRET: usize = 16;

/// What remains without words and sequences needs this many characters, and this many different ones.
const LEAST_REST: usize = 12;
const LEAST_DISTINCT: usize = 8;

/// What people build secrets from, longest first where one contains another.
const WORDS: [&str; 28] = [
    "factory-gitlab",
    "integration",
    "development",
    "production",
    "password",
    "changeme",
    "webhook",
    "factory",
    "staging",
    "example",
    "company",
    "gitlab",
    "secret",
    "signing",
    "default",
    "letmein",
    "qwerty",
    "hunter",
    "droid",
    "token",
    "admin",
    "hello",
    "hooks",
    "hook",
    "test",
    "prod",
    "demo",
    "pass",
];

/// Whether the text is short, or made of common words, the words of its context (the organization's name), sequences and
/// repetitions.
#[must_use]
pub fn is_guessable(text: &str, context: &[&str]) -> bool {
    if text.chars().count() < SHORTEST_SECRET {
        return true;
    }
    let mut rest = text.to_lowercase();
    let names = context.iter().flat_map(|name| name.split(|c: char| !c.is_alphanumeric())).map(str::to_lowercase);
    for word in names.filter(|name| name.len() > 2).chain(WORDS.map(str::to_owned)) {
        rest = rest.replace(&word, " ");
    }
    let surprising = surprising(&rest);
    let mut distinct = surprising.clone();
    distinct.sort_unstable();
    distinct.dedup();
    surprising.len() < LEAST_REST || distinct.len() < LEAST_DISTINCT
}

/// The letters and digits that neither repeat nor continue the one before.
fn surprising(text: &str) -> Vec<char> {
    let mut before = None;
    let mut kept = Vec::new();
    for letter in text.chars().filter(|c| c.is_alphanumeric()) {
        let step = before.map(|before: char| u32::from(letter).abs_diff(u32::from(before)));
        if step.is_none_or(|step| step > 1) {
            kept.push(letter);
        }
        before = Some(letter);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_made_of_words_and_sequences_can_be_guessed() {
        for text in [
            "short",
            "factory-webhook-2026",
            "acme-gitlab-secret-1",
            "AcmeFactoryWebhook123!",
            "aaaaaaaaaaaaaaaaaaaaaaaa",
            "abababababababababababab",
            "12345678901234567890",
            "abcdefghijklmnopqrstuvwxyz",
            "password-password-password",
            "test-secret-token-for-acme",
        ] {
            assert!(is_guessable(text, &["org_acme", "Acme"]), "{text}");
        }
    }

    #[test]
    fn random_secrets_and_long_phrases_can_not() {
        for text in [
            "x7Kp2mQ9vL4tR8wZ",
            "3f9a1c0e77b24d58a6e1905cb83d2f44",
            "9b2d7c1e-4f80-4a36-b5d9-0e6c8a71f352",
            "quiet-marble-sunrise-bicycle",
            "gitlab-3Fq8Zt1LxW7vBn5K",
        ] {
            assert!(!is_guessable(text, &["org_acme", "Acme"]), "{text}");
        }
    }
}
