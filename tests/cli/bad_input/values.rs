//! What is given where something else is meant: quotes, variables that were not expanded, paths, contents of files.

use super::{Said, small};
use crate::test_env::TestEnv;

#[test]
fn what_was_given_instead_of_a_value_is_said_and_not_repeated() {
    let mut said = Said::default();
    for (case, variable, value) in [
        ("an address in quotes", "GITLAB_URL", "\"https://canary-in-a-value.example\"".to_owned()),
        (
            "an address in a word processor's quotes",
            "GITLAB_URL",
            "\u{201c}https://canary-in-a-value.example\u{201d}".to_owned(),
        ),
        ("a path for the address", "GITLAB_URL", "/canary-in-a-value/url".to_owned()),
        ("a token in quotes", "GITLAB_TOKEN", "'canary-in-a-value'".to_owned()),
        ("an assignment for the token", "GITLAB_TOKEN", "GITLAB_TOKEN=canary-in-a-value".to_owned()),
        ("a document for the token", "GITLAB_TOKEN", "{\"token\":\"canary-in-a-value\"}".to_owned()),
        ("an address for the token", "GITLAB_TOKEN", "https://canary-in-a-value.example".to_owned()),
        ("a variable for the kit", "FACTORY_KIT", "$KIT_FILE".to_owned()),
        ("a path for the fingerprint", "FACTORY_KIT_FINGERPRINT", "./canary-in-a-value".to_owned()),
        ("a path for the signer's key", "FACTORY_KIT_SIGNER", "~/canary-in-a-value.pub".to_owned()),
        (
            "the content of a CA file",
            "FACTORY_GITLAB_CA_CERT",
            "-----BEGIN CERTIFICATE-----\ncanary-in-a-value".to_owned(),
        ),
        ("a variable for the folder of records", "FACTORY_GITLAB_STATE_DIR", "$HOME/state".to_owned()),
        ("quotes around the answers file", "FACTORY_GITLAB_CONFIG", "\"canary-in-a-value.toml\"".to_owned()),
        ("the content of the answers file", "FACTORY_GITLAB_CONFIG", "yes = true\ntimeout = 3".to_owned()),
    ] {
        let mut env = TestEnv::with(small());
        env.set(variable, &value);
        said.both(case, &env);
    }
    assert!(!said.to_string().contains("canary-in"), "{said}");
    insta::assert_snapshot!(said, @r"
    == an address in quotes: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable GITLAB_URL cannot be used: it is in quotes; leave them out
    == an address in a word processor's quotes: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable GITLAB_URL cannot be used: it is in quotes; leave them out
    == a path for the address: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable GITLAB_URL cannot be used: it is a path; give the value itself
    == a token in quotes: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable GITLAB_TOKEN holds the secret in quotes; leave them out
    == an assignment for the token: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable GITLAB_TOKEN holds a line NAME=value; the secret alone is meant there
    == a document for the token: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable GITLAB_TOKEN holds a JSON document; the secret alone is meant there
    == an address for the token: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable GITLAB_TOKEN holds an address; the secret alone is meant there
    == a variable for the kit: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable FACTORY_KIT cannot be used: it is a variable that was not expanded; give its value
    == a path for the fingerprint: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable FACTORY_KIT_FINGERPRINT cannot be used: it is a path; give the value itself
    == a path for the signer's key: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable FACTORY_KIT_SIGNER cannot be used: it is a path; give the value itself
    == the content of a CA file: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable FACTORY_GITLAB_CA_CERT cannot be used: this is the content of a file and not a value; save it in a file and give its path
    == a variable for the folder of records: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable FACTORY_GITLAB_STATE_DIR cannot be used: it is a variable that was not expanded; give its value
    == quotes around the answers file: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable FACTORY_GITLAB_CONFIG cannot be used: it is in quotes; leave them out
    == the content of the answers file: connect and verify
    exit code: 2
    ----- stderr -----
    error: the variable FACTORY_GITLAB_CONFIG cannot be used: this is the content of a file and not a value; save it in a file and give its path
    ");
}

#[test]
fn white_space_around_values_does_no_harm() {
    let mut env = TestEnv::with(small());
    let kit = env.file("kit.json", env.sandbox().factory().kit_json().to_string());
    for (variable, value) in [
        ("GITLAB_URL", env.sandbox().gitlab_url()),
        ("GITLAB_TOKEN", env.variables()["GITLAB_TOKEN"].clone()),
        ("FACTORY_API_KEY", env.variables()["FACTORY_API_KEY"].clone()),
        ("FACTORY_KIT", kit),
    ] {
        env.set(variable, &format!("{value}\r\n"));
    }
    env.connects(&["--webhooks", "group", "--timeout", " 60 "]);
    super::assert_connected_once("white space", &env);
}
