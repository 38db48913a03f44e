//! Usage errors, and what holds for every command.

use crate::test_env::TestEnv;

#[test]
fn a_secret_in_an_argument_is_refused_and_never_repeated() {
    let env = TestEnv::bare();
    for args in [
        ["connect", "--token", "canary-in-argv-1"].as_slice(),
        &["verify", "--token=canary-in-argv-1"],
        &["kit", "show", "--webhook-secret", "canary-in-argv-1"],
        &["connect", "--applicationsecret=glpat-canary-in-argv-1"],
        &["connect", "glpat-canary-in-argv-1"],
    ] {
        let run = env.run(args);
        assert_eq!(run.code, 2, "{run}");
        assert!(!format!("{}{}", run.stdout, run.stderr).contains("canary-in-argv"), "{run}");
    }
}

#[test]
fn help_and_version_go_to_standard_output_and_usage_errors_to_standard_error() {
    let env = TestEnv::bare();
    for args in [["--help"].as_slice(), &["--version"], &["kit", "check", "--help"]] {
        let run = env.run(args);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run}");
        assert!(!run.stdout.is_empty());
    }
    for args in [["--no-such-option"].as_slice(), &["weather"], &["kit"], &[]] {
        let run = env.run(args);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run}");
        assert!(!run.stderr.is_empty());
    }
}

#[test]
fn a_bad_answers_file_is_named_before_anything_is_done() {
    let mut env = TestEnv::bare();
    env.file("acme.toml", "gitlab_ulr = 'https://gitlab.acme.com'\n");
    env.set("FACTORY_GITLAB_CONFIG", "acme.toml");
    let run = env.run(&["kit", "show"]);
    insta::assert_snapshot!(run, @r#"
    exit code: 2
    ----- stderr -----
    error: the answers file acme.toml has an unknown key "gitlab_ulr"; did you mean "gitlab_url"?
    hint: every key is the long flag with _ for -; what network plan takes stands below [network]
          factory-gitlab connect --help
    "#);
}

#[test]
fn a_failure_is_one_json_document_where_json_was_asked_for() {
    let run = TestEnv::bare().run(&["kit", "show", "-o", "json"]);
    assert_eq!(run.code, 2, "{run}");
    let document = run.json();
    assert_eq!(document["exit_code"], 2);
    assert_eq!(document["error"]["kind"], "usage");
    assert!(document["error"]["fixes"][0]["text"].as_str().is_some_and(|text| text.contains("--kit")), "{document}");
    assert!(run.stderr.starts_with("error: missing input: 1 value"), "{run}");
}

#[test]
fn a_usage_error_is_a_document_too_where_json_was_asked_for() {
    let env = TestEnv::bare();
    for (args, message) in [
        (["verify", "--bogus", "-o", "json"].as_slice(), "unexpected argument '--bogus' found"),
        (&["-ojson", "weather"], "unrecognized subcommand 'weather'"),
        (&["--output-format=json"], "the command is missing"),
        (&["connect", "--token", "x", "-o", "json"], "--token is not an option"),
        (&["verify", "--only", "weather", "-o", "json"], "--only \"weather\" matches no check"),
    ] {
        let run = env.run(args);
        let document = run.json();
        assert_eq!(run.code, 2, "{run}");
        assert_eq!(document["exit_code"], 2, "{run}");
        assert_eq!(document["schema"], "factory-gitlab/error/v1");
        assert!(document["error"]["message"].as_str().is_some_and(|text| text.starts_with(message)), "{run}");
        assert!(!run.stderr.is_empty());
    }
}

#[test]
fn a_run_that_ends_before_its_checks_leaves_a_report_with_the_error_and_none_of_an_earlier_run() {
    let env = TestEnv::bare();
    let report = env.file("report.xml", "<testsuites/>");
    for args in [
        ["verify", "-o", "junit", "--output-file", "report.xml"].as_slice(),
        &["verify", "--bogus", "-o", "junit", "--output-file", "report.xml"],
    ] {
        let run = env.run(args);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run}");
        let text = std::fs::read_to_string(&report).expect("a report");
        assert!(text.contains("errors=\"1\"") && text.contains("<error message="), "{text}");
    }
    let run = env.run(&["kit", "check", "-o", "junit"]);
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains("this command reports no checks"), "{run}");
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_not_an_error_and_a_full_disk_is() {
    let env = TestEnv::bare();
    let shell = |line: &str| {
        std::process::Command::new("sh")
            .args(["-c", line, "sh"])
            .arg(TestEnv::program())
            .env_clear()
            .envs(env.variables())
            .env("PATH", "/usr/bin:/bin")
            .output()
            .expect("a shell")
    };
    let gone = shell("{ \"$1\" man; echo $? >&2; } | true");
    assert_eq!(String::from_utf8_lossy(&gone.stderr), "0\n");
    let full = shell("\"$1\" man > /dev/full");
    assert_eq!(full.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&full.stderr).contains("standard output cannot be written"));
}

#[test]
fn a_rehearsal_needs_no_certificates_of_the_system() {
    let mut env = TestEnv::bare();
    let none = env.path("none").to_string_lossy().into_owned();
    env.set("SSL_CERT_FILE", &none);
    env.set("SSL_CERT_DIR", &none);
    let run = env.run(&["sandbox", "connect", "--yes"]);
    assert_eq!(run.code, 0, "{run}");
}
