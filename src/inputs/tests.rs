use std::io::Write as _;

use super::*;
use crate::env::Env;
use crate::secret::{Pat, PersonalAccessToken};
use crate::settings::{CliValues, keys};
use crate::terminal::prompt::{NonInteractive, Reply, Scripted};

fn given(values: &[(&'static Definition, &str)]) -> Settings {
    let mut given = CliValues::default();
    for (setting, value) in values {
        given.add(setting, vec![(*value).to_owned()]);
    }
    Settings::new(given, &Env::empty(), None)
}

fn terminal() -> Terminal {
    Terminal::captured(b"")
}

/// Accepts `right` and nothing else.
async fn accept_right(answer: &Sourced<String>) -> Result<usize, Failure> {
    if answer.value == "right" { Ok(7) } else { Err(Failure::problem("wrong one")) }
}

#[tokio::test]
async fn a_typed_answer_is_asked_for_until_it_passes_its_check() {
    let settings = given(&[]);
    let script = Scripted::new([("kit", Reply::Text("left")), ("kit", Reply::Text(" right "))]);
    let terminal = terminal();
    let interview = Interview::new(&settings, &script, &terminal);
    let answer = interview.ask_until(&keys::KIT, accept_right).await.expect("the second answer");
    assert_eq!(answer, Sourced::new(7, Source::Prompt));
    assert_eq!(script.said(), "error: wrong one\n");
    assert!(script.left().is_empty());
}

#[tokio::test]
async fn a_given_answer_that_fails_its_check_ends_the_run_even_on_a_terminal() {
    let settings = given(&[(&keys::KIT, "left")]);
    let script = Scripted::default();
    let terminal = terminal();
    let interview = Interview::new(&settings, &script, &terminal);
    let failure = interview.ask_until(&keys::KIT, accept_right).await.expect_err("a wrong flag");
    assert_eq!(failure.message, "wrong one");
}

#[tokio::test]
async fn an_interrupted_prompt_is_an_interruption() {
    let settings = given(&[]);
    let script = Scripted::new([("kit", Reply::Interrupt)]);
    let terminal = terminal();
    let interview = Interview::new(&settings, &script, &terminal);
    let failure = interview.ask_until(&keys::KIT, accept_right).await.expect_err("interrupted");
    assert_eq!(failure.exit_code() as u8, 130);
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_names_its_flag_or_is_asked_again() {
    let terminal = terminal();
    let any = async |url: &Sourced<crate::instance::InstanceUrl>| Ok(url.value.to_string());
    let settings = given(&[(&keys::GITLAB_URL, "ftp://a")]);
    let script = Scripted::default();
    let failure = Interview::new(&settings, &script, &terminal).ask_until(&keys::GITLAB_URL, any).await;
    let failure = failure.expect_err("another scheme").message;
    assert!(failure.starts_with("--gitlab-url cannot be used: the GitLab URL has the scheme \"ftp\""), "{failure}");
    let settings = given(&[]);
    let script = Scripted::new([("gitlab_url", Reply::Text("ftp://a")), ("gitlab_url", Reply::Text("https://a"))]);
    let answer = Interview::new(&settings, &script, &terminal).ask_until(&keys::GITLAB_URL, any).await;
    assert_eq!(answer.expect("the second answer").value, "https://a");
    assert!(script.said().starts_with("error: the GitLab URL has the scheme \"ftp\""), "{}", script.said());
}

#[test]
fn without_a_terminal_everything_missing_is_listed_at_once() {
    let settings = given(&[(&keys::APPLICATION, "existing"), (&keys::APPLICATION_ID, "abc")]);
    let terminal = terminal();
    let interview = Interview::new(&settings, &NonInteractive, &terminal);
    let failure = interview.require(&settings::all().collect::<Vec<_>>()).expect_err("much is missing");
    assert_eq!(
        failure.to_string(),
        "error: missing input: 4 values, and no terminal to ask on\n\
         hint: GitLab's URL: --gitlab-url, the variable GITLAB_URL, or gitlab_url in the answers file\n\
         hint: an admin's personal access token: --token-file, the variable GITLAB_TOKEN, or token_file in the answers file\n\
         hint: the kit from Factory: --kit, the variable FACTORY_KIT, or kit in the answers file\n\
         hint: the application's secret: --application-secret-file, the variable FACTORY_GITLAB_APPLICATION_SECRET, \
         or application_secret_file in the answers file\n\
         hint: without a kit, give its values one by one: --redirect-uri, --webhook-url, --webhook-secret-file, \
         --recipient, --upload-url"
    );
    assert_eq!(failure.exit_code() as u8, 2);
}

#[test]
fn a_kit_given_piece_by_piece_needs_every_piece() {
    let settings = given(&[(&keys::WEBHOOK_URL, "https://hooks"), (&keys::BUNDLE_OUT, "b.age")]);
    let terminal = terminal();
    let interview = Interview::new(&settings, &NonInteractive, &terminal);
    let failure = interview.require(&settings::all().collect::<Vec<_>>()).expect_err("pieces are missing").to_string();
    for name in ["--redirect-uri", "--webhook-secret-file", "--recipient"] {
        assert!(failure.contains(name), "{failure}");
    }
    for name in ["--kit", "--upload-url", "--webhook-url"] {
        assert!(!failure.contains(name), "{failure}");
    }
}

#[tokio::test]
async fn none_is_an_answer_where_there_may_be_none_also_after_a_wrong_one() {
    for none in ["", "none", "No kit"] {
        let settings = given(&[]);
        let script = Scripted::new([("kit", Reply::Text("left")), ("kit", Reply::Text(none))]);
        let terminal = terminal();
        let interview = Interview::new(&settings, &script, &terminal);
        assert_eq!(interview.ask_optional(&keys::KIT, accept_right).await, Ok(None), "{none:?}");
        assert!(settings.is_declined(&keys::KIT) && interview.is_missing(&keys::REDIRECT_URI));
        assert_eq!(interview.ask_optional(&keys::KIT, accept_right).await, Ok(None), "not asked twice");
    }
}

#[tokio::test]
async fn a_question_mark_explains_the_question_and_asks_it_again() {
    let settings = given(&[]);
    let script = Scripted::new([("kit", Reply::Text("?")), ("kit", Reply::Text("right"))]);
    let terminal = terminal();
    let interview = Interview::new(&settings, &script, &terminal);
    interview.ask_until(&keys::KIT, accept_right).await.expect("the second answer");
    assert!(script.said().contains("--kit, the variable FACTORY_KIT, or kit in the answers file"), "{}", script.said());
}

#[test]
fn approval_is_asked_given_or_missing() {
    let terminal = terminal();
    for (reply, wanted) in [(true, Approval::Given), (false, Approval::Refused)] {
        let (settings, script) = (given(&[]), Scripted::new([("yes", Reply::Confirm(reply))]));
        assert_eq!(Interview::new(&settings, &script, &terminal).approve(&keys::YES), Ok(wanted));
    }
    let settings = given(&[(&keys::YES, "true")]);
    assert_eq!(Interview::new(&settings, &NonInteractive, &terminal).approve(&keys::YES), Ok(Approval::Given));
    let settings = given(&[]);
    let failure = Interview::new(&settings, &NonInteractive, &terminal).approve(&keys::YES).expect_err("no terminal");
    assert!(failure.to_string().contains("--yes"), "{failure}");
}

fn secret(settings: &Settings, terminal: &Terminal) -> Result<Option<Sourced<PersonalAccessToken>>, Failure> {
    Interview::new(settings, &NonInteractive, terminal).find_secret::<Pat>(&keys::TOKEN)
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test makes the file itself")]
fn a_secret_file_is_read_or_what_is_wrong_with_it_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::File::create(&path).and_then(|mut file| file.write_all(bytes)).expect("a file");
        path.to_string_lossy().into_owned()
    };
    let terminal = terminal();
    for (bytes, wanted) in [
        (b"".as_slice(), "--token-file cannot be used: the personal access token is empty"),
        (b"\n\n", "--token-file cannot be used: the personal access token is empty"),
        (b"\xff\xfe\0g", "--token-file holds binary data; a token is one line of plain text"),
        (b"gl\0pat", "--token-file holds binary data; a token is one line of plain text"),
        (
            b"$GITLAB_TOKEN",
            "--token-file cannot be used: the personal access token is a variable that was not expanded",
        ),
        (&[b'a'; 70_000], "--token-file holds more than 65536 bytes; a token is shorter"),
    ] {
        let settings = given(&[(&keys::TOKEN, &write("bad", bytes))]);
        let failure = secret(&settings, &terminal).expect_err(wanted);
        assert_eq!((failure.message.as_str(), failure.exit_code() as u8), (wanted, 2));
    }
    for bytes in [b"glpat-good-token".as_slice(), b"glpat-good-token\n", b"\xef\xbb\xbfglpat-good-token\r\n"] {
        let settings = given(&[(&keys::TOKEN, &write("good", bytes))]);
        let found = secret(&settings, &terminal).expect("readable").expect("given");
        assert!(found.value.is_equal_to(&PersonalAccessToken::new("glpat-good-token").expect("a token")));
    }
}

#[test]
fn a_token_in_the_place_of_its_file_is_not_repeated() {
    let settings = given(&[(&keys::TOKEN, "wJalrXUtnFEMIbPxRfiCYEXAMPLEKEY")]);
    let failure = secret(&settings, &terminal()).expect_err("no such file").to_string();
    assert!(failure.starts_with("error: --token-file does not name a file"), "{failure}");
    assert!(!failure.contains("wJalr"), "{failure}");
    let settings = given(&[(&keys::TOKEN, "secrets/token")]);
    let failure = secret(&settings, &terminal()).expect_err("no such file").to_string();
    assert!(failure.contains("names secrets/token, which cannot be read: "), "{failure}");
}

#[test]
fn standard_input_holds_one_secret_only() {
    let settings = given(&[(&keys::TOKEN, "-"), (&keys::FACTORY_KEY, "-")]);
    let terminal = Terminal::captured(b"glpat-from-stdin\n");
    assert!(secret(&settings, &terminal).expect("the first reader").is_some());
    let interview = Interview::new(&settings, &NonInteractive, &terminal);
    let failure = interview.find_secret::<crate::secret::Bearer>(&keys::FACTORY_KEY).expect_err("nothing is left");
    assert_eq!(failure.message, "standard input was already read for --token-file; --factory-key-file needs a file");
}

#[tokio::test]
async fn the_keyring_comes_after_what_was_given_and_a_stale_secret_is_asked_again() {
    let settings = given(&[]);
    let script = Scripted::new([("token_file", Reply::Text("glpat-typed-token"))]);
    let terminal = terminal();
    let interview = Interview::new(&settings, &script, &terminal);
    interview.keep(&keys::TOKEN, PersonalAccessToken::new("glpat-stale-token").expect("a token"));
    assert!(interview.is_set(&keys::TOKEN));
    let stale = PersonalAccessToken::new("glpat-stale-token").expect("a token");
    let answer = interview
        .secret_until::<Pat, ()>(&keys::TOKEN, async |token| {
            if token.is_equal_to(&stale) { Err(Failure::problem("the token is revoked")) } else { Ok(()) }
        })
        .await
        .expect("the typed one");
    assert_eq!(answer.source, Source::Prompt);
    assert_eq!(script.said(), "error: the token is revoked\n");
    let again = interview.find_secret::<Pat>(&keys::TOKEN).expect("kept").expect("kept");
    assert!(again.value.is_equal_to(&answer.value.0), "what was typed is not asked again");
}

#[test]
fn a_setting_that_can_be_missing_has_a_name_and_every_question_has_words() {
    for setting in settings::all() {
        let can_be_missing = !matches!(setting.required, settings::Required::Optional);
        assert!(!can_be_missing || !setting.name.is_empty(), "{}", setting.key);
        let Some(question) = setting.question else { continue };
        for text in [setting.name, question.prompt, question.help] {
            assert!(!text.trim().is_empty(), "{}", setting.key);
        }
    }
}

#[test]
fn an_unknown_key_is_told_where_the_keys_are_found() {
    let hint = |text: &str| {
        let error = settings::Answers::parse(text, "acme.toml".into()).expect_err(text);
        Failure::from(error).fixes.remove(0).text
    };
    assert!(hint("weather = 'fine'").starts_with("every key is the long flag with _ for -; what network plan takes"));
    let below = hint("[network]\nvpc_cidr = ['10.0.0.0/16']");
    assert!(below.starts_with("the keys below [network] are method, gitlab_addresses, ssh_port, vpc_id, "), "{below}");
}
