//! Never a false green: whichever request of a look fails, and however, the look is not fine and nothing has recovered.

use std::collections::BTreeSet;

use super::{connected, look, told, unlicensed};
use crate::test_env::{TestEnv, small};

/// How a request fails.
const FAULTS: [&str; 12] = [
    "reset",
    "status:401",
    "html:200",
    // These differ with the kind of webhooks.
    "status:403",
    "status:404",
    "status:500",
    "status:503",
    "empty",
    "json:null",
    "type",
    "cut",
    "status:429",
];

/// A path with a star for each number, and without its query.
fn template(path: &str) -> String {
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    path.split('/').map(|part| if number(part) { "*" } else { part }).collect::<Vec<_>>().join("/")
}

/// The requests of a look, as faults name them.
fn requests(env: &TestEnv) -> BTreeSet<String> {
    look(env, &[]).json_lines(1);
    let all = env.sandbox().requests();
    let of_look = all.iter().filter(|one| !one.path().ends_with("/kit"));
    of_look.map(|one| format!("{}:{} {}", one.side, one.method, template(one.path()))).collect()
}

/// Answers that a healthy instance may give as well, so that there is nothing to notice: no system hook, nothing in the log; a
/// GitLab before 15.2 has no metadata and is asked for its version. Without discovery the scopes that exist are taken as known.
fn is_plausible(request: &str, fault: &str) -> bool {
    match fault {
        "empty" if request.ends_with("/api/v4/hooks") || request.ends_with("/events") => true,
        "status:404" if request.ends_with("/metadata") => true,
        _ => request.contains("openid-configuration"),
    }
}

fn matrix(env: &TestEnv, faults: &[&str], plausible: &str) {
    look(env, &[]).json_lines(1);
    let requests = requests(env);
    assert!(requests.len() >= 9, "{requests:?}");
    let state = env.files_below("state").into_iter().find(|(path, _)| path.ends_with("monitor.json")).expect("a look");
    let name =
        state.0.strip_prefix(&*env.path("").to_string_lossy()).expect("in the home").trim_start_matches('/').to_owned();
    let mut green = Vec::new();
    for request in &requests {
        let (side, line) = request.split_once(':').expect("a side");
        for fault in faults {
            env.file(&name, &state.1);
            let (method, path) = line.split_once(' ').expect("a path");
            env.sandbox().fault(&format!("{side}:{method} {path}={fault}")).expect("a fault");
            let run = look(env, &["--timeout", "5"]);
            env.sandbox().clear_faults();
            let has_recovered = told(&run).iter().any(|one| one.starts_with("recovered"));
            if has_recovered || (run.code == 0 && !is_plausible(request, fault)) {
                green.push(format!("{request} {fault}"));
            }
        }
    }
    green.retain(|case| case != plausible);
    assert!(green.is_empty(), "{green:#?}");
}

#[test]
fn no_failed_request_of_a_look_is_fine_with_group_hooks() {
    // Below the group's webhook a project needs none.
    matrix(&connected(small()), &FAULTS, "gitlab:GET /api/v4/projects/*/hooks empty");
}

#[test]
fn no_failed_request_of_a_look_is_fine_with_project_hooks() {
    // It has no license.
    matrix(&connected(unlicensed(2)), &FAULTS[3..], "gitlab:GET /api/v4/license json:null");
}

#[cfg(unix)]
#[test]
fn killed_at_any_request_the_last_look_is_whole_and_the_next_one_goes_on() {
    use crate::resume::{Point, signal_at};
    let env = connected(small());
    look(&env, &[]).json_lines(1);
    look(&env, &[]).json_lines(1);
    let requests = env.sandbox().requests().len();
    for number in 1..=requests {
        drop(signal_at(&env, &["monitor", "--once"], Point::of_request(number)[1], "KILL"));
        let run = look(&env, &[]);
        assert_eq!((told(&run), run.code), (vec![], 0), "killed at {number}: {run}");
        assert!(!run.stderr.contains("left aside"), "killed at {number}: {run}");
    }
    let left: Vec<String> = env.files_below("state").into_iter().map(|(path, _)| path).collect();
    assert!(left.iter().all(|path| !path.contains(".factory-gitlab-")), "{left:?}");
}
