//! Every request of a healthy run × every fault. The requests are those that a healthy run sent, so that a new one cannot be
//! forgotten. A request that is sent several times fails from the first time on, and from the second time on.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use factory_gitlab::checks::Verdict;
use factory_gitlab::desired::Selection;
use factory_gitlab::sandbox::options::{SandboxOptions, SandboxPlan, SandboxVersion};
use factory_gitlab::sandbox::request_log::{LoggedRequest, Side};
use factory_gitlab::target::Strategy;

use super::exceptions::{self, Holds};
use super::faults::{AMPLE, FAULTS, timeouts};
use super::harness::{Deliveries, Harness, Kind, Outcome, template};

/// Runs at the same time. Those under a fault like `hang` spend their time waiting for a time-out.
const WORKERS: usize = 8;

/// A request is failed from its first and from its second time on; more times show nothing new.
const MOST_TIMES: usize = 2;

/// Requests that are the same for every connection: all faults are tried with group hooks, and [`TELLING`] with the others.
const USUAL: [&str; 6] = [
    "gitlab:GET /api/v4/metadata",
    "gitlab:GET /api/v4/personal_access_tokens/self",
    "gitlab:GET /api/v4/user",
    "gitlab:GET /api/v4/applications",
    "gitlab:POST /oauth/introspect",
    "factory:GET /gitlab/v1/status",
];
/// The connection with which all faults are tried.
const EVERYTHING: &str = "group hooks";
const TELLING: [&str; 8] =
    ["status:403", "status:404", "status:500", "html:200", "empty", "json:{}", "json:null", "type"];

/// A run with test deliveries takes long, so only the requests that belong to them fail in it.
const LIVE: &str = "live";
const OF_TESTS: [&str; 3] = ["/test/", "/events", "/receipts"];

fn kind(options: SandboxOptions) -> Kind {
    Kind { options, strategy: Strategy::Auto, selection: Selection::default(), deliveries: Deliveries::Logs }
}

fn small() -> SandboxOptions {
    SandboxOptions { projects: 2, groups: 1, ..SandboxOptions::default() }
}

#[test]
fn no_failed_request_passes_with_group_hooks() {
    matrix(EVERYTHING, &kind(small()));
}

#[test]
fn no_failed_request_passes_with_project_hooks_read_in_bulk() {
    let options =
        SandboxOptions { projects: 21, version: SandboxVersion::new(19, 6, 0), plan: SandboxPlan::None, ..small() };
    matrix("bulk", &Kind { deliveries: Deliveries::Nothing, ..kind(options) });
}

#[test]
fn no_failed_request_passes_on_the_oldest_version() {
    matrix("16.11", &kind(SandboxOptions { version: SandboxVersion::new(16, 11, 0), ..small() }));
}

#[test]
fn no_failed_request_passes_with_a_system_hook() {
    matrix("system hook", &Kind { strategy: Strategy::System, ..kind(small()) });
}

#[test]
fn no_failed_request_passes_with_groups_and_projects_by_name() {
    let options = SandboxOptions { projects: 2, groups: 2, plan: SandboxPlan::None, ..SandboxOptions::default() };
    let selection = Selection {
        groups: vec!["group-1".to_owned()],
        projects: vec!["group-2/project-2".to_owned()],
        ..Selection::default()
    };
    matrix("by name", &Kind { selection, ..kind(options) });
}

#[test]
fn no_failed_request_passes_with_test_deliveries() {
    matrix(LIVE, &Kind { deliveries: Deliveries::Live, ..kind(small()) });
}

/// One request with one fault.
struct Case {
    request: String,
    way: &'static str,
    fault: String,
}

/// The requests of a run: each template with one of its paths, and how often that path was requested.
fn cases(name: &str, asked: &[LoggedRequest]) -> VecDeque<Case> {
    let mut requests: BTreeMap<String, (String, usize)> = BTreeMap::new();
    for one in asked {
        let side = if one.side == Side::GitLab { "gitlab" } else { "factory" };
        let path = format!("{side}:{} {}", one.method, one.path());
        let key = format!("{side}:{} {}", one.method, template(one.path()));
        let entry = requests.entry(key).or_insert((path.clone(), 0));
        entry.1 += usize::from(entry.0 == path);
    }
    let mut cases = VecDeque::new();
    let own =
        requests.into_iter().filter(|(request, _)| name != LIVE || OF_TESTS.iter().any(|part| request.contains(part)));
    for (request, (path, times)) in own {
        let is_usual = name != EVERYTHING && USUAL.contains(&request.as_str());
        for way in FAULTS.into_iter().filter(|way| !is_usual || TELLING.contains(way)) {
            for time in 1..=times.min(MOST_TIMES) {
                let (at, numbered) = match time {
                    1 => (String::new(), request.clone()),
                    more => (format!("@{more}"), format!("{request} @{more}")),
                };
                // A limit of tests without a time is waited for; one with a long time is not.
                let fault = if way == "status:429" && path.contains("/test/") { "retry-after:200" } else { way };
                cases.push_back(Case { request: numbered, way, fault: format!("{path}={fault}{at}") });
            }
        }
    }
    cases
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn matrix(name: &'static str, kind: &Kind) {
    let (undisturbed, cases) = runtime().block_on(async {
        let harness = Harness::new(kind).await;
        let outcome = harness.verify(AMPLE).await;
        let cases = cases(name, &harness.sandbox.requests());
        (outcome, cases)
    });
    assert_eq!(undisturbed.verdict, Verdict::Pass, "{name}: {:#?}", undisturbed.findings);
    let count = cases.len();
    assert!(count > 70, "{name}: only {count} cases");
    let queue = Mutex::new(cases);
    let wrong = Mutex::new(Vec::new());
    let used = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _worker in 0..WORKERS {
            scope.spawn(|| {
                runtime().block_on(async {
                    let mut harness = None;
                    loop {
                        let Some(case) = queue.lock().expect("the queue").pop_front() else { return };
                        // GitLab allows five test deliveries a minute, so each run with test deliveries has its own sandbox.
                        if kind.deliveries == Deliveries::Live {
                            harness = None;
                        }
                        let at = match &harness {
                            Some(harness) => harness,
                            None => harness.insert(Harness::new(kind).await),
                        };
                        match verify_under(at, &case, name, &undisturbed).await {
                            Ok(row) => used.lock().expect("the rows").extend(row),
                            Err(why) => wrong.lock().expect("the list").push(why),
                        }
                    }
                });
            });
        }
    });
    let mut wrong = wrong.into_inner().expect("the list");
    wrong.sort();
    assert!(
        wrong.is_empty(),
        "{name}: {} of {count} are green or not as they should be:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    exceptions::all_used(name, &used.into_inner().expect("the rows"));
}

/// Verifies under a fault, and judges the outcome.
async fn verify_under(
    harness: &Harness,
    case: &Case,
    name: &str,
    undisturbed: &Outcome,
) -> Result<Option<usize>, String> {
    let mut judgment = Err(format!("{}: not tried", case.fault));
    for timeout in timeouts(case.way) {
        harness.sandbox.clear_faults();
        harness.sandbox.fault(&case.fault).expect("a fault");
        let outcome = harness.verify(*timeout).await;
        let struck = harness.sandbox.requests().iter().any(|one| one.fault.is_some());
        // The fault of a request that hangs is recorded only when the client gives up.
        judgment = match struck || case.way == "hang" {
            true => judged(name, case, &outcome, undisturbed),
            false => Err(format!("{}: struck nothing", case.fault)),
        };
        if judgment.is_ok() {
            break;
        }
    }
    judgment
}

/// Checks that the case did not pass, or that its exception holds; returns the index of the exception.
fn judged(name: &str, case: &Case, outcome: &Outcome, undisturbed: &Outcome) -> Result<Option<usize>, String> {
    let Case { request, way, .. } = case;
    let Some((place, exception)) = exceptions::of(name, request, way) else {
        return match outcome.verdict {
            Verdict::Pass => Err(format!("{request}={way}: pass; {}", changed(outcome, undisturbed))),
            Verdict::Fail | Verdict::Unknown => Ok(None),
        };
    };
    let holds = match &exception.holds {
        Holds::AsUndisturbed { asked } => {
            outcome.states() == undisturbed.states()
                && asked.iter().all(|request| outcome.asked.iter().any(|one| one == request))
        }
        Holds::Skipped(code) => outcome.verdict == Verdict::Pass && outcome.state(code) == "skip",
    };
    if holds {
        return Ok(Some(place));
    }
    let verdict = outcome.verdict.name();
    Err(format!("{request}={way}: not as its exception says: {verdict}; {}", changed(outcome, undisturbed)))
}

/// The checks that differ from the undisturbed run.
fn changed(outcome: &Outcome, undisturbed: &Outcome) -> String {
    let others = outcome.states().into_iter().filter(|state| !undisturbed.states().contains(state));
    let others: Vec<String> = others.map(|(code, state)| format!("{code} {state}")).collect();
    if others.is_empty() { "nothing changed".to_owned() } else { others.join(", ") }
}
