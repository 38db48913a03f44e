//! Every request × ways to fail: never a false success, and nothing is left once the server answers again.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::disconnect::state::{is_as_before, state_of};
use crate::test_env::{TestEnv, Transcript, small};

const FAULTS: [&str; 6] = ["status:403", "html:200", "status:500", "json:{}", "lost", "reset"];

fn is_no_false_success(run: &Transcript, fault: &str) {
    assert!([0, 1, 2, 3].contains(&run.code), "{fault}: {run}");
    if run.code != 0 {
        return;
    }
    let document = run.json();
    let rows = document["events"].as_array().expect("rows");
    let shown = |row: &Value, cell: &str| row[cell]["state"].as_str().unwrap_or_default().to_owned();
    for row in rows.iter().filter(|row| shown(row, "sent") == "yes") {
        assert_eq!(shown(row, "delivered"), "yes", "{fault}: {run}");
        assert_eq!(shown(row, "received"), "yes", "{fault}: {run}");
    }
    assert_eq!(document["cleaned"], true, "{fault}: {run}");
}

fn matrix(args: &[&str]) {
    let calm = TestEnv::with(small());
    calm.connects(&[]);
    let run = calm.exercise(args);
    assert_eq!(run.code, 0, "{run}");
    // Numbers differ from run to run only where they are counted up.
    let requests = calm.sandbox().requests();
    let paths: BTreeSet<String> =
        requests.iter().map(|one| format!("{:?}:{} {}", one.side, one.method, star(one.path()))).collect();
    let mut env = TestEnv::with(small());
    env.connects(&[]);
    // A delivery that does not come is waited for for two minutes: here they pass in a third of a second.
    env.set_clock_speed(400);
    let before = state_of(&env);
    for path in &paths {
        let faults = if path.contains(":GET ") { &FAULTS[..2] } else { &FAULTS[..] };
        for fault in faults {
            let (side, path) = path.split_once(':').expect("a side");
            let fault = format!("{}:{path}={fault}", side.to_lowercase());
            env.sandbox().fault(&fault).expect("a fault");
            let run = env.exercise(&[args, &["--timeout", "1", "-o", "json"]].concat());
            env.sandbox().clear_faults();
            is_no_false_success(&run, &fault);
            let swept = env.exercise(&["--sweep"]);
            assert_eq!(swept.code, 0, "{fault}: {swept}\nafter {run}");
            is_as_before(&env, &before, &format!("{fault}: {swept}\nafter {run}"));
        }
    }
}

/// Every number in a path is of this run only.
fn star(path: &str) -> String {
    let part = |part: &str| {
        let is_own = part.contains("factory-gitlab-exercise-") || part.bytes().all(|byte| byte.is_ascii_digit());
        if is_own && !part.is_empty() { "*".to_owned() } else { part.to_owned() }
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[test]
fn no_failed_request_ends_in_a_false_success_and_sweeping_leaves_nothing() {
    matrix(&["--only", "issue", "--only", "merge_request", "--only", "job"]);
}

#[test]
fn the_same_holds_in_a_project_that_exists() {
    matrix(&["--project", "group-1/project-1", "--only", "issue_comment", "--only", "pipeline"]);
}
