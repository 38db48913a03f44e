//! A company with a GitLab in a private network, and Factory in another, before anything is done to join them.
//!
//! ```text
//! GitLab 192.168.10.7 ── 192.168.10.1 edge 203.0.113.1 ── internet ── 203.0.113.2, .3 Factory's edge 10.64.0.1 ── 10.64.1.10 Factory
//!                        (VPN device, firewall, resolver)             (in the place of AWS's VPN)       (its resolver: 10.64.0.2)
//! ```
//! GitLab is the sandbox behind a real nginx; so is Factory, with the sandbox's own. Both have a real OpenSSH.

use std::fs::File;
use std::process::{Command, Stdio};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::cli::test_env::TestEnv;
use crate::namespaces::{End, Namespace, link};
use crate::programs::{Running, finish, program, wait_for};
use crate::strongswan::Daemon;

pub const GITLAB: &str = "gitlab.acme.test";
pub const FACTORYS_RESOLVER: &str = "10.64.0.2";
/// What a resolver lacks of these names does not exist.
const KNOWS_TEST: &str = "--local=/test/";
const FACTORYS_NAMES: [&str; 3] = ["api.factory.test", "hooks.factory.test", "git.factory.test"];

/// What dies first stands first.
pub struct Site {
    resolver: Option<Running>,
    _running: Vec<Running>,
    pub customer: Daemon,
    pub aws: Daemon,
    pub gitlab: Namespace,
    pub edge: Namespace,
    _factory_edge: Namespace,
    pub factory: Namespace,
    folder: TempDir,
    pub env: TestEnv,
}

impl Site {
    pub fn new() -> Self {
        let [gitlab, edge, factory_edge, factory] = ["gitlab", "edge", "aws", "factory"].map(Namespace::new);
        cables(&gitlab, &edge, &factory_edge, &factory);
        gitlab.etc("resolv.conf", "nameserver 192.168.10.1\noptions timeout:1 attempts:1\n");
        factory.etc("resolv.conf", &format!("nameserver {FACTORYS_RESOLVER}\n"));
        edge.etc("swanctl/swanctl.conf", "include conf.d/*.conf\n");
        let (customer, aws) = (Daemon::start(&edge), Daemon::start(&factory_edge));
        let folder = Folder(tempfile::tempdir().expect("a folder"));
        let root = folder.certificate();
        let mut env = TestEnv::bare();
        env.set("SSL_CERT_FILE", &folder.file("root.pem", &root));
        let mut running = Vec::new();
        let own = folder.sandbox(&gitlab, &env, &mut running);
        let theirs = folder.sandbox(&factory, &env, &mut running);
        running.push(folder.nginx(&gitlab, &Front { address: "192.168.10.7", name: GITLAB, to: &own.gitlab }));
        running.push(
            folder.nginx(&factory, &Front { address: "10.64.1.10", name: "api.factory.test", to: &theirs.factory() }),
        );
        running.push(folder.sshd(&gitlab, "192.168.10.7"));
        running.push(folder.sshd(&factory, "10.64.1.10"));
        let records = FACTORYS_NAMES.map(|name| format!("--host-record={name},10.64.1.10"));
        let gitlabs = format!("--host-record={GITLAB},192.168.10.7");
        let all = [&records[..], &[gitlabs.clone(), KNOWS_TEST.to_owned()]].concat();
        running.push(dnsmasq(&factory, FACTORYS_RESOLVER, &all));
        let resolver = dnsmasq(&edge, "192.168.10.1", &[gitlabs, KNOWS_TEST.to_owned()]);
        env.set("GITLAB_TOKEN", &own.token);
        env.set("FACTORY_API_KEY", &theirs.key);
        env.file("kit.json", kit(&theirs, &factory, &folder.fingerprint()).to_string());
        Self {
            resolver: Some(resolver),
            _running: running,
            customer,
            aws,
            gitlab,
            edge,
            _factory_edge: factory_edge,
            factory,
            folder: folder.0,
            env,
        }
    }

    /// The company's firewall, which drops what no rule lets pass: `rules` are sets and chains, and a jump to each of `chains`.
    pub fn firewall(&self, rules: &str, chains: &[String]) {
        let jumps: String = chains.iter().map(|chain| format!("jump {chain};\n")).collect();
        // Its own rules: GitLab's machines ask the resolver, and the resolver that of Factory.
        let dns = format!("ip daddr {{ 192.168.10.1, {FACTORYS_RESOLVER} }} udp dport 53 accept;");
        let base = |hook: &str| {
            format!(
                "chain {hook} {{ type filter hook {hook} priority 10; policy drop;
                 ct state established,related accept; iifname lo accept; oifname lo accept; {dns} {jumps} }}\n"
            )
        };
        let bases = ["input", "forward", "output"].map(base).concat();
        let text = format!("table inet site {{}}\ndelete table inet site\ntable inet site {{\n{rules}\n{bases}}}\n");
        let file = Folder::write(&self.folder, "site.nft", &text);
        finish(self.edge.within(&program("nft")).args(["-f", &file]));
    }

    /// The company's resolver asks Factory's for Factory's names.
    pub fn forward_names(&mut self) {
        self.resolver = None;
        let gitlabs = format!("--host-record={GITLAB},192.168.10.7");
        let forward = format!("--server=/factory.test/{FACTORYS_RESOLVER}@192.168.10.1");
        let own = "--local=/acme.test/".to_owned();
        self.resolver = Some(dnsmasq(&self.edge, "192.168.10.1", &[gitlabs, own, forward]));
    }

    /// What an administrator of GitLab enters in its Admin Area.
    pub fn allow(&self, entry: &str) {
        let token = &self.env.variables()["GITLAB_TOKEN"];
        let script = "import os, sys, urllib.parse, urllib.request as u\n\
            data = urllib.parse.urlencode({'outbound_local_requests_allowlist_raw': sys.argv[2]}).encode()\n\
            r = u.Request(sys.argv[1], data, {'PRIVATE-TOKEN': os.environ['TOKEN']}, method='PUT')\n\
            print(u.urlopen(r).status)";
        let url = format!("https://{GITLAB}/api/v4/application/settings");
        let mut python = program("python3");
        python.args(["-c", script, &url, entry]).env("TOKEN", token);
        python.env("SSL_CERT_FILE", &self.env.variables()["SSL_CERT_FILE"]);
        assert_eq!(finish(&mut self.gitlab.within(&python)).trim(), "200");
    }
}

fn cables(gitlab: &Namespace, edge: &Namespace, factory_edge: &Namespace, factory: &Namespace) {
    link(
        End { of: gitlab, interface: "lan", addresses: &["192.168.10.7/24"] },
        End { of: edge, interface: "lan", addresses: &["192.168.10.1/24"] },
    );
    link(
        End { of: edge, interface: "eth0", addresses: &["203.0.113.1/24"] },
        End { of: factory_edge, interface: "eth0", addresses: &["203.0.113.2/24", "203.0.113.3/24"] },
    );
    link(
        End { of: factory_edge, interface: "vpc", addresses: &["10.64.0.1/16"] },
        End { of: factory, interface: "vpc", addresses: &["10.64.1.10/16", "10.64.0.2/16"] },
    );
    gitlab.ip("route add default via 192.168.10.1");
    edge.ip("route add default via 203.0.113.2");
    factory.ip("route add default via 10.64.0.1");
    factory_edge.forward();
}

/// What the sandbox prints for its caller.
struct Printed {
    gitlab: String,
    token: String,
    kit: String,
    key: String,
}

impl Printed {
    /// Where its Factory is: `http://127.0.0.1:1234`.
    fn factory(&self) -> String {
        let (scheme, rest) = self.kit.split_once("://").expect("a URL");
        format!("{scheme}://{}", rest.split('/').next().unwrap_or_default())
    }
}

/// A server as it is reached from outside.
struct Front<'a> {
    address: &'a str,
    name: &'a str,
    to: &'a str,
}

struct Folder(TempDir);

impl Folder {
    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_string_lossy().into_owned()
    }

    fn file(&self, name: &str, text: &str) -> String {
        Self::write(&self.0, name, text)
    }

    #[expect(clippy::disallowed_methods, reason = "the test writes files of its own")]
    fn write(folder: &TempDir, name: &str, text: &str) -> String {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.to_string_lossy().into_owned()
    }

    /// A certificate for every name, of a root that is given back.
    fn certificate(&self) -> String {
        let valid = |mut params: CertificateParams| {
            (params.not_before, params.not_after) = (date_time_ymd(2024, 1, 1), date_time_ymd(2049, 1, 1));
            params
        };
        let mut root = valid(CertificateParams::default());
        root.distinguished_name.push(DnType::CommonName, "Acme's root");
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        root.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let root = CertifiedIssuer::self_signed(root, KeyPair::generate().expect("a key")).expect("a root");
        let names: Vec<String> = FACTORYS_NAMES.into_iter().chain([GITLAB]).map(str::to_owned).collect();
        let key = KeyPair::generate().expect("a key");
        let mut leaf = valid(CertificateParams::new(names).expect("names"));
        leaf.use_authority_key_identifier_extension = true;
        let leaf = leaf.signed_by(&key, &*root).expect("a certificate");
        self.file("site.pem", &leaf.pem());
        self.file("site.key", &key.serialize_pem());
        root.pem()
    }

    /// The sandbox in a network; what it prints is read when it serves.
    #[expect(clippy::disallowed_methods, reason = "the test reads what the program prints from a file")]
    fn sandbox(&self, of: &Namespace, env: &TestEnv, running: &mut Vec<Running>) -> Printed {
        let printed = self.path(&format!("sandbox-{}", running.len()));
        let mut command = of.within(&env.command(&["sandbox", "--listen", "127.0.0.1:8929"]));
        let out = File::create(&printed).expect("a file");
        running.push(Running::start(command.stdin(Stdio::null()).stdout(out).stderr(Stdio::null())));
        let told = wait_for("the sandbox", || {
            let text = std::fs::read_to_string(&printed).unwrap_or_default();
            text.contains("export FACTORY_KIT_FINGERPRINT").then_some(text)
        });
        let value = |name: &str| {
            let line = told.lines().find_map(|line| line.strip_prefix(&format!("export {name}='")));
            line.expect(name).trim_end_matches('\'').to_owned()
        };
        Printed {
            gitlab: value("GITLAB_URL"),
            token: value("GITLAB_TOKEN"),
            kit: value("FACTORY_KIT"),
            key: value("FACTORY_API_KEY"),
        }
    }

    /// The TLS in front of a server on loopback. What it says of its own address is that of the outside.
    fn nginx(&self, of: &Namespace, front: &Front<'_>) -> Running {
        let Front { address, name, to } = front;
        let (place, host) = (self.path(""), to.trim_start_matches("http://"));
        let config = self.file(
            &format!("{address}.conf"),
            &format!(
                "daemon off; master_process off; user root; pid {place}{address}.pid; error_log {place}{address}.log info;
                events {{ worker_connections 256; }}
                http {{ access_log off; client_body_temp_path {place}body; proxy_temp_path {place}proxy;
                fastcgi_temp_path {place}fastcgi; uwsgi_temp_path {place}uwsgi; scgi_temp_path {place}scgi;
                server {{ listen {address}:443 ssl; ssl_certificate {place}site.pem; ssl_certificate_key {place}site.key;
                client_max_body_size 8m;
                location / {{ proxy_pass {to}; proxy_set_header Host {host}; proxy_http_version 1.1;
                proxy_set_header Accept-Encoding ''; sub_filter_once off; sub_filter_types *;
                sub_filter {to} https://{name}; }} }} }}"
            ),
        );
        let mut command = program("nginx");
        command.args(["-c", &config, "-e", &self.path(&format!("{address}.log"))]);
        listening(of, &command, &format!("{address}:443"))
    }

    fn sshd(&self, of: &Namespace, address: &str) -> Running {
        let key = self.path("host_key");
        if !std::path::Path::new(&key).exists() {
            finish(program("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", &key]));
        }
        let text = format!("ListenAddress {address}\nPidFile none\nUsePAM no\nHostKey {key}\n");
        let config = self.file(&format!("sshd-{address}"), &text);
        finish(Command::new("/bin/mkdir").args(["-p", "/run/sshd"]));
        let mut command = program("sshd");
        command.args(["-D", "-e", "-f", &config]);
        listening(of, &command, &format!("{address}:22"))
    }

    /// That of the host key, by OpenSSH itself.
    fn fingerprint(&self) -> String {
        let said = finish(program("ssh-keygen").args(["-lf", &self.path("host_key.pub")]));
        said.split(' ').nth(1).expect("a fingerprint").to_owned()
    }
}

fn dnsmasq(of: &Namespace, address: &str, more: &[String]) -> Running {
    let mut command = program("dnsmasq");
    command.args(["--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=", "--user=root", "--no-resolv"]);
    command.args(["--no-hosts", "--bind-interfaces", "--log-facility=-", &format!("--listen-address={address}")]);
    command.args(more);
    listening(of, &command, &format!("{address}:53"))
}

fn listening(of: &Namespace, command: &Command, place: &str) -> Running {
    let mut within = of.within(command);
    let running = Running::start(within.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()));
    wait_for(place, || of.listens(place).then_some(()));
    running
}

/// The kit of Factory's sandbox, with its addresses as they are outside of that, and with Factory's network.
fn kit(theirs: &Printed, factory: &Namespace, host_key: &str) -> Value {
    let script = "import os, sys, urllib.request as u\n\
        r = u.Request(sys.argv[1], headers={'Authorization': 'Bearer ' + os.environ['KEY']})\n\
        print(u.urlopen(r).read().decode())";
    let mut python = program("python3");
    python.args(["-c", script, &theirs.kit]).env("KEY", &theirs.key);
    let served = finish(&mut factory.within(&python));
    let mut kit: Value =
        serde_json::from_str(&served.replace(&theirs.factory(), "https://api.factory.test")).expect("JSON");
    let webhook = kit["webhook"]["url"].as_str().expect("a URL").replace("https://api.", "https://hooks.");
    kit["webhook"]["url"] = json!(webhook);
    let endpoint = |host: &str, port: u16, protocol: &str| json!({ "host": host, "port": port, "protocol": protocol, "purpose": "", "cidrs": ["10.64.1.10/32"] });
    kit["network"] = json!({
        "endpoints": [
            endpoint("api.factory.test", 443, "https"),
            endpoint("hooks.factory.test", 443, "https"),
            endpoint("git.factory.test", 22, "ssh"),
        ],
        "ssh_host_keys": [host_key],
        "egress_cidrs": ["10.64.0.0/16"],
        "vpn": {
            "endpoints": ["203.0.113.2", "203.0.113.3"],
            "ike": ["aes256-sha256-ecp384"], "esp": ["aes256gcm16-ecp384"], "cidrs": ["10.64.0.0/16"],
        },
    });
    kit
}
