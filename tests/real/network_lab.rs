//! `network check` on real paths: a client, a router that fails in every way, and real servers behind it.
//!
//! ```text
//! client 10.77.1.2 ── 10.77.1.1 router 10.77.2.1 ── 10.77.2.10–60 servers
//!                               router 10.77.3.1 ── MTU 1300 ── 10.77.3.2 far router 10.77.4.1 ── 10.77.4.16 far server
//! ```

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::cli::test_env::{TestEnv, Transcript};
use crate::lab_servers::Folder;
use crate::namespaces::{End, Namespace, link, possible};
use crate::programs::{Running, finish, program, wait_for};

/// What dies first stands first.
struct Lab {
    _running: Vec<Running>,
    client: Namespace,
    router: Namespace,
    _servers: [Namespace; 3],
    folder: Folder,
}

/// Names of the lab, with their addresses for the client's resolver.
const NAMES: [(&str, &[&str]); 20] = [
    ("good", &["10.77.2.10"]),
    ("dropped", &["10.77.2.12"]),
    ("prohibited", &["10.77.2.13"]),
    ("netless", &["10.77.2.14"]),
    ("oneway", &["10.77.2.15"]),
    ("reset", &["10.77.2.17"]),
    ("inspected", &["10.77.2.18"]),
    ("wrong-name", &["10.77.2.19"]),
    ("expired", &["10.77.2.20"]),
    ("unknown-ca", &["10.77.2.21"]),
    ("rejected", &["10.77.2.22"]),
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

/// The one message that tells of a smaller MTU.
const NO_ICMP: &str = "table inet mtu { chain output { type filter hook output priority 0; icmp type \
    destination-unreachable icmp code frag-needed drop; }; }";

impl Lab {
    fn new() -> Self {
        let [client, router, servers, far_router, far] =
            ["client", "router", "servers", "far-router", "far"].map(Namespace::new);
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
        client.etc("resolv.conf", "nameserver 10.77.2.54\noptions timeout:1 attempts:1\n");
        let folder = Folder::new();
        let running = folder.start(&servers, &far, &NAMES);
        Self { _running: running, client, router, _servers: [servers, far_router, far], folder }
    }

    /// Runs the program on the client, with the lab's root among the trusted.
    fn run(&self, arguments: &[&str]) -> Transcript {
        let env = TestEnv::bare();
        let root = self.folder.path("root.pem");
        let mut all = vec!["network", "check", "--timeout", "2", "--factory-ca-cert", &root, "-o", "json"];
        all.extend(arguments);
        let mut command = self.client.within(&env.command(&all));
        let output = command.current_dir(env.path("")).stdin(Stdio::null()).output().expect("the program runs");
        Transcript::new(&output, &env.path(""))
    }
}

#[test]
fn each_path_that_fails_is_told_by_what_can_be_seen_of_it() {
    if !possible("network check on paths that fail") {
        return;
    }
    let lab = Lab::new();
    let run = lab.run(&["--target", "good.lab.test:443"]);
    crate::programs::say(&format!("{}", run.stdout));
}
