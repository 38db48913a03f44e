//! `network check` on real paths: a client, a router that fails in every way, and real servers behind it.
//!
//! ```text
//! client 10.77.1.2 ── 10.77.1.1 router 10.77.2.1 ── 10.77.2.10–60 servers
//! lost   10.77.5.2 ── 10.77.5.1 router     (whose resolver is silent)
//!                               router 10.77.3.1 ── MTU 1300 ── 10.77.3.2 far router 10.77.4.1 ── 10.77.4.16 far server
//! ```

use std::process::Stdio;

use serde_json::{Value, json};

use crate::cli::test_env::{TestEnv, Transcript};
use crate::lab_servers::{Folder, HOST_KEYS, MANY, Name};
use crate::namespaces::{End, Namespace, link, possible};
use crate::programs::{Running, finish, now, program, say};

/// What dies first stands first.
struct Lab {
    _running: Vec<Running>,
    client: Namespace,
    lost: Namespace,
    router: Namespace,
    far_router: Namespace,
    _servers: [Namespace; 2],
    folder: Folder,
}

/// Names of the lab, with their addresses for the client's resolver.
const NAMES: [Name<'_>; 22] = [
    ("good", &["10.77.2.10"]),
    ("dropped", &["10.77.2.12"]),
    ("prohibited", &["10.77.2.13"]),
    ("netless", &["10.77.2.14"]),
    ("oneway", &["10.77.2.15"]),
    ("reset", &["10.77.2.17"]),
    ("hello-dropped", &["10.77.2.18"]),
    ("wrong-name", &["10.77.2.19"]),
    ("expired", &["10.77.2.20"]),
    ("unknown-ca", &["10.77.2.21"]),
    ("rejected", &["10.77.2.22"]),
    ("own-firewall", &["10.77.2.23"]),
    ("inspected", &["10.77.2.24"]),
    ("half", &["10.77.2.10", "fd77:2::20"]),
    ("both", &["10.77.2.10", "fd77:2::10"]),
    ("no-route", &["10.77.2.10", "fd99::1"]),
    ("git", &["10.77.2.30"]),
    ("git-http", &["10.77.2.31"]),
    ("git-closed", &["10.77.2.32"]),
    ("git-silent", &["10.77.2.33"]),
    ("small-mtu", &["10.77.4.16"]),
    ("split", &["10.77.2.10"]),
];

/// What the router does to some of the addresses behind it.
const FAULTS: &str = "table inet lab {
    chain forward {
        type filter hook forward priority 0;
        ip daddr 10.77.2.12 drop;
        ip daddr 10.77.2.13 reject with icmp admin-prohibited;
        ip daddr 10.77.2.14 reject with icmp net-unreachable;
        ip saddr 10.77.2.15 drop;
        ip daddr 10.77.2.17 tcp flags & psh == psh reject with tcp reset;
        ip daddr { 10.77.2.18, 10.77.2.33 } tcp flags & psh == psh drop;
        ip saddr 10.77.2.33 tcp flags & psh == psh drop;
        ip daddr 10.77.2.22 reject;
        ip6 daddr fd77:2::20 drop;
    };
}";

/// The client's own firewall; and a count of what it sends to any address that is neither asked about nor asked.
const OWN_FIREWALL: &str = "table inet own {
    counter strange {}
    set known { type ipv4_addr; flags interval; elements = { 10.77.2.10-10.77.2.33, 10.77.2.53-10.77.2.55, 10.77.4.16 }; }
    chain output {
        type filter hook output priority 0;
        oifname lo accept;
        ip daddr 10.77.2.23 drop;
        ip daddr != @known counter name strange;
        meta l4proto { tcp, udp } ip6 daddr != { fd77:2::10, fd77:2::20 } counter name strange;
    };
}";

/// The one message that tells of a smaller MTU.
const NO_ICMP: &str = "table inet mtu { chain output { type filter hook output priority 0; icmp type \
    destination-unreachable icmp code frag-needed drop; }; }";

impl Lab {
    fn new() -> Self {
        let [client, lost, router, servers, far_router, far] =
            ["client", "lost", "router", "servers", "far-router", "far"].map(Namespace::new);
        let own: Vec<String> = (10..=60).map(|last| format!("10.77.2.{last}/24")).collect();
        let mut own: Vec<&str> = own.iter().map(String::as_str).collect();
        own.extend(["fd77:2::10/64", "fd77:2::20/64"]);
        link(
            End { of: &client, interface: "to-router", addresses: &["10.77.1.2/24", "fd77:1::2/64"] },
            End { of: &router, interface: "to-client", addresses: &["10.77.1.1/24", "fd77:1::1/64"] },
        );
        link(
            End { of: &servers, interface: "to-router", addresses: &own },
            End { of: &router, interface: "to-servers", addresses: &["10.77.2.1/24", "fd77:2::1/64"] },
        );
        link(
            End { of: &router, interface: "to-far", addresses: &["10.77.3.1/24"] },
            End { of: &far_router, interface: "to-router", addresses: &["10.77.3.2/24"] },
        );
        link(
            End { of: &far_router, interface: "to-far", addresses: &["10.77.4.1/24"] },
            End { of: &far, interface: "to-router", addresses: &["10.77.4.16/24"] },
        );
        link(
            End { of: &lost, interface: "to-router", addresses: &["10.77.5.2/24"] },
            End { of: &router, interface: "to-lost", addresses: &["10.77.5.1/24"] },
        );
        lost.ip("route add default via 10.77.5.1");
        lost.etc("resolv.conf", "nameserver 10.77.2.12\n");
        client.ip("route add default via 10.77.1.1");
        client.ip("route add fd77:2::/64 via fd77:1::1");
        servers.ip("route add default via 10.77.2.1");
        servers.ip("route add fd77:1::/64 via fd77:2::1");
        router.ip("route add 10.77.4.0/24 via 10.77.3.2");
        far_router.ip("route add default via 10.77.3.1");
        far.ip("route add default via 10.77.4.1");
        router.ip("link set to-far mtu 1300");
        far_router.ip("link set to-router mtu 1300");
        for router in [&router, &far_router] {
            router.forward();
            router.firewall(NO_ICMP);
        }
        router.firewall(FAULTS);
        for sender in [&router, &servers] {
            // The cases run at the same time, and each has to be told.
            sender.set("net/ipv4/icmp_ratelimit", "0");
        }
        client.firewall(OWN_FIREWALL);
        client.etc("resolv.conf", "nameserver 10.77.2.54\noptions timeout:1 attempts:1\n");
        let folder = Folder::new();
        let running = folder.start(&servers, &far, &NAMES);
        Self { _running: running, client, lost, router, far_router, _servers: [servers, far], folder }
    }

    /// Runs the program in a namespace.
    fn run(&self, on: &Namespace, env: &TestEnv, arguments: &[&str]) -> Value {
        let [root, zscaler] = ["root.pem", "zscaler.pem"].map(|name| self.folder.path(name));
        let mut all = vec!["network", "check", "-o", "json", "--factory-ca-cert", &root, "--factory-ca-cert", &zscaler];
        all.extend(arguments);
        let mut command = on.within(&env.command(&all));
        let output = command.current_dir(env.path("")).stdin(Stdio::null()).output().expect("the program runs");
        Transcript::new(&output, &env.path("")).json()
    }

    /// What is said of these targets, each step with four seconds.
    fn look(&self, targets: &[&str], options: &[&str]) -> Value {
        let targets = targets.iter().flat_map(|target| ["--target", target]);
        let all: Vec<&str> = ["--timeout", "4"].into_iter().chain(targets).chain(options.iter().copied()).collect();
        self.run(&self.client, &TestEnv::bare(), &all)
    }
}

/// What a check says of a target: its status, what came of each address, and its cause or note.
#[derive(Debug, Eq, PartialEq)]
struct Said {
    status: String,
    addresses: Vec<String>,
    words: String,
}

fn said(report: &Value, code: &str, target: &str) -> Said {
    let checks = report["checks"].as_array().expect("checks");
    let found = checks.iter().find(|check| check["code"] == code && check["target"] == target);
    let Some(check) = found else { unreachable!("no {code} of {target} in {report:#}") };
    let addresses = check["evidence"]["addresses"].as_array().into_iter().flatten();
    Said {
        status: check["status"].as_str().unwrap_or_default().to_owned(),
        addresses: addresses.map(|one| format!("{} {}", text(&one["address"]), text(&one["result"]))).collect(),
        words: [&check["cause"], &check["reason"], &check["evidence"]["note"]].map(text).concat(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A target below `lab.test`, a code, the status, what comes of its addresses, and words of its cause.
type Row<'a> = (&'a str, &'a str, &'a str, &'a [&'a str], &'a str);

fn holds(report: &Value, rows: &[Row<'_>]) {
    for (target, code, status, addresses, words) in rows {
        let (host, port) = target.split_once(':').expect("a port");
        let said = said(report, code, &format!("{host}.lab.test:{port}"));
        let is_so = said.status == *status && said.addresses == *addresses && said.words.contains(words);
        assert!(is_so, "{target}, {code}: {said:?}, and not {status} {addresses:?} {words:?}");
    }
}

/// A port that does not open, by what the system says of it.
fn ports_that_do_not_open(lab: &Lab) {
    let refused = "refused: nothing listens there, or a firewall refuses";
    let silence = "no answer: a firewall drops it, or no route leads there or back";
    let rows: [Row<'_>; 10] = [
        ("good:443", "network.tcp", "pass", &["10.77.2.10 open"], ""),
        ("good:444", "network.tcp", "fail", &["10.77.2.10 refused"], refused),
        ("rejected:443", "network.tcp", "fail", &["10.77.2.22 refused"], refused),
        ("dropped:443", "network.tcp", "unknown", &["10.77.2.12 no_answer"], silence),
        ("oneway:443", "network.tcp", "unknown", &["10.77.2.15 no_answer"], silence),
        ("own-firewall:443", "network.tcp", "unknown", &["10.77.2.23 no_answer"], silence),
        ("prohibited:443", "network.tcp", "fail", &["10.77.2.13 host_unreachable"], "host unreachable"),
        ("netless:443", "network.tcp", "fail", &["10.77.2.14 network_unreachable"], "network unreachable"),
        ("half:443", "network.tcp", "warn", &["10.77.2.10 open", "fd77:2::20 no_answer"], "1 of 2 addresses open"),
        ("no-route:443", "network.tcp", "pass", &["10.77.2.10 open", "fd99::1 no_route"], "without a route from here"),
    ];
    let targets: Vec<String> = rows.iter().map(|row| row.0.replace(':', ".lab.test:")).collect();
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    let mut report = lab.look(&targets, &["--only", "network.tcp"]);
    for check in report["checks"].as_array_mut().expect("checks") {
        let Some(addresses) = check["evidence"]["addresses"].as_array_mut() else { continue };
        // What did not answer was not measured.
        for one in &mut *addresses {
            let is_measured = !matches!(one["result"].as_str(), Some("no_answer" | "no_route"));
            assert_eq!(one["ms"].is_u64(), is_measured, "{one}");
        }
        // The system prefers one family or the other.
        addresses.sort_by_key(|one| text(&one["address"]));
    }
    holds(&report, &rows);
}

/// A port that opens, and a handshake that does not hold.
fn handshakes(lab: &Lab) {
    let rows: [Row<'_>; 9] = [
        ("good:443", "network.tls", "pass", &["10.77.2.10 trusted"], ""),
        ("good:443", "network.mtu", "skip", &[], ""),
        ("good:443", "network.http", "pass", &[], "answered 200"),
        ("reset:443", "network.tls", "fail", &["10.77.2.17 reset"], "a filter by server name (SNI)"),
        ("hello-dropped:443", "network.tls", "unknown", &["10.77.2.18 no_answer"], "an inspecting device"),
        ("wrong-name:443", "network.tls", "fail", &["10.77.2.19 wrong_name"], "is for elsewhere.example.test"),
        ("expired:443", "network.tls", "fail", &["10.77.2.20 expired"], "has expired on 2020-01-31"),
        ("unknown-ca:443", "network.tls", "fail", &["10.77.2.21 unknown_ca"], "is not trusted (Other)"),
        ("inspected:443", "network.tls", "warn", &["10.77.2.24 trusted"], "Zscaler"),
    ];
    let names = ["good", "reset", "hello-dropped", "wrong-name", "expired", "unknown-ca", "inspected", "both"];
    let targets = names.map(|name| format!("{name}.lab.test:443"));
    let report = lab.look(&targets.each_ref().map(String::as_str), &[]);
    holds(&report, &rows);
    // Small segments get no answer either: nothing is said of the size of packets.
    let silent = said(&report, "network.mtu", "hello-dropped.lab.test:443");
    assert_eq!(silent.status, "skip", "{silent:?}");
    let clock = said(&report, "network.clock", "good.lab.test:443");
    assert_eq!(clock.status, "pass", "{clock:?}");
    let both = said(&report, "network.tls", "both.lab.test:443");
    assert_eq!((both.status.as_str(), both.addresses.len()), ("pass", 2), "{both:?}");
}

/// A path that loses large packets without a word is proven; where the word comes through, the same path is fine.
fn small_packets_only(lab: &Lab) {
    let rows: [Row<'_>; 3] = [
        ("small-mtu:443", "network.tcp", "pass", &["10.77.4.16 open"], ""),
        ("small-mtu:443", "network.tls", "fail", &["10.77.4.16 no_answer"], "see network.mtu"),
        ("small-mtu:443", "network.mtu", "fail", &[], "with small segments the server answers"),
    ];
    holds(&lab.look(&["small-mtu.lab.test:443"], &[]), &rows);
    for router in [&lab.router, &lab.far_router] {
        router.firewall("flush chain inet mtu output");
    }
    let rows: [Row<'_>; 1] = [("small-mtu:443", "network.tls", "pass", &["10.77.4.16 trusted"], "")];
    holds(&lab.look(&["small-mtu.lab.test:443"], &[]), &rows);
}

/// What each of several resolvers says of a name.
fn resolvers(lab: &Lab) {
    let resolvers = ["10.77.2.53", "10.77.2.54", "10.77.2.55", "10.77.2.12", "10.77.2.10", "10.77.2.13", "fd99::1"];
    let names = ["split", "no-record", "absent"].map(|name| format!("{name}.lab.test:443"));
    let mut options = vec!["--only", "network.dns*"];
    options.extend(resolvers.iter().flat_map(|resolver| ["--resolver", resolver]));
    let report = lab.look(&names.each_ref().map(String::as_str), &options);
    for (name, resolver, status, words) in [
        ("split", "10.77.2.53", "warn", "here 10.77.2.10 (private); at 10.77.2.53 10.77.2.99 (private)"),
        ("split", "10.77.2.54", "pass", "10.77.2.10"),
        ("no-record", "10.77.2.53", "fail", "exists and has no address"),
        ("absent", "10.77.2.53", "fail", "does not exist (NXDOMAIN)"),
        ("split", "10.77.2.55", "fail", "(REFUSED)"),
        ("split", "10.77.2.12", "unknown", "does not answer"),
        ("split", "10.77.2.10", "fail", "refused: nothing listens there"),
        ("split", "10.77.2.13", "fail", "host unreachable"),
        ("split", "fd99::1", "unknown", "no route"),
    ] {
        let said = said(&report, "network.dns_split", &format!("{name}.lab.test:443 at {resolver}"));
        assert!(said.status == status && said.words.contains(words), "{name} at {resolver}: {said:?}");
    }
    // More than UDP holds: the same over TCP.
    let report = lab.look(&["many.lab.test:443"], &["--only", "network.dns_split", "--resolver", "10.77.2.53"]);
    let many = said(&report, "network.dns_split", "many.lab.test:443 at 10.77.2.53");
    assert_eq!(many.addresses.len(), MANY, "{many:?}");
}

/// Banners, and the host keys of a real OpenSSH, which are those that `ssh-keygen -lf` prints.
fn ssh(lab: &Lab) {
    let rows: [Row<'_>; 4] = [
        ("git:22", "network.ssh", "pass", &["10.77.2.30 banner"], "SSH-2.0-OpenSSH_"),
        ("git-http:22", "network.ssh", "fail", &["10.77.2.31 http"], "a web server"),
        ("git-closed:22", "network.ssh", "fail", &["10.77.2.32 closed_before_banner"], "closed before the banner"),
        ("git-silent:22", "network.ssh", "unknown", &["10.77.2.33 no_answer"], "no banner comes"),
    ];
    let targets = ["git", "git-http", "git-closed", "git-silent"].map(|name| format!("ssh://{name}.lab.test:22"));
    let report = lab.look(&targets.each_ref().map(String::as_str), &[]);
    holds(&report, &rows);
    let own = HOST_KEYS.map(|kind| lab.folder.fingerprint(kind));
    let check =
        report["checks"].as_array().expect("checks").iter().find(|check| check["code"] == "network.ssh_hostkey");
    let read = check.expect("the check")["evidence"]["fingerprints"].as_array().expect("fingerprints");
    let read: Vec<String> =
        read.iter().map(|one| text(one).split(' ').nth(1).expect("a fingerprint").to_owned()).collect();
    assert_eq!(read, own);
    let env = TestEnv::new();
    let [first, second, _] = &own;
    for (keys, status, words) in [
        (json!(own), "pass", ""),
        (json!([first, second]), "fail", "a key that the kit does not name"),
        (json!(["SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]), "fail", "none of the kit's"),
    ] {
        let mut kit = env.sandbox().factory().kit_json();
        let endpoint = json!({"host": "git.lab.test", "port": 22, "protocol": "ssh", "purpose": "Git over SSH"});
        kit["network"] = json!({"endpoints": [endpoint], "ssh_host_keys": keys, "egress_cidrs": []});
        let kit = env.file("lab-kit.json", kit.to_string());
        let report = lab.run(&lab.client, &env, &["--kit", &kit, "--timeout", "4", "--only", "network.ssh_hostkey"]);
        let said = said(&report, "network.ssh_hostkey", "git.lab.test:22");
        assert!(said.status == status && said.words.contains(words), "{said:?}");
    }
}

/// Everything is silent, the system's resolver too: the run still ends within its time, and says of nothing that it is wrong.
fn silence(lab: &Lab) {
    let targets = ["10.77.2.12:443", "ssh://10.77.2.12:22", "tcp://10.77.2.15:9000", "good.lab.test:443"];
    let started = now();
    let targets: Vec<&str> = targets.iter().flat_map(|target| ["--target", target]).collect();
    let report = lab.run(&lab.lost, &TestEnv::bare(), &[&targets, ["--resolver", "10.77.2.12"].as_slice()].concat());
    assert_eq!((&report["counts"]["fail"], &report["exit_code"]), (&json!(0), &json!(3)), "{report:#}");
    let took = now().duration_since(started).as_secs();
    assert!(took <= 30, "{took} s");
}

/// What one part of the lab looks at.
type Part = fn(&Lab);

#[test]
fn network_check_says_of_real_paths_and_servers_what_can_be_seen_of_them() {
    if !possible("network check on failing paths and real servers") {
        return;
    }
    let lab = Lab::new();
    let cases: [(&str, Part); 6] = [
        ("ports", ports_that_do_not_open),
        ("handshakes", handshakes),
        ("MTU", small_packets_only),
        ("resolvers", resolvers),
        ("SSH", ssh),
        ("silence", silence),
    ];
    let started = now();
    std::thread::scope(|scope| {
        for (name, case) in cases {
            let lab = &lab;
            let run = move || {
                case(lab);
                say(&format!("{name}: {} ms", now().duration_since(started).as_millis()));
            };
            std::thread::Builder::new().name(name.to_owned()).spawn_scoped(scope, run).expect("a thread");
        }
    });
    let strange = finish(lab.client.within(&program("nft")).args(["list", "counter", "inet", "own", "strange"]));
    assert!(strange.contains("packets 0 "), "packets to other addresses: {strange}");
}
