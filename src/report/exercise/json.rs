//! The JSON form of an exercise.

use serde::Serialize;

use super::{Exercise, ExerciseEnd, ExerciseReport};
use crate::activity::Activity;
use crate::apply::{ActivityOutcome, Cell, CellState, Cleaned, LeftInGitLab, WorkProject};
use crate::kit::KitFingerprint;
use crate::observed::DeliveryProof;
use crate::plan::Step;
use crate::report::Report as _;
use crate::report::group::FailureJson;
use crate::report::json::{FixJson, Tool};
use crate::target::Target;
use crate::text::milliseconds;

#[derive(Serialize)]
pub(super) struct ExerciseDocument<'r> {
    schema: &'static str,
    tool: Tool,
    target: &'r str,
    kit: &'r KitFingerprint,
    verdict: &'static str,
    exit_code: u8,
    plan: Vec<StepJson<'r>>,
    notes: &'r [String],
    project: Option<ProjectJson<'r>>,
    webhook: Option<WebhookJson<'r>>,
    webhook_test: Option<&'r DeliveryProof>,
    events: Vec<EventJson<'r>>,
    latency: Vec<LatencyJson>,
    /// Whether everything that was made is removed.
    cleaned: bool,
    left: &'r [LeftInGitLab],
    failures: Vec<FailureJson<'r, FailedSteps>>,
    fixes: Vec<FixJson<'r>>,
    requests: u32,
    writes: u32,
    duration_ms: u64,
}

#[derive(Serialize)]
struct StepJson<'r> {
    #[serde(flatten)]
    step: &'r Step,
    text: String,
}

#[derive(Serialize)]
struct FailedSteps {
    steps: Vec<String>,
}

#[derive(Serialize)]
struct ProjectJson<'r> {
    id: u64,
    path: &'r str,
    url: &'r str,
}

#[derive(Serialize)]
struct WebhookJson<'r> {
    id: u64,
    on: &'r Target,
    /// It was registered for this test alone: none of the connection's was tested.
    registered_for_test: bool,
}

#[derive(Serialize)]
struct EventJson<'r> {
    /// As the kit names it.
    event: &'static str,
    activity: Activity,
    sent: CellJson<'r>,
    delivered: CellJson<'r>,
    received: CellJson<'r>,
    answered: CellJson<'r>,
}

#[derive(Serialize)]
struct CellJson<'r> {
    state: CellState,
    reason: Option<&'r str>,
    /// Since it was done in GitLab.
    latency_ms: Option<u64>,
}

#[derive(Serialize)]
struct LatencyJson {
    of: &'static str,
    median_ms: u64,
    longest_ms: u64,
}

impl<'r> From<&'r Cell> for CellJson<'r> {
    fn from(cell: &'r Cell) -> Self {
        Self { state: cell.state, reason: cell.reason.as_deref(), latency_ms: cell.latency.map(milliseconds) }
    }
}

impl<'r> ExerciseDocument<'r> {
    pub(super) fn new(report: &'r ExerciseReport<'_>) -> Self {
        let exercise: Option<&Exercise> = match &report.end {
            ExerciseEnd::Exercised(exercise) => Some(exercise),
            ExerciseEnd::DryRun | ExerciseEnd::NothingToRemove => None,
        };
        let steps = report.plan.steps.iter().chain(&report.plan.cleanup);
        let event = |(activity, row): &'r (Activity, ActivityOutcome)| EventJson {
            event: activity.event().name(),
            activity: *activity,
            sent: (&row.sent).into(),
            delivered: (&row.delivered).into(),
            received: (&row.received).into(),
            answered: (&row.answered).into(),
        };
        let latency = |(of, median, longest)| LatencyJson {
            of,
            median_ms: milliseconds(median),
            longest_ms: milliseconds(longest),
        };
        Self {
            schema: "factory-gitlab/exercise/v1",
            tool: Tool::this(),
            target: report.instance.as_str(),
            kit: &report.kit,
            verdict: report.verdict(),
            exit_code: report.exit_code() as u8,
            plan: steps.map(|step| StepJson { step, text: step.to_string() }).collect(),
            notes: &report.plan.notes,
            project: exercise.and_then(|one| one.exercised.project.as_ref()).map(project),
            webhook: exercise.and_then(|one| one.exercised.webhook()).map(|(hook, registered_for_test)| WebhookJson {
                id: hook.id,
                on: &hook.on,
                registered_for_test,
            }),
            webhook_test: exercise.and_then(|one| one.exercised.test.as_ref()),
            events: exercise.iter().flat_map(|one| &one.rows).map(event).collect(),
            latency: exercise.iter().flat_map(|one| one.latencies()).map(latency).collect(),
            cleaned: exercise.is_none_or(|one| {
                one.cleanup.is_none() && matches!(one.exercised.cleaned, Cleaned::Yes | Cleaned::NothingMade)
            }),
            left: exercise.map_or(&[], |one| one.exercised.left.as_slice()),
            failures: exercise.map(|one| failures(report, one)).unwrap_or_default(),
            fixes: exercise.map(|one| FixJson::all(&one.fixes, &report.running)).unwrap_or_default(),
            requests: report.requests,
            writes: report.writes,
            duration_ms: milliseconds(report.duration),
        }
    }
}

fn project(project: &WorkProject) -> ProjectJson<'_> {
    ProjectJson { id: project.id, path: &project.path, url: &project.web_url }
}

fn failures<'r>(report: &'r ExerciseReport<'_>, exercise: &'r Exercise) -> Vec<FailureJson<'r, FailedSteps>> {
    let failed = exercise.failed.iter().map(|group| {
        let steps = group.of.iter().map(|place| report.plan.steps[*place].to_string()).collect();
        FailureJson::new(group, FailedSteps { steps }, &report.running)
    });
    failed.collect()
}
