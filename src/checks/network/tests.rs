//! Every symptom of the network with what may be said of it, and no more.

use std::net::SocketAddr;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::*;
use crate::checks::{Verdict, verdict};
use crate::desired::{AddressFamily, WayTarget, WayTerms};
use crate::gitlab::{GitAccess, GroupRestriction, NetworkSettings, SshPlace};
use crate::http::probe::{
    Attempt, CertificateSeen, ClockDifference, DnsAnswer, DnsAnswers, HostKey, HostKeyKind, HostKeySeen, Mtu, NoTime,
    Opening, SshFailure, SshSeen, TlsSeen,
};
use crate::http::{Cause, ErrorResponse, FirstAnswer, TlsProblem, UnexpectedPage};
use crate::kit::Kit;
use crate::network::outbound::{OutboundKey, OutboundSettings, SilentMode};
use crate::observed::Observation;
use crate::observed::ways::{GitLabNetwork, MtuAt, ResolverAnswers, SshAt, SshSeenAt, TlsAt};
use crate::target::Strategy;
use crate::testing::fixture::error;

const HOOKS: &str = "hooks.factory.example:443";
const GIT: &str = "git.factory.example:22";
const GITLAB: &str = "gitlab.acme.example:443";
const KEY: &str = "SHA256:n0Tr3a1n0Tr3a1n0Tr3a1n0Tr3a1n0Tr3a1n0Tr3a1n";

/// What is looked at, and what was seen: everything is well until it is changed.
struct Scene {
    ways: Ways,
    seen: WaysSeen,
}

impl Scene {
    fn healthy() -> Self {
        let kit: Kit = serde_json::from_value(json!({
            "schema": "factory-gitlab/kit/v1",
            "application": { "redirect_uri": "https://app.factory.example/cb" },
            "webhook": { "url": "https://hooks.factory.example/x", "secret_token": "0123456789abcdef0123" },
            "bundle": { "recipients": [] },
            "network": {
                "endpoints": [{ "host": "git.factory.example", "port": 22 }],
                "egress_cidrs": ["203.0.113.0/24"],
                "ssh_host_keys": [KEY],
            },
        }))
        .expect("a kit");
        let gitlab = "https://gitlab.acme.example".parse().expect("an address");
        let terms = WayTerms {
            gitlab: Some(&gitlab),
            kit: Some(&kit),
            strategy: Strategy::Auto,
            given: &[],
            family: AddressFamily::Both,
        };
        let ways = Ways::new(terms);
        let mut seen: Vec<WaySeen> = ways.targets.iter().map(well).collect();
        let ssh: WayTarget = "gitlab.acme.example:22".parse().expect("a target");
        seen.insert(1, well(&ssh.belonging_to(WayOwner::GitLab, "Git over SSH")));
        let place = SshPlace { host: "gitlab.acme.example".to_owned(), port: 22 };
        let settings = NetworkSettings { system_hooks_go_local: true, ..NetworkSettings::default() };
        let gitlab = GitLabNetwork {
            settings: Observation::Known(settings),
            ssh: Observation::Known(SshSeenAt::Place(place)),
            restrictions: Observation::Known(Vec::new()),
        };
        let proofs = Observation::Skipped("--live was not given");
        Self { ways, seen: WaysSeen { at: now(), ways: seen, gitlab, proofs } }
    }

    fn way(&mut self, target: &str) -> &mut WaySeen {
        self.seen.ways.iter_mut().find(|way| way.target.to_string() == target).expect(target)
    }

    fn settings(&mut self) -> &mut NetworkSettings {
        match &mut self.seen.gitlab.settings {
            Observation::Known(settings) => settings,
            _ => unreachable!("known so far"),
        }
    }

    fn findings(&self) -> Vec<Finding> {
        network_findings(&self.ways, &self.seen, 14)
    }

    fn finding(&self, code: &str, target: &str) -> Finding {
        let is_it = |one: &Finding| one.code == code && one.target.as_deref().is_none_or(|of| of.starts_with(target));
        self.findings().into_iter().find(is_it).expect(code)
    }
}

fn now() -> Timestamp {
    "2026-07-01T12:00:00Z".parse().expect("a time")
}

fn certificate() -> CertificateSeen {
    CertificateSeen {
        issuer: "Example CA".to_owned(),
        not_before: "2026-01-01T00:00:00Z".parse().expect("a time"),
        not_after: "2027-01-01T00:00:00Z".parse().expect("a time"),
        inspector: None,
    }
}

fn address(target: &WayTarget) -> SocketAddr {
    target.at("8.8.4.4".parse().expect("an address"))
}

fn opening(address: SocketAddr, opening: Opening) -> Attempt {
    let took = (opening == Opening::Open).then_some(Duration::from_millis(12));
    Attempt { address, opening, took }
}

fn well(target: &WayTarget) -> WaySeen {
    let at = address(target);
    let is_ssh = target.port == 22;
    let keys = vec![HostKeySeen { kind: HostKeyKind::Ed25519, key: Ok(HostKey { fingerprint: KEY.to_owned() }) }];
    let banner = "SSH-2.0-OpenSSH_9.2".to_owned();
    WaySeen {
        target: target.clone(),
        proxy: None,
        own: vec!["10.0.0.9".parse().expect("an address")],
        addresses: Observation::Known(vec![at.ip()]),
        answers: Vec::new(),
        attempts: vec![opening(at, Opening::Open)],
        tls: if is_ssh { Vec::new() } else { vec![TlsAt { address: at, seen: TlsSeen::Trusted(certificate()) }] },
        tunnelled: None,
        mtu: None,
        http: (!is_ssh).then(|| answered(target, 0)),
        ssh: match is_ssh {
            true => vec![SshAt { address: at, banner: Ok(banner.clone()), keys: Some(Ok(SshSeen { banner, keys })) }],
            false => Vec::new(),
        },
        took: Duration::from_millis(40),
    }
}

fn answered(target: &WayTarget, ahead: i64) -> FirstAnswer {
    let answer = match target.owner {
        WayOwner::GitLab => Err(error(Cause::Status(ErrorResponse {
            status: 401,
            message: Some("401 Unauthorized".to_owned()),
            ..ErrorResponse::default()
        }))),
        WayOwner::Factory | WayOwner::Given => Ok(200),
    };
    let clock = ClockDifference { ahead: SignedDuration::from_secs(ahead), uncertainty: Duration::from_millis(600) };
    FirstAnswer { answer, clock: Ok(clock), took: Some(Duration::from_millis(30)) }
}

/// One row: the check, the target, what is changed, the status and a part of the cause (or of the note).
type Row = (&'static str, &'static str, fn(&mut Scene), &'static str, &'static str);

fn hold(rows: &[Row]) {
    for (code, target, change, status, part) in rows {
        let mut scene = Scene::healthy();
        change(&mut scene);
        let finding = scene.finding(code, target);
        let note = finding.evidence.get("note").and_then(|note| note.as_str()).unwrap_or_default().to_owned();
        let said = finding.cause.clone().unwrap_or(note);
        assert_eq!(finding.status.name(), *status, "{code} {target}: {said}");
        assert!(said.contains(part), "{code} {target} says {said:?}, not {part:?}");
        if matches!(finding.status, CheckStatus::Fail | CheckStatus::Warn) {
            assert!(finding.fix.is_some(), "{code} gives no fix where it says {said:?}");
        }
    }
}

fn closes(scene: &mut Scene, why: Opening) {
    let way = scene.way(HOOKS);
    let at = way.attempts[0].address;
    way.attempts = vec![opening(at, why)];
    way.tls = Vec::new();
    way.http = None;
}

fn handshake(scene: &mut Scene, seen: TlsSeen) {
    let way = scene.way(HOOKS);
    way.tls[0].seen = seen;
    way.http = None;
}

fn second_try(scene: &mut Scene, seen: Mtu) {
    handshake(scene, TlsSeen::NoAnswer);
    let way = scene.way(HOOKS);
    way.mtu = Some(MtuAt { address: way.attempts[0].address, seen });
}

fn answer(scene: &mut Scene, target: &str, cause: Cause) {
    let way = scene.way(target);
    way.http = Some(FirstAnswer { answer: Err(error(cause)), clock: Err(NoTime::NoDate), took: None });
}

fn page(what: UnexpectedPage, status: u16) -> Cause {
    Cause::UnexpectedPage { status, what }
}

fn leads(to: &str) -> Cause {
    Cause::Redirected { to: to.parse().expect(to) }
}

fn greets(scene: &mut Scene, failure: SshFailure) {
    let at = &mut scene.way(GIT).ssh[0];
    at.banner = Err(failure);
    at.keys = None;
}

fn resolver(scene: &mut Scene, v4: DnsAnswer) {
    let v6 = if matches!(v4, DnsAnswer::Addresses(_)) { DnsAnswer::NoRecord } else { v4.clone() };
    let answers = DnsAnswers { v4, v6 };
    scene.way(HOOKS).answers = vec![ResolverAnswers { resolver: "10.20.0.10".parse().expect("a resolver"), answers }];
}

fn is_at(scene: &mut Scene, target: &str, text: &str) {
    scene.way(target).addresses = Observation::Known(vec![text.parse().expect(text)]);
}

#[test]
fn where_everything_is_well_every_check_passes_or_says_why_it_is_skipped() {
    let findings = Scene::healthy().findings();
    for finding in &findings {
        let is_well = match finding.code {
            "network.inbound" | "network.mtu" => matches!(finding.status, CheckStatus::Skip(_)),
            "network.ssh_hostkey" if finding.target.as_deref() != Some(GIT) => {
                matches!(finding.status, CheckStatus::Skip(_))
            }
            _ => finding.status == CheckStatus::Pass,
        };
        assert!(is_well, "{} {:?}: {:?} {:?}", finding.code, finding.target, finding.status, finding.cause);
    }
    assert_eq!(verdict(&findings), Verdict::Pass);
}

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

#[test]
fn what_answers_in_the_place_of_the_server_is_told_apart() {
    fn status(status: u16) -> Cause {
        Cause::Status(ErrorResponse { status, ..ErrorResponse::default() })
    }
    let password = |s: &mut Scene| answer(s, HOOKS, Cause::ProxyPassword { proxy: "proxy:3128".to_owned() });
    hold(&[
        ("network.http", HOOKS, password, "fail", "407"),
        ("network.http", HOOKS, |s| answer(s, HOOKS, page(UnexpectedPage::Firewall, 403)), "fail", "block page"),
        ("network.http", HOOKS, |s| answer(s, HOOKS, page(UnexpectedPage::LoginWall, 200)), "warn", "a sign-in page"),
        ("network.http", HOOKS, |s| answer(s, HOOKS, page(UnexpectedPage::BasicAuth, 401)), "fail", "HTTP Basic"),
        ("network.http", HOOKS, |s| answer(s, HOOKS, page(UnexpectedPage::WebPage, 200)), "warn", "a web page answers"),
        (
            "network.http",
            HOOKS,
            |s| answer(s, HOOKS, leads("https://login.proxy.example/")),
            "warn",
            "login.proxy.example",
        ),
        ("network.http", HOOKS, |s| answer(s, HOOKS, leads("http://hooks.factory.example/evil")), "warn", "/evil"),
        ("network.http", HOOKS, |s| answer(s, HOOKS, leads("https://hooks.factory.example/x")), "pass", "redirects"),
        ("network.http", HOOKS, |s| answer(s, HOOKS, status(101)), "warn", "it answers 101"),
        ("network.http", HOOKS, |s| answer(s, HOOKS, status(404)), "pass", "answered 404"),
        ("network.http", HOOKS, |s| answer(s, HOOKS, status(502)), "unknown", "502"),
        ("network.http", HOOKS, |s| answer(s, HOOKS, status(407)), "fail", "407"),
        ("network.http", GITLAB, |s| answer(s, GITLAB, status(404)), "fail", "no GitLab API"),
        ("network.http", GITLAB, |s| answer(s, GITLAB, page(UnexpectedPage::WebPage, 200)), "fail", "a web page"),
        ("network.http", GITLAB, |s| answer(s, GITLAB, status(503)), "unknown", "503"),
        ("network.http", GITLAB, |s| s.way(GITLAB).http = Some(answered_now()), "unknown", "without a token"),
        (
            "network.http",
            HOOKS,
            |s| answer(s, HOOKS, Cause::Timeout { after: Duration::from_secs(5) }),
            "unknown",
            "no answer within 5 s",
        ),
    ]);
}

fn answered_now() -> FirstAnswer {
    FirstAnswer { answer: Ok(200), clock: Err(NoTime::NoDate), took: None }
}

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

#[test]
fn ssh_is_told_from_what_else_may_listen_on_its_port() {
    hold(&[
        ("network.ssh", GIT, |_| {}, "pass", "SSH-2.0-OpenSSH"),
        ("network.ssh", GIT, |s| greets(s, SshFailure::Http), "fail", "a web server listens"),
        ("network.ssh", GIT, |s| greets(s, SshFailure::ClosedBeforeBanner), "fail", "load balancer without a server"),
        ("network.ssh", GIT, |s| greets(s, SshFailure::NoAnswer), "unknown", "no banner comes"),
        ("network.ssh", GIT, |s| greets(s, SshFailure::NotSsh("220 mail".to_owned())), "fail", "220 mail"),
        ("network.ssh_hostkey", GIT, |s| greets(s, SshFailure::Http), "skip", "depends on network.ssh"),
        (
            "network.ssh",
            "gitlab.acme.example",
            |s| {
                s.seen.gitlab.ssh = Observation::Known(SshSeenAt::Off);
                s.seen.ways.remove(1);
            },
            "skip",
            "switched off",
        ),
        (
            "network.ssh",
            "gitlab.acme.example",
            |s| {
                let place = SshPlace { host: "169.254.169.254".to_owned(), port: 22 };
                s.seen.gitlab.ssh = Observation::Known(SshSeenAt::LinkLocal(place));
                s.seen.ways.remove(1);
            },
            "fail",
            "link-local address",
        ),
        (
            "network.ssh",
            "gitlab.acme.example",
            |s| {
                s.seen.gitlab.ssh = Observation::Skipped("no token is given");
                s.seen.ways.remove(1);
            },
            "skip",
            "not known from here: no token is given",
        ),
    ]);
}

#[test]
fn a_host_key_that_the_kit_does_not_name_fails() {
    fn keys(scene: &mut Scene, keys: Vec<Result<HostKey, SshFailure>>) {
        let keys = keys.into_iter().map(|key| HostKeySeen { kind: HostKeyKind::Ed25519, key }).collect();
        let banner = "SSH-2.0-x".to_owned();
        scene.way(GIT).ssh[0].keys = Some(Ok(SshSeen { banner, keys }));
    }
    fn key(fingerprint: &str) -> Result<HostKey, SshFailure> {
        Ok(HostKey { fingerprint: fingerprint.to_owned() })
    }
    fn kits(scene: &mut Scene, keys: &[&str]) {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        scene.ways.factory.iter_mut().for_each(|factory| factory.ssh_host_keys.clone_from(&keys));
    }
    fn silent(scene: &mut Scene) {
        scene.way(GIT).ssh[0].keys = Some(Err(SshFailure::NoAnswer));
    }
    hold(&[
        ("network.ssh_hostkey", GIT, |_| {}, "pass", "1 of 1 keys read"),
        ("network.ssh_hostkey", GIT, |s| keys(s, vec![key("SHA256:other")]), "fail", "another server answers"),
        ("network.ssh_hostkey", GIT, |s| keys(s, vec![key(KEY), key("SHA256:other")]), "fail", "does not name"),
        ("network.ssh_hostkey", GIT, |s| keys(s, vec![Err(SshFailure::WrongSignature)]), "fail", "prove"),
        ("network.ssh_hostkey", GIT, |s| keys(s, vec![Err(SshFailure::Closed)]), "unknown", "could not be read"),
        ("network.ssh_hostkey", GIT, silent, "unknown", "could not be read"),
        (
            "network.ssh_hostkey",
            GIT,
            |s| kits(s, &["garbage"]),
            "unknown",
            "1 of 1 host keys in the kit cannot be read",
        ),
        ("network.ssh_hostkey", GIT, |s| kits(s, &["ssh-ed25519 AAAA", ""]), "unknown", "2 of 2 host keys in the kit"),
        ("network.ssh_hostkey", GIT, |s| kits(s, &["garbage", KEY]), "pass", ""),
        (
            "network.ssh_hostkey",
            GIT,
            |s| s.ways.factory.iter_mut().for_each(|factory| factory.ssh_host_keys.clear()),
            "skip",
            "names no host keys",
        ),
    ]);
}

#[test]
fn whose_clock_is_wrong_is_told_where_two_others_agree() {
    fn ahead(scene: &mut Scene, target: &str, seconds: i64) {
        let way = scene.way(target);
        way.http = Some(answered(&way.target.clone(), seconds));
    }
    fn both(scene: &mut Scene, seconds: i64) {
        ahead(scene, HOOKS, seconds);
        ahead(scene, GITLAB, seconds);
    }
    hold(&[
        ("network.clock", HOOKS, |s| both(s, 29), "pass", ""),
        (
            "network.clock",
            HOOKS,
            |s| both(s, 40),
            "warn",
            "this machine's clock is 39 s behind those of hooks.factory.example, gitlab.acme.example, which agree",
        ),
        ("network.clock", GITLAB, |s| both(s, 400), "fail", "this machine's clock is 6 min behind"),
        ("network.clock", GITLAB, |s| both(s, -400), "fail", "this machine's clock is 6 min ahead of"),
        (
            "network.clock",
            GITLAB,
            |s| ahead(s, GITLAB, -400),
            "fail",
            "the clock of gitlab.acme.example is 6 min behind",
        ),
        ("network.clock", HOOKS, |s| ahead(s, GITLAB, -400), "pass", ""),
        (
            "network.clock",
            GITLAB,
            |s| {
                ahead(s, GITLAB, 400);
                s.way(HOOKS).http = Some(answered_now());
            },
            "fail",
            "one of them is wrong",
        ),
    ]);
}

#[test]
fn a_clock_that_is_not_judged_is_not_named_and_an_absurd_one_is_told_plainly() {
    fn ahead(scene: &mut Scene, target: &str, seconds: i64) {
        let way = scene.way(target);
        way.http = Some(answered(&way.target.clone(), seconds));
    }
    fn blocked_at_gitlab(scene: &mut Scene) {
        ahead(scene, HOOKS, 400);
        ahead(scene, GITLAB, 400);
        let page = page(UnexpectedPage::Firewall, 403);
        scene.way(GITLAB).http.iter_mut().for_each(|first| first.answer = Err(error(page.clone())));
    }
    fn unreadable(scene: &mut Scene) {
        let clock = Err(NoTime::Unreadable("Fri, 31 Dec 9999 23:59:59 GMT".to_owned()));
        scene.way(HOOKS).http.iter_mut().for_each(|first| first.clock.clone_from(&clock));
    }
    const YEAR: i64 = 365 * 24 * 60 * 60;
    hold(&[
        ("network.clock", HOOKS, blocked_at_gitlab, "fail", "one of them is wrong"),
        ("network.clock", GITLAB, blocked_at_gitlab, "skip", "depends on network.http"),
        ("network.clock", HOOKS, unreadable, "unknown", "cannot be read: \"Fri, 31 Dec 9999"),
        ("network.clock", HOOKS, |s| ahead(s, HOOKS, -425 * YEAR), "fail", "is 424 years behind"),
        ("network.clock", HOOKS, |s| ahead(s, HOOKS, 400 * 24 * 60 * 60), "fail", "is 399 days ahead of"),
        ("network.clock", HOOKS, |s| ahead(s, HOOKS, 10 * 60 * 60 + 5), "fail", "is 10 hours ahead of"),
    ]);
}

#[test]
fn gitlab_refuses_a_private_webhook_unless_its_allowlist_has_it() {
    fn private(scene: &mut Scene) {
        is_at(scene, HOOKS, "10.64.1.5");
    }
    fn listed(scene: &mut Scene, entry: &str) {
        private(scene);
        scene.settings().outbound.allowlist = Some(OutboundSettings::entries(entry));
    }
    fn unread(scene: &mut Scene) {
        scene.seen.gitlab.settings = Observation::Skipped("no token is given");
    }
    fn forbidden(scene: &mut Scene) {
        let cause = Cause::Status(ErrorResponse { status: 403, ..ErrorResponse::default() });
        scene.seen.gitlab.settings = Observation::Failed(error(cause));
    }
    hold(&[
        ("network.outbound", "", |_| {}, "pass", "no rule is against it"),
        ("network.outbound", "", private, "fail", "Requests to the local network are not allowed"),
        ("network.outbound", "", |s| is_at(s, HOOKS, "100.64.0.5"), "fail", "shared address space"),
        ("network.outbound", "", |s| listed(s, "hooks.factory.example:443"), "pass", "its name is on the allowlist"),
        ("network.outbound", "", |s| listed(s, "10.64.0.0/16"), "pass", "its address is on the allowlist"),
        ("network.outbound", "", |s| s.settings().outbound.denies_all = true, "fail", "not on the Allow List"),
        ("network.outbound", "", |s| s.settings().outbound.mode = SilentMode::On, "fail", "Silent mode"),
        (
            "network.outbound",
            "",
            |s| {
                private(s);
                unread(s);
            },
            "unknown",
            "by default GitLab refuses",
        ),
        (
            "network.outbound",
            "",
            |s| {
                private(s);
                forbidden(s);
            },
            "unknown",
            "by default GitLab refuses",
        ),
        ("network.outbound", "", unread, "skip", "no rule of GitLab's defaults"),
        ("network.outbound", "", forbidden, "unknown", "its settings were not read"),
        (
            "network.outbound",
            "",
            |s| resolver(s, DnsAnswer::Addresses(vec!["10.64.1.5".parse().expect("an address")])),
            "fail",
            "10.64.1.5 (private) at 10.20.0.10",
        ),
        (
            "network.outbound",
            "",
            |s| s.ways.factory.iter_mut().for_each(|factory| factory.webhook_cidrs = vec!["10.64.1.0/28".to_owned()]),
            "fail",
            "as the kit plans it",
        ),
    ]);
}

#[test]
fn a_setting_that_decides_and_is_not_in_gitlabs_answer_leaves_it_unknown() {
    fn lacks(scene: &mut Scene, keys: &[OutboundKey]) {
        scene.settings().missing = keys.to_vec();
    }
    fn private(scene: &mut Scene, keys: &[OutboundKey]) {
        is_at(scene, HOOKS, "10.64.1.5");
        lacks(scene, keys);
    }
    hold(&[
        (
            "network.outbound",
            "",
            |s| lacks(s, &[OutboundKey::DeniesAll]),
            "unknown",
            "deny_all_requests_except_allowed",
        ),
        ("network.outbound", "", |s| lacks(s, &[OutboundKey::SilentMode]), "unknown", "silent_mode_enabled"),
        ("network.outbound", "", |s| lacks(s, &[OutboundKey::AllowsLocal]), "pass", "no rule is against it"),
        (
            "network.outbound",
            "",
            |s| private(s, &[OutboundKey::AllowsLocal]),
            "unknown",
            "allow_local_requests_from_web",
        ),
        ("network.outbound", "", |s| private(s, &[OutboundKey::SystemHooksGoLocal]), "fail", "the local network"),
        ("network.outbound", "", |s| private(s, &[OutboundKey::DeniesAll]), "fail", "the local network"),
        ("network.outbound", "", |s| s.settings().outbound.allowlist = None, "pass", "no rule is against it"),
    ]);
}

#[test]
fn a_webhook_that_is_refused_gets_the_entry_of_the_allowlist_and_the_page() {
    let mut scene = Scene::healthy();
    is_at(&mut scene, HOOKS, "10.64.1.5");
    let fix = scene.finding("network.outbound", "").fix.expect("a fix");
    assert!(fix.text.contains("add hooks.factory.example:443 to the allowlist"), "{}", fix.text);
    assert_eq!(
        fix.url.as_deref(),
        Some("https://gitlab.acme.example/admin/application_settings/network#js-outbound-settings")
    );
}

#[test]
fn system_hooks_may_go_to_the_local_network_by_default() {
    let mut scene = Scene::healthy();
    is_at(&mut scene, HOOKS, "10.64.1.5");
    scene.ways.factory.iter_mut().for_each(|factory| factory.strategy = Strategy::System);
    assert_eq!(scene.finding("network.outbound", "").status, CheckStatus::Pass);
    scene.settings().system_hooks_go_local = false;
    assert_eq!(scene.finding("network.outbound", "").status, CheckStatus::Fail);
}

#[test]
fn a_group_that_does_not_let_factory_in_fails() {
    fn restricts(scene: &mut Scene, ranges: &[&str]) {
        let ranges = ranges.iter().map(|range| (*range).to_owned()).collect();
        scene.seen.gitlab.restrictions =
            Observation::Known(vec![GroupRestriction { group: "acme".to_owned(), ranges }]);
    }
    hold(&[
        ("network.inbound", "", |_| {}, "skip", "cannot be seen from here"),
        ("network.inbound", "", |s| restricts(s, &["10.0.0.0/8"]), "fail", "203.0.113.0/24 not let in by acme"),
        ("network.inbound", "", |s| restricts(s, &["203.0.0.0/8"]), "skip", ""),
        ("network.inbound", "", |s| restricts(s, &["203.0.113.0/25", "203.0.113.128/25"]), "skip", ""),
        ("network.inbound", "", |s| restricts(s, &["203.0.113.0/25"]), "fail", "not let in"),
        (
            "network.inbound",
            "",
            |s| {
                restricts(s, &["10.0.0.0/8"]);
                s.settings().globally_allowed = vec!["203.0.113.0/24".to_owned()];
            },
            "skip",
            "",
        ),
        ("network.inbound", "", |s| is_at(s, GITLAB, "10.0.0.7"), "warn", "through a VPC peering or a VPN only"),
    ]);
}

#[test]
fn behind_a_proxy_name_and_port_are_not_visible_and_the_request_still_is() {
    fn proxied(scene: &mut Scene) {
        let way = scene.way(HOOKS);
        way.proxy = Some("proxy.acme.example:3128".to_owned());
        way.addresses = Observation::Skipped("requests go through a proxy");
        (way.attempts, way.tls) = (Vec::new(), Vec::new());
        way.tunnelled = Some(Observation::Known(certificate()));
    }
    hold(&[
        ("network.dns", HOOKS, proxied, "skip", "proxy"),
        ("network.tcp", HOOKS, proxied, "skip", "proxy"),
        ("network.tls", HOOKS, proxied, "pass", "Example CA"),
        ("network.http", HOOKS, proxied, "pass", "answered 200"),
    ]);
}

#[test]
fn ssh_that_is_switched_off_is_read_from_the_settings() {
    assert_eq!(GitAccess::default(), GitAccess::Both);
    let mut scene = Scene::healthy();
    scene.ways.gitlab = None;
    assert!(scene.findings().iter().all(|finding| finding.target.as_deref() != Some("gitlab.acme.example")));
}
