//! The walk of the README from a GitLab in a private network to a green `network check`, with the worksheet alone: every command
//! that it prints for this method is run where it belongs, and what it only says is done as it says it.

use std::collections::VecDeque;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use serde_json::Value;

use crate::cli::test_env::Transcript;
use crate::namespaces::{Namespace, possible};
use crate::network_site::{FACTORYS_RESOLVER, GITLAB, Site};
use crate::programs::{find, output, say, wait_for};
use crate::vpn::aws_end;

/// As the README has it, with the addresses of the site.
const ANSWERS: &str = "\
gitlab_url = 'https://gitlab.acme.test'
kit = 'kit.json'

[network]
method = 'vpn'
gitlab_addresses = ['192.168.10.7']
vpn_address = '203.0.113.1'
local_cidrs = ['192.168.10.0/24']
ike = ['aes256-sha256-ecp384']
esp = ['aes256gcm16-ecp384']
";

#[test]
fn a_gitlab_in_a_private_network_is_joined_to_factory_with_the_worksheet_alone() {
    if !possible("the walk from a GitLab in a private network") {
        return;
    }
    let site = Site::new();
    site.edge.forward();
    site.firewall("", &[]);
    let mut walk = Walk { site, terraform: String::new(), keys: String::new() };
    walk.is_red_at_first();
    walk.site.env.file("acme.toml", ANSWERS);
    let planned = walk.here(&["network", "plan", "--yes", "--config", "acme.toml", "--out", "network"]);
    assert_eq!(planned.code, 0, "{planned}");
    let steps = steps(&walk.read("WORKSHEET.md"));
    assert!(steps.len() > 8, "{steps:?}");
    for step in &steps {
        walk.step(step);
        say(&format!("walked: {}", step.title));
    }
    walk.holds_in_both_directions();
}

/// A step of the worksheet.
#[derive(Debug)]
struct Step {
    title: String,
    body: String,
    check: String,
}

impl Step {
    fn commands(&self) -> Vec<String> {
        commands(&self.body)
    }

    fn checks(&self) -> Vec<String> {
        commands(&self.check)
    }
}

fn commands(text: &str) -> Vec<String> {
    text.lines().filter_map(|line| line.strip_prefix("$ ")).map(str::to_owned).collect()
}

fn steps(worksheet: &str) -> Vec<Step> {
    let (_, steps) = worksheet.split_once("\n## Steps\n").expect("its steps");
    let (steps, _) = steps.split_once("\n## ").expect("their end");
    let read = |step: &str| {
        let (heading, rest) = step.split_once('\n').expect("a heading");
        let (body, check) = rest.split_once("**Check.**").unwrap_or((rest, ""));
        let title = heading.split_once(": ").expect("who and what").1;
        Step { title: title.to_owned(), body: body.to_owned(), check: check.to_owned() }
    };
    steps.split("\n### ").skip(1).map(read).collect()
}

struct Walk {
    site: Site,
    /// What Factory was given.
    terraform: String,
    /// The keys, as they are entered at the device.
    keys: String,
}

impl Walk {
    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.site.env.path("network").join(name)).expect(name)
    }

    /// Runs the program on GitLab's machine.
    fn here(&self, arguments: &[&str]) -> Transcript {
        self.on(&self.site.gitlab, arguments)
    }

    fn on(&self, machine: &Namespace, arguments: &[&str]) -> Transcript {
        let home = self.site.env.path("");
        let mut command = machine.within(&self.site.env.command(arguments));
        let ran = command.current_dir(&home).stdin(Stdio::null()).output().expect("the program runs");
        Transcript::new(&ran, &home)
    }

    /// A printed command of this program.
    fn printed(&self, line: &str) -> Transcript {
        let words = shlex::split(line).expect("words of a shell");
        assert_eq!(words[0], "factory-gitlab", "{line}");
        self.here(&words.iter().skip(1).map(String::as_str).collect::<Vec<_>>())
    }

    /// A printed command on the VPN device.
    fn on_device(&self, line: &str) -> String {
        let words = shlex::split(line).expect("words of a shell");
        let mut command = std::process::Command::new(find(&words[0]).unwrap_or_else(|| words[0].clone().into()));
        command.args(&words[1..]);
        let (name, value) = self.site.customer.variable();
        let mut within = self.site.edge.within(&command);
        let ended = output(within.env(name, value).current_dir(self.site.env.path("network")));
        let said = String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned();
        assert!(ended.status.success(), "{line}: {said}");
        said
    }

    fn is_good(&self, line: &str) -> Transcript {
        let run = self.printed(line);
        assert_eq!(run.code, 0, "{line}\n{run}");
        run
    }

    /// Names lead nowhere, no way leads to Factory's network, and GitLab would refuse the webhook's address.
    fn is_red_at_first(&self) {
        let run = self.here(&[
            "network",
            "check",
            "--kit",
            "kit.json",
            "--gitlab-url",
            &format!("https://{GITLAB}"),
            "--resolver",
            "192.168.10.1",
            "--target",
            "tcp://10.64.1.10:443",
            "--timeout",
            "1",
            "-o",
            "json",
        ]);
        assert_eq!(run.code, 1, "{run}");
        let report = run.json();
        for (code, target, status, words) in [
            ("network.http", "gitlab.acme.test:443", "pass", "GitLab's API asks for a token"),
            ("network.dns", "hooks.factory.test:443", "fail", "does not exist"),
            ("network.dns_split", "hooks.factory.test:443 at 192.168.10.1", "fail", "does not exist (NXDOMAIN)"),
            (
                "network.tcp",
                "10.64.1.10:443",
                "unknown",
                "no answer: a firewall drops it, or no route leads there or back",
            ),
            ("network.outbound", "", "fail", "Requests to the local network are not allowed"),
        ] {
            let (seen, said) = said(&report, code, target);
            assert!(seen == status && said.contains(words), "{code} of {target}: {seen}, {said}\n{report:#}");
        }
    }

    fn step(&mut self, step: &Step) {
        match step.title.as_str() {
            "give Factory its files" => self.terraform = self.read("vpn/factory-side.tf"),
            "build AWS's end" => self.site.aws.load(&aws_end(&self.terraform)).expect("AWS's end"),
            "exchange addresses and keys" => self.exchange(step),
            "open the firewall in front of your VPN device" => self.open_firewall(),
            "set up your VPN device" => self.set_up_device(step),
            "route, and make packets small enough" => {
                let to = ["network", "check", "--target", "https://10.64.1.10:443", "--only", "network.tcp"];
                let opens = self.here(&to);
                assert_eq!(opens.code, 0, "{opens}");
            }
            "wait for the first rekey" => step.checks().iter().for_each(|line| drop(self.on_device(line))),
            "let names lead through the tunnel" => {
                self.site.forward_names();
                for line in step.checks() {
                    let run = self.is_good(&line.replace("ADDRESS", FACTORYS_RESOLVER));
                    assert!(run.stdout.contains("10.64.1.10"), "{run}");
                }
            }
            "let GitLab send webhooks there" => self.allow_webhooks(step),
            "let Factory into groups that restrict addresses" => {
                step.checks().iter().for_each(|line| drop(self.is_good(line)));
            }
            "prove the way" => {
                let [line] = step.commands().try_into().expect("one command");
                let run = self.is_good(&line);
                assert!(run.stdout.contains("verdict: pass"), "{run}");
                // GitLab's address is private, and a check does not know of plans.
                let plan = "factory-gitlab network plan --out network --config acme.toml\n";
                assert!(run.stdout.contains(plan), "{run}");
            }
            "connect GitLab and test the webhooks" => self.connect(step),
            other => unreachable!("the worksheet has a step that is not walked: {other}"),
        }
    }

    /// The addresses are those of the kit, so that no new plan is needed. The printed command still makes the same one.
    fn exchange(&mut self, step: &Step) {
        let conf = self.read("vpn/swanctl.conf");
        let [again] = step.commands().try_into().expect("one command");
        let run = self.is_good(&again);
        assert!(run.stdout.contains("unchanged") && !run.stdout.contains("written\n"), "{run}");
        let block = conf.lines().skip_while(|line| !line.ends_with("secrets {"));
        let (mut open, mut keys) = (0_i32, String::new());
        for line in block.map(|line| line.trim_start_matches('#')) {
            keys.push_str(line);
            keys.push('\n');
            open += i32::from(line.ends_with('{')) - i32::from(line.ends_with('}'));
            if open == 0 {
                break;
            }
        }
        for (number, key) in [(1, "one.key_1234"), (2, "two.key_1234")] {
            let place = format!("the key of tunnel {number}, in quotes");
            assert!(keys.contains(&place), "{keys}");
            keys = keys.replace(&place, &format!("\"{key}\""));
        }
        self.keys = keys;
    }

    /// As the comment of `firewall.nft` says: it is checked, loaded, and copied into a firewall that drops by default.
    fn open_firewall(&self) {
        let rules = self.read("firewall.nft");
        let printed = |what: &str| {
            let line = rules.lines().find_map(|line| line.strip_prefix(&format!("# {what}:")));
            line.expect(what).split("  (").next().unwrap_or_default().trim().to_owned()
        };
        self.on_device(&printed("Check"));
        self.on_device(&printed("Load"));
        let counted = self.on_device(&printed("Count"));
        assert!(counted.contains("udp dport 500"), "{counted}");
        let (_, table) = rules.split_once("table inet factory_gitlab {\n").expect("its table");
        let (own, base) = table.split_once("  chain forward {").expect("its base chains");
        let (base, _) = base.split_once('}').expect("its end");
        let jumps = base.lines().filter_map(|line| line.trim().strip_prefix("jump ")).map(str::to_owned);
        self.site.firewall(own, &jumps.collect::<Vec<_>>());
    }

    /// As the comment of `swanctl.conf` says.
    fn set_up_device(&self, step: &Step) {
        let (edge, conf) = (&self.site.edge, self.read("vpn/swanctl.conf"));
        edge.etc("swanctl/conf.d/factory-gitlab.conf", &conf);
        edge.etc("swanctl/conf.d/factory-gitlab-keys.conf", &self.keys);
        let script = conf.lines().skip_while(|line| !line.ends_with("#!/bin/sh"));
        let script: String = script.take_while(|line| *line != "#").map(|line| format!("{}\n", &line[7..])).collect();
        let script = edge.etc("swanctl/factory-gitlab-updown", &script);
        std::fs::set_permissions(script, std::fs::Permissions::from_mode(0o755)).expect("a file of ours");
        let printed = conf
            .lines()
            .take_while(|line| !line.ends_with("#!/bin/sh"))
            .map(|line| line.trim_start_matches(['#', ' ']));
        let mut made = VecDeque::from([1, 2]);
        for line in printed {
            if line.starts_with("ip link add ") {
                // ESP is done in user space here, and an interface of this kind needs the kernel's.
                let number = made.pop_front().expect("two interfaces");
                assert_eq!(line, format!("ip link add factory{number} type xfrm dev eth0 if_id {number}"));
                edge.ip(&format!("link add factory{number} type veth peer name other{number}"));
            } else if let Some(rest) = line.strip_prefix("ip ") {
                edge.ip(rest);
            } else if let Some((name, value)) = line.strip_prefix("sysctl -w ").and_then(|set| set.split_once('=')) {
                edge.set(&name.replace('.', "/"), value);
            }
        }
        assert!(made.is_empty(), "{conf}");
        let [load, list] = step.checks().try_into().expect("two commands");
        let loaded = self.on_device(&load);
        assert!(loaded.contains("successfully loaded 2 connections"), "{loaded}");
        wait_for("two tunnels", || {
            let listed = self.on_device(&list);
            (listed.matches("ESTABLISHED").count() == 2 && listed.matches("INSTALLED").count() == 2).then_some(())
        });
        // The check of the step before: the firewall counts once the device tries.
        let counted = self.on_device("nft list table inet site");
        let passed = counted.lines().filter(|line| line.contains("udp dport 500") && !line.contains("packets 0 "));
        assert!(passed.count() > 0, "{counted}");
    }

    /// Red with the exact entry, until an administrator adds what the worksheet says.
    fn allow_webhooks(&self, step: &Step) {
        let [line] = step.checks().try_into().expect("one command");
        let refused = self.printed(&line);
        assert_eq!(refused.code, 1, "{refused}");
        let entry =
            step.body.split("add this line: `").nth(1).and_then(|rest| rest.split('`').next()).expect("the entry");
        assert!(refused.stdout.contains(entry), "{refused}");
        self.site.allow(entry);
        assert_eq!(self.is_good(&line).code, 0);
    }

    /// The webhook goes through the tunnel, and Factory has received it.
    fn connect(&self, step: &Step) {
        let [connect] = step.commands().try_into().expect("one command");
        // There is no terminal to approve the plan on.
        let run = self.is_good(&format!("{connect} --yes"));
        assert!(run.stdout.contains("received by Factory: yes"), "{run}");
        let [verify] = step.checks().try_into().expect("one command");
        let run = self.is_good(&verify);
        assert!(run.stdout.contains("a test delivery arrives (1 tested)"), "{run}");
    }

    /// What the table of the worksheet lets pass, passes, and nothing else.
    fn holds_in_both_directions(&self) {
        let check = |target: &str| format!("network check --target {target} --only network.tcp --timeout 1 -o json");
        for (machine, target, wanted) in [
            (&self.site.factory, "https://gitlab.acme.test:443", "open"),
            (&self.site.factory, "ssh://gitlab.acme.test:22", "open"),
            (&self.site.factory, "tcp://192.168.10.7:8929", "no_answer"),
            (&self.site.gitlab, "ssh://git.factory.test:22", "open"),
            (&self.site.gitlab, "tcp://10.64.1.10:8929", "no_answer"),
        ] {
            let line = check(target);
            let run = self.on(machine, &line.split(' ').collect::<Vec<_>>());
            assert!(run.stdout.contains(&format!("\"result\": \"{wanted}\"")), "{target}: not {wanted}\n{run}");
        }
    }
}

/// What a check says of a target.
fn said(report: &Value, code: &str, target: &str) -> (String, String) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let is_it = |check: &&Value| check["code"] == code && (target.is_empty() || check["target"] == target);
    let Some(check) = report["checks"].as_array().into_iter().flatten().find(is_it) else {
        unreachable!("no {code} of {target} in {report:#}")
    };
    let words = [&check["cause"], &check["reason"], &check["evidence"]["note"]].map(text).concat();
    (text(&check["status"]), words)
}
