//! Real programs: where they are, and how they end with the test that started them.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Which Debian package brings which program.
const PACKAGES: [(&str, &str); 26] = [
    ("age", "age"),
    ("age-keygen", "age"),
    ("charon-systemd", "charon-systemd"),
    ("dbus-run-session", "dbus"),
    ("dbus-send", "dbus"),
    ("dnsmasq", "dnsmasq-base"),
    ("faketime", "faketime"),
    ("git", "git"),
    ("gnome-keyring-daemon", "gnome-keyring"),
    ("ip", "iproute2"),
    ("nft", "nftables"),
    ("nginx", "nginx"),
    ("node", "nodejs"),
    ("openssl", "openssl"),
    ("ping", "iputils-ping"),
    ("promtool", "prometheus"),
    ("python3", "python3-venv"),
    ("secret-tool", "libsecret-tools"),
    ("ss", "iproute2"),
    ("ssh-keygen", "openssh-client"),
    ("sshd", "openssh-server"),
    ("swanctl", "strongswan-swanctl"),
    ("systemd-analyze", "systemd"),
    ("tinyproxy", "tinyproxy"),
    ("tmux", "tmux"),
    ("unshare", "util-linux"),
];

/// The longest wait for a program.
const LONGEST: Duration = Duration::from_secs(20);

/// A command of this program. If it is not installed, the test fails and names its package.
pub fn program(name: &str) -> Command {
    let package = PACKAGES.iter().find(|(known, _)| *known == name).map(|(_, package)| *package);
    let package = package.expect("every program is in the table of packages");
    let path = find(name);
    assert!(path.is_some(), "{name} is not installed; it comes with: apt-get install {package}");
    Command::new(path.unwrap_or_default())
}

/// Where a program is installed; `None` where it is not.
pub fn find(name: &str) -> Option<PathBuf> {
    places().into_iter().map(|place| place.join(name)).find(|path| path.is_file())
}

/// Says something beside the result of a test: what was skipped.
#[allow(clippy::print_stderr, reason = "a skip has to be visible")]
pub fn say(text: &str) {
    eprintln!("{text}");
}

/// The search path, and where servers are kept from ordinary users' search paths.
fn places() -> Vec<PathBuf> {
    let path = variable("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    places.extend(["/usr/sbin".into(), "/sbin".into()]);
    places
}

#[expect(clippy::disallowed_methods, reason = "the real programs are found through the real environment")]
pub fn variable(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}

/// Runs a command to its end, which has to be good; gives what it wrote.
pub fn finish(command: &mut Command) -> String {
    let output = output(command);
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{wrong}", output.status);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn output(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().expect("the program runs")
}

/// A program that runs until it is dropped, with everything that it has started.
#[derive(Debug)]
pub struct Running {
    pub child: Child,
}

impl Running {
    /// Starts it in a process group of its own.
    pub fn start(command: &mut Command) -> Self {
        let child = command.process_group(0).spawn();
        Self { child: child.unwrap_or_else(|error| unreachable!("{command:?}: {error}")) }
    }

    /// Waits until the program listens at this address. If it has exited instead, `why` gives the reason.
    pub fn listens(mut self, port: u16, why: impl Fn() -> String) -> Self {
        wait_for("a server that listens", || {
            let ended = self.child.try_wait().expect("a process of ours");
            assert!(ended.is_none(), "the server ended: {}", why());
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()
        });
        self
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        // Each fails only when what it ends has ended already.
        let mut kill = Command::new("/bin/sh");
        let _killed = kill.args(["-c", "kill -s KILL -- \"$0\"", &group]).stderr(Stdio::null()).status();
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// Repeats the request until there is an answer.
pub fn wait_for<T>(what: &str, answer: impl FnMut() -> Option<T>) -> T {
    poll(answer).unwrap_or_else(|| unreachable!("waited in vain for {what}"))
}

/// The same; `None` after the longest wait.
pub fn poll<T>(mut answer: impl FnMut() -> Option<T>) -> Option<T> {
    let started = now();
    loop {
        match answer() {
            None if now().duration_since(started) < LONGEST => sleep(Duration::from_millis(20)),
            outcome => return outcome,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "how long a real program takes is measured from outside")]
pub fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "a real program does not say when it is ready")]
fn sleep(time: Duration) {
    std::thread::sleep(time);
}

/// Fails if any of these texts holds one of the secrets.
pub fn holds_no_secret(texts: &[&str], secrets: &[String]) {
    for (text, secret) in texts.iter().flat_map(|text| secrets.iter().map(move |secret| (text, secret))) {
        assert!(secret.len() > 8, "too short to look for");
        assert!(!text.contains(secret.as_str()), "a secret was found in:\n{}", text.replace(secret.as_str(), "[HERE]"));
    }
}
