//! `network check` with the real program: whichever of its requests fails, and however, it never ends with 0 unless the answer
//! is one that shows the way to be open.

use std::collections::VecDeque;
use std::sync::Mutex;

use super::faults::FAULTS;
use crate::test_env::{TestEnv, small};

const WORKERS: usize = 6;

/// GitLab's requests of a healthy run.
const REQUESTS: [&str; 5] = [
    "gitlab:GET /api/v4/version",
    "gitlab:GET /api/v4/application/settings",
    "gitlab:GET /api/v4/projects",
    "gitlab:GET /api/v4/groups",
    "gitlab:GET /api/v4/groups/3",
];

/// Of Factory's hosts any answer is enough, so that only those faults count after which there is none of its own.
const OF_FACTORY: [&str; 8] = ["reset", "hang", "status:500", "html:502", "endless", "lost", "slow", "status:503"];

/// Answers that are as good as the usual one, with the reason.
const HARMLESS: [(&str, &str); 10] = [
    // What GitLab itself says to a request without a token.
    ("gitlab:GET /api/v4/version", "status:401"),
    ("gitlab:GET /api/v4/version", "status:403"),
    // The same, of which the text does not matter.
    ("gitlab:GET /api/v4/version", "type"),
    ("gitlab:GET /api/v4/version", "cut"),
    // No project is visible: SSH is skipped, and says so.
    ("gitlab:GET /api/v4/projects", "json:[{}]"),
    ("gitlab:GET /api/v4/projects", "empty"),
    // No group is visible: nothing is said of groups, and the check stays skipped.
    ("gitlab:GET /api/v4/groups", "empty"),
    // The one project, or the one group, is still there.
    ("gitlab:GET /api/v4/projects", "half"),
    ("gitlab:GET /api/v4/groups", "half"),
    // It strikes a field that is not read.
    ("gitlab:GET /api/v4/groups/3", "type"),
];

fn cases() -> VecDeque<(String, &'static str)> {
    let of_gitlab = REQUESTS.into_iter().flat_map(|request| FAULTS.map(|fault| (request.to_owned(), fault)));
    let of_factory = OF_FACTORY.map(|fault| ("factory:GET /".to_owned(), fault));
    of_gitlab.chain(of_factory).filter(|(request, fault)| !HARMLESS.contains(&(request.as_str(), fault))).collect()
}

#[test]
fn no_failed_request_of_a_network_check_is_green() {
    let env = TestEnv::with(small());
    assert_eq!(env.run(&["network", "check"]).code, 0);
    let queue = Mutex::new(cases());
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _worker in 0..WORKERS {
            scope.spawn(|| {
                let env = TestEnv::with(small());
                loop {
                    let Some((request, fault)) = queue.lock().expect("the queue").pop_front() else { return };
                    env.sandbox().clear_faults();
                    env.sandbox().fault(&format!("{request}={fault}")).expect(fault);
                    let run = env.run(&["network", "check", "--timeout", "3"]);
                    if !matches!(run.code, 1 | 3) {
                        wrong.lock().expect("the list").push(format!("{request}={fault}: {run}"));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("the list");
    assert!(wrong.is_empty(), "{} are green:\n{}", wrong.len(), wrong.join("\n"));
}
