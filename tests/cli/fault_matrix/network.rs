//! Failures below the requests, for both clients: names, ports, TLS, and servers that fail during the run.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use factory_gitlab::checks::Verdict;
use factory_gitlab::desired::{BundleRoute, Desired, Selection};
use factory_gitlab::sandbox::options::{SandboxOptions, TlsDefect};
use factory_gitlab::target::Strategy;
use url::Url;

use super::faults::AMPLE;
use super::harness::{Deliveries, Harness, Kind};

const SHORT: Duration = Duration::from_millis(1500);

fn kind(options: SandboxOptions) -> Kind {
    let options = SandboxOptions { projects: 1, groups: 1, ..options };
    Kind { options, strategy: Strategy::Auto, selection: Selection::default(), deliveries: Deliveries::Logs }
}

fn run(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work);
}

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    (listener, address)
}

/// Accepts every connection, sends these bytes, and closes it.
fn saying(words: &'static [u8]) -> SocketAddr {
    let (listener, address) = listener();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // The client may have closed the connection.
            let _told = stream.write_all(words);
        }
    });
    address
}

/// Hosts that do not answer as they should, and a listener that must live as long as they are used.
fn broken_hosts() -> (Vec<(&'static str, String)>, TcpListener) {
    let (silent, silent_at) = listener();
    let (closed, closed_at) = listener();
    drop(closed);
    let hosts = vec![
        ("no such name", "gitlab.invalid:1".to_owned()),
        ("refused", closed_at.to_string()),
        ("silent", silent_at.to_string()),
        ("hanging up", saying(b"").to_string()),
        ("another protocol", saying(b"SSH-2.0-OpenSSH_9.9\r\n").to_string()),
    ];
    (hosts, silent)
}

#[test]
fn a_gitlab_that_cannot_be_reached_does_not_pass() {
    run(async {
        let harness = Harness::new(&kind(SandboxOptions::default())).await;
        let (hosts, _silent) = broken_hosts();
        for (what, host) in hosts {
            let schemes: &[&str] = if host.starts_with("127.") { &["http", "https"] } else { &["https"] };
            for scheme in schemes {
                let instance = format!("{scheme}://{host}").parse().expect("an address");
                let desired = Desired { instance, ..harness.desired.clone() };
                let outcome = harness.verify_as(&desired, SHORT).await;
                assert_ne!(outcome.verdict, Verdict::Pass, "{what} {scheme}");
                assert!(outcome.asked.iter().all(|asked| asked.contains("/gitlab/v1/")), "{what}: {:?}", outcome.asked);
            }
        }
    });
}

#[test]
fn a_factory_that_cannot_be_reached_does_not_pass() {
    run(async {
        let harness = Harness::new(&kind(SandboxOptions::default())).await;
        let (hosts, _silent) = broken_hosts();
        for (what, host) in hosts {
            let broken = Url::parse(&format!("https://{host}/gitlab/v1/x")).expect("an address");
            for address in ["status", "upload", "receipts"] {
                let mut desired = harness.desired.clone();
                match (address, &mut desired.delivery.way) {
                    ("status", _) => desired.status_url = Some(broken.clone()),
                    ("receipts", _) => desired.webhooks.receipts_url = Some(broken.clone()),
                    (_, BundleRoute::Upload(upload)) => upload.url = broken.clone(),
                    _ => panic!("the kit has an address"),
                }
                let outcome = harness.verify_as(&desired, SHORT).await;
                // A port that does not speak TLS does not begin to by itself.
                let state = if what == "another protocol" { "fail" } else { "unknown" };
                assert_eq!(outcome.state("factory.reachable"), state, "{what} {address}");
                assert_ne!(outcome.verdict, Verdict::Pass, "{what} {address}");
            }
        }
    });
}

#[test]
fn an_invalid_certificate_does_not_pass_on_either_side() {
    run(async {
        let tls = || SandboxOptions { tls: true, ..SandboxOptions::default() };
        let healthy = Harness::new(&kind(tls())).await;
        assert_eq!(healthy.verify(AMPLE).await.verdict, Verdict::Pass);
        for defect in [TlsDefect::Expired, TlsDefect::NotYetValid, TlsDefect::WrongName, TlsDefect::OtherIssuer] {
            // Nothing can be connected through it, so the desired state of the healthy one is verified at its address.
            let bad = factory_gitlab::sandbox::Sandbox::start(SandboxOptions { tls_defect: Some(defect), ..tls() });
            let bad = bad.expect("a sandbox");
            let instance = bad.gitlab_url().parse().expect("an address");
            let outcome = healthy.verify_as(&Desired { instance, ..healthy.desired.clone() }, AMPLE).await;
            assert_ne!(outcome.verdict, Verdict::Pass, "GitLab {defect:?}");
            let bad =
                factory_gitlab::sandbox::Sandbox::start(SandboxOptions { factory_tls_defect: Some(defect), ..tls() });
            let bad = bad.expect("a sandbox");
            let status_url = bad.factory().kit_json()["status_url"].as_str().and_then(|url| Url::parse(url).ok());
            assert!(status_url.is_some());
            let outcome = healthy.verify_as(&Desired { status_url, ..healthy.desired.clone() }, AMPLE).await;
            assert_ne!(outcome.verdict, Verdict::Pass, "Factory {defect:?}");
        }
    });
}

#[test]
fn a_server_that_fails_at_any_request_does_not_pass() {
    run(async {
        let harness = Harness::new(&kind(SandboxOptions::default())).await;
        assert_eq!(harness.verify(AMPLE).await.verdict, Verdict::Pass);
        let requests = harness.sandbox.requests().iter().filter(|one| one.path().starts_with("/api/")).count();
        for way in ["status:401", "status:500", "html:200", "json:{}", "reset"] {
            for number in (1..=requests).filter(|number| way != "reset" || number % 4 == 1) {
                harness.sandbox.clear_faults();
                harness.sandbox.fault(&format!("gitlab:/api/**={way}@{number}")).expect("a fault");
                let outcome = harness.verify(AMPLE).await;
                assert_ne!(outcome.verdict, Verdict::Pass, "{way} from request {number} on");
            }
        }
    });
}
