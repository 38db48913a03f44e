//! The arguments of the process and of its children, which every user of the machine can read.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::time::Duration;

use factory_gitlab::sandbox::options::SandboxOptions;

use super::{assert_hidden, world_with};
use crate::test_env::Transcript;

/// The arguments of a process and of its descendants, as far as they can be read now.
fn arguments(root: u32) -> BTreeMap<u32, String> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![root];
    while let Some(id) = waiting.pop() {
        let Ok(line) = std::fs::read(format!("/proc/{id}/cmdline")) else { continue };
        found.insert(id, String::from_utf8_lossy(&line).replace('\0', " "));
        let Ok(tasks) = std::fs::read_dir(format!("/proc/{id}/task")) else { continue };
        for task in tasks.flatten() {
            let children = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
            waiting.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
        }
    }
    found
}

#[test]
fn no_process_has_a_secret_among_its_arguments() {
    let (env, canaries) =
        world_with(SandboxOptions { projects: 1, latency: Duration::from_millis(50), ..SandboxOptions::default() });
    for args in [["connect", "--yes", "-q"].as_slice(), &["verify", "--live", "-q"]] {
        let child = env.start(args);
        let id = child.id();
        let waiter = std::thread::spawn(move || child.wait_with_output().expect("an end"));
        let mut looks = 0;
        while !waiter.is_finished() {
            for (id, line) in arguments(id) {
                looks += usize::from(!line.is_empty());
                for canary in &canaries {
                    assert!(canary.found_in(&line).is_none(), "{} is an argument of {id}: {line}", canary.name);
                }
            }
            #[expect(clippy::disallowed_methods, reason = "the process is looked at from time to time")]
            std::thread::sleep(Duration::from_millis(5));
        }
        let run = Transcript::new(&waiter.join().expect("an end"), &env.path(""));
        assert_eq!(run.code, 0, "{run}");
        assert!(looks > 10, "{looks} looks only");
        assert_hidden("in argv", &canaries, &env, &[run]);
    }
}
