use super::*;

fn args(line: &str) -> Vec<OsString> {
    std::iter::once("factory-gitlab").chain(line.split_whitespace()).map(OsString::from).collect()
}

fn parsed(line: &str) -> Box<Invocation<Command>> {
    match parse(&args(line)).expect("no secret among the arguments") {
        Parsed::Run(invocation) => invocation,
        other => unreachable!("{line}: {other:?}"),
    }
}

fn every_command(command: &clap::Command, path: &str, visit: &mut dyn FnMut(&str, &clap::Command)) {
    let path = format!("{path} {}", command.get_name()).trim().to_owned();
    visit(&path, command);
    for below in command.get_subcommands() {
        every_command(below, &path, visit);
    }
}

#[test]
fn clap_accepts_the_command_line() {
    command().debug_assert();
}

#[test]
fn every_help_names_its_exit_codes_and_has_an_example() {
    let mut seen = 0;
    every_command(&command(), "", &mut |path, command| {
        seen += 1;
        let help = command.clone().render_long_help().to_string();
        assert!(help.contains("Exit codes"), "{path}");
        assert!(help.contains("\nExample"), "{path}");
        assert!(help.contains("\n  0  "), "{path}");
        assert!(help.contains("  factory-gitlab") || help.contains(" factory-gitlab "), "{path}");
    });
    assert!(seen > 10, "only {seen} commands were looked at");
}

#[test]
fn every_setting_has_a_flag_on_each_of_its_commands() {
    let mut paths = Vec::new();
    every_command(&command(), "", &mut |path, command| {
        paths.push(path.to_owned());
        for setting in settings::all() {
            let path = path.trim_start_matches("factory-gitlab").trim_start();
            let is_taken = match setting.commands {
                settings::Commands::All => path.is_empty(),
                settings::Commands::Only(paths) => paths.contains(&path),
            };
            let arg = command.get_arguments().find(|arg| arg.get_id().as_str() == setting.key);
            assert_eq!(arg.is_some(), is_taken, "{} of {path:?}", setting.key);
        }
    });
    for setting in settings::all() {
        let key = setting.key.rsplit('.').next().unwrap_or_default();
        // The key of a list in a section is a plural; its flag is given once for each.
        let one = match key.strip_suffix("addresses").map(|begins| format!("{begins}address")) {
            Some(one) => one,
            None if key != setting.key && setting.kind == settings::ValueKind::List => {
                key.trim_end_matches('s').to_owned()
            }
            None => key.to_owned(),
        };
        assert_eq!(setting.flag, format!("--{}", one.replace('_', "-")));
        if let settings::Commands::Only(commands) = setting.commands {
            for command in commands {
                assert!(paths.contains(&format!("factory-gitlab {command}")), "{} of {command:?}", setting.key);
            }
        }
    }
}

#[test]
fn the_help_of_a_setting_names_its_variable_and_fits_on_a_line() {
    let command = command();
    let first: Vec<&clap::Command> = std::iter::once(&command).chain(command.get_subcommands()).collect();
    let below = first.iter().skip(1).flat_map(|command| command.get_subcommands());
    let commands: Vec<&clap::Command> = first.iter().copied().chain(below).collect();
    for setting in settings::all() {
        assert!(setting.help.chars().count() <= 72, "{}", setting.help);
        let of_setting = |arg: &&&clap::Arg| arg.get_id().as_str() == setting.key;
        let args: Vec<&clap::Arg> = commands.iter().flat_map(|command| command.get_arguments()).collect();
        let arg = args.iter().find(of_setting).unwrap_or_else(|| panic!("{} has no flag", setting.key));
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        match setting.variable {
            Some(variable) => assert_eq!(help, format!("{} [env: {variable}]", setting.help)),
            None => assert_eq!(help, setting.help),
        }
    }
}

#[test]
fn global_options_are_taken_before_and_after_the_command() {
    for line in ["--gitlab-url https://a connect -y -o json", "-o json -y connect --gitlab-url https://a"] {
        let invocation = parsed(line);
        let formats: Vec<_> = invocation.cli.global.output_format.iter().map(|one| one.format.name()).collect();
        assert_eq!(formats, ["json"], "{line}");
        let settings = crate::settings::Settings::new(invocation.given, &crate::env::Env::empty(), None);
        assert_eq!(
            settings.get(&keys::GITLAB_URL).expect("a URL").map(|found| found.value.to_string()).as_deref(),
            Some("https://a"),
            "{line}"
        );
        assert!(settings.is_enabled(&keys::YES), "{line}");
    }
}

#[test]
fn a_flag_that_was_not_typed_has_no_value() {
    let settings = crate::settings::Settings::new(parsed("connect").given, &crate::env::Env::empty(), None);
    for setting in settings::all() {
        assert!(!settings.is_set(setting), "{}", setting.key);
    }
}

#[test]
fn a_secret_as_a_value_is_refused_and_not_repeated() {
    for line in [
        "connect --token hunter2hunter2",
        "connect --token=hunter2hunter2",
        "--pat hunter2hunter2 verify",
        "connect --webhook-secret hunter2hunter2",
        "connect --application-secret=hunter2hunter2",
        #[cfg(feature = "sandbox")]
        "sandbox connect --api-key hunter2hunter2",
    ] {
        let failure = parse(&args(line)).expect_err(line);
        let text = failure.to_string();
        assert!(!text.contains("hunter2"), "{text}");
        assert!(text.contains("-file PATH"), "{text}");
        assert_eq!(failure.exit_code(), crate::error::ExitCode::Usage);
    }
}

#[cfg(feature = "sandbox")]
#[test]
fn the_sandbox_takes_its_own_options_and_then_a_whole_command() {
    let invocation = parsed("sandbox --projects 20 connect --yes -o json");
    let Command::Sandbox(sandbox) = &invocation.cli.command else {
        unreachable!("sandbox was asked for");
    };
    assert_eq!(sandbox.projects, 20);
    assert_eq!(sandbox.command, ["connect", "--yes", "-o", "json"].map(OsString::from));
    assert!(invocation.cli.global.output_format.is_empty());
}

#[cfg(not(feature = "sandbox"))]
#[test]
fn a_program_without_the_sandbox_does_not_mention_it() {
    every_command(&command(), "", &mut |path, command| {
        let help = command.clone().render_long_help().to_string().to_lowercase();
        assert!(!help.contains("sandbox"), "{path}: {help}");
    });
    assert!(matches!(parse(&args("sandbox connect")), Ok(Parsed::Misuse(_))));
}

#[test]
fn the_running_command_is_named_as_it_is_typed() {
    const LINES: &[(&str, &str)] = &[
        ("connect --dry-run --kit kit.json", "connect"),
        ("verify --live", "verify"),
        ("bundle inspect bundle.age", "bundle inspect FILE"),
        ("bundle upload bundle.age -y", "bundle upload FILE"),
        ("bundle open -i key.txt bundle.age", "bundle open FILE --identity-file PATH"),
        ("kit template", "kit template"),
        ("-q kit show", "kit show"),
        ("kit check", "kit check"),
        ("status", "status"),
        #[cfg(feature = "sandbox")]
        ("sandbox --projects 20 connect --yes", "sandbox"),
        ("completions bash", "completions SHELL"),
        ("man --dir /tmp", "man"),
    ];
    for (line, wanted) in LINES {
        assert_eq!(parsed(line).running, *wanted, "{line}");
    }
}

#[test]
fn a_duration_is_read_and_a_wrong_one_is_explained() {
    let Command::Verify(verify) = parsed("verify --wait 90s").cli.command else {
        unreachable!("verify was asked for");
    };
    assert_eq!(verify.wait_for, Some(std::time::Duration::from_secs(90)));
    for line in ["verify --wait soon", "verify --wait=-5m"] {
        let Ok(Parsed::Misuse(misuse)) = parse(&args(line)) else {
            unreachable!("{line} is not a duration");
        };
        assert!(misuse.text.contains("write it as 90s, 5m or 1h"), "{}", misuse.text);
    }
}

#[test]
fn a_usage_error_of_clap_is_a_failure_with_its_tips() {
    for (line, message, fix) in [
        ("verify --lvie", "unexpected argument '--lvie' found", "a similar argument exists: '--live'"),
        ("verfy", "unrecognized subcommand 'verfy'", "a similar subcommand exists: 'verify'"),
        ("verify --fail-on sometimes", "invalid value 'sometimes' for '--fail-on <LEVEL>'", "usage: "),
        ("bundle inspect", "the following required arguments were not provided: <FILE>", "usage: factory-gitlab"),
        ("", "the command is missing", "usage: factory-gitlab"),
    ] {
        let Ok(Parsed::Misuse(misuse)) = parse(&args(line)) else { unreachable!("{line} is a usage error") };
        assert!(misuse.failure.message.starts_with(message), "{line}: {:?}", misuse.failure);
        let is_near = misuse.failure.fixes.iter().any(|one| one.text.contains(fix));
        assert!(is_near || fix == "usage: ", "{line}: {:?}", misuse.failure);
    }
}

#[test]
fn the_help_of_a_command_is_shown_by_help_command() {
    for (line, holds) in [
        ("help connect", "--dry-run"),
        ("help disconnect", "--evidence"),
        ("help kit check", "Check the kit"),
        ("help bundle open", "--identity-file"),
        ("help", "Commands:"),
        #[cfg(feature = "sandbox")]
        ("help sandbox", "retry-after:SECS"),
    ] {
        let Ok(Parsed::Show(text)) = parse(&args(line)) else { unreachable!("{line} shows a help") };
        assert!(text.contains(holds), "{line}: {text}");
    }
    assert!(matches!(parse(&args("help weather")), Ok(Parsed::Misuse(_))));
}

/// The commands that a file's messages are of, by the beginning of its path; elsewhere those that work on a connection.
const MESSAGES_OF: &[(&str, &[&str])] = &[
    ("src/advice/blockers.rs", &["connect"]),
    ("src/checks/filter.rs", &["verify"]),
    ("src/checks/network", &["network check"]),
    ("src/observed/ways", &["network check"]),
    ("src/checks/webhook", &["verify"]),
    ("src/checks/token.rs", &["verify"]),
    ("src/checks/instance.rs", &["verify"]),
    ("src/commands/bundle.rs", &["bundle upload", "bundle open"]),
    ("src/commands/approval.rs", &["connect"]),
    ("src/commands/exercise.rs", &["exercise"]),
    ("src/commands/diagnostics/exercise.rs", &["exercise"]),
    ("src/apply/exercise", &["exercise"]),
    ("src/plan/step/exercise.rs", &["exercise"]),
    ("src/plan/exercise.rs", &["exercise"]),
    ("src/commands/audit.rs", &["audit"]),
    ("src/audit", &["audit"]),
    ("src/commands/sandbox.rs", &["sandbox"]),
    ("src/commands/verify.rs", &["verify"]),
    ("src/commands/connect", &["connect"]),
    ("src/commands/cloud/disconnect.rs", &["disconnect"]),
    ("src/commands/cloud/verify.rs", &["verify"]),
    ("src/commands/cloud", &["connect"]),
    ("src/error.rs", &["disconnect"]),
    ("src/report/run/text.rs", &["disconnect"]),
    ("src/commands/disconnect.rs", &["disconnect"]),
    ("src/commands/monitor", &["monitor"]),
    ("src/commands/network/check.rs", &["network check"]),
    ("src/commands/network", &["network plan"]),
    ("src/plan/network", &["network plan"]),
    ("src/report/series", &["monitor"]),
    ("src/schema/audit.json", &["audit"]),
    ("src/schema/checks.json", &["verify", "network check"]),
    ("src/schema/disconnect", &["disconnect"]),
    ("src/schema/exercise.json", &["exercise"]),
    ("src/schema/monitor-event.json", &["monitor"]),
    ("src/schema/", &["connect"]),
    ("src/observed.rs", &["verify"]),
    ("src/kit/check.rs", &["connect", "verify", "kit check", "kit show"]),
    ("src/advice/ended.rs", &["disconnect"]),
    ("src/commands/diagnostics/ended.rs", &["disconnect"]),
    ("src/plan/disconnect.rs", &["disconnect"]),
    ("src/plan/parts/ended_", &["disconnect"]),
    ("src/advice/rotation.rs", &["rotate token"]),
    ("src/plan/parts/due.rs", &["rotate token"]),
    ("src/plan/", &["connect"]),
    ("src/commands/recipe", &["recipe"]),
];

#[test]
fn no_message_names_an_option_that_its_command_does_not_have() {
    let mut flags: Vec<(String, Vec<String>)> = Vec::new();
    let mut all = command();
    all.build();
    every_command(&all, "", &mut |path, command| {
        let path = path.trim_start_matches("factory-gitlab").trim_start().to_owned();
        flags.push((path, command.get_arguments().filter_map(|arg| Some(format!("--{}", arg.get_long()?))).collect()));
    });
    let has =
        |path: &str, flag: &str| flags.iter().any(|(of, flags)| of == path && flags.iter().any(|one| one == flag));
    let mut wrong = Vec::new();
    let mut found = 0;
    for (file, text) in messages() {
        for flag in flags_in(&text) {
            found += 1;
            // A command that is printed has to be parsed as it is, which another test holds.
            let printed = text.contains("factory-gitlab ");
            let of = MESSAGES_OF.iter().find(|(begin, _)| file.starts_with(begin));
            let commands: &[&str] = of.map_or(&["connect", "verify"], |(_, commands)| *commands);
            let is_of_one = |one: &[&str]| one.iter().any(|path| has(path, &flag));
            let is_known = match of {
                Some((_, commands)) if commands.contains(&"bundle upload") => is_of_one(commands),
                _ if printed => flags.iter().any(|(_, flags)| flags.contains(&flag)),
                _ => commands.iter().all(|path| has(path, &flag)),
            };
            if !is_known {
                wrong.push(format!("{file}: {flag} in {text:?}, which is a message of {commands:?}"));
            }
        }
    }
    assert!(found > 20, "only {found} options were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The string literals of the program's messages, with the file of each; not the tables of options themselves, and not the files
/// of a plan, whose commands are of other programs: a test of `network plan` parses ours in them.
fn messages() -> Vec<(String, String)> {
    let literal = regex::Regex::new(r#""((?:[^"\\]|\\.)*)""#).expect("a pattern");
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src")];
    let mut messages = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            let name = entry.strip_prefix(root).expect("below").to_string_lossy().replace('\\', "/");
            let is_table = [
                "src/cli",
                "src/settings",
                "src/sandbox",
                "src/env_vars",
                "src/plan/network/worksheet",
                "src/plan/network/vpn/swanctl.rs",
            ]
            .iter()
            .any(|one| name.starts_with(one));
            let is_test = name.contains("/tests") || name.contains("/testing") || name.ends_with("property.rs");
            let is_left_out = cfg!(not(feature = "sandbox")) && name == "src/commands/sandbox.rs";
            if is_table || is_test || is_left_out {
                continue;
            }
            if entry.is_dir() {
                folders.push(entry);
                continue;
            }
            let source = std::fs::read_to_string(&entry).expect("a source file");
            let code = source.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
            let lines: Vec<&str> = lines.map(|line| line.trim_end().trim_end_matches('\\')).collect();
            let joined = lines.join("\n");
            messages.extend(literal.captures_iter(&joined).map(|found| (name.clone(), found[1].to_owned())));
        }
    }
    messages
}

fn flags_in(text: &str) -> Vec<String> {
    let flag = regex::Regex::new(r"(?:^|[^\w-])(--[a-z][a-z0-9-]*[a-z0-9])").expect("a pattern");
    flag.captures_iter(text).map(|found| found[1].to_owned()).filter(|flag| flag != "--help").collect()
}

// The file in the tree is that of the whole program.
#[cfg(feature = "sandbox")]
mod surface;
