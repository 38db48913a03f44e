//! Commands that are printed, on the terminal and in files: they repeat what was given, and work as they are printed.

use super::{ANSWERS, env, plan, text};
use crate::test_env::{TestEnv, Transcript};

/// The commands of this program that a text tells its reader to run.
fn own_commands(text: &str) -> Vec<String> {
    let of_blocks = text.lines().filter_map(|line| line.strip_prefix("$ "));
    // Without options it is a command's name.
    let of_code = text.split('`').skip(1).step_by(2).filter(|code| !code.contains('\n') && code.contains(" --"));
    of_blocks.chain(of_code).filter(|line| line.starts_with("factory-gitlab ")).map(str::to_owned).collect()
}

#[test]
fn every_command_of_the_worksheet_exists() {
    let env = env();
    let device = [
        "--method",
        "vpn",
        "--vpn-address",
        "198.51.100.9",
        "--local-cidr",
        "192.168.0.0/16",
        "--gitlab-address",
        "192.168.1.10",
        "--ike",
        "aes256-sha256-ecp384",
        "--esp",
        "aes256gcm16-ecp384",
    ];
    let ways: [&[&str]; 4] = [
        &[],
        &device,
        &["--method", "vpn", "--aws-end", "customer"],
        &["--method", "public", "--gitlab-address", "198.51.100.7"],
    ];
    for way in ways {
        let run = plan(&env, way);
        assert_eq!(run.code, 0, "{way:?}: {run}");
        let commands = own_commands(&text(&env, "WORKSHEET.md"));
        assert!(commands.len() > 6, "{commands:?}");
        for command in commands {
            let command = command.replace("--resolver ADDRESS", "--resolver 10.0.0.2");
            let args: Vec<std::ffi::OsString> =
                shlex::split(&command).expect("words of a shell").into_iter().map(Into::into).collect();
            let parsed = factory_gitlab::commands::parse(&args);
            assert!(matches!(parsed, Ok(factory_gitlab::cli::Parsed::Run(_))), "{command}");
        }
    }
}

/// Runs a printed command as it is.
fn run_printed(env: &TestEnv, line: &str) -> Transcript {
    let words = shlex::split(line).expect("words of a shell");
    assert_eq!(words[0], "factory-gitlab", "{line}");
    env.run(&words.iter().skip(1).map(String::as_str).collect::<Vec<_>>())
}

const BY_FLAGS: [&str; 12] = [
    "network",
    "plan",
    "--kit",
    "my kit.json",
    "--gitlab-url",
    "https://gitlab.acme.com",
    "--gitlab-address",
    "198.51.100.7",
    "--gitlab-address",
    "198.51.100.8",
    "--out",
    "my plan",
];

#[test]
fn the_advice_is_a_command_that_makes_the_plan() {
    let mut env = env();
    env.file("my kit.json", super::kit().to_string());
    let run = env.run(&BY_FLAGS);
    let printed = "factory-gitlab network plan --kit 'my kit.json' --gitlab-url https://gitlab.acme.com \
                   --gitlab-address 198.51.100.7 --gitlab-address 198.51.100.8 --out 'my plan' --method public";
    assert!(run.stderr.contains(printed), "{run}");
    let advised = run_printed(&env, printed);
    assert_eq!(advised.code, 0, "{advised}");
    // Of another shell's variables a copied command knows nothing.
    env.set("FACTORY_KIT", "kit.json");
    env.set("GITLAB_URL", "https://gitlab.acme.com");
    let args = ["network", "plan", "--method", "public", "--gitlab-address", "198.51.100.7", "--out", "plan"];
    assert_eq!(env.run(&args).code, 0);
    let sheet = text(&env, "WORKSHEET.md");
    let wanted = "$ factory-gitlab network check --kit kit.json --gitlab-url https://gitlab.acme.com\n";
    assert!(sheet.contains(wanted), "{sheet}");
}

#[test]
fn the_worksheet_makes_the_same_plan_again_with_the_command_that_it_prints() {
    let env = env();
    env.file("my kit.json", super::kit().to_string());
    env.file("acme.toml", ANSWERS.replace("kit = 'kit.json'\n", ""));
    for args in [
        vec!["network", "plan", "--config", "acme.toml", "--kit", "my kit.json", "--ssh-port", "2222", "--out", "plan"],
        vec!["network", "plan", "--config", "acme.toml", "--kit", "kit.json", "--out", "plan"],
    ] {
        let first = env.run(&args);
        assert_eq!(first.code, 0, "{first}");
        let sheet = text(&env, "WORKSHEET.md");
        let line = own_commands(&sheet).into_iter().find(|line| line.contains("network plan")).expect("the command");
        let again = run_printed(&env, &line);
        assert_eq!(again.code, 0, "{line}: {again}");
        assert!(again.stdout.contains("unchanged") && !again.stdout.contains("written"), "{line}: {again}");
        for line in own_commands(&sheet).iter().filter(|line| !line.contains("network plan")) {
            assert!(line.contains("--config acme.toml"), "{line}");
            assert!(line.contains("--kit kit.json") || line.contains("--kit 'my kit.json'"), "{line}");
        }
    }
}

#[test]
fn what_the_method_does_not_use_is_said() {
    let env = env();
    let device = ["--vpn-address", "198.51.100.9", "--ike", "aes256-sha256-ecp384"];
    let run = plan(&env, &device);
    assert_eq!(run.code, 0, "{run}");
    let wanted = "warning  vpn_address, ike: not used with --method vpc-peering\n";
    assert!(run.stdout.contains(wanted), "{run}");
    let document = plan(&env, &[&device[..], &["-o", "json"]].concat()).json();
    assert_eq!(document["warnings"][0]["at"], "vpn_address");
    let public = plan(&env, &["--method", "public", "--gitlab-address", "198.51.100.7"]);
    assert!(public.stdout.contains("region, vpc_cidrs, route_tables, security_groups: not used"), "{public}");
    assert_eq!(public.code, 0, "an answers file may have values for several methods: {public}");
}
