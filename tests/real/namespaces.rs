//! Networks of their own: namespaces of Linux with links between them, which end with the test.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::programs::{find, finish, output, program, say};

/// A network that only its own programs see.
#[derive(Debug)]
pub struct Namespace {
    name: String,
}

/// One end of a link: in which namespace, and with which addresses.
#[derive(Clone, Copy, Debug)]
pub struct End<'a> {
    pub of: &'a Namespace,
    /// The name of the interface, of 15 letters at most.
    pub interface: &'a str,
    /// With their prefix: `10.0.0.1/24`, `fd00::1/64`.
    pub addresses: &'a [&'a str],
}

impl Namespace {
    /// # Panics
    /// Where [`possible`] says no.
    pub fn new(role: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("fgl-{}-{number}-{role}", std::process::id());
        finish(program("ip").args(["netns", "add", &name]));
        let namespace = Self { name };
        namespace.ip("link set lo up");
        namespace
    }

    /// Runs `ip` in it with these arguments.
    pub fn ip(&self, arguments: &str) -> String {
        finish(program("ip").args(["-n", &self.name]).args(arguments.split(' ')))
    }

    /// The command, run in it. What is set on `command` beside its arguments and variables is lost.
    pub fn within(&self, command: &Command) -> Command {
        let mut within = program("ip");
        within.args(["netns", "exec", &self.name]).arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => within.env(name, value),
                None => within.env_remove(name),
            };
        }
        within
    }

    /// Forwards packets between its links.
    pub fn forward(&self) {
        self.set("net/ipv4/ip_forward", "1");
        self.set("net/ipv6/conf/all/forwarding", "1");
    }

    /// Sets one of the kernel's values below `/proc/sys`.
    pub fn set(&self, setting: &str, value: &str) {
        let mut set = Command::new("/bin/sh");
        set.args(["-c", &format!("echo {value} > /proc/sys/{setting}")]);
        finish(&mut self.within(&set));
    }

    /// Loads a ruleset of nftables.
    pub fn firewall(&self, rules: &str) {
        finish(self.within(&program("nft")).arg(rules));
    }

    /// Whether a server listens at this address in it.
    pub fn listens(&self, place: &str) -> bool {
        let listening = finish(self.within(&program("ss")).arg("-Hltn"));
        listening.split_whitespace().any(|word| word == place)
    }

    /// What stands in a file of `/etc` for programs in it: `resolv.conf`, `hosts`. Of a folder (`swanctl/swanctl.conf`) it has
    /// only what is put there, and the folder has to be there before the program starts.
    #[expect(clippy::disallowed_methods, reason = "`ip netns` reads the files of a namespace there")]
    pub fn etc(&self, file: &str, text: &str) -> PathBuf {
        let path = self.folder().join(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        path
    }

    fn folder(&self) -> PathBuf {
        PathBuf::from("/etc/netns").join(&self.name)
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // What runs in it by then was started by a program that the test started.
        let mut left = program("ip");
        left.args(["netns", "pids", &self.name]).stderr(Stdio::null());
        let pids = String::from_utf8_lossy(&output(&mut left).stdout).into_owned();
        if pids.split_whitespace().next().is_some() {
            let _killed = Command::new("/bin/kill").arg("-KILL").args(pids.split_whitespace()).status();
        }
        let _deleted = program("ip").args(["netns", "del", &self.name]).stderr(Stdio::null()).status();
        if self.folder().exists() {
            let _removed = std::fs::remove_dir_all(self.folder());
        }
    }
}

/// Joins two namespaces by a cable.
pub fn link(one: End<'_>, other: End<'_>) {
    let mut add = program("ip");
    add.args(["link", "add", one.interface, "netns", &one.of.name, "type", "veth"]);
    add.args(["peer", "name", other.interface, "netns", &other.of.name]);
    finish(&mut add);
    for End { of, interface, addresses } in [one, other] {
        for address in addresses {
            // Without the wait for another machine with the same address, which there is not.
            let wait = if address.contains(':') { " nodad" } else { "" };
            of.ip(&format!("address add {address} dev {interface}{wait}"));
        }
        of.ip(&format!("link set {interface} up"));
    }
}

/// Whether this machine lets the test make namespaces; if not, `what` is said to be skipped, with the reason. The
/// programs have to be there.
pub fn possible(what: &str) -> bool {
    static TRIAL: Mutex<()> = Mutex::new(());
    let _one_at_a_time = TRIAL.lock().unwrap_or_else(PoisonError::into_inner);
    let name = format!("fgl-{}-trial", std::process::id());
    let mut trial = program("ip");
    let tried = output(trial.args(["netns", "add", &name]));
    let mut reason = String::from_utf8_lossy(&tried.stderr).trim().to_owned();
    if tried.status.success() {
        let rules = "table inet trial { chain trial { type filter hook forward priority 0; }; }";
        let mut load = program("ip");
        load.args(["netns", "exec", &name]).arg(find("nft").unwrap_or_else(|| "nft".into())).arg(rules);
        let loaded = output(&mut load);
        reason = String::from_utf8_lossy(&loaded.stderr).trim().to_owned();
        finish(program("ip").args(["netns", "del", &name]));
        if loaded.status.success() {
            return true;
        }
    }
    say(&format!("\nSKIPPED: {what}: this machine does not let the test make networks of its own: {reason}\n"));
    false
}
