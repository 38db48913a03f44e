//! A planned VPN between real daemons: the tunnels come up, carry packets and are rekeyed. And what `network plan` says of
//! two ends is what two daemons do.

use factory_gitlab::network::proposal::{Phase, Proposal};
use factory_gitlab::plan::network::vpn::{Clash, IkeVersion, VpnTerms, clashes};

use crate::namespaces::possible;
use crate::programs::{say, wait_for};
use crate::strongswan::{Daemon, Pair};

/// One end, as its configuration says it.
#[derive(Clone, Copy)]
struct Given {
    version: u8,
    ike: &'static str,
    esp: &'static str,
    local: &'static str,
    remote: &'static str,
    key: &'static str,
    /// What it sends as its identity.
    identity: &'static str,
}

const USUAL: &str = "aes256-sha256-modp2048";

const CUSTOMER: Given = Given {
    version: 2,
    ike: USUAL,
    esp: USUAL,
    local: "192.168.10.0/24",
    remote: "10.64.0.0/16",
    key: "first.key_1234",
    identity: "203.0.113.1",
};

const FACTORY: Given = Given { local: "10.64.0.0/16", remote: "192.168.10.0/24", identity: "203.0.113.2", ..CUSTOMER };

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
    name: &'static str,
    customer: Given,
    factory: Given,
}

/// Where the ends differ in one thing.
fn cases() -> Vec<Case> {
    let ike = |customer, factory| (Given { ike: customer, ..CUSTOMER }, Given { ike: factory, ..FACTORY });
    let esp = |customer, factory| (Given { esp: customer, ..CUSTOMER }, Given { esp: factory, ..FACTORY });
    let here = |customer: Given| (customer, FACTORY);
    let gcm = Given { ike: "aes256gcm16-prfsha384-ecp384", esp: "aes256gcm16-ecp384", ..CUSTOMER };
    [
        ("the same on both ends", ike(USUAL, USUAL)),
        ("IKE: nothing in common", ike(USUAL, "aes256-sha384-ecp384")),
        ("IKE: the second proposal is common", ike("aes256-sha256-modp2048,aes256-sha384-ecp384", "aes256-sha384-ecp384")),
        ("IKE: groups overlap, ciphers do not", ike("aes256-sha256-ecp384-modp2048", "aes128-sha256-modp2048")),
        ("ESP: the cipher differs", esp("aes256-sha256", "aes128-sha256")),
        ("PFS at the customer only", esp("aes256-sha256-modp2048", "aes256-sha256")),
        ("PFS with another group", esp("aes256-sha256-modp2048", "aes256-sha256-ecp384")),
        ("PFS at Factory only", esp("aes256-sha256", "aes256-sha256-modp2048")),
        ("selectors: wider at the customer", here(Given { local: "192.168.0.0/16", ..CUSTOMER })),
        ("selectors: disjoint", here(Given { local: "192.168.20.0/24", ..CUSTOMER })),
        ("keys differ", here(Given { key: "other.key_1234", ..CUSTOMER })),
        ("an identity that is not expected", here(Given { identity: "gitlab.example.com", ..CUSTOMER })),
        ("IKEv1 against IKEv2", here(Given { version: 1, ..CUSTOMER })),
        ("AEAD on both ends", (gcm, Given { ike: gcm.ike, esp: gcm.esp, ..FACTORY })),
        ("IKE: AEAD against CBC", ike("aes256gcm16-prfsha384-ecp384", "aes256-sha384-ecp384")),
    ]
    .map(|(name, (customer, factory))| Case { name, customer, factory })
    .into()
}

#[test]
fn what_is_said_of_two_ends_is_what_two_daemons_do() {
    if !possible("VPN ends against real daemons") {
        return;
    }
    let cases = cases();
    // A machine has few processors, and a daemon waits most of its time.
    let seen: Vec<(&Case, Seen)> = cases
        .chunks(5)
        .flat_map(|cases| {
            std::thread::scope(|scope| {
                let running: Vec<_> = cases.iter().map(|case| (case, scope.spawn(|| observe(case)))).collect();
                running.into_iter().map(|(case, thread)| (case, thread.join().expect("no panic"))).collect::<Vec<_>>()
            })
        })
        .collect();
    let told: Vec<String> =
        seen.iter().map(|(case, seen)| format!("{}: {seen:?}, said {:?}", case.name, said(case))).collect();
    for (case, seen) in &seen {
        assert_eq!(foretold(case), *seen, "{}\n{}", case.name, told.join("\n"));
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
            ike: proposals(Phase::Ike, given.ike),
            esp: proposals(Phase::Esp, given.esp),
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
    if case.customer.key != case.factory.key || case.customer.identity != CUSTOMER.identity {
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

fn observe(case: &Case) -> Seen {
    let pair = Pair::new();
    pair.factory.load(&configuration(&case.factory, "203.0.113.2", CUSTOMER.identity)).expect("a configuration");
    pair.customer.load(&configuration(&case.customer, "203.0.113.1", FACTORY.identity)).expect("a configuration");
    let started = pair.customer.swanctl(&["--initiate", "--child", "vpn", "--timeout", "10"]);
    if pair.pings() {
        return if pair.rekeys("--child", "vpn") { Seen::Holds } else { Seen::FailsWhenRekeyed };
    }
    let log = pair.customer.log();
    let is_established = log.contains("IKE_SA vpn[1] established");
    assert!(started.contains("failed") || !is_established || log.contains("no CHILD_SA built"), "{started}\n{log}");
    if is_established { Seen::NoChild } else { Seen::NoConnection }
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
        let text = configuration(&Given { ike: "REPLACED", ..CUSTOMER }, "203.0.113.1", FACTORY.identity);
        let loaded = pair.customer.load(&text.replace("REPLACED", &ike));
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
    pair.customer.load(&format!("{}{keys}", files.strongswan)).expect("the planned configuration");
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
    say("the planned VPN between real daemons: both tunnels up, ping, rekeyed");
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

fn planned() -> Planned {
    let file = |path: &str| std::fs::read_to_string(format!("/tmp/planned/{path}")).expect(path);
    Planned { strongswan: file("vpn/swanctl.conf"), terraform: file("vpn/factory-side.tf") }
}

/// A daemon with what Terraform would configure at AWS: the options of `aws_vpn_connection`, translated by hand.
fn aws_end(terraform: &str) -> String {
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
        let ike = [of("phase1_encryption_algorithms"), of("phase1_integrity_algorithms"), of("phase1_dh_group_numbers")];
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
