//! `audit` in the process of the test: whichever of its requests fails, and however, the review says what it could not read, or is
//! the same as without the failure.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use factory_gitlab::audit::{Audit, AuditInputs, audit};
use factory_gitlab::desired::Selection;
use factory_gitlab::journal::Record;
use factory_gitlab::observed::{AuditReader, Read, ReadRequest, Reads};
use factory_gitlab::sandbox::options::SandboxOptions;
use factory_gitlab::target::Strategy;

use super::faults::{AMPLE, FAULTS, timeouts};
use super::harness::{Deliveries, Harness, Kind, template};

const WORKERS: usize = 8;

const READS: [Read; 7] =
    [Read::Metadata, Read::Token, Read::NamedTokens, Read::User, Read::License, Read::Applications, Read::Hooks];

/// Failures after which nothing is missing, with the reason.
const HARMLESS: [(&str, &str); 20] = [
    // GitLab before 15.2 has no metadata, and says its version elsewhere.
    ("GET /api/v4/metadata", "status:404"),
    // A list may be empty: no token has such a name, nothing was done in these days, no webhook is there.
    ("GET /api/v4/personal_access_tokens", "empty"),
    ("GET /api/v4/audit_events", "empty"),
    ("GET /api/v4/applications", "empty"),
    ("GET /api/v4/groups/:id/hooks", "empty"),
    ("GET /api/v4/projects/:id/hooks", "empty"),
    ("GET /api/v4/projects", "empty"),
    ("GET /api/v4/groups", "empty"),
    ("GET /api/v4/users", "empty"),
    ("GET /api/v4/hooks", "empty"),
    // This is how an Enterprise Edition says that it has no license; then audit events are named as not visible.
    ("GET /api/v4/license", "json:{}"),
    ("GET /api/v4/license", "json:null"),
    // The one entry is still there.
    ("GET /api/v4/personal_access_tokens", "half"),
    ("GET /api/v4/audit_events", "half"),
    ("GET /api/v4/applications", "half"),
    ("GET /api/v4/groups/:id/hooks", "half"),
    ("GET /api/v4/projects", "half"),
    ("GET /api/v4/groups", "half"),
    ("GET /api/v4/users", "half"),
    ("GET /api/v4/projects/:id/hooks", "half"),
];

fn kind() -> Kind {
    let options = SandboxOptions { projects: 1, groups: 1, ..SandboxOptions::default() };
    Kind { options, strategy: Strategy::Auto, selection: Selection::default(), deliveries: Deliveries::Nothing }
}

async fn review(harness: &Harness, timeout: Duration) -> Audit {
    harness.sandbox.clear_requests();
    let observer = harness.look(&harness.client(timeout));
    let reads: Reads = READS.into_iter().collect();
    let observed = Box::pin(observer.observe(&harness.desired, ReadRequest::from(&reads), &())).await;
    let today = observer.gitlab.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let since = today.checked_sub(jiff::Span::new().days(20)).expect("a date");
    let seen = AuditReader { gitlab: &observer.gitlab, observed: &observed, since, today }.read().await;
    let record = Record::default();
    let desired = &harness.desired;
    audit(AuditInputs { desired, observed: &observed, seen: &seen, record: &record, today, since })
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Each request of an undisturbed review with each fault: its template, its path, the fault.
fn cases() -> VecDeque<(String, String, &'static str)> {
    runtime().block_on(async {
        let harness = Harness::new(&kind()).await;
        let audit = review(&harness, AMPLE).await;
        assert!(audit.unread.is_empty(), "{:?}", audit.unread);
        let asked: BTreeMap<String, String> = harness
            .sandbox
            .requests()
            .iter()
            .map(|one| (format!("{} {}", one.method, template(one.path())), format!("{} {}", one.method, one.path())))
            .collect();
        assert!(asked.len() >= 10, "{asked:?}");
        let each = asked.into_iter().flat_map(|(name, path)| FAULTS.map(|way| (name.clone(), path.clone(), way)));
        each.filter(|(name, _, way)| !HARMLESS.contains(&(name.as_str(), way))).collect()
    })
}

#[test]
fn no_failed_request_of_a_review_is_kept_quiet() {
    let queue = Mutex::new(cases());
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _worker in 0..WORKERS {
            scope.spawn(|| {
                runtime().block_on(async {
                    let harness = Harness::new(&kind()).await;
                    loop {
                        let Some((name, path, way)) = queue.lock().expect("the queue").pop_front() else { return };
                        let mut is_quiet = true;
                        for timeout in timeouts(way) {
                            harness.sandbox.clear_faults();
                            harness.sandbox.fault(&format!("{path}={way}")).expect("a fault");
                            is_quiet = review(&harness, *timeout).await.unread.is_empty();
                            if !is_quiet {
                                break;
                            }
                        }
                        if is_quiet {
                            wrong.lock().expect("the list").push(format!("{name}={way}"));
                        }
                    }
                });
            });
        }
    });
    let mut wrong = wrong.into_inner().expect("the list");
    wrong.sort();
    assert!(wrong.is_empty(), "{} are kept quiet:\n{}", wrong.len(), wrong.join("\n"));
}
