//! `bundle`, `status`, `completions`, `man`, `sandbox`.

use std::io::Write as _;

use age::secrecy::ExposeSecret as _;
use factory_gitlab::sandbox::Sandbox;
use factory_gitlab::sandbox::options::SandboxOptions;

use crate::test_env::TestEnv;

/// Writes a file sealed for one key, and the key.
fn sealed(env: &TestEnv, plain: &str) -> String {
    let identity = age::x25519::Identity::generate();
    let recipient = identity.to_public();
    let encryptor = age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient)).expect("a key");
    let mut bytes = Vec::new();
    let mut writer = encryptor.wrap_output(&mut bytes).expect("a writer");
    writer.write_all(plain.as_bytes()).expect("sealed");
    writer.finish().expect("sealed");
    env.file("key.txt", identity.to_string().expose_secret());
    env.file("bundle.age", &bytes)
}

#[test]
fn a_sealed_bundle_is_inspected_without_a_key_and_opened_with_its_own_only() {
    let env = TestEnv::bare();
    let bundles: serde_json::Value = serde_json::from_str(include_str!("../schema/bundle.json")).expect("bundles");
    sealed(&env, &bundles[0].to_string());
    let inspected = env.run(&["bundle", "inspect", "bundle.age", "-o", "json"]);
    assert_eq!(inspected.code, 0, "{inspected}");
    let recipients = &inspected.json()["bundle"]["recipients"];
    assert!(recipients.as_array().is_some_and(|all| all.iter().any(|kind| kind == "X25519")), "{inspected}");

    let opened = env.run(&["bundle", "open", "bundle.age", "--identity-file", "key.txt"]);
    assert_eq!(opened.code, 0, "{opened}");
    assert_eq!(opened.json()["schema"], "factory-gitlab/bundle/v1");
    assert!(opened.stderr.contains("warning: "), "{opened}");

    let key = age::x25519::Identity::generate();
    env.file("other.txt", key.to_string().expose_secret());
    let refused = env.run(&["bundle", "open", "bundle.age", "--identity-file", "other.txt"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (1, ""), "{refused}");
    env.file("not.age", "hello");
    assert_eq!(env.run(&["bundle", "inspect", "not.age"]).code, 1);
    assert_eq!(env.run(&["bundle", "inspect", "none.age"]).code, 2);
}

#[test]
fn status_without_a_record_says_so_and_succeeds() {
    let env = TestEnv::bare();
    let run = env.run(&["status"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, "nothing is recorded on this machine\n"), "{run}");
    let json = env.run(&["status", "-o", "json"]).json();
    assert_eq!(json["connections"], serde_json::json!([]));
    assert!(!env.path("state").exists(), "looking must not make anything");
}

#[test]
fn completions_and_man_pages_are_printed() {
    let env = TestEnv::bare();
    let bash = env.run(&["completions", "bash"]);
    assert!(bash.stdout.ends_with("default factory-gitlab\nfi\n"), "{bash}");
    let page = env.run(&["man"]);
    assert!(page.stdout.contains(".TH factory-gitlab 1"), "{page}");
}

#[test]
fn a_command_in_the_sandbox_keeps_its_exit_code_and_names_the_sandbox() {
    let env = TestEnv::bare();
    let good = env.run(&["-o", "json", "sandbox", "kit", "check"]);
    assert_eq!(good.code, 0, "{good}");
    assert_eq!(good.json()["verdict"], "pass");
    assert!(good.stderr.contains("sandbox: an embedded GitLab at http://127.0.0.1:"), "{good}");
    let bad = env.run(&["sandbox", "verify"]);
    assert_eq!(bad.code, 1, "a new sandbox is not connected\n{bad}");
    assert_eq!(env.run(&["sandbox", "kit", "--no-such"]).code, 2);
    assert_eq!(env.run(&["sandbox", "--listen", "8.8.8.8:80", "kit", "check"]).code, 2);
}

#[test]
fn a_rehearsal_that_names_a_real_system_in_any_place_is_refused_and_touches_nothing() {
    let mut env = TestEnv::new();
    let real = env.sandbox().gitlab_url();
    let variables = ["GITLAB_URL", "GITLAB_TOKEN", "FACTORY_KIT", "FACTORY_API_KEY"];
    let named = env.run(&["sandbox", "connect", "--yes"]);
    assert_eq!(named.code, 2, "{named}");
    for name in variables {
        assert!(named.stderr.contains(name), "{named}");
        env.unset(name);
    }
    let answers = env.file("answers.toml", format!("upload_url = '{real}/bundles'"));
    for args in [
        &["--gitlab-url", &real, "sandbox", "connect", "--yes"][..],
        &["sandbox", "--gitlab-url", &real, "connect", "--yes"],
        &["sandbox", "connect", "--yes", "--gitlab-url", &real],
        &["--config", &answers, "sandbox", "connect", "--yes"],
        &["sandbox", "connect", "--yes", "--config", &answers],
        &["sandbox", "connect", "--yes", "--keyring", "store"],
    ] {
        let run = env.run(args);
        assert_eq!(run.code, 2, "{args:?}\n{run}");
        assert!(run.stderr.contains("touches nothing real"), "{run}");
    }
    assert!(env.sandbox().requests().is_empty());
}

#[cfg(unix)]
#[test]
fn the_sandbox_serves_until_ctrl_c_and_shows_each_request() {
    use std::io::{BufRead as _, BufReader, Read as _};
    let env = TestEnv::bare();
    let mut child = env.start(&["sandbox"]);
    let mut other = TestEnv::bare();
    for line in BufReader::new(child.stdout.take().expect("a pipe")).lines().map(|line| line.expect("a line")) {
        let (name, value) = line.strip_prefix("export ").and_then(|rest| rest.split_once('=')).expect("an export");
        other.set(name, value.trim_matches('\''));
        if name == "FACTORY_GITLAB_PROXY" {
            break;
        }
    }
    assert_eq!(other.run(&["kit", "check"]).code, 0);
    let stopped = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(stopped.success());
    assert_eq!(child.wait().expect("an end").code(), Some(0));
    let mut shown = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut shown).expect("text");
    assert!(shown.contains("200 GET /"), "{shown}");
    assert!(!shown.contains("fk-"), "{shown}");
}

/// The example of the help: serve, and use the variables in another shell.
#[cfg(unix)]
#[test]
fn the_variables_of_a_sandbox_that_serves_are_read_by_a_shell() {
    const LINE: &str = r#"
        "$1" sandbox --listen 127.0.0.1:0 > variables.sh 2> /dev/null &
        until grep -q FACTORY_GITLAB_PROXY variables.sh; do sleep 0.1; done
        . ./variables.sh
        "$1" kit check
        code=$?
        kill -TERM $! && wait $!
        exit $code"#;
    let env = TestEnv::bare();
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", LINE, "sh"]).arg(TestEnv::program()).env_clear().envs(env.variables());
    let output = shell.env("PATH", "/usr/bin:/bin").current_dir(env.path("")).output().expect("a shell");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_bundle_that_factory_cannot_open_is_refused_and_kept() {
    let env = TestEnv::new();
    let path = sealed(&env, "{}");
    let run = env.run(&["bundle", "upload", "bundle.age"]);
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stderr.contains("factory-gitlab bundle upload bundle.age"), "{run}");
    assert!(std::path::Path::new(&path).exists());
}

/// Every sandbox has its own address, so that tests can run at the same time.
#[test]
fn two_sandboxes_have_different_addresses() {
    let (one, other) = (TestEnv::new(), Sandbox::start(SandboxOptions::default()).expect("a sandbox"));
    assert_ne!(one.sandbox().gitlab_url(), other.gitlab_url());
}

#[test]
fn a_command_in_the_sandbox_has_its_own_log() {
    let env = TestEnv::bare();
    for args in [["sandbox", "connect", "--yes", "-vv"], ["sandbox", "-vv", "connect", "--yes"]] {
        let run = env.run(&args);
        assert_eq!(run.code, 0, "{run}");
        assert!(run.stderr.contains("DEBUG request method=GET"), "{run}");
    }
    let told = env.run(&["sandbox", "connect", "--yes", "-v"]);
    assert!(told.stderr.contains("INFO done step=") && !told.stderr.contains("DEBUG"), "what is done: {told}");
    let quiet = env.run(&["-q", "sandbox", "connect", "--yes"]);
    assert_eq!((quiet.code, quiet.stdout.as_str(), quiet.stderr.as_str()), (0, "", ""), "{quiet}");
}
