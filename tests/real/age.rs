//! The ordinary `age` program opens what was sealed.

use std::os::unix::fs::PermissionsExt as _;

use factory_gitlab::sandbox::options::SandboxOptions;
use serde_json::{Value, json};

use crate::cli::test_env::TestEnv;
use crate::programs::{finish, output, program};

/// A hybrid key without a private one: ML-KEM-768 of nothing but zeros, and the base point of P-256.
const POST_QUANTUM: &str = include_str!("post_quantum.txt");

/// Makes a key pair with the ordinary program: the file of the secret one, and the public one.
fn key(env: &TestEnv, name: &str) -> (String, String) {
    let path = env.path(name).to_string_lossy().into_owned();
    finish(program("age-keygen").args(["-o", &path]));
    let public = finish(program("age-keygen").args(["-y", &path]));
    (path, public.trim().to_owned())
}

fn open(key: &str, sealed: &str) -> Value {
    let plain = finish(program("age").args(["-d", "-i", key, sealed]));
    serde_json::from_str(&plain).expect("a bundle is JSON")
}

/// The message of `age -d` when no identity opens the file.
fn refusal(key: &str, sealed: &str) -> String {
    let output = output(program("age").args(["-d", "-i", key, sealed]));
    assert!(!output.status.success() && output.stdout.is_empty(), "it was opened");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn seal_for(env: &TestEnv, recipients: &[&str]) -> String {
    env.sandbox().factory().edit_kit(|kit| kit["bundle"]["recipients"] = json!(recipients));
    let path = env.path("bundle.age").to_string_lossy().into_owned();
    let run = env.run(&["connect", "--yes", "--bundle-out", &path]);
    assert_eq!(run.code, 0, "{run}");
    path
}

#[test]
fn age_opens_the_written_bundle_with_the_key_of_every_recipient_and_no_other() {
    let env = TestEnv::new();
    let ((first, to_first), (second, to_second)) = (key(&env, "first.txt"), key(&env, "second.txt"));
    let (stranger, _) = key(&env, "stranger.txt");
    let sealed = seal_for(&env, &[&to_first, &to_second]);
    let mode = std::fs::metadata(&sealed).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let document = open(&first, &sealed);
    assert_eq!(document, open(&second, &sealed));
    assert!(refusal(&stranger, &sealed).contains("no identity matched any of the recipients"));

    assert_eq!(document["schema"], "factory-gitlab/bundle/v1");
    let url = document["instance"]["url"].as_str().map(str::to_owned);
    assert_eq!(url, Some(env.sandbox().gitlab_url()));
    let token = document["personal_access_token"]["value"].as_str();
    assert_eq!(token, Some(env.sandbox().gitlab().admin_token().as_str()));
    assert!(document["application"]["secret"].as_str().is_some_and(|secret| secret.starts_with("gloas-")));
    assert!(env.sandbox().factory().bundles().is_empty(), "--bundle-out does not upload");
}

#[test]
fn age_opens_the_uploaded_bundle() {
    let env = TestEnv::with(SandboxOptions { projects: 1, ..SandboxOptions::default() });
    let run = env.run(&["connect", "--yes"]);
    assert_eq!(run.code, 0, "{run}");
    let bundles = env.sandbox().factory().bundles();
    let [bundle] = bundles.as_slice() else { unreachable!("one bundle is uploaded, not {}", bundles.len()) };
    let key = env.file("factory.txt", env.sandbox().factory().identity());
    let sealed = env.file("uploaded.age", &bundle.sealed);
    assert_eq!(open(&key, &sealed), bundle.document);
}

/// Opening such a bundle needs the hardware that keeps the key, and its plugin for age; neither is available to this test. That the header
/// is one which the ordinary program reads, and that it holds a stanza for each recipient, can be seen.
#[test]
fn age_reads_a_bundle_for_post_quantum_recipients_as_one_that_is_not_for_this_key() {
    let env = TestEnv::new();
    let (classic, _) = key(&env, "classic.txt");
    let sealed = seal_for(&env, &[POST_QUANTUM.trim(), POST_QUANTUM.trim()]);
    let refusal = refusal(&classic, &sealed);
    assert!(refusal.contains("no identity matched any of the recipients"), "{refusal}");
    let bytes = std::fs::read(&sealed).expect("a file");
    let header = String::from_utf8_lossy(&bytes).into_owned();
    let header = header.split("\n--- ").next().unwrap_or_default();
    assert_eq!(header.matches("\n-> mlkem768p256tag ").count(), 2, "{header}");
    // Besides them the header has only what age adds so that readers learn to skip what they do not know.
    let mut others = header.lines().filter(|line| line.starts_with("-> ") && !line.starts_with("-> mlkem768p256tag "));
    assert!(others.all(|line| line.contains("-grease")), "no other way in: {header}");

    // One byte of the header changed is a header that age does not take for one.
    let broken = env.file("broken.age", [b"age-encryption.org/v2".as_slice(), &bytes[21..]].concat());
    let output = output(program("age").args(["-d", "-i", &classic, &broken]));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("no identity matched"));
}
