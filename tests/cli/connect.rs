//! `connect` from beginning to end: what it prints, what it writes, and that a second run has nothing to do.

use serde_json::json;

use crate::test_env::{TestEnv, of_version, small};

#[test]
fn an_instance_is_connected() {
    let env = TestEnv::with(small());
    let run = env.run(&["connect", "--yes"]);
    insta::assert_snapshot!(run, @r"
    exit code: 0
    ----- stdout -----
    connected: http://127.0.0.1:[port]

      done    create the OAuth application Factory Integration
      done    seal the bundle with the given token
      done    check that GitLab accepts the application's ID and secret
      done    register a webhook on group group-1
      done    send a test delivery (push) from group group-1
      done    upload the sealed bundle to Factory

    Test delivery from group group-1
      sent by GitLab: yes (the test was answered with 2xx)
      in GitLab's log: yes (the log says 200)
      received by Factory: yes (Factory has received it)

    Factory accepted the bundle, receipt [receipt]

    Check it at any time: factory-gitlab verify --gitlab-url http://127.0.0.1:[port]

    23 requests, 4 of them writes, [duration]
    ----- stderr -----
    Plan for http://127.0.0.1:[port]
      1. create the OAuth application Factory Integration
         redirect URI http://127.0.0.1:[port]/api/integrations/redirect/gitlab-sh/callback
         scopes api read_user read_repository write_repository read_registry sudo
         confidential
      2. seal the bundle with the given token
         token token-1 of root, scopes api, expires [date]
         an administrator's own: with it Factory can do all that root can
         for [recipient]
      3. check that GitLab accepts the application's ID and secret
      4. register a webhook on group group-1
      5. send a test delivery (push) from group group-1
      6. upload the sealed bundle to Factory
         POST http://127.0.0.1:[port]/gitlab/v1/bundles
         for [recipient]

    note: the license (premium) includes group webhooks: one per top-level group covers all its projects, future ones included
    note: webhooks send push, note, merge_request, issue, pipeline, job to http://127.0.0.1:[port]/gitlab/hooks/org_sandbox
    note: webhooks verify TLS and carry the secret token and the signing token
    ");
    assert_eq!(env.sandbox().gitlab().applications().len(), 1);
    assert_eq!(env.all_hooks().len(), 1);
    assert!(env.all_hooks()[0].has_token(env.sandbox().factory().webhook_secret()));
    let bundle = env.bundle();
    let secret = bundle["application"]["secret"].as_str().expect("a secret");
    assert!(env.sandbox().gitlab().applications()[0].has_secret(secret));
    assert_eq!(bundle["personal_access_token"]["value"], env.sandbox().gitlab().admin_token());
    assert_eq!(bundle["webhook"]["strategy"], "group");
}

#[test]
fn the_json_report_is_one_document_with_the_same_facts() {
    let env = TestEnv::with(small());
    let run = env.run(&["connect", "-y", "-o", "json"]);
    assert_eq!(run.code, 0, "{run}");
    let report = run.json();
    assert_eq!(report["schema"], "factory-gitlab/connect/v1");
    assert_eq!((&report["verdict"], &report["exit_code"]), (&json!("connected"), &json!(0)));
    assert_eq!(report["changed"], true);
    let steps = report["steps"].as_array().expect("steps");
    let names: Vec<&str> = steps.iter().filter_map(|step| step["step"].as_str()).collect();
    let wanted = ["create_application", "seal_bundle", "prove_pair", "create_hook", "test_delivery", "upload_bundle"];
    assert_eq!(names, wanted);
    assert!(steps.iter().all(|step| step["state"] == "done"), "{run}");
    for fact in ["test", "log", "receipt"] {
        assert_eq!(report["proofs"][0][fact]["state"], "holds", "{fact}: {run}");
    }
    assert_eq!(report["failures"], json!([]));
    for secret in [env.sandbox().gitlab().admin_token(), env.sandbox().factory().webhook_secret().to_owned()] {
        assert!(!run.stdout.contains(&secret) && !run.stderr.contains(&secret), "a secret is shown");
    }
}

#[test]
fn a_second_run_writes_nothing_in_any_version() {
    for (major, minor) in [(16, 11), (17, 9), (18, 5), (19, 2)] {
        let env = TestEnv::with(of_version(major, minor));
        env.connects(&[]);
        let (applications, hooks) = (env.sandbox().gitlab().applications(), env.all_hooks());
        assert_eq!((applications.len(), hooks.len()), (1, 1), "{major}.{minor}");
        env.has_nothing_to_do(&[]);
        let json = env.connect(&["-o", "json"]);
        assert_eq!(json.json()["verdict"], "connected", "{major}.{minor}: {json}");
        assert_eq!(json.json()["changed"], false, "{major}.{minor}: {json}");
        assert_eq!(env.sandbox().factory().bundles()[0].times, 1, "{major}.{minor}");
    }
}

#[test]
fn a_run_on_another_machine_plans_nothing() {
    for (major, minor) in [(17, 9), (18, 5), (19, 2)] {
        let mut env = TestEnv::with(of_version(major, minor));
        env.connects(&[]);
        env.on_another_machine();
        env.has_nothing_to_do(&[]);
    }
}

#[test]
fn a_dry_run_writes_nothing_and_its_exit_code_tells_whether_changes_are_pending() {
    let env = TestEnv::with(small());
    let run = env.run(&["connect", "--dry-run"]);
    insta::assert_snapshot!(run, @r"
    exit code: 0
    ----- stdout -----
    Plan for http://127.0.0.1:[port] (nothing was written)
      1. create the OAuth application Factory Integration
         redirect URI http://127.0.0.1:[port]/api/integrations/redirect/gitlab-sh/callback
         scopes api read_user read_repository write_repository read_registry sudo
         confidential
      2. seal the bundle with the given token
         token token-1 of root, scopes api, expires [date]
         an administrator's own: with it Factory can do all that root can
         for [recipient]
      3. check that GitLab accepts the application's ID and secret
      4. register a webhook on group group-1
      5. send a test delivery (push) from group group-1
      6. upload the sealed bundle to Factory
         POST http://127.0.0.1:[port]/gitlab/v1/bundles
         for [recipient]

    note: the license (premium) includes group webhooks: one per top-level group covers all its projects, future ones included
    note: webhooks send push, note, merge_request, issue, pipeline, job to http://127.0.0.1:[port]/gitlab/hooks/org_sandbox
    note: webhooks verify TLS and carry the secret token and the signing token

    14 requests, 0 of them writes, [duration]
    ");
    assert_eq!(env.run(&["connect", "--dry-run", "--exit-code"]).code, 4);
    let pending = env.run(&["connect", "--dry-run", "--exit-code", "-o", "json"]).json();
    assert_eq!((&pending["exit_code"], &pending["changed"], &pending["writes"]), (&json!(4), &json!(true), &json!(0)));
    assert_eq!(env.writes(), Vec::<String>::new());
    assert!(!env.path("state").exists(), "a dry run leaves no trace");
    env.connects(&[]);
    let run = env.run(&["connect", "--dry-run", "--exit-code"]);
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.starts_with("nothing to do"), "{run}");
    assert_eq!(env.run(&["connect", "--exit-code"]).code, 2, "it is of no use alone");
}

#[test]
fn without_a_terminal_factorys_key_is_missing_before_the_first_step_that_needs_it() {
    let mut env = TestEnv::with(small());
    let kit = env.file("kit.json", env.sandbox().factory().kit_json().to_string());
    env.set("FACTORY_KIT", &kit);
    env.unset("FACTORY_API_KEY");
    let run = env.run(&["connect", "--yes"]);
    assert_eq!(env.writes(), Vec::<String>::new(), "{run}");
    insta::assert_snapshot!(run, @r"
    exit code: 2
    ----- stderr -----
    error: missing input: 1 value, and no terminal to ask on
    hint: the key of Factory's API: --factory-key-file, the variable FACTORY_API_KEY, or factory_key_file in the answers file
    ");
    // With other values missing, it is in the same list.
    env.unset("GITLAB_TOKEN");
    let run = env.run(&["connect", "--yes"]);
    assert!(run.stderr.contains("2 values") && run.stderr.contains("--factory-key-file"), "{run}");
    // Nothing is uploaded, so nothing needs it.
    let mut env = TestEnv::with(small());
    let mut without = env.sandbox().factory().kit_json();
    without["webhook"]["receipts_url"] = serde_json::Value::Null;
    let kit = env.file("kit.json", without.to_string());
    env.set("FACTORY_KIT", &kit);
    env.unset("FACTORY_API_KEY");
    env.connects(&["--bundle-out", "bundle.age"]);
}

#[test]
fn without_a_terminal_all_missing_input_is_listed_in_one_error() {
    let run = TestEnv::bare().run(&["connect"]);
    insta::assert_snapshot!(run, @r"
    exit code: 2
    ----- stderr -----
    error: missing input: 4 values, and no terminal to ask on
    hint: the kit from Factory: --kit, the variable FACTORY_KIT, or kit in the answers file
    hint: GitLab's URL: --gitlab-url, the variable GITLAB_URL, or gitlab_url in the answers file
    hint: an admin's personal access token: --token-file, the variable GITLAB_TOKEN, or token_file in the answers file
    hint: the approval of the plan: --yes, or yes in the answers file
    hint: without a kit, give its values one by one: --redirect-uri, --webhook-url, --webhook-secret-file, --recipient, --upload-url
    ");
    let env = TestEnv::with(small());
    let run = env.run(&["connect"]);
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains("--yes") && env.sandbox().requests().is_empty(), "{run}");
    let run = TestEnv::bare().run(&["connect", "--application", "existing"]);
    for name in ["FACTORY_GITLAB_APPLICATION_ID", "--application-secret-file"] {
        assert!(run.stderr.contains(name), "{name}: {run}");
    }
}

#[test]
fn answers_come_from_a_file() {
    let mut env = TestEnv::with(small());
    let variable = |name: &str| env.variables().get(name).cloned().expect("a variable");
    let (url, token, kit) = (variable("GITLAB_URL"), variable("GITLAB_TOKEN"), variable("FACTORY_KIT"));
    for name in ["GITLAB_URL", "GITLAB_TOKEN", "FACTORY_KIT"] {
        env.unset(name);
    }
    env.file("token", format!("{token}\n"));
    env.file(
        "acme.toml",
        format!(
            "gitlab_url = \"{url}\"\ntoken_file = \"token\"\nkit = \"{kit}\"\nwebhooks = \"project\"\nyes = true\n"
        ),
    );
    let run = env.run(&["connect", "--no-input", "--config", "acme.toml"]);
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(env.bundle()["webhook"]["strategy"], "project");
}

#[test]
fn choices_are_recorded_for_the_next_run() {
    let mut env = TestEnv::with(small());
    env.connects(&["--webhooks", "project"]);
    for name in ["GITLAB_URL", "FACTORY_KIT"] {
        env.unset(name);
    }
    env.has_nothing_to_do(&[]);
}

#[test]
fn the_bundle_can_be_written_to_a_file() {
    let env = TestEnv::with(small());
    let run = env.connected(&["--bundle-out", "bundle.age"]);
    assert!(env.sandbox().factory().bundles().is_empty(), "{run}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(env.path("bundle.age")).expect("the bundle").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    env.file("key.txt", env.sandbox().factory().identity());
    let opened = env.run(&["bundle", "open", "bundle.age", "--identity-file", "key.txt"]).json();
    let secret = opened["application"]["secret"].as_str().expect("a secret");
    assert!(env.sandbox().gitlab().applications()[0].has_secret(secret));
    env.has_nothing_to_do(&["--bundle-out", "bundle.age"]);
}

#[test]
fn the_bundle_is_put_into_an_object_store_that_gives_no_receipt() {
    use factory_gitlab::sandbox::factory::BundleIntake;
    let env = TestEnv::with(small());
    // It takes what is sent with the key; a pre-signed address would take it without.
    env.sandbox().factory().edit_kit(|kit| {
        kit["bundle"]["method"] = json!("PUT");
        kit["bundle"]["auth"] = json!("bearer");
    });
    env.sandbox().factory().set_quirks(|quirks| quirks.intake = BundleIntake::NoReceipt);
    let run = env.connected(&[]);
    assert!(env.writes().contains(&"PUT /gitlab/v1/bundles".to_owned()), "{:?}", env.writes());
    assert!(run.stdout.contains("Factory accepted the bundle\n"), "{run}");
    env.has_nothing_to_do(&[]);
}

#[test]
fn a_refused_bundle_is_kept_and_the_next_run_sends_the_same_one() {
    use factory_gitlab::sandbox::factory::BundleIntake;
    for (intake, code) in
        [(BundleIntake::Refuse(402), 1), (BundleIntake::Refuse(503), 3), (BundleIntake::WrongDigest, 1)]
    {
        let env = TestEnv::with(small());
        env.sandbox().factory().set_quirks(|quirks| quirks.intake = intake);
        let run = env.connect(&[]);
        assert_eq!(run.code, code, "{run}");
        assert!(run.stdout.contains("bundle upload"), "{run}");
        assert!(run.stdout.contains("Run the same command again"), "{run}");
        env.sandbox().factory().set_quirks(|quirks| quirks.intake = BundleIntake::Honest);
        env.connects(&[]);
        assert_eq!(env.writes(), ["POST /gitlab/v1/bundles"]);
        assert_eq!(env.sandbox().factory().bundles().len(), 1);
        env.has_nothing_to_do(&[]);
    }
}

#[test]
fn the_audit_log_records_each_step_and_no_secret() {
    let env = TestEnv::with(small());
    env.connects(&["--audit-log", "audit.jsonl"]);
    let log = std::fs::read_to_string(env.path("audit.jsonl")).expect("the log");
    let events: Vec<String> = log
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("a JSON line")["event"].to_string())
        .collect();
    let wanted = [
        "began",
        "kit_accepted",
        "create_application",
        "application_created",
        "bundle_sealed",
        "pair_proven",
        "change_hook",
        "hook_changed",
        "delivery_proved",
        "upload_bundle",
        "bundle_accepted",
        "finished",
    ];
    assert_eq!(events, wanted.map(|event| format!("\"{event}\"")));
    let secret = env.bundle()["application"]["secret"].as_str().expect("a secret").to_owned();
    for secret in [secret, env.sandbox().gitlab().admin_token(), env.sandbox().factory().webhook_secret().into()] {
        assert!(!log.contains(&secret), "a secret is in the audit log");
    }
}

#[test]
fn the_status_shows_what_was_done() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    let run = env.run(&["status"]);
    assert!(run.stdout.contains("finished on ") && run.stdout.contains("accepted by Factory on "), "{run}");
    assert_eq!(env.run(&["status", "-o", "json"]).json()["connections"][0]["state"], "finished");
}

#[test]
fn the_log_file_records_requests_and_no_secret() {
    let env = TestEnv::with(small());
    let run = env.connected(&["-vv", "--log-file", "run.log"]);
    let log = std::fs::read_to_string(env.path("run.log")).expect("the log");
    assert!(log.lines().count() > 10, "{log}");
    let secret = env.bundle()["application"]["secret"].as_str().expect("a secret").to_owned();
    let factory = env.sandbox().factory();
    let key = factory.api_key().to_owned();
    for secret in [secret, key, env.sandbox().gitlab().admin_token(), factory.webhook_secret().into()] {
        assert!(!log.contains(&secret) && !run.stderr.contains(&secret), "a secret is shown");
    }
    assert!(log.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{log}");
}

#[test]
fn a_failing_request_leaves_nothing_written() {
    for (fault, code) in [
        ("GET /api/v4/metadata=html:200", 1),
        ("GET /api/v4/metadata=status:500", 3),
        ("GET /api/v4/personal_access_tokens/self=status:401", 1),
        ("GET /api/v4/applications=status:403", 1),
        ("GET /api/v4/applications=cut", 3),
        ("GET /api/v4/groups=status:500", 3),
        ("GET /gitlab/v1/kit=status:403", 1),
    ] {
        let env = TestEnv::with(small());
        env.sandbox().fault(fault).expect(fault);
        let run = env.connect(&[]);
        assert_eq!(run.code, code, "{fault}: {run}");
        assert_eq!(env.writes(), Vec::<String>::new(), "{fault}: {run}");
        assert!(run.stderr.contains("error: "), "{fault}: {run}");
    }
}

#[test]
fn the_next_run_finds_the_kit_of_the_last_one_from_any_folder() {
    let mut env = TestEnv::new();
    let kit = env.sandbox().factory().kit_json();
    env.file("kit.json", kit.to_string());
    env.unset("FACTORY_KIT");
    let first = env.run(&["connect", "--yes", "--kit", "kit.json"]);
    assert_eq!(first.code, 0, "{first}");
    let recorded = std::fs::read_dir(env.path("state")).expect("the state").next().expect("a connection");
    let journal = recorded.expect("a folder").path().join("journal.jsonl");
    let journal = std::fs::read_to_string(journal).expect("the journal");
    assert!(journal.contains(&*env.path("kit.json").to_string_lossy()), "{journal}");
    let second = env.run(&["verify"]);
    assert_eq!(second.code, 0, "{second}");
}
