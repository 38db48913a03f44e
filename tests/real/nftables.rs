//! The planned `firewall.nft`, checked and loaded by the real program, in a network of its own.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::cli::test_env::TestEnv;
use crate::programs::{find, output, program, say};
use crate::terraform::{kit, network, planned, variants, vpc};

/// Runs a script of nft's commands in a network that only it sees. It needs no rights: the user is root in there.
fn nft(folder: &Path, script: &str) -> Output {
    let mut command = program("unshare");
    let script = script.replace("nft ", &format!("{} ", find("nft").unwrap_or_default().display()));
    output(command.args(["-rn", "/bin/sh", "-ec", &script]).current_dir(folder))
}

/// Whether this machine lets the test do that.
fn possible() -> bool {
    let _installed: Command = program("nft");
    let tried = nft(Path::new("/"), "nft list ruleset");
    if !tried.status.success() {
        let reason = String::from_utf8_lossy(&tried.stderr);
        say(&format!(
            "\nSKIPPED: the planned firewall.nft: no network of its own on this machine: {}\n",
            reason.trim()
        ));
    }
    tried.status.success()
}

/// The variants of Terraform, and those over the internet: with addresses of both families, and with names only.
fn all() -> Vec<(&'static str, Value, String)> {
    let mut all = variants();
    let open = "method = 'public'\ngitlab_addresses = ['198.51.100.7', '2600:1f16:2::10']\nssh_port = 2222\n";
    all.push(("public", kit(&vpc(&["10.64.0.0/16"]), &network()), open.to_owned()));
    let mut unknown = network();
    unknown["egress_cidrs"] = json!([]);
    unknown["endpoints"] = json!([
        // Blocks that overlap are one interval; a purpose cannot leave its comment; a host of digits is an address.
        { "host": "api.factory.example", "port": 443, "purpose": "x\" drop\n}\ndrop", "cidrs": ["203.0.113.0/24", "203.0.113.7/32"] },
        { "host": "api-factory.example", "port": 443, "purpose": "y".repeat(300) },
        { "host": "api_factory.example", "port": 8443, "cidrs": ["2600:1f18::/32"] },
        { "host": "203.0.113.99", "port": 22 },
        { "host": "1.pool.factory.example", "port": 22, "purpose": "ü — 中" },
    ]);
    all.push(("public_with_names", kit(&Value::Null, &unknown), open.to_owned()));
    all
}

#[test]
fn every_planned_firewall_is_loaded_again_and_again_by_the_real_program() {
    if !possible() {
        return;
    }
    let env = TestEnv::bare();
    for (name, kit, answers) in all() {
        planned(&env, name, &kit, &answers);
        let folder = env.path(name);
        let rules = std::fs::read_to_string(folder.join("firewall.nft")).expect("a planned firewall");
        // What the file's own comment says to run, with an address in the place of the word for one.
        let fills: Vec<&str> = rules.lines().filter_map(|line| line.strip_prefix("#   nft add element ")).collect();
        let fills: String = fills
            .iter()
            .map(|fill| {
                format!(
                    "nft 'add element {}'\n",
                    fill.replace("ADDRESS", "198.51.100.77").split("    #").next().unwrap_or_default()
                )
            })
            .collect();
        let script = format!(
            "nft -c -f firewall.nft\nnft -f firewall.nft\n{fills}nft -f firewall.nft\nnft list table inet factory_gitlab\n\
             nft delete table inet factory_gitlab\nnft list ruleset"
        );
        let ran = nft(&folder, &script);
        let (listed, said) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        assert!(ran.status.success(), "{name}: {said}\n{script}\n{rules}");
        // Loaded twice, each rule is there once; after it was deleted, nothing is left.
        let counted = |text: &str| text.matches("counter").count();
        let wanted = counted(&rules.lines().filter(|line| !line.starts_with('#')).collect::<String>());
        assert_eq!(counted(&listed.replace("counter packets", "counter")), wanted, "{name}: {listed}");
        assert!(listed.trim_end().ends_with('}') && listed.matches("table inet").count() == 1, "{name}: {listed}");
        assert_eq!(fills.is_empty(), !rules.contains("Sets without elements"), "{name}");
    }
    say(&format!("firewall.nft, loaded by nft: {} variants", all().len()));
}
