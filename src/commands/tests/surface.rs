//! What scripts are written against, in a file: from 1.0 on, names are added and none is taken away.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::every_command;
use crate::checks::CheckSet;
use crate::error::ExitCode;
use crate::{env_vars, schema, settings};

const RULE: &str = "From 1.0 on flags, variables, exit codes, codes of checks and findings, and the members of documents are only added: scripts \
                    are written against them. Text is not an interface.";

/// A line of the file: what it is about, and its names.
fn line(about: &str, names: impl IntoIterator<Item = String>) -> String {
    let names: Vec<String> = names.into_iter().collect();
    format!("{about}: {}\n", names.join(" "))
}

/// The whole surface, a line for each command and each document.
fn surface() -> String {
    let mut text = String::new();
    every_command(&super::command(), "", &mut |path, command| {
        let flag = |arg: &clap::Arg| match (arg.get_long(), arg.get_short()) {
            (Some(long), Some(short)) => format!("--{long} -{short}"),
            (Some(long), None) => format!("--{long}"),
            (None, _) => arg.get_id().as_str().to_uppercase(),
        };
        text.push_str(&line(path, command.get_arguments().map(flag)));
    });
    let of_settings = settings::all().filter_map(|setting| setting.variable);
    let variables: BTreeSet<&str> = of_settings.chain(env_vars::ALL.iter().map(|one| one.name)).collect();
    text.push_str(&line("variables", variables.into_iter().map(str::to_owned)));
    text.push_str(&line("exit codes", ExitCode::ALL.map(|code| (code as u8).to_string())));
    let checks = [CheckSet::Cloud, CheckSet::Network].into_iter().flat_map(CheckSet::infos);
    text.push_str(&line("checks", checks.map(|check| check.code.to_owned())));
    let findings = CheckSet::Review.infos().into_iter();
    text.push_str(&line("findings", findings.map(|finding| finding.code.to_owned())));
    for document in schema::ALL {
        let printed = serde_json::to_value(document.printed()).expect("JSON");
        let mut members = BTreeSet::new();
        add_members(&printed, &printed, "", &mut members);
        let is_sure = |name: &String| !name.strip_suffix('?').is_some_and(|name| members.contains(name));
        text.push_str(&line(&document.versioned(), members.iter().filter(|name| is_sure(name)).cloned()));
    }
    text
}

/// The members of a document by their paths, with a question mark behind what may be absent.
fn add_members(schema: &Value, root: &Value, at: &str, into: &mut BTreeSet<String>) {
    let list = |name: &str| schema.get(name).and_then(Value::as_array).into_iter().flatten();
    into.extend(list("required").filter_map(Value::as_str).map(|name| format!("{at}{name}")));
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        into.insert(format!("{at}{name}?"));
        add_members(property, root, &format!("{at}{name}."), into);
    }
    if let Some(items) = schema.get("items") {
        add_members(items, root, &format!("{}[].", at.trim_end_matches('.')), into);
    }
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        add_members(root.pointer(reference.trim_start_matches('#')).expect("a definition"), root, at, into);
    }
    list("allOf").chain(list("anyOf")).for_each(|part| add_members(part, root, at, into));
}

/// The names of the file, each with what its line is about.
fn names(text: &str) -> BTreeSet<String> {
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.flat_map(|(about, names)| names.split_whitespace().map(move |name| format!("{about}: {name}"))).collect()
}

/// `BLESS=1 cargo test surface` adds what is new.
#[test]
#[expect(clippy::disallowed_methods, reason = "a test's own switch, and its own file")]
fn the_surface_only_grows() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/surface.txt");
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let fresh = surface();
    let now = names(&fresh);
    let is_gone = |name: &String| !now.contains(name) && !now.contains(name.trim_end_matches('?'));
    let gone: Vec<String> = names(&kept).into_iter().filter(is_gone).collect();
    let is_released = !env!("CARGO_PKG_VERSION").starts_with("0.");
    let is_blessed = std::env::var_os("BLESS").is_some();
    assert!(gone.is_empty() || (is_blessed && !is_released), "{RULE}\nThese are gone:\n{}", gone.join("\n"));
    if is_blessed {
        fs::write(&path, &fresh).expect("written");
        return;
    }
    assert!(
        kept == fresh,
        "{RULE}\nSomething is new: run the test with BLESS=1 and look at what tests/surface.txt adds."
    );
}
