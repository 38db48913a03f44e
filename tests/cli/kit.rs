//! `kit show|check|template`.

use serde_json::json;

use crate::test_env::TestEnv;

const KIT: &str = r#"{
    "schema": "factory-gitlab/kit/v1",
    "organization": { "id": "org_acme", "name": "Acme \u001b[31m" },
    "application": { "redirect_uri": "https://api.factory.example/callback" },
    "webhook": { "url": "https://hooks.factory.example/acme", "secret_token": "canary-9vQ4mZx7Lp2wRk8T" },
    "bundle": { "recipients": [], "upload_url": "https://api.factory.example/bundles?sig=canary-signature" }
}"#;

#[test]
fn a_kit_is_shown_without_its_secrets_and_escape_codes() {
    let env = TestEnv::bare();
    env.file("kit.json", KIT);
    let run = env.run(&["kit", "show", "--kit", "kit.json"]);
    insta::assert_snapshot!(run, @r"
    exit code: 0
    ----- stdout -----
    Kit for Acme \x1b[31m (factory-gitlab/kit/v1)
      fingerprint   kit [fingerprint]
      given by      --kit
      expires       never

    Application
      name          Factory Integration
      redirect URI  https://api.factory.example/callback
      scopes        api, read_user, read_repository, write_repository, read_registry, sudo
      confidential  yes

    Webhook
      URL           https://hooks.factory.example/acme
      secret token  set, not shown
      signing token none
      events        push, note, merge_request, issue, pipeline, job
      receipts      none

    Bundle
      sealed for    
      uploaded to   https://api.factory.example/bundles?…
      token inside  the one that is given
      status        none
      disconnect    none
    ");
    let json = env.run(&["kit", "show", "--kit", "-", "-o", "json"]);
    assert_eq!(json.code, 2, "nothing was on standard input: {json}");
    let json = env.run_with(&["kit", "show", "--kit", "-", "-o", "json"], KIT.as_bytes());
    assert_eq!(json.json()["webhook"]["secret_token_present"], true);
    assert!(!json.stdout.contains("canary"), "{json}");
}

#[test]
fn a_kit_is_checked_with_the_same_exit_code_in_every_format() {
    let env = TestEnv::bare();
    env.file("kit.json", KIT);
    for form in ["text", "json"] {
        let run = env.run(&["kit", "check", "--kit", "kit.json", "-o", form]);
        assert_eq!(run.code, 1, "{run}");
        assert!(run.stdout.contains("bundle.recipients"), "{run}");
    }
    let junit = env.run(&["kit", "check", "--kit", "kit.json", "-o", "junit"]);
    assert_eq!(junit.code, 2, "{junit}");
}

#[test]
fn fields_that_this_version_does_not_know_are_named_and_change_nothing() {
    let env = TestEnv::new();
    let mut kit = env.sandbox().factory().kit_json();
    kit["colour"] = json!("blue");
    kit["webhook"]["secret_tokn"] = json!("canary-8vQ4mZx7Lp2wRk8T");
    kit["answers"] = json!([{ "event": "note", "author": "token-owner", "wthin": "1m" }]);
    env.file("kit.json", kit.to_string());
    insta::assert_snapshot!(env.run(&["kit", "check", "--kit", "kit.json"]), @r"
    exit code: 0
    ----- stdout -----
    warning  answers[0].wthin: this version does not know the field, and ignores it
    warning  colour: this version does not know the field, and ignores it
    warning  webhook.secret_tokn: this version does not know the field, and ignores it
    the kit can be used (given by --kit)
    ");
}

#[test]
fn a_missing_field_is_told_with_the_name_under_which_it_may_be_there() {
    let mut env = TestEnv::bare();
    env.file("kit.json", KIT.replace("redirect_uri", "redirect_url"));
    insta::assert_snapshot!(env.run(&["kit", "check", "--kit", "kit.json"]), @r"
    exit code: 2
    ----- stderr -----
    error: the kit lacks application.redirect_uri
      caused by: application.redirect_url: this version does not know the field, and ignores it
    hint: compare it with a kit that has every field
          factory-gitlab kit template
    ");
    // The printed command reads the same kit.
    env.file("kit.json", KIT);
    env.set("GITLAB_TOKEN", "glpat-Xq7Rw2Lp9ZtB4mKv8NsD");
    let run = env.run(&["connect", "--dry-run", "--kit", "kit.json", "--gitlab-url", "http://127.0.0.1:9"]);
    let command = run.stderr.lines().find(|line| line.contains("factory-gitlab kit check")).expect("a command").trim();
    let words: Vec<&str> = command.split(' ').skip(1).collect();
    assert_eq!((words.as_slice(), env.run(&words).code), (["kit", "check", "--kit", "kit.json"].as_slice(), 1));
}

#[test]
fn a_command_without_a_report_refuses_to_write_one() {
    let env = TestEnv::bare();
    for command in [&["recipe"][..], &["recipe", "prometheus"], &["completions", "bash"], &["kit", "template"]] {
        for output in ["json", "json=out.json", "text=out.txt"] {
            let run = env.run(&[command, &["-o", output]].concat());
            assert_eq!(run.code, 2, "{command:?} {output}: {run}");
        }
        assert_eq!(env.run(command).code, 0);
    }
    assert!(!env.path("out.txt").exists());
}

#[test]
fn the_kit_of_the_sandbox_is_valid_and_is_fetched_with_the_key() {
    let mut env = TestEnv::new();
    let run = env.run(&["kit", "check"]);
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.starts_with("the kit is good"), "{run}");
    assert_eq!(env.sandbox().requests().len(), 1);
    env.unset("FACTORY_API_KEY");
    let refused = env.run(&["kit", "check"]);
    assert_eq!(refused.code, 1, "{refused}");
    assert!(refused.stderr.contains("FACTORY_API_KEY"), "{refused}");
}

#[test]
fn a_file_that_is_not_a_kit_is_a_usage_error() {
    let env = TestEnv::bare();
    env.file("page.html", "<html>");
    env.file("half.json", "{\"schema\": \"factory-gitlab/kit/v1\", ");
    env.file("binary", b"\xff\xfe\x00");
    for (name, wanted) in [
        ("page.html", "the kit is not JSON: line 1, column 1"),
        ("half.json", "the kit ends early"),
        ("./binary", "./binary is not text"),
        ("none.json", "none.json cannot be read"),
        ("http://factory.example/kit?key=canary", "http://factory.example/kit would be fetched unencrypted"),
    ] {
        let run = env.run(&["kit", "check", "--kit", name]);
        assert_eq!(run.code, 2, "{run}");
        assert!(run.stderr.contains(wanted), "{run}");
        assert!(!run.stderr.contains("canary"), "{run}");
    }
}

#[test]
fn a_template_is_a_kit_to_fill_in() {
    let env = TestEnv::bare();
    let template = env.run(&["kit", "template"]);
    assert_eq!(template.code, 0);
    env.file("kit.json", &template.stdout);
    assert_eq!(env.run(&["kit", "check", "--kit", "kit.json"]).code, 2, "it is not filled in");
}

#[test]
fn a_kit_for_gitlab_com_alone_is_shown_and_checked() {
    const CLOUD: &str = r#"{
        "schema": "factory-gitlab/kit/v1",
        "organization": { "id": "org_acme", "name": "Acme" },
        "cloud": {
            "client_id": "f00d", "redirect_uri": "http://127.0.0.1/callback",
            "connect_url": "https://api.factory.example/sessions?key=canary-in-query",
            "selection_url": "https://api.factory.example/selection"
        },
        "bundle": { "recipients": ["age1n9v"], "upload_url": "https://api.factory.example/bundles" }
    }"#;
    let env = TestEnv::bare();
    env.file("kit.json", CLOUD);
    let run = env.run(&["kit", "show", "--kit", "kit.json"]);
    insta::assert_snapshot!(run, @r"
    exit code: 0
    ----- stdout -----
    Kit for Acme (factory-gitlab/kit/v1)
      fingerprint   kit [fingerprint]
      given by      --kit
      expires       never

    GitLab.com
      URL           https://gitlab.com/
      sessions      https://api.factory.example/sessions?…
      client ID     f00d
      redirect URI  http://127.0.0.1/callback
      device flow   no
      scopes        api, read_user
      candidates    none
      selection     https://api.factory.example/selection

    Bundle
      sealed for    age1n9v
      uploaded to   https://api.factory.example/bundles

    Factory
      status        none
      disconnect    none
      receipts      none
    ");
    let json = env.run(&["kit", "show", "--kit", "kit.json", "-o", "json"]).json();
    assert_eq!(json["cloud"]["scopes"], serde_json::json!(["api", "read_user"]));
    assert!(!json.to_string().contains("canary"), "{json}");
    env.file(
        "wrong.json",
        CLOUD.replace("127.0.0.1", "localhost").replace("https://api.factory.example/selection", "http://a"),
    );
    let run = env.run(&["kit", "check", "--kit", "wrong.json"]);
    insta::assert_snapshot!(run, @r#"
    exit code: 1
    ----- stdout -----
    wrong    cloud.redirect_uri: GitLab compares the port of localhost, and the port differs with each run; it must be http://127.0.0.1 with a path
    wrong    cloud.selection_url: it must be an https URL
    wrong    bundle.recipients: the recipient "age1n9v" is not an age public key: invalid Bech32 encoding
    the kit cannot be used (given by --kit)
    "#);
    env.file("less.json", r#"{"schema": "factory-gitlab/kit/v1", "cloud": {"client_id": "f00d"}}"#);
    let run = env.run(&["kit", "check", "--kit", "less.json"]);
    assert_eq!(run.code, 2, "{run}");
    let lacks = "the kit lacks organization.id, cloud.selection_url, cloud.redirect_uri, bundle.recipients";
    assert!(run.stderr.contains(lacks), "{run}");
}

#[test]
fn the_sandbox_of_gitlab_com_serves_a_kit_for_it() {
    let env = TestEnv::bare();
    for (ways, connect, client) in [("session", true, false), ("client", false, true), ("session,device", true, true)] {
        let run = env.run(&["-o", "json", "sandbox", "--cloud", "--cloud-kit", ways, "kit", "show"]);
        assert_eq!(run.code, 0, "{run}");
        let cloud = run.json()["cloud"].clone();
        assert_eq!((cloud["connect_url"].is_string(), cloud["client_id"].is_string()), (connect, client), "{cloud}");
    }
    let both = env.run(&["sandbox", "--cloud", "--admin-mode", "kit", "show"]);
    assert_eq!(both.code, 2, "{both}");
}
