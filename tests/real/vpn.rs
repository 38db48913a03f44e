//! A planned VPN between real daemons: the tunnels come up, carry packets and are rekeyed. And what `network plan` says of
//! two ends is what two daemons do.

use factory_gitlab::network::proposal::{Phase, Proposal};
use factory_gitlab::plan::network::vpn::{Clash, IkeVersion, VpnTerms, clashes};

use serde_json::json;

use crate::cli::test_env::TestEnv;
use crate::namespaces::possible;
use crate::programs::{say, wait_for};
use crate::strongswan::{Daemon, Pair};
use crate::terraform::{kit, network, vpc};

/// One end, as its configuration says it.
#[derive(Clone)]
struct Given {
    version: u8,
    ike: String,
    esp: String,
    local: &'static str,
    remote: &'static str,
    key: &'static str,
    /// What it sends as its identity.
    identity: &'static str,
}

const USUAL: &str = "aes256-sha256-modp2048";

fn customer() -> Given {
    Given {
        version: 2,
        ike: USUAL.into(),
        esp: USUAL.into(),
        local: "192.168.10.0/24",
        remote: "10.64.0.0/16",
        key: "first.key_1234",
        identity: "203.0.113.1",
    }
}

fn factory() -> Given {
    Given { local: "10.64.0.0/16", remote: "192.168.10.0/24", identity: "203.0.113.2", ..customer() }
}

/// What two daemons did.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Seen {
    /// Up, a ping passes, and the first rekeying works.
    Holds,
    /// The same, and the first rekeying fails.
    FailsWhenRekeyed,
    /// The connection is not established.
    NoConnection,
    /// It is, and carries nothing.
    NoChild,
}

struct Case {
    name: String,
    customer: Given,
    factory: Given,
}

impl Case {
    fn ike(name: &str, ours: &str, theirs: &str) -> Self {
        let [customer, factory] =
            [(customer(), ours), (factory(), theirs)].map(|(end, ike)| Given { ike: ike.into(), ..end });
        Self { name: name.into(), customer, factory }
    }

    fn esp(name: &str, ours: &str, theirs: &str) -> Self {
        let [customer, factory] =
            [(customer(), ours), (factory(), theirs)].map(|(end, esp)| Given { esp: esp.into(), ..end });
        Self { name: name.into(), customer, factory }
    }

    fn other(name: &str, change: impl FnOnce(&mut Given)) -> Self {
        let mut customer = customer();
        change(&mut customer);
        Self { name: name.into(), customer, factory: factory() }
    }
}

/// Where the ends differ in one thing.
fn cases() -> Vec<Case> {
    let mut aead = Case::ike("AEAD on both ends", "aes256gcm16-prfsha384-ecp384", "aes256gcm16-prfsha384-ecp384");
    (aead.customer.esp, aead.factory.esp) = ("aes256gcm16-ecp384".into(), "aes256gcm16-ecp384".into());
    let two = "aes256-sha256-modp2048,aes256-sha384-ecp384";
    vec![
        Case::ike("the same on both ends", USUAL, USUAL),
        Case::ike("IKE: nothing in common", USUAL, "aes256-sha384-ecp384"),
        Case::ike("IKE: the second proposal is common", two, "aes256-sha384-ecp384"),
        Case::ike("IKE: groups overlap, ciphers do not", "aes256-sha256-ecp384-modp2048", "aes128-sha256-modp2048"),
        Case::esp("ESP: the cipher differs", "aes256-sha256", "aes128-sha256"),
        Case::esp("PFS at the customer only", "aes256-sha256-modp2048", "aes256-sha256"),
        Case::esp("PFS with another group", "aes256-sha256-modp2048", "aes256-sha256-ecp384"),
        Case::esp("PFS at Factory only", "aes256-sha256", "aes256-sha256-modp2048"),
        Case::other("selectors: wider at the customer", |end| end.local = "192.168.0.0/16"),
        Case::other("selectors: disjoint", |end| end.local = "192.168.20.0/24"),
        Case::other("keys differ", |end| end.key = "other.key_1234"),
        Case::other("an identity that is not expected", |end| end.identity = "gitlab.example.com"),
        Case::other("IKEv1 against IKEv2", |end| end.version = 1),
        aead,
        Case::ike("IKE: AEAD against CBC", "aes256gcm16-prfsha384-ecp384", "aes256-sha384-ecp384"),
    ]
}

/// Ends with proposals by lot, from few algorithms, so that they often fit; the same ones in every run.
fn random_cases(count: u64) -> Vec<Case> {
    let by_lot = |seed| {
        let mut lot = fastrand::Rng::with_seed(seed);
        let mut end = |end| Given {
            ike: proposals_by_lot(&mut lot, Phase::Ike, &["ecp256", "ecp384"]),
            esp: proposals_by_lot(&mut lot, Phase::Esp, &["ecp256", "ecp384", ""]),
            ..end
        };
        let (customer, factory) = (end(customer()), end(factory()));
        let name = format!("{} / {} and {} / {}", customer.ike, customer.esp, factory.ike, factory.esp);
        Case { name, customer, factory }
    };
    (0..count).map(by_lot).collect()
}

/// One or two proposals; an empty group is none.
fn proposals_by_lot(lot: &mut fastrand::Rng, phase: Phase, groups: &[&str]) -> String {
    let mut proposals = Vec::new();
    for _ in 0..=lot.usize(..2) {
        let is_aead = lot.u8(..4) == 0;
        let ciphers = if is_aead { ["aes128gcm16", "aes256gcm16"] } else { ["aes128", "aes256"] };
        let hashes = if is_aead { ["prfsha256", "prfsha384"] } else { ["sha256", "sha384"] };
        let mut words = Vec::new();
        for list in [ciphers.as_slice(), hashes.as_slice(), groups] {
            let count = 1 + lot.usize(..2);
            words.extend(lot.choose_multiple(list, count).into_iter().copied().filter(|word| !word.is_empty()));
        }
        proposals.push(words.join("-"));
    }
    let is_proposal = |text: &String| Proposal::parse(phase, text).is_ok();
    assert!(proposals.iter().all(is_proposal), "{proposals:?}");
    proposals.join(",")
}

/// Daemons that work at the same time; they wait most of it.
const PAIRS: usize = 5;

#[test]
fn what_is_said_of_two_ends_is_what_two_daemons_do() {
    if !possible("VPN ends against real daemons") {
        return;
    }
    let mut cases = cases();
    cases.extend(random_cases(25));
    let observed = |cases: &[Case]| {
        let pair = Pair::new();
        cases.iter().map(|case| observe(&pair, case)).collect::<Vec<Seen>>()
    };
    let seen: Vec<Seen> = std::thread::scope(|scope| {
        let chunks = cases.chunks(cases.len().div_ceil(PAIRS));
        let running: Vec<_> = chunks.map(|cases| scope.spawn(move || observed(cases))).collect();
        running.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    });
    let all = || cases.iter().zip(&seen);
    let told: Vec<String> =
        all().map(|(case, seen)| format!("{}: {seen:?}, said {:?}", case.name, said(case))).collect();
    for (case, seen) in all() {
        assert_eq!(foretold(case), *seen, "{}\n{}", case.name, told.join("\n"));
    }
    for kind in [Seen::Holds, Seen::FailsWhenRekeyed, Seen::NoConnection, Seen::NoChild] {
        let by_lot = seen.iter().skip(15).filter(|seen| **seen == kind).count();
        assert!(by_lot > 0, "none of the cases by lot is {kind:?}\n{}", told.join("\n"));
    }
    say(&format!("VPN ends against real daemons: {} cases", seen.len()));
}

/// What our own check says.
fn said(case: &Case) -> Vec<Clash> {
    let terms = |given: &Given| {
        let proposals = |phase, texts: &str| {
            texts.split(',').map(|text| Proposal::parse(phase, text).expect(text)).collect::<Vec<Proposal>>()
        };
        VpnTerms {
            version: if given.version == 1 { IkeVersion::V1 } else { IkeVersion::V2 },
            ike: proposals(Phase::Ike, &given.ike),
            esp: proposals(Phase::Esp, &given.esp),
            local: vec![given.local.parse().expect("a block")],
            remote: vec![given.remote.parse().expect("a block")],
        }
    };
    clashes(&terms(&case.customer), &terms(&case.factory))
}

/// What has to be observed then. Keys and identities are not compared by us: no plan knows the first, and the second are
/// made from the same addresses.
fn foretold(case: &Case) -> Seen {
    let said = said(case);
    let knows = |found: fn(&Clash) -> bool| said.iter().any(found);
    if case.customer.key != case.factory.key || case.customer.identity != customer().identity {
        assert_eq!(said, [], "{}", case.name);
        Seen::NoConnection
    } else if knows(|clash| matches!(clash, Clash::Version | Clash::Ike(_))) {
        Seen::NoConnection
    } else if knows(|clash| matches!(clash, Clash::Esp(_) | Clash::Selectors)) {
        Seen::NoChild
    } else if knows(|clash| matches!(clash, Clash::Pfs)) {
        Seen::FailsWhenRekeyed
    } else {
        Seen::Holds
    }
}

fn observe(pair: &Pair, case: &Case) -> Seen {
    pair.factory.load(&configuration(&case.factory, "203.0.113.2", customer().identity)).expect("a configuration");
    pair.customer.load(&configuration(&case.customer, "203.0.113.1", factory().identity)).expect("a configuration");
    let log =
        pair.customer.log_of(|| drop(pair.customer.swanctl(&["--initiate", "--child", "vpn", "--timeout", "10"])));
    let seen = if pair.pings() {
        if pair.rekeys("--child", "vpn") { Seen::Holds } else { Seen::FailsWhenRekeyed }
    } else if log.contains("] established between") {
        Seen::NoChild
    } else {
        Seen::NoConnection
    };
    for daemon in [&pair.customer, &pair.factory] {
        daemon.swanctl(&["--terminate", "--ike", "vpn", "--force", "--timeout", "3"]);
    }
    seen
}

fn configuration(given: &Given, own: &str, expected: &str) -> String {
    let Given { version, ike, esp, local, remote, key, identity } = given;
    let other = if own == "203.0.113.1" { "203.0.113.2" } else { "203.0.113.1" };
    format!(
        "connections {{ vpn {{
            version = {version}
            local_addrs = {own}
            remote_addrs = {other}
            proposals = {ike}
            local {{
                auth = psk
                id = {identity}
            }}
            remote {{
                auth = psk
                id = {expected}
            }}
            children {{ vpn {{
                local_ts = {local}
                remote_ts = {remote}
                esp_proposals = {esp}
            }} }}
        }} }}
        secrets {{ ike-vpn {{
            id-1 = {own}
            id-2 = {other}
            id-3 = {identity}
            secret = \"{key}\"
        }} }}\n"
    )
}

#[test]
fn every_keyword_that_we_know_is_one_of_strongswans() {
    use factory_gitlab::network::proposal::{ALGORITHMS, Transform};
    if !possible("the keywords of proposals") {
        return;
    }
    let pair = Pair::new();
    for algorithm in &ALGORITHMS {
        let word = algorithm.keyword();
        let ike = match algorithm.transform {
            Transform::Encryption if algorithm.is_aead => format!("{word}-prfsha256-ecp384"),
            Transform::Encryption => format!("{word}-sha256-ecp384"),
            Transform::Integrity => format!("aes256-{word}-ecp384"),
            Transform::Prf => format!("aes256-sha256-{word}-ecp384"),
            Transform::Group => format!("aes256-sha256-{word}"),
        };
        let given = Given { ike: ike.clone(), ..customer() };
        let loaded = pair.customer.load(&configuration(&given, "203.0.113.1", factory().identity));
        assert_eq!(loaded, Ok(()), "{ike}");
        Proposal::parse(Phase::Ike, &ike).expect(&ike);
    }
}

#[test]
fn the_planned_tunnels_come_up_carry_packets_and_are_rekeyed() {
    if !possible("the planned VPN between real daemons") {
        return;
    }
    let files = planned();
    let pair = Pair::new();
    pair.factory.load(&aws_end(&files.terraform)).expect("AWS's end");
    // The keys come by another way, as the comment in the file says.
    let keys = "secrets {\n  ike-factory-gitlab-1 {\n    id = 203.0.113.2\n    secret = \"one.key_1234\"\n  }\n  \
                ike-factory-gitlab-2 {\n    id = 203.0.113.3\n    secret = \"two.key_1234\"\n  }\n}\n";
    let strongswan = with_updown(&pair, &files.strongswan);
    pair.customer.load(&format!("{strongswan}{keys}")).expect("the planned configuration");
    // It starts both tunnels by itself.
    wait_for("two tunnels", || {
        let list = pair.customer.swanctl(&["--list-sas"]);
        (list.matches("ESTABLISHED").count() == 2 && list.matches("INSTALLED").count() == 2).then_some(())
    });
    assert!(pair.pings(), "{}", pair.customer.log());
    for tunnel in ["factory-gitlab-1", "factory-gitlab-2"] {
        assert!(pair.rekeys("--child", tunnel), "{tunnel}: {}", pair.customer.log());
        assert!(pair.rekeys("--ike", tunnel), "{tunnel}: {}", pair.customer.log());
    }
    assert!(pair.pings(), "{}", pair.customer.log());
    is_as_agreed(&pair.customer);
    let routes = || pair.inside.ip("route show 10.64.0.0/16");
    assert_eq!(
        routes().lines().map(str::trim).collect::<Vec<_>>(),
        ["10.64.0.0/16 dev factory1 scope link metric 100", "10.64.0.0/16 dev factory2 scope link metric 200",]
    );
    // The routes follow the tunnels.
    pair.customer.swanctl(&["--terminate", "--child", "factory-gitlab-1", "--timeout", "5"]);
    wait_for("a route that goes with its tunnel", || (!routes().contains("metric 100")).then_some(()));
    assert!(routes().contains("metric 200"), "{}", routes());
    pair.customer.swanctl(&["--initiate", "--child", "factory-gitlab-1", "--timeout", "5"]);
    wait_for("a route that comes with its tunnel", || routes().contains("metric 100").then_some(()));
    assert!(pair.pings(), "{}", pair.customer.log());
    say("the planned VPN between real daemons: both tunnels up, ping, rekeyed");
}

/// The configuration with the script of its comment in a folder of the test's, and the interfaces that it sets routes to.
/// They are of another kind than in the comment, which this kernel may lack: packets take the daemon's own way here.
fn with_updown(pair: &Pair, planned: &str) -> String {
    for number in [1, 2] {
        pair.inside.ip(&format!("link add factory{number} type veth peer name other{number}"));
        pair.inside.ip(&format!("link set factory{number} up"));
        pair.inside.ip(&format!("link set other{number} up"));
    }
    let lines = planned.lines().skip_while(|line| !line.ends_with("#!/bin/sh"));
    let script: String = lines.take_while(|line| *line != "#").map(|line| format!("{}\n", &line[7..])).collect();
    assert!(script.starts_with("#!/bin/sh\n") && script.ends_with("done\n"), "{script}");
    let place = pair.customer.script("updown", &script);
    let told = "/etc/swanctl/factory-gitlab-updown";
    assert_eq!(planned.matches(&format!("updown = {told}\n")).count(), 2);
    planned.replace(&format!("updown = {told}"), &format!("updown = {}", place.display()))
}

/// The daemons chose what was planned, and no other.
fn is_as_agreed(daemon: &Daemon) {
    let list = daemon.swanctl(&["--list-sas"]);
    assert_eq!(list.matches("AES_CBC-256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/ECP_384").count(), 2, "{list}");
    assert_eq!(list.matches("ESP:AES_GCM_16-256/ECP_384").count(), 2, "{list}");
}

struct Planned {
    strongswan: String,
    terraform: String,
}

/// What the program plans for these two networks.
fn planned() -> Planned {
    let env = TestEnv::bare();
    let mut network = network();
    network["vpn"]["endpoints"] = json!(["203.0.113.2", "203.0.113.3"]);
    env.file("kit.json", kit(&vpc(&["10.64.0.0/16"]), &network).to_string());
    let answers = "gitlab_url = 'https://gitlab.acme.com'\nkit = 'kit.json'\n[network]\nmethod = 'vpn'\n\
        vpn_address = '203.0.113.1'\nlocal_cidrs = ['192.168.10.0/24']\ngitlab_addresses = ['192.168.10.7']\n\
        ike = ['aes256-sha256-ecp384']\nesp = ['aes256gcm16-ecp384']\n";
    env.file("acme.toml", answers);
    let run = env.run(&["network", "plan", "--config", "acme.toml", "--out", "plan"]);
    assert_eq!(run.code, 0, "{run}");
    let file = |path: &str| std::fs::read_to_string(env.path("plan").join(path)).expect(path);
    Planned { strongswan: file("vpn/swanctl.conf"), terraform: file("vpn/factory-side.tf") }
}

/// A daemon with what Terraform would configure at AWS: the options of `aws_vpn_connection`, translated by hand.
pub fn aws_end(terraform: &str) -> String {
    let option = |name: &str| {
        let line = terraform.lines().find_map(|line| line.trim().strip_prefix(name)?.trim_start().strip_prefix("= "));
        line.expect(name).trim_matches(['[', ']', '"']).to_owned()
    };
    let keyword = |name: &str| match option(name).as_str() {
        "AES256" => "aes256",
        "AES256-GCM-16" => "aes256gcm16",
        "SHA2-256" => "sha256",
        "20" => "ecp384",
        other => unreachable!("{name} = {other}"),
    };
    let (customer, aws) = (option("local_ipv4_network_cidr"), option("remote_ipv4_network_cidr"));
    let device = option("ip_address");
    let mut text = String::new();
    for (number, address, key) in [(1, "203.0.113.2", "one.key_1234"), (2, "203.0.113.3", "two.key_1234")] {
        let of = |name: &str| keyword(&format!("tunnel{number}_{name}"));
        let ike =
            [of("phase1_encryption_algorithms"), of("phase1_integrity_algorithms"), of("phase1_dh_group_numbers")];
        let esp = [of("phase2_encryption_algorithms"), of("phase2_dh_group_numbers")];
        text.push_str(&format!(
            "connections {{ tunnel{number} {{
                version = 2
                local_addrs = {address}
                remote_addrs = {device}
                proposals = {}
                local {{
                    auth = psk
                    id = {address}
                }}
                remote {{
                    auth = psk
                    id = {device}
                }}
                children {{ tunnel{number} {{
                    local_ts = {aws}
                    remote_ts = {customer}
                    esp_proposals = {}
                }} }}
            }} }}
            secrets {{ ike-{number} {{
                id-1 = {address}
                secret = \"{key}\"
            }} }}\n",
            ike.join("-"),
            esp.join("-"),
        ));
    }
    text
}
