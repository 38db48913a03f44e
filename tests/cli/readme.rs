//! The README is true: its commands run, its reference is generated, its screenshots show the real output.
//!
//! `BLESS=1 cargo test readme` updates what is generated.

mod printed;
mod proxy;
mod walks;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anstyle_svg::Term;
use factory_gitlab::cli::Parsed;
use factory_gitlab::error::ExitCode;
use factory_gitlab::{checks, env_vars, recipe, schema, settings};

use self::printed::Step;
use crate::test_env::TestEnv;

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn readme() -> String {
    fs::read_to_string(root("README.md")).expect("the README")
}

#[expect(clippy::disallowed_methods, reason = "the environment decides whether the test writes")]
fn is_blessed() -> bool {
    std::env::var_os("BLESS").is_some()
}

/// Compares a generated file with what is generated now.
#[expect(clippy::disallowed_methods, reason = "the test writes the generated files of the tree")]
fn hold(path: &str, fresh: &str) {
    let path = root(path);
    if is_blessed() {
        fs::write(&path, fresh).expect("a file of the tree");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == fresh, "{} is stale; run the test with BLESS=1", path.display());
}

/// The commands of the console blocks, with what is printed below them, and of the tables.
fn commands() -> Vec<Step> {
    let readme = readme();
    let blocks = readme.split("```console\n").skip(1);
    let typed = blocks.flat_map(|rest| Step::all(rest.split("```").next().unwrap_or_default()));
    let quoted = readme
        .lines()
        .filter(|line| line.starts_with('|'))
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .filter(|code| code.starts_with("factory-gitlab "))
        .map(Step::without_output);
    typed.chain(quoted).collect()
}

/// The words of a command, without the shell's quotes.
fn words(command: &str) -> Vec<String> {
    shlex::split(command).expect("words of a shell")
}

#[test]
fn the_files_that_contributing_names_exist() {
    let page = fs::read_to_string(root(".github/CONTRIBUTING.md")).expect("CONTRIBUTING.md");
    let prose: String = page.split("```").step_by(2).collect();
    let quoted = prose.split('`').skip(1).step_by(2);
    let named: Vec<&str> =
        quoted.filter(|word| ["src/", "tests/", ".ci/"].iter().any(|folder| word.starts_with(folder))).collect();
    assert!(named.len() > 20, "{named:?}");
    for path in named {
        assert!(root(path).exists(), "{path}");
    }
}

#[test]
fn the_first_screen_holds_the_two_commands_that_do_everything() {
    let readme = readme();
    let first_screen: Vec<&str> = readme.lines().take(25).collect();
    for command in ["$ cargo run --quiet -- sandbox connect --yes", "$ cargo test"] {
        assert!(first_screen.contains(&command), "{command}");
    }
}

#[test]
fn every_command_of_the_readme_is_parsed() {
    let steps = commands();
    assert!(steps.len() > 10, "{steps:?}");
    for Step { command, .. } in steps.iter().filter(|step| step.command.starts_with("factory-gitlab ")) {
        let words = words(command).into_iter().take_while(|word| word != ">");
        let args: Vec<OsString> = words.map(OsString::from).collect();
        assert!(matches!(factory_gitlab::commands::parse(&args), Ok(Parsed::Run(_))), "{command}");
    }
}

#[test]
fn the_answers_file_of_the_readme_is_parsed() {
    let readme = readme();
    let (_, rest) = readme.split_once("```toml\n").expect("an answers file");
    let (answers, _) = rest.split_once("```").expect("its end");
    settings::Answers::parse(answers, PathBuf::from("acme.toml")).expect("answers that the program takes");
}

#[test]
fn every_sandbox_command_of_the_readme_runs() {
    let mut ran = 0;
    for step in commands() {
        let words = words(&step.command);
        let args: Vec<&str> = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["cargo", "run", "--quiet", "--", args @ ..] => args.to_vec(),
            ["factory-gitlab", "sandbox", args @ ..] if !args.is_empty() => [&["sandbox"], args].concat(),
            _ => continue,
        };
        let run = TestEnv::bare().run(&args);
        // A new sandbox is not connected, so `verify` fails.
        let wanted = if args.contains(&"verify") { 1 } else { 0 };
        assert_eq!(run.code, wanted, "{}\n{run}", step.command);
        step.hold(&run, &[]);
        ran += 1;
    }
    assert!(ran >= 3, "{ran}");
}

/// The variables of a connected sandbox that say who asks whom, taken away: what stands in the README has to be enough.
fn take(env: &mut TestEnv, name: &str) -> String {
    let value = env.variables()[name].clone();
    env.unset(name);
    value
}

#[test]
fn the_unit_of_the_monitor_succeeds_with_a_state_folder_of_its_own() {
    let mut env = crate::monitor::connected(crate::test_env::small());
    env.on_another_machine();
    let unit = recipe::find("systemd").expect("a recipe").files[0].text().replace("\\\n", "");
    let line = unit.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/bin/factory-gitlab "));
    let mut line = line.expect("the command of the unit").to_owned();
    env.unset("FACTORY_KIT");
    let (token, key) = (take(&mut env, "GITLAB_TOKEN"), take(&mut env, "FACTORY_API_KEY"));
    let metrics = env.path("factory.prom").to_string_lossy().into_owned();
    for (printed, own) in [
        ("https://gitlab.example.com", take(&mut env, "GITLAB_URL")),
        ("%d/token", env.file("token", token)),
        ("%d/kit", env.file("kit.json", env.sandbox().factory().kit_json().to_string())),
        ("%d/factory-key", env.file("key", key)),
        ("0123-4567-89ab-cdef-0123-4567", env.kit_fingerprint()),
        ("/var/lib/prometheus/node-exporter/factory-gitlab.prom", metrics.clone()),
    ] {
        assert!(line.contains(printed), "{printed}: {line}");
        line = line.replacen(printed, &own, 1);
    }
    let words = words(&line);
    let args: Vec<&str> = words.iter().map(String::as_str).collect();
    for _ in 0..2 {
        let run = env.run(&args);
        assert_eq!(run.code, 0, "{line}\n{run}");
    }
    let text = fs::read_to_string(&metrics).expect("the metrics");
    assert!(text.contains("factory_gitlab_last_success_timestamp_seconds{"), "{text}");
}

#[test]
fn the_reference_is_generated_by_the_program() {
    let template = TestEnv::bare().run(&["kit", "template"]);
    let mut readme = readme();
    for (name, fresh) in [
        ("exit-codes", exit_codes_table()),
        ("recipes", recipes_table()),
        ("settings", settings_table()),
        ("variables", variables_table()),
        ("kit", format!("```json\n{}\n```", template.stdout.trim_end())),
        ("schemas", schemas_table()),
        ("checks", checks::documentation().trim_end().to_owned()),
        ("findings", checks::findings_documentation()),
    ] {
        readme = with_section(&readme, name, &fresh);
    }
    hold("README.md", &readme);
}

/// The README with the text between the two marks of a section replaced.
fn with_section(readme: &str, name: &str, fresh: &str) -> String {
    let begin = readme.find(&format!("<!-- {name}: begin")).expect("where the section begins");
    let inside = begin + readme[begin..].find("-->\n").expect("the end of the mark") + "-->\n".len();
    let end = readme.find(&format!("<!-- {name}: end -->")).expect("where it ends");
    format!("{}\n{fresh}\n\n{}", &readme[..inside], &readme[end..])
}

fn exit_codes_table() -> String {
    let row = |code: ExitCode| format!("| {} | {} |", code as u8, code.meaning());
    format!("| exit code | meaning |\n|---|---|\n{}", ExitCode::ALL.map(row).join("\n"))
}

fn recipes_table() -> String {
    let row = |recipe: &recipe::Recipe| {
        let files: Vec<String> = recipe.files.iter().map(|file| format!("`{}`", file.path)).collect();
        let files = match files.as_slice() {
            [file] => file.clone(),
            files => format!("{} files", files.len()),
        };
        format!("| `{}` | {} | {files} |", recipe.name, recipe.what)
    };
    let rows: Vec<String> = recipe::ALL.iter().map(row).collect();
    format!("| recipe | what | files |\n|---|---|---|\n{}", rows.join("\n"))
}

fn settings_table() -> String {
    let row = |setting: &settings::Definition| {
        let variable = setting.variable.map(|name| format!("`{name}`")).unwrap_or_default();
        format!("| `{}` | {variable} | `{}` | {} |", setting.flag, setting.key, setting.help)
    };
    let rows: Vec<String> = settings::all().map(row).collect();
    format!("| flag | variable | answers file | meaning |\n|---|---|---|---|\n{}", rows.join("\n"))
}

fn variables_table() -> String {
    let row = |variable: &env_vars::Variable| format!("| `{}` | {} |", variable.name, variable.meaning);
    let rows: Vec<String> = env_vars::ALL.iter().map(row).collect();
    format!("| variable | meaning |\n|---|---|\n{}", rows.join("\n"))
}

fn schemas_table() -> String {
    let row = |one: &schema::DocumentSchema| format!("| `{}` | {} |", one.versioned(), one.title());
    let rows: Vec<String> = schema::ALL.iter().map(row).collect();
    format!("| schema | what |\n|---|---|\n{}", rows.join("\n"))
}

#[test]
fn every_link_of_a_check_or_a_finding_has_an_anchor() {
    let readme = readme();
    let checks: Vec<&str> = checks::CheckSet::All.infos().iter().map(|check| check.code).collect();
    for check in checks::CheckSet::Explained.infos() {
        let doc = check.doc();
        let (page, anchor) = doc.split_once('#').expect("an anchor");
        let path = page.split_once("/blob/main/").filter(|_| page.starts_with("https://"));
        let (_, path) = path.unwrap_or_else(|| panic!("a report is read far from the repository: {doc}"));
        let page = fs::read_to_string(root(path)).expect("a page of the repository");
        let anchor = format!("<a id=\"{anchor}\"></a>");
        let is_linked = readme.contains(&anchor) || !checks.contains(&check.code);
        assert!(page.contains(&anchor) && is_linked, "{anchor}");
    }
}

#[test]
fn the_screenshots_show_the_real_output() {
    let mut env = TestEnv::new();
    env.set("COLUMNS", "110");
    let connect = env.run(&["connect", "--yes", "--color", "always"]);
    assert_eq!(connect.code, 0, "{connect}");
    let verify = env.run(&["verify", "--color", "always"]);
    assert_eq!(verify.code, 0, "{verify}");
    for (name, command, run) in
        [("connect", "factory-gitlab connect", connect), ("verify", "factory-gitlab verify", verify)]
    {
        let text = format!("$ {command}\n{}{}", run.stderr, run.stdout);
        hold(&format!("tests/readme/{name}.svg"), &Term::new().render_svg(&told(&run.filtered(&text))));
    }
}

/// A transcript with typical values in place of its placeholders.
fn told(text: &str) -> String {
    let mut text = text.replace("127.0.0.1:[port]", "127.0.0.1:8080");
    for (placeholder, value) in [("[recipient]", "age1…"), ("[duration]", "90 ms")] {
        text = text.replace(placeholder, value);
    }
    let receipt = regex::Regex::new(r"bnd_\w+").expect("a pattern");
    let times = regex::Regex::new(r"\d+\.\d s\b").expect("a pattern");
    let dates = regex::Regex::new(r"\d{4}-\d\d-\d\d").expect("a pattern");
    let text = receipt.replace_all(&text, "bnd_1").into_owned();
    let text = times.replace_all(&text, "0.1 s").into_owned();
    dates.replace_all(&text, "2027-11-20").into_owned()
}
