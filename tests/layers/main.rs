//! Checks the source against its rules: which module may use which, sizes, parameters, and the language of text for people.

mod language;
mod parameters;
mod source;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The layers from the bottom up; a module may use what is below it, and its own parts. `sandbox` is outside them and may
/// use layer 0 only.
const LAYERS: [&[&str]; 7] = [
    &[
        "secret",
        "error",
        "env_vars",
        "env",
        "kit",
        "instance",
        "network",
        "target",
        "activity",
        "mark",
        "text",
        "line_writer",
        "cloud",
        "recipe",
    ],
    &["http", "files", "credential_store", "journal", "settings", "schema"],
    &["gitlab", "bundle", "factory"],
    &["desired", "plan", "advice", "checks", "observed", "series", "audit"],
    &["apply"],
    &["inputs", "report", "terminal"],
    &["main", "lib", "commands", "cli"],
];

/// Modules of a layer that may use each other downward in this order only (a later one uses an earlier one).
const WITHIN: [&[&str]; 6] = [
    &[
        "text", "secret", "error", "instance", "network", "target", "activity", "mark", "env_vars", "env", "kit",
        "cloud",
    ],
    &["files", "http", "credential_store", "journal", "settings", "schema"],
    &["gitlab", "bundle", "factory"],
    &["desired", "observed", "plan", "advice", "checks", "series", "audit"],
    &["terminal", "report", "inputs"],
    &["cli", "commands", "lib", "main"],
];

/// Judgment is pure: no waiting, no input or output, no clock.
const PURE: [&str; 6] = ["desired", "plan", "advice", "checks", "series", "audit"];

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

fn may_use(user: &str, used: &str) -> bool {
    if user == used {
        return true;
    }
    // What unit tests share; built for tests only.
    if used == "testing" {
        return true;
    }
    if user == "testing" {
        return layer(used).is_some_and(|layer| layer <= 3);
    }
    if user == "sandbox" {
        return layer(used) == Some(0);
    }
    let (Some(above), Some(below)) = (layer(user), layer(used)) else {
        // The command `sandbox` is the one place that may start the sandbox.
        return used == "sandbox" && layer(user) == Some(6);
    };
    if user == "terminal" {
        return below == 0;
    }
    let before = |order: &&[&str]| {
        let place = |name| order.iter().position(|module| *module == name);
        matches!((place(user), place(used)), (Some(user), Some(used)) if used < user)
    };
    below < above || (below == above && WITHIN.iter().any(before))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The module that a file belongs to: the first part of its path below `src`.
fn module_of(file: &Path) -> String {
    let below = file.strip_prefix(src()).expect("a file below src");
    below.iter().next().expect("a name").to_string_lossy().trim_end_matches(".rs").to_owned()
}

/// Every `crate::name` in a file's code, comments left out; grouped uses (`crate::{a, b::c}`) are taken apart.
fn used_by(text: &str) -> BTreeSet<String> {
    let code: String =
        text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let mut used = BTreeSet::new();
    for tail in code.split("crate::").skip(1) {
        let names: Vec<&str> = match tail.strip_prefix('{') {
            Some(group) => top_level_names(group),
            None => vec![tail],
        };
        for name in names {
            let name: String = name.trim().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            used.insert(name);
        }
    }
    used.remove("");
    used
}

fn top_level_names(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut names) = (0_usize, 0, Vec::new());
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.push(&group[start..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    names
}

#[test]
fn no_module_uses_one_of_a_higher_layer() {
    let mut wrong = Vec::new();
    for file in sources(&src()) {
        let module = module_of(&file);
        let text = fs::read_to_string(&file).expect("a readable file");
        for used in used_by(&text) {
            if !may_use(&module, &used) {
                wrong.push(format!("{} uses crate::{used}", file.strip_prefix(src()).expect("below src").display()));
            }
        }
    }
    assert!(wrong.is_empty(), "who may use whom is broken:\n{}", wrong.join("\n"));
}

#[test]
fn every_module_has_a_layer() {
    let modules: BTreeSet<String> = sources(&src()).iter().map(|file| module_of(file)).collect();
    let homeless: Vec<&String> = modules
        .iter()
        .filter(|name| !matches!(name.as_str(), "sandbox" | "testing") && layer(name).is_none())
        .collect();
    assert!(homeless.is_empty(), "modules without a layer: {homeless:?}");
}

#[test]
fn judgment_is_pure() {
    for file in sources(&src()) {
        if !PURE.contains(&module_of(&file).as_str()) {
            continue;
        }
        let text = fs::read_to_string(&file).expect("a readable file");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for banned in ["async ", ".await", "std::fs", "tokio::", "std::io"] {
            assert!(!code.contains(banned), "{} is not pure: {banned}", file.display());
        }
        // The type of that name, and not what only contains it, as the difference of two clocks does.
        let reads_the_clock = code.split(|c: char| !c.is_alphanumeric()).any(|word| word == "Clock");
        assert!(!reads_the_clock, "{} is not pure: Clock", file.display());
    }
}

#[test]
fn secrets_are_exposed_only_where_they_are_sent_stored_or_sealed() {
    const DOORS: [&str; 4] = ["secret", "http", "credential_store", "bundle"];
    for file in sources(&src()) {
        let module = module_of(&file);
        if DOORS.contains(&module.as_str()) || module == "sandbox" {
            continue;
        }
        let text = fs::read_to_string(&file).expect("a readable file");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        assert!(!code.contains(".expose("), "{} exposes a secret", file.display());
        assert!(!code.contains("expose_secret"), "{} exposes a secret", file.display());
    }
}

#[test]
fn only_http_uses_reqwest_and_only_terminal_uses_the_terminal() {
    for file in sources(&src()) {
        let module = module_of(&file);
        let text = fs::read_to_string(&file).expect("a readable file");
        for (word, modules) in [
            ("reqwest::", ["http", "sandbox"].as_slice()),
            ("rustyline::", &["terminal"]),
            ("indicatif::", &["terminal"]),
            ("console::", &["terminal"]),
            ("keyring::", &["credential_store"]),
        ] {
            assert!(
                !text.contains(word) || modules.contains(&module.as_str()),
                "{} uses {word} outside its module",
                file.display()
            );
        }
    }
}

#[test]
fn environment_variables_are_named_in_one_list() {
    for file in sources(&src()) {
        let text = fs::read_to_string(&file).expect("a readable file");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for literal in [".var(\"", ".is_on(\"", "variables.get(\""] {
            assert!(!code.contains(literal), "{} reads a variable that env_vars.rs does not name", file.display());
        }
    }
}

#[test]
fn files_and_functions_keep_to_their_size() {
    for file in sources(&src()) {
        if file.iter().any(|part| part == "tests" || part == "tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).expect("a readable file");
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let lines = code.lines().count();
        assert!(lines <= 400, "{} has {lines} lines before its tests; 400 is the most", file.display());
    }
}

#[test]
fn a_module_with_parts_stands_beside_their_folder() {
    let inner: Vec<PathBuf> = sources(&src()).into_iter().filter(|file| file.ends_with("mod.rs")).collect();
    assert!(inner.is_empty(), "name.rs stands beside name/, there is no mod.rs: {inner:?}");
}

/// Functions that still take a parameter apart as a tuple, by file. An entry that is not needed fails.
const TUPLES_LEFT: &[(&str, &[&str])] = &[];

#[test]
fn no_parameter_is_a_tuple_pattern() {
    let mut found: std::collections::BTreeMap<String, Vec<String>> = std::collections::BTreeMap::new();
    for file in sources(&src()) {
        let text = fs::read_to_string(&file).expect("a readable file");
        let functions = parameters::tuple_patterns(&source::Source::of(&text));
        if !functions.is_empty() {
            found.insert(file.strip_prefix(src()).expect("below src").display().to_string(), functions);
        }
    }
    let left = TUPLES_LEFT
        .iter()
        .map(|(file, names)| ((*file).to_owned(), names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()));
    assert_eq!(found, left.collect(), "parameters that are tuples: a struct names their parts");
}

#[cfg(test)]
mod the_guard_itself {
    use super::*;

    #[test]
    fn sees_grouped_and_nested_uses() {
        let used =
            used_by("use crate::{http, gitlab::{Hook, User}, kit::Kit};\n// crate::apply\nfn f() { crate::plan::p() }");
        assert_eq!(used.into_iter().collect::<Vec<_>>(), ["gitlab", "http", "kit", "plan"]);
    }

    #[test]
    fn refuses_what_the_table_refuses() {
        assert!(may_use("apply", "http"));
        assert!(!may_use("http", "gitlab"));
        assert!(!may_use("sandbox", "gitlab"));
        assert!(may_use("commands", "sandbox"));
        assert!(!may_use("terminal", "report"));
    }
}
