//! The walks of the README: each runs as it is printed, and its output is what is printed below its commands.

use std::fs;

use factory_gitlab::sandbox::options::{SandboxOptions, SandboxPlan};

use super::printed::{Names, Step};
use super::proxy::Proxy;
use super::{readme, words};
use crate::monitor::new_project;
use crate::test_env::{TestEnv, Transcript, small};

/// The commands of the console block after a mark.
fn walk(mark: &str) -> Vec<Step> {
    let readme = readme();
    let (_, rest) = readme.split_once(&format!("<!-- {mark}: ")).expect("the mark of the walk");
    let (_, rest) = rest.split_once("```console\n").expect("its commands");
    let (block, _) = rest.split_once("```").expect("their end");
    Step::all(block)
}

/// Runs the commands of a walk in their order, each to success.
fn walked(env: &TestEnv, mark: &str, number: usize) -> Vec<(String, Transcript)> {
    let steps = walk(mark);
    assert_eq!(steps.len(), number, "{steps:?}");
    steps.into_iter().map(|step| (step.run(env, &[]), step.command)).map(|(run, command)| (command, run)).collect()
}

/// Runs the commands of a walk that prints the output of each.
fn compared(env: &mut TestEnv, mark: &str, typed: Names<'_>) {
    for step in walk(mark) {
        match step.command.strip_prefix("export ") {
            Some(variables) => export(env, variables, typed),
            None => {
                assert!(!step.printed.is_empty(), "{}", step.command);
                let _compared = step.run(env, &names(env, typed));
            }
        }
    }
}

/// Sets variables, with the values of the README replaced by those of the test.
fn export(env: &mut TestEnv, variables: &str, typed: Names<'_>) {
    for word in words(variables) {
        let (name, value) = word.split_once('=').expect("a variable with its value");
        let value = typed.iter().fold(value.to_owned(), |value, (printed, own)| value.replace(printed, own));
        env.set(name, &value);
    }
}

/// What the servers of a sandbox are called in the README.
fn names<'a>(env: &TestEnv, more: Names<'a>) -> Vec<(&'a str, String)> {
    let (gitlab, factory) = (env.variables()["GITLAB_URL"].clone(), env.sandbox().factory_url());
    let host = |url: &str| url.rsplit('/').next().unwrap_or_default().to_owned();
    let hosts = [("gitlab.acme.com", host(&gitlab)), ("api.factory.ai", host(&factory))];
    let urls = [("https://gitlab.acme.com", gitlab), ("https://api.factory.ai", factory)];
    urls.into_iter().chain(hosts).chain(more.iter().cloned()).collect()
}
#[test]
fn the_walk_of_a_private_network_runs_as_it_is_printed() {
    let env = crate::network_plan::env();
    let readme = readme();
    let (before, _) = readme.split_once("<!-- network: ").expect("the mark of the walk");
    let answers = before.rsplit("```toml\n").next().and_then(|rest| rest.split("```").next());
    env.file("acme.toml", answers.expect("its answers file"));
    for (command, run) in &walked(&env, "network", 2) {
        assert!(run.stdout.contains("next: read network/WORKSHEET.md"), "{command}\n{run}");
    }
    let plan = fs::read_to_string(env.path("plan.json")).expect("the report");
    assert!(plan.contains("\"schema\": \"factory-gitlab/network-plan/v1\""), "{plan}");
    for name in ["WORKSHEET.md", "diagram.svg", "peering.tf", "firewall.md", "firewall.nft"] {
        assert!(env.path("network").join(name).exists(), "{name}");
    }
}

#[test]
fn the_walk_of_gitlab_com_runs_as_it_is_printed() {
    let env = crate::cloud::cloud(crate::cloud::SESSION);
    let steps = walk("cloud");
    assert_eq!(steps.len(), 5, "{steps:?}");
    for Step { command, .. } in steps {
        let words = words(&command);
        let args: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
        let run = crate::cloud::with_person(&env, &args);
        assert_eq!(run.code, 0, "{command}\n{run}");
        let wanted = match command.as_str() {
            one if one.contains("--dry-run") => "Plan for ",
            one if one.contains(" connect ") => "connected: ",
            one if one.contains("verify") => "verdict: pass",
            one if one.contains("status") => "by @alice",
            _ => "disconnected: ",
        };
        assert!(run.stdout.contains(wanted), "{command}\n{run}");
    }
}

#[test]
fn the_walk_of_a_disconnection_runs_as_it_is_printed() {
    let env = TestEnv::new();
    env.connects(&[]);
    for (command, run) in &walked(&env, "disconnect", 4) {
        let wanted = match command {
            one if one.contains("--dry-run") => "Plan for ",
            one if one.contains("--evidence") => "disconnected: ",
            one if one.contains("status") => "disconnected on ",
            _ => "nothing to do: ",
        };
        assert!(run.stdout.contains(wanted), "{command}\n{run}");
    }
    assert!(env.path("removed.json").exists());
}

#[test]
fn the_walk_of_an_exercise_runs_as_it_is_printed() {
    let env = TestEnv::new();
    env.connects(&[]);
    for (command, run) in &walked(&env, "exercise", 5) {
        let begins = match command.as_str() {
            dry if dry.contains("--dry-run") => "Plan for ",
            sweep if sweep.contains("--sweep") => "done: ",
            only if only.contains("--only") => "every event arrived: ",
            _ => "every event that the kit subscribes to arrived: ",
        };
        assert!(run.stdout.starts_with(begins), "{command}: {run}");
    }
    assert!(env.run(&["exercise", "--sweep", "--yes"]).stdout.starts_with("nothing to do: "));
}

#[test]
fn the_walk_of_a_rotation_runs_as_it_is_printed() {
    let env = TestEnv::new();
    env.connects(&["--handover-token", "minted"]);
    let _secrets = env.sandbox().factory().rotate_webhook_secret();
    for (command, run) in &walked(&env, "rotate", 8) {
        let wanted = match command {
            one if one.contains("status") => "token of Factory today",
            one if one.contains("--dry-run") => "Plan for ",
            one if one.contains("--due") || one.contains("--older-than") => "nothing to do: ",
            _ => "rotated: ",
        };
        assert!(run.stdout.contains(wanted), "{command}\n{run}");
    }
}

#[test]
fn the_walk_of_a_review_runs_as_it_is_printed() {
    let env = TestEnv::new();
    env.connects(&[]);
    for (command, run) in &walked(&env, "audit", 4) {
        let wanted = if command.contains("--baseline") { " 0 notes, new since the baseline" } else { "result: " };
        assert!(run.stdout.contains(wanted), "{command}\n{run}");
    }
    let sarif = fs::read_to_string(env.path("audit.sarif")).expect("the log");
    assert!(sarif.contains("\"version\": \"2.1.0\""), "{sarif}");
}

#[test]
fn the_walk_of_a_network_check_runs_as_it_is_printed() {
    let env = TestEnv::new();
    for (command, run) in &walked(&env, "network-check", 4) {
        let wanted = if command.contains("--list") { "network.outbound" } else { "verdict: pass" };
        assert!(run.stdout.contains(wanted), "{command}\n{run}");
    }
    assert!(env.path("network.xml").exists());
}

#[test]
fn the_walk_of_a_monitor_runs_as_it_is_printed() {
    let mut env = crate::monitor::connected(crate::test_env::small());
    env.set_clock_speed(20_000);
    for (command, run) in &walked(&env, "monitor", 5) {
        let wanted = match command {
            one if one.contains("json") => "\"event\":\"result\"",
            one if one.contains("--for") => "watched for 15 min",
            _ => "",
        };
        assert!(run.stdout.contains(wanted), "{command}\n{run}");
    }
    assert!(env.path("factory-gitlab.prom").exists());
}

#[test]
fn the_walk_of_many_projects_runs_as_it_is_printed() {
    let unlicensed = SandboxOptions { plan: SandboxPlan::None, projects: 300, ..SandboxOptions::default() };
    let mut env = TestEnv::with(unlicensed);
    compared(&mut env, "projects", &[]);
    assert_eq!(env.all_hooks().len(), 300);
    for name in ["design", "docs"] {
        new_project(&env, name);
    }
    compared(&mut env, "new-projects", &[]);
    assert_eq!(env.all_hooks().len(), 302);
}

#[test]
fn the_walk_behind_a_proxy_runs_as_it_is_printed() {
    let mut env = TestEnv::with(SandboxOptions { tls: true, ..small() });
    let (proxy, factory) = (Proxy::start(), env.sandbox().factory_url());
    // GitLab has another name than Factory, and is not behind the proxy.
    let gitlab = env.sandbox().gitlab_url().replace("127.0.0.1", "localhost");
    env.sandbox().gitlab().lock().external_url = gitlab.parse().expect("an address");
    env.set("GITLAB_URL", &gitlab);
    let root = fs::read(&env.variables()["FACTORY_GITLAB_CA_CERT"]).expect("the CA");
    env.file("acme-root.pem", root);
    env.file("acme-2019.pem", certificate_authority("Acme CA 2019"));
    env.file("kit.json", env.sandbox().factory().kit_json().to_string());
    env.set("FACTORY_KIT", "kit.json");
    for name in ["FACTORY_GITLAB_PROXY", "FACTORY_GITLAB_CA_CERT", "FACTORY_GITLAB_FACTORY_CA_CERT"] {
        env.unset(name);
    }
    let typed = [
        ("proxy.acme.com:3128", proxy.host.clone()),
        ("gitlab.acme.com", "localhost".to_owned()),
        ("Acme Root CA", "factory-gitlab sandbox CA".to_owned()),
    ];
    compared(&mut env, "proxy", &typed);
    assert_eq!(proxy.tunnels(), [factory.replace("https://", "")]);
}

fn certificate_authority(name: &str) -> String {
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().expect("a key");
    params.self_signed(&key).expect("a certificate").pem()
}

#[test]
fn the_walk_of_a_bundle_that_is_handed_over_runs_as_it_is_printed() {
    let mut env = TestEnv::new();
    env.file("kit.json", env.sandbox().factory().kit_json().to_string());
    compared(&mut env, "bundle-out", &[]);
    assert!(env.sandbox().factory().bundles().is_empty());
    let here = env.variables().clone();
    env.on_another_machine();
    env.unset("GITLAB_TOKEN");
    // A machine without a way to GitLab.
    env.set("GITLAB_URL", "https://gitlab.acme.com");
    compared(&mut env, "bundle-upload", &[("api.factory.ai", "127.0.0.1".to_owned())]);
    here.iter().for_each(|(name, value)| env.set(name, value));
    compared(&mut env, "bundle-delivered", &[]);
}
