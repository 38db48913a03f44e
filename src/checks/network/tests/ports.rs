//! Ports that open, and that do not.

use super::*;

#[test]
fn a_connection_that_does_not_open_is_told_with_all_that_it_may_mean() {
    hold(&[
        ("network.tcp", HOOKS, |s| closes(s, Opening::Refused), "fail", "nothing listens there, or a firewall refuses"),
        (
            "network.tcp",
            HOOKS,
            |s| closes(s, Opening::NoAnswer),
            "unknown",
            "drops it, or no route leads there or back",
        ),
        (
            "network.tcp",
            HOOKS,
            |s| closes(s, Opening::HostUnreachable),
            "fail",
            "router or firewall on the way refuses",
        ),
        ("network.tcp", HOOKS, |s| closes(s, Opening::NetworkUnreachable), "fail", "network unreachable"),
        ("network.tcp", HOOKS, |s| closes(s, Opening::NoRoute), "fail", "of the other end that says nothing"),
        ("network.tcp", HOOKS, |s| closes(s, Opening::NotPermitted), "unknown", "does not permit"),
        ("network.tls", HOOKS, |s| closes(s, Opening::Refused), "skip", "depends on network.tcp"),
        ("network.http", HOOKS, |s| closes(s, Opening::Refused), "skip", "depends on network.tcp"),
        ("network.endpoints", "", |s| closes(s, Opening::Refused), "fail", "hooks.factory.example:443 (network.tcp)"),
        ("network.endpoints", "", |s| closes(s, Opening::NoAnswer), "unknown", "(network.tcp)"),
    ]);
}

#[test]
fn every_address_of_a_name_counts_by_itself() {
    fn second(scene: &mut Scene, why: Opening) {
        let other: SocketAddr = "[2600::1]:443".parse().expect("an address");
        scene.way(HOOKS).attempts.push(opening(other, why));
    }
    hold(&[
        ("network.tcp", HOOKS, |s| second(s, Opening::NoAnswer), "warn", "1 of 2 addresses open"),
        ("network.tcp", HOOKS, |s| second(s, Opening::NoAnswer), "warn", "2600::1: no answer"),
        ("network.tcp", HOOKS, |s| second(s, Opening::NoRoute), "pass", "without a route from here"),
        ("network.tcp", HOOKS, |s| second(s, Opening::Open), "pass", "12 ms"),
    ]);
    let mut scene = Scene::healthy();
    second(&mut scene, Opening::NoAnswer);
    let evidence = scene.finding("network.tcp", HOOKS).evidence["addresses"].clone();
    assert_eq!(
        evidence,
        json!([
            { "address": "8.8.4.4", "class": "public", "result": "open", "ms": 12 },
            { "address": "2600::1", "class": "public", "result": "no_answer" },
        ]),
        "nothing is measured where nothing answered"
    );
}
