//! A real TLS server with a private CA in front of GitLab, as companies have it.

use factory_gitlab::sandbox::options::SandboxOptions;
use url::Url;

use crate::certificates::{Authority, INTERMEDIATE, ROOT};
use crate::cli::test_env::TestEnv;
use crate::nginx::{Nginx, Site};
use crate::programs::holds_no_secret;

/// A sandbox whose GitLab is reached through nginx alone, and knows itself by that address.
struct Front {
    env: TestEnv,
    nginx: Nginx,
}

/// A server certificate of the authority, as nginx is given it.
struct Shown<'a> {
    certificate: &'a str,
    key: &'a str,
    /// More lines for the server.
    more: String,
}

impl<'a> Shown<'a> {
    fn new(certificate: &'a str, key: &'a str) -> Self {
        Self { certificate, key, more: String::new() }
    }
}

impl Front {
    fn new(authority: &Authority, shown: &Shown<'_>, root: &str) -> Self {
        let mut env = TestEnv::with(SandboxOptions {
            relative_root: root.to_owned(),
            projects: 101,
            ..SandboxOptions::default()
        });
        let gitlab: Url = env.sandbox().gitlab_url().parse().expect("an address");
        let inside = format!(
            "ssl_certificate {};
            ssl_certificate_key {};
            {}
            location / {{
                proxy_pass http://127.0.0.1:{};
                proxy_http_version 1.1;
                proxy_set_header Host $proxy_host;
                proxy_set_header X-Forwarded-Proto https;
            }}",
            authority.path(shown.certificate),
            authority.path(shown.key),
            shown.more,
            gitlab.port().expect("a port"),
        );
        let nginx = Nginx::start(&Site { listen: "ssl http2", inside: &inside });
        let url = format!("https://127.0.0.1:{}{root}", nginx.port);
        env.sandbox().gitlab().lock().external_url = url.parse().expect("an address");
        env.set("GITLAB_URL", &url);
        Self { env, nginx }
    }
}

#[test]
fn connect_and_verify_work_behind_a_private_ca_over_http_2_and_under_a_relative_root() {
    let authority = Authority::new();
    for root in ["", "/gitlab"] {
        let mut front = Front::new(&authority, &Shown::new("direct.pem", "direct.key"), root);
        front.env.set("FACTORY_GITLAB_CA_CERT", &authority.path("root.pem"));
        // One hook for each of 101 projects: lists have a second page, whose address GitLab writes itself.
        let run = front.env.run(&["connect", "--yes", "--webhooks", "project"]);
        assert_eq!(run.code, 0, "{run}");
        let run = front.env.run(&["verify", "-o", "json"]);
        assert_eq!((run.code, run.json()["verdict"].as_str()), (0, Some("pass")), "{run}");
        let log = front.nginx.log();
        assert!(log.contains(&format!("POST {root}/api/v4/applications HTTP/2.0 201")), "{log}");
        assert!(log.lines().all(|line| line.contains("HTTP/2.0")), "{log}");
        let gitlab_saw = front.env.sandbox().requests();
        assert!(gitlab_saw.iter().filter(|seen| seen.target.starts_with(&format!("{root}/api/v4/"))).count() > 100);
    }
}

#[test]
fn without_its_ca_the_issuer_is_named_with_the_option_that_helps() {
    let authority = Authority::new();
    let front = Front::new(&authority, &Shown::new("direct.pem", "direct.key"), "");
    for command in [["connect", "--yes"], ["verify", "--wait=0s"]] {
        let run = front.env.run(&command);
        assert_eq!(run.code, 1, "{run}");
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(said.contains("issuer is not trusted") && said.contains(ROOT), "{said}");
        assert!(said.contains("--ca-cert"), "{said}");
    }
    assert_eq!(front.nginx.log(), "", "nothing was sent");
}

#[test]
fn a_missing_intermediate_is_told_apart_from_an_unknown_root() {
    let authority = Authority::new();
    let incomplete = Front::new(&authority, &Shown::new("deep.pem", "deep.key"), "");
    let run = incomplete.env.run(&["connect", "--yes", "--ca-cert", &authority.path("root.pem")]);
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stderr.contains(INTERMEDIATE) && run.stderr.contains("no intermediate certificate"), "{run}");
    assert!(run.stderr.contains("intermediate certificates"), "{run}");
    // With the intermediate certificate given by hand it works, and with the whole chain sent it does too.
    let both = [
        "connect",
        "--yes",
        "--ca-cert",
        &authority.path("root.pem"),
        "--ca-cert",
        &authority.path("intermediate.pem"),
    ];
    let run = incomplete.env.run(&both);
    assert_eq!(run.code, 0, "{run}");

    let complete = Front::new(&authority, &Shown::new("chain.pem", "deep.key"), "");
    let run = complete.env.run(&["connect", "--yes"]);
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stderr.contains(ROOT) && !run.stderr.contains("no intermediate certificate"), "{run}");
    let run = complete.env.run(&["connect", "--yes", "--ca-cert", &authority.path("root.pem")]);
    assert_eq!(run.code, 0, "{run}");
}

#[test]
fn mutual_tls_uses_the_client_certificate_and_asks_for_it_when_it_is_missing() {
    let authority = Authority::new();
    let more = format!("ssl_client_certificate {}; ssl_verify_client on;", authority.path("root.pem"));
    let mut front = Front::new(&authority, &Shown { more, ..Shown::new("direct.pem", "direct.key") }, "");
    front.env.set("FACTORY_GITLAB_CA_CERT", &authority.path("root.pem"));

    let run = front.env.run(&["connect", "--yes"]);
    assert_ne!(run.code, 0, "{run}");
    assert!(run.stderr.contains("client certificate") && run.stderr.contains("--client-cert"), "{run}");

    let run = front.env.run(&["connect", "--yes", "--client-cert", &authority.path("identity.pem")]);
    assert_eq!(run.code, 0, "{run}");
    let log = front.nginx.log();
    assert!(log.contains("/api/v4/applications HTTP/2.0 201") && log.contains("client=[SUCCESS]"), "{log}");
    let gitlab = front.env.sandbox().gitlab();
    holds_no_secret(&[&log, &run.stdout, &run.stderr], &[gitlab.admin_token()]);
}
