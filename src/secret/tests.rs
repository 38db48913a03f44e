use super::*;

#[test]
fn debug_shows_the_kind_and_never_the_value() {
    let token = PersonalAccessToken::new("glpat-abcdefghijklmnopqrst").expect("a token");
    assert_eq!(format!("{token:?}"), "[personal access token]");
}

#[test]
fn a_trailing_newline_is_not_part_of_a_token() {
    let token = PersonalAccessToken::new("  tok.en-1\r\n").expect("a token");
    assert_eq!(token.expose(), "tok.en-1");
}

#[test]
fn text_that_cannot_be_a_token_is_refused_with_the_reason() {
    for (text, wanted) in [
        ("", "the personal access token is empty"),
        (" \n", "the personal access token is empty"),
        ("-", "the personal access token is a lone dash; standard input was probably meant"),
        ("$GITLAB_TOKEN", "the personal access token is a variable that was not expanded"),
        ("${GITLAB_TOKEN}", "the personal access token is a variable that was not expanded"),
        ("%GITLAB_TOKEN%", "the personal access token is a variable that was not expanded"),
        ("two words", "the personal access token holds a space, a line break or a character that no token has"),
        ("caf\u{e9}", "the personal access token holds a space, a line break or a character that no token has"),
    ] {
        let error = PersonalAccessToken::new(text).expect_err(text);
        assert_eq!(error.to_string(), wanted, "{text:?}");
    }
}

#[test]
fn a_text_of_an_absurd_length_is_not_a_secret() {
    let text = "a1B".repeat(2000);
    let error = AccessToken::new(&text).expect_err("too long");
    assert_eq!(error.to_string(), "the OAuth access token is longer than 4096 bytes, which no token is");
    assert!(AccessToken::new(&text[..4096]).is_ok());
}

/// The search for parts took the square of a secret's length, and that for prefixes the square of the text's. Each of these
/// would take minutes again.
#[test]
fn redacting_takes_a_time_in_proportion_to_the_length_of_the_text() {
    let words = "wordy-".repeat(680);
    let _registered = WebhookToken::new(&words).expect("a token");
    let part = &words[100..164];
    assert_eq!(redact(&format!("a {part} b")), "a [redacted] b");
    let text = "fk- wordy ".repeat(60_000);
    assert_eq!(redact(&text), text.as_str());
    assert_eq!(redact(&format!("{part} ").repeat(10_000)), "[redacted] ".repeat(10_000));
}

#[test]
fn a_secret_that_begins_with_a_dollar_sign_is_a_secret() {
    for text in ["$ecretOfTheHooks", "$2y$10$abcdef", "%41bc%"] {
        assert_eq!(WebhookToken::new(text).expect(text).expose(), text);
    }
}

#[test]
fn only_a_short_path_or_address_without_a_secret_is_repeated() {
    for text in ["/etc/acme/kit.json", "kit.json", "./token", r"C:\kits\acme.json", "https://gitlab.acme.com/gitlab"] {
        assert!(is_repeatable(text), "{text}");
    }
    let long = format!("/{}", "a/".repeat(200));
    for text in [
        "hunter2",
        "correct horse battery staple",
        "correct-horse-battery-staple",
        "0123456789abcdef0123456789abcdef",
        "/run/0123456789abcdef0123456789abcdef",
        "https://acme.com/6f9619ff-8b86-d011-b42d-00cf4fc964ff",
        "{\"schema\": \"factory-gitlab/kit/v1\"}",
        "https://root:hunter2@acme.com/kit",
        "https://acme.com/kit?key=hunter2",
        "$KIT_FILE",
        "two\nlines.txt",
        &long,
    ] {
        assert!(!is_repeatable(text), "{text}");
        assert!(!shown_place(std::path::Path::new(text)).contains(text), "{text}");
    }
}

#[test]
fn a_registered_secret_is_redacted_anywhere_in_a_text() {
    let _registered = WebhookToken::new("correct-horse-battery").expect("a token");
    assert_eq!(redact("a=correct-horse-battery;b"), "a=[redacted];b");
    assert_eq!(redact("nothing here"), "nothing here");
}

#[test]
fn parts_of_a_secret_and_other_cases_of_it_are_redacted() {
    let value = "glpat-Xq7Rw2Lp9ZtB4mKv8NsD";
    let _registered = PersonalAccessToken::new(value).expect("a token");
    let (first, second) = value.split_at(15);
    for told in [first, second, &first[6..], &second[1..9], &value.to_uppercase(), &value[6..].to_lowercase()] {
        assert!(!redact(&format!("a {told} b")).contains(told), "{told}");
    }
    let split = redact(&format!("{first}\n{second}")).into_owned();
    assert!(!split.contains("Xq7Rw2") && !split.contains("tB4mKv"), "{split}");
    assert_eq!(redact("caf\u{e9} glpat- and 2026-11-21"), "caf\u{e9} glpat- and 2026-11-21");
}

#[test]
fn a_secret_of_words_does_not_take_ordinary_words_out_of_texts() {
    let _registered = WebhookToken::new("mountain-webhook-of-factory-gitlab-tests").expect("a token");
    assert_eq!(redact("factory-gitlab webhook"), "factory-gitlab webhook");
    assert_eq!(redact("a mountain-webhook-of-f b"), "a [redacted] b");
}

#[test]
fn a_token_never_seen_before_is_redacted_by_its_prefix() {
    assert_eq!(redact("use glpat-AAAABBBBCCCCDDDD.01.xyz now"), "use [redacted] now");
    assert_eq!(redact("acme-glpat-AAAABBBBCCCCDDDD"), "acme-[redacted]");
    assert_eq!(redact("tokens begin with glpat- here"), "tokens begin with glpat- here");
}

#[test]
fn fingerprints_differ_by_secret_and_by_place() {
    let one = WebhookToken::new("first-secret-token").expect("a token");
    let two = WebhookToken::new("other-secret-token").expect("a token");
    assert_eq!(one.fingerprint("here"), one.fingerprint("here"));
    assert_ne!(one.fingerprint("here"), two.fingerprint("here"));
    assert_ne!(one.fingerprint("here"), one.fingerprint("there"));
    assert_eq!(one.fingerprint("here").len(), 12);
}

#[test]
fn a_slow_fingerprint_is_scrypts_and_then_an_hmac() {
    // Python: hmac(hashlib.scrypt(b"a-webhook-secret", salt=b"salt", n=4096, r=8, p=1, dklen=32), b"here")
    let token = WebhookToken::new("a-webhook-secret").expect("a token");
    let hex = |bytes: [u8; 8]| bytes.map(|byte| format!("{byte:02x}")).concat();
    assert_eq!(hex(SlowKey::derive("a-webhook-secret", "salt", SLOW_LOG_N).fingerprint("here")), "5e618dba1fee21de");
    assert_ne!(token.slow_key("salt").fingerprint("here"), token.slow_key("other").fingerprint("here"));
    assert_ne!(token.slow_key("salt").fingerprint("here"), token.slow_key("salt").fingerprint("there"));
}

#[test]
fn an_error_about_a_wrong_json_type_does_not_quote_the_value() {
    let error = serde_json::from_str::<WebhookToken>("123456789").expect_err("a number is not a token");
    assert!(!error.to_string().contains("123456789"), "{error}");
}
