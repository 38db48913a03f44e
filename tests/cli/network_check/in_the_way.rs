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
    run.to_string()
}

#[test]
fn a_proxy_that_does_not_accept_the_password_is_told_as_407() {
    let proxy = answers("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
    insta::assert_snapshot!(behind(&proxy), @r"
    exit code: 1
    ----- stdout -----
    seen from this machine, through the proxy 127.0.0.1:[port] (--proxy)

    hooks.factory.example:443 (https, given with --target)
      skip     network.dns        the name resolves (requests go through a proxy, which resolves the name and opens the connection)
      skip     network.tcp        the port opens (requests go through a proxy, which opens the connection)
      fail     network.tls        the certificate is valid
               GET / on hooks.factory.example: the proxy 127.0.0.1:[port] does not accept the user name and password (407)
               fix: correct the user name and password in the proxy's address (http://USER:PASSWORD@HOST:PORT, in FACTORY_GITLAB_PROXY or HTTPS_PROXY); --proxy none bypasses the proxy
               network.md#check-network-tls
      skip     network.http       the server answers (depends on network.tls)
      skip     network.clock      the clocks agree (depends on network.tls)

    network
      skip     network.outbound   GitLab may send webhooks to Factory (no kit is given, so that Factory's addresses are not known)
      skip     network.inbound    Factory may reach GitLab (whether Factory reaches GitLab cannot be seen from here)
      skip     network.endpoints  every address of the kit is usable (no kit is given, so that Factory's addresses are not known)

    verdict: fail, 1 failed, 7 skipped (0 requests, [duration])
    ");
}

#[test]
fn a_proxy_that_does_not_let_a_host_pass_fails_with_what_to_let_pass() {
    let proxy = answers("HTTP/1.1 403 Filtered\r\nContent-Length: 0\r\n\r\n");
    insta::assert_snapshot!(behind(&proxy), @r"
    exit code: 1
    ----- stdout -----
    seen from this machine, through the proxy 127.0.0.1:[port] (--proxy)

    hooks.factory.example:443 (https, given with --target)
      skip     network.dns        the name resolves (requests go through a proxy, which resolves the name and opens the connection)
      skip     network.tcp        the port opens (requests go through a proxy, which opens the connection)
      fail     network.tls        the certificate is valid
               the proxy 127.0.0.1:[port] refuses the connection to this host (403): its rules do not let it pass
               fix: let the proxy pass hooks.factory.example:443 (CONNECT, without inspection); its log says which rule refuses
               network.md#check-network-tls
      skip     network.http       the server answers (depends on network.tls)
      skip     network.clock      the clocks agree (depends on network.tls)

    network
      skip     network.outbound   GitLab may send webhooks to Factory (no kit is given, so that Factory's addresses are not known)
      skip     network.inbound    Factory may reach GitLab (whether Factory reaches GitLab cannot be seen from here)
      skip     network.endpoints  every address of the kit is usable (no kit is given, so that Factory's addresses are not known)

    verdict: fail, 1 failed, 7 skipped (0 requests, [duration])
    ");
}

#[test]
fn a_firewalls_block_page_is_not_the_servers_answer() {
    const PAGE: &str = "HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nServer: FortiGate\r\nConnection: close\r\n\r\n\
        <html><title>Web Page Blocked</title><body>Access to this page has been blocked by your administrator</body></html>";
    let env = TestEnv::with(small());
    let mut kit = env.sandbox().factory().kit_json();
    kit["webhook"]["url"] = format!("http://{}/gitlab/org_acme", answers(PAGE)).into();
    let kit = env.file("blocked-kit.json", kit.to_string());
    let run = env.run(&["network", "check", "--kit", &kit, "--only", "network.http", "-o", "json"]);
    assert_eq!(run.code, 1, "{run}");
    let report = run.json();
    let checks = report["checks"].as_array().expect("checks");
    let blocked = checks.iter().find(|one| one["status"] == "fail").expect("a failure");
    assert!(
        blocked["cause"].as_str().is_some_and(|cause| cause.contains("a block page of a firewall or proxy")),
        "{run}"
    );
}
