//! What the README has for `monitor`, checked by GitLab's schema, and a simulated week.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use factory_gitlab::sandbox::factory::ConnectionStatus;
use factory_gitlab::sandbox::gitlab::GitLab;
use factory_gitlab::sandbox::gitlab::seed::ProjectSpec;
use factory_gitlab::sandbox::gitlab::state::ProjectNamespace;
use factory_gitlab::sandbox::options::{SandboxOptions, SandboxPlan};
use serde_json::Value;

use crate::cli::test_env::TestEnv;
use crate::programs::{find, output, say, variable};

/// The block of the README that begins with this line, and its path's file name.
fn block(first: &str) -> String {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("the README");
    let (_, rest) = readme.split_once(&format!("\n# {first}\n")).expect("the block");
    let (block, _) = rest.split_once("\n```").expect("its end");
    format!("{block}\n")
}

#[expect(clippy::disallowed_methods, reason = "the test writes files of its own")]
fn write(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, text).expect("a file");
    path
}

#[test]
fn gitlabs_schema_takes_the_scheduled_pipeline() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = write(&folder, ".gitlab-ci.yml", &block(".gitlab-ci.yml"));
    let beside_python = variable("PYTHON").map(PathBuf::from).map(|python| python.with_file_name("check-jsonschema"));
    let Some(checker) = beside_python.filter(|path| path.is_file()).or_else(|| find("check-jsonschema")) else {
        say("SKIPPED: check-jsonschema is not installed, so .gitlab-ci.yml of the README was not checked");
        return;
    };
    let mut check = std::process::Command::new(checker);
    let checked = output(check.args(["--builtin-schema", "vendor.gitlab-ci"]).arg(&file));
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}

/// The resident memory of a process in KiB.
fn resident(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}

type Changes = BTreeMap<usize, Box<dyn FnOnce(&GitLab) + Send>>;

/// What happens in the week, by the number of the look: 288 are a day.
fn week(hook: u64) -> Changes {
    let mut changes = Changes::new();
    changes.insert(300, Box::new(|gitlab| gitlab.lock().quirks.down = Some(502)));
    changes.insert(400, Box::new(move |gitlab| gitlab.disable_hook(hook)));
    changes.insert(600, Box::new(move |gitlab| gitlab.enable_hook(hook)));
    changes.insert(
        800,
        Box::new(|gitlab| {
            gitlab.add_project(ProjectSpec::new("born", ProjectNamespace::Group(3)));
        }),
    );
    changes.insert(1000, Box::new(|gitlab| gitlab.archive(2)));
    changes.insert(1100, Box::new(|gitlab| gitlab.lock().quirks.down = Some(503)));
    changes.insert(1400, Box::new(|gitlab| gitlab.remove_project(5)));
    changes
}

/// A look of 2016 in a week is every five minutes. Requests that GitLab does not answer are sent four times, so an outage ends
/// after so many of them and not after so many looks.
#[test]
fn a_week_of_looks_tells_each_change_once_and_its_memory_stays_flat() {
    let options = SandboxOptions { projects: 20, groups: 1, plan: SandboxPlan::Premium, ..SandboxOptions::default() };
    let mut env = TestEnv::with(options);
    env.set_clock_speed(100_000);
    assert_eq!(env.run(&["connect", "--yes"]).code, 0);
    let status = Some((ConnectionStatus::Connected, String::new()));
    env.sandbox().factory().set_quirks(|quirks| quirks.status = status);
    let hook = env.sandbox().gitlab().all_hooks()[0].id;
    let (gitlab, changes) = (env.sandbox().gitlab().clone(), Mutex::new(week(hook)));
    let process = Arc::new(AtomicU32::new(0));
    let memory = Arc::new(Mutex::new(Vec::new()));
    let looks = Mutex::new((0_usize, 0_usize));
    let (of_process, into) = (Arc::clone(&process), Arc::clone(&memory));
    env.sandbox().on_request(move |request| {
        if !request.path().ends_with("/metadata") {
            return;
        }
        let mut looks = looks.lock().expect("not poisoned");
        if request.status.is_some_and(|status| status >= 500) {
            looks.1 += 1;
            if looks.1.is_multiple_of(240) {
                gitlab.lock().quirks.down = None;
            }
            return;
        }
        looks.0 += 1;
        if looks.0.is_multiple_of(100) {
            into.lock().expect("not poisoned").push(resident(of_process.load(Ordering::Relaxed)));
        }
        let change = changes.lock().expect("not poisoned").remove(&looks.0);
        change.into_iter().for_each(|change| change(&gitlab));
    });
    let child = env.start(&["monitor", "--for", "7d", "--interval", "5m", "-o", "json"]);
    process.store(child.id(), Ordering::Relaxed);
    let ended = child.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&ended.stdout);
    let all: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("an event")).collect();
    let result = all.last().expect("a result");
    assert!(result["looks"].as_u64().is_some_and(|looks| (2010..=2017).contains(&looks)), "{result}");
    let told = |event: &Value| format!("{} {}", event["event"], event["subject"]).replace('"', "");
    let told: Vec<String> = all.iter().map(told).filter(|told| !told.starts_with("result ")).collect();
    for (wanted, times) in [
        ("baseline checks", 1),
        ("away GitLab", 2),
        ("back GitLab", 2),
        ("problem webhook.enabled", 1),
        ("recovered webhook.enabled", 1),
        ("new project ", 1),
        ("archived project ", 1),
        ("gone project ", 1),
    ] {
        assert_eq!(told.iter().filter(|one| one.starts_with(wanted)).count(), times, "{wanted}: {told:#?}");
    }
    assert_eq!(told.len(), 10, "{told:#?}");
    assert_eq!(ended.status.code(), Some(0), "{result}");
    let memory = memory.lock().expect("not poisoned").clone();
    say(&format!("resident memory every hundred looks, in KiB: {memory:?}; {} looks", result["looks"]));
    // The first looks fill the caches of the allocator.
    let (early, late) = (memory[1], memory[memory.len() - 1]);
    assert!(late <= early + 1024, "{memory:?}");
}
