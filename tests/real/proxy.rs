//! The program behind a real HTTP proxy.

use factory_gitlab::sandbox::options::SandboxOptions;
use tempfile::TempDir;
use url::Url;

use crate::cli::test_env::TestEnv;
use crate::programs::{Running, free_port, holds_no_secret, program, wait_for};

struct Tinyproxy {
    url: String,
    folder: TempDir,
    running: Running,
}

impl Tinyproxy {
    #[expect(clippy::disallowed_methods, reason = "the test writes files of its own")]
    fn start() -> Self {
        let (folder, port) = (tempfile::tempdir().expect("a folder"), free_port());
        let log = folder.path().join("log");
        let config = folder.path().join("config");
        let lines = format!(
            "Port {port}\nListen 127.0.0.1\nAllow 127.0.0.1\nTimeout 30\nLogLevel Info\nLogFile \"{}\"\nMaxClients 50\n",
            log.display()
        );
        std::fs::write(&config, lines).expect("a file");
        let mut command = program("tinyproxy");
        command.arg("-d").arg("-c").arg(&config).stdout(std::process::Stdio::null());
        let running = Running::start(&mut command).listens(port, || "see the log".to_owned());
        Self { url: format!("http://127.0.0.1:{port}"), folder, running }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// How often a tunnel to this address was asked for.
    fn tunnels_to(&self, url: &str) -> usize {
        let url: Url = url.parse().expect("an address");
        let wanted = format!("CONNECT 127.0.0.1:{} ", url.port().expect("a port"));
        self.log().lines().filter(|line| line.contains(&wanted)).count()
    }
}

/// A sandbox that serves over TLS, so that a proxy has to open tunnels.
fn env() -> TestEnv {
    TestEnv::with(SandboxOptions { tls: true, ..SandboxOptions::default() })
}

fn secrets(env: &TestEnv) -> Vec<String> {
    let (gitlab, factory) = (env.sandbox().gitlab(), env.sandbox().factory());
    let mut secrets = vec![gitlab.admin_token(), factory.api_key().to_owned(), factory.webhook_secret().to_owned()];
    for bundle in factory.bundles() {
        secrets.push(bundle.document["application"]["secret"].as_str().expect("a secret").to_owned());
    }
    secrets
}

#[test]
fn everything_goes_through_the_given_proxy_in_tunnels_that_show_nothing() {
    let (env, proxy) = (env(), Tinyproxy::start());
    let run = env.run(&["connect", "--yes", "--proxy", &proxy.url]);
    assert_eq!(run.code, 0, "{run}");
    for url in [env.sandbox().gitlab_url(), env.sandbox().factory_url()] {
        wait_for("a line in the log", || (proxy.tunnels_to(&url) > 0).then_some(()));
    }
    let log = proxy.log();
    for seen in env.sandbox().requests() {
        assert!(!log.contains(&seen.target), "{log}");
    }
    let secrets = secrets(&env);
    assert_eq!(secrets.len(), 4);
    holds_no_secret(&[&log, &run.stdout, &run.stderr], &secrets);
}

#[test]
fn the_systems_proxy_is_used_and_no_proxy_is_heeded() {
    let (mut env, proxy) = (env(), Tinyproxy::start());
    let gitlab = env.sandbox().gitlab_url();
    env.set("HTTPS_PROXY", &proxy.url);
    let run = env.run(&["verify", "--only", "instance.*"]);
    assert_eq!(run.code, 0, "{run}");
    wait_for("a line in the log", || (proxy.tunnels_to(&gitlab) > 0).then_some(()));

    // Another one: the last lines of the first may still be on their way to its log.
    let untouched = Tinyproxy::start();
    env.set("HTTPS_PROXY", &untouched.url);
    for (name, value, args) in [("NO_PROXY", "127.0.0.1", &[][..]), ("NO_PROXY", "", &["--proxy", "none"][..])] {
        env.set(name, value);
        let run = env.run(&[&["verify", "--only", "instance.*"], args].concat());
        assert_eq!(run.code, 0, "{run}");
        assert_eq!(untouched.tunnels_to(&gitlab), 0, "past the proxy");
    }
}

#[test]
fn a_proxy_that_is_down_is_named_as_what_does_not_answer() {
    let (env, proxy) = (env(), Tinyproxy::start());
    let (url, port) = (proxy.url.clone(), proxy.url.rsplit(':').next().unwrap_or_default().to_owned());
    drop(proxy.running);
    let run = env.run(&["connect", "--yes", "--proxy", &url]);
    assert_eq!(run.code, 3, "{run}");
    assert!(run.stderr.contains("proxy"), "{run}");
    assert!(run.stderr.contains(&format!("127.0.0.1:{port}")), "{run}");
    assert!(env.sandbox().requests().is_empty(), "nothing goes past the proxy");
}

#[test]
fn a_proxy_that_refuses_the_tunnel_is_named() {
    let (env, proxy) = (env(), Tinyproxy::start());
    // No server listens at this address any more.
    let gone = format!("https://127.0.0.1:{}", free_port());
    let run = env.run(&["connect", "--yes", "--proxy", &proxy.url, "--gitlab-url", &gone]);
    assert_eq!(run.code, 3, "{run}");
    assert!(run.stderr.contains("proxy"), "{run}");
}
