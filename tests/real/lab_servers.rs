//! The servers of the lab: nginx with right and wrong certificates, three dnsmasq, OpenSSH, and a listener that hangs up.

use std::fmt::Write as _;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::namespaces::Namespace;
use crate::programs::{Running, finish, program, wait_for};

/// A name below `lab.test` and its addresses.
pub type Name<'a> = (&'a str, &'a [&'a str]);

/// How many addresses the name `many` has.
pub const MANY: usize = 60;

/// The files of the servers.
pub struct Folder(TempDir);

/// The types of the host keys of the real sshd.
pub const HOST_KEYS: [&str; 3] = ["ed25519", "ecdsa", "rsa"];

impl Folder {
    pub fn new() -> Self {
        let folder = Self(tempfile::tempdir().expect("a folder"));
        folder.certificates();
        for kind in HOST_KEYS {
            let key = folder.path(&format!("host_{kind}"));
            finish(program("ssh-keygen").args(["-q", "-t", kind, "-N", "", "-f", &key]));
        }
        folder
    }

    pub fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_string_lossy().into_owned()
    }

    #[expect(clippy::disallowed_methods, reason = "the test writes files of its own")]
    fn file(&self, name: &str, text: &str) -> String {
        std::fs::write(self.0.path().join(name), text).expect("a file");
        self.path(name)
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.path().join(name)).expect("a file")
    }

    fn openssl(&self, arguments: &str) {
        finish(program("openssl").args(arguments.split(' ')).current_dir(self.0.path()));
    }

    fn openssl_at(&self, day: &str, arguments: &str) {
        finish(program("faketime").args([day, "openssl"]).args(arguments.split(' ')).current_dir(self.0.path()));
    }

    /// `good`, whose chain is longer than a packet, `wrong-name`, `expired`, `inspected` by a product whose root is
    /// trusted, and `unknown-ca` of a root that is not.
    fn certificates(&self) {
        const EC: &str = "-newkey ec -pkeyopt ec_paramgen_curve:P-256";
        // Not made a moment ago, which would look like inspection.
        const SOME_TIME_AGO: &str = "5 days ago";
        for (root, subject) in [("root", "/CN=Lab"), ("other", "/CN=Other"), ("zscaler", "/CN=Zscaler-Root-CA")] {
            self.openssl_at(
                SOME_TIME_AGO,
                &format!("req -x509 {EC} -nodes -keyout {root}.key -out {root}.pem -days 30 -subj {subject}"),
            );
        }
        let many: String = (0..60).fold(String::new(), |mut all, number| {
            write!(all, "DNS:name-{number}.more.lab.test,").expect("memory");
            all
        });
        let good = format!("{many}DNS:*.lab.test");
        for (name, alternative, root, day) in [
            ("good", good.as_str(), "root", SOME_TIME_AGO),
            ("wrong-name", "DNS:elsewhere.example.test", "root", SOME_TIME_AGO),
            ("expired", "DNS:*.lab.test", "root", "2020-01-01"),
            ("inspected", "DNS:*.lab.test", "zscaler", SOME_TIME_AGO),
            ("unknown-ca", "DNS:*.lab.test", "other", SOME_TIME_AGO),
        ] {
            self.file(&format!("{name}.ext"), &format!("subjectAltName={alternative}\nextendedKeyUsage=serverAuth\n"));
            self.openssl(&format!("req -new {EC} -nodes -keyout {name}.key -out {name}.csr -subj /CN=lab"));
            self.openssl_at(
                day,
                &format!(
                    "x509 -req -in {name}.csr -CA {root}.pem -CAkey {root}.key -CAcreateserial -days 30 \
                     -extfile {name}.ext -out {name}.pem"
                ),
            );
        }
        // With its root, so that nothing is missing but the trust.
        let chain = ["unknown-ca", "other"].map(|name| self.read(&format!("{name}.pem"))).concat();
        self.file("unknown-ca.pem", &chain);
    }

    /// The fingerprint of a host key, by OpenSSH itself.
    pub fn fingerprint(&self, kind: &str) -> String {
        let said = finish(program("ssh-keygen").args(["-lf", &self.path(&format!("host_{kind}.pub"))]));
        said.split(' ').nth(1).expect("a fingerprint").to_owned()
    }

    /// Starts everything, and waits until it listens.
    pub fn start(&self, servers: &Namespace, far: &Namespace, names: &[Name<'_>]) -> Vec<Running> {
        let web = self.nginx(
            "web",
            "0.0.0.0:443 ssl",
            &[
                ("10.77.2.19:443 ssl", "wrong-name"),
                ("10.77.2.20:443 ssl", "expired"),
                ("10.77.2.21:443 ssl", "unknown-ca"),
                ("10.77.2.24:443 ssl", "inspected"),
                ("[::]:443 ssl", "good"),
                ("10.77.2.31:22", "good"),
            ],
        );
        let far_web = self.nginx("far", "0.0.0.0:443 ssl", &[]);
        let mut running =
            vec![start(servers, &web), start(far, &far_web), start(servers, &self.sshd()), start(servers, &hangs_up())];
        let records: Vec<String> = names.iter().map(|(name, addresses)| record(name, addresses)).collect();
        let mut inner = vec![record("split", &["10.77.2.99"]), "--txt-record=no-record.lab.test,text".to_owned()];
        inner.extend(many());
        running.push(start(servers, &dnsmasq("10.77.2.54", &["--local=/lab.test/"], &records)));
        running.push(start(servers, &dnsmasq("10.77.2.53", &["--local=/lab.test/"], &inner)));
        running.push(start(servers, &dnsmasq("10.77.2.55", &[], &[])));
        for place in
            ["0.0.0.0:443", "10.77.2.31:22", "10.77.2.30:22", "10.77.2.33:22", "10.77.2.32:22", "10.77.2.54:53"]
        {
            wait_for(place, || servers.listens(place).then_some(()));
        }
        for place in ["10.77.2.53:53", "10.77.2.55:53"] {
            wait_for(place, || servers.listens(place).then_some(()));
        }
        wait_for("the far server", || far.listens("0.0.0.0:443").then_some(()));
        running
    }

    fn nginx(&self, name: &str, listen: &str, others: &[(&str, &str)]) -> Command {
        let sites = [(listen, "good")].iter().chain(others).fold(String::new(), |mut all, (listen, certificate)| {
            let place = self.path(certificate);
            writeln!(
                all,
                "server {{ listen {listen}; ssl_certificate {place}.pem; ssl_certificate_key {place}.key; \
                 location / {{ return 200 'lab'; }} }}"
            )
            .expect("memory");
            all
        });
        let folder = self.path("");
        let config = self.file(
            &format!("{name}.conf"),
            &format!(
                "daemon off; master_process off; user root; pid {folder}/{name}.pid; error_log {folder}/{name}.log info;
                events {{ worker_connections 256; }}
                http {{ access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
                fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
                {sites} }}"
            ),
        );
        let mut command = program("nginx");
        command.args(["-c", &config, "-e", &self.path(&format!("{name}.log"))]);
        command
    }

    fn sshd(&self) -> Command {
        let keys = HOST_KEYS.iter().fold(String::new(), |mut all, kind| {
            writeln!(all, "HostKey {}", self.path(&format!("host_{kind}"))).expect("memory");
            all
        });
        let config = self.file(
            "sshd_config",
            &format!(
                "ListenAddress 10.77.2.30\nListenAddress 10.77.2.33\nPidFile none\nUsePAM no\nMaxStartups 100\n{keys}"
            ),
        );
        finish(Command::new("/bin/mkdir").args(["-p", "/run/sshd"]));
        let mut command = program("sshd");
        command.args(["-D", "-e", "-f", &config]);
        command
    }
}

/// A name with more addresses than an answer over UDP can hold.
fn many() -> impl Iterator<Item = String> {
    (0..MANY).map(|last| record("many", &[&format!("10.88.0.{last}")]))
}

fn record(name: &str, addresses: &[&str]) -> String {
    format!("--host-record={name}.lab.test,{}", addresses.join(","))
}

fn dnsmasq(address: &str, options: &[&str], records: &[String]) -> Command {
    let mut command = program("dnsmasq");
    command.args(["--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=", "--user=root", "--no-resolv"]);
    command.args(["--no-hosts", "--bind-interfaces", "--log-facility=-", &format!("--listen-address={address}")]);
    command.args(options).args(records);
    command
}

/// Accepts and hangs up, as a load balancer without a server behind it does.
fn hangs_up() -> Command {
    let mut command = program("python3");
    command.args([
        "-c",
        "import socket\nlistener = socket.create_server(('10.77.2.32', 22))\nwhile True: listener.accept()[0].close()",
    ]);
    command
}

fn start(namespace: &Namespace, command: &Command) -> Running {
    let mut within = namespace.within(command);
    Running::start(within.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()))
}
