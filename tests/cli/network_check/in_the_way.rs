//! A proxy or firewall that answers in the place of the server.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use crate::test_env::{TestEnv, small};

/// Gives every connection this answer; its address.
fn answers(with: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _read = stream.read(&mut [0; 4096]);
            let _sent = stream.write_all(with.as_bytes());
        }
    });
    address
}

/// What is said of a host on the internet behind this proxy.
fn behind(proxy: &str) -> String {
    let env = TestEnv::bare();
    let proxy = format!("http://user:wrong-canary@{proxy}");
    let args = ["network", "check", "--target", "https://hooks.factory.example:443", "--proxy", &proxy];
    let run = env.run(&args);
    assert_eq!(run.code, 1, "{run}");
    assert!(!run.to_string().contains("canary"), "{run}");
    run.stdout
}

#[test]
fn a_proxy_that_does_not_accept_the_password_is_told_as_407() {
    let proxy = answers("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
    let said = behind(&proxy).replace(&proxy, "[proxy]");
    insta::assert_snapshot!(said, @"");
}

#[test]
fn a_proxy_that_does_not_let_a_host_pass_fails_with_what_to_let_pass() {
    let proxy = answers("HTTP/1.1 403 Filtered\r\nContent-Length: 0\r\n\r\n");
    let said = behind(&proxy).replace(&proxy, "[proxy]");
    insta::assert_snapshot!(said, @"");
}

#[test]
fn a_firewalls_block_page_is_not_the_servers_answer() {
    const PAGE: &str = "HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nServer: FortiGate\r\nConnection: close\r\n\r\n\
        <html><title>Web Page Blocked</title><body>Access to this page has been blocked by your administrator</body></html>";
    let env = TestEnv::with(small());
    let webhook = format!("http://{}/gitlab/org_acme", answers(PAGE));
    let run = env.run(&["network", "check", "--webhook-url", &webhook, "--only", "network.http", "-o", "json"]);
    assert_eq!(run.code, 1, "{run}");
    let report = run.json();
    let checks = report["checks"].as_array().expect("checks");
    let blocked = checks.iter().find(|one| one["status"] == "fail").expect("a failure");
    assert!(
        blocked["cause"].as_str().is_some_and(|cause| cause.contains("a block page of a firewall or proxy")),
        "{run}"
    );
}
