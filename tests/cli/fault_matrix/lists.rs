//! Lists that end too early: a target that was not listed would not be covered, and the report would not show it.

use factory_gitlab::checks::Verdict;
use factory_gitlab::desired::Selection;
use factory_gitlab::sandbox::options::{SandboxOptions, SandboxPlan};
use factory_gitlab::target::Strategy;

use super::faults::AMPLE;
use super::harness::{Deliveries, Harness, Kind, Outcome};

fn kind(options: SandboxOptions) -> Kind {
    Kind { options, strategy: Strategy::Auto, selection: Selection::default(), deliveries: Deliveries::Nothing }
}

fn run(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work);
}

async fn under(harness: &Harness, fault: &str) -> Outcome {
    harness.sandbox.clear_faults();
    harness.sandbox.fault(fault).expect("a fault");
    harness.verify(AMPLE).await
}

fn targets(outcome: &Outcome) -> u64 {
    let coverage = outcome.findings.iter().find(|finding| finding.code == "webhook.coverage").expect("a finding");
    coverage.evidence["targets"].as_u64().expect("a count")
}

#[test]
fn a_second_page_that_fails_does_not_pass() {
    run(async {
        let groups =
            Harness::new(&kind(SandboxOptions { groups: 101, projects: 1, ..SandboxOptions::default() })).await;
        let projects =
            SandboxOptions { groups: 1, projects: 101, plan: SandboxPlan::None, ..SandboxOptions::default() };
        let projects = Harness::new(&kind(projects)).await;
        for (harness, list) in [(&groups, "groups"), (&projects, "projects")] {
            assert_eq!(harness.verify(AMPLE).await.verdict, Verdict::Pass, "{list}");
            for way in ["status:404", "status:500", "html:200", "json:{}", "json:null", "json:[{}]", "type", "cut"] {
                let outcome = under(harness, &format!("GET /api/v4/{list}={way}@2")).await;
                assert_ne!(outcome.verdict, Verdict::Pass, "{list} {way}");
            }
        }
        let cut_short = under(&groups, "GET /api/v4/groups=empty@2").await;
        assert_ne!(cut_short.verdict, Verdict::Pass, "a page by number is announced only where something is on it");
        // With keyset pagination GitLab announces a page after every full one; after a hundred projects it is empty. No
        // answer tells that apart from a loss, so the check names the number of targets that it covers.
        let cut_short = under(&projects, "GET /api/v4/projects=empty@2").await;
        assert_eq!((cut_short.verdict, targets(&cut_short)), (Verdict::Pass, 100));
    });
}

#[test]
fn an_instance_without_a_target_is_unknown_coverage() {
    run(async {
        for plan in [SandboxPlan::Premium, SandboxPlan::None] {
            let empty = SandboxOptions { groups: 0, projects: 0, plan, ..SandboxOptions::default() };
            let outcome = Harness::new(&kind(empty)).await.verify(AMPLE).await;
            assert_eq!((outcome.verdict, outcome.state("webhook.coverage")), (Verdict::Unknown, "unknown"), "{plan:?}");
        }
    });
}

#[test]
fn excluding_every_target_is_a_warning() {
    run(async {
        let options = SandboxOptions { groups: 1, projects: 2, plan: SandboxPlan::None, ..SandboxOptions::default() };
        let harness = Harness::new(&kind(options)).await;
        for project in harness.sandbox.gitlab().projects() {
            harness.sandbox.gitlab().mark_for_deletion(project.id);
        }
        let outcome = harness.verify(AMPLE).await;
        assert_eq!((outcome.verdict, outcome.state("webhook.coverage")), (Verdict::Pass, "warn"));
    });
}
