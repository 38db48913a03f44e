//! The role for Ansible, by ansible-playbook and ansible-lint.

use serde_json::{Map, Value, json};

use super::{Ended, FINGERPRINT, Written, python_tool};
use crate::cli::test_env::{TestEnv, small};
use crate::programs::holds_no_secret;

const FLEET: [&str; 3] = ["berlin", "austin", "osaka"];

/// How often each host changed, in the order of [`FLEET`].
fn changed(said: &str) -> [u32; 3] {
    FLEET.map(|host| {
        let line = said.lines().rev().find(|line| line.starts_with(host) && line.contains("changed="));
        let count = line.and_then(|line| line.split("changed=").nth(1)).and_then(|rest| rest.split(' ').next());
        count.and_then(|count| count.parse().ok()).unwrap_or_else(|| unreachable!("no recap of {host}:\n{said}"))
    })
}

/// The values that a user keeps in a vault.
fn vault(fleet: &[(&str, TestEnv)], role: &Written) -> Value {
    let of = |name: &str| -> Map<String, Value> {
        fleet.iter().map(|(host, env)| ((*host).to_owned(), json!(env.variables()[name]))).collect()
    };
    json!({
        "vault_gitlab_tokens": of("GITLAB_TOKEN"),
        "vault_factory_keys": of("FACTORY_API_KEY"),
        "factory_gitlab_secrets_path": role.env.path("secrets"),
        "factory_gitlab_retries": 1,
        "factory_gitlab_delay": 0,
    })
}

#[test]
fn a_playbook_plans_connects_and_then_changes_nothing() {
    let Some(playbook) = python_tool("ansible-playbook", "the recipe ansible as a playbook") else { return };
    let role = Written::new("ansible");
    let mut fleet = FLEET.map(|host| (host, TestEnv::with(small())));
    role.edit("inventory.yml", "{{ vault_factory_key }}", "{{ vault_factory_keys[inventory_hostname] }}");
    role.edit(
        "inventory.yml",
        "{{ inventory_dir }}/kits/{{ inventory_hostname }}.json",
        "{{ inventory_dir }}/{{ inventory_hostname }}.json",
    );
    for (host, env) in &mut fleet {
        let example = format!("https://gitlab.{host}.example.com\n      factory_gitlab_kit_fingerprint: {FINGERPRINT}");
        let own = format!(
            "{}\n      factory_gitlab_kit_fingerprint: {}",
            env.variables()["GITLAB_URL"],
            env.kit_fingerprint()
        );
        role.edit("inventory.yml", &example, &own);
        role.env.file(&format!("{host}.json"), env.sandbox().factory().kit_json().to_string());
        let state = role.env.path(".factory-gitlab");
        env.set("FACTORY_GITLAB_STATE_DIR", &state.to_string_lossy());
        if *host != "berlin" {
            assert_eq!(env.run(&["connect", "--yes"]).code, 0);
        }
    }
    role.make_folder("secrets");
    role.env.file("vault.json", vault(&fleet, &role).to_string());
    let secrets: Vec<String> = fleet
        .iter()
        .flat_map(|(_, env)| ["GITLAB_TOKEN", "FACTORY_API_KEY"].map(|name| env.variables()[name].clone()))
        .collect();
    let play = |more: &[&str]| {
        let mut command = role.command(&playbook);
        command.args(["-i", "inventory.yml", "playbook.yml", "-e", "@vault.json"]).args(more);
        let ended = Ended::of(command.env("ANSIBLE_NOCOLOR", "1"));
        holds_no_secret(&[&ended.said], &secrets);
        ended
    };

    assert_eq!(changed(&play(&["--check"]).good()), [1, 0, 0]);
    assert_eq!(changed(&play(&[]).good()), [1, 0, 0]);
    assert_eq!(changed(&play(&[]).good()), [0, 0, 0]);

    // What could not be found out is tried again, and then the reason is said.
    fleet[0].1.sandbox().fault("GET /api/v4/**=status:503").expect("a fault");
    let failed = play(&["--limit", "berlin"]);
    assert_eq!(failed.code, Some(2), "{}", failed.said);
    assert!(failed.said.contains("FAILED - RETRYING: [berlin]: Connect"), "{}", failed.said);
    assert!(failed.said.contains("503"), "{}", failed.said);
    let left: Vec<_> = std::fs::read_dir(role.env.path("secrets")).expect("the folder for secrets").collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn ansible_lint_finds_nothing_under_its_strictest_profile() {
    let Some(lint) = python_tool("ansible-lint", "the recipe ansible under its strictest profile") else { return };
    let role = Written::new("ansible");
    let mut command = role.command(&lint);
    let said = Ended::of(command.args(["--offline", "--nocolor", "--profile", "production"])).good();
    assert!(said.contains("Passed: 0 failure(s), 0 warning(s)"), "{said}");
}
