//! Real strongSwan daemons, each in a network of its own. ESP is done in user space (`kernel-libipsec` over a TUN device),
//! so that the kernel needs none.

use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::namespaces::{End, Namespace, link};
use crate::programs::{Running, output, poll, program, wait_for};

/// One daemon.
pub struct Daemon {
    folder: TempDir,
    _running: Running,
}

impl Daemon {
    pub fn start(namespace: &Namespace) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().display();
        let settings = format!(
            "charon-systemd {{
              load = random nonce aes sha1 sha2 hmac kdf gmp curve25519 gcm openssl pem pkcs1 x509 pubkey kernel-libipsec \
                  kernel-netlink socket-default vici updown
              plugins {{ vici {{ socket = unix://{place}/vici }} }}
              filelog {{ file {{
                path = {place}/log
                default = 1
                cfg = 2
                flush_line = yes
              }} }}
              journal {{ default = -1 }}
            }}
            swanctl {{
              load = random nonce pem pkcs1 x509 pubkey aes sha1 sha2 hmac
              socket = unix://{place}/vici
            }}\n"
        );
        write(&folder, "strongswan.conf", &settings);
        let mut command = program("charon-systemd");
        command.env("STRONGSWAN_CONF", folder.path().join("strongswan.conf"));
        let mut command = namespace.within(&command);
        let running = Running::start(command.stdout(Stdio::null()).stderr(Stdio::null()));
        // The file is there before the daemon listens on it.
        wait_for("a daemon that takes commands", || UnixStream::connect(folder.path().join("vici")).ok());
        Self { folder, _running: running }
    }

    /// Runs `swanctl`; gives what it wrote.
    pub fn swanctl(&self, arguments: &[&str]) -> String {
        let mut command = program("swanctl");
        command.args(arguments).arg("--uri").arg(format!("unix://{}", self.file("vici").display()));
        let ended = output(command.env("STRONGSWAN_CONF", self.file("strongswan.conf")));
        String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned()
    }

    /// The variable with which `swanctl` finds this daemon, and its value.
    pub fn variable(&self) -> (&'static str, PathBuf) {
        ("STRONGSWAN_CONF", self.file("strongswan.conf"))
    }

    /// Loads a configuration. Gives what it said where it refused a part of it.
    pub fn load(&self, configuration: &str) -> Result<(), String> {
        write(&self.folder, "swanctl.conf", configuration);
        let said = self.swanctl(&["--load-all", "--file", &self.file("swanctl.conf").display().to_string()]);
        if said.contains("successfully loaded") { Ok(()) } else { Err(said) }
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.file("log")).unwrap_or_default()
    }

    /// Writes a file beside its own, and gives its place.
    pub fn script(&self, name: &str, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt as _;
        write(&self.folder, name, text);
        let place = self.file(name);
        std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o755)).expect("a file of ours");
        place
    }

    /// What it logs while this is done.
    pub fn log_of(&self, done: impl FnOnce()) -> String {
        let before = self.log().len();
        done();
        self.log().split_off(before)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

#[expect(clippy::disallowed_methods, reason = "the test writes files of its own")]
fn write(folder: &TempDir, name: &str, text: &str) {
    std::fs::write(folder.path().join(name), text).expect("a file");
}

/// GitLab's network and Factory's, with a daemon at the edge of each and the internet between them.
pub struct Pair {
    // The daemons end before their networks.
    pub customer: Daemon,
    pub factory: Daemon,
    pub inside: Namespace,
    _outside: Namespace,
}

impl Pair {
    /// 192.168.10.1 behind 203.0.113.1, and 10.64.0.1 behind 203.0.113.2 and 203.0.113.3.
    pub fn new() -> Self {
        let (inside, outside) = (Namespace::new("gl"), Namespace::new("fa"));
        let left = End { of: &inside, interface: "internet", addresses: &["203.0.113.1/24"] };
        let right = End { of: &outside, interface: "internet", addresses: &["203.0.113.2/24", "203.0.113.3/24"] };
        link(left, right);
        inside.ip("address add 192.168.10.1/24 dev lo");
        outside.ip("address add 10.64.0.1/16 dev lo");
        Self { customer: Daemon::start(&inside), factory: Daemon::start(&outside), inside, _outside: outside }
    }

    /// Whether an address behind one end reaches one behind the other.
    pub fn pings(&self) -> bool {
        let mut ping = Command::new(program("ping").get_program());
        ping.args(["-c1", "-W1", "-I", "192.168.10.1", "10.64.0.1"]);
        output(&mut self.inside.within(&ping)).status.success()
    }

    /// Rekeys a child, or the connection itself, and says whether that worked.
    pub fn rekeys(&self, what: &str, name: &str) -> bool {
        let before = self.customer.log().len();
        self.customer.swanctl(&["--rekey", what, name]);
        let told = poll(|| {
            let log = self.customer.log();
            let since = log.get(before..).unwrap_or_default();
            // Of a child the old keys are deleted after the new ones are there; of a connection it is said.
            let is_good = since.contains("rekeyed between") || since.contains("CHILD_SA closed");
            let is_bad = since.contains("NO_PROPOSAL_CHOSEN");
            (is_good || is_bad).then_some(is_good)
        });
        told.unwrap_or_default()
    }
}
