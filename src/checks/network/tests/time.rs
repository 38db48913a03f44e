//! What the time of a run did not suffice for.

use super::*;
use crate::kit::EndpointProtocol;

fn over() -> Unasked {
    Unasked::TimeOver { longest: 30 }
}

fn cut(scene: &mut Scene, code: &'static str, why: Unasked) {
    scene.way(HOOKS).cut = Some(Cut { code, why });
}

#[test]
fn what_had_no_answer_when_the_time_was_over_is_unknown_with_that_reason() {
    fn at_http(scene: &mut Scene) {
        scene.way(HOOKS).http = None;
        cut(scene, "network.http", over());
    }
    fn at_the_second_try(scene: &mut Scene) {
        handshake(scene, TlsSeen::NoAnswer);
        cut(scene, "network.mtu", over());
    }
    fn at_the_name(scene: &mut Scene) {
        let way = scene.way(HOOKS);
        way.addresses = Observation::Skipped("the name was not asked for");
        (way.attempts, way.tls, way.http) = (Vec::new(), Vec::new(), None);
        cut(scene, "network.dns", Unasked::Silent { names: 16 });
    }
    fn at_a_second_address(scene: &mut Scene, seen: TlsSeen) {
        handshake(scene, seen);
        cut(scene, "network.tls", over());
    }
    fn at_a_resolver(scene: &mut Scene) {
        resolver(scene, DnsAnswer::NoRecord);
        scene.way(HOOKS).answers[0].answers = Err(over());
    }
    let time = "the time of a run (30 s) was over before there was an answer";
    hold(&[
        ("network.http", HOOKS, at_http, "unknown", time),
        ("network.tls", HOOKS, at_http, "pass", ""),
        ("network.clock", HOOKS, at_http, "skip", "depends on network.http"),
        ("network.mtu", HOOKS, at_the_second_try, "unknown", time),
        ("network.dns", HOOKS, at_the_name, "unknown", "let 16 other names wait without an answer"),
        ("network.tcp", HOOKS, at_the_name, "skip", "depends on network.dns"),
        ("network.tls", HOOKS, |s| at_a_second_address(s, TlsSeen::Trusted(certificate())), "unknown", time),
        ("network.tls", HOOKS, |s| at_a_second_address(s, TlsSeen::Reset), "fail", "SNI"),
        ("network.dns_split", "hooks.factory.example:443 at", at_a_resolver, "unknown", time),
        ("network.endpoints", "", at_http, "unknown", "hooks.factory.example:443 (network.http)"),
        ("network.outbound", "", |s| s.seen.live = LiveSeen::TimeOver, "unknown", "GitLab's own test was not over"),
    ]);
}

#[test]
fn the_time_of_a_check_is_that_of_its_own_question() {
    let mut scene = Scene::healthy();
    resolver(&mut scene, DnsAnswer::NoRecord);
    let time = |code| scene.finding(code, HOOKS).duration;
    assert_eq!(time("network.tcp"), Some(Duration::from_millis(12)));
    assert_eq!(time("network.dns_split"), Some(Duration::from_millis(3)));
    assert_eq!([time("network.clock"), time("network.outbound")], [None, None]);
}

#[test]
fn more_time_is_only_advised_where_a_run_has_it() {
    fn late(scene: &mut Scene, seconds: u64) -> Finding {
        scene.seen.step = Duration::from_secs(seconds);
        answer(scene, HOOKS, Cause::Timeout { after: Duration::from_secs(seconds) });
        scene.finding("network.http", HOOKS)
    }
    for (step, wanted) in [(1, Some("--timeout 2")), (5, Some("--timeout 10")), (8, Some("--timeout 12")), (12, None)] {
        let fix = late(&mut Scene::healthy(), step).fix.expect("a fix");
        let command = fix.actions("network check").next();
        assert_eq!(command.as_deref().map(|line| line.contains(wanted.unwrap_or("--timeout"))), wanted.map(|_| true));
    }
}

/// Where each address is compared with every other one, this takes minutes.
#[test]
fn thousands_of_addresses_are_judged_well_within_the_time_of_a_run() {
    const COUNT: u16 = 4_000;
    let mut scene = Scene::healthy();
    let fresh = CertificateSeen { not_before: now(), not_after: now(), ..certificate() };
    let fresh = CertificateSeen { private_root: Some(PrivateRoot::Added), ..fresh };
    let way = scene.way(HOOKS).clone();
    let each = |port: u16| {
        let owner = if port.is_multiple_of(2) { WayOwner::Factory } else { WayOwner::GitLab };
        let host = format!("h{port}.side{}.example", port % 2);
        let target = WayTarget::new(EndpointProtocol::Https, &host, port).expect("a target").belonging_to(owner, "x");
        let tls = vec![TlsAt { address: address(&target), seen: TlsSeen::Trusted(fresh.clone()) }];
        let http = Some(answered(&target, 400));
        WaySeen { target, tls, http, ..way.clone() }
    };
    scene.seen.ways = (1..=COUNT).map(each).collect();
    let clock = crate::env::Env::empty().clock;
    let began = clock.instant();
    assert!(scene.findings().len() > usize::from(COUNT) * 5);
    let took = clock.instant().duration_since(began);
    assert!(took < Duration::from_secs(20), "{took:?}");
}
