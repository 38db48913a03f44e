//! The time of a run, with targets and resolvers that say nothing.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::time::Duration;

use super::*;
use crate::desired::{AddressFamily, Ways};
use crate::env::Env;
use crate::http::probe::DnsAnswer;
use crate::http::{Client, ClientOptions};

const CODES: [&str; 10] = [
    "network.dns",
    "network.dns_split",
    "network.tcp",
    "network.tls",
    "network.mtu",
    "network.http",
    "network.ssh",
    "network.ssh_hostkey",
    "network.clock",
    "network.endpoints",
];

/// What is seen of these targets within this time, with this time for each step, and how long it takes.
async fn seen(targets: &[String], resolvers: &[ResolverAddress], time: (Duration, Duration)) -> (WaysSeen, Duration) {
    let clock = Env::empty().clock.system();
    let http = Client::new(&ClientOptions::default(), clock).expect("a client");
    let targets = targets.iter().map(|text| text.parse().expect(text)).collect();
    let ways = Ways { gitlab: None, factory: None, targets, family: AddressFamily::Both };
    let (longest, step) = time;
    let began = clock.instant();
    let observer = WayObserver {
        http: &http,
        reader: None,
        resolvers,
        codes: &BTreeSet::from(CODES),
        time: WayTime { clock, deadline: began + longest, step, longest: Duration::from_secs(30) },
        open_files: 1024,
    };
    let seen = observer.observe(&ways).await;
    (seen, clock.instant().duration_since(began))
}

/// Accepts connections, as the system does for it, and says nothing.
fn silent() -> (TcpListener, u16) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    (listener, port)
}

const OVER: Unasked = Unasked::TimeOver { longest: 30 };

/// Every step of every one would take a hundred times as long.
#[tokio::test]
async fn at_the_deadline_everything_ends_and_what_was_not_asked_says_so() {
    let (_listener, port) = silent();
    let targets = ["https", "ssh"].map(|protocol| format!("{protocol}://127.0.0.1:{port}"));
    let (seen, took) = seen(&targets, &[], (Duration::from_millis(1500), Duration::from_secs(60))).await;
    assert!(took < Duration::from_secs(10), "{took:?}");
    let cuts: Vec<Option<Cut>> = seen.ways.iter().map(|way| way.cut).collect();
    assert_eq!(cuts, ["network.tls", "network.ssh"].map(|code| Some(Cut { code, why: OVER })));
    assert!(seen.ways.iter().all(|way| way.attempts.len() == 1), "the port opened before");
}

#[tokio::test]
async fn a_step_that_has_its_whole_time_and_gets_no_answer_is_not_cut() {
    let (_listener, port) = silent();
    let time = (Duration::from_secs(60), Duration::from_millis(200));
    let (seen, _) = seen(&[format!("https://127.0.0.1:{port}")], &[], time).await;
    let way = &seen.ways[0];
    assert_eq!((way.cut, &way.tls[0].seen), (None, &TlsSeen::NoAnswer));
    assert_eq!(way.mtu.map(|at| at.seen), Some(Mtu::NotProven));
    assert!(way.took["network.tls"] >= Duration::from_millis(200), "{:?}", way.took);
    assert!(way.took["network.tcp"] < way.took["network.tls"], "each has its own time: {:?}", way.took);
}

#[tokio::test]
async fn a_resolver_that_never_answers_is_not_asked_for_every_name() {
    let resolver = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let resolvers = [ResolverAddress(resolver.local_addr().expect("an address"))];
    // They resolve without asking anybody, and their port is closed.
    let targets: Vec<String> = (0..200).map(|number| format!("tcp://n{number}.localhost:1")).collect();
    let (seen, took) = seen(&targets, &resolvers, (Duration::from_secs(60), Duration::from_millis(400))).await;
    assert!(took < Duration::from_secs(20), "{took:?}");
    let answers = || seen.ways.iter().map(|way| &way.answers[0].answers);
    let asked = answers().filter(|answers| answers.as_ref().is_ok_and(|of| of.v4 == DnsAnswer::NoAnswer)).count();
    let left = answers().filter(|answers| matches!(answers, Err(Unasked::Silent { names: 16.. }))).count();
    assert_eq!(asked + left, 200);
    assert!((16..=32).contains(&asked), "{asked}");
}
