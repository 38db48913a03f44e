//! `--metrics-file`: what the textfile collector of node_exporter takes, never half of it.
#![cfg(unix)]
#![expect(clippy::disallowed_methods, reason = "the test waits for a second to pass")]

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{connected, look, unlicensed};
use crate::test_env::{TestEnv, small};

/// Reads the classic text format by its strict rules, as the collector does: every gauge has one HELP and one TYPE before its
/// samples, no sample a time of its own, none is twice there, and the last line ends.
/// prometheus: common/expfmt/text_parse.go; node_exporter: collector/textfile.go
fn parse(text: &str) -> BTreeMap<String, f64> {
    assert!(text.ends_with('\n'), "the last line does not end");
    let (mut helped, mut typed, mut samples) = (BTreeSet::new(), BTreeSet::new(), BTreeMap::new());
    let mut current = String::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').expect("a text");
            assert!(helped.insert(name.to_owned()) && !help.is_empty(), "{line}");
            current = name.to_owned();
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a type");
            assert!(name == current && kind == "gauge" && typed.insert(name.to_owned()), "{line}");
        } else {
            let (name, rest) = line.split_once('{').expect("labels");
            assert_eq!(name, current, "samples of one name stand together");
            assert!(typed.contains(name), "{line}");
            let (labels, value) = labels(rest);
            assert!(labels.contains_key("gitlab") && labels.contains_key("organization"), "{line}");
            assert!(!value.contains(' '), "a time of its own: {line}");
            let value: f64 = value.parse().expect("a number");
            let key = format!("{}{labels:?}", name.trim_start_matches("factory_gitlab_"));
            assert!(name.starts_with("factory_gitlab_") && samples.insert(key, value).is_none(), "{line}");
        }
    }
    assert_eq!(helped, typed);
    samples
}

/// The labels, and what stands behind their bracket and its blank.
fn labels(text: &str) -> (BTreeMap<String, String>, String) {
    let (mut labels, mut rest) = (BTreeMap::new(), text);
    loop {
        let (name, tail) = rest.split_once("=\"").expect("a label");
        let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
        assert!(!name.is_empty() && name.chars().all(is_name), "{text}");
        let mut value = String::new();
        let mut letters = tail.char_indices();
        let end = loop {
            match letters.next().expect("the end of a value") {
                (_, '\\') => match letters.next().expect("what is escaped").1 {
                    'n' => value.push('\n'),
                    c @ ('\\' | '"') => value.push(c),
                    c => unreachable!("\\{c}: {text}"),
                },
                (at, '"') => break at,
                (_, c) => value.push(c),
            }
        };
        assert!(labels.insert(name.to_owned(), value).is_none(), "{text}");
        rest = &tail[end + 1..];
        if let Some(after) = rest.strip_prefix("} ") {
            return (labels, after.to_owned());
        }
        rest = rest.strip_prefix(',').expect("another label");
    }
}

fn file(env: &TestEnv) -> String {
    std::fs::read_to_string(env.path("factory.prom")).expect("a file")
}

/// The value of the only sample whose name and labels contain these words.
fn value(samples: &BTreeMap<String, f64>, words: &[&str]) -> f64 {
    let found: Vec<f64> = samples
        .iter()
        .filter(|(key, _)| words.iter().all(|word| key.contains(word)))
        .map(|(_, value)| *value)
        .collect();
    assert_eq!(found.len(), 1, "{words:?}: {samples:#?}");
    found[0]
}

const METRICS: [&str; 2] = ["--metrics-file", "factory.prom"];

#[test]
fn the_file_passes_the_rules_of_the_collector_and_has_the_states() {
    let env = connected(unlicensed(3));
    look(&env, &METRICS).json_lines(1);
    let samples = parse(&file(&env));
    for (words, wanted) in [
        (["hooks{", "enabled"].as_slice(), 3.0),
        (&["hooks{", "missing"], 0.0),
        (&["projects{", "yes"], 3.0),
        (&["check_state", "webhook.enabled"], 0.0),
        (&["gitlab_away"], 0.0),
    ] {
        assert!((value(&samples, words) - wanted).abs() < 0.1, "{words:?}: {samples:#?}");
    }
    assert!(value(&samples, &["last_success_timestamp_seconds"]) > 1.7e9);
    assert!(value(&samples, &["token_expiry_timestamp_seconds", "given"]) > 1.7e9);
    env.sandbox().gitlab().disable_hook(env.all_hooks()[0].id);
    look(&env, &METRICS).json_lines(1);
    look(&env, &METRICS).json_lines(1);
    let samples = parse(&file(&env));
    assert!((value(&samples, &["check_state", "webhook.enabled"]) - 3.0).abs() < 0.1, "{samples:#?}");
    assert!((value(&samples, &["hooks{", "disabled"]) - 1.0).abs() < 0.1, "{samples:#?}");
}

#[test]
fn no_name_of_a_group_or_project_is_in_it() {
    let env = connected(unlicensed(3));
    look(&env, &METRICS).json_lines(1);
    let text = file(&env);
    assert!(!text.contains("project-1") && !text.contains("group-1"), "{text}");
}

#[test]
fn other_users_can_read_it_whatever_the_umask_is_and_nothing_else_is_left() {
    let env = connected(small());
    let program = TestEnv::program().display().to_string();
    let mut command = std::process::Command::new("/bin/sh");
    command.args(["-c", &format!("umask 077; exec {program} monitor --once --metrics-file factory.prom")]);
    command.env_clear().envs(env.variables()).current_dir(env.path(""));
    assert!(command.output().expect("it runs").status.success());
    let mode = std::fs::metadata(env.path("factory.prom")).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
    let left = std::fs::read_dir(env.path("")).expect("the home").flatten();
    assert!(!left.into_iter().any(|one| one.file_name().to_string_lossy().starts_with(".factory-gitlab-")));
}

#[test]
fn while_gitlab_is_away_the_last_success_stays_and_the_last_run_goes_on() {
    let env = connected(small());
    look(&env, &METRICS).json_lines(1);
    let before = parse(&file(&env));
    env.sandbox().fault("gitlab:**=status:503").expect("a fault");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    look(&env, &METRICS).json_lines(1);
    let after = parse(&file(&env));
    let times = |samples: &BTreeMap<String, f64>| {
        (value(samples, &["last_success_timestamp"]), value(samples, &["last_run_timestamp"]))
    };
    assert!((times(&before).0 - times(&after).0).abs() < 0.1 && times(&after).1 > times(&before).1, "{after:#?}");
    assert!((value(&after, &["gitlab_away"]) - 1.0).abs() < 0.1);
}

#[test]
fn with_a_wrong_token_the_last_success_stays_and_what_was_read_last_is_kept() {
    let mut env = connected(unlicensed(3));
    look(&env, &METRICS).json_lines(1);
    let before = parse(&file(&env));
    env.set("GITLAB_TOKEN", "glpat-00000000000000000000");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    look(&env, &METRICS).json_lines(1);
    let after = parse(&file(&env));
    for words in [&["last_success"][..], &["hooks{", "missing"], &["hooks{", "enabled"], &["projects{", "yes"]] {
        assert!((value(&before, words) - value(&after, words)).abs() < 0.1, "{words:?}: {after:#?}");
    }
    assert!(!file(&env).contains("webhook.enabled"), "it was not judged");
}

#[test]
fn what_no_look_could_read_is_left_out() {
    let mut env = connected(small());
    env.set("GITLAB_TOKEN", "glpat-00000000000000000000");
    look(&env, &METRICS).json_lines(1);
    let text = file(&env);
    for name in ["_hooks", "_projects", "last_success", "webhook."] {
        assert!(!text.contains(name), "{name}: {text}");
    }
    parse(&text);
}

#[test]
fn a_reader_beside_the_writer_never_sees_half_a_file() {
    let mut env = connected(small());
    env.set_clock_speed(100_000);
    let child = env.start(&["monitor", "--for", "24h", "--interval", "10m", "--metrics-file", "factory.prom"]);
    let ended = AtomicBool::new(false);
    let path = env.path("factory.prom");
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut reads, mut runs) = (0_usize, BTreeSet::new());
            while !ended.load(Ordering::Relaxed) {
                if let Ok(text) = std::fs::read_to_string(&path) {
                    let run = value(&parse(&text), &["last_run_timestamp"]);
                    runs.insert(run.to_bits());
                    reads += 1;
                }
            }
            (reads, runs.len())
        });
        let output = child.wait_with_output().expect("it ends");
        ended.store(true, Ordering::Relaxed);
        assert!(output.status.success());
        let (reads, runs) = reader.join().expect("the reader");
        assert!(reads > 50 && runs > 5, "{reads} reads of {runs} files");
    });
}
