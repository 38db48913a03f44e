//! Names, at this machine's resolver and at given ones.

use super::*;

#[test]
fn a_given_resolver_tells_a_missing_name_from_a_missing_address_a_refusal_and_silence() {
    fn private() -> DnsAnswer {
        DnsAnswer::Addresses(vec!["10.20.0.5".parse().expect("an address")])
    }
    fn same() -> DnsAnswer {
        DnsAnswer::Addresses(vec!["8.8.4.4".parse().expect("an address")])
    }
    const AT: &str = "hooks.factory.example:443 at 10.20.0.10";
    hold(&[
        ("network.dns_split", AT, |s| resolver(s, same()), "pass", "8.8.4.4"),
        (
            "network.dns_split",
            AT,
            |s| resolver(s, private()),
            "warn",
            "here 8.8.4.4 (public); at 10.20.0.10 10.20.0.5 (private)",
        ),
        ("network.dns_split", AT, |s| resolver(s, DnsAnswer::NoSuchName), "fail", "NXDOMAIN"),
        ("network.dns_split", AT, |s| resolver(s, DnsAnswer::NoRecord), "fail", "exists and has no address"),
        ("network.dns_split", AT, |s| resolver(s, DnsAnswer::Refused), "fail", "REFUSED"),
        ("network.dns_split", AT, |s| resolver(s, DnsAnswer::ServerFailure), "unknown", "SERVFAIL"),
        ("network.dns_split", AT, |s| resolver(s, DnsAnswer::NoAnswer), "unknown", "does not answer"),
        ("network.dns_split", AT, |s| resolver(s, DnsAnswer::Referral), "fail", "does not resolve names for others"),
        ("network.dns_split", AT, |s| resolver(s, DnsAnswer::Unreachable(Opening::Refused)), "fail", "refused"),
    ]);
}

#[test]
fn where_this_machine_itself_permits_nothing_nothing_is_known_and_it_is_what_is_mended() {
    const AT: &str = "hooks.factory.example:443 at 10.20.0.10";
    for why in [Opening::NotPermitted, Opening::NoRoute] {
        let mut scene = Scene::healthy();
        resolver(&mut scene, DnsAnswer::Unreachable(why));
        let finding = scene.finding("network.dns_split", AT);
        assert_eq!(finding.status, CheckStatus::Unknown);
        let fix = finding.fix.expect("a fix").text;
        assert!(fix.contains("this machine") && !fix.contains("answer this machine"), "{fix}");
    }
    let mut scene = Scene::healthy();
    closes(&mut scene, Opening::NotPermitted);
    let fix = scene.finding("network.tcp", HOOKS).fix.expect("a fix").text;
    assert!(fix.contains("let this machine send TCP 443 to hooks.factory.example"), "{fix}");
}

#[test]
fn more_than_four_addresses_are_counted_and_the_evidence_has_them_all() {
    let mut scene = Scene::healthy();
    let many = (1..=9).map(|last| IpAddr::from([10, 20, 0, last])).collect();
    resolver(&mut scene, DnsAnswer::Addresses(many));
    let finding = scene.finding("network.dns_split", "hooks.factory.example:443 at 10.20.0.10");
    let cause = finding.cause.expect("a cause");
    assert!(cause.contains("10.20.0.4 (private) and 5 more") && !cause.contains("10.20.0.5"), "{cause}");
    assert_eq!(finding.evidence["addresses"].as_array().map(Vec::len), Some(9));
}

#[test]
fn a_name_that_does_not_resolve_here_is_unknown_until_a_given_resolver_says_that_it_does_not_exist() {
    fn unresolved(scene: &mut Scene) {
        let cause = Cause::Dns { host: "hooks.factory.example".to_owned(), detail: "no name".to_owned() };
        let way = scene.way(HOOKS);
        way.addresses = Observation::Failed(error(cause));
        (way.attempts, way.tls, way.http) = (Vec::new(), Vec::new(), None);
    }
    fn named_by_none(scene: &mut Scene) {
        unresolved(scene);
        resolver(scene, DnsAnswer::NoSuchName);
    }
    hold(&[
        ("network.dns", HOOKS, unresolved, "unknown", "does not exist or has no address, or this machine's resolver"),
        ("network.dns", HOOKS, named_by_none, "fail", "does not exist"),
        ("network.tcp", HOOKS, unresolved, "skip", "depends on network.dns"),
    ]);
}
