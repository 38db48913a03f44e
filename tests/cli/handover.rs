//! The token that Factory holds: which one, and what happens when it ends or another one is chosen.

use factory_gitlab::sandbox::factory::BundleIntake;
use jiff::ToSpan as _;
use serde_json::{Value, json};

use crate::test_env::{TestEnv, Transcript, small};

/// The numbers of the tokens made for Factory that are alive.
fn alive(env: &TestEnv) -> Vec<u64> {
    let state = env.sandbox().gitlab().lock();
    let ours = state.tokens.values().filter(|token| token.name.starts_with("Factory ") && !token.revoked);
    ours.map(|token| token.id).collect()
}

fn check(env: &TestEnv, code: &str) -> Value {
    let run = env.run(&["verify", "--only", code, "-o", "json"]);
    run.json()["checks"][0].clone()
}

fn steps(env: &TestEnv, args: &[&str]) -> Vec<String> {
    let run = env.run(&[&["connect", "--dry-run", "-o", "json"], args].concat());
    let document = run.json();
    document["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .map(|step| step["step"].as_str().expect("a name").to_owned())
        .collect()
}

#[test]
fn another_choice_of_token_is_handed_over_alone_and_stays_chosen() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    assert_eq!(steps(&env, &["--handover-token", "minted"]), ["mint_token", "seal_token", "upload_bundle"]);
    env.connects(&["--handover-token", "minted"]);
    let bundles = env.sandbox().factory().bundles();
    let [first, second] = bundles.as_slice() else { unreachable!("{} bundles", bundles.len()) };
    assert!(first.document["application"]["secret"].is_string());
    assert_eq!(second.document.get("application"), None, "Factory keeps the application that it has");
    assert!(second.document["personal_access_token"]["value"].is_string());
    assert_eq!(alive(&env).len(), 1);
    env.has_nothing_to_do(&[]);
    assert_eq!(check(&env, "token.handed_over")["status"], "pass");

    let given = env.connected(&["--handover-token", "given"]);
    assert!(given.stdout.contains("revoke the token Factory (org_sandbox) "), "{given}");
    assert_eq!(alive(&env), Vec::<u64>::new());
    env.has_nothing_to_do(&[]);
}

#[test]
fn a_token_for_factory_ends_where_factory_is_to_have_none() {
    let env = TestEnv::with(small());
    env.connects(&["--handover-token", "minted"]);
    assert_eq!(steps(&env, &["--handover-token", "none"]), ["revoke_token"]);
    env.connects(&["--handover-token", "none"]);
    assert_eq!(alive(&env), Vec::<u64>::new());
    env.has_nothing_to_do(&[]);
    let found = check(&env, "token.handed_over");
    assert_eq!(found["status"], "skip", "{found}");
}

#[test]
fn a_new_token_that_factory_did_not_accept_is_sent_by_the_next_run_and_only_then_the_old_one_ends() {
    let env = TestEnv::with(small());
    env.connects(&["--handover-token", "minted"]);
    let old = alive(&env);
    let soon = env.sandbox().gitlab().clock().today();
    env.sandbox().gitlab().lock().tokens.values_mut().filter(|token| old.contains(&token.id)).for_each(|token| {
        token.expires_at = Some(soon.tomorrow().expect("a day"));
    });
    env.sandbox().factory().set_quirks(|quirks| quirks.intake = BundleIntake::Refuse(503));
    let refused = env.connect(&[]);
    assert_eq!(refused.code, 3, "{refused}");
    assert_eq!(alive(&env).len(), 2, "the old one is in use");
    assert_eq!(check(&env, "factory.bundle")["status"], "fail");

    env.sandbox().factory().set_quirks(|quirks| quirks.intake = BundleIntake::default());
    assert_eq!(steps(&env, &[]), ["upload_bundle", "revoke_token"]);
    env.connects(&[]);
    let left = alive(&env);
    assert!(left.len() == 1 && left != old, "{left:?}");
    env.has_nothing_to_do(&[]);
    assert_eq!(check(&env, "factory.bundle")["status"], "pass");
}

#[test]
fn a_token_given_earlier_that_was_revoked_is_replaced_by_the_one_in_use() {
    let env = TestEnv::with(small());
    let end = env.sandbox().gitlab().clock().today().saturating_add(100.days()).to_string();
    let scopes = json!({ "name": "ops", "scopes": ["api", "admin_mode"], "expires_at": end });
    let made = env.make("/users/1/personal_access_tokens", &scopes);
    let earlier = env.file("earlier-token", made["token"].as_str().expect("a token"));
    env.connects(&["--token-file", &earlier]);
    let (status, answer) = env.api("DELETE", &format!("/personal_access_tokens/{}", made["id"]), &json!({}));
    assert_eq!(status, 204, "{answer}");
    let found = check(&env, "token.handed_over");
    assert_eq!((&found["status"], &found["fix"]["command"]), (&json!("fail"), &json!("factory-gitlab connect")));
    let run = env.connected(&[]);
    assert!(run.stdout.contains("seal a bundle with the given token alone"), "{run}");
    env.has_nothing_to_do(&[]);
    assert_eq!(check(&env, "token.handed_over")["status"], "pass");
}

#[test]
fn a_bundle_that_was_written_to_a_file_and_uploaded_later_is_known_to_have_arrived() {
    let env = TestEnv::with(small());
    env.connects(&["--bundle-out", "bundle.age"]);
    assert_eq!(check(&env, "factory.bundle")["status"], "fail");
    let sent = env.run(&["bundle", "upload", "bundle.age", "--yes"]);
    assert_eq!(sent.code, 0, "{sent}");
    assert_eq!(check(&env, "factory.bundle")["status"], "pass");
    env.has_nothing_to_do(&[]);
}

/// Connected with a token made for Factory, and then an upload of a renewed secret with another token that Factory refuses.
fn with_a_renewal_that_was_not_accepted() -> TestEnv {
    let env = TestEnv::with(small());
    env.connects(&["--handover-token", "minted"]);
    env.sandbox().factory().set_quirks(|quirks| quirks.intake = BundleIntake::Refuse(503));
    let refused = env.connect(&["--renew-secret"]);
    assert_eq!(refused.code, 3, "{refused}");
    env.sandbox().factory().set_quirks(|quirks| quirks.intake = BundleIntake::default());
    env
}

#[test]
fn the_run_that_delivers_a_waiting_bundle_ends_the_token_that_it_replaces() {
    let env = with_a_renewal_that_was_not_accepted();
    env.connects(&[]);
    assert_eq!(alive(&env).len(), 1);
    env.has_nothing_to_do(&[]);
}

#[test]
fn a_token_whose_replacement_was_replaced_itself_ends_all_the_same() {
    let env = with_a_renewal_that_was_not_accepted();
    env.connects(&["--handover-token", "given"]);
    assert_eq!(alive(&env), Vec::<u64>::new());
    env.has_nothing_to_do(&[]);
}

#[test]
fn a_token_that_factory_may_have_got_lives_until_factory_has_another() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    // Factory takes it, and no answer comes.
    env.sandbox().fault("factory:POST /gitlab/v1/bundles=lost").expect("a fault");
    let lost = env.connect(&["--handover-token", "minted"]);
    assert_eq!(lost.code, 3, "{lost}");
    let held = alive(&env);
    assert_eq!(held.len(), 1);
    env.sandbox().clear_faults();
    env.sandbox().factory().set_quirks(|quirks| quirks.intake = BundleIntake::Refuse(503));
    let refused = env.connect(&["--handover-token", "given"]);
    assert_eq!(refused.code, 3, "{refused}");
    assert_eq!(alive(&env), held, "Factory has it");
    env.sandbox().factory().set_quirks(|quirks| quirks.intake = BundleIntake::default());
    env.connects(&["--handover-token", "given"]);
    assert_eq!(alive(&env), Vec::<u64>::new());
    env.has_nothing_to_do(&[]);
}

#[test]
fn a_token_written_to_a_file_and_uploaded_later_ends_the_earlier_one() {
    let env = TestEnv::with(small());
    env.connects(&["--handover-token", "minted"]);
    let written = env.connected(&["--handover-token", "given", "--bundle-out", "token.age"]);
    assert!(written.stdout.contains("factory-gitlab bundle upload token.age"), "{written}");
    assert_eq!(alive(&env).len(), 1, "Factory does not have the other one yet");
    let sent = env.run(&["bundle", "upload", "token.age", "--yes"]);
    assert!(sent.code == 0 && !sent.stderr.contains("did not seal"), "{sent}");
    env.connects(&[]);
    assert_eq!(alive(&env), Vec::<u64>::new());
    env.has_nothing_to_do(&[]);
}

#[test]
fn no_token_for_factory_where_it_was_given_one_names_the_one_that_is_left() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    let run = env.connected(&["--handover-token", "none"]);
    assert!(run.stdout.contains("warning: Factory was given the token"), "{run}");
}

#[test]
fn a_connection_without_a_kit_is_the_kits_connection_later() {
    let env = TestEnv::with(small());
    let kit = env.sandbox().factory().kit_json();
    let text = |pointer: &str| kit.pointer(pointer).and_then(Value::as_str).expect(pointer).to_owned();
    let secret = env.file("hook-secret", text("/webhook/secret_token"));
    let (redirect, hook, recipient) =
        (text("/application/redirect_uri"), text("/webhook/url"), text("/bundle/recipients/0"));
    let mut without = TestEnv::bare();
    for (name, value) in env.variables().iter().filter(|(name, _)| !name.starts_with("FACTORY_KIT")) {
        without.set(name, value);
    }
    let values = ["--redirect-uri", &redirect, "--webhook-url", &hook, "--webhook-secret-file", &secret];
    let args = [&["connect", "--yes", "--recipient", &recipient, "--bundle-out", "first.age"], &values[..]].concat();
    let run = without.run(&args);
    assert_eq!(run.code, 0, "{run}");
    let run = env.connect(&["--renew-secret"]);
    assert_eq!(run.code, 0, "{run}");
    assert_eq!((env.all_hooks().len(), env.sandbox().gitlab().applications().len()), (1, 1), "{run}");
    env.has_nothing_to_do(&[]);
}

/// The values of the embedded Factory's kit as flags, and a machine that has no kit and the webhooks' secret in a variable.
fn without_a_kit(env: &TestEnv) -> (TestEnv, Vec<String>) {
    let kit = env.sandbox().factory().kit_json();
    let text = |pointer: &str| kit.pointer(pointer).and_then(Value::as_str).expect(pointer).to_owned();
    let mut without = TestEnv::bare();
    for (name, value) in env.variables().iter().filter(|(name, _)| !name.starts_with("FACTORY_KIT")) {
        without.set(name, value);
    }
    without.set("FACTORY_WEBHOOK_SECRET", &text("/webhook/secret_token"));
    let flags = [
        ("--redirect-uri", "/application/redirect_uri"),
        ("--webhook-url", "/webhook/url"),
        ("--recipient", "/bundle/recipients/0"),
        ("--upload-url", "/bundle/upload_url"),
    ];
    let flags = flags.iter().flat_map(|(flag, pointer)| [(*flag).to_owned(), text(pointer)]).collect();
    (without, flags)
}

fn run(env: &TestEnv, args: &[&str], flags: &[String]) -> Transcript {
    let flags = flags.iter().map(String::as_str);
    env.run(&args.iter().copied().chain(flags).collect::<Vec<_>>())
}

#[test]
fn without_a_kit_the_printed_upload_command_works_as_printed() {
    let env = TestEnv::with(small());
    let (without, flags) = without_a_kit(&env);
    env.sandbox().fault("factory:POST /gitlab/v1/bundles=status:403").expect("a fault");
    let refused = run(&without, &["connect", "--yes"], &flags);
    assert_ne!(refused.code, 0, "{refused}");
    env.sandbox().clear_faults();
    // In the transcript the folder's name is abbreviated.
    assert!(refused.to_string().contains("factory-gitlab bundle upload "), "{refused}");
    let folders = std::fs::read_dir(env.path("state")).expect("the records");
    let sealed = folders.map(|folder| folder.expect("a folder").path().join("bundle.age")).find(|path| path.exists());
    let sealed = sealed.expect("the sealed bundle").display().to_string();
    let sent = without.run(&["bundle", "upload", &sealed]);
    assert_eq!(sent.code, 0, "{sent}");
    assert_eq!(env.sandbox().factory().bundles().len(), 1);
}

#[test]
fn without_a_kit_a_later_run_asks_only_for_the_secret() {
    let env = TestEnv::with(small());
    let (mut without, flags) = without_a_kit(&env);
    let first = run(&without, &["connect", "--yes"], &flags);
    assert_eq!(first.code, 0, "{first}");
    let again = without.run(&["connect", "--dry-run", "--exit-code"]);
    assert_eq!(again.code, 0, "{again}");
    let verified = without.run(&["verify", "--only", "webhook.*"]);
    assert_eq!(verified.code, 0, "{verified}");
    // A kit takes the place of the recorded values.
    let mut kit = env.sandbox().factory().kit_json();
    kit["organization"] = json!({});
    let kit = without.file("kit.json", kit.to_string().replace("/gitlab/hooks/", "/gitlab/other/"));
    let other = without.run(&["connect", "--dry-run", "--kit", &kit]);
    assert!(other.stdout.contains("/gitlab/other/"), "{other}");
    without.unset("FACTORY_WEBHOOK_SECRET");
    let missing = without.run(&["connect", "--yes"]);
    assert!(
        missing.stderr.contains("missing input: 1 value") && missing.stderr.contains("--webhook-secret-file"),
        "{missing}"
    );
}

#[test]
fn without_a_kit_the_file_of_the_bundle_is_recorded_until_an_address_is_given() {
    let env = TestEnv::with(small());
    let (without, flags) = without_a_kit(&env);
    let (values, address) = flags.split_at(6);
    let first = run(&without, &["connect", "--yes", "--bundle-out", "bundle.age"], values);
    assert_eq!(first.code, 0, "{first}");
    let again = without.run(&["connect", "--dry-run", "--exit-code"]);
    assert_eq!(again.code, 0, "{again}");
    let verified = without.run(&["verify", "--only", "factory.bundle", "-o", "json"]);
    assert_eq!(verified.json()["checks"][0]["status"], "skip", "connect has nothing to send: {verified}");
    let uploaded = run(&without, &["connect", "--dry-run"], address);
    assert!(uploaded.stdout.contains("upload the sealed bundle"), "{uploaded}");
}
