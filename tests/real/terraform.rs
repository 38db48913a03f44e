//! The Terraform of `network plan`, judged by HashiCorp's own programs, and a peering that is applied to two emulated accounts.
//!
//! | judge | where it comes from |
//! |---|---|
//! | HashiCorp's parser, without Terraform | npm `@cdktf/hcl2json`, installed by `.ci/run`; `NODE_MODULES` names its `node_modules` |
//! | `terraform fmt -check` and `validate` with the AWS provider | the machine's, where it has both |
//! | `terraform apply` against moto | the same, and moto in the python that `PYTHON` names |
//!
//! A judge that a machine lacks is a skip that is said.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::cli::test_env::TestEnv;
use crate::programs::{Running, find, finish, free_port, output, say, variable};

/// The folder of the AWS provider, as `terraform init -plugin-dir` takes it: six levels above the provider.
static PLUGINS: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
    if let Some(named) = variable("TERRAFORM_PLUGINS") {
        return Some(named.into());
    }
    let places = ["/opt", "/usr/share/terraform", "/usr/local/share/terraform"];
    let found = output(Command::new("find").args(places).args(["-name", "terraform-provider-aws_v*", "-type", "f"]));
    let found = String::from_utf8_lossy(&found.stdout).into_owned();
    found.lines().next().and_then(|path| Path::new(path).ancestors().nth(6).map(Path::to_owned))
});

/// Terraform with nothing of this machine's configuration, and the folder of the provider; `None` where either lacks.
fn terraform(folder: &Path) -> Option<Command> {
    let (program, _) = (find("terraform")?, PLUGINS.as_ref()?);
    let mut command = Command::new(program);
    command.current_dir(folder).envs([
        ("TF_CLI_CONFIG_FILE", "/dev/null"),
        ("CHECKPOINT_DISABLE", "1"),
        ("TF_IN_AUTOMATION", "1"),
    ]);
    Some(command)
}

/// The whole of what a program said.
fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn init(folder: &Path) {
    let plugins = PLUGINS.as_ref().expect("looked for before");
    let mut command = terraform(folder).expect("looked for before");
    let init =
        output(command.args(["init", "-input=false", "-no-color"]).arg(format!("-plugin-dir={}", plugins.display())));
    assert!(init.status.success(), "{}", said(&init));
}

#[expect(clippy::disallowed_methods, reason = "the test writes files of its own")]
fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}

/// Factory's side of a kit.
pub fn kit(vpc: &Value, network: &Value) -> Value {
    let mut kit = json!({
        "schema": "factory-gitlab/kit/v1",
        "organization": { "id": "org_acme", "name": "Acme" },
        "application": { "redirect_uri": "https://api.factory.example/callback" },
        "webhook": { "url": "https://hooks.factory.example/gitlab/org_acme", "secret_token": "plan-9vQ4mZx7Lp2wRk8T" },
        "bundle": { "recipients": ["age1abc"], "upload_url": "https://api.factory.example/bundles" },
        "network": network,
    });
    kit["network"]["vpc"] = vpc.clone();
    kit
}

/// The kit's network without its VPC.
pub fn network() -> Value {
    json!({
        "endpoints": [
            { "host": "api.factory.example", "port": 443, "protocol": "https", "purpose": "API \"${one}\" %{two}" },
            { "host": "git.factory.example", "port": 22, "protocol": "ssh", "cidrs": ["10.64.7.0/24"] },
        ],
        "egress_cidrs": ["203.0.113.0/24"],
        "vpn": {
            "endpoints": ["203.0.113.1", "203.0.113.2"], "identity": null,
            "ike": ["aes256-sha256-ecp384"], "esp": ["aes256gcm16-ecp384"], "cidrs": ["10.64.0.0/16"],
        },
    })
}

pub fn vpc(cidrs: &[&str]) -> Value {
    json!({ "id": "vpc-0123456789abcdef0", "account": "012345678901", "region": "us-east-1", "cidrs": cidrs })
}

const AWS: &str = "vpc_id = 'vpc-0a1b2c3d4e5f60718'\naccount_id = '001234567890'\nregion = 'eu-west-1'\n\
    route_tables = ['rtb-0a1b2c3d4e5f60718', 'rtb-0a1b2c3d']\nsecurity_groups = ['sg-0a1b2c3d', 'sg-0a1b2c3d4e5f60718']\n";

const DEVICE: &str = "vpn_address = '8.8.4.4'\nlocal_cidrs = ['192.168.0.0/16']\nike = ['aes256-sha256-ecp384']\n\
    esp = ['aes256gcm16-ecp384']\ngitlab_addresses = ['192.168.1.10']\n";

/// Every kind of Terraform that a plan can have, by a name for its module.
pub fn variants() -> Vec<(&'static str, Value, String)> {
    let small = vpc(&["10.64.0.0/16"]);
    vec![
        (
            "peering",
            kit(&small, &network()),
            format!("method = 'vpc-peering'\n{AWS}vpc_cidrs = ['10.0.0.0/16']\ngitlab_addresses = ['10.0.1.10']\n"),
        ),
        (
            "peering_both_families",
            kit(&vpc(&["10.64.0.0/16", "10.66.0.0/20", "2600:1f18:1::/56"]), &network()),
            format!(
                "method = 'vpc-peering'\n{AWS}vpc_cidrs = ['10.0.0.0/16', '10.2.0.0/28', '2600:1f16:2::/56']\n\
                 gitlab_addresses = ['10.0.1.0/24', '2600:1f16:2::10']\nssh_port = 2222\n"
            ),
        ),
        ("vpn_at_factory", kit(&small, &network()), format!("method = 'vpn'\n{DEVICE}")),
        (
            "vpn_with_inside_cidrs",
            kit(&small, &network()),
            format!(
                "method = 'vpn'\n{DEVICE}bgp_asn = 4200000000\nvpn_identity = 'vpn.acme.com'\n\
                 inside_cidrs = ['169.254.10.0/30', '169.254.11.0/30']\n"
            ),
        ),
        (
            "vpn_at_customer",
            kit(&small, &network()),
            format!(
                "method = 'vpn'\naws_end = 'customer'\n{AWS}vpc_cidrs = ['10.0.0.0/16']\ngitlab_addresses = ['10.0.1.10']\n"
            ),
        ),
    ]
}

/// Plans a variant with the real program; gives its Terraform files.
pub fn planned(env: &TestEnv, name: &str, kit: &Value, answers: &str) -> Vec<PathBuf> {
    env.file("kit.json", kit.to_string());
    env.file("acme.toml", format!("gitlab_url = 'https://gitlab.acme.com'\nkit = 'kit.json'\n[network]\n{answers}"));
    let run = env.run(&["network", "plan", "--config", "acme.toml", "--out", name]);
    assert_eq!(run.code, 0, "{name}: {run}");
    let out = env.path(name);
    let folders = [out.clone(), out.join("vpn")];
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten());
    entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "tf")).collect()
}

/// All variants below one folder, each as a module of its own name.
fn modules(env: &TestEnv) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for (name, kit, answers) in variants() {
        for file in planned(env, name, &kit, &answers) {
            let stem = file.file_stem().expect("a name").to_string_lossy().replace('-', "_");
            let module = env.path("modules").join(format!("{name}_{stem}")).join("main.tf");
            write(&module, &fs::read_to_string(&file).expect("the file"));
            all.push(module);
        }
    }
    all
}

#[test]
fn hashicorps_parser_reads_every_variant() {
    let node_modules = variable("NODE_MODULES").map(PathBuf::from).filter(|path| path.join("@cdktf/hcl2json").is_dir());
    let (Some(node), Some(node_modules)) = (find("node"), node_modules) else {
        say(
            "SKIPPED: HashiCorp's parser (npm @cdktf/hcl2json) is not on this machine; .ci/run installs it where npm is",
        );
        return;
    };
    let env = TestEnv::bare();
    let files = modules(&env);
    let parse = |files: &[PathBuf]| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/hcl2json.cjs");
        output(Command::new(&node).arg(script).args(files).env("NODE_PATH", &node_modules))
    };
    let read = parse(&files);
    assert!(read.status.success(), "{}", said(&read));
    let lines: Vec<Value> = said(&read).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), files.len());
    assert!(lines.iter().all(|line| line["data"] == false), "no data sources: {lines:?}");
    assert!(lines[0]["resources"].as_array().is_some_and(|kinds| kinds.contains(&json!("aws_route"))), "{lines:?}");
    let broken = env.path("broken.tf");
    write(&broken, "resource \"aws_route\" \"x\" {\n");
    assert!(!parse(&[broken]).status.success(), "the parser can refuse");
    say(&format!("judged by HashiCorp's parser: {} files", files.len()));
}

#[test]
fn terraform_finds_every_variant_canonical_and_valid_with_the_real_provider() {
    let env = TestEnv::bare();
    let root = env.path("modules");
    write(&root.join("main.tf"), "");
    if terraform(&root).is_none() {
        say("SKIPPED: terraform with the AWS provider is not on this machine; HashiCorp's parser judges alone");
        return;
    }
    let files = modules(&env);
    let fmt = output(terraform(&root).expect("here").args(["fmt", "-check", "-diff", "-recursive", "-no-color"]));
    assert!(fmt.status.success(), "not as terraform fmt leaves it:\n{}", said(&fmt));
    // One root with a module for each, so that the provider is loaded once.
    let module = |file: &PathBuf| {
        let name = file.parent().and_then(Path::file_name).expect("a name").to_string_lossy();
        // Factory's own route tables are not in a kit.
        let tables = "  route_table_ids = [\"rtb-0123456789abcdef0\"]\n";
        let more =
            if fs::read_to_string(file).is_ok_and(|text| text.contains("\"route_table_ids\"")) { tables } else { "" };
        format!("module \"{name}\" {{\n  source = \"./{name}\"\n{more}}}\n")
    };
    write(&root.join("main.tf"), &files.iter().map(module).collect::<Vec<_>>().join("\n"));
    init(&root);
    let valid = output(terraform(&root).expect("here").args(["validate", "-no-color"]));
    assert!(valid.status.success(), "{}", said(&valid));
    say(&format!("judged by terraform fmt and validate with the real AWS provider: {} files", files.len()));
}

/// A python that has moto and boto3.
fn python() -> Option<PathBuf> {
    let python = variable("PYTHON").map(PathBuf::from).or_else(|| find("python3"))?;
    output(Command::new(&python).args(["-c", "import moto.server, boto3"])).status.success().then_some(python)
}

/// Two emulated accounts.
struct Accounts {
    python: PathBuf,
    port: u16,
    _server: Running,
}

impl Accounts {
    fn start(python: PathBuf) -> Self {
        let port = free_port();
        let mut command = Command::new(&python);
        command.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()]);
        let server = Running::start(command.stdout(Stdio::null()).stderr(Stdio::null()));
        Self { python, port, _server: server.listens(port, || "moto".to_owned()) }
    }

    fn ask(&self, args: &[&str]) -> String {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/two_accounts.py");
        let port = self.port.to_string();
        finish(Command::new(&self.python).arg(script).arg(port).args(args)).trim().to_owned()
    }

    /// Terraform with this emulator in the place of all of AWS.
    fn terraform(&self, folder: &Path, args: &[&str]) -> Output {
        let mut command = terraform(folder).expect("looked for before");
        command.env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", self.port));
        command.envs([("AWS_ACCESS_KEY_ID", "any"), ("AWS_SECRET_ACCESS_KEY", "any")]);
        command.envs([("AWS_EC2_METADATA_DISABLED", "true"), ("NO_PROXY", "127.0.0.1"), ("no_proxy", "127.0.0.1")]);
        output(command.args(args))
    }
}

#[test]
fn a_peering_is_applied_accepted_applied_again_and_destroyed() {
    let env = TestEnv::bare();
    let (Some(python), true) = (python(), terraform(&env.path("")).is_some()) else {
        say(
            "SKIPPED: applying a peering needs terraform with the AWS provider, and moto (pip install 'moto[server,ec2]')",
        );
        return;
    };
    let accounts = Accounts::start(python);
    let seeded: Value = serde_json::from_str(&accounts.ask(&["seed"])).expect("JSON");
    let of = |side: &str, name: &str| seeded[side][name].as_str().expect("a value").to_owned();
    let tables: Vec<String> = serde_json::from_value(seeded["gitlab"]["tables"].clone()).expect("tables");
    let theirs = json!({
        "id": of("factory", "vpc"), "account": of("factory", "account"), "region": of("factory", "region"),
        "cidrs": ["10.64.0.0/16"],
    });
    let answers = format!(
        "method = 'vpc-peering'\nvpc_id = '{}'\naccount_id = '{}'\nregion = '{}'\nroute_tables = {tables:?}\n\
         security_groups = ['{}']\nvpc_cidrs = ['10.0.0.0/16']\ngitlab_addresses = ['10.0.1.10']\n",
        of("gitlab", "vpc"),
        of("gitlab", "account"),
        of("gitlab", "region"),
        of("gitlab", "group"),
    );
    let _files = planned(&env, "plan", &kit(&theirs, &network()), &answers);
    let folder = env.path("plan");
    init(&folder);
    let good = |args: &[&str]| {
        let run = accounts.terraform(&folder, args);
        assert!(run.status.success(), "terraform {args:?}\n{}", said(&run));
        String::from_utf8_lossy(&run.stdout).trim().to_owned()
    };
    let apply = ["apply", "-auto-approve", "-input=false", "-no-color"];
    good(&apply);
    let id = good(&["output", "-raw", "peering_connection_id"]);
    assert_eq!(accounts.ask(&["state", &id]), "pending-acceptance", "as the worksheet's check says");
    assert_eq!(accounts.ask(&["accept", &id]), "active");
    write(&folder.join("terraform.tfvars"), "factory_accepted = true\n");
    good(&apply);
    let plan = accounts.terraform(&folder, &["plan", "-detailed-exitcode", "-input=false", "-no-color"]);
    assert_eq!(plan.status.code(), Some(0), "something is left to do:\n{}", said(&plan));
    for table in &tables {
        let routes = accounts.ask(&["routes", table]);
        assert!(routes.lines().any(|line| line == format!("10.64.0.0/16 {id}")), "{routes}");
    }
    let rules = accounts.ask(&["rules", &of("gitlab", "group")]);
    for wanted in ["in tcp 443 10.64.0.0/16", "in tcp 22 10.64.0.0/16", "out tcp 443 10.64.0.0/16"] {
        assert!(rules.lines().any(|line| line == wanted), "{wanted}\n{rules}");
    }
    assert!(rules.lines().any(|line| line.starts_with("out -1 ")), "the group's own rule stays: {rules}");
    good(&["destroy", "-auto-approve", "-input=false", "-no-color"]);
    let left = accounts.ask(&["rules", &of("gitlab", "group")]);
    assert_eq!(left.lines().count(), 1, "only the group's own rule is left: {left}");
    // The program refuses nothing in its folder although Terraform has worked in it.
    assert_eq!(env.run(&["network", "plan", "--config", "acme.toml", "--out", "plan"]).code, 0);
    say("judged by terraform apply on moto, two accounts and two regions: apply, accept, apply, empty plan, destroy");
}
