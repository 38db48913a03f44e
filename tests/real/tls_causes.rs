//! Certificates and protocols that only a real openssl still serves.

use factory_gitlab::sandbox::options::SandboxOptions;

use crate::certificates::Authority;
use crate::cli::test_env::{TestEnv, Transcript};
use crate::programs::{Running, free_port, program};

/// What `verify` says about the TLS of a server that openssl runs with these options.
fn judged(authority: &Authority, name: &str, options: &[&str]) -> Transcript {
    let port = free_port();
    let (certificate, key) = (authority.path(&format!("{name}.pem")), authority.path(&format!("{name}.key")));
    let mut server = program("openssl");
    server.args(["s_server", "-quiet", "-www", "-cipher", "DEFAULT@SECLEVEL=0", "-cert", &certificate, "-key", &key]);
    server.args(["-accept", &format!("127.0.0.1:{port}")]).args(options);
    server.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let _running = Running::start(&mut server).listens(port, || "see openssl s_server".to_owned());
    let env = TestEnv::with(SandboxOptions::default());
    let url = format!("https://127.0.0.1:{port}");
    env.run(&[
        "verify",
        "--only",
        "instance.tls",
        "--gitlab-url",
        &url,
        "--ca-cert",
        &authority.path("root.pem"),
        "-o",
        "json",
    ])
}

#[test]
fn a_weak_certificate_and_an_old_protocol_are_failures_in_their_own_words() {
    let authority = Authority::new();
    authority.issue_weak("short", "rsa:1024", "-sha256 -extfile server.ext");
    authority.issue_weak("sha1", "rsa:2048", "-sha1 -extfile server.ext");
    authority.issue_weak("first", "rsa:2048", "-sha256");
    authority.issue_weak("good", "rsa:2048", "-sha256 -extfile server.ext");
    for (name, options, kind, says) in [
        ("short", &[][..], "weak_certificate", "has an RSA key of 1024 bits"),
        ("sha1", &[], "weak_certificate", "is signed with SHA-1"),
        ("first", &[], "weak_certificate", "is of version 1"),
        ("good", &["-tls1_1"], "old_protocol", "before 1.2"),
    ] {
        let run = judged(&authority, name, options);
        let check = run.json()["checks"][0].clone();
        assert_eq!(run.code, 1, "{run}");
        assert_eq!((check["status"].as_str(), check["evidence"]["kind"].as_str()), (Some("fail"), Some(kind)), "{run}");
        assert!(check["cause"].as_str().is_some_and(|cause| cause.contains(says)), "{run}");
        assert!(check["fix"]["text"].is_string(), "{run}");
    }
}
