//! Every symptom of the network with what may be said of it, and no more.

mod answers;
mod clocks;
mod gitlab;
mod handshakes;
mod inspection;
mod names;
mod place;
mod ports;
mod ssh;
mod time;

use std::collections::BTreeMap;
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
use crate::http::{BodyEnding, Cause, ErrorResponse, FirstAnswer, PrivateRoot, TlsProblem, UnexpectedPage};
use crate::kit::Kit;
use crate::network::outbound::{OutboundKey, OutboundSettings, SilentMode};
use crate::observed::Observation;
use crate::observed::ways::{Cut, GitLabNetwork, LiveSeen, MtuAt, ResolverAnswers, SshAt, SshSeenAt, TlsAt, Unasked};
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
        let step = Duration::from_secs(5);
        Self { ways, seen: WaysSeen { at: now(), step, ways: seen, gitlab, live: LiveSeen::NotWanted } }
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
        let is_there = |one: &Finding| one.target.as_ref().is_none_or(|of| of.to_string().starts_with(target));
        let is_it = |one: &Finding| one.code == code && is_there(one);
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
        private_root: None,
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
        took: BTreeMap::from([("network.tcp", Duration::from_millis(12))]),
        cut: None,
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
    FirstAnswer { answer, clock: Ok(clock), took: Some(Duration::from_millis(30)), ending: BodyEnding::Said }
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
    way.http = Some(FirstAnswer::none(error(cause)));
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
    let answers = Ok(DnsAnswers { v4, v6 });
    let resolver = "10.20.0.10".parse().expect("a resolver");
    scene.way(HOOKS).answers = vec![ResolverAnswers { resolver, answers, took: Some(Duration::from_millis(3)) }];
}

fn is_at(scene: &mut Scene, target: &str, text: &str) {
    scene.way(target).addresses = Observation::Known(vec![text.parse().expect(text)]);
}

fn answered_now() -> FirstAnswer {
    FirstAnswer { answer: Ok(200), ..FirstAnswer::none(error(Cause::Interrupted)) }
}

#[test]
fn where_everything_is_well_every_check_passes_or_says_why_it_is_skipped() {
    let findings = Scene::healthy().findings();
    for finding in &findings {
        let is_well = match finding.code {
            "network.inbound" | "network.mtu" => matches!(finding.status, CheckStatus::Skip(_)),
            "network.ssh_hostkey" if finding.target.as_ref().is_some_and(|target| target.place != GIT) => {
                matches!(finding.status, CheckStatus::Skip(_))
            }
            _ => finding.status == CheckStatus::Pass,
        };
        assert!(is_well, "{} {:?}: {:?} {:?}", finding.code, finding.target, finding.status, finding.cause);
    }
    assert_eq!(verdict(&findings), Verdict::Pass);
}
