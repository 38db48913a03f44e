//! Files that secrets come from, and standard input.

use super::{Said, small};
use crate::test_env::TestEnv;

#[test]
fn a_token_file_that_gives_no_token_says_why() {
    let mut env = TestEnv::with(small());
    env.unset("GITLAB_TOKEN");
    env.file("empty", "");
    env.file("blank", " \n\n");
    env.file("binary", b"\x7fELF\x00\x01\xff");
    env.file("words", "canary-one canary-two\n");
    env.file("lines", "canary-one\ncanary-two\n");
    env.file("large", vec![b'a'; 100_000]);
    let mut said = Said::default();
    for (case, file) in [
        ("not there", "none.txt"),
        ("a folder", "."),
        ("empty", "empty"),
        ("blank", "blank"),
        ("binary", "binary"),
        ("two words", "words"),
        ("two lines", "lines"),
        ("too large", "large"),
        ("the token itself", "glpat-canary-in-a-path-name"),
        ("below a file", "empty/token"),
    ] {
        said.pair(case, &env, &["--token-file", file]);
    }
    assert!(!said.to_string().contains("canary"), "{said}");
    insta::assert_snapshot!(said, @r"
    == not there: connect and verify
    exit code: 2
    ----- stderr -----
    error: --token-file names none.txt, which cannot be read: No such file or directory (os error 2)
    hint: correct the path, or the file's permissions
    == a folder: connect and verify
    exit code: 2
    ----- stderr -----
    error: --token-file names ., which cannot be read: Is a directory (os error 21)
    hint: correct the path, or the file's permissions
    == empty: connect and verify
    exit code: 2
    ----- stderr -----
    error: --token-file cannot be used: the personal access token is empty
    hint: give it alone, exactly as you received it, in one line
    == blank: connect and verify
    exit code: 2
    ----- stderr -----
    error: --token-file cannot be used: the personal access token is empty
    hint: give it alone, exactly as you received it, in one line
    == binary: connect and verify
    exit code: 2
    ----- stderr -----
    error: --token-file holds binary data; a token is one line of plain text
    hint: give it alone, exactly as you received it, in one line
    == two words: connect and verify
    exit code: 2
    ----- stderr -----
    error: --token-file cannot be used: the personal access token holds a space, a line break or a character that no token has
    hint: give it alone, exactly as you received it, in one line
    == two lines: connect and verify
    exit code: 2
    ----- stderr -----
    error: --token-file cannot be used: the personal access token holds a space, a line break or a character that no token has
    hint: give it alone, exactly as you received it, in one line
    == too large: connect and verify
    exit code: 2
    ----- stderr -----
    error: --token-file holds more than 65536 bytes; a token is shorter
    hint: give it alone, exactly as you received it, in one line
    == the token itself: connect and verify
    exit code: 2
    ----- stderr -----
    error: --token-file does not name a file; if that was the secret itself, put it in a file or a variable
    == below a file: connect and verify
    exit code: 2
    ----- stderr -----
    error: --token-file names empty/token, which cannot be read: Not a directory (os error 20)
    hint: correct the path, or the file's permissions
    ");
}

#[test]
fn standard_input_is_read_for_one_value_and_only_once() {
    let mut env = TestEnv::with(small());
    let kit = env.sandbox().factory().kit_json().to_string();
    let mut said = Said::default();
    let twice = ["connect", "--yes", "-q", "--kit", "-", "--token-file", "-"];
    said.keep("kit and token", &env, &env.run_with(&twice, kit.as_bytes()));
    env.unset("GITLAB_TOKEN");
    said.of("an empty standard input", &env, &["connect", "--yes", "-q", "--token-file", "-"]);
    insta::assert_snapshot!(said, @r"
    == kit and token
    exit code: 2
    ----- stderr -----
    error: standard input was already read for --kit; --token-file needs a file
    == an empty standard input
    exit code: 2
    ----- stderr -----
    error: --token-file cannot be used: the personal access token is empty
    hint: give it alone, exactly as you received it, in one line
    ");
}

#[test]
fn newlines_spaces_and_a_byte_order_mark_are_not_part_of_a_token() {
    let mut env = TestEnv::with(small());
    let token = env.variables()["GITLAB_TOKEN"].clone();
    env.unset("GITLAB_TOKEN");
    for content in
        [format!("{token}\n"), format!("{token}\r\n"), format!("\u{feff}{token}\n"), format!("  {token}\t\n\n")]
    {
        env.file("token", content);
        let run = env.run(&["connect", "--dry-run", "-q", "--token-file", "token"]);
        assert_eq!(run.code, 0, "{run}");
    }
    let run = env.run_with(&["connect", "--yes", "-q", "--token-file", "-"], format!("{token}\n").as_bytes());
    assert_eq!(run.code, 0, "{run}");
    super::assert_connected_once("by standard input", &env);
}

#[test]
fn a_secret_as_an_options_value_is_refused_and_never_repeated() {
    let env = TestEnv::with(small());
    let token = env.variables()["GITLAB_TOKEN"].clone();
    for value in ["Canary-in-argv-1234567890", &token] {
        for args in [
            ["connect", "--token", value].as_slice(),
            &["verify", &format!("--token={value}")],
            &["connect", "--yes", "--private-token", value],
            &["connect", "--webhook-secret", value],
            &["connect", "--application-secret", value],
            &["connect", "--factory-key", value],
            &["connect", &format!("--tokn={value}")],
            &["connect", "--token-flie", value],
            &["connect", value],
            &["verify", "--only", value],
            &["connect", "--gitlab-url", value, "--yes"],
            &["connect", "--token-file", value, "--yes"],
            &["connect", "--kit", value, "--yes"],
            &["connect", "--timeout", value],
            &["connect", "-o", value],
        ] {
            let run = env.run(args);
            assert_eq!(run.code, 2, "{args:?}: {run}");
            super::assert_untouched("in argv", &env);
            let said = format!("{}{}", run.stdout, run.stderr);
            assert!(!said.contains(value), "{args:?}: {run}");
        }
    }
}
