//! What is printed.

use crate::test_env::{TestEnv, small};

#[test]
fn a_healthy_network_is_told_layer_by_layer() {
    let env = TestEnv::with(small());
    let run = env.run(&["network", "check"]);
    assert_eq!(run.code, 0, "{run}");
    insta::assert_snapshot!(run, @r"
    exit code: 0
    ----- stdout -----
    seen from 127.0.0.1, without a proxy (none is set for these hosts)

    127.0.0.1:[port] (http, GitLab)
      pass     network.dns          the name resolves (it is an address)
      pass     network.tcp          the port opens ([duration])
      skip     network.tls          the certificate is valid (http on a loopback address has no TLS)
      pass     network.http         the server answers (GitLab's API asks for a token)
      pass     network.clock        the clocks agree
      skip     network.inbound      Factory may reach GitLab (whether Factory reaches GitLab cannot be seen from here)

    127.0.0.1:[port] (ssh, GitLab: Git over SSH)
      pass     network.dns          the name resolves (it is an address)
      pass     network.tcp          the port opens ([duration])
      pass     network.ssh          SSH answers (SSH-2.0-GitLab-SSHD)
      skip     network.ssh_hostkey  the SSH host key is the kit's (the kit names only the host keys of Factory's own servers)

    127.0.0.1:[port] (http, Factory: webhooks)
      pass     network.dns          the name resolves (it is an address)
      pass     network.tcp          the port opens ([duration])
      skip     network.tls          the certificate is valid (http on a loopback address has no TLS)
      pass     network.http         the server answers (answered 404)
      pass     network.clock        the clocks agree
      pass     network.outbound     GitLab may send webhooks to Factory (its address is on the allowlist)

    network
      pass     network.endpoints    every address of the kit is usable (1 of 1)

    verdict: pass, 13 passed, 4 skipped on http://127.0.0.1:[port] (6 requests, [duration])
    ");
}

#[test]
fn a_rehearsal_in_the_sandbox_is_green() {
    let env = TestEnv::bare();
    let run = env.run(&["sandbox", "network", "check"]);
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.contains("verdict: pass"), "{run}");
    assert!(!run.stdout.contains("unknown"), "{run}");
}

#[test]
fn without_kit_url_and_target_there_is_nothing_to_look_at() {
    let env = TestEnv::bare();
    let run = env.run(&["network", "check"]);
    assert_eq!(run.code, 2, "{run}");
    insta::assert_snapshot!(run, @r"
    exit code: 2
    ----- stderr -----
    error: there is nothing to look at: no kit, no URL of GitLab and no target is given
    hint: give the kit (--kit PATH), GitLab's URL (--gitlab-url URL), or an address (--target HOST:PORT)
    ");
}

#[test]
fn a_target_alone_needs_neither_kit_nor_gitlab_nor_token() {
    let env = TestEnv::bare();
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = free.local_addr().expect("an address");
    let (target, port) = (format!("tcp://{address}"), address.port().to_string());
    let run = env.run(&["network", "check", "--target", &target]);
    assert_eq!(run.code, 0, "{run}");
    drop(free);
    let run = env.run(&["network", "check", "--target", &target, "--only", "network.tcp"]);
    assert_eq!(run.code, 1, "{run}");
    insta::assert_snapshot!(run.to_string().replace(&port, "[port]"), @r"
    exit code: 1
    ----- stdout -----
    seen from 127.0.0.1, without a proxy (none is set for these hosts)

    127.0.0.1:[port] (tcp, given with --target)
      fail     network.tcp  the port opens
               127.0.0.1: refused: nothing listens there, or a firewall refuses
               fix: check that a server listens on port [port]; let TCP [port] pass from 127.0.0.1 to 127.0.0.1 (firewall, security group, network ACL), and give both sides a route to the other
               network.md#check-network-tcp

    verdict: fail, 1 failed (0 requests, [duration])
    ");
}
