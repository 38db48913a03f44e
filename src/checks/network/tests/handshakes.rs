//! Certificates, inspection of TLS, and packets that get lost.

use super::*;

#[test]
fn a_handshake_that_fails_is_told_with_all_that_it_may_mean() {
    fn expired() -> TlsSeen {
        TlsSeen::Refused { problem: TlsProblem::Expired { on: None }, certificate: Some(certificate()) }
    }
    fn inspected(scene: &mut Scene) {
        let seen = CertificateSeen { inspector: Some("Zscaler Root CA".to_owned()), ..certificate() };
        scene.way(HOOKS).tls[0].seen = TlsSeen::Trusted(seen);
    }
    hold(&[
        ("network.tls", HOOKS, |s| handshake(s, TlsSeen::NoAnswer), "unknown", "inspecting device"),
        ("network.tls", HOOKS, |s| handshake(s, TlsSeen::Reset), "fail", "filter by server name (SNI)"),
        ("network.tls", HOOKS, |s| handshake(s, TlsSeen::Closed), "fail", "closed at the first data"),
        ("network.tls", HOOKS, |s| handshake(s, expired()), "fail", "has expired"),
        ("network.http", HOOKS, |s| handshake(s, expired()), "skip", "depends on network.tls"),
        ("network.tls", HOOKS, inspected, "warn", "looks like a device on the network inspects TLS"),
        ("network.http", HOOKS, inspected, "pass", ""),
    ]);
}

#[test]
fn certificates_that_several_hosts_made_a_moment_ago_look_like_inspection() {
    let fresh = CertificateSeen {
        issuer: "Acme Proxy CA".to_owned(),
        not_before: "2026-07-01T11:58:00Z".parse().expect("a time"),
        not_after: "2026-07-20T00:00:00Z".parse().expect("a time"),
        inspector: None,
        private_root: None,
    };
    let mut scene = Scene::healthy();
    scene.way(HOOKS).tls[0].seen = TlsSeen::Trusted(fresh.clone());
    assert_eq!(scene.finding("network.tls", HOOKS).status, CheckStatus::Pass, "one alone is a new certificate");
    scene.way(GITLAB).tls[0].seen = TlsSeen::Trusted(fresh);
    let finding = scene.finding("network.tls", HOOKS);
    assert_eq!(finding.status, CheckStatus::Warn);
    assert!(finding.cause.is_some_and(|cause| cause.contains("looks like") && cause.contains("Acme Proxy CA")));
}

#[test]
fn only_a_second_try_with_small_segments_proves_that_large_packets_are_lost() {
    hold(&[
        ("network.mtu", HOOKS, |s| second_try(s, Mtu::BlackHole), "fail", "with small segments the server answers"),
        ("network.tls", HOOKS, |s| second_try(s, Mtu::BlackHole), "fail", "see network.mtu"),
        ("network.mtu", HOOKS, |s| second_try(s, Mtu::AnswersNow), "unknown", "asked again"),
        ("network.mtu", HOOKS, |s| second_try(s, Mtu::NotProven), "skip", "small segments get no answer either"),
        ("network.tls", HOOKS, |s| second_try(s, Mtu::NotProven), "unknown", "gets no answer"),
    ]);
}
